/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "oh-ui"

#include "oh-config.h"

#include "ui/settings/oh-rules-page.h"

#include "base/oh-error.h"
#include "ui/oh-words.h"
#include "ui/settings/oh-place-row.h"

#include <glib/gi18n.h>

#include <string.h>

struct _OhRulesPage
{
  AdwBin parent;
  GtkWidget *heading, *back, *spinner, *stack, *trouble, *note, *note_row;
  GtkWidget *order, *by_activity, *by_rank, *together, *delay_row, *delay;
  GtkWidget *places, *quiet, *away, *dnd;
  GtkWidget *hours, *learn, *nothing_learned, *forget_group, *forget;
  GtkWidget *unanswered_group, *ring, *unanswered, *declined, *language_group, *language;

  OhClient *client;
  OhAccount *account;
  OhAccountRules *rules; /* as shown; NULL: none are known yet */
  GPtrArray *rows;       /* of the places; borrowed */
  GPtrArray *hour_rows;  /* of what was learned; borrowed */
  OhRulesChange wanted;  /* what the person changed while another change is on its way */
  gboolean sending;      /* one is */
  guint asking;          /* requests under way */
  gboolean filling;      /* the page sets its own widgets: that is no wish of the person's */
};

G_DEFINE_FINAL_TYPE (OhRulesPage, oh_rules_page, ADW_TYPE_BIN)

static void fetch (OhRulesPage *self);
static void show_places (OhRulesPage *self);

/* --- Requests --- */

static char *
dup_error_words (const GError *error)
{
  if (g_error_matches (error, OH_ERROR, OH_ERROR_NOT_FOUND))
    return g_strdup (_ ("One of your devices or addresses is gone. Look again."));
  if (g_error_matches (error, OH_ERROR, OH_ERROR_CLOSED))
    return g_strdup (_ ("There is no connection to the call server."));
  return oh_words_server_error (error);
}

static void
say_error (OhRulesPage *self, const GError *error)
{
  GtkRoot *root = gtk_widget_get_root (GTK_WIDGET (self));
  g_autofree char *words = dup_error_words (error);

  if (ADW_IS_PREFERENCES_WINDOW (root))
    adw_preferences_window_add_toast (ADW_PREFERENCES_WINDOW (root), adw_toast_new (words));
}

static gpointer
begin_request (OhRulesPage *self)
{
  self->asking++;
  gtk_spinner_start (GTK_SPINNER (self->spinner));
  return g_object_ref (self);
}

/* FALSE: the page was closed meanwhile. */
static gboolean
end_request (OhRulesPage *self)
{
  self->asking--;
  if (!self->client)
    return FALSE;
  gtk_spinner_set_spinning (GTK_SPINNER (self->spinner), self->asking > 0);
  return TRUE;
}

/* --- What the person wants --- */

static gboolean
is_wanted (const OhRulesChange *change)
{
  return change->order >= 0 || change->next_delay_s >= 0 || change->away >= 0 || change->dnd >= 0
         || change->learn >= 0 || change->places || change->ring_s >= 0 || change->unanswered >= 0
         || change->declined >= 0 || change->language;
}

static void
clear_wanted (OhRulesPage *self)
{
  static const OhRulesChange nothing = OH_RULES_CHANGE_INIT;

  g_clear_pointer (&self->wanted.places, g_strfreev);
  g_clear_pointer (&self->wanted.language, g_free);
  self->wanted = nothing;
}

static void send_wanted (OhRulesPage *self);

static void
on_change_account_rules_ready (GObject *source, GAsyncResult *result, gpointer data)
{
  g_autoptr (OhRulesPage) self = data;
  g_autoptr (GError) error = NULL;
  gboolean done = oh_client_change_account_rules_finish (OH_CLIENT (source), result, &error);

  self->sending = FALSE;
  if (!end_request (self))
    return;
  if (!done)
    {
      clear_wanted (self);
      say_error (self, error);
    }
  if (is_wanted (&self->wanted))
    send_wanted (self);
  else
    fetch (self);
}

