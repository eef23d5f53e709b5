/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "oh-client"

#include "client/account/oh-base-messenger.h"

typedef struct
{
  GListStore *contacts;  /* of OhContact */
  GHashTable *addresses; /* address -> OhContact, both lent by the list */
  GHashTable *known; /* set of those of an earlier session, of whom this one heard nothing yet */
  gboolean complete; /* the service has told of its whole list */
} OhBaseMessengerPrivate;

static void messenger_init (OhMessengerInterface *iface);

G_DEFINE_ABSTRACT_TYPE_WITH_CODE (OhBaseMessenger,
                                  oh_base_messenger,
                                  OH_TYPE_BASE_ACCOUNT,
                                  G_ADD_PRIVATE (OhBaseMessenger)
                                      G_IMPLEMENT_INTERFACE (OH_TYPE_MESSENGER, messenger_init))

#define PRIVATE(messenger)                                                                         \
  ((OhBaseMessengerPrivate *)oh_base_messenger_get_instance_private (OH_BASE_MESSENGER (messenger)))

static GListModel *
get_contacts (OhMessenger *messenger)
{
  return G_LIST_MODEL (PRIVATE (messenger)->contacts);
}

static OhContact *
find_contact (OhMessenger *messenger, const char *address)
{
  return address ? g_hash_table_lookup (PRIVATE (messenger)->addresses, address) : NULL;
}

static void
messenger_init (OhMessengerInterface *iface)
{
  iface->get_contacts = get_contacts;
  iface->find_contact = find_contact;
}

static void
finalize (GObject *object)
{
  OhBaseMessengerPrivate *priv = PRIVATE (object);

  g_hash_table_unref (priv->known);
  g_hash_table_unref (priv->addresses);
  g_object_unref (priv->contacts);
  G_OBJECT_CLASS (oh_base_messenger_parent_class)->finalize (object);
}

static void
oh_base_messenger_class_init (OhBaseMessengerClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = finalize;
}

static void
oh_base_messenger_init (OhBaseMessenger *messenger)
{
  OhBaseMessengerPrivate *priv = PRIVATE (messenger);

  priv->contacts = g_list_store_new (OH_TYPE_CONTACT);
  priv->addresses = g_hash_table_new (g_str_hash, g_str_equal);
  priv->known = g_hash_table_new (NULL, NULL);
}

/* At the end of the list; their addresses are not on it. */
static void
append (OhBaseMessenger *messenger, GPtrArray *contacts)
{
  OhBaseMessengerPrivate *priv = PRIVATE (messenger);

  if (!contacts->len)
    return;
  for (guint i = 0; i < contacts->len; i++)
    g_hash_table_insert (priv->addresses, (gpointer)oh_contact_get_address (contacts->pdata[i]),
                         contacts->pdata[i]);
  g_list_store_splice (priv->contacts, g_list_model_get_n_items (G_LIST_MODEL (priv->contacts)), 0,
                       contacts->pdata, contacts->len);
  oh_messenger_emit_list_changed (OH_MESSENGER (messenger));
}

/* The service tells of @contact, who stands on the list. */
static void
confirm (OhBaseMessenger *messenger, OhContact *contact, const OhContactFacts *facts)
{
  const char *name = facts->name && *facts->name ? facts->name : oh_contact_get_address (contact);
  gboolean renamed = !g_str_equal (name, oh_contact_get_name (contact))
                     || g_strcmp0 (facts->group ? facts->group : "", oh_contact_get_group (contact))
                            != 0;

  g_hash_table_remove (PRIVATE (messenger)->known, contact);
  oh_contact_update (contact, facts);
  if (renamed)
    oh_messenger_emit_list_changed (OH_MESSENGER (messenger));
}

