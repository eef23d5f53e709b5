/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "oh-ui"

#include "oh-config.h"

#include "ui/oh-application.h"

#include "client/oh-client.h"
#include "ui/assistant/oh-assistant.h"
#include "ui/call/oh-call-window.h"
#include "ui/chat/oh-chat-desk.h"
#include "ui/chat/oh-chat-window.h"
#include "ui/incoming/oh-incoming-window.h"
#include "ui/oh-words.h"
#include "ui/settings/oh-settings-window.h"
#include "ui/widgets/oh-painted.h"
#include "ui/window/oh-window.h"

#include <glib-unix.h>
#include <glib/gi18n.h>

/* The server's time-out may be a little before ours. */
#define DEADLINE_SLACK_US (500 * 1000)

/* With so many windows a new call takes the one that has longest told of a call that ended. */
#define ENOUGH_INCOMING 3

/* Order of the start: main window (none with --background), then in an idle moment the client with
 * its plugins and the first incoming window, which waits realized for its call. On the first run the
 * assistant stands alone, and the main window comes when it goes. */
struct _OhApplication
{
  AdwApplication parent;
  OhClient *client;
  OhChatDesk *chats;
  GtkWidget *window;    /* OhWindow; weak, NULL before the first activation */
  GtkWidget *assistant; /* weak */
  GtkWidget *settings;  /* weak */
  GPtrArray *incoming;  /* OhIncomingWindow; never destroyed, reused; last used last */
  GPtrArray *calls;     /* OhCall that are listened to */
  guint start_source;
  guint signal_sources[2];
  gboolean started;   /* oh_client_start() has been called */
  gboolean first_run; /* no account, and the assistant has not been seen to its end */
  gboolean wanted;    /* a window was asked for before the client had started */
  gboolean closing;
  gboolean background;
};

G_DEFINE_FINAL_TYPE (OhApplication, oh_application, ADW_TYPE_APPLICATION)

/* --- Windows --- */

static void show_window (OhApplication *self);

static void
on_assistant_destroyed (OhApplication *self)
{
  gboolean first_run = self->first_run;
  self->first_run = FALSE;
  if (first_run && !self->closing)
    show_window (self);
}

static void
show_assistant (OhApplication *self)
{
  if (!self->assistant)
    {
      g_set_weak_pointer (&self->assistant,
                          GTK_WIDGET (oh_assistant_new (GTK_APPLICATION (self), self->client)));
      g_signal_connect_object (self->assistant, "destroy", G_CALLBACK (on_assistant_destroyed),
                               self, G_CONNECT_SWAPPED);
      if (self->window && gtk_widget_get_visible (self->window))
        gtk_window_set_transient_for (GTK_WINDOW (self->assistant), GTK_WINDOW (self->window));
    }
  gtk_window_present (GTK_WINDOW (self->assistant));
}

static OhWindow *
ensure_window (OhApplication *self)
{
  if (!self->window)
    g_set_weak_pointer (&self->window,
                        GTK_WIDGET (oh_window_new (GTK_APPLICATION (self), self->client)));
  return OH_WINDOW (self->window);
}

static void
show_window (OhApplication *self)
{
  self->wanted = TRUE;
  if (!self->started)
    self->first_run = !oh_client_has_accounts (self->client);
  if (!self->first_run)
    {
      gtk_window_present (GTK_WINDOW (ensure_window (self)));
      oh_painted_mark (self->window, "window-drawn", NULL);
    }
  else if (self->started)
    show_assistant (self);
}

static void
on_put_off (OhIncomingWindow *window, OhCall *call, OhApplication *self)
{
  oh_client_silence (self->client, call);
}

static OhIncomingWindow *
add_incoming_window (OhApplication *self)
{
  OhIncomingWindow *window = oh_incoming_window_new (GTK_APPLICATION (self));
  gtk_widget_realize (GTK_WIDGET (window));
  g_signal_connect_object (window, "put-off", G_CALLBACK (on_put_off), self, 0);
  g_ptr_array_add (self->incoming, window);
  return window;
}

