/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "oh-sip"

#include "sip/oh-sip-private.h"

#include "base/oh-error.h"

#include <string.h>
#include <sys/random.h>

#define QUIET_POLL_MS 20
#define FINISH_MS 1000
#define LAST_HOPS 4 /* from an agent to its stack and back, twice */

OhSip *
oh_sip_ref (OhSip *sip)
{
  g_atomic_ref_count_inc (&sip->refs);
  return sip;
}

void
oh_sip_unref (OhSip *sip)
{
  if (!g_atomic_ref_count_dec (&sip->refs))
    return;
  g_hash_table_unref (sip->calls);
  g_hash_table_unref (sip->registrations);
  g_hash_table_unref (sip->publications);
  g_hash_table_unref (sip->subscriptions);
  g_hash_table_unref (sip->watchers);
  g_hash_table_unref (sip->requests);
  g_hash_table_unref (sip->sendings);
  g_strfreev (sip->listen);
  g_free (sip->ports);
  g_free (sip->certificate_dir);
  g_free (sip->ca_file);
  g_free (sip->user_agent);
  g_free (sip->public_address);
  g_free (sip->learned_address);
  g_free (sip->tls_trouble);
  g_mutex_clear (&sip->lock);
  g_cond_clear (&sip->started);
  g_free (sip);
}

void
oh_sip_deliver (OhSip *sip, OhTask task, gpointer data)
{
  if (sip->has_executor)
    oh_executor_post (&sip->executor, task, data);
  else
    task (data);
}

void
oh_sip_refuse_new (OhSip *sip)
{
  g_atomic_int_set (&sip->refusing, 1);
}

gboolean
oh_sip_is_heard (OhSip *sip)
{
  return sip->handlers && !g_atomic_int_get (&sip->freed) && !g_atomic_int_get (&sip->refusing);
}

typedef struct
{
  OhSip *sip;
  GError *error;
} Trouble;

static void
deliver_trouble (gpointer data)
{
  Trouble *trouble = data;
  OhSip *sip = trouble->sip;

  if (oh_sip_is_heard (sip) && sip->handlers->trouble)
    sip->handlers->trouble (sip, trouble->error, sip->user_data);
  g_error_free (trouble->error);
  oh_sip_unref (sip);
  g_free (trouble);
}

void
oh_sip_tell_trouble (OhSip *sip, const GError *error)
{
  Trouble *trouble = g_new (Trouble, 1);

  trouble->sip = oh_sip_ref (sip);
  trouble->error = g_error_copy (error);
  oh_sip_deliver (sip, deliver_trouble, trouble);
}

/* --- Start --- */

/* "udp:127.0.0.1:5060", "tcp:[::1]:0". */
static gboolean
split_listen (const char *text, char **transport, char **host, guint16 *port, GError **error)
{
  g_auto (GStrv) parts = g_strsplit (text, ":", 2);
  const char *colon = parts[0] && parts[1] ? strrchr (parts[1], ':') : NULL;
  guint64 number = 0;
  gsize length;

  if (!colon || !g_ascii_string_to_unsigned (colon + 1, 10, 0, 65535, &number, NULL)
      || !(g_str_equal (parts[0], "udp") || g_str_equal (parts[0], "tcp")
           || g_str_equal (parts[0], "tls")))
    {
      g_set_error (error, OH_ERROR, OH_ERROR_INVALID,
                   "SIP address '%s' should look like udp:0.0.0.0:5060", text);
      return FALSE;
    }
  *transport = g_strdup (parts[0]);
  *host = g_strndup (parts[1], (gsize)(colon - parts[1]));
  length = strlen (*host);
  if (length > 2 && (*host)[0] == '[' && (*host)[length - 1] == ']')
    {
      memmove (*host, *host + 1, length);
      (*host)[length - 2] = '\0';
    }
  if (g_str_equal (*host, "*"))
    {
      g_free (*host);
      *host = g_strdup ("0.0.0.0");
    }
  *port = (guint16)number;
  return TRUE;
}

/* The other half of a udp/tcp pair with the same address, which shares one agent; or -1. */
static int
find_pair (OhSip *sip, guint n)
{
  const char *text = sip->listen[n];

  if (!g_str_has_prefix (text, "udp:") && !g_str_has_prefix (text, "tcp:"))
    return -1;
  for (guint i = 0; sip->listen[i]; i++)
    if (i != n && strcmp (sip->listen[i] + 4, text + 4) == 0
        && strncmp (sip->listen[i], text, 4) != 0 && !g_str_has_prefix (sip->listen[i], "tls:"))
      return (int)i;
  return -1;
}

