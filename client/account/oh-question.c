/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "oh-client"

#include "client/account/oh-question.h"

struct _OhQuestion
{
  GObject parent;
  OhQuestionKind kind;
  OhAccount *account; /* or NULL */
  GVariant *texts;
  char **buttons;
  GPtrArray *fields;
  gboolean open;
  OhAnswerFunc answer;
  gpointer data;
  GDestroyNotify free_data;
};

static guint closed_signal;

G_DEFINE_FINAL_TYPE (OhQuestion, oh_question, G_TYPE_OBJECT)

static void
finalize (GObject *object)
{
  OhQuestion *question = OH_QUESTION (object);

  if (question->free_data)
    question->free_data (question->data);
  g_clear_object (&question->account);
  g_clear_pointer (&question->texts, g_variant_unref);
  g_clear_pointer (&question->fields, g_ptr_array_unref);
  g_strfreev (question->buttons);
  G_OBJECT_CLASS (oh_question_parent_class)->finalize (object);
}

static void
oh_question_class_init (OhQuestionClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = finalize;
  closed_signal = g_signal_new ("closed", OH_TYPE_QUESTION, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL,
                                G_TYPE_NONE, 0);
}

static void
oh_question_init (OhQuestion *question)
{
  question->open = TRUE;
}

OhQuestion *
oh_question_new (const OhQuestionFacts *facts,
                 OhAnswerFunc answer,
                 gpointer data,
                 GDestroyNotify free_data)
{
  OhQuestion *question = g_object_new (OH_TYPE_QUESTION, NULL);

  question->kind = facts->kind;
  g_set_object (&question->account, facts->account);
  question->texts = g_variant_ref_sink (facts->texts ? facts->texts
                                                     : g_variant_new ("a{sv}", NULL));
  question->buttons = facts->buttons ? g_strdupv ((char **)facts->buttons) : g_new0 (char *, 1);
  question->fields = facts->fields ? g_ptr_array_ref (facts->fields) : oh_field_list_new ();
  question->answer = answer;
  question->data = data;
  question->free_data = free_data;
  return question;
}

OhQuestionKind
oh_question_get_kind (OhQuestion *question)
{
  g_return_val_if_fail (OH_IS_QUESTION (question), OH_QUESTION_NOTICE);
  return question->kind;
}

OhAccount *
oh_question_get_account (OhQuestion *question)
{
  g_return_val_if_fail (OH_IS_QUESTION (question), NULL);
  return question->account;
}

const char *
oh_question_get_text (OhQuestion *question, const char *name)
{
  const char *text = "";

  g_return_val_if_fail (OH_IS_QUESTION (question), "");
  g_variant_lookup (question->texts, name, "&s", &text);
  return text;
}

gint64
oh_question_get_number (OhQuestion *question, const char *name)
{
  gint64 number = 0;

  g_return_val_if_fail (OH_IS_QUESTION (question), 0);
  g_variant_lookup (question->texts, name, "x", &number);
  return number;
}

/* The value of CN= in a distinguished name. Transfer full, "" if there is none. */
static char *
common_name (const char *subject)
{
  g_auto (GStrv) parts = g_strsplit (subject, ",", -1);

  for (guint i = 0; parts[i]; i++)
    if (g_ascii_strncasecmp (g_strstrip (parts[i]), "CN=", 3) == 0)
      return g_strdup (parts[i] + 3);
  return g_strdup (g_strstr_len (subject, -1, "=") ? "" : subject);
}

OhCertificateProblems
oh_question_get_problems (OhQuestion *question)
{
  gint64 now = g_get_real_time () / G_USEC_PER_SEC;
  gint64 from = oh_question_get_number (question, "valid-from");
  gint64 until = oh_question_get_number (question, "valid-until");
  const char *issuer = oh_question_get_text (question, "issuer");
  g_autofree char *name = common_name (oh_question_get_text (question, "subject"));
  g_autofree char *issuer_name = common_name (issuer);
  OhCertificateProblems problems = 0;

  if (question->kind != OH_QUESTION_CERTIFICATE)
    return 0;
  if (*name && g_str_equal (name, issuer_name))
    problems |= OH_CERTIFICATE_SELF_SIGNED;
  if (until && until < now)
    problems |= OH_CERTIFICATE_EXPIRED;
  if (from > now)
    problems |= OH_CERTIFICATE_NOT_YET;
  if (oh_question_get_number (question, "other-name"))
    problems |= OH_CERTIFICATE_OTHER_NAME;
  return problems;
}

const char *const *
oh_question_get_buttons (OhQuestion *question)
{
  g_return_val_if_fail (OH_IS_QUESTION (question), NULL);
  return (const char *const *)question->buttons;
}

GPtrArray *
oh_question_get_fields (OhQuestion *question)
{
  g_return_val_if_fail (OH_IS_QUESTION (question), NULL);
  return question->fields;
}

gboolean
oh_question_is_open (OhQuestion *question)
{
  g_return_val_if_fail (OH_IS_QUESTION (question), FALSE);
  return question->open;
}

void
oh_question_close (OhQuestion *question)
{
  g_return_if_fail (OH_IS_QUESTION (question));
  if (!question->open)
    return;
  question->open = FALSE;
  g_signal_emit (question, closed_signal, 0);
}

static void
settle (OhQuestion *question, int button, GVariant *values)
{
  g_autoptr (GVariant) held = g_variant_ref_sink (values ? values : g_variant_new ("a{sv}", NULL));

  g_object_ref (question);
  if (question->answer)
    question->answer (question, button, held, question->data);
  oh_question_close (question);
  g_object_unref (question);
}

void
oh_question_answer (OhQuestion *question, guint button, GVariant *values)
{
  g_return_if_fail (OH_IS_QUESTION (question));
  g_return_if_fail (!values || g_variant_is_of_type (values, G_VARIANT_TYPE_VARDICT));
  if (question->open && button < MAX (g_strv_length (question->buttons), 1))
    settle (question, (int)button, values);
  else if (values)
    g_variant_unref (g_variant_ref_sink (values));
}

void
oh_question_dismiss (OhQuestion *question)
{
  g_return_if_fail (OH_IS_QUESTION (question));
  if (question->open)
    settle (question, -1, NULL);
}