static OhIncomingWindow *
find_incoming_window (OhApplication *self, OhCall *call)
{
  for (guint i = 0; i < self->incoming->len; i++)
    if (oh_incoming_window_get_call (g_ptr_array_index (self->incoming, i)) == call)
      return g_ptr_array_index (self->incoming, i);
  return NULL;
}

static OhIncomingWindow *
take_incoming_window (OhApplication *self)
{
  OhIncomingWindow *window = find_incoming_window (self, NULL);
  for (guint i = 0; !window && self->incoming->len >= ENOUGH_INCOMING && i < self->incoming->len;
       i++)
    {
      OhIncomingWindow *other = g_ptr_array_index (self->incoming, i);
      if (oh_call_get_state (oh_incoming_window_get_call (other)) == OH_CALL_ENDED)
        window = other;
    }
  if (!window)
    return add_incoming_window (self);
  g_ptr_array_remove (self->incoming, window);
  g_ptr_array_add (self->incoming, window);
  return window;
}

static GtkWindow *
find_call_window (OhApplication *self, OhCall *call)
{
  for (GList *item = gtk_application_get_windows (GTK_APPLICATION (self)); item; item = item->next)
    if (OH_IS_CALL_WINDOW (item->data)
        && oh_call_window_get_call (OH_CALL_WINDOW (item->data)) == call)
      return item->data;
  return NULL;
}

static void
show_call (OhApplication *self, OhCall *call)
{
  OhIncomingWindow *incoming = find_incoming_window (self, call);
  GtkWindow *window = find_call_window (self, call);

  if (incoming)
    gtk_window_present (GTK_WINDOW (incoming));
  else
    gtk_window_present (
        window ? window
               : GTK_WINDOW (oh_call_window_new (GTK_APPLICATION (self), self->client, call)));
}

/* --- Calls --- */

static void
tell_missed (OhApplication *self, OhCall *call)
{
  g_autofree char *person = oh_words_person (oh_call_get_name (call), oh_call_get_number (call),
                                             oh_call_is_withheld (call));
  g_autofree char *title = g_strdup_printf (_ ("Missed call from %s"), person);
  g_autoptr (GNotification) notification = g_notification_new (title);
  const char *number = oh_call_get_number (call);

  g_notification_set_default_action (notification, "app.history");
  if (!oh_call_is_withheld (call) && number && *number)
    g_notification_add_button_with_target (notification, _ ("Call Back"), "app.call-back", "s",
                                           number);
  g_application_send_notification (G_APPLICATION (self), oh_call_get_id (call), notification);
}

/* Nobody chose anything, here or on another device. */
static gboolean
is_missed (OhCall *call)
{
  gint64 deadline = oh_call_get_deadline (call);

  if (!oh_call_is_incoming (call) || oh_call_get_started (call))
    return FALSE;
  switch (oh_call_get_reason (call))
    {
    case OH_CALL_REASON_CANCELLED:
    case OH_CALL_REASON_NO_ANSWER:
      return TRUE;
    case OH_CALL_REASON_VOICEMAIL:
      return deadline && oh_call_get_ended (call) + DEADLINE_SLACK_US >= deadline;
    default:
      return FALSE;
    }
}

static void
on_call_state (OhApplication *self, GParamSpec *spec, OhCall *call)
{
  OhCallState state = oh_call_get_state (call);

  if (state == OH_CALL_ENDED)
    {
      if (is_missed (call))
        tell_missed (self, call);
      g_ptr_array_remove (self->calls, call);
    }
  else if (state != OH_CALL_INCOMING && !find_call_window (self, call))
    show_call (self, call);
}

static void
take_call (OhApplication *self, OhCall *call)
{
  g_ptr_array_add (self->calls, g_object_ref (call));
  g_signal_connect_object (call, "notify::state", G_CALLBACK (on_call_state), self,
                           G_CONNECT_SWAPPED);
  if (oh_call_get_state (call) != OH_CALL_INCOMING)
    {
      show_call (self, call);
      return;
    }
  oh_incoming_window_show_call (take_incoming_window (self), call);
}

