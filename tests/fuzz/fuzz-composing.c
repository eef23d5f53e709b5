/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Notices of who is typing, as any device may send them. */
#include "sip/oh-sip-composing.h"
#include "tests/fuzz/oh-fuzz.h"

int
LLVMFuzzerTestOneInput (const guint8 *data, gsize size)
{
  OhSipComposing composing;

  if (oh_sip_composing_parse ((const char *)data, size, &composing))
    {
      g_autofree char *text = oh_sip_composing_make (&composing);

      g_assert_cmpuint (composing.refresh_s, >=, 60);
      g_assert_cmpuint (composing.refresh_s, <=, 600);
      g_assert_nonnull (text);
    }
  return 0;
}
