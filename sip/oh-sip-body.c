/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "oh-sip"

#include "sip/oh-sip-private.h"

#include <sofia-sip/msg_header.h>

#include <string.h>

/* Finds the session description in a body: the body itself, or a part of a multipart body as PBXs
 * send with ISUP, a location or a list (RFC 5621). sofia's own splitter compares beyond the end of
 * a short body and sets no limits. Nothing is copied: entities point into the message. */

#define SDP_TYPE "application/sdp"
#define MAX_DEPTH 3
#define MAX_PARTS 32
#define MAX_BOUNDARY 70 /* RFC 2046, 5.1.1 */

typedef struct
{
  const char *text;
  gsize length;
} Span;

typedef struct
{
  Span type;     /* "multipart/mixed" */
  Span boundary; /* without quotes */
  Span body;
  gboolean optional; /* may be left aside when it is not understood */
  gboolean session;  /* not an early-session or the like */
  gboolean plain;    /* not encoded */
} Entity;

typedef struct
{
  Span sdp;
  guint parts;
} Search;

static gboolean
span_is (Span span, const char *text)
{
  return span.length == strlen (text) && g_ascii_strncasecmp (span.text, text, span.length) == 0;
}

static Span
strip (Span span)
{
  while (span.length && g_ascii_isspace (span.text[0]))
    span.text++, span.length--;
  while (span.length && g_ascii_isspace (span.text[span.length - 1]))
    span.length--;
  return span;
}

/* Up to the first of @stop. */
static Span
head_of (Span span, char stop)
{
  const char *end = span.length ? memchr (span.text, stop, span.length) : NULL;

  if (end)
    span.length = (gsize)(end - span.text);
  return strip (span);
}

static Span
rest_after (Span span, gsize skip)
{
  return (Span){ span.text + MIN (skip, span.length), span.length - MIN (skip, span.length) };
}

static Span
unquote (Span value)
{
  value = strip (value);
  if (value.length >= 2 && value.text[0] == '"' && value.text[value.length - 1] == '"')
    return (Span){ value.text + 1, value.length - 2 };
  return value;
}

/* The value of a parameter of "type; name=value; name=\"value\"", quotes off; empty if absent. */
static Span
find_param (Span header, const char *name)
{
  gboolean quoted = FALSE;
  gsize begin = 0;

  for (gsize i = 0; i <= header.length; i++)
    {
      Span param, value;

      if (i < header.length && header.text[i] == '"')
        quoted = !quoted;
      if (i < header.length && (quoted || header.text[i] != ';'))
        continue;
      param = strip ((Span){ header.text + begin, i - begin });
      begin = i + 1;
      if (!span_is (head_of (param, '='), name) || !memchr (param.text, '=', param.length))
        continue;
      value = strip (rest_after (
          param, (gsize)((const char *)memchr (param.text, '=', param.length) - param.text) + 1));
      return unquote (value);
    }
  return (Span){ header.text, 0 };
}

/* A line without its end; @text moves on to the next one. */
static Span
take_line (Span *text)
{
  const char *end = memchr (text->text, '\n', text->length);
  Span line = { text->text, end ? (gsize)(end - text->text) : text->length };

  *text = rest_after (*text, line.length + (end ? 1 : 0));
  if (line.length && line.text[line.length - 1] == '\r')
    line.length--;
  return line;
}

static void
read_disposition (Entity *entity, Span value)
{
  Span kind = head_of (value, ';');

  entity->session = span_is (kind, "session") || span_is (kind, "render");
  entity->optional = span_is (find_param (value, "handling"), "optional");
}

static void
read_type (Entity *entity, Span value)
{
  entity->type = head_of (value, ';');
  entity->boundary = find_param (value, "boundary");
}

static gboolean
is_plain (Span encoding)
{
  return span_is (encoding, "7bit") || span_is (encoding, "8bit") || span_is (encoding, "binary")
         || span_is (encoding, "identity");
}

/* A header that is folded over several lines ends with the first: what is asked for fits there. */
static Entity
read_part (Span text)
{
  Entity part = { .session = TRUE, .plain = TRUE };
  gboolean disposed = FALSE;

  while (text.length)
    {
      Span line = take_line (&text);
      Span name = head_of (line, ':');
      Span value = strip (rest_after (line, name.length + 1));

      if (line.length == 0)
        break;
      if (span_is (name, "Content-Type") || span_is (name, "c"))
        read_type (&part, value);
      else if (span_is (name, "Content-Disposition"))
        read_disposition (&part, value);
      else if (span_is (name, "Content-Transfer-Encoding"))
        part.plain = is_plain (value);
      else if (span_is (name, "Content-ID") && !disposed)
        part.optional
            = TRUE; /* for a header that refers to it (RFC 5621, 8) and that we don't read */
      disposed = disposed || span_is (name, "Content-Disposition");
    }
  part.body = text;
  return part;
}

/* The next delimiter line at or after @from: where it begins and where the next part does. FALSE:
 * there is none. */
