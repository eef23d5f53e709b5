/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "oh-call"

#include "server/call/oh-browser-private.h"

#include "base/oh-clock.h"
#include "base/oh-redact.h"
#include "base/oh-timeline.h"
#include "media/tone/oh-tone.h"
#include "server/oh-log.h"

#include <string.h>

static const OhLegEvents caller_events;

/* --- Events --- */

OhEvent *
oh_server_call_new_event (
    OhServerCall *call, const char *kind, const char *reason, gint64 user_id, const char *device_id)
{
  OhEvent *event = oh_event_new (call->id, kind, reason ? reason : "");

  oh_event_set_user (event, user_id, device_id);
  return event;
}

void
oh_server_call_tell (OhServerCall *call, OhEvent *event)
{
  if (oh_log_wants (G_LOG_LEVEL_INFO, G_LOG_DOMAIN))
    g_info ("call %s: %s%s%s", call->id, event->kind, *event->reason ? ": " : "", event->reason);
  oh_store_add_event (call->exchange->store, event);
}

/* Who was told of the call by IM hears what became of it. */
static void
follow_by_im (OhServerCall *call, OhServerCallState state, const char *device_id)
{
  if (state == OH_SERVER_CALL_ANSWERED)
    oh_server_call_end_im (call,
                           call->browser && !call->is_program ? OH_IM_OUTCOME_IN_BROWSER
                                                              : OH_IM_OUTCOME_ANSWERED,
                           device_id);
  else if (state == OH_SERVER_CALL_VOICEMAIL)
    oh_server_call_end_im (call, OH_IM_OUTCOME_VOICEMAIL, NULL);
  else if (state == OH_SERVER_CALL_DECLINED)
    oh_server_call_end_im (call, OH_IM_OUTCOME_DECLINED, NULL);
}

/* Nobody answered: who or what ended it. */
static OhImOutcome
get_end (const OhServerCall *call, guint status)
{
  if (call->exchange->stopping)
    return OH_IM_OUTCOME_LOST;
  return status == 487 ? OH_IM_OUTCOME_GAVE_UP : OH_IM_OUTCOME_ENDED;
}

gboolean
oh_server_call_move (OhServerCall *call,
                     OhServerCallState state,
                     const char *reason,
                     gint64 user_id,
                     const char *device_id)
{
  const OhStateTable *table = oh_server_call_get_state_table ();
  OhEvent *event;

  if (!oh_state_table_move (table, &call->state, state))
    return FALSE;
  event = oh_server_call_new_event (call, table->states[state], reason, user_id, device_id);
  if (state == OH_SERVER_CALL_ANSWERED && call->answer_identity)
    oh_event_set_int (event, "identity", call->answer_identity);
  oh_server_call_tell (call, event);
  follow_by_im (call, state, device_id);
  return TRUE;
}

static void
tell_arrived (OhServerCall *call, const char *sip_call_id)
{
  const OhOrigin *origin = &call->origin;
  g_autofree char *reason = origin->device ? g_strdup_printf (
                                "from device %s of %s", origin->device->name, origin->caller->alias)
                            : origin->trunk ? g_strdup_printf ("from trunk %s", origin->trunk->name)
                                            : g_strdup ("");
  OhEvent *event = oh_server_call_new_event (call, OH_EVENT_ARRIVED, reason,
                                             origin->caller ? origin->caller->id : 0,
                                             origin->device ? origin->device->id : NULL);

  oh_event_set_string (event, "name", call->withheld ? "" : call->caller_name);
  oh_event_set_string (event, "number", call->withheld ? "" : call->caller_number);
  oh_event_set_string (event, "called", call->called);
  oh_event_set_bool (event, "withheld", call->withheld);
  if (origin->trunk)
    oh_event_set_int (event, "trunk", origin->trunk->id);
  oh_event_set_string (event, "sip_call_id", sip_call_id);
  oh_event_set_string (event, "source", call->source);
  oh_server_call_tell (call, event);
}

/* --- Making one --- */

static char *
clean (const char *text, gsize max_bytes)
{
  return text ? oh_printable (text, max_bytes) : g_strdup ("");
}

/* A3: the asserted identity before From; nothing of either when it is withheld. What only repeats the
 * number is no name: some of those who are told of the call may not see that. */
