/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "media/rtp/oh-digit.h"

#include <string.h>

#define VOLUME 10 /* -dBm0 */
#define END 0x80
#define REPEATS 3 /* of the end, RFC 4733 2.5.1.4 */
#define MIN_MS 40
#define MAX_MS 5000
#define HOLD_MS 200 /* a held key outlives its last news by so much: lost packets */
#define ACTIVE (OH_DIGIT_QUEUE + 1)
#define SEGMENT_LEAST 60000 /* of a key's clock, when it is held for longer than 65,535 */

static const char keys[] = "0123456789*#ABCD";

gboolean
oh_digit_push (OhDigitSender *sender, char digit, guint ms)
{
  char key = g_ascii_toupper (digit);
  guint at = (sender->head + sender->n) % OH_DIGIT_QUEUE;

  if (key == '\0' || !strchr (keys, key) || sender->n == OH_DIGIT_QUEUE)
    return FALSE;
  sender->queue[at] = key;
  sender->lengths[at] = CLAMP (ms ? ms : 160, MIN_MS, MAX_MS);
  sender->n++;
  return TRUE;
}

gboolean
oh_digit_push_held (OhDigitSender *sender, char digit, guint ms)
{
  guint at = (sender->head + sender->n) % OH_DIGIT_QUEUE;

  if (!oh_digit_push (sender, digit, ms + HOLD_MS))
    return FALSE;
  sender->held = at + 1;
  return TRUE;
}

void
oh_digit_hold (OhDigitSender *sender, guint ms, gboolean ended)
{
  guint length = CLAMP (ended ? ms : ms + HOLD_MS, MIN_MS, MAX_MS);

  if (sender->held == ACTIVE)
    sender->length_ms = MAX (length, sender->sent_ms);
  else if (sender->held > 0)
    sender->lengths[sender->held - 1] = length;
  if (ended)
    sender->held = 0;
}

gboolean
oh_digit_start (OhDigitSender *sender, guint32 timestamp)
{
  if (sender->active || sender->n == 0)
    return FALSE;
  sender->event = strchr (keys, sender->queue[sender->head]) - keys;
  sender->length_ms = sender->lengths[sender->head];
  if (sender->held == sender->head + 1)
    sender->held = ACTIVE;
  sender->head = (sender->head + 1) % OH_DIGIT_QUEUE;
  sender->n--;
  sender->sent_ms = 0;
  sender->ends = REPEATS;
  sender->active = TRUE;
  sender->timestamp = timestamp;
  return TRUE;
}

gboolean
oh_digit_step (
    OhDigitSender *sender, guint step_ms, guint clock_rate, guint8 *payload, gboolean *first)
{
  gboolean end;

  if (!sender->active)
    return FALSE;
  *first = sender->sent_ms == 0;
  sender->sent_ms = MIN (sender->sent_ms + step_ms, sender->length_ms);
  end = sender->sent_ms == sender->length_ms;
  payload[0] = sender->event;
  payload[1] = (end ? END : 0) | VOLUME;
  oh_write_16 (payload + 2, MIN ((guint64)sender->sent_ms * clock_rate / 1000, 65535));
  if (end && sender->held == ACTIVE)
    sender->held = 0; /* what was told as its end stays it */
  if (end && --sender->ends == 0)
    sender->active = FALSE;
  return TRUE;
}

/* A key that is held for longer than 16 bits can tell goes on as another event that begins where the
 * first one stopped (RFC 4733 2.5.1.3): after 1.4 s at 48 kHz. */
static gboolean
goes_on (OhDigitReceiver *receiver, guint32 timestamp, guint8 event)
{
  guint32 after = timestamp - receiver->timestamp;

  return receiver->known && !receiver->ended && event == receiver->event && after >= SEGMENT_LEAST
         && after <= 65536;
}

char
oh_digit_receive (OhDigitReceiver *receiver, guint32 timestamp, const guint8 *payload, gsize length)
{
  guint32 duration;

  if (length < OH_DIGIT_BYTES || payload[0] >= sizeof keys - 1)
    return '\0';
  duration = oh_read_16 (payload + 2);
  if (goes_on (receiver, timestamp, payload[0]))
    {
      receiver->before += timestamp - receiver->timestamp;
      receiver->timestamp = timestamp;
    }
  if (receiver->known && timestamp == receiver->timestamp && !receiver->ended)
    {
      receiver->duration = MAX (receiver->duration, receiver->before + duration);
      receiver->ended = (payload[1] & END) != 0;
    }
  /* All packets of an event have its time stamp; older ones are stragglers. */
  if (receiver->known && (gint32)(timestamp - receiver->timestamp) <= 0
      && (gint32)(receiver->timestamp - timestamp) < 48000 * 10)
    return '\0';
  *receiver = (OhDigitReceiver){ .known = TRUE,
                                 .event = payload[0],
                                 .timestamp = timestamp,
                                 .duration = duration,
                                 .ended = (payload[1] & END) != 0 };
  return keys[payload[0]];
}
