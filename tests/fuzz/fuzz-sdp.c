/* SPDX-License-Identifier: GPL-3.0-or-later */
/* SDP of the far end: parsed, written again, answered, and read as an answer to an offer of ours. */
#include "media/sdp/oh-sdp.h"
#include "tests/fuzz/oh-fuzz.h"

static void
answer (const OhSdp *offer, gboolean ice, gboolean encrypted)
{
  OhSdpAbilities abilities = {
    .ice = ice, .dtls = encrypted, .crypto_optional = TRUE, .ptime = 20
  };
  static const char *const names[] = { "opus", "G722", "PCMU", "PCMA" };
  g_autoptr (OhSdp) ours = g_new0 (OhSdp, 1);
  OhSdpAgreed agreed = { 0 };

  for (guint i = 0; i < G_N_ELEMENTS (names); i++)
    abilities.codecs[abilities.n_codecs++] = oh_codec_find (names[i]);
  if (oh_sdp_make_answer (offer, &abilities, ours, &agreed, NULL))
    {
      g_autofree char *text = oh_sdp_write (ours);
      g_assert_nonnull (text);
      g_assert_cmpuint (agreed.n_send, <=, OH_SDP_MAX_CODECS);
    }

  g_autoptr (OhSdp) own_offer = g_new0 (OhSdp, 1);
  oh_sdp_make_offer (own_offer, &abilities);
  oh_sdp_read_answer (own_offer, &abilities, offer, &agreed, NULL);
}

int
LLVMFuzzerTestOneInput (const guint8 *data, gsize size)
{
  g_autofree char *text = g_strndup ((const char *)data, size);
  g_autoptr (GError) error = NULL;
  g_autoptr (OhSdp) sdp = oh_sdp_parse (text, &error);

  if (sdp == NULL)
    {
      g_assert_nonnull (error);
      return 0;
    }
  answer (sdp, FALSE, FALSE);
  answer (sdp, TRUE, TRUE);
  return 0;
}
