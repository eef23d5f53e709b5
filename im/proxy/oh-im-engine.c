/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "oh-im"

#include "im/proxy/oh-im-engine.h"

#include "base/oh-error.h"
#include "im/proxy/oh-im-private.h"

#include "oh-config.h"

#define SUSPECT_EVERY_MS 2500 /* more than an account takes to come in */

struct _OhImEngine
{
  GObject parent;
  OhImProcess *process;
  GDBusConnection *connection; /* the one that is subscribed to, or NULL */
  guint subscription;
  GPtrArray *protocols;
  GHashTable *accounts; /* id -> OhImAccount */
  OhImQuestions *questions;
  gboolean no_receipts; /* are given */
  gboolean taken[OH_IM_REFUSAL_FILE + 1];
};

enum
{
  PROP_RUNNING = 1,
  N_PROPS
};

enum
{
  SIGNAL_QUESTION,
  SIGNAL_NOTICE,
  SIGNAL_PROTOCOLS_CHANGED,
  N_SIGNALS
};

static GParamSpec *props[N_PROPS];
static guint signals[N_SIGNALS];

G_DEFINE_FINAL_TYPE (OhImEngine, oh_im_engine, G_TYPE_OBJECT)

/* --- what the process tells; types are checked before a handler is called --- */

static void
on_account_state (OhImEngine *engine, GVariant *arguments)
{
  const char *id, *state, *reason, *text;
  gboolean permanent;
  OhImAccount *account;

  g_variant_get (arguments, "(&s&s&sb&s)", &id, &state, &reason, &permanent, &text);
  account = g_hash_table_lookup (engine->accounts, id);
  if (account)
    oh_im_account_on_state (account, oh_im_state_from_word (state), oh_im_reason_from_word (reason),
                            permanent, text);
}

static void
on_buddies (OhImEngine *engine, GVariant *arguments)
{
  const char *id;
  g_autoptr (GVariant) list = NULL;
  OhImAccount *account;

  g_variant_get (arguments, "(&s@aa{sv})", &id, &list);
  account = g_hash_table_lookup (engine->accounts, id);
  if (account)
    oh_im_account_on_buddies (account, list);
}

static void
on_buddy_gone (OhImEngine *engine, GVariant *arguments)
{
  const char *id, *name;
  OhImAccount *account;

  g_variant_get (arguments, "(&s&s)", &id, &name);
  account = g_hash_table_lookup (engine->accounts, id);
  if (account)
    oh_im_account_on_buddy_gone (account, name);
}

static void
on_buddies_complete (OhImEngine *engine, GVariant *arguments)
{
  const char *id;
  OhImAccount *account;

  g_variant_get (arguments, "(&s)", &id);
  account = g_hash_table_lookup (engine->accounts, id);
  if (account)
    oh_im_account_on_buddies_complete (account);
}

static void
on_message (OhImEngine *engine, GVariant *arguments)
{
  const char *id, *with;
  g_autoptr (GVariant) dict = NULL;
  g_autoptr (OhImMessage) message = NULL;
  OhImAccount *account;

  g_variant_get (arguments, "(&s&s@a{sv})", &id, &with, &dict);
  account = g_hash_table_lookup (engine->accounts, id);
  message = oh_im_parse_message (with, dict);
  if (account && message)
    oh_im_account_on_message (account, message);
}

static void
on_message_failed (OhImEngine *engine, GVariant *arguments)
{
  const char *id, *with, *text;
  OhImAccount *account;

  g_variant_get (arguments, "(&s&s&s)", &id, &with, &text);
  account = g_hash_table_lookup (engine->accounts, id);
  if (account)
    oh_im_account_on_message_failed (account, with, text);
}

static void
on_typing (OhImEngine *engine, GVariant *arguments)
{
  const char *id, *with, *state;
  OhImAccount *account;

  g_variant_get (arguments, "(&s&s&s)", &id, &with, &state);
  account = g_hash_table_lookup (engine->accounts, id);
  if (account)
    oh_im_account_on_typing (account, with, oh_im_typing_from_word (state));
}

static void
on_blocked (OhImEngine *engine, GVariant *arguments)
{
  const char *id, *name;
  gboolean blocked;
  OhImAccount *account;

  g_variant_get (arguments, "(&s&sb)", &id, &name, &blocked);
  account = g_hash_table_lookup (engine->accounts, id);
  if (account)
    oh_im_account_on_blocked (account, name, blocked);
}

