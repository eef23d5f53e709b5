/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

/* One program or telephone that is signed in as the same user, as the call server lists it. Never
 * changes. Main thread. */
#define OH_TYPE_ACCOUNT_DEVICE (oh_account_device_get_type ())
G_DECLARE_FINAL_TYPE (OhAccountDevice, oh_account_device, OH, ACCOUNT_DEVICE, GObject)

const char *oh_account_device_get_id (OhAccountDevice *device);
const char *oh_account_device_get_name (OhAccountDevice *device);    /* "laptop", or NULL */
const char *oh_account_device_get_program (OhAccountDevice *device); /* "offhook 0.1.0", or NULL */
gint64 oh_account_device_get_seen (OhAccountDevice *device);         /* unix s; 0: never */
gboolean oh_account_device_is_own (OhAccountDevice *device);         /* the one that asked */

G_END_DECLS
