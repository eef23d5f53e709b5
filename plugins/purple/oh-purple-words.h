/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "client/account/oh-question.h"
#include "im/proxy/oh-im-engine.h"

G_BEGIN_DECLS

/* The engine's data as the client's: pure functions, and questions that hand their answer on. */

OhProtocol *oh_purple_protocol (const OhImProtocol *protocol); /* transfer full */

/* Closed by whichever side closes first. @account: or NULL. Transfer full. */
OhQuestion *oh_purple_question (OhImQuestion *question, OhAccount *account);

/* Something to be read. Transfer full. */
OhQuestion *oh_purple_notice (OhAccount *account, const char *title, const char *text);

G_END_DECLS
