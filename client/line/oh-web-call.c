/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "oh-client"

#include "client/line/oh-web-call.h"

#include "base/oh-clock.h"
#include "base/oh-timeline.h"
#include "client/account/oh-json.h"
#include "client/call/oh-call-sound.h"
#include "client/line/oh-web-line-private.h"

#include <string.h>

#define MAX_ID 64
#define MAX_SECONDS 3600
#define GRACE_MS 15000 /* in the call, as long as the server waits */
#define ANEW_MS 5000   /* for a call that rang to be rung anew on a connection that is back */
#define LATE_MS 2000   /* after the deadline, to be told how it went on */
#define TAKEN_MS                                                                                   \
  45000 /* for a choice that was said to be answered: a dead connection is found out before */

struct _OhWebCall
{
  OhBaseCall parent;
  OhWebLine *line;
  char *tag;    /* its name on the line; NULL: it has none any more */
  char *number; /* outgoing: who is dialled, until that was said */
  OhCallSound *sound;
  gboolean kept;       /* holds a reference to itself, until the end */
  gboolean agreed;     /* the server has answered our SDP */
  gboolean asked;      /* Answer was pressed */
  OhCallOption chosen; /* voicemail or decline, until the server has answered it; or 0 */
  gboolean answered;   /* the call is ours; outgoing: the far end has it */
  gboolean no_events;  /* the server takes no telephone-events */
  guint timer;         /* until it is given up */
};

G_DEFINE_FINAL_TYPE (OhWebCall, oh_web_call, OH_TYPE_BASE_CALL)

static const OhWebLineCall line_handlers;

static gboolean
is_incoming (OhWebCall *call)
{
  return oh_call_is_incoming (OH_CALL (call));
}

/* Whether it goes on when the connection breaks: the server knows of it as begun. */
static gboolean
has_begun (OhWebCall *call)
{
  return call->answered || !is_incoming (call);
}

static gboolean
say (OhWebCall *call, const char *type, const char *name, const char *value)
{
  JsonObject *object = json_object_new ();

  if (name)
    json_object_set_string_member (object, name, value);
  if (call->tag)
    return oh_web_line_say (call->line, type, call->tag, object);
  json_object_unref (object);
  return FALSE;
}

/* The offer is the same on every connection; the name is not. */
static gboolean
say_choice (OhWebCall *call)
{
  JsonObject *object = json_object_new ();

  json_object_set_string_member (object, "offer", oh_call_get_id (OH_CALL (call)));
  json_object_set_int_member (object, "option", call->chosen);
  return oh_web_line_say (call->line, "choose", call->tag, object);
}

static void
drop_sound (OhWebCall *call)
{
  g_clear_pointer (&call->sound, oh_call_sound_free);
  call->agreed = FALSE;
}

static void
drop_tag (OhWebCall *call)
{
  g_autofree char *tag = g_steal_pointer (&call->tag);

  if (tag)
    oh_web_line_remove_call (call->line, tag);
}

/* The new one first: the line is never without a call meanwhile. */
static void
take_tag (OhWebCall *call, const char *tag)
{
  g_autofree char *former = g_steal_pointer (&call->tag);

  call->tag = g_strdup (tag);
  oh_web_line_add_call (call->line, tag, &line_handlers, call);
  if (former)
    oh_web_line_remove_call (call->line, former);
}

/* One of our own. */
static void
take_new_tag (OhWebCall *call)
{
  static guint made;
  g_autofree char *tag = g_strdup_printf ("d%u-%08x", ++made, g_random_int ());

  take_tag (call, tag);
}

static void
finish (OhWebCall *call, OhCallReason reason)
{
  g_autoptr (OhWebCall) held = g_object_ref (call);

  g_clear_handle_id (&call->timer, g_source_remove);
  drop_sound (call);
  oh_base_call_move (OH_BASE_CALL (call), OH_CALL_ENDED, reason);
  drop_tag (call);
  if (call->kept)
    g_object_unref (call);
  call->kept = FALSE;
}

/* Says so, too. */
static void
give_up (OhWebCall *call, OhCallReason reason)
{
  say (call, "hang-up", NULL, NULL);
  finish (call, reason);
}

