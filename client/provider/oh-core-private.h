/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "client/account/oh-secrets.h"
#include "client/call/oh-call-list.h"
#include "client/provider/oh-core.h"
#include "client/sound/oh-sound-desk.h"

G_BEGIN_DECLS

typedef struct
{
  OhSoundDesk *desk;
  OhCallList *calls;
  OhSecrets *secrets;
  const char *runtime_dir;
  const char *state_dir;
} OhCoreConfig;

/* Signals of OhCore for the client: "refresh" (OhAccount), "call" (OhAccount, OhCall). */
OhCore *oh_core_new (const OhCoreConfig *config); /* copied, parts referenced */

GListModel *oh_core_get_questions (OhCore *core); /* of OhQuestion, oldest first; borrowed */

/* Closes the questions about an account that is forgotten or signed out. */
void oh_core_drop_questions (OhCore *core, OhAccount *account);

G_END_DECLS
