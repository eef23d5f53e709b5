/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "oh-purple"

#include "plugins/purple/oh-purple-people.h"

#include <glib/gstdio.h>

#define BLOCKED "blocked" /* the group of the file; a key for each, as those of "list" */
#define LIST "list"
#define MAX_PEOPLE 10000
#define MAX_FILE (8 * 1024 * 1024)

struct _OhPurplePeople
{
  char *path;
  GKeyFile *file; /* keys are addresses, escaped as in a URI */
  guint write;    /* idle */
};

static char *
path_of (const char *folder, const char *id)
{
  g_autofree char *escaped = g_uri_escape_string (id, NULL, FALSE);
  g_autofree char *name = g_strconcat ("people-", escaped, ".ini", NULL);

  return g_build_filename (folder, name, NULL);
}

static char *
key_of (const char *address)
{
  return g_uri_escape_string (address, "@", TRUE);
}

static void
read_file (OhPurplePeople *people)
{
  g_autofree char *text = NULL;
  g_autoptr (GError) error = NULL;
  gsize length = 0;

  if (!g_file_get_contents (people->path, &text, &length, &error))
    {
      if (!g_error_matches (error, G_FILE_ERROR, G_FILE_ERROR_NOENT))
        g_warning ("who is blocked can't be read: %s", error->message);
      return;
    }
  if (length > MAX_FILE
      || !g_key_file_load_from_data (people->file, text, length, G_KEY_FILE_NONE, &error))
    g_warning ("%s is damaged: %s", people->path, error ? error->message : "it is too long");
}

static void
write_now (OhPurplePeople *people)
{
  g_autofree char *text = g_key_file_to_data (people->file, NULL, NULL);
  g_autoptr (GError) error = NULL;

  g_clear_handle_id (&people->write, g_source_remove);
  if (!g_file_set_contents_full (people->path, text, -1, G_FILE_SET_CONTENTS_CONSISTENT, 0600,
                                 &error))
    g_warning ("who is blocked can't be kept: %s", error->message);
}

static gboolean
on_idle_write (gpointer user_data)
{
  OhPurplePeople *people = user_data;

  people->write = 0;
  write_now (people);
  return G_SOURCE_REMOVE;
}

static void
write_soon (OhPurplePeople *people)
{
  if (!people->write)
    people->write = g_idle_add_full (G_PRIORITY_DEFAULT_IDLE, on_idle_write, people, NULL);
}

OhPurplePeople *
oh_purple_people_new (const char *folder, const char *id)
{
  OhPurplePeople *people = g_new0 (OhPurplePeople, 1);

  people->path = path_of (folder, id);
  people->file = g_key_file_new ();
  read_file (people);
  return people;
}

void
oh_purple_people_free (OhPurplePeople *people)
{
  if (people->write)
    write_now (people);
  g_key_file_unref (people->file);
  g_free (people->path);
  g_free (people);
}

/* The addresses of one group of the file. */
static char **
get_addresses (OhPurplePeople *people, const char *group)
{
  g_auto (GStrv) keys = g_key_file_get_keys (people->file, group, NULL, NULL);
  g_autoptr (GStrvBuilder) addresses = g_strv_builder_new ();

  for (guint i = 0; keys && keys[i] && i < MAX_PEOPLE; i++)
    {
      g_autofree char *address = g_uri_unescape_string (keys[i], NULL);

      if (address && *address)
        g_strv_builder_add (addresses, address);
    }
  return g_strv_builder_end (addresses);
}

char **
oh_purple_people_get_blocked (OhPurplePeople *people)
{
  return get_addresses (people, BLOCKED);
}

void
oh_purple_people_set_blocked (OhPurplePeople *people, const char *address, gboolean blocked)
{
  g_autofree char *key = key_of (address);

  if (blocked)
    g_key_file_set_boolean (people->file, BLOCKED, key, TRUE);
  else
    g_key_file_remove_key (people->file, BLOCKED, key, NULL);
  write_soon (people);
}

static void
person_free (gpointer data)
{
  OhPurplePerson *person = data;

  g_free (person->address);
  g_free (person->name);
  g_free (person->group);
  g_free (person);
}

/* Name and group of @address. */
static OhPurplePerson *
read_person (OhPurplePeople *people, const char *address)
{
  g_autofree char *key = key_of (address);
  gsize length = 0;
  g_auto (GStrv) parts = g_key_file_get_string_list (people->file, LIST, key, &length, NULL);
  OhPurplePerson *person = g_new0 (OhPurplePerson, 1);

  person->address = g_strdup (address);
  person->name = g_strdup (length > 0 ? parts[0] : "");
  person->group = g_strdup (length > 1 ? parts[1] : "");
  return person;
}

GPtrArray *
oh_purple_people_get_list (OhPurplePeople *people)
{
  g_auto (GStrv) addresses = get_addresses (people, LIST);
  GPtrArray *list = g_ptr_array_new_with_free_func (person_free);

  for (guint i = 0; addresses[i]; i++)
    g_ptr_array_add (list, read_person (people, addresses[i]));
  return list;
}

void
oh_purple_people_put (OhPurplePeople *people,
                      const char *address,
                      const char *name,
                      const char *group)
{
  g_autofree char *key = key_of (address);
  OhPurplePerson *old = read_person (people, address);
  const char *parts[] = { name ? name : old->name, group ? group : old->group };

  g_key_file_set_string_list (people->file, LIST, key, parts, G_N_ELEMENTS (parts));
  person_free (old);
  write_soon (people);
}

void
oh_purple_people_drop (OhPurplePeople *people, const char *address)
{
  g_autofree char *key = key_of (address);

  if (g_key_file_remove_key (people->file, LIST, key, NULL))
    write_soon (people);
}

void
oh_purple_people_forget (const char *folder, const char *id)
{
  g_autofree char *path = path_of (folder, id);

  g_unlink (path);
}
