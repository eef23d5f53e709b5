/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "oh-test-im"

/* offhook-test-im --folder DIR: im/proxy on the command line. JSON lines come on stdin ("do", "id"
 * and what the command needs) and go out on stdout ("event", "id" and what happened). */
#include "im/proxy/oh-im-engine.h"
#include "tests/im/oh-im-events.h"
#include "tests/im/oh-im-file-events.h"
#include "tests/im/oh-im-room-events.h"

#include <gio/gunixinputstream.h>
#include <json-glib/json-glib.h>

#include <stdlib.h>
#include <unistd.h>

static GMainLoop *loop;
static OhImEngine *engine;
static GHashTable *passwords; /* account id -> password */

static const char *
get (JsonObject *command, const char *name)
{
  return json_object_get_string_member_with_default (command, name, "");
}

static void
give_password (OhImAccount *account, gpointer data)
{
  oh_im_events_say ("password-asked", oh_im_account_get_id (account), NULL);
  oh_im_account_give_password (account,
                               g_hash_table_lookup (passwords, oh_im_account_get_id (account)));
}

/* {"port":5222,"ssl":true,"server":"x"} as a{sv} of i, b and s. */
static GVariant *
read_values (JsonObject *command, const char *name)
{
  JsonObject *object = json_object_has_member (command, name)
                           ? json_object_get_object_member (command, name)
                           : NULL;
  GVariantBuilder dict;
  JsonObjectIter iter;
  const char *key;
  JsonNode *node;

  g_variant_builder_init (&dict, G_VARIANT_TYPE_VARDICT);
  if (object)
    json_object_iter_init (&iter, object);
  while (object && json_object_iter_next (&iter, &key, &node))
    {
      GType type = json_node_get_value_type (node);

      g_variant_builder_add (
          &dict, "{sv}", key,
          type == G_TYPE_BOOLEAN ? g_variant_new_boolean (json_node_get_boolean (node))
          : type == G_TYPE_INT64 ? g_variant_new_int32 ((gint32)json_node_get_int (node))
                                 : g_variant_new_string (json_node_get_string (node)));
    }
  return g_variant_builder_end (&dict);
}

static void
do_add (OhImAccount *unused, JsonObject *command)
{
  g_autoptr (GError) error = NULL;
  const char *id = get (command, "id");
  OhImAccount *account = oh_im_engine_add_account (engine, id, get (command, "protocol"),
                                                   get (command, "username"),
                                                   read_values (command, "options"), &error);

  if (!account)
    {
      oh_im_events_say ("error", id, "text", error->message, NULL);
      return;
    }
  if (json_object_has_member (command, "password"))
    g_hash_table_insert (passwords, g_strdup (id), g_strdup (get (command, "password")));
  oh_im_account_set_password_source (account, give_password, NULL);
  oh_im_events_watch (account);
  oh_im_file_events_watch (account);
  oh_im_room_events_watch (account);
}

static void
do_password (OhImAccount *account, JsonObject *command)
{
  g_hash_table_insert (passwords, g_strdup (get (command, "id")),
                       g_strdup (get (command, "password")));
}

static void
do_proxy (OhImAccount *account, JsonObject *command)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (OhProxy) proxy = oh_proxy_parse (get (command, "proxy"), &error);

  if (proxy)
    oh_im_account_set_proxy (account, proxy, get (command, "password"));
  else
    oh_im_events_say ("error", oh_im_account_get_id (account), "text", error->message, NULL);
}

static void
do_sign_in (OhImAccount *account, JsonObject *command)
{
  oh_im_account_sign_in (account);
}

static void
do_sign_out (OhImAccount *account, JsonObject *command)
{
  oh_im_account_sign_out (account);
}

static void
do_remove (OhImAccount *account, JsonObject *command)
{
  oh_im_engine_remove_account (engine, get (command, "id"));
}

static void
do_status (OhImAccount *account, JsonObject *command)
{
  oh_im_account_set_status (account, oh_im_presence_from_word (get (command, "presence")),
                            get (command, "message"),
                            json_object_get_int_member_with_default (command, "idle-since", 0));
}

static void
on_sent (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autofree char *tag = user_data;
  g_autoptr (GError) error = NULL;
  OhImAccount *account = OH_IM_ACCOUNT (source);

  if (oh_im_account_send_finish (account, result, NULL, &error))
    oh_im_events_say ("sent", oh_im_account_get_id (account), "tag", tag, NULL);
  else
    {
      g_autofree char *code = g_strdup_printf ("%d", error->code);

      oh_im_events_say ("not-sent", oh_im_account_get_id (account), "tag", tag, "code", code,
                        "text", error->message, NULL);
    }
}

static void
do_send (OhImAccount *account, JsonObject *command)
{
  oh_im_account_send_async (account, get (command, "to"), get (command, "text"),
                            (guint)json_object_get_int_member_with_default (command, "timeout", 0),
                            NULL, on_sent, g_strdup (get (command, "tag")));
}

