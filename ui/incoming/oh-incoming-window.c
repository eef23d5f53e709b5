/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "oh-ui"

#include "oh-config.h"

#include "ui/incoming/oh-incoming-window.h"

#include "base/oh-clock.h"
#include "base/oh-timeline.h"
#include "ui/oh-words.h"
#include "ui/widgets/oh-painted.h"

#include <glib/gi18n.h>
#ifdef GDK_WINDOWING_X11
#include <gdk/x11/gdkx.h>
#endif

#define STEP_MS 200
#define OUTCOME_MS 2500
/* A window that takes the focus in the middle of a word must not take Enter or Space for an answer. */
#define KEY_GUARD_US (500 * 1000)

struct _OhIncomingWindow
{
  AdwWindow parent;
  GtkWidget *alert, *status, *avatar, *name, *number, *called, *time_box, *time_bar, *time_left,
      *buttons;

  OhCall *call;
  gint64 shown;     /* monotonic us: time 0 of the bar and of the key guard */
  gint64 announced; /* seconds left that were last told to a screen reader */
  guint step_timer;
  guint finish_timer;
};

G_DEFINE_FINAL_TYPE (OhIncomingWindow, oh_incoming_window, ADW_TYPE_WINDOW)

static guint finished_signal, put_off_signal;

/* What can be done with a ringing call; a new option is a new row. The number is the one of the
 * offer contract, and Ctrl with it chooses the option. */
static const struct
{
  OhCallOption option;
  const char *label;
  const char *name;
  const char *icon;
  const char *style;
  guint key;
} options[] = {
  { OH_CALL_OPTION_DECLINE, NC_ ("incoming call", "_Decline"), NC_ ("incoming call", "Decline"),
    "call-stop-symbolic", "destructive-action", GDK_KEY_9 },
  { OH_CALL_OPTION_VOICEMAIL, NC_ ("incoming call", "_Voicemail"),
    NC_ ("incoming call", "Voicemail"), "offhook-voicemail-symbolic", NULL, GDK_KEY_3 },
  { OH_CALL_OPTION_ANSWER, NC_ ("incoming call", "_Answer"), NC_ ("incoming call", "Answer"),
    "call-start-symbolic", "answer-action", GDK_KEY_1 },
};

static void
on_choose_activated (GtkWidget *widget, const char *action, GVariant *parameter)
{
  OhIncomingWindow *self = OH_INCOMING_WINDOW (widget);
  OhCallOption option = g_variant_get_int32 (parameter);
  if (!self->call || oh_call_get_state (self->call) != OH_CALL_INCOMING)
    return;
  if (option == OH_CALL_OPTION_ANSWER)
    oh_timeline_mark ("answer-pressed", oh_call_get_id (self->call));
  oh_call_choose (self->call, option);
}

static GtkWidget *
create_button (OhIncomingWindow *self, guint row)
{
  const char *label = g_dpgettext2 (NULL, "incoming call", options[row].label);
  const char *name = g_dpgettext2 (NULL, "incoming call", options[row].name);
  GtkWidget *button = gtk_button_new ();
  GtkWidget *box = gtk_box_new (GTK_ORIENTATION_VERTICAL, 3);
  GtkWidget *text = gtk_label_new_with_mnemonic (label);
  g_autofree char *key = gtk_accelerator_get_label (options[row].key, GDK_CONTROL_MASK);
  g_autofree char *tooltip = g_strdup_printf ("%s (%s)", name, key);

  gtk_box_append (GTK_BOX (box), gtk_image_new_from_icon_name (options[row].icon));
  gtk_box_append (GTK_BOX (box), text);
  gtk_label_set_mnemonic_widget (GTK_LABEL (text), button);
  gtk_button_set_child (GTK_BUTTON (button), box);
  gtk_widget_set_tooltip_text (button, tooltip);
  gtk_widget_add_css_class (button, "call-option");
  if (options[row].style)
    gtk_widget_add_css_class (button, options[row].style);
  gtk_actionable_set_action_name (GTK_ACTIONABLE (button), "incoming.choose");
  gtk_actionable_set_action_target (GTK_ACTIONABLE (button), "i", (gint32)options[row].option);
  return button;
}

