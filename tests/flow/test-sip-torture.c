/* SPDX-License-Identifier: GPL-3.0-or-later */

/* Messages after RFC 4475, sent by UDP at a running stack: no crash, no call left behind, and the
 * answers that docs/sip-torture.md states. */
#include "sip/oh-sip-private.h"

#include <arpa/inet.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define ANSWER_MS 400
#define TAIL "Max-Forwards: 70\r\nContact: <sip:caller@127.0.0.1>\r\nContent-Length: 0\r\n\r\n"
#define VIA "Via: SIP/2.0/UDP 127.0.0.1:%PORT%;branch=z9hG4bK%BRANCH%\r\n"
#define COMMON                                                                                     \
  VIA "From: <sip:caller@a.test>;tag=1\r\nTo: <sip:100@a.test>\r\nCall-ID: %BRANCH%@a.test\r\n"

typedef struct
{
  const char *name;
  const char *text;
} Message;

static const Message messages[] = {
  /* 3.1.1 valid */
  { "wsinv",
    "INVITE sip:vivekg@chair-dnrc.a.test;unknownparam SIP/2.0\r\nTO :\r\n sip:vivekg@a.test ;"
    "   tag    = 1918181833n\r\nfrom   : \"J Rosenberg \\\\\\\"\" <sip:jdrosen@a.test>\r\n  ;\r\n"
    "  tag = 98asjd8\r\nMaX-fOrWaRdS: 0068\r\nCall-ID: wsinv.ndaksdj@192.0.2.1\r\nCseq: "
    "0009\r\n  INVITE\r\nVia  : SIP  /   2.0\r\n /UDP\r\n    "
    "127.0.0.1:%PORT%;branch=z9hG4bK%BRANCH%\r\n"
    "s :\r\nNewFangledHeader:   newfangled value\r\n continued newfangled value\r\n"
    "UnknownHeaderWithUnusualValue: ;;,,;;,;\r\nContent-Type: application/sdp\r\n"
    "m:\"Quoted string \\\"\\\"\" <sip:jdrosen@a.test> ; newparam =\r\n newvalue\r\nl: 0\r\n\r\n" },
  { "intmeth",
    "!interesting-Method0123456789_*+`.%indeed'~ sip:1_unusual.URI~(to-be!sure)@a.test "
    "SIP/2.0\r\n" COMMON "CSeq: 139122385 !interesting-Method0123456789_*+`.%indeed'~\r\n" TAIL },
  { "esc01",
    "INVITE sip:sips%3Auser%40example.com@a.test SIP/2.0\r\n" COMMON "CSeq: 1 INVITE\r\n" TAIL },
  { "escnull", "REGISTER sip:a.test SIP/2.0\r\n" VIA
               "To: sip:null-%00-null@a.test\r\nFrom: sip:null-%00-null@a.test;tag=8\r\n"
               "Call-ID: %BRANCH%@a.test\r\nCSeq: 14398234 REGISTER\r\nMax-Forwards: 70\r\n"
               "Contact: <sip:%00@a.test>\r\nContent-Length: 0\r\n\r\n" },
  { "esc02", "RE%47IST%45R sip:a.test SIP/2.0\r\n" COMMON "CSeq: 2 RE%47IST%45R\r\n" TAIL },
  { "lwsdisp", "OPTIONS sip:user@a.test SIP/2.0\r\n" VIA "To: sip:user@a.test\r\n"
               "From: caller<sip:caller@a.test>;tag=323\r\nCall-ID: %BRANCH%@a.test\r\n"
               "CSeq: 60 OPTIONS\r\n" TAIL },
  { "dblreq", "REGISTER sip:a.test SIP/2.0\r\n" COMMON "CSeq: 8 REGISTER\r\n" TAIL
              "INVITE sip:joe@a.test SIP/2.0\r\nt: sip:joe@a.test\r\n\r\n" },
  { "semiuri",
    "OPTIONS sip:user;par=u%40example.net@a.test SIP/2.0\r\n" COMMON "CSeq: 8 OPTIONS\r\n" TAIL },
  { "transports", "OPTIONS sip:user@a.test SIP/2.0\r\n" VIA
                  "Via: SIP/2.0/SCTP t2.a.test;branch=z9hG4bKk2\r\nVia: SIP/2.0/UNKNOWN "
                  "t5.a.test;branch=z9hG4bKk5\r\n"
                  "From: <sip:c@a.test>;tag=1\r\nTo: <sip:u@a.test>\r\nCall-ID: "
                  "%BRANCH%@a\r\nCSeq: 3 OPTIONS\r\n" TAIL },
  /* 3.1.2 invalid */
  { "badinv01", "INVITE sip:user@a.test SIP/2.0\r\n" VIA "To: <sip:j.user@a.test>\r\n"
                "From: sip:caller@a.test;tag=1\r\nMax-Forwards: 7\r\nCall-ID: %BRANCH%@a.test\r\n"
                "CSeq: 8 INVITE\r\nContact: \"Joe\" <sip:joe@a.test>;;;;\r\nVia: SIP/2.0/UDP "
                "192.0.2.15;;,;,,\r\n"
                "Content-Length: 0\r\n\r\n" },
  { "clerr", "INVITE sip:user@a.test SIP/2.0\r\n" COMMON "Max-Forwards: 80\r\nCSeq: 8 INVITE\r\n"
             "Contact: <sip:c@127.0.0.1>\r\nContent-Type: application/sdp\r\nContent-Length: "
             "9999\r\n\r\nv=0\r\n" },
  { "ncl", "INVITE sip:user@a.test SIP/2.0\r\n" COMMON "Max-Forwards: 80\r\nCSeq: 8 INVITE\r\n"
           "Contact: <sip:c@127.0.0.1>\r\nContent-Length: -999\r\n\r\nv=0\r\n" },
  { "scalar02",
    "REGISTER sip:a.test SIP/2.0\r\n" COMMON "CSeq: 36893488147419103232 REGISTER\r\n" TAIL },
  { "quotbal",
    "INVITE sip:user@a.test SIP/2.0\r\n" VIA "To: \"Mr. J. User <sip:j.user@a.test>\r\n"
    "From: sip:caller@a.test;tag=9\r\nCall-ID: %BRANCH%@a.test\r\nCSeq: 1 INVITE\r\n" TAIL },
  { "ltgtruri", "INVITE <sip:user@a.test> SIP/2.0\r\n" COMMON "CSeq: 1 INVITE\r\n" TAIL },
  { "lwsruri", "INVITE sip:user@a.test; lr SIP/2.0\r\n" COMMON "CSeq: 1 INVITE\r\n" TAIL },
  { "lwsstart", "INVITE  sip:user@a.test  SIP/2.0\r\n" COMMON "CSeq: 1 INVITE\r\n" TAIL },
  { "trws", "OPTIONS sip:remote@a.test SIP/2.0  \r\n" COMMON "CSeq: 1 OPTIONS\r\n" TAIL },
  { "mismatch01", "OPTIONS sip:user@a.test SIP/2.0\r\n" COMMON "CSeq: 8 INVITE\r\n" TAIL },
  { "mismatch02", "NEWMETHOD sip:user@a.test SIP/2.0\r\n" COMMON "CSeq: 8 INVITE\r\n" TAIL },
  { "badvers", "OPTIONS sip:t.watson@a.test SIP/7.0\r\n" COMMON "CSeq: 1 OPTIONS\r\n" TAIL },
  /* 3.3 application layer */
  { "insuf",
    "INVITE sip:user@a.test SIP/2.0\r\nCSeq: 193942 INVITE\r\n" VIA "Content-Length: 0\r\n\r\n" },
  { "unkscm", "OPTIONS nobodyKnowsThisScheme:totallyopaquecontent SIP/2.0\r\n" COMMON
              "CSeq: 3 OPTIONS\r\n" TAIL },
  { "bext01", "OPTIONS sip:user@a.test SIP/2.0\r\n" COMMON
              "CSeq: 8 OPTIONS\r\nRequire: nothingSupportsThis\r\n" TAIL },
  { "multi01", "INVITE sip:user@a.test SIP/2.0\r\n" COMMON "CSeq: 5 INVITE\r\nCSeq: 59 INVITE\r\n"
               "Max-Forwards: 5\r\nCall-ID: two@a.test\r\n" TAIL },
  { "zeromf", "OPTIONS sip:user@a.test SIP/2.0\r\n" COMMON
              "CSeq: 39234321 OPTIONS\r\nMax-Forwards: 0\r\nContent-Length: 0\r\n\r\n" },
};

