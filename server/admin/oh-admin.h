/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "server/call/oh-live.h"
#include "server/config/oh-config.h"
#include "server/im/oh-im-desk.h"
#include "server/store/oh-store.h"

G_BEGIN_DECLS

/* The control socket (config->control, mode 0600, JSON lines) that offhookctl talks to. Lives on the
 * services thread like OhWeb. */
typedef struct _OhAdmin OhAdmin;

/* @live: copied; what it points to must outlive the OhAdmin. */
OhAdmin *
oh_admin_new (OhStore *store, const OhServerConfig *config, const OhLive *live, GError **error);

/* The ports for status and doctor, once they are known. */
void oh_admin_set_ports (OhAdmin *admin, guint16 udp, guint16 tcp, guint16 tls, guint16 https);

/* Whom to ask for the state of IM accounts; outlives the admin. */
void oh_admin_set_desk (OhAdmin *admin, OhImDesk *desk);

/* Another configuration, of the same folder; it outlives the admin. */
void oh_admin_set_config (OhAdmin *admin, const OhServerConfig *config);

/* Ends connections, removes the socket. */
void oh_admin_free (OhAdmin *admin);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (OhAdmin, oh_admin_free)

G_END_DECLS
