/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* A token bucket per key (a source address, a user): @burst at once, then @per_minute. The table
 * holds at most @max_keys; when it is full the key that was idle longest goes. One thread. */
typedef struct _OhLimits OhLimits;

/* @per_minute 0: everything passes. */
OhLimits *oh_limits_new (guint per_minute, guint burst, guint max_keys);
void oh_limits_free (OhLimits *limits);

/* Takes a token of @key; FALSE: none left, and *@retry_s (may be NULL) says when there is one. */
gboolean oh_limits_take (OhLimits *limits, const char *key, guint *retry_s);

/* Whom to count for @address: itself, but the /64 network of an IPv6 address, out of which one host
 * may take as many as it likes (RFC 6177). Transfer full. */
char *oh_limits_dup_source (const char *address);

/* How many were refused since creation; how many keys there are. */
guint64 oh_limits_get_refused (OhLimits *limits);
guint oh_limits_get_size (OhLimits *limits);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (OhLimits, oh_limits_free)

G_END_DECLS
