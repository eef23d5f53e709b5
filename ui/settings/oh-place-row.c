/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "oh-ui"

#include "oh-config.h"

#include "ui/settings/oh-place-row.h"

#include "ui/oh-words.h"

#include <glib/gi18n.h>

struct _OhPlaceRow
{
  AdwActionRow parent;
  char *key;
  gboolean first, last;
  GtkWidget *up, *down;
};

G_DEFINE_FINAL_TYPE (OhPlaceRow, oh_place_row, ADW_TYPE_ACTION_ROW)

static guint move_signal;

static void
oh_place_row_finalize (GObject *object)
{
  g_free (OH_PLACE_ROW (object)->key);
  G_OBJECT_CLASS (oh_place_row_parent_class)->finalize (object);
}

static void
oh_place_row_class_init (OhPlaceRowClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = oh_place_row_finalize;
  move_signal = g_signal_new ("move", OH_TYPE_PLACE_ROW, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL,
                              G_TYPE_NONE, 1, G_TYPE_INT);
}

static void
oh_place_row_init (OhPlaceRow *self)
{
}

static void
on_up_clicked (OhPlaceRow *self)
{
  g_signal_emit (self, move_signal, 0, -1);
}

static void
on_down_clicked (OhPlaceRow *self)
{
  g_signal_emit (self, move_signal, 0, 1);
}

/* @words with the name in them: those who hear the buttons hear which is whose. */
static GtkWidget *
add_button (OhPlaceRow *self, const char *icon, char *words)
{
  GtkWidget *button = gtk_button_new_from_icon_name (icon);

  gtk_widget_set_valign (button, GTK_ALIGN_CENTER);
  gtk_widget_add_css_class (button, "flat");
  gtk_widget_set_tooltip_text (button, words);
  gtk_accessible_update_property (GTK_ACCESSIBLE (button), GTK_ACCESSIBLE_PROPERTY_LABEL, words,
                                  -1);
  adw_action_row_add_suffix (ADW_ACTION_ROW (self), button);
  g_free (words);
  return button;
}

static char *
dup_kind_words (const OhRulesPlace *place)
{
  g_autofree char *service = NULL;

  if (place->kind == OH_PLACE_DESK_PHONE)
    return g_strdup (_ ("Telephone"));
  if (place->kind == OH_PLACE_DEVICE)
    return g_strdup (place->own ? _ ("This device") : _ ("Device"));
  service = oh_words_protocol (place->protocol);
  if (place->verified)
    return g_steal_pointer (&service);
  return g_strdup_printf ("%s · %s", service, _ ("Not verified yet"));
}

GtkWidget *
oh_place_row_new (const OhRulesPlace *place, gboolean first, gboolean last)
{
  OhPlaceRow *self = g_object_new (OH_TYPE_PLACE_ROW, NULL);
  const char *name = *place->name ? place->name : _ ("Device without a name");
  g_autofree char *kind = dup_kind_words (place);

  self->key = g_strdup (place->key);
  adw_preferences_row_set_use_markup (ADW_PREFERENCES_ROW (self), FALSE);
  adw_preferences_row_set_title (ADW_PREFERENCES_ROW (self), name);
  adw_action_row_set_subtitle (ADW_ACTION_ROW (self), kind);
  /* Translators: %s is a device or an address; it rings earlier, or later, than the others. */
  self->up = add_button (self, "go-up-symbolic", g_strdup_printf (_ ("Ring earlier: %s"), name));
  self->down = add_button (self, "go-down-symbolic", g_strdup_printf (_ ("Ring later: %s"), name));
  self->first = first;
  self->last = last;
  oh_place_row_set_changeable (self, TRUE);
  g_signal_connect_object (self->up, "clicked", G_CALLBACK (on_up_clicked), self,
                           G_CONNECT_SWAPPED);
  g_signal_connect_object (self->down, "clicked", G_CALLBACK (on_down_clicked), self,
                           G_CONNECT_SWAPPED);
  return GTK_WIDGET (self);
}

const char *
oh_place_row_get_key (OhPlaceRow *row)
{
  return row->key;
}

void
oh_place_row_set_changeable (OhPlaceRow *row, gboolean changeable)
{
  gtk_widget_set_sensitive (row->up, changeable && !row->first);
  gtk_widget_set_sensitive (row->down, changeable && !row->last);
}

void
oh_place_row_focus (OhPlaceRow *row, int way)
{
  GtkWidget *wanted = way < 0 ? row->up : row->down;

  gtk_widget_grab_focus (gtk_widget_get_sensitive (wanted) ? wanted
                         : way < 0                         ? row->down
                                                           : row->up);
}
