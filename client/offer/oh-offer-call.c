/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "oh-client"

#include "client/offer/oh-offer-call.h"

#include "base/oh-clock.h"
#include "base/oh-error.h"
#include "base/oh-timeline.h"
#include "client/call/oh-call-sound.h"
#include "client/offer/oh-offer-socket.h"

#include <string.h>

#define WATCH_MS 2000 /* how often the link is asked while there is no socket */
#define POST_AGAIN_MS 1000

struct _OhOfferCall
{
  OhBaseCall parent;
  OhCore *core; /* outlives us */
  OhOfferLink *link;
  GCancellable *cancellable; /* of what is only asked */
  OhOfferSocket *socket;     /* NULL: the call rings without */
  OhCallSound *sound;
  gboolean agreed;     /* the server has answered our SDP */
  gboolean answered;   /* the call is ours */
  gboolean no_events;  /* the server takes no telephone-events */
  OhCallOption chosen; /* voicemail or decline, on its way to the server; or 0 */
  guint watch_timer, post_timer;
};

G_DEFINE_FINAL_TYPE (OhOfferCall, oh_offer_call, OH_TYPE_BASE_CALL)

static const OhOfferSocketHandlers socket_handlers;

static gboolean
is_over (OhOfferCall *call)
{
  return oh_call_get_state (OH_CALL (call)) == OH_CALL_ENDED;
}

static gboolean
rings (OhOfferCall *call)
{
  return oh_call_get_state (OH_CALL (call)) == OH_CALL_INCOMING;
}

static void
drop_sound (OhOfferCall *call)
{
  g_clear_pointer (&call->sound, oh_call_sound_free);
  call->agreed = FALSE;
}

static void
drop_path (OhOfferCall *call)
{
  g_clear_pointer (&call->socket, oh_offer_socket_free);
  drop_sound (call);
}

static void
finish (OhOfferCall *call, OhCallReason reason)
{
  g_clear_handle_id (&call->watch_timer, g_source_remove);
  g_clear_handle_id (&call->post_timer, g_source_remove);
  g_cancellable_cancel (call->cancellable);
  drop_path (call);
  oh_base_call_move (OH_BASE_CALL (call), OH_CALL_ENDED, reason);
}

/* --- What the link says --- */

/* Who has asked for the call may be the one who has answered it, and does not know yet. */
static void
take_info (OhOfferCall *call, const OhOfferInfo *info)
{
  gboolean may_be_ours = call->agreed && info->reason == OH_CALL_REASON_ELSEWHERE;

  if (info->state == OH_OFFER_OVER && (rings (call) || (!call->answered && !may_be_ours)))
    finish (call, info->reason);
}

static void
on_asked (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (OhOfferCall) call = user_data;
  g_autoptr (GError) error = NULL;
  g_autoptr (OhOfferInfo) info = oh_offer_link_ask_finish (call->link, result, &error);
  gboolean late = oh_clock_now () > oh_call_get_deadline (OH_CALL (call));

  if (is_over (call))
    return;
  if (info)
    take_info (call, info);
  else if (rings (call) && (late || g_error_matches (error, OH_ERROR, OH_ERROR_NOT_FOUND)))
    finish (call, OH_CALL_REASON_NETWORK);
}

static void
ask (OhOfferCall *call)
{
  oh_offer_link_ask_async (call->link, 0, call->cancellable, on_asked, g_object_ref (call));
}

static gboolean
on_watch_due (gpointer user_data)
{
  OhOfferCall *call = user_data;

  if (!call->socket || oh_clock_now () > oh_call_get_deadline (OH_CALL (call)))
    ask (call);
  return G_SOURCE_CONTINUE;
}

/* No socket: the call rings on, and is asked about; as it is where a socket says nothing of its end. */
static void
ring_on (OhOfferCall *call)
{
  drop_path (call);
  if (!call->watch_timer)
    call->watch_timer = g_timeout_add (WATCH_MS, on_watch_due, call);
  ask (call);
}

/* Before the answer the call rings on, for another program or another choice. */
static void
lose_path (OhOfferCall *call, OhCallReason reason)
{
  if (rings (call))
    ring_on (call);
  else
    finish (call, reason);
}

/* --- Sound --- */

static void
on_sound_ended (OhPeerEnd reason, gpointer user_data)
{
  lose_path (user_data,
             reason == OH_PEER_END_CRYPTO ? OH_CALL_REASON_REFUSED : OH_CALL_REASON_NETWORK);
}

static void renew_path (OhOfferCall *call);

/* Without a connection it is done when there is one again. */
static void
on_quiet (gpointer user_data)
{
  OhOfferCall *call = user_data;

  if (call->answered && call->socket)
    renew_path (call);
}

static const OhCallSoundEvents sound_events = { .ended = on_sound_ended, .quiet = on_quiet };

