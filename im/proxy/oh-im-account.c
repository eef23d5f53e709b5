/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "oh-im"

#include "im/proxy/oh-im-account.h"

#include "base/oh-error.h"
#include "im/proxy/oh-im-account-private.h"

#include <string.h>

#define FIRST_RETRY_MS 1000
#define MAX_RETRY_MS 300000
#define BUSY_RETRY_MS 100                    /* the engine is clearing the last connection away */
#define ONLINE_WELL_US (30 * G_USEC_PER_SEC) /* then the next loss counts as the first */
#define COMING_IN_US (2 * G_USEC_PER_SEC)    /* online for less, it is still coming in */
#define MAX_SUSPICION 3

enum
{
  PROP_STATE = 1,
  PROP_REASON,
  PROP_RETRY_AT,
  N_PROPS
};

static GParamSpec *props[N_PROPS];
guint oh_im_account_signals[OH_IM_ACCOUNT_N_SIGNALS];

G_DEFINE_FINAL_TYPE (OhImAccount, oh_im_account, G_TYPE_OBJECT)

OhImAccount *
oh_im_account_new (OhImProcess *process,
                   const char *id,
                   const char *protocol,
                   const char *username,
                   GVariant *options)
{
  OhImAccount *account = g_object_new (OH_TYPE_IM_ACCOUNT, NULL);

  account->process = g_object_ref (process);
  account->id = g_strdup (id);
  account->protocol = g_strdup (protocol);
  account->username = g_strdup (username);
  account->options = options ? g_variant_ref (options)
                             : g_variant_ref_sink (g_variant_new ("a{sv}", NULL));
  account->buddies = oh_im_buddies_new (process, id);
  account->blocks = oh_im_blocks_new (process, id);
  account->outbox = oh_im_outbox_new (process, id, protocol);
  account->stanzas = oh_im_stanzas_new (process, id);
  account->files = oh_im_files_new (process, id);
  account->rooms = oh_im_rooms_new (process, account->outbox, id);
  return account;
}

static void
set_state (OhImAccount *account, OhImState state, OhImReason reason, const char *text)
{
  gboolean notify_state = state != account->state;
  gboolean notify_reason = reason != account->reason;

  g_free (account->text);
  account->text = oh_im_clean (text, OH_IM_MAX_STATUS);
  account->state = state;
  account->reason = reason;
  oh_im_outbox_set_online (account->outbox, state == OH_IM_STATE_ONLINE);
  oh_im_rooms_set_online (account->rooms, state == OH_IM_STATE_ONLINE);
  g_object_freeze_notify (G_OBJECT (account));
  if (notify_reason)
    g_object_notify_by_pspec (G_OBJECT (account), props[PROP_REASON]);
  if (notify_state)
    g_object_notify_by_pspec (G_OBJECT (account), props[PROP_STATE]);
  g_object_thaw_notify (G_OBJECT (account));
}

static void
set_retry_at (OhImAccount *account, gint64 when)
{
  if (when == account->retry_at)
    return;
  account->retry_at = when;
  g_object_notify_by_pspec (G_OBJECT (account), props[PROP_RETRY_AT]);
}

/* --- signing in --- */

static void fall (OhImAccount *account, OhImReason reason, gboolean permanent, const char *text);

static void
ask_password (OhImAccount *account)
{
  account->asking = TRUE;
  if (account->ask_password)
    account->ask_password (account, account->ask_data);
  else
    oh_im_account_give_password (account, "");
}

static void
on_proxy_found (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (OhImAccount) account = user_data;
  g_autoptr (GError) error = NULL;
  OhImWay *found = oh_im_way_look_up_finish (result, &error);

  account->looking = FALSE;
  g_clear_pointer (&account->found, oh_im_way_free);
  account->found = found;
  if (account->closed || !account->wanted || !account->known)
    return;
  if (found)
    ask_password (account);
  else
    fall (account, OH_IM_REASON_PROXY, FALSE, error->message);
}

