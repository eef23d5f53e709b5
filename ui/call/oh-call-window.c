/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "oh-ui"

#include "oh-config.h"

#include "ui/call/oh-call-window.h"

#include "ui/oh-words.h"
#include "ui/widgets/oh-device-choice.h"
#include "ui/widgets/oh-keypad.h"
#include "ui/widgets/oh-meter.h"

#include <glib/gi18n.h>

#define CLOSE_AFTER_MS 2500
#define MAX_PASTE 64

struct _OhCallWindow
{
  AdwWindow parent;
  GtkWidget *message, *security, *security_text, *avatar, *name, *number, *status;
  GtkWidget *quality, *quality_grid, *mute, *hold, *keypad, *digits, *devices, *hang_up;
  GtkWidget *microphone, *meter, *speaker, *trouble, *far_keys, *by_reply;
  GtkWidget *figures[9]; /* value labels of the quality popover */

  OhClient *client;
  OhCall *call;
  guint timer;
  guint close_timer;
  gboolean updating; /* we set the toggles, not the person */
};

G_DEFINE_FINAL_TYPE (OhCallWindow, oh_call_window, ADW_TYPE_WINDOW)

static void
show_security (OhCallWindow *self)
{
  g_autofree char *cipher = NULL;
  g_autofree char *exchange = NULL;
  g_autofree char *text = NULL;
  const char *words;
  gboolean known = oh_call_get_state (self->call) == OH_CALL_ACTIVE;

  gtk_widget_set_visible (self->security, known);
  if (!known)
    return;
  g_object_get (self->call, "cipher", &cipher, "key-exchange", &exchange, NULL);
  gboolean encrypted = cipher && *cipher;
  words = encrypted ? _ ("Encrypted") : _ ("Not encrypted");
  if (encrypted)
    text = g_strdup_printf (_ ("What you say is encrypted on its way to the call server or the "
                               "other side.\n\nCipher: %s\nKeys by: %s"),
                            cipher, exchange && *exchange ? exchange : _ ("unknown"));
  else
    text = g_strdup (_ ("This call is not encrypted. Others on the network could listen."));
  gtk_menu_button_set_icon_name (GTK_MENU_BUTTON (self->security),
                                 encrypted ? "channel-secure-symbolic"
                                           : "channel-insecure-symbolic");
  gtk_widget_set_tooltip_text (self->security, words);
  gtk_accessible_update_property (GTK_ACCESSIBLE (self->security), GTK_ACCESSIBLE_PROPERTY_LABEL,
                                  words, -1);
  gtk_label_set_text (GTK_LABEL (self->security_text), text);
}

static void
set_figure (OhCallWindow *self, guint row, gboolean known, const char *format, double value)
{
  char text[32] = "–";
  if (known)
    g_snprintf (text, sizeof text, format, value);
  gtk_label_set_text (GTK_LABEL (self->figures[row]), text);
}

/* Each change lays the window out anew and is told to screen readers: not every second. */
static void
show_quality (OhCallWindow *self, double mos)
{
  GtkMenuButton *button = GTK_MENU_BUTTON (self->quality);
  g_autofree char *words = mos > 0
                               ? g_strdup_printf (_ ("Sound quality: %s"), oh_words_quality (mos))
                               : g_strdup (_ ("Sound quality"));

  if (g_strcmp0 (words, gtk_menu_button_get_label (button)) != 0)
    gtk_menu_button_set_label (button, words);
}

static void
show_sent (OhCallWindow *self, double bit_rate, double packet_length)
{
  g_autofree char *text = NULL;

  if (bit_rate > 0)
    /* Translators: how much sound is sent: bit rate, and length of each packet. */
    text = g_strdup_printf (_ ("%.0f kbit/s, %.0f ms each"), bit_rate / 1000, packet_length);
  gtk_label_set_text (GTK_LABEL (self->figures[8]), text ? text : "–");
}

