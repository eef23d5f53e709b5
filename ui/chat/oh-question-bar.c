/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "oh-ui"

#include "oh-config.h"

#include "ui/chat/oh-question-bar.h"

#include "ui/chat/oh-question-words.h"
#include "ui/widgets/oh-reveal.h"

#include <glib/gi18n.h>

struct _OhQuestionBar
{
  AdwBin parent;
  GtkWidget *revealer, *title, *text, *scroller, *fields, *buttons;
  OhClient *client;
  OhQuestion *question; /* that is shown, or NULL */
};

G_DEFINE_FINAL_TYPE (OhQuestionBar, oh_question_bar, ADW_TYPE_BIN)

/* --- Fields --- */

static GtkWidget *
make_text (OhField *field)
{
  GtkWidget *entry = field->masked ? gtk_password_entry_new () : gtk_entry_new ();

  if (field->masked)
    gtk_password_entry_set_show_peek_icon (GTK_PASSWORD_ENTRY (entry), TRUE);
  else
    gtk_editable_set_text (GTK_EDITABLE (entry), oh_field_get_text (field));
  return entry;
}

static GtkWidget *
make_number (OhField *field)
{
  GtkWidget *button = gtk_spin_button_new_with_range (G_MININT, G_MAXINT, 1);

  gtk_spin_button_set_value (GTK_SPIN_BUTTON (button), oh_field_get_number (field));
  return button;
}

static GtkWidget *
make_choice (OhField *field)
{
  GtkWidget *choice = gtk_drop_down_new_from_strings ((const char *const *)field->choice_labels);

  gtk_drop_down_set_selected (GTK_DROP_DOWN (choice), oh_field_get_choice (field));
  return choice;
}

static GtkWidget *
make_flag (OhField *field)
{
  GtkWidget *button = gtk_check_button_new_with_label (field->label);

  gtk_check_button_set_active (GTK_CHECK_BUTTON (button), oh_field_get_flag (field));
  return button;
}

static GtkWidget *
make_label (const char *text)
{
  GtkWidget *label = gtk_label_new (text);

  gtk_label_set_wrap (GTK_LABEL (label), TRUE);
  gtk_label_set_xalign (GTK_LABEL (label), 0);
  return label;
}

/* What is filled in for @field; NULL: nothing is. */
static GtkWidget *
make_input (OhField *field)
{
  switch (field->kind)
    {
    case OH_FIELD_NUMBER:
      return make_number (field);
    case OH_FIELD_FLAG:
      return make_flag (field);
    case OH_FIELD_CHOICE:
      return field->choices && field->choices[0] ? make_choice (field) : NULL;
    case OH_FIELD_LABEL:
      return NULL;
    case OH_FIELD_TEXT:
    default:
      return make_text (field);
    }
}

static GVariant *
read_input (OhField *field, GtkWidget *input)
{
  switch (field->kind)
    {
    case OH_FIELD_NUMBER:
      return g_variant_new_int32 (gtk_spin_button_get_value_as_int (GTK_SPIN_BUTTON (input)));
    case OH_FIELD_FLAG:
      return g_variant_new_boolean (gtk_check_button_get_active (GTK_CHECK_BUTTON (input)));
    case OH_FIELD_CHOICE:
      return g_variant_new_string (
          field->choices[gtk_drop_down_get_selected (GTK_DROP_DOWN (input))]);
    case OH_FIELD_LABEL:
    case OH_FIELD_TEXT:
    default:
      return g_variant_new_string (gtk_editable_get_text (GTK_EDITABLE (input)));
    }
}

/* --- The answer --- */

static void
answer (OhQuestionBar *self, guint button)
{
  g_autoptr (OhQuestion) question = self->question ? g_object_ref (self->question) : NULL;
  GPtrArray *fields = question ? oh_question_get_fields (question) : NULL;
  GVariantDict values;

  if (!question)
    return;
  g_variant_dict_init (&values, NULL);
  for (GtkWidget *input = gtk_widget_get_first_child (self->fields); input;
       input = gtk_widget_get_next_sibling (input))
    {
      gpointer number = g_object_get_data (G_OBJECT (input), "field");
      OhField *field = number ? fields->pdata[GPOINTER_TO_UINT (number) - 1] : NULL;

      if (field)
        g_variant_dict_insert_value (&values, field->name, read_input (field, input));
    }
  oh_question_answer (question, button, g_variant_dict_end (&values));
}

static void
on_button_clicked (GtkButton *button, OhQuestionBar *self)
{
  answer (self, GPOINTER_TO_UINT (g_object_get_data (G_OBJECT (button), "number")));
}

/* Enter in a field. */
static void
on_field_activated (OhQuestionBar *self)
{
  answer (self, 0);
}