static void
on_offer_made (OhPeer *peer, const char *sdp, const GError *error, gpointer user_data)
{
  OhOfferCall *call = user_data;

  if (sdp)
    {
      oh_offer_socket_offer (call->socket, sdp);
      return;
    }
  g_message ("no sound can be offered: %s", error->message);
  lose_path (call, OH_CALL_REASON_REFUSED);
}

static void
renew_path (OhOfferCall *call)
{
  OhPeer *peer = oh_call_sound_get_peer (call->sound);

  oh_peer_restart_ice (peer);
  oh_peer_create_offer (peer, on_offer_made, call);
}

static void
open_sound (OhOfferCall *call)
{
  OhPeerConfig config = {
    .net = OH_PEER_NET_ICE,
    .crypto = OH_PEER_CRYPTO_DTLS,
    .loopback = oh_offer_link_is_local (call->link),
  };

  oh_relay_info_fill (oh_offer_socket_get_relay (call->socket), &config);
  drop_sound (call);
  call->sound = oh_call_sound_new (OH_BASE_CALL (call), call->core, &config, &sound_events, call);
  oh_peer_create_offer (oh_call_sound_get_peer (call->sound), on_offer_made, call);
}

static void
on_answer_taken (OhPeer *peer, const char *sdp, const GError *error, gpointer user_data)
{
  OhOfferCall *call = user_data;

  if (error)
    {
      g_message ("the server's answer can't be used: %s", error->message);
      lose_path (call, OH_CALL_REASON_REFUSED);
      return;
    }
  if (call->agreed)
    return; /* a later one */
  call->agreed = TRUE;
  oh_call_sound_prepare (call->sound);
  if (!rings (call))
    oh_offer_socket_answer (call->socket);
}

/* --- The socket tells --- */

static void
on_answered (gpointer user_data)
{
  OhOfferCall *call = user_data;

  if (!call->sound || rings (call))
    return; /* nobody has asked for it */
  call->answered = TRUE;
  oh_call_sound_start (call->sound);
  oh_call_sound_set_answered (call->sound);
}

static void
on_welcome (guint seconds, gboolean in_call, gpointer user_data)
{
  OhOfferCall *call = user_data;

  if (!in_call || !call->sound)
    {
      open_sound (call);
      return;
    }
  oh_timeline_mark ("socket-back", oh_call_get_id (OH_CALL (call)));
  if (!call->answered)
    on_answered (call);
  renew_path (call); /* perhaps the network is another one */
}

static void
on_sdp (const char *sdp, gpointer user_data)
{
  OhOfferCall *call = user_data;

  if (!call->sound)
    return;
  call->no_events = !strstr (sdp, "telephone-event");
  oh_peer_set_answer (oh_call_sound_get_peer (call->sound), sdp, on_answer_taken, call);
}

static void
on_refused (gpointer user_data)
{
  OhOfferCall *call = user_data;

  if (!call->answered)
    lose_path (call, OH_CALL_REASON_REFUSED);
}

static OhCallReason
reason_of (const char *word)
{
  static const struct
  {
    const char *word;
    OhCallReason reason;
  } reasons[] = {
    { "hung-up", OH_CALL_REASON_REMOTE },      { "answered-elsewhere", OH_CALL_REASON_ELSEWHERE },
    { "voicemail", OH_CALL_REASON_VOICEMAIL }, { "declined", OH_CALL_REASON_DECLINED },
    { "timed-out", OH_CALL_REASON_NO_ANSWER }, { "caller-gave-up", OH_CALL_REASON_CANCELLED },
    { "failed", OH_CALL_REASON_REFUSED },      { "too-many", OH_CALL_REASON_REFUSED },
    { "taken-over", OH_CALL_REASON_REFUSED }
  };

  for (gsize i = 0; i < G_N_ELEMENTS (reasons); i++)
    if (strcmp (word, reasons[i].word) == 0)
      return reasons[i].reason;
  return OH_CALL_REASON_NETWORK;
}

static void
on_ended (const char *word, gpointer user_data)
{
  OhOfferCall *call = user_data;
  OhCallReason reason = reason_of (word);

  /* The first ones say that no voice goes by this socket; the last that the link knows more. */
  if (reason == OH_CALL_REASON_REFUSED || strcmp (word, "over") == 0)
    lose_path (call, reason);
  else
    finish (call, reason);
}

static void
on_lost (gpointer user_data)
{
  OhOfferCall *call = user_data;

  if (!call->answered)
    ask (call); /* perhaps it is over */
}

static void
on_gone (gpointer user_data)
{
  lose_path (user_data, OH_CALL_REASON_NETWORK);
}

static const OhOfferSocketHandlers socket_handlers = {
  .welcome = on_welcome,
  .answer = on_sdp,
  .refused = on_refused,
  .answered = on_answered,
  .ended = on_ended,
  .lost = on_lost,
  .gone = on_gone,
};

