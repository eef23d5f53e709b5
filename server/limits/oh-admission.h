/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* Whether one more call may come in: the decision alone, a function of what is measured and of the
 * clock that it is given. Open as long as nothing is above its limit. Twice in a row too high, and
 * new calls are let in at a rate that follows the load: less while it is too high, more while it is
 * well below its limits, the same between (RFC 7339 leaves the algorithm to the server); open again
 * once none had to be refused for three seconds. Who calls in shares that rate: a source that asks
 * for less than its share gets all of it, the others divide the rest (max-min fairness), so that one
 * trunk's flood does not shut out another. One thread. */
typedef struct _OhAdmission OhAdmission;

/* 0: no such limit. */
typedef struct
{
  guint calls_per_second; /* never more new ones than that */
  guint beginning;        /* calls that came in and have got no word yet */
  guint calls;            /* at once, in all */
  guint signalling_late_ms, sound_late_ms;
  guint memory_mib;
} OhAdmissionLimits;

/* What was measured since the last time, or now. */
typedef struct
{
  guint signalling_ms; /* the shortest that a request waited to be read: a queue that stands */
  guint inbox_percent; /* how full the fullest SIP socket is; 100: something was lost there */
  guint busy_percent;  /* of a core, the signalling thread */
  guint sound_ms;      /* how late the latest media worker was */
  guint memory_mib;
} OhAdmissionLoad;

/* @limits is copied. */
OhAdmission *oh_admission_new (const OhAdmissionLimits *limits);
void oh_admission_set_limits (OhAdmission *admission, const OhAdmissionLimits *limits);
void oh_admission_free (OhAdmission *admission);

/* Some ten times a second while calls come in. @now: monotonic us. */
void oh_admission_measure (OhAdmission *admission, const OhAdmissionLoad *load, gint64 now);

/* A call of @source, any number that stands for it. @beginning, @calls: how many there are now.
 * FALSE: it must be refused, and *@retry_s (1 to 10) tells for how long its source had better send
 * none. */
gboolean oh_admission_take (OhAdmission *admission,
                            gint64 source,
                            guint beginning,
                            guint calls,
                            gint64 now,
                            guint *retry_s);

/* It will not be refused whatever the load, but counts; ten a second, so that nobody can make a
 * flood of these. FALSE: more than that. */
gboolean oh_admission_take_urgent (OhAdmission *admission, gint64 now);

typedef struct
{
  guint64 taken, refused; /* since creation */
  guint rate;             /* new calls a second that are let in now; 0: as many as come */
  OhAdmissionLoad load;   /* the last measured */
} OhAdmissionState;
OhAdmissionState oh_admission_get_state (OhAdmission *admission);

/* Whether new calls are refused, or were less than three seconds ago. */
gboolean oh_admission_is_refusing (OhAdmission *admission, gint64 now);

/* Why the last one was, with its figures, for the log: "requests wait 30 ms, limit 20". Transfer
 * full. */
char *oh_admission_dup_reason (OhAdmission *admission);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (OhAdmission, oh_admission_free)

G_END_DECLS
