/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "client/account/oh-account-device.h"
#include "client/account/oh-account-im.h"
#include "client/account/oh-account-rules.h"
#include "client/account/oh-account.h"
#include "client/account/oh-messenger.h"
#include "client/account/oh-question.h"
#include "client/call/oh-call.h"
#include "client/chat/oh-chat-search.h"
#include "client/chat/oh-chats.h"
#include "client/contact/oh-contact-list.h"
#include "client/settings/oh-settings.h"
#include "client/sound/oh-sound-device.h"
#include "client/store/oh-history.h"
#include "client/voicemail/oh-voicemail-player.h"
#include "client/voicemail/oh-voicemail.h"

G_BEGIN_DECLS

/* The phone without a face: everything that a window shows and does. It owns the media engine, the
 * sound devices, the plugins, the database's thread and the call server that it may have started.
 * Main thread. Properties that notify:
 *   "embedded-mode" int (OhEmbeddedMode)
 *   "has-microphone", "has-speaker" boolean; "sound-error" string or NULL (English, for details)
 *   "new-voicemails" uint (not heard yet)
 *   "active-call" OhCall or NULL: the one that has the sound (else an outgoing or incoming one)
 * Signals:
 *   "incoming-call" (OhCall): it has entered the calls list and rings. */
#define OH_TYPE_CLIENT (oh_client_get_type ())
G_DECLARE_FINAL_TYPE (OhClient, oh_client, OH, CLIENT, GObject)

/* NULL members: the XDG folders' "offhook", the environment, the built-in path. */
typedef struct
{
  const char *config_dir;  /* settings.ini, accounts.ini */
  const char *data_dir;    /* history.db, voicemail/ */
  const char *state_dir;   /* of the embedded server too: server/ */
  const char *runtime_dir; /* files of this session */
  const char *plugin_path; /* folders, ':' between; else OFFHOOK_PLUGIN_PATH, else $libdir */
  const char *audio;       /* back end; else OFFHOOK_AUDIO; else the best that works */
  const char *daemon_path; /* offhookd; else OFFHOOK_DAEMON_PATH; else beside the program */
} OhClientConfig;

typedef enum
{
  OH_EMBEDDED_NONE,    /* the client runs no call server */
  OH_EMBEDDED_SERVICE, /* a systemd user service: callers reach voicemail while the client is closed */
  OH_EMBEDDED_CHILD    /* a child process that ends with the client */
} OhEmbeddedMode;

/* What can go wrong with signing in, besides OH_ERROR's NETWORK, TIMEOUT, CANCELLED. */
#define OH_SIGN_IN_ERROR (oh_sign_in_error_quark ())
typedef enum
{
  OH_SIGN_IN_ERROR_ADDRESS,        /* not an address of a server */
  OH_SIGN_IN_ERROR_UNREACHABLE,    /* nobody answers there */
  OH_SIGN_IN_ERROR_CERTIFICATE,    /* unknown certificate: oh_client_get_certificate_in_doubt() */
  OH_SIGN_IN_ERROR_PASSWORD,       /* user or password wrong */
  OH_SIGN_IN_ERROR_LOCKED,         /* too many wrong passwords: wait */
  OH_SIGN_IN_ERROR_NOT_OURS,       /* something else than a call server answers there */
  OH_SIGN_IN_ERROR_SERVER,         /* the server failed */
  OH_SIGN_IN_ERROR_KEYRING_LOCKED, /* signed in, but the person left the keyring locked */
  OH_SIGN_IN_ERROR_KEYRING_ABSENT, /* no keyring: oh_client_allow_plain_secrets() if they agree */
  OH_SIGN_IN_ERROR_NO_DAEMON,      /* embedded: offhookd is not installed */
  OH_SIGN_IN_ERROR_DAEMON          /* embedded: it did not start; the message is its own line */
} OhSignInError;
GQuark oh_sign_in_error_quark (void);

OhClient *oh_client_new (const OhClientConfig *config); /* @config copied; or NULL */

/* Opens the store, loads the plugins, starts the embedded server if there is one, signs the accounts
 * in. Returns at once; what fails shows at the object that it concerns. FALSE only where the client
 * can't work at all (folders not writable). */
gboolean oh_client_start (OhClient *client, GError **error);

/* Ends calls, signs out, stops the child server, writes settings; then @callback. */
void oh_client_close_async (OhClient *client, GAsyncReadyCallback callback, gpointer user_data);
gboolean oh_client_close_finish (OhClient *client, GAsyncResult *result, GError **error);

