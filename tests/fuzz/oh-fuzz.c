/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Drives LLVMFuzzerTestOneInput() of one target without a fuzzing engine: every file of the corpus,
 * then mutations of them, from a fixed seed and for a bounded time, so that the smoke run is the same
 * everywhere. With clang the same targets link to libFuzzer instead (-fsanitize=fuzzer). */
#include "tests/fuzz/oh-fuzz.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MAX_BYTES 8192

static gint64
get_deadline (void)
{
  const char *seconds = g_getenv ("OFFHOOK_FUZZ_SECONDS");

  return g_get_monotonic_time () + (seconds ? atoi (seconds) : 3) * G_TIME_SPAN_SECOND;
}

static void
mutate (GRand *rand, GByteArray *bytes, GPtrArray *corpus)
{
  static const guint8 nasty[] = {
    0, 1, 0x7f, 0x80, 0xff, '\r', '\n', '"', '{', '[', '=', ':', '-'
  };
  guint at = bytes->len ? g_rand_int_range (rand, 0, bytes->len) : 0;
  guint most = g_rand_int_range (rand, 1, 32), n = MIN (bytes->len - at, most);

  switch (g_rand_int_range (rand, 0, 7))
    {
    case 0:
      if (bytes->len > 0)
        bytes->data[at] ^= 1u << g_rand_int_range (rand, 0, 8);
      break;
    case 1:
      if (bytes->len > 0)
        bytes->data[at] = nasty[g_rand_int_range (rand, 0, sizeof nasty)];
      break;
    case 2:
      if (n > 0)
        g_byte_array_remove_range (bytes, at, n);
      break;
    case 3:
      g_byte_array_set_size (bytes, at);
      break;
    case 4: /* a piece twice */
      if (n > 0 && bytes->len + n < MAX_BYTES)
        {
          g_autofree guint8 *piece = g_memdup2 (bytes->data + at, n);
          g_byte_array_append (bytes, piece, n);
        }
      break;
    case 5: /* the rest of another one */
      {
        GBytes *other = corpus->pdata[g_rand_int_range (rand, 0, corpus->len)];
        gsize length;
        const guint8 *data = g_bytes_get_data (other, &length);
        gsize from = length ? (gsize)g_rand_int_range (rand, 0, length) : 0;

        g_byte_array_set_size (bytes, at);
        if (length > from && bytes->len + length - from < MAX_BYTES)
          g_byte_array_append (bytes, data + from, length - from);
        break;
      }
    default: /* a long run */
      for (guint i = 0; i < 64 && bytes->len < MAX_BYTES; i++)
        g_byte_array_append (bytes, nasty + n % sizeof nasty, 1);
    }
}

static GPtrArray *
load_corpus (const char *folder)
{
  GPtrArray *corpus = g_ptr_array_new_with_free_func ((GDestroyNotify)g_bytes_unref);
  g_autoptr (GDir) dir = g_dir_open (folder, 0, NULL);
  const char *name;

  while (dir != NULL && (name = g_dir_read_name (dir)) != NULL)
    {
      g_autofree char *path = g_build_filename (folder, name, NULL);
      char *text;
      gsize length;

      if (g_file_get_contents (path, &text, &length, NULL))
        g_ptr_array_add (corpus, g_bytes_new_take (text, length));
    }
  g_ptr_array_add (corpus, g_bytes_new_static ("", 0));
  return corpus;
}

/* A copy of exactly that size on the heap, so that the address sanitizer sees one byte too far. */
static void
try_bytes (const guint8 *data, gsize length)
{
  g_autofree guint8 *copy = g_malloc (MAX (1, length));

  if (length > 0)
    memcpy (copy, data, length);
  LLVMFuzzerTestOneInput (copy, length);
}

int
main (int argc, char **argv)
{
  g_autoptr (GPtrArray) corpus = load_corpus (argc > 1 ? argv[1] : ".");
  g_autoptr (GRand) rand = g_rand_new_with_seed (20240229);
  gint64 deadline = get_deadline ();
  guint runs = 0;

  printf ("1..2\n");
  for (guint i = 0; i < corpus->len; i++)
    {
      gsize length;
      const guint8 *data = g_bytes_get_data (corpus->pdata[i], &length);
      try_bytes (data, length);
    }
  printf ("ok 1 - %u files of the corpus\n", corpus->len - 1);

  while (g_get_monotonic_time () < deadline)
    {
      GBytes *seed = corpus->pdata[g_rand_int_range (rand, 0, corpus->len)];
      g_autoptr (GByteArray) bytes = g_byte_array_new ();
      gsize length;
      const guint8 *data = g_bytes_get_data (seed, &length);
      guint changes = g_rand_int_range (rand, 1, 6);

      g_byte_array_append (bytes, data, MIN (length, MAX_BYTES));
      while (changes-- > 0)
        mutate (rand, bytes, corpus);
      try_bytes (bytes->data, bytes->len);
      runs++;
    }
  printf ("ok 2 - %u mutations\n", runs);
  return 0;
}
