/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "oh-dummy"

#include "plugins/dummy/oh-dummy-account.h"

#include "base/oh-clock.h"
#include "base/oh-error.h"
#include "client/account/oh-json.h"
#include "plugins/dummy/oh-dummy-call.h"
#include "plugins/dummy/oh-dummy-chat.h"

#include <string.h>

#define RETRY_S 5
#define LOOK_MS 20
#define MAX_BLOCKED 2 /* as a service has a limit */

struct _OhDummyAccount
{
  OhBaseMessenger parent;
  OhCore *core; /* outlives us */
  char *script;
  char *folder; /* the script's */
  GQueue steps; /* of JsonNode */
  guint timer;
  GHashTable *calls; /* id -> OhDummyCall */
  OhDummyChat *chat;
  GHashTable *blocked; /* a set of addresses */
  guint n_sent;
};

static void messenger_init (OhMessengerInterface *iface);

G_DEFINE_FINAL_TYPE_WITH_CODE (OhDummyAccount,
                               oh_dummy_account,
                               OH_TYPE_BASE_MESSENGER,
                               G_IMPLEMENT_INTERFACE (OH_TYPE_MESSENGER, messenger_init))

static void
add_call (OhDummyAccount *account, OhDummyCall *call)
{
  g_hash_table_insert (account->calls, g_strdup (oh_call_get_id (OH_CALL (call))),
                       g_object_ref (call));
  oh_core_add_call (account->core, OH_ACCOUNT (account), OH_CALL (call));
}

static guint
read_options (JsonObject *object)
{
  JsonNode *node = json_object_get_member (object, "options");
  JsonArray *array = node && JSON_NODE_HOLDS_ARRAY (node) ? json_node_get_array (node) : NULL;
  guint options = 0;

  for (guint i = 0; array && i < json_array_get_length (array); i++)
    options |= 1u << (json_array_get_int_element (array, i) & 31);
  return options ? options
                 : 1u << OH_CALL_OPTION_ANSWER | 1u << OH_CALL_OPTION_VOICEMAIL
                       | 1u << OH_CALL_OPTION_DECLINE;
}

static void
let_ring (OhDummyAccount *account, JsonObject *object)
{
  gint64 deadline = oh_json_get_number (object, "deadline", 0, 3600);
  OhCallFacts facts = {
    .incoming = TRUE,
    .id = oh_json_get_text (object, "id"),
    .name = oh_json_get_text (object, "name"),
    .number = oh_json_get_text (object, "number"),
    .called = oh_json_get_text (object, "called"),
    .account = oh_account_get_id (OH_ACCOUNT (account)),
    .peer = oh_json_get_text (object, "peer"),
    .withheld = oh_json_get_flag (object, "withheld"),
    .deadline = deadline ? oh_clock_now () + deadline * G_USEC_PER_SEC : 0,
    .default_option = (OhCallOption)oh_json_get_number (object, "default", 3, 9),
    .options = read_options (object),
  };
  g_autoptr (OhDummyCall) call = oh_dummy_call_new_incoming (&facts);

  add_call (account, call);
}

static guint
index_of (const char *const *words, const char *word)
{
  for (guint i = 0; words[i]; i++)
    if (g_strcmp0 (words[i], word) == 0)
      return i;
  return 0;
}

static void
set_state (OhDummyAccount *account, const char *state_word, const char *reason_word)
{
  static const char *const states[] = { "offline",  "connecting", "online",
                                        "retrying", "failed",     NULL };
  static const char *const reasons[] = { "none",     "signed-out", "network",
                                         "password", "revoked",    "certificate",
                                         "server",   "keyring",    NULL };
  OhAccountState state = index_of (states, state_word);

  oh_base_account_set_state (
      OH_BASE_ACCOUNT (account), state, index_of (reasons, reason_word),
      state == OH_ACCOUNT_RETRYING ? oh_clock_now () + RETRY_S * G_USEC_PER_SEC : 0);
}

static void
carry_out (OhDummyAccount *account, JsonObject *step)
{
  JsonNode *incoming = json_object_get_member (step, "incoming");
  const char *id = oh_json_get_text (step, "call");
  const char *state = oh_json_get_text (step, "account");
  OhDummyCall *call = id ? g_hash_table_lookup (account->calls, id) : NULL;
  const char *word = oh_json_get_text (step, "do");

  if (incoming && JSON_NODE_HOLDS_OBJECT (incoming))
    let_ring (account, json_node_get_object (incoming));
  else if (state)
    set_state (account, state, oh_json_get_text (step, "reason"));
  else if (oh_dummy_chat_do (account->chat, step))
    return;
  else if (!call || !word || !oh_dummy_call_do (call, word))
    g_warning ("a line of the script makes no sense");
}

