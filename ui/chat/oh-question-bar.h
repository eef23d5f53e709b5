/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "client/oh-client.h"

#include <adwaita.h>

G_BEGIN_DECLS

/* What a service wants to know, the oldest question first: in plain words, with its fields and a
 * button an answer. Nothing is to be seen while nobody asks. */
#define OH_TYPE_QUESTION_BAR (oh_question_bar_get_type ())
G_DECLARE_FINAL_TYPE (OhQuestionBar, oh_question_bar, OH, QUESTION_BAR, AdwBin)

void oh_question_bar_set_client (OhQuestionBar *bar, OhClient *client);

G_END_DECLS
