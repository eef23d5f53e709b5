/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "server/store/oh-language.h"

const char *const oh_language_codes[] = { "en", "de", NULL };

OhLanguage
oh_language_find (const char *code)
{
  guint language = 0;

  while (language < OH_N_LANGUAGES
         && (g_ascii_strncasecmp (code, oh_language_codes[language], 2) != 0
             || g_ascii_isalpha (code[2])))
    language++;
  return (OhLanguage)language;
}

OhLanguage
oh_language_of (const char *code)
{
  OhLanguage language = code ? oh_language_find (code) : OH_LANGUAGE_ENGLISH;

  return language < OH_N_LANGUAGES ? language : OH_LANGUAGE_ENGLISH;
}
