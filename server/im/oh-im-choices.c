/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "server/im/oh-im-choices.h"

const OhImChoice oh_im_choices[] = {
  { OH_OPTION_ANSWER,
    "answer",
    OH_IM_NEEDS_VOICE,
    OH_IM_PATH_SOCKET,
    OH_IM_OUTCOME_ANSWERED,
    FALSE,
    { "answer", "annehmen" },
    { NULL, NULL },
    { "answer", "yes", "y", "yep", "accept", "annehmen", "abnehmen", "ja", "j", NULL } },
  { OH_OPTION_VOICEMAIL,
    "voicemail",
    OH_IM_NEEDS_USER,
    OH_IM_PATH_POST,
    OH_IM_OUTCOME_VOICEMAIL,
    TRUE,
    { "voicemail", "Anrufbeantworter" },
    { "Send to voicemail", "An den Anrufbeantworter" },
    { "voicemail", "vm", "mailbox", "message", "anrufbeantworter", "nachricht", NULL } },
  { OH_OPTION_DECLINE,
    "decline",
    OH_IM_NEEDS_USER,
    OH_IM_PATH_POST,
    OH_IM_OUTCOME_DECLINED,
    TRUE,
    { "decline", "ablehnen" },
    { "Decline", "Ablehnen" },
    { "decline", "no", "n", "reject", "refuse", "ablehnen", "nein", "abweisen", NULL } },
  { 0 },
};

const OhImChoice *
oh_im_choice_find (guint option)
{
  for (const OhImChoice *choice = oh_im_choices; choice->option; choice++)
    if ((guint)choice->option == option)
      return choice;
  return NULL;
}

guint32
oh_im_choices_for (const OhUser *user)
{
  guint32 options = 0;

  for (const OhImChoice *choice = oh_im_choices; choice->option; choice++)
    if (user || !(choice->needs & OH_IM_NEEDS_USER))
      options |= 1u << choice->option;
  return options;
}

gboolean
oh_im_choice_may_be_default (guint option)
{
  const OhImChoice *choice = oh_im_choice_find (option);

  return choice && choice->is_default;
}

char *
oh_im_choices_dup_defaults (void)
{
  GString *text = g_string_new (NULL);

  for (const OhImChoice *choice = oh_im_choices; choice->option; choice++)
    if (choice->is_default)
      g_string_append_printf (text, "%s%d (%s)", text->len ? " or " : "", (int)choice->option,
                              choice->names[OH_LANGUAGE_ENGLISH]);
  return g_string_free (text, FALSE);
}

gboolean
oh_im_choice_is_post (guint option)
{
  const OhImChoice *choice = oh_im_choice_find (option);

  return choice && choice->path == OH_IM_PATH_POST;
}
