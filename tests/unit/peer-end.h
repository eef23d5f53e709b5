/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "media/net/oh-transport.h"
#include "media/oh-peer.h"

#define END_RATE 8000
#define END_HEARD (END_RATE * 6)

/* One peer of a test, for stepped workers over the in-memory wire and for real ones over sockets. */
typedef struct
{
  OhPeer *peer;
  OhWorker *stepped; /* or NULL: time passes by itself */
  _Atomic gboolean ready, packet, sound, ended;
  _Atomic guint n_digits;
  char digits[32];
  _Atomic OhPeerEnd reason; /* of `ended` */
  char *sdp;
  GError *error;
  _Atomic gboolean told;
} End;

/* What a peer received. */
typedef struct
{
  OhSink parent;
  _Atomic gsize n;
  gint16 samples[END_HEARD];
} Heard;

/* Stepped, and with it the dice thrown anew: the times of RTCP and what depends on them are the same in each
 * run of a test. OFFHOOK_TEST_SEED (a number) in the environment gives others. */
OhWorker *end_worker_new (void);

/* @config gives all but events; a stepped @worker (@stepped) gets the in-memory wire. */
End *end_new (OhWorker *worker, gboolean stepped, const OhPeerConfig *config);
void end_free (End *end);

/* 10 ms go by. */
void end_pass (End *end);

void end_create_offer (End *end);
void end_fail_offer (End *end); /* the peer ends instead */
void end_create_answer (End *end, const char *offer);
void end_set_answer (End *end, const char *answer);
void end_negotiate (End *a, End *b);
void end_connect (End *a, End *b); /* and waits until both are ready */

/* Lets both speak for @ms and tells how well each was heard, 0 to 1: the mean over pieces of the
 * chirp's second, each looked for by itself, since a jitter buffer may stretch sound between them. */
void end_talk (End *a, End *b, guint ms, double *a_heard, double *b_heard);

void end_wait_digits (End *end, const char *digits);

OhSource *chirp_new (double from, double to);
Heard *heard_new (void);
double heard_find_chirp (const Heard *heard, double from, double to);
