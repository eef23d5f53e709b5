/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "oh-client"

#include "client/oh-client-private.h"

/* Only who is signed in: the others fetch when they are again. */
static void
refresh_online (OhClient *client)
{
  for (guint i = 0; i < client->all->len; i++)
    {
      const OhAccountSettings *settings = client->all->pdata[i];
      OhAccount *account = oh_client_find_account (client, settings->id);

      if (account && oh_account_get_state (account) == OH_ACCOUNT_ONLINE)
        oh_mailbox_refresh (client->mailbox, settings);
    }
}

/* Another address, another link, or a computer that slept: connections of before may be dead without
 * knowing it, and what the server told meanwhile was not heard. */
static void
look_again (OhClient *client)
{
  for (guint i = 0; client->plugins && i < client->plugins->providers->len; i++)
    oh_provider_network_changed (client->plugins->providers->pdata[i]);
  refresh_online (client);
}

static void
on_network_changed (GNetworkMonitor *monitor, gboolean available, OhClient *client)
{
  look_again (client);
}

/* logind says TRUE before and FALSE after the sleep. */
static void
on_prepare_for_sleep (GDBusConnection *bus,
                      const char *sender,
                      const char *path,
                      const char *interface,
                      const char *signal,
                      GVariant *parameters,
                      gpointer user_data)
{
  gboolean begins = TRUE;

  if (g_variant_is_of_type (parameters, G_VARIANT_TYPE ("(b)")))
    g_variant_get (parameters, "(b)", &begins);
  if (!begins)
    look_again (user_data);
}

static void
on_system_bus (GObject *source, GAsyncResult *result, gpointer user_data)
{
  GWeakRef *weak = user_data;
  g_autoptr (OhClient) client = g_weak_ref_get (weak);
  g_autoptr (GError) error = NULL;
  g_autoptr (GDBusConnection) bus = g_bus_get_finish (result, &error);

  g_weak_ref_clear (weak);
  g_free (weak);
  if (!bus)
    g_debug ("nobody tells when the computer wakes: %s", error->message);
  if (!bus || !client || client->closing)
    return;
  client->system_bus = g_steal_pointer (&bus);
  client->sleep_watch = g_dbus_connection_signal_subscribe (
      client->system_bus, "org.freedesktop.login1", "org.freedesktop.login1.Manager",
      "PrepareForSleep", "/org/freedesktop/login1", NULL, G_DBUS_SIGNAL_FLAGS_NONE,
      on_prepare_for_sleep, client, NULL);
}

void
oh_client_watch_network (OhClient *client)
{
  GWeakRef *weak = g_new0 (GWeakRef, 1);

  g_weak_ref_init (weak, client);
  client->network_handler = g_signal_connect (g_network_monitor_get_default (), "network-changed",
                                              G_CALLBACK (on_network_changed), client);
  g_bus_get (G_BUS_TYPE_SYSTEM, NULL, on_system_bus, weak);
}

void
oh_client_unwatch_network (OhClient *client)
{
  if (client->network_handler)
    g_signal_handler_disconnect (g_network_monitor_get_default (), client->network_handler);
  client->network_handler = 0;
  if (client->sleep_watch)
    g_dbus_connection_signal_unsubscribe (client->system_bus, client->sleep_watch);
  client->sleep_watch = 0;
  g_clear_object (&client->system_bus);
}
