/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A libpurple protocol for the tests. There is no service: whoever is written to is an echo that
 * answers "echo: TEXT". Some texts are orders instead: "crash" ends the process as a bug would (the
 * password "crash" does so at sign-in), "form" opens a form, "too big" is refused, "strangers" lets
 * 1,000 of them write, "work" keeps the thread for longer than a process may be silent, and changes a buddy all
 * the while.
 * One is no echo: "anna", who is online. What she is told is added to the file "told" in libpurple's folder; what
 * stands in the file "orders" there is written by her, but for "crash". */
#define PURPLE_PLUGINS
#include <purple.h>

#include <glib/gstdio.h>

#include <signal.h>
#include <stdio.h>

#if defined __SANITIZE_ADDRESS__ || defined __SANITIZE_THREAD__
#define WORK_S 16
#else
#define WORK_S 9
#endif
#define LISTENER "anna"
#define LOOK_MS 50 /* between two looks for orders */

G_MODULE_EXPORT gboolean purple_init_plugin (PurplePlugin *plugin);

static const char *
list_icon (PurpleAccount *account, PurpleBuddy *buddy)
{
  return "test";
}

static GList *
status_types (PurpleAccount *account)
{
  GList *types = NULL;

  types = g_list_append (types, purple_status_type_new (PURPLE_STATUS_AVAILABLE, NULL, NULL, TRUE));
  return g_list_append (types, purple_status_type_new (PURPLE_STATUS_OFFLINE, NULL, NULL, TRUE));
}

static void
show_buddy (PurpleConnection *gc, PurpleBuddy *buddy, PurpleGroup *group)
{
  if (g_str_equal (purple_buddy_get_name (buddy), LISTENER))
    purple_prpl_got_user_status (purple_connection_get_account (gc), LISTENER, "available", NULL);
}

static gboolean
on_look_due (gpointer connection)
{
  g_autofree char *path = g_build_filename (purple_user_dir (), "orders", NULL);
  g_autofree char *text = NULL;

  if (!g_file_get_contents (path, &text, NULL, NULL) || g_unlink (path) != 0)
    return G_SOURCE_CONTINUE;
  if (g_str_equal (text, "crash"))
    raise (SIGABRT);
  serv_got_im (connection, LISTENER, text, 0, time (NULL));
  return G_SOURCE_CONTINUE;
}

static void
note_told (const char *text)
{
  g_autofree char *path = g_build_filename (purple_user_dir (), "told", NULL);
  FILE *file = fopen (path, "a");

  if (!file)
    return;
  fprintf (file, "%s\n", text);
  fclose (file);
}

static void
login (PurpleAccount *account)
{
  PurpleConnection *gc = purple_account_get_connection (account);
  const char *password = purple_account_get_password (account);

  purple_connection_update_progress (gc, "Connecting", 0, 2);
  if (g_strcmp0 (password, "crash") == 0)
    raise (SIGABRT);
  if (g_strcmp0 (password, "right") != 0)
    purple_connection_error_reason (gc, PURPLE_CONNECTION_ERROR_AUTHENTICATION_FAILED, "Wrong");
  else
    {
      purple_connection_set_state (gc, PURPLE_CONNECTED);
      purple_connection_set_protocol_data (
          gc, GUINT_TO_POINTER (purple_timeout_add (LOOK_MS, on_look_due, gc)));
    }
}

static void
sign_off (PurpleConnection *gc)
{
  guint timer = GPOINTER_TO_UINT (purple_connection_get_protocol_data (gc));

  if (timer)
    purple_timeout_remove (timer);
}

static void
on_form_answered (gpointer who, PurpleRequestFields *fields)
{
  g_autofree char *text = g_strdup_printf ("%s|%d|%d",
                                           purple_request_fields_get_string (fields, "name"),
                                           purple_request_fields_get_bool (fields, "sure"),
                                           purple_request_fields_get_choice (fields, "colour"));
  PurpleAccount *account = purple_accounts_get_all ()->data;

  serv_got_im (purple_account_get_connection (account), who, text, 0, time (NULL));
}