static void
read_caller (OhServerCall *call, const OhSipInfo *info)
{
  const OhUser *caller = call->origin.caller;

  call->withheld = info->withheld;
  if (caller)
    {
      call->caller_name = g_strdup (caller->name ? caller->name : caller->alias);
      call->caller_number = g_strdup (caller->numbers && caller->numbers[0] ? caller->numbers[0]
                                                                            : caller->alias);
    }
  else if (info->withheld)
    {
      call->caller_name = g_strdup ("");
      call->caller_number = g_strdup ("");
    }
  else
    {
      call->caller_name = oh_printable_name (
          info->identity_user && info->identity_name && *info->identity_name ? info->identity_name
                                                                             : info->from_name,
          100);
      call->caller_number = clean (
          info->identity_user && *info->identity_user ? info->identity_user : info->from_user, 64);
    }
  /* The trunk may assert another number than the one whose name is shown. */
  if (oh_name_is_number (call->caller_name, call->caller_number)
      || (!caller && oh_name_is_number (call->caller_name, info->from_user)))
    *call->caller_name = '\0';
}

/* The time in front: what the database keeps of calls at the same time lies side by side in its indexes. */
static char *
make_id (void)
{
  return g_strdup_printf ("%013" G_GINT64_MODIFIER "x%08x", (guint64)g_get_real_time (),
                          g_random_int ());
}

static OhServerCall *
call_new (OhExchange *exchange, const OhSipInfo *info, const OhOrigin *origin)
{
  OhServerCall *call = g_new0 (OhServerCall, 1);

  call->exchange = exchange;
  call->id = make_id ();
  call->origin = *origin;
  oh_directory_ref (origin->directory);
  call->called = clean (info->request_user, 64);
  call->source = g_strdup (info->source_address);
  call->start = g_get_real_time () / G_USEC_PER_SEC;
  call->worker = oh_worker_ref (oh_exchange_pick_worker (exchange));
  call->forks = g_ptr_array_new_with_free_func (oh_fork_free);
  call->told = g_array_new (FALSE, FALSE, sizeof (gint64));
  read_caller (call, info);
  return call;
}

void
oh_server_call_free (OhServerCall *call)
{
  oh_mailbox_free (call->mailbox);
  oh_voicemail_session_free (call->voicemail);
  if (call->bridge)
    oh_bridge_close (call->bridge);
  oh_server_call_cancel_timers (call);
  oh_server_call_end_browsers (call, 503);
  g_ptr_array_unref (call->forks);
  g_array_unref (call->told);
  if (call->far)
    oh_leg_hang_up (call->far, 0, NULL);
  if (call->leg)
    oh_leg_hang_up (call->leg, 0, NULL);
  g_clear_pointer (&call->far, oh_leg_unref);
  g_clear_pointer (&call->leg, oh_leg_unref);
  g_clear_pointer (&call->offer, oh_call_offer_free);
  g_clear_pointer (&call->plan, oh_plan_free);
  oh_worker_unref (call->worker);
  oh_directory_unref (call->origin.directory);
  g_free (call->far_device);
  g_free (call->reply_by);
  g_free (call->caller_name);
  g_free (call->caller_number);
  g_free (call->called);
  g_free (call->source);
  g_free (call->id);
  g_free (call);
}

OhPlaybackThreads
oh_server_call_get_threads (OhServerCall *call)
{
  return (OhPlaybackThreads){ .worker = call->worker,
                              .signalling = call->exchange->signalling,
                              .services = call->exchange->services };
}

void
oh_server_call_fill_leg (OhServerCall *call,
                         OhLegConfig *config,
                         const OhTrunk *trunk,
                         const char *remote)
{
  const OhServerConfig *server = call->exchange->config;

  config->sip = call->exchange->sip;
  config->worker = call->worker;
  config->port_min = server->media_port_min;
  config->port_max = server->media_port_max;
  if (oh_address_is_private (remote))
    return;
  if (trunk && trunk->public_address && *trunk->public_address)
    config->public_address = trunk->public_address;
  else if (server->public_address)
    config->public_address = server->public_address;
  else
    {
      config->public_address = oh_nat_get_address (call->exchange->nat);
      config->stun_server = oh_nat_get_server (call->exchange->nat);
    }
}

static OhLegSrtp
get_trunk_srtp (const OhTrunk *trunk)
{
  return trunk->srtp == OH_TRUNK_SRTP_REQUIRED   ? OH_LEG_SRTP_REQUIRED
         : trunk->srtp == OH_TRUNK_SRTP_OPTIONAL ? OH_LEG_SRTP_OPTIONAL
                                                 : OH_LEG_SRTP_OFF;
}