static void
do_typing (OhImAccount *account, JsonObject *command)
{
  oh_im_account_send_typing (account, get (command, "to"),
                             oh_im_typing_from_word (get (command, "state")));
}

static void
do_add_buddy (OhImAccount *account, JsonObject *command)
{
  oh_im_account_add_buddy (account, get (command, "name"), get (command, "alias"),
                           get (command, "group"), get (command, "message"));
}

static void
do_remove_buddy (OhImAccount *account, JsonObject *command)
{
  oh_im_account_remove_buddy (account, get (command, "name"));
}

static void
do_block (OhImAccount *account, JsonObject *command)
{
  oh_im_account_set_blocked (account, get (command, "name"), TRUE);
}

static void
do_answer (OhImAccount *unused, JsonObject *command)
{
  gint64 button = json_object_get_int_member_with_default (command, "button", -1);
  OhImQuestion *question = oh_im_events_find_question (
      (guint)json_object_get_int_member_with_default (command, "question", 0));

  if (!question)
    oh_im_events_say ("error", "", "text", "no such question", NULL);
  else if (button < 0)
    oh_im_question_dismiss (question);
  else
    oh_im_question_answer (question, (guint)button, read_values (command, "values"));
}

static void
on_stanza_answered (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autofree char *tag = user_data;
  g_autoptr (GError) error = NULL;
  OhImAccount *account = OH_IM_ACCOUNT (source);
  g_autofree char *xml = oh_im_account_send_stanza_finish (account, result, &error);
  g_autofree char *code = g_strdup_printf ("%d", error ? error->code : -1);

  if (xml)
    oh_im_events_say ("stanza-sent", oh_im_account_get_id (account), "tag", tag, "xml", xml, NULL);
  else
    oh_im_events_say ("stanza-failed", oh_im_account_get_id (account), "tag", tag, "code", code,
                      "text", error->message, NULL);
}

static void
do_stanza (OhImAccount *account, JsonObject *command)
{
  oh_im_account_send_stanza_async (
      account, get (command, "xml"),
      (guint)json_object_get_int_member_with_default (command, "timeout", 0), on_stanza_answered,
      g_strdup (get (command, "tag")));
}

/* Words between spaces. */
static void
do_watch (OhImAccount *account, JsonObject *command)
{
  g_auto (GStrv) namespaces = g_strsplit (get (command, "namespaces"), " ", -1);
  g_auto (GStrv) features = g_strsplit (get (command, "features"), " ", -1);

  oh_im_account_watch_stanzas (account, (const char *const *)namespaces,
                               (const char *const *)features);
}

static void
do_take (OhImAccount *unused, JsonObject *command)
{
  OhImRefusal kind;

  if (oh_im_refusal_from_word (get (command, "kind"), &kind))
    oh_im_engine_set_taken (engine, kind, TRUE);
}

static void
do_send_file (OhImAccount *account, JsonObject *command)
{
  oh_im_file_events_send (account, get (command, "to"), get (command, "path"));
}

static void
do_accept_file (OhImAccount *unused, JsonObject *command)
{
  oh_im_file_events_accept ((guint)json_object_get_int_member_with_default (command, "file", 0),
                            get (command, "path"));
}

static void
do_cancel_file (OhImAccount *unused, JsonObject *command)
{
  oh_im_file_events_cancel ((guint)json_object_get_int_member_with_default (command, "file", 0));
}

static guint
get_room (JsonObject *command)
{
  return (guint)json_object_get_int_member_with_default (command, "room", 0);
}

static void
do_room_form (OhImAccount *account, JsonObject *command)
{
  oh_im_room_events_say_form (account, get (command, "name"));
}

/* "fields": {"room": "team"} as a{ss}. */
static void
do_join_room (OhImAccount *account, JsonObject *command)
{
  JsonObject *fields = json_object_get_object_member (command, "fields");
  GVariantBuilder dict;
  JsonObjectIter iter;
  const char *name;
  JsonNode *node;

  g_variant_builder_init (&dict, G_VARIANT_TYPE ("a{ss}"));
  json_object_iter_init (&iter, fields);
  while (json_object_iter_next (&iter, &name, &node))
    g_variant_builder_add (&dict, "{ss}", name, json_node_get_string (node));
  oh_im_room_events_join (account, g_variant_builder_end (&dict));
}

static void
do_leave_room (OhImAccount *unused, JsonObject *command)
{
  oh_im_room_events_leave (get_room (command));
}

static void
do_room_send (OhImAccount *unused, JsonObject *command)
{
  oh_im_room_events_send (get_room (command), get (command, "text"), get (command, "tag"),
                          (guint)json_object_get_int_member_with_default (command, "timeout", 0));
}

