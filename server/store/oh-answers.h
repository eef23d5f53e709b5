/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* Where a user answered a call, and when: what server/routing/oh-hours.h learns from. Kept for
 * OH_ANSWERS_WEEKS, and no longer than the history; of each user the newest OH_ANSWERS_MAX. An answer goes
 * with its user, device or identity. Of a user who does not want that to be learned none is added. */

#define OH_ANSWERS_WEEKS 12
#define OH_ANSWERS_MAX 200
#define OH_ANSWERS_SLOTS 48 /* by hour: of weekdays, then of weekends (Saturday and Sunday) */

typedef struct
{
  gint64 id;             /* of its row; 0: it has none */
  gint64 time_s;         /* Unix time */
  guint slot;            /* of that time: oh_answers_get_slot(), which is too dear for each call */
  const char *device_id; /* interned, as all are copied for each new one; NULL: by a message */
  gint64 identity_id;    /* then of this OhImIdentity, by reply or link; else 0 */
} OhAnswer;

/* The slot of that Unix time, in the time zone of the process. Any thread. */
guint oh_answers_get_slot (gint64 time_s);

/* An empty array of OhAnswer. Transfer full. */
GArray *oh_answers_new (void);

/* Copies what is given; @device_id may be NULL. */
void oh_answers_add (GArray *answers, gint64 time_s, const char *device_id, gint64 identity_id);

G_END_DECLS