static void
on_receipt (OhImEngine *engine, GVariant *arguments)
{
  const char *id, *with, *receipt;
  OhImAccount *account;

  g_variant_get (arguments, "(&s&s&s)", &id, &with, &receipt);
  account = g_hash_table_lookup (engine->accounts, id);
  if (account)
    oh_im_account_on_receipt (account, with, receipt);
}

static void
on_refused (OhImEngine *engine, GVariant *arguments)
{
  const char *id, *with, *word, *name;
  gint64 size;
  OhImRefusal kind;
  OhImAccount *account;

  g_variant_get (arguments, "(&s&s&s&sx)", &id, &with, &word, &name, &size);
  account = g_hash_table_lookup (engine->accounts, id);
  if (account && oh_im_refusal_from_word (word, &kind))
    oh_im_account_on_refused (account, with, kind, name, size);
}

static void
on_stanza (OhImEngine *engine, GVariant *arguments)
{
  const char *id, *from, *xml;
  OhImAccount *account;

  g_variant_get (arguments, "(&s&s&s)", &id, &from, &xml);
  account = g_hash_table_lookup (engine->accounts, id);
  if (account)
    oh_im_account_on_stanza (account, from, xml);
}

static void
on_stanza_answered (OhImEngine *engine, GVariant *arguments)
{
  const char *id, *xml, *fault;
  guint64 number;
  OhImAccount *account;

  g_variant_get (arguments, "(&st&s&s)", &id, &number, &xml, &fault);
  account = g_hash_table_lookup (engine->accounts, id);
  if (account)
    oh_im_account_on_stanza_answered (account, number, xml, fault);
}

static void
on_file_offered (OhImEngine *engine, GVariant *arguments)
{
  const char *id, *with, *name;
  guint64 number;
  gint64 size;
  OhImAccount *account;

  g_variant_get (arguments, "(&st&s&sx)", &id, &number, &with, &name, &size);
  account = g_hash_table_lookup (engine->accounts, id);
  if (account)
    oh_im_account_on_file_offered (account, number, with, name, size);
}

static void
on_file_progress (OhImEngine *engine, GVariant *arguments)
{
  const char *id;
  guint64 number;
  gint64 done;
  OhImAccount *account;

  g_variant_get (arguments, "(&stx)", &id, &number, &done);
  account = g_hash_table_lookup (engine->accounts, id);
  if (account)
    oh_im_account_on_file_progress (account, number, done);
}

static void
on_file_ended (OhImEngine *engine, GVariant *arguments)
{
  const char *id, *end, *text;
  guint64 number;
  OhImAccount *account;

  g_variant_get (arguments, "(&st&s&s)", &id, &number, &end, &text);
  account = g_hash_table_lookup (engine->accounts, id);
  if (account)
    oh_im_account_on_file_ended (account, number, end, text);
}

/* Who is blocked here is so at once; the process, which drops what they ask, may not have heard it. */
static gboolean
is_from_blocked (OhImEngine *engine, OhImQuestion *question)
{
  OhImAccount *account = g_hash_table_lookup (engine->accounts,
                                              oh_im_question_get_account (question));

  return account && oh_im_question_get_kind (question) == OH_IM_QUESTION_AUTHORIZE
         && oh_im_account_is_blocked (account, oh_im_question_get_text (question, "who"));
}

static void
on_question (OhImEngine *engine, GVariant *arguments)
{
  guint64 number;
  const char *id;
  g_autoptr (GVariant) dict = NULL;
  OhImQuestion *question;

  g_variant_get (arguments, "(t&s@a{sv})", &number, &id, &dict);
  question = oh_im_questions_take (engine->questions, number, id, dict);
  if (question && is_from_blocked (engine, question))
    oh_im_question_dismiss (question);
  else if (question)
    g_signal_emit (engine, signals[SIGNAL_QUESTION], 0, question);
}

static void
on_question_closed (OhImEngine *engine, GVariant *arguments)
{
  guint64 number;

  g_variant_get (arguments, "(t)", &number);
  oh_im_questions_close (engine->questions, number);
}

static void
on_notice (OhImEngine *engine, GVariant *arguments)
{
  const char *id, *raw = "";
  g_autoptr (GVariant) dict = NULL;
  g_autofree char *kind = NULL, *title = NULL, *text = NULL;

  g_variant_get (arguments, "(&s@a{sv})", &id, &dict);
  g_variant_lookup (dict, "text", "&s", &raw);
  kind = oh_im_parse_line (dict, "kind");
  title = oh_im_parse_line (dict, "primary");
  if (!*title)
    {
      g_free (title);
      title = oh_im_parse_line (dict, "title");
    }
  text = oh_im_clean (raw, OH_IM_MAX_TEXT);
  g_signal_emit (engine, signals[SIGNAL_NOTICE], 0, id, kind, title, text);
}

