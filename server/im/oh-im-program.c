/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "server/im/oh-im-program.h"

#include "base/oh-redact.h"

#include <string.h>

#define MAX_SAID 120 /* bytes that are looked at */
#define MAX_NAME 40
#define MAX_VERSION 40
#define OWN "offhook"

/* By what stands in all that they say of themselves, in lower case. */
static const struct
{
  const char *part, *name;
  OhImProgramKind kind;
} known[] = {
  { "baresip", "baresip", OH_IM_PROGRAM_TERMINAL },
  { "conversations.im", "Conversations", OH_IM_PROGRAM_OTHER },
  { "conversejs", "Converse", OH_IM_PROGRAM_OTHER },
  { "dino.im", "Dino", OH_IM_PROGRAM_OTHER },
  { "finch", "Finch", OH_IM_PROGRAM_TERMINAL },
  { "gajim", "Gajim", OH_IM_PROGRAM_OTHER },
  { "irssi", "Irssi", OH_IM_PROGRAM_TERMINAL },
  { "linphone", "Linphone", OH_IM_PROGRAM_OTHER },
  { "mcabber", "mcabber", OH_IM_PROGRAM_TERMINAL },
  { "monal", "Monal", OH_IM_PROGRAM_OTHER },
  { "pidgin.im", "libpurple", OH_IM_PROGRAM_OTHER }, /* Pidgin, Finch and others say the same */
  { "poez.io", "Poezio", OH_IM_PROGRAM_TERMINAL },
  { "profanity", "Profanity", OH_IM_PROGRAM_TERMINAL },
  { "psi-im", "Psi", OH_IM_PROGRAM_OTHER },
  { "psi-plus", "Psi+", OH_IM_PROGRAM_OTHER },
  { "swift.im", "Swift", OH_IM_PROGRAM_OTHER },
  { "weechat", "WeeChat", OH_IM_PROGRAM_TERMINAL },
};

void
oh_im_program_free (OhImProgram *program)
{
  if (!program)
    return;
  g_free (program->name);
  g_free (program->version);
  g_free (program);
}

static gboolean
begins_version (const char *text)
{
  return g_ascii_isdigit (text[0]) || (text[0] == 'v' && g_ascii_isdigit (text[1]));
}

/* "Name/1.2.3 ...", "Name v1.2.3 (...)", "Name 1.2": where the name ends, and the version. */
static char *
split_version (const char *said, gsize *name_length)
{
  for (const char *p = said; *p; p++)
    if ((*p == '/' || *p == ' ') && begins_version (p + 1))
      {
        const char *version = p + 1 + (p[1] == 'v');

        *name_length = (gsize)(p - said);
        return g_strndup (version, strcspn (version, " ;,/()"));
      }
  *name_length = strcspn (said, "/(;");
  return g_strdup ("");
}

/* "https://www.example.org/chat#1" -> "example.org" */
static char *
dup_host (const char *address)
{
  const char *host = strstr (address, "://") + strlen ("://");

  if (g_str_has_prefix (host, "www."))
    host += strlen ("www.");
  return g_strndup (host, strcspn (host, "/#?:"));
}

static gboolean
is_own (const char *lower)
{
  return g_str_has_prefix (lower, OWN)
         && (!lower[strlen (OWN)] || strchr ("/ ", lower[strlen (OWN)]));
}

static char *
name_known (const char *lower, OhImProgramKind *kind)
{
  *kind = is_own (lower) ? OH_IM_PROGRAM_OWN : OH_IM_PROGRAM_OTHER;
  if (*kind == OH_IM_PROGRAM_OWN)
    return g_strdup ("Offhook");
  for (gsize i = 0; i < G_N_ELEMENTS (known); i++)
    if (strstr (lower, known[i].part))
      {
        *kind = known[i].kind;
        return g_strdup (known[i].name);
      }
  return NULL;
}

OhImProgram *
oh_im_program_parse (const char *said)
{
  g_autofree char *line = oh_printable (said ? said : "", MAX_SAID);
  g_autofree char *lower = g_utf8_strdown (g_strstrip (line), -1);
  OhImProgram *program = g_new0 (OhImProgram, 1);
  gboolean address = strstr (line, "://") != NULL;
  g_autofree char *name = NULL;
  gsize length = 0;

  program->version = address ? g_strdup ("") : split_version (line, &length);
  name = name_known (lower, &program->kind);
  if (!name)
    name = address ? dup_host (line) : g_strndup (line, length);
  program->name = oh_printable (g_strstrip (name), MAX_NAME);
  return program;
}

OhImProgram *
oh_im_program_of (const char *client, const char *program, const char *version)
{
  g_autofree char *line = oh_printable (version, MAX_SAID);
  OhImProgram *unasked = oh_im_program_parse (client);
  OhImProgram *answered;

  g_strstrip (line);
  line[MIN (strcspn (line, " ;,/()"), MAX_VERSION)] = '\0';
  if (!*program && !*line)
    return unasked;
  answered = oh_im_program_parse (*program ? program : client);
  if (unasked->kind == OH_IM_PROGRAM_OWN)
    answered->kind = OH_IM_PROGRAM_OWN;
  if (*line)
    {
      g_free (answered->version);
      answered->version = g_utf8_make_valid (line, -1);
    }
  oh_im_program_free (unasked);
  return answered;
}
