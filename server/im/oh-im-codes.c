/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "oh-im"

#include "server/im/oh-im-codes.h"

#include "base/oh-clock.h"
#include "server/store/oh-language.h"
#include "server/store/oh-secret.h"

#include <sodium.h>

#include <string.h>

#define DIGITS 6
#define LIFE_US (10 * 60 * G_TIME_SPAN_SECOND)
#define TRIES 5
#define MAX_TYPED 40 /* bytes of what is typed back */

/* How many may be asked for in what time. */
typedef enum
{
  BY_USER,
  BY_NAME, /* whoever asks, so that nobody is pestered */
  BY_CLAIM,
  N_COUNTERS
} Counter;

static const struct
{
  gint64 window_us;
  guint max;
} limits[N_COUNTERS] = {
  [BY_USER] = { G_TIME_SPAN_HOUR, 10 },
  [BY_NAME] = { G_TIME_SPAN_HOUR, 5 },
  [BY_CLAIM] = { 10 * 60 * G_TIME_SPAN_SECOND, 3 },
};

static const char *const messages[OH_N_LANGUAGES] = {
  [OH_LANGUAGE_ENGLISH]
  = "The code is %s. Type it where you asked for it, within ten minutes. If you did not ask, "
    "ignore this message.",
  [OH_LANGUAGE_GERMAN]
  = "Der Code ist %s. Geben Sie ihn binnen zehn Minuten dort ein, wo Sie ihn verlangt haben. "
    "Haben Sie keinen verlangt, dann beachten Sie diese Nachricht nicht.",
};

typedef struct
{
  char *digits;
  gint64 ends_us;
  guint tries; /* left */
} Code;

struct _OhImCodes
{
  GHashTable *codes; /* key of a claim -> Code */
  GHashTable *asked; /* key of a counter -> GArray of gint64, when codes were asked for */
};

static void
free_code (gpointer data)
{
  Code *code = data;

  oh_secret_free (code->digits);
  g_free (code);
}

static void
free_times (gpointer data)
{
  g_array_unref (data);
}

OhImCodes *
oh_im_codes_new (void)
{
  OhImCodes *codes = g_new (OhImCodes, 1);

  codes->codes = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, free_code);
  codes->asked = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, free_times);
  return codes;
}

void
oh_im_codes_free (OhImCodes *codes)
{
  if (!codes)
    return;
  g_hash_table_unref (codes->codes);
  g_hash_table_unref (codes->asked);
  g_free (codes);
}

/* 0 stands for what does not count. */
static char *
make_key (const OhImClaim *claim, Counter counter)
{
  return g_strdup_printf ("%d %" G_GINT64_FORMAT " %" G_GINT64_FORMAT " %s", (int)counter,
                          counter == BY_NAME ? 0 : claim->user_id,
                          counter == BY_USER ? 0 : claim->login_id,
                          counter == BY_USER ? "" : claim->name);
}

/* --- How many were asked for --- */

static gboolean
drop_old_times (gpointer key, gpointer value, gpointer user_data)
{
  const char *counter = key;
  GArray *times = value;
  gint64 since = *(gint64 *)user_data - limits[*counter - '0'].window_us;
  guint old = 0;

  while (old < times->len && g_array_index (times, gint64, old) <= since)
    old++;
  if (old > 0)
    g_array_remove_range (times, 0, old);
  return times->len == 0;
}

static gboolean
is_over (gpointer key, gpointer value, gpointer user_data)
{
  return ((Code *)value)->ends_us <= *(gint64 *)user_data;
}

/* The most seconds that one of the counters wants to wait; 0: none. */
static guint
get_wait (OhImCodes *codes, const OhImClaim *claim, gint64 now)
{
  guint wait = 0;

  for (guint i = 0; i < N_COUNTERS; i++)
    {
      g_autofree char *key = make_key (claim, i);
      GArray *times = g_hash_table_lookup (codes->asked, key);
      gint64 free_us;

      if (!times || times->len < limits[i].max)
        continue;
      free_us = g_array_index (times, gint64, 0) + limits[i].window_us;
      wait = MAX (wait, (guint)((free_us - now) / G_TIME_SPAN_SECOND) + 1);
    }
  return wait;
}

