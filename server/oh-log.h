/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* What is logged goes to stderr, one line each (the journal under systemd). @level: "error",
 * "warning", "message", "info", "debug"; G_MESSAGES_DEBUG adds to it. From any thread. */
void oh_log_set_level (const char *level);

G_END_DECLS
