/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "offhookctl"

#include "server/admin/oh-ctl-private.h"

#include "base/oh-error.h"

#include <stdio.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

static const OhCtlOption user_add_options[] = {
  { "--name", "name", OH_CTL_TEXT, "shown to callers and colleagues" },
  { "--language", "language", OH_CTL_TEXT, "of prompts: en, de, ..." },
  { "--default-option", "default_option", OH_CTL_NUMBER,
    "number of the option when nobody answers (3: voicemail)" },
  { "--default-delay", "default_delay", OH_CTL_NUMBER, "seconds until then" },
  { "--decline-action", "decline_action", OH_CTL_TEXT, "voicemail, busy or hang-up" },
  { "--order", "ring_order", OH_CTL_TEXT,
    "what rings first: activity (used last), rank (own order), or together" },
  { "--next-delay", "next_delay", OH_CTL_NUMBER, "seconds until the next rings too" },
  { "--away", "away_rule", OH_CTL_TEXT, "where he is away it rings: ring, later, or skip" },
  { "--dnd", "dnd_rule", OH_CTL_TEXT,
    "do not disturb: ring, later, skip, message (IM only), or default (at once)" },
  { "--learn", "learn_hours", OH_CTL_TEXT, "where he usually answers at an hour: on, or off" },
  { "--password-stdin", "password", OH_CTL_PASSWORD, "read the password from standard input" },
  { NULL },
};

static const OhCtlOption user_set_options[] = {
  { "--alias", "alias", OH_CTL_TEXT, "a new user name" },
  { "--name", "name", OH_CTL_TEXT, "shown to callers and colleagues" },
  { "--language", "language", OH_CTL_TEXT, "of prompts: en, de, ..." },
  { "--default-option", "default_option", OH_CTL_NUMBER,
    "number of the option when nobody answers (3: voicemail)" },
  { "--default-delay", "default_delay", OH_CTL_NUMBER, "seconds until then" },
  { "--decline-action", "decline_action", OH_CTL_TEXT, "voicemail, busy or hang-up" },
  { "--order", "ring_order", OH_CTL_TEXT,
    "what rings first: activity (used last), rank (own order), or together" },
  { "--next-delay", "next_delay", OH_CTL_NUMBER, "seconds until the next rings too" },
  { "--away", "away_rule", OH_CTL_TEXT, "where he is away it rings: ring, later, or skip" },
  { "--dnd", "dnd_rule", OH_CTL_TEXT,
    "do not disturb: ring, later, skip, message (IM only), or default (at once)" },
  { "--learn", "learn_hours", OH_CTL_TEXT, "where he usually answers at an hour: on, or off" },
  { NULL },
};

static const OhCtlOption password_options[] = {
  { "--password-stdin", "password", OH_CTL_PASSWORD,
    "read the password from standard input (else it is asked for)" },
  { NULL },
};

static const OhCtlOption trunk_options[] = {
  { "--kind", "kind", OH_CTL_TEXT, "register (we sign in) or address (trusted by address)" },
  { "--aor", "aor", OH_CTL_TEXT, "our address there: sip:USER@PROVIDER" },
  { "--registrar", "registrar", OH_CTL_TEXT, "sip:HOST, where it is not the PROVIDER" },
  { "--proxy", "proxy", OH_CTL_TEXT, "where calls go out: sip:HOST:PORT;transport=udp" },
  { "--auth-user", "auth_user", OH_CTL_TEXT, "user of the digest, where it is not USER" },
  { "--transport", "transport", OH_CTL_TEXT, "udp, tcp or tls" },
  { "--tls-name", "tls_name", OH_CTL_TEXT, "name in its certificate, where HOST is another" },
  { "--trusted", "trusted", OH_CTL_LIST, "address or block that calls come from; several" },
  { "--codec", "codecs", OH_CTL_LIST, "PCMU, PCMA, G722, opus or G729, in order; several" },
  { "--srtp", "srtp", OH_CTL_TEXT, "off, optional or required" },
  { "--prefix", "prefixes", OH_CTL_LIST, "dialled numbers that go out here; '' is all; several" },
  { "--caller-number", "caller_number", OH_CTL_TEXT, "shown for calls out" },
  { "--public-address", "public_address", OH_CTL_TEXT, "ours, as this trunk sees it" },
  { "--number", "number", OH_CTL_TEXT, "takes calls for numbers that nobody has" },
  { "--password-stdin", "password", OH_CTL_PASSWORD, "read the password from standard input" },
  { NULL },
};