static OhContactFacts
facts_of (OhContact *contact)
{
  return (OhContactFacts){ .name = oh_contact_get_name (contact),
                           .group = oh_contact_get_group (contact),
                           .presence = oh_contact_get_presence (contact),
                           .message = oh_contact_get_message (contact),
                           .idle_since = oh_contact_get_idle_since (contact),
                           .blocked = oh_contact_is_blocked (contact) };
}

void
oh_base_messenger_add_contacts (OhBaseMessenger *messenger, GPtrArray *contacts)
{
  g_autoptr (GPtrArray) fresh = g_ptr_array_new ();

  for (guint i = 0; i < contacts->len; i++)
    {
      const char *address = oh_contact_get_address (contacts->pdata[i]);
      OhContact *contact = g_hash_table_lookup (PRIVATE (messenger)->addresses, address);
      OhContactFacts facts = facts_of (contacts->pdata[i]);

      if (contact)
        confirm (messenger, contact, &facts);
      else
        g_ptr_array_add (fresh, contacts->pdata[i]);
    }
  append (messenger, fresh);
}

void
oh_base_messenger_put_contact (OhBaseMessenger *messenger,
                               const char *address,
                               const OhContactFacts *facts)
{
  OhContact *contact = g_hash_table_lookup (PRIVATE (messenger)->addresses, address);
  g_autoptr (GPtrArray) one = NULL;

  if (contact)
    {
      confirm (messenger, contact, facts);
      return;
    }
  one = g_ptr_array_new_with_free_func (g_object_unref);
  g_ptr_array_add (one, oh_contact_new (OH_ACCOUNT (messenger), address, facts));
  append (messenger, one);
}

void
oh_base_messenger_drop_contact (OhBaseMessenger *messenger, const char *address)
{
  OhBaseMessengerPrivate *priv = PRIVATE (messenger);
  OhContact *contact = g_hash_table_lookup (priv->addresses, address);
  guint position;

  if (!contact || !g_list_store_find (priv->contacts, contact, &position))
    return;
  g_hash_table_remove (priv->known, contact);
  g_hash_table_remove (priv->addresses, address);
  g_list_store_remove (priv->contacts, position);
  oh_messenger_emit_list_changed (OH_MESSENGER (messenger));
}

/* --- Those of an earlier session --- */

void
oh_base_messenger_know_contacts (OhMessenger *messenger, GPtrArray *contacts)
{
  OhBaseMessengerPrivate *priv = PRIVATE (messenger);
  g_autoptr (GPtrArray) fresh = g_ptr_array_new ();

  for (guint i = 0; i < contacts->len && !priv->complete; i++)
    if (!find_contact (messenger, oh_contact_get_address (contacts->pdata[i])))
      {
        g_hash_table_add (priv->known, contacts->pdata[i]);
        g_ptr_array_add (fresh, contacts->pdata[i]);
      }
  append (OH_BASE_MESSENGER (messenger), fresh);
}

void
oh_base_messenger_list_complete (OhBaseMessenger *messenger)
{
  OhBaseMessengerPrivate *priv = PRIVATE (messenger);
  g_autoptr (GList) gone = g_hash_table_get_keys (priv->known);

  priv->complete = TRUE;
  for (GList *l = gone; l; l = l->next)
    {
      g_autofree char *address = g_strdup (oh_contact_get_address (l->data));

      oh_base_messenger_drop_contact (messenger, address);
    }
}

static void
lose_presence (gpointer address, gpointer value, gpointer user_data)
{
  OhContact *contact = value;
  OhContactFacts facts = { .name = oh_contact_get_name (contact),
                           .group = oh_contact_get_group (contact),
                           .blocked = oh_contact_is_blocked (contact) };
  g_autofree char *name = g_strdup (facts.name);
  g_autofree char *group = g_strdup (facts.group);

  facts.name = name;
  facts.group = group;
  oh_contact_update (contact, &facts);
}

void
oh_base_messenger_lose_presence (OhBaseMessenger *messenger)
{
  g_hash_table_foreach (PRIVATE (messenger)->addresses, lose_presence, NULL);
}
