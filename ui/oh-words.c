/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "oh-ui"

#include "oh-config.h"

#include "ui/oh-words.h"

#include "base/oh-clock.h"
#include "base/oh-error.h"
#include "ui/oh-day.h"

#include <glib/gi18n.h>
#include <gtk/gtk.h>

#define LEFT_TO_RIGHT_ISOLATE "\xe2\x81\xa6"
#define POP_ISOLATE "\xe2\x81\xa9"

char *
oh_words_number (const char *number)
{
  if (!number || !*number)
    return g_strdup ("");
  if (gtk_widget_get_default_direction () == GTK_TEXT_DIR_RTL)
    return g_strconcat (LEFT_TO_RIGHT_ISOLATE, number, POP_ISOLATE, NULL);
  return g_strdup (number);
}

char *
oh_words_person (const char *name, const char *number, gboolean withheld)
{
  if (name && *name)
    return g_strdup (name);
  if (number && *number)
    return oh_words_number (number);
  return g_strdup (withheld ? _ ("Withheld number") : _ ("Unknown number"));
}

static const char *
words_of_reason (OhCallReason reason, gboolean incoming)
{
  switch (reason)
    {
    case OH_CALL_REASON_HUNG_UP:
      return _ ("Call ended");
    case OH_CALL_REASON_REMOTE:
      return _ ("The other side hung up");
    case OH_CALL_REASON_CANCELLED:
      return incoming ? _ ("The caller hung up") : _ ("Call cancelled");
    case OH_CALL_REASON_ELSEWHERE:
      return _ ("Answered on another device");
    case OH_CALL_REASON_DECLINED:
      return incoming ? _ ("Declined") : _ ("The call was declined");
    case OH_CALL_REASON_VOICEMAIL:
      return incoming ? _ ("The caller can leave a message") : _ ("Voicemail answered");
    case OH_CALL_REASON_BUSY:
      return _ ("The line is busy");
    case OH_CALL_REASON_NO_ANSWER:
      return incoming ? _ ("Not answered in time") : _ ("Nobody answered");
    case OH_CALL_REASON_NOT_FOUND:
      return _ ("There is no such number");
    case OH_CALL_REASON_REFUSED:
      return _ ("The call was not allowed");
    case OH_CALL_REASON_NETWORK:
      return _ ("The connection was lost");
    case OH_CALL_REASON_SIGNED_OUT:
      return _ ("You were signed out");
    case OH_CALL_REASON_NONE:
    default:
      return _ ("Call ended");
    }
}

/* @chosen: what is on its way to the server, or 0. */
static const char *
words_of_incoming (OhCallOption chosen)
{
  if (!chosen)
    return _ ("Incoming call");
  return chosen == OH_CALL_OPTION_VOICEMAIL ? _ ("Sending to voicemail…") : _ ("Declining…");
}

char *
oh_words_call (OhCall *call)
{
  switch (oh_call_get_state (call))
    {
    case OH_CALL_INCOMING:
      return g_strdup (words_of_incoming (oh_call_get_chosen (call)));
    case OH_CALL_CALLING:
      return g_strdup (_ ("Calling…"));
    case OH_CALL_RINGING:
      return g_strdup (_ ("Ringing…"));
    case OH_CALL_CONNECTING:
      return g_strdup (_ ("Connecting…"));
    case OH_CALL_ACTIVE:
      if (oh_call_is_held (call))
        return g_strdup (C_ ("call", "On hold"));
      return oh_words_duration ((oh_clock_now () - oh_call_get_started (call)) / G_USEC_PER_SEC);
    case OH_CALL_ENDED:
    default:
      return g_strdup (words_of_reason (oh_call_get_reason (call), oh_call_is_incoming (call)));
    }
}