static const struct
{
  const char *name;
  const char *type;
  void (*handler) (OhImEngine *engine, GVariant *arguments);
} told[] = {
  { "AccountState", "(sssbs)", on_account_state },
  { "Buddies", "(saa{sv})", on_buddies },
  { "BuddyGone", "(ss)", on_buddy_gone },
  { "BuddiesComplete", "(s)", on_buddies_complete },
  { "Blocked", "(ssb)", on_blocked },
  { "Message", "(ssa{sv})", on_message },
  { "MessageFailed", "(sss)", on_message_failed },
  { "Receipt", "(sss)", on_receipt },
  { "Refused", "(ssssx)", on_refused },
  { "Stanza", "(sss)", on_stanza },
  { "StanzaAnswered", "(stss)", on_stanza_answered },
  { "FileOffered", "(stssx)", on_file_offered },
  { "FileProgress", "(stx)", on_file_progress },
  { "FileEnded", "(stss)", on_file_ended },
  { "Typing", "(sss)", on_typing },
  { "Question", "(tsa{sv})", on_question },
  { "QuestionClosed", "(t)", on_question_closed },
  { "Notice", "(sa{sv})", on_notice },
};

gboolean
oh_im_engine_take_signal (OhImEngine *engine, const char *name, GVariant *arguments)
{
  for (guint i = 0; i < G_N_ELEMENTS (told); i++)
    if (g_str_equal (told[i].name, name)
        && g_variant_is_of_type (arguments, G_VARIANT_TYPE (told[i].type)))
      {
        told[i].handler (engine, arguments);
        return TRUE;
      }
  return oh_im_take_room_signal (engine, name, arguments);
}

static void
on_signal (GDBusConnection *connection,
           const char *sender,
           const char *path,
           const char *interface,
           const char *name,
           GVariant *arguments,
           gpointer user_data)
{
  OhImEngine *engine = user_data;

  if (connection != engine->connection)
    return;
  g_object_ref (engine);
  if (!oh_im_engine_take_signal (engine, name, arguments))
    g_debug ("the IM engine told something unknown");
  g_object_unref (engine);
}

/* --- the process comes and goes --- */

static void
on_protocols_ready (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (OhImEngine) engine = user_data;
  g_autoptr (GVariant) answer = oh_im_process_call_finish (result, NULL);
  g_autoptr (GVariant) list = NULL;
  gsize count;

  if (!answer || !g_variant_is_of_type (answer, G_VARIANT_TYPE ("(aa{sv})")))
    return;
  list = g_variant_get_child_value (answer, 0);
  count = MIN (g_variant_n_children (list), OH_IM_MAX_PROTOCOLS);
  g_ptr_array_set_size (engine->protocols, 0);
  for (gsize i = 0; i < count; i++)
    {
      g_autoptr (GVariant) dict = g_variant_get_child_value (list, i);
      OhImProtocol *protocol = oh_im_parse_protocol (dict);

      if (protocol)
        g_ptr_array_add (engine->protocols, protocol);
    }
  g_signal_emit (engine, signals[SIGNAL_PROTOCOLS_CHANGED], 0);
}

static void
for_each_account (OhImEngine *engine, void (*function) (OhImAccount *account))
{
  GList *accounts = g_hash_table_get_values (engine->accounts);

  g_list_foreach (accounts, (GFunc)g_object_ref, NULL);
  g_list_foreach (accounts, (GFunc)function, NULL);
  g_list_free_full (accounts, g_object_unref);
}

/* Those that may have ended the last processes come in behind the others, one after the other. */
static void
bring_accounts (OhImEngine *engine)
{
  GHashTableIter iter;
  gpointer account;
  guint suspects = 0;

  g_hash_table_iter_init (&iter, engine->accounts);
  while (g_hash_table_iter_next (&iter, NULL, &account))
    oh_im_account_on_up (account,
                         oh_im_account_is_suspect (account) ? ++suspects * SUSPECT_EVERY_MS : 0);
}

/* A new process gives them. */
static void
tell_receipts (OhImEngine *engine)
{
  oh_im_process_tell (engine->process, "SetReceipts", g_variant_new ("(b)", !engine->no_receipts));
}

