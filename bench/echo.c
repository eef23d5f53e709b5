/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "bench/oh-figure.h"
#include "media/filter/oh-filter.h"
#include "media/filter/oh-resampler.h"
#include "media/record/oh-sound-file.h"
#include "media/speech/oh-speech.h"

#include <glib/gstdio.h>

#include <math.h>
#include <string.h>
#include <time.h>

/* The echo canceller on a simulated room (docs/testing.md): synthetic speech out of a loudspeaker
 * comes back through a room response into the microphone. Prints one JSON object a figure. */

#define SECONDS 20
#define FILTER (&oh_filter_speex)
#define RATE ((gint)FILTER->rate)
#define N (RATE * SECONDS)
#define BLOCK (RATE / 100)
#define RT60 0.25
#define ROOM (RATE / 4)
#define NOISE 12.0 /* of the microphone, peak */
#define STEP_AT (N / 2)

typedef struct
{
  const char *name;
  guint delay_ms;
  double loss_db;
  guint step_ms; /* the delay grows by so much half way */
  double drift_ppm;
  gboolean double_talk; /* the near end speaks in the second half */
} Case;

typedef struct
{
  gint16 *far, *near, *echo, *mic, *out; /* N samples each */
  double seconds;                        /* of CPU */
} Run;

/* --- sounds --- */

static void
on_spoken (GObject *object, GAsyncResult *result, gpointer data)
{
  g_autoptr (GError) error = NULL;

  if (!oh_speech_synthesize_finish (result, &error))
    g_error ("%s", error->message);
  *(gboolean *)data = TRUE;
}

static gint16 *
read_looped (const char *path)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (OhSoundFile) file = oh_sound_file_open (path, &error);
  g_autoptr (OhResampler) resampler = NULL;
  gint16 in[1024], *samples = g_new0 (gint16, N);
  gint at = 0;

  if (!file)
    g_error ("%s", error->message);
  resampler = oh_resampler_new (oh_sound_file_get_rate (file), RATE);
  while (at < N)
    {
      gsize n = oh_sound_file_read (file, in, G_N_ELEMENTS (in));

      if (n == 0 && !oh_sound_file_seek (file, 0))
        break;
      at += oh_resampler_process (resampler, in, n, samples + at, N - at);
    }
  return samples;
}

/* @text again and again, with its loudest second at -20 dBFS or so. */
static gint16 *
speak (const char *text, const char *language)
{
  g_autofree char *folder = g_dir_make_tmp ("offhook-echo-XXXXXX", NULL);
  g_autofree char *path = g_build_filename (folder, "speech.wav", NULL);
  gboolean spoken = FALSE;
  gint16 *samples;
  double sum = 0, gain;

  oh_speech_synthesize_async (text, language, path, NULL, on_spoken, &spoken);
  while (!spoken)
    g_main_context_iteration (NULL, TRUE);
  samples = read_looped (path);
  g_unlink (path);
  g_rmdir (folder);
  for (gint i = 0; i < N; i++)
    sum += (double)samples[i] * samples[i];
  gain = 2500 / sqrt (sum / N);
  for (gint i = 0; i < N; i++)
    samples[i] = CLAMP (samples[i] * gain, -32000, 32000);
  return samples;
}

static double
gauss (GRand *rand)
{
  double sum = 0;

  for (guint i = 0; i < 6; i++)
    sum += g_rand_double_range (rand, -1, 1);
  return sum;
}

/* Direct sound, then noise that dies away by 60 dB in RT60 and holds as much energy: loudspeaker and
 * microphone at the critical distance (0.7 m in a small office). Energy 1. */
static double *
make_room (GRand *rand)
{
  double *room = g_new0 (double, ROOM), sum = 0;

  for (gint i = 1; i < ROOM; i++)
    {
      room[i] = gauss (rand) * pow (10, -3.0 * i / (RT60 * RATE));
      sum += room[i] * room[i];
    }
  for (gint i = 1; i < ROOM; i++)
    room[i] *= sqrt (0.5 / sum);
  room[0] = sqrt (0.5);
  return room;
}

/* The far signal @delay samples ago, between samples too: clocks drift. */
static double
far_at (const gint16 *far, double at)
{
  gint i = floor (at);
  double part = at - i;

  if (i < 0 || i + 1 >= N)
    return 0;
  return far[i] * (1 - part) + far[i + 1] * part;
}

static void
simulate (const Case *c, Run *run, GRand *rand)
{
  g_autofree double *room = make_room (rand), *played = g_new0 (double, N);
  double gain = pow (10, -c->loss_db / 20);

  for (gint i = 0; i < N; i++)
    {
      guint delay_ms = c->delay_ms + (i >= STEP_AT ? c->step_ms : 0);

      played[i] = far_at (run->far, i * (1 - c->drift_ppm * 1e-6) - delay_ms * RATE / 1000.0);
    }
  for (gint i = 0; i < N; i++)
    {
      double echo = 0, near = c->double_talk && i >= STEP_AT ? run->near[i] : 0;

      for (gint k = 0; k < ROOM && k <= i; k++)
        echo += room[k] * played[i - k];
      run->echo[i] = CLAMP (echo * gain, -32768, 32767);
      run->mic[i] = CLAMP (run->echo[i] + near + g_rand_double_range (rand, -NOISE, NOISE), -32768,
                           32767);
    }
}

