/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "server/store/oh-directory.h"
#include "server/store/oh-language.h"

G_BEGIN_DECLS

/* The options of a call offer as a person meets them: one table, by which the message is written, a
 * reply read, the list that answers nonsense made, the link's page and description filled, and what a
 * user may have as default checked. A later option is a line there, and what it does to the call in
 * server/call. Constant; any thread. */

/* What becomes of the call. */
typedef enum
{
  OH_IM_OUTCOME_ANSWERED,
  OH_IM_OUTCOME_IN_BROWSER, /* answered there */
  OH_IM_OUTCOME_VOICEMAIL,
  OH_IM_OUTCOME_DECLINED,
  OH_IM_OUTCOME_GAVE_UP, /* the caller */
  OH_IM_OUTCOME_LOST,    /* with the call server, which stopped */
  OH_IM_OUTCOME_ENDED    /* anything else */
} OhImOutcome;

typedef enum
{
  OH_IM_NEEDS_USER = 1 << 0, /* somebody whom the call is for */
  OH_IM_NEEDS_VOICE = 1 << 1 /* a device that rings, or a link: a message alone carries no voice */
} OhImNeeds;

/* What of a link takes it (docs/protocol.md). */
typedef enum
{
  OH_IM_PATH_POST,  /* "", by POST: a button of the page */
  OH_IM_PATH_SOCKET /* "/socket", which carries the call */
} OhImPath;

typedef struct
{
  OhOption option; /* its number, the same for ever; 0 ends the table */
  const char *id;  /* in a link's description, and for the page's style */
  guint needs;     /* bit set of OhImNeeds */
  OhImPath path;
  OhImOutcome outcome;               /* that it leads to */
  gboolean is_default;               /* may be carried out by itself when nobody chooses in time */
  const char *names[OH_N_LANGUAGES]; /* in a message's list */
  const char *buttons[OH_N_LANGUAGES]; /* on the page, where its path is POST */
  const char *words[12]; /* for it in replies: of all languages, lower case, to NULL */
} OhImChoice;

/* By their numbers. */
extern const OhImChoice oh_im_choices[];

/* NULL: there is none of that number. */
const OhImChoice *oh_im_choice_find (guint option);

/* Bit set of (1 << OhOption): what a call for @user may offer; NULL: for nobody that is known. */
guint32 oh_im_choices_for (const OhUser *user);

/* Whether a user may have it as his default option. */
gboolean oh_im_choice_may_be_default (guint option);

/* Those, in words for an administrator: "3 (voicemail) or 9 (decline)". Transfer full. */
char *oh_im_choices_dup_defaults (void);

/* Whether it can be chosen without a voice: by a POST, or by whatever stands for one. */
gboolean oh_im_choice_is_post (guint option);

G_END_DECLS
