/* SPDX-License-Identifier: GPL-3.0-or-later */

/* The session description among the parts of a body: as PBXs send it, and as nobody should. */
#include "sip/oh-sip-private.h"

#include <string.h>

#define SDP "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\n"
#define SDP_PART "--b\r\nContent-Type: application/sdp\r\n\r\n" SDP "\r\n"
#define END "--b--\r\n"
#define MIXED "multipart/mixed;boundary=b"
#define ISUP "Content-Type: application/ISUP;version=etsi1\r\n"
#define PIDF "Content-Type: application/pidf+xml\r\n"
#define OPTIONAL "Content-Disposition: signal;handling=optional\r\n"

typedef struct
{
  const char *name;
  const char *headers; /* besides Content-Type */
  const char *type, *body;
  OhSipBody kind;
} Row;

static const Row rows[] = {
  { "none", "", NULL, "", OH_SIP_BODY_NONE },
  { "plain", "", "application/sdp", SDP, OH_SIP_BODY_SDP },
  { "untyped", "", NULL, SDP, OH_SIP_BODY_SDP },
  { "case and space", "", "Application / SDP", SDP, OH_SIP_BODY_SDP },
  { "foreign", "", "text/plain", "hello", OH_SIP_BODY_FOREIGN },
  { "foreign optional", "Content-Disposition: render;handling=optional\r\n", "text/plain", "hello",
    OH_SIP_BODY_NONE },
  { "compressed", "Content-Encoding: gzip\r\n", "application/sdp", "\x1f\x8b",
    OH_SIP_BODY_FOREIGN },
  { "one part", "", MIXED, SDP_PART END, OH_SIP_BODY_SDP },
  { "preamble and epilogue", "", MIXED, "for old programs\r\n" SDP_PART END "--b\r\nmore",
    OH_SIP_BODY_SDP },
  { "quoted boundary", "", "multipart/mixed; boundary=\"b\"", SDP_PART END, OH_SIP_BODY_SDP },
  { "isup", "", MIXED, SDP_PART "--b\r\n" ISUP OPTIONAL "\r\n\x01\x10--b\r\n" END,
    OH_SIP_BODY_SDP },
  { "isup first", "", MIXED, "--b\r\n" ISUP OPTIONAL "\r\n\x01\r\n" SDP_PART END, OH_SIP_BODY_SDP },
  { "isup required", "", MIXED,
    SDP_PART "--b\r\n" ISUP "Content-Disposition: signal;handling=required\r\n\r\n\x01\r\n" END,
    OH_SIP_BODY_FOREIGN },
  { "isup unsaid", "", MIXED, SDP_PART "--b\r\n" ISUP "\r\n\x01\r\n" END, OH_SIP_BODY_FOREIGN },
  { "location by reference", "", MIXED,
    SDP_PART "--b\r\n" PIDF "Content-ID: <here@a.test>\r\n\r\n<presence/>\r\n" END,
    OH_SIP_BODY_SDP },
  { "required beats reference", "", MIXED,
    SDP_PART "--b\r\n" PIDF "Content-Disposition: render;handling=required\r\n"
             "Content-ID: <here@a.test>\r\n\r\n<presence/>\r\n" END,
    OH_SIP_BODY_FOREIGN },
  { "alternative", "", "multipart/alternative;boundary=b",
    "--b\r\nContent-Type: text/plain\r\n\r\nx\r\n" SDP_PART END, OH_SIP_BODY_SDP },
  { "nested", "", "multipart/mixed;boundary=a",
    "--a\r\nContent-Type: " MIXED "\r\n\r\n" SDP_PART END "\r\n--a--\r\n", OH_SIP_BODY_SDP },
  { "encoded part", "", MIXED,
    "--b\r\nContent-Type: application/sdp\r\nContent-Transfer-Encoding: base64\r\n\r\ndj0w\r\n" END,
    OH_SIP_BODY_FOREIGN },
  { "early session", "", MIXED,
    "--b\r\nContent-Type: application/sdp\r\nContent-Disposition: early-session;handling=optional"
    "\r\n\r\nv=1\r\n" SDP_PART END,
    OH_SIP_BODY_SDP },
  { "no end", "", MIXED, SDP_PART, OH_SIP_BODY_SDP },
  { "no sdp", "", MIXED, "--b\r\n" ISUP OPTIONAL "\r\n\x01\r\n" END, OH_SIP_BODY_NONE },
  { "no boundary", "", "multipart/mixed", SDP_PART END, OH_SIP_BODY_BROKEN },
  { "empty boundary", "", "multipart/mixed;boundary=\"\"", SDP_PART END, OH_SIP_BODY_BROKEN },
  { "other boundary", "", "multipart/mixed;boundary=c", SDP_PART END, OH_SIP_BODY_BROKEN },
  { "longer boundary", "", MIXED, "--bc\r\n\r\n--bc--\r\n", OH_SIP_BODY_BROKEN },
  { "shorter than its boundary", "", "multipart/mixed;boundary=bbbbbbbbbbbbbbbb", "-",
    OH_SIP_BODY_BROKEN },
  { "delimiter alone", "", MIXED, "--b", OH_SIP_BODY_NONE },
  { "end alone", "", MIXED, "--b--", OH_SIP_BODY_NONE },
};

