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
  OH_ACCOUNT_REASON_KEYRING,        /* the secret can't be read: keyring locked or absent */
  OH_ACCOUNT_REASON_NAME,           /* the service knows no such user */
  OH_ACCOUNT_REASON_IN_USE,         /* signed in elsewhere, or the name is taken */
  OH_ACCOUNT_REASON_ENCRYPTION,     /* the service offers none, or it failed */
  OH_ACCOUNT_REASON_SETTINGS,       /* the account's own settings make no sense */
  OH_ACCOUNT_REASON_PROTOCOL,       /* no plug-in for its protocol, or it failed again and again */
  OH_ACCOUNT_REASON_ENGINE,         /* the IM engine's process ended; it is being begun again */
  OH_ACCOUNT_REASON_PROXY,          /* the proxy cannot be reached */
  OH_ACCOUNT_REASON_PROXY_REFUSED,  /* it lets nothing through, or is none */
  OH_ACCOUNT_REASON_PROXY_PASSWORD, /* it refused user and password, or wants some */
  OH_ACCOUNT_REASON_WEB             /* online, but by a web line: calls, no messages */
} OhAccountReason;

/* What can be done by an account, as bits. */
typedef enum
{
  OH_ACCOUNT_CALLS = 1 << 0,    /* oh_account_dial() */
  OH_ACCOUNT_CHATS = 1 << 1,    /* contacts and messages: it is an OhMessenger */
  OH_ACCOUNT_TYPING = 1 << 2,   /* tells who is typing */
  OH_ACCOUNT_BLOCKING = 1 << 3, /* oh_messenger_set_blocked() */
  OH_ACCOUNT_RECEIPTS = 1 << 4, /* tells of messages that arrived */
  OH_ACCOUNT_TALK = 1 << 5      /* a chat message of its user's may answer calls here */
} OhAccountFeatures;

struct _OhAccountInterface
{
  GTypeInterface parent;
  void (*sign_in) (OhAccount *account);
  void (*sign_out) (OhAccount *account);
  /* Starts a call to @target (number, user or SIP address). It appears in the calls list. Asked for
   * only where "features" has CALLS. */
  gboolean (*dial) (OhAccount *account, const char *target, GError **error);
  /* Whether the user's own reply by chat may answer calls here; the server is told. Optional. */
  void (*set_talk) (OhAccount *account, gboolean allowed);
  /* Lends the value of a string property. */
  const char *(*get_string) (OhAccount *account, const char *property);
};

/* Properties, all of which notify: "id" string (stable), "name" string (of the person, or NULL),
 * "provider" string ("sip", "purple"), "protocol" string (of the provider's, or NULL), "features"
 * uint (OhAccountFeatures), "detail" string or NULL (what the service said of the reason, in its own
 * words; for a tooltip), "server" string (URL or NULL), "embedded" boolean (the call server that the client started itself),
 * "state" (OhAccountState as int), "reason" (OhAccountReason as int), "retry-at" int64
 * monotonic us, "address" string, "messages-waiting" uint (new voicemails). */
OhAccountState oh_account_get_state (OhAccount *account);
OhAccountReason oh_account_get_reason (OhAccount *account);
const char *oh_account_get_id (OhAccount *account);
const char *oh_account_get_name (OhAccount *account);
const char *oh_account_get_address (OhAccount *account);
const char *oh_account_get_provider (OhAccount *account);
const char *oh_account_get_protocol (OhAccount *account);
const char *oh_account_get_detail (OhAccount *account);
OhAccountFeatures oh_account_get_features (OhAccount *account);
const char *oh_account_get_server (OhAccount *account);
gboolean oh_account_is_embedded (OhAccount *account);
gint64 oh_account_get_retry_at (OhAccount *account);
guint oh_account_get_messages_waiting (OhAccount *account);
void oh_account_sign_in (OhAccount *account);
void oh_account_sign_out (OhAccount *account);
gboolean oh_account_dial (OhAccount *account, const char *target, GError **error);

/* Of an account with OH_ACCOUNT_TALK: from now on. What is kept is set by oh_client_set_talk(). */
void oh_account_set_talk (OhAccount *account, gboolean allowed);

G_END_DECLS
