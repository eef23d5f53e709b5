/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "oh-limits"

#include "server/limits/oh-admission.h"

#include <math.h>

#define FULL_PERCENT 50 /* of a socket: what is sent after that may find no room */
#define BUSY_PERCENT 98
#define QUIET_PERCENT 80 /* below that a thread's load says nothing */
/* Calls a second that are tried whatever the load: they are few enough for any machine, and a late
 * moment of one that has little to do refuses nobody. */
#define LEAST_RATE 50.0
#define CUT 0.04     /* of the rate, at the limit */
#define MORE_CUT 0.1 /* for each limit that the load is above it */
#define MOST_CUT 0.5
#define CUT_AGAIN_US 200000 /* what was cut is seen in the load by then */
#define FALLS                                                                                      \
  0.9            /* of what it was: the queue of before is being worked off, which takes its time */
#define NEAR 1.2 /* limits; that far above one it is not a queue of before */
#define GROW_PER_S 1.3
#define RETURN_PER_S 4.0 /* to nearly the rate that was too high, with next to no load */
#define NEARLY 0.9
#define NO_LOAD 0.25
#define ROOM 1.2 /* in a share, for a source that asks for more */
#define GROW_STEP_PER_S 10.0
#define WELL_BELOW 0.8
#define OPEN_AFTER_US (3 * G_USEC_PER_SEC)
#define OLD_US G_USEC_PER_SEC /* a measurement that says nothing of the present rates any more */
#define MEMORY 0.3            /* weight of the newest rate */
#define FORGET 0.05           /* calls a second: a source that asks for less has gone */
#define URGENT_PER_S 10.0
#define MAX_SOURCES 1024
#define MAX_RETRY_S 10

/* A store of leave to come in that fills at a rate. */
typedef struct
{
  double tokens;
  gint64 filled;
} Bucket;

typedef struct
{
  gint64 id;
  guint asked;    /* since the last measurement */
  double offered; /* calls a second that it asked for */
  double share;   /* of them that it may have */
  Bucket bucket;
} Source;

typedef enum
{
  CAUSE_NONE,
  CAUSE_SIGNALLING,
  CAUSE_INBOX,
  CAUSE_BUSY,
  CAUSE_SOUND,
  CAUSE_MEMORY,
  CAUSE_RATE,
  CAUSE_BEGINNING,
  CAUSE_CALLS
} Cause;

struct _OhAdmission
{
  OhAdmissionLimits limits;
  OhAdmissionLoad load;
  gint64 measured, cut, refused_at;
  guint hot;          /* measurements in a row that were too high */
  gboolean following; /* the load: `allowed` counts */
  double allowed;     /* calls a second */
  double too_high;    /* what they were before they were cut */
  double pressure;    /* the last */
  guint taken_now;    /* since the last measurement */
  double accepted;    /* calls a second */
  Bucket all, urgent;
  GHashTable *sources; /* id in Source -> Source */
  Cause pressing, cause;
  guint cause_value, cause_limit; /* as they were */
  guint64 taken, refused;
};

OhAdmission *
oh_admission_new (const OhAdmissionLimits *limits)
{
  OhAdmission *admission = g_new0 (OhAdmission, 1);

  admission->limits = *limits;
  admission->sources = g_hash_table_new_full (g_int64_hash, g_int64_equal, NULL, g_free);
  return admission;
}

void
oh_admission_set_limits (OhAdmission *admission, const OhAdmissionLimits *limits)
{
  admission->limits = *limits;
}

void
oh_admission_free (OhAdmission *admission)
{
  if (!admission)
    return;
  g_hash_table_unref (admission->sources);
  g_free (admission);
}

/* --- The load --- */

/* What is measured, and how much of it may be; 0: any. */
static void
read_part (const OhAdmission *admission, Cause cause, guint *value, guint *limit)
{
  const OhAdmissionLoad *load = &admission->load;
  const OhAdmissionLimits *limits = &admission->limits;

  *value = cause == CAUSE_SIGNALLING ? load->signalling_ms
           : cause == CAUSE_INBOX    ? load->inbox_percent
           : cause == CAUSE_BUSY     ? load->busy_percent
                                     : load->sound_ms;
  *limit = cause == CAUSE_SIGNALLING ? limits->signalling_late_ms
           : cause == CAUSE_SOUND    ? limits->sound_late_ms
           /* These two are signs of the first, and go with it. */
           : limits->signalling_late_ms == 0 ? 0
           : cause == CAUSE_INBOX            ? FULL_PERCENT
                                             : BUSY_PERCENT;
}

/* The worst part of the load, as a share of its limit; but for memory, which does not follow the rate. */
static double
find_pressure (OhAdmission *admission)
{
  double worst = 0;

  for (Cause cause = CAUSE_SIGNALLING; cause <= CAUSE_SOUND; cause++)
    {
      double least = cause == CAUSE_BUSY ? QUIET_PERCENT : 0;
      guint value, limit;
      double share;

      read_part (admission, cause, &value, &limit);
      share = limit ? (value - least) / (limit - least) : 0;
      if (share > worst)
        {
          worst = share;
          admission->pressing = cause;
        }
    }
  return worst;
}

