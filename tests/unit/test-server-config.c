/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The call server's configuration, and the limits on what strangers may do. */
#include "base/oh-clock.h"
#include "base/oh-error.h"
#include "server/config/oh-config.h"
#include "server/limits/oh-limits.h"
#include "server/limits/oh-lockout.h"
#include "server/oh-log.h"
#include "server/registrar/oh-relay.h"
#include "server/web/oh-certificate.h"

#include <glib/gstdio.h>

#include <string.h>
#include <sys/stat.h>

static gint64 now_us = G_USEC_PER_SEC;

static gint64
get_now (void)
{
  return now_us;
}

/* @text as a file; returns what is wrong with it, NULL for nothing. */
static char *
load (const char *text, OhServerConfig **config)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *path = NULL;
  OhServerConfig *loaded;
  int fd = g_file_open_tmp ("oh-config-XXXXXX", &path, NULL);

  g_assert_cmpint (fd, >=, 0);
  g_close (fd, NULL);
  g_file_set_contents (path, text, -1, NULL);
  loaded = oh_server_config_load (path, &error);
  g_unlink (path);
  if (config)
    *config = loaded;
  else
    oh_server_config_free (loaded);
  return error ? g_strdup (error->message) : NULL;
}

static void
test_values (void)
{
  g_autoptr (OhServerConfig) config = NULL;
  g_autofree char *fault = load ("# a comment\n[server]\nstate_dir = /tmp/x\ndomain=Example.ORG\n\n"
                                 "[sip]\nlisten=udp:127.0.0.1:0; tls:[::1]:5061\n"
                                 "[media]\nports=20000-20100\n[web]\nport=0\n",
                                 &config);

  g_assert_null (fault);
  g_assert_cmpstr (config->domain, ==, "example.org");
  g_assert_cmpstr (config->sip_listen[1], ==, "tls:[::1]:5061");
  g_assert_null (config->sip_listen[2]);
  g_assert_cmpuint (config->media_port_min, ==, 20000);
  g_assert_cmpuint (config->voicemail_max_s, ==, 300);
  g_assert_cmpuint (config->events_days, ==, 90);
  g_assert_cmpuint (config->history_days + config->voicemail_days, ==, 0);
  g_assert_cmpuint (config->messages_days, ==, 30);
  g_assert_cmpuint (config->max_lines, ==, 1000);
  g_assert_cmpuint (config->signalling_late_ms, ==, 20);
  g_assert_cmpuint (config->sound_late_ms, ==, 15);
  g_assert_cmpuint (config->beginning_calls, ==, 500);
  g_assert_cmpuint (config->memory_mib + config->new_calls_per_second, ==, 0);
  g_assert_cmpstr (config->emergency_numbers[0], ==, "112");
  g_assert_cmpuint (g_strv_length (config->emergency_numbers), ==, 2);
  g_assert_cmpuint (config->max_lines_per_user, ==, 20);
  g_assert_cmpuint (config->max_lines_per_address, ==, 200);
  g_assert_cmpstr (config->database, ==, "/tmp/x/offhook.db");
  g_assert_cmpstr (oh_server_config_get_name (config), ==, "example.org");
}

/* What devices are told of servers that help through a NAT; "north" makes the same password here as
 * with openssl dgst -sha1 -hmac. */
static void
test_relay (void)
{
  static const struct
  {
    const char *text, *stun, *turn, *tcp;
  } cases[] = {
    { "[server]\ndomain=a\n", NULL, NULL },
    { "[server]\nstun_servers=b:1;c\n", "Offhook-Stun: b:1", NULL },
    { "[relay]\nturn_server=t:2\nsecret=north\n", "Offhook-Stun: t:2",
      "Offhook-Turn: t:2 1732256400:d12 wV6kUL3jThOUl3+ACSB0GchujCc=" },
    { "[server]\nstun_servers=b\n[relay]\nturn_server=t\nuser=u\npassword=p\n", "Offhook-Stun: b",
      "Offhook-Turn: t u p" },
    { "[relay]\nturn_server=t\ntcp_server=t:443\nuser=u\npassword=p\n", "Offhook-Stun: t",
      "Offhook-Turn: t u p", "Offhook-Turn-Tcp: t:443" },
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autoptr (OhServerConfig) config = NULL;
      g_autofree char *fault = load (cases[i].text, &config);
      g_auto (GStrv) headers = NULL;

      g_assert_null (fault);
      headers = oh_relay_make_headers (config, "d12", 1732170000);
      g_assert_cmpstr (headers[0], ==, cases[i].stun);
      if (cases[i].stun)
        g_assert_cmpstr (headers[1], ==, cases[i].turn);
      if (cases[i].turn)
        g_assert_cmpstr (headers[2], ==, cases[i].tcp);
    }
}

