/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "oh-phone"

#include "plugins/sip/oh-phone-account-private.h"

#include "base/oh-clock.h"
#include "base/oh-error.h"
#include "base/oh-redact.h"
#include "base/oh-timeline.h"
#include "client/account/oh-dial.h"
#include "oh-config.h"
#include "plugins/sip/oh-farewell.h"
#include "plugins/sip/oh-offer-headers.h"
#include "plugins/sip/oh-phone-call.h"

#include <string.h>

#define REFRESH_DELAY_MS 1500
#define MAX_DIALLED 64 /* by a web line */

G_DEFINE_FINAL_TYPE_WITH_CODE (OhPhoneAccount,
                               oh_phone_account,
                               OH_TYPE_BASE_MESSENGER,
                               G_IMPLEMENT_INTERFACE (OH_TYPE_MESSENGER,
                                                      oh_phone_account_init_messenger))

enum
{
  MOVED,
  N_SIGNALS
};

static guint signals[N_SIGNALS];

/* --- Presence --- */

/* The user's status, and whether he is at this computer. */
char *
oh_phone_account_dup_presence (OhPhoneAccount *account)
{
  OhSipPidf presence = account->status;

  presence.in_use = account->use == OH_USE_ACTIVE;
  if (account->use == OH_USE_IDLE)
    {
      presence.away = TRUE;
      presence.input = account->idle_since;
    }
  return oh_sip_pidf_make (account->identity.aor, &presence);
}

void
oh_phone_account_publish (OhPhoneAccount *account)
{
  g_autofree char *body = NULL;

  if (!account->presence && !oh_phone_web_is_online (account->web))
    return;
  body = oh_phone_account_dup_presence (account);
  oh_phone_web_report (account->web, body);
  if (account->presence)
    oh_sip_publication_update (account->presence, body);
}

void
oh_phone_account_set_use (OhPhoneAccount *account, OhUse use, gint64 since)
{
  account->use = use;
  account->idle_since = since;
  oh_phone_account_publish (account);
}

/* --- News of the registrar --- */

static void
on_summary (OhSipSubscription *subscription,
            const char *body_type,
            const char *body,
            gpointer user_data)
{
  OhPhoneAccount *account = user_data;
  guint n_new = 0;

  if (oh_message_summary_parse (body, &n_new))
    oh_base_account_set_messages_waiting (OH_BASE_ACCOUNT (account), n_new);
  oh_core_refresh_account (account->core, OH_ACCOUNT (account));
}

static void
watch_messages (OhPhoneAccount *account)
{
  g_clear_pointer (&account->summary, oh_sip_subscription_end);
  account->summary = oh_sip_subscribe (account->sip, &account->identity, account->identity.aor,
                                       "message-summary", on_summary, account);
}

/* A server that was away has forgotten what was published, and who watches whom. */
static void
follow_up (OhPhoneAccount *account)
{
  g_autofree char *body = NULL;

  oh_phone_roster_start (account->roster, account->sip, &account->identity);
  if (account->presence)
    {
      oh_phone_account_publish (account);
      return;
    }
  body = oh_phone_account_dup_presence (account);
  account->presence = oh_sip_publish (account->sip, &account->identity, "presence",
                                      "application/pidf+xml", body);
  watch_messages (account);
}

/* The server sees another connection of ours; by the one of before nobody is told anything any more. */
static void
watch_anew (OhPhoneAccount *account)
{
  oh_phone_roster_watch_anew (account->roster);
  watch_messages (account);
}

static void
on_registered (OhSipRegistration *registration,
               guint expires,
               const char *seen_address,
               gpointer user_data)
{
  OhPhoneAccount *account = user_data;
  gboolean was_registered = account->registered;
  gboolean elsewhere = g_strcmp0 (seen_address, account->seen) != 0;
  gboolean moved = account->moved || elsewhere || !was_registered;

  account->registered = TRUE;
  account->moved = FALSE;
  account->revoked = FALSE;
  oh_base_account_set_state (OH_BASE_ACCOUNT (account), OH_ACCOUNT_ONLINE, OH_ACCOUNT_REASON_NONE,
                             0);
  if (!was_registered)
    follow_up (account);
  else if (elsewhere)
    watch_anew (account);
  g_free (account->seen);
  account->seen = g_strdup (seen_address);
  oh_phone_web_sip_is_back (account->web);
  if (!moved)
    return;
  oh_timeline_mark ("moved", oh_account_get_id (OH_ACCOUNT (account)));
  g_signal_emit (account, signals[MOVED], 0);
}

