/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "client/sound/oh-sound-device-list.h"

#include "client/sound/oh-sound-device.h"
#include "media/device/oh-audio.h"

static OhSoundDevice *
wrap (GListModel *devices, guint position)
{
  g_autoptr (OhAudioDevice) device = g_list_model_get_item (devices, position);

  return oh_sound_device_new (oh_audio_device_get_id (device), oh_audio_device_get_name (device));
}

static void
on_items_changed (GListModel *devices, guint at, guint gone, guint added, GListStore *store)
{
  g_autoptr (GPtrArray) items = g_ptr_array_new_with_free_func (g_object_unref);

  for (guint i = 0; i < added; i++)
    g_ptr_array_add (items, wrap (devices, at + i));
  g_list_store_splice (store, at + 1, gone, items->pdata, added);
}

GListModel *
oh_sound_device_list_new (GListModel *devices)
{
  GListStore *store = g_list_store_new (OH_TYPE_SOUND_DEVICE);
  g_autoptr (OhSoundDevice) system_default = oh_sound_device_new (NULL, NULL);

  g_list_store_append (store, system_default);
  on_items_changed (devices, 0, 0, g_list_model_get_n_items (devices), store);
  g_signal_connect_object (devices, "items-changed", G_CALLBACK (on_items_changed), store, 0);
  return G_LIST_MODEL (store);
}
