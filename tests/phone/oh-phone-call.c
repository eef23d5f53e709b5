/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "oh-phone"

#include "tests/phone/oh-phone-call.h"

#include "base/oh-clock.h"
#include "base/oh-timeline.h"
#include "media/record/oh-player.h"
#include "tests/phone/oh-tape.h"

#include <stdio.h>
#include <string.h>

struct _OhPhoneCall
{
  const OhPhoneContext *context;
  OhSipCall *sip;
  OhPeer *peer;
  OhTape *tape;
  OhSource *player, *said; /* the file, and the same with its begin noted */
  GString *received_keys;
  const char *next_key;

  gboolean incoming, has_remote_sdp, answer_wanted, answered, ended, early_sdp;
  char *local_sdp;
  OhSipEnd end;
  char *end_phrase, *end_reason, *our_reason;
  OhPeerStats stats;

  /* monotonic us, 0: has not happened */
  gint64 t_invite, t_ringing, t_progress, t_answered, t_ready, t_packet, t_ended;
  gint64 answer_on_tape_ms;

  guint answer_timer, hang_up_timer, keys_timer, play_timer;
};

static void start_script (OhPhoneCall *call);

/* --- the sound --- */

static void
on_peer_ready (OhPeer *peer, gpointer data)
{
  OhPhoneCall *call = data;

  if (call->t_ready == 0)
    call->t_ready = oh_clock_now ();
  oh_phone_say ("ready", NULL, NULL);
}

static void
on_peer_digit (OhPeer *peer, char digit, gpointer data)
{
  OhPhoneCall *call = data;
  char text[2] = { digit, '\0' };

  g_string_append_c (call->received_keys, digit);
  oh_phone_say ("key", "key", text);
}

static void
on_peer_first_packet (OhPeer *peer, gpointer data)
{
  OhPhoneCall *call = data;

  if (call->t_packet == 0)
    call->t_packet = oh_clock_now ();
}

static void
on_peer_ended (OhPeer *peer, OhPeerEnd reason, const GError *error, gpointer data)
{
  oh_phone_say ("sound-lost", "why", error ? error->message : "");
  oh_phone_call_hang_up (data, "sound lost");
}

static const OhPeerEvents peer_events = {
  .ready = on_peer_ready,
  .digit = on_peer_digit,
  .first_packet = on_peer_first_packet,
  .ended = on_peer_ended,
};

static void
make_peer (OhPhoneCall *call)
{
  const OhPhoneOptions *options = call->context->options;
  OhPeerConfig config = { .net = options->net,
                          .crypto = options->crypto,
                          .address = options->net == OH_PEER_NET_PLAIN ? options->address : NULL,
                          .codecs = options->codecs,
                          .min_ptime = options->short_packets ? 10 : 0,
                          .stun_server = options->stun_server,
                          .loopback = TRUE,
                          .events = &peer_events,
                          .user_data = call,
                          .executor = oh_executor_for_context (NULL) };

  call->peer = oh_peer_new (call->context->worker, &config);
  oh_peer_set_sink (call->peer, oh_tape_get_sink (call->tape));
}

static gboolean
on_play_end_timeout (gpointer data)
{
  OhPhoneCall *call = data;

  call->hang_up_timer = 0;
  oh_phone_call_hang_up (call, "all said");
  return G_SOURCE_REMOVE;
}

/* The last packets are still under way when the source has ended: half a second is left to them. */
static void
on_play_ended (gpointer data)
{
  OhPhoneCall *call = data;

  if (call->ended)
    return;
  oh_phone_say ("said", NULL, NULL);
  if (call->context->options->hang_up_after_play && call->hang_up_timer == 0)
    call->hang_up_timer = g_timeout_add (500, on_play_end_timeout, call);
  else if (call->context->options->echo_ms > 0 && call->peer != NULL)
    {
      g_autoptr (OhSource) echo = oh_noted_source_new (NULL, call->tape,
                                                       call->context->options->echo_ms);
      oh_peer_set_source (call->peer, echo);
    }
}

