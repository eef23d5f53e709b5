/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* That a message arrived (RFC 5438): a small XML document that goes as a MESSAGE of its own. Pure
 * functions; any thread. */
#define OH_SIP_IMDN_TYPE "message/imdn+xml"
#define OH_SIP_IMDN_MAX 4096 /* bytes that are read */
#define OH_SIP_IMDN_MAX_ID 64

typedef struct
{
  const char *message_id; /* its sender's name for it: oh_sip_imdn_is_id() */
  const char *recipient_uri;
  const char *original_uri; /* to whom its sender wrote; or NULL: to that one */
  gint64 time;              /* when it arrived, Unix seconds */
} OhSipImdn;

/* Letters, digits and '-', at most OH_SIP_IMDN_MAX_ID. */
gboolean oh_sip_imdn_is_id (const char *text);

/* A delivery notification. Transfer full. */
char *oh_sip_imdn_make (const OhSipImdn *imdn);

/* The name of the message that one says to be delivered, transfer full; *@original_uri the same, or NULL.
 * NULL: it says something else, or is no such document: too long, too deep, or with a document type of
 * its own. */
char *oh_sip_imdn_parse (const char *body, gsize length, char **original_uri);

G_END_DECLS
