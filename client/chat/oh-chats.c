/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "oh-client"

#include "client/chat/oh-chats.h"

#include "client/chat/oh-chat-private.h"
#include "client/offer/oh-offer-join.h"

#define MAX_CHATS 20000 /* strangers who write beyond that are not heard */

/* Watches the accounts for messages and gives each to its chat. Chats are sorted by what stands last
 * in them. */
struct _OhChats
{
  GObject parent;
  OhDatabase *database;
  OhSettings *settings;
  OhOfferDesk *offers; /* lent */
  GListModel *accounts;
  GPtrArray *watched; /* of Watch or NULL, one an account, in the accounts' order */
  GPtrArray *sorted;  /* of OhChat, newest first */
  GHashTable *names;  /* "account\naddress" -> OhChat, lent */
  gint64 next_key;    /* 0: not loaded yet */
  guint unread;
};

/* One account that is an OhMessenger. */
typedef struct
{
  OhChats *chats;
  OhMessenger *messenger;
  GListModel *contacts;
  OhOfferJoin *join; /* all messages go through it */
} Watch;

static GParamSpec *unread_property;
static guint incoming_signal;

static void list_model_init (GListModelInterface *iface);

G_DEFINE_FINAL_TYPE_WITH_CODE (OhChats,
                               oh_chats,
                               G_TYPE_OBJECT,
                               G_IMPLEMENT_INTERFACE (G_TYPE_LIST_MODEL, list_model_init))

/* --- Order --- */

static void
tell (OhChats *chats, guint at, guint gone, guint added)
{
  g_list_model_items_changed (G_LIST_MODEL (chats), at, gone, added);
}

/* Where @chat belongs among the others. */
static guint
place_of (OhChats *chats, OhChat *chat)
{
  gint64 activity = oh_chat_get_activity (chat);
  guint low = 0, high = chats->sorted->len;

  while (low < high)
    {
      guint middle = (low + high) / 2;

      if (oh_chat_get_activity (chats->sorted->pdata[middle]) > activity)
        low = middle + 1;
      else
        high = middle;
    }
  return low;
}

static void
insert (OhChats *chats, OhChat *chat)
{
  guint at = place_of (chats, chat);

  g_ptr_array_insert (chats->sorted, (int)at, chat);
  tell (chats, at, 0, 1);
}

static gboolean
is_in_place (OhChats *chats, guint at)
{
  GPtrArray *sorted = chats->sorted;
  gint64 activity = oh_chat_get_activity (sorted->pdata[at]);

  return (at == 0 || oh_chat_get_activity (sorted->pdata[at - 1]) > activity)
         && (at + 1 == sorted->len || oh_chat_get_activity (sorted->pdata[at + 1]) <= activity);
}

static void
on_last_changed (OhChat *chat, GParamSpec *pspec, OhChats *chats)
{
  guint at;

  if (!g_ptr_array_find (chats->sorted, chat, &at) || is_in_place (chats, at))
    return;
  g_object_ref (chat);
  g_ptr_array_remove_index (chats->sorted, at);
  tell (chats, at, 1, 0);
  insert (chats, chat);
}

static void
count_unread (OhChats *chats)
{
  guint unread = 0;

  for (guint i = 0; i < chats->sorted->len; i++)
    unread += oh_chat_get_unread (chats->sorted->pdata[i]);
  if (unread == chats->unread)
    return;
  chats->unread = unread;
  g_object_notify_by_pspec (G_OBJECT (chats), unread_property);
}

static void
on_unread_changed (OhChat *chat, GParamSpec *pspec, OhChats *chats)
{
  count_unread (chats);
}

static void
on_chat_incoming (OhChat *chat, OhChatMessage *message, OhChats *chats)
{
  g_signal_emit (chats, incoming_signal, 0, chat, message);
}

/* --- Chats --- */

static char *
name_of (const char *account, const char *address)
{
  return g_strconcat (account, "\n", address, NULL);
}

static OhAccount *
find_account (OhChats *chats, const char *id)
{
  for (guint i = 0; i < chats->watched->len; i++)
    {
      Watch *watch = chats->watched->pdata[i];

      if (watch && g_strcmp0 (oh_account_get_id (OH_ACCOUNT (watch->messenger)), id) == 0)
        return OH_ACCOUNT (watch->messenger);
    }
  return NULL;
}