static gboolean
start_saying (gpointer data)
{
  OhPhoneCall *call = data;
  const OhPhoneOptions *options = call->context->options;
  g_autoptr (GError) error = NULL;

  call->play_timer = 0;
  if (call->said != NULL || call->peer == NULL)
    return G_SOURCE_REMOVE;
  if (call->context->play == NULL)
    {
      if (options->echo_ms > 0)
        call->said = oh_noted_source_new (NULL, call->tape, options->echo_ms);
    }
  else if ((call->player = oh_player_new (call->context->play, OH_TAPE_RATE, FALSE, &error)))
    {
      OhExecutor here = oh_executor_for_context (NULL);
      oh_source_set_ended (call->player, &here, on_play_ended, call);
      call->said = oh_noted_source_new (call->player, NULL, 0);
    }
  else
    oh_phone_say ("error", "why", error->message);
  if (call->said != NULL)
    oh_peer_set_source (call->peer, call->said);
  return G_SOURCE_REMOVE;
}

static gboolean
press_next_key (gpointer data)
{
  OhPhoneCall *call = data;
  char key = *call->next_key;
  guint pause = 250;

  call->keys_timer = 0;
  if (key == '\0' || call->peer == NULL)
    return G_SOURCE_REMOVE;
  if (key == ',')
    pause = 1000;
  else
    oh_peer_send_digit (call->peer, key, 120);
  call->next_key++;
  call->keys_timer = g_timeout_add (pause, press_next_key, call);
  return G_SOURCE_REMOVE;
}

static gboolean
on_hang_up_timeout (gpointer data)
{
  OhPhoneCall *call = data;

  call->hang_up_timer = 0;
  oh_phone_call_hang_up (call, "time");
  return G_SOURCE_REMOVE;
}

/* What the script does from Answer on. */
static void
start_script (OhPhoneCall *call)
{
  const OhPhoneOptions *options = call->context->options;

  if (call->answered)
    return;
  call->answered = TRUE;
  call->t_answered = oh_clock_now ();
  call->answer_on_tape_ms = oh_tape_get_length_ms (call->tape);
  oh_tape_forget_first_sound (call->tape);
  oh_timeline_mark ("phone-answered", NULL);
  oh_phone_say ("answered", NULL, NULL);
  if (options->play_delay_ms > 0)
    call->play_timer = g_timeout_add (options->play_delay_ms, start_saying, call);
  else
    start_saying (call);
  if (options->keys != NULL)
    {
      call->next_key = options->keys;
      call->keys_timer = g_timeout_add (options->keys_delay_ms, press_next_key, call);
    }
  if (options->hang_up_after_s > 0)
    call->hang_up_timer = g_timeout_add ((guint)(options->hang_up_after_s * 1000),
                                         on_hang_up_timeout, call);
}

/* --- signalling --- */

static void
on_remote_answer (OhPeer *peer, const char *sdp, const GError *error, gpointer data)
{
  if (error == NULL)
    return;
  oh_phone_say ("error", "why", error->message);
  oh_phone_call_hang_up (data, "their SDP");
}

static void
take_remote_sdp (OhPhoneCall *call, const char *sdp)
{
  if (sdp == NULL || call->incoming || call->has_remote_sdp)
    return;
  call->has_remote_sdp = TRUE;
  oh_peer_set_answer (call->peer, sdp, on_remote_answer, call);
}

static void
on_progress (OhSipCall *sip, guint status, const char *phrase, const char *sdp, gpointer data)
{
  OhPhoneCall *call = data;
  g_autofree char *text = g_strdup_printf ("%u", status);

  if (status == 180 && call->t_ringing == 0)
    call->t_ringing = oh_clock_now ();
  if (status == 183 && call->t_progress == 0)
    call->t_progress = oh_clock_now ();
  oh_phone_say (status == 180 ? "ringing" : "progress", "status", text);
  call->early_sdp = call->early_sdp || sdp != NULL;
  take_remote_sdp (call, sdp);
  if (sdp != NULL && call->context->options->early_media)
    start_saying (call);
}

static void
on_answered (OhSipCall *sip, const char *sdp, gpointer data)
{
  OhPhoneCall *call = data;

  take_remote_sdp (call, sdp);
  start_script (call);
}

static void
on_offer_answered (OhPeer *peer, const char *sdp, const GError *error, gpointer data)
{
  OhPhoneCall *call = data;

  if (sdp != NULL)
    oh_sip_call_accept_offer (call->sip, sdp);
  else
    oh_sip_call_refuse_offer (call->sip, 488);
}

static void
on_offer (OhSipCall *sip, const char *sdp, gpointer data)
{
  OhPhoneCall *call = data;

  oh_phone_say ("offer", NULL, NULL);
  if (sdp)
    oh_peer_create_answer (call->peer, sdp, on_offer_answered, call);
  else
    oh_peer_create_offer (call->peer, on_offer_answered, call);
}

