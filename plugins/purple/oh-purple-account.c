/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "oh-purple"

#include "plugins/purple/oh-purple-account.h"

#include "base/oh-error.h"
#include "client/account/oh-secrets.h"
#include "plugins/purple/oh-purple-people.h"

#include <string.h>

#define XMPP "prpl-jabber"
#define MAX_ADDRESS 1000 /* bytes */

/* Services without a list of contacts of their own. */
static const char *const forgetful[] = { "prpl-irc", "prpl-simple", NULL };

struct _OhPurpleAccount
{
  OhBaseMessenger parent;
  OhCore *core; /* outlives us */
  OhImEngine *engine;
  OhImAccount *im;
  GCancellable *cancellable; /* of the keyring's answer */
  GPtrArray *buddies;        /* of OhImBuddy, in the order of the engine's list */
  OhPurplePeople *people;    /* NULL once it is forgotten */
  OhPresence presence;       /* as the user wants it */
  char *status_text;
  gint64
      idle_since; /* Unix s since when nobody has used this computer; 0: somebody does, or not known */
  gboolean wanted;  /* to be online */
  gboolean keyring; /* it failed because the password could not be read */
};

static void messenger_init (OhMessengerInterface *iface);

G_DEFINE_FINAL_TYPE_WITH_CODE (OhPurpleAccount,
                               oh_purple_account,
                               OH_TYPE_BASE_MESSENGER,
                               G_IMPLEMENT_INTERFACE (OH_TYPE_MESSENGER, messenger_init))

static gboolean
is_xmpp (OhPurpleAccount *account)
{
  return g_str_equal (oh_im_account_get_protocol (account->im), XMPP);
}

static OhImPresence
to_im_presence (OhPresence presence)
{
  return oh_im_presence_from_word (oh_presence_to_word (presence)); /* both have the same words */
}

static OhPresence
from_im_presence (OhImPresence presence)
{
  return oh_presence_from_word (oh_im_presence_to_word (presence));
}

/* --- State --- */

static OhAccountReason
reason_of (OhImReason reason)
{
  static const OhAccountReason reasons[] = {
    [OH_IM_REASON_NONE] = OH_ACCOUNT_REASON_NONE,
    [OH_IM_REASON_NETWORK] = OH_ACCOUNT_REASON_NETWORK,
    [OH_IM_REASON_PASSWORD] = OH_ACCOUNT_REASON_PASSWORD,
    [OH_IM_REASON_NAME] = OH_ACCOUNT_REASON_NAME,
    [OH_IM_REASON_NAME_IN_USE] = OH_ACCOUNT_REASON_IN_USE,
    [OH_IM_REASON_ENCRYPTION] = OH_ACCOUNT_REASON_ENCRYPTION,
    [OH_IM_REASON_CERTIFICATE] = OH_ACCOUNT_REASON_CERTIFICATE,
    [OH_IM_REASON_SETTINGS] = OH_ACCOUNT_REASON_SETTINGS,
    [OH_IM_REASON_PROTOCOL] = OH_ACCOUNT_REASON_PROTOCOL,
    [OH_IM_REASON_ENGINE] = OH_ACCOUNT_REASON_ENGINE,
    [OH_IM_REASON_OTHER] = OH_ACCOUNT_REASON_SERVER,
    [OH_IM_REASON_PROXY] = OH_ACCOUNT_REASON_PROXY,
    [OH_IM_REASON_PROXY_REFUSED] = OH_ACCOUNT_REASON_PROXY_REFUSED,
    [OH_IM_REASON_PROXY_PASSWORD] = OH_ACCOUNT_REASON_PROXY_PASSWORD,
  };

  return reason < G_N_ELEMENTS (reasons) ? reasons[reason] : OH_ACCOUNT_REASON_SERVER;
}

static void
fail (OhPurpleAccount *account)
{
  OhBaseAccount *base = OH_BASE_ACCOUNT (account);
  OhAccountReason reason = account->keyring ? OH_ACCOUNT_REASON_KEYRING
                                            : reason_of (oh_im_account_get_reason (account->im));

  oh_base_account_set_state (base, OH_ACCOUNT_FAILED, reason, 0);
  if (reason == OH_ACCOUNT_REASON_PASSWORD)
    oh_core_ask_password (account->core, OH_ACCOUNT (account));
}

