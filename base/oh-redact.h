/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* For logs: a telephone number keeps its last two digits ("+49…17"), a SIP address its first letter
 * and its domain ("a…@example.org"). Passwords, keys, bodies and SDP are never passed to a log, so
 * there is nothing here for them. Transfer full; NULL gives "(none)". */
char *oh_redact_address (const char *address);

/* @text with control characters and invalid UTF-8 made visible and cut to @max_bytes, for a log line
 * or a message to a person. Transfer full. */
char *oh_printable (const char *text, gsize max_bytes);

G_END_DECLS
