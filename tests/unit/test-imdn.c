/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Delivery notifications (RFC 5438): what is written, what is understood of others, and what is not. */
#include "sip/oh-sip-imdn.h"

#include <string.h>

static char *
parse (const char *text)
{
  g_autofree char *original = NULL;

  return oh_sip_imdn_parse (text, strlen (text), &original);
}

static void
test_made (void)
{
  OhSipImdn imdn = { "a1-B2", "sip:a&b<c>@example.org", "sip:200@example.org", 1700000000 };
  g_autofree char *text = oh_sip_imdn_make (&imdn);
  g_autofree char *original = NULL, *other = NULL, *again = NULL;
  g_autofree char *id = oh_sip_imdn_parse (text, strlen (text), &original);
  g_autofree char *other_id = NULL;

  g_assert_cmpstr (id, ==, "a1-B2");
  g_assert_cmpstr (original, ==, "sip:200@example.org");
  imdn.original_uri = NULL;
  again = oh_sip_imdn_make (&imdn);
  other_id = oh_sip_imdn_parse (again, strlen (again), &other);
  g_assert_cmpstr (other, ==, "sip:a&b<c>@example.org");
  g_assert_nonnull (strstr (text, "<datetime>2023-11-14T22:13:20Z</datetime>"));
  g_assert_nonnull (strstr (text, "sip:a&amp;b&lt;c&gt;@example.org"));
}

/* As in the examples of RFC 5438, 8: of other programs, with prefixes. */
static void
test_others (void)
{
  g_autofree char *id = parse ("<i:imdn xmlns:i='urn:ietf:params:xml:ns:imdn'>"
                               "<i:message-id> 34jk324j </i:message-id><i:datetime>x</i:datetime>"
                               "<i:subject>s</i:subject><i:delivery-notification><i:status>"
                               "<i:delivered/></i:status></i:delivery-notification></i:imdn>");

  g_assert_cmpstr (id, ==, "34jk324j");
}

#define OPEN "<imdn><message-id>m</message-id>"
#define DELIVERED "<delivery-notification><status><delivered/></status></delivery-notification>"

static void
test_refused (void)
{
  static const char *const bad[] = {
    "",
    "x",
    "<imdn/>",
    OPEN "</imdn>",
    "<imdn>" DELIVERED "</imdn>",
    "<imdn><message-id>no name</message-id>" DELIVERED "</imdn>",
    "<imdn><message-id></message-id>" DELIVERED "</imdn>",
    OPEN "<delivery-notification><status><failed/></status></delivery-notification></imdn>",
    OPEN "<display-notification><status><delivered/></status></display-notification></imdn>",
    OPEN "<status><delivered/></status></imdn>",
    OPEN "<x>" DELIVERED "</x></imdn>",
    OPEN DELIVERED,
    "<html><message-id>m</message-id>" DELIVERED "</html>",
    "<!DOCTYPE imdn [<!ENTITY a \"m\">]>" OPEN DELIVERED "</imdn>",
    "<imdn><message-id>&a;</message-id>" DELIVERED "</imdn>",
    OPEN "<a><a><a><a><a><a><a><a/></a></a></a></a></a></a></a>" DELIVERED "</imdn>",
  };
  g_autofree char *fine = parse (OPEN DELIVERED "</imdn>");
  g_autofree char *filled = g_strnfill (OH_SIP_IMDN_MAX, ' ');
  g_autofree char *long_one = g_strconcat (OPEN DELIVERED, filled, "</imdn>", NULL);
  g_autofree char *name = g_strnfill (OH_SIP_IMDN_MAX_ID + 1, 'a');
  char *original = (char *)"";

  g_assert_cmpstr (fine, ==, "m");
  for (gsize i = 0; i < G_N_ELEMENTS (bad); i++)
    g_assert_null (parse (bad[i]));
  g_assert_null (parse (long_one));
  g_assert_null (oh_sip_imdn_parse (NULL, 0, &original));
  g_assert_null (original);
  g_assert_null (oh_sip_imdn_parse (OPEN, strlen (OPEN), &original));
  g_assert_null (original);
  g_assert_false (oh_sip_imdn_is_id (name));
  g_assert_true (oh_sip_imdn_is_id (name + 1));
  g_assert_false (oh_sip_imdn_is_id ("a\r\nb"));
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/imdn/made", test_made);
  g_test_add_func ("/imdn/others", test_others);
  g_test_add_func ("/imdn/refused", test_refused);
  return g_test_run ();
}