static void
on_offer_done (OhSipCall *sip, const char *sdp, guint status, gpointer data)
{
  OhPhoneCall *call = data;

  if (sdp)
    oh_peer_set_answer (call->peer, sdp, NULL, NULL);
}

static void
on_digit (OhSipCall *sip, char digit, gpointer data)
{
  on_peer_digit (NULL, digit, data);
}

static void
stop_timers (OhPhoneCall *call)
{
  g_clear_handle_id (&call->answer_timer, g_source_remove);
  g_clear_handle_id (&call->hang_up_timer, g_source_remove);
  g_clear_handle_id (&call->keys_timer, g_source_remove);
  g_clear_handle_id (&call->play_timer, g_source_remove);
}

static void
tell_end (gpointer data)
{
  OhPhoneCall *call = data;

  call->context->ended (call, call->context->user_data);
}

/* Who is told may free the call, so the worker must be through with it and its sound. */
static void
finish (OhPhoneCall *call)
{
  OhExecutor here = oh_executor_for_context (NULL);

  if (call->ended)
    return;
  call->ended = TRUE;
  call->t_ended = oh_clock_now ();
  stop_timers (call);
  if (call->peer != NULL)
    {
      oh_peer_get_stats (call->peer, &call->stats);
      oh_peer_close (call->peer);
    }
  oh_worker_fence (call->context->worker, &here, tell_end, call);
}

static void
on_ended (OhSipCall *sip, const OhSipEnd *end, gpointer data)
{
  OhPhoneCall *call = data;

  call->end = *end;
  call->end_phrase = g_strdup (end->phrase);
  call->end_reason = g_strdup (end->reason_text);
  finish (call);
}

static void answer_if_ready (OhPhoneCall *call);

static void
on_talk (OhSipCall *sip, gpointer data)
{
  OhPhoneCall *call = data;

  oh_phone_say ("asked-to-talk", NULL, NULL);
  call->answer_wanted = TRUE;
  answer_if_ready (call);
}

static const OhSipCallHandlers sip_handlers = {
  .progress = on_progress,
  .answered = on_answered,
  .offer = on_offer,
  .offer_done = on_offer_done,
  .digit = on_digit,
  .talk = on_talk,
  .ended = on_ended,
};

static OhPhoneCall *
make_call (const OhPhoneContext *context)
{
  OhPhoneCall *call = g_new0 (OhPhoneCall, 1);

  call->context = context;
  call->received_keys = g_string_new (NULL);
  call->tape = oh_tape_new (context->options->echo_ms > 0);
  make_peer (call);
  return call;
}

static void
on_own_offer (OhPeer *peer, const char *sdp, const GError *error, gpointer data)
{
  OhPhoneCall *call = data;
  const OhPhoneOptions *options = call->context->options;
  OhSipInvite invite = { .account = call->context->account,
                         .to_uri = options->target,
                         .withhold = options->withhold,
                         .headers = (const char *const *)options->headers,
                         .sdp = sdp };

  if (error != NULL)
    {
      oh_phone_say ("error", "why", error->message);
      finish (call);
      return;
    }
  call->t_invite = oh_clock_now ();
  oh_timeline_mark ("phone-invite", NULL);
  call->sip = oh_sip_call_invite (call->context->sip, &invite, &sip_handlers, call);
  if (call->sip == NULL)
    {
      oh_phone_say ("error", "why", "the call could not be sent");
      finish (call);
      return;
    }
  oh_phone_say ("invite-sent", NULL, NULL);
}

static gboolean
on_cancel_timeout (gpointer data)
{
  OhPhoneCall *call = data;

  call->answer_timer = 0;
  if (!call->answered)
    oh_phone_call_hang_up (call, "gave up");
  return G_SOURCE_REMOVE;
}

OhPhoneCall *
oh_phone_call_dial (const OhPhoneContext *context)
{
  OhPhoneCall *call = make_call (context);

  if (context->options->cancel_after_ms > 0)
    call->answer_timer = g_timeout_add (context->options->cancel_after_ms, on_cancel_timeout, call);
  oh_peer_create_offer (call->peer, on_own_offer, call);
  return call;
}

static void
answer_if_ready (OhPhoneCall *call)
{
  if (!call->answer_wanted || call->local_sdp == NULL || call->answered)
    return;
  oh_sip_call_answer (call->sip, call->local_sdp);
  oh_timeline_mark ("phone-answer-pressed", NULL);
  start_script (call);
}