/* --- Lists (borrowed) --- */
GListModel *oh_client_get_accounts (OhClient *client);   /* of OhAccount */
GListModel *oh_client_get_calls (OhClient *client);      /* of OhCall; ended ones stay for 3 s */
GListModel *oh_client_get_voicemails (OhClient *client); /* of OhVoicemail, newest first */
OhHistory *oh_client_get_history (OhClient *client);     /* a GListModel of OhHistoryEntry */
OhSettings *oh_client_get_settings (OhClient *client);

/* Of OhSoundDevice: first the "system default" (id NULL), then what is plugged in. */
GListModel *oh_client_get_devices (OhClient *client, gboolean capture);

/* "sip: cannot open ...": one line for each plugin that failed to load; NULL-terminated, may be
 * empty. */
const char *const *oh_client_get_plugin_problems (OhClient *client);

/* --- Calls --- */
OhCall *oh_client_get_active_call (OhClient *client); /* or NULL */

/* Calls @target (number as typed, user, SIP address, tel: or sip: link) by @account, or NULL: the
 * first that is online. The call appears in the calls list. */
gboolean oh_client_dial (OhClient *client, OhAccount *account, const char *target, GError **error);

/* The server's echo number: one speaks and hears oneself. */
gboolean oh_client_dial_echo (OhClient *client, OhAccount *account, GError **error);

/* --- Sound --- */
float oh_client_get_level (OhClient *client, gboolean capture); /* 0 to 1; poll while it is seen */
void oh_client_start_meter (OhClient *client);        /* opens the microphone for its meter only */
void oh_client_start_test_call (OhClient *client);    /* plays back what one says, a second later */
void oh_client_stop_test (OhClient *client);          /* ends either */
void oh_client_play_ringer_sample (OhClient *client); /* one ring on the chosen ringer */

/* A test sound on the chosen loudspeaker, by the way and as loud as the far end's voice. */
void oh_client_play_speaker_sample (OhClient *client);

/* @call rings on without a sound on this computer. */
void oh_client_silence (OhClient *client, OhCall *call);

/* --- Instant messages --- */
OhContactList *oh_client_get_contacts (OhClient *client); /* of all accounts; borrowed */
OhChats *oh_client_get_chats (OhClient *client);          /* borrowed */

/* Where messages reach the other side of a call: @peer, an address at the account with the id @account
 * (both may be NULL), else whoever of the contacts has @number (or NULL) as address. NULL: that is not
 * known. Borrowed; *@address: transfer full. */
OhAccount *oh_client_find_address (
    OhClient *client, const char *account, const char *peer, const char *number, char **address);

/* What services want to know of the person now: a GListModel of OhQuestion, oldest first. Borrowed. */
GListModel *oh_client_get_questions (OhClient *client);

/* Asks the person for another password of @account, an IM account, which then signs in with it: a
 * question of the list above, unless it stands there. */
void oh_client_ask_password (OhClient *client, OhAccount *account);

/* Every IM service of which an account can be made: a GListModel of OhProtocol. It fills a moment
 * after it was first asked for; what of a plugin is missing says oh_client_get_plugin_problems().
 * Borrowed. */
GListModel *oh_client_get_protocols (OhClient *client);

/* What an account of an IM service is made of. */
typedef struct
{
  OhProtocol *protocol;
  const char *username; /* oh_protocol_join_name() */
  const char *password; /* NULL: none, or to be asked for */
  GVariant *options;    /* a{sv} of the protocol's fields that differ from their default, or NULL;
                               * a floating one is taken */
  const char *proxy;    /* as base/oh-proxy.h writes it; NULL: "system" */
  const char *proxy_password; /* NULL: none */
} OhNewMessenger;

/* Makes an account, keeps its passwords in the keyring, and signs in; whether that works is told by the
 * account's state. Finish transfers full. OH_ERROR INVALID, EXISTS, or OH_SIGN_IN_ERROR_KEYRING_... */
void oh_client_add_messenger_async (OhClient *client,
                                    const OhNewMessenger *wanted,
                                    GAsyncReadyCallback callback,
                                    gpointer user_data);
OhAccount *oh_client_add_messenger_finish (OhClient *client, GAsyncResult *result, GError **error);

/* Through what an account of an IM service goes from now on; it signs in anew, if it was. @password: of
 * the proxy's user; NULL: as it is, "": none. The same errors. */
