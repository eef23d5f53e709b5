/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "oh-client"

#include "client/chat/oh-chat.h"

#include "base/oh-error.h"
#include "client/chat/oh-chat-private.h"

#include <string.h>

#define DRAFT_DELAY_MS 500
#define MAX_DRAFT 65536
#define MAX_NUMBER (G_MAXINT - 1)

struct _OhChat
{
  GObject parent;
  OhDatabase *database; /* NULL: closed */
  char *account_id;
  char *address;
  OhAccount *account; /* or NULL */
  OhContact *contact; /* or NULL */
  gulong name_handler;

  gboolean loaded;
  gint64 key;
  gint64 opened; /* Unix seconds */
  OhChatPages *pages;
  GPtrArray *early; /* of OhChatRow: what came before it was loaded; then NULL */
  OhChatOutbox *outbox;
  guint newest_sent; /* number of what went out last, plus 1; 0: nothing in this session */

  guint unread;
  char *draft;
  guint draft_timer;
  OhChatTyping *typing;
};

enum
{
  PROP_ACCOUNT = 1,
  PROP_ACCOUNT_ID,
  PROP_ADDRESS,
  PROP_NAME,
  PROP_CONTACT,
  PROP_TYPING,
  PROP_UNREAD,
  PROP_DRAFT,
  PROP_LAST,
  PROP_LOADED,
  PROP_BLOCKED,
  N_PROPS
};
static GParamSpec *properties[N_PROPS];
static guint incoming_signal;

static void list_model_init (GListModelInterface *iface);

G_DEFINE_FINAL_TYPE_WITH_CODE (OhChat,
                               oh_chat,
                               G_TYPE_OBJECT,
                               G_IMPLEMENT_INTERFACE (G_TYPE_LIST_MODEL, list_model_init))

static void
notify (OhChat *chat, guint property)
{
  g_object_notify_by_pspec (G_OBJECT (chat), properties[property]);
}

/* --- The database --- */

static void
put_row (OhChat *chat, const OhChatRow *row)
{
  if (chat->database)
    oh_chat_keep_row (chat->database, chat, row);
}

void
oh_chat_row_kept (OhChat *chat, const OhChatRow *row)
{
  if (row->state == OH_CHAT_WAITING && chat->database)
    oh_chat_outbox_stored (chat->outbox, row->number);
}

/* Writes draft and unread. */
static void
keep (OhChat *chat)
{
  g_clear_handle_id (&chat->draft_timer, g_source_remove);
  if (chat->database && chat->loaded)
    oh_chat_keep_draft (chat->database, chat);
}

static gboolean
on_draft_due (gpointer user_data)
{
  OhChat *chat = user_data;

  chat->draft_timer = 0;
  keep (chat);
  return G_SOURCE_REMOVE;
}

/* --- Messages --- */

static void
set_unread (OhChat *chat, guint unread)
{
  if (chat->unread == unread)
    return;
  chat->unread = unread;
  keep (chat);
  notify (chat, PROP_UNREAD);
}

/* Takes @row, which gets its number here. */
static void
append (OhChat *chat, OhChatRow *row)
{
  gboolean counts = row->incoming && !row->automatic && !row->quiet;

  if (chat->early)
    {
      g_ptr_array_add (chat->early, row);
      return;
    }
  row->number = oh_chat_pages_get_length (chat->pages);
  if (row->number >= MAX_NUMBER)
    {
      oh_chat_row_free (row);
      return;
    }
  put_row (chat, row);
  oh_chat_pages_append (chat->pages, row);
  g_list_model_items_changed (G_LIST_MODEL (chat), row->number, 0, 1);
  notify (chat, PROP_LAST);
  if (counts)
    {
      set_unread (chat, chat->unread + 1);
      g_signal_emit (chat, incoming_signal, 0, oh_chat_pages_get_last (chat->pages));
    }
  if (row->state == OH_CHAT_WAITING)
    oh_chat_outbox_add (chat->outbox, row, FALSE);
  else
    oh_chat_row_free (row);
}

void
oh_chat_update_row (OhChat *chat, const OhChatRow *row)
{
  if (row->state == OH_CHAT_SENT)
    chat->newest_sent = row->number + 1;
  put_row (chat, row);
  oh_chat_pages_update (chat->pages, row);
}