static void next_step (OhDummyAccount *account);

static gboolean
is_held (OhDummyAccount *account, JsonObject *step)
{
  const char *name = oh_json_get_text (step, "until");
  g_autofree char *path = name ? g_build_filename (account->folder, name, NULL) : NULL;

  return path && !g_file_test (path, G_FILE_TEST_EXISTS);
}

static gboolean
on_step_due (gpointer user_data)
{
  OhDummyAccount *account = user_data;
  g_autoptr (JsonNode) node = NULL;

  if (is_held (account, json_node_get_object (g_queue_peek_head (&account->steps))))
    {
      account->timer = g_timeout_add (LOOK_MS, on_step_due, account);
      return G_SOURCE_REMOVE;
    }
  node = g_queue_pop_head (&account->steps);
  account->timer = 0;
  carry_out (account, json_node_get_object (node));
  next_step (account);
  return G_SOURCE_REMOVE;
}

static void
next_step (OhDummyAccount *account)
{
  JsonNode *node = g_queue_peek_head (&account->steps);

  if (node && !account->timer)
    account->timer = g_timeout_add (
        oh_json_get_number (json_node_get_object (node), "after", 0, 3600000), on_step_due,
        account);
}

static void
load_script (OhDummyAccount *account)
{
  g_autofree char *text = NULL;
  g_autoptr (GError) error = NULL;
  g_auto (GStrv) lines = NULL;

  if (!account->script || !*account->script)
    return;
  if (!g_file_get_contents (account->script, &text, NULL, &error))
    {
      g_warning ("no script: %s", error->message);
      return;
    }
  account->folder = g_path_get_dirname (account->script);
  lines = g_strsplit (text, "\n", -1);
  for (guint i = 0; lines[i]; i++)
    {
      g_autoptr (JsonNode) node = *g_strstrip (lines[i]) ? json_from_string (lines[i], NULL) : NULL;

      if (node && JSON_NODE_HOLDS_OBJECT (node))
        g_queue_push_tail (&account->steps, g_steal_pointer (&node));
      else if (*lines[i])
        g_warning ("line %u of the script is no JSON object", i + 1);
    }
}

static void
sign_in (OhBaseAccount *base)
{
  OhDummyAccount *account = OH_DUMMY_ACCOUNT (base);

  oh_base_account_set_state (base, OH_ACCOUNT_ONLINE, OH_ACCOUNT_REASON_NONE, 0);
  load_script (account);
  if (account->script && !*account->script)
    oh_dummy_chat_add_people (account->chat);
  g_clear_pointer (&account->script, g_free);
  next_step (account);
}

static void
sign_out (OhBaseAccount *base)
{
  g_clear_handle_id (&OH_DUMMY_ACCOUNT (base)->timer, g_source_remove);
  oh_base_account_set_state (base, OH_ACCOUNT_OFFLINE, OH_ACCOUNT_REASON_SIGNED_OUT, 0);
}

static gboolean
dial (OhBaseAccount *base, const char *target, GError **error)
{
  g_autoptr (OhDummyCall) call = oh_dummy_call_new_outgoing (target);

  add_call (OH_DUMMY_ACCOUNT (base), call);
  return TRUE;
}

/* --- Messages --- */

static void
send_async (OhMessenger *messenger,
            const char *to,
            const char *text,
            GAsyncReadyCallback callback,
            gpointer user_data)
{
  OhDummyAccount *account = OH_DUMMY_ACCOUNT (messenger);
  g_autoptr (GTask) task = g_task_new (messenger, NULL, callback, user_data);
  char *receipt;

  if (g_str_has_prefix (to, "refused@"))
    {
      g_task_return_new_error (task, OH_ERROR, OH_ERROR_FAILED, "the dummy refuses it");
      return;
    }
  receipt = g_strdup_printf ("%u", ++account->n_sent);
  oh_dummy_chat_sent (account->chat, to, text, receipt);
  g_task_return_pointer (task, receipt, g_free);
}

static gboolean
send_finish (OhMessenger *messenger, GAsyncResult *result, char **receipt, GError **error)
{
  *receipt = g_task_propagate_pointer (G_TASK (result), error);
  return *receipt != NULL;
}

static void
send_typing (OhMessenger *messenger, const char *to, OhTyping typing)
{
  g_debug ("typing notice %d", typing);
}

static void
set_status (OhMessenger *messenger, OhPresence presence, const char *message)
{
  g_message ("own status: %s, %s", oh_presence_to_word (presence), message ? message : "");
}

