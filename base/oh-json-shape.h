/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* The parser of json-glib descends by recursion and takes comments and assignments; what it must not
 * see is refused before it starts. @text: @length bytes of outside. FALSE and @error
 * (OH_ERROR_INVALID): nested more than 16 deep, a NUL in a text, or signs that no JSON has. Pure. */
gboolean oh_json_shape_check (const char *text, gsize length, GError **error);

G_END_DECLS
