/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "oh-config"

#include "server/config/oh-config.h"

#include "base/oh-error.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#define MAX_DAYS 36500
#define MAX_MESSAGES 500 /* as many as a device lists */

#define MAX_STUN_SERVERS 4

/* What is known while the file is read; the first fault wins. */
typedef struct
{
  OhServerConfig *config;
  GKeyFile *file;
  const char *path;
  const char *text; /* of the file, for line numbers */
  GError *error;
} Reader;

typedef gboolean (*Check) (const char *value);

/* --- Faults with their line --- */

/* The line of @key in @group, or of the group if @key is NULL; 0 when it is not there. */
static guint
find_line (Reader *reader, const char *group, const char *key)
{
  g_auto (GStrv) lines = g_strsplit (reader->text, "\n", -1);
  g_autofree char *header = g_strdup_printf ("[%s]", group);
  gboolean inside = FALSE;

  for (guint i = 0; lines[i]; i++)
    {
      char *line = g_strstrip (lines[i]);

      if (line[0] == '[')
        inside = strcmp (line, header) == 0;
      if (!inside)
        continue;
      if (!key)
        return i + 1;
      if (g_str_has_prefix (line, key) && strchr ("= \t", line[strlen (key)]))
        return i + 1;
    }
  return 0;
}

static void
fault (Reader *reader, const char *group, const char *key, const char *what)
{
  if (!reader->error)
    g_set_error (&reader->error, OH_ERROR, OH_ERROR_INVALID, "%s:%u: [%s] %s: %s", reader->path,
                 find_line (reader, group, key), group, key ? key : "", what);
}

/* --- Values --- */

/* The text of @key or @fallback (NULL: none). An empty value is the same as none. */
static char *
read_text (Reader *reader,
           const char *group,
           const char *key,
           const char *fallback,
           Check check,
           const char *expected)
{
  g_autofree char *value = g_key_file_get_string (reader->file, group, key, NULL);

  if (value)
    g_strstrip (value);
  if (!value || !*value)
    return g_strdup (fallback);
  if (check && !check (value))
    fault (reader, group, key, expected);
  return g_steal_pointer (&value);
}

static guint
read_number (
    Reader *reader, const char *group, const char *key, guint fallback, guint min, guint max)
{
  g_autofree char *value = read_text (reader, group, key, NULL, NULL, NULL);
  g_autofree char *what = NULL;
  guint64 number;

  if (!value)
    return fallback;
  if (g_ascii_string_to_unsigned (value, 10, min, max, &number, NULL))
    return (guint)number;
  what = g_strdup_printf ("\"%.40s\" must be a whole number from %u to %u", value, min, max);
  fault (reader, group, key, what);
  return fallback;
}

static gboolean
is_address (const char *value)
{
  return g_hostname_is_ip_address (value);
}

static gboolean
is_name (const char *value)
{
  gsize length = strlen (value);

  if (length > 253 || value[0] == '.' || value[0] == '-')
    return FALSE;
  for (const char *p = value; *p; p++)
    if (!g_ascii_isalnum (*p) && !strchr (".-", *p))
      return FALSE;
  return TRUE;
}

static gboolean
is_absolute (const char *value)
{
  return g_path_is_absolute (value);
}

static gboolean
is_log_level (const char *value)
{
  static const char *const levels[] = { "error", "warning", "message", "info", "debug", NULL };

  return g_strv_contains (levels, value);
}

static gboolean
is_port (const char *value)
{
  return g_ascii_string_to_unsigned (value, 10, 0, 65535, NULL, NULL);
}

/* "udp:127.0.0.1:5060", "tls:[::]:5061" */
static gboolean
is_listen (const char *entry)
{
  const char *port = strrchr (entry, ':');
  g_autofree char *host = NULL;
  gsize length;

  if (!g_str_has_prefix (entry, "udp:") && !g_str_has_prefix (entry, "tcp:")
      && !g_str_has_prefix (entry, "tls:"))
    return FALSE;
  if (!port || port <= entry + 4 || !is_port (port + 1))
    return FALSE;
  host = g_strndup (entry + 4, (gsize)(port - entry - 4));
  length = strlen (host);
  if (host[0] == '[' && length > 2 && host[length - 1] == ']')
    {
      host[length - 1] = '\0';
      return g_hostname_is_ip_address (host + 1);
    }
  return !strchr (host, ':') && g_hostname_is_ip_address (host);
}

