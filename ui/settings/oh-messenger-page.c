/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "oh-ui"

#include "oh-config.h"

#include "ui/settings/oh-messenger-page.h"

#include "base/oh-error.h"
#include "ui/oh-words.h"
#include "ui/settings/oh-proxy-row.h"

#include <glib/gi18n.h>

#define FIRST_PROTOCOL "prpl-jabber"

struct _OhMessengerPage
{
  AdwBin parent;
  GtkWidget *stack, *protocol, *who, *name, *password, *more, *proxy, *add;

  OhClient *client;
  OhProtocol *shown; /* whose rows stand there; NULL: none */
  GPtrArray *parts;  /* rows of the name's other parts; borrowed */
  GPtrArray *fields; /* rows of the protocol's options, in their order; borrowed */
  gboolean asking;
};

G_DEFINE_FINAL_TYPE (OhMessengerPage, oh_messenger_page, ADW_TYPE_BIN)

/* --- One option --- */

static GtkWidget *
make_text (const OhField *field)
{
  GtkWidget *row = field->masked ? adw_password_entry_row_new () : adw_entry_row_new ();

  gtk_editable_set_text (GTK_EDITABLE (row), oh_field_get_text (field));
  return row;
}

/* A row with something to set at its end, which is its "input". */
static GtkWidget *
make_with_suffix (GtkWidget *input, const char *label)
{
  GtkWidget *row = adw_action_row_new ();

  gtk_widget_set_valign (input, GTK_ALIGN_CENTER);
  gtk_accessible_update_property (GTK_ACCESSIBLE (input), GTK_ACCESSIBLE_PROPERTY_LABEL, label, -1);
  adw_action_row_add_suffix (ADW_ACTION_ROW (row), input);
  adw_action_row_set_activatable_widget (ADW_ACTION_ROW (row), input);
  g_object_set_data (G_OBJECT (row), "input", input);
  return row;
}

static GtkWidget *
make_number (const OhField *field)
{
  GtkWidget *input = gtk_spin_button_new_with_range (G_MININT, G_MAXINT, 1);

  gtk_spin_button_set_value (GTK_SPIN_BUTTON (input), oh_field_get_number (field));
  return make_with_suffix (input, field->label);
}

static GtkWidget *
make_flag (const OhField *field)
{
  GtkWidget *input = gtk_switch_new ();

  gtk_switch_set_active (GTK_SWITCH (input), oh_field_get_flag (field));
  return make_with_suffix (input, field->label);
}

static GtkWidget *
make_choice (const OhField *field)
{
  GtkWidget *row = adw_combo_row_new ();
  g_autoptr (GtkStringList) labels = gtk_string_list_new (
      (const char *const *)field->choice_labels);

  adw_combo_row_set_model (ADW_COMBO_ROW (row), G_LIST_MODEL (labels));
  adw_combo_row_set_selected (ADW_COMBO_ROW (row), oh_field_get_choice (field));
  return row;
}

/* NULL: there is nothing to set. */
static GtkWidget *
make_row (const OhField *field)
{
  switch (field->kind)
    {
    case OH_FIELD_TEXT:
      return make_text (field);
    case OH_FIELD_NUMBER:
      return make_number (field);
    case OH_FIELD_FLAG:
      return make_flag (field);
    case OH_FIELD_CHOICE:
      return field->choices && field->choices[0] ? make_choice (field) : NULL;
    case OH_FIELD_LABEL:
    default:
      return NULL;
    }
}

static GVariant *
read_row (const OhField *field, GtkWidget *row)
{
  gpointer input = g_object_get_data (G_OBJECT (row), "input");

  switch (field->kind)
    {
    case OH_FIELD_NUMBER:
      return g_variant_new_int32 (gtk_spin_button_get_value_as_int (GTK_SPIN_BUTTON (input)));
    case OH_FIELD_FLAG:
      return g_variant_new_boolean (gtk_switch_get_active (GTK_SWITCH (input)));
    case OH_FIELD_CHOICE:
      return g_variant_new_string (
          field->choices[adw_combo_row_get_selected (ADW_COMBO_ROW (row))]);
    case OH_FIELD_TEXT:
    case OH_FIELD_LABEL:
    default:
      return g_variant_new_string (gtk_editable_get_text (GTK_EDITABLE (row)));
    }
}

/* --- The service --- */

static const char *
get_text (GtkWidget *entry)
{
  return gtk_editable_get_text (GTK_EDITABLE (entry));
}

static void
on_changed (OhMessengerPage *self)
{
  gboolean password = self->shown
                      && oh_protocol_get_password_need (self->shown) == OH_PASSWORD_NEEDED;

  gtk_widget_set_sensitive (self->add, self->shown && !self->asking && *get_text (self->name)
                                           && (!password || *get_text (self->password)));
}

