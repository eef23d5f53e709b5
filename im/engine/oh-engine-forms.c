/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "oh-im-engine"

#include "im/engine/oh-engine-private.h"

static GVariant *
list_labels (GList *labels)
{
  GVariantBuilder choices;
  guint count = 0;

  g_variant_builder_init (&choices, G_VARIANT_TYPE_STRING_ARRAY);
  for (GList *l = labels; l && count < OH_IM_MAX_CHOICES; l = l->next, count++)
    {
      g_autofree char *label = oh_im_clean_line (l->data, OH_IM_MAX_NAME);

      g_variant_builder_add (&choices, "s", label);
    }
  return g_variant_builder_end (&choices);
}

static void
describe_string (GVariantBuilder *dict, PurpleRequestField *field)
{
  g_variant_builder_add (dict, "{sv}", "type", g_variant_new_string ("string"));
  g_variant_builder_add (dict, "{sv}", "masked",
                         g_variant_new_boolean (purple_request_field_string_is_masked (field)));
  g_variant_builder_add (dict, "{sv}", "multiline",
                         g_variant_new_boolean (purple_request_field_string_is_multiline (field)));
  oh_im_dict_add (dict, "default", purple_request_field_string_get_default_value (field),
                  OH_IM_MAX_TEXT);
}

static void
describe_value (GVariantBuilder *dict, PurpleRequestField *field)
{
  switch (purple_request_field_get_type (field))
    {
    case PURPLE_REQUEST_FIELD_STRING:
      describe_string (dict, field);
      break;
    case PURPLE_REQUEST_FIELD_INTEGER:
      g_variant_builder_add (dict, "{sv}", "type", g_variant_new_string ("integer"));
      g_variant_builder_add (
          dict, "{sv}", "default",
          g_variant_new_int32 (purple_request_field_int_get_default_value (field)));
      break;
    case PURPLE_REQUEST_FIELD_BOOLEAN:
      g_variant_builder_add (dict, "{sv}", "type", g_variant_new_string ("boolean"));
      g_variant_builder_add (
          dict, "{sv}", "default",
          g_variant_new_boolean (purple_request_field_bool_get_default_value (field)));
      break;
    case PURPLE_REQUEST_FIELD_CHOICE:
      g_variant_builder_add (dict, "{sv}", "type", g_variant_new_string ("choice"));
      g_variant_builder_add (dict, "{sv}", "choices",
                             list_labels (purple_request_field_choice_get_labels (field)));
      g_variant_builder_add (
          dict, "{sv}", "default",
          g_variant_new_int32 (purple_request_field_choice_get_default_value (field)));
      break;
    case PURPLE_REQUEST_FIELD_LIST:
      g_variant_builder_add (dict, "{sv}", "type", g_variant_new_string ("list"));
      g_variant_builder_add (dict, "{sv}", "choices",
                             list_labels (purple_request_field_list_get_items (field)));
      break;
    default:
      g_variant_builder_add (dict, "{sv}", "type", g_variant_new_string ("label"));
    }
}

static GVariant *
describe_field (PurpleRequestField *field)
{
  GVariantBuilder dict;

  g_variant_builder_init (&dict, G_VARIANT_TYPE_VARDICT);
  oh_im_dict_add (&dict, "name", purple_request_field_get_id (field), OH_IM_MAX_NAME);
  oh_im_dict_add (&dict, "label", purple_request_field_get_label (field), OH_IM_MAX_STATUS);
  g_variant_builder_add (&dict, "{sv}", "required",
                         g_variant_new_boolean (purple_request_field_is_required (field)));
  describe_value (&dict, field);
  return g_variant_builder_end (&dict);
}

GVariant *
oh_engine_form_describe (PurpleRequestFields *fields)
{
  GVariantBuilder list;
  guint count = 0;

  g_variant_builder_init (&list, G_VARIANT_TYPE ("aa{sv}"));
  for (GList *g = purple_request_fields_get_groups (fields); g; g = g->next)
    for (GList *f = purple_request_field_group_get_fields (g->data); f && count < OH_IM_MAX_FIELDS;
         f = f->next)
      if (purple_request_field_is_visible (f->data))
        {
          g_variant_builder_add_value (&list, describe_field (f->data));
          count++;
        }
  return g_variant_builder_end (&list);
}

static void
fill_list (PurpleRequestField *field, GVariant *value)
{
  g_autofree const char **items = g_variant_get_strv (value, NULL);

  purple_request_field_list_clear_selected (field);
  for (guint i = 0; items[i]; i++)
    if (purple_request_field_list_get_data (field, items[i]))
      purple_request_field_list_add_selected (field, items[i]);
}

/* A value of another type than the field's is left out: the field keeps its default. */
static void
fill_field (PurpleRequestField *field, GVariant *value)
{
  PurpleRequestFieldType type = purple_request_field_get_type (field);

  if (type == PURPLE_REQUEST_FIELD_STRING && g_variant_is_of_type (value, G_VARIANT_TYPE_STRING))
    purple_request_field_string_set_value (field, g_variant_get_string (value, NULL));
  else if (type == PURPLE_REQUEST_FIELD_BOOLEAN
           && g_variant_is_of_type (value, G_VARIANT_TYPE_BOOLEAN))
    purple_request_field_bool_set_value (field, g_variant_get_boolean (value));
  else if (type == PURPLE_REQUEST_FIELD_INTEGER
           && g_variant_is_of_type (value, G_VARIANT_TYPE_INT32))
    purple_request_field_int_set_value (field, g_variant_get_int32 (value));
  else if (type == PURPLE_REQUEST_FIELD_CHOICE && g_variant_is_of_type (value, G_VARIANT_TYPE_INT32)
           && g_variant_get_int32 (value) >= 0
           && (guint)g_variant_get_int32 (value)
                  < g_list_length (purple_request_field_choice_get_labels (field)))
    purple_request_field_choice_set_value (field, g_variant_get_int32 (value));
  else if (type == PURPLE_REQUEST_FIELD_LIST
           && g_variant_is_of_type (value, G_VARIANT_TYPE_STRING_ARRAY))
    fill_list (field, value);
}

void
oh_engine_form_fill (PurpleRequestFields *fields, GVariant *values)
{
  GVariantIter iter;
  const char *name;
  GVariant *value;

  g_variant_iter_init (&iter, values);
  while (g_variant_iter_loop (&iter, "{&sv}", &name, &value))
    if (purple_request_fields_exists (fields, name))
      fill_field (purple_request_fields_get_field (fields, name), value);
}
