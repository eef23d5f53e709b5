/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "oh-ui"

#include "oh-config.h"

#include "ui/chat/oh-question-words.h"

#include <glib/gi18n.h>

static const char *
account_address (OhQuestion *question)
{
  OhAccount *account = oh_question_get_account (question);
  const char *address = account ? oh_account_get_address (account) : NULL;

  return address ? address : "";
}

/* "Name (address)", or the address. */
static char *
asker (OhQuestion *question)
{
  const char *who = oh_question_get_text (question, "who");
  const char *alias = oh_question_get_text (question, "alias");

  return *alias ? g_strdup_printf ("%s (%s)", alias, who) : g_strdup (who);
}

char *
oh_question_words_title (OhQuestion *question)
{
  const char *title = oh_question_get_text (question, "title");
  g_autofree char *who = NULL;

  switch (oh_question_get_kind (question))
    {
    case OH_QUESTION_CERTIFICATE:
      return g_strdup_printf (_ ("“%s” has a certificate that nobody vouches for"),
                              oh_question_get_text (question, "host"));
    case OH_QUESTION_CONTACT:
      who = asker (question);
      return g_strdup_printf (_ ("%s wants to see when you are there"), who);
    case OH_QUESTION_PASSWORD:
      return g_strdup_printf (_ ("The password of %s is wrong"), account_address (question));
    case OH_QUESTION_NOTICE:
      return g_strdup (*title ? title : _ ("A notice from your service"));
    case OH_QUESTION_FORM:
    default:
      return g_strdup (*title ? title : _ ("A question from your service"));
    }
}

static char *
certificate_text (OhQuestion *question)
{
  OhCertificateProblems problems = oh_question_get_problems (question);
  GString *text = g_string_new (
      _ ("Somebody could pretend to be this service and read along. Trust it only if you know this "
         "certificate."));

  if (problems & OH_CERTIFICATE_OTHER_NAME)
    g_string_append_printf (text, " %s", _ ("It is for another name."));
  if (problems & OH_CERTIFICATE_EXPIRED)
    g_string_append_printf (text, " %s", _ ("It has expired."));
  if (problems & OH_CERTIFICATE_NOT_YET)
    g_string_append_printf (text, " %s", _ ("It is not valid yet."));
  g_string_append_c (text, '\n');
  g_string_append_printf (text, _ ("Its fingerprint (SHA-256) is %s."),
                          oh_question_get_text (question, "sha256"));
  return g_string_free (text, FALSE);
}

static char *
service_text (OhQuestion *question)
{
  g_autoptr (GPtrArray) lines = g_ptr_array_new_with_free_func (g_free);
  static const char *const names[] = { "primary", "secondary" };

  for (guint i = 0; i < G_N_ELEMENTS (names); i++)
    if (*oh_question_get_text (question, names[i]))
      g_ptr_array_add (lines, g_strdup (oh_question_get_text (question, names[i])));
  if (*account_address (question))
    g_ptr_array_add (lines, g_strdup_printf (_ ("Account: %s"), account_address (question)));
  g_ptr_array_add (lines, NULL);
  return g_strjoinv ("\n", (char **)lines->pdata);
}

char *
oh_question_words_text (OhQuestion *question)
{
  switch (oh_question_get_kind (question))
    {
    case OH_QUESTION_CERTIFICATE:
      return certificate_text (question);
    case OH_QUESTION_CONTACT:
      return g_strdup_printf (_ ("Account: %s"), account_address (question));
    case OH_QUESTION_PASSWORD:
      return g_strdup (
          _ ("The service did not take it, or none is kept. Type it anew to sign in."));
    case OH_QUESTION_FORM:
    case OH_QUESTION_NOTICE:
    default:
      return service_text (question);
    }
}

char **
oh_question_words_buttons (OhQuestion *question)
{
  const char *const *own = oh_question_get_buttons (question);
  g_autoptr (GStrvBuilder) labels = g_strv_builder_new ();

  switch (oh_question_get_kind (question))
    {
    case OH_QUESTION_CERTIFICATE:
      g_strv_builder_add_many (labels, _ ("Trust it"), _ ("Don’t trust it"), NULL);
      break;
    case OH_QUESTION_CONTACT:
      g_strv_builder_add_many (labels, _ ("Allow"), _ ("Refuse"), NULL);
      break;
    case OH_QUESTION_PASSWORD:
      g_strv_builder_add_many (labels, _ ("Sign in"), _ ("Stay signed out"), NULL);
      break;
    case OH_QUESTION_FORM:
      for (guint i = 0; own && own[i]; i++)
        g_strv_builder_add (labels, own[i]);
      if (!own || !own[0])
        g_strv_builder_add (labels, _ ("OK"));
      break;
    case OH_QUESTION_NOTICE:
    default:
      g_strv_builder_add (labels, _ ("OK"));
      break;
    }
  return g_strv_builder_end (labels);
}
