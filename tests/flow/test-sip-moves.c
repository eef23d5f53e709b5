/* SPDX-License-Identifier: GPL-3.0-or-later */

/* A call of ours, against a far end by TCP that speaks SIP by hand: it moves to another connection, which dies
 * while our re-INVITE is under way; and it is refreshed. */
#include "sip/oh-sip.h"

#include <arpa/inet.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define WAIT_MS 15000
#define SDP                                                                                        \
  "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\nm=audio 4000 RTP/AVP " \
  "0\r\n"
#define MOVED                                                                                      \
  "v=0\r\no=- 1 2 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\nm=audio 4004 RTP/AVP " \
  "0\r\n"

typedef struct
{
  OhSip *sip;
  OhSipCall *call;
  char *target;
  int listener, fd;              /* of the far end; -1: no connection */
  GString *input, *heard;        /* what came and was not looked at; the last message */
  char *call_id, *ours, *theirs; /* of the dialog: From of each end, with its tag */
  char *contact;                 /* ours, without < > */
  gint answered, offers, done, status, ended; /* atomic */
} World;

static void
on_answered (OhSipCall *call, const char *sdp, gpointer data)
{
  g_atomic_int_set (&((World *)data)->answered, TRUE);
}

static void
on_offer_done (OhSipCall *call, const char *sdp, guint status, gpointer data)
{
  g_atomic_int_set (&((World *)data)->status, (gint)status);
  g_atomic_int_inc (&((World *)data)->done);
}

static void
on_ended (OhSipCall *call, const OhSipEnd *end, gpointer data)
{
  g_atomic_int_set (&((World *)data)->ended, TRUE);
}

static void
on_offer (OhSipCall *call, const char *sdp, gpointer data)
{
  g_atomic_int_inc (&((World *)data)->offers);
  oh_sip_call_accept_offer (call, MOVED);
}

static const OhSipCallHandlers handlers = {
  .answered = on_answered, .offer = on_offer, .offer_done = on_offer_done, .ended = on_ended
};

static void
await (gint *value, gint wanted)
{
  gint64 deadline = g_get_monotonic_time () + WAIT_MS * 1000;

  while (g_atomic_int_get (value) != wanted && g_get_monotonic_time () < deadline)
    g_usleep (5000);
  g_assert_cmpint (g_atomic_int_get (value), ==, wanted);
}

/* --- The far end --- */

static void
await_input (int fd)
{
  struct pollfd poller = { .fd = fd, .events = POLLIN };

  g_assert_cmpint (poll (&poller, 1, WAIT_MS), ==, 1);
}

/* The connection is reset. */
static void
drop (World *world)
{
  struct linger at_once = { .l_onoff = 1 };

  g_assert_cmpint (setsockopt (world->fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once), ==, 0);
  close (world->fd);
  world->fd = -1;
}

/* How long the message is that has come first; 0: it is not whole yet. */
static gsize
find_end (const char *text)
{
  static const char sign[] = "\r\nContent-Length: ";
  const char *body = strstr (text, "\r\n\r\n");
  const char *length = strstr (text, sign);
  gsize whole;

  if (!body || !length || length > body)
    return 0;
  whole = (gsize)(body + 4 - text) + g_ascii_strtoull (length + strlen (sign), NULL, 10);
  return strlen (text) >= whole ? whole : 0;
}

static void
read_more (World *world)
{
  char text[4096];
  gssize got;

  if (world->fd < 0)
    {
      await_input (world->listener);
      world->fd = accept4 (world->listener, NULL, NULL, SOCK_CLOEXEC);
      g_assert_cmpint (world->fd, >=, 0);
      g_string_truncate (world->input, 0);
    }
  await_input (world->fd);
  got = recv (world->fd, text, sizeof text, 0);
  g_assert_cmpint (got, >, 0);
  g_string_append_len (world->input, text, got);
}

/* The next message, by a connection that is accepted where there is none. */
static void
hear (World *world, const char *begin)
{
  gsize end;

  do
    {
      while (g_str_has_prefix (world->input->str, "\r\n")) /* keep-alive */
        g_string_erase (world->input, 0, 2);
      while ((end = find_end (world->input->str)) == 0)
        read_more (world);
      g_string_assign (world->heard, "");
      g_string_append_len (world->heard, world->input->str, (gssize)end);
      g_string_erase (world->input, 0, (gssize)end);
    }
  while (g_str_has_prefix (world->heard->str, "SIP/2.0 1"));
  if (!g_str_has_prefix (world->heard->str, begin))
    g_error ("%s was to come, not: %s", begin, world->heard->str);
}

static char *
header (World *world, const char *name)
{
  g_autofree char *sign = g_strdup_printf ("\r\n%s: ", name);
  const char *found = strstr (world->heard->str, sign);

  found = found ? found + strlen (sign) : "";
  return g_strndup (found, strcspn (found, "\r"));
}

static guint
number (World *world)
{
  g_autofree char *cseq = header (world, "CSeq");

  return (guint)g_ascii_strtoull (cseq, NULL, 10);
}

