/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "offhookctl"

#include <oh-config.h>

#include "server/admin/oh-ctl-private.h"

#include "base/oh-error.h"
#include "server/config/oh-config.h"
#include "server/store/oh-json.h"

#include <gio/gunixsocketaddress.h>

#include <locale.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum
{
  EXIT_DONE = 0,
  EXIT_FAILED = 1,
  EXIT_USAGE = 2,
  EXIT_NO_SERVER = 3
};

typedef struct
{
  const char *config_path;
  gboolean json;
  char **rest; /* after the global options */
} Invocation;

static int
complain (int code, const char *message)
{
  fprintf (stderr, "offhookctl: %s\n", message);
  return code;
}

/* --config and --json stand anywhere; what is not theirs stays in order. FALSE: told what is wrong. */
static gboolean
read_invocation (char **args, Invocation *invocation)
{
  int kept = 0;

  invocation->rest = args;
  for (int i = 0; args[i]; i++)
    {
      if (strcmp (args[i], "--json") == 0)
        invocation->json = TRUE;
      else if (g_str_has_prefix (args[i], "--config="))
        invocation->config_path = args[i] + strlen ("--config=");
      else if (strcmp (args[i], "--config") != 0)
        args[kept++] = args[i];
      else if (args[i + 1])
        invocation->config_path = args[++i];
      else
        {
          complain (EXIT_USAGE, "--config needs the name of a file");
          return FALSE;
        }
    }
  args[kept] = NULL;
  return TRUE;
}

static OhServerConfig *
load_config (const char *path, GError **error)
{
  static const char usual[] = OH_SYSCONF_DIR "/offhook/offhookd.conf";

  if (!path && g_file_test (usual, G_FILE_TEST_EXISTS))
    path = usual;
  return oh_server_config_load (path, error);
}

static GSocketConnection *
connect_to (const OhServerConfig *config, GError **error)
{
  g_autoptr (GSocketClient) client = g_socket_client_new ();
  g_autoptr (GSocketAddress) address = g_unix_socket_address_new (config->control);
  g_autoptr (GError) local = NULL;
  GSocketConnection *connection = g_socket_client_connect (client, G_SOCKET_CONNECTABLE (address),
                                                           NULL, &local);
  const char *config_path = config->path ? config->path : "FILE";

  if (connection)
    return connection;
  if (g_error_matches (local, G_IO_ERROR, G_IO_ERROR_PERMISSION_DENIED))
    g_set_error (error, OH_ERROR, OH_ERROR_DENIED,
                 "%s belongs to another user; run offhookctl as the user of offhookd (or root)",
                 config->control);
  else
    g_set_error (error, OH_ERROR, OH_ERROR_NETWORK,
                 "offhookd does not run with this configuration (%s: %s). Start it: systemctl "
                 "start offhookd, or: offhookd --config %s",
                 config->control, local->message, config_path);
  return NULL;
}

/* --- Answers --- */

static int
print_answer (const Invocation *invocation, const OhCtlCommand *command, JsonObject *answer)
{
  JsonNode *result = json_object_get_member (answer, "result");

  if (!json_object_get_boolean_member_with_default (answer, "ok", FALSE) || !result)
    {
      if (invocation->json)
        {
          g_autofree char *text = oh_json_object_to_string (answer);

          puts (text);
        }
      return complain (EXIT_FAILED, json_object_get_string_member_with_default (
                                        answer, "message", "offhookd gave no answer"));
    }
  if (invocation->json)
    {
      g_autofree char *text = oh_json_node_to_string (result);

      puts (text);
      return EXIT_DONE;
    }
  if (command->print)
    return command->print (result);
  puts ("Done.");
  return EXIT_DONE;
}

/* Lines come until the server ends or Ctrl+C. */
static int
follow (const Invocation *invocation, GDataInputStream *input)
{
  char *line;

  while ((line = g_data_input_stream_read_line (input, NULL, NULL, NULL)))
    {
      g_autofree char *owned = line;
      g_autoptr (JsonObject) event = oh_json_parse_object (line, strlen (line), NULL);

      if (invocation->json)
        puts (line);
      else if (event)
        oh_ctl_print_event (event);
      fflush (stdout);
    }
  return complain (EXIT_NO_SERVER, "offhookd has stopped");
}

static int
talk (const Invocation *invocation,
      const OhCtlCommand *command,
      JsonObject *request,
      GSocketConnection *connection)
{
  g_autoptr (GDataInputStream) input = g_data_input_stream_new (
      g_io_stream_get_input_stream (G_IO_STREAM (connection)));
  g_autofree char *json = oh_json_object_to_string (request);
  g_autofree char *line = g_strconcat (json, "\n", NULL);
  g_autofree char *reply = NULL;
  g_autoptr (JsonObject) answer = NULL;
  gboolean follows = json_object_has_member (request, "follow");

  if (!g_output_stream_write_all (g_io_stream_get_output_stream (G_IO_STREAM (connection)), line,
                                  strlen (line), NULL, NULL, NULL))
    return complain (EXIT_NO_SERVER, "offhookd closed the connection");
  reply = g_data_input_stream_read_line (input, NULL, NULL, NULL);
  answer = reply ? oh_json_parse_object (reply, strlen (reply), NULL) : NULL;
  if (!answer)
    return complain (EXIT_NO_SERVER, "offhookd closed the connection; its log says why");
  if (follows && json_object_get_boolean_member_with_default (answer, "ok", FALSE))
    return follow (invocation, input);
  return print_answer (invocation, command, answer);
}

static int
run (const Invocation *invocation)
{
  g_autoptr (OhServerConfig) config = NULL;
  g_autoptr (JsonObject) request = NULL;
  g_autoptr (GSocketConnection) connection = NULL;
  g_autoptr (GError) error = NULL;
  const OhCtlCommand *command;
  int words = 0;

  command = oh_ctl_find_command (invocation->rest, &words);
  if (!command)
    return complain (EXIT_USAGE, "there is no such command; offhookctl --help shows them");
  request = oh_ctl_parse (command, invocation->rest + words, &error);
  if (!request)
    return complain (EXIT_USAGE, error->message);
  config = load_config (invocation->config_path, &error);
  if (!config)
    return complain (EXIT_FAILED, error->message);
  connection = connect_to (config, &error);
  if (!connection)
    return complain (EXIT_NO_SERVER, error->message);
  return talk (invocation, command, request, connection);
}

int
main (int argc, char **argv)
{
  Invocation invocation = { 0 };

  setlocale (LC_ALL, "");
  if (!read_invocation (argv + 1, &invocation))
    return EXIT_USAGE;
  if (g_strcmp0 (invocation.rest[0], "--version") == 0)
    {
      puts ("offhookctl " OH_VERSION);
      return EXIT_DONE;
    }
  if (!invocation.rest[0] || strcmp (invocation.rest[0], "--help") == 0)
    {
      g_autofree char *usage = oh_ctl_describe_usage ();

      fputs (usage, invocation.rest[0] ? stdout : stderr);
      return invocation.rest[0] ? EXIT_DONE : EXIT_USAGE;
    }
  return run (&invocation);
}
