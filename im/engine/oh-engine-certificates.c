/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "oh-im-engine"

#include "im/engine/oh-engine-private.h"

#include <certificate.h>

/* libpurple's own check asks with a text only. It is called through here, so that while it asks it
 * is known which certificate the question is about. */
static void (*check) (PurpleCertificateVerificationRequest *request);
static PurpleCertificateVerificationRequest *checked;

static void
start_check (PurpleCertificateVerificationRequest *request)
{
  PurpleCertificateVerificationRequest *outer = checked;

  checked = request;
  check (request);
  checked = outer;
}

static void
describe_fingerprint (GVariantBuilder *dict, PurpleCertificate *certificate)
{
  GByteArray *bytes = purple_certificate_get_fingerprint_sha256 (certificate, FALSE);
  GString *text = g_string_new (NULL);

  for (guint i = 0; bytes && i < bytes->len; i++)
    g_string_append_printf (text, i ? ":%02X" : "%02X", bytes->data[i]);
  oh_im_dict_add (dict, "sha256", text->str, OH_IM_MAX_NAME);
  g_string_free (text, TRUE);
  if (bytes)
    g_byte_array_unref (bytes);
}

gboolean
oh_engine_certificate_describe (GVariantBuilder *dict)
{
  PurpleCertificate *certificate;
  g_autofree char *subject = NULL, *issuer = NULL;
  time_t from = 0, until = 0;

  if (!checked || !checked->cert_chain)
    return FALSE;
  certificate = checked->cert_chain->data;
  subject = purple_certificate_get_subject_name (certificate);
  issuer = purple_certificate_get_issuer_unique_id (certificate);
  oh_im_dict_add (dict, "host", checked->subject_name, OH_IM_MAX_NAME);
  oh_im_dict_add (dict, "subject", subject, OH_IM_MAX_NAME);
  oh_im_dict_add (dict, "issuer", issuer, OH_IM_MAX_NAME);
  describe_fingerprint (dict, certificate);
  if (!purple_certificate_check_subject_name (certificate, checked->subject_name))
    g_variant_builder_add (dict, "{sv}", "other-name", g_variant_new_int64 (1));
  if (purple_certificate_get_times (certificate, &from, &until))
    {
      g_variant_builder_add (dict, "{sv}", "valid-from", g_variant_new_int64 (from));
      g_variant_builder_add (dict, "{sv}", "valid-until", g_variant_new_int64 (until));
    }
  return TRUE;
}

void
oh_engine_certificates_install (void)
{
  PurpleCertificateVerifier *verifier = purple_certificate_find_verifier ("x509", "tls_cached");

  if (!verifier)
    return;
  check = verifier->start_verification;
  verifier->start_verification = start_check;
}