static OhSip *sip;
static int peer;
static char *table;

static void
on_call (OhSip *stack, OhSipCall *call, gpointer data)
{
  oh_sip_call_reject (call, 486, NULL, NULL);
  oh_sip_call_unref (call);
}

static void
on_request (OhSip *stack, OhSipRequest *request, gpointer data)
{
  oh_sip_request_reply (request, 200, NULL, NULL, NULL, NULL);
}

static char *
fill_in (const char *text, guint port, const char *name)
{
  g_autofree char *number = g_strdup_printf ("%u", port);
  g_auto (GStrv) ports = g_strsplit (text, "%PORT%", -1);
  g_autofree char *with_port = g_strjoinv (number, ports);
  g_auto (GStrv) branches = g_strsplit (with_port, "%BRANCH%", -1);

  return g_strjoinv (name, branches);
}

/* The final status, or 0. */
static guint
ask (const Message *message)
{
  struct sockaddr_in own;
  socklen_t length = sizeof own;
  g_autofree char *text = NULL;
  struct pollfd poller = { .fd = peer, .events = POLLIN };
  char answer[4096];
  guint status = 0;

  getsockname (peer, (struct sockaddr *)&own, &length);
  text = fill_in (message->text, ntohs (own.sin_port), message->name);
  g_assert_cmpint (send (peer, text, strlen (text), 0), >, 0);
  while (status < 200 && poll (&poller, 1, ANSWER_MS) > 0)
    {
      gssize got = recv (peer, answer, sizeof answer - 1, 0);

      if (got <= 0)
        break;
      answer[got] = '\0';
      if (g_str_has_prefix (answer, "SIP/2.0 "))
        status = (guint)g_ascii_strtoull (answer + strlen ("SIP/2.0 "), NULL, 10);
    }
  return status;
}

