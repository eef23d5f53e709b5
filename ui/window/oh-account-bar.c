/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "oh-ui"

#include "oh-config.h"

#include "ui/window/oh-account-bar.h"

#include "ui/oh-words.h"
#include "ui/widgets/oh-reveal.h"

#include <glib/gi18n.h>

struct _OhAccountBar
{
  AdwBin parent;
  GtkWidget *revealer, *who, *words, *button;
  OhClient *client;
  OhAccount *account; /* or NULL */
  guint timer;        /* seconds until the next try */
};

G_DEFINE_FINAL_TYPE (OhAccountBar, oh_account_bar, ADW_TYPE_BIN)

/* It can't be used and is not just starting. */
static gboolean
is_in_trouble (OhAccount *account)
{
  OhAccountState state = oh_account_get_state (account);

  return state == OH_ACCOUNT_FAILED || state == OH_ACCOUNT_RETRYING || state == OH_ACCOUNT_OFFLINE;
}

/* An account at a call server is signed in with anew by the assistant; one for messages alone needs
 * its password. */
static gboolean
takes_calls (OhAccount *account)
{
  return (oh_account_get_features (account) & OH_ACCOUNT_CALLS) != 0;
}

static gboolean
needs_password (OhAccount *account)
{
  return !takes_calls (account) && oh_account_get_reason (account) == OH_ACCOUNT_REASON_PASSWORD;
}

static gboolean
needs_new_sign_in (OhAccount *account)
{
  OhAccountReason reason = oh_account_get_reason (account);

  return takes_calls (account)
         && (reason == OH_ACCOUNT_REASON_PASSWORD || reason == OH_ACCOUNT_REASON_REVOKED
             || reason == OH_ACCOUNT_REASON_CERTIFICATE);
}

/* A question about it stands in the same window. */
static gboolean
is_asked (OhAccountBar *self)
{
  GListModel *questions = oh_client_get_questions (self->client);

  for (guint i = 0; i < g_list_model_get_n_items (questions); i++)
    {
      g_autoptr (OhQuestion) question = g_list_model_get_item (questions, i);

      if (oh_question_get_account (question) == self->account)
        return TRUE;
    }
  return FALSE;
}

static void
show_account (OhAccountBar *self)
{
  g_autofree char *words = oh_words_account (self->account);

  gtk_label_set_text (GTK_LABEL (self->who), oh_account_get_address (self->account));
  gtk_label_set_text (GTK_LABEL (self->words), words);
  gtk_widget_set_tooltip_text (self->words, oh_account_get_detail (self->account));
  gtk_button_set_label (
      GTK_BUTTON (self->button),
      needs_password (self->account) || needs_new_sign_in (self->account)     ? _ ("Sign in")
      : oh_account_get_reason (self->account) == OH_ACCOUNT_REASON_SIGNED_OUT ? _ ("Connect")
                                                                              : _ ("Try again"));
}

static void
show_none (OhAccountBar *self)
{
  gtk_label_set_text (GTK_LABEL (self->words), _ ("Without an account nobody can call you."));
  gtk_button_set_label (GTK_BUTTON (self->button), _ ("Set up"));
}

static gboolean
on_second (gpointer data)
{
  show_account (data);
  return G_SOURCE_CONTINUE;
}

static void
update (OhAccountBar *self)
{
  gboolean trouble = !self->account || (is_in_trouble (self->account) && !is_asked (self));
  gboolean waits = self->account && oh_account_get_state (self->account) == OH_ACCOUNT_RETRYING;

  if (!self->account)
    show_none (self);
  else if (trouble)
    show_account (self);
  oh_reveal (self->revealer, trouble);
  if (waits && !self->timer)
    self->timer = g_timeout_add_seconds (1, on_second, self);
  else if (!waits)
    g_clear_handle_id (&self->timer, g_source_remove);
}

static void
on_clicked (OhAccountBar *self)
{
  if (!self->account || needs_new_sign_in (self->account))
    g_action_group_activate_action (G_ACTION_GROUP (g_application_get_default ()), "assistant",
                                    NULL);
  else if (needs_password (self->account))
    oh_client_ask_password (self->client, self->account);
  else
    oh_account_sign_in (self->account);
}

static void
oh_account_bar_dispose (GObject *object)
{
  OhAccountBar *self = OH_ACCOUNT_BAR (object);

  g_clear_handle_id (&self->timer, g_source_remove);
  g_clear_object (&self->account);
  g_clear_object (&self->client);
  G_OBJECT_CLASS (oh_account_bar_parent_class)->dispose (object);
}

static void
oh_account_bar_class_init (OhAccountBarClass *klass)
{
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);

  G_OBJECT_CLASS (klass)->dispose = oh_account_bar_dispose;
  gtk_widget_class_set_template_from_resource (widget_class,
                                               "/org/offhook/Offhook/window/oh-account-bar.ui");
  gtk_widget_class_bind_template_child (widget_class, OhAccountBar, revealer);
  gtk_widget_class_bind_template_child (widget_class, OhAccountBar, who);
  gtk_widget_class_bind_template_child (widget_class, OhAccountBar, words);
  gtk_widget_class_bind_template_child (widget_class, OhAccountBar, button);
  gtk_widget_class_bind_template_callback (widget_class, on_clicked);
}

static void
oh_account_bar_init (OhAccountBar *self)
{
  gtk_widget_init_template (GTK_WIDGET (self));
}

GtkWidget *
oh_account_bar_new (OhClient *client, OhAccount *account, gboolean named)
{
  OhAccountBar *self = g_object_new (OH_TYPE_ACCOUNT_BAR, NULL);
  static const char *const news[] = { "notify::state", "notify::retry-at", "notify::detail" };

  self->client = g_object_ref (client);
  g_set_object (&self->account, account);
  gtk_widget_set_visible (self->who, named);
  for (guint i = 0; account && i < G_N_ELEMENTS (news); i++)
    g_signal_connect_object (account, news[i], G_CALLBACK (update), self, G_CONNECT_SWAPPED);
  if (account)
    g_signal_connect_object (oh_client_get_questions (client), "items-changed", G_CALLBACK (update),
                             self, G_CONNECT_SWAPPED);
  update (self);
  return GTK_WIDGET (self);
}
