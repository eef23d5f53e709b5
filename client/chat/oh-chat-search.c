/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "oh-client"

#include "client/chat/oh-chat-search.h"

#include "client/chat/oh-chat-private.h"
#include "client/store/oh-chat-find.h"

#define LIMIT 200

/* One question to the database. */
typedef struct
{
  OhChatSearch *search;
  gint64 key;
  char *text;
  int given_up;    /* atomic */
  GPtrArray *hits; /* the answer */
} Query;

struct _OhChatSearch
{
  GObject parent;
  OhChats *chats;
  OhChat *chat; /* or NULL */
  GPtrArray *found;
  Query *query;  /* that is asked now, or NULL; lent */
  char *waiting; /* a text, to be asked for when the chat is loaded; or NULL */
};

static GParamSpec *searching_property;

static void list_model_init (GListModelInterface *iface);

G_DEFINE_FINAL_TYPE_WITH_CODE (OhChatSearch,
                               oh_chat_search,
                               G_TYPE_OBJECT,
                               G_IMPLEMENT_INTERFACE (G_TYPE_LIST_MODEL, list_model_init))

static void
do_find (sqlite3 *db, gpointer data)
{
  Query *query = data;

  if (!g_atomic_int_get (&query->given_up))
    query->hits = oh_chat_store_find (db, query->key, query->text, LIMIT, &query->given_up);
}

static void
query_free (Query *query)
{
  g_clear_pointer (&query->hits, g_ptr_array_unref);
  g_object_unref (query->search);
  g_free (query->text);
  g_free (query);
}

static void
show (OhChatSearch *search, GPtrArray *found)
{
  guint old = search->found->len;

  g_ptr_array_unref (search->found);
  search->found = found;
  g_list_model_items_changed (G_LIST_MODEL (search), 0, old, found->len);
}

static void
take_hits (OhChatSearch *search, Query *query)
{
  GPtrArray *found = g_ptr_array_new_with_free_func (g_object_unref);
  g_autofree char *folded = g_utf8_casefold (query->text, -1);

  for (guint i = 0; i < query->hits->len; i++)
    {
      const OhChatHit *hit = query->hits->pdata[i];
      OhChat *chat = oh_chats_find_key (search->chats, hit->chat);

      if (chat)
        g_ptr_array_add (found, oh_chat_found_new (chat, hit->row, folded));
    }
  show (search, found);
}

static void
on_found (gpointer data)
{
  Query *query = data;
  OhChatSearch *search = query->search;

  if (search->query == query)
    {
      search->query = NULL;
      if (query->hits)
        take_hits (search, query);
      g_object_notify_by_pspec (G_OBJECT (search), searching_property);
    }
  query_free (query);
}

static void
give_up (OhChatSearch *search)
{
  if (search->query)
    g_atomic_int_set (&search->query->given_up, TRUE);
  search->query = NULL;
  g_clear_pointer (&search->waiting, g_free);
}

/* Takes @text. */
static void
ask (OhChatSearch *search, OhDatabase *database, char *text)
{
  search->query = g_new0 (Query, 1);
  search->query->search = g_object_ref (search);
  search->query->key = search->chat ? oh_chat_get_key (search->chat) : 0;
  search->query->text = text;
  oh_database_post (database, do_find, search->query, on_found);
}

/* Its key is known now. */
static void
on_chat_loaded (OhChatSearch *search)
{
  OhDatabase *database = oh_chats_get_database (search->chats);

  if (search->waiting && database)
    ask (search, database, g_steal_pointer (&search->waiting));
}

void
oh_chat_search_set_text (OhChatSearch *search, const char *text)
{
  OhDatabase *database = oh_chats_get_database (search->chats);
  g_autofree char *clean = g_strstrip (g_strdup (text ? text : ""));

  g_return_if_fail (OH_IS_CHAT_SEARCH (search));
  give_up (search);
  if (!database || g_utf8_strlen (clean, -1) < OH_CHAT_SEARCH_LEAST)
    show (search, g_ptr_array_new_with_free_func (g_object_unref));
  else if (search->chat && !oh_chat_is_loaded (search->chat))
    search->waiting = g_steal_pointer (&clean);
  else
    ask (search, database, g_steal_pointer (&clean));
  g_object_notify_by_pspec (G_OBJECT (search), searching_property);
}

gboolean
oh_chat_search_is_searching (OhChatSearch *search)
{
  return search->query || search->waiting;
}

/* --- The object --- */

static GType
get_item_type (GListModel *model)
{
  return OH_TYPE_CHAT_FOUND;
}

static guint
get_n_items (GListModel *model)
{
  return OH_CHAT_SEARCH (model)->found->len;
}

static gpointer
get_item (GListModel *model, guint position)
{
  GPtrArray *found = OH_CHAT_SEARCH (model)->found;

  return position < found->len ? g_object_ref (found->pdata[position]) : NULL;
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
  g_value_set_boolean (value, oh_chat_search_is_searching (OH_CHAT_SEARCH (object)));
}

static void
dispose (GObject *object)
{
  give_up (OH_CHAT_SEARCH (object));
  G_OBJECT_CLASS (oh_chat_search_parent_class)->dispose (object);
}

static void
finalize (GObject *object)
{
  OhChatSearch *search = OH_CHAT_SEARCH (object);

  g_ptr_array_unref (search->found);
  g_clear_object (&search->chat);
  g_object_unref (search->chats);
  G_OBJECT_CLASS (oh_chat_search_parent_class)->finalize (object);
}

static void
oh_chat_search_class_init (OhChatSearchClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);

  object_class->get_property = get_property;
  object_class->dispose = dispose;
  object_class->finalize = finalize;
  searching_property = g_param_spec_boolean ("searching", NULL, NULL, FALSE,
                                             G_PARAM_READABLE | G_PARAM_STATIC_STRINGS);
  g_object_class_install_property (object_class, 1, searching_property);
}

static void
oh_chat_search_init (OhChatSearch *search)
{
  search->found = g_ptr_array_new_with_free_func (g_object_unref);
}

OhChatSearch *
oh_chat_search_new (OhChats *chats, OhChat *chat)
{
  OhChatSearch *search = g_object_new (OH_TYPE_CHAT_SEARCH, NULL);

  search->chats = g_object_ref (chats);
  if (chat)
    {
      search->chat = g_object_ref (chat);
      g_signal_connect_object (chat, "notify::loaded", G_CALLBACK (on_chat_loaded), search,
                               G_CONNECT_SWAPPED);
    }
  return search;
}
