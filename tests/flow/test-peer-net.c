/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "../unit/peer-end.h"

#include "media/net/oh-udp.h"

#include <gio/gio.h>

#include <poll.h>
#include <signal.h>
#include <stdatomic.h>
#include <string.h>
#include <unistd.h>

/* Peers over real sockets on loopback: plain, ICE, ICE-lite, by a relay (coturn). What is heard is
 * judged loosely, since time passes as the machine lets it: how it sounds is test-peer's matter. */

#define ENOUGH 0.6
#define TALK_MS 1500
#define TRIES 20      /* ports */
#define OFFER_TRIES 4 /* offers, in the little time that a call leaves for each */
#define START_US (15 * G_USEC_PER_SEC)
#define LATE_US (1200 * 1000) /* more than the time that other addresses get */
#define USER "demo"
#define PASSWORD "demo-password"

typedef struct
{
  const char *path;
  OhPeerNet net_a, net_b;
  OhPeerCrypto crypto;
  const char *codecs;
} Pair;

static const Pair pairs[] = {
  { "/net/plain", OH_PEER_NET_PLAIN, OH_PEER_NET_PLAIN, OH_PEER_CRYPTO_SDES, "PCMA" },
  { "/net/plain-dtls", OH_PEER_NET_PLAIN, OH_PEER_NET_PLAIN, OH_PEER_CRYPTO_DTLS, "opus" },
  { "/net/ice-to-lite", OH_PEER_NET_ICE, OH_PEER_NET_ICE_LITE, OH_PEER_CRYPTO_DTLS, NULL },
  { "/net/lite-to-ice", OH_PEER_NET_ICE_LITE, OH_PEER_NET_ICE, OH_PEER_CRYPTO_DTLS, NULL },
  { "/net/ice-to-ice", OH_PEER_NET_ICE, OH_PEER_NET_ICE, OH_PEER_CRYPTO_DTLS, NULL },
};

static End *
make_end (OhWorker *worker, OhPeerNet net, const Pair *pair)
{
  return end_new (worker, FALSE,
                  &(OhPeerConfig){ .net = net,
                                   .crypto = pair->crypto,
                                   .address = "127.0.0.1",
                                   .codecs = pair->codecs,
                                   .loopback = TRUE });
}

static void
check_heard (End *a, End *b)
{
  double a_heard, b_heard;

  end_talk (a, b, TALK_MS, &a_heard, &b_heard);
  g_assert_cmpfloat (a_heard, >, ENOUGH);
  g_assert_cmpfloat (b_heard, >, ENOUGH);
}

/* An end whose offer says @text. What does not answer in the little time that a call leaves for it
 * (this machine may be slow) is asked by another one. */
static End *
make_offerer (OhWorker *worker, const OhPeerConfig *config, const char *text)
{
  for (guint i = 0; i < OFFER_TRIES; i++)
    {
      End *end = end_new (worker, FALSE, config);

      end_create_offer (end);
      if (strstr (end->sdp, text))
        return end;
      g_test_message ("asked in vain for '%s', again", text);
      end_free (end);
    }
  g_error ("%s: '%s' is in none of %d offers", g_test_get_path (), text, OFFER_TRIES);
}

static char *
get_ufrag (const End *end)
{
  g_autoptr (OhSdp) sdp = oh_sdp_parse (end->sdp, NULL);

  g_assert_nonnull (sdp);
  return g_strdup (sdp->ufrag);
}

/* @a restarts ICE: both get new credentials, nothing ends, and they hear each other as before. */
static void
restart (End *a, End *b)
{
  g_autofree char *a_old = get_ufrag (a), *b_old = get_ufrag (b), *a_new = NULL, *b_new = NULL;

  oh_peer_restart_ice (a->peer);
  end_negotiate (a, b);
  end_create_offer (a);
  a_new = get_ufrag (a);
  b_new = get_ufrag (b);
  g_assert_cmpstr (a_new, !=, a_old);
  g_assert_cmpstr (b_new, !=, b_old);
  end_create_answer (b, a->sdp); /* an offer with the same credentials is no restart */
  end_set_answer (a, b->sdp);
  g_free (b_old);
  b_old = get_ufrag (b);
  g_assert_cmpstr (b_new, ==, b_old);
  check_heard (a, b);
  g_assert_false (a->ended || b->ended);
}

