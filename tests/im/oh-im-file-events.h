/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "im/proxy/oh-im-engine.h"

/* Files as JSON lines; they are numbered from 1 as they come or go. */
void oh_im_file_events_watch (OhImAccount *account);
void oh_im_file_events_send (OhImAccount *account, const char *to, const char *path);
void oh_im_file_events_accept (guint number, const char *path);
void oh_im_file_events_cancel (guint number);
void oh_im_file_events_close (void);
