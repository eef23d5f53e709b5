/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "client/account/oh-fingerprint.h"

#include <string.h>

char *
oh_fingerprint_of (GTlsCertificate *certificate)
{
  g_autoptr (GByteArray) der = NULL;
  g_autofree char *hex = NULL;
  GString *out = g_string_new (NULL);

  g_object_get (certificate, "certificate", &der, NULL);
  hex = g_compute_checksum_for_data (G_CHECKSUM_SHA256, der->data, der->len);
  for (guint i = 0; hex[i]; i += 2)
    g_string_append_printf (out, "%s%c%c", i ? ":" : "", g_ascii_toupper (hex[i]),
                            g_ascii_toupper (hex[i + 1]));
  return g_string_free (out, FALSE);
}

char *
oh_fingerprint_of_file (const char *path, GError **error)
{
  g_autoptr (GTlsCertificate) certificate = NULL;
  g_autofree char *text = NULL;
  const char *start;

  if (!g_file_get_contents (path, &text, NULL, error))
    return NULL;
  start = strstr (text, "-----BEGIN CERTIFICATE-----");
  certificate = g_tls_certificate_new_from_pem (start ? start : text, -1, error);
  return certificate ? oh_fingerprint_of (certificate) : NULL;
}
