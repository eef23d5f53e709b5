/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* Where a user answered a call, and when: what server/routing/oh-hours.h learns from. Kept for
 * OH_ANSWERS_WEEKS, and no longer than the history; of each user the newest OH_ANSWERS_MAX. An answer goes
 * with its user, device or identity. Of a user who does not want that to be learned none is added. */

#define OH_ANSWERS_WEEKS 12
#define OH_ANSWERS_MAX 200

typedef struct
{
  gint64 time_s;      /* Unix time */
  char *device_id;    /* a GRefString; NULL: by a message's reply or link */
  gint64 identity_id; /* then of this OhImIdentity; else 0 */
} OhAnswer;

/* An empty array of OhAnswer. Transfer full. */
GArray *oh_answers_new (void);

/* Copies what is given; @device_id may be NULL. */
void oh_answers_add (GArray *answers, gint64 time_s, const char *device_id, gint64 identity_id);

G_END_DECLS
