/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* Makes sure that libnice's STUN library works beside sofia-sip's (see the .c). Whoever uses libnice
 * calls it. */
void oh_stun_clash_settle (void);

G_END_DECLS
