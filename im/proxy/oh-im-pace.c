/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "oh-im"

#include "im/proxy/oh-im-private.h"

#include "base/oh-clock.h"

#include <string.h>

#define BURST_S 2 /* of a rate that the administrator named: so much may go at once */

/* What services of that protocol bear as they are usually set up, or what the protocol says. */
static const struct
{
  const char *protocol;
  double burst, per_second;
  gboolean by_line; /* each line is a message of its own */
} usual[] = {
  /* 10 kB/s of a client over two seconds (Prosody), at some 400 bytes */
  { "prpl-jabber", 40, 20, FALSE },
  /* RFC 2813, section 5.8: each line is two seconds, ten ahead */
  { "prpl-irc", 5, 0.5, TRUE },
  /* anything else: nobody would write faster for long */
  { NULL, 10, 2, FALSE },
};

void
oh_im_pace_init (OhImPace *pace, const char *protocol)
{
  gsize i = 0;

  while (usual[i].protocol && strcmp (usual[i].protocol, protocol) != 0)
    i++;
  *pace = (OhImPace){ .tokens = usual[i].burst,
                      .burst = usual[i].burst,
                      .per_second = usual[i].per_second,
                      .by_line = usual[i].by_line,
                      .filled_us = oh_clock_now () };
}

void
oh_im_pace_set_rate (OhImPace *pace, guint per_second)
{
  pace->per_second = per_second;
  pace->burst = (double)per_second * BURST_S;
  pace->tokens = pace->burst;
}

static double
count_cost (const OhImPace *pace, const char *text)
{
  double cost = 1;

  for (const char *p = text; pace->by_line && *p; p++)
    cost += *p == '\n';
  return cost;
}

static void
refill (OhImPace *pace)
{
  gint64 now = oh_clock_now ();

  pace->tokens += pace->per_second * (double)(now - pace->filled_us) / G_TIME_SPAN_SECOND;
  pace->tokens = MIN (pace->tokens, pace->burst);
  pace->filled_us = now;
}

guint
oh_im_pace_take (OhImPace *pace, const char *text)
{
  double cost = count_cost (pace, text);
  double needed = MIN (cost, pace->burst); /* one that is longer than all goes into debt */

  refill (pace);
  if (pace->tokens < needed)
    return (guint)((needed - pace->tokens) / pace->per_second * 1000) + 1;
  pace->tokens -= cost;
  return 0;
}

gboolean
oh_im_pace_take_spare (OhImPace *pace)
{
  refill (pace);
  if (pace->tokens < pace->burst)
    return FALSE;
  pace->tokens -= 1;
  return TRUE;
}
