/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "oh-client"

#include "client/voicemail/oh-mailbox-private.h"

#include "client/voicemail/oh-voicemail-mirror.h"
#include "client/voicemail/oh-voicemail-private.h"

static guint refused_signal;

G_DEFINE_FINAL_TYPE (OhMailbox, oh_mailbox, G_TYPE_OBJECT)

void
oh_mailbox_count_new (OhMailbox *mailbox)
{
  guint n = g_list_model_get_n_items (G_LIST_MODEL (mailbox->messages));
  guint n_new = 0;

  for (guint i = 0; i < n; i++)
    {
      g_autoptr (OhVoicemail) voicemail = g_list_model_get_item (G_LIST_MODEL (mailbox->messages),
                                                                 i);

      n_new += !oh_voicemail_is_heard (voicemail);
    }
  if (n_new == mailbox->n_new)
    return;
  mailbox->n_new = n_new;
  g_object_notify (G_OBJECT (mailbox), "new");
}

static void
on_player_heard (OhVoicemailPlayer *player, OhVoicemail *voicemail, OhMailbox *mailbox)
{
  oh_mailbox_mark_heard (mailbox, voicemail, TRUE);
}

static void
get_property (GObject *object, guint id, GValue *value, GParamSpec *pspec)
{
  g_value_set_uint (value, OH_MAILBOX (object)->n_new);
}

static void
dispose (GObject *object)
{
  OhMailbox *mailbox = OH_MAILBOX (object);

  mailbox->database = NULL;
  g_hash_table_remove_all (mailbox->sessions);
  if (mailbox->player)
    g_signal_handlers_disconnect_by_data (mailbox->player, mailbox);
  g_clear_object (&mailbox->player);
  g_clear_object (&mailbox->history);
  g_clear_object (&mailbox->secrets);
  G_OBJECT_CLASS (oh_mailbox_parent_class)->dispose (object);
}

static void
finalize (GObject *object)
{
  OhMailbox *mailbox = OH_MAILBOX (object);

  g_hash_table_unref (mailbox->sessions);
  g_object_unref (mailbox->messages);
  g_free (mailbox->cache_dir);
  G_OBJECT_CLASS (oh_mailbox_parent_class)->finalize (object);
}

static void
oh_mailbox_class_init (OhMailboxClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);

  object_class->get_property = get_property;
  object_class->dispose = dispose;
  object_class->finalize = finalize;
  g_object_class_install_property (object_class, 1,
                                   g_param_spec_uint ("new", NULL, NULL, 0, G_MAXUINT, 0,
                                                      G_PARAM_READABLE | G_PARAM_STATIC_STRINGS));
  g_signal_new ("ready", OH_TYPE_MAILBOX, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL, G_TYPE_NONE, 1,
                G_TYPE_STRING);
  refused_signal = g_signal_new ("refused", OH_TYPE_MAILBOX, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL,
                                 G_TYPE_NONE, 1, G_TYPE_STRING);
}

static void
oh_mailbox_init (OhMailbox *mailbox)
{
  mailbox->messages = g_list_store_new (OH_TYPE_VOICEMAIL);
  mailbox->sessions = g_hash_table_new_full (g_str_hash, g_str_equal, NULL,
                                             oh_mailbox_session_free);
}

static int
compare_start (gconstpointer a, gconstpointer b, gpointer user_data)
{
  gint64 first = oh_voicemail_get_start ((OhVoicemail *)a);
  gint64 second = oh_voicemail_get_start ((OhVoicemail *)b);

  return first > second ? -1 : first < second;
}

