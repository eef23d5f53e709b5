/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "oh-media"

#include "media/net/oh-stun-query.h"

#include "media/rtp/oh-rtp.h"

#include <stun/usages/bind.h>

#include <string.h>

/* Each wait is twice the one before (RFC 8489 6.2.1, shorter, because a caller waits). */
#define FIRST_WAIT_US (70 * 1000)
#define TRIES 3 /* 70 + 140 + 280 ms */

static void
finish (OhStunQuery *query, const OhAddress *mapped)
{
  oh_stun_query_stop (query, query->udp->worker);
  query->done (query, mapped);
}

static void
on_time (OhTimer *timer)
{
  OhStunQuery *query = (OhStunQuery *)((char *)timer - G_STRUCT_OFFSET (OhStunQuery, timer));

  if (query->tries == TRIES)
    {
      finish (query, NULL);
      return;
    }
  oh_udp_send (query->udp, &query->server, query->request, query->length);
  oh_worker_set_timer (query->udp->worker, timer,
                       oh_worker_get_now (query->udp->worker)
                           + (gint64)(FIRST_WAIT_US << query->tries));
  query->tries++;
}

void
oh_stun_query_start (OhStunQuery *query, OhUdp *udp, const OhAddress *server)
{
  static const uint16_t known[] = { STUN_ATTRIBUTE_MAPPED_ADDRESS,
                                    STUN_ATTRIBUTE_XOR_MAPPED_ADDRESS, STUN_ATTRIBUTE_ERROR_CODE,
                                    0 };
  StunMessage message;

  if (query->running)
    oh_stun_query_stop (query, query->udp->worker);
  query->udp = udp;
  query->server = *server;
  query->timer.expired = on_time;
  query->tries = 0;
  query->running = TRUE;
  stun_agent_init (&query->agent, known, STUN_COMPATIBILITY_RFC5389, 0);
  query->length = stun_usage_bind_create (&query->agent, &message, query->request,
                                          sizeof query->request);
  oh_worker_set_timer (udp->worker, &query->timer, oh_worker_get_now (udp->worker));
}

void
oh_stun_query_stop (OhStunQuery *query, OhWorker *worker)
{
  query->running = FALSE;
  oh_worker_clear_timer (worker, &query->timer);
}

/* An answer of another transaction than ours fails validation. */
static gboolean
read_answer (OhStunQuery *query, const guint8 *data, gsize length, OhAddress *mapped)
{
  StunMessage message;
  OhAddress other;
  socklen_t size = sizeof mapped->storage, other_size = sizeof other.storage;

  if (stun_agent_validate (&query->agent, &message, data, length, NULL, NULL)
      != STUN_VALIDATION_SUCCESS)
    return FALSE;
  memset (mapped, 0, sizeof *mapped);
  return stun_usage_bind_process (&message, &mapped->any, &size, &other.any, &other_size)
             == STUN_USAGE_BIND_RETURN_SUCCESS
         && !oh_address_is_any (mapped) && oh_address_get_port (mapped) != 0;
}

gboolean
oh_stun_query_take (OhStunQuery *query, const guint8 *data, gsize length, const OhAddress *from)
{
  OhAddress mapped;

  if (!query->udp || !oh_address_equal (from, &query->server)
      || oh_rtp_classify (data, length) != OH_RTP_KIND_STUN)
    return FALSE;
  if (query->running && read_answer (query, data, length, &mapped))
    finish (query, &mapped);
  return TRUE;
}
