/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "oh-im"

#include "im/engine/oh-im-stanza.h"

#include "base/oh-error.h"
#include "base/oh-xml.h"

#include <string.h>

#define CLIENT "jabber:client"

typedef struct
{
  guint children;       /* of the root */
  gboolean is_question; /* an iq of get or set */
} Reading;

G_GNUC_PRINTF (2, 3)
static void
refuse (GError **error, const char *format, ...)
{
  va_list arguments;

  va_start (arguments, format);
  g_propagate_error (error, g_error_new_valist (OH_ERROR, OH_ERROR_INVALID, format, arguments));
  va_end (arguments);
}

static gboolean
check_prefixes (const OhXmlElement *element, GError **error)
{
  if (strchr (element->name, ':'))
    {
      refuse (error, "an element with a prefix: %s", element->name);
      return FALSE;
    }
  for (guint i = 0; element->attributes[i]; i++)
    if (strchr (element->attributes[i], ':') && !g_str_has_prefix (element->attributes[i], "xml:"))
      {
        refuse (error, "an attribute with a prefix: %s", element->attributes[i]);
        return FALSE;
      }
  return TRUE;
}

static void
check_iq (Reading *reading, const OhXmlElement *iq, GError **error)
{
  const char *type = oh_xml_find (iq, "type");
  const char *id = oh_xml_find (iq, "id");
  gboolean answer = g_strcmp0 (type, "result") == 0 || g_strcmp0 (type, "error") == 0;

  reading->is_question = g_strcmp0 (type, "get") == 0 || g_strcmp0 (type, "set") == 0;
  if (!answer && !reading->is_question)
    refuse (error, "an iq is get, set, result or error");
  else if (answer && (!id || !*id || !oh_xml_find (iq, "to")))
    refuse (error, "an answer says what it answers (id) and to whom (to)");
}

static void
check_root (Reading *reading, const OhXmlElement *root, GError **error)
{
  const char *namespace = oh_xml_find (root, "xmlns");

  if (namespace && !g_str_equal (namespace, CLIENT))
    refuse (error, "not a stanza of clients: %s", namespace);
  else if (oh_xml_find (root, "from"))
    refuse (error, "who sends it is for the service to say");
  else if (g_str_equal (root->name, "iq"))
    check_iq (reading, root, error);
  else if (!g_str_equal (root->name, "message") && !g_str_equal (root->name, "presence"))
    refuse (error, "not a stanza: %s", root->name);
}

static void
on_start (const OhXmlElement *element, gpointer user_data, GError **error)
{
  Reading *reading = user_data;

  if (element->depth == 2)
    reading->children++;
  if (check_prefixes (element, error) && element->depth == 1)
    check_root (reading, element, error);
}

gboolean
oh_im_stanza_check (const char *xml, GError **error)
{
  static const OhXmlReader reader = { .max_length = OH_IM_MAX_STANZA,
                                      .max_depth = OH_IM_MAX_STANZA_DEPTH,
                                      .bare = TRUE,
                                      .start = on_start };
  Reading reading = { 0 };

  if (!oh_xml_read (&reader, xml, strnlen (xml, OH_IM_MAX_STANZA + 1), &reading, error))
    return FALSE;
  if (!reading.is_question || reading.children == 1)
    return TRUE;
  refuse (error, "an iq of get or set has one child");
  return FALSE;
}
