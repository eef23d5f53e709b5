/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "oh-call"

#include "server/call/oh-server-call.h"

#include "base/oh-clock.h"

#include <string.h>

#ifdef __GLIBC__
#include <malloc.h>
#endif

#define DEFAULT_T1_MS 500 /* RFC 3261, 17.1.1.1 */
#define REMEMBERED_T1 80  /* a transaction is for 64 of them, and a bit */
#define EXPIRY_MS 1000
#define UNKNOWN_SOURCES 10000

/* --- Directory --- */

/* Services thread. */
typedef struct
{
  OhExchange *exchange;
  OhDirectory *directory;
} PrepareJob;

static void
prepare_prompts (gpointer data)
{
  PrepareJob *job = data;
  GPtrArray *users = oh_directory_get_users (job->directory);

  for (guint i = 0; i < users->len; i++)
    oh_prompts_prepare (job->exchange->prompts,
                        ((const OhUser *)g_ptr_array_index (users, i))->language);
  oh_directory_unref (job->directory);
  g_free (job);
}

static void
take_directory (OhExchange *exchange, OhDirectory *directory)
{
  PrepareJob *job = g_new0 (PrepareJob, 1);
  GPtrArray *users = oh_directory_get_users (directory);

  oh_directory_ref (directory);
  g_clear_pointer (&exchange->directory, oh_directory_unref);
  exchange->directory = directory;
  oh_registrar_sip_set_directory (exchange->registrar_sip, directory);
  oh_exchange_end_revoked_lines (exchange);
  oh_courier_set_directory (exchange->courier, directory);
  oh_trunks_set_directory (exchange->trunks, directory);
  for (guint i = 0; i < users->len; i++)
    oh_exchange_tell_text_devices (exchange, users->pdata[i]);
  job->exchange = exchange;
  job->directory = oh_directory_ref (directory);
  oh_executor_post (&exchange->services, prepare_prompts, job);
}

static void
on_directory (OhDirectory *directory, gpointer user_data)
{
  OhExchange *exchange = user_data;

  if (!exchange->stopping && directory != exchange->directory)
    take_directory (exchange, directory);
}

/* --- Registrar --- */

typedef struct
{
  OhExchange *exchange;
  gint64 user_id;
} CheckJob;

static void
check_calls (gpointer data)
{
  const CheckJob *job = data;
  const OhUser *user = oh_directory_find_user_by_id (job->exchange->directory, job->user_id);
  g_autoptr (GList) calls = g_hash_table_get_values (job->exchange->calls);

  for (GList *l = calls; l; l = l->next)
    if (oh_server_call_get_user (l->data) == job->user_id)
      oh_server_call_check_devices (l->data);
  if (job->exchange->stopping)
    return;
  oh_courier_look (job->exchange->courier, job->user_id);
  oh_registrar_sip_tell_presence (job->exchange->registrar_sip, job->user_id);
  if (user)
    oh_exchange_tell_text_devices (job->exchange, user);
}

/* Later, not now: a call may be in the middle of telling the registrar that a device is gone. */
static void
on_bindings_changed (OhRegistrar *registrar, gint64 user_id, gpointer user_data)
{
  OhExchange *exchange = user_data;
  CheckJob *job = g_new (CheckJob, 1);

  *job = (CheckJob){ exchange, user_id };
  oh_sip_add_timer_full (exchange->sip, 1, check_calls, job, g_free);
}

static void
on_expiry_timer (gpointer data)
{
  OhExchange *exchange = data;

  oh_registrar_expire (exchange->registrar, oh_clock_now ());
  exchange->expiry_timer = oh_sip_add_timer (exchange->sip, EXPIRY_MS, on_expiry_timer, exchange);
}

/* --- SIP's handlers --- */

gboolean
oh_exchange_note_unknown (
    OhExchange *exchange, const char *method, const char *address, const char *why, guint *retry_s)
{
  g_autofree char *source = oh_limits_dup_source (address);

  if (!oh_limits_take (exchange->unknown, source, retry_s))
    return FALSE;
  g_message ("refused %s from %s: %s", method, address, why);
  return TRUE;
}

/* Before the start and at the end on_call() refuses all. */
static gboolean
on_admit (OhSip *sip, const OhSipArrival *arrival, guint *retry_s, gpointer user_data)
{
  OhExchange *exchange = user_data;

  return !exchange->sip || exchange->stopping || oh_exchange_admit (exchange, arrival, retry_s);
}

