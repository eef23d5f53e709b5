/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Addresses and names from outside on their way into a log. */
#include "base/oh-redact.h"
#include "tests/fuzz/oh-fuzz.h"

#include <string.h>

int
LLVMFuzzerTestOneInput (const guint8 *data, gsize size)
{
  g_autofree char *text = g_strndup ((const char *)data, size);
  g_autofree char *shown = oh_printable (text, 100);
  g_autofree char *redacted = oh_redact_address (text);

  g_assert_cmpuint (strlen (shown), <=, 100);
  g_assert_true (g_utf8_validate (shown, -1, NULL));
  g_assert_true (g_utf8_validate (redacted, -1, NULL));
  g_assert_null (strchr (shown, '\n'));
  g_assert_null (strchr (redacted, '\n'));
  return 0;
}