static void
take_early (OhChat *chat)
{
  g_autoptr (GPtrArray) early = g_steal_pointer (&chat->early);

  g_ptr_array_set_free_func (early, NULL);
  for (guint i = 0; i < early->len; i++)
    append (chat, early->pdata[i]);
}

void
oh_chat_load (OhChat *chat, gint64 key, const OhChatRecord *record)
{
  chat->key = record ? record->key : key;
  chat->loaded = TRUE;
  oh_chat_pages_set_source (chat->pages, chat->database, chat->key);
  if (record)
    {
      oh_chat_pages_set_length (chat->pages, record->count, record->last);
      g_list_model_items_changed (G_LIST_MODEL (chat), 0, 0, record->count);
      for (guint i = 0; i < record->waiting->len; i++)
        oh_chat_outbox_add (chat->outbox, oh_chat_row_copy (record->waiting->pdata[i]), TRUE);
      chat->unread = record->unread;
      chat->opened = record->last ? 0 : chat->opened;
      if (!*chat->draft && record->draft)
        {
          g_free (chat->draft);
          chat->draft = g_strdup (record->draft);
        }
    }
  else
    {
      oh_chat_keep_new (chat->database, chat);
      keep (chat);
    }
  g_object_freeze_notify (G_OBJECT (chat));
  notify (chat, PROP_UNREAD);
  notify (chat, PROP_DRAFT);
  notify (chat, PROP_LAST);
  notify (chat, PROP_LOADED);
  g_object_thaw_notify (G_OBJECT (chat));
  take_early (chat);
  oh_chat_outbox_send (chat->outbox);
}

gint64
oh_chat_get_key (OhChat *chat)
{
  return chat->key;
}

gint64
oh_chat_get_activity (OhChat *chat)
{
  OhChatMessage *last = oh_chat_pages_get_last (chat->pages);

  return MAX (last ? oh_chat_message_get_time (last) : 0, chat->opened);
}

/* --- What the other does --- */

void
oh_chat_take_typing (OhChat *chat, OhTyping typing)
{
  oh_chat_typing_take (chat->typing, typing);
}

void
oh_chat_typing_changed (OhChat *chat)
{
  notify (chat, PROP_TYPING);
}

void
oh_chat_take_incoming (OhChat *chat,
                       const OhIncoming *incoming,
                       OhChatWarning warning,
                       gboolean quiet)
{
  OhChatRow *row = oh_chat_row_new ();

  row->incoming = !incoming->own;
  row->automatic = incoming->automatic;
  row->time = incoming->time > 0 ? incoming->time : g_get_real_time () / G_USEC_PER_SEC;
  row->text = oh_chat_message_clean (incoming->text);
  row->state = incoming->own ? OH_CHAT_SENT : OH_CHAT_RECEIVED;
  row->warning = warning;
  row->detail = g_strdup (incoming->detail);
  row->quiet = quiet;
  if (!incoming->own)
    oh_chat_take_typing (chat, OH_TYPING_STOPPED);
  append (chat, row);
  if (incoming->own)
    oh_chat_mark_read (chat); /* the person was there, at another device */
}

void
oh_chat_raise (OhChat *chat)
{
  OhChatMessage *last = oh_chat_pages_get_last (chat->pages);

  if (chat->early && chat->early->len)
    ((OhChatRow *)chat->early->pdata[chat->early->len - 1])->quiet = FALSE;
  if (chat->early || !last || !oh_chat_message_is_incoming (last) || !chat->database)
    return;
  set_unread (chat, chat->unread + 1);
  g_signal_emit (chat, incoming_signal, 0, last);
}

/* Services do not say which message they mean; it is the one that went out last. */
void
oh_chat_take_failure (OhChat *chat, const char *text)
{
  OhChatMessage *message = chat->newest_sent
                               ? oh_chat_pages_get (chat->pages, chat->newest_sent - 1)
                               : NULL;
  g_autoptr (OhChatRow) row = NULL;

  if (!message || oh_chat_message_get_state (message) != OH_CHAT_SENT)
    return;
  row = oh_chat_row_new ();
  row->number = oh_chat_message_get_number (message);
  row->time = oh_chat_message_get_time (message);
  row->text = g_strdup (oh_chat_message_get_text (message));
  row->state = OH_CHAT_FAILED;
  row->reason = OH_CHAT_REASON_REFUSED;
  row->detail = g_strdup (text);
  oh_chat_update_row (chat, row);
}