static void
show_figures (OhCallWindow *self)
{
  g_autofree char *codec = NULL;
  double mos, loss, jitter, round_trip, echo, bit_rate, packet_length;
  gboolean half_duplex, active = oh_call_get_state (self->call) == OH_CALL_ACTIVE;

  g_object_get (self->call, "codec", &codec, "quality", &mos, "loss", &loss, "jitter", &jitter,
                "round-trip", &round_trip, "echo-reduction", &echo, "half-duplex", &half_duplex,
                "bit-rate", &bit_rate, "packet-length", &packet_length, NULL);
  gtk_widget_set_visible (self->quality, active);
  show_quality (self, mos);
  gtk_label_set_text (GTK_LABEL (self->figures[0]), oh_words_quality (mos));
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
  set_figure (self, 1, mos > 0, "%.1f", mos);
  set_figure (self, 2, round_trip >= 0, _ ("%.0f ms"), round_trip);
  set_figure (self, 3, active, _ ("%.1f %%"), loss * 100);
  set_figure (self, 4, active, _ ("%.0f ms"), jitter);
  set_figure (self, 5, echo >= 0, _ ("%.0f dB"), echo);
#pragma GCC diagnostic pop
  gtk_label_set_text (GTK_LABEL (self->figures[6]),
                      half_duplex ? _ ("One side at a time") : _ ("Both sides"));
  gtk_label_set_text (GTK_LABEL (self->figures[7]), codec && *codec ? codec : "–");
  show_sent (self, bit_rate, packet_length);
}

static void
show_status (OhCallWindow *self)
{
  g_autofree char *words = oh_words_call (self->call);
  gtk_label_set_text (GTK_LABEL (self->status), words);
}

static void
show_far_keys (OhCallWindow *self)
{
  g_autofree char *keys = NULL;
  g_autofree char *shown = NULL;
  g_autofree char *words = NULL;

  g_object_get (self->call, "far-keys", &keys, NULL);
  gtk_widget_set_visible (self->far_keys, keys != NULL);
  if (!keys)
    return;
  shown = oh_words_number (keys);
  /* Translators: %s are telephone keys, like 12#. */
  words = g_strdup_printf (_ ("The other side pressed %s"), shown);
  gtk_label_set_text (GTK_LABEL (self->far_keys), words);
}

/* A device that goes in mid-call is replaced where there is another one; the person is told which way
 * the call is deaf, or that the chosen device is not the one in use. */
static void
show_trouble (OhCallWindow *self)
{
  gboolean microphone, speaker;
  const char *words = NULL;

  g_object_get (self->client, "has-microphone", &microphone, "has-speaker", &speaker, NULL);
  if (!microphone && !speaker)
    words = _ ("No sound device: the other side does not hear you, nor you them.");
  else if (!microphone)
    words = _ ("No microphone: the other side does not hear you.");
  else if (!speaker)
    words = _ ("No loudspeaker: you do not hear the other side.");
  else if (oh_device_choice_is_missing (OH_DEVICE_CHOICE (self->microphone)))
    words = _ ("Your microphone is not plugged in. The system’s default is used.");
  else if (oh_device_choice_is_missing (OH_DEVICE_CHOICE (self->speaker)))
    words = _ ("Your loudspeaker is not plugged in. The system’s default is used.");
  gtk_label_set_text (GTK_LABEL (self->trouble), words ? words : "");
  gtk_widget_set_visible (self->trouble, words != NULL);
  if (microphone && speaker)
    gtk_widget_remove_css_class (self->trouble, "error");
  else
    gtk_widget_add_css_class (self->trouble, "error");
}

static gboolean
on_second (gpointer data)
{
  show_status (data);
  return G_SOURCE_CONTINUE;
}

static gboolean
on_close_due (gpointer data)
{
  OhCallWindow *self = data;
  self->close_timer = 0;
  gtk_window_destroy (GTK_WINDOW (self));
  return G_SOURCE_REMOVE;
}

static void
show_end (OhCallWindow *self)
{
  g_clear_handle_id (&self->timer, g_source_remove);
  if (!self->close_timer)
    self->close_timer = g_timeout_add (CLOSE_AFTER_MS, on_close_due, self);
}

static void
on_state_changed (OhCallWindow *self)
{
  OhCallState state = oh_call_get_state (self->call);
  gboolean active = state == OH_CALL_ACTIVE;

  show_status (self);
  show_security (self);
  show_figures (self);
  gtk_widget_set_sensitive (self->mute, state != OH_CALL_ENDED);
  gtk_widget_set_sensitive (self->hold, active);
  gtk_widget_set_sensitive (self->keypad, active);
  gtk_widget_set_sensitive (self->devices, state != OH_CALL_ENDED);
  gtk_widget_action_set_enabled (GTK_WIDGET (self), "call.hang-up", state != OH_CALL_ENDED);
  if (active && !self->timer)
    self->timer = g_timeout_add (250, on_second, self);
  if (state == OH_CALL_ENDED)
    show_end (self);
}

