/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <glib.h>
#include <json-glib/json-glib.h>

G_BEGIN_DECLS

/* One step of a call, with its reason: history, the operator's screen, `offhookctl why` and the tests
 * read nothing but these. server/call makes it on the signalling thread and gives it away to
 * oh_store_add_event(); it belongs to one thread at a time. */
typedef struct
{
  guint64 seq;    /* given by the store; grows for ever, over restarts too */
  gint64 time_us; /* wall clock */
  gint64 mono_us; /* oh_clock_now() */
  char *call_id;
  char *kind;          /* OH_EVENT_... */
  char *reason;        /* why, one English sentence or a short code; may be "" */
  gint64 user_id;      /* the user whom this step is about; 0: none */
  char *device_id;     /* the device that did it; NULL: none */
  JsonObject *details; /* more keys, flat; those that the history reads stand below */
} OhEvent;

/* What the store folds into the users' history, and the details it reads:
 *  arrived     user = the calling user of an outgoing or internal call, 0 from a trunk; device = his;
 *              "name", "number" of the caller, "called" as dialled, "withheld" (bool),
 *              "trunk" (id). Opens the caller's row (direction out).
 *  identified  user = the called one. Opens that user's row (direction in). Once per called user.
 *  located     user; "rings", "silent" (arrays of plain words: which device or identity is told, when
 *              and why, and which is not), "places" (the same for programs, see docs/protocol.md).
 *              Nothing in the history.
 *  offered, ringing
 *              user, "offer"; "devices" (array of ids). Nothing in the history. Ringing without a
 *              device: the user was told by IM; OH_EVENT_BROWSER: he has the call's page open.
 *  step        user, "step" (its number): those whose turn comes later are told now too. Nothing in
 *              the history.
 *  joined      user, "place" (one more of those of located): a device that signed in, or an identity that
 *              came online, in mid-ring is told too. Nothing in the history.
 *  asked       user, device: a reply by IM chose 'answer', and this device is asked to. Nothing in the
 *              history.
 *  lost        user, device: its connection broke in mid-ring. Nothing in the history.
 *  answered    user, device, or OH_EVENT_BROWSER; "identity" (id) where it was by a reply or a link of
 *              one; user 0: the far end of a trunk. Other called users' rows say elsewhere. Where the user
 *              answered is learned (oh-answers.h).
 *  declined    user, device. timed-out: user.
 *  voicemail   the caller is being asked for a message; user = whose.
 *  recording   the recording began; user, "voicemail" (id): the outcome is now voicemail.
 *  message-dropped  user; under a second of sound: the outcome is missed again.
 *  ended       "status" (final SIP status, int) decides between busy, failed and missed where nobody
 *              answered. The last one of a call. */
#define OH_EVENT_ARRIVED "arrived"
#define OH_EVENT_IDENTIFIED "identified"
#define OH_EVENT_LOCATED "located"
#define OH_EVENT_OFFERED "offered"
#define OH_EVENT_RINGING "ringing"
#define OH_EVENT_STEP "step"
#define OH_EVENT_JOINED "joined"
#define OH_EVENT_LOST "lost"
#define OH_EVENT_ASKED "asked"
#define OH_EVENT_ANSWERED "answered"
#define OH_EVENT_DECLINED "declined"
#define OH_EVENT_TIMED_OUT "timed-out"
#define OH_EVENT_VOICEMAIL "voicemail"
#define OH_EVENT_RECORDING "recording"
#define OH_EVENT_MESSAGE_DROPPED "message-dropped"
#define OH_EVENT_ENDED "ended"

/* A browser, in the place of a device's id. */
#define OH_EVENT_BROWSER "browser"

/* Stamped with both clocks now. Transfer full. */
OhEvent *oh_event_new (const char *call_id, const char *kind, const char *reason);
void oh_event_free (OhEvent *event);

void oh_event_set_user (OhEvent *event, gint64 user_id, const char *device_id);
void oh_event_set_string (OhEvent *event, const char *key, const char *value); /* NULL: nothing */
void oh_event_set_int (OhEvent *event, const char *key, gint64 value);
void oh_event_set_bool (OhEvent *event, const char *key, gboolean value);
void oh_event_set_strv (OhEvent *event, const char *key, const char *const *values);
void oh_event_take_node (OhEvent *event, const char *key, JsonNode *value); /* valid UTF-8 */

/* One line: {"seq","time","mono","call","event","reason","user","device", ...details}; user and
 * device only where there are some. Transfer full. */
char *oh_event_to_json (const OhEvent *event);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (OhEvent, oh_event_free)

G_END_DECLS