static void
count (OhImCodes *codes, const OhImClaim *claim, gint64 now)
{
  for (guint i = 0; i < N_COUNTERS; i++)
    {
      char *key = make_key (claim, i);
      GArray *times = g_hash_table_lookup (codes->asked, key);

      if (times)
        g_free (key);
      else
        {
          times = g_array_new (FALSE, FALSE, sizeof (gint64));
          g_hash_table_insert (codes->asked, key, times);
        }
      g_array_append_val (times, now);
    }
}

/* --- Codes --- */

char *
oh_im_codes_make (OhImCodes *codes, const OhImClaim *claim, guint *retry_s)
{
  gint64 now = oh_clock_now ();
  Code *code;

  g_hash_table_foreach_remove (codes->asked, drop_old_times, &now);
  g_hash_table_foreach_remove (codes->codes, is_over, &now);
  *retry_s = get_wait (codes, claim, now);
  if (*retry_s > 0)
    return NULL;
  count (codes, claim, now);
  code = g_new (Code, 1);
  code->digits = g_strdup_printf ("%0*u", DIGITS, randombytes_uniform (1000000));
  code->ends_us = now + LIFE_US;
  code->tries = TRIES;
  g_hash_table_replace (codes->codes, make_key (claim, BY_CLAIM), code);
  return g_strdup (code->digits);
}

static Code *
find (OhImCodes *codes, const OhImClaim *claim)
{
  g_autofree char *key = make_key (claim, BY_CLAIM);
  Code *code = g_hash_table_lookup (codes->codes, key);

  return code && code->ends_us > oh_clock_now () ? code : NULL;
}

/* Six digits, or none. */
static void
read_digits (const char *text, char digits[DIGITS + 1])
{
  guint n = 0;

  memset (digits, 0, DIGITS + 1);
  for (const char *p = text; *p; p++)
    {
      if (g_ascii_isspace (*p))
        continue;
      if (!g_ascii_isdigit (*p) || n >= DIGITS || p - text > MAX_TYPED)
        {
          memset (digits, 0, DIGITS + 1);
          return;
        }
      digits[n++] = *p;
    }
}

OhImCodeJudgement
oh_im_codes_try (OhImCodes *codes, const OhImClaim *claim, const char *text)
{
  Code *code = find (codes, claim);
  char digits[DIGITS + 1];
  gboolean right;

  if (!code)
    return OH_IM_CODE_OVER;
  read_digits (text, digits);
  right = sodium_memcmp (digits, code->digits, DIGITS) == 0;
  sodium_memzero (digits, sizeof digits);
  if (right || --code->tries == 0)
    oh_im_codes_forget (codes, claim);
  return right ? OH_IM_CODE_RIGHT : OH_IM_CODE_WRONG;
}

guint
oh_im_codes_get_seconds (OhImCodes *codes, const OhImClaim *claim)
{
  const Code *code = find (codes, claim);

  return code ? (guint)((code->ends_us - oh_clock_now ()) / G_TIME_SPAN_SECOND) : 0;
}

guint
oh_im_codes_get_tries (OhImCodes *codes, const OhImClaim *claim)
{
  const Code *code = find (codes, claim);

  return code ? code->tries : 0;
}

void
oh_im_codes_forget (OhImCodes *codes, const OhImClaim *claim)
{
  g_autofree char *key = make_key (claim, BY_CLAIM);

  g_hash_table_remove (codes->codes, key);
}

char *
oh_im_codes_dup_message (const char *language, const char *code)
{
  g_autoptr (GString) text = NULL;
  const char *message = messages[oh_language_of (language)];
  const char *place = strstr (message, "%s");

  text = g_string_new_len (message, place - message);
  g_string_append_printf (text, "%s%s", code, place + 2);
  return g_string_free (g_steal_pointer (&text), FALSE);
}
