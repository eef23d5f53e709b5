/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Whatever arrives on a port for sound. */
#include "media/rtp/oh-rtp.h"
#include "tests/fuzz/oh-fuzz.h"

int
LLVMFuzzerTestOneInput (const guint8 *data, gsize size)
{
  OhRtpHeader header = { 0 };

  oh_rtp_classify (data, size);
  if (oh_rtp_parse (data, size, &header))
    g_assert_cmpuint (header.payload_at + header.payload_length, <=, size);
  return 0;
}
