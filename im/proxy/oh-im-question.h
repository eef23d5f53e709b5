/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "im/engine/oh-im-wire.h"
#include "im/proxy/oh-im-protocol.h"

G_BEGIN_DECLS

/* Something that a service or a plug-in wants to know from the person. Belongs to the engine's
 * context. Signal "closed": it was answered, or nobody wants to know any more. */
#define OH_TYPE_IM_QUESTION (oh_im_question_get_type ())
G_DECLARE_FINAL_TYPE (OhImQuestion, oh_im_question, OH, IM_QUESTION, GObject)

OhImQuestionKind oh_im_question_get_kind (OhImQuestion *question);

/* The id of the account that it is about, "" where libpurple does not say. */
const char *oh_im_question_get_account (OhImQuestion *question);

/* A text of it, "" where it has none: "title", "primary", "secondary", "who", "alias"; of a
 * certificate "host", "subject", "issuer", "sha256". Plain, from outside. Lends. */
const char *oh_im_question_get_text (OhImQuestion *question, const char *name);

/* A number of it, or 0: "valid-from", "valid-until" (Unix seconds). */
gint64 oh_im_question_get_number (OhImQuestion *question, const char *name);

/* Labels of the buttons, NULL-terminated; the first agrees, the last refuses. Lends. */
const char *const *oh_im_question_get_buttons (OhImQuestion *question);

/* What is asked for, of OhImOption: the fields of a form; of INPUT and CHOICE one that is called
 * "value". May be empty. Lends. */
GPtrArray *oh_im_question_get_fields (OhImQuestion *question);

gboolean oh_im_question_is_open (OhImQuestion *question);

/* Answers with a button and, for fields, an a{sv} of their names and values (NULL: none; a floating
 * one is taken; values of a choice are its strings). No effect once it is closed. */
void oh_im_question_answer (OhImQuestion *question, guint button, GVariant *values);

/* Closes it without an answer, which counts as a refusal. */
void oh_im_question_dismiss (OhImQuestion *question);

G_END_DECLS