/* Of the service, as far as it is known here; "" if not. Transfer full. */
static char *
dup_host (OhImAccount *account)
{
  const char *at = strrchr (account->username, '@');
  const char *server = "";

  if (g_variant_lookup (account->options, "connect_server", "&s", &server) && *server)
    return g_strdup (server);
  return at ? g_strndup (at + 1, strcspn (at + 1, "/")) : g_strdup ("");
}

static void
look_for_proxy (OhImAccount *account)
{
  g_autofree char *host = dup_host (account);

  account->looking = TRUE;
  oh_im_way_look_up_async (host, on_proxy_found, g_object_ref (account));
}

static gboolean
is_as_system_says (OhImAccount *account)
{
  return account->wish && account->wish->proxy->kind == OH_PROXY_SYSTEM
         && oh_im_protocol_takes_proxy (account->protocol);
}

static void
enter (OhImAccount *account)
{
  if (!account->wanted || !account->known || account->looking || account->asking
      || account->entering || account->state == OH_IM_STATE_ONLINE)
    return;
  oh_im_timer_clear (&account->retry);
  set_retry_at (account, 0);
  set_state (account, OH_IM_STATE_CONNECTING, OH_IM_REASON_NONE, "");
  if (is_as_system_says (account))
    look_for_proxy (account);
  else
    ask_password (account);
}

void
oh_im_account_set_proxy (OhImAccount *account, const OhProxy *proxy, const char *password)
{
  OhProxy *copy = oh_proxy_new (proxy->kind, proxy->host, proxy->port, proxy->user, NULL);

  g_return_if_fail (copy != NULL);
  g_clear_pointer (&account->wish, oh_im_way_free);
  g_clear_pointer (&account->found, oh_im_way_free);
  account->wish = oh_im_way_new (copy, password);
}

static gboolean
on_retry_due (gpointer user_data)
{
  OhImAccount *account = user_data;

  oh_im_timer_clear (&account->retry);
  set_retry_at (account, 0);
  enter (account);
  return G_SOURCE_REMOVE;
}

static void
plan_retry (OhImAccount *account, guint ms)
{
  oh_im_timer_clear (&account->retry);
  account->retry = oh_im_timer (account->context, ms, on_retry_due, account);
  set_retry_at (account, g_get_monotonic_time () + (gint64)ms * 1000);
}

/* The account is offline now: for good, or until the next attempt. */
static void
fall (OhImAccount *account, OhImReason reason, gboolean permanent, const char *text)
{
  gint64 now = g_get_monotonic_time ();

  if (account->state == OH_IM_STATE_ONLINE && now - account->online_since > ONLINE_WELL_US)
    account->failures = 0;
  account->asking = FALSE;
  account->entering = FALSE;
  account->failed = permanent && account->wanted;
  oh_im_buddies_lose (account->buddies);
  if (account->failed)
    account->wanted = FALSE;
  else if (account->wanted && account->known)
    plan_retry (account, oh_im_back_off (++account->failures, FIRST_RETRY_MS, MAX_RETRY_MS,
                                         g_random_double ()));
  set_state (account, OH_IM_STATE_OFFLINE, reason, text);
}

static void
on_sign_in_ready (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (OhImAccount) account = user_data;
  g_autoptr (GError) error = NULL;
  g_autoptr (GVariant) answer = oh_im_process_call_finish (result, &error);

  if (answer || !account->known || !account->entering || error->domain != OH_ERROR)
    return; /* of the process' end the account is told in its turn */
  g_dbus_error_strip_remote_error (error);
  account->entering = FALSE;
  if (g_error_matches (error, OH_ERROR, OH_ERROR_BUSY))
    plan_retry (account, BUSY_RETRY_MS);
  else if (g_error_matches (error, OH_ERROR, OH_ERROR_DENIED))
    fall (account, OH_IM_REASON_PASSWORD, TRUE, error->message);
  else if (g_error_matches (error, OH_ERROR, OH_ERROR_INVALID)
           || g_error_matches (error, OH_ERROR, OH_ERROR_UNSUPPORTED))
    fall (account, OH_IM_REASON_SETTINGS, TRUE, error->message);
  else
    fall (account, OH_IM_REASON_OTHER, FALSE, error->message);
}