void oh_client_set_proxy_async (OhClient *client,
                                OhAccount *account,
                                const char *proxy,
                                const char *password,
                                GAsyncReadyCallback callback,
                                gpointer user_data);
gboolean oh_client_set_proxy_finish (OhClient *client, GAsyncResult *result, GError **error);
const char *oh_client_get_proxy (OhClient *client, OhAccount *account); /* "system", ...; lent */

/* The user's own status at all accounts that have none of their own; kept (settings "status",
 * "status-message"). AVAILABLE to INVISIBLE. */
void oh_client_set_status (OhClient *client, OhPresence presence, const char *message);

/* One account's own, kept with it; UNKNOWN: as all others. FALSE: the account is not kept. */
gboolean oh_client_set_account_status (OhClient *client,
                                       OhAccount *account,
                                       OhPresence presence,
                                       const char *message);
/* UNKNOWN: it has none of its own. @message (or NULL) is lent, or NULL. */
OhPresence
oh_client_get_account_status (OhClient *client, OhAccount *account, const char **message);

/* --- Voicemail --- */
OhVoicemailPlayer *oh_client_get_voicemail_player (OhClient *client); /* borrowed */

/* Fetches the sound if it is not here yet and plays it. */
void oh_client_play_voicemail_async (OhClient *client,
                                     OhVoicemail *voicemail,
                                     GCancellable *cancellable,
                                     GAsyncReadyCallback callback,
                                     gpointer user_data);
gboolean oh_client_play_voicemail_finish (OhClient *client, GAsyncResult *result, GError **error);
void oh_client_mark_voicemail_heard (OhClient *client, OhVoicemail *voicemail, gboolean heard);
void oh_client_delete_voicemail_async (OhClient *client,
                                       OhVoicemail *voicemail,
                                       GCancellable *cancellable,
                                       GAsyncReadyCallback callback,
                                       gpointer user_data);
gboolean oh_client_delete_voicemail_finish (OhClient *client, GAsyncResult *result, GError **error);
guint oh_client_get_new_voicemails (OhClient *client);

/* Fetches voicemail and history of all accounts again. */
void oh_client_refresh (OhClient *client);

/* --- Accounts --- */

/* @server: "https://host:port", or a bare host. @user: alias or number. On success the account stands
 * in the list and signs in. The password is not kept. @fingerprint: NULL, or the certificate that the
 * person has agreed to trust (see below). */
void oh_client_sign_in_async (OhClient *client,
                              const char *server,
                              const char *user,
                              const char *password,
                              const char *fingerprint,
                              GCancellable *cancellable,
                              GAsyncReadyCallback callback,
                              gpointer user_data);
OhAccount *oh_client_sign_in_finish (OhClient *client, GAsyncResult *result, GError **error);

/* After OH_SIGN_IN_ERROR_CERTIFICATE: SHA-256 of the certificate that was shown, as "AB:CD:..."; give
 * it to the next oh_client_sign_in_async() if the person trusts it. Or NULL. Borrowed. */
const char *oh_client_get_certificate_in_doubt (OhClient *client);

/* Signs out at the server (this device is revoked), drops the secret, the account and its calls. */
void oh_client_forget_account_async (OhClient *client,
                                     OhAccount *account,
                                     GAsyncReadyCallback callback,
                                     gpointer user_data);
gboolean oh_client_forget_account_finish (OhClient *client, GAsyncResult *result, GError **error);

/* Writes a configuration, starts offhookd, creates the user @name and signs in. "embedded-mode" then
 * says how it runs. Later starts of the client start it again. There is one such account: asked again
 * this gives the account that is there or is being made. */
void oh_client_start_embedded_async (OhClient *client,
                                     const char *name,
                                     GCancellable *cancellable,
                                     GAsyncReadyCallback callback,
                                     gpointer user_data);
OhAccount *oh_client_start_embedded_finish (OhClient *client, GAsyncResult *result, GError **error);
OhEmbeddedMode oh_client_get_embedded_mode (OhClient *client);

/* The programs and telephones that are signed in as this account's user: a GListModel of
 * OhAccountDevice, transfer full. */
void oh_client_get_account_devices_async (OhClient *client,
                                          OhAccount *account,
                                          GCancellable *cancellable,
                                          GAsyncReadyCallback callback,
                                          gpointer user_data);
GListModel *
oh_client_get_account_devices_finish (OhClient *client, GAsyncResult *result, GError **error);

/* Signs @device out for good: its secret is of no use any more. Our own one: better forget the
 * account. */
