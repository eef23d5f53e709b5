/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "oh-im"

#include "im/engine/oh-im-stanza.h"

#include "base/oh-error.h"

#include <string.h>

#define CLIENT "jabber:client"

typedef struct
{
  guint depth;
  guint roots;
  guint children; /* of the root */
  gboolean is_iq;
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

/* GMarkup lets through what XML 1.0 does not have, as itself or as "&#1;". */
static gboolean
check_letters (const char *text, gsize length, GError **error)
{
  for (const char *p = text; p < text + length; p = g_utf8_next_char (p))
    {
      gunichar c = g_utf8_get_char (p);

      if ((c < 0x20 && c != '\t' && c != '\n' && c != '\r') || c == 0xfffe || c == 0xffff)
        {
          refuse (error, "a letter that XML does not have: U+%04X", c);
          return FALSE;
        }
    }
  return TRUE;
}

static const char *
find (const char **names, const char **values, const char *wanted)
{
  for (guint i = 0; names[i]; i++)
    if (g_str_equal (names[i], wanted))
      return values[i];
  return NULL;
}

static gboolean
check_attributes (const char **names, const char **values, GError **error)
{
  for (guint i = 0; names[i]; i++)
    {
      if (strchr (names[i], ':') && !g_str_has_prefix (names[i], "xml:"))
        {
          refuse (error, "an attribute with a prefix: %s", names[i]);
          return FALSE;
        }
      if (!check_letters (values[i], strlen (values[i]), error))
        return FALSE;
    }
  return TRUE;
}

static gboolean
check_iq (Reading *reading, const char **names, const char **values, GError **error)
{
  const char *type = find (names, values, "type");
  const char *id = find (names, values, "id");
  gboolean answer = g_strcmp0 (type, "result") == 0 || g_strcmp0 (type, "error") == 0;

  reading->is_iq = TRUE;
  reading->is_question = g_strcmp0 (type, "get") == 0 || g_strcmp0 (type, "set") == 0;
  if (!answer && !reading->is_question)
    refuse (error, "an iq is get, set, result or error");
  else if (answer && (!id || !*id || !find (names, values, "to")))
    refuse (error, "an answer says what it answers (id) and to whom (to)");
  else
    return TRUE;
  return FALSE;
}

static gboolean
check_root (
    Reading *reading, const char *name, const char **names, const char **values, GError **error)
{
  const char *namespace = find (names, values, "xmlns");

  if (reading->roots++ > 0)
    refuse (error, "more than one stanza");
  else if (namespace && !g_str_equal (namespace, CLIENT))
    refuse (error, "not a stanza of clients: %s", namespace);
  else if (find (names, values, "from"))
    refuse (error, "who sends it is for the service to say");
  else if (g_str_equal (name, "iq"))
    return check_iq (reading, names, values, error);
  else if (g_str_equal (name, "message") || g_str_equal (name, "presence"))
    return TRUE;
  else
    refuse (error, "not a stanza: %s", name);
  return FALSE;
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

  if (reading->depth++ == 1)
    reading->children++;
  if (strchr (name, ':'))
    refuse (error, "an element with a prefix: %s", name);
  else if (reading->depth > OH_IM_MAX_STANZA_DEPTH)
    g_set_error (error, OH_ERROR, OH_ERROR_LIMIT, "elements lie too deep in one another");
  else if (check_attributes (names, values, error) && reading->depth == 1)
    check_root (reading, name, names, values, error);
}

static void
on_end (GMarkupParseContext *context, const char *name, gpointer user_data, GError **error)
{
  Reading *reading = user_data;

  reading->depth--;
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
    refuse (error, "text outside of the stanza");
  else
    check_letters (text, length, error);
}

/* Comments, processing instructions, document types, CDATA. */
static void
on_else (GMarkupParseContext *context,
         const char *text,
         gsize length,
         gpointer user_data,
         GError **error)
{
  refuse (error, "what no stream may carry: %.12s", text);
}

static gboolean
check_whole (const Reading *reading, GError **error)
{
  if (reading->roots != 1)
    refuse (error, "no stanza");
  else if (reading->is_question && reading->children != 1)
    refuse (error, "an iq of get or set has one child");
  else
    return TRUE;
  return FALSE;
}

gboolean
oh_im_stanza_check (const char *xml, GError **error)
{
  static const GMarkupParser parser = {
    .start_element = on_start, .end_element = on_end, .text = on_text, .passthrough = on_else
  };
  g_autoptr (GMarkupParseContext) context = NULL;
  g_autoptr (GError) fault = NULL;
  Reading reading = { 0 };

  if (strnlen (xml, OH_IM_MAX_STANZA + 1) > OH_IM_MAX_STANZA)
    {
      g_set_error (error, OH_ERROR, OH_ERROR_LIMIT, "the stanza is too long");
      return FALSE;
    }
  context = g_markup_parse_context_new (&parser, 0, &reading, NULL);
  if (g_markup_parse_context_parse (context, xml, -1, &fault)
      && g_markup_parse_context_end_parse (context, &fault))
    return check_whole (&reading, error);
  if (fault->domain == OH_ERROR)
    g_propagate_error (error, g_steal_pointer (&fault));
  else
    refuse (error, "not XML: %s", fault->message);
  return FALSE;
}
