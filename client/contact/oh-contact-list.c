/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "oh-client"

#include "client/contact/oh-contact-list.h"

#include "client/account/oh-messenger.h"

#include <string.h>

#define BULK 100 /* changes in one go that are shown as a whole new list */

/* accounts -> Source (its contacts) -> Entry (one contact, by what it is sorted) -> rows (those that
 * are shown). An entry keeps its sort keys, so that rows stay in order while contacts change. */
struct _OhContactList
{
  GObject parent;
  GListModel *accounts;
  GPtrArray *watched; /* of Source or NULL, one an account, in the accounts' order */
  GSequence *rows;    /* of Entry, lent */
  gboolean silent;    /* rows change without notice: a whole new list follows */
  guint shown;        /* rows that were told of */
  gboolean grouped, online_first, show_offline;
  char *search;
  char *folded_search;
};

typedef struct
{
  OhContactList *list;
  GListModel *model;
  GPtrArray *entries; /* of Entry, in the model's order */
} Source;

typedef struct
{
  OhContactList *list;
  OhContact *contact;
  GSequenceIter *row; /* NULL: not shown */
  char *name_key, *group_key;
  char *folded;
  gboolean online, grouped;
} Entry;

enum
{
  PROP_GROUPED = 1,
  PROP_ONLINE_FIRST,
  PROP_SHOW_OFFLINE,
  PROP_SEARCH,
  N_PROPS
};
static GParamSpec *properties[N_PROPS];

static void list_model_init (GListModelInterface *iface);

G_DEFINE_FINAL_TYPE_WITH_CODE (OhContactList,
                               oh_contact_list,
                               G_TYPE_OBJECT,
                               G_IMPLEMENT_INTERFACE (G_TYPE_LIST_MODEL, list_model_init))

/* --- Order --- */

static char *
collate_key (const char *text)
{
  g_autofree char *folded = g_utf8_casefold (text, -1);

  return g_utf8_collate_key (folded, -1);
}

static void
read_keys (Entry *entry)
{
  const char *name = oh_contact_get_name (entry->contact);
  const char *group = oh_contact_get_group (entry->contact);
  g_autofree char *both = g_strconcat (name, "\n", oh_contact_get_address (entry->contact), NULL);

  g_free (entry->name_key);
  g_free (entry->group_key);
  g_free (entry->folded);
  entry->name_key = collate_key (name);
  entry->group_key = collate_key (group);
  entry->folded = g_utf8_casefold (both, -1);
  entry->grouped = *group != '\0';
  entry->online = oh_presence_is_online (oh_contact_get_presence (entry->contact));
}

static int
compare (gconstpointer a, gconstpointer b, gpointer user_data)
{
  const Entry *left = a, *right = b;
  OhContactList *list = user_data;
  int order = 0;

  if (list->grouped)
    order = right->grouped - left->grouped;
  if (order == 0 && list->grouped)
    order = strcmp (left->group_key, right->group_key);
  if (order == 0 && list->online_first)
    order = right->online - left->online;
  if (order == 0)
    order = strcmp (left->name_key, right->name_key);
  if (order == 0)
    order = strcmp (oh_contact_get_address (left->contact),
                    oh_contact_get_address (right->contact));
  return order;
}

static gboolean
is_wanted (Entry *entry)
{
  OhContactList *list = entry->list;

  return (list->show_offline || entry->online)
         && (!list->folded_search || strstr (entry->folded, list->folded_search));
}

/* --- Rows --- */

static void
tell (OhContactList *list, guint at, guint gone, guint added)
{
  if (list->silent)
    return;
  list->shown = list->shown - gone + added;
  g_list_model_items_changed (G_LIST_MODEL (list), at, gone, added);
}

static void
show_all (OhContactList *list)
{
  guint old = list->shown;

  list->silent = FALSE;
  list->shown = (guint)g_sequence_get_length (list->rows);
  g_list_model_items_changed (G_LIST_MODEL (list), 0, old, list->shown);
}

static void
show (Entry *entry)
{
  if (entry->row || !is_wanted (entry))
    return;
  entry->row = g_sequence_insert_sorted (entry->list->rows, entry, compare, entry->list);
  tell (entry->list, (guint)g_sequence_iter_get_position (entry->row), 0, 1);
}

static void
hide (Entry *entry)
{
  guint at;

  if (!entry->row)
    return;
  at = (guint)g_sequence_iter_get_position (entry->row);
  g_sequence_remove (entry->row);
  entry->row = NULL;
  tell (entry->list, at, 1, 0);
}