static void
test_pair (gconstpointer data)
{
  const Pair *pair = data;
  gboolean ice = pair->net_a != OH_PEER_NET_PLAIN;
  OhWorker *worker = oh_worker_new ("test", ice ? OH_WORKER_GLIB : OH_WORKER_PLAIN);
  End *a = make_end (worker, pair->net_a, pair), *b = make_end (worker, pair->net_b, pair);

  end_connect (a, b);
  check_heard (a, b);
  if (ice)
    {
      restart (a, b);
      restart (b, a);
    }
  oh_peer_send_digit (a->peer, '5', 0);
  end_wait_digits (b, "5");
  end_free (a);
  end_free (b);
  oh_worker_unref (worker);
}

/* --- A STUN server that believes to see a NAT --- */

typedef struct
{
  int fd;
  _Atomic gboolean stop;
} Stun;

static gpointer
answer_stun (gpointer data)
{
  static const guint8 mapped[] = { 0x00,       0x20,     0,           8,
                                   0,          1,        0x21 ^ 0x12, 0x12 ^ 0x34,
                                   0x21 ^ 192, 0x12 ^ 0, 0xa4 ^ 2,    0x42 ^ 7 };
  Stun *stun = data;
  guint8 packet[1500];

  while (!stun->stop)
    {
      struct pollfd ready = { stun->fd, POLLIN };
      OhAddress from;
      socklen_t length = sizeof from;

      if (poll (&ready, 1, 20) != 1
          || recvfrom (stun->fd, packet, sizeof packet, 0, &from.any, &length) < 20)
        continue;
      packet[0] = 0x01; /* binding success, same transaction (RFC 8489 5) */
      packet[1] = 0x01;
      packet[2] = 0;
      packet[3] = sizeof mapped;
      memcpy (packet + 20, mapped, sizeof mapped);
      sendto (stun->fd, packet, 20 + sizeof mapped, 0, &from.any, length);
    }
  return NULL;
}

static int
open_socket (int type, guint16 *port)
{
  OhAddress address;
  socklen_t length = sizeof address;
  int fd = socket (AF_INET, type, 0);

  oh_address_set (&address, "127.0.0.1", 0);
  g_assert_cmpint (bind (fd, &address.any, sizeof address.in), ==, 0);
  g_assert_cmpint (getsockname (fd, &address.any, &length), ==, 0);
  *port = oh_address_get_port (&address);
  return fd;
}

static void
test_reflexive (void)
{
  OhWorker *worker = oh_worker_new ("test", OH_WORKER_GLIB);
  guint16 port;
  Stun stun = { open_socket (SOCK_DGRAM, &port) };
  GThread *thread = g_thread_new ("stun", answer_stun, &stun);
  g_autofree char *server = g_strdup_printf ("localhost:%u", port); /* a name, to be looked up */
  OhPeerConfig config = {
    .net = OH_PEER_NET_ICE, .crypto = OH_PEER_CRYPTO_DTLS, .stun_server = server, .loopback = TRUE
  };
  End *end = make_offerer (worker, &config, " 192.0.2.7 4660 typ srflx raddr ");

  g_assert_nonnull (strstr (end->sdp, "typ host"));
  end_free (end);
  oh_worker_unref (worker);
  stun.stop = TRUE;
  g_thread_join (thread);
  close (stun.fd);
}

/* A plain peer's SDP says how its socket is seen, or, where nobody tells, how it sees itself. */
static void
test_mapped (void)
{
  OhWorker *worker = oh_worker_new ("test", OH_WORKER_PLAIN);
  guint16 port, deaf_port;
  Stun stun = { open_socket (SOCK_DGRAM, &port) };
  int deaf = open_socket (SOCK_DGRAM, &deaf_port);
  GThread *thread = g_thread_new ("stun", answer_stun, &stun);
  g_autofree char *server = g_strdup_printf ("127.0.0.1:%u", port);
  g_autofree char *silent = g_strdup_printf ("127.0.0.1:%u", deaf_port);
  OhPeerConfig config = { .net = OH_PEER_NET_PLAIN, .address = "127.0.0.1", .stun_server = server };
  End *end = make_offerer (worker, &config, "c=IN IP4 192.0.2.7\r\n");

  g_assert_nonnull (strstr (end->sdp, "m=audio 4660 "));
  end_free (end);
  config.stun_server = silent;
  end = end_new (worker, FALSE, &config);
  end_create_offer (end);
  g_assert_nonnull (strstr (end->sdp, "c=IN IP4 127.0.0.1\r\n"));
  end_free (end);
  oh_worker_unref (worker);
  stun.stop = TRUE;
  g_thread_join (thread);
  close (stun.fd);
  close (deaf);
}

