/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "client/call/oh-call-list.h"
#include "client/line/oh-web-line.h"
#include "client/provider/oh-core-private.h"

#include <json-glib/json-glib.h>
#include <libsoup/soup.h>

G_BEGIN_DECLS

/* A web line whose server the test plays, in this process, without TLS; the fake sound card. */
typedef struct
{
  SoupServer *server;
  GSocketService *service;
  guint16 port;
  SoupWebsocketConnection *wire; /* the newest one; NULL: none is open */
  guint open;                    /* all that are, at the server */
  guint asked;                   /* handshakes, also those that were refused */
  guint refusal;                 /* status of the next ones; 0: they are taken */
  const char *retry_after;       /* with it, or NULL */
  gboolean silent;               /* `hello` gets no answer */
  GQueue heard; /* of JsonObject: what the client said, but `hello` and `presence` */
  guint hellos;
  char *authorization; /* of the newest one */

  char *folder;
  OhCallList *calls;
  OhCore *core;
  OhAccount *account;
  OhWebLine *line;
  guint connected, online, lost, revoked, idle;
  guint news; /* the last number */
  gint64 retry_at;
} LineWorld;

/* The line is online. */
LineWorld *line_world_new (void);
/* Ends the line in order; nothing of it is left on the main context. */
void line_world_free (LineWorld *world);

/* The server says that: JSON with ' for ". */
void line_world_say (LineWorld *world, const char *format, ...) G_GNUC_PRINTF (2, 3);
/* The next thing that the client says is of @type. Transfer full. */
JsonObject *line_world_hear (LineWorld *world, const char *type);
/* Everything that is on its way arrives, at both ends. */
void line_world_settle (LineWorld *world);

/* Every connection breaks, without a word. */
void line_world_cut (LineWorld *world);
/* The line is back, sooner than by itself. */
void line_world_mend (LineWorld *world);

OhCall *line_world_get_call (LineWorld *world, guint position); /* borrowed; NULL: there is none */
guint line_world_count_calls (LineWorld *world);

G_END_DECLS
