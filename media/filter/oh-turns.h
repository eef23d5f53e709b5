/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* Half duplex, for a loudspeaker whose echo no filter takes out: who speaks first has the turn, and the
 * other side is turned down until that one is silent ("voice switching"; the names of its times are
 * those of ITU-T P.340). Its times, in blocks of 10 ms:
 *
 *   build-up time    none: while nobody has the turn both sides pass as they are, so that a first
 *                    syllable is whole
 *   switching time   40 ms by 20 dB, either way
 *   hang-over time   200 ms of silence end a turn: as long as people wait before they reply (gaps "of the
 *                    order of 200 ms", Levinson and Torreira 2015, "Timing in turn-taking and its
 *                    implications for processing models of language"). The far end's silence begins when
 *                    the microphone hears it: after the devices' latency, or 100 ms where nobody tells it
 *   reply            50 ms of the near end's voice within that silence take the turn: so much of a first
 *                    syllable is lost then at most, and none of one that comes later
 *   break-in         200 ms of it while the far end speaks, pauses counting against it a sixth as much
 *   attenuation      40 dB of the near end, 20 dB of the far end: who breaks in from there is still heard
 *
 * A voice is what stands out from the side's own noise, and at the near end from all that the loudspeaker
 * might be heard with: how loud that comes back is learnt while the far end speaks. One thread; 16 kHz,
 * blocks of 10 ms; a value of zeros is a fresh one. */
typedef enum
{
  OH_TURN_NONE,
  OH_TURN_FAR,
  OH_TURN_NEAR
} OhTurn;

typedef struct
{
  OhTurn turn;
  guint silent;      /* blocks since who has the turn was heard last */
  guint unheard;     /* blocks that were played since the microphone's last one */
  guint breaking_in; /* points for the near end's voice in the far end's turn */
  float far_noise, near_noise;
  float loudest;             /* what was played of late, fading as a room does */
  float coupling_db;         /* how loud that comes back, as a rule */
  float far_down, near_down; /* of 1, at the end of either side's last block */
} OhTurns;

#define OH_TURNS_BLOCK 160

/* Turns the next block for the loudspeaker down in place, and returns the gain at its end; from the last
 * one's it runs there in a straight line. */
float oh_turns_play (OhTurns *turns, gint16 *far);

/* Listens to what is left of the microphone's next block when the echo is out as far as it goes. @behind:
 * samples that were played after what is heard in it; 0: unknown. */
void oh_turns_listen (OhTurns *turns, const float *near, gsize behind);

/* Turns that block down in place, after all else that was done to it. */
void oh_turns_send (OhTurns *turns, gint16 *near);

G_END_DECLS
