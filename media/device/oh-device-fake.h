/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "media/device/oh-device.h"

G_BEGIN_DECLS

/* The fake sound card of tests, moved by hand: time passes only when the test says so. Functions
 * apply to the back end that was opened last, on its thread; without one they return FALSE or NULL. */

/* Plugs a device in ("fake:NAME"); one that is there already stays as it is. */
gboolean oh_device_fake_plug (const char *name, gboolean capture);

/* Pulls it out: its streams fail. */
gboolean oh_device_fake_unplug (const char *name, gboolean capture);

/* The system's default device is this one now, NULL: none. Streams without an id move. */
void oh_device_fake_set_default (const char *name, gboolean capture);

/* The microphone hears / the loudspeaker plays @n samples. FALSE: no stream runs on that device
 * (@name NULL: on any), and @samples are left or zeroed. */
gboolean oh_device_fake_hear (const char *name, const gint16 *samples, gsize n);
gboolean oh_device_fake_play (const char *name, gint16 *samples, gsize n);

/* Whether a stream is open on the device / and runs. */
gboolean oh_device_fake_is_open (const char *name, gboolean capture);
gboolean oh_device_fake_is_running (const char *name, gboolean capture);

/* The loudspeaker @name, which is there, is (no) headset from now on. */
void oh_device_fake_set_worn (const char *name, gboolean worn);

/* What the streams made from now on say of their latency, in samples. */
void oh_device_fake_set_latency (guint capture, guint playback);

/* The same of how much their device moves at a time. */
void oh_device_fake_set_period (guint samples);

G_END_DECLS