/* Whether the row stands where it should. */
static gboolean
is_in_place (Entry *entry)
{
  GSequenceIter *next = g_sequence_iter_next (entry->row);

  if (!is_wanted (entry))
    return FALSE;
  if (!g_sequence_iter_is_begin (entry->row)
      && compare (g_sequence_get (g_sequence_iter_prev (entry->row)), entry, entry->list) > 0)
    return FALSE;
  return g_sequence_iter_is_end (next) || compare (entry, g_sequence_get (next), entry->list) < 0;
}

static void
on_contact_changed (OhContact *contact, GParamSpec *pspec, Entry *entry)
{
  gboolean regrouped = g_str_equal (pspec->name, "group");
  gboolean was_online = entry->online;

  read_keys (entry);
  if (entry->row && is_in_place (entry) && entry->online == was_online && !regrouped)
    return; /* the contact itself tells what changed */
  hide (entry);
  show (entry);
}

/* --- Contacts of one account --- */

static Entry *
entry_new (OhContactList *list, OhContact *contact)
{
  Entry *entry = g_new0 (Entry, 1);

  entry->list = list;
  entry->contact = contact; /* taken */
  read_keys (entry);
  g_signal_connect (contact, "notify", G_CALLBACK (on_contact_changed), entry);
  show (entry);
  return entry;
}

static void
entry_free (gpointer data)
{
  Entry *entry = data;

  g_signal_handlers_disconnect_by_data (entry->contact, entry);
  hide (entry);
  g_object_unref (entry->contact);
  g_free (entry->name_key);
  g_free (entry->group_key);
  g_free (entry->folded);
  g_free (entry);
}

static void
on_contacts_changed (GListModel *model, guint at, guint gone, guint added, Source *source)
{
  OhContactList *list = source->list;
  gboolean bulk = gone + added > BULK;

  list->silent = bulk;
  if (gone)
    g_ptr_array_remove_range (source->entries, at, gone);
  for (guint i = at; i < at + added; i++)
    g_ptr_array_insert (source->entries, (int)i,
                        entry_new (list, g_list_model_get_item (model, i)));
  if (bulk)
    show_all (list);
}

static Source *
source_new (OhContactList *list, OhAccount *account)
{
  Source *source;

  if (!OH_IS_MESSENGER (account))
    return NULL;
  source = g_new0 (Source, 1);
  source->list = list;
  source->model = g_object_ref (oh_messenger_get_contacts (OH_MESSENGER (account)));
  source->entries = g_ptr_array_new_with_free_func (entry_free);
  g_signal_connect (source->model, "items-changed", G_CALLBACK (on_contacts_changed), source);
  on_contacts_changed (source->model, 0, 0, g_list_model_get_n_items (source->model), source);
  return source;
}

static void
source_free (gpointer data)
{
  Source *source = data;
  OhContactList *list;

  if (!source)
    return;
  list = source->list;
  g_signal_handlers_disconnect_by_data (source->model, source);
  list->silent = TRUE;
  g_ptr_array_unref (source->entries);
  show_all (list);
  g_object_unref (source->model);
  g_free (source);
}

static void
on_accounts_changed (GListModel *accounts, guint at, guint gone, guint added, OhContactList *list)
{
  if (gone)
    g_ptr_array_remove_range (list->watched, at, gone);
  for (guint i = at; i < at + added; i++)
    {
      g_autoptr (OhAccount) account = g_list_model_get_item (accounts, i);

      g_ptr_array_insert (list->watched, (int)i, source_new (list, account));
    }
}

/* All rows anew, by changed rules. */
static void
sort_again (OhContactList *list)
{
  list->silent = TRUE;
  for (guint i = 0; i < list->watched->len; i++)
    {
      Source *source = list->watched->pdata[i];

      for (guint e = 0; source && e < source->entries->len; e++)
        hide (source->entries->pdata[e]);
    }
  for (guint i = 0; i < list->watched->len; i++)
    {
      Source *source = list->watched->pdata[i];

      for (guint e = 0; source && e < source->entries->len; e++)
        show (source->entries->pdata[e]);
    }
  show_all (list);
}

/* --- The object --- */

static GType
get_item_type (GListModel *model)
{
  return OH_TYPE_CONTACT;
}

static guint
get_n_items (GListModel *model)
{
  return OH_CONTACT_LIST (model)->shown;
}