static gboolean
on_time_up (gpointer user_data)
{
  OhWebCall *call = user_data;

  call->timer = 0;
  give_up (call, OH_CALL_REASON_NETWORK);
  return G_SOURCE_REMOVE;
}

static void
wait_for (OhWebCall *call, guint ms)
{
  g_clear_handle_id (&call->timer, g_source_remove);
  call->timer = g_timeout_add (ms, on_time_up, call);
}

/* While it rings the call waits for the connection as long as it would for a choice. */
static void
wait_for_line (OhWebCall *call)
{
  gint64 left = (oh_call_get_deadline (OH_CALL (call)) - oh_clock_now ()) / 1000;
  guint ms = has_begun (call) ? GRACE_MS : (guint)MAX (left, 0) + LATE_MS;

  wait_for (call, call->asked || call->chosen ? MAX (ms, GRACE_MS) : ms);
}

/* Says the choice, now or on the next connection. One that is there must soon show that it lives. */
static void
send_choice (OhWebCall *call)
{
  if (oh_web_line_is_online (call->line) && say_choice (call))
    wait_for (call, TAKEN_MS);
  else
    wait_for_line (call);
  oh_web_line_hurry (call->line);
}

/* --- Sound --- */

static void renew_path (OhWebCall *call);

static void
on_first_sound (gpointer user_data)
{
  OhWebCall *call = user_data;

  if (!call->answered && !is_incoming (call))
    oh_base_call_set_early_media (OH_BASE_CALL (call), TRUE);
}

static void
on_sound_ended (OhPeerEnd reason, gpointer user_data)
{
  give_up (user_data,
           reason == OH_PEER_END_CRYPTO ? OH_CALL_REASON_REFUSED : OH_CALL_REASON_NETWORK);
}

/* Without a line it is done when that is back. */
static void
on_quiet (gpointer user_data)
{
  OhWebCall *call = user_data;

  oh_web_line_hurry (call->line); /* perhaps it is dead, too */
  if (call->answered && oh_web_line_is_online (call->line))
    renew_path (call);
}

static const OhCallSoundEvents sound_events = {
  .ended = on_sound_ended,
  .first_sound = on_first_sound,
  .quiet = on_quiet,
};

static void
say_dial (OhWebCall *call, const char *sdp)
{
  JsonObject *object = json_object_new ();

  json_object_set_string_member (object, "number", call->number);
  json_object_set_string_member (object, "sdp", sdp);
  if (oh_web_line_say (call->line, "dial", call->tag, object))
    g_clear_pointer (&call->number, g_free);
  else
    finish (call, OH_CALL_REASON_NETWORK);
}

static void
on_offer_made (OhPeer *peer, const char *sdp, const GError *error, gpointer user_data)
{
  OhWebCall *call = user_data;

  if (!sdp)
    {
      g_message ("no sound can be offered: %s", error->message);
      give_up (call, OH_CALL_REASON_REFUSED);
    }
  else if (call->number)
    say_dial (call, sdp);
  else
    say (call, "offer", "sdp", sdp);
}

static void
renew_path (OhWebCall *call)
{
  OhPeer *peer = oh_call_sound_get_peer (call->sound);

  oh_peer_restart_ice (peer);
  oh_peer_create_offer (peer, on_offer_made, call);
}

static void
open_sound (OhWebCall *call)
{
  OhCore *core = oh_web_line_get_core (call->line);
  OhPeerConfig config = {
    .net = OH_PEER_NET_ICE,
    .crypto = OH_PEER_CRYPTO_DTLS,
  };

  drop_sound (call);
  oh_web_line_fill_peer (call->line, &config);
  call->sound = oh_call_sound_new (OH_BASE_CALL (call), core, &config, &sound_events, call);
  oh_peer_create_offer (oh_call_sound_get_peer (call->sound), on_offer_made, call);
}

static void
on_answer_taken (OhPeer *peer, const char *sdp, const GError *error, gpointer user_data)
{
  OhWebCall *call = user_data;

  if (error)
    {
      g_message ("the server's answer can't be used: %s", error->message);
      give_up (call, OH_CALL_REASON_REFUSED);
      return;
    }
  if (call->agreed)
    return; /* a later one */
  call->agreed = TRUE;
  oh_call_sound_prepare (call->sound);
  if (call->asked && !call->answered)
    say (call, "answer", NULL, NULL);
}

