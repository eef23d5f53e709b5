/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "oh-client"

#include "client/account/oh-messenger.h"

enum
{
  SIGNAL_MESSAGE,
  SIGNAL_TYPING,
  SIGNAL_FAILED,
  SIGNAL_RECEIPT,
  SIGNAL_BLOCKED,
  SIGNAL_LIST_CHANGED,
  SIGNAL_REFUSED,
  N_SIGNALS
};
static guint signals[N_SIGNALS];

G_DEFINE_INTERFACE (OhMessenger, oh_messenger, OH_TYPE_ACCOUNT)

#define IFACE(messenger) OH_MESSENGER_GET_IFACE (messenger)

static guint
new_signal (const char *name, guint n, GType a, GType b, GType c)
{
  return g_signal_new (name, OH_TYPE_MESSENGER, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL, G_TYPE_NONE,
                       n, a, b, c);
}

static void
oh_messenger_default_init (OhMessengerInterface *iface)
{
  signals[SIGNAL_MESSAGE] = new_signal ("message", 1, G_TYPE_POINTER, 0, 0);
  signals[SIGNAL_TYPING] = new_signal ("typing", 2, G_TYPE_STRING, G_TYPE_INT, 0);
  signals[SIGNAL_FAILED] = new_signal ("failed", 2, G_TYPE_STRING, G_TYPE_STRING, 0);
  signals[SIGNAL_RECEIPT] = new_signal ("receipt", 3, G_TYPE_STRING, G_TYPE_STRING, G_TYPE_BOOLEAN);
  signals[SIGNAL_BLOCKED] = new_signal ("blocked", 2, G_TYPE_STRING, G_TYPE_BOOLEAN, 0);
  signals[SIGNAL_LIST_CHANGED] = new_signal ("list-changed", 0, 0, 0, 0);
  signals[SIGNAL_REFUSED] = g_signal_new ("refused", OH_TYPE_MESSENGER, G_SIGNAL_RUN_LAST, 0, NULL,
                                          NULL, NULL, G_TYPE_NONE, 4, G_TYPE_STRING, G_TYPE_INT,
                                          G_TYPE_STRING, G_TYPE_INT64);
}

GListModel *
oh_messenger_get_contacts (OhMessenger *messenger)
{
  g_return_val_if_fail (OH_IS_MESSENGER (messenger), NULL);
  return IFACE (messenger)->get_contacts (messenger);
}

OhContact *
oh_messenger_find_contact (OhMessenger *messenger, const char *address)
{
  g_return_val_if_fail (OH_IS_MESSENGER (messenger), NULL);
  return IFACE (messenger)->find_contact (messenger, address);
}

gboolean
oh_messenger_wants_contacts (OhMessenger *messenger)
{
  g_return_val_if_fail (OH_IS_MESSENGER (messenger), FALSE);
  return IFACE (messenger)->know_contacts != NULL;
}

void
oh_messenger_know_contacts (OhMessenger *messenger, GPtrArray *contacts)
{
  g_return_if_fail (oh_messenger_wants_contacts (messenger));
  IFACE (messenger)->know_contacts (messenger, contacts);
}

char *
oh_messenger_normalize (OhMessenger *messenger, const char *address)
{
  g_return_val_if_fail (OH_IS_MESSENGER (messenger), NULL);
  if (IFACE (messenger)->normalize)
    return IFACE (messenger)->normalize (messenger, address);
  return g_strdup (address);
}

void
oh_messenger_send_async (OhMessenger *messenger,
                         const char *to,
                         const char *text,
                         GAsyncReadyCallback callback,
                         gpointer user_data)
{
  g_return_if_fail (OH_IS_MESSENGER (messenger));
  IFACE (messenger)->send_async (messenger, to, text, callback, user_data);
}

gboolean
oh_messenger_send_finish (OhMessenger *messenger,
                          GAsyncResult *result,
                          char **receipt,
                          GError **error)
{
  g_return_val_if_fail (OH_IS_MESSENGER (messenger), FALSE);
  return IFACE (messenger)->send_finish (messenger, result, receipt, error);
}

void
oh_messenger_send_typing (OhMessenger *messenger, const char *to, OhTyping typing)
{
  g_return_if_fail (OH_IS_MESSENGER (messenger));
  if (IFACE (messenger)->send_typing)
    IFACE (messenger)->send_typing (messenger, to, typing);
}

void
oh_messenger_set_status (OhMessenger *messenger, OhPresence presence, const char *message)
{
  g_return_if_fail (OH_IS_MESSENGER (messenger));
  IFACE (messenger)->set_status (messenger, presence, message ? message : "");
}

void
oh_messenger_add_contact (OhMessenger *messenger,
                          const char *address,
                          const char *name,
                          const char *group,
                          const char *message)
{
  g_return_if_fail (OH_IS_MESSENGER (messenger) && address && *address);
  IFACE (messenger)->add_contact (messenger, address, name, group, message);
}

void
oh_messenger_remove_contact (OhMessenger *messenger, const char *address)
{
  g_return_if_fail (OH_IS_MESSENGER (messenger));
  IFACE (messenger)->remove_contact (messenger, address);
}

void
oh_messenger_set_blocked (OhMessenger *messenger, const char *address, gboolean blocked)
{
  g_return_if_fail (OH_IS_MESSENGER (messenger));
  if (IFACE (messenger)->set_blocked)
    IFACE (messenger)->set_blocked (messenger, address, blocked);
}

gboolean
oh_messenger_is_blocked (OhMessenger *messenger, const char *address)
{
  g_return_val_if_fail (OH_IS_MESSENGER (messenger) && address, FALSE);
  return IFACE (messenger)->is_blocked && IFACE (messenger)->is_blocked (messenger, address);
}

gboolean
oh_messenger_check_address (OhMessenger *messenger, const char *address)
{
  g_return_val_if_fail (OH_IS_MESSENGER (messenger) && address, FALSE);
  return !IFACE (messenger)->check_address || IFACE (messenger)->check_address (messenger, address);
}

void
oh_messenger_emit_message (OhMessenger *messenger, const OhIncoming *incoming)
{
  g_signal_emit (messenger, signals[SIGNAL_MESSAGE], 0, incoming);
}

void
oh_messenger_emit_typing (OhMessenger *messenger, const char *address, OhTyping typing)
{
  g_signal_emit (messenger, signals[SIGNAL_TYPING], 0, address, typing);
}

void
oh_messenger_emit_failed (OhMessenger *messenger, const char *address, const char *text)
{
  g_signal_emit (messenger, signals[SIGNAL_FAILED], 0, address, text);
}

void
oh_messenger_emit_blocked (OhMessenger *messenger, const char *address, gboolean blocked)
{
  g_signal_emit (messenger, signals[SIGNAL_BLOCKED], 0, address, blocked);
}

void
oh_messenger_emit_list_changed (OhMessenger *messenger)
{
  g_signal_emit (messenger, signals[SIGNAL_LIST_CHANGED], 0);
}

void
oh_messenger_emit_receipt (OhMessenger *messenger,
                           const char *address,
                           const char *receipt,
                           gboolean read)
{
  g_signal_emit (messenger, signals[SIGNAL_RECEIPT], 0, address, receipt, read);
}

void
oh_messenger_emit_refused (
    OhMessenger *messenger, const char *address, OhRefused what, const char *name, gint64 size)
{
  g_signal_emit (messenger, signals[SIGNAL_REFUSED], 0, address, what, name, size);
}