/* One at a time, so that they arrive in their order; what is changed meanwhile goes together. */
static void
send_wanted (OhRulesPage *self)
{
  if (self->sending)
    return;
  self->sending = TRUE;
  oh_client_change_account_rules_async (self->client, self->account, &self->wanted,
                                        on_change_account_rules_ready, begin_request (self));
  clear_wanted (self);
}

/* The places as they are listed. */
static void
want_places (OhRulesPage *self)
{
  GPtrArray *places = self->rules->places;

  g_clear_pointer (&self->wanted.places, g_strfreev);
  self->wanted.places = g_new0 (char *, places->len + 1);
  for (guint i = 0; i < places->len; i++)
    self->wanted.places[i] = g_strdup (((OhRulesPlace *)places->pdata[i])->key);
}

static void
show_order (OhRulesPage *self)
{
  gtk_widget_set_visible (self->places, self->rules->order == OH_RULES_BY_RANK);
  gtk_widget_set_visible (self->delay_row, self->rules->order != OH_RULES_TOGETHER);
}

static void
on_order_toggled (OhRulesPage *self, GtkCheckButton *button)
{
  OhRulesOrder order = GTK_WIDGET (button) == self->by_rank    ? OH_RULES_BY_RANK
                       : GTK_WIDGET (button) == self->together ? OH_RULES_TOGETHER
                                                               : OH_RULES_BY_ACTIVITY;

  if (self->filling || !gtk_check_button_get_active (button))
    return;
  self->rules->order = self->wanted.order = order;
  if (order == OH_RULES_BY_RANK)
    want_places (self);
  show_order (self);
  send_wanted (self);
}

static void
on_delay_changed (OhRulesPage *self)
{
  if (self->filling)
    return;
  self->wanted.next_delay_s = gtk_spin_button_get_value_as_int (GTK_SPIN_BUTTON (self->delay));
  self->rules->next_delay_s = (guint)self->wanted.next_delay_s;
  send_wanted (self);
}

static void
on_away_selected (OhRulesPage *self)
{
  if (self->filling)
    return;
  self->wanted.away = (int)adw_combo_row_get_selected (ADW_COMBO_ROW (self->away));
  self->rules->away = (OhRulesQuiet)self->wanted.away;
  send_wanted (self);
}

static void
on_dnd_selected (OhRulesPage *self)
{
  if (self->filling)
    return;
  self->wanted.dnd = (int)adw_combo_row_get_selected (ADW_COMBO_ROW (self->dnd));
  self->rules->dnd = (OhRulesQuiet)self->wanted.dnd;
  send_wanted (self);
}

static void show_learned (OhRulesPage *self);

static void
on_learn_changed (OhRulesPage *self)
{
  if (self->filling)
    return;
  self->wanted.learn = gtk_switch_get_active (GTK_SWITCH (self->learn));
  self->rules->learn = self->wanted.learn;
  show_learned (self);
  send_wanted (self);
}

static void
on_forget_hours_ready (GObject *source, GAsyncResult *result, gpointer data)
{
  g_autoptr (OhRulesPage) self = data;
  g_autoptr (GError) error = NULL;
  gboolean done = oh_client_forget_hours_finish (OH_CLIENT (source), result, &error);

  if (!end_request (self))
    return;
  if (done)
    gtk_widget_grab_focus (self->learn); /* the button goes */
  else
    say_error (self, error);
  fetch (self);
}

static void
on_forget_clicked (OhRulesPage *self)
{
  gtk_widget_set_sensitive (self->forget, FALSE);
  oh_client_forget_hours_async (self->client, self->account, on_forget_hours_ready,
                                begin_request (self));
}

static void
on_ring_changed (OhRulesPage *self)
{
  if (self->filling)
    return;
  self->wanted.ring_s = gtk_spin_button_get_value_as_int (GTK_SPIN_BUTTON (self->ring));
  self->rules->ring_s = (guint)self->wanted.ring_s;
  send_wanted (self);
}

