/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "oh-voicemail"

#include "server/voicemail/oh-voicemail-session.h"

#include "base/oh-error.h"
#include "media/record/oh-recorder.h"
#include "media/tone/oh-tone.h"

#include <glib/gstdio.h>

#define BEEP_RATE 16000
#define SHORTEST_MS 1000

struct _OhVoicemailSession
{
  guint refs;
  OhVoicemailConfig config;
  OhVoicemail *row;
  char *greeting, *prompt;
  OhPeer *peer;
  OhPlayback *playback;
  OhRecorder *recorder;
  GError *error;    /* why the file could not be opened */
  gboolean opening; /* row and file are being made */
  gboolean row_made;
  gboolean stopped; /* the caller is gone */
  gboolean beeping;
  gboolean done;
  OhVoicemailOutcome outcome;
  char *reason;
};

static void play_prompt (OhVoicemailSession *session);

static void
session_unref (gpointer data)
{
  OhVoicemailSession *session = data;

  if (--session->refs > 0)
    return;
  g_clear_pointer (&session->recorder, oh_recorder_unref);
  g_clear_error (&session->error);
  oh_voicemail_free (session->row);
  oh_peer_unref (session->peer);
  oh_worker_unref (session->config.threads.worker);
  g_free (session->greeting);
  g_free (session->prompt);
  g_free (session->reason);
  g_free (session);
}

static void
finish (OhVoicemailSession *session, OhVoicemailOutcome outcome, const char *reason)
{
  if (session->done)
    return;
  session->done = TRUE;
  session->config.events->done (session, outcome, reason, session->config.user_data);
}

/* --- The recording's end --- */

static void
remove_file (gpointer data)
{
  g_autofree char *path = data;

  g_unlink (path);
}

static void
on_row_finished (const char *json, const GError *error, gpointer user_data)
{
  OhVoicemailSession *session = user_data;

  if (g_error_matches (error, OH_ERROR, OH_ERROR_NOT_FOUND))
    {
      g_message ("a voicemail was dropped: its user was removed in the mean time");
      oh_executor_post (&session->config.threads.services, remove_file,
                        g_strdup (session->row->path));
    }
  else if (error)
    g_warning ("a voicemail's row could not be finished: %s", error->message);
  finish (session, error ? OH_VOICEMAIL_FAILED : session->outcome, session->reason);
  session_unref (session);
}

static void
finish_row (OhVoicemailSession *session,
            OhVoicemailOutcome outcome,
            guint64 duration_ms,
            const char *reason)
{
  OhStoreReply reply = { &session->config.threads.signalling, on_row_finished, session };

  session->outcome = outcome;
  session->reason = g_strdup (reason);
  if (outcome != OH_VOICEMAIL_LEFT)
    oh_executor_post (&session->config.threads.services, remove_file,
                      g_strdup (session->row->path));
  session->refs++;
  oh_store_finish_voicemail (session->config.store, session->row->id,
                             outcome == OH_VOICEMAIL_LEFT ? duration_ms : 0, &reply);
}

static const char *
describe_end (OhRecorderEnd reason)
{
  switch (reason)
    {
    case OH_RECORDER_STOPPED:
      return "the caller hung up";
    case OH_RECORDER_LIMIT:
      return "the longest time was reached";
    case OH_RECORDER_SILENCE:
      return "the caller fell silent";
    case OH_RECORDER_ERROR:
    default:
      return "the recording broke off";
    }
}

static void
on_recorder_ended (OhRecorder *recorder,
                   OhRecorderEnd reason,
                   const OhRecording *recording,
                   const GError *error,
                   gpointer user_data)
{
  OhVoicemailSession *session = user_data;

  if (error)
    g_warning ("a voicemail's recording broke off: %s", error->message);
  oh_peer_set_sink (session->peer, NULL);
  if (recording->duration_ms < SHORTEST_MS || recording->speech_ms == 0)
    finish_row (session, OH_VOICEMAIL_DROPPED, 0, "nothing was said");
  else
    finish_row (session, OH_VOICEMAIL_LEFT, recording->duration_ms, describe_end (reason));
  if (!session->stopped && session->config.events->full)
    session->config.events->full (session, session->config.user_data);
  session_unref (session); /* the recorder's */
}

/* --- Row and file --- */

static void
on_ready_to_record (gpointer data)
{
  OhVoicemailSession *session = data;

  session->opening = FALSE;
  if (session->error)
    {
      g_warning ("no voicemail can be recorded: %s", session->error->message);
      if (session->row_made)
        finish_row (session, OH_VOICEMAIL_FAILED, 0, session->error->message);
      else
        finish (session, OH_VOICEMAIL_FAILED, session->error->message);
      session_unref (session);
      return;
    }
  if (session->stopped)
    {
      oh_recorder_stop (session->recorder);
      return;
    }
  oh_peer_set_sink (session->peer, oh_recorder_get_sink (session->recorder));
  session->config.events->recording (session, session->row->id, session->config.user_data);
}

