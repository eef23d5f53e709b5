/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* The languages of what the call server says and writes to people: prompts, messages, pages. Not
 * gettext, since each user has his own, and not the process. */
typedef enum
{
  OH_LANGUAGE_ENGLISH,
  OH_LANGUAGE_GERMAN,
  OH_N_LANGUAGES
} OhLanguage;

/* Their codes, by number; NULL-terminated. */
extern const char *const oh_language_codes[];

/* Of a code with or without a country, "de", "de_AT"; OH_N_LANGUAGES for one that there is not. */
OhLanguage oh_language_find (const char *code);

/* The same, English for all others and for NULL. */
OhLanguage oh_language_of (const char *code);

G_END_DECLS
