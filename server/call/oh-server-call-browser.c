/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "oh-call"

#include "server/call/oh-browser-private.h"

#include "base/oh-clock.h"

#include <string.h>

/* Browsers in the calls' offers, and the calls of web lines. While it rings a browser is a fork whose
 * media peer is agreed on and connected already (the warm path); the one whose Answer comes first becomes
 * the far leg. */

#define MAX_BROWSERS 8 /* of one call */
#define GRACE_MS 15000 /* in the call, for a connection that broke */

static const OhLegEvents browser_events;

static void
tell (OhExchange *exchange, guint64 id, OhBrowserWord word, const char *text, guint number)
{
  oh_exchange_tell_web (
      exchange, &(OhBrowserMessage){ .id = id, .word = word, .text = text, .number = number });
}

/* --- Its place in the call --- */

void
oh_browser_free (gpointer data)
{
  OhBrowser *browser = data;

  if (browser->grace)
    oh_sip_cancel_timer (browser->exchange->sip, browser->grace);
  g_free (browser->address);
  g_free (browser);
}

OhBrowser *
oh_browser_add (OhServerCall *call, guint64 id, guint64 line, const char *address)
{
  OhBrowser *browser = g_new0 (OhBrowser, 1);

  browser->exchange = call->exchange;
  browser->id = id;
  browser->line = line;
  browser->call = call;
  browser->address = g_strdup (address);
  g_hash_table_insert (call->exchange->browsers, &browser->id, browser);
  return browser;
}

/* Its leg once the call is its own, or while it calls; NULL: it only rings. */
static OhLeg *
get_live_leg (const OhBrowser *browser)
{
  OhServerCall *call = browser->call;

  return browser->id == call->browser          ? call->far
         : browser->id == call->caller_browser ? call->leg
                                               : NULL;
}

static OhFork *
find_fork (OhServerCall *call, guint64 id)
{
  for (guint i = 0; i < call->forks->len; i++)
    {
      OhFork *fork = g_ptr_array_index (call->forks, i);

      if (fork->browser == id)
        return fork;
    }
  return NULL;
}

/* Those of @call; the caller owns the list. */
static GPtrArray *
list_browsers (OhServerCall *call)
{
  GPtrArray *found = g_ptr_array_new ();
  GHashTableIter iter;
  gpointer browser;

  g_hash_table_iter_init (&iter, call->exchange->browsers);
  while (g_hash_table_iter_next (&iter, NULL, &browser))
    if (((OhBrowser *)browser)->call == call)
      g_ptr_array_add (found, browser);
  return found;
}

/* The last word to it. */
static void
part (OhBrowser *browser, const char *why, guint status)
{
  tell (browser->exchange, browser->id, OH_BROWSER_ENDED, why, status);
  g_hash_table_remove (browser->exchange->browsers, &browser->id);
}

/* Why there is nothing to answer any more. */
static const char *
find_reason (OhServerCall *call)
{
  if (call->exchange->stopping)
    return "server-stops";
  if (call->offer && oh_call_offer_is_chosen (call->offer))
    {
      if (!oh_call_offer_get_winner (call->offer))
        return oh_server_call_defaults_to_voicemail (call) ? "voicemail" : "timed-out";
      return oh_call_offer_get_choice (call->offer) == OH_OPTION_ANSWER      ? "answered-elsewhere"
             : oh_call_offer_get_choice (call->offer) == OH_OPTION_VOICEMAIL ? "voicemail"
                                                                             : "declined";
    }
  return call->state == OH_SERVER_CALL_ENDED ? "caller-gave-up" : "over";
}

void
oh_server_call_part_browsers (OhServerCall *call)
{
  g_autoptr (GPtrArray) browsers = list_browsers (call);

  for (guint i = 0; i < browsers->len; i++)
    {
      OhBrowser *browser = g_ptr_array_index (browsers, i);

      if (browser->id != call->browser && browser->id != call->caller_browser)
        part (browser, find_reason (call), 0);
    }
}

