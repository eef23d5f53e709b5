/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "client/call/oh-base-call.h"

G_BEGIN_DECLS

/* A call that only seems to be: it goes through the states of a real one by timers, and has neither
 * sound nor network. */
#define OH_TYPE_DUMMY_CALL (oh_dummy_call_get_type ())
G_DECLARE_FINAL_TYPE (OhDummyCall, oh_dummy_call, OH, DUMMY_CALL, OhBaseCall)

OhDummyCall *oh_dummy_call_new_incoming (const OhCallFacts *facts);

/* @target "busy", "nobody", "unknown" and "refused" end as their names say; everything else is answered
 * after two seconds, numbers that begin with '*' at once. */
OhDummyCall *oh_dummy_call_new_outgoing (const char *target);

/* The far side's doing: "answer", "hang-up", "cancel", "elsewhere", "declined", "voicemail",
 * "network", "key-5" (a telephone key). FALSE for other words. */
gboolean oh_dummy_call_do (OhDummyCall *call, const char *word);

G_END_DECLS
