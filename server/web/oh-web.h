/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "server/call/oh-exchange.h"
#include "server/config/oh-config.h"
#include "server/im/oh-im-desk.h"
#include "server/im/oh-links.h"
#include "server/store/oh-store.h"

G_BEGIN_DECLS

/* The HTTPS server: sign-in and /api/v1, the pages of call offers. Lives on the services thread, whose thread-default context
 * must run; made and freed there. */
typedef struct _OhWeb OhWeb;

/* Listens. @links: outlive it; their outcomes are its to watch. @sip_tls_port: where clients are told
 * to register. @error names address and port. */
OhWeb *oh_web_new (OhStore *store,
                   const OhServerConfig *config,
                   OhLinks *links,
                   guint16 sip_tls_port,
                   GError **error);
/* Pages of call offers can answer calls of @exchange from now on. Once; @exchange is freed later. */
void oh_web_start_calls (OhWeb *web, OhExchange *exchange);
guint16 oh_web_get_port (OhWeb *web);

/* Mandatory, before the thread's context runs again. @desk outlives @web. */
void oh_web_set_desk (OhWeb *web, OhImDesk *desk);

/* SIGHUP: @config (outlives @web) and its certificates hold from now on; addresses stay. FALSE: all
 * is as it was. */
gboolean oh_web_reload (OhWeb *web, const OhServerConfig *config, GError **error);

/* Stops listening, ends connections. */
void oh_web_free (OhWeb *web);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (OhWeb, oh_web_free)

G_END_DECLS
