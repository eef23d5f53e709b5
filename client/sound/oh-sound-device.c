/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "client/sound/oh-sound-device.h"

struct _OhSoundDevice
{
  GObject parent;
  char *id;
  char *name;
};

G_DEFINE_FINAL_TYPE (OhSoundDevice, oh_sound_device, G_TYPE_OBJECT)

enum
{
  PROP_0,
  PROP_ID,
  PROP_NAME
};

static void
get_property (GObject *object, guint id, GValue *value, GParamSpec *pspec)
{
  OhSoundDevice *device = OH_SOUND_DEVICE (object);

  g_value_set_string (value, id == PROP_ID ? device->id : device->name);
}

static void
finalize (GObject *object)
{
  OhSoundDevice *device = OH_SOUND_DEVICE (object);

  g_free (device->id);
  g_free (device->name);
  G_OBJECT_CLASS (oh_sound_device_parent_class)->finalize (object);
}

static void
oh_sound_device_class_init (OhSoundDeviceClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);

  object_class->get_property = get_property;
  object_class->finalize = finalize;
  g_object_class_install_property (
      object_class, PROP_ID,
      g_param_spec_string ("id", NULL, NULL, NULL, G_PARAM_READABLE | G_PARAM_STATIC_STRINGS));
  g_object_class_install_property (
      object_class, PROP_NAME,
      g_param_spec_string ("name", NULL, NULL, NULL, G_PARAM_READABLE | G_PARAM_STATIC_STRINGS));
}

static void
oh_sound_device_init (OhSoundDevice *device)
{
}

OhSoundDevice *
oh_sound_device_new (const char *id, const char *name)
{
  OhSoundDevice *device = g_object_new (OH_TYPE_SOUND_DEVICE, NULL);

  device->id = g_strdup (id);
  device->name = g_strdup (name);
  return device;
}

const char *
oh_sound_device_get_id (OhSoundDevice *device)
{
  g_return_val_if_fail (OH_IS_SOUND_DEVICE (device), NULL);
  return device->id;
}

const char *
oh_sound_device_get_name (OhSoundDevice *device)
{
  g_return_val_if_fail (OH_IS_SOUND_DEVICE (device), NULL);
  return device->name;
}
