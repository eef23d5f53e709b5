/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "client/call/oh-call.h"

G_BEGIN_DECLS

/* What every provider's call shares: the properties of OhCall, and the table of its states (ENDED is
 * final). A subclass implements the verbs and tells what happened by the functions below. Main
 * thread. */
#define OH_TYPE_BASE_CALL (oh_base_call_get_type ())
G_DECLARE_DERIVABLE_TYPE (OhBaseCall, oh_base_call, OH, BASE_CALL, GObject)

struct _OhBaseCallClass
{
  GObjectClass parent;
  /* Mandatory. `choose` is asked only while INCOMING, only for an option of the call, and not after one that
   * oh_base_call_set_chosen() told of; `hang_up` only before ENDED, and not
   * while INCOMING: that is `choose`, of decline. */
  void (*choose) (OhBaseCall *call, OhCallOption option);
  void (*hang_up) (OhBaseCall *call);
  void (*send_digit) (OhBaseCall *call, char digit);
  /* The state has changed, before anyone is notified. Optional. */
  void (*state_changed) (OhBaseCall *call, OhCallState old_state);
};

/* Who it is, set once before the call is added. Strings are copied, bytes that are not UTF-8 made
 * visible. */
typedef struct
{
  gboolean incoming;
  const char *id;
  const char *name, *number, *called;
  const char *account, *peer; /* see OhCall; or NULL */
  gboolean withheld;
  gint64 deadline; /* monotonic us or 0 */
  OhCallOption default_option;
  guint options; /* bits */
} OhCallFacts;
void oh_base_call_set_facts (OhBaseCall *call, const OhCallFacts *facts);

/* Figures of the running second. Strings may be NULL: unchanged. */
typedef struct
{
  const char *codec, *cipher, *key_exchange;
  double quality, loss, jitter, round_trip, echo_reduction, bit_rate, packet_length;
  gboolean half_duplex;
} OhCallFigures;
void oh_base_call_set_figures (OhBaseCall *call, const OhCallFigures *figures);

/* Moves on; FALSE (and nothing happens) where the table does not allow it. A @reason other than NONE
 * is kept with the state. */
gboolean oh_base_call_move (OhBaseCall *call, OhCallState state, OhCallReason reason);

/* @option was chosen here and is kept until the server says what came of it, however often the connection
 * breaks meanwhile. */
void oh_base_call_set_chosen (OhBaseCall *call, OhCallOption option);

/* The far end pressed a telephone key; what is none is passed over. */
void oh_base_call_add_far_key (OhBaseCall *call, char key);
/* As if Answer had been pressed here: the user did so by a reply from elsewhere. */
void oh_base_call_answer_by_reply (OhBaseCall *call);
void oh_base_call_set_early_media (OhBaseCall *call, gboolean early_media);

G_END_DECLS
