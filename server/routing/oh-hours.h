/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "server/store/oh-answers.h"
#include "server/store/oh-directory.h"

G_BEGIN_DECLS

/* Where a user usually answers at an hour: pure functions over his answers of the last OH_ANSWERS_WEEKS.
 * Weekdays and weekends (Saturday and Sunday) are told apart; the hours are those of the server's time zone.
 * An answer counts half as much each three weeks, and half in the hour before and after its own. A place is
 * the usual one of an hour when at least three answers and 60 % of all that count there are its; what is too
 * little or does not stand out has no usual place. */

#define OH_HOURS_SLOTS OH_ANSWERS_SLOTS

/* A place that still is the user's. Pointers into his directory. */
typedef struct
{
  const OhDevice *device; /* one of the two */
  const OhImIdentity *identity;
  guint counts[OH_HOURS_SLOTS];   /* answers */
  double weights[OH_HOURS_SLOTS]; /* as they count now */
} OhHoursPlace;

typedef struct
{
  GArray *places; /* of OhHoursPlace */
  guint n_answers;
} OhHours;

/* @answers: of OhAnswer, or NULL for none. @user: outlives it. @now_s: Unix time. Transfer full. */
OhHours *oh_hours_learn (const GArray *answers, const OhUser *user, gint64 now_s);
void oh_hours_free (OhHours *hours);

/* The usual place, and the answers on which that rests: those of the slot with the hours before and
 * after. */
typedef struct
{
  const OhHoursPlace *place;
  guint answered, of; /* there, everywhere */
} OhUsual;

/* FALSE: no place is. */
gboolean oh_hours_find_usual (const OhHours *hours, guint slot, OhUsual *usual);

/* Hours one after the other that have the same usual place. */
typedef struct
{
  gboolean weekend;
  guint from, to; /* 9, 12: from 9:00 until 12:00 */
  OhUsual usual;  /* of all of them */
} OhHoursSpan;

/* Of OhHoursSpan: weekdays first, then by time. Transfer full. */
GArray *oh_hours_list_spans (const OhHours *hours);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (OhHours, oh_hours_free)

G_END_DECLS