void
oh_server_call_end_browsers (OhServerCall *call, guint status)
{
  const char *why = call->exchange->stopping ? "server-stops" : status == 200 ? "hung-up" : "lost";
  OhBrowser *browser = g_hash_table_lookup (call->exchange->browsers, &call->browser);
  OhBrowser *caller = g_hash_table_lookup (call->exchange->browsers, &call->caller_browser);

  if (browser)
    part (browser, why, status);
  if (caller)
    part (caller, call->leg && !oh_leg_is_answered (call->leg) ? "not-answered" : why, status);
  oh_server_call_part_browsers (call);
}

void
oh_server_call_give_sdp (OhServerCall *call, guint64 browser, const char *sdp)
{
  tell (call->exchange, browser, OH_BROWSER_SDP, sdp, 0);
}

void
oh_server_call_tell_caller (OhServerCall *call, gboolean answered)
{
  tell (call->exchange, call->caller_browser, answered ? OH_BROWSER_ANSWERED : OH_BROWSER_RINGING,
        NULL, 0);
}

void
oh_server_call_ask_line (OhServerCall *call, const OhFork *fork)
{
  tell (call->exchange, fork->browser, OH_BROWSER_TALK, NULL, 0);
}

gboolean
oh_server_call_drop_line (OhServerCall *call, const OhFork *fork)
{
  OhBrowser *browser = g_hash_table_lookup (call->exchange->browsers, &fork->browser);

  if (browser)
    part (browser, "failed", 0);
  return browser != NULL;
}

/* A line's way ends as the SIP call of its device would. */
static void
end_fork (OhFork *fork, guint status, guint choice, gboolean by_peer)
{
  OhSipEnd end = { .status = status, .by_peer = by_peer, .choice = choice };

  if (fork->leg)
    oh_leg_take_end (fork->leg, &end);
}

/* Before the answer: this way is gone. */
static void
leave (OhBrowser *browser)
{
  OhServerCall *call = browser->call;
  OhFork *fork = find_fork (call, browser->id);
  gboolean last;

  g_hash_table_remove (browser->exchange->browsers, &browser->id);
  if (!fork)
    return;
  g_ptr_array_remove (call->forks, fork);
  last = oh_call_offer_lose_way (call->offer, 480);
  if (last)
    oh_server_call_lose_last_way (call);
}

/* --- Its leg --- */

static void
on_sdp (OhLeg *leg, const char *sdp, gpointer user_data)
{
  OhFork *fork = user_data;
  OhServerCall *call = fork->call;

  tell (call->exchange, fork->browser, OH_BROWSER_SDP, sdp, 0);
  if (call->browser_told)
    return;
  call->browser_told = TRUE;
  oh_server_call_tell (call,
                       oh_server_call_new_event (call, OH_EVENT_RINGING, "in a browser",
                                                 oh_server_call_get_user (call), OH_EVENT_BROWSER));
}

static void
on_ended (OhLeg *leg, const OhSipEnd *end, gpointer user_data)
{
  OhFork *fork = user_data;
  OhExchange *exchange = fork->call->exchange;
  OhBrowser *browser = g_hash_table_lookup (exchange->browsers, &fork->browser);

  tell (exchange, browser->id, OH_BROWSER_ENDED, "failed", 0);
  leave (browser);
}

static const OhLegEvents browser_events = {
  .sdp = on_sdp,
  .ended = on_ended,
};

static void
start_fork (OhBrowser *browser, const char *sdp)
{
  OhServerCall *call = browser->call;
  g_autofree char *address = oh_exchange_dup_local_address (call->exchange, browser->address);
  g_autofree char *codecs = oh_server_call_dup_codecs (call);
  OhFork *fork = oh_server_call_add_fork (call);
  OhLegConfig config = {
    .address = address,
    .codecs = codecs,
    .events = &browser_events,
    .user_data = fork,
  };

  fork->browser = browser->id;
  fork->is_program = browser->is_program;
  fork->identity_id = browser->identity_id;
  oh_server_call_fill_leg (call, &config, NULL, browser->address);
  fork->leg = oh_leg_new_browser (&config, sdp);
}

