/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "base/oh-executor.h"

G_BEGIN_DECLS

/* Passwords of persons: argon2id (libsodium, 64 MiB, about 0.1 s), never on a thread that has other
 * work: a pool of two threads with a bounded queue, so that a flood of sign-ins costs bounded memory. */

/* FALSE and @error: under 8 or over 256 bytes, or not UTF-8. */
gboolean oh_password_check_rules (const char *password, GError **error);

/* @hash: NULL and @error (OH_ERROR_LIMIT: queue full, try again). Borrowed. */
typedef void (*OhPasswordHashFunc) (const char *hash, const GError *error, gpointer user_data);
void oh_password_hash (const char *password,
                       const OhExecutor *executor,
                       OhPasswordHashFunc func,
                       gpointer user_data);

/* @hash NULL: a user that is not there takes as long as a wrong password. */
typedef void (*OhPasswordVerifyFunc) (gboolean right, const GError *error, gpointer user_data);
void oh_password_verify (const char *hash,
                         const char *password,
                         const OhExecutor *executor,
                         OhPasswordVerifyFunc func,
                         gpointer user_data);

G_END_DECLS
