/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "oh-ui"

#include "oh-config.h"

#include "ui/settings/oh-im-row.h"

#include "ui/oh-words.h"

#include <glib/gi18n.h>

#include <string.h>

struct _OhImRow
{
  AdwExpanderRow parent;
  gint64 id;
  char *name;
  GtkWidget *code, *verify; /* NULL where it is verified */
};

G_DEFINE_FINAL_TYPE (OhImRow, oh_im_row, ADW_TYPE_EXPANDER_ROW)

enum
{
  VERIFY,
  SEND_CODE,
  SHOW_NUMBER,
  REMOVE,
  N_SIGNALS
};

static guint signals[N_SIGNALS];

static void
oh_im_row_finalize (GObject *object)
{
  g_free (OH_IM_ROW (object)->name);
  G_OBJECT_CLASS (oh_im_row_parent_class)->finalize (object);
}

static void
oh_im_row_class_init (OhImRowClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = oh_im_row_finalize;
  signals[VERIFY] = g_signal_new ("verify", OH_TYPE_IM_ROW, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL,
                                  G_TYPE_NONE, 1, G_TYPE_STRING);
  signals[SEND_CODE] = g_signal_new ("send-code", OH_TYPE_IM_ROW, G_SIGNAL_RUN_LAST, 0, NULL, NULL,
                                     NULL, G_TYPE_NONE, 0);
  signals[SHOW_NUMBER] = g_signal_new ("show-number", OH_TYPE_IM_ROW, G_SIGNAL_RUN_LAST, 0, NULL,
                                       NULL, NULL, G_TYPE_NONE, 1, G_TYPE_BOOLEAN);
  signals[REMOVE] = g_signal_new ("remove", OH_TYPE_IM_ROW, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL,
                                  G_TYPE_NONE, 0);
}

static void
oh_im_row_init (OhImRow *self)
{
}

/* --- Words --- */

static const char *
get_state_words (const OhImAddress *address, const OhImService *service)
{
  if (!address->verified)
    return _ ("Not verified yet");
  if (service && !service->online)
    return _ ("The call server is not connected there");
  if (strcmp (address->presence, "offline") == 0)
    return _ ("You are offline there");
  if (strcmp (address->presence, "busy") == 0)
    return _ ("You don’t want to be disturbed there");
  if (strcmp (address->presence, "unknown") == 0)
    return _ ("The call server can’t see yet whether you are there: agree in your program");
  return _ ("You are told of calls there");
}

/* --- What it opens to --- */

/* Several addresses have the same buttons: those who hear them hear which is whose. */
static GtkWidget *
create_button (const char *label, const char *address)
{
  GtkWidget *button = gtk_button_new_with_label (label);
  g_autofree char *whole = g_strdup_printf ("%s: %s", label, address);

  gtk_widget_set_valign (button, GTK_ALIGN_CENTER);
  gtk_accessible_update_property (GTK_ACCESSIBLE (button), GTK_ACCESSIBLE_PROPERTY_LABEL, whole,
                                  -1);
  return button;
}

static GtkWidget *
add_action_row (OhImRow *self, const char *title, const char *subtitle, GtkWidget *suffix)
{
  GtkWidget *row = adw_action_row_new ();

  adw_preferences_row_set_title (ADW_PREFERENCES_ROW (row), title);
  if (subtitle)
    adw_action_row_set_subtitle (ADW_ACTION_ROW (row), subtitle);
  adw_action_row_add_suffix (ADW_ACTION_ROW (row), suffix);
  adw_expander_row_add_row (ADW_EXPANDER_ROW (self), row);
  return row;
}

static void
on_code_changed (OhImRow *self)
{
  gtk_widget_set_sensitive (self->verify, *gtk_editable_get_text (GTK_EDITABLE (self->code)) != 0);
  gtk_widget_remove_css_class (self->code, "error");
}

static void
on_verify_clicked (OhImRow *self)
{
  const char *code = gtk_editable_get_text (GTK_EDITABLE (self->code));

  if (*code)
    g_signal_emit (self, signals[VERIFY], 0, code);
}

static void
on_send_clicked (OhImRow *self)
{
  g_signal_emit (self, signals[SEND_CODE], 0);
}

static void
on_remove_clicked (OhImRow *self)
{
  g_signal_emit (self, signals[REMOVE], 0);
}