/* @sip_call or, by a web line, @sdp. */
static OhLeg *
make_caller_leg (OhServerCall *call, OhSipCall *sip_call, const char *sdp)
{
  const OhTrunk *trunk = call->origin.trunk;
  g_autofree char *address = oh_exchange_dup_local_address (call->exchange, call->source);
  g_autofree char *codecs = trunk && trunk->codecs && trunk->codecs[0]
                                ? g_strjoinv (",", trunk->codecs)
                                : NULL;
  OhLegConfig config = {
    .srtp = trunk ? get_trunk_srtp (trunk) : OH_LEG_SRTP_OPTIONAL,
    .address = address,
    .codecs = codecs,
    .events = &caller_events,
    .user_data = call,
  };

  oh_server_call_fill_leg (call, &config, trunk, call->source);
  return sip_call ? oh_leg_new_incoming (&config, sip_call) : oh_leg_new_caller (&config, sdp);
}

static GArray *
find_im (gint64 user_id, gpointer exchange)
{
  return oh_exchange_find_im (exchange, user_id);
}

static GArray *
find_answers (gint64 user_id, gpointer exchange)
{
  return oh_store_dup_answers (((OhExchange *)exchange)->store, user_id);
}

static gboolean
is_trunk_up (gint64 trunk_id, gpointer exchange)
{
  return oh_trunks_is_up (((OhExchange *)exchange)->trunks, trunk_id);
}

static void
make_plan (OhServerCall *call, const OhSipInfo *info)
{
  OhRoutingCall routing = {
    .caller = call->origin.caller,
    .device_id = call->origin.device ? call->origin.device->id : NULL,
    .trunk = call->origin.trunk,
    .dialled = info->request_user,
    .to_user = info->to_user,
    .diversions = info->diversions,
    .find_im = find_im,
    .is_trunk_up = is_trunk_up,
    .max_calls_per_user = call->exchange->config->max_calls_per_user,
    .count_calls = oh_exchange_count_calls,
    .find_answers = find_answers,
    .count_data = call->exchange,
    .now_us = oh_clock_now (),
    .wall_s = g_get_real_time () / G_USEC_PER_SEC,
  };

  call->plan = oh_routing_plan (call->origin.directory, call->exchange->registrar, &routing);
}

/* What the caller dialled is what the person knows, not the account or the number to which a provider
 * or a forwarding led the call. */
static void
tell_identified (OhServerCall *call)
{
  g_autofree char *called = clean (call->plan->number, 64);
  OhEvent *event;

  if (!oh_state_table_move (oh_server_call_get_state_table (), &call->state,
                            OH_SERVER_CALL_IDENTIFIED))
    return;
  event = oh_server_call_new_event (call, OH_EVENT_IDENTIFIED, call->plan->identified_reason,
                                    oh_server_call_get_user (call), NULL);
  if (!g_str_equal (called, call->called))
    {
      g_free (call->called);
      call->called = g_steal_pointer (&called);
      oh_event_set_string (event, "called", call->called);
    }
  oh_server_call_tell (call, event);
}

/* With everything that `why` needs: who rings when, who does not, and why. */
static void
tell_located (OhServerCall *call)
{
  const OhRingPlan *ring = call->plan->ring;
  OhEvent *event;

  if (!oh_state_table_move (oh_server_call_get_state_table (), &call->state,
                            OH_SERVER_CALL_LOCATED))
    return;
  event = oh_server_call_new_event (call, OH_EVENT_LOCATED, call->plan->located_reason,
                                    oh_server_call_get_user (call), NULL);
  if (ring)
    {
      oh_event_set_strv (event, "rings", (const char *const *)ring->rings->pdata);
      oh_event_set_strv (event, "silent", (const char *const *)ring->silent->pdata);
      oh_event_take_node (event, "places", oh_call_list_places (ring));
    }
  oh_server_call_tell (call, event);
}

static void
carry_out_plan (OhServerCall *call)
{
  OhPlan *plan = call->plan;

  if (plan->user)
    tell_identified (call);
  if (plan->action == OH_PLAN_REJECT)
    {
      oh_server_call_end (call, plan->status, plan->located_reason);
      return;
    }
  tell_located (call);
  switch (plan->action)
    {
    case OH_PLAN_DEVICES:
      oh_server_call_ring_devices (call);
      break;
    case OH_PLAN_VOICEMAIL:
      oh_server_call_take_default (call, plan->located_reason);
      break;
    case OH_PLAN_TRUNK:
      oh_server_call_ring_trunk (call);
      break;
    case OH_PLAN_ECHO:
      oh_server_call_start_echo (call);
      break;
    case OH_PLAN_MAILBOX:
      oh_server_call_start_mailbox (call);
      break;
    case OH_PLAN_REJECT:
    default:
      break;
    }
}

