/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/oh-address.h"
#include "base/oh-clock.h"
#include "base/oh-error.h"
#include "base/oh-executor.h"
#include "base/oh-proxy.h"
#include "base/oh-redact.h"
#include "base/oh-ring.h"
#include "base/oh-state-table.h"
#include "base/oh-timeline.h"

#include <gio/gio.h>
#include <glib/gstdio.h>
#include <string.h>
#include <unistd.h>

static gint64
fixed_time (void)
{
  return 42;
}

static void
test_clock (void)
{
  oh_clock_set_source (fixed_time);
  g_assert_cmpint (oh_clock_now (), ==, 42);
  g_assert_cmpint (oh_clock_before (-5), ==, 42);
  g_assert_cmpint (oh_clock_before (40), ==, 2);
  g_assert_cmpint (oh_clock_before (42), ==, -1);
  g_assert_cmpint (oh_clock_before (50), ==, -8);
  oh_clock_set_source (NULL);
  g_assert_cmpint (oh_clock_now (), >, 42);
  g_assert_cmpint (oh_clock_later (-8, 0), ==, -8);
  g_assert_cmpint (oh_clock_later (0, 0), ==, 0);
  g_assert_cmpint (oh_clock_later (-8, -1), ==, -1);
}

static void
test_ring_order (void)
{
  g_autoptr (OhRing) ring = oh_ring_new (8);
  gint16 in[6] = { 1, 2, 3, 4, 5, 6 }, out[8] = { 0 };

  for (guint turn = 0; turn < 100; turn++)
    {
      g_assert_cmpuint (oh_ring_write (ring, in, 6), ==, 6);
      g_assert_cmpuint (oh_ring_get_fill (ring), ==, 6);
      g_assert_cmpuint (oh_ring_skip (ring, 2), ==, 2);
      g_assert_cmpuint (oh_ring_read (ring, out, 8), ==, 4);
      g_assert_cmpmem (out, 4 * sizeof *out, in + 2, 4 * sizeof *in);
    }
  g_assert_cmpuint (oh_ring_read (ring, out, 8), ==, 0);
}

static void
test_ring_full (void)
{
  g_autoptr (OhRing) ring = oh_ring_new (1024);
  static const gint16 in[1100] = { 0 };

  g_assert_cmpuint (oh_ring_write (ring, in, 1100), ==, 1024);
  g_assert_cmpuint (oh_ring_get_dropped (ring), ==, 76);
  g_assert_cmpuint (oh_ring_skip (ring, 1100), ==, 1024);
  g_assert_cmpuint (oh_ring_get_fill (ring), ==, 0);
}

#define RING_TOTAL 200000

static gpointer
write_ring (gpointer data)
{
  OhRing *ring = data;
  guint sent = 0;

  while (sent < RING_TOTAL)
    {
      gint16 block[64];
      guint n = MIN (64, RING_TOTAL - sent);

      while (oh_ring_get_fill (ring) + n > 256)
        g_thread_yield ();
      for (guint i = 0; i < n; i++)
        block[i] = (gint16)(sent + i);
      sent += oh_ring_write (ring, block, n);
    }
  return NULL;
}

static void
test_ring_threads (void)
{
  g_autoptr (OhRing) ring = oh_ring_new (256);
  GThread *writer = g_thread_new ("writer", write_ring, ring);
  guint got = 0;
  gint64 deadline = g_get_monotonic_time () + 20 * G_TIME_SPAN_SECOND;

  while (got < RING_TOTAL && g_get_monotonic_time () < deadline)
    {
      gint16 block[50];
      gsize n = oh_ring_read (ring, block, 50);

      for (gsize i = 0; i < n; i++)
        g_assert_cmpint (block[i], ==, (gint16)(got + i));
      got += n;
      if (n == 0)
        g_thread_yield ();
    }
  g_assert_cmpuint (got, ==, RING_TOTAL);
  g_thread_join (writer);
}

enum
{
  IDLE,
  BUSY,
  DONE
};

static void
test_state_table (void)
{
  static const char *const names[] = { "idle", "busy", "done", NULL };
  static const guint32 next[] = { 1 << BUSY | 1 << DONE, 1 << DONE, 0 };
  static const OhStateTable table = { "test", names, next };
  guint state = IDLE;

  g_assert_false (oh_state_table_allows (&table, IDLE, IDLE));
  g_assert_true (oh_state_table_move (&table, &state, BUSY));
  g_assert_false (oh_state_table_move (&table, &state, IDLE));
  g_assert_cmpuint (state, ==, BUSY);
  g_assert_true (oh_state_table_move (&table, &state, DONE));
  g_assert_false (oh_state_table_move (&table, &state, BUSY));
  g_assert_cmpuint (state, ==, DONE);
}

