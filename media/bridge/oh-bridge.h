/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "media/oh-peer.h"

G_BEGIN_DECLS

/* Joins two peers of the same worker. While both speak the same codec and nothing else listens,
 * packets pass untouched but for SSRC, sequence and time stamp (fast path); else sound is decoded
 * and encoded again. RFC 4733 events pass in both cases; keys are told to both peers' events too. */
typedef struct _OhBridge OhBridge;

OhBridge *oh_bridge_new (OhPeer *a, OhPeer *b);

/* Parts the peers; each falls silent (comfort packets). From any thread; frees the bridge. */
void oh_bridge_close (OhBridge *bridge);

/* Whether packets pass untouched now. From any thread. */
gboolean oh_bridge_is_fast (OhBridge *bridge);

G_END_DECLS