static const OhCtlOption device_options[] = {
  { "--desk-phone", "desk_phone", OH_CTL_SWITCH, "a telephone that signs in by MD5 digest" },
  { "--name", "name", OH_CTL_TEXT, "\"kitchen\"" },
  { NULL },
};

static const OhCtlOption place_options[] = {
  { "--rank", "rank", OH_CTL_NUMBER, "where it stands in the user's order; 0 is none" },
  { "--evidence", "evidence", OH_CTL_TEXT,
    "auto; weak: it is always online, strong: only where the user is" },
  { NULL },
};

static const OhCtlOption calls_options[] = {
  { "--past", "past", OH_CTL_SWITCH, "the last calls, not the running ones" },
  { "--limit", "limit", OH_CTL_NUMBER, "how many (20)" },
  { NULL },
};

static const OhCtlOption events_options[] = {
  { "--follow", "follow", OH_CTL_SWITCH, "show them as they come, until Ctrl+C" },
  { "--call", "call", OH_CTL_TEXT, "of one call" },
  { "--after", "after", OH_CTL_NUMBER, "with a greater number than this" },
  { "--limit", "limit", OH_CTL_NUMBER, "how many (100)" },
  { NULL },
};

static const OhCtlOption im_account_options[] = {
  { "--protocol", "protocol", OH_CTL_TEXT, "xmpp, irc, sip, or another that libpurple has" },
  { "--username", "username", OH_CTL_TEXT, "CALLS@DOMAIN for XMPP, NICK@SERVER for IRC" },
  { "--option", "options", OH_CTL_LIST, "NAME=VALUE of the protocol's own options; several" },
  { "--fingerprint", "fingerprint", OH_CTL_TEXT, "SHA-256 of a certificate that is trusted" },
  { "--rate", "rate", OH_CTL_NUMBER, "messages a second, where it bears more than usual" },
  { "--proxy", "proxy", OH_CTL_TEXT, "through what it goes, as of 'im account proxy'" },
  { "--password-stdin", "password", OH_CTL_PASSWORD, "read the password from standard input" },
  { NULL },
};

static const OhCtlOption im_proxy_options[] = {
  { "--password-stdin", "password", OH_CTL_PASSWORD,
    "read the proxy's password from standard input" },
  { NULL },
};

static const OhCtlOption im_identity_options[] = {
  { "--verified", "verified", OH_CTL_SWITCH, "it is the user's, you know it" },
  { "--hide-number", "hide_number", OH_CTL_SWITCH, "never tell the caller's number there" },
  { NULL },
};

