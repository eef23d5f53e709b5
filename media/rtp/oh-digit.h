/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "media/rtp/oh-rtp.h"

G_BEGIN_DECLS

#define OH_DIGIT_BYTES 4
#define OH_DIGIT_QUEUE 32

/* Keys as RTP events (RFC 4733), both directions as pure state; the peer owns timers and packets. */
typedef struct
{
  char queue[OH_DIGIT_QUEUE];
  guint16 lengths[OH_DIGIT_QUEUE]; /* ms */
  guint head, n;

  guint8 event;
  guint sent_ms, length_ms;
  guint ends; /* end packets that are left */
  gboolean active;
  guint32 timestamp; /* of the whole event */
  gint64 next;       /* first moment for another key */

  /* The newest key whose end is not known yet: 0 none, else its place in the queue + 1, or
   * OH_DIGIT_QUEUE + 1 once it is the active one. */
  guint held;
} OhDigitSender;

/* FALSE when the queue is full or @digit no key. */
gboolean oh_digit_push (OhDigitSender *sender, char digit, guint ms);

/* A key that somebody else holds down, for @ms so far: it lasts as long as oh_digit_hold() says, which
 * is to come every now and then; when it no longer comes the key ends by itself. */
gboolean oh_digit_push_held (OhDigitSender *sender, char digit, guint ms);

/* The held key has lasted @ms; @ended: no longer than that. */
void oh_digit_hold (OhDigitSender *sender, guint ms, gboolean ended);

/* Starts the next key, if there is one. */
gboolean oh_digit_start (OhDigitSender *sender, guint32 timestamp);

/* Writes the payload of the next packet, @step_ms after the one before; FALSE when it is over. */
gboolean oh_digit_step (
    OhDigitSender *sender, guint step_ms, guint clock_rate, guint8 *payload, gboolean *first);

typedef struct
{
  gboolean known;
  guint8 event;
  guint32 timestamp; /* of the newest event that was told, or its newest segment */
  guint32 before;    /* duration of its earlier segments */
  guint32 duration;  /* of it so far, in its clock */
  gboolean ended;
} OhDigitReceiver;

/* The key that this packet makes known, once an event; 0: none. @receiver then has what is known of
 * the newest event's length. */
char oh_digit_receive (OhDigitReceiver *receiver,
                       guint32 timestamp,
                       const guint8 *payload,
                       gsize length);

G_END_DECLS