static void
on_call (OhSip *sip, OhSipCall *sip_call, gpointer user_data)
{
  OhExchange *exchange = user_data;

  if (exchange->sip && !exchange->stopping)
    {
      oh_exchange_take_call (exchange, sip_call);
      return;
    }
  oh_sip_call_reject (sip_call, 503, NULL, NULL);
  oh_sip_call_unref (sip_call);
}

static void
take_device_request (OhExchange *exchange, OhSipRequest *request)
{
  const OhSipInfo *info = oh_sip_request_get_info (request);
  g_autofree char *method = g_strdup (info->method);
  g_autofree char *address = g_strdup (info->source_address);
  gboolean tried = oh_sip_request_get_header (request, "Authorization")
                   || oh_sip_request_get_header (request, "Proxy-Authorization");
  OhSipAuth auth = strcmp (method, "MESSAGE") == 0
                       ? oh_courier_take (exchange->courier, request)
                       : oh_registrar_sip_take (exchange->registrar_sip, request);

  if (auth == OH_SIP_AUTH_CHALLENGED && tried)
    oh_exchange_note_unknown (exchange, method, address, "wrong credential", NULL);
}

static void
take_options (OhExchange *exchange, OhSipRequest *request)
{
  static const char *const headers[] = { "Accept: application/sdp",
                                         "Allow: INVITE, ACK, CANCEL, BYE, OPTIONS, UPDATE, PRACK, "
                                         "MESSAGE",
                                         NULL };
  const OhSipInfo *info = oh_sip_request_get_info (request);
  gboolean known = oh_trunks_find_source (exchange->trunks, info)
                   || oh_registrar_find_by_flow (exchange->registrar, info->transport,
                                                 info->source_address, info->source_port);

  if (known
      || oh_exchange_note_unknown (exchange, "OPTIONS", info->source_address, "unknown source",
                                   NULL))
    oh_sip_request_reply (request, known ? 200 : 403, NULL, known ? headers : NULL, NULL, NULL);
  else
    oh_sip_request_reply (request, 503, NULL, NULL, NULL, NULL);
}

static void
on_request (OhSip *sip, OhSipRequest *request, gpointer user_data)
{
  OhExchange *exchange = user_data;
  const OhSipInfo *info = oh_sip_request_get_info (request);

  if (!exchange->sip || exchange->stopping)
    oh_sip_request_reply (request, 503, NULL, NULL, NULL, NULL);
  else if (g_str_equal (info->method, "REGISTER") || g_str_equal (info->method, "PUBLISH")
           || g_str_equal (info->method, "SUBSCRIBE") || g_str_equal (info->method, "MESSAGE"))
    take_device_request (exchange, request);
  else if (g_str_equal (info->method, "OPTIONS"))
    take_options (exchange, request);
  else
    oh_sip_request_reply (request, 405, NULL, NULL, NULL, NULL);
}

static void
on_trouble (OhSip *sip, const GError *error, gpointer user_data)
{
  g_warning ("SIP: %s", error->message);
}

const OhSipHandlers *
oh_exchange_get_sip_handlers (void)
{
  static const OhSipHandlers handlers = {
    .admit = on_admit, .call = on_call, .request = on_request, .trouble = on_trouble
  };

  return &handlers;
}

/* --- What calls need --- */

OhWorker *
oh_exchange_pick_worker (OhExchange *exchange)
{
  OhWorker *best = g_ptr_array_index (exchange->workers, 0);

  for (guint i = 1; i < exchange->workers->len; i++)
    {
      OhWorker *worker = g_ptr_array_index (exchange->workers, i);

      if (oh_worker_get_load (worker) < oh_worker_get_load (best))
        best = worker;
    }
  return best;
}

guint
oh_exchange_count_calls (gint64 user_id, gpointer data)
{
  OhExchange *exchange = data;
  GHashTableIter iter;
  gpointer call;
  guint n = 0;

  g_hash_table_iter_init (&iter, exchange->calls);
  while (g_hash_table_iter_next (&iter, NULL, &call))
    if (oh_server_call_get_user (call) == user_id)
      n++;
  return n;
}

/* --- Another configuration --- */

static OhLimits *
make_limits (const OhServerConfig *config)
{
  return oh_limits_new (config->unknown_per_minute, config->unknown_per_minute, UNKNOWN_SOURCES);
}

