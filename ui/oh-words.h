/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "client/oh-client.h"

G_BEGIN_DECLS

/* What people read: states, reasons, errors and figures of `client` as words of their language.
 * Lower rooms only give codes. Main thread; `char *` is transfer full. */

/* The caller or called person: name, else number, else 'Withheld number' or 'Unknown number'. */
char *oh_words_person (const char *name, const char *number, gboolean withheld);

/* @number kept left to right inside a right-to-left text; "" for NULL. */
char *oh_words_number (const char *number);

/* State of a call, with the reason once it has ended: "Ringing…", "The line is busy". */
char *oh_words_call (OhCall *call);

/* State of an account: "Online", "No connection to example.org. Next try in 8 s." */
char *oh_words_account (OhAccount *account);

/* "XMPP" of libpurple's "prpl-jabber". */
char *oh_words_protocol (const char *protocol);

/* What became of a past call: "Missed", "Answered on another device". */
const char *oh_words_outcome (OhHistoryEntry *entry);

/* "4:05", "1:00:02". */
char *oh_words_duration (gint64 seconds);

/* @unix_time as people say it: "14:05", "Yesterday 14:05", "Mon 14:05", "3 May 2026". Until the next day, which
 * OhDay tells of. */
char *oh_words_when (gint64 unix_time);

/* The same, and of long ago the time of day too: "3 May 2026, 14:05". */
char *oh_words_moment (gint64 unix_time);

/* @mos 1 to 4.5, or 0 for unknown. */
const char *oh_words_quality (double mos);

/* Why signing in, dialling or another wish failed. */
char *oh_words_error (const GError *error);

/* The same where one is signed in already: an address and a password are not what to look at. */
char *oh_words_server_error (const GError *error);

G_END_DECLS
