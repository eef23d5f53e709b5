/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "oh-sip"

#include "sip/oh-sip-info.h"
#include "sip/oh-sip-private.h"

#include <sofia-sip/msg_addr.h>
#include <sofia-sip/sip.h>
#include <sofia-sip/sip_header.h>
#include <sofia-sip/sip_parser.h>
#include <sofia-sip/su_alloc.h>
#include <sofia-sip/url.h>

#include <arpa/inet.h>
#include <string.h>

#define MAX_DIVERSIONS 16
#define SLACK 16              /* bytes that sofia's encoders must have to spare */
#define MAX_VALUE (64 * 1024) /* bytes of one header */

static const char *
keep (OhSipParsed *parsed, const char *text)
{
  return text ? g_string_chunk_insert (parsed->strings, text) : NULL;
}

/* Text from the wire is shown to people and stored: valid UTF-8 or nothing. */
static const char *
keep_utf8 (OhSipParsed *parsed, const char *text)
{
  g_autofree char *valid = text ? g_utf8_make_valid (text, -1) : NULL;

  return keep (parsed, valid);
}

static gboolean
has_control (const char *text)
{
  for (; *text; text++)
    if (g_ascii_iscntrl (*text))
      return TRUE;
  return FALSE;
}

/* Line breaks and the like stay escaped: who puts the name into a header or a log need not care. */
static char *
dup_user (const url_t *url)
{
  char *user;

  if (!url || !url->url_user)
    return g_strdup (url && url->url_type == url_tel && url->url_host ? url->url_host : "");
  user = g_strdup (url->url_user);
  url_unescape (user, url->url_user);
  if (has_control (user))
    {
      g_free (user);
      user = g_strdup (url->url_user);
    }
  /* "100;phone-context=..." and "100:secret" are no part of the name. */
  user[strcspn (user, ";:")] = '\0';
  return user;
}

static const char *
keep_user (OhSipParsed *parsed, const url_t *url)
{
  g_autofree char *user = dup_user (url);

  return keep_utf8 (parsed, user);
}

static const char *
keep_uri (OhSipParsed *parsed, const url_t *url)
{
  char *text;
  const char *kept;

  if (!url || !(text = url_as_string (NULL, url)))
    return NULL;
  kept = keep_utf8 (parsed, text);
  su_free (NULL, text);
  return kept;
}

static const char *
keep_name (OhSipParsed *parsed, const char *display)
{
  g_autofree char *name = g_strdup (display ? display : "");
  char *to;

  g_strstrip (name);
  if (name[0] == '"')
    {
      to = name;
      for (const char *from = name + 1; *from && *from != '"'; from++)
        {
          if (*from == '\\' && from[1])
            from++;
          *to++ = *from;
        }
      *to = '\0';
    }
  return keep_utf8 (parsed, name);
}

/* The header's value as text; NULL when it can't be said. Transfer full. sofia's own
 * sip_header_as_string() leaves memory that it never wrote in values of 128 bytes and more; its
 * encoders leave out what would fit to the last byte. */
static char *
encode (const sip_header_t *header)
{
  gsize size = 256;

  while (size <= MAX_VALUE)
    {
      g_autofree char *value = g_malloc0 (size);
      issize_t n = sip_header_field_e (value, size, header, 0);

      if (n >= 0 && (gsize)n + SLACK <= size)
        return g_steal_pointer (&value);
      size = n >= 0 ? (gsize)n + SLACK : size * 2;
    }
  return NULL;
}

