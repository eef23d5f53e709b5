/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

/* One call as the client sees it, whichever provider carries it. Main thread. The UI binds to the
 * properties (same names with '-', all notify) and calls the verbs; a provider implements it. */
#define OH_TYPE_CALL (oh_call_get_type ())
G_DECLARE_INTERFACE (OhCall, oh_call, OH, CALL, GObject)

typedef enum
{
  OH_CALL_INCOMING,   /* rings here, nobody chose yet */
  OH_CALL_CALLING,    /* ours, nothing heard from the far end */
  OH_CALL_RINGING,    /* ours, rings there */
  OH_CALL_CONNECTING, /* answered, sound not open yet */
  OH_CALL_ACTIVE,
  OH_CALL_ENDED
} OhCallState;

typedef enum
{
  OH_CALL_REASON_NONE,
  OH_CALL_REASON_HUNG_UP,   /* we did */
  OH_CALL_REASON_REMOTE,    /* the far end did */
  OH_CALL_REASON_CANCELLED, /* the caller gave up while it rang: a missed call */
  OH_CALL_REASON_ELSEWHERE, /* answered on another device */
  OH_CALL_REASON_DECLINED,  /* by us, or declined elsewhere */
  OH_CALL_REASON_VOICEMAIL, /* sent to voicemail, by us or by time-out */
  OH_CALL_REASON_BUSY,
  OH_CALL_REASON_NO_ANSWER, /* nobody chose in time, and no voicemail took it */
  OH_CALL_REASON_NOT_FOUND, /* no such number or user */
  OH_CALL_REASON_REFUSED,   /* not allowed, codec or encryption not agreed */
  OH_CALL_REASON_NETWORK,   /* lost on the way */
  OH_CALL_REASON_SIGNED_OUT
} OhCallReason;

/* What can be done with an incoming call; the numbers of the offer contract are fixed for ever. */
typedef enum
{
  OH_CALL_OPTION_ANSWER = 1,
  OH_CALL_OPTION_TEXT = 2,
  OH_CALL_OPTION_VOICEMAIL = 3,
  OH_CALL_OPTION_TRANSFER = 4,
  OH_CALL_OPTION_LISTEN = 5,
  OH_CALL_OPTION_PLAY = 6,
  OH_CALL_OPTION_DECLINE = 9
} OhCallOption;

GType oh_call_state_get_type (void);
#define OH_TYPE_CALL_STATE (oh_call_state_get_type ())

struct _OhCallInterface
{
  GTypeInterface parent;
  /* Mandatory; checked when the call is added to the list. */
  void (*choose) (OhCall *call, OhCallOption option); /* incoming: first valid choice wins */
  void (*hang_up) (OhCall *call);
  void (*send_digit) (OhCall *call, char digit);
  void (*set_muted) (OhCall *call, gboolean muted);
  /* A held call keeps its path but neither hears nor is heard. */
  void (*set_held) (OhCall *call, gboolean held);
  /* Lends the value of a string property. */
  const char *(*get_string) (OhCall *call, const char *property);
};

/* Properties that an implementation provides (getters below read them; OhBaseCall does):
 *   "id" string            the offer's or call's id
 *   "state" OhCallState, "reason" OhCallReason as int
 *   "incoming" boolean
 *   "name" string or NULL, "number" string or NULL (both NULL and "withheld": caller withheld)
 *   "withheld" boolean
 *   "called" string or NULL   the number or address that was dialled
 *   "account" string or NULL  id of the account that carries it
 *   "peer" string or NULL     the other side's address there, for messages, where that is known
 *   "deadline" int64          monotonic us at which the default option is carried out; 0: none
 *   "default-option" int      OhCallOption carried out then
 *   "options" uint            bit set, 1 << OhCallOption
 *   "chosen" int              incoming: what was chosen here while it is on its way to the server, which has
 *                             not said what came of it; the call no longer rings, nothing else can be chosen
 *                             (OhCallOption, or 0: nothing)
 *   "started" int64           monotonic us when it became active; 0 before
 *   "ended" int64            monotonic us when it ended; 0 before
 *   "muted" boolean
 *   "held" boolean            on hold by us: another call has the sound
 *   "by-reply" boolean        incoming: answered here by a reply that its user typed elsewhere
 *   "early-media" boolean     outgoing: the far end sends its own ring-back or announcement
 *   "codec" string ("Opus 48 kHz"), "cipher" string ("" = not encrypted), "key-exchange" string
 *   "far-keys" string or NULL  the last keys that the far end pressed, 32 at most
 *   "quality" double          MOS 1 to 4.5; 0: unknown
 *   "loss" double 0 to 1, "jitter" double ms, "round-trip" double ms (< 0 unknown)
 *   "echo-reduction" double   dB of echo taken out of the microphone in the last second (< 0 none heard,
 *                             or unknown)
 *   "half-duplex" boolean     only one side is heard at a time, because it was switched on here
 *   "bit-rate" double bits a second of the codec that sends, "packet-length" double ms of sound in each
 *                             packet that is sent; 0: unknown
 * The figures of an active call are refreshed each second. */
const char *oh_call_get_id (OhCall *call);
OhCallState oh_call_get_state (OhCall *call);
OhCallReason oh_call_get_reason (OhCall *call);
gboolean oh_call_is_incoming (OhCall *call);
const char *oh_call_get_name (OhCall *call);
const char *oh_call_get_number (OhCall *call);
const char *oh_call_get_called (OhCall *call);
const char *oh_call_get_account (OhCall *call);
const char *oh_call_get_peer (OhCall *call);
gboolean oh_call_is_withheld (OhCall *call);
gint64 oh_call_get_deadline (OhCall *call);
OhCallOption oh_call_get_default_option (OhCall *call);
OhCallOption oh_call_get_chosen (OhCall *call);
gint64 oh_call_get_started (OhCall *call);
gint64 oh_call_get_ended (OhCall *call);
gboolean oh_call_is_muted (OhCall *call);
gboolean oh_call_is_held (OhCall *call);
gboolean oh_call_has_early_media (OhCall *call);
gboolean oh_call_has_option (OhCall *call, OhCallOption option);

void oh_call_choose (OhCall *call, OhCallOption option);
void oh_call_hang_up (OhCall *call);
void oh_call_send_digit (OhCall *call, char digit);
void oh_call_set_muted (OhCall *call, gboolean muted);

/* At most one call has the sound: the client holds the others when one is taken off hold. */
void oh_call_set_held (OhCall *call, gboolean held);

G_END_DECLS