void
oh_phone_account_note_revoked (OhPhoneAccount *account)
{
  account->revoked = TRUE;
  oh_base_account_set_state (OH_BASE_ACCOUNT (account), OH_ACCOUNT_FAILED,
                             OH_ACCOUNT_REASON_REVOKED, 0);
}

/* As long as there is a web line the device is there. */
static void
show_failure (OhPhoneAccount *account, guint status, guint retry_ms)
{
  gboolean unreachable = status == 0 || status == 408 || status == 503;

  if (account->revoked)
    oh_phone_account_note_revoked (account);
  else if (retry_ms && oh_phone_web_is_online (account->web))
    oh_base_account_set_state (OH_BASE_ACCOUNT (account), OH_ACCOUNT_ONLINE, OH_ACCOUNT_REASON_WEB,
                               0);
  else if (retry_ms)
    oh_base_account_set_state (OH_BASE_ACCOUNT (account), OH_ACCOUNT_RETRYING,
                               unreachable ? OH_ACCOUNT_REASON_NETWORK : OH_ACCOUNT_REASON_SERVER,
                               oh_clock_now () + (gint64)retry_ms * 1000);
  else
    oh_base_account_set_state (OH_BASE_ACCOUNT (account), OH_ACCOUNT_FAILED,
                               OH_ACCOUNT_REASON_SERVER, 0);
}

static void
on_failed (OhSipRegistration *registration,
           guint status,
           const char *phrase,
           guint retry_ms,
           gpointer user_data)
{
  OhPhoneAccount *account = user_data;

  g_message ("registration failed: %u %s", status, phrase ? phrase : "");
  account->registered = FALSE;
  oh_phone_roster_stop (account->roster);
  if (status == 401 || status == 403 || status == 407)
    {
      oh_phone_web_stop (account->web);
      oh_phone_account_note_revoked (account);
      return;
    }
  show_failure (account, status, retry_ms);
  if (retry_ms)
    oh_phone_web_sip_failed (account->web);
}

static void
on_header (OhSipRegistration *registration, const char *name, const char *value, gpointer user_data)
{
  OhPhoneAccount *account = user_data;

  oh_relay_info_take_header (&account->relay, name, value);
}

static const OhSipRegistrationHandlers registration_handlers = {
  .header = on_header,
  .registered = on_registered,
  .failed = on_failed,
};

/* --- News of the stack --- */

static void
on_call (OhSip *sip, OhSipCall *call, gpointer user_data)
{
  oh_phone_call_take_incoming (OH_PHONE_ACCOUNT (user_data), call);
}

/* What is to come over TLS alone may come from nobody else. */
static gboolean
is_from_server (OhPhoneAccount *account, OhSipRequest *request)
{
  const char *proxy = account->identity.proxy;

  return !proxy || !strstr (proxy, "transport=tls")
         || g_str_equal (oh_sip_request_get_info (request)->transport, "tls");
}

static void
on_request (OhSip *sip, OhSipRequest *request, gpointer user_data)
{
  OhPhoneAccount *account = user_data;
  gboolean asks = g_str_equal (oh_sip_request_get_info (request)->method, "OPTIONS");

  if (g_str_equal (oh_sip_request_get_info (request)->method, "MESSAGE")
      && is_from_server (account, request))
    oh_phone_chat_take (account->chat, request);
  else
    oh_sip_request_reply (request, asks ? 200 : 405, NULL, NULL, NULL, NULL);
}

static void
on_trouble (OhSip *sip, const GError *error, gpointer user_data)
{
  g_message ("%s", error->message);
}

static const OhSipHandlers sip_handlers = {
  .call = on_call,
  .request = on_request,
  .trouble = on_trouble,
};

/* --- Sign in --- */

char *
oh_phone_account_dup_audio (OhPhoneAccount *account)
{
  OhAudio *audio = oh_core_get_audio (account->core);
  gboolean microphone = oh_audio_has (audio, OH_AUDIO_MICROPHONE);
  gboolean speaker = oh_audio_has (audio, OH_AUDIO_SPEAKER);

  return g_strconcat (microphone ? "mic" : "", microphone && speaker ? "," : "",
                      speaker ? "speaker" : "", NULL);
}

