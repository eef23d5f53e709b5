/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "client/account/oh-question.h"
#include "client/call/oh-call.h"
#include "client/provider/oh-provider.h"
#include "client/settings/oh-settings.h"
#include "media/device/oh-audio.h"

G_BEGIN_DECLS

/* What a provider gets of the client, and the only way in which it reaches it. Main thread. */
#define OH_TYPE_CORE (oh_core_get_type ())
G_DECLARE_FINAL_TYPE (OhCore, oh_core, OH, CORE, GObject)

/* The media thread and the sound devices. Borrowed. */
OhWorker *oh_core_get_engine (OhCore *core);
OhAudio *oh_core_get_audio (OhCore *core);

/* What the person chose. Borrowed. */
OhSettings *oh_core_get_settings (OhCore *core);

/* A folder for the provider's own files that lives as long as the session; borrowed. */
const char *oh_core_get_runtime_dir (OhCore *core);

/* Shows @call to the person: it enters the calls list, rings if it is incoming, and leaves the list
 * some seconds after it ended. Takes a reference. Its verbs must all be there. */
void oh_core_add_call (OhCore *core, OhAccount *account, OhCall *call);

/* The call with this id that has not ended, or NULL. Borrowed. */
OhCall *oh_core_find_call (OhCore *core, const char *id);

/* Whether a call with this id is or was shown a moment ago. */
gboolean oh_core_has_call (OhCore *core, const char *id);

/* Whether another call than @except (or NULL) has been answered and not ended. */
gboolean oh_core_is_in_call (OhCore *core, OhCall *except);

/* The device secret of @settings from the keyring. @error: OH_SECRETS_ERROR of oh-secrets.h. */
void oh_core_lookup_secret_async (OhCore *core,
                                  const OhAccountSettings *settings,
                                  GCancellable *cancellable,
                                  GAsyncReadyCallback callback,
                                  gpointer user_data);
/* The same of the password of its proxy. */
void oh_core_lookup_proxy_secret_async (OhCore *core,
                                        const OhAccountSettings *settings,
                                        GCancellable *cancellable,
                                        GAsyncReadyCallback callback,
                                        gpointer user_data);
/* Of both. Transfer full; wiped with explicit_bzero() by whoever got it. */
char *oh_core_lookup_secret_finish (OhCore *core, GAsyncResult *result, GError **error);

/* A folder for what the provider keeps from session to session; borrowed. A file ID.* goes with the
 * account of that id. */
const char *oh_core_get_state_dir (OhCore *core);

/* Shows @question to the person until it is closed. Takes a reference. Beyond a hundred open ones the
 * oldest is dismissed. */
void oh_core_add_question (OhCore *core, OhQuestion *question);

/* The service took the password of @account, an OhBaseAccount that has FAILED, for wrong, or there is
 * none: the person is asked for another, which is kept and signed in with. */
void oh_core_ask_password (OhCore *core, OhAccount *account);

/* The server says that voicemail or history of this account changed: fetch both. */
void oh_core_refresh_account (OhCore *core, OhAccount *account);

G_END_DECLS
