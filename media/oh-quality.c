/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "media/oh-quality.h"

OhQuality
oh_quality_parse (const char *word)
{
  static const char *const words[] = {
    [OH_QUALITY_AUTOMATIC] = "automatic",
    [OH_QUALITY_BEST] = "best",
    [OH_QUALITY_BALANCED] = "balanced",
    [OH_QUALITY_SAVE_DATA] = "save-data",
  };

  for (guint i = 0; i < G_N_ELEMENTS (words); i++)
    if (g_strcmp0 (word, words[i]) == 0)
      return i;
  return OH_QUALITY_AUTOMATIC;
}
