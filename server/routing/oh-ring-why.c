/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "server/routing/oh-ring-why.h"

static const struct
{
  const char *code, *words;
} whys[OH_N_WHYS] = {
  [OH_WHY_NONE] = { "", "" },
  [OH_WHY_NOT_SIGNED_IN] = { "not-signed-in", "not signed in" },
  [OH_WHY_CALLS_ITSELF] = { "calls-itself", "calls itself" },
  [OH_WHY_NOT_VERIFIED] = { "not-verified", "not verified" },
  [OH_WHY_OWN_CALL] = { "own-call", "he calls himself" },
  [OH_WHY_UNKNOWN] = { "unknown", "its presence is not known" },
  [OH_WHY_OFFLINE] = { "offline", "offline" },
  [OH_WHY_CLOSED] = { "closed", "not available" },
  [OH_WHY_DND] = { "dnd", "do not disturb" },
  [OH_WHY_AWAY_SKIPPED] = { "away-skipped", "away, and so left out by the user's rule" },
  [OH_WHY_DND_DEFAULT] = { "dnd-default", "do not disturb: straight to the default option" },
  [OH_WHY_TOLD_BY_MESSAGE] = { "told-by-message", "it is told by message" },
  [OH_WHY_DND_MESSAGE] = { "dnd-message", "do not disturb: told by message only" },
  [OH_WHY_AWAY_LATER] = { "away-later", "away, and so later" },
  [OH_WHY_DND_LATER] = { "dnd-later", "do not disturb, and so later" },
  [OH_WHY_MESSAGE_ONLY] = { "message-only", "told by message only" },
  [OH_WHY_TOGETHER] = { "together", "all at once by the user's rule" },
  [OH_WHY_RANK] = { "rank", "rank" },
  [OH_WHY_NO_RANK] = { "no-rank", "no rank" },
  [OH_WHY_USUAL] = { "usual-hour", "where the user usually answers at this hour" },
  [OH_WHY_USED] = { "used", "used just now" },
  [OH_WHY_UNUSED] = { "unused", "not used" },
  [OH_WHY_AWAY] = { "away", "away" },
  [OH_WHY_WEAK] = { "weak", "always online, used or not" },
  [OH_WHY_SIGNED_IN] = { "signed-in", "signed in" },
  [OH_WHY_ONLINE] = { "online", "online" },
  [OH_WHY_CAME_ONLINE] = { "came-online", "came online while it rang" },
};

const char *
oh_ring_why_get_code (OhRingWhy why)
{
  return whys[why].code;
}

char *
oh_ring_why_dup_words (OhRingWhy why, guint number)
{
  if (why == OH_WHY_RANK)
    return g_strdup_printf ("rank %u", number);
  if (why == OH_WHY_USED && number > 0)
    return g_strdup_printf ("used %u min ago", number);
  if (why == OH_WHY_UNUSED)
    return number < 120 ? g_strdup_printf ("not used for %u min", number)
                        : g_strdup_printf ("not used for %u hours", number / 60);
  return g_strdup (whys[why].words);
}

char *
oh_ring_why_dup_usual (guint number, guint of)
{
  return g_strdup_printf ("%s (%u of %u)", whys[OH_WHY_USUAL].words, number, of);
}
