/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "oh-call"

#include "server/call/oh-server-call-private.h"

#include "base/oh-clock.h"
#include "media/codec/oh-codec.h"
#include "media/tone/oh-tone.h"

#include <string.h>

/* An offer goes out to the devices of each step of the plan (or to one trunk); each is a fork with a leg
 * of its own, and so is a browser that opened the link.
 * Everything here runs on the signalling thread, so 'first' needs no lock: the deadline, a 200 and a
 * refusal come one after the other, and OhCallOffer lets one of them choose. */

#define TONE_RATE 16000
#define PATIENCE_MS 1000 /* with a trunk that says that it plays something, but sends silence */
#define RETURN_MS 5000
#define LAST_MOMENT_MS 1000

static const OhLegEvents fork_events;
static const OhLegEvents far_events;

static gint64
get_user_id (OhServerCall *call)
{
  return call->plan->user ? call->plan->user->id : 0;
}

static void
stop_ring_back (OhServerCall *call)
{
  if (call->ring_back && call->leg)
    oh_peer_set_source (oh_leg_get_peer (call->leg), NULL);
  call->ring_back = FALSE;
}

void
oh_server_call_cancel_timers (OhServerCall *call)
{
  if (call->deadline)
    oh_sip_cancel_timer (call->exchange->sip, call->deadline);
  if (call->return_timer)
    oh_sip_cancel_timer (call->exchange->sip, call->return_timer);
  if (call->ask_timer)
    oh_sip_cancel_timer (call->exchange->sip, call->ask_timer);
  if (call->step_timer)
    oh_sip_cancel_timer (call->exchange->sip, call->step_timer);
  call->deadline = call->return_timer = call->ask_timer = call->step_timer = 0;
  call->asked = NULL;
}

void
oh_server_call_stop_ringing (OhServerCall *call, guint cause, const char *text)
{
  oh_server_call_cancel_timers (call);
  for (guint i = 0; i < call->forks->len; i++)
    {
      OhFork *fork = g_ptr_array_index (call->forks, i);

      if (!fork->leg)
        continue;
      oh_leg_hang_up (fork->leg, cause, text);
      g_clear_pointer (&fork->leg, oh_leg_unref);
    }
  stop_ring_back (call);
  oh_server_call_part_browsers (call);
}

/* --- It rings --- */

static void
join (OhServerCall *call, OhLeg *far)
{
  if (!call->bridge && call->leg)
    call->bridge = oh_bridge_new (oh_leg_get_peer (call->leg), oh_leg_get_peer (far));
}

static void
give_ring_back (OhServerCall *call, guint after_ms)
{
  g_autoptr (OhSource) tone = NULL;

  if (call->ring_back)
    return;
  call->ring_back = TRUE;
  tone = oh_tone_new_after (after_ms, OH_TONE_RINGBACK, TONE_RATE, 1.0f);
  oh_peer_set_source (oh_leg_get_peer (call->leg), tone);
}

/* What a trunk plays before the answer (its own ring-back, announcements) goes through to the
 * caller from its first real sound on (until then our tone is heard, for many send silence); a
 * device's early media is only the warm path and stays closed. */
static void
on_fork_ringing (OhLeg *leg, gboolean early_media, gpointer user_data)
{
  OhFork *fork = user_data;
  OhServerCall *call = fork->call;

  if (!fork->ringing)
    {
      fork->ringing = TRUE;
      oh_server_call_tell (call, oh_server_call_new_event (call, OH_EVENT_RINGING, "",
                                                           get_user_id (call), fork->device_id));
    }
  if (fork->device_id || !early_media)
    {
      if (!call->bridge)
        {
          give_ring_back (call, 0);
          oh_leg_progress (call->leg, TRUE);
        }
      return;
    }
  give_ring_back (call, PATIENCE_MS);
  join (call, leg);
  oh_leg_progress (call->leg, FALSE);
}

static void
on_fork_sound (OhLeg *leg, gpointer user_data)
{
  OhFork *fork = user_data;

  if (!fork->device_id)
    stop_ring_back (fork->call);
}

/* The user has the message before him: for the caller that is ringing, and with no device nothing else
 * says so. */
void
oh_server_call_rings_by_im (OhServerCall *call, const char *where)
{
  g_autofree char *reason = g_strdup_printf ("told by IM: %s", where);

  oh_server_call_tell (
      call, oh_server_call_new_event (call, OH_EVENT_RINGING, reason, get_user_id (call), NULL));
  if (call->bridge || oh_call_offer_is_chosen (call->offer))
    return;
  give_ring_back (call, 0);
  oh_leg_progress (call->leg, TRUE);
}

