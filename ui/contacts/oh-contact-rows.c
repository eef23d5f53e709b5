/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "oh-ui"

#include "ui/contacts/oh-contact-rows.h"

/* contacts:        a b c | d e | f          sections, in the list's own order
 * rows:          H a b c H d e H f          H: the section's group, if there are headings
 * A change of the contacts is carried over to the sections that it meets; rows before and behind stay. */
struct _OhContactRows
{
  GObject parent;
  GListModel *contacts; /* OhContactList */
  GArray *sections;     /* of Section */
  GByteArray *online;   /* of each contact */
  GHashTable *groups;   /* key -> OhContactGroup: a heading that moves stays the same */
  gboolean headed;
};

typedef struct
{
  char *key; /* by which contacts of one group are known: the list sorts without regard to case */
  OhContactGroup *group;
  guint count;
} Section;

static void list_model_init (GListModelInterface *iface);

G_DEFINE_FINAL_TYPE_WITH_CODE (OhContactRows,
                               oh_contact_rows,
                               G_TYPE_OBJECT,
                               G_IMPLEMENT_INTERFACE (G_TYPE_LIST_MODEL, list_model_init))

static void
section_clear (gpointer data)
{
  Section *section = data;

  g_free (section->key);
  g_object_unref (section->group);
}

static GArray *
sections_new (void)
{
  GArray *sections = g_array_new (FALSE, FALSE, sizeof (Section));

  g_array_set_clear_func (sections, section_clear);
  return sections;
}

static Section *
section_at (GArray *sections, guint i)
{
  return &g_array_index (sections, Section, i);
}

/* @count contacts of the group @name follow what @sections has. */
static void
append (OhContactRows *self, GArray *sections, const char *key, const char *name, guint count)
{
  Section *last = sections->len ? section_at (sections, sections->len - 1) : NULL;
  OhContactGroup *group;
  Section section;

  if (count == 0)
    return;
  if (last && g_str_equal (last->key, key))
    {
      last->count += count;
      return;
    }
  group = g_hash_table_lookup (self->groups, key);
  if (!group)
    {
      group = oh_contact_group_new (name);
      g_hash_table_insert (self->groups, g_strdup (key), group);
    }
  section = (Section){ g_strdup (key), g_object_ref (group), count };
  g_array_append_val (sections, section);
}

/* The part of @from that lies from contact @first to before @end. */
static void
append_part (OhContactRows *self, GArray *sections, GArray *from, guint first, guint end)
{
  guint start = 0;

  for (guint i = 0; i < from->len; i++)
    {
      const Section *section = section_at (from, i);
      guint begin = MAX (start, first), stop = MIN (start + section->count, end);

      if (begin < stop)
        append (self, sections, section->key, oh_contact_group_get_name (section->group),
                stop - begin);
      start += section->count;
    }
}

static void
append_contact (OhContactRows *self, GArray *sections, guint position)
{
  g_autoptr (OhContact) contact = g_list_model_get_item (self->contacts, position);
  const char *name = oh_contact_get_group (contact);
  g_autofree char *key = g_utf8_casefold (name, -1);
  gboolean grouped;

  g_object_get (self->contacts, "grouped", &grouped, NULL);
  append (self, sections, grouped ? key : "", grouped ? name : "", 1);
}

static guint8
is_online (OhContactRows *self, guint position)
{
  g_autoptr (OhContact) contact = g_list_model_get_item (self->contacts, position);

  return oh_presence_is_online (oh_contact_get_presence (contact));
}

/* Whether somebody is in a group. */
static gboolean
is_headed (GArray *sections)
{
  return sections->len > 1 || (sections->len == 1 && *section_at (sections, 0)->key);
}

/* How many sections begin before contact @before. */
static guint
count_headings (GArray *sections, guint before)
{
  guint start = 0, count = 0;

  for (guint i = 0; i < sections->len && start < before; i++)
    {
      count++;
      start += section_at (sections, i)->count;
    }
  return count;
}

static guint
count_rows (OhContactRows *self)
{
  return self->online->len + (self->headed ? self->sections->len : 0);
}

static void
show_counts (OhContactRows *self)
{
  guint at = 0;

  for (guint i = 0; i < self->sections->len; i++)
    {
      const Section *section = section_at (self->sections, i);
      guint online = 0;

      for (guint end = at + section->count; at < end; at++)
        online += self->online->data[at];
      oh_contact_group_set_counts (section->group, section->count, online);
    }
}