static const char *
words_of_account_reason (OhAccountReason reason)
{
  switch (reason)
    {
    case OH_ACCOUNT_REASON_SIGNED_OUT:
      return _ ("You are signed out.");
    case OH_ACCOUNT_REASON_NETWORK:
      return _ ("The call server can’t be reached.");
    case OH_ACCOUNT_REASON_PASSWORD:
      return _ ("The call server refused this device. Sign in again.");
    case OH_ACCOUNT_REASON_REVOKED:
      return _ ("This device was signed out by the call server. Sign in again.");
    case OH_ACCOUNT_REASON_CERTIFICATE:
      return _ ("The call server shows another certificate than before.");
    case OH_ACCOUNT_REASON_SERVER:
      return _ ("The call server has a problem.");
    case OH_ACCOUNT_REASON_KEYRING:
      return _ (
          "The sign-in can’t be read from the keyring. Unlock the keyring, and Offhook connects "
          "by itself.");
    case OH_ACCOUNT_REASON_NONE:
    default:
      return _ ("You can’t be called now.");
    }
}

/* Of an account at an IM service. */
static const char *
words_of_messenger_reason (OhAccountReason reason)
{
  switch (reason)
    {
    case OH_ACCOUNT_REASON_SIGNED_OUT:
      return _ ("You are signed out.");
    case OH_ACCOUNT_REASON_NETWORK:
      return _ ("The service can’t be reached.");
    case OH_ACCOUNT_REASON_PASSWORD:
      return _ ("The service refused the password.");
    case OH_ACCOUNT_REASON_CERTIFICATE:
      return _ ("The certificate of the service is not trusted.");
    case OH_ACCOUNT_REASON_SERVER:
      return _ ("The service has a problem.");
    case OH_ACCOUNT_REASON_KEYRING:
      return _ ("The password can’t be read from the keyring.");
    case OH_ACCOUNT_REASON_NAME:
      return _ ("The service knows no such user.");
    case OH_ACCOUNT_REASON_IN_USE:
      return _ ("You are signed in elsewhere, or the name is taken.");
    case OH_ACCOUNT_REASON_ENCRYPTION:
      return _ ("The service offers no encryption, or it failed.");
    case OH_ACCOUNT_REASON_SETTINGS:
      return _ ("The settings of this account are not valid. Forget it and add it anew.");
    case OH_ACCOUNT_REASON_PROTOCOL:
      return _ ("The plug-in for this service is missing, or fails again and again.");
    case OH_ACCOUNT_REASON_ENGINE:
      return _ ("The program for messages ended and is started again.");
    case OH_ACCOUNT_REASON_PROXY:
      return _ ("The proxy can’t be reached.");
    case OH_ACCOUNT_REASON_PROXY_REFUSED:
      return _ ("The proxy does not let the connection through.");
    case OH_ACCOUNT_REASON_PROXY_PASSWORD:
      return _ ("The proxy refused the user name or the password.");
    case OH_ACCOUNT_REASON_REVOKED:
    case OH_ACCOUNT_REASON_NONE:
    default:
      return _ ("You get no messages now.");
    }
}

/* What it is to its user: a call server's account takes calls, and may carry messages too. */
static gboolean
takes_calls (OhAccount *account)
{
  return (oh_account_get_features (account) & OH_ACCOUNT_CALLS) != 0;
}

static const char *
words_of_reason_of (OhAccount *account)
{
  OhAccountReason reason = oh_account_get_reason (account);

  return takes_calls (account) ? words_of_account_reason (reason)
                               : words_of_messenger_reason (reason);
}

