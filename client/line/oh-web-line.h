/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "client/account/oh-account-settings.h"
#include "client/call/oh-call.h"
#include "client/provider/oh-core.h"

G_BEGIN_DECLS

/* A web line: the WebSocket by which a signed-in device is at its call server where the network lets no
 * SIP through (docs/protocol.md, "A web line"). Carries any number of calls (OhWebCall), keeps itself
 * alive, and comes back with back-off. Main thread; made by the account, whose calls hold it too. */
#define OH_TYPE_WEB_LINE (oh_web_line_get_type ())
G_DECLARE_FINAL_TYPE (OhWebLine, oh_web_line, OH, WEB_LINE, GObject)

/* All mandatory; not called after oh_web_line_close(). */
typedef struct
{
  /* It is connected, anew or again; the server takes calls by it from oh_web_line_enter() on. */
  void (*connected) (gpointer user_data);
  /* The server has the device now. */
  void (*online) (gpointer user_data);
  /* There is no connection; it is tried again at @retry_at (monotonic us). */
  void (*lost) (gint64 retry_at, gpointer user_data);
  /* The server knows the device no more. Nothing follows. */
  void (*revoked) (gpointer user_data);
  /* Messages or history changed. */
  void (*news) (guint new_messages, gpointer user_data);
  /* No call is on it any more. */
  void (*idle) (gpointer user_data);
  /* Whether the server is this computer: ICE needs 127.0.0.1 too. */
  gboolean (*is_local) (gpointer user_data);
  /* Why a call that we made was not answered. */
  OhCallReason (*reason_of) (guint status, gpointer user_data);
  /* @call is the one that rings here, by another way: TRUE if that way is dead, and the call was ended. */
  gboolean (*give_way) (OhCall *call, gpointer user_data);
} OhWebLineHandlers;

/* Copies what it needs of @settings and @secret, the device's. */
OhWebLine *oh_web_line_new (OhCore *core,
                            OhAccount *account,
                            const OhAccountSettings *settings,
                            const char *secret,
                            const OhWebLineHandlers *handlers,
                            gpointer user_data);

/* Ends its calls and the connection, in order. */
void oh_web_line_close (OhWebLine *line);

/* After `connected`: signs the device in. @audio as in SIP's "+offhook.audio"; @pidf: presence. */
void oh_web_line_enter (OhWebLine *line, const char *audio, gboolean talk, const char *pidf);
void oh_web_line_report (OhWebLine *line, const char *pidf);

/* The network is another one, or somebody chose what is to be said: tries again now, if it is lost (but not sooner than
 * the server has asked for); a connection of before whose address the computer no longer has is over, and another one
 * must soon show that it lives, for the sound of calls ends after 30 s without a path. */
void oh_web_line_hurry (OhWebLine *line);

gboolean oh_web_line_is_online (OhWebLine *line);
gboolean oh_web_line_has_calls (OhWebLine *line);

G_END_DECLS
