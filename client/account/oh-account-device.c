/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "client/account/oh-account-device-private.h"

#include "base/oh-error.h"
#include "client/account/oh-json.h"

#include <string.h>

#define MAX_DEVICES 1000

struct _OhAccountDevice
{
  GObject parent;
  char *id, *name, *program;
  gint64 seen;
  gboolean own;
};

G_DEFINE_FINAL_TYPE (OhAccountDevice, oh_account_device, G_TYPE_OBJECT)

static void
finalize (GObject *object)
{
  OhAccountDevice *device = OH_ACCOUNT_DEVICE (object);

  g_free (device->id);
  g_free (device->name);
  g_free (device->program);
  G_OBJECT_CLASS (oh_account_device_parent_class)->finalize (object);
}

static void
oh_account_device_class_init (OhAccountDeviceClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = finalize;
}

static void
oh_account_device_init (OhAccountDevice *device)
{
}

const char *
oh_account_device_get_id (OhAccountDevice *device)
{
  g_return_val_if_fail (OH_IS_ACCOUNT_DEVICE (device), NULL);
  return device->id;
}

const char *
oh_account_device_get_name (OhAccountDevice *device)
{
  g_return_val_if_fail (OH_IS_ACCOUNT_DEVICE (device), NULL);
  return device->name;
}

const char *
oh_account_device_get_program (OhAccountDevice *device)
{
  g_return_val_if_fail (OH_IS_ACCOUNT_DEVICE (device), NULL);
  return device->program;
}

gint64
oh_account_device_get_seen (OhAccountDevice *device)
{
  g_return_val_if_fail (OH_IS_ACCOUNT_DEVICE (device), 0);
  return device->seen;
}

gboolean
oh_account_device_is_own (OhAccountDevice *device)
{
  g_return_val_if_fail (OH_IS_ACCOUNT_DEVICE (device), FALSE);
  return device->own;
}

/* --- From outside --- */

static char *
describe_program (JsonObject *object)
{
  g_autofree char *program = oh_json_dup_text (object, "program");
  g_autofree char *version = oh_json_dup_text (object, "version");

  return program && version ? g_strdup_printf ("%s %s", program, version)
                            : g_steal_pointer (&program);
}

/* NULL where it has no id that can stand in a URL. */
static OhAccountDevice *
parse_one (JsonNode *node, const char *own_id)
{
  JsonObject *object = JSON_NODE_HOLDS_OBJECT (node) ? json_node_get_object (node) : NULL;
  g_autofree char *id = object ? oh_json_dup_id (object, "id") : NULL;
  OhAccountDevice *device;

  if (!id || strspn (id, G_CSET_A_2_Z G_CSET_a_2_z G_CSET_DIGITS "-_") != strlen (id))
    return NULL;
  device = g_object_new (OH_TYPE_ACCOUNT_DEVICE, NULL);
  device->id = g_steal_pointer (&id);
  device->name = oh_json_dup_text (object, "name");
  device->program = describe_program (object);
  device->seen = oh_json_get_number (object, "seen", 0, G_MAXINT64);
  device->own = g_strcmp0 (device->id, own_id) == 0;
  return device;
}

GListModel *
oh_account_devices_from_json (JsonNode *node, const char *own_id, GError **error)
{
  JsonArray *devices = oh_json_get_array (node, "devices");
  GListStore *list;
  guint n;

  if (!devices)
    {
      g_set_error (error, OH_ERROR, OH_ERROR_INVALID, "the server's answer has no 'devices'");
      return NULL;
    }
  list = g_list_store_new (OH_TYPE_ACCOUNT_DEVICE);
  n = MIN (json_array_get_length (devices), MAX_DEVICES);
  for (guint i = 0; i < n; i++)
    {
      g_autoptr (OhAccountDevice) device = parse_one (json_array_get_element (devices, i), own_id);

      if (device)
        g_list_store_append (list, device);
    }
  return G_LIST_MODEL (list);
}
