/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "media/oh-worker.h"
#include "server/call/oh-live.h"
#include "server/config/oh-config.h"
#include "server/im/oh-im-desk.h"
#include "server/store/oh-store.h"
#include "sip/oh-sip.h"

G_BEGIN_DECLS

/* The telephone exchange: takes what SIP brings (calls, registrations, presence, subscriptions) and
 * owns everything that lives on the signalling thread: calls, registrar, trunks, watchers. Made on
 * the services thread in three steps, because SIP needs its handlers first. */
typedef struct _OhExchange OhExchange;

OhExchange *oh_exchange_new (const OhServerConfig *config, OhStore *store);

/* What OhSipConfig.handlers and user_data are. */
const OhSipHandlers *oh_exchange_get_sip_handlers (void);

/* SIP is there; takes calls from now on. @services: the services thread. */
void oh_exchange_start (OhExchange *exchange, OhSip *sip, const OhExecutor *services);

/* Starts @desk, which must outlive the exchange's last call: calls are offered by IM too from now on.
 * From the services thread, after oh_exchange_start(). */
void oh_exchange_start_im (OhExchange *exchange, OhImDesk *desk);

/* SIGHUP: limits and times of @config hold from now on (addresses and workers stay). @config stays
 * the caller's and must outlive the exchange. */
void oh_exchange_set_config (OhExchange *exchange, const OhServerConfig *config);

/* Takes no more calls, ends those there are, closes voicemails, un-registers at the trunks. @done
 * runs on the services thread, at most @timeout_ms later. From the services thread. */
void oh_exchange_stop (OhExchange *exchange, guint timeout_ms, OhTask done, gpointer user_data);

/* After SIP is shut down: ends the media workers. */
void oh_exchange_free (OhExchange *exchange);

/* For the control socket. */
OhLive oh_exchange_get_live (OhExchange *exchange);

G_END_DECLS
