/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* How much earlier than needed the packets of the last seconds came: the least time that one of them
 * waited for its turn. That much delay could be saved without any coming too late. */
typedef struct
{
  gboolean known;       /* a whole window is over */
  gint64 least, coming; /* us, of this window and the one before together, and of this one */
  gint64 begun;         /* this window; 0: none */
} OhSlack;

void oh_slack_reset (OhSlack *slack);

/* A packet that waited @us until it was taken at @now; 0: it came too late. @even: the path is one of which
 * half a second tells as much as else three times that. */
void oh_slack_add (OhSlack *slack, gint64 us, gint64 now, gboolean even);

/* The delay grew by @us (or shrank). */
void oh_slack_shift (OhSlack *slack, gint64 us);

/* 0 until enough is known. */
float oh_slack_get_ms (const OhSlack *slack);

G_END_DECLS