const OhCtlCommand oh_ctl_commands[] = {
  { "user add", "user-add", { "user" }, user_add_options, "A new user", NULL },
  { "user list", "user-list", { NULL }, NULL, "All users", oh_ctl_print_users },
  { "user set", "user-set", { "user" }, user_set_options, "Change a user", NULL },
  { "user password", "user-password", { "user" }, password_options, "A new password", NULL },
  { "user remove",
    "user-remove",
    { "user" },
    NULL,
    "Remove a user with devices, history and voicemail",
    NULL },
  { "hours forget", "hours-forget", { "user" }, NULL, "Forget where a user usually answers", NULL },
  { "hours",
    "hours",
    { "user" },
    NULL,
    "Where a user usually answers, as it was learned",
    oh_ctl_print_hours },
  { "number add", "number-add", { "number", "user" }, NULL, "Give a number to a user", NULL },
  { "number list", "number-list", { NULL }, NULL, "All numbers", oh_ctl_print_numbers },
  { "number remove", "number-remove", { "number" }, NULL, "Take a number back", NULL },
  { "trunk add", "trunk-add", { "name" }, trunk_options, "A way to the telephone network", NULL },
  { "trunk list", "trunk-list", { NULL }, NULL, "All trunks and their state", oh_ctl_print_trunks },
  { "trunk remove", "trunk-remove", { "name" }, NULL, "Remove a trunk", NULL },
  { "device add",
    "device-add",
    { "user" },
    device_options,
    "A device's own user and secret, shown once",
    oh_ctl_print_new_device },
  { "device list",
    "device-list",
    { "user?" },
    NULL,
    "Devices that may sign in",
    oh_ctl_print_devices },
  { "device set", "device-set", { "device" }, place_options, "When a device rings", NULL },
  { "device revoke", "device-revoke", { "device" }, NULL, "Sign a device out for good", NULL },
  { "im account add",
    "im-account-add",
    { "name" },
    im_account_options,
    "The server's own account at an IM service",
    NULL },
  { "im account list",
    "im-account-list",
    { NULL },
    NULL,
    "The server's IM accounts and their state",
    oh_ctl_print_im_accounts },
  { "im account trust",
    "im-account-trust",
    { "name", "fingerprint?" },
    NULL,
    "Trust the service's certificate (no fingerprint: none any more)",
    NULL },
  { "im account proxy",
    "im-account-proxy",
    { "name", "proxy?" },
    im_proxy_options,
    "Reach the service by http://, socks5:// or tor://[USER@]HOST:PORT, system or none",
    NULL },
  { "im account remove",
    "im-account-remove",
    { "name" },
    NULL,
    "Remove an IM account with the identities that it reaches",
    NULL },
  { "im identity add",
    "im-identity-add",
    { "user", "account", "name" },
    im_identity_options,
    "Where a user is at the account's service",
    NULL },
  { "im identity list",
    "im-identity-list",
    { NULL },
    NULL,
    "All IM identities of users and their presence",
    oh_ctl_print_im_identities },
  { "im identity verify",
    "im-identity-verify",
    { "account", "name", "user?" },
    NULL,
    "It is the user's: calls are offered there",
    NULL },
  { "im identity set",
    "im-identity-set",
    { "account", "name", "user?" },
    place_options,
    "When an IM identity is told",
    NULL },
  { "im identity remove",
    "im-identity-remove",
    { "account", "name", "user?" },
    NULL,
    "Take an IM identity away",
    NULL },
  { "calls", "calls", { NULL }, calls_options, "Calls that run now", oh_ctl_print_calls },
  { "registrations",
    "registrations",
    { NULL },
    NULL,
    "Devices that are signed in now",
    oh_ctl_print_registrations },
  { "events", "events", { NULL }, events_options, "What happened to calls", oh_ctl_print_events },
  { "why",
    "why",
    { "call" },
    NULL,
    "Why a call went where it went: its id, or \"last\"",
    oh_ctl_print_why },
  { "status", "status", { NULL }, NULL, "Ports and numbers of this server", oh_ctl_print_status },
  { "doctor",
    "doctor",
    { NULL },
    NULL,
    "Look for what is wrong, and say what to do",
    oh_ctl_print_doctor },
  { NULL },
};

const OhCtlCommand *
oh_ctl_find_command (char **args, int *words)
{
  for (const OhCtlCommand *command = oh_ctl_commands; command->words; command++)
    {
      g_auto (GStrv) wanted = g_strsplit (command->words, " ", -1);

      *words = 0;
      while (wanted[*words] && g_strcmp0 (args[*words], wanted[*words]) == 0)
        ++*words;
      if (!wanted[*words])
        return command;
    }
  return NULL;
}

/* --- Passwords --- */

static char *
read_line (void)
{
  char line[1024];

  if (!fgets (line, sizeof line, stdin))
    return NULL;
  line[strcspn (line, "\r\n")] = '\0';
  return g_strdup (line);
}

/* Without echo. */
static char *
ask_password (void)
{
  struct termios before, quiet;
  char *line;

  if (tcgetattr (STDIN_FILENO, &before) != 0)
    return NULL;
  quiet = before;
  quiet.c_lflag &= ~(tcflag_t)ECHO;
  fputs ("Password: ", stderr);
  tcsetattr (STDIN_FILENO, TCSAFLUSH, &quiet);
  line = read_line ();
  tcsetattr (STDIN_FILENO, TCSAFLUSH, &before);
  fputc ('\n', stderr);
  return line;
}

static gboolean
set_password (JsonObject *object, gboolean from_stdin, GError **error)
{
  g_autofree char *password = from_stdin ? read_line () : ask_password ();

  if (!password || !*password)
    {
      g_set_error (error, OH_ERROR, OH_ERROR_INVALID,
                   "there is no password: give one line on standard input with --password-stdin");
      return FALSE;
    }
  json_object_set_string_member (object, "password", password);
  return TRUE;
}

/* --- Arguments --- */

