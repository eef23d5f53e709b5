/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "oh-media"

#include "media/net/oh-stun-probe.h"

#include "media/net/oh-stun-clash.h"
#include "media/net/oh-stun-query.h"

/* Lives from the question to the last answer; worker's thread. */
typedef struct
{
  OhUdp udp;
  OhTimer over; /* a socket is not closed while it tells a datagram */
  char address[64];
  OhAddress servers[OH_STUN_PROBE_MAX];
  OhStunQuery queries[OH_STUN_PROBE_MAX];
  guint open;
  OhStunView view;
  OhStunProbeFunc func;
  gpointer user_data;
} Probe;

static void
on_over (OhTimer *timer)
{
  Probe *probe = (Probe *)((char *)timer - G_STRUCT_OFFSET (Probe, over));
  OhWorker *worker = probe->udp.worker;

  oh_udp_close (&probe->udp);
  probe->func (&probe->view, probe->user_data);
  g_free (probe);
  oh_worker_unref (worker);
}

static void
end (Probe *probe)
{
  probe->over.expired = on_over;
  oh_worker_set_timer (probe->udp.worker, &probe->over, 0);
}

static void
on_mapped (OhStunQuery *query, const OhAddress *mapped)
{
  Probe *probe = query->owner;
  guint i = (guint)(query - probe->queries);

  if (mapped)
    {
      oh_address_print (mapped, probe->view.mapped[i], sizeof probe->view.mapped[i]);
      probe->view.ports[i] = oh_address_get_port (mapped);
    }
  if (--probe->open == 0)
    end (probe);
}

static void
on_received (OhUdp *udp, guint8 *data, gsize length, const OhAddress *from)
{
  Probe *probe = udp->owner;

  for (guint i = 0; i < probe->view.n; i++)
    if (oh_stun_query_take (&probe->queries[i], data, length, from))
      return;
}

static void
start (gpointer data)
{
  Probe *probe = data;

  if (!oh_udp_open (&probe->udp, probe->address, 0, NULL))
    {
      end (probe);
      return;
    }
  for (guint i = 0; i < probe->view.n; i++)
    {
      probe->queries[i].done = on_mapped;
      probe->queries[i].owner = probe;
      oh_stun_query_start (&probe->queries[i], &probe->udp, &probe->servers[i]);
    }
  probe->open = probe->view.n;
  if (probe->open == 0)
    end (probe);
}

void
oh_stun_probe (OhWorker *worker,
               const char *address,
               const char *const *servers,
               const guint16 *ports,
               guint n,
               OhStunProbeFunc func,
               gpointer user_data)
{
  Probe *probe = g_new0 (Probe, 1);

  oh_stun_clash_settle ();
  probe->udp = (OhUdp){
    .watch.fd = -1, .worker = oh_worker_ref (worker), .received = on_received, .owner = probe
  };
  g_strlcpy (probe->address, address, sizeof probe->address);
  for (guint i = 0; i < n && i < OH_STUN_PROBE_MAX; i++)
    if (oh_address_set (&probe->servers[probe->view.n], servers[i], ports[i]))
      probe->view.n++;
  probe->func = func;
  probe->user_data = user_data;
  oh_worker_post (worker, start, probe);
}
