/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* Takes one pitch period (of @most samples) out of @n samples, or puts one in, without a step in the wave form: the
 * period is found by correlation and the seam is blended. @samples must have room for 3/2 * @n.
 * Returns the new number of samples; @n when no period was good enough (@force lowers the bar). */
gsize oh_stretch_shorten (gint16 *samples, gsize n, gsize most, guint rate, gboolean force);
gsize oh_stretch_lengthen (gint16 *samples, gsize n, guint rate, gboolean force);

G_END_DECLS
