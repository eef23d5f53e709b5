/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "oh-client"

#include "client/oh-client-private.h"

/* What the person lets others know: call servers that let calls ring first where their user is, whether
 * he is here; contacts, that their messages arrived. */

static void
tell_use (OhClient *client)
{
  gint64 since = 0;
  OhUse use = client->idle_watch ? oh_idle_watch_get (client->idle_watch, &since) : OH_USE_UNKNOWN;

  for (guint i = 0; client->plugins && i < client->plugins->providers->len; i++)
    oh_provider_set_use (client->plugins->providers->pdata[i], use, since);
}

static void
drop_watch (OhClient *client)
{
  if (client->idle_watch)
    g_signal_handlers_disconnect_by_data (client->idle_watch, client);
  g_clear_object (&client->idle_watch);
}

static void
on_wish_changed (OhClient *client)
{
  drop_watch (client);
  if (oh_settings_get_tell_idle (client->settings))
    {
      client->idle_watch = oh_idle_watch_new ();
      g_signal_connect_swapped (client->idle_watch, "changed", G_CALLBACK (tell_use), client);
    }
  tell_use (client);
}

static void
tell_receipts (OhClient *client)
{
  gboolean given = oh_settings_get_send_receipts (client->settings);

  for (guint i = 0; client->plugins && i < client->plugins->providers->len; i++)
    oh_provider_set_receipts (client->plugins->providers->pdata[i], given);
}

void
oh_client_watch_use (OhClient *client)
{
  g_signal_connect_swapped (client->settings, "notify::tell-idle", G_CALLBACK (on_wish_changed),
                            client);
  g_signal_connect_swapped (client->settings, "notify::send-receipts", G_CALLBACK (tell_receipts),
                            client);
  on_wish_changed (client);
  tell_receipts (client);
}

void
oh_client_unwatch_use (OhClient *client)
{
  if (client->settings)
    {
      g_signal_handlers_disconnect_by_func (client->settings, on_wish_changed, client);
      g_signal_handlers_disconnect_by_func (client->settings, tell_receipts, client);
    }
  drop_watch (client);
}
