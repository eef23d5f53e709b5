/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "server/config/oh-config.h"

G_BEGIN_DECLS

/* The server's own certificate authority and certificate, made at the first start in
 * config->tls_dir (0700, files 0600): ca.pem, ca-key.pem, and for sofia agent.pem (key, then
 * certificate) and cafile.pem. With [web] certificate and key those files are copied there instead.
 * The leaf is made anew when it does not carry the configured names or ends within 30 days. Before
 * oh_web_new() and oh_sip_new(); blocks. */
gboolean oh_certificate_prepare (const OhServerConfig *config, GError **error);

/* PEM of the authority that clients should trust; "" when a configured certificate is used.
 * Transfer full. */
char *oh_certificate_dup_authority (const OhServerConfig *config);

/* The name that clients compare with the certificate. Borrowed from @config. */
const char *oh_certificate_get_name (const OhServerConfig *config);

/* For doctor: SHA-256 of the certificate that clients are shown, as "AB:CD:...": what a person
 * compares before they trust it. NULL: not readable. Transfer full. */
char *oh_certificate_dup_fingerprint (const OhServerConfig *config);

/* For doctor: seconds until the certificate ends (negative: ended), and whose name it carries.
 * FALSE and @error: not readable. */
gboolean oh_certificate_examine (const OhServerConfig *config,
                                 gint64 *seconds_left,
                                 char **names,
                                 GError **error);

G_END_DECLS
