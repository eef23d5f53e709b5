/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "oh-im-engine"

#include "im/engine/oh-engine-rooms.h"

#include <string.h>

/* What a protocol wants to know of a room that shall be joined: a list of fields, each with a name of its own
 * and a value that is text. */

typedef struct proto_chat_entry Entry;

static PurplePluginProtocolInfo *
get_info (PurpleConnection *connection)
{
  return PURPLE_PLUGIN_PROTOCOL_INFO (purple_connection_get_prpl (connection));
}

/* Of Entry; the strings in them are the plug-in's. Free with g_list_free_full (.., g_free). */
static GList *
list_entries (PurpleConnection *connection, GError **error)
{
  PurplePluginProtocolInfo *info = get_info (connection);

  if (info->chat_info && info->join_chat)
    return info->chat_info (connection);
  g_set_error (error, OH_ERROR, OH_ERROR_UNSUPPORTED, "the protocol has no rooms");
  return NULL;
}

/* "_Room:" is a button's label. Transfer full. */
static char *
dup_label (const Entry *entry)
{
  g_autofree char *clean = oh_im_clean_line (entry->label, OH_IM_MAX_NAME);
  g_auto (GStrv) parts = g_strsplit (clean, "_", 2);
  char *label = g_strjoinv ("", parts);

  if (g_str_has_suffix (label, ":"))
    label[strlen (label) - 1] = '\0';
  return label;
}

static void
describe_integer (GVariantBuilder *dict, const Entry *entry, const char *value)
{
  gint64 number = 0;

  g_variant_builder_add (dict, "{sv}", "type", g_variant_new_string ("integer"));
  g_variant_builder_add (dict, "{sv}", "min", g_variant_new_int32 (entry->min));
  g_variant_builder_add (dict, "{sv}", "max", g_variant_new_int32 (entry->max));
  if (value && g_ascii_string_to_signed (value, 10, G_MININT32, G_MAXINT32, &number, NULL))
    g_variant_builder_add (dict, "{sv}", "default", g_variant_new_int32 ((gint32)number));
}

static GVariant *
describe (const Entry *entry, const char *value)
{
  g_autofree char *label = dup_label (entry);
  GVariantBuilder dict;

  g_variant_builder_init (&dict, G_VARIANT_TYPE_VARDICT);
  oh_im_dict_add (&dict, "name", entry->identifier, OH_IM_MAX_NAME);
  oh_im_dict_add (&dict, "label", label, OH_IM_MAX_NAME);
  g_variant_builder_add (&dict, "{sv}", "required", g_variant_new_boolean (entry->required));
  g_variant_builder_add (&dict, "{sv}", "masked", g_variant_new_boolean (entry->secret));
  if (entry->is_int)
    describe_integer (&dict, entry, value);
  else
    {
      g_variant_builder_add (&dict, "{sv}", "type", g_variant_new_string ("string"));
      oh_im_dict_add (&dict, "default", value, OH_IM_MAX_NAME);
    }
  return g_variant_builder_end (&dict);
}

GVariant *
oh_engine_describe_room_form (const char *id, const char *name, GError **error)
{
  PurpleAccount *account = oh_engine_find_online (id, error);
  PurpleConnection *connection = account ? purple_account_get_connection (account) : NULL;
  GList *entries = connection ? list_entries (connection, error) : NULL;
  g_autofree char *room = oh_im_clean_line (name, OH_IM_MAX_NAME);
  GHashTable *values = NULL;
  GVariantBuilder list;
  guint count = 0;

  if (!entries)
    return NULL;
  if (get_info (connection)->chat_info_defaults)
    values = get_info (connection)->chat_info_defaults (connection, *room ? room : NULL);
  g_variant_builder_init (&list, G_VARIANT_TYPE ("aa{sv}"));
  for (GList *l = entries; l && count < OH_IM_MAX_FIELDS; l = l->next, count++)
    {
      Entry *entry = l->data;

      g_variant_builder_add_value (
          &list, describe (entry, values ? g_hash_table_lookup (values, entry->identifier) : NULL));
    }
  g_list_free_full (entries, g_free);
  if (values)
    g_hash_table_destroy (values);
  return g_variant_builder_end (&list);
}

/* --- what the parent filled in --- */

static gboolean
check_value (const Entry *entry, const char *value, GError **error)
{
  gint64 number;

  if (!*value && !entry->required)
    return TRUE;
  if (!*value)
    g_set_error (error, OH_ERROR, OH_ERROR_INVALID, "it needs a value: %s", entry->identifier);
  else if (!oh_im_name_is_good (value))
    g_set_error (error, OH_ERROR, OH_ERROR_INVALID, "not a value: %s", entry->identifier);
  else if (entry->is_int
           && !g_ascii_string_to_signed (value, 10, entry->min,
                                         entry->max > entry->min ? entry->max : G_MAXINT32, &number,
                                         NULL))
    g_set_error (error, OH_ERROR, OH_ERROR_INVALID, "not a number that it may be: %s",
                 entry->identifier);
  else
    return TRUE;
  return FALSE;
}

GHashTable *
oh_engine_room_form_read (PurpleConnection *connection, GVariant *fields, GError **error)
{
  GList *entries = list_entries (connection, error);
  g_autoptr (GHashTable) values = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free);
  gboolean good = entries != NULL;

  for (GList *l = entries; l && good; l = l->next)
    {
      Entry *entry = l->data;
      const char *value = "";

      g_variant_lookup (fields, entry->identifier, "&s", &value);
      good = check_value (entry, value, error);
      if (good && *value)
        g_hash_table_insert (values, g_strdup (entry->identifier), g_strdup (value));
    }
  g_list_free_full (entries, g_free);
  return good ? g_steal_pointer (&values) : NULL;
}

char *
oh_engine_room_form_name (PurpleConnection *connection, GHashTable *components)
{
  PurplePluginProtocolInfo *info = get_info (connection);
  g_autofree char *name = info->get_chat_name ? info->get_chat_name (components) : NULL;

  return name && *name ? oh_engine_normalize (purple_connection_get_account (connection), name)
                       : g_strdup ("");
}
