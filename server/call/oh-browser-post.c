/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "oh-call"

#include "server/call/oh-browser-private.h"

/* The messages of oh-browser-calls.h on their way between the two threads. */

typedef struct
{
  OhExchange *exchange;
  OhBrowserMessage message;
  OhLineFacts facts;
} Letter;

static Letter *
letter_new (OhExchange *exchange, const OhBrowserMessage *message)
{
  Letter *letter = g_new0 (Letter, 1);

  letter->exchange = exchange;
  letter->message = *message;
  letter->message.text = g_strdup (message->text);
  letter->message.address = g_strdup (message->address);
  if (!message->facts)
    return letter;
  letter->facts = *message->facts;
  letter->facts.device_id = g_strdup (message->facts->device_id);
  letter->facts.key = g_strdup (message->facts->key);
  letter->facts.address = g_strdup (message->facts->address);
  letter->facts.user_agent = g_strdup (message->facts->user_agent);
  letter->facts.audio = g_strdup (message->facts->audio);
  letter->message.facts = &letter->facts;
  return letter;
}

static void
free_letter (Letter *letter)
{
  g_free ((char *)letter->message.text);
  g_free ((char *)letter->message.address);
  g_free (letter->facts.device_id);
  g_free (letter->facts.key);
  g_free (letter->facts.address);
  g_free (letter->facts.user_agent);
  g_free (letter->facts.audio);
  g_free (letter);
}

static void
deliver (gpointer data)
{
  Letter *letter = data;

  letter->exchange->browser_func (&letter->message, letter->exchange->browser_data);
  free_letter (letter);
}

void
oh_exchange_tell_web (OhExchange *exchange, const OhBrowserMessage *message)
{
  if (exchange->browser_func)
    oh_executor_post (&exchange->services, deliver, letter_new (exchange, message));
}

static void
take_letter (gpointer data)
{
  Letter *letter = data;

  if (letter->message.id)
    oh_exchange_take_browser (letter->exchange, &letter->message);
  else
    oh_exchange_take_line (letter->exchange, &letter->message);
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
