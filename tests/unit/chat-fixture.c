/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "chat-fixture.h"

void
start (Fixture *fixture, const char *script)
{
  g_autofree char *plugins = g_test_build_filename (G_TEST_BUILT, "..", "..", "plugins", NULL);
  g_autofree char *path = g_build_filename (fixture->folder, "script", NULL);
  OhClientConfig config = { .audio = "fake", .plugin_path = plugins };
  g_autoptr (GError) error = NULL;

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

void
stop (Fixture *fixture)
{
  gboolean closed = FALSE;

  oh_client_close_async (fixture->client, on_closed, &closed);
  WAIT_FOR (closed);
  g_assert_finalize_object (fixture->client);
}

void
set_up (Fixture *fixture, gconstpointer script)
{
  fixture->folder = g_dir_make_tmp ("offhook-chats-XXXXXX", NULL);
  start (fixture, script);
}

void
tear_down (Fixture *fixture, gconstpointer script)
{
  g_autofree char *command = g_strdup_printf ("rm -rf '%s'", fixture->folder);

  stop (fixture);
  g_spawn_command_line_sync (command, NULL, NULL, NULL, NULL);
  g_free (fixture->folder);
}

OhAccount *
get_account (Fixture *fixture)
{
  g_autoptr (OhAccount) account = g_list_model_get_item (oh_client_get_accounts (fixture->client),
                                                         0);

  return account; /* the list holds it */
}

OhChat *
open_chat (Fixture *fixture, const char *address)
{
  return oh_chats_open (oh_client_get_chats (fixture->client), get_account (fixture), address);
}

guint
count (gpointer model)
{
  return g_list_model_get_n_items (G_LIST_MODEL (model));
}

OhChatMessage *
get_message (OhChat *chat, guint number)
{
  g_autoptr (OhChatMessage) message = g_list_model_get_item (G_LIST_MODEL (chat), number);

  return message; /* the chat holds it */
}
