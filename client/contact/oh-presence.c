/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "oh-client"

#include "client/contact/oh-presence.h"

static const char *const words[] = {
  [OH_PRESENCE_UNKNOWN] = "unknown",
  [OH_PRESENCE_OFFLINE] = "offline",
  [OH_PRESENCE_AVAILABLE] = "available",
  [OH_PRESENCE_AWAY] = "away",
  [OH_PRESENCE_EXTENDED_AWAY] = "extended-away",
  [OH_PRESENCE_BUSY] = "busy",
  [OH_PRESENCE_INVISIBLE] = "invisible",
  [OH_PRESENCE_MOBILE] = "mobile",
};

const char *
oh_presence_to_word (OhPresence presence)
{
  g_return_val_if_fail (presence < G_N_ELEMENTS (words), words[OH_PRESENCE_UNKNOWN]);
  return words[presence];
}

OhPresence
oh_presence_from_word (const char *word)
{
  for (guint i = 0; i < G_N_ELEMENTS (words); i++)
    if (g_strcmp0 (words[i], word) == 0)
      return i;
  return OH_PRESENCE_UNKNOWN;
}

gboolean
oh_presence_is_online (OhPresence presence)
{
  return presence >= OH_PRESENCE_AVAILABLE && presence != OH_PRESENCE_INVISIBLE;
}
