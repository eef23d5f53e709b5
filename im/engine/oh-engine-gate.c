/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "oh-im-engine"

#include "im/engine/oh-engine-gate.h"

#include "base/oh-clock.h"

static struct
{
  gint64 burst, per_second;
  OhEngineBucket bucket;
} gates[] = {
  [OH_ENGINE_GATE_MESSAGES] = { .burst = 2000, .per_second = 400 },
  [OH_ENGINE_GATE_NOTICES] = { .burst = 1000, .per_second = 200 },
  [OH_ENGINE_GATE_STANZAS] = { .burst = 1000, .per_second = 200 },
  [OH_ENGINE_GATE_ROOMS] = { .burst = 2000, .per_second = 400 },
};

gboolean
oh_engine_bucket_pass (OhEngineBucket *bucket, gint64 burst, gint64 per_second)
{
  gint64 now = oh_clock_now ();
  gint64 earned = (now - bucket->filled_us) * per_second / G_USEC_PER_SEC;

  if (earned > 0)
    {
      bucket->used = MAX (0, bucket->used - earned);
      bucket->filled_us += earned * G_USEC_PER_SEC / per_second;
    }
  if (bucket->used >= burst)
    return FALSE;
  bucket->used++;
  return TRUE;
}

gboolean
oh_engine_gate_pass (OhEngineGate gate)
{
  return oh_engine_bucket_pass (&gates[gate].bucket, gates[gate].burst, gates[gate].per_second);
}
