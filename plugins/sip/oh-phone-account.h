/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "client/account/oh-base-messenger.h"
#include "client/provider/oh-core.h"
#include "client/call/oh-relay-info.h"
#include "sip/oh-sip.h"

G_BEGIN_DECLS

/* A user's device at a call server: its SIP stack, registration, presence and message-waiting
 * subscription, the calls that it carries, its messages and contacts. Main thread; the stack posts to it. */
#define OH_TYPE_PHONE_ACCOUNT (oh_phone_account_get_type ())
G_DECLARE_FINAL_TYPE (OhPhoneAccount, oh_phone_account, OH, PHONE_ACCOUNT, OhBaseMessenger)

OhPhoneAccount *oh_phone_account_new (OhCore *core, const OhAccountSettings *settings);

OhCore *oh_phone_account_get_core (OhPhoneAccount *account);
OhSip *oh_phone_account_get_sip (OhPhoneAccount *account); /* NULL while signed out */
const OhSipAccount *oh_phone_account_get_identity (OhPhoneAccount *account);

/* What the server is told of this device: its sound as in "+offhook.audio", its presence as PIDF.
 * Transfer full. */
char *oh_phone_account_dup_audio (OhPhoneAccount *account);
char *oh_phone_account_dup_presence (OhPhoneAccount *account);

/* The server does not know the device any more. */
void oh_phone_account_note_revoked (OhPhoneAccount *account);

/* SIP is asked for now, whenever it would be. */
void oh_phone_account_retry_sip (OhPhoneAccount *account);
/* The same, because the network may be another one: signal "moved" follows as soon as the server has answered. */
void oh_phone_account_check_path (OhPhoneAccount *account);

/* The servers that help sound through a NAT, as the call server told last. Borrowed. */
const OhRelayInfo *oh_phone_account_get_relay (OhPhoneAccount *account);

/* Whether a reply of the user's may answer calls here. */
gboolean oh_phone_account_may_talk (OhPhoneAccount *account);

/* The server runs on this computer: ICE needs 127.0.0.1 too. */
gboolean oh_phone_account_is_local (OhPhoneAccount *account);

/* A call ended: voicemail and history are fetched once the server has written them, even where its
 * notification is lost. */
void oh_phone_account_refresh_soon (OhPhoneAccount *account);

void oh_phone_account_network_changed (OhPhoneAccount *account);

/* Published to the server (RFC 4480); OH_USE_UNKNOWN: not. @since: see OhProviderInterface. */
void oh_phone_account_set_use (OhPhoneAccount *account, OhUse use, gint64 since);

/* Ends calls and registration; gives the stack, which the caller shuts down on another thread, or
 * NULL. */
OhSip *oh_phone_account_steal_sip (OhPhoneAccount *account);

G_END_DECLS