static void
on_calls_changed (OhApplication *self, guint position, guint removed, guint added)
{
  for (guint i = position; i < position + added; i++)
    {
      g_autoptr (OhCall) call = g_list_model_get_item (oh_client_get_calls (self->client), i);
      if (!g_ptr_array_find (self->calls, call, NULL) && oh_call_get_state (call) != OH_CALL_ENDED)
        take_call (self, call);
    }
}

/* --- Start and end --- */

static gboolean
on_start (gpointer data)
{
  OhApplication *self = data;
  g_autoptr (GError) error = NULL;

  self->start_source = 0;
  self->started = TRUE;
  add_incoming_window (self);
  if (oh_client_start (self->client, &error))
    self->first_run = !oh_client_has_accounts (self->client);
  else
    {
      g_printerr (_ ("Offhook can’t work: %s\n"), error->message);
      self->first_run = FALSE;
      oh_window_say (ensure_window (self), _ ("Offhook can’t use its folders."));
    }
  if (self->wanted && !(self->window && gtk_widget_get_visible (self->window)))
    show_window (self);
  return G_SOURCE_REMOVE;
}

static void
start_soon (OhApplication *self)
{
  if (!self->started && !self->start_source)
    self->start_source = g_idle_add_full (G_PRIORITY_LOW, on_start, self, NULL);
}

static void
on_close_ready (GObject *source, GAsyncResult *result, gpointer data)
{
  g_autoptr (OhApplication) self = data;
  g_autoptr (GError) error = NULL;

  if (!oh_client_close_finish (OH_CLIENT (source), result, &error))
    g_warning ("closing: %s", error->message);
  g_application_quit (G_APPLICATION (self));
}

static void
close_down (OhApplication *self)
{
  if (self->closing)
    return;
  self->closing = TRUE;
  for (GList *item = gtk_application_get_windows (GTK_APPLICATION (self)); item; item = item->next)
    gtk_widget_set_visible (item->data, FALSE);
  if (self->started)
    oh_client_close_async (self->client, on_close_ready, g_object_ref (self));
  else
    g_application_quit (G_APPLICATION (self));
}

static gboolean
on_signal (gpointer data)
{
  close_down (data);
  return G_SOURCE_CONTINUE;
}

/* --- Actions --- */

static void
on_quit_activated (GSimpleAction *action, GVariant *parameter, gpointer data)
{
  close_down (data);
}

static void
on_assistant_activated (GSimpleAction *action, GVariant *parameter, gpointer data)
{
  show_assistant (data);
}

static void
on_preferences_activated (GSimpleAction *action, GVariant *parameter, gpointer data)
{
  OhApplication *self = data;
  if (!self->settings)
    {
      g_set_weak_pointer (&self->settings, GTK_WIDGET (oh_settings_window_new (self->client)));
      gtk_window_set_application (GTK_WINDOW (self->settings), GTK_APPLICATION (self));
      if (self->window)
        gtk_window_set_transient_for (GTK_WINDOW (self->settings), GTK_WINDOW (self->window));
    }
  gtk_window_present (GTK_WINDOW (self->settings));
}

static void
on_about_activated (GSimpleAction *action, GVariant *parameter, gpointer data)
{
  OhApplication *self = data;
  adw_show_about_window (GTK_WINDOW (self->window), "application-name", _ ("Offhook"),
                         "application-icon", "org.offhook.Offhook", "version", OH_VERSION,
                         "license-type", GTK_LICENSE_GPL_3_0, "comments",
                         _ ("Telephone calls in the instant messenger"), NULL);
}

static void
on_shortcuts_activated (GSimpleAction *action, GVariant *parameter, gpointer data)
{
  OhApplication *self = data;
  g_autoptr (GtkBuilder) builder = gtk_builder_new_from_resource (
      "/org/offhook/Offhook/oh-shortcuts.ui");
  GtkWindow *window = GTK_WINDOW (gtk_builder_get_object (builder, "shortcuts"));
  if (self->window)
    gtk_window_set_transient_for (window, GTK_WINDOW (self->window));
  gtk_window_present (window);
}

