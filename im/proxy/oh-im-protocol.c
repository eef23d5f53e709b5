/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "oh-im"

#include "im/proxy/oh-im-protocol.h"

#include "im/engine/oh-im-wire.h"
#include "im/proxy/oh-im-private.h"

static void
name_part_free (gpointer data)
{
  OhImNamePart *part = data;

  g_free (part->label);
  g_free (part->value);
  g_free (part);
}

void
oh_im_option_free (OhImOption *option)
{
  g_free (option->name);
  g_free (option->label);
  g_clear_pointer (&option->value, g_variant_unref);
  g_strfreev (option->choices);
  g_strfreev (option->choice_labels);
  g_free (option);
}

static void
protocol_clear (gpointer data)
{
  OhImProtocol *protocol = data;

  g_free (protocol->id);
  g_free (protocol->name);
  g_ptr_array_unref (protocol->parts);
  g_ptr_array_unref (protocol->options);
}

OhImProtocol *
oh_im_protocol_ref (OhImProtocol *protocol)
{
  return g_atomic_rc_box_acquire (protocol);
}

void
oh_im_protocol_unref (OhImProtocol *protocol)
{
  g_atomic_rc_box_release_full (protocol, protocol_clear);
}

char *
oh_im_protocol_join_name (OhImProtocol *protocol, const char *first, const char *const *others)
{
  GString *name = g_string_new (first);

  for (guint i = 0; i < protocol->parts->len; i++)
    {
      OhImNamePart *part = protocol->parts->pdata[i];
      const char *typed = others ? others[i] : NULL;
      const char *value = typed && *typed ? typed : part->value;

      if (!typed)
        others = NULL; /* the list has ended */
      if (*value)
        g_string_append_printf (name, "%c%s", part->separator, value);
    }
  return g_string_free (name, FALSE);
}

/* --- from the wire --- */

static OhImOptionType
parse_type (const char *word)
{
  return g_str_equal (word, "boolean")   ? OH_IM_OPTION_BOOLEAN
         : g_str_equal (word, "integer") ? OH_IM_OPTION_INTEGER
         : g_str_equal (word, "choice")  ? OH_IM_OPTION_CHOICE
                                         : OH_IM_OPTION_STRING;
}

static const GVariantType *
type_of_value (OhImOptionType type)
{
  return type == OH_IM_OPTION_BOOLEAN   ? G_VARIANT_TYPE_BOOLEAN
         : type == OH_IM_OPTION_INTEGER ? G_VARIANT_TYPE_INT32
                                        : G_VARIANT_TYPE_STRING;
}

static void
parse_choices (OhImOption *option, GVariant *dict)
{
  g_autoptr (GVariant) list = g_variant_lookup_value (dict, "choices", G_VARIANT_TYPE ("a(ss)"));
  g_autoptr (GStrvBuilder) values = g_strv_builder_new ();
  g_autoptr (GStrvBuilder) labels = g_strv_builder_new ();
  gsize count = list ? MIN (g_variant_n_children (list), OH_IM_MAX_CHOICES) : 0;

  for (gsize i = 0; i < count; i++)
    {
      const char *value, *label;

      g_variant_get_child (list, i, "(&s&s)", &value, &label);
      g_strv_builder_add (values, value);
      g_strv_builder_add (labels, label);
    }
  option->choices = g_strv_builder_end (values);
  option->choice_labels = g_strv_builder_end (labels);
}

OhImOption *
oh_im_parse_option (GVariant *dict)
{
  OhImOption *option;
  g_autofree char *name = oh_im_parse_line (dict, "name");
  g_autofree char *type = oh_im_parse_line (dict, "type");

  if (!*name)
    return NULL;
  option = g_new0 (OhImOption, 1);
  option->type = parse_type (type);
  option->name = g_steal_pointer (&name);
  option->label = oh_im_parse_line (dict, "label");
  option->value = g_variant_lookup_value (dict, "default", type_of_value (option->type));
  g_variant_lookup (dict, "masked", "b", &option->masked);
  g_variant_lookup (dict, "required", "b", &option->required);
  g_variant_lookup (dict, "min", "i", &option->min);
  g_variant_lookup (dict, "max", "i", &option->max);
  if (option->type == OH_IM_OPTION_CHOICE)
    parse_choices (option, dict);
  return option;
}

GPtrArray *
oh_im_parse_options (GVariant *list)
{
  gsize count = list ? MIN (g_variant_n_children (list), OH_IM_MAX_FIELDS) : 0;
  GPtrArray *options = g_ptr_array_new_with_free_func ((GDestroyNotify)oh_im_option_free);

  for (gsize i = 0; i < count; i++)
    {
      g_autoptr (GVariant) child = g_variant_get_child_value (list, i);
      OhImOption *option = oh_im_parse_option (child);

      if (option)
        g_ptr_array_add (options, option);
    }
  return options;
}

static GPtrArray *
parse_parts (GVariant *dict)
{
  g_autoptr (GVariant) list = g_variant_lookup_value (dict, "splits", G_VARIANT_TYPE ("a(sss)"));
  gsize count = list ? MIN (g_variant_n_children (list), OH_IM_MAX_FIELDS) : 0;
  GPtrArray *parts = g_ptr_array_new_with_free_func (name_part_free);

  for (gsize i = 0; i < count; i++)
    {
      OhImNamePart *part = g_new0 (OhImNamePart, 1);
      const char *label, *value, *separator;

      g_variant_get_child (list, i, "(&s&s&s)", &label, &value, &separator);
      part->label = g_strdup (label);
      part->value = g_strdup (value);
      part->separator = *separator ? *separator : '@';
      g_ptr_array_add (parts, part);
    }
  return parts;
}

OhImProtocol *
oh_im_parse_protocol (GVariant *dict)
{
  OhImProtocol *protocol;
  g_autofree char *id = oh_im_parse_line (dict, "id");
  g_autofree char *password = oh_im_parse_line (dict, "password");
  g_autoptr (GVariant) options = g_variant_lookup_value (dict, "options",
                                                         G_VARIANT_TYPE ("aa{sv}"));

  if (!*id)
    return NULL;
  protocol = g_atomic_rc_box_new0 (OhImProtocol);
  protocol->id = g_steal_pointer (&id);
  protocol->name = oh_im_parse_line (dict, "name");
  protocol->password = g_str_equal (password, "none")       ? OH_IM_PASSWORD_NONE
                       : g_str_equal (password, "optional") ? OH_IM_PASSWORD_OPTIONAL
                                                            : OH_IM_PASSWORD_NEEDED;
  g_variant_lookup (dict, "typing", "b", &protocol->typing);
  protocol->parts = parse_parts (dict);
  protocol->options = oh_im_parse_options (options);
  return protocol;
}
