/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "oh-im-engine"

#include "im/engine/oh-engine-private.h"

static void
describe_choices (GVariantBuilder *dict, PurpleAccountOption *option)
{
  GVariantBuilder choices;
  guint count = 0;

  g_variant_builder_init (&choices, G_VARIANT_TYPE ("a(ss)"));
  for (GList *l = purple_account_option_get_list (option); l && count < OH_IM_MAX_CHOICES;
       l = l->next, count++)
    {
      PurpleKeyValuePair *pair = l->data;
      g_autofree char *value = oh_im_clean_line (pair->value, OH_IM_MAX_NAME);
      g_autofree char *label = oh_im_clean_line (pair->key, OH_IM_MAX_NAME);

      g_variant_builder_add (&choices, "(ss)", value, label);
    }
  g_variant_builder_add (dict, "{sv}", "choices", g_variant_builder_end (&choices));
  oh_im_dict_add (dict, "default", purple_account_option_get_default_list_value (option),
                  OH_IM_MAX_NAME);
}

static void
describe_default (GVariantBuilder *dict, PurpleAccountOption *option)
{
  switch (purple_account_option_get_type (option))
    {
    case PURPLE_PREF_BOOLEAN:
      g_variant_builder_add (dict, "{sv}", "type", g_variant_new_string ("boolean"));
      g_variant_builder_add (
          dict, "{sv}", "default",
          g_variant_new_boolean (purple_account_option_get_default_bool (option)));
      break;
    case PURPLE_PREF_INT:
      g_variant_builder_add (dict, "{sv}", "type", g_variant_new_string ("integer"));
      g_variant_builder_add (dict, "{sv}", "default",
                             g_variant_new_int32 (purple_account_option_get_default_int (option)));
      break;
    case PURPLE_PREF_STRING_LIST:
      g_variant_builder_add (dict, "{sv}", "type", g_variant_new_string ("choice"));
      describe_choices (dict, option);
      break;
    default:
      g_variant_builder_add (dict, "{sv}", "type", g_variant_new_string ("string"));
      g_variant_builder_add (dict, "{sv}", "masked",
                             g_variant_new_boolean (purple_account_option_get_masked (option)));
      oh_im_dict_add (dict, "default", purple_account_option_get_default_string (option),
                      OH_IM_MAX_NAME);
    }
}

static GVariant *
describe_options (PurplePluginProtocolInfo *info)
{
  GVariantBuilder options;
  guint count = 0;

  g_variant_builder_init (&options, G_VARIANT_TYPE ("aa{sv}"));
  for (GList *l = info->protocol_options; l && count < OH_IM_MAX_FIELDS; l = l->next, count++)
    {
      PurpleAccountOption *option = l->data;
      GVariantBuilder dict;

      g_variant_builder_init (&dict, G_VARIANT_TYPE_VARDICT);
      oh_im_dict_add (&dict, "name", purple_account_option_get_setting (option), OH_IM_MAX_NAME);
      oh_im_dict_add (&dict, "label", purple_account_option_get_text (option), OH_IM_MAX_NAME);
      describe_default (&dict, option);
      g_variant_builder_add_value (&options, g_variant_builder_end (&dict));
    }
  return g_variant_builder_end (&options);
}

/* The parts of a user name besides the first: label, default, what separates it. */
static GVariant *
describe_splits (PurplePluginProtocolInfo *info)
{
  GVariantBuilder splits;

  g_variant_builder_init (&splits, G_VARIANT_TYPE ("a(sss)"));
  for (GList *l = info->user_splits; l; l = l->next)
    {
      PurpleAccountUserSplit *split = l->data;
      char separator[2] = { purple_account_user_split_get_separator (split), '\0' };
      g_autofree char *label = oh_im_clean_line (purple_account_user_split_get_text (split),
                                                 OH_IM_MAX_NAME);
      g_autofree char *value = oh_im_clean_line (
          purple_account_user_split_get_default_value (split), OH_IM_MAX_NAME);

      g_variant_builder_add (&splits, "(sss)", label, value, separator);
    }
  return g_variant_builder_end (&splits);
}

static GVariant *
describe (PurplePlugin *plugin)
{
  PurplePluginProtocolInfo *info = PURPLE_PLUGIN_PROTOCOL_INFO (plugin);
  GVariantBuilder dict;
  const char *password = info->options & OPT_PROTO_NO_PASSWORD         ? "none"
                         : info->options & OPT_PROTO_PASSWORD_OPTIONAL ? "optional"
                                                                       : "needed";

  g_variant_builder_init (&dict, G_VARIANT_TYPE_VARDICT);
  oh_im_dict_add (&dict, "id", purple_plugin_get_id (plugin), OH_IM_MAX_NAME);
  oh_im_dict_add (&dict, "name", purple_plugin_get_name (plugin), OH_IM_MAX_NAME);
  oh_im_dict_add (&dict, "version", purple_plugin_get_version (plugin), OH_IM_MAX_NAME);
  g_variant_builder_add (&dict, "{sv}", "password", g_variant_new_string (password));
  g_variant_builder_add (&dict, "{sv}", "typing",
                         g_variant_new_boolean (info->send_typing != NULL));
  g_variant_builder_add (&dict, "{sv}", "splits", describe_splits (info));
  g_variant_builder_add (&dict, "{sv}", "options", describe_options (info));
  return g_variant_builder_end (&dict);
}

GVariant *
oh_engine_protocols_describe (void)
{
  GVariantBuilder protocols;
  guint count = 0;

  g_variant_builder_init (&protocols, G_VARIANT_TYPE ("aa{sv}"));
  for (GList *l = purple_plugins_get_protocols (); l && count < OH_IM_MAX_PROTOCOLS;
       l = l->next, count++)
    g_variant_builder_add_value (&protocols, describe (l->data));
  return g_variant_builder_end (&protocols);
}

PurpleAccountOption *
oh_engine_find_option (const char *protocol, const char *name)
{
  PurplePlugin *plugin = purple_find_prpl (protocol);

  for (GList *l = plugin ? PURPLE_PLUGIN_PROTOCOL_INFO (plugin)->protocol_options : NULL; l;
       l = l->next)
    if (g_strcmp0 (purple_account_option_get_setting (l->data), name) == 0)
      return l->data;
  return NULL;
}
