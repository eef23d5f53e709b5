/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "oh-nat"

#include "server/trunk/oh-nat.h"

#include "media/net/oh-stun-probe.h"

#include <gio/gio.h>

#define STUN_PORT 3478
#define FRESH_MS 60000
#define RETRY_MS 10000

typedef struct
{
  char *name;
  guint16 port;
  char *address; /* of the server, or NULL: not found */
  char *mapped;  /* ours as it sees us, or NULL: it did not answer */
  guint16 mapped_port;
} Server;

struct _OhNat
{
  gatomicrefcount refs; /* questions under way hold some */
  gint closed;          /* atomic */
  OhSip *sip;
  OhWorker *worker;
  char *local;
  OhExecutor signalling, services;
  Server servers[OH_STUN_PROBE_MAX];
  guint n_servers;
  char *answering; /* "192.0.2.1:3478", or NULL */
  char *address;
  guint timer;
  gboolean asked; /* a round has ended */
};

/* One round: names are looked up one after the other on the services thread, then the worker asks,
 * and the answer comes back by the services thread, which is the one that ends the server. */
typedef struct
{
  OhNat *nat;
  guint next;
  char *addresses[OH_STUN_PROBE_MAX];
  OhStunView view;
  guint asked[OH_STUN_PROBE_MAX]; /* server of the n-th in the view */
} Round;

static void look_up_next (Round *round);
static void begin (gpointer data);

static void
nat_unref (OhNat *nat)
{
  if (!g_atomic_ref_count_dec (&nat->refs))
    return;
  for (guint i = 0; i < nat->n_servers; i++)
    {
      g_free (nat->servers[i].name);
      g_free (nat->servers[i].address);
      g_free (nat->servers[i].mapped);
    }
  g_free (nat->local);
  g_free (nat->answering);
  g_free (nat->address);
  g_free (nat);
}

static void
round_free (Round *round)
{
  for (guint i = 0; i < OH_STUN_PROBE_MAX; i++)
    g_free (round->addresses[i]);
  nat_unref (round->nat);
  g_free (round);
}

/* --- What came of it; signalling thread --- */

static void
take_view (OhNat *nat, Round *round)
{
  for (guint i = 0; i < nat->n_servers; i++)
    {
      Server *server = &nat->servers[i];

      g_free (server->address);
      server->address = g_steal_pointer (&round->addresses[i]);
      g_clear_pointer (&server->mapped, g_free);
    }
  for (guint i = 0; i < round->view.n; i++)
    if (*round->view.mapped[i])
      {
        nat->servers[round->asked[i]].mapped = g_strdup (round->view.mapped[i]);
        nat->servers[round->asked[i]].mapped_port = round->view.ports[i];
      }
}

static const Server *
find_answering (OhNat *nat)
{
  for (guint i = 0; i < nat->n_servers; i++)
    if (nat->servers[i].mapped)
      return &nat->servers[i];
  return NULL;
}

/* An address once learned stays when no server answers any more: it is more likely than none. */
static void
take_round (gpointer data)
{
  Round *round = data;
  OhNat *nat = round->nat;
  const Server *server;

  if (g_atomic_int_get (&nat->closed))
    {
      round_free (round);
      return;
    }
  take_view (nat, round);
  server = find_answering (nat);
  if (!nat->asked || !server != !nat->answering
      || (server && g_strcmp0 (server->mapped, nat->address) != 0))
    g_message ("STUN: %s%s", server ? "our address outside is " : "no server answers",
               server ? server->mapped : "");
  nat->asked = TRUE;
  g_clear_pointer (&nat->answering, g_free);
  if (server)
    {
      nat->answering = g_strdup_printf ("%s:%u", server->address, server->port);
      g_free (nat->address);
      nat->address = g_strdup (server->mapped);
      oh_sip_set_learned_address (nat->sip, nat->address);
    }
  nat->timer = oh_sip_add_timer (nat->sip, server ? FRESH_MS : RETRY_MS, begin, nat);
  round_free (round);
}

/* --- Asking --- */

static void
hand_over (gpointer data)
{
  Round *round = data;

  if (g_atomic_int_get (&round->nat->closed))
    round_free (round);
  else
    oh_executor_post (&round->nat->signalling, take_round, round);
}

/* Worker's thread. */
static void
on_view (const OhStunView *view, gpointer user_data)
{
  Round *round = user_data;

  round->view = *view;
  oh_executor_post (&round->nat->services, hand_over, round);
}