static void
copy_headers (OhSipParsed *parsed, const sip_t *message)
{
  for (const msg_header_t *h = (const msg_header_t *)message->sip_request; h;
       h = (const msg_header_t *)h->sh_succ)
    {
      const char *name = h->sh_class->hc_name;
      g_autofree char *value = NULL;

      if ((void *)h == (void *)message->sip_request || h->sh_class == sip_payload_class
          || h->sh_class == sip_separator_class || h->sh_class == sip_error_class)
        continue;
      if (h->sh_class == sip_unknown_class)
        {
          name = ((const sip_unknown_t *)h)->un_name;
          value = g_strdup (((const sip_unknown_t *)h)->un_value);
        }
      else
        value = encode ((const sip_header_t *)h);
      if (!name || !value)
        continue;
      g_ptr_array_add (parsed->headers, (gpointer)keep (parsed, name));
      g_ptr_array_add (parsed->headers, (gpointer)keep_utf8 (parsed, value));
    }
}

char *
oh_sip_dup_source (const OhSipParsed *parsed, const sip_t *message)
{
  const OhSipInfo *info = &parsed->info;
  const char *contact_host = message->sip_contact ? message->sip_contact->m_url->url_host : NULL;
  gboolean six = strchr (info->source_address, ':') != NULL;

  if (message->sip_record_route || !*info->source_address)
    return NULL;
  if (strcmp (info->transport, "udp") == 0
      && (!contact_host || strcmp (contact_host, info->source_address) == 0))
    return NULL;
  return g_strdup_printf (six ? "sip:[%s]:%u;transport=%s" : "sip:%s:%u;transport=%s",
                          info->source_address, info->source_port, info->transport);
}

const char *
oh_sip_parsed_header (const OhSipParsed *parsed, const char *name)
{
  for (guint i = 0; i + 1 < parsed->headers->len; i += 2)
    if (g_ascii_strcasecmp (parsed->headers->pdata[i], name) == 0)
      return parsed->headers->pdata[i + 1];
  return NULL;
}

/* The addresses of all values of a header, in order of appearance. */
static GPtrArray *
collect_users (const OhSipParsed *parsed, const char *name)
{
  g_autoptr (GPtrArray) users = g_ptr_array_new_with_free_func (g_free);
  su_home_t home[1] = { SU_HOME_INIT (home) };

  su_home_init (home);
  for (guint i = 0; i + 1 < parsed->headers->len; i += 2)
    {
      sip_contact_t *list;

      if (g_ascii_strcasecmp (parsed->headers->pdata[i], name) != 0)
        continue;
      list = sip_contact_make (home, parsed->headers->pdata[i + 1]);
      for (sip_contact_t *c = list; c && users->len < MAX_DIVERSIONS; c = c->m_next)
        {
          g_autofree char *user = dup_user (c->m_url);

          if (*user && g_utf8_validate (user, -1, NULL))
            g_ptr_array_add (users, g_steal_pointer (&user));
        }
    }
  su_home_deinit (home);
  return g_steal_pointer (&users);
}

static void
add_diversion (OhSipParsed *parsed, const char *user)
{
  for (guint i = 0; i < parsed->diversions->len; i++)
    if (strcmp (parsed->diversions->pdata[i], user) == 0)
      return;
  if (strcmp (user, parsed->info.request_user) != 0)
    g_ptr_array_add (parsed->diversions, (gpointer)keep (parsed, user));
}

/* History-Info counts from the first target on and ends with the present one; Diversion puts the
 * latest on top. Where both tell, History-Info's order is the better known. */
static void
read_diversions (OhSipParsed *parsed)
{
  g_autoptr (GPtrArray) history = collect_users (parsed, "History-Info");
  g_autoptr (GPtrArray) diversion = collect_users (parsed, "Diversion");
  g_autoptr (GPtrArray) called = collect_users (parsed, "P-Called-Party-ID");

  for (guint i = 0; i < history->len; i++)
    add_diversion (parsed, history->pdata[i]);
  for (guint i = diversion->len; i-- > 0;)
    add_diversion (parsed, diversion->pdata[i]);
  for (guint i = 0; i < called->len; i++)
    add_diversion (parsed, called->pdata[i]);
  g_ptr_array_add (parsed->diversions, NULL);
  parsed->info.diversions = (const char *const *)parsed->diversions->pdata;
}