/* As one of those in it writes it, from contact @start on; as long as there is one, as before. */
static void
spell (OhContactRows *self, const Section *section, guint start)
{
  for (guint i = start; i < start + section->count; i++)
    {
      g_autoptr (OhContact) contact = g_list_model_get_item (self->contacts, i);

      if (g_str_equal (oh_contact_get_group (contact), oh_contact_group_get_name (section->group)))
        return;
    }
  g_autoptr (OhContact) first = g_list_model_get_item (self->contacts, start);
  oh_contact_group_set_name (section->group, oh_contact_get_group (first));
}

static void
spell_all (OhContactRows *self)
{
  guint start = 0;

  for (guint i = 0; i < self->sections->len; i++)
    {
      const Section *section = section_at (self->sections, i);

      if (*section->key)
        spell (self, section, start);
      start += section->count;
    }
}

static void
update_online (OhContactRows *self, guint at, guint gone, guint added)
{
  g_autofree guint8 *fresh = g_new0 (guint8, added);
  guint tail = self->online->len - at - gone;

  for (guint i = 0; i < added; i++)
    fresh[i] = is_online (self, at + i);
  if (added > gone)
    g_byte_array_set_size (self->online, self->online->len + added - gone);
  if (tail)
    memmove (self->online->data + at + added, self->online->data + at + gone, tail);
  if (added < gone)
    g_byte_array_set_size (self->online, at + added + tail);
  if (added)
    memcpy (self->online->data + at, fresh, added);
}

static void
on_contacts_changed (GListModel *contacts, guint at, guint gone, guint added, OhContactRows *self)
{
  GArray *old = self->sections;
  gboolean was_headed = self->headed;
  guint old_rows = count_rows (self), old_length = self->online->len;
  guint before = at, behind = old_length - at - gone;

  if (was_headed)
    {
      before += count_headings (old, at);
      behind += old->len - count_headings (old, at + gone + 1);
    }
  self->sections = sections_new ();
  append_part (self, self->sections, old, 0, at);
  for (guint i = at; i < at + added; i++)
    append_contact (self, self->sections, i);
  append_part (self, self->sections, old, at + gone, old_length);
  g_array_unref (old);
  update_online (self, at, gone, added);
  self->headed = is_headed (self->sections);
  spell_all (self);
  show_counts (self);
  if (self->headed != was_headed)
    before = behind = 0;
  g_list_model_items_changed (G_LIST_MODEL (self), before, old_rows - before - behind,
                              count_rows (self) - before - behind);
}

/* --- The model --- */

static GType
get_item_type (GListModel *model)
{
  return G_TYPE_OBJECT;
}

static guint
get_n_items (GListModel *model)
{
  return count_rows (OH_CONTACT_ROWS (model));
}

static gpointer
get_item (GListModel *model, guint position)
{
  OhContactRows *self = OH_CONTACT_ROWS (model);
  guint row = 0, contact = 0;

  if (!self->headed)
    return g_list_model_get_item (self->contacts, position);
  for (guint i = 0; i < self->sections->len; i++)
    {
      const Section *section = section_at (self->sections, i);

      if (position == row)
        return g_object_ref (section->group);
      if (position <= row + section->count)
        return g_list_model_get_item (self->contacts, contact + position - row - 1);
      row += section->count + 1;
      contact += section->count;
    }
  return NULL;
}

static void
list_model_init (GListModelInterface *iface)
{
  iface->get_item_type = get_item_type;
  iface->get_n_items = get_n_items;
  iface->get_item = get_item;
}

static void
finalize (GObject *object)
{
  OhContactRows *self = OH_CONTACT_ROWS (object);

  g_array_unref (self->sections);
  g_byte_array_unref (self->online);
  g_hash_table_unref (self->groups);
  g_object_unref (self->contacts);
  G_OBJECT_CLASS (oh_contact_rows_parent_class)->finalize (object);
}

static void
oh_contact_rows_class_init (OhContactRowsClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = finalize;
}

static void
oh_contact_rows_init (OhContactRows *self)
{
  self->sections = sections_new ();
  self->online = g_byte_array_new ();
  self->groups = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_object_unref);
}

OhContactRows *
oh_contact_rows_new (OhContactList *contacts)
{
  OhContactRows *self = g_object_new (OH_TYPE_CONTACT_ROWS, NULL);

  self->contacts = g_object_ref (G_LIST_MODEL (contacts));
  g_signal_connect_object (contacts, "items-changed", G_CALLBACK (on_contacts_changed), self, 0);
  on_contacts_changed (self->contacts, 0, 0, g_list_model_get_n_items (self->contacts), self);
  return self;
}