/* --- Verbs --- */

static void
answer (OhOfferCall *call)
{
  oh_timeline_mark ("answer-pressed", oh_call_get_id (OH_CALL (call)));
  g_clear_handle_id (&call->watch_timer, g_source_remove);
  oh_base_call_move (OH_BASE_CALL (call), OH_CALL_CONNECTING, OH_CALL_REASON_NONE);
  if (!call->socket)
    call->socket = oh_offer_socket_new (call->link, &socket_handlers, call);
  else if (call->agreed)
    oh_offer_socket_answer (call->socket);
}

static void post_choice (OhOfferCall *call);

static gboolean
on_post_due (gpointer user_data)
{
  OhOfferCall *call = user_data;

  call->post_timer = 0;
  post_choice (call);
  return G_SOURCE_REMOVE;
}

static void
on_chosen (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (OhOfferCall) call = user_data;
  g_autoptr (GError) error = NULL;
  g_autoptr (OhOfferInfo) info = oh_offer_link_ask_finish (call->link, result, &error);

  if (is_over (call))
    return;
  if (info)
    take_info (call, info);
  else if (g_error_matches (error, OH_ERROR, OH_ERROR_NOT_FOUND))
    finish (call, OH_CALL_REASON_NETWORK);
  else
    {
      g_info ("the choice did not reach the call server yet: %s", error->message);
      call->post_timer = g_timeout_add (POST_AGAIN_MS, on_post_due, call);
    }
}

/* Said until it is answered: the server takes the first one, and knows the others for the same. */
static void
post_choice (OhOfferCall *call)
{
  oh_offer_link_ask_async (call->link, call->chosen, call->cancellable, on_chosen,
                           g_object_ref (call));
}

/* The server's word ends the call: another choice may have been first. */
static void
choose (OhBaseCall *base, OhCallOption option)
{
  OhOfferCall *call = OH_OFFER_CALL (base);

  if (option == OH_CALL_OPTION_ANSWER)
    {
      answer (call);
      return;
    }
  call->chosen = option;
  post_choice (call);
  oh_base_call_set_chosen (base, option);
}

static void
hang_up (OhBaseCall *base)
{
  OhOfferCall *call = OH_OFFER_CALL (base);

  if (call->socket)
    oh_offer_socket_hang_up (call->socket);
  finish (call, OH_CALL_REASON_HUNG_UP);
}

static void
send_digit (OhBaseCall *base, char digit)
{
  OhOfferCall *call = OH_OFFER_CALL (base);

  if (call->no_events && call->socket)
    oh_offer_socket_digit (call->socket, digit);
  else
    oh_call_sound_send_digit (call->sound, digit);
}

/* --- The object --- */

static void
dispose (GObject *object)
{
  OhOfferCall *call = OH_OFFER_CALL (object);

  g_clear_handle_id (&call->watch_timer, g_source_remove);
  g_clear_handle_id (&call->post_timer, g_source_remove);
  drop_path (call);
  g_clear_object (&call->link);
  g_clear_object (&call->cancellable);
  G_OBJECT_CLASS (oh_offer_call_parent_class)->dispose (object);
}

static void
oh_offer_call_class_init (OhOfferCallClass *klass)
{
  OhBaseCallClass *base_class = OH_BASE_CALL_CLASS (klass);

  G_OBJECT_CLASS (klass)->dispose = dispose;
  base_class->choose = choose;
  base_class->hang_up = hang_up;
  base_class->send_digit = send_digit;
}

static void
oh_offer_call_init (OhOfferCall *call)
{
  call->cancellable = g_cancellable_new ();
}

OhOfferCall *
oh_offer_call_new (OhCore *core, OhOfferLink *link, const OhOfferInfo *info)
{
  OhOfferCall *call = g_object_new (OH_TYPE_OFFER_CALL, NULL);
  OhCallFacts facts = {
    .incoming = TRUE,
    .id = info->id,
    .name = info->name && g_strcmp0 (info->name, info->number) != 0 ? info->name : NULL,
    .number = info->number,
    .withheld = !info->name && !info->number,
    .called = info->called,
    .deadline = oh_clock_now () + (gint64)info->seconds_left * G_USEC_PER_SEC,
    .default_option = info->default_option,
    .options = info->options,
  };

  call->core = core;
  call->link = g_object_ref (link);
  oh_base_call_set_facts (OH_BASE_CALL (call), &facts);
  oh_timeline_mark ("offer-received", info->id);
  call->socket = oh_offer_socket_new (link, &socket_handlers, call);
  call->watch_timer = g_timeout_add (WATCH_MS, on_watch_due, call);
  return call;
}

void
oh_offer_call_sign_out (OhOfferCall *call)
{
  if (!is_over (call))
    finish (call, OH_CALL_REASON_SIGNED_OUT);
}