static gboolean
open_listener (OhSip *sip, guint n, GError **error)
{
  g_autofree char *transport = NULL;
  g_autofree char *host = NULL;
  guint16 port;
  int pair = find_pair (sip, n);
  g_autoptr (GPtrArray) addresses = NULL;

  if (pair >= 0 && (guint)pair < n)
    {
      sip->ports[n] = sip->ports[pair];
      return TRUE;
    }
  if (!split_listen (sip->listen[n], &transport, &host, &port, error))
    return FALSE;
  addresses = oh_sip_list_addresses (host);
  for (guint i = 0; i < addresses->len; i++)
    {
      OhSipAgent *agent = oh_sip_agent_new (
          sip, g_ptr_array_index (addresses, i), port, pair >= 0 || g_str_equal (transport, "udp"),
          pair >= 0 || g_str_equal (transport, "tcp"), g_str_equal (transport, "tls"), TRUE, error);

      if (!agent)
        return FALSE;
      port = agent->port;
    }
  sip->ports[n] = port;
  return TRUE;
}

static gboolean
open_listeners (OhSip *sip, GError **error)
{
  for (guint i = 0; sip->listen[i]; i++)
    if (!open_listener (sip, i, error))
      return FALSE;
  return TRUE;
}

static void
create_tables (OhSip *sip)
{
  sip->agents = g_ptr_array_new_with_free_func ((GDestroyNotify)oh_sip_agent_free);
  sip->calls = g_hash_table_new (NULL, NULL);
  sip->registrations = g_hash_table_new (NULL, NULL);
  sip->publications = g_hash_table_new (NULL, NULL);
  sip->subscriptions = g_hash_table_new (NULL, NULL);
  sip->watchers = g_hash_table_new (NULL, NULL);
  sip->requests = g_hash_table_new (NULL, NULL);
  sip->sendings = g_hash_table_new (NULL, NULL);
  sip->flows = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  sip->routes = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free);
  sip->nonces = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free);
  if (getrandom (sip->nonce_key, sizeof sip->nonce_key, 0) != sizeof sip->nonce_key)
    g_error ("no random numbers from the kernel");
}

/* sofia asserts that each agent was shut down to the end. With its handles gone that takes a moment
 * only; one that still does not come to an end is left alone. */
static void
finish_agents (OhSip *sip)
{
  gint64 deadline = g_get_monotonic_time () + FINISH_MS * 1000;

  for (guint i = 0; i < sip->agents->len; i++)
    if (!((OhSipAgent *)sip->agents->pdata[i])->down)
      nua_shutdown (((OhSipAgent *)sip->agents->pdata[i])->nua);
  for (guint i = 0; i < sip->agents->len; i++)
    while (!((OhSipAgent *)sip->agents->pdata[i])->down && g_get_monotonic_time () < deadline)
      su_root_step (sip->root, QUIET_POLL_MS);
  /* What came in meanwhile is queued behind that, for an agent or its stack, and would leak with the
   * queue. */
  for (guint hop = 0; hop < LAST_HOPS; hop++)
    su_root_step (sip->root, 0);
}

static void
destroy_tables (OhSip *sip)
{
  g_ptr_array_unref (sip->agents);
  g_clear_pointer (&sip->tls_objects, oh_sip_tls_objects_free);
  g_clear_pointer (&sip->door, oh_sip_door_free);
  oh_sip_loop_clear_timers (sip);
  g_hash_table_unref (sip->flows);
  g_hash_table_unref (sip->routes);
  g_hash_table_unref (sip->nonces);
}

/* What was posted before is still run; then nothing of ours holds sofia any more. */
static void
stop_posting (OhSip *sip)
{
  g_mutex_lock (&sip->lock);
  sip->stopped = TRUE;
  g_mutex_unlock (&sip->lock);
  su_root_step (sip->root, 0);
  sip->shutting_down = TRUE;
  oh_sip_calls_abandon_all (sip);
  oh_sip_requests_abandon_all (sip);
  oh_sip_messages_abandon_all (sip);
  oh_sip_publications_abandon_all (sip);
  oh_sip_subscriptions_abandon_all (sip);
  oh_sip_watchers_abandon_all (sip);
  oh_sip_registrations_abandon_all (sip);
}

static void
tell_started (OhSip *sip)
{
  g_mutex_lock (&sip->lock);
  sip->ready = TRUE;
  g_cond_signal (&sip->started);
  g_mutex_unlock (&sip->lock);
}

static gpointer
run_stack (gpointer data)
{
  OhSip *sip = data;
  gboolean opened;

  g_atomic_pointer_set (&sip->self, g_thread_self ());
  su_init ();
  oh_sip_loop_init ();
  oh_sip_tls_watch_log (sip);
  sip->root = su_root_create (NULL);
  su_root_threading (sip->root, 0);
  sip->tls_objects = oh_sip_tls_objects_new (sip);
  create_tables (sip);
  opened = open_listeners (sip, &sip->start_error);
  sip->door = oh_sip_door_new (sip);
  tell_started (sip);
  if (opened)
    su_root_run (sip->root);
  stop_posting (sip);
  finish_agents (sip);
  destroy_tables (sip);
  su_root_destroy (sip->root);
  su_deinit ();
  oh_sip_loop_end (sip);
  return NULL;
}

