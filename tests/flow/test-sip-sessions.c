/* SPDX-License-Identifier: GPL-3.0-or-later */

/* A telephone that speaks SIP by hand, so that what stands on the wire can be read: reliable
 * provisional responses, session timers, UPDATE, offers that are none, limits, addresses. */
#include "sip/oh-sip-private.h"

#include <arpa/inet.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define WAIT_MS 5000
#define SDP                                                                                        \
  "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\nm=audio 4000 RTP/AVP " \
  "0\r\n"
#define ANSWER                                                                                     \
  "v=0\r\no=- 2 2 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\nm=audio 4002 RTP/AVP " \
  "0\r\n"

/* One stack and one hand-made telephone. What the call is told is counted. */
typedef struct
{
  OhSip *sip;
  int fd;
  gboolean six;
  guint16 port;
  gint offers, answers, acks, ends; /* atomic */
  gboolean early;                   /* 183 with SDP before the answer */
  char *heard;                      /* last message */
  char *to;                         /* To of the answer, with its tag */
  char *target;                     /* Contact of the answer */
} Phone;

static void
on_answered (OhSipCall *call, const char *sdp, gpointer data)
{
  g_atomic_int_inc (&((Phone *)data)->acks);
}

static void
on_offer (OhSipCall *call, const char *sdp, gpointer data)
{
  g_atomic_int_inc (&((Phone *)data)->offers);
  oh_sip_call_accept_offer (call, ANSWER);
}

static void
on_offer_done (OhSipCall *call, const char *sdp, guint status, gpointer data)
{
  g_assert_cmpstr (sdp, ==, ANSWER);
  g_atomic_int_inc (&((Phone *)data)->answers);
}

static void
on_ended (OhSipCall *call, const OhSipEnd *end, gpointer data)
{
  g_atomic_int_inc (&((Phone *)data)->ends);
  oh_sip_call_unref (call);
}

static const OhSipCallHandlers call_handlers = {
  .answered = on_answered, .offer = on_offer, .offer_done = on_offer_done, .ended = on_ended
};

static void
on_call (OhSip *sip, OhSipCall *call, gpointer data)
{
  Phone *phone = data;

  oh_sip_call_set_handlers (call, &call_handlers, phone);
  if (phone->early)
    oh_sip_call_progress (call, ANSWER);
  else
    oh_sip_call_answer (call, ANSWER);
}

static const OhSipHandlers handlers = { .call = on_call };