/* Each fault names its line and its key. */
static void
test_faults (void)
{
  static const struct
  {
    const char *text, *line, *named;
  } bad[] = {
    { "[server]\nstate_dri=/x\n", ":2: ", "state_dir" },
    { "[serfer]\n", ":1: ", "there are: server" },
    { "domain=x\n", ":1: ", "[group]" },
    { "[web]\nport=8443\nnonsense\n", ":3: ", "nonsense" },
    { "[web]\n\nport=99999\n", ":3: ", "65535" },
    { "[web]\nport=-1\n", ":2: ", "port" },
    { "[web]\nkey=/x.pem\n", ":2: ", "together" },
    { "[limits]\nlines=0\n", ":2: ", "lines" },
    { "[limits]\nlines_per_address=many\n", ":2: ", "lines_per_address" },
    { "[limits]\nsound_late=-1\n", ":2: ", "sound_late" },
    { "[limits]\nemergency_numbers=112;police\n", ":2: ", "as they are dialled" },
    { "[sip]\nlisten=udp:localhost:5060\n", ":2: ", "IP address" },
    { "[sip]\nlisten=udp:1.2.3.4\n", ":2: ", "udp:1.2.3.4" },
    { "[sip]\nlisten=;\n", ":2: ", "one to 16" },
    { "[media]\nports=1-2\n", ":2: ", "ports" },
    { "[media]\nworkers=many\n", ":2: ", "many" },
    { "[server]\nstate_dir=relative\n", ":2: ", "absolute" },
    { "[server]\npublic_address=example.org\n", ":2: ", "IP address" },
    { "[retention]\nevents_days=-1\n", ":2: ", "events_days" },
    { "[server]\nstun_servers=a b\n", ":2: ", "stun.example.org" },
    { "[server]\nstun_servers=a;b;c;d;e\n", ":2: ", "at most four" },
    { "[server]\nstun_servers=a:99999\n", ":2: ", "port" },
    { "[relay]\nturn_server=turn.example.org\n", ":2: ", "secret" },
    { "[relay]\ntcp_server=turn.example.org:443\n", ":2: ", "turn_server" },
    { "[relay]\nturn_server=a\nuser=two words\npassword=b\n", ":3: ", "one word" },
    { "[log]\nlevel=loud\n", ":2: ", "debug" },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (bad); i++)
    {
      g_autofree char *fault = load (bad[i].text, NULL);

      g_assert_nonnull (fault);
      g_test_message ("%s", fault);
      g_assert_nonnull (strstr (fault, bad[i].line));
      g_assert_nonnull (strstr (fault, bad[i].named));
    }
}

/* data/offhookd.conf says what holds: as it stands, and with every key switched on. */
static void
test_shipped_file (void)
{
  g_autofree char *path = g_test_build_filename (G_TEST_DIST, "..", "..", "data", "offhookd.conf",
                                                 NULL);
  g_autoptr (GString) text = g_string_new (NULL);
  g_autofree char *shipped = NULL;
  g_autoptr (OhServerConfig) config = NULL;
  g_autoptr (OhServerConfig) all = NULL;
  g_autoptr (GError) error = NULL;
  g_autoptr (GRegex) keys = g_regex_new ("^#([a-z_0-9]+ =)", G_REGEX_MULTILINE, 0, NULL);
  g_autofree char *switched_on = NULL;
  g_autofree char *fault = NULL;

  config = oh_server_config_load (path, &error);
  g_assert_no_error (error);
  g_assert_true (g_file_get_contents (path, &shipped, NULL, NULL));
  switched_on = g_regex_replace (keys, shipped, -1, 0, "\\1", 0, NULL);
  fault = load (switched_on, &all);
  g_assert_cmpstr (fault, ==, NULL);
  g_assert_cmpuint (all->web_port, ==, config->web_port);
  g_assert_cmpuint (all->max_calls, ==, config->max_calls);
  g_assert_cmpuint (all->max_lines, ==, config->max_lines);
  g_assert_cmpuint (all->max_lines_per_user, ==, config->max_lines_per_user);
  g_assert_cmpuint (all->max_lines_per_address, ==, config->max_lines_per_address);
  g_assert_cmpuint (all->voicemail_silence_s, ==, config->voicemail_silence_s);
  g_assert_cmpstr (all->log_level, ==, config->log_level);
  g_assert_cmpuint (g_strv_length (all->sip_listen), ==, g_strv_length (config->sip_listen));
}

