/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* Encryption of one peer's packets by libsrtp2, in place: one key for each direction. One thread. */
typedef struct _OhSrtp OhSrtp;

/* What a suite is called in SDP and OhPeerStats; its master key and salt together. NULL / 0: not
 * known. The order is our preference: GCM costs a third of AES-CM with SHA-1 (libraries.md). */
#define OH_SRTP_N_SUITES 3
extern const char *const oh_srtp_suites[OH_SRTP_N_SUITES];
gsize oh_srtp_get_key_length (const char *suite);

/* Keys are copied. OH_ERROR_UNSUPPORTED, OH_ERROR_INVALID. */
OhSrtp *oh_srtp_new (const char *suite,
                     const guint8 *send_key,
                     const char *receive_suite,
                     const guint8 *receive_key,
                     GError **error);

/* New keys in mid-call; a direction whose key is NULL goes on as it is, for its count of packets must
 * not begin anew with the same key (RFC 3711 3.3.1, 9.1). On an error nothing has changed. */
gboolean oh_srtp_rekey (OhSrtp *srtp,
                        const char *suite,
                        const guint8 *send_key,
                        const char *receive_suite,
                        const guint8 *receive_key,
                        GError **error);
void oh_srtp_free (OhSrtp *srtp);
const char *oh_srtp_get_suite (OhSrtp *srtp);

/* @length grows by at most OH_TRANSPORT_SPARE, or shrinks. FALSE: not authentic, a replay, ... */
gboolean oh_srtp_protect (OhSrtp *srtp, gboolean rtcp, guint8 *data, gsize *length);
gboolean oh_srtp_unprotect (OhSrtp *srtp, gboolean rtcp, guint8 *data, gsize *length);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (OhSrtp, oh_srtp_free)

G_END_DECLS