void
oh_phone_call_answer (OhPhoneCall *call)
{
  if (!call->incoming || call->ended)
    return;
  call->answer_wanted = TRUE;
  answer_if_ready (call);
}

static gboolean
on_answer_timeout (gpointer data)
{
  OhPhoneCall *call = data;
  const OhPhoneOptions *options = call->context->options;

  call->answer_timer = 0;
  if (options->reject > 0)
    {
      call->our_reason = g_strdup ("rejected");
      oh_sip_call_reject (call->sip, options->reject, NULL, (const char *const *)options->headers);
    }
  else
    oh_phone_call_answer (call);
  return G_SOURCE_REMOVE;
}

static void
on_own_answer (OhPeer *peer, const char *sdp, const GError *error, gpointer data)
{
  OhPhoneCall *call = data;

  if (error != NULL)
    {
      oh_phone_say ("error", "why", error->message);
      oh_sip_call_reject (call->sip, 488, NULL, NULL);
      return;
    }
  call->local_sdp = g_strdup (sdp);
  /* The warm path: ICE and DTLS finish while it rings. */
  if (oh_sip_call_get_info (call->sip)->offer_id != NULL || call->context->options->early_media)
    oh_sip_call_progress (call->sip, sdp);
  if (call->context->options->early_media)
    start_saying (call);
  answer_if_ready (call);
}

static void
describe_arrival (OhPhoneCall *call)
{
  const OhSipInfo *info = oh_sip_call_get_info (call->sip);
  static const char *const names[] = { "Offhook-Offer", "Offhook-Called", "Offhook-Deadline",
                                       "Offhook-Options", NULL };
  g_autoptr (JsonBuilder) builder = json_builder_begin_object (json_builder_new ());

  json_builder_add_string_value (json_builder_set_member_name (builder, "event"), "arrived");
  json_builder_add_int_value (json_builder_set_member_name (builder, "mono"), call->t_invite);
  json_builder_add_string_value (json_builder_set_member_name (builder, "from"), info->from_uri);
  json_builder_add_string_value (json_builder_set_member_name (builder, "from_name"),
                                 info->from_name);
  json_builder_add_string_value (json_builder_set_member_name (builder, "identity"),
                                 info->identity_uri ? info->identity_uri : "");
  json_builder_add_boolean_value (json_builder_set_member_name (builder, "withheld"),
                                  info->withheld);
  json_builder_add_string_value (json_builder_set_member_name (builder, "request"),
                                 info->request_uri);
  for (guint i = 0; names[i] != NULL; i++)
    {
      const char *value = oh_sip_call_get_header (call->sip, names[i]);
      json_builder_add_string_value (json_builder_set_member_name (builder, names[i]),
                                     value ? value : "");
    }
  json_builder_end_object (builder);
  oh_phone_print (builder);
}

OhPhoneCall *
oh_phone_call_take (const OhPhoneContext *context, OhSipCall *sip_call)
{
  OhPhoneCall *call = make_call (context);
  const OhSipInfo *info = oh_sip_call_get_info (sip_call);

  call->incoming = TRUE;
  call->sip = sip_call;
  call->t_invite = oh_clock_now ();
  oh_sip_call_set_handlers (sip_call, &sip_handlers, call);
  describe_arrival (call);
  if (context->options->talk)
    oh_sip_call_allow_talk (sip_call);
  oh_sip_call_ring (sip_call);
  call->t_ringing = oh_clock_now ();
  if (info->body != NULL)
    oh_peer_create_answer (call->peer, info->body, on_own_answer, call);
  else
    oh_sip_call_reject (sip_call, 488, NULL, NULL);
  if (!context->options->ring_only)
    call->answer_timer = g_timeout_add (MAX (1, context->options->answer_after_ms),
                                        on_answer_timeout, call);
  return call;
}

void
oh_phone_call_hang_up (OhPhoneCall *call, const char *why)
{
  if (call->ended)
    return;
  if (call->our_reason == NULL)
    call->our_reason = g_strdup (why);
  if (call->sip != NULL)
    oh_sip_call_hang_up (call->sip, 0, NULL);
  else
    finish (call);
}

