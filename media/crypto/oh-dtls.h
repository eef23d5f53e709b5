/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "media/crypto/oh-srtp.h"

G_BEGIN_DECLS

#define OH_DTLS_FINGERPRINT_BYTES 32

/* The handshake that makes one peer's SRTP keys (RFC 5764). All peers of the process share one
 * context and one P-256 certificate. Datagrams go in and out by calls; the owner runs the timer. */
typedef struct _OhDtls OhDtls;

typedef enum
{
  OH_DTLS_WAITING,
  OH_DTLS_DONE,
  OH_DTLS_FAILED
} OhDtlsState;

typedef void (*OhDtlsSend) (const guint8 *data, gsize length, gpointer user_data);

/* SHA-256 over our certificate (RFC 8122). From any thread. */
void oh_dtls_get_fingerprint (guint8 fingerprint[OH_DTLS_FINGERPRINT_BYTES]);

OhDtls *oh_dtls_new (OhDtlsSend send, gpointer user_data);
void oh_dtls_free (OhDtls *dtls);

/* The far end's SDP is known: its fingerprint and who begins. Datagrams that came before are looked
 * at now. */
void
oh_dtls_start (OhDtls *dtls, gboolean client, const guint8 fingerprint[OH_DTLS_FINGERPRINT_BYTES]);
gboolean oh_dtls_is_started (OhDtls *dtls);

/* Whether @fingerprint is the one that the handshake was begun for. */
gboolean oh_dtls_expects (OhDtls *dtls, const guint8 fingerprint[OH_DTLS_FINGERPRINT_BYTES]);

/* The path can carry data now: the client's first message, and whatever waits. */
void oh_dtls_path_open (OhDtls *dtls);

void oh_dtls_received (OhDtls *dtls, const guint8 *data, gsize length);
void oh_dtls_timer_expired (OhDtls *dtls);

/* us until oh_dtls_timer_expired() is due; < 0: no timer. */
gint64 oh_dtls_get_timeout (OhDtls *dtls);

OhDtlsState oh_dtls_get_state (OhDtls *dtls, const char **why);
gboolean oh_dtls_is_client (OhDtls *dtls);

/* Keys of a finished handshake. */
OhSrtp *oh_dtls_make_srtp (OhDtls *dtls, GError **error);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (OhDtls, oh_dtls_free)

G_END_DECLS
