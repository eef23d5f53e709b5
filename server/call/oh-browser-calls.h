/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "server/call/oh-exchange.h"

G_BEGIN_DECLS

/* A browser that has a call's page open is one more way of the call's offer, beside devices and IM.
 * Its WebSocket lives on the services thread (server/web), the call on the signalling thread; these
 * messages go between the two. A browser is known by an id that its owner chooses, never 0 and never
 * used twice; a message about one that the other side does not know (any more) has no effect.
 *
 * A web line is the WebSocket of a signed-in device, and carries any number of calls, each of which is
 * such a "browser" with an id of its own: the exchange chooses it where it rings, server/web where the
 * device dials. Each owner counts from a number of its own. */
#define OH_BROWSER_FIRST_DIALLED (G_GUINT64_CONSTANT (1) << 61)
#define OH_BROWSER_FIRST_RUNG (G_GUINT64_CONSTANT (1) << 62)

typedef enum
{
  /* server/web -> the call */
  OH_BROWSER_OPEN,  /* `text`: id of the call offer, `address`: whom the sound comes from, `number`:
                      * 1 for our client in a browser's place, `identity_id`: whose link it is */
  OH_BROWSER_OFFER, /* `text`: SDP; once to begin with, again after a change of network */
  OH_BROWSER_ANSWER, /* the person wants the call */
  OH_BROWSER_DIGIT,  /* `number`: the key's character */
  OH_BROWSER_LOST,   /* its connection broke; in a call it has a while to come back */
  OH_BROWSER_BACK,   /* it has come back; `line`: on that one */
  OH_BROWSER_CHOOSE, /* a line's: `number` is the option, voicemail or decline. ENDED answers it */
  OH_BROWSER_DIAL,   /* a line's: the device of `line` calls `address`; `text`: SDP */
  OH_BROWSER_END,    /* hung up, or the page was closed. The last one */
  /* the call -> server/web */
  OH_BROWSER_OPENED,   /* it rings; `number`: seconds left to choose */
  OH_BROWSER_RING,     /* `line` is to ring; `text`: JSON of the call */
  OH_BROWSER_RINGING,  /* who was dialled rings */
  OH_BROWSER_SDP,      /* `text`: our SDP; NULL: the one that was offered cannot be taken */
  OH_BROWSER_RESUMED,  /* a line's: it has come back */
  OH_BROWSER_TALK,     /* its user replied 'answer' elsewhere */
  OH_BROWSER_ANSWERED, /* the call is this browser's now; who was dialled has answered */
  OH_BROWSER_ENDED,    /* `text`: why, a word of docs/protocol.md; `number`: status. The last one */
  /* server/web -> the exchange, of `line` alone */
  OH_LINE_OPEN,   /* `facts`: who it is; from now on it is registered. Again where they changed */
  OH_LINE_REPORT, /* `text`: PIDF */
  OH_LINE_CHOOSE, /* its user's choice, made while no line was there: `text`: id of the call offer,
                   * `number`: the option, `address`: what the device calls the call */
  OH_LINE_CLOSE,  /* The last one */
  /* the exchange -> server/web, of `line` alone */
  OH_LINE_NEWS, /* its user's messages or history changed; `number`: new messages */
  OH_LINE_CHOSEN, /* the answer to OH_LINE_CHOOSE: `address` as there; `text`: what became of the call, a word
                   * of docs/protocol.md */
  OH_LINE_REVOKED /* the device was signed out. The last one */
} OhBrowserWord;

/* What a web line says of its device, as REGISTER does. */
typedef struct
{
  char *device_id;
  char *key; /* as OhBinding */
  char *address;
  guint16 port;
  char *user_agent;
  char *audio; /* or NULL */
  gboolean no_talk;
} OhLineFacts;

typedef struct
{
  guint64 id;   /* of the browser; 0: the message is of a line alone */
  guint64 line; /* or 0 */
  OhBrowserWord word;
  const char *text;
  const char *address;
  guint number;
  gint64 identity_id;
  const OhLineFacts *facts;
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
