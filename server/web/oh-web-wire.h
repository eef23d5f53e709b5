/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "server/web/oh-web-private.h"

G_BEGIN_DECLS

/* One open WebSocket of the web server: JSON objects with a "type", bounded in size and rate, pings that
 * tell when it is dead. Services thread; whoever made it frees it, also from within a handler. */
typedef struct _OhWebWire OhWebWire;

/* All mandatory. */
typedef struct
{
  /* FALSE (and the wire was not freed): no program of ours says that; it is closed for it and `lost`
   * follows. */
  gboolean (*take) (const char *type, JsonObject *object, gpointer user_data);
  /* It is no more. @in_order: the other end closed it as one does who leaves. */
  void (*lost) (gboolean in_order, gpointer user_data);
} OhWebWireHandlers;

/* Takes the connection of @message, whose handshake was answered. NULL: it is gone already. */
OhWebWire *oh_web_wire_new (OhWeb *web,
                            SoupServerMessage *message,
                            const OhWebWireHandlers *handlers,
                            gpointer user_data);

/* Closes it with @code once all is written that was said; 0: it is lost, there is nobody to tell. NULL is
 * fine. */
void oh_web_wire_free (OhWebWire *wire, gushort code);

/* Without effect once it is closed; NULL is fine. */
void oh_web_wire_say (OhWebWire *wire, JsonObject *object);

/* A message that has nothing but its type so far. Transfer full. */
JsonObject *oh_web_wire_message (const char *type);

/* "sdp" of @object, or NULL: there is none, or one that is too long. Borrowed. */
const char *oh_web_wire_read_sdp (JsonObject *object);
/* "digit" of @object; 0: it is no key. */
char oh_web_wire_read_digit (JsonObject *object);

/* Whether whoever asks is our client; what outcomes are called depends on it, nothing else. */
gboolean oh_web_is_program (OhWebRequest *request);

/* FALSE: @request asks for no WebSocket, and was told so. */
gboolean oh_web_wire_check (OhWebRequest *request);

G_END_DECLS
