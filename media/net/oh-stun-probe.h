/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "media/oh-worker.h"

G_BEGIN_DECLS

#define OH_STUN_PROBE_MAX 4

/* How a computer is seen outside: one socket asks several STUN servers at once. */
typedef struct
{
  guint n;
  char mapped[OH_STUN_PROBE_MAX][64]; /* address, "" = that server did not answer */
  guint16 ports[OH_STUN_PROBE_MAX];
} OhStunView;

/* @view is borrowed. */
typedef void (*OhStunProbeFunc) (const OhStunView *view, gpointer user_data);

/* From any thread; @func runs once, within a second, on the worker's thread. @servers: IP addresses,
 * @ports theirs, @n of them (at most OH_STUN_PROBE_MAX). @address: local one to ask from. */
void oh_stun_probe (OhWorker *worker,
                    const char *address,
                    const char *const *servers,
                    const guint16 *ports,
                    guint n,
                    OhStunProbeFunc func,
                    gpointer user_data);

G_END_DECLS