static void
on_history_activated (GSimpleAction *action, GVariant *parameter, gpointer data)
{
  OhApplication *self = data;
  oh_window_show_history (ensure_window (self));
  show_window (self);
}

static void
on_dial_pad_activated (GSimpleAction *action, GVariant *parameter, gpointer data)
{
  OhApplication *self = data;
  oh_window_show_dial_pad (ensure_window (self), NULL);
  show_window (self);
}

static void
on_contacts_activated (GSimpleAction *action, GVariant *parameter, gpointer data)
{
  OhApplication *self = data;
  oh_window_show_contacts (ensure_window (self));
  show_window (self);
}

static void
on_search_activated (GSimpleAction *action, GVariant *parameter, gpointer data)
{
  OhApplication *self = data;
  GtkWindow *active = gtk_application_get_active_window (GTK_APPLICATION (self));

  if (OH_IS_CHAT_WINDOW (active)) /* searches itself */
    {
      gtk_widget_activate_action (GTK_WIDGET (active), "chat.find", NULL);
      return;
    }
  oh_window_start_search (ensure_window (self));
  show_window (self);
}

static void
on_show_call_activated (GSimpleAction *action, GVariant *parameter, gpointer data)
{
  OhApplication *self = data;
  OhCall *call = oh_client_get_active_call (self->client);
  if (call && oh_call_get_state (call) != OH_CALL_ENDED)
    show_call (self, call);
}

/* From the notification of a missed call. */
static void
on_call_back_activated (GSimpleAction *action, GVariant *parameter, gpointer data)
{
  OhApplication *self = data;
  g_autoptr (GError) error = NULL;
  g_autofree char *words = NULL;

  if (oh_client_dial (self->client, NULL, g_variant_get_string (parameter, NULL), &error))
    return;
  words = oh_words_error (error);
  oh_window_say (ensure_window (self), words);
  show_window (self);
}

static const GActionEntry actions[] = {
  { .name = "quit", .activate = on_quit_activated },
  { .name = "assistant", .activate = on_assistant_activated },
  { .name = "preferences", .activate = on_preferences_activated },
  { .name = "about", .activate = on_about_activated },
  { .name = "shortcuts", .activate = on_shortcuts_activated },
  { .name = "history", .activate = on_history_activated },
  { .name = "dial-pad", .activate = on_dial_pad_activated },
  { .name = "contacts", .activate = on_contacts_activated },
  { .name = "search", .activate = on_search_activated },
  { .name = "show-call", .activate = on_show_call_activated },
  { .name = "call-back", .activate = on_call_back_activated, .parameter_type = "s" },
};

static const struct
{
  const char *action;
  const char *keys[2];
} accelerators[] = {
  { "app.quit", { "<Control>q" } },
  { "app.preferences", { "<Control>comma" } },
  { "app.shortcuts", { "<Control>question" } },
  { "app.search", { "<Control>f" } },
  { "app.history", { "<Alt>1" } },
  { "app.dial-pad", { "<Alt>2" } },
  { "app.contacts", { "<Alt>3" } },
  { "app.show-call", { "<Control>Tab" } },
  { "window.close", { "<Control>w" } },
};

/* --- GApplication --- */

static void
oh_application_startup (GApplication *application)
{
  OhApplication *self = OH_APPLICATION (application);

  G_APPLICATION_CLASS (oh_application_parent_class)->startup (application);
  g_action_map_add_action_entries (G_ACTION_MAP (self), actions, G_N_ELEMENTS (actions), self);
  for (guint i = 0; i < G_N_ELEMENTS (accelerators); i++)
    {
      const char *keys[] = { accelerators[i].keys[0], NULL };
      gtk_application_set_accels_for_action (GTK_APPLICATION (self), accelerators[i].action, keys);
    }
  gtk_window_set_default_icon_name ("org.offhook.Offhook");
  /* Who comes to a message by Tab goes on to its links; selected as a whole it would hide them. */
  g_object_set (gtk_settings_get_default (), "gtk-label-select-on-focus", FALSE, NULL);
  self->client = oh_client_new (NULL);
  g_signal_connect_object (oh_client_get_calls (self->client), "items-changed",
                           G_CALLBACK (on_calls_changed), self, G_CONNECT_SWAPPED);
  self->chats = oh_chat_desk_new (GTK_APPLICATION (self), self->client);
  self->signal_sources[0] = g_unix_signal_add (SIGTERM, on_signal, self);
  self->signal_sources[1] = g_unix_signal_add (SIGINT, on_signal, self);
  g_application_hold (application); /* until close_down() quits */
}

