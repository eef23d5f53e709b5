/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "oh-im-engine"

#include "im/engine/oh-engine-gate.h"

#include "base/oh-clock.h"

/* A bucket, full at first. */
static struct
{
  gint64 burst, per_second;
  gint64 used;      /* of the burst */
  gint64 filled_us; /* up to when `used` has shrunk */
} gates[] = {
  [OH_ENGINE_GATE_MESSAGES] = { .burst = 2000, .per_second = 400 },
  [OH_ENGINE_GATE_NOTICES] = { .burst = 1000, .per_second = 200 },
  [OH_ENGINE_GATE_STANZAS] = { .burst = 1000, .per_second = 200 },
};

gboolean
oh_engine_gate_pass (OhEngineGate gate)
{
  gint64 now = oh_clock_now ();
  gint64 earned = (now - gates[gate].filled_us) * gates[gate].per_second / G_USEC_PER_SEC;

  if (earned > 0)
    {
      gates[gate].used = MAX (0, gates[gate].used - earned);
      gates[gate].filled_us += earned * G_USEC_PER_SEC / gates[gate].per_second;
    }
  if (gates[gate].used >= gates[gate].burst)
    return FALSE;
  gates[gate].used++;
  return TRUE;
}