/* What was known last time, for accounts whose server has not told more yet. */
static void
on_mirror_loaded (GPtrArray *messages, gpointer user_data)
{
  GWeakRef *weak = user_data;
  g_autoptr (OhMailbox) mailbox = g_weak_ref_get (weak);

  for (guint i = 0; mailbox && mailbox->database && i < messages->len; i++)
    {
      const char *account = oh_voicemail_get_account (messages->pdata[i]);
      const OhMailboxSession *session = g_hash_table_lookup (mailbox->sessions, account);

      if (!session || !session->fetched)
        g_list_store_insert_sorted (mailbox->messages, messages->pdata[i], compare_start, NULL);
    }
  if (mailbox)
    oh_mailbox_count_new (mailbox);
  g_weak_ref_clear (weak);
  g_free (weak);
}

static GWeakRef *
weak_new (OhMailbox *mailbox)
{
  GWeakRef *weak = g_new0 (GWeakRef, 1);

  g_weak_ref_init (weak, mailbox);
  return weak;
}

void
oh_mailbox_keep (OhMailbox *mailbox, const char *account)
{
  if (mailbox->database)
    oh_voicemail_mirror_save (mailbox->database, account, G_LIST_MODEL (mailbox->messages));
}

OhMailbox *
oh_mailbox_new (const OhMailboxConfig *config)
{
  OhMailbox *mailbox = g_object_new (OH_TYPE_MAILBOX, NULL);

  mailbox->secrets = g_object_ref (config->secrets);
  mailbox->history = g_object_ref (config->history);
  mailbox->player = g_object_ref (config->player);
  mailbox->cache_dir = g_strdup (config->cache_dir);
  g_signal_connect (mailbox->player, "heard", G_CALLBACK (on_player_heard), mailbox);
  mailbox->database = config->database;
  oh_voicemail_mirror_load (mailbox->database, on_mirror_loaded, weak_new (mailbox));
  return mailbox;
}

GListModel *
oh_mailbox_get_messages (OhMailbox *mailbox)
{
  return G_LIST_MODEL (mailbox->messages);
}

void
oh_mailbox_tell_refused (OhMailbox *mailbox, const char *account)
{
  g_signal_emit (mailbox, refused_signal, 0, account);
}

guint
oh_mailbox_get_new (OhMailbox *mailbox)
{
  return mailbox->n_new;
}

static OhVoicemail *
find_same (GPtrArray *messages, OhVoicemail *voicemail, guint *position)
{
  for (guint i = 0; i < messages->len; i++)
    if (g_str_equal (oh_voicemail_get_id (messages->pdata[i]), oh_voicemail_get_id (voicemail)))
      {
        *position = i;
        return messages->pdata[i];
      }
  return NULL;
}

/* Items that stay keep their object, so that a window keeps its place and the player its message. */
void
oh_mailbox_merge (OhMailbox *mailbox, const char *account, GPtrArray *messages)
{
  GListModel *model = G_LIST_MODEL (mailbox->messages);

  for (guint i = g_list_model_get_n_items (model); i > 0; i--)
    {
      g_autoptr (OhVoicemail) old = g_list_model_get_item (model, i - 1);
      OhVoicemail *same = NULL;
      guint position = 0;

      if (!g_str_equal (oh_voicemail_get_account (old), account))
        continue;
      same = find_same (messages, old, &position);
      if (!same)
        {
          oh_mailbox_drop_sound (mailbox, old);
          g_list_store_remove (mailbox->messages, i - 1);
          continue;
        }
      oh_voicemail_set_heard (old, oh_voicemail_is_heard (same));
      g_ptr_array_remove_index_fast (messages, position);
    }
  for (guint i = 0; i < messages->len; i++)
    g_list_store_insert_sorted (mailbox->messages, messages->pdata[i], compare_start, NULL);
  oh_mailbox_count_new (mailbox);
}

void
oh_mailbox_forget (OhMailbox *mailbox, const char *account)
{
  g_autoptr (GPtrArray) none = g_ptr_array_new ();

  g_return_if_fail (OH_IS_MAILBOX (mailbox));
  oh_mailbox_merge (mailbox, account, none);
  g_hash_table_remove (mailbox->sessions, account);
}
