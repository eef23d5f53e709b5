/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "oh-ui"

#include "ui/contacts/oh-contact-group.h"

struct _OhContactGroup
{
  GObject parent;
  char *name;
  guint count, online;
};

enum
{
  PROP_NAME = 1,
  PROP_COUNT,
  PROP_ONLINE,
  N_PROPS
};
static GParamSpec *properties[N_PROPS];

G_DEFINE_FINAL_TYPE (OhContactGroup, oh_contact_group, G_TYPE_OBJECT)

static void
get_property (GObject *object, guint id, GValue *value, GParamSpec *pspec)
{
  OhContactGroup *group = OH_CONTACT_GROUP (object);

  if (id == PROP_NAME)
    g_value_set_string (value, group->name);
  else
    g_value_set_uint (value, id == PROP_COUNT ? group->count : group->online);
}

static void
finalize (GObject *object)
{
  g_free (OH_CONTACT_GROUP (object)->name);
  G_OBJECT_CLASS (oh_contact_group_parent_class)->finalize (object);
}

static void
oh_contact_group_class_init (OhContactGroupClass *klass)
{
  const GParamFlags flags = G_PARAM_READABLE | G_PARAM_STATIC_STRINGS;
  GObjectClass *object_class = G_OBJECT_CLASS (klass);

  object_class->get_property = get_property;
  object_class->finalize = finalize;
  properties[PROP_NAME] = g_param_spec_string ("name", NULL, NULL, "", flags);
  properties[PROP_COUNT] = g_param_spec_uint ("count", NULL, NULL, 0, G_MAXUINT, 0, flags);
  properties[PROP_ONLINE] = g_param_spec_uint ("online", NULL, NULL, 0, G_MAXUINT, 0, flags);
  g_object_class_install_properties (object_class, N_PROPS, properties);
}

static void
oh_contact_group_init (OhContactGroup *group)
{
}

OhContactGroup *
oh_contact_group_new (const char *name)
{
  OhContactGroup *group = g_object_new (OH_TYPE_CONTACT_GROUP, NULL);

  group->name = g_strdup (name);
  return group;
}

void
oh_contact_group_set_name (OhContactGroup *group, const char *name)
{
  if (g_str_equal (group->name, name))
    return;
  g_free (group->name);
  group->name = g_strdup (name);
  g_object_notify_by_pspec (G_OBJECT (group), properties[PROP_NAME]);
}

const char *
oh_contact_group_get_name (OhContactGroup *group)
{
  return group->name;
}

guint
oh_contact_group_get_count (OhContactGroup *group)
{
  return group->count;
}

guint
oh_contact_group_get_online (OhContactGroup *group)
{
  return group->online;
}

void
oh_contact_group_set_counts (OhContactGroup *group, guint count, guint online)
{
  gboolean new_count = count != group->count;
  gboolean new_online = online != group->online;

  group->count = count;
  group->online = online;
  if (new_count)
    g_object_notify_by_pspec (G_OBJECT (group), properties[PROP_COUNT]);
  if (new_online)
    g_object_notify_by_pspec (G_OBJECT (group), properties[PROP_ONLINE]);
}
