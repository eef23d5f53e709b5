/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "oh-im-engine"

#include "im/engine/oh-engine-private.h"

#include <string.h>

#define IDLE "urn:xmpp:idle:1" /* XEP-0319: since when, as programs of today say it */
#define LAST_ACTIVITY                                                                              \
  "jabber:iq:last"             /* XEP-0256: for how many seconds, all that libpurple knows */
#define DELAY "urn:xmpp:delay" /* XEP-0203 */
#define OLD_DELAY "jabber:x:delay"
#define MAX_DATE 64                               /* bytes */
#define MAX_IDLE_S ((gint64)10 * 366 * 24 * 3600) /* nobody is away for ten years */

/* When @presence was sent: libpurple counts the seconds from there. */
static gint64
get_sent (xmlnode *presence)
{
  xmlnode *delay = xmlnode_get_child_with_namespace (presence, "delay", DELAY);
  const char *stamp;

  if (!delay)
    delay = xmlnode_get_child_with_namespace (presence, "x", OLD_DELAY);
  stamp = delay ? xmlnode_get_attrib (delay, "stamp") : NULL;
  return stamp && strlen (stamp) < MAX_DATE ? purple_str_to_time (stamp, TRUE, NULL, NULL, NULL)
                                            : time (NULL);
}

/* Seconds from @since, a date of XEP-0082, until @until; 0 where that makes no sense. */
static gint64
count_seconds (const char *since, gint64 until)
{
  g_autoptr (GTimeZone) utc = g_time_zone_new_utc ();
  g_autoptr (GDateTime) date = since && strlen (since) < MAX_DATE
                                   ? g_date_time_new_from_iso8601 (since, utc)
                                   : NULL;
  gint64 seconds = date ? until - g_date_time_to_unix (date) : 0;

  return seconds > 0 && seconds < MAX_IDLE_S ? seconds : 0;
}

static void
add_seconds (xmlnode *presence, gint64 seconds)
{
  xmlnode *query = xmlnode_new_child (presence, "query");
  g_autofree char *number = g_strdup_printf ("%" G_GINT64_FORMAT, seconds);

  xmlnode_set_namespace (query, LAST_ACTIVITY);
  xmlnode_set_attrib (query, "seconds", number);
}

/* Before libpurple reads it: what it does not know is said in the way that it knows. */
static gboolean
on_presence (PurpleConnection *gc, const char *type, const char *from, xmlnode *presence)
{
  xmlnode *idle = presence && !type ? xmlnode_get_child_with_namespace (presence, "idle", IDLE)
                                    : NULL;
  gint64 seconds = idle ? count_seconds (xmlnode_get_attrib (idle, "since"), get_sent (presence))
                        : 0;

  if (seconds > 0 && !xmlnode_get_child_with_namespace (presence, "query", LAST_ACTIVITY))
    add_seconds (presence, seconds);
  return FALSE;
}

/* Our own: libpurple wrote the seconds, others read the date. */
static void
on_sending (PurpleConnection *gc, xmlnode **packet, gpointer data)
{
  xmlnode *presence = packet && *packet && strcmp ((*packet)->name, "presence") == 0 ? *packet
                                                                                     : NULL;
  xmlnode *query = presence ? xmlnode_get_child_with_namespace (presence, "query", LAST_ACTIVITY)
                            : NULL;
  const char *said = query ? xmlnode_get_attrib (query, "seconds") : NULL;
  gint64 seconds = said ? g_ascii_strtoll (said, NULL, 10) : 0;
  g_autoptr (GDateTime) now = seconds > 0 ? g_date_time_new_now_utc () : NULL;
  g_autoptr (GDateTime) since = now ? g_date_time_add_seconds (now, (double)-seconds) : NULL;
  g_autofree char *date = since ? g_date_time_format (since, "%Y-%m-%dT%H:%M:%SZ") : NULL;
  xmlnode *idle;

  if (!date)
    return;
  idle = xmlnode_new_child (presence, "idle");
  xmlnode_set_namespace (idle, IDLE);
  xmlnode_set_attrib (idle, "since", date);
}

void
oh_engine_idle_install (void)
{
  static int handle;
  PurplePlugin *xmpp = purple_find_prpl ("prpl-jabber");

  if (!xmpp)
    return;
  purple_signal_connect (xmpp, "jabber-receiving-presence", &handle, PURPLE_CALLBACK (on_presence),
                         NULL);
  purple_signal_connect (xmpp, "jabber-sending-xmlnode", &handle, PURPLE_CALLBACK (on_sending),
                         NULL);
}