static void
update_state (OhPurpleAccount *account)
{
  OhBaseAccount *base = OH_BASE_ACCOUNT (account);
  OhAccountReason reason = reason_of (oh_im_account_get_reason (account->im));
  OhImState state = oh_im_account_get_state (account->im);
  gint64 retry_at = oh_im_account_get_retry_at (account->im);

  oh_base_account_set_detail (base, oh_im_account_get_error_text (account->im));
  if (state == OH_IM_STATE_ONLINE)
    oh_base_account_set_state (base, OH_ACCOUNT_ONLINE, OH_ACCOUNT_REASON_NONE, 0);
  else if (oh_im_account_has_failed (account->im))
    fail (account);
  else if (!account->wanted)
    oh_base_account_set_state (base, OH_ACCOUNT_OFFLINE, OH_ACCOUNT_REASON_SIGNED_OUT, 0);
  else if (state == OH_IM_STATE_CONNECTING || reason == OH_ACCOUNT_REASON_NONE)
    oh_base_account_set_state (base, OH_ACCOUNT_CONNECTING, OH_ACCOUNT_REASON_NONE, 0);
  else
    oh_base_account_set_state (base, OH_ACCOUNT_RETRYING, reason, retry_at);
}

static void
on_state_changed (OhImAccount *im, GParamSpec *pspec, OhPurpleAccount *account)
{
  update_state (account);
}

/* --- The password --- */

static gboolean
needs_password (OhPurpleAccount *account)
{
  OhImProtocol *protocol = oh_im_engine_find_protocol (account->engine,
                                                       oh_im_account_get_protocol (account->im));

  return !protocol || protocol->password == OH_IM_PASSWORD_NEEDED;
}

/* Also where the service may do without: in a locked keyring there is one. */
static void
fail_without_password (OhPurpleAccount *account, const GError *error)
{
  account->keyring = !g_error_matches (error, OH_SECRETS_ERROR, OH_SECRETS_ERROR_NONE);
  g_message ("%s: no password: %s", oh_account_get_id (OH_ACCOUNT (account)), error->message);
  oh_im_account_give_password (account->im, NULL);
}

static void
on_secret_ready (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (OhPurpleAccount) account = user_data;
  g_autoptr (GError) error = NULL;
  char *secret = oh_core_lookup_secret_finish (account->core, result, &error);

  if (secret)
    {
      oh_im_account_give_password (account->im, secret);
      explicit_bzero (secret, strlen (secret));
      g_free (secret);
      return;
    }
  if (g_error_matches (error, G_IO_ERROR, G_IO_ERROR_CANCELLED))
    return;
  if (!g_error_matches (error, OH_SECRETS_ERROR, OH_SECRETS_ERROR_LOCKED)
      && !needs_password (account))
    {
      oh_im_account_give_password (account->im, "");
      return;
    }
  fail_without_password (account, error);
}

static const OhAccountSettings *
get_settings (OhPurpleAccount *account)
{
  return oh_base_account_get_settings (OH_BASE_ACCOUNT (account));
}

/* As the settings have it, which were checked. */
static OhProxy *
get_proxy (OhPurpleAccount *account)
{
  const char *text = get_settings (account)->proxy;

  return oh_proxy_parse (text ? text : "system", NULL);
}

static void
look_for_password (OhPurpleAccount *account)
{
  oh_core_lookup_secret_async (account->core, get_settings (account), account->cancellable,
                               on_secret_ready, g_object_ref (account));
}

/* Where none is kept the proxy itself says what it thinks of that. */
static void
on_proxy_secret_ready (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (OhPurpleAccount) account = user_data;
  g_autoptr (GError) error = NULL;
  char *secret = oh_core_lookup_secret_finish (account->core, result, &error);
  g_autoptr (OhProxy) proxy = get_proxy (account);

  if (!secret && g_error_matches (error, G_IO_ERROR, G_IO_ERROR_CANCELLED))
    return;
  if (g_error_matches (error, OH_SECRETS_ERROR, OH_SECRETS_ERROR_LOCKED))
    {
      fail_without_password (account, error);
      return;
    }
  if (proxy)
    oh_im_account_set_proxy (account->im, proxy, secret);
  if (secret)
    explicit_bzero (secret, strlen (secret));
  g_free (secret);
  look_for_password (account);
}

