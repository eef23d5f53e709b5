/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "oh-client"

#include "client/chat/oh-chat-private.h"

#define PAGE 100
#define MAX_PAGES 60 /* then the one farthest from where one looks is forgotten */

/* The newest message is always there; all others live as long as their page does. References are
 * held by the chat and by each page on its way from the database. */
struct _OhChatPages
{
  OhDatabase *database; /* or NULL */
  gint64 key;
  guint length;
  OhChatMessage *last;
  GHashTable *pages; /* number -> Page */
};

typedef struct
{
  GPtrArray *messages; /* of OhChatMessage */
  gboolean reading;
  gboolean stale; /* changed since the reading began */
} Page;

typedef struct
{
  OhChatPages *pages;
  gint64 key;
  guint page;
  GPtrArray *rows; /* the answer */
} Query;

static void
page_free (gpointer data)
{
  Page *page = data;

  g_ptr_array_unref (page->messages);
  g_free (page);
}

static void
pages_clear (gpointer data)
{
  OhChatPages *pages = data;

  g_clear_object (&pages->last);
  g_hash_table_unref (pages->pages);
}

OhChatPages *
oh_chat_pages_new (void)
{
  OhChatPages *pages = g_rc_box_new0 (OhChatPages);

  pages->pages = g_hash_table_new_full (NULL, NULL, NULL, page_free);
  return pages;
}

void
oh_chat_pages_free (OhChatPages *pages)
{
  pages->database = NULL;
  g_hash_table_remove_all (pages->pages);
  g_rc_box_release_full (pages, pages_clear);
}

static Page *
find_page (OhChatPages *pages, guint page)
{
  return g_hash_table_lookup (pages->pages, GUINT_TO_POINTER (page));
}

static OhChatMessage *
find (OhChatPages *pages, guint number)
{
  Page *page = find_page (pages, number / PAGE);

  if (page && number % PAGE < page->messages->len)
    return page->messages->pdata[number % PAGE];
  return pages->last && oh_chat_message_get_number (pages->last) == number ? pages->last : NULL;
}

/* --- Reading --- */

static void
do_read (sqlite3 *db, gpointer data)
{
  Query *query = data;

  query->rows = oh_chat_store_page (db, query->key, query->page * PAGE, PAGE);
}

static void read_page (OhChatPages *pages, guint number);

static void
take_rows (OhChatPages *pages, Query *query)
{
  Page *page = find_page (pages, query->page);

  if (!page || !page->reading)
    return;
  page->reading = FALSE;
  if (page->stale)
    {
      read_page (pages, query->page);
      return;
    }
  for (guint i = 0; i < query->rows->len; i++)
    {
      const OhChatRow *row = query->rows->pdata[i];

      if (row->number % PAGE < page->messages->len)
        oh_chat_message_fill (page->messages->pdata[row->number % PAGE], row);
    }
}

static void
on_read (gpointer data)
{
  Query *query = data;

  if (query->rows)
    take_rows (query->pages, query);
  g_clear_pointer (&query->rows, g_ptr_array_unref);
  g_rc_box_release_full (query->pages, pages_clear);
  g_free (query);
}

static void
read_page (OhChatPages *pages, guint number)
{
  Page *page = find_page (pages, number);
  Query *query;

  if (!pages->database)
    return;
  page->reading = TRUE;
  page->stale = FALSE;
  query = g_new0 (Query, 1);
  query->pages = g_rc_box_acquire (pages);
  query->key = pages->key;
  query->page = number;
  oh_database_post (pages->database, do_read, query, on_read);
}

/* --- Pages --- */

static guint
distance (guint a, guint b)
{
  return a > b ? a - b : b - a;
}

static void
forget_farthest (OhChatPages *pages, guint near)
{
  guint newest = (pages->length - 1) / PAGE;
  guint farthest = near;
  GHashTableIter iter;
  gpointer key;

  if (g_hash_table_size (pages->pages) <= MAX_PAGES)
    return;
  g_hash_table_iter_init (&iter, pages->pages);
  while (g_hash_table_iter_next (&iter, &key, NULL))
    if (GPOINTER_TO_UINT (key) != newest
        && distance (GPOINTER_TO_UINT (key), near) > distance (farthest, near))
      farthest = GPOINTER_TO_UINT (key);
  if (farthest != near)
    g_hash_table_remove (pages->pages, GUINT_TO_POINTER (farthest));
}

static Page *
add_page (OhChatPages *pages, guint number)
{
  Page *page = g_new0 (Page, 1);
  guint end = MIN ((number + 1) * PAGE, pages->length);

  page->messages = g_ptr_array_new_with_free_func (g_object_unref);
  for (guint i = number * PAGE; i < end; i++)
    {
      gboolean newest = pages->last && oh_chat_message_get_number (pages->last) == i;

      g_ptr_array_add (page->messages,
                       newest ? g_object_ref (pages->last) : oh_chat_message_new (i));
    }
  g_hash_table_insert (pages->pages, GUINT_TO_POINTER (number), page);
  forget_farthest (pages, number);
  return page;
}

void
oh_chat_pages_set_source (OhChatPages *pages, OhDatabase *database, gint64 key)
{
  pages->database = database;
  pages->key = key;
}

guint
oh_chat_pages_get_length (OhChatPages *pages)
{
  return pages->length;
}

void
oh_chat_pages_set_length (OhChatPages *pages, guint length, const OhChatRow *last)
{
  g_hash_table_remove_all (pages->pages);
  g_clear_object (&pages->last);
  pages->length = length;
  if (!last)
    return;
  pages->last = oh_chat_message_new (last->number);
  oh_chat_message_fill (pages->last, last);
}

void
oh_chat_pages_append (OhChatPages *pages, const OhChatRow *row)
{
  Page *page = find_page (pages, row->number / PAGE);

  g_set_object (&pages->last, NULL);
  pages->last = oh_chat_message_new (row->number);
  oh_chat_message_fill (pages->last, row);
  pages->length = row->number + 1;
  if (page)
    g_ptr_array_add (page->messages, g_object_ref (pages->last));
  else if (row->number % PAGE == 0)
    add_page (pages, row->number / PAGE);
}

OhChatMessage *
oh_chat_pages_get_last (OhChatPages *pages)
{
  return pages->last;
}

OhChatMessage *
oh_chat_pages_get (OhChatPages *pages, guint number)
{
  guint page = number / PAGE;

  if (number >= pages->length)
    return NULL;
  if (!find_page (pages, page))
    {
      add_page (pages, page);
      read_page (pages, page);
    }
  return find (pages, number);
}

static void
make_stale (OhChatPages *pages, guint number)
{
  Page *page = find_page (pages, number / PAGE);

  if (page && page->reading)
    page->stale = TRUE;
}

void
oh_chat_pages_update (OhChatPages *pages, const OhChatRow *row)
{
  OhChatMessage *message = find (pages, row->number);

  make_stale (pages, row->number);
  if (message)
    oh_chat_message_fill (message, row);
}

void
oh_chat_pages_update_state (OhChatPages *pages, guint number, OhChatState state)
{
  OhChatMessage *message = find (pages, number);

  make_stale (pages, number);
  if (message)
    oh_chat_message_set_state (message, state);
}