static void
on_unanswered_selected (OhRulesPage *self)
{
  if (self->filling)
    return;
  self->wanted.unanswered = (int)adw_combo_row_get_selected (ADW_COMBO_ROW (self->unanswered));
  self->rules->unanswered = (OhRulesUnanswered)self->wanted.unanswered;
  send_wanted (self);
}

static void
on_declined_selected (OhRulesPage *self)
{
  if (self->filling)
    return;
  self->wanted.declined = (int)adw_combo_row_get_selected (ADW_COMBO_ROW (self->declined));
  self->rules->declined = (OhRulesDeclined)self->wanted.declined;
  send_wanted (self);
}

static void
on_language_selected (OhRulesPage *self)
{
  guint selected = adw_combo_row_get_selected (ADW_COMBO_ROW (self->language));

  if (self->filling || selected >= g_strv_length (self->rules->languages))
    return;
  g_free (self->wanted.language);
  self->wanted.language = g_strdup (self->rules->languages[selected]);
  send_wanted (self);
}

/* The keyboard stays at the button of the row that moved. */
static void
on_move (OhPlaceRow *row, int way, OhRulesPage *self)
{
  GPtrArray *places = self->rules->places;
  guint from, to;

  g_ptr_array_find (self->rows, row, &from);
  to = (guint)((int)from + way);
  g_return_if_fail (from < places->len && to < places->len);
  gpointer place = places->pdata[from];
  places->pdata[from] = places->pdata[to];
  places->pdata[to] = place;
  show_places (self);
  oh_place_row_focus (self->rows->pdata[to], way);
  want_places (self);
  send_wanted (self);
}

/* --- What is shown --- */

static void
show_places (OhRulesPage *self)
{
  GPtrArray *places = self->rules->places;

  for (guint i = 0; i < self->rows->len; i++)
    adw_preferences_group_remove (ADW_PREFERENCES_GROUP (self->places), self->rows->pdata[i]);
  g_ptr_array_set_size (self->rows, 0);
  for (guint i = 0; i < places->len; i++)
    {
      GtkWidget *row = oh_place_row_new (places->pdata[i], i == 0, i + 1 == places->len);

      g_ptr_array_add (self->rows, row);
      adw_preferences_group_add (ADW_PREFERENCES_GROUP (self->places), row);
      g_signal_connect_object (row, "move", G_CALLBACK (on_move), self, 0);
    }
}

/* The rows stand for these places already: they are left alone, with the keyboard's place in them. */
static gboolean
are_places_shown (OhRulesPage *self)
{
  GPtrArray *places = self->rules->places;

  for (guint i = 0; i < places->len && i < self->rows->len; i++)
    if (g_strcmp0 (((OhRulesPlace *)places->pdata[i])->key,
                   oh_place_row_get_key (self->rows->pdata[i]))
        != 0)
      return FALSE;
  return places->len == self->rows->len;
}

static GtkWidget *
new_hour_row (const OhRulesHours *hours)
{
  GtkWidget *row = adw_action_row_new ();
  g_autofree char *service = *hours->protocol ? oh_words_protocol (hours->protocol) : NULL;
  g_autofree char *name = service ? g_strdup_printf ("\u2068%s (%s)\u2069", hours->name, service)
                                  : g_strdup_printf ("\u2068%s\u2069", hours->name);
  /* Translators: from one hour of the day to another, 0 to 24. */
  g_autofree char *title = g_strdup_printf (hours->weekend ? _ ("Weekends %u:00–%u:00")
                                                           : _ ("Weekdays %u:00–%u:00"),
                                            hours->from, hours->to);
  /* Translators: a device or an address; so many of all the calls that were answered then. */
  g_autofree char *subtitle = g_strdup_printf (
      ngettext ("Usually on %s: %u of %u call", "Usually on %s: %u of %u calls", hours->of), name,
      hours->answered, hours->of);

  adw_preferences_row_set_use_markup (ADW_PREFERENCES_ROW (row), FALSE);
  adw_preferences_row_set_title (ADW_PREFERENCES_ROW (row), title);
  adw_action_row_set_subtitle (ADW_ACTION_ROW (row), subtitle);
  return row;
}

