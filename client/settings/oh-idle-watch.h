/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "client/provider/oh-provider.h"

G_BEGIN_DECLS

/* Whether the person is at this computer, as the desktop tells over D-Bus; nothing is asked again and
 * again. The first of these that knows counts: org.gnome.Mutter.IdleMonitor (idle for five minutes),
 * org.freedesktop.ScreenSaver (it came on), and the session's IdleHint at logind; the last two count
 * from their first idle time on, because a desktop may have them and never use them. Main thread.
 * Signal "changed". */
#define OH_TYPE_IDLE_WATCH (oh_idle_watch_get_type ())
G_DECLARE_FINAL_TYPE (OhIdleWatch, oh_idle_watch, OH, IDLE_WATCH, GObject)

/* Looks for the buses by itself. */
OhIdleWatch *oh_idle_watch_new (void);

/* *@since: Unix s of the last use, where it is OH_USE_IDLE. */
OhUse oh_idle_watch_get (OhIdleWatch *watch, gint64 *since);

G_END_DECLS
