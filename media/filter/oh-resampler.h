/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* Mono rate conversion (speexdsp, quality 3: flat to 0.8 of the lower Nyquist frequency, about 1.5 ms
 * of delay at 16 kHz). Where 10 ms of one rate is a whole number of samples of the other, each 10 ms
 * that goes in gives exactly 10 ms out. One thread at a time. */
typedef struct _OhResampler OhResampler;

OhResampler *oh_resampler_new (guint in_rate, guint out_rate);
void oh_resampler_free (OhResampler *resampler);

/* Takes all @n_in samples and returns how many were put into @out, whose @capacity must hold
 * oh_resampler_get_room (@n_in); what does not fit is lost. Equal rates are copied. */
gsize oh_resampler_process (
    OhResampler *resampler, const gint16 *in, gsize n_in, gint16 *out, gsize capacity);

/* The most samples that @n_in samples may become. */
gsize oh_resampler_get_room (OhResampler *resampler, gsize n_in);

/* Fine correction of clock drift: @ppm more (or fewer) samples out. Heard by nobody below 1,000. */
void oh_resampler_set_drift (OhResampler *resampler, gint ppm);

/* Forgets the past, as after creation. */
void oh_resampler_reset (OhResampler *resampler);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (OhResampler, oh_resampler_free)

G_END_DECLS
