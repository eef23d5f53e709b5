/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "oh-ui"

#include "ui/widgets/oh-keypad.h"

/* A grid of buttons that never turns round: a keypad has its 1 at the left in every language. */
struct _OhKeypad
{
  GtkWidget parent;
  GtkWidget *grid;
};

G_DEFINE_FINAL_TYPE (OhKeypad, oh_keypad, GTK_TYPE_WIDGET)

static guint digit_signal;

static const struct
{
  char digit;
  const char *letters;
} keys[] = {
  { '1', " " },    { '2', "ABC" }, { '3', "DEF" },  { '4', "GHI" }, { '5', "JKL" }, { '6', "MNO" },
  { '7', "PQRS" }, { '8', "TUV" }, { '9', "WXYZ" }, { '*', " " },   { '0', "+" },   { '#', " " },
};

static void
on_clicked (GtkButton *button, OhKeypad *self)
{
  guint digit = GPOINTER_TO_UINT (g_object_get_data (G_OBJECT (button), "digit"));
  g_signal_emit (self, digit_signal, 0, digit);
}

static GtkWidget *
create_key (OhKeypad *self, char digit, const char *letters)
{
  const char name[] = { digit, '\0' };
  GtkWidget *button = gtk_button_new ();
  GtkWidget *box = gtk_box_new (GTK_ORIENTATION_VERTICAL, 0);
  GtkWidget *number = gtk_label_new (name);
  GtkWidget *below = gtk_label_new (letters);

  gtk_widget_add_css_class (number, "title-2");
  gtk_widget_add_css_class (below, "caption");
  gtk_widget_add_css_class (below, "dim-label");
  gtk_widget_add_css_class (button, "keypad-key");
  gtk_box_append (GTK_BOX (box), number);
  gtk_box_append (GTK_BOX (box), below);
  gtk_button_set_child (GTK_BUTTON (button), box);
  gtk_accessible_update_property (GTK_ACCESSIBLE (button), GTK_ACCESSIBLE_PROPERTY_LABEL, name, -1);
  g_object_set_data (G_OBJECT (button), "digit", GUINT_TO_POINTER ((guint)digit));
  g_signal_connect (button, "clicked", G_CALLBACK (on_clicked), self);
  return button;
}

static void
oh_keypad_dispose (GObject *object)
{
  OhKeypad *self = OH_KEYPAD (object);
  g_clear_pointer (&self->grid, gtk_widget_unparent);
  G_OBJECT_CLASS (oh_keypad_parent_class)->dispose (object);
}

static void
oh_keypad_class_init (OhKeypadClass *klass)
{
  G_OBJECT_CLASS (klass)->dispose = oh_keypad_dispose;
  gtk_widget_class_set_layout_manager_type (GTK_WIDGET_CLASS (klass), GTK_TYPE_BIN_LAYOUT);
  gtk_widget_class_set_css_name (GTK_WIDGET_CLASS (klass), "keypad");
  digit_signal = g_signal_new ("digit", OH_TYPE_KEYPAD, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL,
                               G_TYPE_NONE, 1, G_TYPE_UINT);
}

static void
oh_keypad_init (OhKeypad *self)
{
  self->grid = gtk_grid_new ();
  gtk_widget_set_direction (self->grid, GTK_TEXT_DIR_LTR);
  gtk_widget_set_halign (self->grid, GTK_ALIGN_CENTER);
  gtk_grid_set_row_spacing (GTK_GRID (self->grid), 8);
  gtk_grid_set_column_spacing (GTK_GRID (self->grid), 8);
  gtk_grid_set_column_homogeneous (GTK_GRID (self->grid), TRUE);
  for (guint i = 0; i < G_N_ELEMENTS (keys); i++)
    gtk_grid_attach (GTK_GRID (self->grid), create_key (self, keys[i].digit, keys[i].letters),
                     (int)i % 3, (int)i / 3, 1, 1);
  gtk_widget_set_parent (self->grid, GTK_WIDGET (self));
}

GtkWidget *
oh_keypad_new (void)
{
  return g_object_new (OH_TYPE_KEYPAD, NULL);
}
