/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "media/oh-worker.h"
#include "sip/oh-sip.h"

#include <json-glib/json-glib.h>

G_BEGIN_DECLS

/* How this computer is seen outside, behind a home router whose address nobody configured: asks the
 * configured STUN servers at the start and every minute, and tells SIP the address. Belongs to the
 * signalling thread; names are looked up on the services thread. */
typedef struct _OhNat OhNat;

/* @servers: "host:port" (port 3478 where none is named), at most OH_STUN_PROBE_MAX count. @address:
 * what sockets of sound are bound to. */
OhNat *oh_nat_new (OhSip *sip,
                   OhWorker *worker,
                   const char *address,
                   char **servers,
                   const OhExecutor *signalling,
                   const OhExecutor *services);
void oh_nat_free (OhNat *nat);

/* "192.0.2.1:3478" of a server that answers, for OhPeerConfig; NULL: none does. Borrowed. */
const char *oh_nat_get_server (OhNat *nat);

/* The address outside; NULL: not known. Borrowed. */
const char *oh_nat_get_address (OhNat *nat);

/* Adds an object of oh-live.h for each server to the open array; none before the first answers. */
void oh_nat_describe (OhNat *nat, JsonBuilder *builder);

G_END_DECLS
