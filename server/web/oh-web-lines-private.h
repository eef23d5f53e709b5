/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "server/web/oh-web-lines.h"
#include "server/web/oh-web-wire.h"

G_BEGIN_DECLS

struct _OhWebLines
{
  gatomicrefcount references;
  OhWeb *web; /* NULL: closed */
  OhExchange *exchange;
  GHashTable *all;      /* id as guint64* -> OhWebLine, which it owns */
  GHashTable *calls;    /* id as guint64* -> OhWebCall, which it owns */
  OhLimits *handshakes; /* by source address */
  guint64 last_id, last_dialled;
};

/* One device's WebSocket. */
typedef struct
{
  OhWebLines *owner;
  guint64 id;
  OhWebWire *wire; /* NULL: not there yet */
  char *device_id, *address, *source, *agent;
  gint64 user_id;
  guint16 port;
  char *key;   /* of its binding; NULL: it has not said hello */
  guint timer; /* for the hello; then for the relay */
} OhWebLine;

/* One call on it; it outlives the line for a while. */
typedef struct
{
  guint64 id;
  guint64 line; /* 0: that broke, and it may come back */
  char *device_id;
  char *tag;     /* its name on the wire */
  gboolean live; /* asked for, or dialled: comes back with its device */
} OhWebCall;

/* @object is taken. */
void oh_web_line_say (const OhWebLine *line, JsonObject *object);

/* --- oh-web-line-calls.c --- */
void oh_web_call_free (gpointer call);
void oh_web_call_tell (
    OhWebLines *lines, const OhWebCall *call, OhBrowserWord word, const char *text, guint number);

/* What the exchange says of one call. */
void oh_web_calls_take (OhWebLines *lines, const OhBrowserMessage *message);
/* What became of the call that a device knows as @tag; nothing more will be said of it. */
void
oh_web_call_say_ended (const OhWebLine *line, const char *tag, const char *reason, guint status);
/* What a device says of one, which may be over already. FALSE: no client of ours says that. */
gboolean oh_web_call_take (OhWebLine *line, const char *type, JsonObject *object);

G_END_DECLS
