/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* Fills the gaps of a codec that has no concealment of its own (G.711, G.722): repeats the last
 * pitch period, fading out within 80 ms, and blends back into real sound (the idea of ITU-T G.711
 * Appendix I, at any rate). One thread at a time. */
typedef struct _OhConcealer OhConcealer;

OhConcealer *oh_concealer_new (guint rate);
void oh_concealer_free (OhConcealer *concealer);

/* Remembers @n decoded samples; after a gap their start is blended with what was made up. */
void oh_concealer_received (OhConcealer *concealer, gint16 *samples, gsize n);

/* Makes up @n samples for a lost packet. */
void oh_concealer_lost (OhConcealer *concealer, gint16 *samples, gsize n);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (OhConcealer, oh_concealer_free)

G_END_DECLS
