/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "client/account/oh-account.h"
#include "client/account/oh-protocol.h"

G_BEGIN_DECLS

/* Something that a service wants to know from the person, or tells them. It stands in the client's
 * list of questions until it is answered, dismissed, or nobody wants to know any more; then it emits
 * "closed" and leaves the list. The window finds its own words for CERTIFICATE, CONTACT and PASSWORD;
 * what the texts of the others say comes from outside, plain. Main thread. */
#define OH_TYPE_QUESTION (oh_question_get_type ())
G_DECLARE_FINAL_TYPE (OhQuestion, oh_question, OH, QUESTION, GObject)

typedef enum
{
  /* The certificate of "host" is vouched for by nobody: texts "host", "subject", "issuer", "sha256"
   * ("AB:CD:..."), numbers "valid-from", "valid-until" (Unix seconds), "other-name" (1: it is for
   * another host); problems below. Button 0
   * trusts it for good, 1 does not. */
  OH_QUESTION_CERTIFICATE,
  /* "who" (text; "alias" perhaps) asks to see the user's presence. Button 0 agrees, 1 refuses. */
  OH_QUESTION_CONTACT,
  /* The service took the password of the account for wrong, or there is none: one field "password".
   * Button 0 keeps what was typed and signs in with it, 1 leaves the account signed out. */
  OH_QUESTION_PASSWORD,
  /* Anything else: texts "title", "primary", "secondary", fields and buttons as they come. The first
   * button agrees, the last refuses. */
  OH_QUESTION_FORM,
  /* Only to be read: texts "title", "primary"; one button. */
  OH_QUESTION_NOTICE
} OhQuestionKind;

/* What is wrong with a certificate beside that nobody vouches for it, as bits. */
typedef enum
{
  OH_CERTIFICATE_SELF_SIGNED = 1 << 0,
  OH_CERTIFICATE_EXPIRED = 1 << 1,
  OH_CERTIFICATE_NOT_YET = 1 << 2,   /* it becomes valid later */
  OH_CERTIFICATE_OTHER_NAME = 1 << 3 /* it is for another name than "host" */
} OhCertificateProblems;

OhQuestionKind oh_question_get_kind (OhQuestion *question);
OhAccount *oh_question_get_account (OhQuestion *question); /* borrowed, or NULL: not known */
/* "" where it has none. Borrowed. */
const char *oh_question_get_text (OhQuestion *question, const char *name);
gint64 oh_question_get_number (OhQuestion *question, const char *name); /* 0: none */
OhCertificateProblems oh_question_get_problems (OhQuestion *question);
/* Labels of the buttons, NULL-terminated, as they come: for FORM; of the others only their number
 * counts. Borrowed. */
const char *const *oh_question_get_buttons (OhQuestion *question);
GPtrArray *oh_question_get_fields (OhQuestion *question); /* of OhField; may be empty; borrowed */
gboolean oh_question_is_open (OhQuestion *question);

/* Answers with a button and, where there are fields, an a{sv} of their names and values (NULL: none;
 * a floating one is taken). No effect once it is closed. */
void oh_question_answer (OhQuestion *question, guint button, GVariant *values);
void oh_question_dismiss (OhQuestion *question); /* closes it unanswered: counts as a refusal */

/* --- For providers --- */

/* What a question is made of. Everything is copied. */
typedef struct
{
  OhQuestionKind kind;
  OhAccount *account; /* or NULL */
  GVariant *texts;    /* a{sv} of s and x; floating ones are taken; or NULL */
  const char *const *buttons;
  GPtrArray *fields; /* of OhField, referenced; or NULL */
} OhQuestionFacts;

/* Carries the answer out; @button -1: dismissed. @values is never NULL. */
typedef void (*OhAnswerFunc) (OhQuestion *question, int button, GVariant *values, gpointer data);

/* @answer may be NULL; @free_data (or NULL) frees @data with the question. */
OhQuestion *oh_question_new (const OhQuestionFacts *facts,
                             OhAnswerFunc answer,
                             gpointer data,
                             GDestroyNotify free_data);

/* Nobody wants to know any more. */
void oh_question_close (OhQuestion *question);

G_END_DECLS
