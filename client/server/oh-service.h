/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

/* The unit offhookd.service of the person's own systemd manager (data/offhookd-user.service.in). */
typedef enum
{
  OH_SERVICE_ENABLE, /* starts it now and at each login, and waits until it says that it is ready */
  OH_SERVICE_DISABLE /* ends it now, and not at the next login */
} OhServiceChange;

/* Whether a systemd manager looks after this session. */
gboolean oh_service_is_possible (void);

/* Fails where the unit is not installed or does not start. @callback may be NULL. */
void
oh_service_change_async (OhServiceChange change, GAsyncReadyCallback callback, gpointer user_data);
gboolean oh_service_change_finish (GAsyncResult *result, GError **error);

G_END_DECLS