/* --- The server says --- */

static void
take_answer (OhWebCall *call, JsonObject *object)
{
  const char *sdp = oh_json_get_text (object, "sdp");

  if (!sdp || !call->sound)
    return;
  call->no_events = !strstr (sdp, "telephone-event");
  oh_peer_set_answer (oh_call_sound_get_peer (call->sound), sdp, on_answer_taken, call);
}

static void
take_refused (OhWebCall *call, JsonObject *object)
{
  if (!call->agreed)
    give_up (call, OH_CALL_REASON_REFUSED);
}

/* What the server lets hear from now on is the ringing tone, or what the far end plays. */
static void
take_ringing (OhWebCall *call, JsonObject *object)
{
  if (is_incoming (call) || call->answered)
    return;
  oh_base_call_move (OH_BASE_CALL (call), OH_CALL_RINGING, OH_CALL_REASON_NONE);
  oh_call_sound_start (call->sound);
}

/* Of a call that was dialled it is said again on each new line, as `ringing` is. */
static void
take_answered (OhWebCall *call, JsonObject *object)
{
  if (call->answered || (is_incoming (call) && !call->asked))
    return; /* known, or nobody has asked for it */
  g_clear_handle_id (&call->timer, g_source_remove);
  call->answered = TRUE;
  if (!is_incoming (call))
    oh_base_call_move (OH_BASE_CALL (call), OH_CALL_CONNECTING, OH_CALL_REASON_NONE);
  oh_call_sound_start (call->sound);
  oh_call_sound_set_answered (call->sound);
}

static void
take_talk (OhWebCall *call, JsonObject *object)
{
  oh_base_call_answer_by_reply (OH_BASE_CALL (call));
}

/* The call went on; perhaps the network is another one. */
static void
take_back (OhWebCall *call, JsonObject *object)
{
  g_clear_handle_id (&call->timer, g_source_remove);
  oh_timeline_mark ("line-back", oh_call_get_id (OH_CALL (call)));
  if (is_incoming (call) && !call->answered)
    take_answered (call, object);
  if (call->sound)
    renew_path (call);
}

static OhCallReason
reason_of (OhWebCall *call, const char *word, guint status)
{
  static const struct
  {
    const char *word;
    OhCallReason reason;
  } reasons[] = {
    { "hung-up", OH_CALL_REASON_REMOTE },      { "answered-elsewhere", OH_CALL_REASON_ELSEWHERE },
    { "voicemail", OH_CALL_REASON_VOICEMAIL }, { "declined", OH_CALL_REASON_DECLINED },
    { "timed-out", OH_CALL_REASON_NO_ANSWER }, { "caller-gave-up", OH_CALL_REASON_CANCELLED },
    { "failed", OH_CALL_REASON_REFUSED }
  };

  if (strcmp (word, "not-answered") == 0)
    return oh_web_line_get_reason (call->line, status);
  if (strcmp (word, "over") == 0 && call->chosen) /* it was taken, but nobody could say so */
    return call->chosen == OH_CALL_OPTION_VOICEMAIL ? OH_CALL_REASON_VOICEMAIL
                                                    : OH_CALL_REASON_DECLINED;
  for (gsize i = 0; i < G_N_ELEMENTS (reasons); i++)
    if (strcmp (word, reasons[i].word) == 0)
      return reasons[i].reason;
  return OH_CALL_REASON_NETWORK;
}

/* Somebody who has asked for a call that he did not get before the connection broke is rung anew. */
static void
take_ended (OhWebCall *call, JsonObject *object)
{
  const char *word = oh_json_get_text (object, "reason");
  guint status = (guint)oh_json_get_number (object, "status", 0, 699);

  if (strcmp (word ? word : "", "lost") == 0 && !has_begun (call) && !call->chosen)
    {
      drop_tag (call);
      if (!call->timer)
        wait_for_line (call);
    }
  else
    finish (call, reason_of (call, word ? word : "", status));
}