static void
on_toggles_changed (OhCallWindow *self)
{
  gboolean muted = oh_call_is_muted (self->call);
  self->updating = TRUE;
  gtk_toggle_button_set_active (GTK_TOGGLE_BUTTON (self->mute), muted);
  gtk_button_set_icon_name (GTK_BUTTON (self->mute), muted ? "offhook-microphone-off-symbolic"
                                                           : "offhook-microphone-symbolic");
  gtk_toggle_button_set_active (GTK_TOGGLE_BUTTON (self->hold), oh_call_is_held (self->call));
  self->updating = FALSE;
  show_status (self);
}

static void
on_mute_toggled (OhCallWindow *self)
{
  if (!self->updating)
    oh_call_set_muted (self->call, gtk_toggle_button_get_active (GTK_TOGGLE_BUTTON (self->mute)));
}

static void
on_hold_toggled (OhCallWindow *self)
{
  if (!self->updating)
    oh_call_set_held (self->call, gtk_toggle_button_get_active (GTK_TOGGLE_BUTTON (self->hold)));
}

static void
send_digit (OhCallWindow *self, char digit)
{
  g_autofree char *digits = NULL;
  if (oh_call_get_state (self->call) != OH_CALL_ACTIVE)
    return;
  digits = g_strdup_printf ("%s%c", gtk_label_get_text (GTK_LABEL (self->digits)), digit);
  gtk_label_set_text (GTK_LABEL (self->digits), digits);
  oh_call_send_digit (self->call, digit);
}

static void
on_digit (OhKeypad *keypad, guint digit, OhCallWindow *self)
{
  send_digit (self, (char)digit);
}

static gboolean
on_key_pressed (GtkEventControllerKey *controller,
                guint keyval,
                guint keycode,
                GdkModifierType state,
                OhCallWindow *self)
{
  guint32 letter = gdk_keyval_to_unicode (keyval);
  if (state & (GDK_CONTROL_MASK | GDK_ALT_MASK | GDK_SUPER_MASK))
    return GDK_EVENT_PROPAGATE;
  if (!letter || letter > 127 || !strchr ("0123456789*#", (int)letter))
    return GDK_EVENT_PROPAGATE;
  send_digit (self, (char)letter);
  return GDK_EVENT_STOP;
}

static void
on_clipboard_read (GObject *source, GAsyncResult *result, gpointer data)
{
  g_autoptr (OhCallWindow) self = data;
  g_autofree char *text = gdk_clipboard_read_text_finish (GDK_CLIPBOARD (source), result, NULL);

  if (!self->call || !text || strlen (text) > MAX_PASTE)
    return;
  for (const char *p = text; *p; p++)
    if (strchr ("0123456789*#", *p))
      send_digit (self, *p);
}

/* A card number or conference code from elsewhere; all that is no telephone key is passed over. */
static void
on_paste_activated (GtkWidget *widget, const char *action, GVariant *parameter)
{
  gdk_clipboard_read_text_async (gtk_widget_get_clipboard (widget), NULL, on_clipboard_read,
                                 g_object_ref (widget));
}

static void
on_hang_up_activated (GtkWidget *widget, const char *action, GVariant *parameter)
{
  oh_call_hang_up (OH_CALL_WINDOW (widget)->call);
}

/* The account that reaches the other side by messages, or NULL; *@address: transfer full. */
static OhAccount *
find_address (OhCallWindow *self, char **address)
{
  return oh_client_find_address (self->client, oh_call_get_account (self->call),
                                 oh_call_get_peer (self->call), oh_call_get_number (self->call),
                                 address);
}

static void
on_message_activated (GtkWidget *widget, const char *action, GVariant *parameter)
{
  OhCallWindow *self = OH_CALL_WINDOW (widget);
  g_autofree char *address = NULL;
  OhAccount *account = find_address (self, &address);

  if (account)
    gtk_widget_activate_action (widget, "app.chat", "(ss)", oh_account_get_id (account), address);
}

static void
on_mute_activated (GtkWidget *widget, const char *action, GVariant *parameter)
{
  OhCallWindow *self = OH_CALL_WINDOW (widget);
  oh_call_set_muted (self->call, !oh_call_is_muted (self->call));
}

