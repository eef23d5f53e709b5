/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "sip/oh-sip.h"

G_BEGIN_DECLS

/* SIP stacks that say goodbye (un-register, hang up) while nobody waits for them, a thread each.
 * Whoever ends the program waits, for TLS must not be in use when OpenSSL ends. */

/* Takes @sip. Any thread. */
void oh_farewell_begin (OhSip *sip);

/* Returns when all that had begun are through, 2 s each at most. Any thread but main. */
void oh_farewell_wait (void);

G_END_DECLS
