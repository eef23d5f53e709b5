/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "oh-client"

#include "client/store/oh-history-private.h"

#define PAGE 100

/* Pages that someone asked for; each item of a page exists as long as the page does. @generation
 * tells answers to older questions from those to the newest. */
struct _OhHistory
{
  GObject parent;
  OhDatabase *database;
  OhSettings *settings;
  GHashTable *pages; /* number -> GPtrArray of OhHistoryEntry */
  OhHistoryFilter filter;
  guint n_items;
  guint missed;
  guint generation;
};

static void list_model_init (GListModelInterface *iface);

G_DEFINE_FINAL_TYPE_WITH_CODE (OhHistory,
                               oh_history,
                               G_TYPE_OBJECT,
                               G_IMPLEMENT_INTERFACE (G_TYPE_LIST_MODEL, list_model_init))

/* One question to the database's thread and its answer. */
typedef struct
{
  OhHistory *history;
  guint generation;
  OhHistoryFilter filter;
  gint64 seen;
  guint page;
  GPtrArray *rows; /* answer */
  guint n_items, missed;
} Query;

static Query *
query_new (OhHistory *history, guint page)
{
  Query *query = g_new0 (Query, 1);

  query->history = g_object_ref (history);
  query->generation = history->generation;
  query->filter.folded = g_strdup (history->filter.folded);
  query->filter.missed = history->filter.missed;
  query->seen = oh_settings_get_history_seen (history->settings);
  query->page = page;
  return query;
}

static void
query_free (Query *query)
{
  g_clear_pointer (&query->rows, g_ptr_array_unref);
  g_free (query->filter.folded);
  g_object_unref (query->history);
  g_free (query);
}

static void
read_page (sqlite3 *db, gpointer data)
{
  Query *query = data;

  query->rows = oh_history_sql_page (db, &query->filter, query->page * PAGE, PAGE);
}

static void
read_all (sqlite3 *db, gpointer data)
{
  Query *query = data;

  query->n_items = oh_history_sql_count (db, &query->filter);
  query->missed = oh_history_sql_count_missed (db, query->seen);
  read_page (db, data);
}

static void
fill_page (GPtrArray *entries, GPtrArray *rows)
{
  for (guint i = 0; rows && i < entries->len && i < rows->len; i++)
    oh_history_entry_fill (entries->pdata[i], rows->pdata[i]);
}

static GPtrArray *
add_page (OhHistory *history, guint page)
{
  GPtrArray *entries = g_ptr_array_new_with_free_func (g_object_unref);
  guint end = MIN ((page + 1) * PAGE, history->n_items);

  for (guint i = page * PAGE; i < end; i++)
    g_ptr_array_add (entries, g_object_new (OH_TYPE_HISTORY_ENTRY, NULL));
  g_hash_table_insert (history->pages, GUINT_TO_POINTER (page), entries);
  return entries;
}

static void
on_page_read (gpointer data)
{
  Query *query = data;
  OhHistory *history = query->history;
  GPtrArray *entries = g_hash_table_lookup (history->pages, GUINT_TO_POINTER (query->page));

  if (query->generation == history->generation && entries)
    fill_page (entries, query->rows);
  query_free (query);
}

static void
set_missed (OhHistory *history, guint missed)
{
  if (history->missed == missed)
    return;
  history->missed = missed;
  g_object_notify (G_OBJECT (history), "missed");
}

static void
on_all_read (gpointer data)
{
  Query *query = data;
  OhHistory *history = query->history;
  guint old = history->n_items;

  if (query->generation == history->generation)
    {
      g_hash_table_remove_all (history->pages);
      history->n_items = query->n_items;
      if (history->n_items)
        fill_page (add_page (history, 0), query->rows);
      g_list_model_items_changed (G_LIST_MODEL (history), 0, old, history->n_items);
      set_missed (history, query->missed);
    }
  query_free (query);
}

static void
reload (OhHistory *history)
{
  history->generation++;
  oh_database_post (history->database, read_all, query_new (history, 0), on_all_read);
}

static GType
get_item_type (GListModel *model)
{
  return OH_TYPE_HISTORY_ENTRY;
}

static guint
get_n_items (GListModel *model)
{
  return OH_HISTORY (model)->n_items;
}