typedef struct
{
  OhExchange *exchange;
  const OhServerConfig *config;
} ConfigJob;

static void
take_config (gpointer data)
{
  g_autofree ConfigJob *job = data;
  OhExchange *exchange = job->exchange;
  OhAdmissionLimits limits = oh_exchange_read_limits (job->config);

  exchange->config = job->config;
  oh_admission_set_limits (exchange->admission, &limits);
  oh_registrar_sip_set_config (exchange->registrar_sip, job->config);
  oh_limits_free (exchange->unknown);
  exchange->unknown = make_limits (job->config);
}

void
oh_exchange_set_config (OhExchange *exchange, const OhServerConfig *config)
{
  ConfigJob *job = g_new (ConfigJob, 1);

  *job = (ConfigJob){ exchange, config };
  oh_executor_post (&exchange->signalling, take_config, job);
}

/* --- Start and stop --- */

OhExchange *
oh_exchange_new (const OhServerConfig *config, OhStore *store)
{
  OhExchange *exchange = g_new0 (OhExchange, 1);
  guint workers = config->media_workers ? config->media_workers : g_get_num_processors ();
  g_autofree char *prompts = g_build_filename (config->state_dir, "prompts", NULL);
  OhAdmissionLimits limits = oh_exchange_read_limits (config);

  exchange->config = config;
  exchange->store = store;
  exchange->prompts = oh_prompts_new (prompts);
  exchange->workers = g_ptr_array_new_with_free_func ((GDestroyNotify)oh_worker_unref);
  for (guint i = 0; i < workers; i++)
    {
      g_autofree char *name = g_strdup_printf ("media-%u", i);

      g_ptr_array_add (exchange->workers, oh_worker_new (name, OH_WORKER_PLAIN));
    }
  exchange->calls = g_hash_table_new_full (g_str_hash, g_str_equal, NULL,
                                           (GDestroyNotify)oh_server_call_free);
  exchange->im = g_hash_table_new_full (g_int64_hash, g_int64_equal, g_free,
                                        (GDestroyNotify)g_array_unref);
  exchange->browsers = g_hash_table_new_full (g_int64_hash, g_int64_equal, NULL, oh_browser_free);
  exchange->lines = g_hash_table_new_full (g_int64_hash, g_int64_equal, NULL, oh_line_free);
  exchange->unknown = make_limits (config);
  exchange->admission = oh_admission_new (&limits);
  exchange->meter.shortest_wait = -1;
  exchange->registrar = oh_registrar_new (on_bindings_changed, exchange);
  exchange->registrar_sip = oh_registrar_sip_new (exchange->registrar, store, config);
  oh_registrar_sip_watch_lamps (exchange->registrar_sip, oh_exchange_tell_lines, exchange);
  exchange->courier = oh_courier_new (exchange->registrar, exchange->registrar_sip, store, config);
  return exchange;
}

typedef struct
{
  OhExchange *exchange;
  OhSip *sip;
} StartJob;

static void
start (gpointer data)
{
  g_autofree StartJob *job = data;
  OhExchange *exchange = job->exchange;
  g_autoptr (OhDirectory) directory = oh_store_dup_directory (exchange->store);

  exchange->sip = job->sip;
  exchange->trunks = oh_trunks_new (job->sip, &exchange->signalling, &exchange->services);
  exchange->nat = oh_nat_new (job->sip, g_ptr_array_index (exchange->workers, 0),
                              exchange->config->media_address, exchange->config->stun_servers,
                              &exchange->signalling, &exchange->services);
  oh_courier_start (exchange->courier, job->sip);
  take_directory (exchange, directory);
  exchange->directory_watch = oh_store_watch_directory (exchange->store, &exchange->signalling,
                                                        on_directory, exchange);
  on_expiry_timer (exchange);
}

void
oh_exchange_start (OhExchange *exchange, OhSip *sip, const OhExecutor *services)
{
  StartJob *job = g_new (StartJob, 1);

  exchange->signalling = oh_sip_get_executor (sip);
  exchange->services = *services;
  *job = (StartJob){ exchange, sip };
  oh_sip_post (sip, start, job);
}

