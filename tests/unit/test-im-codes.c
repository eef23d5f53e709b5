/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Codes that prove whose a name is: how long, how often, and what a stranger may learn. */
#include "base/oh-clock.h"
#include "server/im/oh-im-codes.h"

#include <string.h>

static gint64 now_us = G_TIME_SPAN_HOUR;

static gint64
tell_time (void)
{
  return now_us;
}

static char *
make (OhImCodes *codes, const OhImClaim *claim)
{
  guint retry_s = 1;
  char *code = oh_im_codes_make (codes, claim, &retry_s);

  g_assert_nonnull (code);
  g_assert_cmpuint (retry_s, ==, 0);
  g_assert_cmpuint (strlen (code), ==, 6);
  g_assert_cmpuint (strspn (code, "0123456789"), ==, 6);
  return code;
}

static guint
refuse (OhImCodes *codes, const OhImClaim *claim)
{
  guint retry_s = 0;

  g_assert_null (oh_im_codes_make (codes, claim, &retry_s));
  g_assert_cmpuint (retry_s, >, 0);
  return retry_s;
}

static void
test_life (void)
{
  g_autoptr (OhImCodes) codes = oh_im_codes_new ();
  OhImClaim anna = { 1, 1, "anna@one.test" }, other = { 2, 1, "anna@one.test" };
  g_autofree char *first = make (codes, &anna);
  g_autofree char *second = NULL;

  g_assert_cmpint (oh_im_codes_try (codes, &other, first), ==, OH_IM_CODE_OVER);
  g_assert_cmpuint (oh_im_codes_get_seconds (codes, &anna), ==, 600);
  now_us += 599 * G_TIME_SPAN_SECOND;
  g_assert_cmpuint (oh_im_codes_get_seconds (codes, &anna), ==, 1);
  now_us += G_TIME_SPAN_SECOND;
  g_assert_cmpuint (oh_im_codes_get_seconds (codes, &anna), ==, 0);
  g_assert_cmpint (oh_im_codes_try (codes, &anna, first), ==, OH_IM_CODE_OVER);
  second = make (codes, &anna);
  g_assert_cmpint (oh_im_codes_try (codes, &anna, second), ==, OH_IM_CODE_RIGHT);
  g_assert_cmpint (oh_im_codes_try (codes, &anna, second), ==, OH_IM_CODE_OVER);
}

static void
test_tries (void)
{
  static const char *const wrong[] = { "", "12345", "1234567", "abcdef", "1 2 3" };
  g_autoptr (OhImCodes) codes = oh_im_codes_new ();
  OhImClaim anna = { 1, 1, "anna@one.test" };
  g_autofree char *code = make (codes, &anna);

  for (guint i = 0; i < G_N_ELEMENTS (wrong); i++)
    {
      g_assert_cmpuint (oh_im_codes_get_tries (codes, &anna), ==, 5 - i);
      g_assert_cmpint (oh_im_codes_try (codes, &anna, wrong[i]), ==, OH_IM_CODE_WRONG);
    }
  g_assert_cmpint (oh_im_codes_try (codes, &anna, code), ==, OH_IM_CODE_OVER);
}

/* One name, one user and one user's name are each asked about so often. */
static void
test_limits (void)
{
  g_autoptr (OhImCodes) codes = oh_im_codes_new ();
  OhImClaim anna = { 1, 1, "anna@one.test" }, second = { 2, 1, "anna@one.test" };

  for (guint i = 0; i < 3; i++)
    g_free (make (codes, &anna));
  g_assert_cmpuint (refuse (codes, &anna), >=, 600);
  oh_im_codes_forget (codes, &anna);
  g_assert_cmpuint (refuse (codes, &anna), >=, 600);
  for (guint i = 0; i < 2; i++)
    g_free (make (codes, &second));
  g_assert_cmpuint (refuse (codes, &second), >=, 3600); /* the name has had enough */
  for (guint i = 0; i < 7; i++)
    {
      g_autofree char *name = g_strdup_printf ("n%u@one.test", i);

      g_free (make (codes, &(OhImClaim){ 1, 1, name }));
    }
  g_assert_cmpuint (refuse (codes, &(OhImClaim){ 1, 1, "next@one.test" }), >=, 3600);
  now_us += G_TIME_SPAN_HOUR;
  g_free (make (codes, &anna));
}

static void
test_words (void)
{
  static const char *const languages[] = { "en", "de", "de_AT", "tlh", "" };

  for (gsize i = 0; i < G_N_ELEMENTS (languages); i++)
    {
      g_autofree char *text = oh_im_codes_dup_message (languages[i], "123456");

      g_assert_nonnull (strstr (text, "123456"));
      g_assert_null (strchr (text, '%'));
      g_assert_null (strchr (text, '\n'));
      g_assert_cmpuint (strlen (text), <, 400);
      g_assert_cmpint (strstr (text, "Geben Sie") != NULL, ==,
                       g_str_has_prefix (languages[i], "de"));
    }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  oh_clock_set_source (tell_time);
  g_test_add_func ("/im-codes/life", test_life);
  g_test_add_func ("/im-codes/tries", test_tries);
  g_test_add_func ("/im-codes/limits", test_limits);
  g_test_add_func ("/im-codes/words", test_words);
  return g_test_run ();
}