static void
read_identity (OhSipParsed *parsed)
{
  const char *value = oh_sip_parsed_header (parsed, "P-Asserted-Identity");
  su_home_t home[1] = { SU_HOME_INIT (home) };
  sip_contact_t *address;

  if (!value)
    value = oh_sip_parsed_header (parsed, "Remote-Party-ID");
  if (!value)
    return;
  su_home_init (home);
  address = sip_contact_make (home, value);
  if (address)
    {
      parsed->info.identity_uri = keep_uri (parsed, address->m_url);
      parsed->info.identity_user = keep_user (parsed, address->m_url);
      parsed->info.identity_name = keep_name (parsed, address->m_display);
    }
  su_home_deinit (home);
}

static gboolean
has_word (const char *list, const char *word)
{
  g_auto (GStrv) words = NULL;

  if (!list)
    return FALSE;
  words = g_strsplit_set (list, ";, \t", -1);
  for (char **w = words; *w; w++)
    if (g_ascii_strcasecmp (*w, word) == 0)
      return TRUE;
  return FALSE;
}

static gboolean
is_withheld (const OhSipParsed *parsed)
{
  const char *privacy = oh_sip_parsed_header (parsed, "Privacy");
  const char *remote = oh_sip_parsed_header (parsed, "Remote-Party-ID");

  return has_word (privacy, "id") || has_word (privacy, "user") || has_word (privacy, "full")
         || has_word (remote, "privacy=full") || has_word (remote, "privacy=uri")
         || g_ascii_strcasecmp (parsed->info.from_host, "anonymous.invalid") == 0
         || g_ascii_strcasecmp (parsed->info.from_user, "anonymous") == 0
         || g_ascii_strcasecmp (parsed->info.from_user, "restricted") == 0;
}

guint16
oh_sip_read_source (msg_t *msg, char *text, gsize size)
{
  su_sockaddr_t *address = msg ? msg_addr (msg) : NULL;
  char plain[INET6_ADDRSTRLEN] = "";
  gboolean four;

  if (address && address->su_family == AF_INET)
    inet_ntop (AF_INET, &address->su_sin.sin_addr, plain, sizeof plain);
  else if (address && address->su_family == AF_INET6)
    inet_ntop (AF_INET6, &address->su_sin6.sin6_addr, plain, sizeof plain);
  four = g_str_has_prefix (plain, "::ffff:") && strchr (plain, '.');
  g_strlcpy (text, four ? plain + strlen ("::ffff:") : plain, size);
  return address ? ntohs (address->su_port) : 0;
}

static void
read_source (OhSipParsed *parsed, msg_t *msg)
{
  char text[INET6_ADDRSTRLEN];

  parsed->info.source_port = oh_sip_read_source (msg, text, sizeof text);
  parsed->info.source_address = keep (parsed, text);
}

static void
read_start (OhSipParsed *parsed, const sip_t *message)
{
  OhSipInfo *info = &parsed->info;
  const url_t *url = message->sip_request->rq_url;
  const sip_from_t *from = message->sip_from;
  const sip_to_t *to = message->sip_to;

#define OR_EMPTY(text) ((text) ? (text) : "")
  info->method = keep (parsed, message->sip_request->rq_method_name);
  info->call_id = keep_utf8 (parsed, message->sip_call_id ? message->sip_call_id->i_id : "");
  info->request_uri = OR_EMPTY (keep_uri (parsed, url));
  info->request_user = keep_user (parsed, url);
  info->request_host = keep_utf8 (parsed, OR_EMPTY (url->url_host));
  info->from_uri = OR_EMPTY (from ? keep_uri (parsed, from->a_url) : NULL);
  info->from_user = keep_user (parsed, from ? from->a_url : NULL);
  info->from_host = keep_utf8 (parsed, from ? OR_EMPTY (from->a_url->url_host) : "");
  info->from_name = keep_name (parsed, from ? from->a_display : NULL);
  info->to_uri = OR_EMPTY (to ? keep_uri (parsed, to->a_url) : NULL);
  info->to_user = keep_user (parsed, to ? to->a_url : NULL);
  info->to_host = keep_utf8 (parsed, to ? OR_EMPTY (to->a_url->url_host) : "");
#undef OR_EMPTY
}

