/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "oh-dummy"

#include "plugins/dummy/oh-dummy-chat.h"

#include "client/account/oh-json.h"

#define DELIVERED_MS 100
#define TYPES_MS 300
#define READ_MS 600
#define ECHO_MS 1000

struct _OhDummyChat
{
  OhCore *core;             /* outlives us */
  OhBaseMessenger *account; /* owns us */
  GHashTable *receipts;     /* address -> the newest */
  GList *later;             /* of Later */
};

/* Something that the other does in a moment. */
typedef struct
{
  OhDummyChat *chat;
  guint timer;
  char *address;
  char *receipt; /* delivered or read */
  gboolean read;
  char *text; /* said; NULL without receipt: types */
} Later;

static void
later_free (gpointer data)
{
  Later *later = data;

  g_clear_handle_id (&later->timer, g_source_remove);
  g_free (later->address);
  g_free (later->receipt);
  g_free (later->text);
  g_free (later);
}

static gboolean
on_later (gpointer user_data)
{
  Later *later = user_data;
  OhMessenger *messenger = OH_MESSENGER (later->chat->account);
  OhIncoming incoming = { .with = later->address, .text = later->text };

  later->timer = 0;
  later->chat->later = g_list_remove (later->chat->later, later);
  if (later->receipt)
    oh_messenger_emit_receipt (messenger, later->address, later->receipt, later->read);
  else if (later->text)
    oh_messenger_emit_message (messenger, &incoming);
  else
    oh_messenger_emit_typing (messenger, later->address, OH_TYPING_ACTIVE);
  later_free (later);
  return G_SOURCE_REMOVE;
}

static Later *
plan (OhDummyChat *chat, guint ms, const char *address)
{
  Later *later = g_new0 (Later, 1);

  later->chat = chat;
  later->address = g_strdup (address);
  later->timer = g_timeout_add (ms, on_later, later);
  chat->later = g_list_prepend (chat->later, later);
  return later;
}

void
oh_dummy_chat_sent (OhDummyChat *chat, const char *to, const char *text, const char *receipt)
{
  OhContact *contact = oh_messenger_find_contact (OH_MESSENGER (chat->account), to);
  Later *later;

  g_hash_table_insert (chat->receipts, g_strdup (to), g_strdup (receipt));
  if (!contact || !oh_presence_is_online (oh_contact_get_presence (contact)))
    return;
  plan (chat, DELIVERED_MS, to)->receipt = g_strdup (receipt);
  later = plan (chat, READ_MS, to);
  later->receipt = g_strdup (receipt);
  later->read = TRUE;
  if (g_str_has_prefix (to, "echo@"))
    {
      plan (chat, TYPES_MS, to);
      plan (chat, ECHO_MS, to)->text = g_strdup (text);
    }
}

/* --- The script --- */

static void
put_contact (OhDummyChat *chat, JsonObject *object)
{
  const char *address = oh_json_get_text (object, "address");
  const char *presence = oh_json_get_text (object, "presence");
  gint64 idle = oh_json_get_number (object, "idle", 0, G_MAXINT);
  OhContactFacts facts = {
    .name = oh_json_get_text (object, "name"),
    .group = oh_json_get_text (object, "group"),
    .presence = presence ? oh_presence_from_word (presence) : OH_PRESENCE_OFFLINE,
    .message = oh_json_get_text (object, "message"),
    .idle_since = idle ? g_get_real_time () / G_USEC_PER_SEC - idle : 0,
    .blocked = oh_json_get_flag (object, "blocked"),
  };

  if (address)
    oh_base_messenger_put_contact (chat->account, address, &facts);
}

static void
gone_contact (OhDummyChat *chat, JsonObject *object)
{
  const char *address = oh_json_get_text (object, "address");

  if (address)
    oh_base_messenger_drop_contact (chat->account, address);
}

static void
complete_contacts (OhDummyChat *chat, JsonObject *object)
{
  oh_base_messenger_list_complete (chat->account);
}