/* --- From server/web --- */

/* The call with that offer, which may be answered since; NULL: there is none any more. */
static OhServerCall *
find_offered (OhExchange *exchange, const char *offer_id)
{
  GHashTableIter iter;
  gpointer value;

  g_hash_table_iter_init (&iter, exchange->calls);
  while (g_hash_table_iter_next (&iter, NULL, &value))
    {
      OhServerCall *call = value;

      if (call->offer && call->plan->user
          && strcmp (oh_call_offer_get_id (call->offer), offer_id) == 0)
        return call;
    }
  return NULL;
}

static gboolean
is_open (OhServerCall *call)
{
  return call->state == OH_SERVER_CALL_OFFERED && !oh_call_offer_is_chosen (call->offer);
}

static guint
count_by_link (OhServerCall *call)
{
  g_autoptr (GPtrArray) browsers = list_browsers (call);
  guint n = 0;

  for (guint i = 0; i < browsers->len; i++)
    n += ((const OhBrowser *)browsers->pdata[i])->line == 0;
  return n;
}

static void
take_open (OhExchange *exchange, const OhBrowserMessage *message)
{
  OhServerCall *call = find_offered (exchange, message->text);
  gboolean open = call && is_open (call);
  OhBrowser *browser;

  if (!open || count_by_link (call) >= MAX_BROWSERS)
    {
      tell (exchange, message->id, OH_BROWSER_ENDED, open ? "too-many" : "over", 0);
      return;
    }
  browser = oh_browser_add (call, message->id, 0, message->address);
  browser->is_program = message->number != 0;
  browser->identity_id = message->identity_id;
  tell (exchange, browser->id, OH_BROWSER_OPENED, NULL,
        oh_call_offer_get_seconds_left (call->offer, oh_clock_now ()));
}

static void
take_offer (OhBrowser *browser, const OhBrowserMessage *message)
{
  OhFork *fork = find_fork (browser->call, browser->id);
  OhLeg *live = get_live_leg (browser);

  if (live)
    oh_leg_take_offer (live, message->text);
  else if (fork && fork->leg)
    oh_leg_take_offer (fork->leg, message->text);
  else if (!browser->line)
    start_fork (browser, message->text);
}

static void
take_answer (OhBrowser *browser, const OhBrowserMessage *message)
{
  OhServerCall *call = browser->call;
  OhFork *fork = find_fork (call, browser->id);

  if (get_live_leg (browser))
    return;
  if (!fork || !fork->leg)
    {
      part (browser, "failed", 0);
      return;
    }
  tell (browser->exchange, browser->id, OH_BROWSER_ANSWERED, NULL, 0);
  oh_server_call_answer_by (call, fork);
}

static void
take_digit (OhBrowser *browser, const OhBrowserMessage *message)
{
  OhServerCall *call = browser->call;

  if (browser->id == call->caller_browser)
    oh_server_call_press (call, (char)message->number);
  else if (browser->id == call->browser && call->leg)
    oh_peer_send_digit (oh_leg_get_peer (call->leg), (char)message->number, 0);
}

static const char *
name_choice (guint option)
{
  return option == OH_OPTION_VOICEMAIL ? "voicemail" : "declined";
}

/* A device of a line says what a refusal by SIP says, and hears that it was taken. */
static void
take_choice (OhBrowser *browser, const OhBrowserMessage *message)
{
  OhFork *fork = find_fork (browser->call, browser->id);

  if (get_live_leg (browser))
    return;
  part (browser, name_choice (message->number), 0);
  if (fork)
    end_fork (fork, 603, message->number, TRUE);
}

