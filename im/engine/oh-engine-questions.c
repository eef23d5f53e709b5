/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "oh-im-engine"

#include "im/engine/oh-engine-private.h"

#define PATIENCE_S 600 /* then a question counts as closed without an answer */

static GHashTable *open_questions; /* id -> OhEngineQuestion, both the same allocation */
static guint64 last_id;

OhEngineQuestion *
oh_engine_question_new (OhImQuestionKind kind,
                        PurpleRequestType type,
                        PurpleAccount *account,
                        gpointer user_data,
                        OhEngineAnswer answer)
{
  OhEngineQuestion *question = g_new0 (OhEngineQuestion, 1);

  question->id = ++last_id;
  question->kind = kind;
  question->type = type;
  question->account = account;
  question->user_data = user_data;
  question->answer = answer;
  return question;
}

/* Takes the question from our table and frees it. */
static void
forget (OhEngineQuestion *question)
{
  g_hash_table_remove (open_questions, &question->id);
  oh_engine_emit ("QuestionClosed", g_variant_new ("(t)", question->id));
  if (question->timeout)
    g_source_remove (question->timeout);
  if (question->fields)
    purple_request_fields_destroy (question->fields);
  g_free (question);
}

static gboolean
is_open (OhEngineQuestion *question)
{
  GHashTableIter iter;
  gpointer value;

  g_hash_table_iter_init (&iter, open_questions);
  while (g_hash_table_iter_next (&iter, NULL, &value))
    if (value == question)
      return TRUE;
  return FALSE;
}

/* libpurple no longer wants to know. */
static void
on_closed (PurpleRequestType type, void *handle)
{
  if (handle && is_open (handle))
    forget (handle);
}

static void
on_account_request_closed (void *handle)
{
  on_closed (PURPLE_REQUEST_ACTION, handle);
}

/* What an answer does may close questions and connections: the question has left all lists, ours
 * and libpurple's, before it is carried out. */
static void
settle (OhEngineQuestion *question, int button, GVariant *values)
{
  OhEngineQuestion taken = *question;

  question->fields = NULL;
  if (question->kind != OH_IM_QUESTION_AUTHORIZE)
    purple_request_close (question->type, question);
  else if (button < 0)
    purple_account_request_close (question);
  if (is_open (question))
    forget (question);
  if (taken.fields)
    oh_engine_form_fill (taken.fields, values);
  taken.answer (&taken, button, values);
  if (taken.fields)
    purple_request_fields_destroy (taken.fields);
}

static void
give_up (OhEngineQuestion *question)
{
  g_autoptr (GVariant) none = g_variant_ref_sink (g_variant_new ("a{sv}", NULL));

  settle (question, -1, none);
}

static gboolean
on_patience_ended (gpointer user_data)
{
  OhEngineQuestion *question = user_data;

  question->timeout = 0;
  give_up (question);
  return G_SOURCE_REMOVE;
}

static void
close_oldest (void)
{
  OhEngineQuestion *oldest = NULL;
  GHashTableIter iter;
  gpointer value;

  g_hash_table_iter_init (&iter, open_questions);
  while (g_hash_table_iter_next (&iter, NULL, &value))
    if (!oldest || ((OhEngineQuestion *)value)->id < oldest->id)
      oldest = value;
  if (oldest)
    give_up (oldest);
}

gpointer
oh_engine_question_ask (OhEngineQuestion *question, GVariantBuilder *dict)
{
  if (g_hash_table_size (open_questions) >= OH_IM_MAX_QUESTIONS)
    close_oldest ();
  g_variant_builder_add (dict, "{sv}", "kind",
                         g_variant_new_string (oh_im_question_kind_to_word (question->kind)));
  g_hash_table_insert (open_questions, &question->id, question);
  question->timeout = g_timeout_add_seconds (PATIENCE_S, on_patience_ended, question);
  oh_engine_emit ("Question", g_variant_new ("(ts@a{sv})", question->id,
                                             oh_engine_account_id (question->account),
                                             g_variant_builder_end (dict)));
  return question;
}

gboolean
oh_engine_answer_question (guint64 id, int button, GVariant *values, GError **error)
{
  OhEngineQuestion *question = g_hash_table_lookup (open_questions, &id);

  if (!question)
    {
      g_set_error (error, OH_ERROR, OH_ERROR_NOT_FOUND, "that question is closed");
      return FALSE;
    }
  if (button < -1 || button >= (int)question->button_count)
    {
      g_set_error (error, OH_ERROR, OH_ERROR_INVALID, "that question has no button %d", button);
      return FALSE;
    }
  settle (question, button, values);
  return TRUE;
}

void
oh_engine_questions_install (void)
{
  static PurpleAccountUiOps account_ops = { .request_authorize = oh_engine_on_authorize,
                                            .close_account_request = on_account_request_closed };
  PurpleRequestUiOps *ops = oh_engine_request_ops ();

  open_questions = g_hash_table_new (g_int64_hash, g_int64_equal);
  ops->close_request = on_closed;
  purple_request_set_ui_ops (ops);
  purple_accounts_set_ui_ops (&account_ops);
}
