/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "client/account/oh-account-settings.h"
#include "client/account/oh-api.h"
#include "client/account/oh-secrets.h"
#include "client/call/oh-call-list.h"
#include "client/contact/oh-contact-keep.h"
#include "client/offer/oh-offer-desk.h"
#include "client/oh-client.h"
#include "client/provider/oh-core.h"
#include "client/provider/oh-plugins.h"
#include "client/server/oh-embedded.h"
#include "client/settings/oh-idle-watch.h"
#include "client/sound/oh-sound-desk.h"
#include "client/store/oh-database.h"
#include "client/voicemail/oh-mailbox.h"

G_BEGIN_DECLS

/* OhClient's parts; its code stands in oh-client.c (life and lists), oh-client-accounts.c (who is
 * signed in), oh-client-ask.c (requests to their servers), oh-client-sign-in.c (HTTPS, embedded server), oh-client-devices.c (the devices of an
 * account), oh-client-chats.c (messages and contacts), oh-client-im.c (who the user is at IM
 * services), oh-client-rules.c (where calls reach the user), oh-client-network.c (network and sleep), oh-client-sound.c (levels and samples),
 * oh-client-use.c (what others may know: whether the person is there, receipts). */
struct _OhClient
{
  GObject parent;
  char *config_dir, *data_dir, *state_dir, *runtime_dir;
  char *plugin_path;
  gboolean started, closing;

  OhSettings *settings;
  OhSecrets *secrets;
  OhCallList *calls;
  OhSoundDesk *desk;
  OhCore *core;
  OhPlugins *plugins; /* NULL before start */
  OhDatabase *database;
  OhHistory *history;
  OhMailbox *mailbox;
  OhVoicemailPlayer *player;
  OhEmbedded *embedded;

  OhChats *chats;
  OhOfferDesk *offers;
  OhContactList *contacts;
  OhContactKeep *kept;   /* the same over restarts */
  GListStore *protocols; /* of OhProtocol */
  gboolean protocols_asked;

  GListStore *accounts;   /* of OhAccount */
  GPtrArray *all;         /* of OhAccountSettings: what stands in accounts.ini */
  char *refused;          /* fingerprint of the certificate in doubt */
  gulong network_handler; /* at the network monitor */
  GDBusConnection *system_bus;
  guint sleep_watch;
  OhIdleWatch *idle_watch; /* NULL: nobody is told */
  GPtrArray *embedding;    /* of GTask: who waits for the embedded server's account; or NULL */
};

/* --- oh-client-network.c --- */

/* From now on a changed network and a computer that wakes make all accounts ask their servers anew. */
void oh_client_watch_network (OhClient *client);
void oh_client_unwatch_network (OhClient *client);

/* --- oh-client-use.c --- */

/* From now on call servers learn when the person leaves the keyboard and comes back, and providers whether
 * receipts are given; after the plugins were loaded. */
void oh_client_watch_use (OhClient *client);
void oh_client_unwatch_use (OhClient *client);

/* --- oh-client-ask.c --- */

/* One request to the call server of @account; @body is borrowed, or NULL. Errors: those of OhApi, and
 * CLOSED where there is no session. */
void oh_client_ask (OhClient *client,
                    OhAccount *account,
                    const char *method,
                    const char *path,
                    JsonNode *body,
                    GCancellable *cancellable,
                    GAsyncReadyCallback callback,
                    gpointer user_data);
/* The answer, transfer full. */
JsonNode *oh_client_ask_finish (OhClient *client, GAsyncResult *result, GError **error);
/* Where only that it was taken is of interest. */
gboolean oh_client_tell_finish (OhClient *client, GAsyncResult *result, GError **error);
/* Id of the account; lent. */
const char *oh_client_get_asked (GAsyncResult *result);

/* --- oh-client-rules.c --- */
void oh_client_forget_rules (OhClient *client, const char *id);

/* --- oh-client-chats.c --- */
void oh_client_make_chats (OhClient *client);
void oh_client_drop_chats (OhClient *client);

/* Asks the call server of account @id by which IM accounts it writes: its offers are believed. */
void oh_client_learn_services (OhClient *client, const char *id);

/* What it said in an earlier session holds until it says it anew. */
void oh_client_recall_services (OhClient *client, const OhAccountSettings *settings);

/* Tells @account the status that the person chose, if it is an OhMessenger. */
void oh_client_apply_status (OhClient *client, OhAccount *account);

/* --- oh-client-sign-in.c --- */

/* The keyring's complaints in the words of a sign-in. Takes @error. */
GError *oh_client_keyring_error (GError *error);

/* --- oh-client-accounts.c --- */
void oh_client_save_accounts (OhClient *client);
void oh_client_load_accounts (OhClient *client);

/* The embedded server runs again, at other ports: its account signs in there. */
void oh_client_follow_restart (OhClient *client);

/* From now on accounts wait for the keyring and connect when it is unlocked. */
void oh_client_follow_keyring (OhClient *client);

/* Makes the account of @settings (copied), shows it and signs it in; kept in the file if @keep. NULL
 * and @error where its plugin is missing. Borrowed. */
OhAccount *oh_client_add_account (OhClient *client,
                                  const OhAccountSettings *settings,
                                  gboolean keep,
                                  GError **error);
void oh_client_drop_account (OhClient *client, OhAccount *account);
/* --- oh-client-messengers.c --- */
void oh_client_clear_proxy_password (OhClient *client, const char *id);

/* Drops the older ones of the same user at the same server as @account, and revokes their devices. */
void oh_client_drop_twins (OhClient *client, OhAccount *account);
/* @account's user has just signed in here: whoever else was signed in at the same server by this client is
 * signed out there, by the credential of his own device. His account stays, to be signed in anew. */
void oh_client_end_others (OhClient *client, OhAccount *account);
OhAccount *oh_client_find_account (OhClient *client, const char *id); /* borrowed, or NULL */
const OhAccountSettings *oh_client_find_settings (OhClient *client, const char *id);

/* Records a call of an account that has no server to keep its history. */
void oh_client_watch_call (OhClient *client, OhAccount *account, OhCall *call);

G_END_DECLS