static void
remove_rows (OhMessengerPage *self)
{
  for (guint i = 0; i < self->parts->len; i++)
    adw_preferences_group_remove (ADW_PREFERENCES_GROUP (self->who), self->parts->pdata[i]);
  for (guint i = 0; i < self->fields->len; i++)
    if (self->fields->pdata[i])
      adw_expander_row_remove (ADW_EXPANDER_ROW (self->more), self->fields->pdata[i]);
  g_ptr_array_set_size (self->parts, 0);
  g_ptr_array_set_size (self->fields, 0);
}

/* Labels come from the plug-in: plain text. */
static void
set_title (GtkWidget *row, const char *label)
{
  adw_preferences_row_set_use_markup (ADW_PREFERENCES_ROW (row), FALSE);
  adw_preferences_row_set_title (ADW_PREFERENCES_ROW (row), label);
}

static void
add_parts (OhMessengerPage *self)
{
  GPtrArray *parts = oh_protocol_get_parts (self->shown);

  for (guint i = 0; i < parts->len; i++)
    {
      const OhNamePart *part = parts->pdata[i];
      GtkWidget *row = adw_entry_row_new ();

      set_title (row, part->label);
      gtk_editable_set_text (GTK_EDITABLE (row), part->value ? part->value : "");
      adw_preferences_group_add (ADW_PREFERENCES_GROUP (self->who), row);
      g_ptr_array_add (self->parts, row);
    }
}

static void
add_fields (OhMessengerPage *self)
{
  GPtrArray *fields = oh_protocol_get_fields (self->shown);

  for (guint i = 0; i < fields->len; i++)
    {
      const OhField *field = fields->pdata[i];
      GtkWidget *row = make_row (field);

      g_ptr_array_add (self->fields, row);
      if (!row)
        continue;
      set_title (row, field->label);
      adw_expander_row_add_row (ADW_EXPANDER_ROW (self->more), row);
    }
  gtk_widget_set_visible (self->more, fields->len > 0);
}

static void
show_protocol (OhMessengerPage *self)
{
  OhProtocol *protocol = adw_combo_row_get_selected_item (ADW_COMBO_ROW (self->protocol));

  if (!self->parts)
    return; /* the page goes */
  gtk_stack_set_visible_child_name (GTK_STACK (self->stack), protocol ? "form" : "none");
  if (protocol == self->shown)
    return;
  remove_rows (self);
  g_set_object (&self->shown, protocol);
  if (protocol)
    {
      add_parts (self);
      add_fields (self);
      gtk_widget_set_visible (self->password,
                              oh_protocol_get_password_need (protocol) != OH_PASSWORD_NONE);
    }
  on_changed (self);
}

/* The protocols come one after another; the one that most services speak is chosen until the person
 * begins. */
static void
on_protocols_changed (OhMessengerPage *self)
{
  GListModel *protocols = oh_client_get_protocols (self->client);

  for (guint i = 0; !*get_text (self->name) && i < g_list_model_get_n_items (protocols); i++)
    {
      g_autoptr (OhProtocol) protocol = g_list_model_get_item (protocols, i);

      if (g_str_equal (oh_protocol_get_id (protocol), FIRST_PROTOCOL))
        adw_combo_row_set_selected (ADW_COMBO_ROW (self->protocol), i);
    }
  show_protocol (self);
}

/* --- Adding --- */

static void
close_page (OhMessengerPage *self)
{
  GtkRoot *root = gtk_widget_get_root (GTK_WIDGET (self));

  if (ADW_IS_PREFERENCES_WINDOW (root))
    adw_preferences_window_close_subpage (ADW_PREFERENCES_WINDOW (root));
}

static void
say_error (OhMessengerPage *self, const GError *error)
{
  GtkRoot *root = gtk_widget_get_root (GTK_WIDGET (self));
  g_autofree char *words
      = g_error_matches (error, OH_ERROR, OH_ERROR_EXISTS)
            ? g_strdup (_ ("This account stands here already."))
        : g_error_matches (error, OH_ERROR, OH_ERROR_INVALID)
            ? g_strdup (_ ("This is no user name of that service, or one of the settings is not "
                           "valid."))
            : oh_words_error (error);

  if (ADW_IS_PREFERENCES_WINDOW (root))
    adw_preferences_window_add_toast (ADW_PREFERENCES_WINDOW (root), adw_toast_new (words));
}

static void
on_added (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (OhMessengerPage) self = user_data;
  g_autoptr (GError) error = NULL;
  g_autoptr (OhAccount) account = oh_client_add_messenger_finish (OH_CLIENT (source), result,
                                                                  &error);

  if (!self->client)
    return; /* closed meanwhile */
  self->asking = FALSE;
  gtk_widget_set_sensitive (self->stack, TRUE);
  on_changed (self);
  if (account)
    close_page (self);
  else
    say_error (self, error);
}