/* --- Limits --- */

static void
test_buckets (void)
{
  g_autoptr (OhLimits) limits = oh_limits_new (60, 3, 2);
  guint retry_s = 0;

  for (int i = 0; i < 3; i++)
    g_assert_true (oh_limits_take (limits, "192.0.2.1", NULL));
  g_assert_false (oh_limits_take (limits, "192.0.2.1", &retry_s));
  g_assert_cmpuint (retry_s, >=, 1);
  g_assert_true (oh_limits_take (limits, "192.0.2.2", NULL));
  now_us += G_USEC_PER_SEC;
  g_assert_true (oh_limits_take (limits, "192.0.2.1", NULL));
  g_assert_false (oh_limits_take (limits, "192.0.2.1", NULL));
  g_assert_cmpuint (oh_limits_get_refused (limits), ==, 2);
  for (int i = 0; i < 1000; i++)
    {
      g_autofree char *key = g_strdup_printf ("10.0.%d.%d", i / 250, i % 250);

      oh_limits_take (limits, key, NULL);
    }
  g_assert_cmpuint (oh_limits_get_size (limits), ==, 2);
}

/* An IPv6 host owns a whole /64 of addresses: it is counted as one. */
static void
test_sources (void)
{
  static const char *const pairs[][2] = {
    { "192.0.2.1", "192.0.2.1" },
    { "2001:db8:1:2:aaaa:bbbb:cccc:dddd", "2001:db8:1:2::" },
    { "2001:db8:1:3::1", "2001:db8:1:3::" },
    { "::ffff:192.0.2.1", "192.0.2.1" },
    { "", "" },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (pairs); i++)
    {
      g_autofree char *source = oh_limits_dup_source (pairs[i][0]);

      g_assert_cmpstr (source, ==, pairs[i][1]);
    }
}

static void
try_password (OhLockout *lockout, OhTry outcome)
{
  guint retry_s;

  g_assert_true (oh_lockout_begin_try (lockout, "id:1", &retry_s));
  oh_lockout_end_try (lockout, "id:1", outcome);
}

static void
test_lockout (void)
{
  g_autoptr (OhLockout) lockout = oh_lockout_new (3, 10);
  guint retry_s = 0;

  try_password (lockout, OH_TRY_WRONG);
  try_password (lockout, OH_TRY_WRONG);
  try_password (lockout, OH_TRY_RIGHT); /* forgives */
  for (int i = 0; i < 3; i++)
    try_password (lockout, OH_TRY_WRONG);
  g_assert_false (oh_lockout_begin_try (lockout, "id:1", &retry_s));
  g_assert_cmpuint (retry_s, >, 50);
  g_assert_true (oh_lockout_begin_try (lockout, "id:2", &retry_s));
  oh_lockout_end_try (lockout, "id:2", OH_TRY_UNJUDGED);
  now_us += 61 * G_USEC_PER_SEC;
  for (int i = 0; i < 3; i++)
    try_password (lockout, OH_TRY_WRONG);
  g_assert_false (oh_lockout_begin_try (lockout, "id:1", &retry_s));
  g_assert_cmpuint (retry_s, >, 100); /* longer this time */
}

/* Many at once are no way around it. */
static void
test_lockout_at_once (void)
{
  g_autoptr (OhLockout) lockout = oh_lockout_new (3, 10);
  guint retry_s, begun = 0;

  for (int i = 0; i < 20; i++)
    begun += oh_lockout_begin_try (lockout, "id:1", &retry_s);
  g_assert_cmpuint (begun, ==, 3);
}

/* --- Certificates --- */

static void
check_mode (const OhServerConfig *config, const char *name)
{
  g_autofree char *path = g_build_filename (config->tls_dir, name, NULL);
  struct stat status;

  g_assert_cmpint (stat (path, &status), ==, 0);
  g_assert_cmpint (status.st_mode & 0777, ==, 0600);
  g_unlink (path);
}

