/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "media/oh-sound.h"

G_BEGIN_DECLS

/* Soft: peaks at -24 dBFS before @volume (TEST: -12). Frequencies and cadences of ITU-T E.180 (Europe). */
typedef enum
{
  OH_TONE_RINGBACK,     /* 425 Hz, 1 s on, 4 s off */
  OH_TONE_BUSY,         /* 425 Hz, 0.48 s on, 0.48 s off */
  OH_TONE_CONGESTION,   /* 425 Hz, 0.24 s on, 0.24 s off */
  OH_TONE_CALL_WAITING, /* 425 Hz, two short beeps each 5 s */
  OH_TONE_BEEP,         /* 1,000 Hz, 0.3 s, once, then ended */
  OH_TONE_RINGER,       /* the client's ring: two soft chimes each 3 s */
  OH_TONE_TEST          /* to try a loudspeaker: three rising notes as loud as speech, once */
} OhToneKind;

/* @rate Hz; @volume 0 to 1. Transfer full. */
OhSource *oh_tone_new (OhToneKind kind, guint rate, float volume);

/* The same, @silence_ms later. */
OhSource *oh_tone_new_after (guint silence_ms, OhToneKind kind, guint rate, float volume);

/* A DTMF digit of @ms (ITU-T Q.23). Transfer full; NULL for a character that is no key. */
OhSource *oh_tone_new_digit (char digit, guint ms, guint rate, float volume);

G_END_DECLS
