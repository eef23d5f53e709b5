/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/oh-json-shape.h"

#include "base/oh-error.h"

#include <string.h>

#define MAX_DEPTH 16

static gboolean
refuse_shape (gsize at, GError **error)
{
  g_set_error (error, OH_ERROR, OH_ERROR_INVALID,
               "not JSON, or nested too deeply, at byte %" G_GSIZE_FORMAT, at);
  return FALSE;
}

gboolean
oh_json_shape_check (const char *text, gsize length, GError **error)
{
  guint depth = 0;
  gboolean in_string = FALSE;

  for (gsize i = 0; i < length; i++)
    {
      char c = text[i];

      if (in_string)
        {
          if (c == '\\')
            {
              /* Texts end at NUL here: one in the middle would hide what follows. */
              if (i + 5 < length && strncmp (text + i + 1, "u0000", 5) == 0)
                return refuse_shape (i, error);
              i++;
            }
          else if (c == '"')
            in_string = FALSE;
          continue;
        }
      if (c == '"')
        in_string = TRUE;
      else if (c == '{' || c == '[')
        depth++;
      else if ((c == '}' || c == ']') && depth > 0)
        depth--;
      else if (!strchr ("}],:.-+ \t\r\n", c) && !g_ascii_isalnum (c))
        depth = MAX_DEPTH + 1;
      if (depth > MAX_DEPTH)
        return refuse_shape (i, error);
    }
  return TRUE;
}