/* --- Somebody chose --- */

void
oh_server_call_answer_by (OhServerCall *call, OhFork *fork)
{
  const char *where = fork->device_id ? fork->device_id : fork->browser ? OH_EVENT_BROWSER : NULL;
  g_autofree char *reason = NULL;

  if (!oh_call_offer_choose (call->offer, OH_OPTION_ANSWER, where))
    {
      oh_leg_hang_up (fork->leg, 200, "Call completed elsewhere");
      return;
    }
  if (fork->device_id)
    oh_registrar_touch (call->exchange->registrar, fork->device_id);
  call->far = g_steal_pointer (&fork->leg);
  call->far_device = g_strdup (where);
  call->browser = fork->browser;
  call->is_program = fork->is_program;
  call->answer_identity = oh_server_call_get_answering_identity (call, fork);
  oh_leg_set_events (call->far, &far_events, call);
  oh_server_call_stop_ringing (call, 200, "Call completed elsewhere");
  join (call, call->far);
  oh_leg_answer (call->leg);
  call->answered_at = g_get_real_time () / G_USEC_PER_SEC;
  if (call->plan->trunk)
    oh_trunks_note_outcome (call->exchange->trunks, call->plan->trunk->id, 0, TRUE);
  reason = fork->device_id || !fork->browser ? oh_server_call_dup_answer_reason (call, fork)
           : fork->is_program                ? g_strdup ("in Offhook, by the message's link")
                                             : g_strdup ("in the browser");
  oh_server_call_move (call, OH_SERVER_CALL_ANSWERED, reason, get_user_id (call), call->far_device);
}

static void
on_fork_answered (OhLeg *leg, gpointer user_data)
{
  OhFork *fork = user_data;

  oh_server_call_answer_by (fork->call, fork);
}

static gboolean
is_refusal (guint status)
{
  return status == 486 || status == 600 || status == 603;
}

/* What a device's refusal chooses: it may name an option, a desk phone's busy or decline means
 * decline. 0: nothing, it just could not ring. */
static OhOption
read_choice (const OhFork *fork, const OhSipEnd *end)
{
  if (!fork->device_id || !end->by_peer)
    return 0;
  if (oh_im_choice_is_post (end->choice))
    return (OhOption)end->choice;
  return is_refusal (end->status) ? OH_OPTION_DECLINE : 0;
}

/* Voicemail or decline. @by: for the reasons; @device_id: NULL where it was no device. */
static void
choose_refusal (OhServerCall *call, OhOption option, const char *by, const char *device_id)
{
  g_autofree char *device = g_strdup (device_id);
  g_autofree char *reason = g_strdup_printf (
      option == OH_OPTION_VOICEMAIL ? "sent to voicemail by %s" : "declined by %s", by);

  if (!oh_call_offer_choose (call->offer, option, device ? device : by))
    return;
  if (device)
    oh_registrar_touch (call->exchange->registrar, device);
  if (option == OH_OPTION_VOICEMAIL)
    {
      oh_server_call_stop_ringing (call, 480, "Voicemail");
      oh_server_call_start_voicemail (call, reason);
      return;
    }
  oh_server_call_stop_ringing (call, 603, "Declined elsewhere");
  oh_server_call_move (call, OH_SERVER_CALL_DECLINED, reason, get_user_id (call), device);
  oh_server_call_take_decline (call, "declined");
}

void
oh_server_call_choose_by_im (OhServerCall *call,
                             OhOption option,
                             gint64 identity_id,
                             const char *who)
{
  if (oh_im_choice_is_post (option))
    choose_refusal (call, option, who, NULL);
  else if (option == OH_OPTION_ANSWER)
    oh_server_call_answer_by_reply (call, identity_id, who);
}

void
oh_server_call_choose_at (OhServerCall *call, OhOption option, const OhDevice *device)
{
  choose_refusal (call, option, "a device", device->id);
}

/* Nobody is left who could choose. */
static void
give_up (OhServerCall *call)
{
  guint status = oh_call_offer_get_best_status (call->offer);
  g_autofree char *reason = NULL;

  oh_server_call_stop_ringing (call, 0, NULL);
  if (call->plan->trunk)
    {
      reason = g_strdup_printf ("trunk %s: %u", call->plan->trunk->name, status);
      oh_server_call_end (call, status == 408 ? 480 : status, reason);
      return;
    }
  reason = g_strdup_printf ("no device could be reached (%u)", status);
  oh_server_call_take_default (call, reason);
}

