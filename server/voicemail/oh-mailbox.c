/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "oh-voicemail"

#include "server/voicemail/oh-mailbox.h"

#include <json-glib/json-glib.h>

typedef enum
{
  PLAYS_MESSAGE,
  PLAYS_KEYS, /* after a message: what may be pressed */
  PLAYS_LAST  /* the words before the end */
} Plays;

struct _OhMailbox
{
  guint refs; /* the store's answers hold some */
  OhMailboxConfig config;
  char *none_prompt, *keys_prompt, *end_prompt;
  OhPeer *peer;
  OhPlayback *playback;
  Plays plays;
  GPtrArray *ids; /* new messages, oldest first */
  guint current;
  gboolean closed;
};

static void play_current (OhMailbox *mailbox);

static void
mailbox_unref (OhMailbox *mailbox)
{
  if (--mailbox->refs > 0)
    return;
  g_ptr_array_unref (mailbox->ids);
  oh_peer_unref (mailbox->peer);
  oh_worker_unref (mailbox->config.threads.worker);
  g_free (mailbox->none_prompt);
  g_free (mailbox->keys_prompt);
  g_free (mailbox->end_prompt);
  g_free (mailbox);
}

static const char *
get_current (OhMailbox *mailbox)
{
  return mailbox->current < mailbox->ids->len ? g_ptr_array_index (mailbox->ids, mailbox->current)
                                              : NULL;
}

static void
on_played (const GError *error, gpointer user_data)
{
  OhMailbox *mailbox = user_data;
  OhStoreReply nobody = { NULL, NULL, NULL };

  mailbox->playback = NULL;
  if (error)
    g_warning ("the mailbox can't play: %s", error->message);
  switch (mailbox->plays)
    {
    case PLAYS_MESSAGE:
      if (!error && get_current (mailbox))
        oh_store_set_heard (mailbox->config.store, mailbox->config.user_id, get_current (mailbox),
                            TRUE, &nobody);
      mailbox->plays = PLAYS_KEYS;
      mailbox->playback = oh_playback_new_file (&mailbox->config.threads, mailbox->peer,
                                                mailbox->keys_prompt, on_played, mailbox);
      return;
    case PLAYS_KEYS:
      mailbox->current++;
      play_current (mailbox);
      return;
    case PLAYS_LAST:
    default:
      mailbox->config.done (mailbox->config.user_data);
    }
}

static void
play_last (OhMailbox *mailbox, const char *path)
{
  mailbox->plays = PLAYS_LAST;
  mailbox->playback = oh_playback_new_file (&mailbox->config.threads, mailbox->peer, path,
                                            on_played, mailbox);
}

static JsonObject *
parse (JsonParser *parser, const char *json)
{
  JsonNode *root = json && json_parser_load_from_data (parser, json, -1, NULL)
                       ? json_parser_get_root (parser)
                       : NULL;

  return root && JSON_NODE_HOLDS_OBJECT (root) ? json_node_get_object (root) : NULL;
}

static void
on_found (const char *json, const GError *error, gpointer user_data)
{
  OhMailbox *mailbox = user_data;
  g_autoptr (JsonParser) parser = json_parser_new ();
  JsonObject *object = parse (parser, json);

  if (!mailbox->closed && object)
    {
      mailbox->plays = PLAYS_MESSAGE;
      mailbox->playback = oh_playback_new_file (
          &mailbox->config.threads, mailbox->peer,
          json_object_get_string_member_with_default (object, "path", ""), on_played, mailbox);
    }
  else if (!mailbox->closed)
    {
      mailbox->current++;
      play_current (mailbox);
    }
  mailbox_unref (mailbox);
}

static void
play_current (OhMailbox *mailbox)
{
  OhStoreReply reply = { &mailbox->config.threads.signalling, on_found, mailbox };

  if (!get_current (mailbox))
    {
      play_last (mailbox, mailbox->end_prompt);
      return;
    }
  mailbox->refs++;
  oh_store_find_voicemail (mailbox->config.store, mailbox->config.user_id, get_current (mailbox),
                           &reply);
}

