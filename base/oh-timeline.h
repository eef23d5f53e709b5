/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* For measuring across programs: one JSON line {"mono","program","mark","id"} is appended to the
 * file that the environment's OFFHOOK_TIMELINE names; "mono" is CLOCK_MONOTONIC in microseconds,
 * which all programs of a machine share. Costs one test of a flag when unset. @mark is a plain
 * word ("invite-received"), @id the call, offer or device it belongs to, or NULL. From any thread
 * but a sound device's. */
void oh_timeline_mark (const char *mark, const char *id);

G_END_DECLS