static gpointer
get_item (GListModel *model, guint position)
{
  OhHistory *history = OH_HISTORY (model);
  guint page = position / PAGE;
  GPtrArray *entries;

  if (position >= history->n_items)
    return NULL;
  entries = g_hash_table_lookup (history->pages, GUINT_TO_POINTER (page));
  if (!entries)
    {
      entries = add_page (history, page);
      oh_database_post (history->database, read_page, query_new (history, page), on_page_read);
    }
  return g_object_ref (entries->pdata[position % PAGE]);
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
  g_value_set_uint (value, OH_HISTORY (object)->missed);
}

static void
finalize (GObject *object)
{
  OhHistory *history = OH_HISTORY (object);

  g_hash_table_unref (history->pages);
  g_free (history->filter.folded);
  g_object_unref (history->settings);
  G_OBJECT_CLASS (oh_history_parent_class)->finalize (object);
}

static void
oh_history_class_init (OhHistoryClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);

  object_class->get_property = get_property;
  object_class->finalize = finalize;
  g_object_class_install_property (object_class, 1,
                                   g_param_spec_uint ("missed", NULL, NULL, 0, G_MAXUINT, 0,
                                                      G_PARAM_READABLE | G_PARAM_STATIC_STRINGS));
}

static void
oh_history_init (OhHistory *history)
{
  history->pages = g_hash_table_new_full (NULL, NULL, NULL, (GDestroyNotify)g_ptr_array_unref);
}

OhHistory *
oh_history_new (OhDatabase *database, OhSettings *settings)
{
  OhHistory *history = g_object_new (OH_TYPE_HISTORY, NULL);

  history->database = database;
  history->settings = g_object_ref (settings);
  reload (history);
  return history;
}

void
oh_history_set_filter (OhHistory *history, const char *text, gboolean missed)
{
  g_autofree char *folded = text && *text ? g_utf8_casefold (text, -1) : NULL;

  g_return_if_fail (OH_IS_HISTORY (history));
  if (g_strcmp0 (folded, history->filter.folded) == 0 && !!missed == history->filter.missed)
    return;
  g_free (history->filter.folded);
  history->filter.folded = g_steal_pointer (&folded);
  history->filter.missed = !!missed;
  reload (history);
}

guint
oh_history_get_missed (OhHistory *history)
{
  g_return_val_if_fail (OH_IS_HISTORY (history), 0);
  return history->missed;
}

void
oh_history_mark_seen (OhHistory *history)
{
  g_return_if_fail (OH_IS_HISTORY (history));
  g_object_set (history->settings, "history-seen", g_get_real_time () / G_USEC_PER_SEC, NULL);
  set_missed (history, 0);
}

static void
write_rows (sqlite3 *db, gpointer data)
{
  oh_history_sql_put (db, data);
}

static void
drop_rows (gpointer data)
{
  g_ptr_array_unref (data);
}

void
oh_history_take_rows (OhHistory *history, GPtrArray *rows)
{
  g_return_if_fail (OH_IS_HISTORY (history));
  if (!rows->len)
    {
      g_ptr_array_unref (rows);
      return;
    }
  oh_database_post (history->database, write_rows, rows, drop_rows);
  reload (history);
}

typedef struct
{
  char *account;
  gint64 row;
  OhHistoryMarkFunc func;
  gpointer user_data;
} MarkQuery;

static void
read_mark (sqlite3 *db, gpointer data)
{
  MarkQuery *query = data;

  query->row = oh_history_sql_get_mark (db, query->account);
}

static void
on_mark_read (gpointer data)
{
  MarkQuery *query = data;

  query->func (query->row, query->user_data);
  g_free (query->account);
  g_free (query);
}

void
oh_history_get_mark (OhHistory *history,
                     const char *account,
                     OhHistoryMarkFunc func,
                     gpointer user_data)
{
  MarkQuery *query = g_new0 (MarkQuery, 1);

  query->account = g_strdup (account);
  query->func = func;
  query->user_data = user_data;
  oh_database_post (history->database, read_mark, query, on_mark_read);
}

static void
forget (sqlite3 *db, gpointer data)
{
  oh_history_sql_forget (db, data);
}

void
oh_history_forget (OhHistory *history, const char *account)
{
  g_return_if_fail (OH_IS_HISTORY (history));
  oh_database_post (history->database, forget, g_strdup (account), NULL);
  reload (history);
}
