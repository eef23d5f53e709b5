/* SPDX-License-Identifier: GPL-3.0-or-later */

/* Strangers at the server's TLS and TCP listeners: connections that come and go cost nothing that
 * stays, and how many stay is limited. */
#include "sip/oh-sip-private.h"
#include "tests/flow/certificates.h"

#include <openssl/ssl.h>

#include <arpa/inet.h>
#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define WAIT_US (30 * G_USEC_PER_SEC)
#define LOOPS 500
/* What LOOPS connections may leave behind, sofia's finished transactions included; it was 8 MiB. */
#define MOST_KIB 2048

static const OhSipHandlers handlers = { 0 };

static OhSip *
open_server (const char *listen, const char *folder, OhSipConfig config)
{
  const char *const all[] = { listen, NULL };
  g_autoptr (GError) error = NULL;
  OhSip *sip;

  config.listen = all;
  config.certificate_dir = folder;
  config.handlers = &handlers;
  sip = oh_sip_new (&config, &error);
  g_assert_no_error (error);
  return sip;
}

static int
open_connection (OhSip *sip)
{
  struct sockaddr_in address = { .sin_family = AF_INET,
                                 .sin_port = htons (oh_sip_get_port (sip, 0)) };
  int fd = socket (AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

  address.sin_addr.s_addr = htonl (INADDR_LOOPBACK);
  g_assert_cmpint (connect (fd, (struct sockaddr *)&address, sizeof address), ==, 0);
  return fd;
}

/* OPTIONS and its 200. */
static void
say (SSL *ssl, guint n)
{
  g_autofree char *text = g_strdup_printf (
      "OPTIONS sip:a.test SIP/2.0\r\nVia: SIP/2.0/TLS a.test;branch=z9hG4bK%u\r\n"
      "From: <sip:b@a.test>;tag=1\r\nTo: <sip:a.test>\r\nCall-ID: c%u\r\nCSeq: 1 OPTIONS\r\n"
      "Max-Forwards: 70\r\nContent-Length: 0\r\n\r\n",
      n, n);
  char answer[2048];
  int got;

  g_assert_cmpint (SSL_write (ssl, text, (int)strlen (text)), ==, (int)strlen (text));
  got = SSL_read (ssl, answer, sizeof answer - 1);
  g_assert_cmpint (got, >, 0);
  answer[got] = '\0';
  g_assert_true (g_str_has_prefix (answer, "SIP/2.0 200"));
}

/* A new connection that has spoken. */
static SSL *
greet (SSL_CTX *context, OhSip *sip, guint n)
{
  SSL *ssl = SSL_new (context);

  SSL_set_fd (ssl, open_connection (sip));
  g_assert_cmpint (SSL_connect (ssl), ==, 1);
  say (ssl, n);
  return ssl;
}

static void
leave (SSL *ssl)
{
  int fd = SSL_get_fd (ssl);

  SSL_shutdown (ssl);
  SSL_free (ssl);
  close (fd);
}

static guint
read_pss_kib (void)
{
  g_autofree char *text = NULL;
  const char *line;

  g_assert_true (g_file_get_contents ("/proc/self/smaps_rollup", &text, NULL, NULL));
  line = strstr (text, "\nPss:");
  g_assert_nonnull (line);
  return (guint)g_ascii_strtoull (line + strlen ("\nPss:"), NULL, 10);
}

static void
await_objects (OhSip *sip, guint count)
{
  gint64 deadline = g_get_monotonic_time () + WAIT_US;

  while (oh_sip_tls_objects_count (sip->tls_objects) != count && g_get_monotonic_time () < deadline)
    g_usleep (5000);
  g_assert_cmpuint (oh_sip_tls_objects_count (sip->tls_objects), ==, count);
}

/* A quarter talks, a quarter leaves after the handshake, a quarter before it, a quarter is reset. */
static void
visit (SSL_CTX *context, OhSip *sip, guint n)
{
  const struct linger reset = { .l_onoff = 1 };
  SSL *ssl;
  int fd;

  switch (n % 4)
    {
    case 0:
      leave (greet (context, sip, n));
      break;
    case 1:
      ssl = SSL_new (context);
      SSL_set_fd (ssl, open_connection (sip));
      g_assert_cmpint (SSL_connect (ssl), ==, 1);
      leave (ssl);
      break;
    case 2:
      fd = open_connection (sip);
      if (n % 8 == 2)
        g_assert_cmpint (send (fd, "garbage\r\n\r\n", 11, MSG_NOSIGNAL), ==, 11);
      close (fd);
      break;
    default:
      fd = open_connection (sip);
      g_assert_cmpint (setsockopt (fd, SOL_SOCKET, SO_LINGER, &reset, sizeof reset), ==, 0);
      close (fd);
    }
}

static void
test_come_and_go (void)
{
  char *folder = certificates_new ();
  OhSip *sip = open_server ("tls:127.0.0.1:0", folder, (OhSipConfig){ .t1_ms = 10 });
  SSL_CTX *context = SSL_CTX_new (TLS_client_method ());
  guint before, after;

  for (guint i = 0; i < LOOPS; i++)
    visit (context, sip, i);
  await_objects (sip, 0);
  before = read_pss_kib ();
  for (guint i = 0; i < LOOPS; i++)
    visit (context, sip, LOOPS + i);
  await_objects (sip, 0);
  after = read_pss_kib ();
  g_test_message ("PSS %u KiB before, %u KiB after %u connections", before, after, LOOPS);
  if (!g_getenv ("OFFHOOK_SANITIZED")) /* they keep freed memory for a while */
    g_assert_cmpuint (after, <, before + MOST_KIB);
  SSL_CTX_free (context);
  oh_sip_shut_down (sip, 500);
  oh_sip_free (sip);
  certificates_free (folder);
}

typedef struct
{
  OhSip *sip;
  gint agents; /* atomic; -1: not counted yet */
} Count;

static void
count_task (gpointer data)
{
  Count *count = data;

  g_atomic_int_set (&count->agents, (gint)count->sip->agents->len);
}

/* Also: what was asked of the stack before has been done. */
static gint
count_agents (OhSip *sip)
{
  Count count = { sip, -1 };

  oh_sip_post (sip, count_task, &count);
  while (g_atomic_int_get (&count.agents) < 0)
    g_usleep (1000);
  return g_atomic_int_get (&count.agents);
}

static void
await_agents (OhSip *sip, gint expected)
{
  gint64 deadline = g_get_monotonic_time () + WAIT_US;

  while (count_agents (sip) != expected && g_get_monotonic_time () < deadline)
    g_usleep (20000);
  g_assert_cmpint (count_agents (sip), ==, expected);
}

/* Each reload of certificates makes an agent and retires one: three are enough, however often, and
 * who was connected to one of the last is still served. */
static void
test_reloads (void)
{
  char *folder = certificates_new ();
  OhSip *sip = open_server ("tls:127.0.0.1:0", folder, (OhSipConfig){ .t1_ms = 10 });
  SSL_CTX *context = SSL_CTX_new (TLS_client_method ());
  SSL *early, *late;
  char byte;

  early = greet (context, sip, 1);
  for (guint i = 0; i < 20; i++)
    {
      oh_sip_reload_certificates (sip);
      count_agents (sip);
      leave (greet (context, sip, 100 + i));
    }
  late = greet (context, sip, 2);
  oh_sip_reload_certificates (sip);
  await_agents (sip, 3);
  g_assert_cmpint (SSL_read (early, &byte, 1), <=, 0);
  say (late, 3);
  leave (early);
  leave (late);
  SSL_CTX_free (context);
  oh_sip_shut_down (sip, 500);
  oh_sip_free (sip);
  certificates_free (folder);
}

static gboolean
is_closed (int fd)
{
  char answer[2048];
  gssize got;

  do
    got = recv (fd, answer, sizeof answer, MSG_DONTWAIT);
  while (got > 0);
  return got == 0 || (got < 0 && errno != EAGAIN);
}

static guint
count_open (const int *fds, guint count)
{
  guint open = 0;

  for (guint i = 0; i < count; i++)
    open += is_closed (fds[i]) ? 0 : 1;
  return open;
}

static void
await_open (const int *fds, guint count, guint expected)
{
  gint64 deadline = g_get_monotonic_time () + WAIT_US;

  while (count_open (fds, count) != expected && g_get_monotonic_time () < deadline)
    g_usleep (20000);
  g_assert_cmpuint (count_open (fds, count), ==, expected);
}

/* What each says at once, so that it is no stranger when the sockets are looked through. */
static void
introduce (int fd, guint n)
{
  g_autofree char *text = g_strdup_printf (
      "OPTIONS sip:a.test SIP/2.0\r\nVia: SIP/2.0/TCP a.test;branch=z9hG4bKi%u\r\n"
      "From: <sip:b@a.test>;tag=1\r\nTo: <sip:a.test>\r\nCall-ID: i%u\r\nCSeq: 1 OPTIONS\r\n"
      "Max-Forwards: 70\r\nContent-Length: 0\r\n\r\n",
      n, n);

  send (fd, text, strlen (text), MSG_NOSIGNAL); /* it may be closed already */
}

enum
{
  BY_SOURCE = 1,
  TALKING = 2
};

/* Who was there first stays, whether the others speak or not; a seat that becomes free is given again. */
static void
test_too_many (gconstpointer data)
{
  gboolean by_source = GPOINTER_TO_INT (data) & BY_SOURCE;
  gboolean talking = GPOINTER_TO_INT (data) & TALKING;
  OhSipConfig config = { .max_connections = by_source ? 0 : 10,
                         .max_connections_per_source = by_source ? 10 : 0 };
  OhSip *sip = open_server ("tcp:127.0.0.1:0", NULL, config);
  int fds[30];

  for (guint i = 0; i < 8; i++)
    fds[i] = open_connection (sip);
  g_usleep (2200000); /* they are known by now: it looks each second */
  for (guint i = 8; i < G_N_ELEMENTS (fds); i++)
    {
      fds[i] = open_connection (sip);
      if (talking)
        introduce (fds[i], i);
    }
  await_open (fds, G_N_ELEMENTS (fds), 10);
  g_assert_cmpuint (count_open (fds, 8), ==, 8);
  for (guint i = 0; i < G_N_ELEMENTS (fds); i++)
    close (fds[i]);
  g_usleep (2200000);
  fds[0] = open_connection (sip);
  g_usleep (1200000);
  g_assert_false (is_closed (fds[0]));
  close (fds[0]);
  oh_sip_shut_down (sip, 500);
  oh_sip_free (sip);
}

/* What comes back first to OPTIONS with a body of that many bytes, over TCP. Transfer full. */
static char *
ask_with_body (OhSip *sip, gsize length)
{
  g_autofree char *body = g_strnfill (length, 'x');
  g_autofree char *text = g_strdup_printf (
      "OPTIONS sip:a.test SIP/2.0\r\nVia: SIP/2.0/TCP a.test;branch=z9hG4bK%zu\r\n"
      "From: <sip:b@a.test>;tag=1\r\nTo: <sip:a.test>\r\nCall-ID: c%zu\r\nCSeq: 1 OPTIONS\r\n"
      "Max-Forwards: 70\r\nContent-Type: text/plain\r\nContent-Length: %zu\r\n\r\n%s",
      length, length, length, body);
  int fd = open_connection (sip);
  struct pollfd poller = { .fd = fd, .events = POLLIN };
  char answer[2048] = "";
  gsize sent = 0;

  while (sent < strlen (text))
    {
      gssize more = send (fd, text + sent, strlen (text) - sent, MSG_NOSIGNAL);

      if (more <= 0)
        break;
      sent += (gsize)more;
    }
  g_assert_cmpint (poll (&poller, 1, WAIT_US / 1000), ==, 1);
  if (recv (fd, answer, sizeof answer - 1, 0) < 0)
    answer[0] = '\0';
  close (fd);
  return g_strdup (answer);
}

static void
test_large (void)
{
  OhSip *sip = open_server ("tcp:127.0.0.1:0", NULL, (OhSipConfig){ 0 });
  g_autofree char *fits = ask_with_body (sip, 100 * 1024);
  g_autofree char *huge = ask_with_body (sip, 1000 * 1024);

  g_test_message ("%.30s", huge);
  g_assert_true (g_str_has_prefix (fits, "SIP/2.0 200"));
  g_assert_false (g_str_has_prefix (huge, "SIP/2.0 200"));
  oh_sip_shut_down (sip, 500);
  oh_sip_free (sip);
}

/* Without a word, or with half a handshake only, nobody stays. */
static void
test_silent (void)
{
  char *folder = certificates_new ();
  OhSip *sip = open_server ("tls:127.0.0.1:0", folder, (OhSipConfig){ .silent_ms = 1500 });
  SSL_CTX *context = SSL_CTX_new (TLS_client_method ());
  SSL *talker = greet (context, sip, 1);
  int fds[] = { open_connection (sip), open_connection (sip) };

  g_assert_cmpint (send (fds[1], "\x16\x03\x01\x02", 4, 0), ==, 4);
  await_open (fds, G_N_ELEMENTS (fds), 0);
  await_objects (sip, 1);
  leave (talker);
  await_objects (sip, 0);
  close (fds[0]);
  close (fds[1]);
  SSL_CTX_free (context);
  oh_sip_shut_down (sip, 500);
  oh_sip_free (sip);
  certificates_free (folder);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/sip/limits/come-and-go", test_come_and_go);
  g_test_add_data_func ("/sip/limits/too-many", GINT_TO_POINTER (0), test_too_many);
  g_test_add_data_func ("/sip/limits/too-many-of-one", GINT_TO_POINTER (BY_SOURCE), test_too_many);
  g_test_add_data_func ("/sip/limits/too-many-talking", GINT_TO_POINTER (TALKING), test_too_many);
  g_test_add_data_func ("/sip/limits/too-many-of-one-talking",
                        GINT_TO_POINTER (BY_SOURCE | TALKING), test_too_many);
  g_test_add_func ("/sip/limits/reloads", test_reloads);
  g_test_add_func ("/sip/limits/large", test_large);
  g_test_add_func ("/sip/limits/silent", test_silent);
  return g_test_run ();
}