static const OhCtlOption *
find_option (const OhCtlCommand *command, const char *flag)
{
  for (const OhCtlOption *option = command->options; option && option->flag; option++)
    if (strcmp (option->flag, flag) == 0)
      return option;
  return NULL;
}

static void
add_to_list (JsonObject *object, const char *key, const char *value)
{
  if (!json_object_has_member (object, key))
    json_object_set_array_member (object, key, json_array_new ());
  json_array_add_string_element (json_object_get_array_member (object, key), value);
}

/* Returns how many arguments it took; 0 with @error. */
static int
take_option (JsonObject *object, const OhCtlOption *option, const char *value, GError **error)
{
  gint64 number;

  if (option->kind == OH_CTL_SWITCH)
    {
      json_object_set_boolean_member (object, option->key, TRUE);
      return 1;
    }
  if (option->kind == OH_CTL_PASSWORD)
    return set_password (object, TRUE, error) ? 1 : 0;
  if (!value)
    {
      g_set_error (error, OH_ERROR, OH_ERROR_INVALID, "%s needs a value", option->flag);
      return 0;
    }
  if (option->kind == OH_CTL_LIST)
    add_to_list (object, option->key, value);
  else if (option->kind == OH_CTL_TEXT)
    json_object_set_string_member (object, option->key, value);
  else if (g_ascii_string_to_signed (value, 10, 0, G_MAXINT64, &number, NULL))
    json_object_set_int_member (object, option->key, number);
  else
    {
      g_set_error (error, OH_ERROR, OH_ERROR_INVALID, "%s needs a whole number, not \"%s\"",
                   option->flag, value);
      return 0;
    }
  return 2;
}

static gboolean
check_positionals (const OhCtlCommand *command, int count, GError **error)
{
  int wanted = 0;

  for (int i = 0; i < 3 && command->positionals[i]; i++)
    wanted += !g_str_has_suffix (command->positionals[i], "?");
  if (count >= wanted)
    return TRUE;
  g_set_error (error, OH_ERROR, OH_ERROR_INVALID, "\"%s\" needs: %s", command->words,
               command->positionals[count]);
  return FALSE;
}

JsonObject *
oh_ctl_parse (const OhCtlCommand *command, char **args, GError **error)
{
  g_autoptr (JsonObject) object = json_object_new ();
  int count = 0;

  json_object_set_string_member (object, "command", command->wire);
  while (*args)
    {
      const OhCtlOption *option = find_option (command, *args);
      int taken = 1;

      if (option)
        {
          taken = take_option (object, option, args[1], error);
          if (taken == 0)
            return NULL;
        }
      else if (g_str_has_prefix (*args, "--") || count >= 3 || !command->positionals[count])
        {
          g_set_error (error, OH_ERROR, OH_ERROR_INVALID, "\"%s\" does not know \"%s\"",
                       command->words, *args);
          return NULL;
        }
      else
        {
          g_autofree char *key = g_strdup (command->positionals[count++]);

          g_strdelimit (key, "?", '\0');
          json_object_set_string_member (object, key, *args);
        }
      args += taken;
    }
  if (!check_positionals (command, count, error))
    return NULL;
  if (strcmp (command->wire, "user-password") == 0 && !json_object_has_member (object, "password")
      && !set_password (object, FALSE, error))
    return NULL;
  return g_steal_pointer (&object);
}

char *
oh_ctl_describe_usage (void)
{
  GString *text = g_string_new ("Usage: offhookctl [--config FILE] [--json] COMMAND ...\n\n");

  for (const OhCtlCommand *command = oh_ctl_commands; command->words; command++)
    {
      g_autoptr (GString) line = g_string_new (command->words);

      for (int i = 0; i < 3 && command->positionals[i]; i++)
        {
          g_autofree char *upper = g_ascii_strup (command->positionals[i], -1);

          g_string_append_printf (line, " %s", upper);
        }
      g_string_append_printf (text, "  %-28s %s\n", line->str, command->help);
      for (const OhCtlOption *option = command->options; option && option->flag; option++)
        g_string_append_printf (text, "      %-24s %s\n", option->flag, option->help);
    }
  g_string_append (text, "\n--json prints what programs read. Exit: 0 done, 1 failed, 2 wrong use, "
                         "3 offhookd does not run.\n");
  return g_string_free (text, FALSE);
}
