/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Whatever arrives on a port for sound. */
#include "media/rtp/oh-red.h"
#include "tests/fuzz/oh-fuzz.h"

int
LLVMFuzzerTestOneInput (const guint8 *data, gsize size)
{
  OhRtpHeader header = { 0 };
  OhRedBlock blocks[OH_RED_MAX_BLOCKS];
  guint n;

  oh_rtp_classify (data, size);
  if (oh_rtp_parse (data, size, &header))
    g_assert_cmpuint (header.payload_at + header.payload_length, <=, size);
  n = oh_red_unpack (data, size, blocks);
  g_assert_cmpuint (n, <=, OH_RED_MAX_BLOCKS);
  for (guint i = 0; i < n; i++)
    g_assert_cmpuint (blocks[i].at + blocks[i].length, <=, size);
  return 0;
}