void
oh_im_account_give_password (OhImAccount *account, const char *password)
{
  gboolean system = is_as_system_says (account);
  const OhImWay *way = system ? account->found : account->wish;
  g_autofree char *proxy = way && way->proxy->kind != OH_PROXY_SYSTEM
                               ? oh_proxy_to_text (way->proxy)
                               : g_strdup ("none");

  if (!account->asking)
    return;
  account->asking = FALSE;
  if (!password)
    {
      fall (account, OH_IM_REASON_PASSWORD, TRUE, "there is no password");
      return;
    }
  if (!account->known || !account->wanted)
    return;
  if (system && !way) /* it was said meanwhile that the system decides */
    {
      enter (account);
      return;
    }
  account->entering = TRUE;
  oh_im_process_call (
      account->process, "SignIn",
      g_variant_new ("(ssss)", account->id, password, proxy, way ? way->password : ""),
      on_sign_in_ready, g_object_ref (account));
}

void
oh_im_account_sign_in (OhImAccount *account)
{
  account->wanted = !account->closed;
  account->failed = FALSE;
  account->failures = 0;
  account->suspicion = 0;
  enter (account);
}

void
oh_im_account_sign_out (OhImAccount *account)
{
  account->wanted = FALSE;
  account->failed = FALSE;
  oh_im_timer_clear (&account->retry);
  set_retry_at (account, 0);
  oh_im_process_tell (account->process, "SignOut", g_variant_new ("(s)", account->id));
  if (account->state != OH_IM_STATE_ONLINE)
    fall (account, OH_IM_REASON_NONE, FALSE, "");
}

static void
tell_status (OhImAccount *account)
{
  oh_im_process_tell (account->process, "SetStatus",
                      g_variant_new ("(sssx)", account->id,
                                     oh_im_presence_to_word (account->presence),
                                     account->status_message, account->idle_since));
}

void
oh_im_account_set_status (OhImAccount *account,
                          OhImPresence presence,
                          const char *message,
                          gint64 idle_since)
{
  g_free (account->status_message);
  account->status_message = oh_im_clean (message, OH_IM_MAX_STATUS);
  account->presence = presence;
  account->idle_since = idle_since;
  if (account->known)
    tell_status (account);
}

/* --- what the engine tells --- */

static void
on_add_ready (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (OhImAccount) account = user_data;
  g_autoptr (GError) error = NULL;
  g_autoptr (GVariant) answer = oh_im_process_call_finish (result, &error);

  if (account->closed)
    return;
  if (answer)
    {
      account->known = TRUE;
      account->fresh = TRUE;
      tell_status (account);
      oh_im_blocks_tell_all (account->blocks);
      oh_im_stanzas_tell_watches (account->stanzas);
      if (account->patience_ms > 0 && account->wanted)
        plan_retry (account, account->patience_ms);
      else
        enter (account);
    }
  else if (error->domain == OH_ERROR && error->code != OH_ERROR_CLOSED)
    {
      g_dbus_error_strip_remote_error (error);
      account->wanted = TRUE; /* or fall() takes it for a sign-out */
      fall (account,
            error->code == OH_ERROR_UNSUPPORTED ? OH_IM_REASON_PROTOCOL : OH_IM_REASON_SETTINGS,
            TRUE, error->message);
    }
}

void
oh_im_account_on_up (OhImAccount *account, guint patience_ms)
{
  account->patience_ms = patience_ms;
  oh_im_process_call (account->process, "AddAccount",
                      g_variant_new ("(sss@a{sv})", account->id, account->protocol,
                                     account->username, account->options),
                      on_add_ready, g_object_ref (account));
}

