/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "bench/oh-estoi.h"

#include <stdlib.h>

/* For benches in Python: estoi RATE SAID HEARD prints how much of SAID can be understood in HEARD. Both
 * are 16 bit, mono, without a header, and begin together. */

int
main (int argc, char **argv)
{
  g_autofree char *said = NULL, *heard = NULL;
  g_autoptr (GError) error = NULL;
  char number[G_ASCII_DTOSTR_BUF_SIZE];
  gsize said_bytes, heard_bytes;

  if (argc != 4)
    return 2;
  if (!g_file_get_contents (argv[2], &said, &said_bytes, &error)
      || !g_file_get_contents (argv[3], &heard, &heard_bytes, &error))
    g_error ("%s", error->message);
  if (said_bytes != heard_bytes)
    g_error ("%s and %s are not as long", argv[2], argv[3]);
  g_print ("%s\n", g_ascii_formatd (number, sizeof number, "%.4f",
                                    oh_estoi ((const gint16 *)said, (const gint16 *)heard,
                                              said_bytes / sizeof (gint16), atoi (argv[1]))));
  return 0;
}