static void
on_said (const char *type, JsonObject *object, gpointer user_data)
{
  static const struct
  {
    const char *type;
    void (*take) (OhWebCall *call, JsonObject *object);
  } messages[] = { { "answer", take_answer },   { "refused", take_refused },
                   { "ringing", take_ringing }, { "answered", take_answered },
                   { "talk", take_talk },       { "back", take_back },
                   { "ended", take_ended } };
  g_autoptr (OhWebCall) call = g_object_ref (user_data);

  for (gsize i = 0; i < G_N_ELEMENTS (messages); i++)
    if (strcmp (type, messages[i].type) == 0)
      messages[i].take (call, object);
}

static void
on_line_lost (gpointer user_data)
{
  OhWebCall *call = user_data;

  if (!has_begun (call) && !call->asked)
    drop_sound (call);
  wait_for_line (call);
}

static void
on_line_online (gpointer user_data)
{
  OhWebCall *call = user_data;

  if (call->chosen)
    send_choice (call);
  else if (has_begun (call) || call->asked)
    say (call, "back", NULL, NULL);
  if (!has_begun (call) && !call->chosen)
    wait_for (call, ANEW_MS);
}

static void
on_line_closed (gpointer user_data)
{
  give_up (user_data, OH_CALL_REASON_SIGNED_OUT);
}

static const OhWebLineCall line_handlers = {
  .take = on_said,
  .lost = on_line_lost,
  .online = on_line_online,
  .closed = on_line_closed,
};

/* --- Verbs --- */

static void
choose (OhBaseCall *base, OhCallOption option)
{
  OhWebCall *call = OH_WEB_CALL (base);

  if (option == OH_CALL_OPTION_ANSWER)
    {
      oh_timeline_mark ("answer-pressed", oh_call_get_id (OH_CALL (call)));
      call->asked = TRUE;
      oh_base_call_move (base, OH_CALL_CONNECTING, OH_CALL_REASON_NONE);
      if (call->agreed)
        say (call, "answer", NULL, NULL);
      if (!oh_web_line_is_online (call->line))
        wait_for_line (call);
      oh_web_line_hurry (call->line);
      return;
    }
  call->chosen = option;
  drop_sound (call);
  if (!call->tag) /* the server has taken the one of before back */
    take_new_tag (call);
  send_choice (call);
  oh_base_call_set_chosen (base, option);
}

static void
hang_up (OhBaseCall *base)
{
  give_up (OH_WEB_CALL (base), OH_CALL_REASON_HUNG_UP);
}

static void
send_digit (OhBaseCall *base, char digit)
{
  OhWebCall *call = OH_WEB_CALL (base);
  const char text[] = { digit, 0 };

  if (call->no_events)
    say (call, "digit", "digit", text);
  else
    oh_call_sound_send_digit (call->sound, digit);
}

/* --- The object --- */

static void
dispose (GObject *object)
{
  OhWebCall *call = OH_WEB_CALL (object);

  g_clear_handle_id (&call->timer, g_source_remove);
  drop_sound (call);
  if (call->line)
    drop_tag (call);
  g_clear_object (&call->line);
  g_clear_pointer (&call->number, g_free);
  G_OBJECT_CLASS (oh_web_call_parent_class)->dispose (object);
}

static void
oh_web_call_class_init (OhWebCallClass *klass)
{
  OhBaseCallClass *base_class = OH_BASE_CALL_CLASS (klass);

  G_OBJECT_CLASS (klass)->dispose = dispose;
  base_class->choose = choose;
  base_class->hang_up = hang_up;
  base_class->send_digit = send_digit;
}

static void
oh_web_call_init (OhWebCall *call)
{
}

static OhWebCall *
new_call (OhWebLine *line, const OhCallFacts *facts)
{
  OhWebCall *call = g_object_new (OH_TYPE_WEB_CALL, NULL);

  call->line = g_object_ref (line);
  call->kept = TRUE;
  oh_base_call_set_facts (OH_BASE_CALL (call), facts);
  return call;
}

/* --- Incoming --- */

