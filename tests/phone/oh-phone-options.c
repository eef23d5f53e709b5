/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "oh-phone"

#include "tests/phone/oh-phone-options.h"

#include <locale.h>
#include <string.h>

#define DESCRIPTION                                                                                \
  "Prints one JSON line an event and, last, one with the result. The password of --register or "   \
  "of "                                                                                            \
  "a challenge is taken from the environment's OFFHOOK_PHONE_SECRET.\n"                            \
  "SIGUSR1 answers what rings, SIGTERM hangs up and ends.\n"                                       \
  "Exit: 0 the call was answered, 3 it was not, 1 failure, 2 usage."

static gboolean
parse_crypto (const char *text, OhPhoneOptions *options)
{
  if (text == NULL || strcmp (text, "off") == 0)
    options->crypto = OH_PEER_CRYPTO_NONE;
  else if (strcmp (text, "sdes") == 0)
    options->crypto = OH_PEER_CRYPTO_SDES;
  else if (strcmp (text, "dtls") == 0)
    options->crypto = OH_PEER_CRYPTO_DTLS;
  else
    return FALSE;
  return TRUE;
}

static gboolean
check (OhPhoneOptions *options, const char *crypto, char **rest)
{
  if (!parse_crypto (crypto, options))
    g_printerr ("--srtp is off, sdes or dtls, not \"%s\"\n", crypto);
  else if (rest != NULL && rest[0] != NULL && rest[1] != NULL)
    g_printerr ("One target only\n");
  else if (!options->wait && (rest == NULL || rest[0] == NULL))
    g_printerr ("Name whom to call (sip:100@127.0.0.1:5060), or --wait\n");
  else if (options->calls < 1 || options->calls > 100000 || options->rate <= 0)
    g_printerr ("--calls and --rate must be above 0\n");
  else
    return TRUE;
  return FALSE;
}

static void
set_defaults (OhPhoneOptions *options)
{
  options->secret = g_getenv ("OFFHOOK_PHONE_SECRET");
  options->calls = 1;
  options->rate = 10;
  options->keys_delay_ms = 500;
  options->max_s = 120;
  options->expires = 300;
}

static void
fill_defaults (OhPhoneOptions *options, char **rest)
{
  static const char *const any[] = { "udp:127.0.0.1:0", NULL };

  if (options->listen == NULL)
    options->listen = g_strdupv ((char **)any);
  if (options->from == NULL)
    options->from = g_strdup ("sip:demo@127.0.0.1");
  if (options->address == NULL)
    options->address = g_strdup ("127.0.0.1");
  if (options->language == NULL)
    options->language = g_strdup ("en");
  if (rest != NULL)
    options->target = g_strdup (rest[0]);
}

