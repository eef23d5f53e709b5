/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "server/im/oh-im-choices.h"
#include "server/im/oh-im-program.h"

G_BEGIN_DECLS

/* What a call offer says over IM, and how a reply is read: pure functions over the
 * table of options (oh-im-choices.h). Any thread. Every text has at most three lines (four, with a link that has its own)
 * and under 400 bytes (IRC takes no more in one go), whatever names and numbers are put in. Languages are those of OhUser; an unknown one is English. */

#define OH_IM_WORDS_MAX 400

/* The offer as one identity may see it. Texts from outside; they are cleaned here. */
typedef struct
{
  const char *caller_name, *caller_number; /* "": not known, withheld or not to be shown there */
  const char *call_back; /* link to the caller's number; NULL: none, or not to be shown there */
  const char *called;
  const char *devices; /* names of those that ring, "laptop, desktop"; "": none */
  const char *answers; /* name of the one that answers for a reply; NULL: none is sure to */
  const char *code;    /* that a reply must carry; NULL: none */
  /* Of its page, https://..., which answers in a browser; "": it was told one, which need not be named
   * again; NULL: none. */
  const char *link;
  OhImProgramKind program; /* TERMINAL: the link gets a line of its own */
  char letter;             /* tells it from another open call; 0: it is the only one */
  guint32 options;         /* bit set of (1 << OhOption) */
  OhOption default_option;
  guint seconds; /* left */
} OhImOfferText;

/* Transfer full, all of them. A link that would make it too long is left out. */
char *oh_im_words_offer (const char *language, const OhImOfferText *offer);

/* The options alone, for a reply that made no sense. Does not tell the code: whoever has taken the name
 * since would learn it. */
char *oh_im_words_again (const char *language, const OhImOfferText *offer);

/* 'Answer' was chosen, and nothing could answer for it: which way there is now. */
char *oh_im_words_how_to_answer (const char *language, const OhImOfferText *offer);

/* The code was missing or wrong. Does not tell it either. */
char *oh_im_words_code_missing (const char *language);

/* Who calls, by name or else number, in a list of calls. */
char *oh_im_words_who (const char *language, const OhImOfferText *offer);

/* The reply may be about more than one call. @list: "B Demo Caller, C 555100". */
char *oh_im_words_which (const char *language, const char *list);

/* Whether nobody took the call, so that who was called may want to call back. */
gboolean oh_im_outcome_is_missed (OhImOutcome outcome);

/* @device: who answered, or NULL. @time: local, "14:02". Of a missed call it ends with the link to call
 * back; one that would make it too long is left out. */
char *oh_im_words_outcome (const char *language,
                           const OhImOfferText *offer,
                           OhImOutcome outcome,
                           const char *device,
                           const char *time);

/* A reply that came when it was over; @outcome: the line above. */
char *oh_im_words_too_late (const char *language, const char *outcome);

/* What @text says. */
typedef struct
{
  OhOption option; /* 0: none, or more than one */
  char letter;     /* 'A' to 'Z', the one-letter word in it; 0: none, or more than one */
  gboolean code;   /* the wanted code is in it */
} OhImReply;

/* The one option that a reply of up to six words (code and letter aside) names, by its number or by a
 * word of any language; a number or a word as short as 'no' only as the first word or beside one
 * other, for it stands in many sentences. With a 'not', or two options, it names none. @code: the
 * wanted one, or NULL. */
OhImReply oh_im_words_read (const char *text, const char *code);

G_END_DECLS
