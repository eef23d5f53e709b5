/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "oh-call"

#include "server/call/oh-server-call.h"

#include "base/oh-clock.h"

#include <stdio.h>
#include <time.h>
#include <unistd.h>

#define MEASURE_MS 100
#define QUIET_US (5 * G_USEC_PER_SEC) /* without a new call: nothing is measured any more */
#define MEMORY_US G_USEC_PER_SEC
#define TELL_AGAIN_US (10 * G_USEC_PER_SEC)
#define BUSY_WEIGHT 0.3 /* of the newest */
#define MIB (1024 * 1024)

/* Sources that share the rate of new calls: each trunk by its id, and these. */
enum
{
  SOURCE_ANY = 0, /* there is nothing to share */
  SOURCE_DEVICES = -1,
  SOURCE_STRANGERS = -2
};

/* --- Measuring --- */

static gint64
get_thread_us (void)
{
  struct timespec used;

  return clock_gettime (CLOCK_THREAD_CPUTIME_ID, &used) == 0
             ? used.tv_sec * G_USEC_PER_SEC + used.tv_nsec / 1000
             : 0;
}

static guint
read_memory (void)
{
  FILE *file = fopen ("/proc/self/statm", "re");
  unsigned long all, resident = 0;

  if (!file)
    return 0;
  if (fscanf (file, "%lu %lu", &all, &resident) != 2)
    resident = 0;
  fclose (file);
  return (guint)(resident * (unsigned long)sysconf (_SC_PAGESIZE) / MIB);
}

static guint
read_sound_ms (OhExchange *exchange)
{
  gint64 latest = 0;

  for (guint i = 0; i < exchange->workers->len; i++)
    latest = MAX (latest, oh_worker_take_lateness (exchange->workers->pdata[i]));
  return (guint)(latest / 1000);
}

static void
measure (OhExchange *exchange, gint64 now)
{
  OhLoadMeter *meter = &exchange->meter;
  gint64 thread_us = get_thread_us ();
  double busy = now > meter->measured
                    ? (double)(thread_us - meter->thread_us) / (double)(now - meter->measured) * 100
                    : 0;
  OhAdmissionLoad load;

  meter->busy += BUSY_WEIGHT * (CLAMP (busy, 0, 100) - meter->busy);
  if (now - meter->memory_read >= MEMORY_US)
    {
      meter->memory_mib = read_memory ();
      meter->memory_read = now;
    }
  load = (OhAdmissionLoad){ .signalling_ms = (guint)(MAX (meter->shortest_wait, 0) / 1000),
                            .inbox_percent = oh_sip_get_inbox (exchange->sip),
                            .busy_percent = (guint)(meter->busy + 0.5),
                            .sound_ms = read_sound_ms (exchange),
                            .memory_mib = meter->memory_mib };
  oh_admission_measure (exchange->admission, &load, now);
  meter->measured = now;
  meter->thread_us = thread_us;
  meter->shortest_wait = -1;
}

/* --- The log: when it begins, each ten seconds, when it is over --- */

static void
tell_refusal (OhExchange *exchange, gint64 now)
{
  OhLoadMeter *meter = &exchange->meter;
  g_autofree char *reason = NULL;

  if (meter->refusing)
    return;
  reason = oh_admission_dup_reason (exchange->admission);
  g_warning ("new calls are refused: %s", reason);
  meter->refusing = TRUE;
  meter->began = meter->told = now;
  meter->told_refused = meter->began_refused = oh_admission_get_state (exchange->admission).refused
                                               - 1;
}

static void
tell_more (OhExchange *exchange, gint64 now)
{
  OhLoadMeter *meter = &exchange->meter;
  OhAdmissionState state = oh_admission_get_state (exchange->admission);

  if (!meter->refusing)
    return;
  if (!oh_admission_is_refusing (exchange->admission, now))
    {
      g_message ("new calls are taken again; %" G_GUINT64_FORMAT " were refused in %d s",
                 state.refused - meter->began_refused,
                 (int)((now - meter->began) / G_USEC_PER_SEC));
      meter->refusing = FALSE;
    }
  else if (now - meter->told >= TELL_AGAIN_US)
    {
      g_autofree char *reason = oh_admission_dup_reason (exchange->admission);

      g_warning ("%" G_GUINT64_FORMAT " new calls were refused in the last %d s: %s",
                 state.refused - meter->told_refused, (int)((now - meter->told) / G_USEC_PER_SEC),
                 reason);
      meter->told = now;
      meter->told_refused = state.refused;
    }
}