static void
on_password_wanted (OhImAccount *im, gpointer user_data)
{
  OhPurpleAccount *account = user_data;
  g_autoptr (OhProxy) proxy = get_proxy (account);

  account->keyring = FALSE;
  g_cancellable_cancel (account->cancellable);
  g_object_unref (account->cancellable);
  account->cancellable = g_cancellable_new ();
  if (proxy && proxy->user)
    oh_core_lookup_proxy_secret_async (account->core, get_settings (account), account->cancellable,
                                       on_proxy_secret_ready, g_object_ref (account));
  else
    look_for_password (account);
}

/* --- Contacts --- */

static OhContactFacts
facts_of (OhPurpleAccount *account, OhImBuddy *buddy)
{
  OhContactFacts facts = { .name = oh_im_buddy_get_alias (buddy),
                           .group = oh_im_buddy_get_group (buddy),
                           .presence = from_im_presence (oh_im_buddy_get_presence (buddy)),
                           .message = oh_im_buddy_get_message (buddy),
                           .idle_since = oh_im_buddy_get_idle_since (buddy),
                           .blocked = oh_im_account_is_blocked (account->im,
                                                                oh_im_buddy_get_name (buddy)) };

  return facts;
}

static void
on_buddy_changed (OhImBuddy *buddy, GParamSpec *pspec, OhPurpleAccount *account)
{
  OhContactFacts facts = facts_of (account, buddy);

  oh_base_messenger_put_contact (OH_BASE_MESSENGER (account), oh_im_buddy_get_name (buddy), &facts);
}

static void
on_buddies_changed (GListModel *list, guint at, guint gone, guint added, OhPurpleAccount *account)
{
  g_autoptr (GPtrArray) contacts = g_ptr_array_new_with_free_func (g_object_unref);

  for (guint i = at; i < at + gone; i++)
    {
      OhImBuddy *buddy = account->buddies->pdata[i];

      g_signal_handlers_disconnect_by_data (buddy, account);
      oh_base_messenger_drop_contact (OH_BASE_MESSENGER (account), oh_im_buddy_get_name (buddy));
    }
  if (gone)
    g_ptr_array_remove_range (account->buddies, at, gone);
  for (guint i = at; i < at + added; i++)
    {
      OhImBuddy *buddy = g_list_model_get_item (list, i);
      OhContactFacts facts = facts_of (account, buddy);

      g_ptr_array_insert (account->buddies, (int)i, buddy);
      g_signal_connect (buddy, "notify", G_CALLBACK (on_buddy_changed), account);
      g_ptr_array_add (contacts,
                       oh_contact_new (OH_ACCOUNT (account), oh_im_buddy_get_name (buddy), &facts));
    }
  oh_base_messenger_add_contacts (OH_BASE_MESSENGER (account), contacts);
}

static void
on_buddies_complete (OhImAccount *im, OhPurpleAccount *account)
{
  oh_base_messenger_list_complete (OH_BASE_MESSENGER (account));
}

static gboolean
keeps_list (OhPurpleAccount *account)
{
  return account->people && g_strv_contains (forgetful, oh_im_account_get_protocol (account->im));
}

static void
add_contact (OhMessenger *messenger,
             const char *address,
             const char *name,
             const char *group,
             const char *message)
{
  OhPurpleAccount *account = OH_PURPLE_ACCOUNT (messenger);

  oh_im_account_add_buddy (account->im, address, name, group, message);
  if (keeps_list (account))
    oh_purple_people_put (account->people, address, name, group);
}

static void
remove_contact (OhMessenger *messenger, const char *address)
{
  OhPurpleAccount *account = OH_PURPLE_ACCOUNT (messenger);

  oh_im_account_remove_buddy (account->im, address);
  if (keeps_list (account))
    oh_purple_people_drop (account->people, address);
}

static gboolean
check_address (OhMessenger *messenger, const char *address)
{
  const char *at = strchr (address, '@');

  if (!*address || strlen (address) > MAX_ADDRESS || strpbrk (address, " \t\n,"))
    return FALSE;
  return !is_xmpp (OH_PURPLE_ACCOUNT (messenger))
         || (at && at > address && at[1] && !strchr (at + 1, '@'));
}

/* --- Who is blocked --- */

static void
set_blocked (OhMessenger *messenger, const char *address, gboolean blocked)
{
  oh_im_account_set_blocked (OH_PURPLE_ACCOUNT (messenger)->im, address, blocked);
}