/* --- The rate --- */

/* INFINITY: as many as come. */
static double
get_rate (const OhAdmission *admission)
{
  double rate = admission->limits.calls_per_second ? admission->limits.calls_per_second : INFINITY;

  return admission->following ? MIN (rate, admission->allowed) : rate;
}

static void
lower (OhAdmission *admission, double pressure, gint64 now)
{
  double left = 1 - MIN (CUT + MORE_CUT * (pressure - 1), MOST_CUT);

  if (now - admission->cut < CUT_AGAIN_US)
    return;
  admission->too_high = admission->following ? admission->allowed : admission->accepted;
  admission->allowed = MAX (admission->too_high * left, LEAST_RATE);
  admission->following = TRUE;
  admission->cut = now;
}

static void
raise_rate (OhAdmission *admission, double pressure, double seconds)
{
  gboolean returns = pressure < NO_LOAD && admission->allowed < admission->too_high * NEARLY;

  admission->allowed = admission->allowed * pow (returns ? RETURN_PER_S : GROW_PER_S, seconds)
                       + GROW_STEP_PER_S * seconds;
}

static void
follow (OhAdmission *admission, double pressure, double seconds, gint64 now)
{
  gboolean falls = pressure > NEAR && pressure < admission->pressure * FALLS;

  admission->pressure = pressure;
  admission->hot = pressure >= 1 ? admission->hot + 1 : 0;
  if (admission->following ? pressure >= 1 && !falls : admission->hot > 1)
    lower (admission, pressure, now);
  else if (admission->following && pressure < WELL_BELOW)
    {
      raise_rate (admission, pressure, seconds);
      if (!oh_admission_is_refusing (admission, now))
        admission->following = FALSE;
    }
}

static double
weigh (double before, double newest)
{
  return before + MEMORY * (newest - before);
}

/* --- Shares --- */

static gboolean
count_source (gpointer key, gpointer value, gpointer seconds)
{
  Source *source = value;

  source->offered = weigh (source->offered, source->asked / *(double *)seconds);
  source->asked = 0;
  return source->offered < FORGET;
}

static int
compare_offered (gconstpointer a, gconstpointer b)
{
  double left = ((const Source *)a)->offered, right = ((const Source *)b)->offered;

  return left < right ? -1 : left > right;
}

/* From the smallest wish on: all of it, or an equal part of what is left. */
static void
share_out (OhAdmission *admission)
{
  double left = get_rate (admission);
  guint n = g_hash_table_size (admission->sources);
  g_autoptr (GList) sources = NULL;

  if (isinf (left))
    return;
  sources = g_list_sort (g_hash_table_get_values (admission->sources), compare_offered);
  for (GList *l = sources; l; l = l->next, n--)
    {
      Source *source = l->data;
      double wish = source->offered * ROOM + 1;

      source->share = MIN (wish, left / n);
      left -= source->share;
    }
}

void
oh_admission_measure (OhAdmission *admission, const OhAdmissionLoad *load, gint64 now)
{
  double seconds = (double)(now - admission->measured) / G_USEC_PER_SEC;

  admission->load = *load;
  if (admission->measured == 0 || now - admission->measured > OLD_US)
    {
      admission->hot = 0; /* nothing came meanwhile */
      admission->taken_now = 0;
      admission->accepted = 0;
      g_hash_table_remove_all (admission->sources);
    }
  else if (now > admission->measured)
    {
      admission->accepted = weigh (admission->accepted, admission->taken_now / seconds);
      admission->taken_now = 0;
      g_hash_table_foreach_remove (admission->sources, count_source, &seconds);
      follow (admission, find_pressure (admission), seconds, now);
      share_out (admission);
    }
  admission->measured = now;
}

/* --- One call --- */

/* What a bucket holds: a fifth of a second of its rate; calls come in bursts. */
static double
get_most (const OhAdmission *admission, double rate)
{
  return MAX (admission->following ? LEAST_RATE : 2, rate / 5);
}

static void
fill (Bucket *bucket, double rate, double most, gint64 now)
{
  bucket->tokens += rate * (double)MAX (now - bucket->filled, 0) / G_USEC_PER_SEC;
  bucket->tokens = MIN (bucket->tokens, most);
  bucket->filled = now;
}

static Source *
get_source (OhAdmission *admission, gint64 id, double rate, gint64 now)
{
  Source *source = g_hash_table_lookup (admission->sources, &id);

  if (source)
    return source;
  if (g_hash_table_size (admission->sources) >= MAX_SOURCES)
    g_hash_table_remove_all (admission->sources); /* they are back within a moment */
  source = g_new0 (Source, 1);
  source->id = id;
  source->share = isinf (rate) ? LEAST_RATE : rate / (g_hash_table_size (admission->sources) + 1);
  source->bucket = (Bucket){ 1, now };
  g_hash_table_insert (admission->sources, &source->id, source);
  return source;
}

