/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Which new calls come in when more come than can be borne: a server of known speed, in a clock of
 * its own, is called too often. */
#include "server/limits/oh-admission.h"

#include <string.h>

#define STEP_US 1000
#define MEASURE_US (100 * 1000)
#define TRUNKS 3

/* Does `speed` calls a second, one after the other; how long the last of them waits is measured. A
 * refusal costs it a tenth of a call. */
typedef struct
{
  OhAdmission *admission;
  gint64 now, next_measure;
  guint speed;
  double queue; /* calls that wait */
  double owed[TRUNKS];
  double longest_ms;
  guint taken[TRUNKS], refused[TRUNKS];
  guint retry_s;
} Model;

static const OhAdmissionLimits usual = { .signalling_late_ms = 20, .sound_late_ms = 15 };

static void
model_init (Model *model, const OhAdmissionLimits *limits, guint speed)
{
  *model = (Model){ .admission = oh_admission_new (limits),
                    .now = 5 * G_USEC_PER_SEC,
                    .speed = speed };
  model->next_measure = model->now;
}

static void
count_anew (Model *model)
{
  memset (model->taken, 0, sizeof model->taken);
  memset (model->refused, 0, sizeof model->refused);
  model->longest_ms = 0;
}

static void
come (Model *model, guint trunk)
{
  if (oh_admission_take (model->admission, trunk + 1, 0, 0, model->now, &model->retry_s))
    {
      model->taken[trunk]++;
      model->queue += 1;
    }
  else
    {
      model->refused[trunk]++;
      model->queue += 0.1;
    }
}

static void
measure (Model *model, OhAdmissionLoad load)
{
  double wait_ms = model->queue * 1000 / model->speed;

  load.signalling_ms = MAX (load.signalling_ms, (guint)wait_ms);
  oh_admission_measure (model->admission, &load, model->now);
  model->next_measure = model->now + MEASURE_US;
}

/* @rates: calls a second of each trunk. */
static void
run_with (Model *model, double seconds, const guint *rates, OhAdmissionLoad load)
{
  gint64 end = model->now + (gint64)(seconds * G_USEC_PER_SEC);

  for (; model->now < end; model->now += STEP_US)
    {
      for (guint i = 0; i < TRUNKS; i++)
        for (model->owed[i] += rates[i] * (STEP_US / 1e6); model->owed[i] >= 1; model->owed[i] -= 1)
          come (model, i);
      model->queue = MAX (0, model->queue - model->speed * (STEP_US / 1e6));
      model->longest_ms = MAX (model->longest_ms, model->queue * 1000 / model->speed);
      if (model->now >= model->next_measure)
        measure (model, load);
    }
}

static void
run (Model *model, double seconds, guint rate)
{
  run_with (model, seconds, (const guint[TRUNKS]){ rate }, (OhAdmissionLoad){ 0 });
}

static gboolean
is_open (Model *model)
{
  return oh_admission_get_state (model->admission).rate == 0;
}

static void
assert_reason (Model *model, const char *start)
{
  g_autofree char *reason = oh_admission_dup_reason (model->admission);

  g_test_message ("%s", reason);
  g_assert_true (g_str_has_prefix (reason, start));
}

static void
test_open (void)
{
  Model model;

  model_init (&model, &usual, 500);
  run (&model, 20, 400);
  g_assert_cmpuint (model.taken[0], >=, 7999);
  g_assert_cmpuint (model.refused[0], ==, 0);
  g_assert_true (is_open (&model));
  oh_admission_free (model.admission);
}

/* Twice as many as it can do: as many come in as before, none waits long, and afterwards it is as if
 * nothing had been. */
