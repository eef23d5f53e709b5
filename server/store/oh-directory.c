/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "oh-store"

#include "server/store/oh-directory-private.h"

#include "server/store/oh-secret.h"

#include <gio/gio.h>

#include <string.h>

/* One trusted address block and whose it is. */
typedef struct
{
  GInetAddressMask *mask;
  const OhTrunk *trunk;
} Trusted;

typedef struct
{
  OhDevice device;
  char *secret_hash;
} DeviceEntry;

struct _OhDirectory
{
  gatomicrefcount references;
  guint64 version;
  char *domain;
  GPtrArray *users;          /* owned OhUser */
  GPtrArray *trunks;         /* owned OhTrunk */
  GHashTable *by_id;         /* gint64* in OhUser -> OhUser */
  GHashTable *by_alias;      /* alias in OhUser -> OhUser */
  GHashTable *by_number;     /* number in OhUser -> OhUser */
  GHashTable *devices;       /* id in DeviceEntry -> owned DeviceEntry */
  GHashTable *settings;      /* owned texts */
  GArray *trusted;           /* Trusted */
  GPtrArray *im_logins;      /* owned OhImLogin */
  GPtrArray *im_list;        /* owned OhImIdentity */
  GHashTable *im_identities; /* owned key (see make_key()) -> of those, the verified one first */
};

static void
free_user (gpointer data)
{
  OhUser *user = data;

  g_free (user->alias);
  g_free (user->name);
  g_free (user->language);
  g_strfreev (user->numbers);
  g_free (user->greeting);
  g_ptr_array_unref (user->devices);
  g_ptr_array_unref (user->identities);
  g_free (user);
}

void
oh_trunk_free (OhTrunk *trunk)
{
  if (!trunk)
    return;
  g_free (trunk->name);
  g_free (trunk->aor);
  g_free (trunk->registrar);
  g_free (trunk->proxy);
  g_free (trunk->auth_user);
  oh_secret_free (trunk->secret);
  g_free (trunk->transport);
  g_strfreev (trunk->trusted);
  g_strfreev (trunk->codecs);
  g_strfreev (trunk->prefixes);
  g_free (trunk->caller_number);
  g_free (trunk->public_address);
  g_free (trunk->number);
  g_free (trunk->tls_name);
  g_free (trunk);
}

void
oh_im_login_free (OhImLogin *login)
{
  if (!login)
    return;
  g_free (login->name);
  g_free (login->protocol);
  g_free (login->username);
  g_strfreev (login->options);
  oh_secret_free (login->secret);
  g_free (login->fingerprint);
  g_free (login->proxy);
  oh_secret_free (login->proxy_secret);
  g_free (login);
}

static void
free_identity (gpointer data)
{
  OhImIdentity *identity = data;

  g_free (identity->name);
  g_free (identity);
}

static void
free_device (gpointer data)
{
  DeviceEntry *entry = data;

  g_free (entry->device.id);
  g_free (entry->device.name);
  g_free (entry->device.program);
  g_free (entry->secret_hash);
  g_free (entry);
}

static void
clear_trusted (gpointer data)
{
  Trusted *trusted = data;

  g_object_unref (trusted->mask);
}

OhDirectory *
oh_directory_new (const char *domain, guint64 version)
{
  OhDirectory *directory = g_new0 (OhDirectory, 1);

  g_atomic_ref_count_init (&directory->references);
  directory->version = version;
  directory->domain = g_strdup (domain);
  directory->users = g_ptr_array_new_with_free_func (free_user);
  directory->trunks = g_ptr_array_new_with_free_func ((GDestroyNotify)oh_trunk_free);
  directory->by_id = g_hash_table_new (g_int64_hash, g_int64_equal);
  directory->by_alias = g_hash_table_new (g_str_hash, g_str_equal);
  directory->by_number = g_hash_table_new (g_str_hash, g_str_equal);
  directory->devices = g_hash_table_new_full (g_str_hash, g_str_equal, NULL, free_device);
  directory->settings = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free);
  directory->trusted = g_array_new (FALSE, FALSE, sizeof (Trusted));
  g_array_set_clear_func (directory->trusted, clear_trusted);
  directory->im_logins = g_ptr_array_new_with_free_func ((GDestroyNotify)oh_im_login_free);
  directory->im_identities = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  directory->im_list = g_ptr_array_new_with_free_func (free_identity);
  return directory;
}