static gboolean
is_anyone_rung (OhServerCall *call)
{
  if (call->im_ways > 0)
    return TRUE;
  for (guint i = 0; i < call->forks->len; i++)
    if (((OhFork *)g_ptr_array_index (call->forks, i))->leg)
      return TRUE;
  return FALSE;
}

static void
on_return_timer (gpointer data)
{
  OhServerCall *call = data;

  call->return_timer = 0;
  if (!is_anyone_rung (call))
    give_up (call);
}

/* Who was to ring later rings now. A device that rang and lost its connection (another network, a restarted router) has the rest of
 * the ringing time to come back. One that could not be reached to begin with has a moment: it may be
 * signing in anew just now, but may as well be gone since long. */
void
oh_server_call_lose_last_way (OhServerCall *call)
{
  gboolean lost = FALSE, rang = FALSE;

  if (oh_server_call_take_step (call, "nobody before could be reached"))
    return;
  for (guint i = 0; i < call->forks->len; i++)
    {
      const OhFork *fork = g_ptr_array_index (call->forks, i);

      lost |= fork->lost;
      rang |= fork->lost && fork->ringing;
    }
  if (!lost)
    give_up (call);
  else if (!rang && !call->return_timer)
    call->return_timer = oh_sip_add_timer (call->exchange->sip, RETURN_MS, on_return_timer, call);
}

void
oh_server_call_lose_im (OhServerCall *call, gboolean all)
{
  gboolean last = FALSE;

  for (guint n = all ? call->im_ways : MIN (call->im_ways, 1); n > 0; n--)
    {
      call->im_ways--;
      last = oh_call_offer_lose_way (call->offer, 480);
    }
  if (last)
    oh_server_call_lose_last_way (call);
}

/* Unless it has come back on another connection already. */
static void
forget_binding (OhRegistrar *registrar, const OhFork *fork)
{
  GPtrArray *bindings = oh_registrar_find_by_device (registrar, fork->device_id);

  for (guint i = 0; bindings && i < bindings->len; i++)
    {
      const OhBinding *binding = bindings->pdata[i];

      if (!g_str_equal (binding->key, fork->key) || !g_str_equal (binding->route, fork->route))
        continue;
      oh_registrar_remove (registrar, fork->device_id, fork->key);
      return;
    }
}

/* A connection that is gone will not come back under this contact: the device registers anew. */
static void
drop_dead_flow (OhFork *fork, const OhSipEnd *end)
{
  fork->lost = fork->device_id && !end->by_peer && (end->status == 408 || end->status == 503)
               && !strstr (fork->route, "transport=udp");
  if (!fork->lost)
    return;
  oh_server_call_tell (fork->call,
                       oh_server_call_new_event (fork->call, OH_EVENT_LOST, "its connection broke",
                                                 get_user_id (fork->call), fork->device_id));
  forget_binding (fork->call->exchange->registrar, fork);
}

static void call_trunk (OhFork *fork);

/* It is not there, or has no line free: another one that takes the number is called, as the same way of
 * the offer. */
static gboolean
call_next_trunk (OhFork *fork, const OhSipEnd *end)
{
  OhPlan *plan = fork->call->plan;
  const OhTrunk *failed = plan->trunk;
  g_autofree char *reason = NULL;

  if ((end->status != 503 && (end->status != 408 || end->by_peer))
      || !oh_plan_take_next_trunk (plan))
    return FALSE;
  reason = g_strdup_printf ("trunk %s: %u; on through trunk %s", failed->name, end->status,
                            plan->trunk->name);
  oh_server_call_tell (fork->call, oh_server_call_new_event (fork->call, OH_EVENT_LOCATED, reason,
                                                             get_user_id (fork->call), NULL));
  call_trunk (fork);
  return TRUE;
}

static void
on_fork_ended (OhLeg *leg, const OhSipEnd *end, gpointer user_data)
{
  OhFork *fork = user_data;
  OhServerCall *call = fork->call;
  OhOption choice = read_choice (fork, end);
  /* Then it is its sound that failed: the device is as signed in as before. */
  gboolean line_holds = fork->browser && oh_server_call_drop_line (call, fork);
  gboolean last;

  g_clear_pointer (&fork->leg, oh_leg_unref);
  if (call->plan->trunk)
    oh_trunks_note_outcome (call->exchange->trunks, call->plan->trunk->id, end->status,
                            end->by_peer);
  if (call->plan->trunk && call_next_trunk (fork, end))
    return;
  last = oh_call_offer_lose_way (call->offer, end->status);
  if (!line_holds)
    drop_dead_flow (fork, end);
  if (choice)
    choose_refusal (call, choice, "a device", fork->device_id);
  else if (last)
    oh_server_call_lose_last_way (call);
  else
    oh_server_call_skip_asked (call, fork);
}