/* Services thread; the session's reference is the recorder's from now on. */
static void
on_row_made (const char *json, const GError *error, gpointer user_data)
{
  OhVoicemailSession *session = user_data;
  OhRecorderConfig config = {
    .max_ms = session->config.max_ms,
    .silence_ms = session->config.silence_ms,
    .executor = session->config.threads.signalling,
    .ended = on_recorder_ended,
    .user_data = session,
  };

  if (error)
    session->error = g_error_copy (error);
  else
    {
      g_autofree char *folder = g_path_get_dirname (session->row->path);

      session->row_made = TRUE;
      g_mkdir_with_parents (folder, 0700);
      session->recorder = oh_recorder_new (session->row->path, &config, &session->error);
    }
  oh_executor_post (&session->config.threads.signalling, on_ready_to_record, session);
}

static void
on_beep_played (const GError *error, gpointer user_data)
{
  OhVoicemailSession *session = user_data;
  OhStoreReply reply = { &session->config.threads.services, on_row_made, session };

  session->playback = NULL;
  session->opening = TRUE;
  session->row->start = g_get_real_time () / G_USEC_PER_SEC;
  session->refs++;
  oh_store_begin_voicemail (session->config.store, session->row, &reply);
}

/* --- Greeting --- */

static void
beep (OhVoicemailSession *session)
{
  session->beeping = TRUE;
  session->playback = oh_playback_new_source (&session->config.threads, session->peer,
                                              oh_tone_new (OH_TONE_BEEP, BEEP_RATE, 1.0f),
                                              on_beep_played, session);
}

static void
on_prompt_played (const GError *error, gpointer user_data)
{
  OhVoicemailSession *session = user_data;

  session->playback = NULL;
  if (error)
    g_warning ("the prompt can't be played: %s", error->message);
  beep (session);
}

static void
on_greeting_played (const GError *error, gpointer user_data)
{
  OhVoicemailSession *session = user_data;

  session->playback = NULL;
  if (error)
    {
      g_warning ("a user's greeting can't be played: %s", error->message);
      play_prompt (session);
    }
  else
    beep (session);
}

static void
play_prompt (OhVoicemailSession *session)
{
  session->playback = oh_playback_new_file (&session->config.threads, session->peer,
                                            session->prompt, on_prompt_played, session);
}

OhVoicemailSession *
oh_voicemail_session_new (const OhVoicemailConfig *config, OhPeer *peer)
{
  OhVoicemailSession *session = g_new0 (OhVoicemailSession, 1);

  session->refs = 1;
  session->config = *config;
  oh_worker_ref (config->threads.worker);
  session->row = oh_voicemail_copy (config->row);
  session->greeting = g_strdup (config->greeting);
  session->prompt = g_strdup (config->prompt);
  session->peer = oh_peer_ref (peer);
  if (session->greeting)
    session->playback = oh_playback_new_file (&config->threads, peer, session->greeting,
                                              on_greeting_played, session);
  else
    play_prompt (session);
  return session;
}

void
oh_voicemail_session_press (OhVoicemailSession *session, char digit)
{
  if (session->stopped || session->done)
    return;
  if (session->playback && !session->beeping)
    {
      oh_playback_cancel (g_steal_pointer (&session->playback));
      beep (session);
    }
  else if (digit == '#' && session->recorder && !session->opening)
    oh_recorder_stop (session->recorder);
}

void
oh_voicemail_session_stop (OhVoicemailSession *session)
{
  if (session->stopped || session->done)
    return;
  session->stopped = TRUE;
  if (session->playback)
    {
      oh_playback_cancel (g_steal_pointer (&session->playback));
      finish (session, OH_VOICEMAIL_DROPPED, "the caller hung up before the beep");
    }
  else if (session->recorder && !session->opening)
    oh_recorder_stop (session->recorder);
}

void
oh_voicemail_session_free (OhVoicemailSession *session)
{
  if (!session)
    return;
  session->done = session->stopped = TRUE; /* nothing is told any more */
  oh_playback_cancel (g_steal_pointer (&session->playback));
  if (session->recorder && !session->opening)
    oh_recorder_stop (session->recorder);
  session_unref (session);
}

void
oh_voicemail_repair (OhStore *store)
{
  g_autoptr (GPtrArray) rows = oh_store_dup_unfinished_voicemail (store);

  for (guint i = 0; i < rows->len; i++)
    {
      OhVoicemail *row = g_ptr_array_index (rows, i);
      OhRecording recording = { 0 };
      g_autoptr (GError) error = NULL;
      gboolean kept = oh_recording_repair (row->path, &recording, &error)
                      && recording.duration_ms >= SHORTEST_MS;

      if (!kept)
        g_unlink (row->path);
      g_message ("voicemail %s of an interrupted run: %s", row->id,
                 kept ? "repaired" : (error ? error->message : "too short, dropped"));
      oh_store_finish_voicemail (store, row->id, kept ? recording.duration_ms : 0, NULL);
    }
}