static void
fill_buttons (OhIncomingWindow *self)
{
  GtkWidget *child;
  while ((child = gtk_widget_get_first_child (self->buttons)))
    gtk_box_remove (GTK_BOX (self->buttons), child);
  for (guint i = 0; i < G_N_ELEMENTS (options); i++)
    {
      if (!oh_call_has_option (self->call, options[i].option))
        continue;
      child = create_button (self, i);
      gtk_box_append (GTK_BOX (self->buttons), child);
      if (options[i].option == OH_CALL_OPTION_ANSWER)
        gtk_window_set_focus (GTK_WINDOW (self), child);
    }
}

/* What happens by itself when nobody chooses. */
static char *
words_of_time_left (OhIncomingWindow *self, int seconds)
{
  if (oh_call_get_default_option (self->call) == OH_CALL_OPTION_VOICEMAIL)
    return g_strdup_printf (ngettext ("Voicemail answers in %d second",
                                      "Voicemail answers in %d seconds", (gulong)seconds),
                            seconds);
  return g_strdup_printf (
      ngettext ("Rings for %d more second", "Rings for %d more seconds", (gulong)seconds), seconds);
}

/* A screen reader hears the time left at the start, at ten and at five seconds, not each second. */
static void
announce_time_left (OhIncomingWindow *self, int seconds, const char *words)
{
  if (self->announced && seconds != 10 && seconds != 5)
    return;
  if (self->announced == seconds)
    return;
  self->announced = seconds;
  gtk_accessible_update_property (GTK_ACCESSIBLE (self->alert), GTK_ACCESSIBLE_PROPERTY_DESCRIPTION,
                                  words, -1);
}

static gboolean
on_step (gpointer data)
{
  OhIncomingWindow *self = data;
  gint64 deadline = oh_call_get_deadline (self->call);
  gint64 left = MAX (deadline - oh_clock_now (), 0);
  gint64 total = MAX (deadline - self->shown, 1);
  int seconds = (int)((left + G_USEC_PER_SEC - 1) / G_USEC_PER_SEC);
  g_autofree char *words = words_of_time_left (self, seconds);

  gtk_progress_bar_set_fraction (GTK_PROGRESS_BAR (self->time_bar),
                                 CLAMP ((double)left / (double)total, 0, 1));
  gtk_label_set_text (GTK_LABEL (self->time_left), words);
  announce_time_left (self, seconds, words);
  return G_SOURCE_CONTINUE;
}

static void
forget_call (OhIncomingWindow *self)
{
  g_clear_handle_id (&self->step_timer, g_source_remove);
  g_clear_handle_id (&self->finish_timer, g_source_remove);
  oh_painted_forget (GTK_WIDGET (self));
  if (self->call)
    g_signal_handlers_disconnect_by_data (self->call, self);
  g_clear_object (&self->call);
}

static void
finish (OhIncomingWindow *self)
{
  g_object_ref (self);
  forget_call (self);
  gtk_widget_set_visible (GTK_WIDGET (self), FALSE);
  g_signal_emit (self, finished_signal, 0);
  g_object_unref (self);
}

static gboolean
on_outcome_shown (gpointer data)
{
  OhIncomingWindow *self = data;
  self->finish_timer = 0;
  finish (self);
  return G_SOURCE_REMOVE;
}

/* Nothing can be chosen any more: says what comes of the call. */
static void
show_outcome (OhIncomingWindow *self)
{
  g_autofree char *words = oh_words_call (self->call);

  g_clear_handle_id (&self->step_timer, g_source_remove);
  gtk_widget_set_visible (self->time_box, FALSE);
  gtk_widget_set_sensitive (self->buttons, FALSE);
  gtk_label_set_text (GTK_LABEL (self->status), words);
  gtk_window_set_title (GTK_WINDOW (self), words);
  gtk_accessible_update_property (GTK_ACCESSIBLE (self->alert), GTK_ACCESSIBLE_PROPERTY_LABEL,
                                  words, -1);
  gtk_accessible_update_property (GTK_ACCESSIBLE (self->alert), GTK_ACCESSIBLE_PROPERTY_DESCRIPTION,
                                  words, -1);
}

static void
on_chosen_changed (OhIncomingWindow *self)
{
  if (oh_call_get_chosen (self->call) && oh_call_get_state (self->call) == OH_CALL_INCOMING)
    show_outcome (self);
}

