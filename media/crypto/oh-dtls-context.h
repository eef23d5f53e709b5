/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "media/crypto/oh-dtls.h"

#include <openssl/ssl.h>

G_BEGIN_DECLS

/* The process's own context with its certificate; made at first use, from any thread. Borrowed. */
SSL_CTX *oh_dtls_get_context (void);

/* SHA-256 of @certificate. */
gboolean oh_dtls_hash (X509 *certificate, guint8 fingerprint[OH_DTLS_FINGERPRINT_BYTES]);

G_END_DECLS
