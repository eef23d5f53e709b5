/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "client/store/oh-database.h"
#include "client/voicemail/oh-voicemail.h"

G_BEGIN_DECLS

/* The list of messages as the servers told it last, kept in the database so that it is there before
 * (or without) a connection. Main thread. */

/* Of OhVoicemail of all accounts, newest first; @messages is borrowed. */
typedef void (*OhVoicemailMirrorFunc) (GPtrArray *messages, gpointer user_data);
void
oh_voicemail_mirror_load (OhDatabase *database, OhVoicemailMirrorFunc func, gpointer user_data);

/* Replaces what is kept of @account (an id) by its messages of @all, a list of OhVoicemail. */
void oh_voicemail_mirror_save (OhDatabase *database, const char *account, GListModel *all);

G_END_DECLS