static void
test_flood (void)
{
  Model model;

  model_init (&model, &usual, 500);
  run (&model, 2, 480);
  count_anew (&model);
  run (&model, 1, 1000);
  g_test_message ("first second: %u taken, %u refused, longest wait %.0f ms", model.taken[0],
                  model.refused[0], model.longest_ms);
  g_assert_cmpfloat (model.longest_ms, <, 500);
  count_anew (&model);
  run (&model, 20, 1000);
  g_test_message ("then: %u taken, %u refused, longest wait %.0f ms", model.taken[0],
                  model.refused[0], model.longest_ms);
  g_assert_cmpuint (model.taken[0], >, 20 * 500 * 85 / 100); /* the refusals cost 12 % */
  g_assert_cmpfloat (model.longest_ms, <, 100);
  g_assert_cmpuint (model.retry_s, >=, 1);
  g_assert_cmpuint (model.retry_s, <=, 3);
  assert_reason (&model, "requests wait ");
  run (&model, 5, 100);
  g_assert_true (is_open (&model));
  count_anew (&model);
  run (&model, 10, 400);
  g_assert_cmpuint (model.refused[0], ==, 0);
  oh_admission_free (model.admission);
}

/* One late moment is no load. */
static void
test_hiccup (void)
{
  Model model;

  model_init (&model, &usual, 500);
  run (&model, 2, 300);
  measure (&model, (OhAdmissionLoad){ .signalling_ms = 200, .sound_ms = 200 });
  run (&model, 2, 300);
  g_assert_cmpuint (model.refused[0], ==, 0);
  oh_admission_free (model.admission);
}

/* Whatever is too high, and how it is told. */
static void
test_causes (void)
{
  static const struct
  {
    OhAdmissionLoad load;
    const char *told;
  } rows[] = {
    { { .sound_ms = 30 }, "sound is 30 ms late, limit 15" },
    { { .signalling_ms = 50 }, "requests wait 50 ms, limit 20" },
    { { .inbox_percent = 80 }, "a SIP socket is 80 % full, limit 50" },
    { { .busy_percent = 99 }, "signalling takes 99 % of a processor core, limit 98" },
  };

  for (guint i = 0; i < G_N_ELEMENTS (rows); i++)
    {
      Model model;

      model_init (&model, &usual, 100000);
      run_with (&model, 2, (const guint[TRUNKS]){ 200 }, rows[i].load);
      g_assert_cmpuint (model.refused[0], >, 100);
      assert_reason (&model, rows[i].told);
      count_anew (&model);
      run_with (&model, 2, (const guint[TRUNKS]){ 200 }, rows[i].load);
      g_assert_cmpuint (model.taken[0], >=, 95); /* some always come in */
      oh_admission_free (model.admission);
    }
}

/* A load that says nothing: below its limit, or without one. */
static void
test_no_cause (void)
{
  static const struct
  {
    OhAdmissionLimits limits;
    OhAdmissionLoad load;
  } rows[] = {
    { { 0 }, { 500, 90, 100, 500, 100000 } },
    { { .sound_late_ms = 15 }, { 500, 90, 100, 10, 100000 } },
    { { .signalling_late_ms = 20 }, { 10, 30, 97, 500, 100000 } },
    { { .memory_mib = 200 }, { 500, 90, 100, 500, 199 } },
  };

  for (guint i = 0; i < G_N_ELEMENTS (rows); i++)
    {
      Model model;

      model_init (&model, &rows[i].limits, 100000);
      run_with (&model, 2, (const guint[TRUNKS]){ 200 }, rows[i].load);
      g_assert_cmpuint (model.refused[0], ==, 0);
      oh_admission_free (model.admission);
    }
}

static void
test_fixed_rate (void)
{
  const OhAdmissionLimits limits = { .calls_per_second = 5 };
  Model model;

  model_init (&model, &limits, 100000);
  run (&model, 10, 50);
  g_test_message ("%u taken", model.taken[0]);
  g_assert_cmpuint (model.taken[0], >=, 48);
  g_assert_cmpuint (model.taken[0], <=, 53);
  g_assert_cmpuint (model.retry_s, >=, 9);
  assert_reason (&model, "more than 5 new calls a second");
  g_assert_true (oh_admission_is_refusing (model.admission, model.now));
  run (&model, 1, 0);
  count_anew (&model);
  run (&model, 10, 4);
  g_assert_cmpuint (model.refused[0], ==, 0);
  g_assert_false (oh_admission_is_refusing (model.admission, model.now));
  oh_admission_free (model.admission);
}