static char *
describe_audio (OhPhoneAccount *account)
{
  g_autofree char *audio = oh_phone_account_dup_audio (account);

  return g_strdup_printf (";+offhook.audio=\"%s\"", audio);
}

static void
fill_params (OhPhoneAccount *account)
{
  account->contact_params[0] = account->audio_param;
  account->contact_params[1] = account->no_talk ? ";+offhook.talk=\"no\"" : NULL;
}

static void
set_identity (OhPhoneAccount *account)
{
  const OhAccountSettings *settings = oh_base_account_get_settings (OH_BASE_ACCOUNT (account));

  g_free (account->audio_param);
  account->audio_param = describe_audio (account);
  fill_params (account);
  account->identity = (OhSipAccount){
    .aor = settings->sip_aor,
    .name = settings->name,
    .proxy = settings->sip_proxy,
    .auth_user = settings->sip_user,
    .secret = account->secret,
    .instance = settings->instance,
    .tls_name = settings->sip_tls_name,
    .contact_params = account->contact_params,
  };
}

static void
enroll (OhPhoneAccount *account)
{
  account->registration = oh_sip_register (account->sip, &account->identity, &registration_handlers,
                                           account);
}

/* The registrar learns of a microphone that was plugged in or out. */
static void
on_audio_changed (OhAudio *audio, GParamSpec *pspec, OhPhoneAccount *account)
{
  g_autofree char *now = NULL;

  if (!account->registration)
    return;
  now = describe_audio (account);
  if (g_strcmp0 (now, account->audio_param) == 0)
    return;
  g_free (account->audio_param);
  account->audio_param = g_steal_pointer (&now);
  fill_params (account);
  oh_sip_registration_set_params (account->registration, account->contact_params);
  oh_phone_web_describe (account->web);
}

static void
set_talk (OhBaseAccount *base, gboolean allowed)
{
  OhPhoneAccount *account = OH_PHONE_ACCOUNT (base);

  account->no_talk = !allowed;
  fill_params (account);
  if (account->registration)
    oh_sip_registration_set_params (account->registration, account->contact_params);
  oh_phone_web_describe (account->web);
}

gboolean
oh_phone_account_may_talk (OhPhoneAccount *account)
{
  return !account->no_talk;
}

/* The server's authority as a file, which the stack wants. NULL: the system's authorities alone. */
static char *
write_authority (OhPhoneAccount *account, GError **error)
{
  const OhAccountSettings *settings = oh_base_account_get_settings (OH_BASE_ACCOUNT (account));
  g_autofree char *name = g_strconcat (settings->id, "-ca.pem", NULL);
  g_autofree char *path = g_build_filename (oh_core_get_runtime_dir (account->core), name, NULL);

  if (!settings->sip_ca || !*settings->sip_ca
      || !g_file_set_contents_full (path, settings->sip_ca, -1, G_FILE_SET_CONTENTS_CONSISTENT,
                                    0600, error))
    return NULL;
  return g_steal_pointer (&path);
}

static gboolean
start_stack (OhPhoneAccount *account, GError **error)
{
  OhExecutor executor = oh_executor_for_context (NULL);
  GError *local = NULL;
  g_autofree char *authority = write_authority (account, &local);
  OhSipConfig config = {
    .ca_file = authority,
    .user_agent = "Offhook/" OH_VERSION " (linux)",
    .handlers = &sip_handlers,
    .user_data = account,
    .executor = &executor,
  };

  if (local)
    g_propagate_error (error, local);
  else
    account->sip = oh_sip_new (&config, error);
  return account->sip != NULL;
}

static void
forget_secret (OhPhoneAccount *account)
{
  if (account->secret)
    explicit_bzero (account->secret, strlen (account->secret));
  g_clear_pointer (&account->secret, g_free);
  account->identity.secret = NULL;
}

