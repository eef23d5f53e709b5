/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "sip/oh-sip.h"

G_BEGIN_DECLS

/* Secrets of devices, made here and never chosen by a person: a plain SHA-256 of one is safe to keep.
 * All functions: any thread. */

/* 26 letters and digits without look-alikes: 130 random bits. Transfer full. */
char *oh_secret_new (void);

/* 16 hex digits with a letter before them. Transfer full. */
char *oh_secret_new_id (char prefix);

/* Transfer full. */
char *oh_secret_hash (const char *secret);

/* Compares in constant time; @hash NULL: FALSE after the same work. */
gboolean oh_secret_matches (const char *hash, const char *secret);

/* Overwrites it first. */
void oh_secret_free (char *secret);

G_END_DECLS
