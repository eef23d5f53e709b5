/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "oh-base"

#include "base/oh-state-table.h"

gboolean
oh_state_table_allows (const OhStateTable *table, guint from, guint to)
{
  return to < 32 && (table->next[from] & (1u << to)) != 0;
}

gboolean
oh_state_table_move (const OhStateTable *table, guint *state, guint to)
{
  if (!oh_state_table_allows (table, *state, to))
    {
      g_debug ("%s: no step from %s to %s", table->name, table->states[*state], table->states[to]);
      return FALSE;
    }
  *state = to;
  return TRUE;
}
