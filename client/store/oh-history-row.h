/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "client/store/oh-history-entry.h"

#include <json-glib/json-glib.h>

G_BEGIN_DECLS

/* One past call as plain data, which may cross threads. */
typedef struct
{
  char *account; /* account id */
  char *id;
  char *name, *number, *called; /* or NULL */
  char *peer;                   /* the other side's address at the account, for messages, or NULL */
  gboolean incoming, withheld;
  gint64 start;   /* unix s */
  guint duration; /* s */
  OhOutcome outcome;
  char *route; /* oh_call_route_dup_text(), or NULL */
  gint64 row;  /* the server's running number; 0: local */
} OhHistoryRow;

OhHistoryRow *oh_history_row_new (void);
void oh_history_row_free (OhHistoryRow *row);

/* The answer to GET /history: OhHistoryRow (transfer full); rows that make no sense are left out.
 * NULL and @error if it is none at all. */
GPtrArray *oh_history_rows_from_json (JsonNode *node, const char *account, GError **error);

/* Fills an entry that was given out before (main thread). @row NULL: it is gone from the file. */
void oh_history_entry_fill (OhHistoryEntry *entry, const OhHistoryRow *row);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (OhHistoryRow, oh_history_row_free)

G_END_DECLS
