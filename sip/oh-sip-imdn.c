/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "oh-sip"

#include "sip/oh-sip-imdn.h"

#include "base/oh-xml.h"

#include <string.h>

typedef struct
{
  guint path; /* how many of `delivered_path` are open, from the top */
  char *id, *original;
  gboolean delivered;
} Parsing;

static const char *const delivered_path[] = { "imdn", "delivery-notification", "status",
                                              "delivered" };

static void
on_start (const OhXmlElement *element, gpointer user_data, GError **error)
{
  Parsing *parsing = user_data;

  if (parsing->path == element->depth - 1 && parsing->path < G_N_ELEMENTS (delivered_path)
      && strcmp (element->local, delivered_path[parsing->path]) == 0)
    parsing->path++;
  parsing->delivered |= parsing->path == G_N_ELEMENTS (delivered_path);
}

static void
on_end (guint depth, const char *name, char *text, gpointer user_data)
{
  Parsing *parsing = user_data;

  if (depth == 2 && !parsing->id && strcmp (name, "message-id") == 0 && oh_sip_imdn_is_id (text))
    parsing->id = g_strdup (text);
  else if (depth == 2 && !parsing->original && *text
           && strcmp (name, "original-recipient-uri") == 0)
    parsing->original = g_strdup (text);
  parsing->path = MIN (parsing->path, depth - 1);
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
  static const OhXmlReader reader = {
    .max_length = OH_SIP_IMDN_MAX, .max_depth = 8, .root = "imdn", .start = on_start, .end = on_end
  };
  Parsing parsing = { 0 };
  g_autofree char *id = NULL, *original = NULL;
  gboolean fine;

  *original_uri = NULL;
  if (!body)
    return NULL;
  fine = oh_xml_read (&reader, body, length, &parsing, NULL) && parsing.delivered;
  id = parsing.id;
  original = parsing.original;
  if (!fine || !id)
    return NULL;
  *original_uri = g_steal_pointer (&original);
  return g_steal_pointer (&id);
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
