/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "server/registrar/oh-registrar.h"
#include "server/routing/oh-ring-plan.h"
#include "server/routing/oh-sighting.h"
#include "server/store/oh-directory.h"

G_BEGIN_DECLS

/* Who is called and how: a pure function over a snapshot of the directory, the registrations of this
 * moment and what the call says. It has no state, no clock and no side effect; 'why did it ring
 * here?' is its list of reasons. */

#define OH_ROUTING_ECHO_NUMBER "*43"
#define OH_ROUTING_VOICEMAIL_NUMBER "*97"

/* What the call says. NULL is allowed where marked. */
typedef struct
{
  const OhUser *caller;          /* the signed-in user who calls; NULL: from a trunk */
  const char *device_id;         /* his device, which is not rung; or NULL */
  const OhTrunk *trunk;          /* it came from; or NULL */
  const char *dialled;           /* user part of the request's URI */
  const char *to_user;           /* user part of To */
  const char *const *diversions; /* numbers first dialled, the original one first; or NULL */
  guint max_calls_per_user;
  /* Calls of a user now; NULL: not limited. */
  guint (*count_calls) (gint64 user_id, gpointer count_data);
  /* What is known of a user's identities, of OhSighting, or NULL; NULL: nothing of anybody. */
  GArray *(*find_im) (gint64 user_id, gpointer count_data);
  /* Where a user answered before, of OhAnswer, or NULL; NULL: nothing is known of anybody. Transfer
   * full. Asked only where the user wants that to count. */
  GArray *(*find_answers) (gint64 user_id, gpointer count_data);
  /* Whether calls out through it did not fail of late; NULL: of all. */
  gboolean (*is_trunk_up) (gint64 trunk_id, gpointer count_data);
  gpointer count_data;
  gint64 now_us; /* oh_clock_now() time */
  gint64 wall_s; /* Unix time: which hour it is */
} OhRoutingCall;

typedef enum
{
  OH_PLAN_REJECT,    /* with `status` */
  OH_PLAN_DEVICES,   /* the steps of `ring`; there is at least one */
  OH_PLAN_VOICEMAIL, /* nothing may ring: the default option at once */
  OH_PLAN_TRUNK,     /* out through `trunk` */
  OH_PLAN_ECHO,
  OH_PLAN_MAILBOX /* the caller listens to his messages */
} OhPlanAction;

/* Pointers into the directory and the registrar are borrowed. */
typedef struct
{
  OhPlanAction action;
  guint status;            /* OH_PLAN_REJECT */
  const OhUser *user;      /* the called one, or NULL */
  OhRingPlan *ring;        /* of `user`, or NULL */
  const OhTrunk *trunk;    /* OH_PLAN_TRUNK */
  GPtrArray *more_trunks;  /* of const OhTrunk*, that take the call if that one is away; or NULL */
  char *number;            /* that was dialled: of `user`, or nobody's; or as it is dialled out */
  char *identified_reason; /* why this user; NULL: nobody */
  char *located_reason;    /* why these devices or this trunk, or why none */
} OhPlan;

/* Transfer full. */
OhPlan *oh_routing_plan (OhDirectory *directory, OhRegistrar *registrar, const OhRoutingCall *call);
/* Why @binding of the called user is not rung by a call of @own_device (or NULL); OH_WHY_NONE: it is. */
OhRingWhy oh_routing_why_not (const OhPlan *plan, const OhBinding *binding, const char *own_device);
/* Why an identity that is seen now, and was not told, is not either; OH_WHY_NONE: it is. */
OhRingWhy
oh_routing_why_not_identity (const OhPlan *plan, const OhImIdentity *identity, OhPresence presence);
/* The next of `more_trunks` is `trunk`; FALSE: there is none. */
gboolean oh_plan_take_next_trunk (OhPlan *plan);
void oh_plan_free (OhPlan *plan);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (OhPlan, oh_plan_free)

G_END_DECLS
