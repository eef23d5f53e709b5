/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* What is logged goes to stderr, one line each (the journal under systemd). @level: "error",
 * "warning", "message", "info", "debug"; G_MESSAGES_DEBUG as it is then adds to it. From any thread. */
void oh_log_set_level (const char *level);

/* Whether a line of @domain would be written: asked before one that each call brings is put together, for GLib
 * puts together those that nobody wants, too. From any thread. */
gboolean oh_log_wants (GLogLevelFlags level, const char *domain);

G_END_DECLS
