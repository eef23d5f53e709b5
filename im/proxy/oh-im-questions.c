/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "oh-im"

#include "im/proxy/oh-im-private.h"

/* What the process asks and does not count as closed yet. Owned by the engine. */
struct _OhImQuestions
{
  OhImProcess *process;
  GHashTable *open; /* number -> OhImQuestion */
};

OhImQuestions *
oh_im_questions_new (OhImProcess *process)
{
  OhImQuestions *questions = g_new0 (OhImQuestions, 1);

  questions->process = g_object_ref (process);
  questions->open = g_hash_table_new_full (g_int64_hash, g_int64_equal, g_free, g_object_unref);
  return questions;
}

void
oh_im_questions_free (OhImQuestions *questions)
{
  g_object_unref (questions->process);
  g_hash_table_unref (questions->open);
  g_free (questions);
}

static void
give_answer (guint64 question, int button, GVariant *values, gpointer data)
{
  OhImProcess *process = data;

  oh_im_process_tell (process, "Answer", g_variant_new ("(ti@a{sv})", question, button, values));
}

OhImQuestion *
oh_im_questions_take (OhImQuestions *questions, guint64 number, const char *account, GVariant *dict)
{
  OhImQuestion *question = g_hash_table_size (questions->open) < OH_IM_MAX_QUESTIONS
                               ? oh_im_parse_question (number, account, dict, give_answer,
                                                       questions->process)
                               : NULL;

  if (question)
    g_hash_table_insert (questions->open, g_memdup2 (&number, sizeof number), question);
  else
    give_answer (number, -1, g_variant_new ("a{sv}", NULL), questions->process);
  return question;
}

void
oh_im_questions_close (OhImQuestions *questions, guint64 number)
{
  OhImQuestion *question = g_hash_table_lookup (questions->open, &number);

  if (!question)
    return;
  g_object_ref (question);
  g_hash_table_remove (questions->open, &number);
  oh_im_question_close (question);
  g_object_unref (question);
}

static GList *
get_open (OhImQuestions *questions)
{
  GList *open = g_hash_table_get_values (questions->open);

  g_list_foreach (open, (GFunc)g_object_ref, NULL);
  return open;
}

void
oh_im_questions_close_all (OhImQuestions *questions)
{
  GList *open = get_open (questions);

  g_hash_table_remove_all (questions->open);
  g_list_foreach (open, (GFunc)oh_im_question_close, NULL);
  g_list_free_full (open, g_object_unref);
}

static gboolean
is_request (OhImQuestion *question, const char *account, const char *who)
{
  return oh_im_question_get_kind (question) == OH_IM_QUESTION_AUTHORIZE
         && g_str_equal (oh_im_question_get_account (question), account)
         && g_str_equal (oh_im_question_get_text (question, "who"), who);
}

void
oh_im_questions_dismiss_requests (OhImQuestions *questions, const char *account, const char *who)
{
  GList *open = get_open (questions);

  for (GList *l = open; l; l = l->next)
    if (is_request (l->data, account, who))
      oh_im_question_dismiss (l->data);
  g_list_free_full (open, g_object_unref);
}