static void
tell_taken (OhImEngine *engine, OhImRefusal kind)
{
  oh_im_process_tell (engine->process, "SetTaken",
                      g_variant_new ("(sb)", oh_im_refusal_to_word (kind), engine->taken[kind]));
}

static void
on_up (OhImProcess *process, GDBusConnection *connection, OhImEngine *engine)
{
  engine->connection = connection;
  engine->subscription = g_dbus_connection_signal_subscribe (
      connection, NULL, OH_IM_INTERFACE, NULL, OH_IM_PATH, NULL, G_DBUS_SIGNAL_FLAGS_NONE,
      on_signal, engine, NULL);
  oh_im_process_call (process, "GetProtocols", NULL, on_protocols_ready, g_object_ref (engine));
  if (engine->no_receipts)
    tell_receipts (engine);
  for (guint kind = 0; kind < G_N_ELEMENTS (engine->taken); kind++)
    if (engine->taken[kind])
      tell_taken (engine, kind);
  bring_accounts (engine);
  g_object_notify_by_pspec (G_OBJECT (engine), props[PROP_RUNNING]);
}

static void
on_down (OhImProcess *process, OhImEngine *engine)
{
  engine->connection = NULL;
  engine->subscription = 0;
  oh_im_questions_close_all (engine->questions);
  for_each_account (engine, oh_im_account_on_down);
  g_object_notify_by_pspec (G_OBJECT (engine), props[PROP_RUNNING]);
}

/* --- what the engine's user asks for --- */

OhImEngine *
oh_im_engine_new (const char *program, const char *folder)
{
  OhImEngine *engine = g_object_new (OH_TYPE_IM_ENGINE, NULL);
  const char *path = program ? program : g_getenv ("OFFHOOK_IM_PATH");

  engine->process = oh_im_process_new (path && *path ? path : OH_LIBEXEC_DIR "/offhook-im", folder);
  engine->questions = oh_im_questions_new (engine->process);
  g_signal_connect_object (engine->process, "up", G_CALLBACK (on_up), engine, 0);
  g_signal_connect_object (engine->process, "down", G_CALLBACK (on_down), engine, 0);
  return engine;
}

void
oh_im_engine_start (OhImEngine *engine)
{
  oh_im_process_start (engine->process);
}

static void
on_stop_ready (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = user_data;

  g_task_return_boolean (task, oh_im_process_stop_finish (OH_IM_PROCESS (source), result, NULL));
}

void
oh_im_engine_shut_down_async (OhImEngine *engine, GAsyncReadyCallback callback, gpointer user_data)
{
  oh_im_process_stop_async (engine->process, on_stop_ready,
                            g_task_new (engine, NULL, callback, user_data));
}

gboolean
oh_im_engine_shut_down_finish (OhImEngine *engine, GAsyncResult *result, GError **error)
{
  return g_task_propagate_boolean (G_TASK (result), error);
}

gboolean
oh_im_engine_is_running (OhImEngine *engine)
{
  return engine->connection != NULL;
}

int
oh_im_engine_get_pid (OhImEngine *engine)
{
  return oh_im_process_get_pid (engine->process);
}

GPtrArray *
oh_im_engine_get_protocols (OhImEngine *engine)
{
  return engine->protocols;
}

OhImProtocol *
oh_im_engine_find_protocol (OhImEngine *engine, const char *id)
{
  for (guint i = 0; i < engine->protocols->len; i++)
    {
      OhImProtocol *protocol = engine->protocols->pdata[i];

      if (g_strcmp0 (protocol->id, id) == 0)
        return protocol;
    }
  return NULL;
}

void
oh_im_engine_set_receipts (OhImEngine *engine, gboolean given)
{
  if (engine->no_receipts == !given)
    return;
  engine->no_receipts = !given;
  tell_receipts (engine);
}

void
oh_im_engine_set_taken (OhImEngine *engine, OhImRefusal kind, gboolean taken)
{
  g_return_if_fail (kind < G_N_ELEMENTS (engine->taken));
  if (engine->taken[kind] == taken)
    return;
  engine->taken[kind] = taken;
  tell_taken (engine, kind);
}

static void
on_account_blocked (OhImAccount *account, const char *name, gboolean blocked, OhImEngine *engine)
{
  if (blocked)
    oh_im_questions_dismiss_requests (engine->questions, oh_im_account_get_id (account), name);
}