static void
say (World *world, const char *text)
{
  g_assert_cmpint (send (world->fd, text, strlen (text), MSG_NOSIGNAL), ==, (gssize)strlen (text));
}

/* To the last request. */
static void
respond (World *world, const char *status, const char *headers, const char *sdp)
{
  static const char *const names[] = { "Via", "From", "Call-ID", "CSeq" };
  g_autoptr (GString) text = g_string_new (NULL);
  g_autofree char *to = header (world, "To");

  g_string_printf (text, "SIP/2.0 %s\r\n", status);
  for (guint i = 0; i < G_N_ELEMENTS (names); i++)
    {
      g_autofree char *value = header (world, names[i]);

      g_string_append_printf (text, "%s: %s\r\n", names[i], value);
    }
  g_string_append_printf (text, "To: %s%s\r\nContact: <%s>\r\n", to,
                          strstr (to, ";tag=") ? "" : ";tag=2", world->target);
  g_string_append_printf (text, "%s%sContent-Length: %zu\r\n\r\n%s", headers,
                          *sdp ? "Content-Type: application/sdp\r\n" : "", strlen (sdp), sdp);
  say (world, text->str);
}

static void
answer_with (World *world, const char *headers, const char *sdp)
{
  respond (world, "200 OK", headers, sdp);
}

static void
answer (World *world, const char *sdp)
{
  answer_with (world, "", sdp);
}

/* --- The call --- */