OhPhoneOptions *
oh_phone_options_parse (int argc, char **argv)
{
  g_autoptr (OhPhoneOptions) o = g_new0 (OhPhoneOptions, 1);
  g_autofree char *crypto = NULL;
  g_auto (GStrv) rest = NULL;
  gboolean ice = FALSE;
  g_autoptr (GError) error = NULL;
  GOptionEntry entries[] = {
    { "listen", 'l', 0, G_OPTION_ARG_STRING_ARRAY, &o->listen, "Own address", "udp:HOST:PORT" },
    { "certificates", 0, 0, G_OPTION_ARG_FILENAME, &o->certificate_dir, "For TLS", "FOLDER" },
    { "ca", 0, 0, G_OPTION_ARG_FILENAME, &o->ca_file, "Trusted for TLS", "FILE" },
    { "tls-name", 0, 0, G_OPTION_ARG_STRING, &o->tls_name, "Name in the certificate", "NAME" },
    { "from", 0, 0, G_OPTION_ARG_STRING, &o->from, "Own address", "SIP-URI" },
    { "name", 0, 0, G_OPTION_ARG_STRING, &o->name, "Display name", "NAME" },
    { "proxy", 0, 0, G_OPTION_ARG_STRING, &o->proxy, "Where requests go", "SIP-URI" },
    { "registrar", 0, 0, G_OPTION_ARG_STRING, &o->registrar, "Where to register", "SIP-URI" },
    { "register", 0, 0, G_OPTION_ARG_NONE, &o->do_register, "Register first", NULL },
    { "expires", 0, 0, G_OPTION_ARG_INT, &o->expires, "Of the registration", "S" },
    { "watch", 0, 0, G_OPTION_ARG_STRING, &o->watch, "Subscribe to it once registered",
      "message-summary" },
    { "publish", 0, 0, G_OPTION_ARG_STRING, &o->publish, "Presence to tell once registered",
      "open, closed, away, dnd" },
    { "user", 0, 0, G_OPTION_ARG_STRING, &o->auth_user, "Digest user", "USER" },
    { "instance", 0, 0, G_OPTION_ARG_STRING, &o->instance, "+sip.instance", "URN" },
    { "contact-param", 0, 0, G_OPTION_ARG_STRING_ARRAY, &o->contact_params, "Of Contact", "TEXT" },
    { "header", 0, 0, G_OPTION_ARG_STRING_ARRAY, &o->headers, "Of INVITE or refusal",
      "NAME: VALUE" },
    { "withhold", 0, 0, G_OPTION_ARG_NONE, &o->withhold, "Ask for privacy", NULL },
    { "wait", 'w', 0, G_OPTION_ARG_NONE, &o->wait, "Wait for calls, don't dial", NULL },
    { "keep-waiting", 0, 0, G_OPTION_ARG_NONE, &o->keep_waiting, "Until SIGTERM", NULL },
    { "calls", 0, 0, G_OPTION_ARG_INT, &o->calls, "How many", "N" },
    { "rate", 0, 0, G_OPTION_ARG_DOUBLE, &o->rate, "Calls a second", "R" },
    { "ice", 0, 0, G_OPTION_ARG_NONE, &ice, "ICE, as a browser does", NULL },
    { "stun", 0, 0, G_OPTION_ARG_STRING, &o->stun_server, "STUN server", "HOST:PORT" },
    { "srtp", 0, 0, G_OPTION_ARG_STRING, &crypto, "off, sdes, dtls", "KIND" },
    { "address", 0, 0, G_OPTION_ARG_STRING, &o->address, "Own address for sound", "IP" },
    { "short-packets", 0, 0, G_OPTION_ARG_NONE, &o->short_packets,
      "Of 10 ms where the path is good (Opus)", NULL },
    { "codecs", 0, 0, G_OPTION_ARG_STRING, &o->codecs, "By preference", "opus,G722,PCMU,PCMA" },
    { "play", 'p', 0, G_OPTION_ARG_FILENAME, &o->play, "Said after Answer", "FILE" },
    { "say", 's', 0, G_OPTION_ARG_STRING, &o->say, "The same, spoken", "TEXT" },
    { "language", 0, 0, G_OPTION_ARG_STRING, &o->language, "Of --say", "en" },
    { "play-delay", 0, 0, G_OPTION_ARG_INT, &o->play_delay_ms, "After Answer", "MS" },
    { "early-media", 0, 0, G_OPTION_ARG_NONE, &o->early_media, "Say it (or nothing) while ringing",
      NULL },
    { "record", 'r', 0, G_OPTION_ARG_FILENAME, &o->record, "What is heard", "FILE.wav" },
    { "echo", 0, 0, G_OPTION_ARG_INT, &o->echo_ms, "Say back what is heard, later by", "MS" },
    { "keys", 'k', 0, G_OPTION_ARG_STRING, &o->keys, "Pressed after Answer, \",\" = 1 s", "KEYS" },
    { "keys-delay", 0, 0, G_OPTION_ARG_INT, &o->keys_delay_ms, "After Answer", "MS" },
    { "answer-after", 0, 0, G_OPTION_ARG_INT, &o->answer_after_ms, "Ring so long", "MS" },
    { "ring-only", 0, 0, G_OPTION_ARG_NONE, &o->ring_only, "Never answer", NULL },
    { "talk", 0, 0, G_OPTION_ARG_NONE, &o->talk, "Answer when the server asks for it (Event: talk)",
      NULL },
    { "reject", 0, 0, G_OPTION_ARG_INT, &o->reject, "Refuse after --answer-after", "STATUS" },
    { "cancel-after", 0, 0, G_OPTION_ARG_INT, &o->cancel_after_ms, "Give up ringing", "MS" },
    { "hang-up-after", 0, 0, G_OPTION_ARG_DOUBLE, &o->hang_up_after_s, "After Answer", "S" },
    { "hang-up-after-play", 0, 0, G_OPTION_ARG_NONE, &o->hang_up_after_play, "When all is said",
      NULL },
    { "max-time", 0, 0, G_OPTION_ARG_DOUBLE, &o->max_s, "Ends everything", "S" },
    { G_OPTION_REMAINING, 0, 0, G_OPTION_ARG_STRING_ARRAY, &rest, NULL, "[SIP-URI]" },
    { NULL }
  };
  g_autoptr (GOptionContext) context = g_option_context_new ("- a scripted telephone");

  setlocale (LC_CTYPE, ""); /* names in options are UTF-8 */
  set_defaults (o);
  g_option_context_set_description (context, DESCRIPTION);
  g_option_context_add_main_entries (context, entries, NULL);
  if (!g_option_context_parse (context, &argc, &argv, &error))
    {
      g_printerr ("%s\n", error->message);
      return NULL;
    }
  if (!check (o, crypto, rest))
    return NULL;
  o->net = ice ? OH_PEER_NET_ICE : OH_PEER_NET_PLAIN;
  fill_defaults (o, rest);
  return g_steal_pointer (&o);
}

void
oh_phone_options_free (OhPhoneOptions *options)
{
  char *strings[] = { options->certificate_dir,
                      options->ca_file,
                      options->tls_name,
                      options->from,
                      options->name,
                      options->proxy,
                      options->registrar,
                      options->auth_user,
                      options->watch,
                      options->publish,
                      options->instance,
                      options->target,
                      options->address,
                      options->codecs,
                      options->stun_server,
                      options->play,
                      options->say,
                      options->language,
                      options->record,
                      options->keys };

  for (guint i = 0; i < G_N_ELEMENTS (strings); i++)
    g_free (strings[i]);
  g_strfreev (options->listen);
  g_strfreev (options->headers);
  g_strfreev (options->contact_params);
  g_free (options);
}
