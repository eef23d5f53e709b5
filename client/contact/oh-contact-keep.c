/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "oh-client"

#include "client/contact/oh-contact-keep.h"

#include "client/account/oh-messenger.h"
#include "client/store/oh-contact-store.h"

#define WRITE_DELAY_MS 1000

struct _OhContactKeep
{
  GObject parent;
  OhDatabase *database; /* NULL: disposed of */
  GListModel *accounts;
  GPtrArray *watched; /* of Watch or NULL, one an account, in the accounts' order */
  GHashTable *known;  /* account id -> GPtrArray of OhContactRow: what it has not got yet */
  gboolean read;      /* what is known stands in `known` */
};

/* One account that wants contacts. */
typedef struct
{
  OhContactKeep *keep;
  OhMessenger *messenger;
  gboolean giving;
  gboolean changed; /* and not written yet */
  guint timer;
} Watch;

G_DEFINE_FINAL_TYPE (OhContactKeep, oh_contact_keep, G_TYPE_OBJECT)

/* --- To the database --- */

typedef struct
{
  char *account;
  GPtrArray *rows;
} Saving;

static void
do_save (sqlite3 *db, gpointer data)
{
  Saving *saving = data;

  oh_contact_store_save (db, saving->account, saving->rows);
}

static void
saving_free (gpointer data)
{
  Saving *saving = data;

  g_free (saving->account);
  g_ptr_array_unref (saving->rows);
  g_free (saving);
}

/* @contacts: of OhContact, or NULL: none. */
static void
save (OhContactKeep *keep, const char *account, GListModel *contacts)
{
  Saving *saving = g_new0 (Saving, 1);

  saving->account = g_strdup (account);
  saving->rows = g_ptr_array_new_with_free_func ((GDestroyNotify)oh_contact_row_free);
  for (guint i = 0; contacts && i < g_list_model_get_n_items (contacts); i++)
    {
      g_autoptr (OhContact) contact = g_list_model_get_item (contacts, i);

      g_ptr_array_add (saving->rows, oh_contact_row_new (account, oh_contact_get_address (contact),
                                                         oh_contact_get_name (contact),
                                                         oh_contact_get_group (contact)));
    }
  oh_database_post (keep->database, do_save, saving, saving_free);
}

static void
write_now (Watch *watch)
{
  g_clear_handle_id (&watch->timer, g_source_remove);
  watch->changed = FALSE;
  save (watch->keep, oh_account_get_id (OH_ACCOUNT (watch->messenger)),
        oh_messenger_get_contacts (watch->messenger));
}

static gboolean
on_write_due (gpointer user_data)
{
  Watch *watch = user_data;

  watch->timer = 0;
  write_now (watch);
  return G_SOURCE_REMOVE;
}

/* Not before it is known what would be written over. */
static void
write_soon (Watch *watch)
{
  if (watch->changed && watch->keep->read && !watch->timer)
    watch->timer = g_timeout_add (WRITE_DELAY_MS, on_write_due, watch);
}

static void
on_list_changed (OhMessenger *messenger, Watch *watch)
{
  if (watch->giving)
    return;
  watch->changed = TRUE;
  write_soon (watch);
}

/* --- From the database --- */

static void
give (Watch *watch)
{
  const char *id = oh_account_get_id (OH_ACCOUNT (watch->messenger));
  g_autoptr (GPtrArray) contacts = g_ptr_array_new_with_free_func (g_object_unref);
  GPtrArray *rows = g_hash_table_lookup (watch->keep->known, id);

  for (guint i = 0; rows && i < rows->len; i++)
    {
      const OhContactRow *row = rows->pdata[i];
      OhContactFacts facts = { .name = row->name,
                               .group = row->group,
                               .presence = OH_PRESENCE_OFFLINE,
                               .blocked = oh_messenger_is_blocked (watch->messenger,
                                                                   row->address) };

      if (*row->address)
        g_ptr_array_add (contacts,
                         oh_contact_new (OH_ACCOUNT (watch->messenger), row->address, &facts));
    }
  watch->giving = TRUE;
  oh_messenger_know_contacts (watch->messenger, contacts);
  watch->giving = FALSE;
  g_hash_table_remove (watch->keep->known, id);
  write_soon (watch);
}

typedef struct
{
  OhContactKeep *keep;
  GPtrArray *rows; /* the answer; NULL: there is no database */
} Loading;

static void
do_load (sqlite3 *db, gpointer data)
{
  Loading *loading = data;

  loading->rows = oh_contact_store_load (db);
}