gboolean
oh_im_account_is_suspect (OhImAccount *account)
{
  return account->suspicion > 1;
}

/* An account whose plug-in ends the process at each sign-in would keep all others out. Those that
 * were just coming in twice in a row are suspects, and come in one by one, so that the one remains. */
static void
judge (OhImAccount *account)
{
  gboolean online = account->state == OH_IM_STATE_ONLINE;
  gboolean coming = account->entering
                    || (online && g_get_monotonic_time () - account->online_since < COMING_IN_US);

  if (coming)
    account->suspicion++;
  else if (online)
    account->suspicion = 0;
}

void
oh_im_account_on_down (OhImAccount *account)
{
  judge (account);
  account->known = FALSE;
  oh_im_stanzas_lose (account->stanzas);
  oh_im_files_lose (account->files, OH_IM_FILE_ENGINE);
  oh_im_rooms_on_down (account->rooms);
  oh_im_timer_clear (&account->retry);
  set_retry_at (account, 0);
  if (account->failed)
    return;
  if (account->suspicion >= MAX_SUSPICION)
    fall (account, OH_IM_REASON_PROTOCOL, TRUE, "the IM engine ended each time it signed in");
  else
    fall (account, OH_IM_REASON_ENGINE, FALSE, "the IM engine ended");
}

void
oh_im_account_on_state (
    OhImAccount *account, OhImState state, OhImReason reason, gboolean permanent, const char *text)
{
  switch (state)
    {
    case OH_IM_STATE_OFFLINE:
      fall (account, reason, permanent, text);
      break;
    case OH_IM_STATE_CONNECTING:
      set_state (account, state, OH_IM_REASON_NONE, "");
      break;
    case OH_IM_STATE_ONLINE:
      account->entering = FALSE;
      account->online_since = g_get_monotonic_time ();
      if (account->fresh)
        oh_im_buddies_add_again (account->buddies);
      account->fresh = FALSE;
      oh_im_blocks_tell_wishes (account->blocks);
      set_state (account, state, OH_IM_REASON_NONE, "");
    }
}

/* --- what the account's user asks for --- */

void
oh_im_account_send_async (OhImAccount *account,
                          const char *to,
                          const char *text,
                          guint timeout_s,
                          GCancellable *cancellable,
                          GAsyncReadyCallback callback,
                          gpointer user_data)
{
  oh_im_account_send_urgent_async (account, to, text, OH_IM_URGENCY_USUAL, timeout_s, cancellable,
                                   callback, user_data);
}

void
oh_im_account_send_urgent_async (OhImAccount *account,
                                 const char *to,
                                 const char *text,
                                 OhImUrgency urgency,
                                 guint timeout_s,
                                 GCancellable *cancellable,
                                 GAsyncReadyCallback callback,
                                 gpointer user_data)
{
  GTask *task = g_task_new (account, cancellable, callback, user_data);

  g_task_set_check_cancellable (task, FALSE); /* it may have been sent all the same */
  oh_im_outbox_add (account->outbox, to, text, urgency, timeout_s, task);
}

gboolean
oh_im_account_send_finish (OhImAccount *account,
                           GAsyncResult *result,
                           char **receipt,
                           GError **error)
{
  g_autofree char *id = g_task_propagate_pointer (G_TASK (result), error);
  gboolean sent = id != NULL;

  if (receipt)
    *receipt = sent && *id ? g_steal_pointer (&id) : NULL;
  return sent;
}

void
oh_im_account_set_rate (OhImAccount *account, guint per_second)
{
  g_return_if_fail (per_second > 0);
  oh_im_outbox_set_rate (account->outbox, per_second);
}

guint
oh_im_account_get_waiting (OhImAccount *account)
{
  return oh_im_outbox_get_length (account->outbox);
}

