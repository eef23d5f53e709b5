/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* Automatic gain control: brings who speaks to about -25 dBFS (active speech level), slowly up and
 * quickly down, by 18 dB at most, and keeps every peak below full scale. Only a voice moves it: pauses,
 * and noise that sounds all the time, leave it where it is. One thread; 16 kHz, 10 ms blocks, without
 * delay; a value of zeros is a fresh one. */
typedef struct
{
  float db;     /* at the end of the last block */
  float floor;  /* mean square of what sounds all the time */
  float voice;  /* mean square of the voice of late */
  guint blocks; /* of voice that this is known by */
} OhGain;

#define OH_GAIN_BLOCK 160

/* Changes @block in place. Returns by how much, in energy. */
float oh_gain_process (OhGain *gain, gint16 *block);

G_END_DECLS