OhDirectory *
oh_directory_ref (OhDirectory *directory)
{
  g_atomic_ref_count_inc (&directory->references);
  return directory;
}

void
oh_directory_unref (OhDirectory *directory)
{
  if (!directory || !g_atomic_ref_count_dec (&directory->references))
    return;
  g_hash_table_unref (directory->im_identities);
  g_ptr_array_unref (directory->im_list);
  g_ptr_array_unref (directory->im_logins);
  g_array_unref (directory->trusted);
  g_hash_table_unref (directory->settings);
  g_hash_table_unref (directory->devices);
  g_hash_table_unref (directory->by_number);
  g_hash_table_unref (directory->by_alias);
  g_hash_table_unref (directory->by_id);
  g_ptr_array_unref (directory->trunks);
  g_ptr_array_unref (directory->users);
  g_free (directory->domain);
  g_free (directory);
}

void
oh_directory_take_user (OhDirectory *directory, OhUser *user)
{
  user->devices = g_ptr_array_new ();
  user->identities = g_ptr_array_new ();
  g_ptr_array_add (directory->users, user);
  g_hash_table_insert (directory->by_id, &user->id, user);
  g_hash_table_insert (directory->by_alias, user->alias, user);
  for (char **number = user->numbers; *number; number++)
    g_hash_table_insert (directory->by_number, *number, user);
}

void
oh_directory_take_device (OhDirectory *directory,
                          gint64 user_id,
                          OhDevice *device,
                          const char *secret_hash)
{
  OhUser *user = g_hash_table_lookup (directory->by_id, &user_id);
  DeviceEntry *entry;

  g_return_if_fail (user != NULL);

  entry = g_new0 (DeviceEntry, 1);
  entry->device = *device;
  entry->device.user = user;
  entry->secret_hash = g_strdup (secret_hash);
  g_free (device);
  g_hash_table_replace (directory->devices, entry->device.id, entry);
  g_ptr_array_add (user->devices, &entry->device);
}

void
oh_directory_take_trunk (OhDirectory *directory, OhTrunk *trunk)
{
  g_ptr_array_add (directory->trunks, trunk);
  for (char **block = trunk->trusted; trunk->kind == OH_TRUNK_ADDRESS && *block; block++)
    {
      Trusted trusted = { g_inet_address_mask_new_from_string (*block, NULL), trunk };

      if (trusted.mask)
        g_array_append_val (directory->trusted, trusted);
    }
}

/* --- IM --- */

gboolean
oh_im_login_is_sip (const OhImLogin *login)
{
  return g_str_equal (login->protocol, OH_IM_PROTOCOL_SIP);
}

gboolean
oh_sip_name_is_elsewhere (const char *name)
{
  return strchr (name, '@') != NULL;
}

const OhImIdentity *
oh_user_find_text_device (const OhUser *user, const char *device_id)
{
  for (guint i = 0; i < user->identities->len; i++)
    {
      const OhImIdentity *identity = user->identities->pdata[i];

      if (identity->verified && oh_im_login_is_sip (identity->login)
          && g_str_equal (identity->name, device_id))
        return identity;
    }
  return NULL;
}

/* "sip:Anna@Example.org:5070;transport=udp" -> "anna@example.org:5070" */
static char *
fold_sip (const char *name)
{
  const char *begin = g_ascii_strncasecmp (name, "sip:", 4) == 0 ? name + 4 : name;
  g_autofree char *bare = g_strndup (begin, strcspn (begin, ";?>"));

  return g_ascii_strdown (bare, -1);
}

char *
oh_im_name_fold (const char *protocol, const char *name)
{
  gboolean xmpp = g_str_equal (protocol, "prpl-jabber");
  g_autofree char *bare = g_strndup (name, xmpp ? strcspn (name, "/") : strlen (name));

  if (g_str_equal (protocol, OH_IM_PROTOCOL_SIP))
    return fold_sip (name);
  if (xmpp || g_str_equal (protocol, "prpl-irc"))
    return g_ascii_strdown (bare, -1);
  return g_steal_pointer (&bare);
}

/* "NAME@DOMAIN" */
static gboolean
is_xmpp_person (const char *name)
{
  const char *at = strchr (name, '@');

  return at && at != name && at[1] && !strchr (at + 1, '@') && !strpbrk (name, " \"&'/:<>\\");
}

