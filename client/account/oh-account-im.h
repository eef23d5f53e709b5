/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* What a call server says of instant messaging: its own accounts at IM services, and who its user is
 * there. Texts are clean lines, never NULL. */

/* An account that writes to users. */
typedef struct
{
  char *name;     /* "xmpp"; of the server's own making */
  char *protocol; /* of libpurple: "prpl-jabber" */
  char *address;  /* "calls@example.org" */
  gboolean online;
} OhImService;

typedef struct
{
  gint64 id;
  char *service;  /* name of the OhImService */
  char *name;     /* "anna@example.org" */
  char *presence; /* "available", "away", ..., "offline"; "unknown" before it is verified */
  gboolean verified;
  gboolean show_number; /* callers' numbers may be told there */
  guint code_seconds;   /* how long the code that was sent still counts; 0: there is none */
} OhImAddress;

typedef struct
{
  char *links;          /* with what the links of its offers begin: "https://phone.example.org" */
  GPtrArray *services;  /* of OhImService */
  GPtrArray *addresses; /* of OhImAddress */
} OhAccountIm;

void oh_account_im_free (OhAccountIm *im);

/* The service of that name, or NULL. Borrowed. */
const OhImService *oh_account_im_find_service (const OhAccountIm *im, const char *name);

/* What became of asking for a code. */
typedef struct
{
  gint64 id; /* of the address */
  gboolean sent;
  guint retry_s; /* too many were asked for: when the next may be; 0: another reason */
} OhImCodeSent;

/* What became of a typed code. */
typedef enum
{
  OH_IM_VERDICT_VERIFIED,
  OH_IM_VERDICT_WRONG,
  OH_IM_VERDICT_OVER /* no code counts any more: ask for another */
} OhImVerdict;

G_DEFINE_AUTOPTR_CLEANUP_FUNC (OhAccountIm, oh_account_im_free)

G_END_DECLS