static void
on_secret_ready (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (OhPhoneAccount) account = user_data;
  g_autoptr (GError) error = NULL;
  char *secret = oh_core_lookup_secret_finish (account->core, result, &error);

  if (!secret)
    {
      if (g_error_matches (error, G_IO_ERROR, G_IO_ERROR_CANCELLED))
        return;
      g_message ("no secret: %s", error->message);
      g_clear_object (&account->cancellable); /* the next sign-in asks again */
      oh_base_account_set_state (OH_BASE_ACCOUNT (account), OH_ACCOUNT_FAILED,
                                 OH_ACCOUNT_REASON_KEYRING, 0);
      return;
    }
  account->secret = secret;
  set_identity (account);
  if (start_stack (account, &error))
    {
      oh_phone_chat_start (account->chat, account->sip, &account->identity);
      enroll (account);
      oh_phone_web_start (account->web, account->secret);
      return;
    }
  g_warning ("SIP can't start: %s", error->message);
  forget_secret (account);
  g_clear_object (&account->cancellable);
  oh_base_account_set_state (OH_BASE_ACCOUNT (account), OH_ACCOUNT_FAILED,
                             OH_ACCOUNT_REASON_CERTIFICATE, 0);
}

static void
sign_in (OhBaseAccount *base)
{
  OhPhoneAccount *account = OH_PHONE_ACCOUNT (base);

  if (account->sip || account->cancellable)
    {
      oh_phone_account_network_changed (account);
      return;
    }
  account->cancellable = g_cancellable_new ();
  oh_base_account_set_state (base, OH_ACCOUNT_CONNECTING, OH_ACCOUNT_REASON_NONE, 0);
  oh_core_lookup_secret_async (account->core, oh_base_account_get_settings (base),
                               account->cancellable, on_secret_ready, g_object_ref (account));
}

static void
sign_out (OhBaseAccount *base)
{
  OhSip *sip = oh_phone_account_steal_sip (OH_PHONE_ACCOUNT (base));

  if (sip)
    oh_farewell_begin (sip);
}

static gboolean
dial (OhBaseAccount *base, const char *target, GError **error)
{
  OhPhoneAccount *account = OH_PHONE_ACCOUNT (base);
  const char *domain = strchr (account->identity.aor ? account->identity.aor : "", '@');
  g_autofree char *uri = NULL;
  g_autofree char *peer = NULL;

  if (!account->sip || !domain)
    {
      g_set_error (error, OH_ERROR, OH_ERROR_CLOSED, "the account is not online");
      return FALSE;
    }
  uri = oh_dial_to_uri (target, domain + 1);
  peer = oh_phone_call_dup_peer (account, uri);
  if (account->registered || !oh_phone_web_is_online (account->web))
    oh_phone_call_start_outgoing (account, target, uri, peer);
  else if (strcspn (target, "@") <= MAX_DIALLED)
    oh_phone_web_dial (account->web, target, peer);
  else
    {
      g_set_error (error, OH_ERROR, OH_ERROR_INVALID, "the number is too long");
      return FALSE;
    }
  return TRUE;
}

/* --- The account --- */

static void
dispose (GObject *object)
{
  OhPhoneAccount *account = OH_PHONE_ACCOUNT (object);

  sign_out (OH_BASE_ACCOUNT (account));
  G_OBJECT_CLASS (oh_phone_account_parent_class)->dispose (object);
}

static void
finalize (GObject *object)
{
  oh_phone_web_free (OH_PHONE_ACCOUNT (object)->web);
  oh_phone_chat_free (OH_PHONE_ACCOUNT (object)->chat);
  oh_phone_roster_free (OH_PHONE_ACCOUNT (object)->roster);
  g_free (OH_PHONE_ACCOUNT (object)->audio_param);
  g_free (OH_PHONE_ACCOUNT (object)->seen);
  oh_relay_info_clear (&OH_PHONE_ACCOUNT (object)->relay);
  G_OBJECT_CLASS (oh_phone_account_parent_class)->finalize (object);
}

static void
oh_phone_account_class_init (OhPhoneAccountClass *klass)
{
  OhBaseAccountClass *base_class = OH_BASE_ACCOUNT_CLASS (klass);

  G_OBJECT_CLASS (klass)->dispose = dispose;
  G_OBJECT_CLASS (klass)->finalize = finalize;
  base_class->sign_in = sign_in;
  base_class->sign_out = sign_out;
  base_class->dial = dial;
  base_class->set_talk = set_talk;
  /* The server has this device by another connection, or answered oh_phone_account_check_path(). */
  signals[MOVED] = g_signal_new ("moved", OH_TYPE_PHONE_ACCOUNT, G_SIGNAL_RUN_LAST, 0, NULL, NULL,
                                 NULL, G_TYPE_NONE, 0);
}

