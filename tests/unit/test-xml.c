/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Small XML documents of outside: what is told of a good one, and what is refused. */
#include "base/oh-error.h"
#include "base/oh-xml.h"

#include <string.h>

#define LONGEST 200

static void
on_start (const OhXmlElement *element, gpointer user_data, GError **error)
{
  const char *id = oh_xml_find (element, "id");

  g_string_append_printf (user_data, "(%u %s %s", element->depth, element->name, element->local);
  if (id)
    g_string_append_printf (user_data, " id=%s", id);
  if (strcmp (element->local, "never") == 0)
    g_set_error (error, OH_ERROR, OH_ERROR_NOT_FOUND, "never");
}

static void
on_end (guint depth, const char *local, char *text, gpointer user_data)
{
  g_string_append_printf (user_data, " '%s' %u %s)", text, depth, local);
}

static const OhXmlReader any = {
  .max_length = LONGEST, .max_depth = 3, .root = "a", .start = on_start, .end = on_end
};

static void
assert_told (const char *xml, const char *wanted)
{
  g_autoptr (GString) told = g_string_new (NULL);
  g_autoptr (GError) error = NULL;

  g_assert_true (oh_xml_read (&any, xml, strlen (xml), told, &error));
  g_assert_no_error (error);
  g_assert_cmpstr (told->str, ==, wanted);
}

static void
test_told (void)
{
  assert_told ("<a/>", "(1 a a '' 1 a)");
  assert_told ("<?xml version='1.0'?>\n<x:a xmlns:x='urn:x' id='1&amp;2'><!-- --> one <b>two</b>"
               " three </x:a>\n",
               "(1 x:a a id=1&2(2 b b 'two' 2 b) 'three' 1 a)");
}

static void
refuse (const OhXmlReader *reader, const char *xml, gsize length, int code)
{
  g_autoptr (GString) told = g_string_new (NULL);
  g_autoptr (GError) error = NULL;

  g_test_message ("%s", xml);
  g_assert_false (oh_xml_read (reader, xml, length, told, &error));
  g_assert_error (error, OH_ERROR, code);
}

static void
test_refused (void)
{
  static const char *const bad[] = {
    "",
    " ",
    "a",
    "<a>",
    "<a></b>",
    "<b/>",
    "<a/><a/>",
    "<a/>text",
    "text<a/>",
    "<a>&b;</a>",
    "<a>&#1;</a>",
    "<a b='&#x1f;'/>",
    "<a>\x02</a>",
    "<a>\xff</a>",
    "<!DOCTYPE a [<!ENTITY b 'c'>]><a>&b;</a>",
    "<!doctype a SYSTEM 'http://127.0.0.1/'><a/>",
  };
  static const char *const more[] = { "<?xml version='1.0'?><a/>", "<a><!-- --></a>",
                                      "<a><![CDATA[b]]></a>", "<a><?b?></a>" };
  OhXmlReader bare = any;

  for (guint i = 0; i < G_N_ELEMENTS (bad); i++)
    refuse (&any, bad[i], strlen (bad[i]), OH_ERROR_INVALID);
  refuse (&any, "<a></a>\0", 8, OH_ERROR_INVALID);
  refuse (&any, "<a><never/></a>", 15, OH_ERROR_NOT_FOUND);
  bare.bare = TRUE;
  for (guint i = 0; i < G_N_ELEMENTS (more); i++)
    {
      g_autoptr (GString) told = g_string_new (NULL);

      g_assert_true (oh_xml_read (&any, more[i], strlen (more[i]), told, NULL));
      refuse (&bare, more[i], strlen (more[i]), OH_ERROR_INVALID);
    }
}

static void
test_limits (void)
{
  g_autofree char *longest = g_strdup_printf ("<a>%*s</a>", LONGEST - 7, "");
  g_autofree char *longer = g_strdup_printf ("<a>%*s</a>", LONGEST - 6, "");

  g_assert_cmpuint (strlen (longest), ==, LONGEST);
  assert_told (longest, "(1 a a '' 1 a)");
  refuse (&any, longer, strlen (longer), OH_ERROR_LIMIT);
  assert_told ("<a><b><c/></b></a>", "(1 a a(2 b b(3 c c '' 3 c) '' 2 b) '' 1 a)");
  refuse (&any, "<a><b><c><d/></c></b></a>", 25, OH_ERROR_LIMIT);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/xml/told", test_told);
  g_test_add_func ("/xml/refused", test_refused);
  g_test_add_func ("/xml/limits", test_limits);
  return g_test_run ();
}