static void
on_state_changed (OhIncomingWindow *self)
{
  OhCallState state = oh_call_get_state (self->call);

  if (state == OH_CALL_INCOMING || self->finish_timer)
    return;
  if (state != OH_CALL_ENDED)
    {
      finish (self);
      return;
    }
  show_outcome (self);
  self->finish_timer = g_timeout_add (OUTCOME_MS, on_outcome_shown, self);
}

static void
fill_caller (OhIncomingWindow *self)
{
  const char *called = oh_call_get_called (self->call);
  gboolean has_name = oh_call_get_name (self->call) && *oh_call_get_name (self->call);
  g_autofree char *person = oh_words_person (oh_call_get_name (self->call),
                                             oh_call_get_number (self->call),
                                             oh_call_is_withheld (self->call));
  g_autofree char *number = oh_words_number (oh_call_get_number (self->call));
  g_autofree char *called_number = oh_words_number (called);
  /* Translators: %s is the number that the caller dialled. */
  g_autofree char *called_words = g_strdup_printf (_ ("to %s"), called_number);
  /* Translators: title of the window; %s is the caller. */
  g_autofree char *title = g_strdup_printf (_ ("Call from %s"), person);

  gtk_label_set_text (GTK_LABEL (self->status), _ ("Incoming call"));
  gtk_label_set_text (GTK_LABEL (self->name), person);
  gtk_widget_set_tooltip_text (self->name, person);
  gtk_label_set_text (GTK_LABEL (self->number), number);
  gtk_widget_set_visible (self->number, has_name && *number);
  gtk_label_set_text (GTK_LABEL (self->called), called_words);
  gtk_widget_set_visible (self->called, called && *called);
  adw_avatar_set_text (ADW_AVATAR (self->avatar), has_name ? person : NULL);
  adw_avatar_set_show_initials (ADW_AVATAR (self->avatar), has_name);
  gtk_window_set_title (GTK_WINDOW (self), title);
  gtk_accessible_update_property (GTK_ACCESSIBLE (self->alert), GTK_ACCESSIBLE_PROPERTY_LABEL,
                                  title, -1);
}

/* A window that may not come to the front asks for attention: on X11 by the hint of ICCCM 4.1.2.4,
 * on Wayland by what GTK does in gtk_window_present() without an activation token. */
static void
show_urgency (OhIncomingWindow *self, gboolean urgent)
{
#ifdef GDK_WINDOWING_X11
  GdkSurface *surface = gtk_native_get_surface (GTK_NATIVE (self));
  if (GDK_IS_X11_SURFACE (surface))
    gdk_x11_surface_set_urgency_hint (surface, urgent);
#endif
}

static void
on_is_active_changed (OhIncomingWindow *self)
{
  if (gtk_window_is_active (GTK_WINDOW (self)))
    show_urgency (self, FALSE);
}

static void
oh_incoming_window_map (GtkWidget *widget)
{
  OhIncomingWindow *self = OH_INCOMING_WINDOW (widget);

  show_urgency (self, TRUE);
  GTK_WIDGET_CLASS (oh_incoming_window_parent_class)->map (widget);
  if (self->call)
    oh_painted_mark (widget, "window-mapped", oh_call_get_id (self->call));
}

static gboolean
on_key_pressed (GtkEventControllerKey *controller,
                guint keyval,
                guint keycode,
                GdkModifierType state,
                OhIncomingWindow *self)
{
  gboolean activates = keyval == GDK_KEY_Return || keyval == GDK_KEY_KP_Enter
                       || keyval == GDK_KEY_ISO_Enter || keyval == GDK_KEY_space
                       || keyval == GDK_KEY_KP_Space;
  return activates && oh_clock_now () - self->shown < KEY_GUARD_US;
}

/* The call goes on ringing, for the caller and on other devices; here it is out of sight and silent. */
static gboolean
oh_incoming_window_close_request (GtkWindow *window)
{
  OhIncomingWindow *self = OH_INCOMING_WINDOW (window);

  if (self->call)
    g_signal_emit (self, put_off_signal, 0, self->call);
  return GTK_WINDOW_CLASS (oh_incoming_window_parent_class)->close_request (window);
}

static void
oh_incoming_window_dispose (GObject *object)
{
  forget_call (OH_INCOMING_WINDOW (object));
  G_OBJECT_CLASS (oh_incoming_window_parent_class)->dispose (object);
}

