/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "oh-client"

#include "client/account/oh-protocol.h"

#include <string.h>

struct _OhProtocol
{
  GObject parent;
  char *provider;
  char *id;
  char *name;
  OhPasswordNeed password;
  GPtrArray *parts;
  GPtrArray *fields;
};

enum
{
  PROP_ID = 1,
  PROP_NAME
};

G_DEFINE_FINAL_TYPE (OhProtocol, oh_protocol, G_TYPE_OBJECT)

static void
get_property (GObject *object, guint id, GValue *value, GParamSpec *pspec)
{
  OhProtocol *protocol = OH_PROTOCOL (object);

  g_value_set_string (value, id == PROP_ID ? protocol->id : protocol->name);
}

static void
finalize (GObject *object)
{
  OhProtocol *protocol = OH_PROTOCOL (object);

  g_free (protocol->provider);
  g_free (protocol->id);
  g_free (protocol->name);
  g_clear_pointer (&protocol->parts, g_ptr_array_unref);
  g_clear_pointer (&protocol->fields, g_ptr_array_unref);
  G_OBJECT_CLASS (oh_protocol_parent_class)->finalize (object);
}

static void
oh_protocol_class_init (OhProtocolClass *klass)
{
  const GParamFlags flags = G_PARAM_READABLE | G_PARAM_STATIC_STRINGS;
  GObjectClass *object_class = G_OBJECT_CLASS (klass);

  object_class->get_property = get_property;
  object_class->finalize = finalize;
  g_object_class_install_property (object_class, PROP_ID,
                                   g_param_spec_string ("id", NULL, NULL, NULL, flags));
  g_object_class_install_property (object_class, PROP_NAME,
                                   g_param_spec_string ("name", NULL, NULL, NULL, flags));
}

static void
oh_protocol_init (OhProtocol *protocol)
{
}

OhProtocol *
oh_protocol_new (const char *provider,
                 const char *id,
                 const char *name,
                 OhPasswordNeed password,
                 GPtrArray *parts,
                 GPtrArray *fields)
{
  OhProtocol *protocol = g_object_new (OH_TYPE_PROTOCOL, NULL);

  protocol->provider = g_strdup (provider);
  protocol->id = g_strdup (id);
  protocol->name = g_strdup (name);
  protocol->password = password;
  protocol->parts = parts;
  protocol->fields = fields;
  return protocol;
}

const char *
oh_protocol_get_id (OhProtocol *protocol)
{
  g_return_val_if_fail (OH_IS_PROTOCOL (protocol), NULL);
  return protocol->id;
}

const char *
oh_protocol_get_name (OhProtocol *protocol)
{
  g_return_val_if_fail (OH_IS_PROTOCOL (protocol), NULL);
  return protocol->name;
}

const char *
oh_protocol_get_provider (OhProtocol *protocol)
{
  g_return_val_if_fail (OH_IS_PROTOCOL (protocol), NULL);
  return protocol->provider;
}

OhPasswordNeed
oh_protocol_get_password_need (OhProtocol *protocol)
{
  g_return_val_if_fail (OH_IS_PROTOCOL (protocol), OH_PASSWORD_NONE);
  return protocol->password;
}

GPtrArray *
oh_protocol_get_parts (OhProtocol *protocol)
{
  g_return_val_if_fail (OH_IS_PROTOCOL (protocol), NULL);
  return protocol->parts;
}

GPtrArray *
oh_protocol_get_fields (OhProtocol *protocol)
{
  g_return_val_if_fail (OH_IS_PROTOCOL (protocol), NULL);
  return protocol->fields;
}

char *
oh_protocol_join_name (OhProtocol *protocol, const char *first, const char *const *others)
{
  g_autoptr (GString) name = NULL;

  g_return_val_if_fail (OH_IS_PROTOCOL (protocol) && first, NULL);
  name = g_string_new (first);
  for (guint i = 0; i < protocol->parts->len; i++)
    {
      const OhNamePart *part = protocol->parts->pdata[i];
      const char *given = others && *others ? *others++ : NULL;

      if (strchr (first, part->separator))
        continue;
      if (!given || !*given)
        given = part->value;
      if (given && *given)
        g_string_append_printf (name, "%c%s", part->separator, given);
    }
  return g_string_free (g_steal_pointer (&name), FALSE);
}

OhField *
oh_field_new (const char *name, const char *label, OhFieldKind kind, GVariant *value)
{
  OhField *field = g_new0 (OhField, 1);

  field->name = g_strdup (name);
  field->label = g_strdup (label);
  field->kind = kind;
  field->value = value ? g_variant_ref_sink (value) : NULL;
  return field;
}

static gboolean
begins_with (const OhField *field, const GVariantType *type)
{
  return field->value && g_variant_is_of_type (field->value, type);
}

const char *
oh_field_get_text (const OhField *field)
{
  return begins_with (field, G_VARIANT_TYPE_STRING) ? g_variant_get_string (field->value, NULL)
                                                    : "";
}

int
oh_field_get_number (const OhField *field)
{
  return begins_with (field, G_VARIANT_TYPE_INT32) ? g_variant_get_int32 (field->value) : 0;
}

gboolean
oh_field_get_flag (const OhField *field)
{
  return begins_with (field, G_VARIANT_TYPE_BOOLEAN) && g_variant_get_boolean (field->value);
}

guint
oh_field_get_choice (const OhField *field)
{
  for (guint i = 0; field->choices && field->choices[i]; i++)
    if (g_str_equal (field->choices[i], oh_field_get_text (field)))
      return i;
  return 0;
}

void
oh_field_free (OhField *field)
{
  g_free (field->name);
  g_free (field->label);
  g_clear_pointer (&field->value, g_variant_unref);
  g_strfreev (field->choices);
  g_strfreev (field->choice_labels);
  g_free (field);
}

GPtrArray *
oh_field_list_new (void)
{
  return g_ptr_array_new_with_free_func ((GDestroyNotify)oh_field_free);
}

void
oh_name_part_free (OhNamePart *part)
{
  g_free (part->label);
  g_free (part->value);
  g_free (part);
}