static gboolean
find_delimiter (const Entity *whole, gsize from, gsize *begin, gsize *after, gboolean *last)
{
  const char *text = whole->body.text;
  gsize length = whole->body.length;

  for (gsize at = from; at < length;)
    {
      const char *end = memchr (text + at, '\n', length - at);
      gsize next = end ? (gsize)(end - text) + 1 : length;
      Span line = strip ((Span){ text + at, next - at });

      if (line.length >= whole->boundary.length + 2 && text[at] == '-'
          && memcmp (line.text, "--", 2) == 0
          && memcmp (line.text + 2, whole->boundary.text, whole->boundary.length) == 0)
        {
          Span tail = rest_after (line, whole->boundary.length + 2);

          if (tail.length == 0 || span_is (tail, "--"))
            {
              *begin = at;
              *after = next;
              *last = tail.length != 0;
              return TRUE;
            }
        }
      at = next;
    }
  return FALSE;
}

static OhSipBody judge (Search *search, const Entity *entity, guint depth);

static OhSipBody
judge_part (Search *search, const Entity *whole, gsize begin, gsize end, guint depth)
{
  Entity part;

  /* The line break before a delimiter belongs to it. */
  if (end > begin && whole->body.text[end - 1] == '\n')
    end--;
  if (end > begin && whole->body.text[end - 1] == '\r')
    end--;
  part = read_part ((Span){ whole->body.text + begin, end - begin });
  return judge (search, &part, depth + 1);
}

/* Of alternatives one that is understood is enough; of others all that are not optional count. */
static OhSipBody
judge_parts (Search *search, const Entity *whole, guint depth)
{
  gboolean alternative = span_is (whole->type, "multipart/alternative");
  gboolean last = FALSE, foreign = FALSE, found = FALSE;
  gsize begin, after;

  if (depth >= MAX_DEPTH || whole->boundary.length == 0 || whole->boundary.length > MAX_BOUNDARY
      || !find_delimiter (whole, 0, &begin, &after, &last))
    return OH_SIP_BODY_BROKEN;
  while (!last && after < whole->body.length)
    {
      gsize from = after;
      OhSipBody part;

      if (++search->parts > MAX_PARTS)
        return OH_SIP_BODY_BROKEN;
      if (!find_delimiter (whole, from, &begin, &after, &last))
        begin = after = whole->body.length; /* the end is missing: taken as it is */
      part = judge_part (search, whole, from, begin, depth);
      if (part == OH_SIP_BODY_BROKEN)
        return part;
      found = found || part == OH_SIP_BODY_SDP;
      foreign = foreign || part == OH_SIP_BODY_FOREIGN;
    }
  if (foreign && !(alternative && found))
    return OH_SIP_BODY_FOREIGN;
  return found ? OH_SIP_BODY_SDP : OH_SIP_BODY_NONE;
}

static OhSipBody
judge (Search *search, const Entity *entity, guint depth)
{
  OhSipBody kind = OH_SIP_BODY_FOREIGN;

  if (entity->plain && span_is (entity->type, SDP_TYPE) && entity->session)
    {
      if (!search->sdp.text)
        search->sdp = entity->body;
      return OH_SIP_BODY_SDP;
    }
  if (entity->plain && entity->type.length > 10
      && g_ascii_strncasecmp (entity->type.text, "multipart/", 10) == 0)
    kind = judge_parts (search, entity, depth);
  return kind == OH_SIP_BODY_FOREIGN && entity->optional ? OH_SIP_BODY_NONE : kind;
}

static Span
span_of (const char *text)
{
  return (Span){ text ? text : "", text ? strlen (text) : 0 };
}

OhSipBody
oh_sip_body_find_sdp (const sip_t *message, const char **sdp, gsize *length)
{
  const sip_content_type_t *type = message ? message->sip_content_type : NULL;
  const sip_content_disposition_t *disposition = message ? message->sip_content_disposition : NULL;
  const sip_content_encoding_t *encoding = message ? message->sip_content_encoding : NULL;
  Search search = { 0 };
  Entity whole = { .session = TRUE, .plain = TRUE };
  OhSipBody kind;

  if (!message || !message->sip_payload || !message->sip_payload->pl_data
      || message->sip_payload->pl_len == 0)
    return OH_SIP_BODY_NONE;
  whole.body = (Span){ message->sip_payload->pl_data, message->sip_payload->pl_len };
  whole.type = type ? strip (span_of (type->c_type)) : span_of (SDP_TYPE);
  whole.optional = disposition && disposition->cd_optional;
  for (guint i = 0; encoding && encoding->k_items && encoding->k_items[i]; i++)
    whole.plain = whole.plain && is_plain (span_of (encoding->k_items[i]));
  if (type)
    whole.boundary = unquote (
        span_of (msg_header_find_param ((const msg_common_t *)type, "boundary=")));
  kind = judge (&search, &whole, 0);
  if (kind == OH_SIP_BODY_SDP && sdp)
    {
      *sdp = search.sdp.text;
      *length = search.sdp.length;
    }
  return kind;
}
