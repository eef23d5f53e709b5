/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* Presence as a document (PIDF, RFC 3863, with the activities of RFC 4480). Pure functions; any
 * thread. */
typedef struct
{
  gboolean open, away, busy;
  gint64 input;    /* Unix s of the last use of keyboard or mouse; 0: not told */
  gboolean in_use; /* they are being used, until another document says something else */
  char note[256];  /* of its person, UTF-8; "": none. Read of one's own language: the first */
} OhSipPidf;

/* What @pidf says at the time @now (Unix s). FALSE: it is none, longer than 16 KiB or deeper
 * than 16 elements. */
gboolean oh_sip_pidf_parse (const char *pidf, gsize length, gint64 now, OhSipPidf *presence);

/* @entity: whose it is, "sip:anna@example.org". Transfer full. */
char *oh_sip_pidf_make (const char *entity, const OhSipPidf *presence);

G_END_DECLS
