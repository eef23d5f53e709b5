/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "server/registrar/oh-registrar.h"
#include "server/store/oh-directory.h"
#include "sip/oh-sip.h"

G_BEGIN_DECLS

/* Users who watch each other's presence (SUBSCRIBE of RFC 3856): whoever has an account here may, and
 * sees of all devices together whether somebody is there, away, or not to be disturbed. Belongs to
 * the signalling thread. */
typedef struct _OhPresenceWatch OhPresenceWatch;

#define OH_PRESENCE_WATCH_MAX 250 /* of one device */

/* @registrar: borrowed. */
OhPresenceWatch *oh_presence_watch_new (OhRegistrar *registrar, const char *domain);
void oh_presence_watch_free (OhPresenceWatch *watch);

/* @device, whose credential was checked, asks for @target's presence. Transfer full of @request. */
void oh_presence_watch_take (OhPresenceWatch *watch,
                             OhSipRequest *request,
                             const OhDevice *device,
                             const OhUser *target,
                             guint expires);

/* What @user says of himself, at whichever device he did it last; told with the next
 * oh_presence_watch_tell(). "": nothing. */
void oh_presence_watch_set_note (OhPresenceWatch *watch, const OhUser *user, const char *note);

/* The devices of @user have changed: who watches is told, if it makes a difference. */
void oh_presence_watch_tell (OhPresenceWatch *watch, const OhUser *user);

/* Devices and users that @directory has no more are let go. */
void oh_presence_watch_set_directory (OhPresenceWatch *watch, OhDirectory *directory);

G_END_DECLS