void
oh_chat_take_receipt (OhChat *chat, const char *receipt, gboolean read)
{
  if (chat->database && chat->loaded)
    oh_chat_keep_receipt (chat->database, chat, receipt, read ? OH_CHAT_READ : OH_CHAT_DELIVERED);
}

void
oh_chat_receipt_kept (OhChat *chat, guint number, OhChatState state)
{
  oh_chat_pages_update_state (chat->pages, number, state);
}

void
oh_chat_blocked_changed (OhChat *chat)
{
  oh_chat_take_typing (chat, OH_TYPING_STOPPED);
  notify (chat, PROP_BLOCKED);
}

/* --- The account --- */

void
oh_chat_account_changed (OhChat *chat)
{
  if (chat->account && oh_account_get_state (chat->account) == OH_ACCOUNT_ONLINE)
    oh_chat_outbox_send (chat->outbox);
  else
    {
      oh_chat_typing_end (chat->typing);
      oh_chat_take_typing (chat, OH_TYPING_STOPPED);
    }
}

void
oh_chat_set_account (OhChat *chat, OhAccount *account)
{
  if (!g_set_object (&chat->account, account))
    return;
  oh_chat_check_contact (chat);
  notify (chat, PROP_ACCOUNT);
  notify (chat, PROP_BLOCKED);
  oh_chat_account_changed (chat);
}

static void
on_name_changed (OhContact *contact, GParamSpec *pspec, OhChat *chat)
{
  notify (chat, PROP_NAME);
}

void
oh_chat_check_contact (OhChat *chat)
{
  OhContact *contact = chat->account
                           ? oh_messenger_find_contact (OH_MESSENGER (chat->account), chat->address)
                           : NULL;

  if (contact == chat->contact)
    return;
  if (chat->contact)
    g_signal_handler_disconnect (chat->contact, chat->name_handler);
  g_set_object (&chat->contact, contact);
  if (contact)
    chat->name_handler = g_signal_connect (contact, "notify::name", G_CALLBACK (on_name_changed),
                                           chat);
  notify (chat, PROP_CONTACT);
  notify (chat, PROP_NAME);
}

/* --- What the user does --- */

static gboolean
set_draft (OhChat *chat, const char *draft)
{
  if (g_strcmp0 (chat->draft, draft) == 0 || strlen (draft) > MAX_DRAFT)
    return FALSE;
  g_free (chat->draft);
  chat->draft = g_strdup (draft);
  if (!chat->draft_timer)
    chat->draft_timer = g_timeout_add (DRAFT_DELAY_MS, on_draft_due, chat);
  notify (chat, PROP_DRAFT);
  return TRUE;
}

void
oh_chat_set_draft (OhChat *chat, const char *draft)
{
  g_return_if_fail (OH_IS_CHAT (chat));
  if (set_draft (chat, draft ? draft : ""))
    oh_chat_typing_typed (chat->typing, *chat->draft != '\0');
}

gboolean
oh_chat_send (OhChat *chat, const char *text, GError **error)
{
  OhChatRow *row;

  g_return_val_if_fail (OH_IS_CHAT (chat), FALSE);
  if (!text || !*text || !g_utf8_validate (text, -1, NULL))
    g_set_error (error, OH_ERROR, OH_ERROR_INVALID, "nothing to send");
  else if (strlen (text) > OH_CHAT_MAX_TEXT)
    g_set_error (error, OH_ERROR, OH_ERROR_LIMIT, "the message is too long");
  else if (!chat->account)
    g_set_error (error, OH_ERROR, OH_ERROR_CLOSED, "the account is not set up any more");
  else
    {
      row = oh_chat_row_new ();
      row->time = g_get_real_time () / G_USEC_PER_SEC;
      row->text = g_strdup (text);
      row->state = OH_CHAT_WAITING;
      append (chat, row);
      oh_chat_typing_end (chat->typing); /* the message says so itself */
      set_draft (chat, "");
      oh_chat_mark_read (chat);
      return TRUE;
    }
  return FALSE;
}

void
oh_chat_retry (OhChat *chat, OhChatMessage *message)
{
  OhChatRow *row;

  g_return_if_fail (OH_IS_CHAT (chat) && OH_IS_CHAT_MESSAGE (message));
  if (oh_chat_message_get_state (message) != OH_CHAT_FAILED || !chat->account)
    return;
  row = oh_chat_row_new ();
  row->number = oh_chat_message_get_number (message);
  row->time = oh_chat_message_get_time (message);
  row->text = g_strdup (oh_chat_message_get_text (message));
  row->state = OH_CHAT_WAITING;
  oh_chat_update_row (chat, row);
  oh_chat_outbox_add (chat->outbox, row, FALSE);
}

