/* SPDX-License-Identifier: GPL-3.0-or-later */
/* JSON from outside: the body of any HTTPS request, a line of the control socket. */
#include "server/store/oh-json.h"
#include "tests/fuzz/oh-fuzz.h"

int
LLVMFuzzerTestOneInput (const guint8 *data, gsize size)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (JsonObject) object = oh_json_parse_object ((const char *)data, size, &error);
  const char *text = NULL;
  gint64 number = 0;
  gboolean flag = FALSE;
  g_auto (GStrv) words = NULL;

  if (object == NULL)
    {
      g_assert_nonnull (error);
      return 0;
    }
  oh_json_read_string (object, "user", TRUE, 64, &text, NULL);
  oh_json_read_int (object, "limit", FALSE, 0, 100, &number, NULL);
  oh_json_read_bool (object, "heard", FALSE, &flag, NULL);
  oh_json_read_strv (object, "codecs", 8, 16, &words, NULL);
  g_assert_true (number >= 0 && number <= 100);
  return 0;
}