static char **
read_listen (Reader *reader)
{
  g_autofree char *value = read_text (
      reader, "sip", "listen", "udp:0.0.0.0:5060;tcp:0.0.0.0:5060;tls:0.0.0.0:5061", NULL, NULL);
  g_auto (GStrv) parts = g_strsplit (value, ";", -1);
  g_autoptr (GStrvBuilder) builder = g_strv_builder_new ();
  guint count = 0;

  for (char **part = parts; *part; part++)
    {
      if (!*g_strstrip (*part))
        continue;
      if (!is_listen (*part))
        {
          g_autofree char *what = g_strdup_printf (
              "\"%.60s\" must be udp, tcp or tls, an IP address and a port, like "
              "udp:0.0.0.0:5060 (several are separated by ';')",
              *part);

          fault (reader, "sip", "listen", what);
        }
      g_strv_builder_add (builder, *part);
      count++;
    }
  if (count == 0 || count > 16)
    fault (reader, "sip", "listen", "one to 16 entries are needed");
  return g_strv_builder_end (builder);
}

/* "stun.example.org", "192.0.2.1:3478" */
static gboolean
is_server (const char *text)
{
  const char *colon = strchr (text, ':');
  g_autofree char *host = g_strndup (text, colon ? (gsize)(colon - text) : strlen (text));

  return is_name (host) && *host
         && (!colon || g_ascii_string_to_unsigned (colon + 1, 10, 1, 65535, NULL, NULL));
}

static char **
read_stun_servers (Reader *reader)
{
  g_autofree char *value = read_text (reader, "server", "stun_servers", "", NULL, NULL);
  g_auto (GStrv) parts = g_strsplit (value, ";", -1);
  g_autoptr (GStrvBuilder) builder = g_strv_builder_new ();
  guint count = 0;

  for (char **part = parts; *part; part++)
    if (*g_strstrip (*part))
      {
        count++;
        if (!is_server (*part) || count > MAX_STUN_SERVERS)
          fault (reader, "server", "stun_servers",
                 "must be at most four names or addresses, each with or without a port, separated "
                 "by ';', like stun.example.org:3478");
        g_strv_builder_add (builder, *part);
      }
  return g_strv_builder_end (builder);
}

/* "10000-20000"; 0-0: any */
static void
read_ports (Reader *reader)
{
  g_autofree char *value = read_text (reader, "media", "ports", NULL, NULL, NULL);
  g_auto (GStrv) ends = value ? g_strsplit (value, "-", 2) : NULL;
  guint64 min, max;

  if (!value)
    return;
  if (g_strv_length (ends) == 2
      && g_ascii_string_to_unsigned (g_strstrip (ends[0]), 10, 1024, 65535, &min, NULL)
      && g_ascii_string_to_unsigned (g_strstrip (ends[1]), 10, 1024, 65535, &max, NULL)
      && max >= min + 9)
    {
      reader->config->media_port_min = (guint16)min;
      reader->config->media_port_max = (guint16)max;
    }
  else
    fault (reader, "media", "ports",
           "must be two port numbers from 1024 to 65535, at least ten apart, like 20000-29999");
}

/* --- Groups --- */

static char *
default_state_dir (void)
{
  const char *systemd = g_getenv ("STATE_DIRECTORY"); /* systemd.exec(5) */

  if (systemd && g_path_is_absolute (systemd))
    return g_strdup (systemd);
  /* So that root's offhookctl finds what the packaged unit runs. */
  if (geteuid () == 0)
    return g_strdup ("/var/lib/offhookd");
  return g_build_filename (g_get_user_state_dir (), "offhookd", NULL);
}

static void
read_server (Reader *reader)
{
  OhServerConfig *config = reader->config;
  g_autofree char *state_dir = default_state_dir ();
  g_autofree char *domain = read_text (reader, "server", "domain", "localhost", is_name,
                                       "must be a DNS name, like example.org");

  config->state_dir = read_text (reader, "server", "state_dir", state_dir, is_absolute,
                                 "must be an absolute path, like /var/lib/offhookd");
  config->domain = g_ascii_strdown (domain, -1);
  config->public_name = read_text (reader, "server", "public_name", NULL, is_name,
                                   "must be a DNS name, like phone.example.org");
  config->public_address = read_text (reader, "server", "public_address", NULL, is_address,
                                      "must be the IP address that others reach, like 192.0.2.1");
  config->stun_servers = read_stun_servers (reader);
}

static gboolean
is_word (const char *value)
{
  return !strpbrk (value, " \t\r\n") && g_str_is_ascii (value);
}

