/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "im/proxy/oh-im-engine.h"

/* What happened, as JSON lines on stdout. */
void oh_im_events_open (OhImEngine *engine);
void oh_im_events_close (void);
void oh_im_events_watch (OhImAccount *account);

/* Pairs of name and string, NULL-terminated. */
void oh_im_events_say (const char *event, const char *id, ...) G_GNUC_NULL_TERMINATED;
void oh_im_events_say_protocols (OhImEngine *engine);

/* Questions are numbered from 1 as they come; NULL once it is closed. */
OhImQuestion *oh_im_events_find_question (guint number);
