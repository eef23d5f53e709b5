/* SPDX-License-Identifier: GPL-3.0-or-later */

/* The messages of RFC 4475 (tests/flow/torture), each sent by UDP and by a TCP connection of its own
 * at a running stack: no crash, nothing left behind, and the answers that docs/sip-torture.md states.
 * In a message stand %TRANSPORT%, %PORT% (ours) and %ID% (unique). */
#include "sip/oh-sip-private.h"

#include <arpa/inet.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define ANSWER_MS 400

static OhSip *sip;
static char *table;
static gint counter; /* makes each message's ids unique */

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

static void
append_filled (GString *to, const char *text, gsize length, const char *const *words)
{
  for (gsize i = 0; i < length;)
    {
      guint n = 0;

      while (words[n]
             && !(length - i >= strlen (words[n])
                  && memcmp (text + i, words[n], strlen (words[n])) == 0))
        n += 2;
      if (words[n])
        g_string_append (to, words[n + 1]);
      else
        g_string_append_c (to, text[i]);
      i += words[n] ? strlen (words[n]) : 1;
    }
}

/* The message as it goes out of @fd; it may hold any byte. */
static GString *
load (const char *name, gboolean tcp, int fd)
{
  g_autofree char *path = g_strdup_printf ("%s/torture/%s.dat", g_test_get_dir (G_TEST_DIST), name);
  g_autofree char *text = NULL;
  g_autofree char *id = g_strdup_printf ("%s-%d", name, g_atomic_int_add (&counter, 1));
  char port[8];
  const char *const words[] = {
    "%TRANSPORT%", tcp ? "TCP" : "UDP", "%PORT%", port, "%ID%", id, NULL
  };
  struct sockaddr_in own;
  socklen_t size = sizeof own;
  gsize length = 0;
  GString *message = g_string_new (NULL);

  g_assert_true (g_file_get_contents (path, &text, &length, NULL));
  g_assert_cmpint (getsockname (fd, (struct sockaddr *)&own, &size), ==, 0);
  g_snprintf (port, sizeof port, "%u", ntohs (own.sin_port));
  append_filled (message, text, length, words);
  return message;
}

static int
connect_to_stack (gboolean tcp)
{
  struct sockaddr_in address = { .sin_family = AF_INET };
  int fd = socket (AF_INET, (tcp ? SOCK_STREAM : SOCK_DGRAM) | SOCK_CLOEXEC, 0);

  address.sin_addr.s_addr = htonl (INADDR_LOOPBACK);
  address.sin_port = htons (oh_sip_get_port (sip, 0));
  g_assert_cmpint (connect (fd, (struct sockaddr *)&address, sizeof address), ==, 0);
  return fd;
}

/* The final status in what has come so far, or 0. */
static guint
find_status (const char *heard)
{
  guint status = 0;

  for (const char *line = heard; status < 200 && (line = strstr (line, "SIP/2.0 ")); line++)
    if (line == heard || line[-1] == '\n')
      status = (guint)g_ascii_strtoull (line + strlen ("SIP/2.0 "), NULL, 10);
  return status >= 200 ? status : 0;
}

/* The final status as text, or "none". */
static char *
ask (const char *name, gboolean tcp)
{
  int fd = connect_to_stack (tcp);
  struct pollfd poller = { .fd = fd, .events = POLLIN };
  GString *message = load (name, tcp, fd);
  g_autoptr (GString) heard = g_string_new (NULL);
  guint status = 0;

  g_assert_cmpint (send (fd, message->str, message->len, MSG_NOSIGNAL), ==, (gssize)message->len);
  g_string_free (message, TRUE);
  while (!status && poll (&poller, 1, ANSWER_MS) > 0)
    {
      char answer[16384];
      gssize got = recv (fd, answer, sizeof answer, 0);

      if (got <= 0)
        break;
      g_string_append_len (heard, answer, got);
      status = find_status (heard->str);
    }
  close (fd);
  return status ? g_strdup_printf ("%u", status) : g_strdup ("none");
}

static void
test_message (gconstpointer data)
{
  const char *name = data;
  g_autofree char *udp = ask (name, FALSE);
  g_autofree char *tcp = ask (name, TRUE);
  g_autofree char *row = g_strdup_printf ("| %s | %s | %s |", name, udp, tcp);

  g_test_message ("%s", row);
  g_assert_nonnull (strstr (table, row));
}

static void
count_all (gpointer data)
{
  g_atomic_int_set ((gint *)data,
                    (gint)(oh_sip_count_calls (sip) + g_hash_table_size (sip->requests)
                           + g_hash_table_size (sip->watchers)));
}

static void
test_nothing_left (void)
{
  static gint count = -1; /* atomic; the last answer may come late */

  for (guint i = 0; i < 500 && g_atomic_int_get (&count) != 0; i++)
    {
      oh_sip_post (sip, count_all, &count);
      g_usleep (10000);
    }
  g_assert_cmpint (g_atomic_int_get (&count), ==, 0);
}

/* After all that it still speaks with who speaks well. */
static void
test_still_there (void)
{
  g_autofree char *udp = ask ("semiuri", FALSE);
  g_autofree char *tcp = ask ("semiuri", TRUE);

  g_assert_cmpstr (udp, ==, "200");
  g_assert_cmpstr (tcp, ==, "200");
}

static gint
compare (gconstpointer a, gconstpointer b)
{
  return strcmp (*(const char *const *)a, *(const char *const *)b);
}

static GPtrArray *
list_messages (void)
{
  GPtrArray *names = g_ptr_array_new_with_free_func (g_free);
  g_autofree char *folder = g_test_build_filename (G_TEST_DIST, "torture", NULL);
  g_autoptr (GDir) dir = g_dir_open (folder, 0, NULL);
  const char *file;

  g_assert_nonnull (dir);
  while ((file = g_dir_read_name (dir)))
    if (g_str_has_suffix (file, ".dat"))
      g_ptr_array_add (names, g_strndup (file, strlen (file) - strlen (".dat")));
  g_ptr_array_sort (names, compare);
  return names;
}

int
main (int argc, char **argv)
{
  static const OhSipHandlers handlers = { .call = on_call, .request = on_request };
  OhSipConfig config = { .listen = (const char *const[]){ "udp:127.0.0.1:0", "tcp:127.0.0.1:0",
                                                          NULL },
                         .handlers = &handlers };
  g_autoptr (GPtrArray) names = NULL;
  g_autofree char *path = NULL;
  int result;

  g_test_init (&argc, &argv, NULL);
  g_test_set_nonfatal_assertions ();
  path = g_test_build_filename (G_TEST_DIST, "..", "..", "docs", "sip-torture.md", NULL);
  g_assert_true (g_file_get_contents (path, &table, NULL, NULL));
  sip = oh_sip_new (&config, NULL);
  g_assert_nonnull (sip);
  names = list_messages ();
  for (guint i = 0; i < names->len; i++)
    {
      g_autofree char *name = g_strdup_printf ("/torture/%s", (char *)names->pdata[i]);

      g_test_add_data_func (name, names->pdata[i], test_message);
    }
  g_test_add_func ("/torture-after/still-there", test_still_there);
  g_test_add_func ("/torture-after/nothing-left", test_nothing_left);
  result = g_test_run ();
  oh_sip_free (sip);
  g_free (table);
  return result;
}
