/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "media/rtp/oh-reception.h"

#include <math.h>
#include <string.h>

#define MAX_DROPOUT 3000

static void
start (OhReception *reception, const OhRtpHeader *header)
{
  guint64 received = reception->received, bytes = reception->bytes;

  memset (reception, 0, sizeof *reception);
  reception->started = TRUE;
  reception->ssrc = header->ssrc;
  reception->max_sequence = header->sequence;
  reception->first = header->sequence;
  reception->received = reception->before = received;
  reception->bytes = bytes;
  reception->prior_received = (guint32)received;
  for (guint i = 0; i < G_N_ELEMENTS (reception->past_received); i++)
    reception->past_received[i] = (guint32)received;
}

/* A stranger's second packet in a row makes it the sender. */
static gboolean
is_new_sender (OhReception *reception, const OhRtpHeader *header)
{
  gboolean again = reception->other_ssrc == header->ssrc
                   && header->sequence == (guint16)(reception->other_sequence + 1);

  reception->other_ssrc = header->ssrc;
  reception->other_sequence = header->sequence;
  return again;
}

static void
measure_jitter (OhReception *reception, const OhRtpHeader *header, guint clock_rate, gint64 now)
{
  guint32 arrival = (guint32)(now * clock_rate / G_USEC_PER_SEC);
  guint32 transit = arrival - header->timestamp;
  gint32 difference = (gint32)(transit - reception->transit);

  if (reception->has_transit && reception->clock_rate == clock_rate
      && ABS ((gint64)difference) < (gint64)clock_rate * 2)
    reception->jitter += (fabsf ((float)difference) - reception->jitter) / 16;
  reception->clock_rate = clock_rate;
  reception->transit = transit;
  reception->has_transit = TRUE;
}

gboolean
oh_reception_add (OhReception *reception,
                  const OhRtpHeader *header,
                  guint clock_rate,
                  gint64 now,
                  gboolean *new_sender)
{
  guint16 step;

  *new_sender = FALSE;
  if (!reception->started)
    {
      start (reception, header);
      *new_sender = TRUE;
    }
  step = header->sequence - reception->max_sequence;
  if (header->ssrc != reception->ssrc || (step >= MAX_DROPOUT && step <= 65536 - MAX_DROPOUT))
    {
      if (!is_new_sender (reception, header))
        return FALSE;
      start (reception, header);
      *new_sender = TRUE;
      step = 0;
    }
  if (step > 0 && step < MAX_DROPOUT)
    {
      if (header->sequence < reception->max_sequence)
        reception->cycles += 65536;
      reception->max_sequence = header->sequence;
    }
  reception->received++;
  reception->bytes += header->payload_length;
  if (clock_rate)
    measure_jitter (reception, header, clock_rate, now);
  return TRUE;
}

guint32
oh_reception_get_extended (const OhReception *reception)
{
  return reception->cycles + reception->max_sequence;
}

guint32
oh_reception_get_expected (const OhReception *reception)
{
  return reception->started ? oh_reception_get_extended (reception) - reception->first + 1 : 0;
}

guint32
oh_reception_get_missing (const OhReception *reception)
{
  guint32 wanted = oh_reception_get_expected (reception) - reception->prior_expected;
  gint32 lost = (gint32)(wanted - ((guint32)reception->received - reception->prior_received));

  return MAX (lost, 0);
}

guint8
oh_reception_take_fraction (OhReception *reception)
{
  guint32 expected = oh_reception_get_expected (reception);
  guint32 received = (guint32)reception->received;
  gint32 wanted = (gint32)(expected - reception->prior_expected);
  gint32 lost = wanted - (gint32)(received - reception->prior_received);

  reception->prior_expected = expected;
  reception->prior_received = received;
  return wanted > 0 && lost > 0 ? MIN (255, lost * 256 / wanted) : 0;
}

void
oh_reception_turn (OhReception *reception)
{
  reception->past_expected[reception->slot] = oh_reception_get_expected (reception);
  reception->past_received[reception->slot] = (guint32)reception->received;
  reception->slot = (reception->slot + 1) % G_N_ELEMENTS (reception->past_expected);
}

float
oh_reception_get_loss (const OhReception *reception)
{
  guint32 expected = oh_reception_get_expected (reception)
                     - reception->past_expected[reception->slot];
  guint32 received = (guint32)reception->received - reception->past_received[reception->slot];

  return expected > received && expected < G_MAXINT32 ? (expected - received) / (float)expected : 0;
}

float
oh_reception_get_jitter_ms (const OhReception *reception)
{
  return reception->clock_rate ? reception->jitter * 1000 / reception->clock_rate : 0;
}
