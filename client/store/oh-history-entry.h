/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "client/store/oh-call-route.h"

#include <gio/gio.h>

G_BEGIN_DECLS

/* One call of the past. Main thread. The list gives entries out before they are read from the
 * database ("loaded" is FALSE, all else empty); then all properties change and notify:
 *   "loaded" boolean, "id" string, "account" string (account id), "incoming" boolean,
 *   "name", "number", "called" string or NULL, "withheld" boolean,
 *   "start" int64 (unix s), "duration" uint (s, 0: never answered), "outcome" int (OhOutcome),
 *   "missed" boolean (incoming and nobody answered or declined it) */
#define OH_TYPE_HISTORY_ENTRY (oh_history_entry_get_type ())
G_DECLARE_FINAL_TYPE (OhHistoryEntry, oh_history_entry, OH, HISTORY_ENTRY, GObject)

typedef enum
{
  OH_OUTCOME_ANSWERED,
  OH_OUTCOME_MISSED,
  OH_OUTCOME_DECLINED,
  OH_OUTCOME_VOICEMAIL,
  OH_OUTCOME_BUSY,
  OH_OUTCOME_FAILED,
  OH_OUTCOME_ELSEWHERE /* answered on another device */
} OhOutcome;

/* The words of the server's API: "answered", "missed"...; unknown ones count as failed. */
OhOutcome oh_outcome_from_string (const char *word);
const char *oh_outcome_to_string (OhOutcome outcome);

gboolean oh_history_entry_is_loaded (OhHistoryEntry *entry);
const char *oh_history_entry_get_id (OhHistoryEntry *entry);
const char *oh_history_entry_get_account (OhHistoryEntry *entry);
gboolean oh_history_entry_is_incoming (OhHistoryEntry *entry);
const char *oh_history_entry_get_name (OhHistoryEntry *entry);
const char *oh_history_entry_get_number (OhHistoryEntry *entry);
const char *oh_history_entry_get_called (OhHistoryEntry *entry);
/* The other side's address at the account, for messages; NULL: it is not known. */
const char *oh_history_entry_get_peer (OhHistoryEntry *entry);
gboolean oh_history_entry_is_withheld (OhHistoryEntry *entry);
gint64 oh_history_entry_get_start (OhHistoryEntry *entry);
guint oh_history_entry_get_duration (OhHistoryEntry *entry);
OhOutcome oh_history_entry_get_outcome (OhHistoryEntry *entry);

/* Where it rang and where not; NULL where nobody told. Transfer full. */
OhCallRoute *oh_history_entry_dup_route (OhHistoryEntry *entry);
gboolean oh_history_entry_has_route (OhHistoryEntry *entry);

G_END_DECLS