void
oh_phone_call_free (OhPhoneCall *call)
{
  stop_timers (call);
  g_clear_pointer (&call->sip, oh_sip_call_unref);
  g_clear_pointer (&call->peer, oh_peer_unref);
  g_clear_pointer (&call->said, oh_source_unref);
  g_clear_pointer (&call->player, oh_source_unref);
  oh_tape_unref (call->tape);
  g_string_free (call->received_keys, TRUE);
  g_free (call->local_sdp);
  g_free (call->end_phrase);
  g_free (call->end_reason);
  g_free (call->our_reason);
  g_free (call);
}

gboolean
oh_phone_call_was_answered (OhPhoneCall *call)
{
  return call->answered;
}

gint64
oh_phone_call_get_setup_time (OhPhoneCall *call)
{
  return call->answered ? call->t_answered - call->t_invite : 0;
}

/* --- the result --- */

static void
add_int (JsonBuilder *builder, const char *name, gint64 value)
{
  json_builder_add_int_value (json_builder_set_member_name (builder, name), value);
}

static void
add_string (JsonBuilder *builder, const char *name, const char *value)
{
  json_builder_add_string_value (json_builder_set_member_name (builder, name), value ? value : "");
}

static void
add_double (JsonBuilder *builder, const char *name, double value)
{
  json_builder_add_double_value (json_builder_set_member_name (builder, name), value);
}

static void
describe_end (OhPhoneCall *call, JsonBuilder *builder)
{
  json_builder_add_boolean_value (json_builder_set_member_name (builder, "answered"),
                                  call->answered);
  json_builder_add_boolean_value (json_builder_set_member_name (builder, "early_media"),
                                  call->early_sdp);
  add_int (builder, "status", call->end.status);
  add_string (builder, "phrase", call->end_phrase);
  json_builder_add_boolean_value (json_builder_set_member_name (builder, "ended_by_peer"),
                                  call->end.by_peer);
  add_string (builder, "ended_why", call->our_reason);
  add_int (builder, "reason_cause", call->end.reason_cause);
  add_string (builder, "reason_text", call->end_reason);
  add_string (builder, "keys", call->received_keys->str);
}

static void
describe_times (OhPhoneCall *call, JsonBuilder *builder)
{
  add_int (builder, "t_invite", call->t_invite);
  add_int (builder, "t_ringing", call->t_ringing);
  add_int (builder, "t_progress", call->t_progress);
  add_int (builder, "t_answered", call->t_answered);
  add_int (builder, "t_ready", call->t_ready);
  add_int (builder, "t_first_packet", call->t_packet);
  add_int (builder, "t_first_sound", oh_tape_get_first_sound (call->tape));
  add_int (builder, "t_said", call->said ? oh_noted_source_get_start (call->said) : 0);
  add_int (builder, "t_tape", oh_tape_get_start (call->tape));
  add_int (builder, "t_ended", call->t_ended);
  add_int (builder, "answer_on_tape_ms", call->answer_on_tape_ms);
  add_int (builder, "tape_ms", oh_tape_get_length_ms (call->tape));
}

void
oh_phone_call_describe (OhPhoneCall *call, JsonBuilder *builder)
{
  const OhPhoneOptions *options = call->context->options;
  g_autoptr (GError) error = NULL;

  describe_end (call, builder);
  describe_times (call, builder);
  add_string (builder, "codec", call->stats.codec);
  add_string (builder, "cipher", call->stats.cipher);
  add_string (builder, "key_exchange", call->stats.key_exchange);
  add_int (builder, "sent", call->stats.sent_packets);
  add_int (builder, "received", call->stats.received_packets);
  add_int (builder, "lost", call->stats.lost_packets);
  add_double (builder, "jitter_ms", call->stats.jitter_ms);
  add_double (builder, "rtt_ms", call->stats.rtt_ms);
  add_double (builder, "buffer_ms", call->stats.buffer_ms);
  add_double (builder, "mos", call->stats.mos);
  if (options->record != NULL && !oh_tape_save (call->tape, options->record, &error))
    add_string (builder, "error", error->message);
}

void
oh_phone_print (JsonBuilder *builder)
{
  g_autoptr (JsonNode) root = json_builder_get_root (builder);
  g_autofree char *text = json_to_string (root, FALSE);

  puts (text);
  fflush (stdout);
}

void
oh_phone_say (const char *event, const char *name, const char *value)
{
  g_autoptr (JsonBuilder) builder = json_builder_begin_object (json_builder_new ());

  add_string (builder, "event", event);
  add_int (builder, "mono", oh_clock_now ());
  if (name != NULL)
    add_string (builder, name, value);
  json_builder_end_object (builder);
  oh_phone_print (builder);
}
