/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "client/oh-client.h"

#include <adwaita.h>

G_BEGIN_DECLS

/* The way to a first account: one sentence and one choice a page. Ends by being destroyed. */
#define OH_TYPE_ASSISTANT (oh_assistant_get_type ())
G_DECLARE_FINAL_TYPE (OhAssistant, oh_assistant, OH, ASSISTANT, AdwWindow)

OhAssistant *oh_assistant_new (GtkApplication *application, OhClient *client);

G_END_DECLS
