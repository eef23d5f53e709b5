/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "oh-im-engine"

#include "im/engine/oh-engine-private.h"

#define NOTICES_A_SECOND 20

/* libpurple's windows that only tell something. Each is told and counts as closed at once, for
 * which libpurple takes NULL as its handle. */

static gint64 second;
static guint told;

/* Errors, until the loop comes round: a file that ends with one has it for its text. */
typedef struct
{
  char *text;
  GVariant *arguments;
} Held;

static GQueue held = G_QUEUE_INIT;
static guint held_id;

static guint swallow_id; /* until then the next error is not told */

static void
held_free (Held *one)
{
  g_free (one->text);
  g_variant_unref (one->arguments);
  g_free (one);
}

static gboolean
on_held_due (gpointer data)
{
  Held *one;

  held_id = 0;
  while ((one = g_queue_pop_head (&held)))
    {
      oh_engine_emit ("Notice", one->arguments);
      held_free (one);
    }
  return G_SOURCE_REMOVE;
}

/* Takes @text and a floating @arguments. */
static void
hold (char *text, GVariant *arguments)
{
  Held *one = g_new0 (Held, 1);

  one->text = text;
  one->arguments = g_variant_ref_sink (arguments);
  g_queue_push_tail (&held, one);
  if (held_id == 0)
    held_id = g_idle_add_full (G_PRIORITY_DEFAULT, on_held_due, NULL, NULL);
}

char *
oh_engine_notices_steal (void)
{
  Held *one = g_queue_pop_tail (&held);
  char *text = one ? g_steal_pointer (&one->text) : NULL;

  if (one)
    held_free (one);
  return text;
}

static gboolean
on_swallow_over (gpointer data)
{
  swallow_id = 0;
  return G_SOURCE_REMOVE;
}

void
oh_engine_notices_swallow (void)
{
  if (swallow_id == 0)
    swallow_id = g_idle_add_full (G_PRIORITY_HIGH, on_swallow_over, NULL, NULL);
}

static gboolean
is_swallowed (const char *kind)
{
  if (swallow_id == 0 || !g_str_equal (kind, "error"))
    return FALSE;
  g_clear_handle_id (&swallow_id, g_source_remove);
  return TRUE;
}

static void *
tell (PurpleConnection *gc,
      const char *kind,
      const char *title,
      const char *primary,
      const char *text)
{
  gint64 now = g_get_monotonic_time () / G_USEC_PER_SEC;
  g_autofree char *plain = text ? purple_markup_strip_html (text) : NULL;
  GVariantBuilder dict;
  GVariant *arguments;

  if (is_swallowed (kind))
    return NULL;
  if (now != second)
    told = 0;
  second = now;
  if (++told > NOTICES_A_SECOND)
    return NULL;
  g_variant_builder_init (&dict, G_VARIANT_TYPE_VARDICT);
  g_variant_builder_add (&dict, "{sv}", "kind", g_variant_new_string (kind));
  oh_im_dict_add (&dict, "title", title, OH_IM_MAX_STATUS);
  oh_im_dict_add (&dict, "primary", primary, OH_IM_MAX_STATUS);
  oh_im_dict_add (&dict, "text", plain, OH_IM_MAX_TEXT);
  arguments = g_variant_new ("(s@a{sv})",
                             gc ? oh_engine_account_id (purple_connection_get_account (gc)) : "",
                             g_variant_builder_end (&dict));
  if (g_str_equal (kind, "error"))
    hold (oh_im_clean (plain ? plain : primary, OH_IM_MAX_STATUS), arguments);
  else
    oh_engine_emit ("Notice", arguments);
  return NULL;
}

static void *
on_message (PurpleNotifyMsgType type, const char *title, const char *primary, const char *secondary)
{
  const char *kind = type == PURPLE_NOTIFY_MSG_ERROR     ? "error"
                     : type == PURPLE_NOTIFY_MSG_WARNING ? "warning"
                                                         : "information";

  return tell (NULL, kind, title, primary, secondary);
}

static void *
on_email (
    PurpleConnection *gc, const char *subject, const char *from, const char *to, const char *url)
{
  return tell (gc, "mail", subject, from, url);
}

static void *
on_emails (PurpleConnection *gc,
           size_t count,
           gboolean detailed,
           const char **subjects,
           const char **froms,
           const char **tos,
           const char **urls)
{
  g_autofree char *number = g_strdup_printf ("%" G_GSIZE_FORMAT, count);

  return tell (gc, "mail", detailed && subjects ? *subjects : NULL,
               detailed && froms ? *froms : NULL, number);
}

static void *
on_formatted (const char *title, const char *primary, const char *secondary, const char *text)
{
  return tell (NULL, "information", title, primary, text);
}

static void *
on_search_results (PurpleConnection *gc,
                   const char *title,
                   const char *primary,
                   const char *secondary,
                   PurpleNotifySearchResults *results,
                   gpointer user_data)
{
  return tell (gc, "information", title, primary, secondary);
}

static void *
on_user_info (PurpleConnection *gc, const char *who, PurpleNotifyUserInfo *info)
{
  g_autofree char *text = purple_notify_user_info_get_text_with_newline (info, "\n");

  return tell (gc, "user", who, NULL, text);
}

static void *
on_uri (const char *uri)
{
  return tell (NULL, "uri", NULL, NULL, uri);
}

void
oh_engine_notices_install (void)
{
  static PurpleNotifyUiOps ops = {
    .notify_message = on_message,
    .notify_email = on_email,
    .notify_emails = on_emails,
    .notify_formatted = on_formatted,
    .notify_searchresults = on_search_results,
    .notify_userinfo = on_user_info,
    .notify_uri = on_uri,
  };

  purple_notify_set_ui_ops (&ops);
}
