/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "oh-test-client"

/* offhook-test-client: the client without a window, for tests of the whole way that need no display.
 * Commands come one a line on standard input, news go out as JSON lines, each with its time ("mono",
 * CLOCK_MONOTONIC microseconds):
 *   sign-in URL USER PASSWORD [FINGERPRINT] | embedded NAME | dial TARGET | echo | answer | decline
 *   voicemail | hang-up | digit K | mute | unmute | hold | resume | play N | delete N | refresh
 *   forget | devices | revoke N | quit
 * and those of chats.c. A verb of a call goes to the last call that has not ended. */
#include "tests/client/driver.h"

#include "base/oh-clock.h"

#include <gio/gunixinputstream.h>
#include <json-glib/json-glib.h>
#include <stdio.h>
#include <string.h>

typedef struct
{
  GMainLoop *loop;
  OhClient *client;
  GDataInputStream *input;
} Driver;

void
say (const char *event, ...)
{
  g_autoptr (JsonBuilder) builder = json_builder_new ();
  g_autoptr (JsonNode) root = NULL;
  g_autofree char *text = NULL;
  va_list list;
  const char *name;

  json_builder_begin_object (builder);
  json_builder_set_member_name (builder, "event");
  json_builder_add_string_value (builder, event);
  va_start (list, event);
  while ((name = va_arg (list, const char *)))
    {
      const char *value = va_arg (list, const char *);

      json_builder_set_member_name (builder, name);
      json_builder_add_string_value (builder, value ? value : "");
    }
  va_end (list);
  json_builder_set_member_name (builder, "mono");
  json_builder_add_int_value (builder, oh_clock_now ());
  json_builder_end_object (builder);
  root = json_builder_get_root (builder);
  text = json_to_string (root, FALSE);
  puts (text);
  fflush (stdout);
}

static void
say_number (const char *event, const char *name, gint64 number)
{
  g_autofree char *text = g_strdup_printf ("%" G_GINT64_FORMAT, number);

  say (event, name, text, NULL);
}

/* --- News --- */

static const char *const call_states[] = { "incoming",   "calling", "ringing",
                                           "connecting", "active",  "ended" };
static const char *const call_reasons[] = { "none",      "hung-up",   "remote",    "cancelled",
                                            "elsewhere", "declined",  "voicemail", "busy",
                                            "no-answer", "not-found", "refused",   "network",
                                            "signed-out" };
static const char *const account_states[] = { "offline", "connecting", "online", "retrying",
                                              "failed" };
static const char *const account_reasons[] = {
  "none",     "signed-out", "network", "password",      "revoked",        "certificate",
  "server",   "keyring",    "name",    "in-use",        "encryption",     "settings",
  "protocol", "engine",     "proxy",   "proxy-refused", "proxy-password", "web"
};

static void
on_call_state (OhCall *call, GParamSpec *pspec, gpointer user_data)
{
  const char *chosen = oh_call_get_chosen (call) == OH_CALL_OPTION_VOICEMAIL ? "voicemail"
                       : oh_call_get_chosen (call)                           ? "decline"
                                                                             : "";
  gboolean by_reply = FALSE;

  g_object_get (call, "by-reply", &by_reply, NULL);
  say ("call", "id", oh_call_get_id (call), "state", call_states[oh_call_get_state (call)],
       "reason", call_reasons[oh_call_get_reason (call)], "name", oh_call_get_name (call), "number",
       oh_call_get_number (call), "called", oh_call_get_called (call), "peer",
       oh_call_get_peer (call), "by_reply", by_reply ? "yes" : "", "chosen", chosen, NULL);
}

static void
on_call_figures (OhCall *call, GParamSpec *pspec, gpointer user_data)
{
  g_autofree char *codec = NULL;
  g_autofree char *cipher = NULL;
  g_autofree char *mos = NULL;
  g_autofree char *sent = NULL;
  double quality = 0, bit_rate = 0, packet_length = 0;
  gboolean half_duplex = FALSE;

  g_object_get (call, "codec", &codec, "cipher", &cipher, "quality", &quality, "half-duplex",
                &half_duplex, "bit-rate", &bit_rate, "packet-length", &packet_length, NULL);
  mos = g_strdup_printf ("%.2f", quality);
  sent = g_strdup_printf ("%.0f/%.0f", bit_rate, packet_length);
  say ("figures", "codec", codec, "cipher", cipher, "quality", mos, "sent", sent, "half_duplex",
       half_duplex ? "yes" : "", NULL);
}