/* --- While calls come in --- */

static void
on_measure_timer (gpointer data)
{
  OhExchange *exchange = data;
  gint64 now = oh_clock_now ();

  exchange->meter.timer = 0;
  measure (exchange, now);
  tell_more (exchange, now);
  if (now - exchange->meter.last_arrival < QUIET_US || exchange->meter.refusing)
    exchange->meter.timer = oh_sip_add_timer (exchange->sip, MEASURE_MS, on_measure_timer,
                                              exchange);
}

static void
note_arrival (OhExchange *exchange, const OhSipArrival *arrival, gint64 now)
{
  OhLoadMeter *meter = &exchange->meter;

  meter->last_arrival = now;
  if (arrival->waited_us >= 0
      && (meter->shortest_wait < 0 || arrival->waited_us < meter->shortest_wait))
    meter->shortest_wait = arrival->waited_us;
  if (meter->timer)
    return;
  measure (exchange, now); /* from here on it counts */
  meter->timer = oh_sip_add_timer (exchange->sip, MEASURE_MS, on_measure_timer, exchange);
}

/* --- Who calls --- */

static gint64
find_source (OhExchange *exchange, const OhSipArrival *arrival)
{
  const OhSipInfo info = { .source_address = arrival->source_address, .request_user = "" };
  const OhTrunk *trunk;

  if (oh_admission_get_state (exchange->admission).rate == 0)
    return SOURCE_ANY;
  if (!arrival->transport
      || oh_registrar_find_by_flow (exchange->registrar, arrival->transport,
                                    arrival->source_address, arrival->source_port))
    return SOURCE_DEVICES;
  trunk = oh_trunks_find_source (exchange->trunks, &info);
  return trunk ? trunk->id : SOURCE_STRANGERS;
}

static gboolean
is_emergency (OhExchange *exchange, const char *number)
{
  return number
         && g_strv_contains ((const char *const *)exchange->config->emergency_numbers, number);
}

gboolean
oh_exchange_admit (OhExchange *exchange, const OhSipArrival *arrival, guint *retry_s)
{
  gint64 now = oh_clock_now ();

  note_arrival (exchange, arrival, now);
  if (is_emergency (exchange, arrival->request_user)
      && oh_admission_take_urgent (exchange->admission, now))
    return TRUE;
  if (oh_admission_take (exchange->admission, find_source (exchange, arrival), arrival->beginning,
                         g_hash_table_size (exchange->calls), now, retry_s))
    return TRUE;
  tell_refusal (exchange, now);
  return FALSE;
}

/* --- Limits and figures --- */

OhAdmissionLimits
oh_exchange_read_limits (const OhServerConfig *config)
{
  return (OhAdmissionLimits){ .calls_per_second = config->new_calls_per_second,
                              .beginning = config->beginning_calls,
                              .calls = config->max_calls,
                              .signalling_late_ms = config->signalling_late_ms,
                              .sound_late_ms = config->sound_late_ms,
                              .memory_mib = config->memory_mib };
}

static void
add_int (JsonBuilder *builder, const char *name, gint64 value)
{
  json_builder_set_member_name (builder, name);
  json_builder_add_int_value (builder, value);
}

void
oh_exchange_describe_load (OhExchange *exchange, JsonBuilder *builder)
{
  OhAdmissionState state;

  if (!exchange->meter.timer)
    measure (exchange, oh_clock_now ());
  state = oh_admission_get_state (exchange->admission);
  json_builder_begin_object (builder);
  add_int (builder, "taken", (gint64)state.taken);
  add_int (builder, "refused", (gint64)state.refused);
  json_builder_set_member_name (builder, "refusing");
  json_builder_add_boolean_value (builder, exchange->meter.refusing);
  add_int (builder, "rate", state.rate);
  add_int (builder, "wait_ms", state.load.signalling_ms);
  add_int (builder, "socket_percent", state.load.inbox_percent);
  add_int (builder, "thread_percent", state.load.busy_percent);
  add_int (builder, "sound_ms", state.load.sound_ms);
  add_int (builder, "memory_mib", state.load.memory_mib);
  json_builder_end_object (builder);
}
