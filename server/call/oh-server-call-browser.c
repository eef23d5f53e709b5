/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "oh-call"

#include "server/call/oh-browser-calls.h"
#include "server/call/oh-server-call-private.h"

#include "base/oh-clock.h"

#include <string.h>

/* Browsers in the calls' offers. While it rings a browser is a fork whose media peer is agreed on and
 * connected already (the warm path); the one whose Answer comes first becomes the far leg. */

#define MAX_BROWSERS 8 /* of one call */
#define GRACE_MS 15000 /* in the call, for a connection that broke */

typedef struct
{
  OhExchange *exchange;
  guint64 id;
  OhServerCall *call;
  char *address;
  gboolean is_program;
  guint grace; /* timer */
} OhBrowser;

static const OhLegEvents browser_events;

/* --- To server/web --- */

typedef struct
{
  OhExchange *exchange;
  OhBrowserMessage message;
  char *text, *address;
} Letter;

static Letter *
letter_new (OhExchange *exchange, const OhBrowserMessage *message)
{
  Letter *letter = g_new0 (Letter, 1);

  letter->exchange = exchange;
  letter->message = *message;
  letter->message.text = letter->text = g_strdup (message->text);
  letter->message.address = letter->address = g_strdup (message->address);
  return letter;
}

static void
free_letter (Letter *letter)
{
  g_free (letter->text);
  g_free (letter->address);
  g_free (letter);
}

static void
deliver (gpointer data)
{
  Letter *letter = data;

  letter->exchange->browser_func (&letter->message, letter->exchange->browser_data);
  free_letter (letter);
}

static void
tell (OhExchange *exchange, guint64 id, OhBrowserWord word, const char *text, guint number)
{
  OhBrowserMessage message = { .id = id, .word = word, .text = text, .number = number };

  oh_executor_post (&exchange->services, deliver, letter_new (exchange, &message));
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
part (OhBrowser *browser, const char *why)
{
  tell (browser->exchange, browser->id, OH_BROWSER_ENDED, why, 0);
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
        return "timed-out";
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

      if (browser->id != call->browser)
        part (browser, find_reason (call));
    }
}

void
oh_server_call_end_browsers (OhServerCall *call, guint status)
{
  OhBrowser *browser = g_hash_table_lookup (call->exchange->browsers, &call->browser);

  if (browser)
    part (browser, call->exchange->stopping ? "server-stops" : status == 200 ? "hung-up" : "lost");
  oh_server_call_part_browsers (call);
}

void
oh_server_call_give_browser_sdp (OhServerCall *call, const char *sdp)
{
  tell (call->exchange, call->browser, OH_BROWSER_SDP, sdp, 0);
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
  oh_server_call_fill_leg (call, &config, NULL, browser->address);
  fork->leg = oh_leg_new_browser (&config, sdp);
}

/* --- From server/web --- */

/* The call that waits with that offer; NULL: it is over. */
static OhServerCall *
find_call (OhExchange *exchange, const char *offer_id)
{
  GHashTableIter iter;
  gpointer value;

  g_hash_table_iter_init (&iter, exchange->calls);
  while (g_hash_table_iter_next (&iter, NULL, &value))
    {
      OhServerCall *call = value;

      if (call->state == OH_SERVER_CALL_OFFERED && call->plan->user
          && !oh_call_offer_is_chosen (call->offer)
          && strcmp (oh_call_offer_get_id (call->offer), offer_id) == 0)
        return call;
    }
  return NULL;
}

static void
take_open (OhExchange *exchange, const OhBrowserMessage *message)
{
  OhServerCall *call = find_call (exchange, message->text);
  g_autoptr (GPtrArray) others = call ? list_browsers (call) : NULL;
  OhBrowser *browser;

  if (!call || others->len >= MAX_BROWSERS)
    {
      tell (exchange, message->id, OH_BROWSER_ENDED, call ? "too-many" : "over", 0);
      return;
    }
  browser = g_new0 (OhBrowser, 1);
  browser->exchange = exchange;
  browser->id = message->id;
  browser->call = call;
  browser->address = g_strdup (message->address);
  browser->is_program = message->number != 0;
  g_hash_table_insert (exchange->browsers, &browser->id, browser);
  tell (exchange, browser->id, OH_BROWSER_OPENED, NULL,
        oh_call_offer_get_seconds_left (call->offer, oh_clock_now ()));
}

