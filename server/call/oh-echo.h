/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "media/oh-peer.h"

G_BEGIN_DECLS

/* What a peer hears goes back to it a little later: the echo number of the test call.
 *
 *   peer -> sink -> ring -> source -> peer */

/* Both are made together: give the sink and the source to the same peer. Transfer full. */
void oh_echo_new (guint delay_ms, OhSink **sink, OhSource **source);

G_END_DECLS
