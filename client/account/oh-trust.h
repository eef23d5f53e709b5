/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

/* Which certificates of one call server are taken beside those that public CAs vouch for. Immutable. */
typedef struct _OhTrust OhTrust;

/* @fingerprint: SHA-256 of the one that the person trusts; @authority: PEM of the server's own
 * authority. Each may be NULL. */
OhTrust *oh_trust_new (const char *fingerprint, const char *authority);
void oh_trust_free (OhTrust *trust);

/* Of a certificate that no public CA vouches for, shown by who answers at @uri. */
gboolean oh_trust_accepts (const OhTrust *trust, GTlsCertificate *certificate, GUri *uri);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (OhTrust, oh_trust_free)

G_END_DECLS