static void
do_room_topic (OhImAccount *unused, JsonObject *command)
{
  oh_im_room_events_set_topic (get_room (command), get (command, "topic"));
}

static void
do_room_invite (OhImAccount *unused, JsonObject *command)
{
  oh_im_room_events_invite (get_room (command), get (command, "who"), get (command, "text"));
}

static void
do_accept_invitation (OhImAccount *account, JsonObject *command)
{
  oh_im_room_events_accept (
      account, (guint)json_object_get_int_member_with_default (command, "invitation", 0));
}

static void
do_decline_invitation (OhImAccount *account, JsonObject *command)
{
  oh_im_room_events_decline (
      account, (guint)json_object_get_int_member_with_default (command, "invitation", 0));
}

static void
do_protocols (OhImAccount *unused, JsonObject *command)
{
  oh_im_events_say_protocols (engine);
}

static void
on_shut_down (GObject *source, GAsyncResult *result, gpointer user_data)
{
  oh_im_engine_shut_down_finish (engine, result, NULL);
  g_main_loop_quit (loop);
}

static void
do_quit (OhImAccount *unused, JsonObject *command)
{
  oh_im_engine_shut_down_async (engine, on_shut_down, NULL);
}

static const struct
{
  const char *name;
  gboolean with_account;
  void (*run) (OhImAccount *account, JsonObject *command);
} commands[] = {
  { "add", FALSE, do_add },
  { "password", TRUE, do_password },
  { "proxy", TRUE, do_proxy },
  { "sign-in", TRUE, do_sign_in },
  { "sign-out", TRUE, do_sign_out },
  { "remove", TRUE, do_remove },
  { "status", TRUE, do_status },
  { "send", TRUE, do_send },
  { "typing", TRUE, do_typing },
  { "add-buddy", TRUE, do_add_buddy },
  { "remove-buddy", TRUE, do_remove_buddy },
  { "block", TRUE, do_block },
  { "answer", FALSE, do_answer },
  { "stanza", TRUE, do_stanza },
  { "take", FALSE, do_take },
  { "send-file", TRUE, do_send_file },
  { "accept-file", FALSE, do_accept_file },
  { "cancel-file", FALSE, do_cancel_file },
  { "room-form", TRUE, do_room_form },
  { "join-room", TRUE, do_join_room },
  { "leave-room", FALSE, do_leave_room },
  { "room-send", FALSE, do_room_send },
  { "room-topic", FALSE, do_room_topic },
  { "room-invite", FALSE, do_room_invite },
  { "accept-invitation", TRUE, do_accept_invitation },
  { "decline-invitation", TRUE, do_decline_invitation },
  { "watch", TRUE, do_watch },
  { "protocols", FALSE, do_protocols },
  { "quit", FALSE, do_quit },
};

static void
run_line (const char *line)
{
  g_autoptr (JsonNode) node = json_from_string (line, NULL);
  JsonObject *command = node ? json_node_get_object (node) : NULL;
  const char *name = command ? get (command, "do") : "";
  OhImAccount *account = command ? oh_im_engine_find_account (engine, get (command, "id")) : NULL;

  for (guint i = 0; i < G_N_ELEMENTS (commands); i++)
    if (g_str_equal (commands[i].name, name) && (account || !commands[i].with_account))
      {
        commands[i].run (account, command);
        return;
      }
  oh_im_events_say ("error", "", "text", "no such command or account", NULL);
}

static void
on_line_ready (GObject *source, GAsyncResult *result, gpointer user_data)
{
  GDataInputStream *input = G_DATA_INPUT_STREAM (source);
  g_autofree char *line = g_data_input_stream_read_line_finish (input, result, NULL, NULL);

  if (!line)
    {
      do_quit (NULL, NULL);
      return;
    }
  run_line (line);
  g_data_input_stream_read_line_async (input, G_PRIORITY_DEFAULT, NULL, on_line_ready, NULL);
}

int
main (int argc, char **argv)
{
  g_autoptr (GInputStream) base = g_unix_input_stream_new (STDIN_FILENO, FALSE);
  g_autoptr (GDataInputStream) input = g_data_input_stream_new (base);

  if (argc != 3 || !g_str_equal (argv[1], "--folder"))
    {
      g_printerr ("usage: offhook-test-im --folder DIR\n");
      return 2;
    }
  loop = g_main_loop_new (NULL, FALSE);
  passwords = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free);
  engine = oh_im_engine_new (NULL, argv[2]);
  oh_im_events_open (engine);
  oh_im_engine_start (engine);
  g_data_input_stream_read_line_async (input, G_PRIORITY_DEFAULT, NULL, on_line_ready, NULL);
  g_main_loop_run (loop);
  g_clear_object (&engine);
  oh_im_events_close ();
  oh_im_file_events_close ();
  oh_im_room_events_close ();
  g_hash_table_unref (passwords);
  g_main_loop_unref (loop);
  return EXIT_SUCCESS;
}
