/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "client/call/oh-call.h"

G_BEGIN_DECLS

/* The calls of now: a GListModel of OhCall in the order they came. Ended ones stay for three seconds,
 * so that a window can say why. It sees to it that at most one call has the sound. Main thread.
 * Property "active" (OhCall or NULL): the call that has the sound; where there is none the one that
 * is being set up, else the one that rings. Signals "added" and "changed" (OhCall): after it entered,
 * after its state, hold or early media changed. */
#define OH_TYPE_CALL_LIST (oh_call_list_get_type ())
G_DECLARE_FINAL_TYPE (OhCallList, oh_call_list, OH, CALL_LIST, GObject)

OhCallList *oh_call_list_new (void);

/* Takes a reference of its own. */
void oh_call_list_add (OhCallList *list, OhCall *call);

OhCall *oh_call_list_get_active (OhCallList *list); /* or NULL */

/* Whether another call than @except (or NULL) has been answered and not ended. */
gboolean oh_call_list_is_in_call (OhCallList *list, OhCall *except);

/* Hangs up all but those that ring: declining one would be an answer in the name of all devices. They
 * end as their account signs out. */
void oh_call_list_end_all (OhCallList *list);

G_END_DECLS