static gboolean
is_blocked (OhMessenger *messenger, const char *address)
{
  return oh_im_account_is_blocked (OH_PURPLE_ACCOUNT (messenger)->im, address);
}

static void
on_blocked (OhImAccount *im, const char *address, gboolean blocked, OhPurpleAccount *account)
{
  OhImBuddy *buddy = oh_im_account_find_buddy (im, address);

  if (account->people)
    oh_purple_people_set_blocked (account->people, address, blocked);
  if (buddy)
    on_buddy_changed (buddy, NULL, account);
  oh_messenger_emit_blocked (OH_MESSENGER (account), address, blocked);
}

/* Before the first sign-in, so that nobody comes through at its first moment. */
static void
load_people (OhPurpleAccount *account, const char *folder, const char *id)
{
  g_auto (GStrv) blocked = NULL;
  g_autoptr (GPtrArray) list = NULL;

  account->people = oh_purple_people_new (folder, id);
  blocked = oh_purple_people_get_blocked (account->people);
  for (guint i = 0; blocked[i]; i++)
    oh_im_account_know_blocked (account->im, blocked[i]);
  if (!keeps_list (account))
    return;
  list = oh_purple_people_get_list (account->people);
  for (guint i = 0; i < list->len; i++)
    {
      const OhPurplePerson *person = list->pdata[i];

      oh_im_account_add_buddy (account->im, person->address, person->name, person->group, NULL);
    }
}

/* --- Messages --- */

static void
on_message (OhImAccount *im, OhImMessage *message, OhPurpleAccount *account)
{
  OhIncoming incoming = { .with = message->with,
                          .text = message->text,
                          .time = message->time,
                          .own = message->own,
                          .delayed = message->delayed,
                          .automatic = message->automatic };

  oh_messenger_emit_message (OH_MESSENGER (account), &incoming);
}

static void
on_message_failed (OhImAccount *im, const char *with, const char *text, OhPurpleAccount *account)
{
  oh_messenger_emit_failed (OH_MESSENGER (account), with, text);
}

static void
on_refused (OhImAccount *im,
            const char *with,
            int kind,
            const char *name,
            gint64 size,
            OhPurpleAccount *account)
{
  oh_messenger_emit_refused (OH_MESSENGER (account), with,
                             kind == OH_IM_REFUSAL_ROOM ? OH_REFUSED_ROOM : OH_REFUSED_FILE, name,
                             size);
}

static void
on_typing (OhImAccount *im, const char *with, int typing, OhPurpleAccount *account)
{
  static const OhTyping states[] = { [OH_IM_TYPING_STOPPED] = OH_TYPING_STOPPED,
                                     [OH_IM_TYPING_ACTIVE] = OH_TYPING_ACTIVE,
                                     [OH_IM_TYPING_PAUSED] = OH_TYPING_PAUSED };

  if (typing >= 0 && typing < (int)G_N_ELEMENTS (states))
    oh_messenger_emit_typing (OH_MESSENGER (account), with, states[typing]);
}

static void
on_sent (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = user_data;
  GError *error = NULL;
  char *receipt = NULL;

  if (oh_im_account_send_finish (OH_IM_ACCOUNT (source), result, &receipt, &error))
    g_task_return_pointer (task, receipt ? receipt : g_strdup (""), g_free);
  else
    g_task_return_error (task, error);
}

static void
send_async (OhMessenger *messenger,
            const char *to,
            const char *text,
            GAsyncReadyCallback callback,
            gpointer user_data)
{
  oh_im_account_send_async (OH_PURPLE_ACCOUNT (messenger)->im, to, text, 0, NULL, on_sent,
                            g_task_new (messenger, NULL, callback, user_data));
}

/* XMPP alone tells what became of a message. */
static gboolean
send_finish (OhMessenger *messenger, GAsyncResult *result, char **receipt, GError **error)
{
  g_autofree char *id = g_task_propagate_pointer (G_TASK (result), error);
  gboolean sent = id != NULL;

  *receipt = sent && *id ? g_steal_pointer (&id) : NULL;
  return sent;
}

static void
on_receipt (OhImAccount *im, const char *with, const char *receipt, OhPurpleAccount *account)
{
  oh_messenger_emit_receipt (OH_MESSENGER (account), with, receipt, FALSE);
}

