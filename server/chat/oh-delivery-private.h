/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "server/chat/oh-delivery.h"

G_BEGIN_DECLS

struct _OhDelivery
{
  OhRegistrar *registrar;
  OhStore *store;
  OhSip *sip;
  OhExecutor executor;
  GHashTable *boxes; /* gint64 in a box of oh-delivery.c -> that, owned */
  guint awaited;     /* answers of the store */
  gboolean stopping;
  OhTask stopped;
  gpointer stopped_data;
};

G_END_DECLS