/* --- By the relay --- */

typedef struct
{
  GSubprocess *process;
  char *folder, *server;
} Relay;

/* One that is free for both kinds of transport: coturn takes both. */
static guint16
find_port (void)
{
  for (;;)
    {
      guint16 port;
      int tcp = open_socket (SOCK_STREAM, &port), udp = socket (AF_INET, SOCK_DGRAM, 0);
      OhAddress address;
      gboolean free;

      oh_address_set (&address, "127.0.0.1", port);
      free = bind (udp, &address.any, sizeof address.in) == 0;
      close (tcp);
      close (udp);
      if (free)
        return port;
    }
}

/* Does it answer a binding request (RFC 8489 5) sent to it? */
static gboolean
answers (guint16 port)
{
  guint8 packet[1500] = { 0x00, 0x01, 0, 0, 0x21, 0x12, 0xa4, 0x42 };
  OhAddress address;
  int fd = socket (AF_INET, SOCK_DGRAM, 0);
  struct pollfd ready = { fd, POLLIN };
  gboolean good;

  oh_address_set (&address, "127.0.0.1", port);
  good = connect (fd, &address.any, sizeof address.in) == 0 && send (fd, packet, 20, 0) == 20
         && poll (&ready, 1, 100) == 1 && recv (fd, packet, sizeof packet, 0) >= 20
         && packet[0] == 0x01;
  close (fd);
  return good;
}

static void
relay_end (Relay *relay)
{
  g_autofree char *database = g_build_filename (relay->folder, "turndb", NULL);
  g_autofree char *pid = g_build_filename (relay->folder, "pid", NULL);

  g_subprocess_force_exit (relay->process);
  g_subprocess_wait (relay->process, NULL, NULL);
  g_object_unref (relay->process);
  unlink (database);
  unlink (pid);
  rmdir (relay->folder);
  g_free (relay->folder);
  g_free (relay->server);
}

/* FALSE: it does not answer, its port has been taken in the meantime. */
static gboolean
relay_start (Relay *relay, const char *program)
{
  gint64 latest = g_get_monotonic_time () + START_US;
  guint16 port = find_port ();
  g_autoptr (GError) error = NULL;
  g_autoptr (GSubprocessLauncher) launcher = NULL;
  g_autofree char *listen = NULL, *database = NULL, *pid = NULL;

  relay->folder = g_dir_make_tmp ("offhook-relay-XXXXXX", &error);
  g_assert_no_error (error);
  relay->server = g_strdup_printf ("127.0.0.1:%u", port);
  listen = g_strdup_printf ("--listening-port=%u", port);
  database = g_strdup_printf ("--userdb=%s/turndb", relay->folder);
  pid = g_strdup_printf ("--pidfile=%s/pid", relay->folder);
  launcher = g_subprocess_launcher_new (G_SUBPROCESS_FLAGS_STDOUT_SILENCE
                                        | G_SUBPROCESS_FLAGS_STDERR_SILENCE);
  g_subprocess_launcher_set_cwd (launcher, relay->folder);
  relay->process = g_subprocess_launcher_spawn (
      launcher, &error, program, "-n", "--listening-ip=127.0.0.1", "--relay-ip=127.0.0.1", listen,
      database, pid, "--allow-loopback-peers", "--lt-cred-mech", "--user=" USER ":" PASSWORD,
      "--realm=demo.test", "--no-tls", "--no-dtls", "--no-cli", "--log-file=stdout", NULL);
  g_assert_no_error (error);
  while (g_get_monotonic_time () < latest)
    {
      if (answers (port))
        return TRUE;
      g_usleep (10000); /* where nobody listens, answers() is back at once */
    }
  return FALSE;
}