/* A line's device offers its sound as soon as it rings. */
static void
on_fork_sdp (OhLeg *leg, const char *sdp, gpointer user_data)
{
  OhFork *fork = user_data;

  oh_server_call_give_sdp (fork->call, fork->browser, sdp);
  if (!fork->ringing)
    on_fork_ringing (leg, TRUE, fork);
}

static void
on_fork_asked (OhLeg *leg, guint status, gpointer user_data)
{
  OhFork *fork = user_data;

  if (status >= 300)
    oh_server_call_skip_asked (fork->call, fork);
}

static const OhLegEvents fork_events = {
  .invite = oh_fork_invite,
  .ringing = on_fork_ringing,
  .sound = on_fork_sound,
  .answered = on_fork_answered,
  .sdp = on_fork_sdp,
  .asked = on_fork_asked,
  .ended = on_fork_ended,
};

/* --- In the call --- */

static void
on_far_ended (OhLeg *leg, const OhSipEnd *end, gpointer user_data)
{
  OhServerCall *call = user_data;

  if (call->leg)
    oh_leg_hang_up (call->leg, end->reason_cause, end->reason_text);
  if (end->by_peer)
    oh_server_call_end (call, 200, "the answering side hung up");
  else
    oh_server_call_end (call, end->status,
                        end->phrase ? end->phrase : "the answering side's line broke");
}

static void
on_far_digit (OhLeg *leg, char digit, gboolean by_info, gpointer user_data)
{
  OhServerCall *call = user_data;

  if (by_info && call->leg)
    oh_peer_send_digit (oh_leg_get_peer (call->leg), digit, 0);
}

static void
on_far_sdp (OhLeg *leg, const char *sdp, gpointer user_data)
{
  OhServerCall *call = user_data;

  oh_server_call_give_sdp (call, call->browser, sdp);
}

static const OhLegEvents far_events = {
  .sdp = on_far_sdp,
  .digit = on_far_digit,
  .ended = on_far_ended,
};

/* --- Starting --- */

static void
on_deadline (gpointer data)
{
  OhServerCall *call = data;
  OhOption option = call->plan->user->default_option;

  call->deadline = 0;
  if (call->asked) /* by a reply that came in time; it has its moment */
    {
      call->deadline = oh_sip_add_timer (call->exchange->sip, LAST_MOMENT_MS, on_deadline, call);
      return;
    }
  if (!oh_call_offer_choose (call->offer, option, NULL))
    return;
  if (oh_server_call_defaults_to_voicemail (call))
    oh_server_call_stop_ringing (call, 480, "Voicemail");
  else
    oh_server_call_stop_ringing (call, 408, "No answer");
  oh_server_call_move (call, OH_SERVER_CALL_TIMED_OUT, "nobody answered in time",
                       get_user_id (call), NULL);
  oh_server_call_take_default (call, "nobody answered in time");
}

static void
make_offer (OhServerCall *call, guint seconds)
{
  g_autofree char *id = g_strdup_printf ("%s-1", call->id);

  call->offer = oh_call_offer_new (id, call->id, get_user_id (call),
                                   oh_im_choices_for (call->plan->user),
                                   oh_clock_now () + seconds * G_TIME_SPAN_SECOND);
}

static void
tell_offered (OhServerCall *call, const char *reason)
{
  g_autoptr (GPtrArray) devices = g_ptr_array_new ();
  OhEvent *event = oh_server_call_new_event (call, OH_EVENT_OFFERED, reason, get_user_id (call),
                                             NULL);

  if (!oh_state_table_move (oh_server_call_get_state_table (), &call->state,
                            OH_SERVER_CALL_OFFERED))
    {
      oh_event_free (event);
      return;
    }
  for (guint i = 0; i < call->forks->len; i++)
    {
      OhFork *fork = g_ptr_array_index (call->forks, i);

      if (fork->device_id)
        g_ptr_array_add (devices, fork->device_id);
    }
  g_ptr_array_add (devices, NULL);
  oh_event_set_string (event, "offer", oh_call_offer_get_id (call->offer));
  oh_event_set_strv (event, "devices", (const char *const *)devices->pdata);
  oh_server_call_tell (call, event);
}

OhFork *
oh_server_call_add_fork (OhServerCall *call)
{
  OhFork *fork = g_new0 (OhFork, 1);

  fork->call = call;
  g_ptr_array_add (call->forks, fork);
  oh_call_offer_add_way (call->offer);
  return fork;
}