static GPtrArray *
copy_all (OhChats *chats)
{
  GPtrArray *all = g_ptr_array_copy (chats->sorted, (GCopyFunc)g_object_ref, NULL);

  g_ptr_array_set_free_func (all, g_object_unref);
  return all;
}

static OhChat *
begin_chat (OhChats *chats, const char *account, const char *address)
{
  OhChat *chat = oh_chat_new (chats->database, chats->settings, account, address);

  g_hash_table_insert (chats->names, name_of (account, address), chat);
  g_signal_connect_object (chat, "notify::last", G_CALLBACK (on_last_changed), chats, 0);
  g_signal_connect_object (chat, "notify::unread", G_CALLBACK (on_unread_changed), chats, 0);
  g_signal_connect_object (chat, "incoming", G_CALLBACK (on_chat_incoming), chats, 0);
  insert (chats, chat);
  oh_chat_set_account (chat, find_account (chats, account));
  if (chats->next_key)
    oh_chat_load (chat, chats->next_key++, NULL);
  return chat;
}

static OhChat *
open_chat (OhChats *chats, const char *account, const char *address)
{
  g_autofree char *name = name_of (account, address);
  OhChat *chat = g_hash_table_lookup (chats->names, name);

  if (!chat && chats->sorted->len < MAX_CHATS)
    chat = begin_chat (chats, account, address);
  return chat;
}

static void
drop_chat (OhChats *chats, guint at)
{
  OhChat *chat = chats->sorted->pdata[at];
  g_autofree char *name = name_of (oh_chat_get_account_id (chat), oh_chat_get_address (chat));

  g_object_ref (chat);
  g_signal_handlers_disconnect_by_data (chat, chats);
  g_hash_table_remove (chats->names, name);
  g_ptr_array_remove_index (chats->sorted, at);
  tell (chats, at, 1, 0);
  oh_chat_close (chat);
  oh_chat_set_account (chat, NULL);
  g_object_unref (chat);
  count_unread (chats);
}

/* --- Loading --- */

typedef struct
{
  OhChats *chats;
  GPtrArray *records;
} Query;

static void
do_load (sqlite3 *db, gpointer data)
{
  Query *query = data;

  query->records = oh_chat_store_load (db);
}

static void
take_records (OhChats *chats, GPtrArray *records)
{
  g_autoptr (GPtrArray) all = NULL;
  gint64 highest = 0;

  for (guint i = 0; i < records->len; i++)
    {
      const OhChatRecord *record = records->pdata[i];
      g_autofree char *name = name_of (record->account, record->address);
      OhChat *chat = g_hash_table_lookup (chats->names, name);

      highest = MAX (highest, record->key);
      if (!chat)
        chat = begin_chat (chats, record->account, record->address);
      oh_chat_load (chat, 0, record);
    }
  chats->next_key = highest + 1;
  all = copy_all (chats); /* what waited in them changes the order */
  for (guint i = 0; i < all->len; i++)
    if (!oh_chat_is_loaded (all->pdata[i]))
      oh_chat_load (all->pdata[i], chats->next_key++, NULL);
}

static void
on_loaded (gpointer data)
{
  Query *query = data;
  g_autoptr (GPtrArray) records = query->records ? g_steal_pointer (&query->records)
                                                 : g_ptr_array_new ();

  if (query->chats->database)
    take_records (query->chats, records);
  g_object_unref (query->chats);
  g_free (query);
}

/* --- What accounts tell --- */

static OhChat *
chat_with (Watch *watch, const char *with)
{
  return with && *with
             ? open_chat (watch->chats, oh_account_get_id (OH_ACCOUNT (watch->messenger)), with)
             : NULL;
}

static OhChat *
known_chat (Watch *watch, const char *with)
{
  g_autofree char *name = name_of (oh_account_get_id (OH_ACCOUNT (watch->messenger)), with);

  return g_hash_table_lookup (watch->chats->names, name);
}

/* What a service or plug-in lets through all the same. */
static gboolean
is_blocked (Watch *watch, const char *address)
{
  return address && oh_messenger_is_blocked (watch->messenger, address);
}

/* The window of a call stands for the message; without one the person is told of the message. */
static void
on_offer_taken (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (OhChat) chat = user_data;

  if (!oh_offer_desk_take_finish (OH_OFFER_DESK (source), result, NULL) && chat)
    oh_chat_raise (chat);
}