static void
test_certificate (void)
{
  g_autofree char *folder = g_dir_make_tmp ("oh-tls-XXXXXX", NULL);
  g_autofree char *text = g_strdup_printf ("[server]\nstate_dir=%s\ndomain=example.org\n", folder);
  g_autoptr (OhServerConfig) config = NULL;
  g_autofree char *first = NULL;
  g_autofree char *again = NULL;
  g_autofree char *names = NULL;
  g_autoptr (GError) error = NULL;
  gint64 left = 0;

  g_assert_null (load (text, &config));
  g_assert_true (oh_certificate_prepare (config, &error));
  g_assert_no_error (error);
  first = oh_certificate_dup_authority (config);
  g_assert_true (g_str_has_prefix (first, "-----BEGIN CERTIFICATE-----"));
  g_assert_true (oh_certificate_prepare (config, &error));
  again = oh_certificate_dup_authority (config);
  g_assert_cmpstr (first, ==, again);
  g_assert_true (oh_certificate_examine (config, &left, &names, &error));
  g_assert_cmpstr (names, ==, "example.org");
  g_assert_cmpint (left, >, 800 * 86400);
  for (const char *const *name = (const char *const[]){ "agent.pem", "cafile.pem", "ca.pem",
                                                        "ca-key.pem", NULL };
       *name; name++)
    check_mode (config, *name);
  g_rmdir (config->tls_dir);
  g_rmdir (folder);
}

static gpointer
write_lines (gpointer data)
{
  for (guint i = 0; i < 5; i++)
    g_log_structured ("oh-test", G_LOG_LEVEL_MESSAGE, "MESSAGE", "line %u of %s", i,
                      (const char *)data);
  return NULL;
}

/* All threads of the server write; the thread sanitizer judges. */
static void
test_log_threads (void)
{
  GThread *other;

  oh_log_set_level ("message");
  other = g_thread_new ("writer", write_lines, "the other thread");
  write_lines ("the main thread");
  g_thread_join (other);
}

static void
test_log_wants (void)
{
  g_unsetenv ("G_MESSAGES_DEBUG");
  oh_log_set_level ("info");
  g_assert_true (oh_log_wants (G_LOG_LEVEL_INFO, "oh-test"));
  g_assert_false (oh_log_wants (G_LOG_LEVEL_DEBUG, "oh-test"));
  oh_log_set_level ("message");
  g_assert_true (oh_log_wants (G_LOG_LEVEL_WARNING, "oh-test"));
  g_assert_false (oh_log_wants (G_LOG_LEVEL_INFO, "oh-test"));
  g_setenv ("G_MESSAGES_DEBUG", "oh-test", TRUE);
  oh_log_set_level ("message");
  g_assert_true (oh_log_wants (G_LOG_LEVEL_INFO, "oh-test"));
  g_assert_false (oh_log_wants (G_LOG_LEVEL_INFO, "oh-other"));
  g_unsetenv ("G_MESSAGES_DEBUG");
  oh_log_set_level ("message");
}

/* Links go out only where somebody reaches them. */
static void
test_link_base (void)
{
  static const struct
  {
    const char *text;
    guint16 port;
    const char *base;
  } cases[] = {
    { "", 8443, "https://localhost:8443" },
    { "domain=example.org\n", 8443, NULL },
    { "domain=example.org\n[web]\naddress=127.0.0.1\n", 8443, "https://localhost:8443" },
    { "domain=example.org\npublic_name=phone.example.org\n", 8443,
      "https://phone.example.org:8443" },
    { "domain=example.org\npublic_name=phone.example.org\n", 443, "https://phone.example.org" },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autofree char *text = g_strconcat ("[server]\n", cases[i].text, NULL);
      g_autoptr (OhServerConfig) config = NULL;
      g_autofree char *fault = load (text, &config);
      g_autofree char *base = NULL;

      g_assert_null (fault);
      base = oh_server_config_dup_link_base (config, cases[i].port);
      g_assert_cmpstr (base, ==, cases[i].base);
    }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  oh_clock_set_source (get_now);
  g_test_add_func ("/server-config/values", test_values);
  g_test_add_func ("/server-config/link-base", test_link_base);
  g_test_add_func ("/server-config/faults", test_faults);
  g_test_add_func ("/server-config/relay", test_relay);
  g_test_add_func ("/server-config/shipped-file", test_shipped_file);
  g_test_add_func ("/limits/buckets", test_buckets);
  g_test_add_func ("/limits/sources", test_sources);
  g_test_add_func ("/limits/lockout", test_lockout);
  g_test_add_func ("/limits/lockout-at-once", test_lockout_at_once);
  g_test_add_func ("/certificate/made-once", test_certificate);
  g_test_add_func ("/log/threads", test_log_threads);
  g_test_add_func ("/log/wants", test_log_wants);
  return g_test_run ();
}
