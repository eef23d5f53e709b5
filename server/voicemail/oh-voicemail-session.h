/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "server/store/oh-store.h"
#include "server/voicemail/oh-playback.h"

G_BEGIN_DECLS

/* One caller leaves one message: greeting, beep, recording, delivery.
 *
 *   greeting -> beep -> row 'recording' durable, file open -> recording -> file closed -> row final
 *
 * The row stands before the first sound is recorded, so that a crash leaves nothing that start-up
 * can't repair. Belongs to the signalling thread; disks are touched on the services thread and the
 * recorder's own. */
typedef struct _OhVoicemailSession OhVoicemailSession;

typedef enum
{
  OH_VOICEMAIL_LEFT,    /* it is a message now */
  OH_VOICEMAIL_DROPPED, /* nothing was said, or the caller left before the beep */
  OH_VOICEMAIL_FAILED   /* disk full, ... */
} OhVoicemailOutcome;

typedef struct
{
  /* The recording began. */
  void (*recording) (OhVoicemailSession *session, const char *id, gpointer user_data);
  /* The caller spoke long enough or fell silent: the call should end. Not after a stop. */
  void (*full) (OhVoicemailSession *session, gpointer user_data);
  /* Everything is written; the last one. @reason in English. Free the session then. */
  void (*done) (OhVoicemailSession *session,
                OhVoicemailOutcome outcome,
                const char *reason,
                gpointer user_data);
} OhVoicemailEvents;

/* Copied. */
typedef struct
{
  OhPlaybackThreads threads;
  OhStore *store;
  const OhVoicemail *row; /* id and path are set; start is set when the recording begins */
  const char *greeting;   /* the user's own file, or NULL */
  const char *prompt;     /* the file that is spoken without one, or when that can't be played */
  guint max_ms, silence_ms;
  const OhVoicemailEvents *events;
  gpointer user_data;
} OhVoicemailConfig;

OhVoicemailSession *oh_voicemail_session_new (const OhVoicemailConfig *config, OhPeer *peer);

/* A key of the caller: # ends the message, any key in the greeting leads to the beep. */
void oh_voicemail_session_press (OhVoicemailSession *session, char digit);

/* The caller is gone, or the server ends: closes the file in order; `done` follows. */
void oh_voicemail_session_stop (OhVoicemailSession *session);
void oh_voicemail_session_free (OhVoicemailSession *session);

/* At start-up, on the services thread: what a crash left open is made a message, or dropped when it
 * holds under a second. Blocks on the disk. */
void oh_voicemail_repair (OhStore *store);

G_END_DECLS