static void
read_relay (Reader *reader)
{
  OhServerConfig *config = reader->config;

  config->turn_server = read_text (reader, "relay", "turn_server", NULL, is_server,
                                   "must be a name or address, with or without a port, like "
                                   "turn.example.org:3478");
  config->turn_tcp_server = read_text (reader, "relay", "tcp_server", NULL, is_server,
                                       "must be a name or address, with or without a port, like "
                                       "turn.example.org:443");
  config->turn_secret = read_text (reader, "relay", "secret", NULL, NULL, NULL);
  config->turn_user = read_text (reader, "relay", "user", NULL, is_word, "must be one word");
  config->turn_password = read_text (reader, "relay", "password", NULL, is_word,
                                     "must be one word");
  if (config->turn_server && !config->turn_secret && !(config->turn_user && config->turn_password))
    fault (reader, "relay", "turn_server",
           "the relay needs the secret that it shares, or user and password");
  if (config->turn_tcp_server && !config->turn_server)
    fault (reader, "relay", "tcp_server", "it is the second way to turn_server, which is not set");
}

static void
read_media_and_web (Reader *reader)
{
  OhServerConfig *config = reader->config;

  config->media_address = read_text (reader, "media", "address", "0.0.0.0", is_address,
                                     "must be an IP address");
  read_ports (reader);
  config->media_workers = read_number (reader, "media", "workers", 0, 0, 256);

  config->web_address = read_text (reader, "web", "address", "0.0.0.0", is_address,
                                   "must be an IP address");
  config->web_port = (guint16)read_number (reader, "web", "port", 8443, 0, 65535);
  config->web_certificate = read_text (reader, "web", "certificate", NULL, is_absolute,
                                       "must be the absolute path of a PEM file");
  config->web_key = read_text (reader, "web", "key", NULL, is_absolute,
                               "must be the absolute path of a PEM file");
  if (!config->web_certificate != !config->web_key)
    fault (reader, "web", config->web_key ? "key" : "certificate",
           "certificate and key are needed together; name both, or none for the server's own");
}

/* "112;911" */
static char **
read_numbers (Reader *reader, const char *group, const char *key, const char *fallback)
{
  g_autofree char *value = g_key_file_get_string (reader->file, group, key, NULL);
  g_auto (GStrv) parts = g_strsplit (value ? value : fallback, ";", -1);
  g_autoptr (GStrvBuilder) builder = g_strv_builder_new ();

  for (char **part = parts; *part; part++)
    if (*g_strstrip (*part))
      {
        if (strspn (*part, "0123456789*#+") != strlen (*part))
          fault (reader, group, key, "must be numbers as they are dialled, separated by ';'");
        g_strv_builder_add (builder, *part);
      }
  return g_strv_builder_end (builder);
}

static void
read_overload (Reader *reader)
{
  OhServerConfig *config = reader->config;

  config->new_calls_per_second = read_number (reader, "limits", "new_calls_per_second", 0, 0,
                                              100000);
  config->beginning_calls = read_number (reader, "limits", "beginning_calls", 500, 0, 1000000);
  config->signalling_late_ms = read_number (reader, "limits", "signalling_late", 20, 0, 10000);
  config->sound_late_ms = read_number (reader, "limits", "sound_late", 15, 0, 10000);
  config->memory_mib = read_number (reader, "limits", "memory", 0, 0, 10000000);
  config->emergency_numbers = read_numbers (reader, "limits", "emergency_numbers", "112;911");
}