/* A nick of RFC 2812, longer where the server allows that, and any letters beyond ASCII. */
static gboolean
is_irc_person (const char *name)
{
  static const char special[] = "[]\\`_^{|}";

  if (g_ascii_isdigit (*name) || *name == '-')
    return FALSE;
  for (const char *p = name; *p; p++)
    if (!g_ascii_isalnum (*p) && *p != '-' && !strchr (special, *p) && (guchar)*p < 0x80)
      return FALSE;
  return TRUE;
}

/* A device's id, or "USER@HOST[:PORT]". */
static gboolean
is_sip_person (const char *name)
{
  const char *at = strchr (name, '@');

  for (const char *p = name; *p; p++)
    if (!g_ascii_isalnum (*p) && !strchr (at ? "@.:[]-_+" : "-", *p))
      return FALSE;
  return !at || (at != name && at[1] && !strchr (at + 1, '@'));
}

gboolean
oh_im_name_is_person (const char *protocol, const char *name)
{
  if (!*name || !g_utf8_validate (name, -1, NULL))
    return FALSE;
  for (const char *p = name; *p; p = g_utf8_next_char (p))
    if (g_unichar_iscntrl (g_utf8_get_char (p)))
      return FALSE;
  if (g_str_equal (protocol, OH_IM_PROTOCOL_SIP))
    return is_sip_person (name);
  if (g_str_equal (protocol, "prpl-jabber"))
    return is_xmpp_person (name);
  return !g_str_equal (protocol, "prpl-irc") || is_irc_person (name);
}

static char *
make_key (const OhImLogin *login, const char *name)
{
  g_autofree char *folded = oh_im_name_fold (login->protocol, name);

  return g_strdup_printf ("%" G_GINT64_FORMAT " %s", login->id, folded);
}

void
oh_directory_take_im_login (OhDirectory *directory, OhImLogin *login)
{
  g_ptr_array_add (directory->im_logins, login);
}

void
oh_directory_take_im_identity (OhDirectory *directory,
                               gint64 user_id,
                               gint64 login_id,
                               OhImIdentity *identity)
{
  OhUser *user = g_hash_table_lookup (directory->by_id, &user_id);
  g_autofree char *key = NULL;

  for (guint i = 0; i < directory->im_logins->len; i++)
    if (((OhImLogin *)directory->im_logins->pdata[i])->id == login_id)
      identity->login = directory->im_logins->pdata[i];
  g_return_if_fail (user != NULL && identity->login != NULL);

  identity->user = user;
  key = make_key (identity->login, identity->name);
  if (identity->verified || !g_hash_table_contains (directory->im_identities, key))
    g_hash_table_replace (directory->im_identities, g_steal_pointer (&key), identity);
  g_ptr_array_add (directory->im_list, identity);
  g_ptr_array_add (user->identities, identity);
}

GPtrArray *
oh_directory_get_im_logins (OhDirectory *directory)
{
  return directory->im_logins;
}

const OhImLogin *
oh_directory_find_im_login (OhDirectory *directory, const char *name)
{
  for (guint i = 0; i < directory->im_logins->len; i++)
    {
      OhImLogin *login = directory->im_logins->pdata[i];

      if (g_ascii_strcasecmp (login->name, name) == 0)
        return login;
    }
  return NULL;
}

GPtrArray *
oh_directory_get_im_identities (OhDirectory *directory)
{
  return directory->im_list;
}

const OhImIdentity *
oh_directory_find_im_identity (OhDirectory *directory, const OhImLogin *login, const char *name)
{
  g_autofree char *key = make_key (login, name);

  return g_hash_table_lookup (directory->im_identities, key);
}

void
oh_directory_set_setting (OhDirectory *directory, const char *key, const char *value)
{
  g_hash_table_replace (directory->settings, g_strdup (key), g_strdup (value));
}

guint64
oh_directory_get_version (OhDirectory *directory)
{
  return directory->version;
}

const OhUser *
oh_directory_find_user_by_id (OhDirectory *directory, gint64 id)
{
  return g_hash_table_lookup (directory->by_id, &id);
}

const OhUser *
oh_directory_find_user_by_alias (OhDirectory *directory, const char *alias)
{
  g_autofree char *lower = alias ? g_ascii_strdown (alias, -1) : NULL;
  char *at;

  if (!lower)
    return NULL;
  at = strrchr (lower, '@');
  if (at)
    {
      if (g_strcmp0 (at + 1, directory->domain) != 0)
        return NULL;
      *at = '\0';
    }
  return g_hash_table_lookup (directory->by_alias, lower);
}

