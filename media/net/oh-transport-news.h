/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "media/net/oh-transport.h"

G_BEGIN_DECLS

/* What a transport has to tell of itself. Nobody is told within a call of theirs, nor while a library
 * is in the middle of something: the news waits for the worker's next turn. Embedded in each kind of
 * transport. */
typedef struct
{
  OhTimer timer;
  OhTransport *transport;
  gboolean gathering, usable, opened;
  GError *trouble; /* of gathering */
  GError *lost;
} OhTransportNews;

void oh_transport_news_init (OhTransportNews *news, OhTransport *transport);
void oh_transport_news_clear (OhTransportNews *news);

/* Addresses are being found; `gathered` follows at @latest whatever comes. */
void oh_transport_news_gather (OhTransportNews *news, gint64 latest);

/* They are known, or (@error, transfer full) can't be found. */
void oh_transport_news_gathered (OhTransportNews *news, GError *error);

/* The path carries data; told once, and after `gathered`. */
void oh_transport_news_connected (OhTransportNews *news);

/* The path is gone; the first @error (transfer full) is told. */
void oh_transport_news_failed (OhTransportNews *news, GError *error);

G_END_DECLS
