/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "oh-client"

#include "client/server/oh-embedded-private.h"

#include "base/oh-redact.h"
#include "client/account/oh-json.h"

#include <glib/gstdio.h>
#include <string.h>

static const char config_text[]
    = "# Offhook's call server of this user, set up by the client. It can be edited; the client\n"
      "# does not write it again. offhookd.conf(5) names every key.\n"
      "[server]\n"
      "state_dir=%s\n"
      "domain=localhost\n"
      "\n"
      "[sip]\n"
      "# Only programs on this computer reach it. For a telephone provider or telephones in the\n"
      "# house listen on 0.0.0.0 and add a trunk with offhookctl.\n"
      "listen=udp:127.0.0.1:%u;tcp:127.0.0.1:%u;tls:127.0.0.1:0\n"
      "\n"
      "[media]\n"
      "address=127.0.0.1\n"
      "\n"
      "[web]\n"
      "address=127.0.0.1\n"
      "port=0\n";

char *
oh_run_file_path (const char *state_dir)
{
  return g_build_filename (state_dir, "run.json", NULL);
}

gboolean
oh_run_file_read (const char *state_dir, OhRunFile *run)
{
  g_autofree char *path = oh_run_file_path (state_dir);
  g_autofree char *text = NULL;
  g_autoptr (JsonNode) node = NULL;
  JsonObject *object;
  JsonNode *sip;

  if (!g_file_get_contents (path, &text, NULL, NULL))
    return FALSE;
  node = json_from_string (text, NULL);
  if (!node || !JSON_NODE_HOLDS_OBJECT (node))
    return FALSE;
  object = json_node_get_object (node);
  sip = json_object_get_member (object, "sip");
  run->pid = (GPid)oh_json_get_number (object, "pid", 0, G_MAXINT);
  run->https_port = (guint16)oh_json_get_number (object, "https", 0, G_MAXUINT16);
  run->tls_port = sip && JSON_NODE_HOLDS_OBJECT (sip) ? (guint16)oh_json_get_number (
                      json_node_get_object (sip), "tls", 0, G_MAXUINT16)
                                                      : 0;
  return run->pid > 1 && run->https_port > 0;
}

/* 5060 if nobody has it, for telephones that expect it there; else any free one. */
static guint16
choose_sip_port (void)
{
  g_autoptr (GSocket) udp = g_socket_new (G_SOCKET_FAMILY_IPV4, G_SOCKET_TYPE_DATAGRAM,
                                          G_SOCKET_PROTOCOL_DEFAULT, NULL);
  g_autoptr (GSocket) tcp = g_socket_new (G_SOCKET_FAMILY_IPV4, G_SOCKET_TYPE_STREAM,
                                          G_SOCKET_PROTOCOL_DEFAULT, NULL);
  g_autoptr (GSocketAddress) address = g_inet_socket_address_new_from_string ("127.0.0.1", 5060);

  if (udp && tcp && g_socket_bind (udp, address, FALSE, NULL)
      && g_socket_bind (tcp, address, TRUE, NULL))
    return 5060;
  return 0;
}

gboolean
oh_embedded_write_config (const char *path, const char *state_dir, GError **error)
{
  g_autofree char *folder = g_path_get_dirname (path);
  g_autofree char *text = NULL;
  guint16 port;

  g_mkdir_with_parents (folder, 0700);
  g_mkdir_with_parents (state_dir, 0700);
  if (g_file_test (path, G_FILE_TEST_EXISTS))
    return TRUE;
  port = choose_sip_port ();
  text = g_strdup_printf (config_text, state_dir, port, port);
  return g_file_set_contents_full (path, text, -1, G_FILE_SET_CONTENTS_CONSISTENT, 0600, error);
}

char *
oh_embedded_dup_last_line (const char *state_dir)
{
  g_autofree char *path = g_build_filename (state_dir, "offhookd.log", NULL);
  g_autofree char *text = NULL;
  const char *line;

  if (!g_file_get_contents (path, &text, NULL, NULL))
    return NULL;
  g_strchomp (text);
  line = strrchr (text, '\n');
  line = line ? line + 1 : text;
  return *line ? oh_printable (line, 500) : NULL;
}

char *
oh_embedded_find_ctl (const char *daemon_path)
{
  g_autofree char *folder = g_path_get_dirname (daemon_path);
  g_autofree char *beside = g_build_filename (folder, "offhookctl", NULL);
  g_autofree char *built = g_build_filename (folder, "admin", "offhookctl", NULL);

  if (g_file_test (beside, G_FILE_TEST_IS_EXECUTABLE))
    return g_steal_pointer (&beside);
  if (g_file_test (built, G_FILE_TEST_IS_EXECUTABLE))
    return g_steal_pointer (&built);
  return g_strdup ("offhookctl");
}