void
oh_chat_mark_read (OhChat *chat)
{
  g_return_if_fail (OH_IS_CHAT (chat));
  set_unread (chat, 0);
}

void
oh_chat_close (OhChat *chat)
{
  keep (chat);
  chat->database = NULL;
  oh_chat_pages_set_source (chat->pages, NULL, 0);
}

/* --- The object --- */

static GType
get_item_type (GListModel *model)
{
  return OH_TYPE_CHAT_MESSAGE;
}

static guint
get_n_items (GListModel *model)
{
  return oh_chat_pages_get_length (OH_CHAT (model)->pages);
}

static gpointer
get_item (GListModel *model, guint position)
{
  OhChatMessage *message = oh_chat_pages_get (OH_CHAT (model)->pages, position);

  return message ? g_object_ref (message) : NULL;
}

static void
list_model_init (GListModelInterface *iface)
{
  iface->get_item_type = get_item_type;
  iface->get_n_items = get_n_items;
  iface->get_item = get_item;
}

static void
get_property (GObject *object, guint id, GValue *value, GParamSpec *pspec)
{
  OhChat *chat = OH_CHAT (object);

  switch (id)
    {
    case PROP_ACCOUNT:
      g_value_set_object (value, chat->account);
      break;
    case PROP_ACCOUNT_ID:
      g_value_set_string (value, chat->account_id);
      break;
    case PROP_ADDRESS:
      g_value_set_string (value, chat->address);
      break;
    case PROP_NAME:
      g_value_set_string (value, oh_chat_get_name (chat));
      break;
    case PROP_CONTACT:
      g_value_set_object (value, chat->contact);
      break;
    case PROP_TYPING:
      g_value_set_int (value, oh_chat_typing_get (chat->typing));
      break;
    case PROP_UNREAD:
      g_value_set_uint (value, chat->unread);
      break;
    case PROP_DRAFT:
      g_value_set_string (value, chat->draft);
      break;
    case PROP_LAST:
      g_value_set_object (value, oh_chat_pages_get_last (chat->pages));
      break;
    case PROP_BLOCKED:
      g_value_set_boolean (value, oh_chat_is_blocked (chat));
      break;
    default:
      g_value_set_boolean (value, chat->loaded);
      break;
    }
}

static void
set_property (GObject *object, guint id, const GValue *value, GParamSpec *pspec)
{
  oh_chat_set_draft (OH_CHAT (object), g_value_get_string (value)); /* the only one */
}

static void
dispose (GObject *object)
{
  OhChat *chat = OH_CHAT (object);

  g_clear_handle_id (&chat->draft_timer, g_source_remove);
  if (chat->contact)
    g_signal_handler_disconnect (chat->contact, chat->name_handler);
  g_clear_object (&chat->contact);
  g_clear_object (&chat->account);
  G_OBJECT_CLASS (oh_chat_parent_class)->dispose (object);
}

static void
finalize (GObject *object)
{
  OhChat *chat = OH_CHAT (object);

  oh_chat_pages_free (chat->pages);
  oh_chat_outbox_free (chat->outbox);
  g_clear_pointer (&chat->early, g_ptr_array_unref);
  oh_chat_typing_free (chat->typing);
  g_free (chat->account_id);
  g_free (chat->address);
  g_free (chat->draft);
  G_OBJECT_CLASS (oh_chat_parent_class)->finalize (object);
}