static void
read_rest (Reader *reader)
{
  OhServerConfig *config = reader->config;

  config->sip_listen = read_listen (reader);
  config->sip_t1_ms = read_number (reader, "sip", "t1", 0, 0, 5000);
  config->voicemail_max_s = read_number (reader, "voicemail", "max_seconds", 300, 5, 3600);
  config->voicemail_silence_s = read_number (reader, "voicemail", "silence_seconds", 8, 0, 120);
  config->voicemail_max_messages = read_number (reader, "voicemail", "max_messages", 200, 1,
                                                MAX_MESSAGES);
  config->events_days = read_number (reader, "retention", "events_days", 90, 0, MAX_DAYS);
  config->history_days = read_number (reader, "retention", "history_days", 0, 0, MAX_DAYS);
  config->voicemail_days = read_number (reader, "retention", "voicemail_days", 0, 0, MAX_DAYS);
  config->messages_days = read_number (reader, "retention", "messages_days", 30, 1, MAX_DAYS);
  config->unknown_per_minute = read_number (reader, "limits", "unknown_per_minute", 10, 0, 1000000);
  config->max_calls = read_number (reader, "limits", "calls", 1000, 1, 1000000);
  config->max_calls_per_user = read_number (reader, "limits", "calls_per_user", 20, 1, 10000);
  config->sign_ins_per_minute = read_number (reader, "limits", "sign_ins_per_minute", 30, 0,
                                             1000000);
  config->max_lines = read_number (reader, "limits", "lines", 1000, 1, 100000);
  config->max_lines_per_user = read_number (reader, "limits", "lines_per_user", 20, 0, 100000);
  config->max_lines_per_address = read_number (reader, "limits", "lines_per_address", 200, 0,
                                               100000);
  config->log_level = read_text (reader, "log", "level", "message", is_log_level,
                                 "must be error, warning, message, info or debug");
}

/* --- Keys that are not ours --- */

static const struct
{
  const char *group;
  const char *keys[16];
} known[] = {
  { "server", { "state_dir", "domain", "public_name", "public_address", "stun_servers" } },
  { "relay", { "turn_server", "tcp_server", "secret", "user", "password" } },
  { "sip", { "listen", "t1" } },
  { "media", { "address", "ports", "workers" } },
  { "web", { "address", "port", "certificate", "key" } },
  { "voicemail", { "max_seconds", "silence_seconds", "max_messages" } },
  { "retention", { "events_days", "history_days", "voicemail_days", "messages_days" } },
  { "limits",
    { "unknown_per_minute", "calls", "calls_per_user", "sign_ins_per_minute", "lines",
      "lines_per_user", "lines_per_address", "new_calls_per_second", "beginning_calls",
      "signalling_late", "sound_late", "memory", "emergency_numbers" } },
  { "log", { "level" } },
};

static void
check_keys (Reader *reader, const char *group, const char *const *expected)
{
  g_auto (GStrv) keys = g_key_file_get_keys (reader->file, group, NULL, NULL);

  for (char **key = keys; key && *key; key++)
    if (!g_strv_contains (expected, *key))
      {
        g_autofree char *list = g_strjoinv (", ", (char **)expected);
        g_autofree char *what = g_strdup_printf ("unknown key; this group has: %s", list);

        fault (reader, group, *key, what);
      }
}

static void
check_groups (Reader *reader)
{
  g_auto (GStrv) groups = g_key_file_get_groups (reader->file, NULL);

  for (char **group = groups; *group; group++)
    {
      gsize i = 0;

      while (i < G_N_ELEMENTS (known) && strcmp (known[i].group, *group) != 0)
        i++;
      if (i < G_N_ELEMENTS (known))
        check_keys (reader, *group, known[i].keys);
      else
        fault (reader, *group, NULL,
               "unknown group; there are: server, relay, sip, media, web, voicemail, retention, "
               "limits, log");
    }
}

/* --- Loading --- */

static void
derive_paths (OhServerConfig *config)
{
  config->tls_dir = g_build_filename (config->state_dir, "tls", NULL);
  config->im_dir = g_build_filename (config->state_dir, "im", NULL);
  config->voicemail_dir = g_build_filename (config->state_dir, "voicemail", NULL);
  config->database = g_build_filename (config->state_dir, "offhook.db", NULL);
  config->run_file = g_build_filename (config->state_dir, "run.json", NULL);
  config->control = g_build_filename (config->state_dir, "control", NULL);
}

/* GKeyFile names no line for what it cannot parse, so the lines are looked at first. */
static gboolean
check_lines (Reader *reader)
{
  g_auto (GStrv) lines = g_strsplit (reader->text, "\n", -1);
  gboolean in_group = FALSE;

  for (guint i = 0; lines[i] && !reader->error; i++)
    {
      const char *line = g_strstrip (lines[i]);
      gboolean is_group = line[0] == '[' && line[strlen (line) - 1] == ']';

      if (!*line || *line == '#')
        continue;
      in_group |= is_group;
      if (!is_group && (!in_group || !strchr (line, '=') || line[0] == '='))
        g_set_error (&reader->error, OH_ERROR, OH_ERROR_INVALID,
                     "%s:%u: \"%.40s\" is neither a [group] nor a key = value in one; begin a "
                     "comment with '#'",
                     reader->path, i + 1, line);
    }
  return !reader->error;
}