/* --- What is shown --- */

static void
remove_all (GtkWidget *box)
{
  for (GtkWidget *child; (child = gtk_widget_get_first_child (box));)
    gtk_box_remove (GTK_BOX (box), child);
}

static void
add_field (OhQuestionBar *self, OhField *field, guint number)
{
  GtkWidget *input = make_input (field);
  gboolean password = oh_question_get_kind (self->question) == OH_QUESTION_PASSWORD;
  const char *label = password ? _ ("Password") : field->label;

  if (field->kind != OH_FIELD_FLAG && label && *label)
    gtk_box_append (GTK_BOX (self->fields), make_label (label));
  if (!input)
    return;
  if (label)
    gtk_accessible_update_property (GTK_ACCESSIBLE (input), GTK_ACCESSIBLE_PROPERTY_LABEL, label,
                                    -1);
  g_object_set_data (G_OBJECT (input), "field", GUINT_TO_POINTER (number + 1));
  if (field->kind == OH_FIELD_TEXT)
    g_signal_connect_object (input, "activate", G_CALLBACK (on_field_activated), self,
                             G_CONNECT_SWAPPED);
  gtk_box_append (GTK_BOX (self->fields), input);
}

static void
add_buttons (OhQuestionBar *self)
{
  g_auto (GStrv) labels = oh_question_words_buttons (self->question);
  guint count = g_strv_length (labels);

  gtk_orientable_set_orientation (GTK_ORIENTABLE (self->buttons), count > 2
                                                                      ? GTK_ORIENTATION_VERTICAL
                                                                      : GTK_ORIENTATION_HORIZONTAL);
  for (guint i = 0; i < count; i++)
    {
      GtkWidget *button = gtk_button_new_with_label (labels[i]);

      g_object_set_data (G_OBJECT (button), "number", GUINT_TO_POINTER (i));
      g_signal_connect_object (button, "clicked", G_CALLBACK (on_button_clicked), self, 0);
      if (count > 2)
        gtk_box_append (GTK_BOX (self->buttons), button);
      else
        gtk_box_prepend (GTK_BOX (self->buttons), button); /* what agrees stands last */
    }
}

static void
show_question (OhQuestionBar *self)
{
  g_autofree char *title = oh_question_words_title (self->question);
  g_autofree char *text = oh_question_words_text (self->question);
  GPtrArray *fields = oh_question_get_fields (self->question);

  remove_all (self->fields);
  remove_all (self->buttons);
  gtk_label_set_text (GTK_LABEL (self->title), title);
  gtk_label_set_text (GTK_LABEL (self->text), text);
  gtk_widget_set_visible (self->text, *text);
  for (guint i = 0; fields && i < fields->len; i++)
    add_field (self, fields->pdata[i], i);
  gtk_widget_set_visible (self->scroller, gtk_widget_get_first_child (self->fields) != NULL);
  add_buttons (self);
}

static void
on_questions_changed (OhQuestionBar *self)
{
  g_autoptr (OhQuestion) first = g_list_model_get_item (oh_client_get_questions (self->client), 0);

  if (first == self->question)
    return;
  g_set_object (&self->question, first);
  if (first)
    show_question (self);
  else
    remove_all (self->fields); /* a password is not kept */
  oh_reveal (self->revealer, first != NULL);
}

static void
oh_question_bar_dispose (GObject *object)
{
  OhQuestionBar *self = OH_QUESTION_BAR (object);

  g_clear_object (&self->question);
  g_clear_object (&self->client);
  G_OBJECT_CLASS (oh_question_bar_parent_class)->dispose (object);
}

#define BIND(name) gtk_widget_class_bind_template_child (widget_class, OhQuestionBar, name)

static void
oh_question_bar_class_init (OhQuestionBarClass *klass)
{
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);

  G_OBJECT_CLASS (klass)->dispose = oh_question_bar_dispose;
  gtk_widget_class_set_template_from_resource (widget_class,
                                               "/org/offhook/Offhook/chat/oh-question-bar.ui");
  BIND (revealer);
  BIND (title);
  BIND (text);
  BIND (scroller);
  BIND (fields);
  BIND (buttons);
}

static void
oh_question_bar_init (OhQuestionBar *self)
{
  gtk_widget_init_template (GTK_WIDGET (self));
  oh_reveal (self->revealer, FALSE);
}

void
oh_question_bar_set_client (OhQuestionBar *self, OhClient *client)
{
  g_return_if_fail (OH_IS_QUESTION_BAR (self) && !self->client);
  self->client = g_object_ref (client);
  g_signal_connect_object (oh_client_get_questions (client), "items-changed",
                           G_CALLBACK (on_questions_changed), self, G_CONNECT_SWAPPED);
  on_questions_changed (self);
}
