/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

/* Device secrets in the Secret Service (libsecret). Where there is no keyring they lie in a 0600 file,
 * but only after the person agreed (oh_secrets_set_plain()). Main thread, never blocks. Signals:
 * "locked" (account): the keyring now asks the person to unlock it, a lookup waits for them;
 * "unlocked": a keyring was unlocked, what failed with OH_SECRETS_ERROR_LOCKED may be tried again. */
#define OH_TYPE_SECRETS (oh_secrets_get_type ())
G_DECLARE_FINAL_TYPE (OhSecrets, oh_secrets, OH, SECRETS, GObject)

#define OH_SECRETS_ERROR (oh_secrets_error_quark ())
typedef enum
{
  OH_SECRETS_ERROR_ABSENT, /* no Secret Service answers, and no plain file is allowed */
  OH_SECRETS_ERROR_LOCKED, /* the person left the keyring locked */
  OH_SECRETS_ERROR_NONE,   /* there is no such secret */
  OH_SECRETS_ERROR_FAILED
} OhSecretsError;
GQuark oh_secrets_error_quark (void);

/* @plain_path: the file used where "plain" is set. */
OhSecrets *oh_secrets_new (const char *plain_path);
void oh_secrets_set_plain (OhSecrets *secrets, gboolean plain);

void oh_secrets_lookup_async (OhSecrets *secrets,
                              const char *account,
                              GCancellable *cancellable,
                              GAsyncReadyCallback callback,
                              gpointer user_data);
char *oh_secrets_lookup_finish (OhSecrets *secrets, GAsyncResult *result, GError **error);

/* @label: what the keyring's own program shows. */
void oh_secrets_store_async (OhSecrets *secrets,
                             const char *account,
                             const char *label,
                             const char *secret,
                             GCancellable *cancellable,
                             GAsyncReadyCallback callback,
                             gpointer user_data);
gboolean oh_secrets_store_finish (OhSecrets *secrets, GAsyncResult *result, GError **error);

/* Forgets it wherever it lies; nobody waits. */
void oh_secrets_clear (OhSecrets *secrets, const char *account);

G_END_DECLS
