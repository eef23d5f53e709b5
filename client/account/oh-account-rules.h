/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* Where calls reach an account's user and what happens to them, as his call server keeps it. Texts are
 * clean lines, never NULL. */

typedef enum
{
  OH_RULES_BY_ACTIVITY, /* what was used last, then all others */
  OH_RULES_BY_RANK,     /* one place after the other */
  OH_RULES_TOGETHER     /* all at once */
} OhRulesOrder;

/* What being away, or not wanting to be disturbed, means where it is set. */
typedef enum
{
  OH_RULES_RING,
  OH_RULES_LATER,   /* it rings after all others */
  OH_RULES_SKIP,    /* it does not ring there */
  OH_RULES_MESSAGE, /* do not disturb only: no device rings, messages tell of the call */
  OH_RULES_DEFAULT  /* do not disturb only: nothing rings */
} OhRulesQuiet;

/* What a caller gets whom nobody answers in time. */
typedef enum
{
  OH_RULES_UNANSWERED_VOICEMAIL,
  OH_RULES_UNANSWERED_DECLINE
} OhRulesUnanswered;

/* What a caller gets who is declined. */
typedef enum
{
  OH_RULES_DECLINED_VOICEMAIL,
  OH_RULES_DECLINED_BUSY,
  OH_RULES_DECLINED_HANG_UP
} OhRulesDeclined;

#define OH_RULES_RING_MIN_S 5
#define OH_RULES_RING_MAX_S 120
#define OH_RULES_DELAY_MIN_S 1
#define OH_RULES_DELAY_MAX_S 60

typedef enum
{
  OH_PLACE_DEVICE,
  OH_PLACE_DESK_PHONE,
  OH_PLACE_IM
} OhPlaceKind;

/* A device of the user's, or an address at an IM service. */
typedef struct
{
  char *key;  /* "device:d1", "im:7" */
  char *name; /* "laptop", "anna@example.org" */
  OhPlaceKind kind;
  char *protocol;    /* of an address, of libpurple: "prpl-jabber" */
  gboolean verified; /* the address is his */
  gboolean own;      /* this very device */
  guint rank;        /* 0: none */
} OhRulesPlace;

/* Where the user usually answers on such days, from one hour to another. */
typedef struct
{
  gboolean weekend;
  guint from, to; /* 9, 12: until 12:00; of the server's time zone */
  char *name;     /* of a device or an address */
  char *protocol; /* of an address, of libpurple; else empty */
  guint answered, of;
} OhRulesHours;

typedef struct
{
  OhRulesOrder order;
  guint next_delay_s;
  OhRulesQuiet away, dnd;
  gboolean can_learn; /* else the server is an older one, which does not */
  gboolean learn;     /* where the user usually answers */
  guint n_answers;    /* of which it has learned */
  GPtrArray *hours;   /* of OhRulesHours: weekdays first, by time */
  GPtrArray *places;  /* of OhRulesPlace; by rank, then those without one */
  guint ring_s;       /* until it counts as unanswered */
  OhRulesUnanswered unanswered;
  OhRulesDeclined declined;
  char *language;   /* of what the server says and writes: "en" */
  char **languages; /* that it has */
} OhAccountRules;

void oh_account_rules_free (OhAccountRules *rules);

/* What is to be different; -1 or NULL: as it is. */
typedef struct
{
  int order, next_delay_s, away, dnd, learn;
  char **places; /* keys, the first one goes first */
  int ring_s, unanswered, declined;
  char *language;
} OhRulesChange;
#define OH_RULES_CHANGE_INIT                                                                       \
  {                                                                                                \
    -1, -1, -1, -1, -1, NULL, -1, -1, -1, NULL                                                     \
  }

G_DEFINE_AUTOPTR_CLEANUP_FUNC (OhAccountRules, oh_account_rules_free)

G_END_DECLS
