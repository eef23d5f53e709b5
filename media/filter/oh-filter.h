/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* The seam for what cleans the microphone: echo canceller, noise suppression, gain control. One
 * object a call; everything on the engine's thread, nothing blocks or allocates after creation. */
typedef struct
{
  gboolean echo, noise, gain;
  gboolean half_duplex; /* with echo: only one side is heard at a time (half duplex, OhTurns) */
} OhFilterOptions;

/* All functions are mandatory. */
typedef struct
{
  const char *name;
  guint rate; /* Hz that it works at; a block is 10 ms of that */

  gpointer (*create) (void);
  void (*destroy) (gpointer filter);

  /* Takes effect with the next block; off must cost nothing. */
  void (*configure) (gpointer filter, const OhFilterOptions *options);

  /* The 10 ms that the loudspeaker is given next. Returns by what they are to be multiplied at their end
   * (1: as they are), in a straight line from what the block before ended with; the filter reckons with
   * that having been done. */
  float (*play) (gpointer filter, const gint16 *far);

  /* Cleans @near, 10 ms from the microphone, in place. @behind: samples that were played after what
   * was heard at its beginning, as far as the devices' latencies are known (0: not); what is heard
   * may be older by up to 0.5 s. */
  void (*process) (gpointer filter, gint16 *near, gsize behind);

  /* Another microphone or loudspeaker: latency, delay and clocks are not what they were. */
  void (*restart) (gpointer filter);

  /* dB of echo removed in the last second while the loudspeaker was to be heard (ERLE; less while the
   * near end speaks as well); < 0: there is none, or it is unknown. */
  float (*get_echo_reduction) (gpointer filter);
} OhFilterClass;

extern const OhFilterClass oh_filter_voice;

G_END_DECLS