static void
take_message (const OhIncoming *incoming, gpointer user_data)
{
  Watch *watch = user_data;
  OhMessenger *messenger = watch->messenger;
  OhOfferDesk *offers = watch->chats->offers;
  OhChat *chat = chat_with (watch, incoming->with);
  OhOfferKind kind = incoming->own
                         ? OH_OFFER_KIND_NONE
                         : oh_offer_desk_judge (offers, messenger, incoming->with, incoming->text);

  if (!incoming->own && is_blocked (watch, incoming->with))
    return; /* since it was held back */
  if (chat)
    oh_chat_take_incoming (chat, incoming,
                           kind == OH_OFFER_KIND_FORGED ? OH_CHAT_WARNING_FORGED_OFFER
                                                        : OH_CHAT_WARNING_NONE,
                           kind == OH_OFFER_KIND_OWN || kind == OH_OFFER_KIND_NEWS);
  else
    g_warning ("a message is dropped: there are too many chats");
  if (kind == OH_OFFER_KIND_OWN)
    oh_offer_desk_take_async (offers, messenger, incoming->with, incoming->text, on_offer_taken,
                              chat ? g_object_ref (chat) : NULL);
}

static void
on_message (OhMessenger *messenger, OhIncoming *incoming, Watch *watch)
{
  if (incoming->own || !is_blocked (watch, incoming->with))
    oh_offer_join_take (watch->join, incoming);
}

static void
on_typing (OhMessenger *messenger, const char *address, int typing, Watch *watch)
{
  OhChat *chat = known_chat (watch, address);

  if (chat && !is_blocked (watch, address))
    oh_chat_take_typing (chat, (OhTyping)typing);
}

static void
on_refused (OhMessenger *messenger,
            const char *address,
            int what,
            const char *name,
            gint64 size,
            Watch *watch)
{
  OhChat *chat = is_blocked (watch, address) ? NULL : chat_with (watch, address);
  g_autofree char *bytes = size > 0 ? g_strdup_printf ("%" G_GINT64_FORMAT, size) : NULL;
  OhIncoming line = { .with = address, .text = name, .detail = bytes };

  if (chat)
    oh_chat_take_incoming (
        chat, &line, what == OH_REFUSED_ROOM ? OH_CHAT_WARNING_ROOM : OH_CHAT_WARNING_FILE, FALSE);
}

static void
on_failed (OhMessenger *messenger, const char *address, const char *text, Watch *watch)
{
  OhChat *chat = known_chat (watch, address);

  if (chat)
    oh_chat_take_failure (chat, text);
}

static void
on_receipt (
    OhMessenger *messenger, const char *address, const char *receipt, gboolean read, Watch *watch)
{
  OhChat *chat = known_chat (watch, address);

  if (chat)
    oh_chat_take_receipt (chat, receipt, read);
}

static void
on_blocked (OhMessenger *messenger, const char *address, gboolean blocked, Watch *watch)
{
  OhChat *chat = known_chat (watch, address);

  if (chat)
    oh_chat_blocked_changed (chat);
}

/* Calls @function for each chat of the account. It may move chats. */
static void
for_each_chat (Watch *watch, void (*function) (OhChat *chat))
{
  const char *id = oh_account_get_id (OH_ACCOUNT (watch->messenger));
  g_autoptr (GPtrArray) all = copy_all (watch->chats);

  for (guint i = 0; i < all->len; i++)
    if (g_strcmp0 (oh_chat_get_account_id (all->pdata[i]), id) == 0)
      function (all->pdata[i]);
}

static void
on_state_changed (OhAccount *account, GParamSpec *pspec, Watch *watch)
{
  for_each_chat (watch, oh_chat_account_changed);
}

static void
on_contacts_changed (GListModel *contacts, guint at, guint gone, guint added, Watch *watch)
{
  for_each_chat (watch, oh_chat_check_contact);
}

/* --- Accounts --- */

