/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "oh-phone"

#include "plugins/sip/oh-phone-web.h"

#include "client/line/oh-web-call.h"
#include "client/line/oh-web-line.h"
#include "plugins/sip/oh-phone-call.h"

#include <string.h>

#define PATIENCE_MS 5000    /* with SIP that does not answer */
#define LAST_CHANCE_MS 2500 /* for SIP, where HTTPS has just been had */

struct _OhPhoneWeb
{
  OhPhoneAccount *account; /* owns us */
  char *secret;            /* NULL: signed out */
  OhWebLine *line;         /* NULL: not needed */
  gboolean sip;            /* the server has the device by SIP */
  gboolean waits;          /* connected; SIP has its last chance */
  guint timer;             /* PATIENCE_MS or LAST_CHANCE_MS */
};

static void
drop_line (OhPhoneWeb *web)
{
  g_autoptr (OhWebLine) line = g_steal_pointer (&web->line);

  g_clear_handle_id (&web->timer, g_source_remove);
  web->waits = FALSE;
  if (line)
    oh_web_line_close (line);
}

/* --- News of the line --- */

static void
enter (OhPhoneWeb *web)
{
  g_autofree char *audio = oh_phone_account_dup_audio (web->account);
  g_autofree char *pidf = oh_phone_account_dup_presence (web->account);

  g_clear_handle_id (&web->timer, g_source_remove);
  web->waits = FALSE;
  oh_web_line_enter (web->line, audio, oh_phone_account_may_talk (web->account), pidf);
}

static gboolean
on_last_chance_over (gpointer user_data)
{
  OhPhoneWeb *web = user_data;

  web->timer = 0;
  enter (web);
  return G_SOURCE_REMOVE;
}

/* The server is there: perhaps SIP is too, which was tried before. A line with calls is needed at once. */
static void
on_connected (gpointer user_data)
{
  OhPhoneWeb *web = user_data;

  g_clear_handle_id (&web->timer, g_source_remove);
  if (oh_web_line_has_calls (web->line))
    {
      enter (web);
      return;
    }
  web->waits = TRUE;
  web->timer = g_timeout_add (LAST_CHANCE_MS, on_last_chance_over, web);
  oh_phone_account_retry_sip (web->account);
}

static void
on_online (gpointer user_data)
{
  OhPhoneWeb *web = user_data;

  if (!web->sip)
    oh_base_account_set_state (OH_BASE_ACCOUNT (web->account), OH_ACCOUNT_ONLINE,
                               OH_ACCOUNT_REASON_WEB, 0);
}

static void
on_lost (gint64 retry_at, gpointer user_data)
{
  OhPhoneWeb *web = user_data;

  g_clear_handle_id (&web->timer, g_source_remove);
  web->waits = FALSE;
  if (!web->sip && oh_account_get_state (OH_ACCOUNT (web->account)) == OH_ACCOUNT_ONLINE)
    oh_base_account_set_state (OH_BASE_ACCOUNT (web->account), OH_ACCOUNT_RETRYING,
                               OH_ACCOUNT_REASON_NETWORK, retry_at);
}

static void
on_revoked (gpointer user_data)
{
  OhPhoneWeb *web = user_data;

  oh_phone_web_stop (web);
  oh_phone_account_note_revoked (web->account);
}

static void
on_news (guint new_messages, gpointer user_data)
{
  OhPhoneWeb *web = user_data;

  oh_base_account_set_messages_waiting (OH_BASE_ACCOUNT (web->account), new_messages);
  oh_core_refresh_account (oh_phone_account_get_core (web->account), OH_ACCOUNT (web->account));
}

static gboolean
on_idle (gpointer user_data)
{
  OhPhoneWeb *web = user_data;

  web->timer = 0;
  if (!web->sip || !web->line || oh_web_line_has_calls (web->line))
    return G_SOURCE_REMOVE;
  drop_line (web);
  oh_phone_account_retry_sip (web->account); /* the line may have taken its place once more */
  return G_SOURCE_REMOVE;
}

