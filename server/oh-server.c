/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "oh-server"

#include "server/oh-server.h"

#include "base/oh-error.h"
#include "server/admin/oh-admin.h"
#include "server/call/oh-exchange.h"
#include "server/oh-log.h"
#include "server/voicemail/oh-voicemail-session.h"
#include "server/web/oh-certificate.h"
#include "server/web/oh-web.h"

#include "oh-config.h"

#include <gio/gio.h>
#include <gio/gunixsocketaddress.h>
#include <glib/gstdio.h>

#include <string.h>
#include <unistd.h>

#define STOP_MS 5000
#define SIP_STOP_MS 3000
#define PRUNE_S 3600
/* A call has a leg for the caller and one for every device that rings. */
#define LEGS_PER_CALL 8

struct _OhServer
{
  char *config_path;
  GPtrArray *configs; /* all that were loaded; the last one holds */
  OhStore *store;
  OhExchange *exchange;
  OhSip *sip;
  OhLinks *links;
  OhImDesk *desk;
  OhWeb *web;
  OhAdmin *admin;
  guint prune_timer;
  OhTask stopped;
  gpointer stopped_data;
};

static OhServerConfig *
get_config (OhServer *server)
{
  return g_ptr_array_index (server->configs, server->configs->len - 1);
}

static guint16
get_port (OhServer *server, const char *transport)
{
  OhServerConfig *config = g_ptr_array_index (server->configs, 0);
  gsize n = strlen (transport);

  for (guint i = 0; config->sip_listen[i]; i++)
    if (strncmp (config->sip_listen[i], transport, n) == 0 && config->sip_listen[i][n] == ':')
      return oh_sip_get_port (server->sip, i);
  return 0;
}

/* --- run.json and systemd --- */

static gboolean
write_run_file (OhServer *server, GError **error)
{
  OhServerConfig *config = get_config (server);
  g_autofree char *control = g_strescape (config->control, NULL);
  g_autofree char *json = g_strdup_printf (
      "{\"pid\":%d,\"sip\":{\"udp\":%u,\"tcp\":%u,\"tls\":%u},\"https\":%u,\"control\":\"%s\"}\n",
      (int)getpid (), get_port (server, "udp"), get_port (server, "tcp"), get_port (server, "tls"),
      oh_web_get_port (server->web), control);

  return g_file_set_contents_full (config->run_file, json, -1, G_FILE_SET_CONTENTS_CONSISTENT, 0600,
                                   error);
}

/* sd_notify(3) is one datagram; no library needed. */
static void
notify_systemd (const char *state)
{
  const char *path = g_getenv ("NOTIFY_SOCKET");
  g_autoptr (GSocketAddress) address = NULL;
  g_autoptr (GSocket) socket = NULL;

  if (!path || (path[0] != '/' && path[0] != '@'))
    return;
  if (path[0] == '@')
    address = g_unix_socket_address_new_with_type (path + 1, -1, G_UNIX_SOCKET_ADDRESS_ABSTRACT);
  else
    address = g_unix_socket_address_new (path);
  socket = g_socket_new (G_SOCKET_FAMILY_UNIX, G_SOCKET_TYPE_DATAGRAM, 0, NULL);
  if (!socket || g_socket_send_to (socket, address, state, strlen (state), NULL, NULL) < 0)
    g_message ("systemd could not be told: %s", state);
}

/* --- What is too old --- */

static gboolean
prune (gpointer data)
{
  OhServer *server = data;
  const OhServerConfig *config = get_config (server);
  OhRetention retention = { .events_days = config->events_days,
                            .history_days = config->history_days,
                            .voicemail_days = config->voicemail_days,
                            .messages_days = config->messages_days };

  oh_store_prune (server->store, &retention);
  return G_SOURCE_CONTINUE;
}

/* --- Start --- */

static gboolean
start_sip (OhServer *server, GError **error)
{
  OhServerConfig *config = get_config (server);
  OhSipConfig sip = {
    .listen = (const char *const *)config->sip_listen,
    .certificate_dir = config->tls_dir,
    .user_agent = "Offhook/" OH_VERSION,
    .public_address = config->public_address,
    .t1_ms = config->sip_t1_ms,
    .max_calls = config->max_calls * LEGS_PER_CALL,
    .handlers = oh_exchange_get_sip_handlers (),
    .user_data = server->exchange,
  };
  OhExecutor services = oh_executor_for_context (NULL);

  server->sip = oh_sip_new (&sip, error);
  if (!server->sip)
    return FALSE;
  oh_exchange_start (server->exchange, server->sip, &services);
  oh_exchange_start_im (server->exchange, server->desk);
  return TRUE;
}

static void
set_link_base (OhServer *server)
{
  g_autofree char *base = oh_server_config_dup_link_base (get_config (server),
                                                          oh_web_get_port (server->web));

  oh_links_set_base (server->links, base);
}

static gboolean
start_services (OhServer *server, GError **error)
{
  OhServerConfig *config = get_config (server);
  OhLive live = oh_exchange_get_live (server->exchange);

  server->web = oh_web_new (server->store, config, server->links, get_port (server, "tls"), error);
  if (!server->web)
    return FALSE;
  oh_web_start_calls (server->web, server->exchange);
  set_link_base (server);
  oh_web_set_desk (server->web, server->desk);
  server->admin = oh_admin_new (server->store, config, &live, error);
  if (!server->admin)
    return FALSE;
  oh_admin_set_desk (server->admin, server->desk);
  oh_admin_set_ports (server->admin, get_port (server, "udp"), get_port (server, "tcp"),
                      get_port (server, "tls"), oh_web_get_port (server->web));
  return TRUE;
}