static Watch *
watch_new (OhChats *chats, OhAccount *account)
{
  Watch *watch;

  if (!OH_IS_MESSENGER (account))
    return NULL;
  watch = g_new0 (Watch, 1);
  watch->chats = chats;
  watch->messenger = g_object_ref (OH_MESSENGER (account));
  watch->contacts = g_object_ref (oh_messenger_get_contacts (watch->messenger));
  watch->join = oh_offer_join_new (chats->offers, watch->messenger, take_message, watch);
  g_signal_connect (account, "message", G_CALLBACK (on_message), watch);
  g_signal_connect (account, "typing", G_CALLBACK (on_typing), watch);
  g_signal_connect (account, "failed", G_CALLBACK (on_failed), watch);
  g_signal_connect (account, "refused", G_CALLBACK (on_refused), watch);
  g_signal_connect (account, "receipt", G_CALLBACK (on_receipt), watch);
  g_signal_connect (account, "blocked", G_CALLBACK (on_blocked), watch);
  g_signal_connect (account, "notify::state", G_CALLBACK (on_state_changed), watch);
  g_signal_connect (watch->contacts, "items-changed", G_CALLBACK (on_contacts_changed), watch);
  return watch;
}

static void
watch_free (gpointer data)
{
  Watch *watch = data;

  if (!watch)
    return;
  g_signal_handlers_disconnect_by_data (watch->messenger, watch);
  g_signal_handlers_disconnect_by_data (watch->contacts, watch);
  oh_offer_join_free (watch->join);
  g_object_unref (watch->messenger);
  g_object_unref (watch->contacts);
  g_free (watch);
}

/* While all of them are still there: what is given on may begin a chat. */
static void
wait_no_more (OhChats *chats, guint at, guint count)
{
  for (guint i = at; i < at + count; i++)
    {
      Watch *watch = chats->watched->pdata[i];

      if (watch)
        oh_offer_join_flush (watch->join);
    }
}

static void
attach (OhChats *chats)
{
  for (guint i = 0; i < chats->sorted->len; i++)
    {
      OhChat *chat = chats->sorted->pdata[i];

      oh_chat_set_account (chat, find_account (chats, oh_chat_get_account_id (chat)));
    }
}

static void
on_accounts_changed (GListModel *accounts, guint at, guint gone, guint added, OhChats *chats)
{
  wait_no_more (chats, at, gone);
  if (gone)
    g_ptr_array_remove_range (chats->watched, at, gone);
  for (guint i = at; i < at + added; i++)
    {
      g_autoptr (OhAccount) account = g_list_model_get_item (accounts, i);

      g_ptr_array_insert (chats->watched, (int)i, watch_new (chats, account));
    }
  attach (chats);
}

/* --- The object --- */

static GType
get_item_type (GListModel *model)
{
  return OH_TYPE_CHAT;
}

static guint
get_n_items (GListModel *model)
{
  return OH_CHATS (model)->sorted->len;
}

static gpointer
get_item (GListModel *model, guint position)
{
  OhChats *chats = OH_CHATS (model);

  return position < chats->sorted->len ? g_object_ref (chats->sorted->pdata[position]) : NULL;
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
  g_value_set_uint (value, OH_CHATS (object)->unread);
}

static void
dispose (GObject *object)
{
  OhChats *chats = OH_CHATS (object);

  if (chats->accounts)
    g_signal_handlers_disconnect_by_data (chats->accounts, chats);
  g_clear_object (&chats->accounts);
  wait_no_more (chats, 0, chats->watched->len);
  g_ptr_array_set_size (chats->watched, 0);
  for (guint i = 0; i < chats->sorted->len && chats->database; i++)
    {
      oh_chat_close (chats->sorted->pdata[i]);
      oh_chat_set_account (chats->sorted->pdata[i], NULL);
    }
  chats->database = NULL;
  G_OBJECT_CLASS (oh_chats_parent_class)->dispose (object);
}

static void
finalize (GObject *object)
{
  OhChats *chats = OH_CHATS (object);

  g_ptr_array_unref (chats->watched);
  g_hash_table_unref (chats->names);
  g_ptr_array_unref (chats->sorted);
  g_object_unref (chats->settings);
  G_OBJECT_CLASS (oh_chats_parent_class)->finalize (object);
}

