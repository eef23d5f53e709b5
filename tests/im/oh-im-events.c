/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "oh-test-im"

#include "tests/im/oh-im-events.h"

#include <json-glib/json-glib.h>

#include <stdio.h>

static GPtrArray *questions; /* of OhImQuestion, all that came */

static void
print_and_free (JsonBuilder *builder)
{
  g_autoptr (JsonNode) root = NULL;
  g_autofree char *line = NULL;

  json_builder_end_object (builder);
  root = json_builder_get_root (builder);
  line = json_to_string (root, FALSE);
  puts (line); /* not g_print(), which would write it in the locale's letters */
  fflush (stdout);
  g_object_unref (builder);
}

static void
add (JsonBuilder *builder, const char *name, const char *value)
{
  json_builder_set_member_name (builder, name);
  json_builder_add_string_value (builder, value ? value : "");
}

static JsonBuilder *
begin (const char *event, const char *id)
{
  JsonBuilder *builder = json_builder_new ();

  json_builder_begin_object (builder);
  add (builder, "event", event);
  add (builder, "id", id);
  json_builder_set_member_name (builder, "mono");
  json_builder_add_int_value (builder, g_get_monotonic_time ());
  return builder;
}

void
oh_im_events_say (const char *event, const char *id, ...)
{
  JsonBuilder *builder = begin (event, id);
  va_list arguments;
  const char *name;

  va_start (arguments, id);
  while ((name = va_arg (arguments, const char *)))
    add (builder, name, va_arg (arguments, const char *));
  va_end (arguments);
  print_and_free (builder);
}

static void
add_choices (JsonBuilder *builder, char **choices)
{
  json_builder_set_member_name (builder, "choices");
  json_builder_begin_array (builder);
  for (guint i = 0; choices && choices[i]; i++)
    json_builder_add_string_value (builder, choices[i]);
  json_builder_end_array (builder);
}

static void
add_options (JsonBuilder *builder, const char *member, GPtrArray *options)
{
  json_builder_set_member_name (builder, member);
  json_builder_begin_array (builder);
  for (guint i = 0; i < options->len; i++)
    {
      OhImOption *option = options->pdata[i];
      g_autofree char *value = option->value ? g_variant_print (option->value, FALSE) : NULL;

      json_builder_begin_object (builder);
      add (builder, "name", option->name);
      add (builder, "label", option->label);
      add (builder, "value", value);
      add_choices (builder, option->choices);
      json_builder_end_object (builder);
    }
  json_builder_end_array (builder);
}

void
oh_im_events_say_protocols (OhImEngine *engine)
{
  GPtrArray *protocols = oh_im_engine_get_protocols (engine);

  for (guint i = 0; i < protocols->len; i++)
    {
      OhImProtocol *protocol = protocols->pdata[i];
      JsonBuilder *builder = begin ("protocol", protocol->id);
      g_autofree char *joined = oh_im_protocol_join_name (protocol, "demo", NULL);

      add (builder, "name", protocol->name);
      add (builder, "joined", joined);
      add_options (builder, "options", protocol->options);
      print_and_free (builder);
    }
}

/* --- accounts --- */

static void
on_state (OhImAccount *account, GParamSpec *pspec, gpointer data)
{
  oh_im_events_say ("state", oh_im_account_get_id (account), "state",
                    oh_im_state_to_word (oh_im_account_get_state (account)), "reason",
                    oh_im_reason_to_word (oh_im_account_get_reason (account)), "failed",
                    oh_im_account_has_failed (account) ? "yes" : "no", "text",
                    oh_im_account_get_error_text (account), NULL);
}

static void
on_message (OhImAccount *account, OhImMessage *message, gpointer data)
{
  oh_im_events_say ("message", oh_im_account_get_id (account), "with", message->with, "text",
                    message->text, "delayed", message->delayed ? "yes" : "no", "own",
                    message->own ? "yes" : "no", "cut", message->cut ? "yes" : "no", NULL);
}

static void
on_message_failed (OhImAccount *account, const char *with, const char *text, gpointer data)
{
  oh_im_events_say ("message-failed", oh_im_account_get_id (account), "with", with, "text", text,
                    NULL);
}

static void
on_refused (
    OhImAccount *account, const char *with, int kind, const char *name, gint64 size, gpointer data)
{
  g_autofree char *bytes = g_strdup_printf ("%" G_GINT64_FORMAT, size);

  oh_im_events_say ("refused", oh_im_account_get_id (account), "with", with, "kind",
                    oh_im_refusal_to_word (kind), "name", name, "size", bytes, NULL);
}

static void
on_stanza (OhImAccount *account, const char *from, const char *xml, gpointer data)
{
  oh_im_events_say ("stanza", oh_im_account_get_id (account), "from", from, "xml", xml, NULL);
}

static void
on_typing (OhImAccount *account, const char *with, int typing, gpointer data)
{
  oh_im_events_say ("typing", oh_im_account_get_id (account), "with", with, "state",
                    oh_im_typing_to_word (typing), NULL);
}