static GVariant *
read_options (OhMessengerPage *self)
{
  GPtrArray *fields = oh_protocol_get_fields (self->shown);
  GVariantDict options;

  g_variant_dict_init (&options, NULL);
  for (guint i = 0; i < fields->len; i++)
    {
      const OhField *field = fields->pdata[i];
      g_autoptr (GVariant) value = self->fields->pdata[i] ? g_variant_ref_sink (
                                       read_row (field, self->fields->pdata[i]))
                                                          : NULL;

      if (value && !(field->value && g_variant_equal (value, field->value))
          && (field->value || field->kind != OH_FIELD_TEXT || *g_variant_get_string (value, NULL)))
        g_variant_dict_insert_value (&options, field->name, value);
    }
  return g_variant_dict_end (&options);
}

static void
add_account (OhMessengerPage *self)
{
  g_autoptr (GPtrArray) others = g_ptr_array_new ();
  g_autofree char *first = g_strstrip (g_strdup (get_text (self->name)));
  g_autofree char *username = NULL;
  g_autoptr (GError) error = NULL;
  g_autofree char *proxy = oh_proxy_row_dup_proxy (OH_PROXY_ROW (self->proxy), &error);
  OhNewMessenger wanted = { .protocol = self->shown, .proxy = proxy };

  if (!gtk_widget_get_sensitive (self->add))
    return;
  if (!proxy)
    {
      oh_proxy_row_say_error (OH_PROXY_ROW (self->proxy), error);
      return;
    }
  for (guint i = 0; i < self->parts->len; i++)
    g_ptr_array_add (others, (gpointer)get_text (self->parts->pdata[i]));
  g_ptr_array_add (others, NULL);
  username = oh_protocol_join_name (self->shown, first, (const char *const *)others->pdata);
  self->asking = TRUE;
  gtk_widget_set_sensitive (self->stack, FALSE);
  wanted.username = username;
  wanted.password = *get_text (self->password) ? get_text (self->password) : NULL;
  wanted.options = read_options (self);
  wanted.proxy_password = oh_proxy_row_get_password (OH_PROXY_ROW (self->proxy));
  oh_client_add_messenger_async (self->client, &wanted, on_added, g_object_ref (self));
}

/* --- The object --- */

static void
oh_messenger_page_dispose (GObject *object)
{
  OhMessengerPage *self = OH_MESSENGER_PAGE (object);

  g_clear_object (&self->client);
  g_clear_object (&self->shown);
  g_clear_pointer (&self->parts, g_ptr_array_unref);
  g_clear_pointer (&self->fields, g_ptr_array_unref);
  G_OBJECT_CLASS (oh_messenger_page_parent_class)->dispose (object);
}

#define BIND(name) gtk_widget_class_bind_template_child (widget_class, OhMessengerPage, name)

static void
oh_messenger_page_class_init (OhMessengerPageClass *klass)
{
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);

  G_OBJECT_CLASS (klass)->dispose = oh_messenger_page_dispose;
  g_type_ensure (OH_TYPE_PROTOCOL);
  g_type_ensure (OH_TYPE_PROXY_ROW);
  gtk_widget_class_set_template_from_resource (
      widget_class, "/org/offhook/Offhook/settings/oh-messenger-page.ui");
  BIND (stack);
  BIND (protocol);
  BIND (who);
  BIND (name);
  BIND (password);
  BIND (more);
  BIND (proxy);
  BIND (add);
  gtk_widget_class_bind_template_callback (widget_class, close_page);
  gtk_widget_class_bind_template_callback (widget_class, show_protocol);
  gtk_widget_class_bind_template_callback (widget_class, on_changed);
  gtk_widget_class_bind_template_callback (widget_class, add_account);
}

static void
oh_messenger_page_init (OhMessengerPage *self)
{
  self->parts = g_ptr_array_new ();
  self->fields = g_ptr_array_new ();
  gtk_widget_init_template (GTK_WIDGET (self));
}

GtkWidget *
oh_messenger_page_new (OhClient *client)
{
  OhMessengerPage *self = g_object_new (OH_TYPE_MESSENGER_PAGE, NULL);

  self->client = g_object_ref (client);
  adw_combo_row_set_model (ADW_COMBO_ROW (self->protocol), oh_client_get_protocols (client));
  g_signal_connect_object (oh_client_get_protocols (client), "items-changed",
                           G_CALLBACK (on_protocols_changed), self, G_CONNECT_SWAPPED);
  on_protocols_changed (self);
  return GTK_WIDGET (self);
}