void oh_client_revoke_account_device_async (OhClient *client,
                                            OhAccount *account,
                                            OhAccountDevice *device,
                                            GCancellable *cancellable,
                                            GAsyncReadyCallback callback,
                                            gpointer user_data);
gboolean
oh_client_revoke_account_device_finish (OhClient *client, GAsyncResult *result, GError **error);

/* Who the account's user is at IM services, where his call server tells him of calls. Errors are those
 * of OH_SIGN_IN_ERROR, and OH_ERROR's NOT_FOUND, EXISTS (it is somebody else's), LIMIT (too many) and
 * INVALID (no address of a person there). */
void oh_client_get_account_im_async (OhClient *client,
                                     OhAccount *account,
                                     GAsyncReadyCallback callback,
                                     gpointer user_data);
OhAccountIm *
oh_client_get_account_im_finish (OhClient *client, GAsyncResult *result, GError **error);

/* The user says that he is @name at that service; a code is sent there, as by the next one. */
void oh_client_add_im_address_async (OhClient *client,
                                     OhAccount *account,
                                     const char *service,
                                     const char *name,
                                     GAsyncReadyCallback callback,
                                     gpointer user_data);
void oh_client_send_im_code_async (OhClient *client,
                                   OhAccount *account,
                                   gint64 id,
                                   GAsyncReadyCallback callback,
                                   gpointer user_data);
/* Of both. */
gboolean oh_client_send_im_code_finish (OhClient *client,
                                        GAsyncResult *result,
                                        OhImCodeSent *sent,
                                        GError **error);

/* @code: as it was typed. *@tries: left, where it is WRONG. */
void oh_client_verify_im_address_async (OhClient *client,
                                        OhAccount *account,
                                        gint64 id,
                                        const char *code,
                                        GAsyncReadyCallback callback,
                                        gpointer user_data);
gboolean oh_client_verify_im_address_finish (
    OhClient *client, GAsyncResult *result, OhImVerdict *verdict, guint *tries, GError **error);

void oh_client_change_im_address_async (OhClient *client,
                                        OhAccount *account,
                                        gint64 id,
                                        gboolean show_number,
                                        GAsyncReadyCallback callback,
                                        gpointer user_data);
void oh_client_remove_im_address_async (OhClient *client,
                                        OhAccount *account,
                                        gint64 id,
                                        GAsyncReadyCallback callback,
                                        gpointer user_data);
/* Of both. */
gboolean
oh_client_change_im_address_finish (OhClient *client, GAsyncResult *result, GError **error);

/* Where calls reach the account's user. Errors are those of OH_SIGN_IN_ERROR, and OH_ERROR's
 * NOT_FOUND (a place is gone) and INVALID. */
void oh_client_get_account_rules_async (OhClient *client,
                                        OhAccount *account,
                                        GAsyncReadyCallback callback,
                                        gpointer user_data);
OhAccountRules *
oh_client_get_account_rules_finish (OhClient *client, GAsyncResult *result, GError **error);

/* As the server told them last, in an earlier session too; NULL: it never did. Transfer full. */
OhAccountRules *oh_client_dup_known_rules (OhClient *client, OhAccount *account);

void oh_client_change_account_rules_async (OhClient *client,
                                           OhAccount *account,
                                           const OhRulesChange *change,
                                           GAsyncReadyCallback callback,
                                           gpointer user_data);
gboolean
oh_client_change_account_rules_finish (OhClient *client, GAsyncResult *result, GError **error);

/* What was learned of where the account's user usually answers is gone for good. */
void oh_client_forget_hours_async (OhClient *client,
                                   OhAccount *account,
                                   GAsyncReadyCallback callback,
                                   gpointer user_data);
gboolean oh_client_forget_hours_finish (OhClient *client, GAsyncResult *result, GError **error);

/* Whether a chat message of the account's user, 'answer' in reply to a call offer, may answer calls on
 * this computer. Kept, and told to the call server. */
void oh_client_set_talk (OhClient *client, OhAccount *account, gboolean allowed);
gboolean oh_client_get_talk (OhClient *client, OhAccount *account);

/* The person agrees that secrets lie in a file only they can read, because there is no keyring. */
void oh_client_allow_plain_secrets (OhClient *client, gboolean allow);

/* Whether an account is set up, also one whose call server is only just starting; before
 * oh_client_start() what the accounts' file says. */
gboolean oh_client_has_accounts (OhClient *client);

G_END_DECLS
