/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What may go out on an XMPP stream as it is: anything else would end the stream, or say what is not so. */
#include "im/engine/oh-im-stanza.h"

#include "base/oh-error.h"

#include <string.h>

static void
test_good (void)
{
  static const char *const cases[] = {
    "<message to='a@b.test'><x xmlns='urn:demo'/></message>",
    "<message to='a@b.test' xml:lang='de' type=\"chat\"><body>1 &lt; 2 &amp; 3 &#228; "
    "\u00e4</body></message>",
    " <presence xmlns='jabber:client'/>\n",
    "<iq type='get'><q xmlns='urn:demo'><deeper><still/></deeper></q></iq>",
    "<iq type='set' id='1' to='b.test'>\n  <q xmlns='urn:demo'>text</q>\n</iq>",
    "<iq type='result' id='1' to='b.test'/>",
    "<iq type='error' id='1' to='b.test'><q xmlns='urn:demo'/><error type='cancel'/></iq>",
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autoptr (GError) error = NULL;

      g_assert_true (oh_im_stanza_check (cases[i], &error));
      g_assert_no_error (error);
    }
}

static void
test_bad (void)
{
  static const char *const cases[] = {
    "",
    "   ",
    "text",
    "<message>",
    "<message></presence>",
    "</stream:stream>",
    "<message/></stream:stream>",
    "<message/><message/>",
    "<message/>text",
    "<stream:features/>",
    "<auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl'>AGE=</auth>",
    "<message xmlns='jabber:server'/>",
    "<message xmlns:x='urn:demo'/>",
    "<message><x:y/></message>",
    "<message><y x:z='1'/></message>",
    "<message from='eve@b.test'/>",
    "<message from=''/>",
    "<?xml version='1.0'?><message/>",
    "<message><!-- a word --></message>",
    "<!DOCTYPE message [<!ENTITY a 'b'>]><message>&a;</message>",
    "<message>&a;</message>",
    "<message><![CDATA[<x>]]></message>",
    "<message><body>\001</body></message>",
    "<message><body>&#1;</body></message>",
    "<message id='&#2;'/>",
    "<message>\xff</message>",
    "<iq><q xmlns='urn:demo'/></iq>",
    "<iq type='put'><q xmlns='urn:demo'/></iq>",
    "<iq type='get'/>",
    "<iq type='get'><q xmlns='urn:demo'/><q xmlns='urn:demo'/></iq>",
    "<iq type='result' to='b.test'/>",
    "<iq type='result' id='' to='b.test'/>",
    "<iq type='result' id='1'/>",
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autoptr (GError) error = NULL;

      g_test_message ("%s", cases[i]);
      g_assert_false (oh_im_stanza_check (cases[i], &error));
      g_assert_error (error, OH_ERROR, OH_ERROR_INVALID);
    }
}

/* As long, and as deep, as may be, and one more. */
static void
test_limits (void)
{
  static const char begin[] = "<message><body>", end[] = "</body></message>";

  for (guint more = 0; more < 2; more++)
    {
      g_autoptr (GString) text = g_string_new (begin);
      g_autoptr (GString) deep = g_string_new ("<message>");
      g_autoptr (GError) error = NULL;

      for (gsize i = sizeof begin + sizeof end - 2; i < OH_IM_MAX_STANZA + more; i++)
        g_string_append_c (text, 'x');
      g_string_append (text, end);
      g_assert_cmpuint (text->len, ==, OH_IM_MAX_STANZA + more);
      g_assert_cmpint (oh_im_stanza_check (text->str, &error), ==, !more);
      g_assert_true (!more || g_error_matches (error, OH_ERROR, OH_ERROR_LIMIT));
      g_clear_error (&error);
      for (guint i = 1; i < OH_IM_MAX_STANZA_DEPTH + more; i++)
        g_string_append (deep, "<a>");
      for (guint i = 1; i < OH_IM_MAX_STANZA_DEPTH + more; i++)
        g_string_append (deep, "</a>");
      g_string_append (deep, "</message>");
      g_assert_cmpint (oh_im_stanza_check (deep->str, &error), ==, !more);
      g_assert_true (!more || g_error_matches (error, OH_ERROR, OH_ERROR_LIMIT));
    }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/im/stanza/good", test_good);
  g_test_add_func ("/im/stanza/bad", test_bad);
  g_test_add_func ("/im/stanza/limits", test_limits);
  return g_test_run ();
}
