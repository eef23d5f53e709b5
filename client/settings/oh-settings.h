/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

/* What the person chose, kept in a key file (settings.ini in the configuration folder) that is
 * written half a second after the last change and at the end. Main thread. Bind to the properties:
 *   "microphone", "speaker", "ringer"  string: device id; NULL = follow the system's default
 *   "echo-cancellation", "noise-suppression", "gain-control"  boolean, TRUE
 *   "half-duplex"  boolean, FALSE: with echo cancellation, only one side is heard at a time
 *   "tone-volume"  double 0 to 1, 0.5
 *   "sound-quality"  string: "automatic", "best", "balanced" or "save-data" (media/oh-quality.h)
 *   "autostart"    boolean: starts with the desktop (the file in ~/.config/autostart follows it)
 *   "run-in-background"  boolean, TRUE: closing the window keeps the program reachable
 *   "show-caller-when-locked"  boolean, TRUE
 *   "plain-secrets"  boolean: the person agreed to a file instead of the keyring
 *   "send-typing"  boolean, TRUE: others see that one is typing
 *   "send-receipts"  boolean, TRUE: contacts are told that their messages arrived
 *   "tell-idle"    boolean, TRUE: call server and contacts learn when the person leaves the keyboard
 *   "status"  string: word of the user's own presence (oh-presence.h), "available"
 *   "status-message"  string or NULL
 *   "contacts-grouped", "contacts-online-first", "contacts-show-offline"  boolean, TRUE
 *   "history-seen"  int64: unix seconds up to which missed calls have been seen
 *   "window-width", "window-height"  int; "window-maximized" boolean */
#define OH_TYPE_SETTINGS (oh_settings_get_type ())
G_DECLARE_FINAL_TYPE (OhSettings, oh_settings, OH, SETTINGS, GObject)

/* Loads @path if it is there; what can't be read keeps its default. */
OhSettings *oh_settings_new (const char *path);

/* Writes what has changed, now. */
gboolean oh_settings_flush (OhSettings *settings, GError **error);

const char *oh_settings_get_microphone (OhSettings *settings);
const char *oh_settings_get_speaker (OhSettings *settings);
const char *oh_settings_get_ringer (OhSettings *settings);
gboolean oh_settings_get_echo_cancellation (OhSettings *settings);
gboolean oh_settings_get_half_duplex (OhSettings *settings);
gboolean oh_settings_get_noise_suppression (OhSettings *settings);
gboolean oh_settings_get_gain_control (OhSettings *settings);
double oh_settings_get_tone_volume (OhSettings *settings);
const char *oh_settings_get_sound_quality (OhSettings *settings);
gboolean oh_settings_get_plain_secrets (OhSettings *settings);
gboolean oh_settings_get_send_typing (OhSettings *settings);
gboolean oh_settings_get_send_receipts (OhSettings *settings);
gboolean oh_settings_get_tell_idle (OhSettings *settings);
const char *oh_settings_get_status (OhSettings *settings);
const char *oh_settings_get_status_message (OhSettings *settings);
gint64 oh_settings_get_history_seen (OhSettings *settings);

G_END_DECLS
