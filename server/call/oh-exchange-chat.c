/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "oh-call"

#include "server/call/oh-exchange-private.h"

/* SIP as a service of the IM desk: the desk (services thread) hands over texts, the courier (signalling
 * thread) brings them to devices that are told by message, and hands back what these reply. */

/* --- From the desk --- */

typedef struct
{
  OhExchange *exchange;
  guint id;
  char *username, *name, *text;
} Letter;

static void
on_brought (gboolean left, gpointer user_data)
{
  Letter *letter = user_data;

  oh_im_desk_sip_sent (letter->exchange->desk, letter->id, left);
  g_free (letter->username);
  g_free (letter->name);
  g_free (letter->text);
  g_free (letter);
}

static void
take_letter (gpointer data)
{
  Letter *letter = data;

  if (letter->exchange->stopping)
    on_brought (FALSE, letter);
  else
    oh_courier_send (letter->exchange->courier, letter->username, letter->name, letter->text,
                     on_brought, letter);
}

void
oh_exchange_send_sip (
    guint id, const char *username, const char *name, const char *text, gpointer exchange)
{
  Letter *letter = g_new (Letter, 1);

  *letter = (Letter){ exchange, id, g_strdup (username), g_strdup (name), g_strdup (text) };
  oh_executor_post (&letter->exchange->signalling, take_letter, letter);
}

/* --- To the desk --- */

static void
on_reply (const char *name, const char *text, gpointer user_data)
{
  oh_im_desk_sip_message (((OhExchange *)user_data)->desk, name, text);
}

void
oh_exchange_start_sip_desk (OhExchange *exchange)
{
  GPtrArray *users = oh_directory_get_users (exchange->directory);

  oh_courier_set_desk (exchange->courier, on_reply, exchange);
  for (guint i = 0; i < users->len; i++)
    oh_exchange_tell_text_devices (exchange, users->pdata[i]);
}

void
oh_exchange_tell_text_devices (OhExchange *exchange, const OhUser *user)
{
  for (guint i = 0; i < user->identities->len && exchange->desk; i++)
    {
      const OhImIdentity *identity = user->identities->pdata[i];
      const OhDevice *device = oh_im_login_is_sip (identity->login)
                                   ? oh_directory_find_device (exchange->directory, identity->name)
                                   : NULL;
      GPtrArray *bindings = device && device->user == user
                                ? oh_registrar_find_by_device (exchange->registrar, device->id)
                                : NULL;
      const OhBinding *binding = bindings ? bindings->pdata[0] : NULL;

      if (device && device->user == user)
        oh_im_desk_sip_device (
            exchange->desk, identity->name, binding ? binding->presence : OH_PRESENCE_CLOSED,
            binding ? binding->active_us : 0, binding ? binding->user_agent : NULL);
    }
}
