/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "bench/oh-estoi.h"
#include "bench/oh-figure.h"
#include "media/filter/oh-filter.h"
#include "media/filter/oh-resampler.h"
#include "media/record/oh-sound-file.h"
#include "media/speech/oh-speech.h"

#include <glib/gstdio.h>

#include <math.h>
#include <string.h>
#include <time.h>

/* The echo canceller on simulated rooms (docs/testing.md): synthetic speech out of a loudspeaker
 * comes back through a room response into the microphone. Prints one JSON object a figure.
 *
 *   0 to 20 s   the far end speaks; at 10 s the path changes where the case says so
 *   20 to 30 s  both speak
 *
 * echo [SEED [CASE]]: other rooms than those of the table; only that case. */

#define SECONDS 30
#define FILTER (&oh_filter_voice)
#define RATE ((gint)FILTER->rate)
#define N (RATE * SECONDS)
#define BLOCK (RATE / 100)
#define RT60 0.25
#define ROOM (RATE / 4)
#define NOISE 12.0 /* of the microphone, peak */
#define STEP_AT (10 * RATE)
#define TALK_AT (20 * RATE)
#define ROOMS 5

/* The goals, each beside the peer that is best at it. */
static const OhFigure reduction = {
  .unit = "dB", .goal = 45, .limit = "min", .peer = "Chromium elsewhere", .peer_value = 70
};
static const OhFigure first_20_db = {
  .unit = "s", .goal = 0.75, .limit = "max", .peer = "PulseAudio elsewhere", .peer_value = 0.75
};
static const OhFigure kept = {
  .unit = "", .goal = 0.85, .limit = "min", .peer = "Linphone elsewhere", .peer_value = 0.84
};

typedef struct
{
  const char *name;
  guint room, delay_ms;
  double loss_db;
  guint step_ms; /* the delay grows by so much at 10 s */
  guint other;   /* room from 10 s on; 0: the same */
  double drift_ppm;
  gboolean distorts;    /* the loudspeaker; for information */
  gboolean early;       /* the near end speaks from the start */
  gboolean no_echo;     /* a headset */
  gboolean half_duplex; /* for information */
} Case;