static void
on_hold_activated (GtkWidget *widget, const char *action, GVariant *parameter)
{
  OhCallWindow *self = OH_CALL_WINDOW (widget);
  if (oh_call_get_state (self->call) == OH_CALL_ACTIVE)
    oh_call_set_held (self->call, !oh_call_is_held (self->call));
}

static void
oh_call_window_dispose (GObject *object)
{
  OhCallWindow *self = OH_CALL_WINDOW (object);
  g_clear_handle_id (&self->timer, g_source_remove);
  g_clear_handle_id (&self->close_timer, g_source_remove);
  g_clear_object (&self->call);
  g_clear_object (&self->client);
  G_OBJECT_CLASS (oh_call_window_parent_class)->dispose (object);
}

#define BIND(name) gtk_widget_class_bind_template_child (widget_class, OhCallWindow, name)

static void
oh_call_window_class_init (OhCallWindowClass *klass)
{
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);

  G_OBJECT_CLASS (klass)->dispose = oh_call_window_dispose;
  g_type_ensure (OH_TYPE_KEYPAD);
  g_type_ensure (OH_TYPE_METER);
  g_type_ensure (OH_TYPE_DEVICE_CHOICE);
  gtk_widget_class_set_template_from_resource (widget_class,
                                               "/org/offhook/Offhook/call/oh-call-window.ui");
  BIND (message);
  BIND (security);
  BIND (security_text);
  BIND (avatar);
  BIND (name);
  BIND (number);
  BIND (status);
  BIND (quality);
  BIND (quality_grid);
  BIND (mute);
  BIND (hold);
  BIND (keypad);
  BIND (digits);
  BIND (devices);
  BIND (hang_up);
  BIND (microphone);
  BIND (meter);
  BIND (speaker);
  BIND (trouble);
  BIND (far_keys);
  BIND (by_reply);
  gtk_widget_class_bind_template_callback (widget_class, on_mute_toggled);
  gtk_widget_class_bind_template_callback (widget_class, on_hold_toggled);
  gtk_widget_class_bind_template_callback (widget_class, on_digit);
  gtk_widget_class_install_action (widget_class, "call.hang-up", NULL, on_hang_up_activated);
  gtk_widget_class_install_action (widget_class, "call.message", NULL, on_message_activated);
  gtk_widget_class_install_action (widget_class, "call.mute", NULL, on_mute_activated);
  gtk_widget_class_install_action (widget_class, "call.hold", NULL, on_hold_activated);
  gtk_widget_class_install_action (widget_class, "call.paste", NULL, on_paste_activated);
  gtk_widget_class_add_binding_action (widget_class, GDK_KEY_e, GDK_CONTROL_MASK, "call.hang-up",
                                       NULL);
  gtk_widget_class_add_binding_action (widget_class, GDK_KEY_m, GDK_CONTROL_MASK, "call.mute",
                                       NULL);
  gtk_widget_class_add_binding_action (widget_class, GDK_KEY_h, GDK_CONTROL_MASK, "call.hold",
                                       NULL);
  gtk_widget_class_add_binding_action (widget_class, GDK_KEY_t, GDK_CONTROL_MASK, "call.message",
                                       NULL);
  gtk_widget_class_add_binding_action (widget_class, GDK_KEY_v, GDK_CONTROL_MASK, "call.paste",
                                       NULL);
}

static void
fill_quality_grid (OhCallWindow *self)
{
  const char *names[] = { _ ("Quality"),
                          _ ("MOS (1 to 4.5)"),
                          _ ("Round trip"),
                          _ ("Lost packets"),
                          _ ("Jitter"),
                          _ ("Echo taken out"),
                          C_ ("sound quality", "Heard"),
                          _ ("Codec"),
                          _ ("Sent") };
  for (guint i = 0; i < G_N_ELEMENTS (names); i++)
    {
      GtkWidget *name = gtk_label_new (names[i]);
      gtk_label_set_xalign (GTK_LABEL (name), 0);
      gtk_widget_add_css_class (name, "dim-label");
      self->figures[i] = gtk_label_new (NULL);
      gtk_label_set_xalign (GTK_LABEL (self->figures[i]), 1);
      gtk_widget_add_css_class (self->figures[i], "numeric");
      gtk_grid_attach (GTK_GRID (self->quality_grid), name, 0, (int)i, 1, 1);
      gtk_grid_attach (GTK_GRID (self->quality_grid), self->figures[i], 1, (int)i, 1, 1);
    }
}

