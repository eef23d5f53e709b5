/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* How somebody can be reached, on any service. */
typedef enum
{
  OH_PRESENCE_UNKNOWN, /* the service does not say, or nobody asked it yet */
  OH_PRESENCE_OFFLINE,
  OH_PRESENCE_AVAILABLE,
  OH_PRESENCE_AWAY,
  OH_PRESENCE_EXTENDED_AWAY, /* away for long */
  OH_PRESENCE_BUSY,          /* do not disturb */
  OH_PRESENCE_INVISIBLE,     /* the user's own only: signed in, and shown as offline;
                                * away where the service has no such thing */
  OH_PRESENCE_MOBILE         /* reached at a phone */
} OhPresence;

typedef enum
{
  OH_TYPING_STOPPED,
  OH_TYPING_ACTIVE,
  OH_TYPING_PAUSED
} OhTyping;

/* "available", "away", "extended-away", ...: for settings and tests, not for people. Unknown words
 * count as OH_PRESENCE_UNKNOWN. */
const char *oh_presence_to_word (OhPresence presence);
OhPresence oh_presence_from_word (const char *word);

/* Whether messages reach somebody at once. */
gboolean oh_presence_is_online (OhPresence presence);

G_END_DECLS
