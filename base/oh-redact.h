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

/* The same of a name within a sentence: what only turns or hides other signs is left out too, and blanks
 * at its ends. Transfer full. */
char *oh_printable_name (const char *text, gsize max_bytes);

/* Whether @c only turns or hides other signs, or parts lines; joiners shape letters, and do not. */
gboolean oh_is_hidden (gunichar c);

/* Whether @name, which somebody calls himself, is nothing but @number, however it is written
 * ("030 1234" is "+49301234"): it has no letters, and its digits are the number's or the end of them.
 * Such a name is none, and would tell the number where that is not to be told. NULL: FALSE. */
gboolean oh_name_is_number (const char *name, const char *number);

G_END_DECLS
