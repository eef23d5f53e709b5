/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "server/registrar/oh-registrar.h"
#include "server/routing/oh-ring-why.h"
#include "server/store/oh-ring-rules.h"

G_BEGIN_DECLS

/* Which devices ring, which identities are told, and in which order: a pure function over what is known
 * of each and the user's rules. It says why in plain words, for those that are left out too. */

/* A device, or an identity at an IM service. */
typedef struct
{
  const char *device_id; /* NULL: an identity */
  gint64 identity_id;
  char *name;           /* "laptop", "anna@example.org (xmpp)" */
  const char *label;    /* the name alone: "laptop", "anna@example.org" */
  const char *protocol; /* of an identity, of libpurple */
  char *address;        /* of a device, for people: "tls 192.0.2.7"; NULL: none */
  OhPresence presence;
  gint64 active_us; /* last sign of the person, oh_clock_before() time; 0: none is known */
  gboolean weak;    /* it is always online */
  guint
      usual; /* the user usually answers there at this hour: so many times; 0: it is not that place */
  guint usual_of; /* of so many */
  guint rank;
  OhRingWhy obstacle; /* why it can't ring whatever the rules say, or OH_WHY_NONE */
} OhCandidate;

void oh_candidate_free (gpointer candidate);

/* What begins to ring together. */
typedef struct
{
  guint after_ms;     /* the first step began */
  GPtrArray *devices; /* of char*, ids */
  GArray *identities; /* of gint64, OhImIdentity.id */
  char *names;        /* "laptop, anna@example.org (xmpp)" */
} OhRingStep;

/* What became of one candidate, for programs. */
typedef struct
{
  char *label;
  char *protocol; /* NULL: a device */
  int step;       /* number of its step, from 0; -1: it is not told */
  OhRingWhy why;
  guint number; /* of `why` */
  guint of;     /* what `number` is a part of; 0: of nothing */
} OhRingPlace;

typedef struct
{
  GPtrArray *steps; /* of OhRingStep, by time; may be empty */
  gboolean quiet;   /* do not disturb holds for all: no device rings, who signs in now neither */
  char *reason;     /* in a sentence */
  GPtrArray
      *rings; /* of char*: "after 5 s: laptop (tls 192.0.2.7), used 3 minutes ago"; ends in NULL */
  GPtrArray *silent; /* of char*: "kitchen: not signed in"; ends in NULL */
  GPtrArray *places; /* of OhRingPlace: the same for programs */
} OhRingPlan;

/* @candidates: of OhCandidate, one of which is the usual place at most. @ringing_s: the time until the default option; the last step has at least
 * half of it. @now_us: oh_clock_now() time. Transfer full. */
OhRingPlan *
oh_ring_plan_new (const OhRingRules *rules, GPtrArray *candidates, guint ringing_s, gint64 now_us);
void oh_ring_plan_free (OhRingPlan *plan);

/* Why something of that presence does not ring by the rules; OH_WHY_NONE: it does. */
OhRingWhy oh_ring_rules_why_not (const OhRingRules *rules, OhPresence presence);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (OhRingPlan, oh_ring_plan_free)

G_END_DECLS
