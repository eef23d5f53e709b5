/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "oh-phone"

#include "plugins/sip/oh-phone-roster.h"

#include "sip/oh-sip-pidf.h"

#include <string.h>

#define BLOCKED "blocked" /* the one group of the file that is no contact; a key for each address */

struct _OhPhoneRoster
{
  OhBaseMessenger *account; /* owns us */
  char *path;
  OhSip *sip; /* NULL: not signed in */
  const OhSipAccount *identity;
  GHashTable *entries; /* address in Entry -> owned Entry */
  GHashTable *blocked; /* a set of addresses */
};

typedef struct
{
  OhPhoneRoster *roster;
  char *address, *name, *group; /* NULL: none */
  OhSipSubscription *subscription;
} Entry;

static void
end_subscription (Entry *entry)
{
  g_clear_pointer (&entry->subscription, oh_sip_subscription_end);
}

static void
entry_free (gpointer data)
{
  Entry *entry = data;

  end_subscription (entry);
  g_free (entry->address);
  g_free (entry->name);
  g_free (entry->group);
  g_free (entry);
}

static void
show (Entry *entry, OhPresence presence, const char *message)
{
  OhContactFacts facts = { .name = entry->name,
                           .group = entry->group,
                           .presence = presence,
                           .message = message,
                           .blocked = oh_phone_roster_is_blocked (entry->roster, entry->address) };

  oh_base_messenger_put_contact (entry->roster->account, entry->address, &facts);
}

/* As it was, but for what the entry says. */
static void
show_again (Entry *entry)
{
  OhContact *contact = oh_messenger_find_contact (OH_MESSENGER (entry->roster->account),
                                                  entry->address);
  OhPresence presence = contact ? oh_contact_get_presence (contact) : OH_PRESENCE_UNKNOWN;
  g_autofree char *message = contact ? g_strdup (oh_contact_get_message (contact)) : NULL;

  show (entry, presence, message);
}

/* --- Presence --- */

static OhPresence
presence_of (const OhSipPidf *pidf)
{
  if (!pidf->open)
    return OH_PRESENCE_OFFLINE;
  return pidf->busy ? OH_PRESENCE_BUSY : pidf->away ? OH_PRESENCE_AWAY : OH_PRESENCE_AVAILABLE;
}

static void
on_presence (OhSipSubscription *subscription,
             const char *body_type,
             const char *body,
             gpointer user_data)
{
  OhSipPidf pidf;

  if (oh_sip_pidf_parse (body, strlen (body), g_get_real_time () / G_USEC_PER_SEC, &pidf))
    show (user_data, presence_of (&pidf), pidf.note);
}

/* The server knows the presence of its own users alone. */
static gboolean
is_at_home (const Entry *entry)
{
  const char *own = strchr (entry->roster->identity->aor, '@');
  const char *at = strchr (entry->address, '@');

  return own && at && g_ascii_strcasecmp (own, at) == 0;
}

static void
subscribe (Entry *entry)
{
  OhPhoneRoster *roster = entry->roster;
  g_autofree char *uri = g_strconcat ("sip:", entry->address, NULL);

  if (roster->sip && !entry->subscription && is_at_home (entry))
    entry->subscription = oh_sip_subscribe (roster->sip, roster->identity, uri, "presence",
                                            on_presence, entry);
}

/* --- Contacts --- */

static void
set_text (char **text, const char *value)
{
  if (!value)
    return;
  g_free (*text);
  *text = *value ? g_strdup (value) : NULL;
}

static void
put (OhPhoneRoster *roster, const char *address, const char *name, const char *group)
{
  Entry *entry = g_hash_table_lookup (roster->entries, address);

  if (!entry && g_hash_table_size (roster->entries) >= OH_PHONE_ROSTER_MAX)
    {
      g_warning ("a contact is left out: %d are the limit", OH_PHONE_ROSTER_MAX);
      return;
    }
  if (!entry)
    {
      entry = g_new0 (Entry, 1);
      entry->roster = roster;
      entry->address = g_strdup (address);
      g_hash_table_insert (roster->entries, entry->address, entry);
    }
  set_text (&entry->name, name);
  set_text (&entry->group, group);
  show_again (entry);
  subscribe (entry);
}

static gboolean
is_address (const char *text)
{
  const char *at = strchr (text, '@');

  return at && at > text && at[1] && strlen (text) <= OH_PHONE_ROSTER_MAX_ADDRESS;
}

static gboolean
block (OhPhoneRoster *roster, const char *address)
{
  if (!is_address (address) || g_hash_table_contains (roster->blocked, address))
    return FALSE;
  if (g_hash_table_size (roster->blocked) < OH_PHONE_ROSTER_MAX_BLOCKED)
    return g_hash_table_add (roster->blocked, g_strdup (address));
  g_warning ("somebody is not blocked: %d are the limit", OH_PHONE_ROSTER_MAX_BLOCKED);
  return FALSE;
}

/* --- The file --- */

static void
load_blocked (OhPhoneRoster *roster, GKeyFile *file)
{
  g_auto (GStrv) keys = g_key_file_get_keys (file, BLOCKED, NULL, NULL);

  for (guint i = 0; keys && keys[i] && i < OH_PHONE_ROSTER_MAX_BLOCKED; i++)
    {
      g_autofree char *address = g_uri_unescape_string (keys[i], NULL);

      if (address)
        block (roster, address);
    }
}

