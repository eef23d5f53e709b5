/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "oh-ui"

#include "oh-config.h"

#include "ui/assistant/oh-assistant.h"

#include "ui/oh-words.h"
#include "ui/widgets/oh-device-choice.h"
#include "ui/widgets/oh-meter.h"

#include <glib/gi18n.h>

struct _OhAssistant
{
  AdwWindow parent;
  GtkWidget *back, *stack, *start_choice, *name, *start, *start_error;
  GtkWidget *server, *user, *password, *sign_in, *sign_in_error;
  GtkWidget *fingerprint, *busy_words, *spinner, *microphone, *meter, *speaker, *test, *next;
  GtkWidget *summary, *echo, *done_error, *finish;

  OhClient *client;
  OhAccount *account; /* that was made, or NULL */
  GCancellable *cancellable;
  gboolean in_call;
  const char *asking; /* page of the wish that runs or failed: "start" or "sign-in" */
};

G_DEFINE_FINAL_TYPE (OhAssistant, oh_assistant, ADW_TYPE_WINDOW)

static const char *
text_of (GtkWidget *entry)
{
  return gtk_editable_get_text (GTK_EDITABLE (entry));
}

static gboolean
is_filled (GtkWidget *entry)
{
  return text_of (entry)[strspn (text_of (entry), " ")] != '\0';
}

static void
show_page (OhAssistant *self, const char *page)
{
  GtkWidget *shown = gtk_stack_get_child_by_name (GTK_STACK (self->stack), page);

  /* Screen readers reach the pages behind too: nothing on them can be pressed. */
  for (GtkWidget *child = gtk_widget_get_first_child (self->stack); child;
       child = gtk_widget_get_next_sibling (child))
    gtk_widget_set_sensitive (child, child == shown);
  gtk_stack_set_visible_child (GTK_STACK (self->stack), shown);
}

static void
show_error (GtkWidget *label, const char *words)
{
  gtk_label_set_text (GTK_LABEL (label), words ? words : "");
  gtk_widget_set_visible (label, words != NULL);
}

static void
on_entry_changed (OhAssistant *self)
{
  gtk_widget_set_sensitive (self->start, is_filled (self->name));
  gtk_widget_set_sensitive (self->sign_in, is_filled (self->server) && is_filled (self->user)
                                               && *text_of (self->password));
}

/* Enter in an entry leads to the next one. */
static void
on_entry_activated (OhAssistant *self)
{
  gtk_widget_child_focus (GTK_WIDGET (self), GTK_DIR_TAB_FORWARD);
}

static void
on_page_changed (OhAssistant *self)
{
  const char *page = gtk_stack_get_visible_child_name (GTK_STACK (self->stack));
  const struct
  {
    const char *page;
    GtkWidget *focus;
  } first[] = { { "welcome", self->start_choice },
                { "start", self->name },
                { "sign-in", self->server },
                { "sound", self->next },
                { "done", self->finish } };

  gtk_widget_set_visible (self->back, g_strcmp0 (page, "start") == 0
                                          || g_strcmp0 (page, "sign-in") == 0
                                          || g_strcmp0 (page, "trust") == 0);
  gtk_spinner_set_spinning (GTK_SPINNER (self->spinner), g_strcmp0 (page, "busy") == 0);
  for (guint i = 0; i < G_N_ELEMENTS (first); i++)
    if (g_strcmp0 (first[i].page, page) == 0)
      gtk_widget_grab_focus (first[i].focus);
  if (!self->client)
    return;
  if (g_strcmp0 (page, "sound") == 0 && !self->in_call)
    oh_client_start_meter (self->client);
  else
    {
      gtk_toggle_button_set_active (GTK_TOGGLE_BUTTON (self->test), FALSE);
      oh_client_stop_test (self->client);
    }
}

static void
show_done (OhAssistant *self)
{
  g_autofree char *words = NULL;
  switch (oh_client_get_embedded_mode (self->client))
    {
    case OH_EMBEDDED_SERVICE:
      words = g_strdup (
          _ ("Your call server runs in the background, also while Offhook is closed."));
      break;
    case OH_EMBEDDED_CHILD:
      words = g_strdup (
          _ ("Your call server runs as long as Offhook does. While Offhook is closed, "
             "callers reach nobody."));
      break;
    case OH_EMBEDDED_NONE:
    default:
      /* Translators: %s is an address like name@example.org. */
      words = g_strdup_printf (_ ("You are %s."), oh_account_get_address (self->account));
    }
  gtk_label_set_text (GTK_LABEL (self->summary), words);
}

static void
show_failure (OhAssistant *self, const GError *error)
{
  g_autofree char *words = oh_words_error (error);
  GtkWidget *label = g_strcmp0 (self->asking, "start") == 0 ? self->start_error
                                                            : self->sign_in_error;

  if (g_error_matches (error, OH_SIGN_IN_ERROR, OH_SIGN_IN_ERROR_CERTIFICATE)
      && oh_client_get_certificate_in_doubt (self->client))
    {
      gtk_label_set_text (GTK_LABEL (self->fingerprint),
                          oh_client_get_certificate_in_doubt (self->client));
      show_page (self, "trust");
      return;
    }
  if (g_error_matches (error, OH_SIGN_IN_ERROR, OH_SIGN_IN_ERROR_KEYRING_ABSENT))
    {
      show_page (self, "keyring");
      return;
    }
  show_error (label, words);
  show_page (self, self->asking);
}

