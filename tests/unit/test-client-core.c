/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "client/oh-client.h"
#include "media/device/oh-device-fake.h"
#include "wait-for.h"

#include <glib/gstdio.h>

/* The client without a window, with the scripted provider and the fake sound card. */
typedef struct
{
  char *folder;
  OhClient *client;
} Fixture;

static void
set_up (Fixture *fixture, gconstpointer script)
{
  g_autofree char *plugins = g_test_build_filename (G_TEST_BUILT, "..", "..", "plugins", NULL);
  g_autofree char *path = NULL;
  OhClientConfig config = { .audio = "fake", .plugin_path = plugins };
  g_autoptr (GError) error = NULL;

  fixture->folder = g_dir_make_tmp ("offhook-core-XXXXXX", NULL);
  path = g_build_filename (fixture->folder, "script", NULL);
  g_assert_true (g_file_set_contents (path, script, -1, NULL));
  g_setenv ("OFFHOOK_DUMMY_SCRIPT", path, TRUE);
  config.config_dir = config.data_dir = config.state_dir = config.runtime_dir = fixture->folder;
  fixture->client = oh_client_new (&config);
  g_assert_true (oh_client_start (fixture->client, &error));
  g_assert_no_error (error);
}

static void
on_closed (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_assert_true (oh_client_close_finish (OH_CLIENT (source), result, NULL));
  *(gboolean *)user_data = TRUE;
}

static void
tear_down (Fixture *fixture, gconstpointer script)
{
  g_autofree char *command = g_strdup_printf ("rm -rf '%s'", fixture->folder);
  gboolean closed = FALSE;

  oh_client_close_async (fixture->client, on_closed, &closed);
  WAIT_FOR (closed);
  g_assert_finalize_object (fixture->client);
  g_spawn_command_line_sync (command, NULL, NULL, NULL, NULL);
  g_free (fixture->folder);
}

static OhCall *
get_call (Fixture *fixture, guint position)
{
  GListModel *calls = oh_client_get_calls (fixture->client);
  g_autoptr (OhCall) call = g_list_model_get_item (calls, position);

  return call; /* the list holds it */
}

static void
test_incoming (Fixture *fixture, gconstpointer script)
{
  OhCall *call;

  g_assert_null (oh_client_get_plugin_problems (fixture->client)[0]);
  WAIT_FOR (get_call (fixture, 0) != NULL);
  call = get_call (fixture, 0);
  g_assert_cmpint (oh_call_get_state (call), ==, OH_CALL_INCOMING);
  g_assert_cmpstr (oh_call_get_name (call), ==, "Demo Caller");
  g_assert_true (oh_client_get_active_call (fixture->client) == call);
  g_assert_false (oh_call_has_option (call, OH_CALL_OPTION_TRANSFER));
  oh_call_choose (call, OH_CALL_OPTION_TRANSFER);
  g_assert_cmpint (oh_call_get_state (call), ==, OH_CALL_INCOMING);
  oh_call_choose (call, OH_CALL_OPTION_ANSWER);
  WAIT_FOR (oh_call_get_state (call) == OH_CALL_ACTIVE);
  g_assert_cmpint (oh_call_get_started (call), >, 0);
  oh_call_set_muted (call, TRUE);
  g_assert_true (oh_call_is_muted (call));
  oh_call_hang_up (call);
  g_assert_cmpint (oh_call_get_state (call), ==, OH_CALL_ENDED);
  g_assert_cmpint (oh_call_get_reason (call), ==, OH_CALL_REASON_HUNG_UP);
  WAIT_FOR (g_list_model_get_n_items (G_LIST_MODEL (oh_client_get_history (fixture->client))) == 1);
  WAIT_FOR (get_call (fixture, 0) == NULL);
}

/* Shown once, not twice. */
static void
test_number_for_a_name (Fixture *fixture, gconstpointer script)
{
  WAIT_FOR (get_call (fixture, 0) != NULL);
  g_assert_null (oh_call_get_name (get_call (fixture, 0)));
  g_assert_cmpstr (oh_call_get_number (get_call (fixture, 0)), ==, "+4930555100");
}