void
oh_im_account_send_typing (OhImAccount *account, const char *to, OhImTyping typing)
{
  if (account->state == OH_IM_STATE_ONLINE)
    oh_im_process_tell (account->process, "SendTyping",
                        g_variant_new ("(sss)", account->id, to, oh_im_typing_to_word (typing)));
}

void
oh_im_account_add_buddy (OhImAccount *account,
                         const char *name,
                         const char *alias,
                         const char *group,
                         const char *message)
{
  oh_im_buddies_add (account->buddies, name, alias, group, message,
                     account->state == OH_IM_STATE_ONLINE);
}

void
oh_im_account_remove_buddy (OhImAccount *account, const char *name)
{
  oh_im_buddies_remove (account->buddies, name, account->state == OH_IM_STATE_ONLINE);
}

gboolean
oh_im_account_ask_program (OhImAccount *account, const char *name)
{
  if (account->state != OH_IM_STATE_ONLINE || !oh_im_outbox_take_spare (account->outbox))
    return FALSE;
  oh_im_process_tell (account->process, "AskProgram", g_variant_new ("(ss)", account->id, name));
  return TRUE;
}

void
oh_im_account_set_blocked (OhImAccount *account, const char *name, gboolean blocked)
{
  if (oh_im_blocks_set (account->blocks, name, blocked, account->known,
                        account->state == OH_IM_STATE_ONLINE))
    g_signal_emit (account, oh_im_account_signals[OH_IM_ACCOUNT_BLOCKED], 0, name, blocked);
}

void
oh_im_account_know_blocked (OhImAccount *account, const char *name)
{
  oh_im_blocks_set (account->blocks, name, TRUE, account->known, TRUE);
}

gboolean
oh_im_account_is_blocked (OhImAccount *account, const char *name)
{
  return oh_im_blocks_contains (account->blocks, name);
}

void
oh_im_account_set_password_source (OhImAccount *account, OhImPasswordFunc ask, gpointer user_data)
{
  account->ask_password = ask;
  account->ask_data = user_data;
}

const char *
oh_im_account_get_id (OhImAccount *account)
{
  return account->id;
}

const char *
oh_im_account_get_protocol (OhImAccount *account)
{
  return account->protocol;
}

const char *
oh_im_account_get_username (OhImAccount *account)
{
  return account->username;
}

OhImState
oh_im_account_get_state (OhImAccount *account)
{
  return account->state;
}

OhImReason
oh_im_account_get_reason (OhImAccount *account)
{
  return account->reason;
}

const char *
oh_im_account_get_error_text (OhImAccount *account)
{
  return account->text;
}

gboolean
oh_im_account_has_failed (OhImAccount *account)
{
  return account->failed;
}

gint64
oh_im_account_get_retry_at (OhImAccount *account)
{
  return account->retry_at;
}

GListModel *
oh_im_account_get_buddies (OhImAccount *account)
{
  return oh_im_buddies_get_list (account->buddies);
}

OhImBuddy *
oh_im_account_find_buddy (OhImAccount *account, const char *name)
{
  return oh_im_buddies_find (account->buddies, name);
}

/* --- the object --- */

void
oh_im_account_close (OhImAccount *account)
{
  account->wanted = FALSE;
  account->known = FALSE;
  account->ask_password = NULL;
  oh_im_timer_clear (&account->retry);
  account->closed = TRUE;
  oh_im_outbox_close (account->outbox);
  oh_im_stanzas_lose (account->stanzas);
  oh_im_files_lose (account->files, OH_IM_FILE_CLOSED);
  oh_im_rooms_close (account->rooms);
}

static void
get_property (GObject *object, guint id, GValue *value, GParamSpec *pspec)
{
  OhImAccount *account = OH_IM_ACCOUNT (object);

  if (id == PROP_STATE)
    g_value_set_int (value, account->state);
  else if (id == PROP_REASON)
    g_value_set_int (value, account->reason);
  else
    g_value_set_int64 (value, account->retry_at);
}