typedef struct
{
  gint16 *far, *near, *echo, *mic, *out; /* N samples each */
  float *gain;                           /* of the loudspeaker, at the end of each block */
  double *rooms[ROOMS];
  double seconds; /* of CPU */
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

/* A small loudspeaker driven hard: soft clipping, 10 % of third harmonic at the loudest. */
static double
distort (double sample)
{
  return 9000 * tanh (sample / 9000);
}

static void
add_room (const double *played, const double *room, gint from, gint to, double gain, double *echo)
{
  enum
  {
    WIDTH = 16
  };

  for (gint i = from; i < to; i += WIDTH)
    {
      double sum[WIDTH] = { 0 };

      for (gint k = 0; k < ROOM; k++)
        for (gint j = 0; j < WIDTH; j++)
          sum[j] += room[k] * played[i + j - k];
      for (gint j = 0; j < WIDTH; j++)
        echo[i + j] = sum[j] * gain;
    }
}

static void
simulate (const Case *c, Run *run, GRand *rand)
{
  g_autofree double *all = g_new0 (double, ROOM + N), *echo = g_new0 (double, N);
  double gain = c->no_echo ? 0 : pow (10, -c->loss_db / 20), *played = all + ROOM;
  guint other = c->other ? c->other : c->room;
  gint talk_at = c->early ? 0 : TALK_AT;

  for (gint i = 0; i < N; i++)
    {
      guint delay_ms = c->delay_ms + (i >= STEP_AT ? c->step_ms : 0);

      played[i] = far_at (run->far, i * (1 - c->drift_ppm * 1e-6) - delay_ms * RATE / 1000.0);
      if (c->distorts)
        played[i] = distort (played[i]);
    }
  add_room (played, run->rooms[c->room - 1], 0, STEP_AT, gain, echo);
  add_room (played, run->rooms[other - 1], STEP_AT, N, gain, echo);
  for (gint i = 0; i < N; i++)
    {
      double near = i >= talk_at ? run->near[i] : 0;

      run->echo[i] = CLAMP (echo[i], -32768, 32767);
      run->mic[i] = CLAMP (run->echo[i] + near + g_rand_double_range (rand, -NOISE, NOISE), -32768,
                           32767);
    }
}

/* Block @at into the microphone: the loudspeaker was turned down when it played what is heard now. */
static void
hear_block (const Case *c, Run *run, gint at)
{
  gint then = at - (gint)c->delay_ms / 10;
  float down = then < 0 ? 0 : 1 - run->gain[then];

  for (gint i = at * BLOCK; i < (at + 1) * BLOCK; i++)
    run->out[i] = run->mic[i] -= lrintf (run->echo[i] * down);
}

static void
cancel (const Case *c, Run *run)
{
  const OhFilterOptions options = { .echo = TRUE, .half_duplex = c->half_duplex };
  gpointer filter = FILTER->create ();
  clock_t start = clock ();

  FILTER->configure (filter, &options);
  for (gint at = 0; at < N / BLOCK; at++)
    {
      run->gain[at] = FILTER->play (filter, run->far + at * BLOCK);
      hear_block (c, run, at);
      FILTER->process (filter, run->out + at * BLOCK, 0);
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

/* By how many samples the filter delays the near voice. */
static gint
find_delay (const Run *run, gint from)
{
  double best = 0;
  gint found = 0;

  for (gint delay = 0; delay < BLOCK * 3; delay++)
    {
      double cross = 0;

      for (gint i = from; i < N - RATE; i++)
        cross += (double)run->near[i] * run->out[i + delay];
      if (cross > best)
        {
          best = cross;
          found = delay;
        }
    }
  return found;
}

static double
judge_near (const Run *run, gint from, gint to)
{
  gint delay = find_delay (run, from);

  return oh_estoi (run->near + from, run->out + from + delay, to - from, RATE);
}

static void
print (const char *what, const char *name, double value, OhFigure figure)
{
  g_autofree char *whole = g_strdup_printf ("echo: %s, %s", what, name);

  figure.name = whole;
  figure.value = value;
  oh_figure_print (&figure);
}

/* The near voice's level while nothing but itself is heard: dB that it loses. */
static double
get_loss (const Run *run, gint from, gint to)
{
  gint delay = find_delay (run, from);

  return 10 * log10 (energy (run->near, from, to) / energy (run->out, from + delay, to + delay));
}

/* The same of the far end's, which the loudspeaker plays. */
static double
get_far_loss (const Run *run, gint from, gint to)
{
  double sum = 1;

  for (gint i = from; i < to; i++)
    sum += pow (run->far[i] * run->gain[i / BLOCK], 2);
  return 10 * log10 (energy (run->far, from, to) / sum);
}

static void
report_goal (const Case *c, const char *what, double value, OhFigure figure)
{
  if (c->distorts || c->half_duplex)
    figure.goal = 0;
  print (c->name, what, value, figure);
}

static void
report_softer (const Case *c, const char *what, double db, double most)
{
  report_goal (c, what, db, (OhFigure){ .unit = "dB", .goal = most, .limit = "max" });
}

static void
report (const Case *c, const Run *run)
{
  if (c->early)
    {
      report_softer (c, "near end softer in the first 2 s", get_loss (run, 0, 2 * RATE), 3);
      report_softer (c, "near end softer after that", get_loss (run, 2 * RATE, N - RATE), 1);
      report_goal (c, "near end kept (ESTOI)", judge_near (run, 0, N - RATE), kept);
      return;
    }
  report_goal (c, "steady reduction", erle (run, TALK_AT - 5 * RATE, TALK_AT), reduction);
  report_goal (c, "time to 20 dB", time_to_20 (run, 0, STEP_AT), first_20_db);
  if (c->step_ms > 0 || c->other > 0)
    report_goal (c, "time to 20 dB after it", time_to_20 (run, STEP_AT, TALK_AT), first_20_db);
  report_goal (c, "near end kept (ESTOI)", judge_near (run, TALK_AT, N - RATE), kept);
  if (!c->half_duplex)
    return;
  report_softer (c, "far end softer while it speaks alone", get_far_loss (run, 0, TALK_AT), 0);
  report_softer (c, "and while both speak", get_far_loss (run, TALK_AT, N - RATE), 0);
}

static void
make_rooms (Run *run, guint seed)
{
  g_autoptr (GRand) rand = g_rand_new_with_seed (seed);

  for (guint i = 0; i < ROOMS; i++)
    run->rooms[i] = make_room (rand);
}

int
main (int argc, char **argv)
{
  static const Case cases[] = {
    { "room 1, 10 dB loss", 1, 30, 10 },
    { "room 1, 8 dB loss", 1, 30, 8 },
    { "room 1, 6 dB loss", 1, 30, 6 },
    { "room 2, 10 dB loss", 2, 60, 10 },
    { "room 2, 8 dB loss", 2, 60, 8 },
    { "room 2, 6 dB loss", 2, 60, 6 },
    { "room 3, 10 dB loss", 3, 40, 10 },
    { "room 3, 8 dB loss", 3, 40, 8 },
    { "room 3, 6 dB loss", 3, 40, 6 },
    { "room 4, 10 dB loss", 4, 50, 10 },
    { "room 4, 8 dB loss", 4, 50, 8 },
    { "room 4, 6 dB loss", 4, 50, 6 },
    { "room 5, 10 dB loss", 5, 35, 10 },
    { "room 5, 8 dB loss", 5, 35, 8 },
    { "room 5, 6 dB loss", 5, 35, 6 },
    { "delay step of 40 ms", 1, 40, 8, .step_ms = 40 },
    { "another room", 2, 40, 8, .other = 3 },
    { "clock drift 100 ppm", 3, 45, 8, .drift_ppm = 100 },
    { "clock drift -100 ppm", 4, 45, 8, .drift_ppm = -100 },
    { "clock drift 300 ppm", 5, 45, 8, .drift_ppm = 300 },
    { "both speak from the start", 3, 45, 8, .early = TRUE },
    { "the same without echo", 1, 0, 0, .early = TRUE, .no_echo = TRUE },
    { "loudspeaker that distorts", 1, 45, 8, .distorts = TRUE },
    { "the same in half duplex", 1, 45, 8, .distorts = TRUE, .half_duplex = TRUE },
  };
  guint seed = argc > 1 ? atoi (argv[1]) : 7;
  g_autoptr (GRand) rand = g_rand_new_with_seed (seed);
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
    .gain = g_new0 (float, N / BLOCK),
  };
  double seconds = 0;
  guint runs = 0;

  make_rooms (&run, seed);
  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      if (argc > 2 && !strstr (cases[i].name, argv[2]))
        continue;
      simulate (&cases[i], &run, rand);
      cancel (&cases[i], &run);
      report (&cases[i], &run);
      seconds += run.seconds;
      runs++;
    }
  if (runs > 0)
    print (FILTER->name, "CPU", 100 * seconds / (SECONDS * runs),
           (OhFigure){ .unit = "% of a core", .goal = 2, .limit = "max" });
  for (guint i = 0; i < ROOMS; i++)
    g_free (run.rooms[i]);
  g_free (run.far);
  g_free (run.near);
  g_free (run.echo);
  g_free (run.mic);
  g_free (run.out);
  g_free (run.gain);
  return 0;
}