static void
say_message (OhDummyChat *chat, JsonObject *object)
{
  OhIncoming incoming = {
    .with = oh_json_get_text (object, "with"),
    .text = oh_json_get_text (object, "text"),
    .time = oh_json_get_number (object, "time", 0, G_MAXINT64),
    .own = oh_json_get_flag (object, "own"),
    .delayed = oh_json_get_flag (object, "delayed"),
    .automatic = oh_json_get_flag (object, "automatic"),
  };

  if (incoming.with && incoming.text)
    oh_messenger_emit_message (OH_MESSENGER (chat->account), &incoming);
}

static void
say_typing (OhDummyChat *chat, JsonObject *object)
{
  const char *state = oh_json_get_text (object, "state");
  OhTyping typing = g_strcmp0 (state, "active") == 0   ? OH_TYPING_ACTIVE
                    : g_strcmp0 (state, "paused") == 0 ? OH_TYPING_PAUSED
                                                       : OH_TYPING_STOPPED;
  const char *with = oh_json_get_text (object, "with");

  if (with)
    oh_messenger_emit_typing (OH_MESSENGER (chat->account), with, typing);
}

static void
say_receipt (OhDummyChat *chat, JsonObject *object)
{
  const char *with = oh_json_get_text (object, "with");
  const char *receipt = with ? g_hash_table_lookup (chat->receipts, with) : NULL;

  if (receipt)
    oh_messenger_emit_receipt (OH_MESSENGER (chat->account), with, receipt,
                               oh_json_get_flag (object, "read"));
}

static void
say_failed (OhDummyChat *chat, JsonObject *object)
{
  const char *with = oh_json_get_text (object, "with");
  const char *text = oh_json_get_text (object, "text");

  if (with)
    oh_messenger_emit_failed (OH_MESSENGER (chat->account), with, text ? text : "");
}

static void
say_refused (OhDummyChat *chat, JsonObject *object)
{
  const char *with = oh_json_get_text (object, "with");
  const char *room = oh_json_get_text (object, "room");
  const char *file = oh_json_get_text (object, "file");

  if (with && (room || file))
    oh_messenger_emit_refused (OH_MESSENGER (chat->account), with,
                               room ? OH_REFUSED_ROOM : OH_REFUSED_FILE, room ? room : file,
                               oh_json_get_number (object, "size", 0, G_MAXINT64));
}

/* --- Questions --- */

static void
on_answered (OhQuestion *question, int button, GVariant *values, gpointer data)
{
  OhDummyChat *chat = data;
  OhContactFacts facts = { .presence = OH_PRESENCE_AVAILABLE,
                           .name = oh_question_get_text (question, "alias") };
  const char *who = oh_question_get_text (question, "who");

  g_message ("question answered with button %d", button);
  if (oh_question_get_kind (question) == OH_QUESTION_CONTACT && button == 0 && *who)
    oh_base_messenger_put_contact (chat->account, who, &facts);
}

/* All texts and numbers of @object. */
static GVariant *
read_texts (JsonObject *object)
{
  g_autoptr (GList) members = json_object_get_members (object);
  GVariantBuilder dict;

  g_variant_builder_init (&dict, G_VARIANT_TYPE_VARDICT);
  for (GList *l = members; l; l = l->next)
    {
      JsonNode *node = json_object_get_member (object, l->data);

      if (!JSON_NODE_HOLDS_VALUE (node))
        continue;
      if (json_node_get_value_type (node) == G_TYPE_STRING)
        g_variant_builder_add (&dict, "{sv}", l->data,
                               g_variant_new_string (json_node_get_string (node)));
      else if (json_node_get_value_type (node) == G_TYPE_INT64)
        g_variant_builder_add (&dict, "{sv}", l->data,
                               g_variant_new_int64 (json_node_get_int (node)));
    }
  return g_variant_builder_end (&dict);
}

static char **
read_strings (JsonObject *object, const char *name)
{
  JsonNode *node = json_object_get_member (object, name);
  JsonArray *array = node && JSON_NODE_HOLDS_ARRAY (node) ? json_node_get_array (node) : NULL;
  g_autoptr (GStrvBuilder) strings = g_strv_builder_new ();

  for (guint i = 0; array && i < json_array_get_length (array); i++)
    g_strv_builder_add (strings, json_array_get_string_element (array, i));
  return g_strv_builder_end (strings);
}