OhSip *
oh_sip_new (const OhSipConfig *config, GError **error)
{
  static const char *const no_listen[] = { NULL };
  OhSip *sip = g_new0 (OhSip, 1);

  g_atomic_ref_count_init (&sip->refs);
  g_mutex_init (&sip->lock);
  g_cond_init (&sip->started);
  sip->listen = g_strdupv ((char **)(config->listen ? config->listen : no_listen));
  sip->ports = g_new0 (guint16, g_strv_length (sip->listen) + 1);
  sip->certificate_dir = g_strdup (config->certificate_dir);
  sip->ca_file = g_strdup (config->ca_file);
  sip->user_agent = g_strdup (config->user_agent ? config->user_agent : "Offhook");
  sip->public_address = g_strdup (config->public_address);
  sip->t1_ms = config->t1_ms;
  sip->session_s = config->session_s ? config->session_s : 1800;
  sip->min_session_s = config->min_session_s ? config->min_session_s : 90;
  sip->max_calls = config->max_calls ? config->max_calls : 10000;
  sip->max_connections = config->max_connections ? config->max_connections : 4096;
  sip->max_connections_per_source = config->max_connections_per_source
                                        ? config->max_connections_per_source
                                        : 256;
  sip->silent_ms = config->silent_ms ? config->silent_ms : 30000;
  sip->handlers = config->handlers;
  sip->user_data = config->user_data;
  sip->has_executor = config->executor != NULL;
  if (config->executor)
    sip->executor = *config->executor;

  sip->thread = g_thread_new ("sip", run_stack, sip);
  g_mutex_lock (&sip->lock);
  while (!sip->ready)
    g_cond_wait (&sip->started, &sip->lock);
  g_mutex_unlock (&sip->lock);
  if (!sip->start_error)
    return sip;
  g_thread_join (sip->thread);
  g_propagate_error (error, g_steal_pointer (&sip->start_error));
  oh_sip_unref (sip);
  return NULL;
}

guint16
oh_sip_get_port (OhSip *sip, guint n)
{
  g_return_val_if_fail (n < g_strv_length (sip->listen), 0);
  return sip->ports[n];
}

guint
oh_sip_count_calls (OhSip *sip)
{
  return g_hash_table_size (sip->calls);
}

/* --- Shutting down: our own goodbyes first, then sofia's, then the loop --- */

static void
break_loop (gpointer data)
{
  OhSip *sip = data;

  su_root_break (sip->root);
}

static void
shut_down_agents (OhSip *sip)
{
  sip->nuas_left = 0;
  for (guint i = 0; i < sip->agents->len; i++)
    {
      OhSipAgent *agent = sip->agents->pdata[i];

      if (agent->down)
        continue;
      sip->nuas_left++;
      if (!agent->closing)
        nua_shutdown (agent->nua);
    }
  if (sip->nuas_left == 0)
    su_root_break (sip->root);
}

static gboolean
is_quiet (OhSip *sip)
{
  return g_hash_table_size (sip->calls) == 0 && g_hash_table_size (sip->registrations) == 0
         && g_hash_table_size (sip->publications) == 0
         && g_hash_table_size (sip->subscriptions) == 0 && g_hash_table_size (sip->watchers) == 0;
}

static void
wait_for_quiet (gpointer data)
{
  OhSip *sip = data;

  if (is_quiet (sip))
    shut_down_agents (sip);
  else
    oh_sip_add_timer (sip, QUIET_POLL_MS, wait_for_quiet, sip);
}

typedef struct
{
  OhSip *sip;
  guint timeout_ms;
} ShutDown;

static void
begin_shut_down (gpointer data)
{
  g_autofree ShutDown *order = data;
  OhSip *sip = order->sip;

  sip->shutting_down = TRUE;
  oh_sip_publications_end_all (sip);
  oh_sip_subscriptions_end_all (sip);
  oh_sip_watchers_end_all (sip);
  oh_sip_calls_end_all (sip);
  oh_sip_registrations_end_all (sip);
  oh_sip_add_timer (sip, MAX (order->timeout_ms, 1), break_loop, sip);
  wait_for_quiet (sip);
}

void
oh_sip_shut_down (OhSip *sip, guint timeout_ms)
{
  ShutDown *order;

  g_return_if_fail (!oh_sip_is_stack_thread (sip));
  if (!sip->thread)
    return;
  order = g_new (ShutDown, 1);
  order->sip = sip;
  order->timeout_ms = timeout_ms;
  oh_sip_post (sip, begin_shut_down, order);
  g_thread_join (sip->thread);
  sip->thread = NULL;
}

void
oh_sip_free (OhSip *sip)
{
  if (!sip)
    return;
  oh_sip_shut_down (sip, 0);
  g_atomic_int_set (&sip->freed, 1);
  oh_sip_unref (sip);
}