static void
show_learned (OhRulesPage *self)
{
  const OhAccountRules *rules = self->rules;

  for (guint i = 0; i < self->hour_rows->len; i++)
    adw_preferences_group_remove (ADW_PREFERENCES_GROUP (self->hours), self->hour_rows->pdata[i]);
  g_ptr_array_set_size (self->hour_rows, 0);
  for (guint i = 0; rules->learn && i < rules->hours->len; i++)
    {
      GtkWidget *row = new_hour_row (rules->hours->pdata[i]);

      g_ptr_array_add (self->hour_rows, row);
      adw_preferences_group_add (ADW_PREFERENCES_GROUP (self->hours), row);
    }
  gtk_widget_set_visible (self->hours, rules->can_learn);
  gtk_widget_set_visible (self->nothing_learned, rules->learn && self->hour_rows->len == 0);
  gtk_widget_set_visible (self->forget_group, rules->can_learn && rules->n_answers > 0);
}

/* A language's name in itself; its code where that is not known here. */
static const char *
name_language (const char *code)
{
  static const char *const names[][2] = { { "en", "English" }, { "de", "Deutsch" } };

  for (gsize i = 0; i < G_N_ELEMENTS (names); i++)
    if (g_str_equal (names[i][0], code))
      return names[i][1];
  return code;
}

static void
show_languages (OhRulesPage *self)
{
  g_autoptr (GtkStringList) names = gtk_string_list_new (NULL);

  for (char **code = self->rules->languages; *code; code++)
    gtk_string_list_append (names, name_language (*code));
  adw_combo_row_set_model (ADW_COMBO_ROW (self->language), G_LIST_MODEL (names));
  gtk_widget_set_visible (self->language_group, self->rules->languages[0] != NULL);
}

/* The user may have one with a country, "de_AT", or one that the server has no texts in: then nothing
 * is chosen. */
static guint
find_language (const OhAccountRules *rules)
{
  for (guint i = 0; rules->languages[i]; i++)
    {
      gsize length = strlen (rules->languages[i]);

      if (strncmp (rules->language, rules->languages[i], length) == 0
          && !g_ascii_isalpha (rules->language[length]))
        return i;
    }
  return GTK_INVALID_LIST_POSITION;
}

/* Takes @rules. */
static void
show_rules (OhRulesPage *self, OhAccountRules *rules)
{
  GtkWidget *const orders[] = { self->by_activity, self->by_rank, self->together };
  gboolean same_languages = self->rules
                            && g_strv_equal ((const char *const *)self->rules->languages,
                                             (const char *const *)rules->languages);

  oh_account_rules_free (self->rules);
  self->rules = rules;
  self->filling = TRUE;
  gtk_check_button_set_active (GTK_CHECK_BUTTON (orders[rules->order]), TRUE);
  gtk_spin_button_set_value (GTK_SPIN_BUTTON (self->delay), rules->next_delay_s);
  adw_combo_row_set_selected (ADW_COMBO_ROW (self->away), rules->away);
  adw_combo_row_set_selected (ADW_COMBO_ROW (self->dnd), rules->dnd);
  gtk_switch_set_active (GTK_SWITCH (self->learn), rules->learn);
  gtk_spin_button_set_value (GTK_SPIN_BUTTON (self->ring), rules->ring_s);
  adw_combo_row_set_selected (ADW_COMBO_ROW (self->unanswered), rules->unanswered);
  adw_combo_row_set_selected (ADW_COMBO_ROW (self->declined), rules->declined);
  if (!same_languages)
    show_languages (self);
  adw_combo_row_set_selected (ADW_COMBO_ROW (self->language), find_language (rules));
  self->filling = FALSE;
  if (!are_places_shown (self))
    show_places (self);
  show_order (self);
  show_learned (self);
  gtk_stack_set_visible_child_name (GTK_STACK (self->stack), "rules");
}