static OhField *
read_field (JsonObject *object)
{
  static const char *const kinds[] = { "text", "number", "flag", "choice", "label" };
  const char *kind = oh_json_get_text (object, "kind");
  const char *value = oh_json_get_text (object, "value");
  OhField *field = oh_field_new (oh_json_get_text (object, "name"),
                                 oh_json_get_text (object, "label"), OH_FIELD_TEXT,
                                 value ? g_variant_new_string (value) : NULL);

  for (guint i = 0; i < G_N_ELEMENTS (kinds); i++)
    if (g_strcmp0 (kind, kinds[i]) == 0)
      field->kind = i;
  field->masked = oh_json_get_flag (object, "masked");
  if (field->kind == OH_FIELD_CHOICE)
    {
      field->choices = read_strings (object, "choices");
      field->choice_labels = g_strdupv (field->choices);
    }
  return field;
}

static GPtrArray *
read_fields (JsonObject *object)
{
  JsonNode *node = json_object_get_member (object, "fields");
  JsonArray *array = node && JSON_NODE_HOLDS_ARRAY (node) ? json_node_get_array (node) : NULL;
  GPtrArray *fields = oh_field_list_new ();

  for (guint i = 0; array && i < json_array_get_length (array); i++)
    g_ptr_array_add (fields, read_field (json_array_get_object_element (array, i)));
  return fields;
}

static void
ask (OhDummyChat *chat, JsonObject *object)
{
  static const char *const kinds[] = { "certificate", "contact", "password", "form", "notice" };
  const char *kind = oh_json_get_text (object, "kind");
  g_autoptr (GPtrArray) fields = read_fields (object);
  g_autoptr (OhQuestion) question = NULL;
  g_auto (GStrv) buttons = read_strings (object, "buttons");
  OhQuestionFacts facts = { .kind = OH_QUESTION_NOTICE,
                            .account = OH_ACCOUNT (chat->account),
                            .texts = read_texts (object),
                            .buttons = (const char *const *)buttons,
                            .fields = fields };

  for (guint i = 0; i < G_N_ELEMENTS (kinds); i++)
    if (g_strcmp0 (kind, kinds[i]) == 0)
      facts.kind = i;
  question = oh_question_new (&facts, on_answered, chat, NULL); /* dropped with the account */
  oh_core_add_question (chat->core, question);
}

gboolean
oh_dummy_chat_do (OhDummyChat *chat, JsonObject *step)
{
  static const struct
  {
    const char *word;
    void (*function) (OhDummyChat *chat, JsonObject *object);
  } steps[] = {
    { "contact", put_contact },
    { "contact-gone", gone_contact },
    { "message", say_message },
    { "typing", say_typing },
    { "receipt", say_receipt },
    { "failed", say_failed },
    { "refused", say_refused },
    { "question", ask },
    { "contacts-complete", complete_contacts },
  };

  for (guint i = 0; i < G_N_ELEMENTS (steps); i++)
    {
      JsonNode *node = json_object_get_member (step, steps[i].word);

      if (!node || !JSON_NODE_HOLDS_OBJECT (node))
        continue;
      steps[i].function (chat, json_node_get_object (node));
      return TRUE;
    }
  return FALSE;
}

void
oh_dummy_chat_add_people (OhDummyChat *chat)
{
  static const struct
  {
    const char *address;
    OhContactFacts facts;
  } people[] = {
    { "echo@dummy",
      { .name = "Echo", .presence = OH_PRESENCE_AVAILABLE, .message = "I say it back" } },
    { "away@dummy", { .name = "Away Demo", .group = "Demo", .presence = OH_PRESENCE_AWAY } },
    { "offline@dummy",
      { .name = "Offline Demo", .group = "Demo", .presence = OH_PRESENCE_OFFLINE } },
  };

  for (guint i = 0; i < G_N_ELEMENTS (people); i++)
    oh_base_messenger_put_contact (chat->account, people[i].address, &people[i].facts);
}

OhDummyChat *
oh_dummy_chat_new (OhCore *core, OhBaseMessenger *account)
{
  OhDummyChat *chat = g_new0 (OhDummyChat, 1);

  chat->core = core;
  chat->account = account;
  chat->receipts = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free);
  return chat;
}

void
oh_dummy_chat_free (OhDummyChat *chat)
{
  g_list_free_full (chat->later, later_free);
  g_hash_table_unref (chat->receipts);
  g_free (chat);
}
