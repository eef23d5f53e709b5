/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "oh-client"

#include "client/contact/oh-contact.h"

struct _OhContact
{
  GObject parent;
  OhAccount *account; /* weak: it owns its contacts */
  char *address;
  char *name;
  char *group;
  char *message;
  OhPresence presence;
  gint64 idle_since;
  gboolean blocked;
};

enum
{
  PROP_ACCOUNT = 1,
  PROP_ADDRESS,
  PROP_NAME,
  PROP_GROUP,
  PROP_PRESENCE,
  PROP_MESSAGE,
  PROP_IDLE_SINCE,
  PROP_BLOCKED,
  N_PROPS
};
static GParamSpec *properties[N_PROPS];

G_DEFINE_FINAL_TYPE (OhContact, oh_contact, G_TYPE_OBJECT)

static void
get_property (GObject *object, guint id, GValue *value, GParamSpec *pspec)
{
  OhContact *contact = OH_CONTACT (object);

  switch (id)
    {
    case PROP_ACCOUNT:
      g_value_set_object (value, contact->account);
      break;
    case PROP_ADDRESS:
      g_value_set_string (value, contact->address);
      break;
    case PROP_NAME:
      g_value_set_string (value, oh_contact_get_name (contact));
      break;
    case PROP_GROUP:
      g_value_set_string (value, contact->group);
      break;
    case PROP_PRESENCE:
      g_value_set_int (value, contact->presence);
      break;
    case PROP_MESSAGE:
      g_value_set_string (value, contact->message);
      break;
    case PROP_IDLE_SINCE:
      g_value_set_int64 (value, contact->idle_since);
      break;
    default:
      g_value_set_boolean (value, contact->blocked);
      break;
    }
}

static void
dispose (GObject *object)
{
  g_clear_weak_pointer (&OH_CONTACT (object)->account);
  G_OBJECT_CLASS (oh_contact_parent_class)->dispose (object);
}

static void
finalize (GObject *object)
{
  OhContact *contact = OH_CONTACT (object);

  g_free (contact->address);
  g_free (contact->name);
  g_free (contact->group);
  g_free (contact->message);
  G_OBJECT_CLASS (oh_contact_parent_class)->finalize (object);
}

static void
oh_contact_class_init (OhContactClass *klass)
{
  const GParamFlags flags = G_PARAM_READABLE | G_PARAM_STATIC_STRINGS | G_PARAM_EXPLICIT_NOTIFY;
  GObjectClass *object_class = G_OBJECT_CLASS (klass);

  object_class->get_property = get_property;
  object_class->dispose = dispose;
  object_class->finalize = finalize;
  properties[PROP_ACCOUNT] = g_param_spec_object ("account", NULL, NULL, OH_TYPE_ACCOUNT, flags);
  properties[PROP_ADDRESS] = g_param_spec_string ("address", NULL, NULL, NULL, flags);
  properties[PROP_NAME] = g_param_spec_string ("name", NULL, NULL, NULL, flags);
  properties[PROP_GROUP] = g_param_spec_string ("group", NULL, NULL, "", flags);
  properties[PROP_PRESENCE] = g_param_spec_int ("presence", NULL, NULL, 0, OH_PRESENCE_MOBILE, 0,
                                                flags);
  properties[PROP_MESSAGE] = g_param_spec_string ("message", NULL, NULL, "", flags);
  properties[PROP_IDLE_SINCE] = g_param_spec_int64 ("idle-since", NULL, NULL, 0, G_MAXINT64, 0,
                                                    flags);
  properties[PROP_BLOCKED] = g_param_spec_boolean ("blocked", NULL, NULL, FALSE, flags);
  g_object_class_install_properties (object_class, N_PROPS, properties);
}

static void
oh_contact_init (OhContact *contact)
{
  contact->name = g_strdup ("");
  contact->group = g_strdup ("");
  contact->message = g_strdup ("");
}

OhContact *
oh_contact_new (OhAccount *account, const char *address, const OhContactFacts *facts)
{
  OhContact *contact = g_object_new (OH_TYPE_CONTACT, NULL);

  g_return_val_if_fail (address && *address, contact);
  g_set_weak_pointer (&contact->account, account);
  contact->address = g_strdup (address);
  oh_contact_update (contact, facts);
  return contact;
}

static void
update_text (OhContact *contact, char **place, const char *text, guint property)
{
  if (g_strcmp0 (*place, text ? text : "") == 0)
    return;
  g_free (*place);
  *place = g_strdup (text ? text : "");
  g_object_notify_by_pspec (G_OBJECT (contact), properties[property]);
}

void
oh_contact_update (OhContact *contact, const OhContactFacts *facts)
{
  GObject *object = G_OBJECT (contact);

  g_return_if_fail (OH_IS_CONTACT (contact));
  g_object_freeze_notify (object);
  update_text (contact, &contact->name, facts->name, PROP_NAME);
  update_text (contact, &contact->group, facts->group, PROP_GROUP);
  update_text (contact, &contact->message, facts->message, PROP_MESSAGE);
  if (contact->presence != facts->presence)
    g_object_notify_by_pspec (object, properties[PROP_PRESENCE]);
  if (contact->idle_since != facts->idle_since)
    g_object_notify_by_pspec (object, properties[PROP_IDLE_SINCE]);
  if (contact->blocked != !!facts->blocked)
    g_object_notify_by_pspec (object, properties[PROP_BLOCKED]);
  contact->presence = facts->presence;
  contact->idle_since = facts->idle_since;
  contact->blocked = !!facts->blocked;
  g_object_thaw_notify (object);
}

OhAccount *
oh_contact_get_account (OhContact *contact)
{
  g_return_val_if_fail (OH_IS_CONTACT (contact), NULL);
  return contact->account;
}

const char *
oh_contact_get_address (OhContact *contact)
{
  g_return_val_if_fail (OH_IS_CONTACT (contact), NULL);
  return contact->address;
}

const char *
oh_contact_get_name (OhContact *contact)
{
  g_return_val_if_fail (OH_IS_CONTACT (contact), NULL);
  return *contact->name ? contact->name : contact->address;
}

const char *
oh_contact_get_group (OhContact *contact)
{
  g_return_val_if_fail (OH_IS_CONTACT (contact), NULL);
  return contact->group;
}

OhPresence
oh_contact_get_presence (OhContact *contact)
{
  g_return_val_if_fail (OH_IS_CONTACT (contact), OH_PRESENCE_UNKNOWN);
  return contact->presence;
}

const char *
oh_contact_get_message (OhContact *contact)
{
  g_return_val_if_fail (OH_IS_CONTACT (contact), NULL);
  return contact->message;
}

gint64
oh_contact_get_idle_since (OhContact *contact)
{
  g_return_val_if_fail (OH_IS_CONTACT (contact), 0);
  return contact->idle_since;
}

gboolean
oh_contact_is_blocked (OhContact *contact)
{
  g_return_val_if_fail (OH_IS_CONTACT (contact), FALSE);
  return contact->blocked;
}