static void
on_show_changed (OhImRow *self, GParamSpec *pspec, GtkSwitch *button)
{
  g_signal_emit (self, signals[SHOW_NUMBER], 0, gtk_switch_get_active (button));
}

static void
add_code_rows (OhImRow *self, const OhImAddress *address)
{
  GtkWidget *send = create_button (_ ("Send Another Code"), address->name);

  self->code = adw_entry_row_new ();
  adw_preferences_row_set_title (ADW_PREFERENCES_ROW (self->code), _ ("Code of six digits"));
  gtk_editable_set_width_chars (GTK_EDITABLE (self->code), 7);
  adw_entry_row_set_input_purpose (ADW_ENTRY_ROW (self->code), GTK_INPUT_PURPOSE_DIGITS);
  self->verify = create_button (_ ("Verify"), address->name);
  gtk_widget_set_sensitive (self->verify, FALSE);
  adw_entry_row_add_suffix (ADW_ENTRY_ROW (self->code), self->verify);
  adw_expander_row_add_row (ADW_EXPANDER_ROW (self), self->code);
  g_signal_connect_object (self->code, "changed", G_CALLBACK (on_code_changed), self,
                           G_CONNECT_SWAPPED);
  g_signal_connect_object (self->code, "entry-activated", G_CALLBACK (on_verify_clicked), self,
                           G_CONNECT_SWAPPED);
  g_signal_connect_object (self->verify, "clicked", G_CALLBACK (on_verify_clicked), self,
                           G_CONNECT_SWAPPED);
  add_action_row (self,
                  address->code_seconds ? _ ("A code was sent there as a message")
                                        : _ ("No code is valid now"),
                  NULL, send);
  g_signal_connect_object (send, "clicked", G_CALLBACK (on_send_clicked), self, G_CONNECT_SWAPPED);
}

static void
add_usual_rows (OhImRow *self, const OhImAddress *address)
{
  GtkWidget *show = gtk_switch_new ();
  GtkWidget *remove = create_button (_ ("Remove"), address->name);
  GtkWidget *row;

  gtk_widget_set_valign (show, GTK_ALIGN_CENTER);
  gtk_switch_set_active (GTK_SWITCH (show), address->show_number);
  row = add_action_row (self, _ ("Show the caller’s number"),
                        _ ("In the messages that are sent there"), show);
  adw_action_row_set_activatable_widget (ADW_ACTION_ROW (row), show);
  g_signal_connect_object (show, "notify::active", G_CALLBACK (on_show_changed), self,
                           G_CONNECT_SWAPPED);
  gtk_widget_add_css_class (remove, "destructive-action");
  add_action_row (self, _ ("This address"), NULL, remove);
  g_signal_connect_object (remove, "clicked", G_CALLBACK (on_remove_clicked), self,
                           G_CONNECT_SWAPPED);
}

GtkWidget *
oh_im_row_new (const OhImAddress *address, const OhImService *service)
{
  OhImRow *self = g_object_new (OH_TYPE_IM_ROW, NULL);
  g_autofree char *title = service ? oh_words_protocol (service->protocol)
                                   : g_strdup (address->service);
  g_autofree char *subtitle = g_strdup_printf ("%s · %s", title,
                                               get_state_words (address, service));

  self->id = address->id;
  self->name = g_strdup (address->name);
  adw_preferences_row_set_use_markup (ADW_PREFERENCES_ROW (self), FALSE);
  adw_preferences_row_set_title (ADW_PREFERENCES_ROW (self), address->name);
  adw_expander_row_set_subtitle (ADW_EXPANDER_ROW (self), subtitle);
  if (!address->verified)
    add_code_rows (self, address);
  add_usual_rows (self, address);
  adw_expander_row_set_expanded (ADW_EXPANDER_ROW (self), !address->verified);
  return GTK_WIDGET (self);
}

gint64
oh_im_row_get_id (OhImRow *row)
{
  return row->id;
}

const char *
oh_im_row_get_name (OhImRow *row)
{
  return row->name;
}

void
oh_im_row_refuse_code (OhImRow *row, const char *words)
{
  gtk_widget_add_css_class (row->code, "error");
  gtk_accessible_update_property (GTK_ACCESSIBLE (row->code), GTK_ACCESSIBLE_PROPERTY_DESCRIPTION,
                                  words, -1);
  gtk_widget_grab_focus (row->code);
}

void
oh_im_row_focus_code (OhImRow *row)
{
  if (row->code)
    gtk_widget_grab_focus (row->code);
}