static void
test_redact (void)
{
  static const char *const addresses[] = { "+4930123456", "sip:alice@example.org", "tel:5551234" };

  for (guint i = 0; i < G_N_ELEMENTS (addresses); i++)
    {
      g_autofree char *text = oh_redact_address (addresses[i]);

      g_assert_null (strstr (text, "alice"));
      g_assert_null (strstr (text, "3012345"));
      g_assert_null (strstr (text, "55512"));
    }

  g_autofree char *none = oh_redact_address (NULL);
  g_assert_cmpstr (none, ==, "(none)");
  g_autofree char *seen = oh_printable ("a\r\n\x1b[31m\xff", 64);
  g_assert_true (g_utf8_validate (seen, -1, NULL));
  g_assert_null (strchr (seen, '\n'));
  g_assert_null (strchr (seen, 0x1b));
  g_autofree char *name = oh_printable_name (" \u202e Demo\u2069\u2028\t\u200d ", 64);
  g_assert_cmpstr (name, ==, "Demo\ufffd\u200d");
}

/* What people put where a name belongs. */
static void
test_names (void)
{
  static const struct
  {
    const char *name, *number;
    gboolean same;
  } cases[] = {
    { "+49301234", "+49301234", TRUE },
    { "555100", "555100", TRUE },
    { "+49 (30) 12-34", "+49301234", TRUE },
    { "+49 (0)30 1234", "+49301234", TRUE },
    { "0049301234", "+49301234", TRUE },
    { "030 1234", "+49301234", TRUE },
    { "+49301234", "0301234", TRUE },
    { "٥٥٥١٠٠", "555100", TRUE },
    { "007", "+49301007", FALSE }, /* somebody's nick */
    { "555101", "555100", FALSE },
    { "Demo 555100", "555100", FALSE },
    { "Demo Caller", "555100", FALSE },
    { "Demo", "Demo", FALSE },
    { "☎", "555100", FALSE },
    { "", "", FALSE },
    { "555100", "", FALSE },
    { NULL, "555100", FALSE },
    { "555100", NULL, FALSE },
    { "\xff", "\xff", FALSE },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_test_message ("case %" G_GSIZE_FORMAT, i);
      g_assert_cmpint (oh_name_is_number (cases[i].name, cases[i].number), ==, cases[i].same);
    }
}

static void
quit_loop (gpointer data)
{
  g_main_loop_quit (data);
}

static gpointer
post_from_thread (gpointer data)
{
  GMainLoop *loop = data;
  OhExecutor executor = oh_executor_for_context (g_main_loop_get_context (loop));

  oh_executor_post (&executor, quit_loop, loop);
  return NULL;
}

static void
test_executor (void)
{
  GMainLoop *loop = g_main_loop_new (NULL, FALSE);
  GThread *thread = g_thread_new ("poster", post_from_thread, loop);

  g_main_loop_run (loop);
  g_thread_join (thread);
  g_main_loop_unref (loop);
}