static int
open_socket (gboolean six, guint16 port)
{
  struct sockaddr_in four = { .sin_family = AF_INET, .sin_port = htons (port) };
  struct sockaddr_in6 long_one = { .sin6_family = AF_INET6, .sin6_port = htons (port) };
  int fd = socket (six ? AF_INET6 : AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

  four.sin_addr.s_addr = htonl (INADDR_LOOPBACK);
  long_one.sin6_addr = in6addr_loopback;
  g_assert_cmpint (connect (fd, six ? (struct sockaddr *)&long_one : (struct sockaddr *)&four,
                            six ? sizeof long_one : sizeof four),
                   ==, 0);
  return fd;
}

static Phone *
phone_new (gboolean six, OhSipConfig config)
{
  Phone *phone = g_new0 (Phone, 1);
  struct sockaddr_storage own;
  socklen_t length = sizeof own;
  static const char *const four_local[] = { "udp:127.0.0.1:0", NULL };
  static const char *const six_local[] = { "udp:[::1]:0", NULL };
  g_autoptr (GError) error = NULL;

  if (!config.listen)
    config.listen = six ? six_local : four_local;
  config.handlers = &handlers;
  config.user_data = phone;
  phone->sip = oh_sip_new (&config, &error);
  g_assert_no_error (error);
  phone->six = six;
  phone->fd = open_socket (six, oh_sip_get_port (phone->sip, 0));
  g_assert_cmpint (getsockname (phone->fd, (struct sockaddr *)&own, &length), ==, 0);
  phone->port = ntohs (((struct sockaddr_in *)&own)->sin_port);
  return phone;
}

static void
phone_free (Phone *phone)
{
  oh_sip_shut_down (phone->sip, 100);
  oh_sip_free (phone->sip);
  close (phone->fd);
  g_free (phone->heard);
  g_free (phone->to);
  g_free (phone->target);
  g_free (phone);
}

/* A request of the dialog @id; outside it as long as nothing was answered. */
static void
say_body (Phone *phone,
          const char *method,
          const char *id,
          guint cseq,
          const char *headers,
          const char *type,
          const char *body)
{
  const char *host = phone->six ? "[::1]" : "127.0.0.1";
  g_autofree char *target = phone->target ? g_strdup (phone->target)
                                          : g_strdup_printf ("sip:100@%s:%u", host,
                                                             oh_sip_get_port (phone->sip, 0));
  g_autofree char *text = g_strdup_printf (
      "%s %s SIP/2.0\r\nVia: SIP/2.0/UDP %s:%u;branch=z9hG4bK%s%s%u\r\nMax-Forwards: 70\r\n"
      "From: <sip:caller@a.test>;tag=1\r\nTo: %s\r\nCall-ID: %s\r\nCSeq: %u %s\r\n"
      "Contact: <sip:caller@%s:%u>\r\n%s%s%s%sContent-Length: %zu\r\n\r\n%s",
      method, target, host, phone->port, id, method, cseq,
      phone->to ? phone->to : "<sip:100@a.test>", id, cseq, method, host, phone->port, headers,
      body ? "Content-Type: " : "", body ? type : "", body ? "\r\n" : "", body ? strlen (body) : 0,
      body ? body : "");

  g_assert_cmpint (send (phone->fd, text, strlen (text), 0), ==, (gssize)strlen (text));
}

static void
say (Phone *phone,
     const char *method,
     const char *id,
     guint cseq,
     const char *headers,
     const char *sdp)
{
  say_body (phone, method, id, cseq, headers, "application/sdp", sdp);
}

/* The next message that begins so; others are passed over. */
static gboolean
hear (Phone *phone, const char *begin, guint ms)
{
  gint64 deadline = g_get_monotonic_time () + ms * 1000;
  struct pollfd poller = { .fd = phone->fd, .events = POLLIN };

  while (g_get_monotonic_time () < deadline)
    {
      char text[8192];
      gssize got;

      if (poll (&poller, 1, (int)((deadline - g_get_monotonic_time ()) / 1000 + 1)) <= 0)
        continue;
      got = recv (phone->fd, text, sizeof text - 1, 0);
      if (got <= 0)
        return FALSE;
      text[got] = '\0';
      g_free (phone->heard);
      phone->heard = g_strdup (text);
      if (g_str_has_prefix (text, begin))
        return TRUE;
    }
  return FALSE;
}

/* A header of the last message, or "". Transfer full. */
static char *
header (Phone *phone, const char *name)
{
  g_autofree char *sign = g_strdup_printf ("\r\n%s: ", name);
  const char *found = strstr (phone->heard, sign);

  found = found ? found + strlen (sign) : "";
  return g_strndup (found, strcspn (found, "\r"));
}

/* 200 to the last request. */
static void
answer (Phone *phone, const char *headers)
{
  static const char *const names[] = { "Via", "From", "To", "Call-ID", "CSeq" };
  g_autoptr (GString) text = g_string_new ("SIP/2.0 200 OK\r\n");

  for (guint i = 0; i < G_N_ELEMENTS (names); i++)
    {
      g_autofree char *value = header (phone, names[i]);

      g_string_append_printf (text, "%s: %s\r\n", names[i], value);
    }
  g_string_append_printf (text, "Contact: <sip:caller@127.0.0.1:%u>\r\n%sContent-Length: 0\r\n\r\n",
                          phone->port, headers);
  g_assert_cmpint (send (phone->fd, text->str, text->len, 0), ==, (gssize)text->len);
}

/* Takes To and Contact over from an answer: from now on requests belong to the dialog. */
static void
enter_dialog (Phone *phone)
{
  g_autofree char *contact = header (phone, "Contact");
  const char *begin = strchr (contact, '<');

  g_free (phone->to);
  g_free (phone->target);
  phone->to = header (phone, "To");
  g_assert_nonnull (begin);
  phone->target = g_strndup (begin + 1, strcspn (begin + 1, ">"));
}

static void
call (Phone *phone, const char *id, const char *headers)
{
  say (phone, "INVITE", id, 1, headers, SDP);
  g_assert_true (hear (phone, "SIP/2.0 200", WAIT_MS));
  enter_dialog (phone);
  say (phone, "ACK", id, 1, "", NULL);
}

static void
await (gint *count, gint value, guint ms)
{
  gint64 deadline = g_get_monotonic_time () + ms * 1000;

  while (g_atomic_int_get (count) < value && g_get_monotonic_time () < deadline)
    g_usleep (5000);
  g_assert_cmpint (g_atomic_int_get (count), ==, value);
}

static void
bye (Phone *phone, const char *id, guint cseq)
{
  say (phone, "BYE", id, cseq, "", NULL);
  g_assert_true (hear (phone, "SIP/2.0 200", WAIT_MS));
  await (&phone->ends, 1, WAIT_MS);
}

/* RFC 3262: the 183 says Require: 100rel and RSeq, comes again until PRACK, and then no more. */
static void
test_reliable (void)
{
  Phone *phone = phone_new (FALSE, (OhSipConfig){ .t1_ms = 100 });
  g_autofree char *rseq = NULL;
  g_autofree char *again = NULL;
  g_autofree char *require = NULL;
  g_autofree char *rack = NULL;

  phone->early = TRUE;
  say (phone, "INVITE", "reliable", 1, "Supported: 100rel\r\n", SDP);
  g_assert_true (hear (phone, "SIP/2.0 183", WAIT_MS));
  g_assert_nonnull (strstr (phone->heard, "m=audio 4002"));
  rseq = header (phone, "RSeq");
  require = header (phone, "Require");
  g_assert_cmpstr (rseq, !=, "");
  g_assert_nonnull (strstr (require, "100rel"));
  g_assert_true (hear (phone, "SIP/2.0 183", WAIT_MS));
  again = header (phone, "RSeq");
  g_assert_cmpstr (again, ==, rseq);
  enter_dialog (phone);
  rack = g_strdup_printf ("RAck: %s 1 INVITE\r\n", rseq);
  say (phone, "PRACK", "reliable", 2, rack, NULL);
  g_assert_true (hear (phone, "SIP/2.0 200", WAIT_MS));
  g_assert_nonnull (strstr (phone->heard, "CSeq: 2 PRACK"));
  g_assert_false (hear (phone, "SIP/2.0 183", 1000));
  phone_free (phone);
}

/* Who doesn't know 100rel gets a plain 183. */
static void
test_unreliable (void)
{
  Phone *phone = phone_new (FALSE, (OhSipConfig){ .t1_ms = 100 });
  g_autofree char *rseq = NULL;

  phone->early = TRUE;
  say (phone, "INVITE", "plain", 1, "", SDP);
  g_assert_true (hear (phone, "SIP/2.0 183", WAIT_MS));
  rseq = header (phone, "RSeq");
  g_assert_cmpstr (rseq, ==, "");
  phone_free (phone);
}

/* RFC 3311: an UPDATE with SDP is an offer; one without only keeps the session alive. */
static void
test_update (void)
{
  Phone *phone = phone_new (FALSE, (OhSipConfig){ 0 });

  call (phone, "update", "");
  say (phone, "UPDATE", "update", 2, "", SDP);
  g_assert_true (hear (phone, "SIP/2.0 200", WAIT_MS));
  g_assert_nonnull (strstr (phone->heard, "m=audio 4002"));
  g_assert_cmpint (g_atomic_int_get (&phone->offers), ==, 1);
  say (phone, "UPDATE", "update", 3, "", NULL);
  g_assert_true (hear (phone, "SIP/2.0 200", WAIT_MS));
  g_assert_null (strstr (phone->heard, "m=audio"));
  g_assert_cmpint (g_atomic_int_get (&phone->offers), ==, 1);
  bye (phone, "update", 4);
  phone_free (phone);
}

/* A re-INVITE without SDP asks for an offer, whose answer stands in the ACK (RFC 3261, 14.2). */
static void
test_empty_reinvite (void)
{
  Phone *phone = phone_new (FALSE, (OhSipConfig){ 0 });

  call (phone, "empty", "");
  say (phone, "INVITE", "empty", 2, "", NULL);
  g_assert_true (hear (phone, "SIP/2.0 200", WAIT_MS));
  g_assert_nonnull (strstr (phone->heard, "m=audio 4002"));
  g_assert_cmpint (g_atomic_int_get (&phone->offers), ==, 1);
  say (phone, "ACK", "empty", 2, "", ANSWER);
  await (&phone->answers, 1, WAIT_MS);
  g_assert_cmpint (g_atomic_int_get (&phone->acks), ==, 1);
  g_assert_cmpint (g_atomic_int_get (&phone->ends), ==, 0);
  bye (phone, "empty", 3);
  phone_free (phone);
}

/* Short sessions, as no product has them. */
#define SHORT                                                                                      \
  (OhSipConfig)                                                                                    \
  {                                                                                                \
    .t1_ms = 20, .session_s = 4, .min_session_s = 2                                                \
  }
#define CAN_UPDATE "Allow: INVITE, ACK, BYE, CANCEL, UPDATE\r\n"

/* RFC 4028, asked for by the peer: we refresh by UPDATE at half of the interval as long as it
 * answers, and end the call of a peer that is gone. */
static void
test_session_timer (void)
{
  OhSipConfig config = SHORT;
  g_autofree char *expires = NULL;
  Phone *phone;

  config.session_s = 40; /* is ours, and not what is agreed on */
  phone = phone_new (FALSE, config);
  call (phone, "timer",
        "Supported: timer\r\nSession-Expires: 4;refresher=uas\r\nMin-SE: 2\r\n" CAN_UPDATE);
  expires = header (phone, "Session-Expires");
  g_assert_cmpstr (expires, ==, "4;refresher=uas");
  for (guint i = 0; i < 2; i++)
    {
      g_autofree char *asked = NULL;

      g_assert_true (hear (phone, "UPDATE ", 4000));
      g_assert_null (strstr (phone->heard, "m=audio"));
      asked = header (phone, "Session-Expires");
      g_assert_cmpstr (asked, ==, "4;refresher=uac"); /* RFC 4028, 7.4 */
      answer (phone, "Session-Expires: 4;refresher=uac\r\nRequire: timer\r\n");
    }
  g_assert_cmpint (g_atomic_int_get (&phone->ends), ==, 0);
  g_assert_true (hear (phone, "UPDATE ", 4000)); /* this one is not answered */
  await (&phone->ends, 1, 8000);
  phone_free (phone);
}

/* A peer that knows no UPDATE (Asterisk's chan_sip, say) gets none, nor a session that we would have to refresh by
 * one; its own refreshes are taken. */
static void
test_peer_without_update (void)
{
  Phone *phone = phone_new (FALSE, SHORT);
  static const char wish[] = "Supported: timer\r\nSession-Expires: 4;refresher=uas\r\nMin-SE: 2\r\n"
                             "Allow: INVITE, ACK, BYE\r\n";
  g_autofree char *expires = NULL;

  call (phone, "plain", wish);
  expires = header (phone, "Session-Expires");
  g_assert_cmpstr (expires, ==, "");
  g_assert_false (hear (phone, "UPDATE ", 3000));
  say (phone, "INVITE", "plain", 2, wish, SDP);
  g_assert_true (hear (phone, "SIP/2.0 200", WAIT_MS));
  say (phone, "ACK", "plain", 2, "", NULL);
  g_assert_false (hear (phone, "UPDATE ", 3000));
  g_assert_cmpint (g_atomic_int_get (&phone->ends), ==, 0);
  bye (phone, "plain", 3);
  phone_free (phone);
}

/* The peer was to refresh and did not: BYE before the session is over. */
static void
test_peer_gone (void)
{
  Phone *phone = phone_new (FALSE, SHORT);
  gint64 start;

  call (phone, "gone",
        "Supported: timer\r\nSession-Expires: 4;refresher=uac\r\nMin-SE: 2\r\n" CAN_UPDATE);
  start = g_get_monotonic_time ();
  g_assert_true (hear (phone, "BYE ", 6000));
  g_assert_cmpint (g_get_monotonic_time () - start, >, 2 * G_USEC_PER_SEC);
  await (&phone->ends, 1, WAIT_MS);
  phone_free (phone);
}

/* The peer refreshes, and the call goes on beyond the interval. */
static void
test_peer_refreshes (void)
{
  Phone *phone = phone_new (FALSE, SHORT);
  static const char refresh[] = "Supported: timer\r\nSession-Expires: 4;refresher=uac\r\n"
                                "Min-SE: 2\r\n" CAN_UPDATE;

  call (phone, "alive", refresh);
  for (guint i = 2; i < 5; i++)
    {
      g_assert_false (hear (phone, "BYE ", 2000));
      say (phone, "UPDATE", "alive", i, refresh, NULL);
      g_assert_true (hear (phone, "SIP/2.0 200", WAIT_MS));
    }
  g_assert_cmpint (g_atomic_int_get (&phone->ends), ==, 0);
  bye (phone, "alive", 5);
  phone_free (phone);
}

/* RFC 4028, 5: less than 90 s is refused with what we would take, and 90 s are taken. */
static void
test_short_session (void)
{
  Phone *phone = phone_new (FALSE, (OhSipConfig){ 0 });
  g_autofree char *minimum = NULL;
  g_autofree char *expires = NULL;

  say (phone, "INVITE", "short", 1, "Supported: timer\r\nSession-Expires: 89\r\n", SDP);
  g_assert_true (hear (phone, "SIP/2.0 422", WAIT_MS));
  minimum = header (phone, "Min-SE");
  g_assert_cmpstr (minimum, ==, "90");
  call (phone, "long", "Supported: timer\r\nSession-Expires: 90;refresher=uas\r\n" CAN_UPDATE);
  expires = header (phone, "Session-Expires");
  g_assert_cmpstr (expires, ==, "90;refresher=uas");
  bye (phone, "long", 2);
  phone_free (phone);
}

static void
test_max_calls (void)
{
  Phone *phone = phone_new (FALSE, (OhSipConfig){ .max_calls = 1 });
  g_autofree char *retry = NULL;
  g_autofree char *to = NULL;

  call (phone, "first", "");
  to = g_steal_pointer (&phone->to);
  say (phone, "INVITE", "second", 1, "", SDP);
  g_assert_true (hear (phone, "SIP/2.0 503", WAIT_MS));
  retry = header (phone, "Retry-After");
  g_assert_cmpstr (retry, !=, "");
  phone->to = g_steal_pointer (&to);
  bye (phone, "first", 2);
  phone_free (phone);
}

static void
check_contact (Phone *phone, const char *host, const char *params)
{
  g_autofree char *expected = g_strdup_printf ("<sip:%s:%u%s>", host,
                                               oh_sip_get_port (phone->sip, 0), params);
  g_autofree char *contact = header (phone, "Contact");

  g_assert_cmpstr (contact, ==, expected);
}

/* Behind a home router the public address stands in Contact, and in the Via of our requests. */
static void
test_public_address (gconstpointer listen)
{
  Phone *phone = phone_new (FALSE, (OhSipConfig){ .listen = (const char *const[]){ listen, NULL },
                                                  .public_address = "203.0.113.7",
                                                  .t1_ms = 100 });
  g_autofree char *via = NULL;

  say (phone, "INVITE", "public", 1, "", SDP);
  g_assert_true (hear (phone, "SIP/2.0 200", WAIT_MS));
  check_contact (phone, "203.0.113.7", "");
  enter_dialog (phone);
  say (phone, "ACK", "public", 1, "", NULL);
  await (&phone->acks, 1, WAIT_MS);
  say (phone, "INVITE", "public", 2, "", SDP);
  g_assert_true (hear (phone, "SIP/2.0 200", WAIT_MS));
  check_contact (phone, "203.0.113.7", "");
  say (phone, "ACK", "public", 2, "", NULL);
  oh_sip_shut_down (phone->sip, 300);
  g_assert_true (hear (phone, "BYE ", WAIT_MS));
  via = header (phone, "Via");
  g_assert_nonnull (strstr (via, "203.0.113.7"));
  phone_free (phone);
}

/* Who listens at any address tells the one that this far end reaches. */
static void
test_any_address (void)
{
  Phone *phone = phone_new (
      FALSE, (OhSipConfig){ .listen = (const char *const[]){ "udp:0.0.0.0:0", NULL } });

  call (phone, "any", "");
  g_assert_true (g_str_has_prefix (phone->target, "sip:127.0.0.1:"));
  g_assert_null (strstr (phone->target, "maddr"));
  say (phone, "UPDATE", "any", 2, "", SDP);
  g_assert_true (hear (phone, "SIP/2.0 200", WAIT_MS));
  check_contact (phone, "127.0.0.1", ";transport=udp");
  bye (phone, "any", 3);
  phone_free (phone);
}

/* Refused as it is, in a dialog too, and the dialog goes on. */
static void
test_foreign_body (void)
{
  static const char parts[] = "--b\r\nContent-Type: application/sdp\r\n\r\n" SDP
                              "\r\n--b\r\nContent-Type: text/plain\r\n\r\nhello\r\n--b--\r\n";
  Phone *phone = phone_new (FALSE, (OhSipConfig){ 0 });
  g_autofree char *accept = NULL;

  say_body (phone, "INVITE", "foreign", 1, "", "multipart/mixed;boundary=b", parts);
  g_assert_true (hear (phone, "SIP/2.0 415", WAIT_MS));
  accept = header (phone, "Accept");
  g_assert_cmpstr (accept, ==, "application/sdp, multipart/mixed");
  say_body (phone, "INVITE", "broken", 1, "", "multipart/mixed;boundary=c", parts);
  g_assert_true (hear (phone, "SIP/2.0 400", WAIT_MS));
  call (phone, "good", "");
  say_body (phone, "INVITE", "good", 2, "", "multipart/mixed;boundary=b", parts);
  g_assert_true (hear (phone, "SIP/2.0 415", WAIT_MS));
  say_body (phone, "UPDATE", "good", 3, "", "multipart/mixed;boundary=c", parts);
  g_assert_true (hear (phone, "SIP/2.0 400", WAIT_MS));
  g_assert_cmpint (g_atomic_int_get (&phone->offers), ==, 0);
  bye (phone, "good", 4);
  phone_free (phone);
}

static gboolean
has_ipv6 (void)
{
  struct sockaddr_in6 address = { .sin6_family = AF_INET6, .sin6_addr = in6addr_loopback };
  int fd = socket (AF_INET6, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  gboolean has = fd >= 0 && bind (fd, (struct sockaddr *)&address, sizeof address) == 0;

  if (fd >= 0)
    close (fd);
  return has;
}

static void
test_ipv6 (void)
{
  Phone *phone;

  if (!has_ipv6 ())
    {
      g_test_skip ("this machine has no IPv6");
      return;
    }
  phone = phone_new (TRUE, (OhSipConfig){ 0 });
  call (phone, "six", "");
  g_assert_nonnull (strstr (phone->target, "[::1]"));
  bye (phone, "six", 2);
  phone_free (phone);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/sip/session/reliable", test_reliable);
  g_test_add_func ("/sip/session/unreliable", test_unreliable);
  g_test_add_func ("/sip/session/update", test_update);
  g_test_add_func ("/sip/session/empty-reinvite", test_empty_reinvite);
  g_test_add_func ("/sip/session/timer", test_session_timer);
  g_test_add_func ("/sip/session/peer-without-update", test_peer_without_update);
  g_test_add_func ("/sip/session/peer-gone", test_peer_gone);
  g_test_add_func ("/sip/session/peer-refreshes", test_peer_refreshes);
  g_test_add_func ("/sip/session/short", test_short_session);
  g_test_add_func ("/sip/session/max-calls", test_max_calls);
  g_test_add_data_func ("/sip/session/public-address", "udp:127.0.0.1:0", test_public_address);
  g_test_add_data_func ("/sip/session/public-address-any", "udp:0.0.0.0:0", test_public_address);
  g_test_add_func ("/sip/session/any-address", test_any_address);
  g_test_add_func ("/sip/session/foreign-body", test_foreign_body);
  g_test_add_func ("/sip/session/ipv6", test_ipv6);
  return g_test_run ();
}