static void
ask (Round *round)
{
  OhNat *nat = round->nat;
  const char *addresses[OH_STUN_PROBE_MAX];
  guint16 ports[OH_STUN_PROBE_MAX];
  guint n = 0;

  for (guint i = 0; i < nat->n_servers; i++)
    if (round->addresses[i])
      {
        addresses[n] = round->addresses[i];
        ports[n] = nat->servers[i].port;
        round->asked[n++] = i;
      }
  oh_stun_probe (nat->worker, nat->local, addresses, ports, n, on_view, round);
}

/* The sockets of sound are of one family: IPv4, unless they are bound to another. */
static char *
dup_fitting (OhNat *nat, GList *found)
{
  gboolean six = strchr (nat->local, ':') != NULL;

  for (GList *l = found; l; l = l->next)
    if ((g_inet_address_get_family (l->data) == G_SOCKET_FAMILY_IPV6) == six)
      return g_inet_address_to_string (l->data);
  return NULL;
}

static void
on_resolved (GObject *source, GAsyncResult *result, gpointer user_data)
{
  Round *round = user_data;
  g_autoptr (GError) error = NULL;
  GList *found = g_resolver_lookup_by_name_finish (G_RESOLVER (source), result, &error);

  if (error)
    g_message ("STUN server %s: %s", round->nat->servers[round->next].name, error->message);
  round->addresses[round->next++] = dup_fitting (round->nat, found);
  g_resolver_free_addresses (found);
  look_up_next (round);
}

static void
look_up_next (Round *round)
{
  g_autoptr (GResolver) resolver = g_resolver_get_default ();

  if (g_atomic_int_get (&round->nat->closed))
    round_free (round);
  else if (round->next == round->nat->n_servers)
    ask (round);
  else
    g_resolver_lookup_by_name_async (resolver, round->nat->servers[round->next].name, NULL,
                                     on_resolved, round);
}

static void
start_round (gpointer data)
{
  look_up_next (data);
}

static void
begin (gpointer data)
{
  OhNat *nat = data;
  Round *round = g_new0 (Round, 1);

  nat->timer = 0;
  g_atomic_ref_count_inc (&nat->refs);
  round->nat = nat;
  oh_executor_post (&nat->services, start_round, round);
}

/* --- From outside --- */

static void
add_server (OhNat *nat, const char *text)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GSocketConnectable) address = g_network_address_parse (text, STUN_PORT, &error);

  if (!address || nat->n_servers == OH_STUN_PROBE_MAX)
    {
      g_warning ("STUN server %s is left out: %s", text,
                 error ? error->message : "there are too many");
      return;
    }
  nat->servers[nat->n_servers++] = (Server){
    .name = g_strdup (g_network_address_get_hostname (G_NETWORK_ADDRESS (address))),
    .port = g_network_address_get_port (G_NETWORK_ADDRESS (address)),
  };
}

OhNat *
oh_nat_new (OhSip *sip,
            OhWorker *worker,
            const char *address,
            char **servers,
            const OhExecutor *signalling,
            const OhExecutor *services)
{
  OhNat *nat = g_new0 (OhNat, 1);

  g_atomic_ref_count_init (&nat->refs);
  nat->sip = sip;
  nat->worker = worker;
  nat->local = g_strdup (address);
  nat->signalling = *signalling;
  nat->services = *services;
  for (char **server = servers; server && *server; server++)
    add_server (nat, *server);
  if (nat->n_servers > 0)
    begin (nat);
  return nat;
}

void
oh_nat_free (OhNat *nat)
{
  if (!nat)
    return;
  g_atomic_int_set (&nat->closed, 1);
  if (nat->timer)
    oh_sip_cancel_timer (nat->sip, nat->timer);
  nat_unref (nat);
}

const char *
oh_nat_get_server (OhNat *nat)
{
  return nat->answering;
}

const char *
oh_nat_get_address (OhNat *nat)
{
  return nat->address;
}

static void
add_string (JsonBuilder *builder, const char *name, const char *value)
{
  json_builder_set_member_name (builder, name);
  json_builder_add_string_value (builder, value ? value : "");
}

void
oh_nat_describe (OhNat *nat, JsonBuilder *builder)
{
  for (guint i = 0; i < nat->n_servers && nat->asked; i++)
    {
      const Server *server = &nat->servers[i];

      json_builder_begin_object (builder);
      add_string (builder, "server", server->name);
      add_string (builder, "address", server->address);
      add_string (builder, "mapped", server->mapped);
      json_builder_set_member_name (builder, "port");
      json_builder_add_int_value (builder, server->mapped ? server->mapped_port : 0);
      json_builder_end_object (builder);
    }
}