static void
take_offer (OhBrowser *browser, const OhBrowserMessage *message)
{
  OhFork *fork = find_fork (browser->call, browser->id);

  if (browser->id == browser->call->browser)
    oh_leg_take_offer (browser->call->far, message->text);
  else if (fork)
    oh_leg_take_offer (fork->leg, message->text);
  else
    start_fork (browser, message->text);
}

static void
take_answer (OhBrowser *browser, const OhBrowserMessage *message)
{
  OhServerCall *call = browser->call;
  OhFork *fork = find_fork (call, browser->id);

  if (browser->id == call->browser)
    return;
  if (!fork)
    {
      part (browser, "failed");
      return;
    }
  tell (browser->exchange, browser->id, OH_BROWSER_ANSWERED, NULL, 0);
  oh_server_call_answer_by (call, fork);
}

static void
take_digit (OhBrowser *browser, const OhBrowserMessage *message)
{
  OhServerCall *call = browser->call;

  if (browser->id == call->browser && call->leg)
    oh_peer_send_digit (oh_leg_get_peer (call->leg), (char)message->number, 0);
}

static void
take_end (OhBrowser *browser, const OhBrowserMessage *message)
{
  static const OhSipEnd end = { .status = 200, .by_peer = TRUE };
  OhLeg *far = browser->call->far;

  if (browser->id != browser->call->browser)
    {
      leave (browser);
      return;
    }
  g_hash_table_remove (browser->exchange->browsers, &browser->id);
  oh_leg_take_end (far, &end);
}

static void
on_grace_over (gpointer data)
{
  static const OhSipEnd end = { .status = 503, .phrase = "the browser's connection was lost" };
  OhBrowser *browser = data;

  browser->grace = 0;
  oh_leg_take_end (browser->call->far, &end);
}

static void
take_lost (OhBrowser *browser, const OhBrowserMessage *message)
{
  if (browser->id != browser->call->browser)
    leave (browser);
  else if (!browser->grace)
    browser->grace = oh_sip_add_timer (browser->exchange->sip, GRACE_MS, on_grace_over, browser);
}

static void
take_back (OhBrowser *browser, const OhBrowserMessage *message)
{
  if (browser->grace)
    oh_sip_cancel_timer (browser->exchange->sip, browser->grace);
  browser->grace = 0;
}

static void
take_letter (gpointer data)
{
  static void (*const take[]) (OhBrowser *, const OhBrowserMessage *) = {
    [OH_BROWSER_OFFER] = take_offer, [OH_BROWSER_ANSWER] = take_answer,
    [OH_BROWSER_DIGIT] = take_digit, [OH_BROWSER_LOST] = take_lost,
    [OH_BROWSER_BACK] = take_back,   [OH_BROWSER_END] = take_end
  };
  Letter *letter = data;
  OhBrowser *browser = g_hash_table_lookup (letter->exchange->browsers, &letter->message.id);

  if (letter->message.word == OH_BROWSER_OPEN)
    take_open (letter->exchange, &letter->message);
  else if (browser)
    take[letter->message.word](browser, &letter->message);
  free_letter (letter);
}

void
oh_exchange_tell_browser (OhExchange *exchange, const OhBrowserMessage *message)
{
  oh_executor_post (&exchange->signalling, take_letter, letter_new (exchange, message));
}

void
oh_exchange_start_browsers (OhExchange *exchange,
                            OhBrowserFunc func,
                            gpointer user_data,
                            GDestroyNotify destroy)
{
  exchange->browser_func = func;
  exchange->browser_data = user_data;
  exchange->browser_destroy = destroy;
}