static void
on_asked (OhAssistant *self, OhAccount *account, GError *error)
{
  g_autoptr (GCancellable) cancellable = g_steal_pointer (&self->cancellable);
  if (!self->client) /* closed meanwhile */
    return;
  if (account)
    {
      g_set_object (&self->account, account);
      show_done (self);
      show_page (self, "sound");
    }
  else if (g_cancellable_is_cancelled (cancellable))
    show_page (self, self->asking);
  else
    show_failure (self, error);
}

static void
on_sign_in_ready (GObject *source, GAsyncResult *result, gpointer data)
{
  g_autoptr (OhAssistant) self = data;
  g_autoptr (GError) error = NULL;
  g_autoptr (OhAccount) account = oh_client_sign_in_finish (OH_CLIENT (source), result, &error);
  on_asked (self, account, error);
}

static void
on_start_embedded_ready (GObject *source, GAsyncResult *result, gpointer data)
{
  g_autoptr (OhAssistant) self = data;
  g_autoptr (GError) error = NULL;
  g_autoptr (OhAccount) account = oh_client_start_embedded_finish (OH_CLIENT (source), result,
                                                                   &error);
  on_asked (self, account, error);
}

/* A second press, on a page that is still sliding away, asks nothing again. */
static gboolean
may_ask (OhAssistant *self, const char *page)
{
  return !self->cancellable && !self->account
         && g_strcmp0 (gtk_stack_get_visible_child_name (GTK_STACK (self->stack)), page) == 0;
}

static void
sign_in (OhAssistant *self, const char *fingerprint)
{
  g_autofree char *server = g_strstrip (g_strdup (text_of (self->server)));
  g_autofree char *user = g_strstrip (g_strdup (text_of (self->user)));

  self->asking = "sign-in";
  self->cancellable = g_cancellable_new ();
  show_error (self->sign_in_error, NULL);
  gtk_label_set_text (GTK_LABEL (self->busy_words), _ ("Signing in…"));
  show_page (self, "busy");
  oh_client_sign_in_async (self->client, server, user, text_of (self->password), fingerprint,
                           self->cancellable, on_sign_in_ready, g_object_ref (self));
}

static void
start_embedded (OhAssistant *self)
{
  g_autofree char *name = g_strstrip (g_strdup (text_of (self->name)));

  self->asking = "start";
  self->cancellable = g_cancellable_new ();
  show_error (self->start_error, NULL);
  gtk_label_set_text (GTK_LABEL (self->busy_words), _ ("Starting the call server…"));
  show_page (self, "busy");
  oh_client_start_embedded_async (self->client, name, self->cancellable, on_start_embedded_ready,
                                  g_object_ref (self));
}

static void
on_sign_in_clicked (OhAssistant *self)
{
  if (gtk_widget_get_sensitive (self->sign_in) && may_ask (self, "sign-in"))
    sign_in (self, NULL);
}

static void
on_start_clicked (OhAssistant *self)
{
  if (gtk_widget_get_sensitive (self->start) && may_ask (self, "start"))
    start_embedded (self);
}

static void
on_trust_clicked (OhAssistant *self)
{
  g_autofree char *fingerprint = g_strdup (oh_client_get_certificate_in_doubt (self->client));
  if (may_ask (self, "trust"))
    sign_in (self, fingerprint);
}

static void
on_plain_clicked (OhAssistant *self)
{
  if (!may_ask (self, "keyring"))
    return;
  oh_client_allow_plain_secrets (self->client, TRUE);
  if (g_strcmp0 (self->asking, "start") == 0)
    start_embedded (self);
  else
    {
      g_autofree char *fingerprint = g_strdup (oh_client_get_certificate_in_doubt (self->client));
      sign_in (self, fingerprint);
    }
}

static void
on_cancel_clicked (OhAssistant *self)
{
  if (self->cancellable)
    g_cancellable_cancel (self->cancellable);
}

static void
on_back_clicked (OhAssistant *self)
{
  const char *page = gtk_stack_get_visible_child_name (GTK_STACK (self->stack));
  if (g_strcmp0 (page, "trust") == 0 || g_strcmp0 (page, "keyring") == 0)
    show_page (self, self->asking);
  else
    show_page (self, "welcome");
}

static void
on_test_toggled (OhAssistant *self)
{
  gboolean on = gtk_toggle_button_get_active (GTK_TOGGLE_BUTTON (self->test));
  gtk_button_set_label (GTK_BUTTON (self->test), on ? _ ("Stop the test call") : _ ("Test call"));
  if (on)
    oh_client_start_test_call (self->client);
  else if (!self->in_call)
    {
      oh_client_stop_test (self->client);
      oh_client_start_meter (self->client);
    }
}