const char *
oh_browser_choose_by_offer (OhExchange *exchange,
                            const OhDevice *device,
                            const char *offer_id,
                            OhOption option)
{
  OhServerCall *call = find_offered (exchange, offer_id);

  if (!call || call->plan->user->id != device->user->id)
    return "over";
  if (!is_open (call))
    return find_reason (call);
  oh_server_call_choose_at (call, option, device);
  return name_choice (option);
}

void
oh_browser_end (OhBrowser *browser)
{
  static const OhSipEnd end = { .status = 200, .by_peer = TRUE };
  OhFork *fork = find_fork (browser->call, browser->id);
  OhLeg *live = get_live_leg (browser);

  if (!live && !browser->line)
    {
      leave (browser);
      return;
    }
  g_hash_table_remove (browser->exchange->browsers, &browser->id);
  if (live)
    oh_leg_take_end (live, &end);
  else if (fork)
    end_fork (fork, 480, 0, TRUE);
}

static void
take_end (OhBrowser *browser, const OhBrowserMessage *message)
{
  oh_browser_end (browser);
}

static void
on_grace_over (gpointer data)
{
  static const OhSipEnd end = { .status = 503, .phrase = "the browser's connection was lost" };
  OhBrowser *browser = data;
  OhLeg *live = get_live_leg (browser);

  browser->grace = 0;
  if (live) /* else its sound ended before, and the message that it left is being written */
    oh_leg_take_end (live, &end);
}

void
oh_browser_lose (OhBrowser *browser)
{
  OhFork *fork = find_fork (browser->call, browser->id);

  if (get_live_leg (browser))
    {
      if (!browser->grace)
        browser->grace = oh_sip_add_timer (browser->exchange->sip, GRACE_MS, on_grace_over,
                                           browser);
    }
  else if (!browser->line)
    leave (browser);
  else
    {
      part (browser, "lost", 0);
      if (fork)
        end_fork (fork, 503, 0, FALSE);
    }
}

static void
take_lost (OhBrowser *browser, const OhBrowserMessage *message)
{
  oh_browser_lose (browser);
}

/* What was told while it was away reached nobody: a caller may not know yet that it rings, or that he was
 * answered. */
static void
take_back (OhBrowser *browser, const OhBrowserMessage *message)
{
  OhServerCall *call = browser->call;

  browser->line = message->line;
  if (browser->grace)
    oh_sip_cancel_timer (browser->exchange->sip, browser->grace);
  browser->grace = 0;
  if (!browser->line)
    return;
  tell (browser->exchange, browser->id, OH_BROWSER_RESUMED, NULL, 0);
  if (browser->id != call->caller_browser || !call->leg)
    return;
  if (oh_leg_is_answered (call->leg))
    oh_server_call_tell_caller (call, TRUE);
  else if (call->ring_back || call->bridge)
    oh_server_call_tell_caller (call, FALSE);
}

void
oh_exchange_take_browser (OhExchange *exchange, const OhBrowserMessage *message)
{
  static void (*const take[]) (OhBrowser *, const OhBrowserMessage *) = {
    [OH_BROWSER_OFFER] = take_offer, [OH_BROWSER_ANSWER] = take_answer,
    [OH_BROWSER_DIGIT] = take_digit, [OH_BROWSER_LOST] = take_lost,
    [OH_BROWSER_BACK] = take_back,   [OH_BROWSER_CHOOSE] = take_choice,
    [OH_BROWSER_END] = take_end
  };
  OhBrowser *browser = g_hash_table_lookup (exchange->browsers, &message->id);

  if (message->word == OH_BROWSER_OPEN)
    take_open (exchange, message);
  else if (message->word == OH_BROWSER_DIAL)
    oh_exchange_take_line (exchange, message);
  else if (browser)
    take[message->word](browser, message);
  else if (message->word == OH_BROWSER_BACK)
    tell (exchange, message->id, OH_BROWSER_ENDED, "lost", 0);
}