OhImAccount *
oh_im_engine_add_account (OhImEngine *engine,
                          const char *id,
                          const char *protocol,
                          const char *username,
                          GVariant *options,
                          GError **error)
{
  g_autoptr (GVariant) held = options ? g_variant_ref_sink (options) : NULL;
  OhImAccount *account;

  if (!oh_im_name_is_good (id) || !oh_im_name_is_good (protocol) || !oh_im_name_is_good (username)
      || (held && !g_variant_is_of_type (held, G_VARIANT_TYPE_VARDICT)))
    g_set_error (error, OH_ERROR, OH_ERROR_INVALID, "not an account");
  else if (g_hash_table_contains (engine->accounts, id))
    g_set_error (error, OH_ERROR, OH_ERROR_EXISTS, "account %s is there already", id);
  else if (g_hash_table_size (engine->accounts) >= OH_IM_MAX_ACCOUNTS)
    g_set_error (error, OH_ERROR, OH_ERROR_LIMIT, "too many IM accounts");
  else
    {
      account = oh_im_account_new (engine->process, id, protocol, username, held);
      g_hash_table_insert (engine->accounts, g_strdup (id), account);
      g_signal_connect_object (account, "blocked", G_CALLBACK (on_account_blocked), engine, 0);
      if (engine->connection)
        oh_im_account_on_up (account, 0);
      return account;
    }
  return NULL;
}

void
oh_im_engine_remove_account (OhImEngine *engine, const char *id)
{
  OhImAccount *account = g_hash_table_lookup (engine->accounts, id);

  if (!account)
    return;
  oh_im_account_close (account);
  oh_im_process_tell (engine->process, "RemoveAccount", g_variant_new ("(s)", id));
  g_hash_table_remove (engine->accounts, id);
}

OhImAccount *
oh_im_engine_find_account (OhImEngine *engine, const char *id)
{
  return g_hash_table_lookup (engine->accounts, id);
}

/* --- the object --- */

static void
get_property (GObject *object, guint id, GValue *value, GParamSpec *pspec)
{
  g_value_set_boolean (value, OH_IM_ENGINE (object)->connection != NULL);
}

static void
dispose (GObject *object)
{
  OhImEngine *engine = OH_IM_ENGINE (object);

  if (engine->connection)
    g_dbus_connection_signal_unsubscribe (engine->connection, engine->subscription);
  engine->connection = NULL;
  oh_im_questions_close_all (engine->questions);
  for_each_account (engine, oh_im_account_close);
  g_hash_table_remove_all (engine->accounts);
  if (engine->process)
    {
      g_signal_handlers_disconnect_by_data (engine->process, engine);
      oh_im_process_stop_async (engine->process, NULL, NULL);
    }
  g_clear_object (&engine->process);
  G_OBJECT_CLASS (oh_im_engine_parent_class)->dispose (object);
}

static void
finalize (GObject *object)
{
  OhImEngine *engine = OH_IM_ENGINE (object);

  g_hash_table_unref (engine->accounts);
  oh_im_questions_free (engine->questions);
  g_ptr_array_unref (engine->protocols);
  G_OBJECT_CLASS (oh_im_engine_parent_class)->finalize (object);
}

static void
oh_im_engine_class_init (OhImEngineClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);

  object_class->get_property = get_property;
  object_class->dispose = dispose;
  object_class->finalize = finalize;
  props[PROP_RUNNING] = g_param_spec_boolean ("running", NULL, NULL, FALSE,
                                              G_PARAM_READABLE | G_PARAM_STATIC_STRINGS);
  g_object_class_install_properties (object_class, N_PROPS, props);
  signals[SIGNAL_QUESTION] = g_signal_new ("question", OH_TYPE_IM_ENGINE, G_SIGNAL_RUN_LAST, 0,
                                           NULL, NULL, NULL, G_TYPE_NONE, 1, OH_TYPE_IM_QUESTION);
  signals[SIGNAL_NOTICE] = g_signal_new ("notice", OH_TYPE_IM_ENGINE, G_SIGNAL_RUN_LAST, 0, NULL,
                                         NULL, NULL, G_TYPE_NONE, 4, G_TYPE_STRING, G_TYPE_STRING,
                                         G_TYPE_STRING, G_TYPE_STRING);
  signals[SIGNAL_PROTOCOLS_CHANGED] = g_signal_new ("protocols-changed", OH_TYPE_IM_ENGINE,
                                                    G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL,
                                                    G_TYPE_NONE, 0);
}

static void
oh_im_engine_init (OhImEngine *engine)
{
  engine->protocols = g_ptr_array_new_with_free_func ((GDestroyNotify)oh_im_protocol_unref);
  engine->accounts = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_object_unref);
}
