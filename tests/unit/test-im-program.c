/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Which IM program somebody has, by what it says of itself. */
#include "server/im/oh-im-program.h"

#include <string.h>

static void
test_known (void)
{
  static const struct
  {
    const char *said, *name, *version;
    OhImProgramKind kind;
  } cases[] = {
    { "Offhook", "Offhook", "", OH_IM_PROGRAM_OWN },
    { "Offhook/0.1.0 (linux)", "Offhook", "0.1.0", OH_IM_PROGRAM_OWN },
    { "Offhooked/0.1.0", "Offhooked", "0.1.0", OH_IM_PROGRAM_OTHER },
    { "https://example.org/offhook", "example.org", "", OH_IM_PROGRAM_OTHER },
    { "https://gajim.org", "Gajim", "", OH_IM_PROGRAM_OTHER },
    { "http://pidgin.im/", "libpurple", "", OH_IM_PROGRAM_OTHER },
    { "http://profanity-im.github.io", "Profanity", "", OH_IM_PROGRAM_TERMINAL },
    { "http://mcabber.com/caps", "mcabber", "", OH_IM_PROGRAM_TERMINAL },
    { "baresip v1.0.0 (x86_64/linux)", "baresip", "1.0.0", OH_IM_PROGRAM_TERMINAL },
    { "Linphone-Desktop/4.4.10 (host) Debian", "Linphone", "4.4.10", OH_IM_PROGRAM_OTHER },
    { "Some Phone/7 beta", "Some Phone", "7", OH_IM_PROGRAM_OTHER },
    { "Some Phone", "Some Phone", "", OH_IM_PROGRAM_OTHER },
    { "http://www.example.org/chat#2", "example.org", "", OH_IM_PROGRAM_OTHER },
    { "", "", "", OH_IM_PROGRAM_OTHER },
    { NULL, "", "", OH_IM_PROGRAM_OTHER },
    { "://", "", "", OH_IM_PROGRAM_OTHER },
    { " / ", "", "", OH_IM_PROGRAM_OTHER },
    { "/1", "", "1", OH_IM_PROGRAM_OTHER },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autoptr (OhImProgram) program = oh_im_program_parse (cases[i].said);

      g_assert_cmpstr (program->name, ==, cases[i].name);
      g_assert_cmpstr (program->version, ==, cases[i].version);
      g_assert_cmpint (program->kind, ==, cases[i].kind);
    }
}

/* What it answers, with what it says unasked. */
static void
test_answered (void)
{
  static const struct
  {
    const char *client, *program, *version, *name, *known;
    OhImProgramKind kind;
  } cases[] = {
    { "http://pidgin.im/", "Pidgin", "2.14.12 (libpurple 2.14.12)", "Pidgin", "2.14.12",
      OH_IM_PROGRAM_OTHER },
    { "http://pidgin.im/", "Finch", "2.14.12", "Finch", "2.14.12", OH_IM_PROGRAM_TERMINAL },
    { "http://pidgin.im/", "", "", "libpurple", "", OH_IM_PROGRAM_OTHER },
    { "Offhook", "Offhook", "0.1.0", "Offhook", "0.1.0", OH_IM_PROGRAM_OWN },
    { "Offhook", "My Offhook", "0.1.0", "My Offhook", "0.1.0", OH_IM_PROGRAM_OWN },
    { "https://gajim.org", "", "1.8.4", "Gajim", "1.8.4", OH_IM_PROGRAM_OTHER },
    { "", "irssi v1.4.3 - running on Linux x86_64", "", "Irssi", "1.4.3", OH_IM_PROGRAM_TERMINAL },
    { "", "WeeChat 3.8 (Jan 8 2023)", "", "WeeChat", "3.8", OH_IM_PROGRAM_TERMINAL },
    { "", "Purple IRC", "", "Purple IRC", "", OH_IM_PROGRAM_OTHER },
    { "", "mIRC v7.72", "  ", "mIRC", "7.72", OH_IM_PROGRAM_OTHER },
    { "", "", "", "", "", OH_IM_PROGRAM_OTHER },
  };
  g_autofree char *huge = g_strnfill (10000, 'x'), *odd = g_strdup ("ab\xff\033[2Jcd");
  g_autoptr (OhImProgram) long_one = oh_im_program_of (huge, huge, huge);
  g_autoptr (OhImProgram) odd_one = oh_im_program_of (odd, odd, odd);

  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autoptr (OhImProgram) program = oh_im_program_of (cases[i].client, cases[i].program,
                                                          cases[i].version);

      g_assert_cmpstr (program->name, ==, cases[i].name);
      g_assert_cmpstr (program->version, ==, cases[i].known);
      g_assert_cmpint (program->kind, ==, cases[i].kind);
    }
  g_assert_cmpuint (strlen (long_one->name), <, 100);
  g_assert_cmpuint (strlen (long_one->version), <, 100);
  g_assert_true (g_utf8_validate (odd_one->version, -1, NULL));
  g_assert_null (strchr (odd_one->version, '\033'));
}

/* It stays one short line of valid text, whatever comes. */
static void
test_hostile (void)
{
  static const char *const parts[] = { "x", "\n", "\033[2J", "\xff", "ü", "/v1", "://", " 1" };

  for (gsize i = 0; i < G_N_ELEMENTS (parts); i++)
    {
      g_autoptr (GString) huge = g_string_new (NULL);
      g_autoptr (OhImProgram) program = NULL;

      while (huge->len < 10000)
        g_string_append (huge, parts[i]);
      program = oh_im_program_parse (huge->str);
      g_assert_cmpuint (strlen (program->name), <, 100);
      g_assert_cmpuint (strlen (program->version), <, 200);
      g_assert_true (g_utf8_validate (program->name, -1, NULL));
      g_assert_true (g_utf8_validate (program->version, -1, NULL));
      g_assert_null (strpbrk (program->name, "\n\r\033"));
    }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/im-program/known", test_known);
  g_test_add_func ("/im-program/answered", test_answered);
  g_test_add_func ("/im-program/hostile", test_hostile);
  return g_test_run ();
}