/* Of a multipart body with a session description only that is told. */
static void
read_body (OhSipParsed *parsed, const sip_t *message)
{
  const sip_payload_t *payload = message->sip_payload;
  const sip_content_type_t *type = message->sip_content_type;
  const char *body = payload ? payload->pl_data : NULL;
  gsize length = payload ? payload->pl_len : 0;
  const char *told = type && type->c_type ? type->c_type : "application/octet-stream";

  if (!body || length == 0)
    return;
  if (g_ascii_strncasecmp (told, "multipart/", 10) == 0
      && oh_sip_body_find_sdp (message, &body, &length) == OH_SIP_BODY_SDP)
    told = "application/sdp";
  parsed->info.body = g_string_chunk_insert_len (parsed->strings, body, (gssize)length);
  parsed->info.body_length = length;
  parsed->info.body_type = keep (parsed, told);
}

OhSipParsed *
oh_sip_parse (msg_t *msg, const sip_t *message, const char *transport)
{
  OhSipParsed *parsed = g_new0 (OhSipParsed, 1);

  g_atomic_ref_count_init (&parsed->refs);
  parsed->strings = g_string_chunk_new (2048);
  parsed->headers = g_ptr_array_new ();
  parsed->diversions = g_ptr_array_new ();
  copy_headers (parsed, message);
  read_start (parsed, message);
  read_identity (parsed);
  parsed->info.withheld = is_withheld (parsed);
  read_diversions (parsed);
  parsed->info.transport = keep (parsed, transport);
  read_source (parsed, msg);
  parsed->info.user_agent = oh_sip_parsed_header (parsed, "User-Agent");
  parsed->info.contact_uri = message->sip_contact ? keep_uri (parsed, message->sip_contact->m_url)
                                                  : NULL;
  parsed->info.offer_id = oh_sip_parsed_header (parsed, "Offhook-Offer");
  read_body (parsed, message);
  return parsed;
}

OhSipParsed *
oh_sip_parse_text (const char *text, gsize length)
{
  msg_t *msg = msg_make (sip_default_mclass (), 0, text, (gssize)length);
  sip_t *message = msg ? sip_object (msg) : NULL;
  OhSipParsed *parsed = NULL;

  if (message && message->sip_request && !(message->sip_flags & MSG_FLG_ERROR))
    parsed = oh_sip_parse (NULL, message, "udp");
  if (msg)
    msg_destroy (msg);
  return parsed;
}

OhSipParsed *
oh_sip_parsed_ref (OhSipParsed *parsed)
{
  g_atomic_ref_count_inc (&parsed->refs);
  return parsed;
}

void
oh_sip_parsed_unref (OhSipParsed *parsed)
{
  if (!parsed || !g_atomic_ref_count_dec (&parsed->refs))
    return;
  g_string_chunk_free (parsed->strings);
  g_ptr_array_unref (parsed->headers);
  g_ptr_array_unref (parsed->diversions);
  g_free (parsed);
}

void
oh_sip_parsed_set_auth_user (OhSipParsed *parsed, const char *auth_user)
{
  parsed->info.auth_user = keep_utf8 (parsed, auth_user);
}

guint
oh_sip_parse_reason (const char *value, char **text)
{
  const char *cause;
  const char *words;
  guint64 number;

  if (text)
    *text = NULL;
  if (!value || g_ascii_strncasecmp (value, "SIP", 3) != 0)
    return 0;
  cause = strstr (value, "cause=");
  if (!cause)
    return 0;
  number = g_ascii_strtoull (cause + strlen ("cause="), NULL, 10);
  words = strstr (value, "text=\"");
  if (text && words)
    {
      words += strlen ("text=\"");
      *text = g_strndup (words, strcspn (words, "\""));
    }
  return number < 1000 ? (guint)number : 0;
}