/* One trunk's flood takes nothing of what another one asks for. */
static void
test_fair (void)
{
  const OhAdmissionLimits limits = { .calls_per_second = 100 };
  Model model;

  model_init (&model, &limits, 100000);
  run_with (&model, 2, (const guint[TRUNKS]){ 2000, 20, 0 }, (OhAdmissionLoad){ 0 });
  count_anew (&model);
  run_with (&model, 20, (const guint[TRUNKS]){ 2000, 20, 200 }, (OhAdmissionLoad){ 0 });
  g_test_message ("taken %u, %u, %u", model.taken[0], model.taken[1], model.taken[2]);
  g_assert_cmpuint (model.refused[1], <=, 4);
  g_assert_cmpuint (model.taken[0] + model.taken[1] + model.taken[2], <=, 2050);
  g_assert_cmpuint (model.taken[0], >=, 20 * 30);
  g_assert_cmpuint (model.taken[2], >=, 20 * 30);
  oh_admission_free (model.admission);
}

static void
test_counts (void)
{
  const OhAdmissionLimits limits = { .beginning = 10, .calls = 100, .memory_mib = 300 };
  OhAdmission *admission = oh_admission_new (&limits);
  Model model = { .admission = admission };
  guint retry_s = 0;

  g_assert_true (oh_admission_take (admission, 1, 9, 99, 1, &retry_s));
  g_assert_false (oh_admission_take (admission, 1, 10, 50, 1, &retry_s));
  assert_reason (&model, "10 calls wait for their first answer, limit 10");
  g_assert_cmpuint (retry_s, ==, 1);
  g_assert_false (oh_admission_take (admission, 1, 0, 100, 1, &retry_s));
  assert_reason (&model, "100 calls at once, limit 100");
  g_assert_cmpuint (retry_s, ==, 10);
  oh_admission_measure (admission, &(OhAdmissionLoad){ .memory_mib = 300 }, 1);
  g_assert_false (oh_admission_take (admission, 1, 0, 0, 1, &retry_s));
  assert_reason (&model, "300 MiB of memory are in use, limit 300");
  g_assert_cmpuint (oh_admission_get_state (admission).taken, ==, 1);
  g_assert_cmpuint (oh_admission_get_state (admission).refused, ==, 3);
  oh_admission_free (admission);
}

/* They come in when all others are refused, but nobody can make a flood of them. */
static void
test_urgent (void)
{
  const OhAdmissionLimits limits = { .calls = 1 };
  OhAdmission *admission = oh_admission_new (&limits);
  gint64 now = G_USEC_PER_SEC;
  guint taken = 0, retry_s;

  g_assert_false (oh_admission_take (admission, 1, 0, 1, now, &retry_s));
  for (guint i = 0; i < 1000; i++)
    taken += oh_admission_take_urgent (admission, now + i * 10000) ? 1 : 0;
  g_assert_cmpuint (taken, >=, 100);
  g_assert_cmpuint (taken, <=, 111);
  oh_admission_free (admission);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/admission/open", test_open);
  g_test_add_func ("/admission/flood", test_flood);
  g_test_add_func ("/admission/hiccup", test_hiccup);
  g_test_add_func ("/admission/causes", test_causes);
  g_test_add_func ("/admission/no-cause", test_no_cause);
  g_test_add_func ("/admission/fixed-rate", test_fixed_rate);
  g_test_add_func ("/admission/fair", test_fair);
  g_test_add_func ("/admission/counts", test_counts);
  g_test_add_func ("/admission/urgent", test_urgent);
  return g_test_run ();
}
