/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* A state machine as data: which state may follow which. States are small enums from 0. */
typedef struct
{
  const char *name;          /* for messages: "call" */
  const char *const *states; /* names, NULL-terminated, indexed by state */
  const guint32 *next; /* bit set of the states that may follow, indexed by state; 0 = final */
} OhStateTable;

/* Whether @to may follow @from. A step to the same state is not one. */
gboolean oh_state_table_allows (const OhStateTable *table, guint from, guint to);

/* Moves *@state to @to if the table allows it. Otherwise leaves it, says so at debug level and
 * returns FALSE: late events of a call that has ended are normal, so this is no assertion. */
gboolean oh_state_table_move (const OhStateTable *table, guint *state, guint to);

G_END_DECLS