/* @session_s: 0 as products have it. */
static World *
world_new (guint session_s)
{
  static const char *const listen_at[] = { "tcp:127.0.0.1:0", NULL };
  OhSipConfig config = { .listen = listen_at,
                         .session_s = session_s,
                         .min_session_s = session_s / 2 };
  World *world = g_new0 (World, 1);
  struct sockaddr_in own = { .sin_family = AF_INET };
  socklen_t length = sizeof own;
  g_autoptr (GError) error = NULL;

  own.sin_addr.s_addr = htonl (INADDR_LOOPBACK);
  world->listener = socket (AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  g_assert_cmpint (bind (world->listener, (struct sockaddr *)&own, sizeof own), ==, 0);
  g_assert_cmpint (listen (world->listener, 8), ==, 0);
  g_assert_cmpint (getsockname (world->listener, (struct sockaddr *)&own, &length), ==, 0);
  world->target = g_strdup_printf ("sip:127.0.0.1:%u;transport=tcp", ntohs (own.sin_port));
  world->fd = -1;
  world->heard = g_string_new (NULL);
  world->input = g_string_new (NULL);
  world->sip = oh_sip_new (&config, &error);
  g_assert_no_error (error);
  return world;
}

static OhSipAccount
account_of (World *world)
{
  return (OhSipAccount){ .aor = "sip:anna@a.test", .proxy = world->target };
}

static void
world_free (World *world)
{
  oh_sip_call_unref (world->call);
  oh_sip_shut_down (world->sip, 100);
  oh_sip_free (world->sip);
  if (world->fd >= 0)
    close (world->fd);
  close (world->listener);
  g_string_free (world->heard, TRUE);
  g_string_free (world->input, TRUE);
  g_free (world->call_id);
  g_free (world->ours);
  g_free (world->theirs);
  g_free (world->contact);
  g_free (world->target);
  g_free (world);
}

static void
begin_call (World *world, const char *headers)
{
  g_autofree char *contact = NULL;
  OhSipAccount account = account_of (world);
  OhSipInvite invite = { .account = &account, .to_uri = "sip:100@a.test", .sdp = SDP };

  world->call = oh_sip_call_invite (world->sip, &invite, &handlers, world);
  hear (world, "INVITE ");
  contact = header (world, "Contact");
  world->contact = g_strndup (contact + 1, strcspn (contact + 1, ">"));
  answer_with (world, headers, SDP);
  hear (world, "ACK ");
  world->call_id = header (world, "Call-ID");
  world->ours = header (world, "From");
  world->theirs = header (world, "To");
  await (&world->answered, TRUE);
}

static void
move (World *world)
{
  OhSipAccount account = account_of (world);

  oh_sip_call_relocate (world->call, &account, MOVED);
}

/* The far end takes our offer, which is the first or second that is over. */
static void
take_move (World *world, gint which)
{
  answer (world, SDP);
  hear (world, "ACK ");
  await (&world->done, which);
  g_assert_cmpint (g_atomic_int_get (&world->status), ==, 200);
}

static void
end_call (World *world)
{
  oh_sip_call_hang_up (world->call, 0, NULL);
  hear (world, "BYE ");
  answer (world, "");
  await (&world->ended, TRUE);
}

/* It is said again by another connection, as often as it takes. */
static void
test_connection_dies (void)
{
  World *world = world_new (0);
  guint first;

  begin_call (world, "");
  move (world);
  hear (world, "INVITE ");
  first = number (world);
  drop (world);
  hear (world, "INVITE ");
  drop (world);
  hear (world, "INVITE ");
  g_assert_cmpuint (number (world), >, first);
  g_assert_nonnull (strstr (world->heard->str, "m=audio 4004"));
  g_assert_cmpint (g_atomic_int_get (&world->done), ==, 0);
  take_move (world, 1);
  g_assert_cmpint (g_atomic_int_get (&world->ended), ==, FALSE);
  end_call (world);
  world_free (world);
}

/* Whoever hangs up while it waits to be said again is heard. */
static void
test_hang_up_meanwhile (void)
{
  World *world = world_new (0);

  begin_call (world, "");
  move (world);
  hear (world, "INVITE ");
  drop (world);
  g_usleep (200000); /* it is known, and not said again yet */
  end_call (world);
  world_free (world);
}

/* A request of the far end's; an ACK belongs to the INVITE of that number. */
static void
ask (World *world, const char *method, guint cseq, const char *sdp)
{
  g_autofree char *text = g_strdup_printf (
      "%s %s SIP/2.0\r\nVia: SIP/2.0/TCP 127.0.0.1:9;branch=z9hG4bKtheirs%u\r\nMax-Forwards: 70\r\n"
      "From: %s\r\nTo: %s\r\nCall-ID: %s\r\nCSeq: %u %s\r\nContact: <%s>\r\n%s"
      "Content-Length: %zu\r\n\r\n%s",
      method, world->contact, cseq, world->theirs, world->ours, world->call_id, cseq, method,
      world->target, *sdp ? "Content-Type: application/sdp\r\n" : "", strlen (sdp), sdp);

  say (world, text);
}

/* Ours meets one of theirs: both are refused. Ours is sent again after 2.1 to 4 s, since we made the call. */
static gint64
cross (World *world)
{
  begin_call (world, "");
  move (world);
  hear (world, "INVITE ");
  ask (world, "INVITE", 1, SDP);
  respond (world, "491 Request Pending", "", "");
  hear (world, "SIP/2.0 491");
  hear (world, "ACK ");
  return g_get_monotonic_time ();
}

static void
test_crossing (void)
{
  World *world = world_new (0);
  gint64 since = cross (world);

  hear (world, "INVITE ");
  g_assert_cmpint (g_get_monotonic_time () - since, >=, 2000000);
  g_assert_nonnull (strstr (world->heard->str, "m=audio 4004"));
  g_assert_cmpint (g_atomic_int_get (&world->done), ==, 0);
  take_move (world, 1);
  end_call (world);
  world_free (world);
}

/* Theirs is the first to be tried again: ours is told to be made anew. */
static void
test_crossing_lost (void)
{
  World *world = world_new (0);

  cross (world);
  ask (world, "INVITE", 2, SDP);
  hear (world, "SIP/2.0 200");
  g_assert_nonnull (strstr (world->heard->str, "m=audio 4004"));
  ask (world, "ACK", 2, "");
  g_assert_cmpint (g_atomic_int_get (&world->offers), ==, 1);
  await (&world->done, 1);
  g_assert_cmpint (g_atomic_int_get (&world->status), ==, 491);
  move (world);
  hear (world, "INVITE ");
  take_move (world, 2);
  end_call (world);
  world_free (world);
}

/* RFC 4028, 7.4 and 10: by UPDATE where the far end knows that, else by an INVITE with the SDP that it has. */
static void
test_refresh (gconstpointer data)
{
  const char *allow = data;
  gboolean update = strstr (allow, "UPDATE") != NULL;
  g_autofree char *agreed = g_strdup_printf (
      "Require: timer\r\nSession-Expires: 3;refresher=uac\r\nAllow: %s\r\n", allow);
  World *world = world_new (4);

  begin_call (world, agreed);
  for (guint i = 0; i < 2; i++)
    {
      g_autofree char *asked = NULL;

      hear (world, update ? "UPDATE " : "INVITE ");
      asked = header (world, "Session-Expires");
      g_assert_true (g_str_has_suffix (asked, ";refresher=uac"));
      g_assert_true (!update || g_str_has_prefix (asked, "3;"));
      g_assert_true (update || strstr (world->heard->str, "m=audio 4000"));
      answer_with (world, agreed, update ? "" : SDP);
      if (!update)
        hear (world, "ACK ");
    }
  g_assert_cmpint (g_atomic_int_get (&world->done), ==, 0);
  g_assert_cmpint (g_atomic_int_get (&world->ended), ==, FALSE);
  end_call (world);
  world_free (world);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/sip/moves/connection-dies", test_connection_dies);
  g_test_add_func ("/sip/moves/hang-up-meanwhile", test_hang_up_meanwhile);
  g_test_add_func ("/sip/moves/crossing", test_crossing);
  g_test_add_func ("/sip/moves/crossing-lost", test_crossing_lost);
  g_test_add_data_func ("/sip/moves/refresh/update", "INVITE, ACK, BYE, UPDATE", test_refresh);
  g_test_add_data_func ("/sip/moves/refresh/invite", "INVITE, ACK, BYE", test_refresh);
  return g_test_run ();
}