static gboolean
is_id (const char *text)
{
  return text && strlen (text) <= MAX_ID
         && strspn (text, G_CSET_A_2_Z G_CSET_a_2_z G_CSET_DIGITS "-_.") == strlen (text);
}

/* "1,3,9"; answering and declining are always there. */
static guint
read_options (const char *text)
{
  static const guint known = 1u << OH_CALL_OPTION_ANSWER | 1u << OH_CALL_OPTION_VOICEMAIL
                             | 1u << OH_CALL_OPTION_DECLINE;
  g_auto (GStrv) parts = g_strsplit (text ? text : "", ",", 16);
  guint options = 1u << OH_CALL_OPTION_ANSWER | 1u << OH_CALL_OPTION_DECLINE;

  for (guint i = 0; parts[i]; i++)
    options |= 1u << (g_ascii_strtoull (parts[i], NULL, 10) & 31);
  return options & known;
}

static OhWebCall *
new_incoming (OhWebLine *line, JsonObject *ring)
{
  const char *peer = oh_json_get_text (ring, "peer");
  gboolean withheld = oh_json_get_flag (ring, "withheld");
  g_autofree char *name = oh_json_dup_text (ring, "name");
  g_autofree char *number = oh_json_dup_text (ring, "number");
  g_autofree char *called = oh_json_dup_text (ring, "called");
  gint64 seconds = oh_json_get_number (ring, "seconds", 0, MAX_SECONDS);
  gint64 chosen = oh_json_get_number (ring, "default", 1, 31);
  OhCallFacts facts = {
    .incoming = TRUE,
    .id = oh_json_get_text (ring, "offer"),
    .name = name && g_strcmp0 (name, number) != 0 ? name : NULL,
    .number = number,
    .withheld = withheld,
    .called = called,
    .account = oh_account_get_id (oh_web_line_get_account (line)),
    .peer = is_id (peer) && !withheld ? peer : NULL,
    .deadline = oh_clock_now () + seconds * G_USEC_PER_SEC,
    .default_option = chosen == OH_CALL_OPTION_VOICEMAIL ? OH_CALL_OPTION_VOICEMAIL
                                                         : OH_CALL_OPTION_DECLINE,
    .options = read_options (oh_json_get_text (ring, "options")),
  };

  return new_call (line, &facts);
}

/* The server rings anew when it lost the connection by which it did so before. FALSE: @same is not to be
 * moved. */
static gboolean
move_to (OhCall *same, OhWebLine *line, const char *tag)
{
  OhWebCall *call = OH_IS_WEB_CALL (same) ? OH_WEB_CALL (same) : NULL;

  if (!call || call->line != line || has_begun (call))
    return FALSE;
  g_clear_handle_id (&call->timer, g_source_remove);
  take_tag (call, tag);
  if (call->chosen)
    send_choice (call);
  else
    open_sound (call);
  return TRUE;
}

void
oh_web_call_take_ring (OhWebLine *line, const char *tag, JsonObject *ring)
{
  const char *id = oh_json_get_text (ring, "offer");
  OhCall *same = is_id (id) ? oh_core_find_call (oh_web_line_get_core (line), id) : NULL;
  OhWebCall *call;

  if (same && move_to (same, line, tag))
    return;
  /* One offer is one call, by however many ways it comes. */
  if (!is_id (id) || (same && !oh_web_line_give_way (line, same)))
    {
      oh_web_line_say (line, "hang-up", tag, NULL);
      return;
    }
  oh_timeline_mark ("offer-received", id);
  call = new_incoming (line, ring);
  take_tag (call, tag);
  open_sound (call);
  oh_core_add_call (oh_web_line_get_core (line), oh_web_line_get_account (line), OH_CALL (call));
}

/* --- Outgoing --- */

void
oh_web_call_dial (OhWebLine *line, const char *number, const char *shown, const char *peer)
{
  OhAccount *account = oh_web_line_get_account (line);
  OhCallFacts facts = { .number = shown, .account = oh_account_get_id (account), .peer = peer };
  OhWebCall *call = new_call (line, &facts);

  call->number = g_strdup (number);
  take_new_tag (call);
  open_sound (call);
  oh_core_add_call (oh_web_line_get_core (line), account, OH_CALL (call));
}