char *
oh_words_account (OhAccount *account)
{
  switch (oh_account_get_state (account))
    {
    case OH_ACCOUNT_ONLINE:
      if (oh_account_get_reason (account) == OH_ACCOUNT_REASON_WEB)
        return g_strdup (_ ("Online over the web connection: calls work, messages wait."));
      return g_strdup (C_ ("account", "Online"));
    case OH_ACCOUNT_CONNECTING:
      if (oh_account_get_reason (account) == OH_ACCOUNT_REASON_KEYRING)
        return g_strdup (takes_calls (account) ? _ ("Unlock the keyring to be called.")
                                               : _ ("Unlock the keyring to get messages."));
      return g_strdup (C_ ("account", "Connecting…"));
    case OH_ACCOUNT_RETRYING:
      {
        gint64 left = (oh_account_get_retry_at (account) - oh_clock_now ()) / G_USEC_PER_SEC;
        const char *why = words_of_reason_of (account);
        if (left <= 0)
          return g_strdup (why);
        /* Translators: %s says why there is no connection. */
        return g_strdup_printf (
            ngettext ("%s Next try in %d second.", "%s Next try in %d seconds.", (gulong)left), why,
            (int)left);
      }
    case OH_ACCOUNT_OFFLINE:
    case OH_ACCOUNT_FAILED:
    default:
      return g_strdup (words_of_reason_of (account));
    }
}

char *
oh_words_protocol (const char *protocol)
{
  static const struct
  {
    const char *protocol, *title;
  } known[] = { { "prpl-jabber", "XMPP" }, { "prpl-irc", "IRC" }, { "prpl-simple", "SIP" } };

  for (gsize i = 0; i < G_N_ELEMENTS (known); i++)
    if (strcmp (protocol, known[i].protocol) == 0)
      return g_strdup (known[i].title);
  return g_strdup (g_str_has_prefix (protocol, "prpl-") ? protocol + 5 : protocol);
}

const char *
oh_words_outcome (OhHistoryEntry *entry)
{
  gboolean incoming = oh_history_entry_is_incoming (entry);
  switch (oh_history_entry_get_outcome (entry))
    {
    case OH_OUTCOME_ANSWERED:
      return incoming ? C_ ("call", "Incoming") : C_ ("call", "Outgoing");
    case OH_OUTCOME_MISSED:
      return incoming ? C_ ("call", "Missed") : C_ ("call", "Nobody answered");
    case OH_OUTCOME_DECLINED:
      return C_ ("call", "Declined");
    case OH_OUTCOME_VOICEMAIL:
      return C_ ("call", "Voicemail");
    case OH_OUTCOME_BUSY:
      return C_ ("call", "Busy");
    case OH_OUTCOME_ELSEWHERE:
      return C_ ("call", "Answered on another device");
    case OH_OUTCOME_FAILED:
    default:
      return C_ ("call", "Failed");
    }
}

char *
oh_words_duration (gint64 seconds)
{
  seconds = MAX (seconds, 0);
  if (seconds >= 3600)
    return g_strdup_printf ("%d:%02d:%02d", (int)(seconds / 3600), (int)(seconds / 60 % 60),
                            (int)(seconds % 60));
  return g_strdup_printf ("%d:%02d", (int)(seconds / 60), (int)(seconds % 60));
}

static char *
format_time (gint64 unix_time, const char *long_ago)
{
  g_autoptr (GDateTime) then = g_date_time_new_from_unix_local (unix_time);
  g_autoptr (GTimeZone) zone = g_time_zone_new_local ();
  int days = oh_day_distance (unix_time, g_get_real_time () / G_USEC_PER_SEC, zone);

  if (!then)
    return g_strdup ("");
  if (days == 0)
    return g_date_time_format (then, "%H:%M");
  if (days == 1)
    /* Translators: a time of yesterday, for strftime(). */
    return g_date_time_format (then, _ ("Yesterday %H:%M"));
  if (days > 1 && days < 7)
    return g_date_time_format (then, "%a %H:%M");
  return g_date_time_format (then, long_ago);
}

char *
oh_words_when (gint64 unix_time)
{
  /* Translators: a day of long ago, for strftime(). */
  return format_time (unix_time, _ ("%e %b %Y"));
}

char *
oh_words_moment (gint64 unix_time)
{
  /* Translators: a time of long ago, for strftime(). */
  return format_time (unix_time, _ ("%e %b %Y, %H:%M"));
}

