/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Notices of who is typing (RFC 3994), read and written. */
#include "sip/oh-sip-composing.h"

#include <string.h>

static gboolean
parse (const char *text, OhSipComposing *composing)
{
  return oh_sip_composing_parse (text, strlen (text), composing);
}

static void
test_own (void)
{
  for (int active = 0; active < 2; active++)
    {
      OhSipComposing composing = { active, 90 }, read = { !active, 0 };
      g_autofree char *text = oh_sip_composing_make (&composing);

      g_assert_true (parse (text, &read));
      g_assert_cmpint (read.active, ==, active);
      g_assert_cmpuint (read.refresh_s, ==, 90);
    }
}

/* RFC 3994, 4.2 and 3.3: more elements, other prefixes, states that nobody knows. */
static void
test_others (void)
{
  OhSipComposing composing;

  g_assert_true (parse ("<?xml version='1.0'?>\n<c:isComposing xmlns:c='urn:x'><!-- -->\n"
                        "<c:state> active\n</c:state><c:contenttype>text/plain</c:contenttype>"
                        "<c:refresh>9999999</c:refresh><more xmlns='urn:y'><deep>1</deep></more>"
                        "</c:isComposing>",
                        &composing));
  g_assert_true (composing.active);
  g_assert_cmpuint (composing.refresh_s, ==, 600);
  g_assert_true (parse ("<isComposing><state>dreaming</state><state>active</state>"
                        "<refresh>-1</refresh></isComposing>",
                        &composing));
  g_assert_false (composing.active);
  g_assert_cmpuint (composing.refresh_s, ==, 120);
}

static void
test_hostile (void)
{
  static const char *const bad[] = {
    "",
    "active",
    "<isComposing/>",
    "<isComposing><state>active</state>",
    "<isComposing><state>active</isComposing></state>",
    "<html><state>active</state></html>",
    "<isComposing><state>&lol;</state></isComposing>",
    "<!DOCTYPE isComposing [<!ENTITY lol "
    "'active'>]><isComposing><state>&lol;</state></isComposing>",
    "<!doctype x SYSTEM 'http://127.0.0.1/'><isComposing><state>active</state></isComposing>",
    "<isComposing><a><b><c><d/></c></b></a><state>active</state></isComposing>",
    "<isComposing><state>\xff</state></isComposing>",
  };
  g_autofree char *deep = g_strnfill (OH_SIP_COMPOSING_MAX, '<');
  g_autoptr (GString) longest = g_string_new ("<isComposing><state>idle</state></isComposing>");
  OhSipComposing composing;

  for (gsize i = 0; i < G_N_ELEMENTS (bad); i++)
    g_assert_false (parse (bad[i], &composing));
  g_assert_false (parse (deep, &composing));
  while (longest->len < OH_SIP_COMPOSING_MAX)
    g_string_append_c (longest, '\n');
  g_assert_true (parse (longest->str, &composing));
  g_string_append_c (longest, '\n');
  g_assert_false (parse (longest->str, &composing));
  g_assert_false (
      oh_sip_composing_parse ("<isComposing><state>idle</state></isComposing>\0x", 48, &composing));
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/composing/own", test_own);
  g_test_add_func ("/composing/others", test_others);
  g_test_add_func ("/composing/hostile", test_hostile);
  return g_test_run ();
}