const OhUser *
oh_directory_find_user_by_number (OhDirectory *directory, const char *number)
{
  g_autofree char *normal = oh_number_normalize (number);

  return normal ? g_hash_table_lookup (directory->by_number, normal) : NULL;
}

const OhDevice *
oh_directory_find_device (OhDirectory *directory, const char *device_id)
{
  DeviceEntry *entry = device_id ? g_hash_table_lookup (directory->devices, device_id) : NULL;

  return entry ? &entry->device : NULL;
}

gboolean
oh_directory_check_secret (OhDirectory *directory, const char *device_id, const char *secret)
{
  DeviceEntry *entry = device_id ? g_hash_table_lookup (directory->devices, device_id) : NULL;

  return oh_secret_matches (entry ? entry->secret_hash : NULL, secret);
}

GPtrArray *
oh_directory_get_users (OhDirectory *directory)
{
  return directory->users;
}

GPtrArray *
oh_directory_get_trunks (OhDirectory *directory)
{
  return directory->trunks;
}

const OhTrunk *
oh_directory_find_trunk (OhDirectory *directory, const char *name)
{
  for (guint i = 0; i < directory->trunks->len; i++)
    {
      OhTrunk *trunk = directory->trunks->pdata[i];

      if (g_ascii_strcasecmp (trunk->name, name) == 0)
        return trunk;
    }
  return NULL;
}

const OhTrunk *
oh_directory_find_trunk_by_address (OhDirectory *directory, const char *address)
{
  g_autoptr (GInetAddress) parsed = NULL;
  const OhTrunk *best = NULL;
  guint best_length = 0;

  /* A dual-stack socket tells IPv4 peers this way (RFC 4291, 2.5.5.2). */
  if (g_ascii_strncasecmp (address, "::ffff:", 7) == 0 && strchr (address, '.'))
    address += 7;
  parsed = g_inet_address_new_from_string (address);
  if (!parsed)
    return NULL;

  for (guint i = 0; i < directory->trusted->len; i++)
    {
      Trusted *trusted = &g_array_index (directory->trusted, Trusted, i);
      guint length = g_inet_address_mask_get_length (trusted->mask);

      if ((!best || length > best_length) && g_inet_address_mask_matches (trusted->mask, parsed))
        {
          best = trusted->trunk;
          best_length = length;
        }
    }
  return best;
}

/* Of the trunk's longest prefix that @number begins with, and 1; 0: it does not take it. An empty prefix
 * takes all. */
static gsize
measure_prefix (const OhTrunk *trunk, const char *number)
{
  gsize best = 0;

  for (char **prefix = trunk->prefixes; *prefix; prefix++)
    if (g_str_has_prefix (number, *prefix))
      best = MAX (best, strlen (*prefix) + 1);
  return best;
}

static int
compare_prefixes (gconstpointer a, gconstpointer b, gpointer number)
{
  gsize first = measure_prefix (*(const OhTrunk *const *)a, number);
  gsize second = measure_prefix (*(const OhTrunk *const *)b, number);

  return first == second ? 0 : first > second ? -1 : 1;
}

GPtrArray *
oh_directory_list_trunks_for_number (OhDirectory *directory, const char *number)
{
  g_autofree char *normal = oh_number_normalize (number);
  GPtrArray *trunks = g_ptr_array_new ();

  for (guint i = 0; normal && i < directory->trunks->len; i++)
    if (measure_prefix (directory->trunks->pdata[i], normal) > 0)
      g_ptr_array_add (trunks, directory->trunks->pdata[i]);
  g_ptr_array_sort_with_data (trunks, compare_prefixes, normal); /* which is stable */
  return trunks;
}

const char *
oh_directory_get_domain (OhDirectory *directory)
{
  return directory->domain;
}

const char *
oh_directory_get_setting (OhDirectory *directory, const char *key)
{
  return g_hash_table_lookup (directory->settings, key);
}

char *
oh_number_normalize (const char *number)
{
  char normal[33];
  gsize length = 0;

  for (const char *p = number ? number : ""; *p; p++)
    {
      if (strchr (" -./()", *p))
        continue;
      if (length == sizeof normal - 1 || (*p == '+' && length > 0)
          || !(g_ascii_isdigit (*p) || strchr ("+*#", *p)))
        return NULL;
      normal[length++] = *p;
    }
  normal[length] = '\0';
  return length == 0 || strcmp (normal, "+") == 0 ? NULL : g_strdup (normal);
}
