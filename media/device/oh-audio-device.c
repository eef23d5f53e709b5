/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "media/device/oh-audio-device-private.h"

struct _OhAudioDevice
{
  GObject parent_instance;
  char *id, *name;
  gboolean capture;
};

G_DEFINE_FINAL_TYPE (OhAudioDevice, oh_audio_device, G_TYPE_OBJECT)

static void
oh_audio_device_finalize (GObject *object)
{
  OhAudioDevice *device = OH_AUDIO_DEVICE (object);

  g_free (device->id);
  g_free (device->name);
  G_OBJECT_CLASS (oh_audio_device_parent_class)->finalize (object);
}

static void
oh_audio_device_class_init (OhAudioDeviceClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = oh_audio_device_finalize;
}

static void
oh_audio_device_init (OhAudioDevice *device)
{
}

OhAudioDevice *
oh_audio_device_new (const OhDeviceInfo *info)
{
  OhAudioDevice *device = g_object_new (OH_TYPE_AUDIO_DEVICE, NULL);

  device->id = g_strdup (info->id);
  device->name = g_strdup (info->name);
  device->capture = info->capture;
  return device;
}

const char *
oh_audio_device_get_id (OhAudioDevice *device)
{
  g_return_val_if_fail (OH_IS_AUDIO_DEVICE (device), NULL);

  return device->id;
}

const char *
oh_audio_device_get_name (OhAudioDevice *device)
{
  g_return_val_if_fail (OH_IS_AUDIO_DEVICE (device), NULL);

  return device->name;
}

gboolean
oh_audio_device_is_capture (OhAudioDevice *device)
{
  g_return_val_if_fail (OH_IS_AUDIO_DEVICE (device), FALSE);

  return device->capture;
}

static gboolean
is_in_list (OhAudioDevice *device, GPtrArray *list)
{
  for (guint i = 0; i < list->len; i++)
    {
      OhDeviceInfo *info = list->pdata[i];

      if (info->capture == device->capture && g_strcmp0 (info->id, device->id) == 0
          && g_strcmp0 (info->name, device->name) == 0)
        return TRUE;
    }
  return FALSE;
}

gboolean
oh_audio_device_is_in_store (GListStore *store, const char *id)
{
  guint n = g_list_model_get_n_items (G_LIST_MODEL (store));

  for (guint i = 0; i < n; i++)
    {
      g_autoptr (OhAudioDevice) device = g_list_model_get_item (G_LIST_MODEL (store), i);

      if (g_strcmp0 (device->id, id) == 0)
        return TRUE;
    }
  return FALSE;
}

gboolean
oh_audio_device_update_store (GListStore *store, GPtrArray *list, gboolean capture)
{
  gboolean changed = FALSE;

  for (guint i = g_list_model_get_n_items (G_LIST_MODEL (store)); i-- > 0;)
    {
      g_autoptr (OhAudioDevice) device = g_list_model_get_item (G_LIST_MODEL (store), i);

      if (!is_in_list (device, list))
        {
          g_list_store_remove (store, i);
          changed = TRUE;
        }
    }
  for (guint i = 0; i < list->len; i++)
    {
      OhDeviceInfo *info = list->pdata[i];

      if (info->capture == capture && !oh_audio_device_is_in_store (store, info->id))
        {
          g_autoptr (OhAudioDevice) device = oh_audio_device_new (info);

          g_list_store_append (store, device);
          changed = TRUE;
        }
    }
  return changed;
}
