/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "client/oh-client.h"

#include <gtk/gtk.h>

G_BEGIN_DECLS

/* A bar that shows the sound level of the microphone or the loudspeaker; it asks the client only
 * while it is on screen. */
#define OH_TYPE_METER (oh_meter_get_type ())
G_DECLARE_FINAL_TYPE (OhMeter, oh_meter, OH, METER, GtkWidget)

/* @client: kept alive by the meter. @capture: the microphone's level. */
void oh_meter_set_source (OhMeter *meter, OhClient *client, gboolean capture);

G_END_DECLS
