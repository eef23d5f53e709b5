/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "oh-im"

#include "base/oh-error.h"
#include "im/engine/oh-im-stanza.h"
#include "im/proxy/oh-im-account-private.h"

#include <string.h>

/* What one account asks by stanzas of its own, until it is answered, and which stanzas it watches. The
 * process gives each question up in its time, or when the account goes offline; when it ends itself, all
 * are given up here. Owned by the account. */
struct _OhImStanzas
{
  OhImProcess *process;
  char *account;
  GHashTable *waiting; /* number -> Letter: questions on their way or under way */
  guint64 last;
  GVariant *watched; /* (asas), or NULL */
};

typedef struct
{
  guint64 number;
  GTask *task;
} Letter;

OhImStanzas *
oh_im_stanzas_new (OhImProcess *process, const char *account)
{
  OhImStanzas *stanzas = g_new0 (OhImStanzas, 1);

  stanzas->process = g_object_ref (process);
  stanzas->account = g_strdup (account);
  stanzas->waiting = g_hash_table_new (g_int64_hash, g_int64_equal);
  return stanzas;
}

/* Takes @error; else it ends with @xml. */
static void
settle (OhImStanzas *stanzas, guint64 number, const char *xml, GError *error)
{
  Letter *letter = g_hash_table_lookup (stanzas->waiting, &number);

  if (!letter)
    {
      g_clear_error (&error);
      return;
    }
  g_hash_table_remove (stanzas->waiting, &number);
  if (error)
    g_task_return_error (letter->task, error);
  else
    g_task_return_pointer (letter->task, g_strdup (xml), g_free);
  g_object_unref (letter->task);
  g_free (letter);
}

void
oh_im_stanzas_lose (OhImStanzas *stanzas)
{
  GList *all = g_hash_table_get_values (stanzas->waiting);

  for (GList *l = all; l; l = l->next)
    settle (stanzas, ((Letter *)l->data)->number, NULL,
            g_error_new (OH_ERROR, OH_ERROR_CLOSED, "the connection has ended"));
  g_list_free (all);
}

void
oh_im_stanzas_free (OhImStanzas *stanzas)
{
  oh_im_stanzas_lose (stanzas);
  g_hash_table_unref (stanzas->waiting);
  g_clear_pointer (&stanzas->watched, g_variant_unref);
  g_object_unref (stanzas->process);
  g_free (stanzas->account);
  g_free (stanzas);
}

typedef struct
{
  OhImAccount *account; /* by which the stanzas live */
  guint64 number;
  gboolean is_question;
} Call;

static void
on_sent (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autofree Call *call = user_data;
  g_autoptr (OhImAccount) account = call->account;
  g_autoptr (GError) error = NULL;
  g_autoptr (GVariant) answer = oh_im_process_call_finish (result, &error);

  if (answer && call->is_question)
    return;
  if (error && error->domain == OH_ERROR)
    g_dbus_error_strip_remote_error (error);
  else if (error)
    {
      g_clear_error (&error);
      error = g_error_new (OH_ERROR, OH_ERROR_CLOSED, "the IM engine ended");
    }
  settle (account->stanzas, call->number, "", g_steal_pointer (&error));
}

/* Of a stanza that was checked. */
static void
on_root (GMarkupParseContext *context,
         const char *name,
         const char **names,
         const char **values,
         gpointer user_data,
         GError **error)
{
  gboolean *is_question = user_data;

  if (g_markup_parse_context_get_element_stack (context)->next || !g_str_equal (name, "iq"))
    return;
  for (guint i = 0; names[i]; i++)
    if (g_str_equal (names[i], "type"))
      *is_question = g_str_equal (values[i], "get") || g_str_equal (values[i], "set");
}

static gboolean
is_question (const char *xml)
{
  static const GMarkupParser parser = { .start_element = on_root };
  gboolean found = FALSE;
  g_autoptr (GMarkupParseContext) context = g_markup_parse_context_new (&parser, 0, &found, NULL);

  return g_markup_parse_context_parse (context, xml, -1, NULL) && found;
}

void
oh_im_stanzas_send (OhImStanzas *stanzas, const char *xml, guint timeout_s, GTask *task)
{
  GError *error = NULL;
  Letter *letter;
  Call *call;

  if (!oh_im_stanza_check (xml, &error))
    {
      g_task_return_error (task, error);
      g_object_unref (task);
      return;
    }
  letter = g_new0 (Letter, 1);
  letter->number = ++stanzas->last;
  letter->task = task;
  g_hash_table_insert (stanzas->waiting, &letter->number, letter);
  call = g_new0 (Call, 1);
  call->account = g_object_ref (g_task_get_source_object (task));
  call->number = letter->number;
  call->is_question = is_question (xml);
  oh_im_process_call (stanzas->process, "SendStanza",
                      g_variant_new ("(stsu)", stanzas->account, letter->number, xml, timeout_s),
                      on_sent, call);
}

void
oh_im_stanzas_hear_answer (OhImStanzas *stanzas, guint64 number, const char *xml, const char *fault)
{
  GError *error = NULL;

  if (g_str_equal (fault, "timeout"))
    error = g_error_new (OH_ERROR, OH_ERROR_TIMEOUT, "there was no answer in time");
  else if (g_str_equal (fault, "too-long") || strlen (xml) > OH_IM_MAX_STANZA)
    error = g_error_new (OH_ERROR, OH_ERROR_LIMIT, "the answer is too long");
  else if (*fault)
    error = g_error_new (OH_ERROR, OH_ERROR_CLOSED, "the connection has ended");
  settle (stanzas, number, xml, error);
}

void
oh_im_stanzas_tell_watches (OhImStanzas *stanzas)
{
  g_autoptr (GVariant) namespaces = NULL;
  g_autoptr (GVariant) features = NULL;

  if (!stanzas->watched)
    return;
  g_variant_get (stanzas->watched, "(@as@as)", &namespaces, &features);
  oh_im_process_tell (stanzas->process, "WatchStanzas",
                      g_variant_new ("(s@as@as)", stanzas->account, namespaces, features));
}

void
oh_im_stanzas_watch (OhImStanzas *stanzas,
                     const char *const *namespaces,
                     const char *const *features,
                     gboolean known)
{
  g_clear_pointer (&stanzas->watched, g_variant_unref);
  stanzas->watched = g_variant_ref_sink (g_variant_new ("(^as^as)", namespaces, features));
  if (known)
    oh_im_stanzas_tell_watches (stanzas);
}

/* --- what the account's user asks for --- */

void
oh_im_account_send_stanza_async (OhImAccount *account,
                                 const char *xml,
                                 guint timeout_s,
                                 GAsyncReadyCallback callback,
                                 gpointer user_data)
{
  GTask *task = g_task_new (account, NULL, callback, user_data);

  if (account->state == OH_IM_STATE_ONLINE)
    {
      oh_im_stanzas_send (account->stanzas, xml, timeout_s, task);
      return;
    }
  g_task_return_new_error (task, OH_ERROR, OH_ERROR_CLOSED, "the account is not signed in");
  g_object_unref (task);
}

char *
oh_im_account_send_stanza_finish (OhImAccount *account, GAsyncResult *result, GError **error)
{
  return g_task_propagate_pointer (G_TASK (result), error);
}

void
oh_im_account_watch_stanzas (OhImAccount *account,
                             const char *const *namespaces,
                             const char *const *features)
{
  oh_im_stanzas_watch (account->stanzas, namespaces, features, account->known);
}
