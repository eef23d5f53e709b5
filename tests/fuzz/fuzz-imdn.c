/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Delivery notifications, as any SIP service may send them. */
#include "sip/oh-sip-imdn.h"
#include "tests/fuzz/oh-fuzz.h"

int
LLVMFuzzerTestOneInput (const guint8 *data, gsize size)
{
  g_autofree char *original = NULL;
  g_autofree char *id = oh_sip_imdn_parse ((const char *)data, size, &original);

  if (id)
    g_assert_true (oh_sip_imdn_is_id (id));
  else
    g_assert_null (original);
  return 0;
}