static void
dispose (GObject *object)
{
  oh_im_account_close (OH_IM_ACCOUNT (object));
  G_OBJECT_CLASS (oh_im_account_parent_class)->dispose (object);
}

static void
finalize (GObject *object)
{
  OhImAccount *account = OH_IM_ACCOUNT (object);

  g_object_unref (account->process);
  g_main_context_unref (account->context);
  g_free (account->id);
  g_free (account->protocol);
  g_free (account->username);
  g_variant_unref (account->options);
  g_free (account->status_message);
  g_free (account->text);
  oh_im_way_free (account->wish);
  oh_im_way_free (account->found);
  oh_im_buddies_free (account->buddies);
  oh_im_blocks_free (account->blocks);
  oh_im_rooms_free (account->rooms);
  oh_im_outbox_unref (account->outbox);
  oh_im_stanzas_free (account->stanzas);
  oh_im_files_free (account->files);
  G_OBJECT_CLASS (oh_im_account_parent_class)->finalize (object);
}

static void
add_signal (guint number, const char *name, guint n, ...)
{
  va_list types;

  va_start (types, n);
  oh_im_account_signals[number] = g_signal_new_valist (
      name, OH_TYPE_IM_ACCOUNT, G_SIGNAL_RUN_LAST, NULL, NULL, NULL, NULL, G_TYPE_NONE, n, types);
  va_end (types);
}

static void
oh_im_account_class_init (OhImAccountClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);
  GParamFlags flags = G_PARAM_READABLE | G_PARAM_STATIC_STRINGS;

  object_class->get_property = get_property;
  object_class->dispose = dispose;
  object_class->finalize = finalize;
  props[PROP_STATE] = g_param_spec_int ("state", NULL, NULL, 0, OH_IM_STATE_ONLINE, 0, flags);
  props[PROP_REASON] = g_param_spec_int ("reason", NULL, NULL, 0, OH_IM_REASON_PROXY_PASSWORD, 0,
                                         flags);
  props[PROP_RETRY_AT] = g_param_spec_int64 ("retry-at", NULL, NULL, 0, G_MAXINT64, 0, flags);
  g_object_class_install_properties (object_class, N_PROPS, props);
  add_signal (OH_IM_ACCOUNT_MESSAGE, "message", 1, G_TYPE_POINTER);
  add_signal (OH_IM_ACCOUNT_MESSAGE_FAILED, "message-failed", 2, G_TYPE_STRING, G_TYPE_STRING);
  add_signal (OH_IM_ACCOUNT_TYPING, "typing", 2, G_TYPE_STRING, G_TYPE_INT);
  add_signal (OH_IM_ACCOUNT_RECEIPT, "receipt", 2, G_TYPE_STRING, G_TYPE_STRING);
  add_signal (OH_IM_ACCOUNT_REFUSED, "refused", 4, G_TYPE_STRING, G_TYPE_INT, G_TYPE_STRING,
              G_TYPE_INT64);
  add_signal (OH_IM_ACCOUNT_STANZA, "stanza", 2, G_TYPE_STRING, G_TYPE_STRING);
  add_signal (OH_IM_ACCOUNT_INVITED, "invited", 1, G_TYPE_POINTER);
  add_signal (OH_IM_ACCOUNT_FILE_OFFERED, "file-offered", 1, OH_TYPE_IM_TRANSFER);
  add_signal (OH_IM_ACCOUNT_BLOCKED, "blocked", 2, G_TYPE_STRING, G_TYPE_BOOLEAN);
  add_signal (OH_IM_ACCOUNT_BUDDIES_COMPLETE, "buddies-complete", 0);
}

static void
oh_im_account_init (OhImAccount *account)
{
  account->context = g_main_context_ref_thread_default ();
  account->presence = OH_IM_PRESENCE_AVAILABLE;
  account->status_message = g_strdup ("");
  account->text = g_strdup ("");
}