static void
oh_incoming_window_class_init (OhIncomingWindowClass *klass)
{
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);

  G_OBJECT_CLASS (klass)->dispose = oh_incoming_window_dispose;
  widget_class->map = oh_incoming_window_map;
  GTK_WINDOW_CLASS (klass)->close_request = oh_incoming_window_close_request;
  finished_signal = g_signal_new ("finished", OH_TYPE_INCOMING_WINDOW, G_SIGNAL_RUN_LAST, 0, NULL,
                                  NULL, NULL, G_TYPE_NONE, 0);
  put_off_signal = g_signal_new ("put-off", OH_TYPE_INCOMING_WINDOW, G_SIGNAL_RUN_LAST, 0, NULL,
                                 NULL, NULL, G_TYPE_NONE, 1, OH_TYPE_CALL);
  gtk_widget_class_set_template_from_resource (
      widget_class, "/org/offhook/Offhook/incoming/oh-incoming-window.ui");
  gtk_widget_class_bind_template_child (widget_class, OhIncomingWindow, alert);
  gtk_widget_class_bind_template_child (widget_class, OhIncomingWindow, status);
  gtk_widget_class_bind_template_child (widget_class, OhIncomingWindow, avatar);
  gtk_widget_class_bind_template_child (widget_class, OhIncomingWindow, name);
  gtk_widget_class_bind_template_child (widget_class, OhIncomingWindow, number);
  gtk_widget_class_bind_template_child (widget_class, OhIncomingWindow, called);
  gtk_widget_class_bind_template_child (widget_class, OhIncomingWindow, time_box);
  gtk_widget_class_bind_template_child (widget_class, OhIncomingWindow, time_bar);
  gtk_widget_class_bind_template_child (widget_class, OhIncomingWindow, time_left);
  gtk_widget_class_bind_template_child (widget_class, OhIncomingWindow, buttons);
  gtk_widget_class_install_action (widget_class, "incoming.choose", "i", on_choose_activated);
  for (guint i = 0; i < G_N_ELEMENTS (options); i++)
    gtk_widget_class_add_binding_action (widget_class, options[i].key, GDK_CONTROL_MASK,
                                         "incoming.choose", "i", (gint32)options[i].option);
}

static void
oh_incoming_window_init (OhIncomingWindow *self)
{
  GtkEventController *keys = gtk_event_controller_key_new ();

  gtk_widget_init_template (GTK_WIDGET (self));
  gtk_event_controller_set_propagation_phase (keys, GTK_PHASE_CAPTURE);
  g_signal_connect (keys, "key-pressed", G_CALLBACK (on_key_pressed), self);
  gtk_widget_add_controller (GTK_WIDGET (self), keys);
  g_signal_connect (self, "notify::is-active", G_CALLBACK (on_is_active_changed), NULL);
}

OhIncomingWindow *
oh_incoming_window_new (GtkApplication *application)
{
  return g_object_new (OH_TYPE_INCOMING_WINDOW, "application", application, NULL);
}

void
oh_incoming_window_show_call (OhIncomingWindow *self, OhCall *call)
{
  g_return_if_fail (OH_IS_INCOMING_WINDOW (self) && OH_IS_CALL (call));

  if (self->call) /* it comes anew, with its urgency and its first frame */
    gtk_widget_set_visible (GTK_WIDGET (self), FALSE);
  forget_call (self);
  self->call = g_object_ref (call);
  self->shown = oh_clock_now ();
  self->announced = 0;
  fill_caller (self);
  fill_buttons (self);
  gtk_widget_set_sensitive (self->buttons, TRUE);
  gtk_widget_set_visible (self->time_box, oh_call_get_deadline (call) > 0);
  if (oh_call_get_deadline (call) > 0)
    {
      on_step (self);
      self->step_timer = g_timeout_add (STEP_MS, on_step, self);
    }
  g_signal_connect_object (call, "notify::state", G_CALLBACK (on_state_changed), self,
                           G_CONNECT_SWAPPED);
  g_signal_connect_object (call, "notify::chosen", G_CALLBACK (on_chosen_changed), self,
                           G_CONNECT_SWAPPED);
  gtk_window_present (GTK_WINDOW (self));
  on_state_changed (self);
  on_chosen_changed (self);
}

OhCall *
oh_incoming_window_get_call (OhIncomingWindow *self)
{
  return self->call;
}
