/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "client/account/oh-secrets.h"
#include "client/call/oh-call-list.h"
#include "client/provider/oh-core.h"
#include "client/sound/oh-sound-desk.h"

G_BEGIN_DECLS

/* Signals of OhCore for the client: "refresh" (OhAccount), "call" (OhAccount, OhCall). */
OhCore *
oh_core_new (OhSoundDesk *desk, OhCallList *calls, OhSecrets *secrets, const char *runtime_dir);

G_END_DECLS
