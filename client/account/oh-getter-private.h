/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <glib-object.h>

/* The getters of OhCall and OhAccount: each reads the property that stands behind it, so that an
 * implementation has one place to answer. */

/* @type: of a number, flag or enumeration. @check: OH_IS_... @none: what a wrong object gives. */
#define OH_GETTER(type, function, Object, check, property, none)                                   \
  type function (Object *object)                                                                   \
  {                                                                                                \
    type value = none;                                                                             \
                                                                                                   \
    g_return_val_if_fail (check (object), none);                                                   \
    g_object_get (object, property, &value, NULL);                                                 \
    return value;                                                                                  \
  }

/* Lends the text, by the interface's `get_string`. */
#define OH_TEXT_GETTER(function, Object, check, get_iface, property)                               \
  const char *function (Object *object)                                                            \
  {                                                                                                \
    g_return_val_if_fail (check (object), NULL);                                                   \
    return get_iface (object)->get_string (object, property);                                      \
  }
