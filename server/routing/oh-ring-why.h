/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* Why a device or identity is told when it is, or not at all. */
typedef enum
{
  OH_WHY_NONE,
  /* It is not told. */
  OH_WHY_NOT_SIGNED_IN,
  OH_WHY_CALLS_ITSELF,
  OH_WHY_NOT_VERIFIED,
  OH_WHY_OWN_CALL, /* its user is the caller */
  OH_WHY_UNKNOWN,  /* its presence is */
  OH_WHY_OFFLINE,
  OH_WHY_CLOSED,
  OH_WHY_DND,
  OH_WHY_AWAY_SKIPPED,
  OH_WHY_DND_DEFAULT,     /* set anywhere: nothing rings */
  OH_WHY_TOLD_BY_MESSAGE, /* a device that is one of the user's IM identities */
  OH_WHY_DND_MESSAGE,     /* set anywhere: no device rings */
  /* It is told. */
  OH_WHY_AWAY_LATER,
  OH_WHY_DND_LATER,
  OH_WHY_MESSAGE_ONLY,
  OH_WHY_TOGETHER,
  OH_WHY_RANK, /* number: the rank */
  OH_WHY_NO_RANK,
  OH_WHY_USUAL, /* where its user usually answers at this hour. number: so many times, of so many */
  OH_WHY_USED,  /* number: minutes ago */
  OH_WHY_UNUSED, /* number: for so many minutes */
  OH_WHY_AWAY,
  OH_WHY_WEAK, /* always online, used or not */
  OH_WHY_SIGNED_IN,
  OH_WHY_ONLINE,
  OH_WHY_CAME_ONLINE, /* while it rang */
  OH_N_WHYS
} OhRingWhy;

/* A short word that programs know (docs/protocol.md). */
const char *oh_ring_why_get_code (OhRingWhy why);

/* In English, for people. @number: of those that have one. Transfer full. */
char *oh_ring_why_dup_words (OhRingWhy why, guint number);
/* The words of OH_WHY_USUAL. Transfer full. */
char *oh_ring_why_dup_usual (guint number, guint of);

G_END_DECLS