static void
test_second_call_holds (Fixture *fixture, gconstpointer script)
{
  OhCall *first, *second;

  WAIT_FOR (get_call (fixture, 1) != NULL);
  first = get_call (fixture, 0);
  second = get_call (fixture, 1);
  oh_call_choose (first, OH_CALL_OPTION_ANSWER);
  WAIT_FOR (oh_call_get_state (first) == OH_CALL_ACTIVE);
  oh_call_choose (second, OH_CALL_OPTION_ANSWER);
  WAIT_FOR (oh_call_get_state (second) == OH_CALL_ACTIVE);
  g_assert_true (oh_call_is_held (first));
  g_assert_true (oh_client_get_active_call (fixture->client) == second);
  oh_call_set_held (first, FALSE);
  g_assert_true (oh_call_is_held (second));
  g_assert_true (oh_client_get_active_call (fixture->client) == first);
}

/* The line of the script that waits for it comes. */
static void
let_go (Fixture *fixture, const char *name)
{
  g_autofree char *path = g_build_filename (fixture->folder, name, NULL);

  g_assert_true (g_file_set_contents (path, "", 0, NULL));
}

/* One call that is put off is silent, the next one rings. */
static void
test_silence (Fixture *fixture, gconstpointer script)
{
  oh_device_fake_plug ("bell", FALSE);
  g_object_set (oh_client_get_settings (fixture->client), "ringer", "fake:bell", NULL);
  WAIT_FOR (get_call (fixture, 0) != NULL);
  WAIT_FOR (oh_device_fake_is_open ("bell", FALSE));
  oh_client_silence (fixture->client, get_call (fixture, 0));
  WAIT_FOR (!oh_device_fake_is_open ("bell", FALSE));
  g_assert_cmpint (oh_call_get_state (get_call (fixture, 0)), ==, OH_CALL_INCOMING);
  g_assert_null (get_call (fixture, 1));
  let_go (fixture, "put-off");
  WAIT_FOR (get_call (fixture, 1) != NULL);
  WAIT_FOR (oh_device_fake_is_open ("bell", FALSE));
  oh_device_fake_unplug ("bell", FALSE);
}

static void
test_caller_gives_up (Fixture *fixture, gconstpointer script)
{
  WAIT_FOR (get_call (fixture, 0) != NULL);
  WAIT_FOR (oh_call_get_reason (get_call (fixture, 0)) == OH_CALL_REASON_CANCELLED);
  WAIT_FOR (oh_history_get_missed (oh_client_get_history (fixture->client)) == 1);
}

static void
test_dial (Fixture *fixture, gconstpointer script)
{
  g_autoptr (GError) error = NULL;

  g_assert_false (oh_client_dial (fixture->client, NULL, "a b", &error));
  g_assert_nonnull (error);
  g_assert_true (oh_client_dial (fixture->client, NULL, "busy", NULL));
  WAIT_FOR (oh_call_get_reason (get_call (fixture, 0)) == OH_CALL_REASON_BUSY);
  g_assert_true (oh_client_dial_echo (fixture->client, NULL, NULL));
  WAIT_FOR (oh_call_get_state (get_call (fixture, 1)) == OH_CALL_ACTIVE);
  g_assert_true (oh_client_dial (fixture->client, NULL, "+49 30 1", NULL));
  g_assert_true (oh_call_is_held (get_call (fixture, 1)));
}

static void
test_account_states (Fixture *fixture, gconstpointer script)
{
  g_autoptr (OhAccount) account = g_list_model_get_item (oh_client_get_accounts (fixture->client),
                                                         0);

  WAIT_FOR (oh_account_get_state (account) == OH_ACCOUNT_RETRYING);
  g_assert_cmpint (oh_account_get_reason (account), ==, OH_ACCOUNT_REASON_NETWORK);
  g_assert_cmpint (oh_account_get_retry_at (account), >, g_get_monotonic_time ());
  WAIT_FOR (oh_account_get_state (account) == OH_ACCOUNT_FAILED);
}

static void
test_devices (Fixture *fixture, gconstpointer script)
{
  GListModel *devices = oh_client_get_devices (fixture->client, TRUE);
  g_autoptr (OhSoundDevice) system_default = g_list_model_get_item (devices, 0);

  g_assert_null (oh_sound_device_get_id (system_default));
  WAIT_FOR (g_list_model_get_n_items (devices) > 1);
  oh_client_start_test_call (fixture->client);
  oh_client_get_level (fixture->client, TRUE);
  oh_client_stop_test (fixture->client);
}

