/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* What is kept of people from session to session where their service may not do it: whom an account
 * has blocked, and who is on its list. One key file an account, written in the next idle moment after
 * a change. Main thread. */
typedef struct _OhPurplePeople OhPurplePeople;

typedef struct
{
  char *address;
  char *name;  /* "" for none */
  char *group; /* "" for none */
} OhPurplePerson;

/* Reads what is there of account @id in @folder. */
OhPurplePeople *oh_purple_people_new (const char *folder, const char *id);
void oh_purple_people_free (OhPurplePeople *people); /* written by then */

char **oh_purple_people_get_blocked (OhPurplePeople *people); /* transfer full */
void oh_purple_people_set_blocked (OhPurplePeople *people, const char *address, gboolean blocked);

GPtrArray *
oh_purple_people_get_list (OhPurplePeople *people); /* of OhPurplePerson; transfer full */
/* @name and @group: NULL leaves them as they are. */
void oh_purple_people_put (OhPurplePeople *people,
                           const char *address,
                           const char *name,
                           const char *group);
void oh_purple_people_drop (OhPurplePeople *people, const char *address);

/* Removes the file of an account that is forgotten. */
void oh_purple_people_forget (const char *folder, const char *id);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (OhPurplePeople, oh_purple_people_free)

G_END_DECLS
