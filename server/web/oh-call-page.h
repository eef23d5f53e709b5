/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "server/store/oh-language.h"

G_BEGIN_DECLS

/* The part of a link's page that carries the call: hidden until its script shows it. All its words
 * are in the page, in @language. */
void oh_call_page_add (GString *html, OhLanguage language);

G_END_DECLS