static void
cancel (Run *run)
{
  const OhFilterOptions options = { .echo = TRUE };
  gpointer filter = FILTER->create ();
  clock_t start = clock ();

  FILTER->configure (filter, &options);
  memcpy (run->out, run->mic, N * sizeof *run->out);
  for (gint i = 0; i + BLOCK <= N; i += BLOCK)
    {
      FILTER->play (filter, run->far + i);
      FILTER->process (filter, run->out + i, 0);
    }
  run->seconds = (clock () - start) / (double)CLOCKS_PER_SEC;
  FILTER->destroy (filter);
}

/* --- figures --- */

static double
energy (const gint16 *samples, gint from, gint to)
{
  double sum = 1;

  for (gint i = from; i < to; i++)
    sum += (double)samples[i] * samples[i];
  return sum;
}

static double
erle (const Run *run, gint from, gint to)
{
  return 10 * log10 (energy (run->mic, from, to) / energy (run->out, from, to));
}

/* Seconds from @from until every half second to come (up to @to) that has an echo loses 20 dB. */
static double
time_to_20 (const Run *run, gint from, gint to)
{
  gint window = RATE / 2, last_bad = from;

  for (gint i = from; i + window <= to; i += RATE / 20)
    if (energy (run->echo, i, i + window) > 200.0 * 200 * window && erle (run, i, i + window) < 20)
      last_bad = i + window;
  return (last_bad - from) / (double)RATE;
}

/* How the near voice comes through double talk: gain by projection at the filter's delay, and what
 * is in the output besides (residual echo, distortion), as parts of the near energy. */
static void
judge_near (const Run *run, double *attenuation_db, double *distortion_db)
{
  double best = 0, near = energy (run->near, STEP_AT, N - RATE), rest;

  for (gint delay = 0; delay < BLOCK * 3; delay++)
    {
      double cross = 0;

      for (gint i = STEP_AT; i < N - RATE; i++)
        cross += (double)run->near[i] * run->out[i + delay];
      best = MAX (best, cross / near);
    }
  rest = energy (run->out, STEP_AT, N) - best * best * near;
  *attenuation_db = -20 * log10 (MAX (best, 1e-3));
  *distortion_db = 10 * log10 (MAX (rest, 1) / (best * best * near));
}

static void
print (const char *what,
       const char *name,
       double value,
       const char *unit,
       double goal,
       const char *limit)
{
  g_autofree char *whole = g_strdup_printf ("echo: %s, %s", what, name);

  oh_figure_print (whole, value, unit, goal, limit);
}

static void
report (const Case *c, const Run *run)
{
  double attenuation, distortion;

  if (c->double_talk)
    {
      judge_near (run, &attenuation, &distortion);
      print (c->name, "near-end attenuation", attenuation, "dB", 6, "max");
      print (c->name, "near-end distortion", distortion, "dB", -3, "max");
      return;
    }
  print (c->name, "steady reduction", erle (run, N * 3 / 4, N), "dB", 20, "min");
  if (c->step_ms > 0)
    print (c->name, "time to 20 dB after the step", time_to_20 (run, STEP_AT, N), "s", 4, "max");
  else
    print (c->name, "time to 20 dB", time_to_20 (run, 0, N), "s", 4, "max");
}

int
main (void)
{
  static const Case cases[] = {
    { "30 ms, 10 dB loss", 30, 10 },
    { "60 ms, 6 dB loss", 60, 6 },
    { "delay step of 40 ms", 40, 8, .step_ms = 40 },
    { "clock drift 100 ppm", 45, 8, .drift_ppm = 100 },
    { "clock drift -100 ppm", 45, 8, .drift_ppm = -100 },
    { "clock drift 300 ppm", 45, 8, .drift_ppm = 300 },
    { "double talk", 45, 8, .double_talk = TRUE },
    { "double talk, drift 100 ppm", 45, 8, .drift_ppm = 100, .double_talk = TRUE },
  };
  g_autoptr (GRand) rand = g_rand_new_with_seed (7);
  Run run = {
    .far = speak (
        "Good morning. I would like to know whether the parcel has been sent, and when it "
        "will be here; my neighbour says that he saw the driver on Thursday.",
        "en"),
    .near = speak ("Guten Tag. Das weiß ich leider nicht genau, aber ich sehe gern einmal nach.",
                   "de"),
    .echo = g_new0 (gint16, N),
    .mic = g_new0 (gint16, N),
    .out = g_new0 (gint16, N),
  };
  double seconds = 0;

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      simulate (&cases[i], &run, rand);
      cancel (&run);
      report (&cases[i], &run);
      seconds += run.seconds;
    }
  print (FILTER->name, "CPU", 100 * seconds / (SECONDS * G_N_ELEMENTS (cases)), "% of a core", 5,
         "max");
  g_free (run.far);
  g_free (run.near);
  g_free (run.echo);
  g_free (run.mic);
  g_free (run.out);
  return 0;
}
