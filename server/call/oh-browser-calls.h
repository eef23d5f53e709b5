/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "server/call/oh-exchange.h"

G_BEGIN_DECLS

/* A browser that has a call's page open is one more way of the call's offer, beside devices and IM.
 * Its WebSocket lives on the services thread (server/web), the call on the signalling thread; these
 * messages go between the two. A browser is known by an id that its owner chooses, never 0 and never
 * used twice; a message about one that the other side does not know (any more) has no effect. */

typedef enum
{
  /* server/web -> the call */
  OH_BROWSER_OPEN,  /* `text`: id of the call offer, `address`: whom the sound comes from, `number`:
                      * 1 for our client in a browser's place */
  OH_BROWSER_OFFER, /* `text`: SDP; once to begin with, again after a change of network */
  OH_BROWSER_ANSWER, /* the person wants the call */
  OH_BROWSER_DIGIT,  /* `number`: the key's character */
  OH_BROWSER_LOST,   /* its connection broke; in a call it has a while to come back */
  OH_BROWSER_BACK,   /* it has come back */
  OH_BROWSER_END,    /* hung up, or the page was closed. The last one */
  /* the call -> server/web */
  OH_BROWSER_OPENED,   /* it rings; `number`: seconds left to choose */
  OH_BROWSER_SDP,      /* `text`: our SDP; NULL: the one that was offered cannot be taken */
  OH_BROWSER_ANSWERED, /* the call is this browser's now */
  OH_BROWSER_ENDED     /* `text`: why, a word of docs/protocol.md. The last one */
} OhBrowserWord;

typedef struct
{
  guint64 id;
  OhBrowserWord word;
  const char *text;
  const char *address;
  guint number;
} OhBrowserMessage;

typedef void (*OhBrowserFunc) (const OhBrowserMessage *message, gpointer user_data);

/* @func hears of browsers on the services thread from now on, until the exchange is freed, which ends
 * @user_data by @destroy. */
void oh_exchange_start_browsers (OhExchange *exchange,
                                 OhBrowserFunc func,
                                 gpointer user_data,
                                 GDestroyNotify destroy);

/* From the services thread, after that. Copies @message. */
void oh_exchange_tell_browser (OhExchange *exchange, const OhBrowserMessage *message);

G_END_DECLS