static void
on_form_refused (gpointer who, PurpleRequestFields *fields)
{
  PurpleAccount *account = purple_accounts_get_all ()->data;

  serv_got_im (purple_account_get_connection (account), who, "refused", 0, time (NULL));
}

static void
open_form (PurpleConnection *gc)
{
  PurpleRequestFields *fields = purple_request_fields_new ();
  PurpleRequestFieldGroup *group = purple_request_field_group_new (NULL);
  PurpleRequestField *colour = purple_request_field_choice_new ("colour", "Colour", 0);

  purple_request_fields_add_group (fields, group);
  purple_request_field_group_add_field (
      group, purple_request_field_string_new ("name", "Name", "nobody", FALSE));
  purple_request_field_group_add_field (group,
                                        purple_request_field_bool_new ("sure", "Sure?", FALSE));
  purple_request_field_choice_add (colour, "red");
  purple_request_field_choice_add (colour, "green");
  purple_request_field_group_add_field (group, colour);
  purple_request_fields (gc, "A form", "Please fill it in", NULL, fields, "OK",
                         G_CALLBACK (on_form_answered), "Cancel", G_CALLBACK (on_form_refused),
                         purple_connection_get_account (gc), "somebody", NULL, "somebody");
}

/* Names that nobody had before. */
static void
let_strangers_write (PurpleConnection *gc)
{
  static guint number;

  for (guint i = 0; i < 1000; i++)
    {
      g_autofree char *name = g_strdup_printf ("stranger-%u", number++);

      serv_got_im (gc, name, "Hello", 0, time (NULL));
    }
}

/* As a list of thousands that arrives at once. */
static void
work (PurpleConnection *gc)
{
  PurpleAccount *account = purple_connection_get_account (gc);
  PurpleBuddy *buddy = purple_buddy_new (account, "worker", NULL);
  gint64 until_us = g_get_monotonic_time () + WORK_S * G_TIME_SPAN_SECOND;

  purple_blist_add_buddy (buddy, NULL, NULL, NULL);
  for (guint i = 0; g_get_monotonic_time () < until_us; i++)
    {
      g_autofree char *alias = g_strdup_printf ("worker %u", i);

      purple_blist_server_alias_buddy (buddy, alias);
      g_usleep (10000);
    }
}

static int
send_im (PurpleConnection *gc, const char *who, const char *message, PurpleMessageFlags flags)
{
  g_autofree char *text = purple_markup_strip_html (message);
  g_autofree char *echo = g_strconcat ("echo: ", message, NULL);

  if (g_str_equal (text, "crash"))
    raise (SIGABRT);
  if (g_str_equal (text, "work"))
    work (gc);
  if (g_str_equal (text, "form"))
    open_form (gc);
  else if (g_str_equal (text, "strangers"))
    let_strangers_write (gc);
  else if (g_str_equal (text, "too big"))
    return -E2BIG;
  else if (g_str_equal (who, LISTENER))
    note_told (text);
  else
    serv_got_im (gc, who, echo, 0, time (NULL));
  return 1;
}

static PurplePluginProtocolInfo protocol = {
  .options = OPT_PROTO_UNIQUE_CHATNAME,
  .list_icon = list_icon,
  .status_types = status_types,
  .login = login,
  .close = sign_off,
  .send_im = send_im,
  .add_buddy = show_buddy,
  .struct_size = sizeof (PurplePluginProtocolInfo),
};

static PurplePluginInfo info = {
  .magic = PURPLE_PLUGIN_MAGIC,
  .major_version = PURPLE_MAJOR_VERSION,
  .minor_version = PURPLE_MINOR_VERSION,
  .type = PURPLE_PLUGIN_PROTOCOL,
  .priority = PURPLE_PRIORITY_DEFAULT,
  .id = "prpl-offhook-test",
  .name = "Offhook's test protocol",
  .version = "1",
  .extra_info = &protocol,
};

gboolean
purple_init_plugin (PurplePlugin *plugin)
{
  plugin->info = &info;
  return purple_plugin_register (plugin);
}