static void
load (OhPhoneRoster *roster)
{
  g_autoptr (GKeyFile) file = g_key_file_new ();
  g_autoptr (GError) error = NULL;
  g_auto (GStrv) addresses = NULL;

  if (!g_key_file_load_from_file (file, roster->path, G_KEY_FILE_NONE, &error))
    {
      if (!g_error_matches (error, G_FILE_ERROR, G_FILE_ERROR_NOENT))
        g_warning ("the contacts could not be read: %s", error->message);
      return;
    }
  load_blocked (roster, file); /* contacts are shown with it */
  addresses = g_key_file_get_groups (file, NULL);
  for (guint i = 0; addresses[i] && i < OH_PHONE_ROSTER_MAX; i++)
    {
      g_autofree char *name = g_key_file_get_string (file, addresses[i], "name", NULL);
      g_autofree char *group = g_key_file_get_string (file, addresses[i], "group", NULL);
      g_autofree char *address = g_uri_unescape_string (addresses[i], NULL);

      if (address && strchr (address, '@'))
        put (roster, address, name, group);
    }
}

static char *
escape (const char *address)
{
  return g_uri_escape_string (address, "@", TRUE);
}

static void
save (OhPhoneRoster *roster)
{
  g_autoptr (GKeyFile) file = g_key_file_new ();
  g_autofree char *text = NULL;
  g_autoptr (GError) error = NULL;
  GHashTableIter iter;
  gpointer address, value;

  g_hash_table_iter_init (&iter, roster->entries);
  while (g_hash_table_iter_next (&iter, NULL, &value))
    {
      const Entry *entry = value;
      g_autofree char *escaped = escape (entry->address);

      g_key_file_set_string (file, escaped, "name", entry->name ? entry->name : "");
      g_key_file_set_string (file, escaped, "group", entry->group ? entry->group : "");
    }
  g_hash_table_iter_init (&iter, roster->blocked);
  while (g_hash_table_iter_next (&iter, &address, NULL))
    {
      g_autofree char *escaped = escape (address);

      g_key_file_set_boolean (file, BLOCKED, escaped, TRUE);
    }
  text = g_key_file_to_data (file, NULL, NULL);
  if (!g_file_set_contents_full (roster->path, text, -1, G_FILE_SET_CONTENTS_CONSISTENT, 0600,
                                 &error))
    g_warning ("the contacts could not be kept: %s", error->message);
}

/* --- The object --- */

OhPhoneRoster *
oh_phone_roster_new (OhBaseMessenger *account, const char *path)
{
  OhPhoneRoster *roster = g_new0 (OhPhoneRoster, 1);

  roster->account = account;
  roster->entries = g_hash_table_new_full (g_str_hash, g_str_equal, NULL, entry_free);
  roster->blocked = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  roster->path = g_strdup (path);
  load (roster);
  return roster;
}

void
oh_phone_roster_free (OhPhoneRoster *roster)
{
  g_hash_table_unref (roster->entries);
  g_hash_table_unref (roster->blocked);
  g_free (roster->path);
  g_free (roster);
}

void
oh_phone_roster_start (OhPhoneRoster *roster, OhSip *sip, const OhSipAccount *identity)
{
  GHashTableIter iter;
  gpointer entry;

  roster->sip = sip;
  roster->identity = identity;
  g_hash_table_iter_init (&iter, roster->entries);
  while (g_hash_table_iter_next (&iter, NULL, &entry))
    subscribe (entry);
}

void
oh_phone_roster_watch_anew (OhPhoneRoster *roster)
{
  GHashTableIter iter;
  gpointer entry;

  g_hash_table_iter_init (&iter, roster->entries);
  while (g_hash_table_iter_next (&iter, NULL, &entry))
    {
      end_subscription (entry);
      subscribe (entry);
    }
}

void
oh_phone_roster_stop (OhPhoneRoster *roster)
{
  GHashTableIter iter;
  gpointer entry;

  g_hash_table_iter_init (&iter, roster->entries);
  while (g_hash_table_iter_next (&iter, NULL, &entry))
    end_subscription (entry);
  roster->sip = NULL;
  roster->identity = NULL;
  oh_base_messenger_lose_presence (roster->account);
}

void
oh_phone_roster_add (OhPhoneRoster *roster,
                     const char *address,
                     const char *name,
                     const char *group)
{
  put (roster, address, name, group);
  save (roster);
}

void
oh_phone_roster_remove (OhPhoneRoster *roster, const char *address)
{
  g_autofree char *gone = g_strdup (address); /* the contact's own, perhaps */

  if (!g_hash_table_remove (roster->entries, gone))
    return;
  oh_base_messenger_drop_contact (roster->account, gone);
  save (roster);
}

gboolean
oh_phone_roster_set_blocked (OhPhoneRoster *roster, const char *address, gboolean blocked)
{
  Entry *entry = g_hash_table_lookup (roster->entries, address);

  if (!(blocked ? block (roster, address) : g_hash_table_remove (roster->blocked, address)))
    return FALSE;
  if (entry)
    show_again (entry);
  save (roster);
  return TRUE;
}

gboolean
oh_phone_roster_is_blocked (OhPhoneRoster *roster, const char *address)
{
  return g_hash_table_contains (roster->blocked, address);
}