char *
oh_server_call_dup_codecs (OhServerCall *call)
{
  const OhCodec *const *all = oh_codec_list ();
  g_autofree char *first = oh_leg_dup_codec (call->leg);
  GString *list;

  if (!first)
    return NULL;
  list = g_string_new (first);
  for (guint i = 0; all[i]; i++)
    if (g_ascii_strcasecmp (all[i]->name, first) != 0)
      g_string_append_printf (list, ",%s", all[i]->name);
  return g_string_free (list, FALSE);
}

/* Our own program is offered the caller's codec alone where every build of it has that (not so G.729):
 * only the same one at both ends passes untouched. Others choose. */
static char *
dup_device_codecs (OhServerCall *call, const OhBinding *binding)
{
  g_autofree char *callers = oh_leg_dup_codec (call->leg);

  if (binding->desk_phone || (callers && g_ascii_strcasecmp (callers, "G729") == 0))
    return oh_server_call_dup_codecs (call);
  return g_steal_pointer (&callers);
}

/* Of @device_id no other connection is waited for: this one is where it came back. */
static void
forget_lost (OhServerCall *call, const char *device_id)
{
  for (guint i = 0; i < call->forks->len; i++)
    {
      OhFork *fork = g_ptr_array_index (call->forks, i);

      if (g_strcmp0 (fork->device_id, device_id) == 0)
        fork->lost = FALSE;
    }
}

void
oh_server_call_ring_device (OhServerCall *call, const OhBinding *binding)
{
  g_autofree char *address = oh_exchange_dup_local_address (call->exchange, binding->address);
  g_autofree char *codecs = dup_device_codecs (call, binding);
  OhFork *fork;
  gboolean over_tls = g_str_equal (binding->transport, "tls");
  OhLegConfig config = {
    .webrtc = !binding->desk_phone,
    .srtp = binding->desk_phone && over_tls ? OH_LEG_SRTP_OPTIONAL : OH_LEG_SRTP_OFF,
    .address = address,
    .codecs = codecs,
    .events = &fork_events,
  };

  forget_lost (call, binding->device_id);
  config.user_data = fork = oh_server_call_add_fork (call);
  fork->device_id = g_strdup (binding->device_id);
  fork->desk_phone = binding->desk_phone;
  fork->no_talk = binding->no_talk;
  fork->key = g_strdup (binding->key);
  fork->contact = g_strdup (binding->contact);
  fork->route = g_strdup (binding->route);
  oh_server_call_fill_leg (call, &config, NULL, binding->address);
  fork->is_program = binding->web;
  fork->browser = binding->web ? oh_server_call_ring_line (call, binding) : 0;
  fork->leg = binding->web ? oh_leg_new_browser (&config, NULL) : oh_leg_new_outgoing (&config);
}

void
oh_server_call_ring_devices (OhServerCall *call)
{
  guint seconds = MAX (call->plan->user->default_delay_s, 1);
  g_autofree char *reason = g_strdup_printf ("%u s to choose", seconds);

  make_offer (call, seconds);
  if (!oh_server_call_take_step (call, NULL))
    {
      oh_server_call_take_default (call, "nobody can be reached");
      return;
    }
  call->deadline = oh_sip_add_timer (call->exchange->sip, seconds * 1000, on_deadline, call);
  tell_offered (call, reason);
}

static void
call_trunk (OhFork *fork)
{
  OhServerCall *call = fork->call;
  const OhTrunk *trunk = call->plan->trunk;
  const char *remote = oh_trunks_get_address (call->exchange->trunks, trunk->id);
  g_autofree char *address = oh_exchange_dup_local_address (call->exchange, remote);
  g_autofree char *codecs = trunk->codecs && trunk->codecs[0] ? g_strjoinv (",", trunk->codecs)
                                                              : NULL;
  OhLegConfig config = {
    .srtp = trunk->srtp == OH_TRUNK_SRTP_REQUIRED   ? OH_LEG_SRTP_REQUIRED
            : trunk->srtp == OH_TRUNK_SRTP_OPTIONAL ? OH_LEG_SRTP_OPTIONAL
                                                    : OH_LEG_SRTP_OFF,
    .address = address,
    .codecs = codecs,
    .events = &fork_events,
    .user_data = fork,
  };

  oh_server_call_fill_leg (call, &config, trunk, remote);
  fork->leg = oh_leg_new_outgoing (&config);
}

void
oh_server_call_ring_trunk (OhServerCall *call)
{
  make_offer (call, OH_TRUNK_RING_MS / 1000);
  call_trunk (oh_server_call_add_fork (call));
  tell_offered (call, "out through the trunk");
}