static void
on_far_keys (OhCall *call, GParamSpec *pspec, gpointer user_data)
{
  g_autofree char *keys = NULL;

  g_object_get (call, "far-keys", &keys, NULL);
  say ("far-keys", "keys", keys, NULL);
}

static void
on_calls_changed (GListModel *calls, guint at, guint gone, guint added, gpointer user_data)
{
  for (guint i = 0; i < added; i++)
    {
      g_autoptr (OhCall) call = g_list_model_get_item (calls, at + i);

      g_signal_connect (call, "notify::state", G_CALLBACK (on_call_state), NULL);
      g_signal_connect (call, "notify::chosen", G_CALLBACK (on_call_state), NULL);
      g_signal_connect (call, "notify::quality", G_CALLBACK (on_call_figures), NULL);
      g_signal_connect (call, "notify::far-keys", G_CALLBACK (on_far_keys), NULL);
      on_call_state (call, NULL, NULL);
    }
}

static void
on_account_state (OhAccount *account, GParamSpec *pspec, gpointer user_data)
{
  say ("account", "address", oh_account_get_address (account), "state",
       account_states[oh_account_get_state (account)], "reason",
       account_reasons[oh_account_get_reason (account)], NULL);
}

static void
on_accounts_changed (GListModel *accounts, guint at, guint gone, guint added, gpointer user_data)
{
  for (guint i = 0; i < added; i++)
    {
      g_autoptr (OhAccount) account = g_list_model_get_item (accounts, at + i);

      g_signal_connect (account, "notify::state", G_CALLBACK (on_account_state), NULL);
      on_account_state (account, NULL, NULL);
    }
}

static void
on_voicemails_changed (GListModel *list, guint at, guint gone, guint added, gpointer user_data)
{
  say_number ("voicemails", "count", g_list_model_get_n_items (list));
}

static void
on_history_changed (GListModel *list, guint at, guint gone, guint added, gpointer user_data)
{
  g_autoptr (OhHistoryEntry) newest = g_list_model_get_item (list, 0);
  g_autofree char *count = g_strdup_printf ("%u", g_list_model_get_n_items (list));
  const char *outcomes[] = { "answered", "missed", "declined", "voicemail",
                             "busy",     "failed", "elsewhere" };

  say ("history", "count", count, "number", newest ? oh_history_entry_get_number (newest) : NULL,
       "called", newest ? oh_history_entry_get_called (newest) : NULL, "peer",
       newest ? oh_history_entry_get_peer (newest) : NULL, "outcome",
       newest ? outcomes[oh_history_entry_get_outcome (newest)] : NULL, NULL);
}

/* --- Commands --- */

static OhCall *
last_call (Driver *driver)
{
  GListModel *calls = oh_client_get_calls (driver->client);

  for (guint i = g_list_model_get_n_items (calls); i > 0; i--)
    {
      g_autoptr (OhCall) call = g_list_model_get_item (calls, i - 1);

      if (oh_call_get_state (call) != OH_CALL_ENDED)
        return call; /* the list holds it */
    }
  return NULL;
}

static void
on_signed_in (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (OhAccount) account = oh_client_sign_in_finish (OH_CLIENT (source), result, &error);
  g_autofree char *code = error ? g_strdup_printf ("%d", error->code) : NULL;

  if (account)
    say ("signed-in", "address", oh_account_get_address (account), NULL);
  else
    say ("sign-in-failed", "message", error->message, "code", code, "fingerprint",
         oh_client_get_certificate_in_doubt (OH_CLIENT (source)), NULL);
}

static void
on_played (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GError) error = NULL;
  gboolean ok = oh_client_play_voicemail_finish (OH_CLIENT (source), result, &error);

  say ("playing", "message", ok ? "" : error->message, NULL);
}

static void
on_deleted (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GError) error = NULL;
  gboolean ok = oh_client_delete_voicemail_finish (OH_CLIENT (source), result, &error);

  say ("deleted", "message", ok ? "" : error->message, NULL);
}

static void
on_forgotten (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GError) error = NULL;
  gboolean ok = oh_client_forget_account_finish (OH_CLIENT (source), result, &error);

  say ("forgotten", "message", ok ? "" : error->message, NULL);
}

