/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "server/store/oh-ring-rules.h"

#include "base/oh-error.h"

const char *const oh_ring_order_words[] = { "activity", "rank", "together", NULL };
const char *const oh_quiet_words[] = { "ring", "later", "skip", "message", "default", NULL };
const char *const oh_evidence_words[] = { "auto", "weak", "strong", NULL };
const char *const oh_decline_words[] = { "voicemail", "busy", "hang-up", NULL };
const char *const oh_switch_words[] = { "off", "on", NULL };

gboolean
oh_evidence_is_weak (OhEvidence evidence, gboolean by_itself)
{
  return evidence == OH_EVIDENCE_WEAK || (evidence == OH_EVIDENCE_AUTO && by_itself);
}

gboolean
oh_ring_check_place (int rank, int evidence, GError **error)
{
  if (rank < -1 || rank > OH_RANK_MAX)
    g_set_error (error, OH_ERROR, OH_ERROR_INVALID, "the rank must be from 1 to %d, or 0 for none",
                 OH_RANK_MAX);
  else if (evidence < -1 || evidence > OH_EVIDENCE_STRONG)
    g_set_error (error, OH_ERROR, OH_ERROR_INVALID, "the evidence must be auto, weak or strong");
  else
    return TRUE;
  return FALSE;
}

int
oh_word_find (const char *const *words, const char *word)
{
  int i = 0;

  if (!word)
    return -1;
  while (words[i] && !g_str_equal (words[i], word))
    i++;
  return i;
}
