/* SPDX-License-Identifier: GPL-3.0-or-later */

/* Who calls whom, read from headers as trunks and phones send them. */
#include "sip/oh-sip-info.h"

#include <string.h>

typedef struct
{
  const char *name;
  const char *from;    /* value of From */
  const char *headers; /* further lines */
  const char *user, *shown;
  const char *identity, *identity_name; /* NULL: none */
  gboolean withheld;
  const char *diversions; /* comma list */
} Row;

static const Row rows[] = {
  { "plain", "\"Demo Caller\" <sip:+493012345@a.test>;tag=1", "", "+493012345", "Demo Caller", NULL,
    NULL, FALSE, "" },
  { "unquoted name", "Demo <sip:demo@a.test>;tag=1", "", "demo", "Demo", NULL, NULL, FALSE, "" },
  { "escapes", "\"A \\\"b\\\" c\" <sip:a%20b@a.test>;tag=1", "", "a b", "A \"b\" c", NULL, NULL,
    FALSE, "" },
  { "escaped line break", "<sip:a%0D%0AX:%20b@a.test>;tag=1", "", "a%0D%0AX", "", NULL, NULL, FALSE,
    "" },
  { "asserted", "\"Anonymous\" <sip:anonymous@anonymous.invalid>;tag=1",
    "P-Asserted-Identity: \"Demo\" <sip:+4930@a.test>\r\nPrivacy: id\r\n", "anonymous", "Anonymous",
    "+4930", "Demo", TRUE, "" },
  { "asserted tel", "<sip:x@a.test>;tag=1", "P-Asserted-Identity: <tel:+4930>\r\n", "x", "",
    "+4930", "", FALSE, "" },
  { "remote party", "<sip:x@a.test>;tag=1",
    "Remote-Party-ID: \"Demo\" <sip:77@a.test>;party=calling;privacy=full\r\n", "x", "", "77",
    "Demo", TRUE, "" },
  { "privacy words", "<sip:x@a.test>;tag=1", "Privacy: header;user\r\n", "x", "", NULL, NULL, TRUE,
    "" },
  { "privacy none", "<sip:x@a.test>;tag=1", "Privacy: none\r\n", "x", "", NULL, NULL, FALSE, "" },
  { "diversion", "<sip:x@a.test>;tag=1",
    "Diversion: <sip:300@a.test>;reason=no-answer, <sip:200@a.test>;reason=user-busy\r\n", "x", "",
    NULL, NULL, FALSE, "200,300" },
  { "diversion lines", "<sip:x@a.test>;tag=1",
    "Diversion: <sip:300@a.test>\r\nDiversion: <sip:200@a.test>\r\n", "x", "", NULL, NULL, FALSE,
    "200,300" },
  { "history", "<sip:x@a.test>;tag=1",
    "History-Info: <sip:200@a.test>;index=1, <sip:300@a.test>;index=1.1, "
    "<sip:100@a.test>;index=1.1.1\r\n",
    "x", "", NULL, NULL, FALSE, "200,300" },
  { "called party", "<sip:x@a.test>;tag=1", "P-Called-Party-ID: <sip:555@a.test>\r\n", "x", "",
    NULL, NULL, FALSE, "555" },
  { "broken diversion", "<sip:x@a.test>;tag=1", "Diversion: <<<>;;\r\n", "x", "", NULL, NULL, FALSE,
    "" },
};

static void
test_row (gconstpointer data)
{
  const Row *row = data;
  g_autofree char *text = g_strdup_printf (
      "INVITE sip:100@a.test SIP/2.0\r\nVia: SIP/2.0/UDP 127.0.0.1:5060;branch=z9hG4bK1\r\n"
      "Max-Forwards: 70\r\nFrom: %s\r\nTo: <sip:100@a.test>\r\nCall-ID: 1@a.test\r\n"
      "CSeq: 1 INVITE\r\n%sContent-Length: 0\r\n\r\n",
      row->from, row->headers);
  OhSipParsed *parsed = oh_sip_parse_text (text, strlen (text));
  g_autofree char *diversions = NULL;

  g_assert_nonnull (parsed);
  diversions = g_strjoinv (",", (char **)parsed->info.diversions);
  g_assert_cmpstr (parsed->info.request_user, ==, "100");
  g_assert_cmpstr (parsed->info.from_user, ==, row->user);
  g_assert_cmpstr (parsed->info.from_name, ==, row->shown);
  g_assert_cmpstr (parsed->info.identity_user, ==, row->identity);
  g_assert_cmpstr (parsed->info.identity_name, ==, row->identity_name);
  g_assert_cmpint (parsed->info.withheld, ==, row->withheld);
  g_assert_cmpstr (diversions, ==, row->diversions);
  g_assert_cmpstr (oh_sip_parsed_header (parsed, "call-id"), ==, "1@a.test");
  oh_sip_parsed_unref (parsed);
}

/* Values of every length around those at which sofia's buffers end come back whole. */
static void
test_long_headers (void)
{
  for (gsize length = 1; length < 600; length++)
    {
      g_autofree char *word = g_strnfill (length, 'x');
      g_autofree char *value = g_strdup_printf ("<sip:a@b.test>;first=\"1\";second=\"%s\"", word);
      g_autofree char *text = g_strdup_printf (
          "INVITE sip:100@a.test SIP/2.0\r\nVia: SIP/2.0/UDP 127.0.0.1;branch=z9hG4bK1\r\n"
          "Max-Forwards: 70\r\nFrom: <sip:x@a.test>;tag=1\r\nTo: <sip:100@a.test>\r\n"
          "Call-ID: 1@a.test\r\nCSeq: 1 INVITE\r\nContact: %s\r\nContent-Length: 0\r\n\r\n",
          value);
      OhSipParsed *parsed = oh_sip_parse_text (text, strlen (text));

      g_assert_nonnull (parsed);
      g_assert_cmpstr (oh_sip_parsed_header (parsed, "contact"), ==, value);
      oh_sip_parsed_unref (parsed);
    }
}

static void
test_reason (void)
{
  g_autofree char *text = NULL;

  g_assert_cmpuint (oh_sip_parse_reason ("SIP;cause=200;text=\"Call completed elsewhere\"", &text),
                    ==, 200);
  g_assert_cmpstr (text, ==, "Call completed elsewhere");
  g_assert_cmpuint (oh_sip_parse_reason ("Q.850;cause=16", NULL), ==, 0);
  g_assert_cmpuint (oh_sip_parse_reason (NULL, NULL), ==, 0);
}

static void
test_ha1 (void)
{
  g_autofree char *md5 = oh_sip_ha1 (OH_SIP_DIGEST_MD5, "Mufasa", "http-auth@example.org",
                                     "Circle of Life");
  g_autofree char *sha = oh_sip_ha1 (OH_SIP_DIGEST_SHA256, "Mufasa", "http-auth@example.org",
                                     "Circle of Life");

  /* The users of RFC 7616, section 3.9.1. */
  g_assert_cmpstr (md5, ==, "3d78807defe7de2157e2b0b6573a855f");
  g_assert_cmpstr (sha, ==, "7987c64c30e25f1b74be53f966b49b90f2808aa92faf9a00262392d7b4794232");
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  for (guint i = 0; i < G_N_ELEMENTS (rows); i++)
    {
      g_autofree char *path = g_strdup_printf ("/sip/info/%s", rows[i].name);

      g_test_add_data_func (path, &rows[i], test_row);
    }
  g_test_add_func ("/sip/long-headers", test_long_headers);
  g_test_add_func ("/sip/reason", test_reason);
  g_test_add_func ("/sip/ha1", test_ha1);
  return g_test_run ();
}
