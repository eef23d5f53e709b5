/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "client/sound/oh-sound-desk.h"

static OhCue
cue_for_end (OhCall *call)
{
  if (oh_call_is_incoming (call) || oh_call_has_early_media (call) || oh_call_get_started (call))
    return OH_CUE_NONE;
  switch (oh_call_get_reason (call))
    {
    case OH_CALL_REASON_BUSY:
    case OH_CALL_REASON_DECLINED:
      return OH_CUE_BUSY;
    case OH_CALL_REASON_REFUSED:
    case OH_CALL_REASON_NOT_FOUND:
    case OH_CALL_REASON_NETWORK:
      return OH_CUE_CONGESTION;
    default:
      return OH_CUE_NONE;
    }
}

static OhCue
cue_for_call (OhCall *call)
{
  switch (oh_call_get_state (call))
    {
    case OH_CALL_INCOMING:
      return oh_call_get_chosen (call) ? OH_CUE_NONE : OH_CUE_RING;
    case OH_CALL_RINGING:
      return oh_call_has_early_media (call) ? OH_CUE_NONE : OH_CUE_RINGBACK;
    case OH_CALL_ENDED:
      return cue_for_end (call);
    default:
      return OH_CUE_NONE;
    }
}

static gboolean
is_busy_with (OhCall *call)
{
  OhCallState state = oh_call_get_state (call);

  return state != OH_CALL_INCOMING && state != OH_CALL_ENDED;
}

OhCue
oh_cue_for_calls (GListModel *calls, GHashTable *silenced)
{
  guint n = g_list_model_get_n_items (calls);
  gboolean busy = FALSE;
  OhCue cue = OH_CUE_NONE;
  OhCue end_cue = OH_CUE_NONE;

  for (guint i = 0; i < n; i++)
    {
      g_autoptr (OhCall) call = g_list_model_get_item (calls, i);
      OhCue own = cue_for_call (call);

      if (own == OH_CUE_RING && g_hash_table_contains (silenced, call))
        own = OH_CUE_NONE;

      busy = busy || is_busy_with (call);
      if (oh_call_get_state (call) == OH_CALL_ENDED)
        end_cue = own ? own : end_cue;
      else if (own != OH_CUE_NONE && cue != OH_CUE_RING)
        cue = own;
    }
  if (cue == OH_CUE_RING && busy)
    return OH_CUE_CALL_WAITING;
  if (cue != OH_CUE_NONE)
    return cue;
  return busy ? OH_CUE_NONE : end_cue;
}