static void
add_contact (OhMessenger *messenger,
             const char *address,
             const char *name,
             const char *group,
             const char *message)
{
  OhContact *old = oh_messenger_find_contact (messenger, address);
  g_autofree char *old_name = old ? g_strdup (oh_contact_get_name (old)) : NULL;
  g_autofree char *old_group = old ? g_strdup (oh_contact_get_group (old)) : NULL;
  OhContactFacts facts = { .name = name ? name : old_name,
                           .group = group ? group : old_group,
                           .presence = old ? oh_contact_get_presence (old) : OH_PRESENCE_AVAILABLE,
                           .blocked = old && oh_contact_is_blocked (old) };

  oh_base_messenger_put_contact (OH_BASE_MESSENGER (messenger), address, &facts);
}

static void
remove_contact (OhMessenger *messenger, const char *address)
{
  oh_base_messenger_drop_contact (OH_BASE_MESSENGER (messenger), address);
}

static void
set_blocked (OhMessenger *messenger, const char *address, gboolean blocked)
{
  OhDummyAccount *account = OH_DUMMY_ACCOUNT (messenger);
  OhContact *contact = oh_messenger_find_contact (messenger, address);
  g_autofree char *name = contact ? g_strdup (oh_contact_get_name (contact)) : NULL;
  g_autofree char *group = contact ? g_strdup (oh_contact_get_group (contact)) : NULL;
  OhContactFacts facts = { .name = name,
                           .group = group,
                           .presence = blocked ? OH_PRESENCE_UNKNOWN : OH_PRESENCE_AVAILABLE,
                           .blocked = blocked };

  if (blocked && g_hash_table_size (account->blocked) >= MAX_BLOCKED)
    return;
  if (blocked)
    g_hash_table_add (account->blocked, g_strdup (address));
  else
    g_hash_table_remove (account->blocked, address);
  if (contact)
    oh_base_messenger_put_contact (OH_BASE_MESSENGER (messenger), address, &facts);
  oh_messenger_emit_blocked (messenger, address, blocked);
}

static gboolean
is_blocked (OhMessenger *messenger, const char *address)
{
  return g_hash_table_contains (OH_DUMMY_ACCOUNT (messenger)->blocked, address);
}

static gboolean
check_address (OhMessenger *messenger, const char *address)
{
  return strchr (address, '@') && !strpbrk (address, " \t");
}

static void
messenger_init (OhMessengerInterface *iface)
{
  iface->know_contacts = oh_base_messenger_know_contacts;
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

static void
dispose (GObject *object)
{
  OhDummyAccount *account = OH_DUMMY_ACCOUNT (object);

  g_clear_handle_id (&account->timer, g_source_remove);
  g_queue_clear_full (&account->steps, (GDestroyNotify)json_node_unref);
  g_hash_table_remove_all (account->calls);
  g_clear_pointer (&account->chat, oh_dummy_chat_free);
  G_OBJECT_CLASS (oh_dummy_account_parent_class)->dispose (object);
}

static void
finalize (GObject *object)
{
  OhDummyAccount *account = OH_DUMMY_ACCOUNT (object);

  g_hash_table_unref (account->calls);
  g_hash_table_unref (account->blocked);
  g_free (account->script);
  g_free (account->folder);
  G_OBJECT_CLASS (oh_dummy_account_parent_class)->finalize (object);
}

static void
oh_dummy_account_class_init (OhDummyAccountClass *klass)
{
  OhBaseAccountClass *base_class = OH_BASE_ACCOUNT_CLASS (klass);

  G_OBJECT_CLASS (klass)->dispose = dispose;
  G_OBJECT_CLASS (klass)->finalize = finalize;
  base_class->sign_in = sign_in;
  base_class->sign_out = sign_out;
  base_class->dial = dial;
}

static void
oh_dummy_account_init (OhDummyAccount *account)
{
  g_queue_init (&account->steps);
  account->calls = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_object_unref);
  account->blocked = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
}

OhDummyAccount *
oh_dummy_account_new (OhCore *core, const OhAccountSettings *settings, const char *script)
{
  OhDummyAccount *account = g_object_new (OH_TYPE_DUMMY_ACCOUNT, NULL);

  account->core = core;
  account->script = g_strdup (script);
  account->chat = oh_dummy_chat_new (core, OH_BASE_MESSENGER (account));
  oh_base_account_set_features (OH_BASE_ACCOUNT (account), OH_ACCOUNT_CHATS | OH_ACCOUNT_TYPING
                                                               | OH_ACCOUNT_BLOCKING
                                                               | OH_ACCOUNT_RECEIPTS);
  oh_base_account_set_settings (OH_BASE_ACCOUNT (account), settings);
  return account;
}
