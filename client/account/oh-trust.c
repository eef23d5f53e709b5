/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "client/account/oh-trust.h"

#include "client/account/oh-fingerprint.h"

struct _OhTrust
{
  char *fingerprint;
  GTlsCertificate *authority;
};

OhTrust *
oh_trust_new (const char *fingerprint, const char *authority)
{
  OhTrust *trust = g_new0 (OhTrust, 1);

  trust->fingerprint = g_strdup (fingerprint);
  if (authority && *authority)
    trust->authority = g_tls_certificate_new_from_pem (authority, -1, NULL);
  return trust;
}

void
oh_trust_free (OhTrust *trust)
{
  if (!trust)
    return;
  g_clear_object (&trust->authority);
  g_free (trust->fingerprint);
  g_free (trust);
}

gboolean
oh_trust_accepts (const OhTrust *trust, GTlsCertificate *certificate, GUri *uri)
{
  g_autofree char *fingerprint = oh_fingerprint_of (certificate);
  g_autoptr (GSocketConnectable) identity = NULL;

  if (trust->fingerprint && g_ascii_strcasecmp (fingerprint, trust->fingerprint) == 0)
    return TRUE;
  identity = g_network_address_new (g_uri_get_host (uri), (guint16)g_uri_get_port (uri));
  return trust->authority
         && g_tls_certificate_verify (certificate, identity, trust->authority) == 0;
}
