/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "oh-im"

#include "server/im/oh-im-desk-private.h"

#include "base/oh-redact.h"

#include <string.h>

/* --- Certificates --- */

/* "NAME@HOST" and "NAME@HOST/RESOURCE" -> "HOST". */
char *
oh_im_login_dup_host (const OhImLogin *login)
{
  static const char set[] = "connect_server=";
  const char *at = strrchr (login->username, '@');

  for (char **option = login->options; *option; option++)
    if (g_str_has_prefix (*option, set) && (*option)[strlen (set)])
      return g_strdup (*option + strlen (set));
  return at ? g_strndup (at + 1, strcspn (at + 1, "/")) : g_strdup ("");
}

/* Certificates that are valid are never asked about. libpurple does not say which account a question
 * is of, so the name decides that it is checked for. */
static void
answer_certificate (OhImDesk *desk, OhImQuestion *question)
{
  GPtrArray *logins = oh_directory_get_im_logins (desk->directory);
  const char *host = oh_im_question_get_text (question, "host");
  const char *sha256 = oh_im_question_get_text (question, "sha256");

  for (guint i = 0; i < logins->len; i++)
    {
      const OhImLogin *login = logins->pdata[i];
      OhImPlace *place = oh_im_places_find (desk, login->id);
      g_autofree char *expected = oh_im_login_dup_host (login);

      if (g_ascii_strcasecmp (expected, host) != 0 || !*sha256)
        continue;
      if (login->fingerprint && g_ascii_strcasecmp (login->fingerprint, sha256) == 0)
        {
          oh_im_question_answer (question, 0, NULL);
          return;
        }
      if (place)
        {
          g_free (place->certificate);
          place->certificate = g_strdup (sha256);
        }
      g_message ("IM account %s: certificate %s is not trusted", login->name, sha256);
    }
  oh_im_question_dismiss (question);
}

/* --- Who may see our presence --- */

static OhImPlace *
find_place_of (OhImDesk *desk, const char *engine_id)
{
  GHashTableIter iter;
  gpointer value;

  g_hash_table_iter_init (&iter, desk->places);
  while (g_hash_table_iter_next (&iter, NULL, &value))
    if (strcmp (((OhImPlace *)value)->engine_id, engine_id) == 0)
      return value;
  return NULL;
}

static void
answer_buddy (OhImDesk *desk, OhImQuestion *question)
{
  OhImPlace *place = find_place_of (desk, oh_im_question_get_account (question));
  const OhImLogin *login = place ? oh_im_place_get_login (place) : NULL;
  const char *const *buttons = oh_im_question_get_buttons (question);
  const char *who = oh_im_question_get_text (question, "who");
  g_autofree char *said = oh_redact_address (who);

  if (login && oh_directory_find_im_identity (desk->directory, login, who))
    {
      oh_im_question_answer (question, 0, NULL);
      return;
    }
  if (place)
    place->strangers++;
  g_message ("IM account %s: refused %s, whom no user has named", login ? login->name : "?", said);
  oh_im_question_answer (question, MAX (g_strv_length ((char **)buttons), 1) - 1, NULL);
}

void
oh_im_desk_answer_question (OhImDesk *desk, OhImQuestion *question)
{
  switch (oh_im_question_get_kind (question))
    {
    case OH_IM_QUESTION_CERTIFICATE:
      answer_certificate (desk, question);
      break;
    case OH_IM_QUESTION_AUTHORIZE:
      answer_buddy (desk, question);
      break;
    case OH_IM_QUESTION_CHOICE:
    case OH_IM_QUESTION_INPUT:
    case OH_IM_QUESTION_ACTION:
    case OH_IM_QUESTION_FIELDS:
    default: /* nobody is there who could answer */
      oh_im_question_dismiss (question);
    }
}
