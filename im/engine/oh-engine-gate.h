/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* What comes from the services faster for long than anybody reads is dropped. Each kind has a gate of
 * its own, so that a flood of one never keeps the other out. Main thread. */
typedef enum
{
  OH_ENGINE_GATE_MESSAGES, /* 2,000 at once, then 400 a second */
  OH_ENGINE_GATE_NOTICES,  /* who types, what arrived: 1,000 at once, then 200 a second */
  OH_ENGINE_GATE_STANZAS,  /* that the parent watches: 1,000 at once, then 200 a second */
  OH_ENGINE_GATE_ROOMS     /* messages of all rooms: 2,000 at once, then 400 a second */
} OhEngineGate;

/* FALSE: what is asked about is dropped. */
gboolean oh_engine_gate_pass (OhEngineGate gate);

/* The same for one of many, so that none of them keeps the others out: all zero at first, it is full. */
typedef struct
{
  gint64 used;      /* of the burst */
  gint64 filled_us; /* up to when `used` has shrunk */
} OhEngineBucket;

gboolean oh_engine_bucket_pass (OhEngineBucket *bucket, gint64 burst, gint64 per_second);

G_END_DECLS