static OhServerCall *
begin (OhExchange *exchange, const OhSipInfo *info, const OhOrigin *origin)
{
  OhServerCall *call = call_new (exchange, info, origin);

  oh_timeline_mark ("invite-received", call->id);
  if (origin->device)
    oh_registrar_touch (exchange->registrar, origin->device->id);
  g_hash_table_insert (exchange->calls, call->id, call);
  tell_arrived (call, info->call_id);
  return call;
}

void
oh_server_call_start_by_line (OhExchange *exchange,
                              const OhOrigin *origin,
                              guint64 line,
                              const OhBrowserMessage *dialled,
                              const char *address)
{
  OhSipInfo info = { .request_user = dialled->address, .source_address = address, .call_id = "" };
  OhServerCall *call = begin (exchange, &info, origin);

  call->caller_browser = dialled->id;
  oh_browser_add (call, dialled->id, line, address);
  call->leg = make_caller_leg (call, NULL, dialled->text);
}

void
oh_server_call_start (OhExchange *exchange, OhSipCall *sip_call, const OhOrigin *origin)
{
  const OhSipInfo *info = oh_sip_call_get_info (sip_call);
  OhServerCall *call = begin (exchange, info, origin);

  call->leg = make_caller_leg (call, sip_call, NULL);
  if (!call->leg)
    oh_server_call_end (call, 488, "the offered sound may not be taken on this trunk");
}

gint64
oh_server_call_get_user (OhServerCall *call)
{
  return call->plan && call->plan->user ? call->plan->user->id : 0;
}

/* --- The end --- */

typedef struct
{
  OhExchange *exchange;
  gint64 users[2];
} Lamps;

/* The history of a call's users stands in the store when their devices are told to fetch it. */
#define HISTORY_DELAY_MS 60

static void
tell_lamps (gpointer data)
{
  const Lamps *lamps = data;

  for (guint i = 0; i < G_N_ELEMENTS (lamps->users); i++)
    if (lamps->users[i])
      oh_registrar_sip_notify (lamps->exchange->registrar_sip, lamps->users[i]);
}

static void
tell_users_later (OhServerCall *call)
{
  Lamps *lamps = g_new0 (Lamps, 1);

  lamps->exchange = call->exchange;
  lamps->users[0] = oh_server_call_get_user (call);
  lamps->users[1] = call->origin.caller ? call->origin.caller->id : 0;
  if (lamps->users[1] == lamps->users[0])
    lamps->users[1] = 0;
  oh_sip_add_timer_full (call->exchange->sip, HISTORY_DELAY_MS, tell_lamps, lamps, g_free);
}

static void
part_caller (OhServerCall *call, guint status)
{
  if (!call->leg)
    return;
  if (oh_leg_is_answered (call->leg))
    oh_leg_hang_up (call->leg, 0, NULL);
  else
    oh_leg_reject (call->leg, status >= 300 ? status : 480, NULL, NULL);
}

void
oh_server_call_end (OhServerCall *call, guint status, const char *reason)
{
  OhEvent *event;

  if (!oh_state_table_move (oh_server_call_get_state_table (), &call->state, OH_SERVER_CALL_ENDED))
    return;
  event = oh_server_call_new_event (call, OH_EVENT_ENDED, reason, oh_server_call_get_user (call),
                                    NULL);
  oh_event_set_int (event, "status", status);
  oh_server_call_tell (call, event);
  oh_server_call_end_im (call, get_end (call, status), NULL);
  oh_server_call_end_browsers (call, status);
  oh_server_call_stop_ringing (call, 0, NULL);
  part_caller (call, status);
  tell_users_later (call);
  oh_exchange_forget_call (call->exchange, call->id);
}

/* The caller's leg is gone. */
static void
on_caller_ended (OhLeg *leg, const OhSipEnd *end, gpointer user_data)
{
  OhServerCall *call = user_data;
  gboolean waiting = call->state != OH_SERVER_CALL_ANSWERED;

  if (call->voicemail)
    {
      g_clear_pointer (&call->leg, oh_leg_unref);
      oh_voicemail_session_stop (call->voicemail);
      return;
    }
  if (call->far)
    oh_leg_hang_up (call->far, end->reason_cause, end->reason_text);
  if (!end->by_peer)
    oh_server_call_end (call, end->status, end->phrase ? end->phrase : "the caller's line broke");
  else
    oh_server_call_end (call, waiting ? 487 : 200,
                        waiting ? "the caller gave up" : "the caller hung up");
}