static void
send_typing (OhMessenger *messenger, const char *to, OhTyping typing)
{
  static const OhImTyping states[] = { [OH_TYPING_STOPPED] = OH_IM_TYPING_STOPPED,
                                       [OH_TYPING_ACTIVE] = OH_IM_TYPING_ACTIVE,
                                       [OH_TYPING_PAUSED] = OH_IM_TYPING_PAUSED };

  oh_im_account_send_typing (OH_PURPLE_ACCOUNT (messenger)->im, to, states[typing]);
}

/* As libpurple's plug-in names those who write; the others take a name as it is. */
static char *
normalize (OhMessenger *messenger, const char *address)
{
  OhPurpleAccount *account = OH_PURPLE_ACCOUNT (messenger);
  g_autofree char *bare = NULL;

  if (!is_xmpp (account))
    return g_strdup (address);
  bare = g_strndup (address, strcspn (address, "/"));
  return g_utf8_strdown (g_strstrip (bare), -1);
}

/* Who has left the keyboard is away, unless something else was chosen. Who wants not to be seen is not
 * seen coming and going either. */
static void
tell_status (OhPurpleAccount *account)
{
  gboolean hidden = account->presence == OH_PRESENCE_INVISIBLE;
  gboolean left = account->idle_since > 0 && account->presence == OH_PRESENCE_AVAILABLE;

  oh_im_account_set_status (account->im,
                            to_im_presence (left ? OH_PRESENCE_AWAY : account->presence),
                            account->status_text, hidden ? 0 : account->idle_since);
}

static void
set_status (OhMessenger *messenger, OhPresence presence, const char *message)
{
  OhPurpleAccount *account = OH_PURPLE_ACCOUNT (messenger);

  account->presence = presence;
  g_free (account->status_text);
  account->status_text = g_strdup (message);
  tell_status (account);
}

void
oh_purple_account_set_use (OhPurpleAccount *account, OhUse use, gint64 since)
{
  gint64 idle_since = use == OH_USE_IDLE ? MAX (since, 1) : 0;

  if (idle_since == account->idle_since)
    return;
  account->idle_since = idle_since;
  tell_status (account);
}

static void
messenger_init (OhMessengerInterface *iface)
{
  iface->know_contacts = oh_base_messenger_know_contacts;
  iface->normalize = normalize;
  iface->send_async = send_async;
  iface->send_finish = send_finish;
  iface->send_typing = send_typing;
  iface->set_status = set_status;
  iface->add_contact = add_contact;
  iface->remove_contact = remove_contact;
  iface->set_blocked = set_blocked;
  iface->is_blocked = is_blocked;
  iface->check_address = check_address;
}

/* --- The account --- */

static void
sign_in (OhBaseAccount *base)
{
  OhPurpleAccount *account = OH_PURPLE_ACCOUNT (base);
  g_autoptr (OhProxy) proxy = get_proxy (account);

  account->wanted = TRUE;
  account->keyring = FALSE;
  if (proxy)
    oh_im_account_set_proxy (account->im, proxy, NULL); /* its password is looked for later */
  oh_im_engine_start (account->engine);
  oh_im_account_sign_in (account->im);
  update_state (account);
}

static void
sign_out (OhBaseAccount *base)
{
  OhPurpleAccount *account = OH_PURPLE_ACCOUNT (base);

  account->wanted = FALSE;
  g_cancellable_cancel (account->cancellable);
  oh_im_account_sign_out (account->im);
  update_state (account);
}

void
oh_purple_account_protocols_changed (OhPurpleAccount *account)
{
  OhImProtocol *protocol = oh_im_engine_find_protocol (account->engine,
                                                       oh_im_account_get_protocol (account->im));

  oh_base_account_set_features (OH_BASE_ACCOUNT (account),
                                OH_ACCOUNT_CHATS | OH_ACCOUNT_BLOCKING
                                    | (protocol && protocol->typing ? OH_ACCOUNT_TYPING : 0)
                                    | (is_xmpp (account) ? OH_ACCOUNT_RECEIPTS : 0));
}

void
oh_purple_account_forget (OhPurpleAccount *account)
{
  g_clear_pointer (&account->people, oh_purple_people_free);
}

void
oh_purple_account_network_changed (OhPurpleAccount *account)
{
  if (oh_account_get_state (OH_ACCOUNT (account)) == OH_ACCOUNT_RETRYING)
    oh_im_account_sign_in (account->im);
}

