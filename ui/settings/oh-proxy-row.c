/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "oh-ui"

#include "oh-config.h"

#include "ui/settings/oh-proxy-row.h"

#include "base/oh-error.h"
#include "base/oh-proxy.h"
#include "ui/oh-words.h"

#include <glib/gi18n.h>

struct _OhProxyRow
{
  AdwExpanderRow parent;
  GtkWidget *kind, *host, *port, *user, *password, *apply;
};

G_DEFINE_FINAL_TYPE (OhProxyRow, oh_proxy_row, ADW_TYPE_EXPANDER_ROW)

/* In the order of the list in oh-proxy-row.ui; where such a proxy usually is. */
static const struct
{
  OhProxyKind kind;
  const char *host;
  const char *port;
} kinds[] = { { OH_PROXY_SYSTEM, "", "" },
              { OH_PROXY_NONE, "", "" },
              { OH_PROXY_HTTP, "", "8080" },
              { OH_PROXY_SOCKS5, "", "1080" },
              { OH_PROXY_TOR, "127.0.0.1", "9050" } };

static guint applied_signal;

static const char *
get_text (GtkWidget *entry)
{
  return gtk_editable_get_text (GTK_EDITABLE (entry));
}

static guint
get_selected (OhProxyRow *self)
{
  return MIN (adw_combo_row_get_selected (ADW_COMBO_ROW (self->kind)), G_N_ELEMENTS (kinds) - 1);
}

static gboolean
is_usual (const char *port)
{
  for (guint i = 0; i < G_N_ELEMENTS (kinds); i++)
    if (g_str_equal (kinds[i].port, port))
      return TRUE;
  return FALSE;
}

static void
show_kind (OhProxyRow *self)
{
  guint selected = get_selected (self);
  GObject *item = adw_combo_row_get_selected_item (ADW_COMBO_ROW (self->kind));
  gboolean server = oh_proxy_has_server (kinds[selected].kind);

  if (gtk_widget_in_destruction (GTK_WIDGET (self)))
    return;
  gtk_widget_set_visible (self->host, server);
  gtk_widget_set_visible (self->port, server);
  gtk_widget_set_visible (self->user, server && kinds[selected].kind != OH_PROXY_TOR);
  gtk_widget_set_visible (self->password, server && kinds[selected].kind != OH_PROXY_TOR);
  if (is_usual (get_text (self->port)))
    gtk_editable_set_text (GTK_EDITABLE (self->port), kinds[selected].port);
  if (!*get_text (self->host))
    gtk_editable_set_text (GTK_EDITABLE (self->host), kinds[selected].host);
  if (item)
    adw_expander_row_set_subtitle (ADW_EXPANDER_ROW (self),
                                   gtk_string_object_get_string (GTK_STRING_OBJECT (item)));
}

static void
on_apply_clicked (OhProxyRow *self)
{
  g_signal_emit (self, applied_signal, 0);
}

void
oh_proxy_row_edit (OhProxyRow *self, const char *text)
{
  g_autoptr (OhProxy) proxy = oh_proxy_parse (text, NULL);
  g_autofree char *port = proxy && proxy->port ? g_strdup_printf ("%u", proxy->port) : NULL;

  gtk_widget_set_visible (self->apply, TRUE);
  adw_preferences_row_set_title (ADW_PREFERENCES_ROW (self->password), _ ("New password"));
  if (!proxy)
    return;
  gtk_editable_set_text (GTK_EDITABLE (self->host), proxy->host ? proxy->host : "");
  gtk_editable_set_text (GTK_EDITABLE (self->port), port ? port : "");
  gtk_editable_set_text (GTK_EDITABLE (self->user), proxy->user ? proxy->user : "");
  for (guint i = 0; i < G_N_ELEMENTS (kinds); i++)
    if (kinds[i].kind == proxy->kind)
      adw_combo_row_set_selected (ADW_COMBO_ROW (self->kind), i);
  show_kind (self);
}

char *
oh_proxy_row_dup_proxy (OhProxyRow *self, GError **error)
{
  OhProxyKind kind = kinds[get_selected (self)].kind;
  g_autofree char *host = g_strstrip (g_strdup (get_text (self->host)));
  guint64 port = 0;
  g_autoptr (OhProxy) proxy = NULL;

  g_ascii_string_to_unsigned (get_text (self->port), 10, 0, G_MAXUINT16, &port, NULL);
  proxy = oh_proxy_new (kind, host, (guint)port,
                        kind == OH_PROXY_TOR ? NULL : get_text (self->user), error);
  return proxy ? oh_proxy_to_text (proxy) : NULL;
}

const char *
oh_proxy_row_get_password (OhProxyRow *self)
{
  OhProxyKind kind = kinds[get_selected (self)].kind;

  if (!oh_proxy_has_server (kind) || kind == OH_PROXY_TOR || !*get_text (self->user))
    return "";
  return *get_text (self->password) ? get_text (self->password) : NULL;
}

void
oh_proxy_row_say_error (OhProxyRow *self, const GError *error)
{
  GtkRoot *root = gtk_widget_get_root (GTK_WIDGET (self));
  g_autofree char *words = g_error_matches (error, OH_ERROR, OH_ERROR_INVALID)
                               ? g_strdup (
                                   _ ("A proxy needs an address, and a port from 1 to 65535."))
                               : oh_words_error (error);

  if (ADW_IS_PREFERENCES_WINDOW (root))
    adw_preferences_window_add_toast (ADW_PREFERENCES_WINDOW (root), adw_toast_new (words));
}

#define BIND(name) gtk_widget_class_bind_template_child (widget_class, OhProxyRow, name)

static void
oh_proxy_row_class_init (OhProxyRowClass *klass)
{
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);

  applied_signal = g_signal_new ("applied", OH_TYPE_PROXY_ROW, G_SIGNAL_RUN_LAST, 0, NULL, NULL,
                                 NULL, G_TYPE_NONE, 0);
  gtk_widget_class_set_template_from_resource (widget_class,
                                               "/org/offhook/Offhook/settings/oh-proxy-row.ui");
  BIND (kind);
  BIND (host);
  BIND (port);
  BIND (user);
  BIND (password);
  BIND (apply);
  gtk_widget_class_bind_template_callback (widget_class, show_kind);
  gtk_widget_class_bind_template_callback (widget_class, on_apply_clicked);
}

static void
oh_proxy_row_init (OhProxyRow *self)
{
  gtk_widget_init_template (GTK_WIDGET (self));
  show_kind (self);
}
