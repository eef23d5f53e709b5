/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "oh-call"

#include "server/call/oh-echo.h"
#include "server/call/oh-server-call-private.h"

/* What the server itself does with a caller: takes a message, sends the sound back, plays a user's
 * messages. */

#define ECHO_DELAY_MS 400

/* --- Rules --- */

void
oh_server_call_take_decline (OhServerCall *call, const char *reason)
{
  switch (call->plan->user->decline_action)
    {
    case OH_DECLINE_BUSY:
      oh_server_call_end (call, 486, reason);
      break;
    case OH_DECLINE_HANG_UP:
      oh_server_call_end (call, 603, reason);
      break;
    case OH_DECLINE_VOICEMAIL:
    default:
      oh_server_call_start_voicemail (call, reason);
    }
}

void
oh_server_call_take_default (OhServerCall *call, const char *reason)
{
  if (call->plan->user->default_option == OH_OPTION_VOICEMAIL)
    oh_server_call_start_voicemail (call, reason);
  else
    oh_server_call_end (call, 480, reason);
}

/* --- Voicemail --- */

static void
on_recording (OhVoicemailSession *session, const char *id, gpointer user_data)
{
  OhServerCall *call = user_data;
  OhEvent *event = oh_server_call_new_event (call, OH_EVENT_RECORDING, "",
                                             oh_server_call_get_user (call), NULL);

  call->recording_told = TRUE;
  oh_event_set_string (event, "voicemail", id);
  oh_server_call_tell (call, event);
}

static void
on_full (OhVoicemailSession *session, gpointer user_data)
{
  OhServerCall *call = user_data;

  if (call->leg)
    oh_leg_hang_up (call->leg, 0, NULL);
}

static void
on_voicemail_done (OhVoicemailSession *session,
                   OhVoicemailOutcome outcome,
                   const char *reason,
                   gpointer user_data)
{
  OhServerCall *call = user_data;
  g_autofree char *why = g_strdup (reason);

  if (outcome != OH_VOICEMAIL_LEFT && call->recording_told)
    oh_server_call_tell (call, oh_server_call_new_event (call, OH_EVENT_MESSAGE_DROPPED, why,
                                                         oh_server_call_get_user (call), NULL));
  oh_server_call_end (call, outcome == OH_VOICEMAIL_FAILED ? 500 : 200, why);
}

static const OhVoicemailEvents voicemail_events = {
  .recording = on_recording,
  .full = on_full,
  .done = on_voicemail_done,
};

static OhVoicemail *
make_row (OhServerCall *call)
{
  g_autofree char *id = oh_voicemail_new_id ();
  g_autofree char *name = g_strconcat (id, ".opus", NULL);
  g_autofree char *user = g_strdup_printf ("%" G_GINT64_FORMAT, call->plan->user->id);
  g_autofree char *path = g_build_filename (call->exchange->config->voicemail_dir, user, name,
                                            NULL);
  OhVoicemail row = {
    .id = id,
    .user_id = call->plan->user->id,
    .call_id = call->id,
    .path = path,
    .name = call->caller_name,
    .number = call->caller_number,
    .called = call->called,
    .withheld = call->withheld,
  };

  return oh_voicemail_copy (&row);
}

/* The caller's ACK came: the path is open and the greeting begins with its first word. */
static void
begin_voicemail (OhServerCall *call)
{
  const OhServerConfig *server = call->exchange->config;
  const OhUser *user = call->plan->user;
  OhVoicemail *row = make_row (call);
  g_autofree char *prompt = oh_prompts_dup_path (call->exchange->prompts, OH_PROMPT_LEAVE_MESSAGE,
                                                 user->language);
  OhVoicemailConfig config = {
    .threads = oh_server_call_get_threads (call),
    .store = call->exchange->store,
    .row = row,
    .greeting = user->greeting,
    .prompt = prompt,
    .max_ms = server->voicemail_max_s * 1000,
    .silence_ms = server->voicemail_silence_s * 1000,
    .events = &voicemail_events,
    .user_data = call,
  };

  call->voicemail = oh_voicemail_session_new (&config, oh_leg_get_peer (call->leg));
  oh_voicemail_free (row);
}

/* Why no message can be left now; NULL: one can. The user may have been removed since the call came,
 * and callers must not fill the disk. */
static const char *
find_obstacle (OhServerCall *call)
{
  const OhUser *user = oh_directory_find_user_by_id (call->exchange->directory,
                                                     oh_server_call_get_user (call));

  if (!user)
    return "the user was removed";
  if (user->new_messages + user->old_messages >= call->exchange->config->voicemail_max_messages)
    return "the mailbox is full";
  return NULL;
}

gboolean
oh_server_call_defaults_to_voicemail (OhServerCall *call)
{
  return call->plan->user->default_option == OH_OPTION_VOICEMAIL && !find_obstacle (call);
}

void
oh_server_call_start_voicemail (OhServerCall *call, const char *reason)
{
  const char *obstacle = find_obstacle (call);

  if (obstacle)
    oh_server_call_end (call, 480, obstacle);
  else if (oh_server_call_move (call, OH_SERVER_CALL_VOICEMAIL, reason,
                                oh_server_call_get_user (call), NULL))
    oh_leg_answer (call->leg);
}

/* --- Echo and the own messages --- */

static void
answer_service (OhServerCall *call, const char *reason)
{
  call->answered_at = g_get_real_time () / G_USEC_PER_SEC;
  oh_server_call_move (call, OH_SERVER_CALL_ANSWERED, reason, 0, NULL);
  oh_leg_answer (call->leg);
}

void
oh_server_call_start_echo (OhServerCall *call)
{
  g_autoptr (OhSink) sink = NULL;
  g_autoptr (OhSource) source = NULL;

  oh_echo_new (ECHO_DELAY_MS, &sink, &source);
  oh_peer_set_sink (oh_leg_get_peer (call->leg), sink);
  oh_peer_set_source (oh_leg_get_peer (call->leg), source);
  answer_service (call, "echo");
}

static void
on_mailbox_done (gpointer user_data)
{
  oh_server_call_end (user_data, 200, "the messages are played");
}

static void
begin_mailbox (OhServerCall *call)
{
  const OhUser *user = call->origin.caller;
  OhPrompts *prompts = call->exchange->prompts;
  g_autofree char *none = oh_prompts_dup_path (prompts, OH_PROMPT_NO_MESSAGES, user->language);
  g_autofree char *keys = oh_prompts_dup_path (prompts, OH_PROMPT_MESSAGE_KEYS, user->language);
  g_autofree char *end = oh_prompts_dup_path (prompts, OH_PROMPT_END_OF_MESSAGES, user->language);
  OhMailboxConfig config = {
    .threads = oh_server_call_get_threads (call),
    .store = call->exchange->store,
    .user_id = user->id,
    .none_prompt = none,
    .keys_prompt = keys,
    .end_prompt = end,
    .done = on_mailbox_done,
    .user_data = call,
  };

  call->mailbox = oh_mailbox_new (&config, oh_leg_get_peer (call->leg));
}

void
oh_server_call_start_mailbox (OhServerCall *call)
{
  answer_service (call, "own messages");
}

void
oh_server_call_on_acknowledged (OhServerCall *call)
{
  if (call->state == OH_SERVER_CALL_VOICEMAIL && !call->voicemail)
    begin_voicemail (call);
  else if (call->plan->action == OH_PLAN_MAILBOX && !call->mailbox)
    begin_mailbox (call);
}
