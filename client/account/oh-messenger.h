/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "client/account/oh-account.h"
#include "client/contact/oh-contact.h"

G_BEGIN_DECLS

/* What an account of an IM service can do beside what every OhAccount can: it has contacts, their
 * presence, the user's own status, and messages. Main thread. Implemented by providers, most easily
 * by OhBaseMessenger. Windows use it for contacts and status; messages they send by OhChat.
 * Signals, for client/chat:
 *   "message" (OhIncoming*), "typing" (address, OhTyping as int),
 *   "failed" (address, text): the service says that what was sent last did not arrive,
 *   "receipt" (address, receipt, boolean read): what send gave this receipt for arrived, or was read,
 *   "blocked" (address, boolean): somebody is blocked now, or no more,
 *   "list-changed": who is on the list, or under which name or group,
 *   "refused" (address, OhRefused as int, name, int64 size): somebody offered what cannot be taken; size
 *   of a file in bytes, 0: not known */
#define OH_TYPE_MESSENGER (oh_messenger_get_type ())
G_DECLARE_INTERFACE (OhMessenger, oh_messenger, OH, MESSENGER, OhAccount)

/* One message from outside; or the user's own, written on another device. Text is plain. */
typedef struct
{
  const char *with; /* the other's address */
  const char *text;
  gint64 time;        /* Unix seconds, the service's where it has one; 0: now */
  gboolean own;       /* the user's, from another device */
  gboolean delayed;   /* it waited at the service */
  gboolean automatic; /* a program wrote it */
  const char *detail; /* kept beside it; or NULL */
} OhIncoming;

/* What is refused for the user, because this program cannot do it. */
typedef enum
{
  OH_REFUSED_ROOM, /* an invitation to a chat of many */
  OH_REFUSED_FILE
} OhRefused;

struct _OhMessengerInterface
{
  GTypeInterface parent;
  /* All mandatory but those that say otherwise. */
  GListModel *(*get_contacts) (OhMessenger *messenger); /* of OhContact; borrowed */
  OhContact *(*find_contact) (OhMessenger *messenger, const char *address); /* or NULL; borrowed */
  /* @contacts (of OhContact, of this account) were on the list when the program ran last; they are shown
   * until the service tells. Optional: without it the list is there at once. */
  void (*know_contacts) (OhMessenger *messenger, GPtrArray *contacts);
  /* How the service writes @address; two addresses of one person become the same. Transfer full.
   * Optional: as it is. */
  char *(*normalize) (OhMessenger *messenger, const char *address);
  /* Hands @text to the service. Asked for only while the account is online; the order is kept. It
   * ends when the service took it; OH_ERROR CLOSED: not sent, to be asked again when it is back. */
  void (*send_async) (OhMessenger *messenger,
                      const char *to,
                      const char *text,
                      GAsyncReadyCallback callback,
                      gpointer user_data);
  /* @receipt: by what "receipt" will name this message, or NULL where the service tells nothing. */
  gboolean (*send_finish) (OhMessenger *messenger,
                           GAsyncResult *result,
                           char **receipt,
                           GError **error);
  void (*send_typing) (OhMessenger *messenger, const char *to, OhTyping typing); /* optional */
  void (*set_status) (OhMessenger *messenger, OhPresence presence, const char *message);
  void (*add_contact) (OhMessenger *messenger,
                       const char *address,
                       const char *name,
                       const char *group,
                       const char *message);
  void (*remove_contact) (OhMessenger *messenger, const char *address);
  /* Both optional: without them the account has no feature BLOCKING. */
  void (*set_blocked) (OhMessenger *messenger, const char *address, gboolean blocked);
  gboolean (*is_blocked) (OhMessenger *messenger, const char *address);
  /* Whether @address may be one of a person at this service. Optional: everything may. */
  gboolean (*check_address) (OhMessenger *messenger, const char *address);
};

GListModel *oh_messenger_get_contacts (OhMessenger *messenger);
OhContact *oh_messenger_find_contact (OhMessenger *messenger, const char *address);
char *oh_messenger_normalize (OhMessenger *messenger, const char *address);

/* Whether contacts are not there before the service told of them: then who was there when the program ran
 * last is made known. */
gboolean oh_messenger_wants_contacts (OhMessenger *messenger);
void oh_messenger_know_contacts (OhMessenger *messenger, GPtrArray *contacts);

void oh_messenger_send_async (OhMessenger *messenger,
                              const char *to,
                              const char *text,
                              GAsyncReadyCallback callback,
                              gpointer user_data);
gboolean oh_messenger_send_finish (OhMessenger *messenger,
                                   GAsyncResult *result,
                                   char **receipt,
                                   GError **error);
void oh_messenger_send_typing (OhMessenger *messenger, const char *to, OhTyping typing);

/* The user's own status at this account. Kept until the program ends; what is kept for longer is set
 * by oh_client_set_status(). @message: or NULL. */
void oh_messenger_set_status (OhMessenger *messenger, OhPresence presence, const char *message);

/* Asks to have @address on the list and to see their presence. The others may be NULL; @message goes
 * with the request where the service has that. Changing name or group of one that is there: the
 * same; "" takes them away, NULL leaves them. */
void oh_messenger_add_contact (OhMessenger *messenger,
                               const char *address,
                               const char *name,
                               const char *group,
                               const char *message);
void oh_messenger_remove_contact (OhMessenger *messenger, const char *address);

/* Messages, requests and typing of @address are not heard from now on, or again. Kept. Where as many are blocked
 * as may be, oh_messenger_is_blocked() says at once that nothing was done. */
void oh_messenger_set_blocked (OhMessenger *messenger, const char *address, gboolean blocked);
gboolean oh_messenger_is_blocked (OhMessenger *messenger, const char *address);

/* Whether somebody can have @address, as a person typed it, at this service. */
gboolean oh_messenger_check_address (OhMessenger *messenger, const char *address);

/* --- For implementations --- */
void oh_messenger_emit_message (OhMessenger *messenger, const OhIncoming *incoming);
void oh_messenger_emit_typing (OhMessenger *messenger, const char *address, OhTyping typing);
void oh_messenger_emit_blocked (OhMessenger *messenger, const char *address, gboolean blocked);
void oh_messenger_emit_list_changed (OhMessenger *messenger);
void oh_messenger_emit_failed (OhMessenger *messenger, const char *address, const char *text);
void oh_messenger_emit_receipt (OhMessenger *messenger,
                                const char *address,
                                const char *receipt,
                                gboolean read);
void oh_messenger_emit_refused (
    OhMessenger *messenger, const char *address, OhRefused what, const char *name, gint64 size);

G_END_DECLS
