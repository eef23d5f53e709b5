/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "server/call/oh-browser-calls.h"
#include "server/call/oh-server-call-private.h"

G_BEGIN_DECLS

/* A browser's place in a call, or that of one call of a web line. Signalling thread; the exchange's
 * table owns it. */
typedef struct
{
  OhExchange *exchange;
  guint64 id;
  guint64 line; /* 0: it came by a link */
  OhServerCall *call;
  char *address;
  gboolean is_program;
  gint64 identity_id; /* whose link it was; 0: a line's */
  guint grace;        /* timer */
} OhBrowser;

OhBrowser *oh_browser_add (OhServerCall *call, guint64 id, guint64 line, const char *address);

/* Its connection broke, for a while or for good: in the call it may come back, one that rings may not. */
void oh_browser_lose (OhBrowser *browser);
/* It hung up, or was signed out. */
void oh_browser_end (OhBrowser *browser);

/* @device chooses voicemail or decline in the offer of that id, which need not ring there now. Late, twice or
 * not its user's: without effect. What became of the call, a word of docs/protocol.md; static. */
const char *oh_browser_choose_by_offer (OhExchange *exchange,
                                        const OhDevice *device,
                                        const char *offer_id,
                                        OhOption option);

/* --- oh-browser-post.c --- */
void oh_exchange_tell_web (OhExchange *exchange, const OhBrowserMessage *message);

/* --- What comes of it: oh-server-call-browser.c, oh-exchange-line.c --- */
void oh_exchange_take_browser (OhExchange *exchange, const OhBrowserMessage *message);
void oh_exchange_take_line (OhExchange *exchange, const OhBrowserMessage *message);

G_END_DECLS