/* A call takes the microphone and ends the test; afterwards the meter goes on. */
static void
on_active_call_changed (OhAssistant *self)
{
  OhCall *call = oh_client_get_active_call (self->client);
  const char *page = gtk_stack_get_visible_child_name (GTK_STACK (self->stack));

  self->in_call = call && oh_call_get_state (call) != OH_CALL_ENDED;
  gtk_toggle_button_set_active (GTK_TOGGLE_BUTTON (self->test), FALSE);
  gtk_widget_set_sensitive (self->test, !self->in_call);
  if (!self->in_call && g_strcmp0 (page, "sound") == 0)
    oh_client_start_meter (self->client);
}

static void
on_next_clicked (OhAssistant *self)
{
  show_page (self, "done");
}

static void
on_echo_clicked (OhAssistant *self)
{
  g_autoptr (GError) error = NULL;
  if (oh_client_dial_echo (self->client, self->account, &error))
    {
      show_error (self->done_error, NULL);
      return;
    }
  g_autofree char *words = oh_words_error (error);
  show_error (self->done_error, words);
}

static void
on_finish_clicked (OhAssistant *self)
{
  gtk_window_destroy (GTK_WINDOW (self));
}

/* Only the first press of either choice counts. */
static void
choose (OhAssistant *self, const char *page)
{
  if (may_ask (self, "welcome"))
    show_page (self, page);
}

static void
on_start_activated (GtkWidget *widget, const char *action, GVariant *parameter)
{
  choose (OH_ASSISTANT (widget), "start");
}

static void
on_sign_in_activated (GtkWidget *widget, const char *action, GVariant *parameter)
{
  choose (OH_ASSISTANT (widget), "sign-in");
}

static void
oh_assistant_dispose (GObject *object)
{
  OhAssistant *self = OH_ASSISTANT (object);
  if (self->cancellable)
    g_cancellable_cancel (self->cancellable);
  if (self->client)
    oh_client_stop_test (self->client);
  g_clear_object (&self->account);
  g_clear_object (&self->client);
  G_OBJECT_CLASS (oh_assistant_parent_class)->dispose (object);
}

#define BIND(name) gtk_widget_class_bind_template_child (widget_class, OhAssistant, name)
#define CALLBACK(name) gtk_widget_class_bind_template_callback (widget_class, name)

static void
bind_template (GtkWidgetClass *widget_class)
{
  BIND (back);
  BIND (stack);
  BIND (start_choice);
  BIND (name);
  BIND (start);
  BIND (start_error);
  BIND (server);
  BIND (user);
  BIND (password);
  BIND (sign_in);
  BIND (sign_in_error);
  BIND (fingerprint);
  BIND (busy_words);
  BIND (spinner);
  BIND (microphone);
  BIND (meter);
  BIND (speaker);
  BIND (test);
  BIND (next);
  BIND (summary);
  BIND (echo);
  BIND (done_error);
  BIND (finish);
}

static void
oh_assistant_class_init (OhAssistantClass *klass)
{
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);

  G_OBJECT_CLASS (klass)->dispose = oh_assistant_dispose;
  g_type_ensure (OH_TYPE_DEVICE_CHOICE);
  g_type_ensure (OH_TYPE_METER);
  gtk_widget_class_set_template_from_resource (widget_class,
                                               "/org/offhook/Offhook/assistant/oh-assistant.ui");
  bind_template (widget_class);
  CALLBACK (on_page_changed);
  CALLBACK (on_entry_changed);
  CALLBACK (on_entry_activated);
  CALLBACK (on_start_clicked);
  CALLBACK (on_sign_in_clicked);
  CALLBACK (on_trust_clicked);
  CALLBACK (on_plain_clicked);
  CALLBACK (on_cancel_clicked);
  CALLBACK (on_back_clicked);
  CALLBACK (on_test_toggled);
  CALLBACK (on_next_clicked);
  CALLBACK (on_echo_clicked);
  CALLBACK (on_finish_clicked);
  gtk_widget_class_install_action (widget_class, "assistant.start", NULL, on_start_activated);
  gtk_widget_class_install_action (widget_class, "assistant.sign-in", NULL, on_sign_in_activated);
}

static void
oh_assistant_init (OhAssistant *self)
{
  gtk_widget_init_template (GTK_WIDGET (self));
  gtk_editable_set_text (GTK_EDITABLE (self->name), g_get_real_name ());
  on_entry_changed (self);
  show_page (self, "welcome");
}

OhAssistant *
oh_assistant_new (GtkApplication *application, OhClient *client)
{
  OhAssistant *self = g_object_new (OH_TYPE_ASSISTANT, "application", application, NULL);

  self->client = g_object_ref (client);
  oh_device_choice_set_source (OH_DEVICE_CHOICE (self->microphone), client, "microphone",
                               _ ("Microphone"));
  oh_device_choice_set_source (OH_DEVICE_CHOICE (self->speaker), client, "speaker",
                               _ ("Loudspeaker"));
  oh_meter_set_source (OH_METER (self->meter), client, TRUE);
  g_signal_connect_object (client, "notify::active-call", G_CALLBACK (on_active_call_changed), self,
                           G_CONNECT_SWAPPED);
  on_page_changed (self);
  return self;
}
