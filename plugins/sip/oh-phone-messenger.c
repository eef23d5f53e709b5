/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "oh-phone"

#include "plugins/sip/oh-phone-account-private.h"

#include "base/oh-error.h"

#include <string.h>

/* The account as an OhMessenger: its messages, contacts and status. */

/* Messages go by SIP alone; they wait while only calls can be had. */
static void
send_async (OhMessenger *messenger,
            const char *to,
            const char *text,
            GAsyncReadyCallback callback,
            gpointer user_data)
{
  OhPhoneAccount *account = OH_PHONE_ACCOUNT (messenger);

  if (account->registered)
    oh_phone_chat_send_async (account->chat, to, text, callback, user_data);
  else
    g_task_report_new_error (messenger, callback, user_data, NULL, OH_ERROR, OH_ERROR_CLOSED,
                             "messages wait for SIP");
}

static gboolean
send_finish (OhMessenger *messenger, GAsyncResult *result, char **receipt, GError **error)
{
  return oh_phone_chat_send_finish (result, receipt, error);
}

static void
send_typing (OhMessenger *messenger, const char *to, OhTyping typing)
{
  oh_phone_chat_send_typing (OH_PHONE_ACCOUNT (messenger)->chat, to, typing);
}

static char *
normalize (OhMessenger *messenger, const char *address)
{
  const OhAccountSettings *settings = oh_base_account_get_settings (OH_BASE_ACCOUNT (messenger));
  const char *at = settings->sip_aor ? strchr (settings->sip_aor, '@') : NULL;

  return oh_phone_address_normalize (address, at ? at + 1 : NULL);
}

/* SIP has no word for being there and not being seen: who wants that is away. */
static void
set_status (OhMessenger *messenger, OhPresence presence, const char *message)
{
  OhPhoneAccount *account = OH_PHONE_ACCOUNT (messenger);
  g_autofree char *note = g_utf8_make_valid (message ? message : "", -1);

  account->status = (OhSipPidf){ .open = TRUE,
                                 .busy = presence == OH_PRESENCE_BUSY,
                                 .away = presence == OH_PRESENCE_AWAY
                                         || presence == OH_PRESENCE_EXTENDED_AWAY
                                         || presence == OH_PRESENCE_INVISIBLE };
  if (strlen (note) >= sizeof account->status.note)
    *g_utf8_find_prev_char (note, note + sizeof account->status.note) = '\0';
  g_strlcpy (account->status.note, note, sizeof account->status.note);
  oh_phone_account_publish (account);
}

static void
add_contact (OhMessenger *messenger,
             const char *address,
             const char *name,
             const char *group,
             const char *message)
{
  g_autofree char *clean = normalize (messenger, address);

  oh_phone_roster_add (OH_PHONE_ACCOUNT (messenger)->roster, clean, name, group);
}

static void
remove_contact (OhMessenger *messenger, const char *address)
{
  oh_phone_roster_remove (OH_PHONE_ACCOUNT (messenger)->roster, address);
}

/* What they write is answered as anybody's, so that they learn nothing; client/chat drops it. */
static void
set_blocked (OhMessenger *messenger, const char *address, gboolean blocked)
{
  g_autofree char *clean = normalize (messenger, address);

  if (oh_phone_roster_set_blocked (OH_PHONE_ACCOUNT (messenger)->roster, clean, blocked))
    oh_messenger_emit_blocked (messenger, clean, blocked);
}

static gboolean
is_blocked (OhMessenger *messenger, const char *address)
{
  g_autofree char *clean = normalize (messenger, address);

  return oh_phone_roster_is_blocked (OH_PHONE_ACCOUNT (messenger)->roster, clean);
}

void
oh_phone_account_init_messenger (OhMessengerInterface *iface)
{
  iface->normalize = normalize;
  iface->send_async = send_async;
  iface->send_finish = send_finish;
  iface->send_typing = send_typing;
  iface->set_status = set_status;
  iface->add_contact = add_contact;
  iface->remove_contact = remove_contact;
  iface->set_blocked = set_blocked;
  iface->is_blocked = is_blocked;
}
