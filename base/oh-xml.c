/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/oh-xml.h"

#include "base/oh-error.h"

#include <string.h>

typedef struct
{
  const OhXmlReader *reader;
  gpointer user_data;
  guint depth, roots;
  GString *text; /* of the innermost element, since its begin or its last child's end */
} Reading;

static const char *
local_name (const char *name)
{
  const char *colon = strrchr (name, ':');

  return colon ? colon + 1 : name;
}

static void
refuse (GError **error, const char *what)
{
  g_set_error_literal (error, OH_ERROR, OH_ERROR_INVALID, what);
}

/* GMarkup lets through what XML 1.0 does not have, as itself or as "&#1;". */
static gboolean
check_letters (const char *text, gsize length, GError **error)
{
  for (const char *p = text; p < text + length; p = g_utf8_next_char (p))
    {
      gunichar c = g_utf8_get_char (p);

      if ((c < 0x20 && c != '\t' && c != '\n' && c != '\r') || c == 0xfffe || c == 0xffff)
        {
          g_set_error (error, OH_ERROR, OH_ERROR_INVALID, "a letter that XML does not have: U+%04X",
                       c);
          return FALSE;
        }
    }
  return TRUE;
}

static gboolean
check_values (const char **values, GError **error)
{
  for (guint i = 0; values[i]; i++)
    if (!check_letters (values[i], strlen (values[i]), error))
      return FALSE;
  return TRUE;
}

static void
on_start (GMarkupParseContext *context,
          const char *name,
          const char **names,
          const char **values,
          gpointer user_data,
          GError **error)
{
  Reading *reading = user_data;
  const OhXmlReader *reader = reading->reader;
  OhXmlElement element = { ++reading->depth, name, local_name (name), names, values };

  g_string_truncate (reading->text, 0);
  if (element.depth > reader->max_depth)
    g_set_error_literal (error, OH_ERROR, OH_ERROR_LIMIT, "elements lie too deep in one another");
  else if (element.depth == 1 && reading->roots++ > 0)
    refuse (error, "more than one document");
  else if (element.depth == 1 && reader->root && strcmp (element.local, reader->root) != 0)
    refuse (error, "another document");
  else if (check_values (values, error) && reader->start)
    reader->start (&element, reading->user_data, error);
}

static void
on_end (GMarkupParseContext *context, const char *name, gpointer user_data, GError **error)
{
  Reading *reading = user_data;

  if (reading->reader->end)
    reading->reader->end (reading->depth, local_name (name), g_strstrip (reading->text->str),
                          reading->user_data);
  reading->depth--;
  g_string_truncate (reading->text, 0);
}

static gboolean
is_blank (const char *text, gsize length)
{
  for (gsize i = 0; i < length; i++)
    if (!g_ascii_isspace (text[i]))
      return FALSE;
  return TRUE;
}

static void
on_text (GMarkupParseContext *context,
         const char *text,
         gsize length,
         gpointer user_data,
         GError **error)
{
  Reading *reading = user_data;

  if (reading->depth == 0 && !is_blank (text, length))
    refuse (error, "text outside of the document");
  else if (check_letters (text, length, error) && reading->reader->end)
    g_string_append_len (reading->text, text, (gssize)length);
}

/* Comments, processing instructions, CDATA, and document types, which could define entities. */
static void
on_rest (GMarkupParseContext *context,
         const char *text,
         gsize length,
         gpointer user_data,
         GError **error)
{
  Reading *reading = user_data;

  if (reading->reader->bare)
    refuse (error, "more than elements and text");
  else if (g_ascii_strncasecmp (text, "<!DOCTYPE", 9) == 0)
    refuse (error, "it has a document type");
}

static gboolean
parse (Reading *reading, const char *xml, gsize length, GError **error)
{
  static const GMarkupParser parser = {
    .start_element = on_start, .end_element = on_end, .text = on_text, .passthrough = on_rest
  };
  g_autoptr (GMarkupParseContext) context = g_markup_parse_context_new (&parser, 0, reading, NULL);
  g_autoptr (GError) fault = NULL;

  if (g_markup_parse_context_parse (context, xml, (gssize)length, &fault)
      && g_markup_parse_context_end_parse (context, &fault))
    return TRUE;
  if (fault->domain == OH_ERROR)
    g_propagate_error (error, g_steal_pointer (&fault));
  else
    g_set_error (error, OH_ERROR, OH_ERROR_INVALID, "not XML: %s", fault->message);
  return FALSE;
}

gboolean
oh_xml_read (
    const OhXmlReader *reader, const char *xml, gsize length, gpointer user_data, GError **error)
{
  Reading reading = { .reader = reader, .user_data = user_data };
  gboolean fine;

  if (length > reader->max_length)
    {
      g_set_error_literal (error, OH_ERROR, OH_ERROR_LIMIT, "the document is too long");
      return FALSE;
    }
  reading.text = g_string_new (NULL);
  fine = parse (&reading, xml, length, error);
  g_string_free (reading.text, TRUE);
  if (fine && reading.roots == 0)
    refuse (error, "no document");
  return fine && reading.roots == 1;
}

const char *
oh_xml_find (const OhXmlElement *element, const char *attribute)
{
  for (guint i = 0; element->attributes[i]; i++)
    if (strcmp (element->attributes[i], attribute) == 0)
      return element->values[i];
  return NULL;
}
