/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* Locks a key (a user, or a user as one source sees him) after some wrong passwords: one minute, then
 * twice as long each time, at most a quarter of an hour. Tries under way count as wrong until they are judged, so that many at once are
 * no way around it. The table is bounded. One thread. */
typedef struct _OhLockout OhLockout;

/* @tries: wrong ones until the lock. */
OhLockout *oh_lockout_new (guint tries, guint max_keys);
void oh_lockout_free (OhLockout *lockout);

/* FALSE: locked for *@retry_s more seconds. TRUE: must be followed by oh_lockout_end_try(). */
gboolean oh_lockout_begin_try (OhLockout *lockout, const char *key, guint *retry_s);

typedef enum
{
  OH_TRY_RIGHT,
  OH_TRY_WRONG,
  OH_TRY_UNJUDGED /* the check could not be made */
} OhTry;
void oh_lockout_end_try (OhLockout *lockout, const char *key, OhTry outcome);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (OhLockout, oh_lockout_free)

G_END_DECLS