/* The list's order is not promised: by start. */
static int
compare_start (gconstpointer a, gconstpointer b)
{
  gint64 x = json_object_get_int_member_with_default (*(JsonObject *const *)a, "start", 0);
  gint64 y = json_object_get_int_member_with_default (*(JsonObject *const *)b, "start", 0);

  return (x > y) - (x < y);
}

static void
collect_new (OhMailbox *mailbox, JsonArray *messages)
{
  g_autoptr (GPtrArray) sorted = g_ptr_array_new ();

  for (guint i = 0; i < json_array_get_length (messages); i++)
    {
      JsonObject *message = json_array_get_object_element (messages, i);

      if (!json_object_get_boolean_member_with_default (message, "heard", FALSE))
        g_ptr_array_add (sorted, message);
    }
  g_ptr_array_sort (sorted, compare_start);
  for (guint i = 0; i < sorted->len; i++)
    g_ptr_array_add (mailbox->ids, g_strdup (json_object_get_string_member_with_default (
                                       g_ptr_array_index (sorted, i), "id", "")));
}

static void
on_listed (const char *json, const GError *error, gpointer user_data)
{
  OhMailbox *mailbox = user_data;
  g_autoptr (JsonParser) parser = json_parser_new ();
  JsonObject *object = parse (parser, json);

  if (!mailbox->closed)
    {
      if (object && json_object_has_member (object, "messages"))
        collect_new (mailbox, json_object_get_array_member (object, "messages"));
      if (mailbox->ids->len > 0)
        play_current (mailbox);
      else
        play_last (mailbox, mailbox->none_prompt);
    }
  mailbox_unref (mailbox);
}

OhMailbox *
oh_mailbox_new (const OhMailboxConfig *config, OhPeer *peer)
{
  OhMailbox *mailbox = g_new0 (OhMailbox, 1);
  OhStoreReply reply = { &config->threads.signalling, on_listed, mailbox };

  mailbox->refs = 2; /* ours and the answer's */
  mailbox->config = *config;
  oh_worker_ref (config->threads.worker);
  mailbox->none_prompt = g_strdup (config->none_prompt);
  mailbox->keys_prompt = g_strdup (config->keys_prompt);
  mailbox->end_prompt = g_strdup (config->end_prompt);
  mailbox->peer = oh_peer_ref (peer);
  mailbox->ids = g_ptr_array_new_with_free_func (g_free);
  oh_store_list_voicemail (config->store, config->user_id, &reply);
  return mailbox;
}

static void
go_on (OhMailbox *mailbox)
{
  oh_playback_cancel (g_steal_pointer (&mailbox->playback));
  mailbox->current++;
  play_current (mailbox);
}

void
oh_mailbox_press (OhMailbox *mailbox, char digit)
{
  OhStoreReply nobody = { NULL, NULL, NULL };
  const char *id = get_current (mailbox);

  if (digit == '*')
    {
      oh_playback_cancel (g_steal_pointer (&mailbox->playback));
      mailbox->config.done (mailbox->config.user_data);
      return;
    }
  if (!id || !mailbox->playback || mailbox->plays == PLAYS_LAST)
    return;
  if (digit == '7')
    oh_store_delete_voicemail (mailbox->config.store, mailbox->config.user_id, id, &nobody);
  else if (digit == '9' || digit == '#')
    oh_store_set_heard (mailbox->config.store, mailbox->config.user_id, id, TRUE, &nobody);
  else
    return;
  go_on (mailbox);
}

void
oh_mailbox_free (OhMailbox *mailbox)
{
  if (!mailbox)
    return;
  mailbox->closed = TRUE;
  oh_playback_cancel (g_steal_pointer (&mailbox->playback));
  mailbox_unref (mailbox);
}
