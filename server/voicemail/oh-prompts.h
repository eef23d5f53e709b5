/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* What the call server says, spoken once a language into files under state_dir/prompts. Made on the
 * services thread, where they are spoken too; paths may be asked for from any thread. */
typedef struct _OhPrompts OhPrompts;

typedef enum
{
  OH_PROMPT_LEAVE_MESSAGE,
  OH_PROMPT_NO_MESSAGES,
  OH_PROMPT_END_OF_MESSAGES,
  OH_PROMPT_MESSAGE_KEYS,
  OH_N_PROMPTS
} OhPrompt;

OhPrompts *oh_prompts_new (const char *folder);
void oh_prompts_free (OhPrompts *prompts);

/* Speaks what is missing of @language ("de", "de_AT"); unknown ones are English. Services thread. */
void oh_prompts_prepare (OhPrompts *prompts, const char *language);

/* Where @prompt stands, or will. Transfer full. */
char *oh_prompts_dup_path (OhPrompts *prompts, OhPrompt prompt, const char *language);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (OhPrompts, oh_prompts_free)

G_END_DECLS