const char *
oh_words_quality (double mos)
{
  if (mos <= 0)
    return _ ("Not measured yet");
  if (mos >= 4.0)
    return C_ ("sound quality", "Very good");
  if (mos >= 3.6)
    return C_ ("sound quality", "Good");
  if (mos >= 3.1)
    return C_ ("sound quality", "Fair");
  if (mos >= 2.6)
    return C_ ("sound quality", "Poor");
  return C_ ("sound quality", "Bad");
}

static const char *
words_of_sign_in_error (int code)
{
  switch (code)
    {
    case OH_SIGN_IN_ERROR_ADDRESS:
      return _ ("This is not the address of a server. Try something like calls.example.org.");
    case OH_SIGN_IN_ERROR_UNREACHABLE:
      return _ ("Nobody answers at this address. Is it right, and are you online?");
    case OH_SIGN_IN_ERROR_CERTIFICATE:
      return _ ("This server’s certificate is not known.");
    case OH_SIGN_IN_ERROR_PASSWORD:
      return _ ("User name or password is wrong.");
    case OH_SIGN_IN_ERROR_LOCKED:
      return _ ("Too many wrong passwords. Wait some minutes and try again.");
    case OH_SIGN_IN_ERROR_NOT_OURS:
      return _ ("Something else than a call server answers at this address.");
    case OH_SIGN_IN_ERROR_SERVER:
      return _ ("The call server has a problem. Try again later.");
    case OH_SIGN_IN_ERROR_KEYRING_LOCKED:
      return _ ("The keyring is locked, so the sign-in can’t be kept. Unlock it and try again.");
    case OH_SIGN_IN_ERROR_KEYRING_ABSENT:
      return _ ("There is no keyring to keep the sign-in.");
    case OH_SIGN_IN_ERROR_NO_DAEMON:
      return _ ("The call server (offhookd) is not installed on this computer.");
    case OH_SIGN_IN_ERROR_DAEMON:
    default:
      return _ ("The call server did not start.");
    }
}

static const char *
words_of_common_error (int code)
{
  switch (code)
    {
    case OH_ERROR_INVALID:
      return _ ("This is not a number or address.");
    case OH_ERROR_NOT_FOUND:
      return _ ("There is no such number");
    case OH_ERROR_DENIED:
      return _ ("This is not allowed.");
    case OH_ERROR_BUSY:
      return _ ("The device is in use.");
    case OH_ERROR_TIMEOUT:
      return _ ("The server did not answer in time.");
    case OH_ERROR_NETWORK:
    case OH_ERROR_CLOSED:
      return _ ("There is no connection to the call server.");
    case OH_ERROR_LIMIT:
      return _ ("Too many or too large for the server.");
    default:
      return _ ("Something went wrong.");
    }
}

char *
oh_words_error (const GError *error)
{
  if (error->domain == OH_SIGN_IN_ERROR)
    {
      const char *words = words_of_sign_in_error (error->code);
      if (error->code == OH_SIGN_IN_ERROR_DAEMON)
        return g_strdup_printf ("%s\n%s", words, error->message);
      return g_strdup (words);
    }
  return g_strdup (error->domain == OH_ERROR ? words_of_common_error (error->code)
                                             : _ ("Something went wrong."));
}

char *
oh_words_server_error (const GError *error)
{
  if (error->domain == OH_SIGN_IN_ERROR)
    switch (error->code)
      {
      case OH_SIGN_IN_ERROR_UNREACHABLE:
      case OH_SIGN_IN_ERROR_NOT_OURS:
        return g_strdup (_ ("There is no connection to the call server."));
      case OH_SIGN_IN_ERROR_PASSWORD:
        return g_strdup (_ ("The call server refused this device. Sign in again."));
      default:
        break;
      }
  return oh_words_error (error);
}
