/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "oh-store"

#include "server/store/oh-secret.h"

#include <sodium.h>

#include <string.h>

#define SECRET_LETTERS 26

char *
oh_secret_new (void)
{
  static const char letters[33] = "abcdefghjkmnpqrstuvwxyz23456789A";
  char *secret = g_new0 (char, SECRET_LETTERS + 1);
  guint8 bytes[SECRET_LETTERS];

  randombytes_buf (bytes, sizeof bytes);
  for (int i = 0; i < SECRET_LETTERS; i++)
    secret[i] = letters[bytes[i] & 31];
  sodium_memzero (bytes, sizeof bytes);
  return secret;
}

char *
oh_secret_new_id (char prefix)
{
  guint8 bytes[8];
  char hex[2 * sizeof bytes + 1];

  randombytes_buf (bytes, sizeof bytes);
  sodium_bin2hex (hex, sizeof hex, bytes, sizeof bytes);
  return g_strdup_printf ("%c%s", prefix, hex);
}

char *
oh_secret_hash (const char *secret)
{
  return g_compute_checksum_for_string (G_CHECKSUM_SHA256, secret, -1);
}

gboolean
oh_secret_matches (const char *hash, const char *secret)
{
  static const char none[] = "0000000000000000000000000000000000000000000000000000000000000000";
  g_autofree char *given = oh_secret_hash (secret ? secret : "");
  const char *wanted = hash && strlen (hash) == sizeof none - 1 ? hash : none;

  return sodium_memcmp (wanted, given, sizeof none - 1) == 0 && wanted == hash;
}

void
oh_secret_free (char *secret)
{
  if (!secret)
    return;
  sodium_memzero (secret, strlen (secret));
  g_free (secret);
}