static void
oh_call_window_init (OhCallWindow *self)
{
  GtkEventController *keys = gtk_event_controller_key_new ();

  gtk_widget_init_template (GTK_WIDGET (self));
  fill_quality_grid (self);
  g_signal_connect (keys, "key-pressed", G_CALLBACK (on_key_pressed), self);
  gtk_widget_add_controller (GTK_WIDGET (self), keys);
  gtk_window_set_focus (GTK_WINDOW (self), self->mute);
}

static void
fill_person (OhCallWindow *self)
{
  const char *called_name = oh_call_get_name (self->call);
  gboolean has_name = called_name && *called_name;
  g_autofree char *person = oh_words_person (called_name, oh_call_get_number (self->call),
                                             oh_call_is_withheld (self->call));
  g_autofree char *number = oh_words_number (oh_call_get_number (self->call));
  g_autofree char *address = NULL;
  /* Translators: title of the window; %s is the other person. */
  g_autofree char *title = g_strdup_printf (_ ("Call with %s"), person);

  gtk_window_set_title (GTK_WINDOW (self), title);
  gtk_label_set_text (GTK_LABEL (self->name), person);
  gtk_widget_set_tooltip_text (self->name, person);
  gtk_label_set_text (GTK_LABEL (self->number), number);
  gtk_widget_set_visible (self->number, has_name && *number);
  adw_avatar_set_text (ADW_AVATAR (self->avatar), has_name ? person : NULL);
  adw_avatar_set_show_initials (ADW_AVATAR (self->avatar), has_name);
  gtk_widget_set_visible (self->message, find_address (self, &address) != NULL);
}

static void
watch_devices (OhCallWindow *self)
{
  static const char *const news[] = { "notify::has-microphone", "notify::has-speaker" };

  for (guint i = 0; i < G_N_ELEMENTS (news); i++)
    g_signal_connect_object (self->client, news[i], G_CALLBACK (show_trouble), self,
                             G_CONNECT_SWAPPED);
  g_signal_connect_object (self->microphone, "settled", G_CALLBACK (show_trouble), self,
                           G_CONNECT_SWAPPED);
  g_signal_connect_object (self->speaker, "settled", G_CALLBACK (show_trouble), self,
                           G_CONNECT_SWAPPED);
  show_trouble (self);
}

OhCallWindow *
oh_call_window_new (GtkApplication *application, OhClient *client, OhCall *call)
{
  OhCallWindow *self = g_object_new (OH_TYPE_CALL_WINDOW, "application", application, NULL);

  self->client = g_object_ref (client);
  self->call = g_object_ref (call);
  oh_device_choice_set_source (OH_DEVICE_CHOICE (self->microphone), client, "microphone",
                               _ ("Microphone"));
  oh_device_choice_set_source (OH_DEVICE_CHOICE (self->speaker), client, "speaker",
                               _ ("Loudspeaker"));
  oh_meter_set_source (OH_METER (self->meter), client, TRUE);
  fill_person (self);
  g_signal_connect_object (call, "notify::state", G_CALLBACK (on_state_changed), self,
                           G_CONNECT_SWAPPED);
  g_signal_connect_object (call, "notify::muted", G_CALLBACK (on_toggles_changed), self,
                           G_CONNECT_SWAPPED);
  g_signal_connect_object (call, "notify::held", G_CALLBACK (on_toggles_changed), self,
                           G_CONNECT_SWAPPED);
  g_signal_connect_object (call, "notify::cipher", G_CALLBACK (show_security), self,
                           G_CONNECT_SWAPPED);
  g_signal_connect_object (call, "notify::quality", G_CALLBACK (show_figures), self,
                           G_CONNECT_SWAPPED);
  g_signal_connect_object (call, "notify::far-keys", G_CALLBACK (show_far_keys), self,
                           G_CONNECT_SWAPPED);
  g_object_bind_property (call, "by-reply", self->by_reply, "visible", G_BINDING_SYNC_CREATE);
  watch_devices (self);
  on_toggles_changed (self);
  on_state_changed (self);
  return self;
}

OhCall *
oh_call_window_get_call (OhCallWindow *self)
{
  return self->call;
}