static gboolean
relay_find (Relay *relay)
{
  g_autofree char *program = g_find_program_in_path ("turnserver");

  if (!program)
    {
      g_test_skip ("there is no turnserver (package coturn)");
      return FALSE;
    }
  for (guint i = 0; i < TRIES; i++)
    {
      if (relay_start (relay, program))
        return TRUE;
      relay_end (relay);
    }
  g_error ("%s: the relay does not answer", g_test_get_path ());
}

static OhPeerConfig
get_config (const Relay *relay, gboolean relay_only)
{
  return (OhPeerConfig){ .net = OH_PEER_NET_ICE,
                         .crypto = OH_PEER_CRYPTO_DTLS,
                         .stun_server = relay->server,
                         .turn_server = relay->server,
                         .turn_user = USER,
                         .turn_password = PASSWORD,
                         .relay_only = relay_only,
                         .loopback = TRUE };
}

static void
check_candidates (End *end, gboolean relay_only)
{
  g_assert_nonnull (strstr (end->sdp, "typ relay"));
  g_assert_cmpint (strstr (end->sdp, "typ host") == NULL, ==, relay_only);
}

static void
test_relay (gconstpointer data)
{
  gboolean relay_only = data != NULL;
  OhWorker *worker;
  OhPeerConfig config;
  OhPeerStats stats;
  Relay relay;
  End *a, *b;

  if (!relay_find (&relay))
    return;
  worker = oh_worker_new ("test", OH_WORKER_GLIB);
  config = get_config (&relay, relay_only);
  a = make_offerer (worker, &config, "typ relay");
  b = make_offerer (worker, &config, "typ relay");
  end_connect (a, b);
  check_candidates (a, relay_only);
  check_candidates (b, relay_only);
  check_heard (a, b);
  oh_peer_get_stats (a->peer, &stats);
  g_assert_cmpstr (stats.local_candidate, ==, relay_only ? "relay" : "host");
  if (relay_only)
    restart (a, b);
  end_free (a);
  end_free (b);
  oh_worker_unref (worker);
  relay_end (&relay);
}

static gpointer
wake_late (gpointer data)
{
  g_usleep (LATE_US);
  g_subprocess_send_signal (data, SIGCONT);
  return NULL;
}

/* Nothing can be offered before the relay has answered: a slow one is waited for. */
static void
test_late_relay (void)
{
  OhWorker *worker;
  OhPeerConfig config;
  GThread *thread;
  Relay relay;
  End *a, *b;

  if (!relay_find (&relay))
    return;
  worker = oh_worker_new ("test", OH_WORKER_GLIB);
  config = get_config (&relay, TRUE);
  a = end_new (worker, FALSE, &config);
  b = end_new (worker, FALSE, &config);
  g_subprocess_send_signal (relay.process, SIGSTOP);
  thread = g_thread_new ("late", wake_late, relay.process);
  end_connect (a, b);
  check_candidates (a, TRUE);
  check_candidates (b, TRUE);
  g_thread_join (thread);
  end_free (a);
  end_free (b);
  oh_worker_unref (worker);
  relay_end (&relay);
}

/* It never answers: the call ends with the reason instead of an offer that leads nowhere. */
static void
test_no_relay (void)
{
  OhWorker *worker = oh_worker_new ("test", OH_WORKER_GLIB);
  guint16 port;
  int deaf = open_socket (SOCK_DGRAM, &port);
  g_autofree char *server = g_strdup_printf ("127.0.0.1:%u", port);
  OhPeerConfig config = get_config (&(Relay){ .server = server }, TRUE);
  End *end = end_new (worker, FALSE, &config);

  end_fail_offer (end);
  g_assert_cmpint (end->reason, ==, OH_PEER_END_NETWORK);
  end_free (end);
  oh_worker_unref (worker);
  close (deaf);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  for (guint i = 0; i < G_N_ELEMENTS (pairs); i++)
    g_test_add_data_func (pairs[i].path, &pairs[i], test_pair);
  g_test_add_func ("/net/reflexive", test_reflexive);
  g_test_add_func ("/net/mapped", test_mapped);
  g_test_add_data_func ("/net/relay-offered", NULL, test_relay);
  g_test_add_data_func ("/net/relay-only", "only", test_relay);
  g_test_add_func ("/net/relay-late", test_late_relay);
  g_test_add_func ("/net/relay-deaf", test_no_relay);
  return g_test_run ();
}