/* With a number as @user_data that device is revoked, else all are told. */
static void
on_devices (GObject *source, GAsyncResult *result, gpointer user_data)
{
  OhClient *client = OH_CLIENT (source);
  g_autoptr (GListModel) devices = oh_client_get_account_devices_finish (client, result, NULL);
  g_autoptr (OhAccount) account = g_list_model_get_item (oh_client_get_accounts (client), 0);

  for (guint i = 0; devices && i < g_list_model_get_n_items (devices); i++)
    {
      g_autoptr (OhAccountDevice) device = g_list_model_get_item (devices, i);

      if (GPOINTER_TO_UINT (user_data) == i + 1)
        oh_client_revoke_account_device_async (client, account, device, NULL, NULL, NULL);
      else if (!user_data)
        say ("device", "name", oh_account_device_get_name (device), "program",
             oh_account_device_get_program (device), "own",
             oh_account_device_is_own (device) ? "yes" : "no", NULL);
    }
}

static void
on_closed (GObject *source, GAsyncResult *result, gpointer user_data)
{
  Driver *driver = user_data;

  oh_client_close_finish (OH_CLIENT (source), result, NULL);
  g_main_loop_quit (driver->loop);
}

static gboolean
do_call_verb (Driver *driver, char **words)
{
  OhCall *call = last_call (driver);
  const char *verb = words[0];

  if (!call)
    return FALSE;
  if (g_str_equal (verb, "answer"))
    oh_call_choose (call, OH_CALL_OPTION_ANSWER);
  else if (g_str_equal (verb, "decline"))
    oh_call_choose (call, OH_CALL_OPTION_DECLINE);
  else if (g_str_equal (verb, "voicemail"))
    oh_call_choose (call, OH_CALL_OPTION_VOICEMAIL);
  else if (g_str_equal (verb, "hang-up"))
    oh_call_hang_up (call);
  else if (g_str_equal (verb, "digit") && words[1])
    oh_call_send_digit (call, *words[1]);
  else if (g_str_equal (verb, "mute") || g_str_equal (verb, "unmute"))
    oh_call_set_muted (call, *verb == 'm');
  else if (g_str_equal (verb, "hold") || g_str_equal (verb, "resume"))
    oh_call_set_held (call, *verb == 'h');
  else
    return FALSE;
  return TRUE;
}

static gboolean
do_voicemail_verb (Driver *driver, char **words)
{
  GListModel *list = oh_client_get_voicemails (driver->client);
  g_autoptr (OhVoicemail) voicemail = words[1]
                                          ? g_list_model_get_item (list, (guint)atoi (words[1]))
                                          : NULL;

  if (!voicemail)
    return FALSE;
  if (g_str_equal (words[0], "play"))
    oh_client_play_voicemail_async (driver->client, voicemail, NULL, on_played, NULL);
  else if (g_str_equal (words[0], "delete"))
    oh_client_delete_voicemail_async (driver->client, voicemail, NULL, on_deleted, NULL);
  else
    return FALSE;
  return TRUE;
}

static gboolean
do_account_verb (Driver *driver, char **words)
{
  guint n = g_strv_length (words);
  g_autoptr (OhAccount) account = g_list_model_get_item (oh_client_get_accounts (driver->client),
                                                         0);

  if (g_str_equal (words[0], "sign-in") && n >= 4)
    oh_client_sign_in_async (driver->client, words[1], words[2], words[3], words[4], NULL,
                             on_signed_in, NULL);
  else if (g_str_equal (words[0], "embedded") && n >= 2)
    oh_client_start_embedded_async (driver->client, words[1], NULL, on_signed_in, NULL);
  else if (g_str_equal (words[0], "forget") && account)
    oh_client_forget_account_async (driver->client, account, on_forgotten, NULL);
  else if (g_str_equal (words[0], "connect") && account)
    oh_account_sign_in (account);
  else if (g_str_equal (words[0], "disconnect") && account)
    oh_account_sign_out (account);
  else if (g_str_equal (words[0], "devices") && account)
    oh_client_get_account_devices_async (driver->client, account, NULL, on_devices, NULL);
  else if (g_str_equal (words[0], "revoke") && account && words[1])
    oh_client_get_account_devices_async (driver->client, account, NULL, on_devices,
                                         GINT_TO_POINTER (atoi (words[1]) + 1));
  else if (g_str_equal (words[0], "refresh"))
    oh_client_refresh (driver->client);
  else
    return FALSE;
  return TRUE;
}

