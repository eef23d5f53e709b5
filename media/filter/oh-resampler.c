/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "media/filter/oh-resampler.h"

#include <speex/speex_resampler.h>

#include <string.h>

#define QUALITY 3

struct _OhResampler
{
  guint in_rate, out_rate;
  gint drift_ppm;
  SpeexResamplerState *speex; /* NULL while nothing is to be converted */
};

static void
make_speex (OhResampler *resampler)
{
  int error;

  if (!resampler->speex)
    resampler->speex = speex_resampler_init (1, resampler->in_rate, resampler->out_rate, QUALITY,
                                             &error);
}

OhResampler *
oh_resampler_new (guint in_rate, guint out_rate)
{
  OhResampler *resampler;

  g_return_val_if_fail (in_rate >= 4000 && in_rate <= 384000, NULL);
  g_return_val_if_fail (out_rate >= 4000 && out_rate <= 384000, NULL);

  resampler = g_new0 (OhResampler, 1);
  resampler->in_rate = in_rate;
  resampler->out_rate = out_rate;
  if (in_rate != out_rate)
    make_speex (resampler);
  return resampler;
}

void
oh_resampler_free (OhResampler *resampler)
{
  if (!resampler)
    return;
  g_clear_pointer (&resampler->speex, speex_resampler_destroy);
  g_free (resampler);
}

gsize
oh_resampler_process (
    OhResampler *resampler, const gint16 *in, gsize n_in, gint16 *out, gsize capacity)
{
  spx_uint32_t taken = n_in, given = capacity;

  if (!resampler->speex)
    {
      gsize n = MIN (n_in, capacity);

      memcpy (out, in, n * sizeof *in);
      return n;
    }
  speex_resampler_process_int (resampler->speex, 0, in, &taken, out, &given);
  return given;
}

gsize
oh_resampler_get_room (OhResampler *resampler, gsize n_in)
{
  return (guint64)n_in * resampler->out_rate * 1.01 / resampler->in_rate + 2;
}

void
oh_resampler_set_drift (OhResampler *resampler, gint ppm)
{
  if (ppm == resampler->drift_ppm)
    return;
  resampler->drift_ppm = ppm;
  make_speex (resampler);
  speex_resampler_set_rate_frac (resampler->speex, resampler->in_rate * 1000,
                                 resampler->out_rate * (1000 + ppm / 1000.0), resampler->in_rate,
                                 resampler->out_rate);
}

void
oh_resampler_reset (OhResampler *resampler)
{
  if (resampler->speex)
    speex_resampler_reset_mem (resampler->speex);
}
