/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "sip/oh-sip.h"

G_BEGIN_DECLS

/* A request read once into strings of our own, because sofia's message dies with its callback.
 * Immutable after it was made (but for auth_user), counted, free to cross threads. */
typedef struct
{
  gatomicrefcount refs;
  GStringChunk *strings;
  GPtrArray *headers;    /* name, value, name, value */
  GPtrArray *diversions; /* NULL-terminated */
  OhSipInfo info;
} OhSipParsed;

struct msg_s;
struct sip_s;

OhSipParsed *oh_sip_parse (struct msg_s *msg, const struct sip_s *message, const char *transport);
/* The address that it came from, into @text, "" when not from outside; returns the port. */
guint16 oh_sip_read_source (struct msg_s *msg, char *text, gsize size);
OhSipParsed *oh_sip_parsed_ref (OhSipParsed *parsed);
void oh_sip_parsed_unref (OhSipParsed *parsed);
const char *oh_sip_parsed_header (const OhSipParsed *parsed, const char *name);
/* Peers that we cannot dial back (on a connection that they opened, or behind a router) are reached
 * where they came from, unless a proxy on the way asked to stay in it: that address, or NULL. */
char *oh_sip_dup_source (const OhSipParsed *parsed, const struct sip_s *message);
void oh_sip_parsed_set_auth_user (OhSipParsed *parsed, const char *auth_user);

/* Reads a message as it stands on the wire; NULL if it is none. */
OhSipParsed *oh_sip_parse_text (const char *text, gsize length);

/* First "SIP" value of a Reason header: cause and text (transfer full, may be NULL). 0: none. */
guint oh_sip_parse_reason (const char *value, char **text);

G_END_DECLS