/* @words: why nothing can be changed now; NULL: it can. */
static void
set_changeable (OhRulesPage *self, gboolean changeable, const char *words)
{
  /* What lies in a group that is greyed says to a screen reader that it can be used (GTK 4.8). */
  GtkWidget *const all[] = { self->order,      self->places,
                             self->quiet,      self->by_activity,
                             self->by_rank,    self->together,
                             self->delay,      self->away,
                             self->dnd,        self->hours,
                             self->learn,      self->forget,
                             self->ring,       self->unanswered_group,
                             self->unanswered, self->language_group,
                             self->declined,   self->language };

  for (gsize i = 0; i < G_N_ELEMENTS (all); i++)
    gtk_widget_set_sensitive (all[i], changeable);
  for (guint i = 0; i < self->rows->len; i++)
    oh_place_row_set_changeable (self->rows->pdata[i], changeable);
  if (words)
    adw_action_row_set_subtitle (ADW_ACTION_ROW (self->note_row), words);
  gtk_widget_set_visible (self->note, words != NULL);
}

static void
show_trouble (OhRulesPage *self, const GError *error)
{
  OhAccountRules *known = oh_client_dup_known_rules (self->client, self->account);
  g_autofree char *words = dup_error_words (error);
  g_autofree char *markup = g_markup_escape_text (words, -1);

  if (known)
    show_rules (self, known);
  set_changeable (self, FALSE, words);
  if (known)
    return;
  adw_status_page_set_description (ADW_STATUS_PAGE (self->trouble), markup);
  gtk_stack_set_visible_child_name (GTK_STACK (self->stack), "trouble");
}

static void
on_get_account_rules_ready (GObject *source, GAsyncResult *result, gpointer data)
{
  g_autoptr (OhRulesPage) self = data;
  g_autoptr (GError) error = NULL;
  OhAccountRules *rules = oh_client_get_account_rules_finish (OH_CLIENT (source), result, &error);

  if (!end_request (self) || self->sending) /* then it is asked for again */
    {
      oh_account_rules_free (rules);
      return;
    }
  if (rules)
    {
      show_rules (self, rules);
      set_changeable (self, TRUE, NULL);
    }
  else
    show_trouble (self, error);
}

static void
fetch (OhRulesPage *self)
{
  oh_client_get_account_rules_async (self->client, self->account, on_get_account_rules_ready,
                                     begin_request (self));
}

/* The account came or went; asked whether the server still answers. */
static void
on_state_changed (OhRulesPage *self)
{
  fetch (self);
}

static void
on_again_clicked (OhRulesPage *self)
{
  fetch (self);
}

static void
on_back_clicked (OhRulesPage *self)
{
  GtkRoot *root = gtk_widget_get_root (GTK_WIDGET (self));

  if (ADW_IS_PREFERENCES_WINDOW (root))
    adw_preferences_window_close_subpage (ADW_PREFERENCES_WINDOW (root));
}

/* --- The object --- */

static void
oh_rules_page_dispose (GObject *object)
{
  OhRulesPage *self = OH_RULES_PAGE (object);

  g_clear_object (&self->client);
  g_clear_object (&self->account);
  g_clear_pointer (&self->rules, oh_account_rules_free);
  g_clear_pointer (&self->rows, g_ptr_array_unref);
  g_clear_pointer (&self->hour_rows, g_ptr_array_unref);
  clear_wanted (self);
  self->filling = TRUE; /* what the widgets still say is nobody's wish */
  G_OBJECT_CLASS (oh_rules_page_parent_class)->dispose (object);
}

#define BIND(name) gtk_widget_class_bind_template_child (widget_class, OhRulesPage, name)