/* The fake device takes 10 ms after 10 ms, until one is not silent. */
static void
wait_heard (const char *device)
{
  gint64 late = g_get_monotonic_time () + 15 * G_USEC_PER_SEC;
  gint16 played[480] = { 0 };

  for (gboolean heard = FALSE; !heard;)
    {
      g_assert_cmpint (g_get_monotonic_time (), <, late);
      g_main_context_iteration (NULL, FALSE);
      g_usleep (1000);
      oh_device_fake_play (device, played, G_N_ELEMENTS (played));
      for (guint i = 0; i < G_N_ELEMENTS (played); i++)
        heard = heard || played[i];
    }
}

/* On the device that was chosen for calls, however low the tones; the ring on the ringer's. A call
 * that comes ends both. */
static void
test_samples (Fixture *fixture, gconstpointer script)
{
  OhSettings *settings = oh_client_get_settings (fixture->client);

  oh_device_fake_plug ("headset", FALSE);
  oh_device_fake_plug ("bell", FALSE);
  g_object_set (settings, "speaker", "fake:headset", "ringer", "fake:bell", "tone-volume", 0.0,
                NULL);
  oh_client_play_speaker_sample (fixture->client);
  wait_heard ("headset");
  g_object_set (settings, "tone-volume", 1.0, NULL);
  oh_client_play_ringer_sample (fixture->client);
  wait_heard ("bell");
  g_assert_false (oh_device_fake_is_open ("headset", FALSE));
  g_assert_true (oh_client_dial (fixture->client, NULL, "200", NULL));
  WAIT_FOR (oh_call_get_state (get_call (fixture, 0)) == OH_CALL_RINGING);
  WAIT_FOR (!oh_device_fake_is_open ("bell", FALSE));
  wait_heard ("headset");
  oh_device_fake_unplug ("headset", FALSE);
  oh_device_fake_unplug ("bell", FALSE);
}

#define RING(id)                                                                                   \
  "{\"after\":10,\"incoming\":{\"id\":\"" id "\",\"name\":\"Demo Caller\",\"number\":\"+4930\","   \
  "\"called\":\"100\",\"deadline\":20,\"default\":3,\"options\":[1,3,9]}}\n"

static void
add (const char *path, const char *script, void (*test) (Fixture *, gconstpointer))
{
  g_test_add (path, Fixture, script, set_up, test, tear_down);
}

int
main (int argc, char **argv)
{
  /* Not G_TEST_OPTION_ISOLATE_DIRS: GLib leaks under it. */
  g_autofree char *cache = g_dir_make_tmp ("offhook-cache-XXXXXX", NULL);
  g_autofree char *command = g_strdup_printf ("rm -rf '%s'", cache);
  int failures;

  g_setenv ("XDG_CACHE_HOME", cache, TRUE);
  g_test_init (&argc, &argv, NULL);
  add ("/client/core/incoming", RING ("a"), test_incoming);
  add ("/client/core/number-for-a-name",
       "{\"incoming\":{\"id\":\"a\",\"name\":\"030 555100\",\"number\":\"+4930555100\"}}\n",
       test_number_for_a_name);
  add ("/client/core/second-call-holds", RING ("a") RING ("b"), test_second_call_holds);
  add ("/client/core/caller-gives-up", RING ("a") "{\"after\":50,\"call\":\"a\",\"do\":\"cancel\"}",
       test_caller_gives_up);
  add ("/client/core/dial", "", test_dial);
  add ("/client/core/silence", RING ("a") "{\"until\":\"put-off\",\"incoming\":{\"id\":\"b\"}}\n",
       test_silence);
  add ("/client/core/samples", "", test_samples);
  add ("/client/core/account-states",
       "{\"after\":50,\"account\":\"retrying\",\"reason\":\"network\"}\n"
       "{\"after\":50,\"account\":\"failed\",\"reason\":\"revoked\"}",
       test_account_states);
  add ("/client/core/devices", "", test_devices);
  failures = g_test_run ();
  g_spawn_command_line_sync (command, NULL, NULL, NULL, NULL);
  return failures;
}