static void
oh_application_activate (GApplication *application)
{
  OhApplication *self = OH_APPLICATION (application);
  if (self->background && !self->started)
    self->background = FALSE; /* a second start shows the window */
  else
    show_window (self);
  start_soon (self);
}

static void
oh_application_open (GApplication *application, GFile **files, int n_files, const char *hint)
{
  OhApplication *self = OH_APPLICATION (application);
  g_autofree char *uri = g_file_get_uri (files[0]);

  oh_window_show_dial_pad (ensure_window (self), uri);
  show_window (self);
  start_soon (self);
}

static int
oh_application_handle_local_options (GApplication *application, GVariantDict *options)
{
  if (g_variant_dict_contains (options, "version"))
    {
      g_print ("offhook %s\n", OH_VERSION);
      return 0;
    }
  OH_APPLICATION (application)->background = g_variant_dict_contains (options, "background");
  return -1;
}

static void
oh_application_shutdown (GApplication *application)
{
  OhApplication *self = OH_APPLICATION (application);

  self->closing = TRUE;
  g_clear_handle_id (&self->start_source, g_source_remove);
  for (guint i = 0; i < G_N_ELEMENTS (self->signal_sources); i++)
    g_clear_handle_id (&self->signal_sources[i], g_source_remove);
  g_ptr_array_set_size (self->incoming, 0);
  g_ptr_array_set_size (self->calls, 0);
  for (GList *item; (item = gtk_application_get_windows (GTK_APPLICATION (self)));)
    gtk_window_destroy (item->data);
  g_clear_weak_pointer (&self->window);
  g_clear_weak_pointer (&self->assistant);
  g_clear_weak_pointer (&self->settings);
  g_clear_object (&self->chats);
  g_clear_object (&self->client);
  G_APPLICATION_CLASS (oh_application_parent_class)->shutdown (application);
}

static void
oh_application_finalize (GObject *object)
{
  OhApplication *self = OH_APPLICATION (object);
  g_ptr_array_unref (self->incoming);
  g_ptr_array_unref (self->calls);
  G_OBJECT_CLASS (oh_application_parent_class)->finalize (object);
}

static void
oh_application_class_init (OhApplicationClass *klass)
{
  GApplicationClass *application_class = G_APPLICATION_CLASS (klass);

  G_OBJECT_CLASS (klass)->finalize = oh_application_finalize;
  application_class->startup = oh_application_startup;
  application_class->activate = oh_application_activate;
  application_class->open = oh_application_open;
  application_class->handle_local_options = oh_application_handle_local_options;
  application_class->shutdown = oh_application_shutdown;
}

static void
oh_application_init (OhApplication *self)
{
  static const GOptionEntry options[] = {
    { "version", 0, 0, G_OPTION_ARG_NONE, NULL, N_ ("Print the version and exit"), NULL },
    { "background", 0, 0, G_OPTION_ARG_NONE, NULL, N_ ("Start without a window"), NULL },
    { NULL },
  };

  self->incoming = g_ptr_array_new ();
  self->calls = g_ptr_array_new_with_free_func (g_object_unref);
  g_application_add_main_option_entries (G_APPLICATION (self), options);
}

OhApplication *
oh_application_new (void)
{
  return g_object_new (OH_TYPE_APPLICATION, "application-id", "org.offhook.Offhook", "flags",
                       G_APPLICATION_HANDLES_OPEN, "resource-base-path", "/org/offhook/Offhook",
                       NULL);
}