static void
oh_chats_class_init (OhChatsClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);

  object_class->get_property = get_property;
  object_class->dispose = dispose;
  object_class->finalize = finalize;
  unread_property = g_param_spec_uint ("unread", NULL, NULL, 0, G_MAXUINT, 0,
                                       G_PARAM_READABLE | G_PARAM_STATIC_STRINGS);
  g_object_class_install_property (object_class, 1, unread_property);
  incoming_signal = g_signal_new ("incoming", OH_TYPE_CHATS, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL,
                                  G_TYPE_NONE, 2, OH_TYPE_CHAT, OH_TYPE_CHAT_MESSAGE);
}

static void
oh_chats_init (OhChats *chats)
{
  chats->watched = g_ptr_array_new_with_free_func (watch_free);
  chats->sorted = g_ptr_array_new_with_free_func (g_object_unref);
  chats->names = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
}

OhChats *
oh_chats_new (OhDatabase *database, OhSettings *settings, OhOfferDesk *offers, GListModel *accounts)
{
  OhChats *chats = g_object_new (OH_TYPE_CHATS, NULL);
  Query *query = g_new0 (Query, 1);

  chats->database = database;
  chats->settings = g_object_ref (settings);
  chats->offers = offers;
  chats->accounts = g_object_ref (accounts);
  g_signal_connect (accounts, "items-changed", G_CALLBACK (on_accounts_changed), chats);
  on_accounts_changed (accounts, 0, 0, g_list_model_get_n_items (accounts), chats);
  query->chats = g_object_ref (chats);
  oh_database_post (database, do_load, query, on_loaded);
  return chats;
}

guint
oh_chats_get_unread (OhChats *chats)
{
  g_return_val_if_fail (OH_IS_CHATS (chats), 0);
  return chats->unread;
}

OhChat *
oh_chats_open (OhChats *chats, OhAccount *account, const char *address)
{
  g_autofree char *clean = NULL;

  g_return_val_if_fail (OH_IS_CHATS (chats) && OH_IS_MESSENGER (account), NULL);
  g_return_val_if_fail (address && *address, NULL);
  clean = oh_messenger_normalize (OH_MESSENGER (account), address);
  return open_chat (chats, oh_account_get_id (account), clean);
}

OhChat *
oh_chats_open_with (OhChats *chats, OhContact *contact)
{
  OhAccount *account;

  g_return_val_if_fail (OH_IS_CHATS (chats) && OH_IS_CONTACT (contact), NULL);
  account = oh_contact_get_account (contact);
  g_return_val_if_fail (account, NULL);
  return open_chat (chats, oh_account_get_id (account), oh_contact_get_address (contact));
}

OhDatabase *
oh_chats_get_database (OhChats *chats)
{
  return chats->database;
}

OhChat *
oh_chats_find_key (OhChats *chats, gint64 key)
{
  for (guint i = 0; i < chats->sorted->len; i++)
    if (oh_chat_get_key (chats->sorted->pdata[i]) == key)
      return chats->sorted->pdata[i];
  return NULL;
}

OhChat *
oh_chats_find (OhChats *chats, const char *account_id, const char *address)
{
  g_autofree char *name = NULL;

  g_return_val_if_fail (OH_IS_CHATS (chats) && account_id && address, NULL);
  name = name_of (account_id, address);
  return g_hash_table_lookup (chats->names, name);
}

static void
do_delete (sqlite3 *db, gpointer data)
{
  oh_chat_store_delete_chat (db, *(gint64 *)data);
}

void
oh_chats_delete (OhChats *chats, OhChat *chat)
{
  gint64 key;
  guint at;

  g_return_if_fail (OH_IS_CHATS (chats) && OH_IS_CHAT (chat));
  if (!g_ptr_array_find (chats->sorted, chat, &at))
    return;
  key = oh_chat_get_key (chat);
  drop_chat (chats, at);
  if (key)
    oh_database_post (chats->database, do_delete, g_memdup2 (&key, sizeof key), NULL);
}

static void
do_forget (sqlite3 *db, gpointer data)
{
  oh_chat_store_forget (db, data);
}

void
oh_chats_forget (OhChats *chats, const char *account)
{
  g_return_if_fail (OH_IS_CHATS (chats));
  for (guint i = chats->sorted->len; i > 0; i--)
    if (g_strcmp0 (oh_chat_get_account_id (chats->sorted->pdata[i - 1]), account) == 0)
      drop_chat (chats, i - 1);
  oh_database_post (chats->database, do_forget, g_strdup (account), NULL);
}