static void
dispose (GObject *object)
{
  OhPurpleAccount *account = OH_PURPLE_ACCOUNT (object);

  g_cancellable_cancel (account->cancellable);
  for (guint i = 0; i < account->buddies->len; i++)
    g_signal_handlers_disconnect_by_data (account->buddies->pdata[i], account);
  g_ptr_array_set_size (account->buddies, 0);
  if (account->im)
    {
      g_signal_handlers_disconnect_by_data (oh_im_account_get_buddies (account->im), account);
      g_signal_handlers_disconnect_by_data (account->im, account);
      oh_im_account_set_password_source (account->im, NULL, NULL);
      oh_im_engine_remove_account (account->engine, oh_im_account_get_id (account->im));
    }
  g_clear_object (&account->im);
  g_clear_object (&account->engine);
  G_OBJECT_CLASS (oh_purple_account_parent_class)->dispose (object);
}

static void
finalize (GObject *object)
{
  OhPurpleAccount *account = OH_PURPLE_ACCOUNT (object);

  g_object_unref (account->cancellable);
  g_ptr_array_unref (account->buddies);
  g_free (account->status_text);
  g_clear_pointer (&account->people, oh_purple_people_free);
  G_OBJECT_CLASS (oh_purple_account_parent_class)->finalize (object);
}

static void
oh_purple_account_class_init (OhPurpleAccountClass *klass)
{
  OhBaseAccountClass *base_class = OH_BASE_ACCOUNT_CLASS (klass);

  G_OBJECT_CLASS (klass)->dispose = dispose;
  G_OBJECT_CLASS (klass)->finalize = finalize;
  base_class->sign_in = sign_in;
  base_class->sign_out = sign_out;
}

static void
oh_purple_account_init (OhPurpleAccount *account)
{
  account->cancellable = g_cancellable_new ();
  account->presence = OH_PRESENCE_AVAILABLE;
  account->status_text = g_strdup ("");
  account->buddies = g_ptr_array_new_with_free_func (g_object_unref);
}

static void
follow (OhPurpleAccount *account)
{
  GListModel *buddies = oh_im_account_get_buddies (account->im);

  oh_im_account_set_password_source (account->im, on_password_wanted, account);
  g_signal_connect (account->im, "notify", G_CALLBACK (on_state_changed), account);
  g_signal_connect (account->im, "message", G_CALLBACK (on_message), account);
  g_signal_connect (account->im, "message-failed", G_CALLBACK (on_message_failed), account);
  g_signal_connect (account->im, "typing", G_CALLBACK (on_typing), account);
  g_signal_connect (account->im, "receipt", G_CALLBACK (on_receipt), account);
  g_signal_connect (account->im, "blocked", G_CALLBACK (on_blocked), account);
  g_signal_connect (account->im, "buddies-complete", G_CALLBACK (on_buddies_complete), account);
  g_signal_connect (account->im, "refused", G_CALLBACK (on_refused), account);
  g_signal_connect (buddies, "items-changed", G_CALLBACK (on_buddies_changed), account);
}

OhPurpleAccount *
oh_purple_account_new (OhCore *core,
                       OhImEngine *engine,
                       const char *folder,
                       const OhAccountSettings *settings,
                       GError **error)
{
  g_autoptr (GVariant) options = NULL;
  g_autoptr (OhProxy) proxy = oh_proxy_parse (settings->proxy ? settings->proxy : "system", error);
  OhPurpleAccount *account;
  OhImAccount *im;

  if (!proxy)
    return NULL;
  if (!settings->protocol)
    {
      g_set_error (error, OH_ERROR, OH_ERROR_INVALID, "the account lacks its protocol");
      return NULL;
    }
  if (settings->options)
    {
      options = g_variant_parse (G_VARIANT_TYPE_VARDICT, settings->options, NULL, NULL, error);
      if (!options)
        return NULL;
    }
  im = oh_im_engine_add_account (engine, settings->id, settings->protocol, settings->address,
                                 options, error);
  if (!im)
    return NULL;
  account = g_object_new (OH_TYPE_PURPLE_ACCOUNT, NULL);
  account->core = core;
  account->engine = g_object_ref (engine);
  account->im = g_object_ref (im);
  oh_base_account_set_settings (OH_BASE_ACCOUNT (account), settings);
  oh_purple_account_protocols_changed (account);
  load_people (account, folder, settings->id);
  follow (account);
  return account;
}