static gboolean
refuse (OhAdmission *admission, Cause cause, guint value, guint limit, gint64 now)
{
  admission->refused++;
  admission->refused_at = now;
  admission->cause = cause;
  admission->cause_value = value;
  admission->cause_limit = limit;
  return FALSE;
}

static gboolean
refuse_for_rate (OhAdmission *admission, gint64 now)
{
  guint value, limit;

  if (!admission->following
      || (admission->limits.calls_per_second
          && admission->limits.calls_per_second <= admission->allowed))
    return refuse (admission, CAUSE_RATE, 0, admission->limits.calls_per_second, now);
  read_part (admission, admission->pressing, &value, &limit);
  return refuse (admission, admission->pressing, value, limit, now);
}

/* How often what comes is more than may come in: whoever waits that long, and has so many before it,
 * finds room. */
static guint
get_retry (OhAdmission *admission, double rate)
{
  GHashTableIter iter;
  gpointer source;
  double offered = 0;

  g_hash_table_iter_init (&iter, admission->sources);
  while (g_hash_table_iter_next (&iter, NULL, &source))
    offered += ((Source *)source)->offered;
  if (isinf (rate) || offered <= rate)
    return 1;
  return (guint)CLAMP (offered / MAX (rate, 1), 1, MAX_RETRY_S);
}

/* Who has not had his share comes in even where others took more than the rate just now; what is left
 * over is anybody's. */
static gboolean
take_token (OhAdmission *admission, Source *source, double rate, gint64 now)
{
  Bucket *all = &admission->all, *own = &source->bucket;
  double most = get_most (admission, rate);

  fill (all, rate, most, now);
  fill (own, source->share, get_most (admission, source->share), now);
  if (own->tokens < 1 && all->tokens < most / 2)
    return FALSE;
  if (all->tokens < 1 - most)
    return FALSE;
  all->tokens -= 1;
  own->tokens = MAX (0, own->tokens - 1);
  return TRUE;
}

gboolean
oh_admission_take (
    OhAdmission *admission, gint64 id, guint beginning, guint calls, gint64 now, guint *retry_s)
{
  const OhAdmissionLimits *limits = &admission->limits;
  double rate = get_rate (admission);
  Source *source = get_source (admission, id, rate, now);

  source->asked++;
  *retry_s = get_retry (admission, rate);
  if (limits->calls && calls >= limits->calls)
    {
      *retry_s = MAX_RETRY_S;
      return refuse (admission, CAUSE_CALLS, calls, limits->calls, now);
    }
  if (limits->beginning && beginning >= limits->beginning)
    return refuse (admission, CAUSE_BEGINNING, beginning, limits->beginning, now);
  if (limits->memory_mib && admission->load.memory_mib >= limits->memory_mib)
    {
      *retry_s = MAX_RETRY_S;
      return refuse (admission, CAUSE_MEMORY, admission->load.memory_mib, limits->memory_mib, now);
    }
  if (!isinf (rate) && !take_token (admission, source, rate, now))
    return refuse_for_rate (admission, now);
  admission->taken++;
  admission->taken_now++;
  return TRUE;
}

gboolean
oh_admission_take_urgent (OhAdmission *admission, gint64 now)
{
  fill (&admission->urgent, URGENT_PER_S, URGENT_PER_S, now);
  if (admission->urgent.tokens < 1)
    return FALSE;
  admission->urgent.tokens -= 1;
  admission->taken++;
  admission->taken_now++;
  return TRUE;
}

/* --- What is told --- */

OhAdmissionState
oh_admission_get_state (OhAdmission *admission)
{
  double rate = get_rate (admission);

  return (OhAdmissionState){ .taken = admission->taken,
                             .refused = admission->refused,
                             .rate = isinf (rate) ? 0 : (guint)ceil (rate),
                             .load = admission->load };
}

gboolean
oh_admission_is_refusing (OhAdmission *admission, gint64 now)
{
  return admission->refused > 0 && now - admission->refused_at < OPEN_AFTER_US;
}

char *
oh_admission_dup_reason (OhAdmission *admission)
{
  guint value = admission->cause_value, limit = admission->cause_limit;

  switch (admission->cause)
    {
    case CAUSE_SIGNALLING:
      return g_strdup_printf ("requests wait %u ms, limit %u", value, limit);
    case CAUSE_INBOX:
      return g_strdup_printf ("a SIP socket is %u %% full, limit %u", value, limit);
    case CAUSE_BUSY:
      return g_strdup_printf ("signalling takes %u %% of a processor core, limit %u", value, limit);
    case CAUSE_SOUND:
      return g_strdup_printf ("sound is %u ms late, limit %u", value, limit);
    case CAUSE_MEMORY:
      return g_strdup_printf ("%u MiB of memory are in use, limit %u", value, limit);
    case CAUSE_RATE:
      return g_strdup_printf ("more than %u new calls a second", limit);
    case CAUSE_BEGINNING:
      return g_strdup_printf ("%u calls wait for their first answer, limit %u", value, limit);
    case CAUSE_CALLS:
      return g_strdup_printf ("%u calls at once, limit %u", value, limit);
    case CAUSE_NONE:
    default:
      return g_strdup ("nothing was refused");
    }
}