static void
test_proxy (void)
{
  static const char *const good[] = { "none",
                                      "system",
                                      "http://proxy.example.org:8080",
                                      "http://demo@127.0.0.1:3128",
                                      "socks5://a%40b%20%2F@[::1]:1080",
                                      "tor://localhost:9050" };
  static const char *const bad[] = { "",
                                     "None ",
                                     "direct",
                                     "http",
                                     "none://host:1",
                                     "system://",
                                     "socks4://host:1080",
                                     "http://host",
                                     "http://host:0",
                                     "http://host:65536",
                                     "http://:8080",
                                     "http://ho st:8080",
                                     "http://host\n:8080",
                                     "http://user:password@host:8080",
                                     "socks5://[::1:1080",
                                     "socks5://a:b:1080" };
  g_autofree char *longest = g_strnfill (OH_PROXY_MAX_TEXT, 'u');
  g_autofree char *longer = g_strnfill (OH_PROXY_MAX_TEXT + 1, 'u');
  g_autoptr (GError) error = NULL;
  g_autoptr (OhProxy) most = oh_proxy_new (OH_PROXY_SOCKS5, "host", 1080, longest, &error);
  g_autoptr (OhProxy) parsed = oh_proxy_parse (good[4], NULL);

  g_assert_no_error (error);
  g_assert_cmpstr (most->user, ==, longest);
  g_assert_null (oh_proxy_new (OH_PROXY_SOCKS5, "host", 1080, longer, &error));
  g_assert_error (error, OH_ERROR, OH_ERROR_INVALID);
  g_assert_cmpstr (parsed->user, ==, "a@b /");
  g_assert_cmpstr (parsed->host, ==, "::1");
  for (guint i = 0; i < G_N_ELEMENTS (good); i++)
    {
      g_autoptr (OhProxy) proxy = oh_proxy_parse (good[i], NULL);
      g_autofree char *text = proxy ? oh_proxy_to_text (proxy) : NULL;

      g_assert_cmpstr (text, ==, good[i]);
    }
  for (guint i = 0; i < G_N_ELEMENTS (bad); i++)
    {
      g_clear_error (&error);
      if (oh_proxy_parse (bad[i], &error))
        g_error ("\"%s\" was taken for a proxy", bad[i]);
      g_assert_error (error, OH_ERROR, OH_ERROR_INVALID);
    }
}

/* The file is opened once a process, so the lines are looked at in a child. */
static void
test_timeline (void)
{
  g_autofree char *dir = NULL, *path = NULL, *text = NULL;

  if (g_test_subprocess ())
    {
      oh_timeline_mark ("invite-received", "a\"b\\c");
      oh_timeline_mark ("window-mapped", NULL);
      return;
    }

  dir = g_dir_make_tmp ("offhook-XXXXXX", NULL);
  path = g_build_filename (dir, "timeline", NULL);
  g_setenv ("OFFHOOK_TIMELINE", path, TRUE);
  g_test_trap_subprocess (NULL, 10 * G_TIME_SPAN_SECOND, G_TEST_SUBPROCESS_DEFAULT);
  g_test_trap_assert_passed ();
  g_assert_true (g_file_get_contents (path, &text, NULL, NULL));
  g_assert_nonnull (strstr (text, "\"mark\":\"invite-received\",\"id\":\"a\\\"b\\\\c\"}\n"));
  g_assert_nonnull (strstr (text, "\"mark\":\"window-mapped\",\"id\":\"\"}\n"));
  g_unlink (path);
  g_rmdir (dir);
}

/* 192.0.2.0/24 and 2001:db8::/32 are for books (RFC 5737, 3849): no computer has them. */
static void
test_address (void)
{
  static const struct
  {
    const char *text;
    gboolean gone;
  } cases[] = {
    { "127.0.0.1", FALSE },  { "192.0.2.7", TRUE },         { "0.0.0.0", FALSE },
    { "2001:db8::7", TRUE }, { "::ffff:127.0.0.1", FALSE }, { "::ffff:192.0.2.7", TRUE },
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autoptr (GSocketAddress) address = g_inet_socket_address_new_from_string (cases[i].text,
                                                                                  80);
      struct sockaddr_storage native;
      gssize length = g_socket_address_get_native_size (address);
      gboolean six = strchr (cases[i].text, ':') != NULL;
      int fd = socket (six ? AF_INET6 : AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

      g_assert_true (g_socket_address_to_native (address, &native, sizeof native, NULL));
      if (fd >= 0) /* a computer may be without IPv6 */
        g_assert_cmpint (oh_address_is_gone ((struct sockaddr *)&native, (socklen_t)length), ==,
                         cases[i].gone);
      if (fd >= 0)
        close (fd);
      g_assert_false (oh_address_is_gone ((struct sockaddr *)&native, 3));
    }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/base/clock", test_clock);
  g_test_add_func ("/base/ring/order", test_ring_order);
  g_test_add_func ("/base/ring/full", test_ring_full);
  g_test_add_func ("/base/ring/threads", test_ring_threads);
  g_test_add_func ("/base/state-table", test_state_table);
  g_test_add_func ("/base/redact", test_redact);
  g_test_add_func ("/base/names", test_names);
  g_test_add_func ("/base/executor", test_executor);
  g_test_add_func ("/base/proxy", test_proxy);
  g_test_add_func ("/base/timeline", test_timeline);
  g_test_add_func ("/base/address", test_address);
  return g_test_run ();
}
