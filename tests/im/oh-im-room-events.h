/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "im/proxy/oh-im-engine.h"

/* Rooms as JSON lines; they are numbered from 1 as they are joined. */
void oh_im_room_events_watch (OhImAccount *account);
void oh_im_room_events_say_form (OhImAccount *account, const char *name);
void oh_im_room_events_join (OhImAccount *account, GVariant *fields);
void oh_im_room_events_leave (guint number);
void oh_im_room_events_send (guint number, const char *text, const char *tag, guint timeout_s);
void oh_im_room_events_set_topic (guint number, const char *topic);
void oh_im_room_events_invite (guint number, const char *who, const char *text);

/* Invitations are numbered from 1 as they come. */
void oh_im_room_events_accept (OhImAccount *account, guint invitation);
void oh_im_room_events_decline (OhImAccount *account, guint invitation);
void oh_im_room_events_close (void);
