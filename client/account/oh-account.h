/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

/* One identity of the user at a call server or IM service. Main thread. Implemented by providers. */
#define OH_TYPE_ACCOUNT (oh_account_get_type ())
G_DECLARE_INTERFACE (OhAccount, oh_account, OH, ACCOUNT, GObject)

typedef enum
{
  OH_ACCOUNT_OFFLINE,
  OH_ACCOUNT_CONNECTING,
  OH_ACCOUNT_ONLINE,
  OH_ACCOUNT_RETRYING, /* lost; tried again at "retry-at" */
  OH_ACCOUNT_FAILED    /* needs the person: wrong password, device revoked */
} OhAccountState;

typedef enum
{
  OH_ACCOUNT_REASON_NONE,
  OH_ACCOUNT_REASON_SIGNED_OUT,
  OH_ACCOUNT_REASON_NETWORK,
  OH_ACCOUNT_REASON_PASSWORD,
  OH_ACCOUNT_REASON_REVOKED,
  OH_ACCOUNT_REASON_CERTIFICATE,
  OH_ACCOUNT_REASON_SERVER,
  OH_ACCOUNT_REASON_KEYRING /* the secret can't be read: keyring locked or absent */
} OhAccountReason;

struct _OhAccountInterface
{
  GTypeInterface parent;
  void (*sign_in) (OhAccount *account);
  void (*sign_out) (OhAccount *account);
  /* Starts a call to @target (number, user or SIP address). It appears in the calls list. */
  gboolean (*dial) (OhAccount *account, const char *target, GError **error);
  /* Lends the value of a string property. */
  const char *(*get_string) (OhAccount *account, const char *property);
};

/* Properties, all of which notify: "id" string (stable), "name" string (of the person, or NULL),
 * "server" string (URL or NULL), "embedded" boolean (the call server that the client started itself),
 * "state" (OhAccountState as int), "reason" (OhAccountReason as int), "retry-at" int64
 * monotonic us, "address" string, "messages-waiting" uint (new voicemails). */
OhAccountState oh_account_get_state (OhAccount *account);
OhAccountReason oh_account_get_reason (OhAccount *account);
const char *oh_account_get_id (OhAccount *account);
const char *oh_account_get_name (OhAccount *account);
const char *oh_account_get_address (OhAccount *account);
const char *oh_account_get_server (OhAccount *account);
gboolean oh_account_is_embedded (OhAccount *account);
gint64 oh_account_get_retry_at (OhAccount *account);
guint oh_account_get_messages_waiting (OhAccount *account);
void oh_account_sign_in (OhAccount *account);
void oh_account_sign_out (OhAccount *account);
gboolean oh_account_dial (OhAccount *account, const char *target, GError **error);

G_END_DECLS