static void
on_buddy_notify (OhImBuddy *buddy, GParamSpec *pspec, OhImAccount *account)
{
  g_autofree char *idle_since = g_strdup_printf ("%" G_GINT64_FORMAT,
                                                 oh_im_buddy_get_idle_since (buddy));

  oh_im_events_say ("buddy", oh_im_account_get_id (account), "name", oh_im_buddy_get_name (buddy),
                    "alias", oh_im_buddy_get_alias (buddy), "group", oh_im_buddy_get_group (buddy),
                    "presence", oh_im_presence_to_word (oh_im_buddy_get_presence (buddy)),
                    "message", oh_im_buddy_get_message (buddy), "client",
                    oh_im_buddy_get_client (buddy), "program", oh_im_buddy_get_program (buddy),
                    "version", oh_im_buddy_get_version (buddy), "idle-since", idle_since, NULL);
}

static void
on_buddies_changed (
    GListModel *list, guint position, guint removed, guint added, OhImAccount *account)
{
  for (guint i = position; i < position + added; i++)
    {
      g_autoptr (OhImBuddy) buddy = g_list_model_get_item (list, i);

      g_signal_connect_object (buddy, "notify", G_CALLBACK (on_buddy_notify), account, 0);
      on_buddy_notify (buddy, NULL, account);
    }
  if (removed > 0)
    oh_im_events_say ("buddy-gone", oh_im_account_get_id (account), NULL);
}

void
oh_im_events_watch (OhImAccount *account)
{
  g_signal_connect (account, "notify::state", G_CALLBACK (on_state), NULL);
  g_signal_connect (account, "notify::reason", G_CALLBACK (on_state), NULL);
  g_signal_connect (account, "message", G_CALLBACK (on_message), NULL);
  g_signal_connect (account, "message-failed", G_CALLBACK (on_message_failed), NULL);
  g_signal_connect (account, "typing", G_CALLBACK (on_typing), NULL);
  g_signal_connect (account, "refused", G_CALLBACK (on_refused), NULL);
  g_signal_connect (account, "stanza", G_CALLBACK (on_stanza), NULL);
  g_signal_connect_object (oh_im_account_get_buddies (account), "items-changed",
                           G_CALLBACK (on_buddies_changed), account, 0);
}

/* --- the engine --- */

static void
on_question_closed (OhImQuestion *question, gpointer data)
{
  g_autofree char *number = g_strdup_printf ("%u", GPOINTER_TO_UINT (data));

  oh_im_events_say ("question-closed", oh_im_question_get_account (question), "question", number,
                    NULL);
}

static void
on_question (OhImEngine *engine, OhImQuestion *question, gpointer data)
{
  static const char *const texts[] = { "title", "primary", "secondary", "who",   "alias",
                                       "host",  "subject", "issuer",    "sha256" };
  JsonBuilder *builder = begin ("question", oh_im_question_get_account (question));

  g_ptr_array_add (questions, g_object_ref (question));
  json_builder_set_member_name (builder, "question");
  json_builder_add_int_value (builder, questions->len);
  add (builder, "kind", oh_im_question_kind_to_word (oh_im_question_get_kind (question)));
  for (guint i = 0; i < G_N_ELEMENTS (texts); i++)
    add (builder, texts[i], oh_im_question_get_text (question, texts[i]));
  json_builder_set_member_name (builder, "valid-until");
  json_builder_add_int_value (builder, oh_im_question_get_number (question, "valid-until"));
  json_builder_set_member_name (builder, "buttons");
  json_builder_add_int_value (builder,
                              g_strv_length ((char **)oh_im_question_get_buttons (question)));
  add_options (builder, "fields", oh_im_question_get_fields (question));
  print_and_free (builder);
  g_signal_connect (question, "closed", G_CALLBACK (on_question_closed),
                    GUINT_TO_POINTER (questions->len));
}

OhImQuestion *
oh_im_events_find_question (guint number)
{
  OhImQuestion *question = number > 0 && number <= questions->len ? questions->pdata[number - 1]
                                                                  : NULL;

  return question && oh_im_question_is_open (question) ? question : NULL;
}

static void
on_notice (OhImEngine *engine,
           const char *id,
           const char *kind,
           const char *title,
           const char *text,
           gpointer data)
{
  oh_im_events_say ("notice", id, "kind", kind, "title", title, "text", text, NULL);
}

static void
on_running (OhImEngine *engine, GParamSpec *pspec, gpointer data)
{
  g_autofree char *pid = g_strdup_printf ("%d", oh_im_engine_get_pid (engine));

  oh_im_events_say (oh_im_engine_is_running (engine) ? "running" : "ended", "", "pid", pid, NULL);
}

static void
on_protocols (OhImEngine *engine, gpointer data)
{
  oh_im_events_say ("protocols", "", NULL);
}

void
oh_im_events_open (OhImEngine *engine)
{
  questions = g_ptr_array_new_with_free_func (g_object_unref);
  g_signal_connect (engine, "question", G_CALLBACK (on_question), NULL);
  g_signal_connect (engine, "notice", G_CALLBACK (on_notice), NULL);
  g_signal_connect (engine, "notify::running", G_CALLBACK (on_running), NULL);
  g_signal_connect (engine, "protocols-changed", G_CALLBACK (on_protocols), NULL);
}

void
oh_im_events_close (void)
{
  g_ptr_array_unref (questions);
}
