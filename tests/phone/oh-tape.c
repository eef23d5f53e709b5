/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "oh-phone"

#include "tests/phone/oh-tape.h"

#include "base/oh-clock.h"
#include "base/oh-error.h"
#include "base/oh-ring.h"

#include <sndfile.h>

#include <pthread.h>
#include <stdatomic.h>

#define MAX_SAMPLES (OH_TAPE_RATE * 600)
#define LOUD 327 /* -40 dBFS */

struct _OhTape
{
  OhSink sink;
  OhRing *echo;

  pthread_mutex_t lock;
  /* under lock */
  GArray *samples;
  gint64 start, first_sound;
};

static gint64
find_loud (const gint16 *samples, gsize n, gint64 now)
{
  for (gsize i = 0; i < n; i++)
    if (samples[i] > LOUD || samples[i] < -LOUD)
      return now;
  return 0;
}

static void
write_tape (OhSink *sink, const gint16 *samples, gsize n)
{
  OhTape *tape = (OhTape *)sink;
  gint64 now = oh_clock_now ();

  if (tape->echo != NULL)
    oh_ring_write (tape->echo, samples, n);

  pthread_mutex_lock (&tape->lock);
  if (tape->start == 0)
    tape->start = now;
  if (tape->first_sound == 0)
    tape->first_sound = find_loud (samples, n, now);
  if (tape->samples->len + n <= MAX_SAMPLES)
    g_array_append_vals (tape->samples, samples, n);
  pthread_mutex_unlock (&tape->lock);
}

static void
finalize_tape (OhSink *sink)
{
  OhTape *tape = (OhTape *)sink;

  g_array_unref (tape->samples);
  g_clear_pointer (&tape->echo, oh_ring_free);
  pthread_mutex_destroy (&tape->lock);
}

static const OhSinkClass tape_class = { "tape", write_tape, finalize_tape };

OhTape *
oh_tape_new (gboolean echo)
{
  OhTape *tape = g_new0 (OhTape, 1);

  oh_sink_init (&tape->sink, &tape_class, OH_TAPE_RATE);
  pthread_mutex_init (&tape->lock, NULL);
  tape->samples = g_array_new (FALSE, FALSE, sizeof (gint16));
  tape->echo = echo ? oh_ring_new (OH_TAPE_RATE * 4) : NULL;
  return tape;
}

OhSink *
oh_tape_get_sink (OhTape *tape)
{
  return &tape->sink;
}

void
oh_tape_unref (OhTape *tape)
{
  oh_sink_unref (&tape->sink);
}

gint64
oh_tape_get_length_ms (OhTape *tape)
{
  pthread_mutex_lock (&tape->lock);
  gint64 ms = (gint64)tape->samples->len * 1000 / OH_TAPE_RATE;
  pthread_mutex_unlock (&tape->lock);
  return ms;
}

gint64
oh_tape_get_start (OhTape *tape)
{
  pthread_mutex_lock (&tape->lock);
  gint64 start = tape->start;
  pthread_mutex_unlock (&tape->lock);
  return start;
}

gint64
oh_tape_get_first_sound (OhTape *tape)
{
  pthread_mutex_lock (&tape->lock);
  gint64 first = tape->first_sound;
  pthread_mutex_unlock (&tape->lock);
  return first;
}

void
oh_tape_forget_first_sound (OhTape *tape)
{
  pthread_mutex_lock (&tape->lock);
  tape->first_sound = 0;
  pthread_mutex_unlock (&tape->lock);
}

gboolean
oh_tape_save (OhTape *tape, const char *path, GError **error)
{
  SF_INFO info = { .samplerate = OH_TAPE_RATE,
                   .channels = 1,
                   .format = SF_FORMAT_WAV | SF_FORMAT_PCM_16 };
  SNDFILE *file = sf_open (path, SFM_WRITE, &info);

  if (file == NULL)
    {
      g_set_error (error, OH_ERROR, OH_ERROR_FAILED, "Cannot write %s: %s", path,
                   sf_strerror (NULL));
      return FALSE;
    }
  pthread_mutex_lock (&tape->lock);
  sf_count_t n = tape->samples->len;
  gboolean whole = sf_write_short (file, (gint16 *)tape->samples->data, n) == n;
  pthread_mutex_unlock (&tape->lock);
  sf_close (file);
  if (!whole)
    g_set_error (error, OH_ERROR, OH_ERROR_FAILED, "%s was not written whole", path);
  return whole;
}

typedef struct
{
  OhSource source;
  OhSource *inner;
  OhTape *echo; /* a reference: its ring is read */
  gsize delay;  /* samples that wait before the echo begins; 0 afterwards */
  atomic_llong start;
} NotedSource;

static gsize
read_echo (NotedSource *noted, gint16 *samples, gsize n)
{
  if (oh_ring_get_fill (noted->echo->echo) < noted->delay)
    return 0;
  noted->delay = 0;
  return oh_ring_read (noted->echo->echo, samples, n);
}

static gsize
read_noted (OhSource *source, gint16 *samples, gsize n)
{
  NotedSource *noted = (NotedSource *)source;
  long long never = 0;

  atomic_compare_exchange_strong (&noted->start, &never, oh_clock_now ());
  return noted->inner ? noted->inner->klass->read (noted->inner, samples, n)
                      : read_echo (noted, samples, n);
}

static void
finalize_noted (OhSource *source)
{
  NotedSource *noted = (NotedSource *)source;

  g_clear_pointer (&noted->inner, oh_source_unref);
  g_clear_pointer (&noted->echo, oh_tape_unref);
}

static const OhSourceClass noted_class = { "noted", read_noted, finalize_noted };

OhSource *
oh_noted_source_new (OhSource *inner, OhTape *echo, guint delay_ms)
{
  NotedSource *noted = g_new0 (NotedSource, 1);

  oh_source_init (&noted->source, &noted_class, inner ? inner->rate : OH_TAPE_RATE);
  noted->inner = inner ? oh_source_ref (inner) : NULL;
  if (echo != NULL)
    oh_sink_ref (&echo->sink);
  noted->echo = echo;
  noted->delay = (gsize)delay_ms * OH_TAPE_RATE / 1000;
  return &noted->source;
}

gint64
oh_noted_source_get_start (OhSource *source)
{
  return atomic_load (&((NotedSource *)source)->start);
}