static char *
write_message (const char *headers, const char *type, const char *body)
{
  return g_strdup_printf (
      "INVITE sip:100@a.test SIP/2.0\r\nVia: SIP/2.0/UDP 127.0.0.1:5060;branch=z9hG4bK1\r\n"
      "Max-Forwards: 70\r\nFrom: <sip:b@a.test>;tag=1\r\nTo: <sip:100@a.test>\r\nCall-ID: 1\r\n"
      "CSeq: 1 INVITE\r\n%s%s%s%sContent-Length: %zu\r\n\r\n%s",
      headers, type ? "Content-Type: " : "", type ? type : "", type ? "\r\n" : "", strlen (body),
      body);
}

static OhSipBody
read_body (const char *text, char **sdp)
{
  msg_t *msg = msg_make (sip_default_mclass (), 0, text, (gssize)strlen (text));
  const char *found = NULL;
  gsize length = 0;
  OhSipBody kind;

  g_assert_nonnull (msg);
  kind = oh_sip_body_find_sdp (sip_object (msg), &found, &length);
  if (sdp)
    *sdp = found ? g_strndup (found, length) : NULL;
  msg_destroy (msg);
  return kind;
}

static void
test_row (gconstpointer data)
{
  const Row *row = data;
  g_autofree char *text = write_message (row->headers, row->type, row->body);
  g_autofree char *sdp = NULL;

  g_assert_cmpint (read_body (text, &sdp), ==, row->kind);
  if (row->kind == OH_SIP_BODY_SDP)
    g_assert_cmpstr (sdp, ==, SDP);
}

/* What an INVITE is told to be is the description alone. */
static void
test_info (void)
{
  g_autofree char *text = write_message ("", MIXED, SDP_PART END);
  OhSipParsed *parsed = oh_sip_parse_text (text, strlen (text));

  g_assert_cmpstr (parsed->info.body_type, ==, "application/sdp");
  g_assert_cmpstr (parsed->info.body, ==, SDP);
  g_assert_cmpuint (parsed->info.body_length, ==, strlen (SDP));
  oh_sip_parsed_unref (parsed);
}

static void
test_thousands (void)
{
  g_autoptr (GString) body = g_string_new (NULL);
  g_autofree char *text = NULL;

  for (guint i = 0; i < 5000; i++)
    g_string_append (body, "--b\r\n" ISUP OPTIONAL "\r\n\r\n");
  g_string_append (body, SDP_PART END);
  text = write_message ("", MIXED, body->str);
  g_assert_cmpint (read_body (text, NULL), ==, OH_SIP_BODY_BROKEN);
}

static void
test_deep (void)
{
  g_autoptr (GString) body = g_string_new (NULL);
  g_autofree char *text = NULL;

  for (guint i = 0; i < 2000; i++)
    g_string_append (body, "--b\r\nContent-Type: " MIXED "\r\n\r\n");
  text = write_message ("", MIXED, body->str);
  g_assert_cmpint (read_body (text, NULL), ==, OH_SIP_BODY_BROKEN);
}

/* 500 KiB that are nothing but what a delimiter begins with: read in one go, not over and over. */
static void
test_huge (void)
{
  g_autofree char *body = g_strnfill (500 * 1024, '-');
  g_autofree char *text = write_message ("", MIXED, body);
  gint64 start = g_get_monotonic_time ();

  g_assert_cmpint (read_body (text, NULL), ==, OH_SIP_BODY_BROKEN);
  g_assert_cmpint (g_get_monotonic_time () - start, <, G_USEC_PER_SEC);
}

/* Damage of one byte at each place: any answer, no fault (the sanitizers watch). */
static void
test_damage (void)
{
  g_autofree char *text = write_message ("", MIXED,
                                         SDP_PART "--b\r\n" ISUP OPTIONAL "\r\n\x01" END);
  gsize length = strlen (text);

  for (gsize i = 0; i < length; i++)
    for (guint byte = 0; byte < 4; byte++)
      {
        g_autofree char *damaged = g_strdup (text);
        char *sdp = NULL;

        damaged[i] = "\"-\n;"[byte];
        read_body (damaged, &sdp);
        g_free (sdp);
      }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  for (guint i = 0; i < G_N_ELEMENTS (rows); i++)
    {
      g_autofree char *path = g_strdup_printf ("/sip/body/%s", rows[i].name);

      g_test_add_data_func (path, &rows[i], test_row);
    }
  g_test_add_func ("/sip/body/info", test_info);
  g_test_add_func ("/sip/body/thousands", test_thousands);
  g_test_add_func ("/sip/body/deep", test_deep);
  g_test_add_func ("/sip/body/huge", test_huge);
  g_test_add_func ("/sip/body/damage", test_damage);
  return g_test_run ();
}