static gboolean
open_file (Reader *reader, char **text)
{
  GError *local = NULL;
  gsize length;

  if (!g_file_get_contents (reader->path, text, &length, &local))
    {
      g_set_error (&reader->error, OH_ERROR, OH_ERROR_NOT_FOUND,
                   "cannot read the configuration: %s; name another file with --config",
                   local->message);
      g_error_free (local);
      return FALSE;
    }
  reader->text = *text;
  if (length > 1024 * 1024 || strlen (*text) != length || !g_utf8_validate (*text, -1, NULL))
    {
      g_set_error (&reader->error, OH_ERROR, OH_ERROR_INVALID,
                   "%s:1: this is not a configuration file (UTF-8 text, under 1 MiB)",
                   reader->path);
      return FALSE;
    }
  if (!check_lines (reader))
    return FALSE;
  if (g_key_file_load_from_data (reader->file, *text, length, G_KEY_FILE_NONE, &local))
    return TRUE;
  g_set_error (&reader->error, OH_ERROR, OH_ERROR_INVALID, "%s:1: %s", reader->path,
               local->message);
  g_error_free (local);
  return FALSE;
}

OhServerConfig *
oh_server_config_load (const char *path, GError **error)
{
  g_autoptr (OhServerConfig) config = g_new0 (OhServerConfig, 1);
  g_autoptr (GKeyFile) file = g_key_file_new ();
  g_autofree char *text = NULL;
  Reader reader = { .config = config, .file = file, .path = path, .text = "" };

  config->path = path ? g_canonicalize_filename (path, NULL) : NULL;
  if (path && !open_file (&reader, &text))
    {
      g_propagate_error (error, reader.error);
      return NULL;
    }
  check_groups (&reader);
  read_server (&reader);
  read_relay (&reader);
  read_media_and_web (&reader);
  read_rest (&reader);
  read_overload (&reader);
  if (reader.error)
    {
      g_propagate_error (error, reader.error);
      return NULL;
    }
  derive_paths (config);
  return g_steal_pointer (&config);
}

static gboolean
make_folder (const char *path, GError **error)
{
  if (g_mkdir_with_parents (path, 0700) == 0)
    return TRUE;
  g_set_error (error, OH_ERROR, OH_ERROR_DENIED,
               "cannot make the folder %s: %s; change [server] state_dir or the folder's owner",
               path, g_strerror (errno));
  return FALSE;
}

gboolean
oh_server_config_make_folders (const OhServerConfig *config, GError **error)
{
  return make_folder (config->state_dir, error) && make_folder (config->tls_dir, error)
         && make_folder (config->voicemail_dir, error);
}

const char *
oh_server_config_get_name (const OhServerConfig *config)
{
  return config->public_name ? config->public_name : config->domain;
}

static gboolean
is_for_this_computer (const OhServerConfig *config)
{
  g_autoptr (GInetAddress) bound = g_inet_address_new_from_string (config->web_address);

  return strcmp (config->domain, "localhost") == 0
         || (bound && g_inet_address_get_is_loopback (bound));
}

char *
oh_server_config_dup_link_base (const OhServerConfig *config, guint16 port)
{
  const char *host = config->public_name             ? config->public_name
                     : is_for_this_computer (config) ? "localhost"
                                                     : NULL;

  if (!host)
    return NULL;
  return port == 443 ? g_strdup_printf ("https://%s", host)
                     : g_strdup_printf ("https://%s:%u", host, port);
}

static void
free_secret (char *secret)
{
  if (secret)
    explicit_bzero (secret, strlen (secret));
  g_free (secret);
}

void
oh_server_config_free (OhServerConfig *config)
{
  if (!config)
    return;
  g_free (config->path);
  g_free (config->state_dir);
  g_free (config->domain);
  g_free (config->public_name);
  g_free (config->public_address);
  g_strfreev (config->stun_servers);
  g_free (config->turn_server);
  g_free (config->turn_tcp_server);
  free_secret (config->turn_secret);
  g_free (config->turn_user);
  free_secret (config->turn_password);
  g_strfreev (config->sip_listen);
  g_strfreev (config->emergency_numbers);
  g_free (config->media_address);
  g_free (config->web_address);
  g_free (config->web_certificate);
  g_free (config->web_key);
  g_free (config->log_level);
  g_free (config->tls_dir);
  g_free (config->im_dir);
  g_free (config->voicemail_dir);
  g_free (config->database);
  g_free (config->run_file);
  g_free (config->control);
  g_free (config);
}
