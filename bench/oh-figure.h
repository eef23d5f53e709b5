/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <glib.h>

/* Strings are plain ASCII without quotes. */
typedef struct
{
  const char *name;
  double value;
  const char *unit;
  double goal;       /* 0: none */
  const char *limit; /* "max": @value should be at most @goal; "min": at least */
  const char *peer;  /* or NULL */
  double peer_value;
} OhFigure;

/* Prints one figure of a bench as a JSON line, which bench/program.py reads. */
static inline void
oh_figure_print (const OhFigure *figure)
{
  char number[G_ASCII_DTOSTR_BUF_SIZE];

  g_print ("{\"name\": \"%s\", \"value\": %s, \"unit\": \"%s\", \"limit\": \"%s\"", figure->name,
           g_ascii_formatd (number, sizeof number, "%.4f", figure->value), figure->unit,
           figure->limit);
  if (figure->goal != 0)
    g_print (", \"goal\": %s", g_ascii_formatd (number, sizeof number, "%g", figure->goal));
  if (figure->peer)
    g_print (", \"peer\": \"%s\", \"peer_value\": %s", figure->peer,
             g_ascii_formatd (number, sizeof number, "%g", figure->peer_value));
  g_print ("}\n");
}
