/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "oh-sip"

#include "sip/oh-sip-imdn.h"

#include "base/oh-error.h"

#include <string.h>

#define MAX_DEPTH 8

typedef struct
{
  guint depth;
  guint path;    /* how many of `delivered_path` are open, from the top */
  GString *text; /* of the element that is open at depth 2 */
  char *id, *original;
  gboolean delivered;
} Parsing;

static const char *const delivered_path[] = { "imdn", "delivery-notification", "status",
                                              "delivered" };

static const char *
local_name (const char *name)
{
  const char *colon = strrchr (name, ':');

  return colon ? colon + 1 : name;
}

static void
refuse (GError **error, const char *what)
{
  g_set_error (error, OH_ERROR, OH_ERROR_INVALID, "%s", what);
}

static void
on_start (GMarkupParseContext *context,
          const char *element,
          const char **names,
          const char **values,
          gpointer user_data,
          GError **error)
{
  Parsing *parsing = user_data;
  const char *name = local_name (element);

  if (parsing->depth == MAX_DEPTH)
    refuse (error, "too deep");
  else if (parsing->depth == 0 && strcmp (name, delivered_path[0]) != 0)
    refuse (error, "another document");
  if (parsing->path == parsing->depth && parsing->path < G_N_ELEMENTS (delivered_path)
      && strcmp (name, delivered_path[parsing->path]) == 0)
    parsing->path++;
  parsing->depth++;
  parsing->delivered |= parsing->path == G_N_ELEMENTS (delivered_path);
  g_string_truncate (parsing->text, 0);
}

static void
on_text (GMarkupParseContext *context,
         const char *text,
         gsize length,
         gpointer user_data,
         GError **error)
{
  Parsing *parsing = user_data;

  if (parsing->depth == 2)
    g_string_append_len (parsing->text, text, (gssize)length);
}

static void
on_end (GMarkupParseContext *context, const char *element, gpointer user_data, GError **error)
{
  Parsing *parsing = user_data;
  const char *text = g_strstrip (parsing->text->str);

  if (parsing->depth == 2 && !parsing->id && strcmp (local_name (element), "message-id") == 0
      && oh_sip_imdn_is_id (text))
    parsing->id = g_strdup (text);
  else if (parsing->depth == 2 && !parsing->original && *text
           && strcmp (local_name (element), "original-recipient-uri") == 0)
    parsing->original = g_strdup (text);
  parsing->depth--;
  parsing->path = MIN (parsing->path, parsing->depth);
  g_string_truncate (parsing->text, 0);
}

/* Comments, instructions and document types come here; the last could define entities. */
static void
on_rest (GMarkupParseContext *context,
         const char *text,
         gsize length,
         gpointer user_data,
         GError **error)
{
  if (g_ascii_strncasecmp (text, "<!DOCTYPE", 9) == 0)
    refuse (error, "it has a document type");
}

gboolean
oh_sip_imdn_is_id (const char *text)
{
  gsize length = strlen (text);

  return length > 0 && length <= OH_SIP_IMDN_MAX_ID
         && strspn (text, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-")
                == length;
}

char *
oh_sip_imdn_parse (const char *body, gsize length, char **original_uri)
{
  static const GMarkupParser parser = {
    .start_element = on_start, .end_element = on_end, .text = on_text, .passthrough = on_rest
  };
  Parsing parsing = { 0 };
  g_autoptr (GMarkupParseContext) context = NULL;
  g_autofree char *id = NULL;
  gboolean fine;

  *original_uri = NULL;
  if (!body || length == 0 || length > OH_SIP_IMDN_MAX)
    return NULL;
  parsing.text = g_string_new (NULL);
  context = g_markup_parse_context_new (&parser, 0, &parsing, NULL);
  fine = g_markup_parse_context_parse (context, body, (gssize)length, NULL)
         && g_markup_parse_context_end_parse (context, NULL) && parsing.delivered;
  id = parsing.id;
  g_string_free (parsing.text, TRUE);
  if (fine && id)
    *original_uri = parsing.original;
  else
    g_free (parsing.original);
  return fine ? g_steal_pointer (&id) : NULL;
}

char *
oh_sip_imdn_make (const OhSipImdn *imdn)
{
  g_autoptr (GDateTime) time = g_date_time_new_from_unix_utc (imdn->time);
  g_autofree char *date = time ? g_date_time_format (time, "%Y-%m-%dT%H:%M:%SZ") : NULL;

  return g_markup_printf_escaped (
      "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\r\n"
      "<imdn xmlns=\"urn:ietf:params:xml:ns:imdn\">\r\n"
      "<message-id>%s</message-id>\r\n"
      "<datetime>%s</datetime>\r\n"
      "<recipient-uri>%s</recipient-uri>\r\n"
      "<original-recipient-uri>%s</original-recipient-uri>\r\n"
      "<delivery-notification><status><delivered/></status></delivery-notification>\r\n"
      "</imdn>\r\n",
      imdn->message_id, date ? date : "1970-01-01T00:00:00Z", imdn->recipient_uri,
      imdn->original_uri ? imdn->original_uri : imdn->recipient_uri);
}
