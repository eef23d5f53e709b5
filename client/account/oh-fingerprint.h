/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

/* SHA-256 of the certificate as "AB:CD:..." Transfer full. */
char *oh_fingerprint_of (GTlsCertificate *certificate);

/* The same of the first certificate in the PEM file @path. */
char *oh_fingerprint_of_file (const char *path, GError **error);

G_END_DECLS
