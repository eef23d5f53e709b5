/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "oh-client"

#include "client/account/oh-account-settings.h"

#include <string.h>

#define GROUP_PREFIX "account "

/* Every text of the struct: its key in the file, its place, whether an account works without it. */
static const struct
{
  const char *key;
  gsize offset;
  gboolean mandatory;
} texts[] = {
#define TEXT(key, member, mandatory)                                                               \
  {                                                                                                \
    key, G_STRUCT_OFFSET (OhAccountSettings, member), mandatory                                    \
  }
  TEXT ("provider", provider, TRUE),
  TEXT ("address", address, TRUE),
  TEXT ("name", name, FALSE),
  TEXT ("server", server, FALSE),
  TEXT ("device", device_id, FALSE),
  TEXT ("instance", instance, FALSE),
  TEXT ("sip-user", sip_user, FALSE),
  TEXT ("sip-realm", sip_realm, FALSE),
  TEXT ("sip-aor", sip_aor, FALSE),
  TEXT ("sip-proxy", sip_proxy, FALSE),
  TEXT ("sip-tls-name", sip_tls_name, FALSE),
  TEXT ("sip-ca", sip_ca, FALSE),
  TEXT ("echo-number", echo_number, FALSE),
  TEXT ("voicemail-number", voicemail_number, FALSE),
  TEXT ("im-services", im_services, FALSE),
  TEXT ("fingerprint", fingerprint, FALSE),
  TEXT ("protocol", protocol, FALSE),
  TEXT ("options", options, FALSE),
  TEXT ("proxy", proxy, FALSE),
  TEXT ("status", status, FALSE),
  TEXT ("status-text", status_text, FALSE),
#undef TEXT
};

static char **
text_at (const OhAccountSettings *settings, guint i)
{
  return (char **)((char *)settings + texts[i].offset);
}

OhAccountSettings *
oh_account_settings_new (void)
{
  return g_new0 (OhAccountSettings, 1);
}

OhAccountSettings *
oh_account_settings_copy (const OhAccountSettings *settings)
{
  OhAccountSettings *copy = oh_account_settings_new ();

  copy->id = g_strdup (settings->id);
  for (guint i = 0; i < G_N_ELEMENTS (texts); i++)
    *text_at (copy, i) = g_strdup (*text_at (settings, i));
  copy->embedded = settings->embedded;
  copy->no_talk = settings->no_talk;
  return copy;
}

void
oh_account_settings_free (OhAccountSettings *settings)
{
  if (!settings)
    return;
  g_free (settings->id);
  for (guint i = 0; i < G_N_ELEMENTS (texts); i++)
    g_free (*text_at (settings, i));
  g_free (settings);
}

char *
oh_account_settings_dup_proxy_id (const OhAccountSettings *settings)
{
  return g_strconcat (settings->id, "-proxy", NULL);
}

static OhAccountSettings *
load_group (GKeyFile *file, const char *group)
{
  g_autoptr (OhAccountSettings) settings = oh_account_settings_new ();

  settings->id = g_strdup (group + strlen (GROUP_PREFIX));
  for (guint i = 0; i < G_N_ELEMENTS (texts); i++)
    {
      char *text = g_key_file_get_string (file, group, texts[i].key, NULL);

      *text_at (settings, i) = text;
      if (texts[i].mandatory && (!text || !*text))
        {
          g_warning ("account '%s' is left out: it has no '%s'", settings->id, texts[i].key);
          return NULL;
        }
    }
  settings->embedded = g_key_file_get_boolean (file, group, "embedded", NULL);
  settings->no_talk = g_key_file_get_boolean (file, group, "no-answer-by-message", NULL);
  return g_steal_pointer (&settings);
}

GPtrArray *
oh_account_settings_load_all (const char *path, GError **error)
{
  g_autoptr (GPtrArray) all = g_ptr_array_new_with_free_func (
      (GDestroyNotify)oh_account_settings_free);
  g_autoptr (GKeyFile) file = g_key_file_new ();
  g_autoptr (GError) local = NULL;
  g_auto (GStrv) groups = NULL;

  if (!g_key_file_load_from_file (file, path, G_KEY_FILE_NONE, &local))
    {
      if (g_error_matches (local, G_FILE_ERROR, G_FILE_ERROR_NOENT))
        return g_steal_pointer (&all);
      g_propagate_error (error, g_steal_pointer (&local));
      return NULL;
    }
  groups = g_key_file_get_groups (file, NULL);
  for (guint i = 0; groups[i]; i++)
    {
      OhAccountSettings *settings;

      if (!g_str_has_prefix (groups[i], GROUP_PREFIX) || !groups[i][strlen (GROUP_PREFIX)])
        continue;
      settings = load_group (file, groups[i]);
      if (settings)
        g_ptr_array_add (all, settings);
    }
  return g_steal_pointer (&all);
}

gboolean
oh_account_settings_save_all (GPtrArray *all, const char *path, GError **error)
{
  g_autoptr (GKeyFile) file = g_key_file_new ();
  g_autofree char *data = NULL;
  gsize length;

  for (guint i = 0; i < all->len; i++)
    {
      const OhAccountSettings *settings = all->pdata[i];
      g_autofree char *group = g_strconcat (GROUP_PREFIX, settings->id, NULL);

      for (guint t = 0; t < G_N_ELEMENTS (texts); t++)
        if (*text_at (settings, t))
          g_key_file_set_string (file, group, texts[t].key, *text_at (settings, t));
      g_key_file_set_boolean (file, group, "embedded", settings->embedded);
      if (settings->no_talk)
        g_key_file_set_boolean (file, group, "no-answer-by-message", TRUE);
    }
  data = g_key_file_to_data (file, &length, NULL);
  return g_file_set_contents_full (path, data, length, G_FILE_SET_CONTENTS_CONSISTENT, 0600, error);
}
