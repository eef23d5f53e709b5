/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "oh-im-engine"

#include "im/engine/oh-engine-private.h"

#define NO_SUCH_NICK "401"

/* RFC 2812, 5.2: ":server 401 OWN NICK :No such nick". libpurple says that only in its own words,
 * in the language of the moment, among remarks of other kinds. */
static void
on_text (PurpleConnection *gc, char **text, gpointer data)
{
  PurpleAccount *account = purple_connection_get_account (gc);
  g_auto (GStrv) words = text && *text ? g_strsplit (*text, " ", 5) : NULL;

  if (words && g_strv_length (words) == 5 && g_str_equal (words[1], NO_SUCH_NICK))
    oh_engine_tell_failure (account, words[3], words[4][0] == ':' ? words[4] + 1 : words[4]);
}

void
oh_engine_irc_set_defaults (PurpleAccount *account)
{
  if (!g_str_equal (purple_account_get_protocol_id (account), "prpl-irc"))
    return;
  purple_account_set_int (account, "ratelimit-interval", 1); /* s; 0 is taken for 1 */
  purple_account_set_int (account, "ratelimit-burst", 2);
}

void
oh_engine_irc_install (void)
{
  static int handle;
  PurplePlugin *irc = purple_find_prpl ("prpl-irc");

  if (irc)
    purple_signal_connect (irc, "irc-receiving-text", &handle, PURPLE_CALLBACK (on_text), NULL);
}
