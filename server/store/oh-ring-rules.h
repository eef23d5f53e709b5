/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* A user's rules on where a call rings first, and where not. The numbers stand in the database. */

typedef enum
{
  OH_RING_BY_ACTIVITY, /* what was used last goes first, then all others */
  OH_RING_BY_RANK,     /* one rank after the other, then those without one */
  OH_RING_TOGETHER     /* all at once */
} OhRingOrder;

/* What away, or do not disturb, means where it is set. */
typedef enum
{
  OH_QUIET_RING,    /* nothing: it rings all the same */
  OH_QUIET_LATER,   /* it rings after all others */
  OH_QUIET_SKIP,    /* it does not ring there */
  OH_QUIET_MESSAGE, /* do not disturb only: set anywhere, no device rings, IM alone tells */
  OH_QUIET_DEFAULT  /* do not disturb only: set anywhere, straight to the default option */
} OhQuietRule;

typedef struct
{
  OhRingOrder order;
  guint next_delay_s; /* from one step to the next; OH_RING_DELAY_MIN_S to _MAX_S */
  OhQuietRule away, dnd;
} OhRingRules;

#define OH_RING_DELAY_MIN_S 1
#define OH_RING_DELAY_MAX_S 60
#define OH_RING_RULES_INIT                                                                         \
  {                                                                                                \
    OH_RING_BY_ACTIVITY, 5, OH_QUIET_LATER, OH_QUIET_SKIP                                          \
  }

/* What it says of a person that one of his devices or identities is online. */
typedef enum
{
  OH_EVIDENCE_AUTO, /* little at a desk phone or a service of telephones, else much */
  OH_EVIDENCE_WEAK, /* it always is */
  OH_EVIDENCE_STRONG
} OhEvidence;

/* @by_itself: what kind of device or service it is, for AUTO. */
gboolean oh_evidence_is_weak (OhEvidence evidence, gboolean by_itself);

#define OH_RANK_MAX 99 /* 1 goes first; 0: none */

/* Words by number, for people; NULL-terminated. */
extern const char *const oh_ring_order_words[];
extern const char *const oh_quiet_words[]; /* the first OH_AWAY_WORDS of them for away */
extern const char *const oh_evidence_words[];
extern const char *const oh_decline_words[]; /* of OhDeclineAction */
extern const char *const oh_switch_words[];  /* off, on */
#define OH_AWAY_WORDS 3
#define OH_SWITCH_WORDS 2

/* Whether a device or an identity may have that place; -1 for as it was. */
gboolean oh_ring_check_place (int rank, int evidence, GError **error);

/* The number of @word in @words, -1 for NULL, the number of words for one that is not there. */
int oh_word_find (const char *const *words, const char *word);

G_END_DECLS