static void
oh_chat_class_init (OhChatClass *klass)
{
  const GParamFlags flags = G_PARAM_READABLE | G_PARAM_STATIC_STRINGS;
  GObjectClass *object_class = G_OBJECT_CLASS (klass);

  object_class->get_property = get_property;
  object_class->set_property = set_property;
  object_class->dispose = dispose;
  object_class->finalize = finalize;
  properties[PROP_ACCOUNT] = g_param_spec_object ("account", NULL, NULL, OH_TYPE_ACCOUNT, flags);
  properties[PROP_ACCOUNT_ID] = g_param_spec_string ("account-id", NULL, NULL, NULL, flags);
  properties[PROP_ADDRESS] = g_param_spec_string ("address", NULL, NULL, NULL, flags);
  properties[PROP_NAME] = g_param_spec_string ("name", NULL, NULL, NULL, flags);
  properties[PROP_CONTACT] = g_param_spec_object ("contact", NULL, NULL, OH_TYPE_CONTACT, flags);
  properties[PROP_TYPING] = g_param_spec_int ("typing", NULL, NULL, 0, OH_TYPING_PAUSED, 0, flags);
  properties[PROP_UNREAD] = g_param_spec_uint ("unread", NULL, NULL, 0, G_MAXUINT, 0, flags);
  properties[PROP_DRAFT] = g_param_spec_string ("draft", NULL, NULL, "",
                                                G_PARAM_READWRITE | G_PARAM_STATIC_STRINGS
                                                    | G_PARAM_EXPLICIT_NOTIFY);
  properties[PROP_LAST] = g_param_spec_object ("last", NULL, NULL, OH_TYPE_CHAT_MESSAGE, flags);
  properties[PROP_LOADED] = g_param_spec_boolean ("loaded", NULL, NULL, FALSE, flags);
  properties[PROP_BLOCKED] = g_param_spec_boolean ("blocked", NULL, NULL, FALSE, flags);
  g_object_class_install_properties (object_class, N_PROPS, properties);
  incoming_signal = g_signal_new ("incoming", OH_TYPE_CHAT, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL,
                                  G_TYPE_NONE, 1, OH_TYPE_CHAT_MESSAGE);
}

static void
oh_chat_init (OhChat *chat)
{
  chat->pages = oh_chat_pages_new ();
  chat->outbox = oh_chat_outbox_new (chat);
  chat->early = g_ptr_array_new_with_free_func ((GDestroyNotify)oh_chat_row_free);
  chat->draft = g_strdup ("");
  chat->opened = g_get_real_time () / G_USEC_PER_SEC;
}

OhChat *
oh_chat_new (OhDatabase *database, OhSettings *settings, const char *account, const char *address)
{
  OhChat *chat = g_object_new (OH_TYPE_CHAT, NULL);

  chat->database = database;
  chat->typing = oh_chat_typing_new (chat, settings);
  chat->account_id = g_strdup (account);
  chat->address = g_strdup (address);
  return chat;
}

OhAccount *
oh_chat_get_account (OhChat *chat)
{
  g_return_val_if_fail (OH_IS_CHAT (chat), NULL);
  return chat->account;
}

const char *
oh_chat_get_account_id (OhChat *chat)
{
  g_return_val_if_fail (OH_IS_CHAT (chat), NULL);
  return chat->account_id;
}

const char *
oh_chat_get_address (OhChat *chat)
{
  g_return_val_if_fail (OH_IS_CHAT (chat), NULL);
  return chat->address;
}

const char *
oh_chat_get_name (OhChat *chat)
{
  g_return_val_if_fail (OH_IS_CHAT (chat), NULL);
  return chat->contact ? oh_contact_get_name (chat->contact) : chat->address;
}

OhContact *
oh_chat_get_contact (OhChat *chat)
{
  g_return_val_if_fail (OH_IS_CHAT (chat), NULL);
  return chat->contact;
}

OhTyping
oh_chat_get_typing (OhChat *chat)
{
  g_return_val_if_fail (OH_IS_CHAT (chat), OH_TYPING_STOPPED);
  return oh_chat_typing_get (chat->typing);
}

guint
oh_chat_get_unread (OhChat *chat)
{
  g_return_val_if_fail (OH_IS_CHAT (chat), 0);
  return chat->unread;
}

const char *
oh_chat_get_draft (OhChat *chat)
{
  g_return_val_if_fail (OH_IS_CHAT (chat), NULL);
  return chat->draft;
}

OhChatMessage *
oh_chat_get_last (OhChat *chat)
{
  g_return_val_if_fail (OH_IS_CHAT (chat), NULL);
  return oh_chat_pages_get_last (chat->pages);
}

gboolean
oh_chat_is_loaded (OhChat *chat)
{
  g_return_val_if_fail (OH_IS_CHAT (chat), FALSE);
  return chat->loaded;
}

gboolean
oh_chat_is_blocked (OhChat *chat)
{
  g_return_val_if_fail (OH_IS_CHAT (chat), FALSE);
  return chat->account && oh_messenger_is_blocked (OH_MESSENGER (chat->account), chat->address);
}