static void
drain (void)
{
  char answer[4096];

  while (recv (peer, answer, sizeof answer, MSG_DONTWAIT) > 0)
    ;
}

static void
test_message (gconstpointer data)
{
  const Message *message = data;
  guint status;
  g_autofree char *row = NULL;

  drain ();
  status = ask (message);
  row = status ? g_strdup_printf ("| %s | %u |", message->name, status)
               : g_strdup_printf ("| %s | none |", message->name);
  g_test_message ("%s", row);
  g_assert_nonnull (strstr (table, row));
}

static void
count_calls (gpointer data)
{
  g_atomic_int_set ((gint *)data, (gint)oh_sip_count_calls (sip));
}

static void
test_nothing_left (void)
{
  gint calls = -1;

  for (guint i = 0; i < 500 && calls != 0; i++)
    {
      oh_sip_post (sip, count_calls, &calls);
      g_usleep (10000);
    }
  g_assert_cmpint (calls, ==, 0);
}

int
main (int argc, char **argv)
{
  static const OhSipHandlers handlers = { .call = on_call, .request = on_request };
  OhSipConfig config = { .listen = (const char *const[]){ "udp:127.0.0.1:0", NULL },
                         .handlers = &handlers };
  struct sockaddr_in address = { .sin_family = AF_INET };
  g_autofree char *path = NULL;
  int result;

  g_test_init (&argc, &argv, NULL);
  g_test_set_nonfatal_assertions ();
  path = g_test_build_filename (G_TEST_DIST, "..", "..", "docs", "sip-torture.md", NULL);
  g_assert_true (g_file_get_contents (path, &table, NULL, NULL));
  sip = oh_sip_new (&config, NULL);
  g_assert_nonnull (sip);
  peer = socket (AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  address.sin_addr.s_addr = htonl (INADDR_LOOPBACK);
  address.sin_port = htons (oh_sip_get_port (sip, 0));
  g_assert_cmpint (connect (peer, (struct sockaddr *)&address, sizeof address), ==, 0);

  for (guint i = 0; i < G_N_ELEMENTS (messages); i++)
    {
      g_autofree char *name = g_strdup_printf ("/torture/%s", messages[i].name);

      g_test_add_data_func (name, &messages[i], test_message);
    }
  g_test_add_func ("/torture/zz-nothing-left", test_nothing_left);
  result = g_test_run ();
  oh_sip_free (sip);
  close (peer);
  g_free (table);
  return result;
}
