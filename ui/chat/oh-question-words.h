/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "client/oh-client.h"

G_BEGIN_DECLS

/* What people read of a question. Main thread; `char *` is transfer full. */
char *oh_question_words_title (OhQuestion *question);
char *oh_question_words_text (OhQuestion *question); /* "" for none */

/* Labels of the buttons, in the order of their numbers; NULL-terminated. */
char **oh_question_words_buttons (OhQuestion *question);

G_END_DECLS