static void
oh_phone_account_init (OhPhoneAccount *account)
{
  account->status.open = TRUE;
  account->chat = oh_phone_chat_new (OH_MESSENGER (account));
  account->web = oh_phone_web_new (account);
}

OhPhoneAccount *
oh_phone_account_new (OhCore *core, const OhAccountSettings *settings)
{
  OhPhoneAccount *account = g_object_new (OH_TYPE_PHONE_ACCOUNT, NULL);
  g_autofree char *name = g_strconcat (settings->id, ".contacts", NULL);
  g_autofree char *path = g_build_filename (oh_core_get_state_dir (core), name, NULL);

  account->core = core;
  oh_base_account_set_settings (OH_BASE_ACCOUNT (account), settings);
  oh_base_account_set_features (OH_BASE_ACCOUNT (account), OH_ACCOUNT_CHATS | OH_ACCOUNT_TYPING
                                                               | OH_ACCOUNT_RECEIPTS
                                                               | OH_ACCOUNT_BLOCKING);
  account->roster = oh_phone_roster_new (OH_BASE_MESSENGER (account), path);
  account->no_talk = settings->no_talk;
  g_signal_connect_object (oh_core_get_audio (core), "notify::has-microphone",
                           G_CALLBACK (on_audio_changed), account, 0);
  g_signal_connect_object (oh_core_get_audio (core), "notify::has-speaker",
                           G_CALLBACK (on_audio_changed), account, 0);
  return account;
}

OhCore *
oh_phone_account_get_core (OhPhoneAccount *account)
{
  return account->core;
}

OhSip *
oh_phone_account_get_sip (OhPhoneAccount *account)
{
  return account->sip;
}

const OhSipAccount *
oh_phone_account_get_identity (OhPhoneAccount *account)
{
  return &account->identity;
}

const OhRelayInfo *
oh_phone_account_get_relay (OhPhoneAccount *account)
{
  return &account->relay;
}

gboolean
oh_phone_account_is_local (OhPhoneAccount *account)
{
  const char *proxy = account->identity.proxy;

  return proxy
         && (g_str_has_prefix (proxy, "sip:127.") || g_str_has_prefix (proxy, "sip:localhost")
             || g_str_has_prefix (proxy, "sip:[::1]"));
}

void
oh_phone_account_retry_sip (OhPhoneAccount *account)
{
  if (account->registration)
    oh_sip_registration_refresh (account->registration);
}

void
oh_phone_account_check_path (OhPhoneAccount *account)
{
  account->moved = TRUE;
  oh_phone_account_retry_sip (account);
}

void
oh_phone_account_network_changed (OhPhoneAccount *account)
{
  oh_phone_account_check_path (account);
  oh_phone_web_network_changed (account->web);
}

static gboolean
on_refresh_due (gpointer user_data)
{
  OhPhoneAccount *account = user_data;

  account->refresh_timer = 0;
  oh_core_refresh_account (account->core, OH_ACCOUNT (account));
  return G_SOURCE_REMOVE;
}

void
oh_phone_account_refresh_soon (OhPhoneAccount *account)
{
  if (account->sip && !account->refresh_timer)
    account->refresh_timer = g_timeout_add (REFRESH_DELAY_MS, on_refresh_due, account);
}

OhSip *
oh_phone_account_steal_sip (OhPhoneAccount *account)
{
  if (account->cancellable)
    g_cancellable_cancel (account->cancellable);
  g_clear_object (&account->cancellable);
  oh_phone_web_stop (account->web);
  account->registered = account->revoked = FALSE;
  oh_phone_chat_stop (account->chat);
  oh_phone_roster_stop (account->roster);
  g_clear_pointer (&account->presence, oh_sip_publication_end);
  g_clear_pointer (&account->summary, oh_sip_subscription_end);
  if (account->registration)
    oh_sip_registration_end (account->registration, TRUE);
  account->registration = NULL;
  forget_secret (account);
  oh_base_account_set_state (OH_BASE_ACCOUNT (account), OH_ACCOUNT_OFFLINE,
                             OH_ACCOUNT_REASON_SIGNED_OUT, 0);
  g_clear_handle_id (&account->refresh_timer, g_source_remove); /* the calls' end has set it */
  if (account->sip)
    oh_sip_refuse_new (account->sip); /* it takes its time to end, the account may be freed first */
  return g_steal_pointer (&account->sip);
}