static gpointer
get_item (GListModel *model, guint position)
{
  OhContactList *list = OH_CONTACT_LIST (model);
  GSequenceIter *row;

  if (position >= list->shown)
    return NULL;
  row = g_sequence_get_iter_at_pos (list->rows, (int)position);
  return g_sequence_iter_is_end (row) ? NULL
                                      : g_object_ref (((Entry *)g_sequence_get (row))->contact);
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
  OhContactList *list = OH_CONTACT_LIST (object);

  if (id == PROP_SEARCH)
    g_value_set_string (value, list->search);
  else
    g_value_set_boolean (value, id == PROP_GROUPED        ? list->grouped
                                : id == PROP_ONLINE_FIRST ? list->online_first
                                                          : list->show_offline);
}

static void
set_property (GObject *object, guint id, const GValue *value, GParamSpec *pspec)
{
  OhContactList *list = OH_CONTACT_LIST (object);
  gboolean *flag = id == PROP_GROUPED        ? &list->grouped
                   : id == PROP_ONLINE_FIRST ? &list->online_first
                                             : &list->show_offline;

  if (id == PROP_SEARCH)
    {
      oh_contact_list_set_search (list, g_value_get_string (value));
      return;
    }
  if (*flag == g_value_get_boolean (value))
    return;
  *flag = g_value_get_boolean (value);
  sort_again (list);
  g_object_notify_by_pspec (object, pspec);
}

static void
dispose (GObject *object)
{
  OhContactList *list = OH_CONTACT_LIST (object);

  if (list->accounts)
    g_signal_handlers_disconnect_by_data (list->accounts, list);
  g_clear_object (&list->accounts);
  g_ptr_array_set_size (list->watched, 0);
  G_OBJECT_CLASS (oh_contact_list_parent_class)->dispose (object);
}

static void
finalize (GObject *object)
{
  OhContactList *list = OH_CONTACT_LIST (object);

  g_ptr_array_unref (list->watched);
  g_sequence_free (list->rows);
  g_free (list->search);
  g_free (list->folded_search);
  G_OBJECT_CLASS (oh_contact_list_parent_class)->finalize (object);
}

static void
oh_contact_list_class_init (OhContactListClass *klass)
{
  const GParamFlags flags = G_PARAM_READWRITE | G_PARAM_STATIC_STRINGS | G_PARAM_EXPLICIT_NOTIFY;
  GObjectClass *object_class = G_OBJECT_CLASS (klass);

  object_class->get_property = get_property;
  object_class->set_property = set_property;
  object_class->dispose = dispose;
  object_class->finalize = finalize;
  properties[PROP_GROUPED] = g_param_spec_boolean ("grouped", NULL, NULL, FALSE, flags);
  properties[PROP_ONLINE_FIRST] = g_param_spec_boolean ("online-first", NULL, NULL, TRUE, flags);
  properties[PROP_SHOW_OFFLINE] = g_param_spec_boolean ("show-offline", NULL, NULL, TRUE, flags);
  properties[PROP_SEARCH] = g_param_spec_string ("search", NULL, NULL, NULL, flags);
  g_object_class_install_properties (object_class, N_PROPS, properties);
}

static void
oh_contact_list_init (OhContactList *list)
{
  list->watched = g_ptr_array_new_with_free_func (source_free);
  list->rows = g_sequence_new (NULL);
  list->online_first = TRUE;
  list->show_offline = TRUE;
}

OhContactList *
oh_contact_list_new (GListModel *accounts)
{
  OhContactList *list = g_object_new (OH_TYPE_CONTACT_LIST, NULL);

  list->accounts = g_object_ref (accounts);
  g_signal_connect (accounts, "items-changed", G_CALLBACK (on_accounts_changed), list);
  on_accounts_changed (accounts, 0, 0, g_list_model_get_n_items (accounts), list);
  return list;
}

void
oh_contact_list_set_search (OhContactList *list, const char *search)
{
  g_return_if_fail (OH_IS_CONTACT_LIST (list));
  if (search && !*search)
    search = NULL;
  if (g_strcmp0 (search, list->search) == 0)
    return;
  g_free (list->search);
  g_free (list->folded_search);
  list->search = g_strdup (search);
  list->folded_search = search ? g_utf8_casefold (search, -1) : NULL;
  sort_again (list);
  g_object_notify_by_pspec (G_OBJECT (list), properties[PROP_SEARCH]);
}
