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
  OH_ACCOUNT_REASON_SERVER
} OhAccountReason;

/* What is kept of an account; its device secret lies in the keyring. */
typedef struct
{
  char *id;                               /* stable */
  char *provider;                         /* "sip" */
  char *address;                          /* alias: "demo@example.org" */
  char *server;                           /* "https://127.0.0.1:8443" */
  char *sip_user, *sip_realm, *sip_proxy; /* as sign-in answered */
  char *device_id;
  char *fingerprint; /* SHA-256 of the server's pinned certificate, or NULL = public CAs */
  gboolean embedded; /* the call server that the client started itself */
} OhAccountSettings;

struct _OhAccountInterface
{
  GTypeInterface parent;
  void (*sign_in) (OhAccount *account);
  void (*sign_out) (OhAccount *account);
  /* Starts a call to @target (number, user or SIP address). It appears in the calls list. */
  gboolean (*dial) (OhAccount *account, const char *target, GError **error);
};

/* Properties: "state" (OhAccountState as int), "reason" (OhAccountReason as int), "retry-at" int64
 * monotonic us, "address" string, "messages-waiting" uint (new voicemails). */
OhAccountState oh_account_get_state (OhAccount *account);
OhAccountReason oh_account_get_reason (OhAccount *account);
const char *oh_account_get_address (OhAccount *account);
void oh_account_sign_in (OhAccount *account);
void oh_account_sign_out (OhAccount *account);
gboolean oh_account_dial (OhAccount *account, const char *target, GError **error);

G_END_DECLS
