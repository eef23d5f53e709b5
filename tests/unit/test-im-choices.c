/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The table of a call offer's options holds together; and the link to call back. */
#include "server/im/oh-call-back.h"
#include "server/im/oh-im-words.h"

#include <string.h>

static void
check_words (const OhImChoice *choice, GHashTable *seen)
{
  for (const char *const *word = choice->words; *word; word++)
    {
      g_autofree char *lower = g_utf8_strdown (*word, -1);

      g_assert_cmpstr (*word, ==, lower);
      g_assert_true (g_hash_table_add (seen, (gpointer)*word)); /* none means two */
      g_assert_cmpint (oh_im_words_read (*word, NULL).option, ==, choice->option);
    }
}

/* Whoever adds a line finds here what it has to have. */
static void
test_table (void)
{
  g_autoptr (GHashTable) words = g_hash_table_new (g_str_hash, g_str_equal);
  g_autoptr (GHashTable) ids = g_hash_table_new (g_str_hash, g_str_equal);
  guint last = 0;

  for (const OhImChoice *choice = oh_im_choices; choice->option; choice++)
    {
      g_autofree char *number = g_strdup_printf ("%d", (int)choice->option);

      g_assert_cmpuint (choice->option, >, last); /* by their numbers, of one digit each */
      g_assert_cmpuint (choice->option, <=, 9);
      last = choice->option;
      g_assert_true (oh_im_choice_find (choice->option) == choice);
      g_assert_true (g_hash_table_add (ids, (gpointer)choice->id));
      g_assert_cmpint (oh_im_words_read (number, NULL).option, ==, choice->option);
      check_words (choice, words);
      for (guint language = 0; language < OH_N_LANGUAGES; language++)
        {
          g_autofree char *name = g_utf8_strdown (choice->names[language], -1);

          g_assert_true (g_strv_contains (choice->words, name)); /* who is told it may write it */
          g_assert_true (!!choice->buttons[language] == (choice->path == OH_IM_PATH_POST));
        }
    }
}

static void
test_numbers (void)
{
  static const guint numbers[] = { 1, 3, 9 };
  OhUser user = { .id = 1 };

  for (gsize i = 0; i < G_N_ELEMENTS (numbers); i++)
    g_assert_nonnull (oh_im_choice_find (numbers[i]));
  g_assert_null (oh_im_choice_find (0));
  g_assert_null (oh_im_choice_find (2));
  g_assert_null (oh_im_choice_find (1000));
  g_assert_cmphex (oh_im_choices_for (NULL), ==, 1u << OH_OPTION_ANSWER);
  g_assert_cmphex (oh_im_choices_for (&user), ==,
                   1u << OH_OPTION_ANSWER | 1u << OH_OPTION_VOICEMAIL | 1u << OH_OPTION_DECLINE);
  g_assert_false (oh_im_choice_is_post (OH_OPTION_ANSWER));
  g_assert_true (oh_im_choice_is_post (OH_OPTION_VOICEMAIL));
  g_assert_true (oh_im_choice_is_post (OH_OPTION_DECLINE));
  g_assert_false (oh_im_choice_is_post (0));
}

/* What goes on without a person must not want one. */
static void
test_defaults (void)
{
  g_autofree char *words = oh_im_choices_dup_defaults ();

  g_assert_cmpstr (words, ==, "3 (voicemail) or 9 (decline)");
  for (const OhImChoice *choice = oh_im_choices; choice->option; choice++)
    {
      g_assert_cmpint (oh_im_choice_may_be_default (choice->option), ==, choice->is_default);
      g_assert_false (choice->is_default && (choice->needs & OH_IM_NEEDS_VOICE));
    }
  g_assert_false (oh_im_choice_may_be_default (0));
  g_assert_false (oh_im_choice_may_be_default (2));
}

/* RFC 3966: a number of the whole world stands for itself, another one names whose it is. */
static void
test_call_back (void)
{
  static const struct
  {
    const char *number, *domain, *link;
  } cases[] = {
    { "+49 (30) 123-4", "phone.example.org", "tel:+49301234" },
    { "+49301234", NULL, "tel:+49301234" },
    { "030/1234", "phone.example.org", "tel:0301234;phone-context=phone.example.org" },
    { "555100", "localhost", "tel:555100;phone-context=localhost" },
    { "555100", "", NULL },
    { "555100", NULL, NULL },
    { "555100", "a;b", NULL },
    { "555100", "x y", NULL },
    { "", "localhost", NULL },
    { NULL, "localhost", NULL },
    { "ben", "localhost", NULL },
    { "anonymous", "localhost", NULL },
    { "*21#", "localhost", NULL },
    { "+", "localhost", NULL },
    { "12345678901234567", "localhost", NULL },
    { "1;ext=2", "localhost", NULL },
    { "٣٤", "localhost", NULL },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autofree char *link = oh_call_back_dup_link (cases[i].number, cases[i].domain);

      g_assert_cmpstr (link, ==, cases[i].link);
    }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/im-choices/table", test_table);
  g_test_add_func ("/im-choices/numbers", test_numbers);
  g_test_add_func ("/im-choices/defaults", test_defaults);
  g_test_add_func ("/im-choices/call-back", test_call_back);
  return g_test_run ();
}
