/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* How much of the network a call's sound may take: by itself what the path bears, or as the person has
 * fixed it. */
typedef enum
{
  OH_QUALITY_AUTOMATIC,
  OH_QUALITY_BEST,
  OH_QUALITY_BALANCED,
  OH_QUALITY_SAVE_DATA
} OhQuality;

/* "automatic", "best", "balanced", "save-data", as settings have it; AUTOMATIC for all others and NULL. */
OhQuality oh_quality_parse (const char *word);

G_END_DECLS
