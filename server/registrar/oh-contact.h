/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "server/registrar/oh-registrar.h"

G_BEGIN_DECLS

/* What devices write about themselves, parsed: pure functions over bytes from outside. */

/* The value of parameter @name (";expires=60", "+sip.instance") of a Contact header's first address,
 * unquoted; "" when it has none, NULL when it is not there. Transfer full. */
char *oh_contact_dup_param (const char *contact, const char *name);

typedef struct
{
  OhPresence presence;
  gint64 input;    /* Unix s of the last use of keyboard or mouse; 0: not told */
  gboolean in_use; /* it is being used, until another report */
  char note[256];  /* in the person's own words, UTF-8; "": none */
} OhPresenceReport;

/* What a PIDF document (RFC 3863, RFC 4480) says at the time @now (Unix s). FALSE: it is none. */
gboolean oh_presence_parse (const char *pidf, gssize length, gint64 now, OhPresenceReport *report);

G_END_DECLS