static gboolean
start (OhServer *server, GError **error)
{
  OhServerConfig *config = oh_server_config_load (server->config_path, error);

  if (!config)
    return FALSE;
  g_ptr_array_add (server->configs, config);
  oh_log_set_level (config->log_level);
  if (!oh_server_config_make_folders (config, error) || !oh_certificate_prepare (config, error))
    return FALSE;
  server->store = oh_store_open (config->database, config->domain, error);
  if (!server->store)
    return FALSE;
  g_unlink (config->run_file); /* of a run that was killed: the store's lock says that it is over */
  oh_voicemail_repair (server->store);
  server->links = oh_links_new ();
  server->desk = oh_im_desk_new (server->store, config->im_dir, server->links);
  server->exchange = oh_exchange_new (config, server->store);
  return start_sip (server, error) && start_services (server, error)
         && write_run_file (server, error);
}

OhServer *
oh_server_new (const char *config_path, GError **error)
{
  OhServer *server = g_new0 (OhServer, 1);

  server->config_path = g_strdup (config_path);
  server->configs = g_ptr_array_new_with_free_func ((GDestroyNotify)oh_server_config_free);
  if (!start (server, error))
    {
      oh_server_free (server);
      return NULL;
    }
  prune (server);
  server->prune_timer = g_timeout_add_seconds (PRUNE_S, prune, server);
  notify_systemd ("READY=1");
  g_message ("ready: SIP udp %u, tcp %u, tls %u; https %u", get_port (server, "udp"),
             get_port (server, "tcp"), get_port (server, "tls"), oh_web_get_port (server->web));
  return server;
}

/* --- Reload --- */

/* The devices' secrets belong to the domain, and the database to the folder: a server cannot go over to
 * others while it runs. */
static gboolean
check_reload (OhServer *server, const OhServerConfig *config, GError **error)
{
  const OhServerConfig *old = get_config (server);

  if (strcmp (old->domain, config->domain) == 0 && strcmp (old->state_dir, config->state_dir) == 0)
    return TRUE;
  g_set_error (error, OH_ERROR, OH_ERROR_INVALID,
               "%s: [server] domain or state_dir changed; that needs a restart", config->path);
  return FALSE;
}

void
oh_server_reload (OhServer *server)
{
  g_autoptr (GError) error = NULL;
  OhServerConfig *config = oh_server_config_load (server->config_path, &error);

  if (!config)
    {
      g_warning ("not reloaded: %s", error->message);
      return;
    }
  if (!check_reload (server, config, &error) || !oh_certificate_prepare (config, &error)
      || !oh_web_reload (server->web, config, &error))
    {
      g_warning ("not reloaded: %s", error->message);
      oh_server_config_free (config);
      return;
    }
  g_ptr_array_add (server->configs, config);
  oh_log_set_level (config->log_level);
  oh_sip_reload_certificates (server->sip);
  oh_admin_set_config (server->admin, config);
  oh_exchange_set_config (server->exchange, config);
  set_link_base (server);
  g_message ("configuration and certificates reloaded; addresses and ports stay until a restart");
}

/* --- Stop --- */

static gboolean
stop_services (gpointer data)
{
  OhServer *server = data;

  g_clear_pointer (&server->web, oh_web_free);
  oh_sip_shut_down (server->sip, SIP_STOP_MS);
  oh_im_desk_stop (server->desk, server->stopped, server->stopped_data);
  return G_SOURCE_REMOVE;
}

/* When idle: what browsers were told of their calls' end is written by then. */
static void
on_exchange_stopped (gpointer data)
{
  g_idle_add (stop_services, data);
}

void
oh_server_stop (OhServer *server, OhTask done, gpointer user_data)
{
  notify_systemd ("STOPPING=1");
  server->stopped = done;
  server->stopped_data = user_data;
  g_clear_pointer (&server->admin, oh_admin_free);
  oh_exchange_stop (server->exchange, STOP_MS, on_exchange_stopped, server);
}

static void
note_over (gpointer data)
{
  *(gboolean *)data = TRUE;
}

/* After a start that failed: what it had begun ends in its own thread. */
static void
end_begun (OhServer *server)
{
  gboolean over = FALSE;

  if (!server->sip || server->stopped)
    return;
  oh_exchange_stop (server->exchange, STOP_MS, note_over, &over);
  while (!over)
    g_main_context_iteration (NULL, TRUE);
}

void
oh_server_free (OhServer *server)
{
  if (!server)
    return;
  g_clear_handle_id (&server->prune_timer, g_source_remove);
  g_clear_pointer (&server->admin, oh_admin_free);
  end_begun (server);
  g_clear_pointer (&server->web, oh_web_free);
  g_clear_pointer (&server->sip, oh_sip_free);
  g_clear_pointer (&server->exchange, oh_exchange_free);
  g_clear_pointer (&server->desk, oh_im_desk_free);
  g_clear_pointer (&server->links, oh_links_free);
  g_clear_pointer (&server->store, oh_store_close);
  if (server->stopped)
    g_unlink (((OhServerConfig *)g_ptr_array_index (server->configs, 0))->run_file);
  g_ptr_array_unref (server->configs);
  g_free (server->config_path);
  g_free (server);
}