static void
on_caller_digit (OhLeg *leg, char digit, gboolean by_info, gpointer user_data)
{
  OhServerCall *call = user_data;

  if (call->voicemail)
    oh_voicemail_session_press (call->voicemail, digit);
  else if (call->mailbox)
    oh_mailbox_press (call->mailbox, digit);
  else if (call->far && by_info)
    oh_peer_send_digit (oh_leg_get_peer (call->far), digit, 0);
}

/* Routed now and not before, so that devices are offered the codec that the caller speaks: then
 * packets pass untouched. */
static void
on_caller_ready (OhLeg *leg, gpointer user_data)
{
  OhServerCall *call = user_data;
  OhSipCall *sip_call = oh_leg_get_call (leg);
  OhSipInfo dialled = { .request_user = call->called };

  make_plan (call, sip_call ? oh_sip_call_get_info (sip_call) : &dialled);
  carry_out_plan (call);
}

static void
on_caller_acknowledged (OhLeg *leg, gpointer user_data)
{
  oh_server_call_on_acknowledged (user_data);
}

void
oh_server_call_press (OhServerCall *call, char digit)
{
  on_caller_digit (call->leg, digit, TRUE, call);
}

static void
on_caller_sdp (OhLeg *leg, const char *sdp, gpointer user_data)
{
  OhServerCall *call = user_data;

  oh_server_call_give_sdp (call, call->caller_browser, sdp);
}

static void
on_caller_word (OhLeg *leg, gboolean answered, gpointer user_data)
{
  oh_server_call_tell_caller (user_data, answered);
}

static const OhLegEvents caller_events = {
  .ready = on_caller_ready,
  .sdp = on_caller_sdp,
  .say = on_caller_word,
  .answered = on_caller_acknowledged,
  .digit = on_caller_digit,
  .ended = on_caller_ended,
};

void
oh_server_call_shut (OhServerCall *call)
{
  if (call->voicemail)
    {
      if (call->leg)
        oh_leg_hang_up (call->leg, 503, "Server stops");
      oh_voicemail_session_stop (call->voicemail);
      return;
    }
  if (call->far)
    oh_leg_hang_up (call->far, 503, "Server stops");
  if (call->leg && oh_leg_is_answered (call->leg))
    oh_leg_hang_up (call->leg, 503, "Server stops");
  oh_server_call_end (call, 503, "the call server stops");
}

/* --- Live --- */

static void
add_string (JsonBuilder *builder, const char *name, const char *value)
{
  json_builder_set_member_name (builder, name);
  json_builder_add_string_value (builder, value ? value : "");
}

static void
add_int (JsonBuilder *builder, const char *name, gint64 value)
{
  json_builder_set_member_name (builder, name);
  json_builder_add_int_value (builder, value);
}

void
oh_server_call_describe (OhServerCall *call, JsonBuilder *builder)
{
  OhPeerStats in = { 0 }, out = { 0 };
  const OhPlan *plan = call->plan;
  const OhTrunk *trunk = call->origin.trunk ? call->origin.trunk : plan ? plan->trunk : NULL;

  if (call->leg)
    oh_peer_get_stats (oh_leg_get_peer (call->leg), &in);
  if (call->far)
    oh_peer_get_stats (oh_leg_get_peer (call->far), &out);
  json_builder_begin_object (builder);
  add_string (builder, "id", call->id);
  add_string (builder, "direction", call->origin.trunk ? "in" : trunk ? "out" : "internal");
  add_string (builder, "state", oh_server_call_get_state_table ()->states[call->state]);
  add_string (builder, "from", call->withheld ? "withheld" : call->caller_number);
  add_string (builder, "called", call->called);
  add_string (builder, "user", plan && plan->user ? plan->user->alias : "");
  add_string (builder, "trunk", trunk ? trunk->name : "");
  add_string (builder, "device", call->far_device);
  add_int (builder, "start", call->start);
  add_int (builder, "answered", call->answered_at);
  add_string (builder, "codec_in", in.codec);
  add_string (builder, "codec_out", out.codec);
  json_builder_set_member_name (builder, "encrypted");
  json_builder_add_boolean_value (builder, in.cipher[0] && (!call->far || out.cipher[0]));
  json_builder_end_object (builder);
}