static void
oh_rules_page_class_init (OhRulesPageClass *klass)
{
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);

  G_OBJECT_CLASS (klass)->dispose = oh_rules_page_dispose;
  gtk_widget_class_set_template_from_resource (widget_class,
                                               "/org/offhook/Offhook/settings/oh-rules-page.ui");
  BIND (heading);
  BIND (back);
  BIND (spinner);
  BIND (stack);
  BIND (trouble);
  BIND (note);
  BIND (note_row);
  BIND (order);
  BIND (by_activity);
  BIND (by_rank);
  BIND (together);
  BIND (delay_row);
  BIND (delay);
  BIND (places);
  BIND (quiet);
  BIND (away);
  BIND (dnd);
  BIND (hours);
  BIND (learn);
  BIND (nothing_learned);
  BIND (forget_group);
  BIND (forget);
  BIND (unanswered_group);
  BIND (ring);
  BIND (unanswered);
  BIND (declined);
  BIND (language_group);
  BIND (language);
  gtk_widget_class_bind_template_callback (widget_class, on_back_clicked);
  gtk_widget_class_bind_template_callback (widget_class, on_again_clicked);
  gtk_widget_class_bind_template_callback (widget_class, on_order_toggled);
  gtk_widget_class_bind_template_callback (widget_class, on_delay_changed);
  gtk_widget_class_bind_template_callback (widget_class, on_away_selected);
  gtk_widget_class_bind_template_callback (widget_class, on_dnd_selected);
  gtk_widget_class_bind_template_callback (widget_class, on_learn_changed);
  gtk_widget_class_bind_template_callback (widget_class, on_forget_clicked);
  gtk_widget_class_bind_template_callback (widget_class, on_ring_changed);
  gtk_widget_class_bind_template_callback (widget_class, on_unanswered_selected);
  gtk_widget_class_bind_template_callback (widget_class, on_declined_selected);
  gtk_widget_class_bind_template_callback (widget_class, on_language_selected);
}

static void
set_words (GtkWidget *row, const char *const *words)
{
  g_autoptr (GtkStringList) list = gtk_string_list_new (words);

  adw_combo_row_set_model (ADW_COMBO_ROW (row), G_LIST_MODEL (list));
}

/* By the numbers of OhRulesQuiet, OhRulesUnanswered and OhRulesDeclined. */
static void
fill_choices (OhRulesPage *self)
{
  const char *const words[] = { _ ("It rings all the same"),
                                _ ("It rings after everything else"),
                                _ ("It does not ring there"),
                                _ ("No device rings anywhere, messages tell me of the call"),
                                _ ("Nothing rings anywhere, the caller goes on at once"),
                                NULL };
  const char *const away_words[] = { words[OH_RULES_RING], words[OH_RULES_LATER],
                                     words[OH_RULES_SKIP], NULL };
  const char *const unanswered_words[] = { _ ("The caller can leave a message"),
                                           _ ("As when I decline"), NULL };
  const char *const declined_words[] = { unanswered_words[0], _ ("The caller hears that I am busy"),
                                         _ ("The call ends"), NULL };

  set_words (self->away, away_words);
  set_words (self->dnd, words);
  set_words (self->unanswered, unanswered_words);
  set_words (self->declined, declined_words);
}

static void
oh_rules_page_init (OhRulesPage *self)
{
  self->filling = TRUE;
  self->rows = g_ptr_array_new ();
  self->hour_rows = g_ptr_array_new ();
  clear_wanted (self);
  gtk_widget_init_template (GTK_WIDGET (self));
  fill_choices (self);
  self->filling = FALSE;
}

GtkWidget *
oh_rules_page_new (OhClient *client, OhAccount *account)
{
  OhRulesPage *self = g_object_new (OH_TYPE_RULES_PAGE, NULL);
  OhAccountRules *known = oh_client_dup_known_rules (client, account);

  self->client = g_object_ref (client);
  self->account = g_object_ref (account);
  adw_window_title_set_subtitle (ADW_WINDOW_TITLE (self->heading),
                                 oh_account_get_address (account));
  if (known)
    show_rules (self, known);
  set_changeable (self, FALSE, NULL);
  g_signal_connect_object (account, "notify::state", G_CALLBACK (on_state_changed), self,
                           G_CONNECT_SWAPPED);
  fetch (self);
  return GTK_WIDGET (self);
}
