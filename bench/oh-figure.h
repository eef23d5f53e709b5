/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <glib.h>

/* Prints one figure of a bench as a JSON line, which bench/program.py reads. @limit: "max" (@value
 * should be at most @goal) or "min"; @goal 0: none. @name: plain ASCII without quotes. */
static inline void
oh_figure_print (const char *name, double value, const char *unit, double goal, const char *limit)
{
  char number[G_ASCII_DTOSTR_BUF_SIZE], aim[G_ASCII_DTOSTR_BUF_SIZE] = "null";

  if (goal != 0)
    g_ascii_formatd (aim, sizeof aim, "%g", goal);
  g_print ("{\"name\": \"%s\", \"value\": %s, \"unit\": \"%s\", \"goal\": %s, \"limit\": \"%s\"}\n",
           name, g_ascii_formatd (number, sizeof number, "%.4f", value), unit, aim, limit);
}
