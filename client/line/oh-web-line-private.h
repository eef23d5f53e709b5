/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "client/line/oh-web-line.h"
#include "media/oh-peer.h"

#include <json-glib/json-glib.h>

G_BEGIN_DECLS

/* What a line and its calls tell each other. */

typedef struct
{
  /* What the server says of the call. All mandatory. */
  void (*take) (const char *type, JsonObject *object, gpointer user_data);
  void (*lost) (gpointer user_data);   /* there is no connection; it is tried again */
  void (*online) (gpointer user_data); /* there is one again */
  void (*closed) (gpointer user_data); /* the line is closed: no connection will be */
} OhWebLineCall;

/* The call of that name on the wire; hears of itself until it is removed. */
void oh_web_line_add_call (OhWebLine *line,
                           const char *tag,
                           const OhWebLineCall *handlers,
                           gpointer user_data);
void oh_web_line_remove_call (OhWebLine *line, const char *tag);

/* @object is taken, or NULL; gets type and name. FALSE: there is no connection. */
gboolean oh_web_line_say (OhWebLine *line, const char *type, const char *tag, JsonObject *object);

OhCore *oh_web_line_get_core (OhWebLine *line);
OhAccount *oh_web_line_get_account (OhWebLine *line); /* NULL: closed */
/* Adds what helps the sound of a call. */
void oh_web_line_fill_peer (OhWebLine *line, OhPeerConfig *config);
OhCallReason oh_web_line_get_reason (OhWebLine *line, guint status);
gboolean oh_web_line_give_way (OhWebLine *line, OhCall *call);

/* oh-web-call.c: the server offers a call under the name @tag. */
void oh_web_call_take_ring (OhWebLine *line, const char *tag, JsonObject *ring);

G_END_DECLS