static gboolean
do_dial (Driver *driver, char **words)
{
  g_autoptr (GError) error = NULL;
  gboolean ok;

  if (g_str_equal (words[0], "dial") && words[1])
    ok = oh_client_dial (driver->client, NULL, words[1], &error);
  else if (g_str_equal (words[0], "echo"))
    ok = oh_client_dial_echo (driver->client, NULL, &error);
  else
    return FALSE;
  if (!ok)
    say ("error", "message", error->message, NULL);
  return TRUE;
}

static gboolean
do_setting (Driver *driver, char **words)
{
  if (!g_str_equal (words[0], "setting") || g_strv_length (words) != 3)
    return FALSE;
  g_object_set (oh_client_get_settings (driver->client), words[1], words[2], NULL);
  return TRUE;
}

static void read_command (Driver *driver);

static void
on_line (GObject *source, GAsyncResult *result, gpointer user_data)
{
  Driver *driver = user_data;
  g_autofree char *line = g_data_input_stream_read_line_finish_utf8 (driver->input, result, NULL,
                                                                     NULL);
  g_auto (GStrv) words = NULL;

  if (!line || g_str_equal (line, "quit"))
    {
      oh_client_close_async (driver->client, on_closed, driver);
      return;
    }
  if (!g_shell_parse_argv (line, NULL, &words, NULL)
      || (!do_call_verb (driver, words) && !do_voicemail_verb (driver, words)
          && !do_account_verb (driver, words) && !do_dial (driver, words)
          && !do_setting (driver, words) && !do_chat_verb (driver->client, words)))
    say ("error", "message", "not possible now", "command", line, NULL);
  read_command (driver);
}

static void
read_command (Driver *driver)
{
  g_data_input_stream_read_line_async (driver->input, G_PRIORITY_DEFAULT, NULL, on_line, driver);
}

static void
on_mode_changed (OhClient *client, GParamSpec *pspec, gpointer user_data)
{
  say_number ("embedded-mode", "mode", oh_client_get_embedded_mode (client));
}

static gboolean
start (Driver *driver)
{
  g_autoptr (GInputStream) input = g_unix_input_stream_new (0, FALSE);
  g_autoptr (GError) error = NULL;

  driver->client = oh_client_new (NULL);
  if (g_getenv ("OFFHOOK_TEST_PLAIN_SECRETS"))
    oh_client_allow_plain_secrets (driver->client, TRUE);
  g_signal_connect (oh_client_get_calls (driver->client), "items-changed",
                    G_CALLBACK (on_calls_changed), NULL);
  g_signal_connect (oh_client_get_accounts (driver->client), "items-changed",
                    G_CALLBACK (on_accounts_changed), NULL);
  g_signal_connect (oh_client_get_voicemails (driver->client), "items-changed",
                    G_CALLBACK (on_voicemails_changed), NULL);
  g_signal_connect (oh_client_get_history (driver->client), "items-changed",
                    G_CALLBACK (on_history_changed), NULL);
  follow_chats (driver->client);
  g_signal_connect (driver->client, "notify::embedded-mode", G_CALLBACK (on_mode_changed), NULL);
  if (!oh_client_start (driver->client, &error))
    {
      g_printerr ("offhook-test-client: %s\n", error->message);
      return FALSE;
    }
  for (guint i = 0; oh_client_get_plugin_problems (driver->client)[i]; i++)
    say ("plugin-problem", "message", oh_client_get_plugin_problems (driver->client)[i], NULL);
  driver->input = g_data_input_stream_new (input);
  read_command (driver);
  return TRUE;
}

int
main (void)
{
  Driver driver = { .loop = g_main_loop_new (NULL, FALSE) };
  gboolean ok;

  g_set_prgname ("offhook-test-client");
  ok = start (&driver);
  if (ok)
    {
      say ("ready", NULL);
      g_main_loop_run (driver.loop);
      g_object_unref (driver.input);
    }
  g_object_unref (driver.client);
  g_main_loop_unref (driver.loop);
  return ok ? 0 : 1;
}