/* Takes @rows. */
static void
sort_rows (OhContactKeep *keep, GPtrArray *rows)
{
  g_ptr_array_set_free_func (rows, NULL);
  for (guint i = 0; i < rows->len; i++)
    {
      OhContactRow *row = rows->pdata[i];
      GPtrArray *list = g_hash_table_lookup (keep->known, row->account);

      if (!list)
        {
          list = g_ptr_array_new_with_free_func ((GDestroyNotify)oh_contact_row_free);
          g_hash_table_insert (keep->known, g_strdup (row->account), list);
        }
      g_ptr_array_add (list, row);
    }
  g_ptr_array_unref (rows);
}

static void
on_loaded (gpointer data)
{
  g_autofree Loading *loading = data;
  g_autoptr (OhContactKeep) keep = loading->keep;

  if (loading->rows)
    sort_rows (keep, loading->rows);
  keep->read = TRUE;
  for (guint i = 0; i < keep->watched->len; i++)
    if (keep->watched->pdata[i])
      give (keep->watched->pdata[i]);
}

/* --- Accounts --- */

static Watch *
watch_new (OhContactKeep *keep, OhAccount *account)
{
  Watch *watch;

  if (!OH_IS_MESSENGER (account) || !oh_messenger_wants_contacts (OH_MESSENGER (account)))
    return NULL;
  watch = g_new0 (Watch, 1);
  watch->keep = keep;
  watch->messenger = g_object_ref (OH_MESSENGER (account));
  g_signal_connect (account, "list-changed", G_CALLBACK (on_list_changed), watch);
  if (keep->read)
    give (watch);
  return watch;
}

static void
watch_free (gpointer data)
{
  Watch *watch = data;

  if (!watch)
    return;
  g_signal_handlers_disconnect_by_data (watch->messenger, watch);
  if (watch->timer)
    write_now (watch);
  g_object_unref (watch->messenger);
  g_free (watch);
}

static void
on_accounts_changed (GListModel *accounts, guint at, guint gone, guint added, OhContactKeep *keep)
{
  if (gone)
    g_ptr_array_remove_range (keep->watched, at, gone);
  for (guint i = at; i < at + added; i++)
    {
      g_autoptr (OhAccount) account = g_list_model_get_item (accounts, i);

      g_ptr_array_insert (keep->watched, (int)i, watch_new (keep, account));
    }
}

void
oh_contact_keep_forget (OhContactKeep *keep, const char *account)
{
  g_return_if_fail (OH_IS_CONTACT_KEEP (keep));
  g_hash_table_remove (keep->known, account);
  if (keep->database)
    save (keep, account, NULL);
}

/* --- The object --- */

static void
dispose (GObject *object)
{
  OhContactKeep *keep = OH_CONTACT_KEEP (object);

  if (keep->accounts)
    g_signal_handlers_disconnect_by_data (keep->accounts, keep);
  g_clear_object (&keep->accounts);
  g_ptr_array_set_size (keep->watched, 0); /* they write */
  keep->database = NULL;
  G_OBJECT_CLASS (oh_contact_keep_parent_class)->dispose (object);
}

static void
finalize (GObject *object)
{
  OhContactKeep *keep = OH_CONTACT_KEEP (object);

  g_ptr_array_unref (keep->watched);
  g_hash_table_unref (keep->known);
  G_OBJECT_CLASS (oh_contact_keep_parent_class)->finalize (object);
}

static void
oh_contact_keep_class_init (OhContactKeepClass *klass)
{
  G_OBJECT_CLASS (klass)->dispose = dispose;
  G_OBJECT_CLASS (klass)->finalize = finalize;
}

static void
oh_contact_keep_init (OhContactKeep *keep)
{
  keep->watched = g_ptr_array_new_with_free_func (watch_free);
  keep->known = g_hash_table_new_full (g_str_hash, g_str_equal, g_free,
                                       (GDestroyNotify)g_ptr_array_unref);
}

OhContactKeep *
oh_contact_keep_new (OhDatabase *database, GListModel *accounts)
{
  OhContactKeep *keep = g_object_new (OH_TYPE_CONTACT_KEEP, NULL);
  Loading *loading = g_new0 (Loading, 1);

  keep->database = database;
  keep->accounts = g_object_ref (accounts);
  g_signal_connect (accounts, "items-changed", G_CALLBACK (on_accounts_changed), keep);
  on_accounts_changed (accounts, 0, 0, g_list_model_get_n_items (accounts), keep);
  loading->keep = g_object_ref (keep);
  oh_database_post (database, do_load, loading, on_loaded);
  return keep;
}