static void
finish_stop (OhExchange *exchange)
{
  if (!exchange->stopped)
    return;
  if (exchange->stop_timer)
    oh_sip_cancel_timer (exchange->sip, exchange->stop_timer);
  exchange->stop_timer = 0;
  g_clear_pointer (&exchange->trunks, oh_trunks_free);
  g_clear_pointer (&exchange->nat, oh_nat_free);
  oh_executor_post (&exchange->services, g_steal_pointer (&exchange->stopped),
                    exchange->stopped_data);
}

static void
finish_if_over (OhExchange *exchange)
{
  if (exchange->stopping && exchange->courier_stopped && g_hash_table_size (exchange->calls) == 0)
    finish_stop (exchange);
}

static void
on_courier_stopped (gpointer data)
{
  OhExchange *exchange = data;

  exchange->courier_stopped = TRUE;
  finish_if_over (exchange);
}

static void
on_stop_timeout (gpointer data)
{
  OhExchange *exchange = data;

  exchange->stop_timer = 0;
  g_warning ("%u calls did not end in time", g_hash_table_size (exchange->calls));
  g_hash_table_remove_all (exchange->calls);
  finish_stop (exchange);
}

typedef struct
{
  OhExchange *exchange;
  guint timeout_ms;
  OhTask done;
  gpointer user_data;
} StopJob;

static void
stop (gpointer data)
{
  g_autofree StopJob *job = data;
  OhExchange *exchange = job->exchange;
  g_autoptr (GList) calls = g_hash_table_get_values (exchange->calls);

  exchange->stopping = TRUE;
  exchange->stopped = job->done;
  exchange->stopped_data = job->user_data;
  oh_store_unwatch (exchange->store, exchange->directory_watch);
  oh_sip_cancel_timer (exchange->sip, exchange->expiry_timer);
  oh_sip_cancel_timer (exchange->sip, exchange->meter.timer);
  oh_sip_cancel_timer (exchange->sip, exchange->trim_timer);
  exchange->trim_timer = 0;
  exchange->stop_timer = oh_sip_add_timer (exchange->sip, job->timeout_ms, on_stop_timeout,
                                           exchange);
  for (GList *l = calls; l; l = l->next)
    oh_server_call_shut (l->data);
  oh_courier_stop (exchange->courier, on_courier_stopped, exchange);
}

void
oh_exchange_stop (OhExchange *exchange, guint timeout_ms, OhTask done, gpointer user_data)
{
  StopJob *job = g_new (StopJob, 1);

  *job = (StopJob){ exchange, timeout_ms, done, user_data };
  oh_executor_post (&exchange->signalling, stop, job);
}

/* What calls and their transactions took is free again, but malloc would keep it for ever (180 MiB after
 * 10,000 calls, 200 a second), and what is kept counts where new calls are refused for want of memory. */
static void
on_trim_due (gpointer data)
{
  OhExchange *exchange = data;

  exchange->trim_timer = 0;
#ifdef __GLIBC__
  malloc_trim (0);
#endif
}

/* When sofia has forgotten the last call too. */
static void
trim_later (OhExchange *exchange)
{
  guint t1_ms = exchange->config->sip_t1_ms > 0 ? exchange->config->sip_t1_ms : DEFAULT_T1_MS;

  oh_sip_cancel_timer (exchange->sip, exchange->trim_timer);
  exchange->trim_timer = oh_sip_add_timer (exchange->sip, REMEMBERED_T1 * t1_ms, on_trim_due,
                                           exchange);
}

void
oh_exchange_forget_call (OhExchange *exchange, const char *call_id)
{
  g_hash_table_remove (exchange->calls, call_id);
  if (!exchange->stopping && g_hash_table_size (exchange->calls) == 0)
    trim_later (exchange);
  finish_if_over (exchange);
}

void
oh_exchange_free (OhExchange *exchange)
{
  if (!exchange)
    return;
  g_hash_table_unref (exchange->calls);
  g_hash_table_unref (exchange->im);
  g_hash_table_unref (exchange->browsers);
  g_hash_table_unref (exchange->lines);
  if (exchange->browser_destroy)
    exchange->browser_destroy (exchange->browser_data);
  oh_courier_free (exchange->courier);
  oh_registrar_sip_free (exchange->registrar_sip);
  oh_registrar_free (exchange->registrar);
  oh_limits_free (exchange->unknown);
  oh_admission_free (exchange->admission);
  oh_prompts_free (exchange->prompts);
  g_ptr_array_unref (exchange->workers);
  g_clear_pointer (&exchange->directory, oh_directory_unref);
  g_free (exchange);
}