/* Later, not now: the call is in the middle of its end. */
static void
on_calls_over (gpointer user_data)
{
  OhPhoneWeb *web = user_data;

  oh_phone_account_refresh_soon (web->account);
  if (web->sip && !web->timer)
    web->timer = g_timeout_add (1, on_idle, web);
}

static gboolean
is_local (gpointer user_data)
{
  return oh_phone_account_is_local (((OhPhoneWeb *)user_data)->account);
}

static OhCallReason
reason_of (guint status, gpointer user_data)
{
  OhPhoneEnd end = { .end = { .status = status, .by_peer = TRUE } };

  return oh_phone_reason (&end);
}

static gboolean
give_way (OhCall *call, gpointer user_data)
{
  OhPhoneWeb *web = user_data;

  return !web->sip && oh_phone_call_give_way (call, web->account);
}

static const OhWebLineHandlers line_handlers = {
  .connected = on_connected,
  .online = on_online,
  .lost = on_lost,
  .revoked = on_revoked,
  .news = on_news,
  .idle = on_calls_over,
  .is_local = is_local,
  .reason_of = reason_of,
  .give_way = give_way,
};

/* --- News of SIP --- */

/* Only the account's own call server has one: other SIP services have no HTTPS of ours. */
static void
begin (OhPhoneWeb *web)
{
  const OhAccountSettings *settings = oh_base_account_get_settings (OH_BASE_ACCOUNT (web->account));

  if (web->line || !web->secret || !settings->server || settings->embedded)
    return;
  g_clear_handle_id (&web->timer, g_source_remove);
  g_message ("calls are asked for over the web connection: SIP is not to be had");
  web->line = oh_web_line_new (oh_phone_account_get_core (web->account), OH_ACCOUNT (web->account),
                               settings, web->secret, &line_handlers, web);
}

static gboolean
on_patience_over (gpointer user_data)
{
  OhPhoneWeb *web = user_data;

  web->timer = 0;
  begin (web);
  return G_SOURCE_REMOVE;
}

void
oh_phone_web_start (OhPhoneWeb *web, const char *secret)
{
  oh_phone_web_stop (web);
  web->secret = g_strdup (secret);
  web->timer = g_timeout_add (PATIENCE_MS, on_patience_over, web);
}

void
oh_phone_web_stop (OhPhoneWeb *web)
{
  drop_line (web);
  web->sip = FALSE;
  if (web->secret)
    explicit_bzero (web->secret, strlen (web->secret));
  g_clear_pointer (&web->secret, g_free);
}

void
oh_phone_web_sip_failed (OhPhoneWeb *web)
{
  web->sip = FALSE;
  if (web->waits)
    enter (web);
  else
    begin (web);
}

void
oh_phone_web_sip_is_back (OhPhoneWeb *web)
{
  web->sip = TRUE;
  if (!web->line || !oh_web_line_has_calls (web->line))
    drop_line (web);
}

gboolean
oh_phone_web_is_online (OhPhoneWeb *web)
{
  return web->line && oh_web_line_is_online (web->line);
}

/* The server knows people and numbers of its own, and its trunks the rest: it wants no address. */
void
oh_phone_web_dial (OhPhoneWeb *web, const char *target, const char *peer)
{
  const char *user = g_str_has_prefix (target, "sip:") ? target + 4 : target;
  g_autofree char *number = g_strndup (user, strcspn (user, "@;?"));

  oh_web_call_dial (web->line, number, user, peer);
}

void
oh_phone_web_report (OhPhoneWeb *web, const char *pidf)
{
  if (oh_phone_web_is_online (web))
    oh_web_line_report (web->line, pidf);
}

void
oh_phone_web_describe (OhPhoneWeb *web)
{
  if (!web->sip && oh_phone_web_is_online (web)) /* else SIP tells it */
    enter (web);
}

void
oh_phone_web_network_changed (OhPhoneWeb *web)
{
  if (web->line)
    oh_web_line_hurry (web->line);
}

OhPhoneWeb *
oh_phone_web_new (OhPhoneAccount *account)
{
  OhPhoneWeb *web = g_new0 (OhPhoneWeb, 1);

  web->account = account;
  return web;
}

void
oh_phone_web_free (OhPhoneWeb *web)
{
  oh_phone_web_stop (web);
  g_free (web);
}
