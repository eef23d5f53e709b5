/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Preloaded into a program under test, this writes what its DTLS handshakes export (the keys of
 * SRTP, RFC 5764 4.2) to the file that OFFHOOK_KEY_TAP names, a line in hexadecimal digits each. So a
 * test can read what it recorded on the wire; the programs themselves never give a key away. */
#include <openssl/ssl.h>

#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>

typedef int (*Export) (
    SSL *, unsigned char *, size_t, const char *, size_t, const unsigned char *, size_t, int);

static void
write_keys (const char *path, const unsigned char *out, size_t length)
{
  FILE *file = fopen (path, "ae");

  if (!file)
    return;
  for (size_t i = 0; i < length; i++)
    fprintf (file, "%02x", out[i]);
  fputc ('\n', file);
  fclose (file);
}

int
SSL_export_keying_material (SSL *ssl,
                            unsigned char *out,
                            size_t length,
                            const char *label,
                            size_t label_length,
                            const unsigned char *context,
                            size_t context_length,
                            int use_context)
{
  Export real = (Export)dlsym (RTLD_NEXT, "SSL_export_keying_material");
  const char *path = getenv ("OFFHOOK_KEY_TAP");
  int ok = real (ssl, out, length, label, label_length, context, context_length, use_context);

  if (ok == 1 && path)
    write_keys (path, out, length);
  return ok;
}
