/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "oh-client"

#include "base/oh-error.h"
#include "client/chat/oh-chat-private.h"

/* Messages of one chat that are to be sent, oldest first. Each is in the database before the service
 * gets it, and leaves here when the service took or refused it: a crash in between sends it twice,
 * none is lost. */
struct _OhChatOutbox
{
  OhChat *chat; /* owns us */
  GQueue letters;
};

typedef struct
{
  OhChatRow *row;
  gboolean stored;
  gboolean under_way; /* the account has it and has not answered */
} Letter;

static void
letter_free (gpointer data)
{
  Letter *letter = data;

  oh_chat_row_free (letter->row);
  g_free (letter);
}

static Letter *
find (OhChatOutbox *outbox, guint number)
{
  for (GList *l = outbox->letters.head; l; l = l->next)
    if (((Letter *)l->data)->row->number == number)
      return l->data;
  return NULL;
}

static OhChatReason
reason_of (const GError *error)
{
  if (g_error_matches (error, OH_ERROR, OH_ERROR_LIMIT))
    return OH_CHAT_REASON_TOO_MANY; /* its length was checked before */
  return OH_CHAT_REASON_REFUSED;
}

/* Takes @letter out of the box, as @row says now. */
static void
settle (OhChatOutbox *outbox, Letter *letter)
{
  g_queue_remove (&outbox->letters, letter);
  oh_chat_update_row (outbox->chat, letter->row);
  letter_free (letter);
}

/* One message at the account; the chat lives until it is answered. */
typedef struct
{
  OhChatOutbox *outbox;
  OhChat *chat;
  guint number;
} Sending;

static void
on_sent (GObject *source, GAsyncResult *result, gpointer user_data)
{
  Sending *sending = user_data;
  OhChatOutbox *outbox = sending->outbox;
  Letter *letter = find (outbox, sending->number);
  g_autofree char *receipt = NULL;
  g_autoptr (GError) error = NULL;
  gboolean ok = oh_messenger_send_finish (OH_MESSENGER (source), result, &receipt, &error);

  if (letter)
    {
      letter->under_way = FALSE;
      if (ok)
        {
          letter->row->state = OH_CHAT_SENT;
          letter->row->receipt = g_steal_pointer (&receipt);
          settle (outbox, letter);
        }
      else if (!g_error_matches (error, OH_ERROR, OH_ERROR_CLOSED))
        {
          letter->row->state = OH_CHAT_FAILED;
          letter->row->reason = reason_of (error);
          letter->row->detail = g_strdup (error->message);
          settle (outbox, letter);
        }
    }
  g_object_unref (sending->chat);
  g_free (sending);
}

void
oh_chat_outbox_send (OhChatOutbox *outbox)
{
  OhAccount *account = oh_chat_get_account (outbox->chat);

  if (!account || oh_account_get_state (account) != OH_ACCOUNT_ONLINE)
    return;
  for (GList *l = outbox->letters.head, *next; l; l = next)
    {
      Letter *letter = l->data;
      Sending *sending;

      next = l->next; /* answers come later, never from within */
      if (!letter->stored)
        return;
      if (letter->under_way)
        continue;
      letter->under_way = TRUE;
      sending = g_new (Sending, 1);
      sending->outbox = outbox;
      sending->chat = g_object_ref (outbox->chat);
      sending->number = letter->row->number;
      oh_messenger_send_async (OH_MESSENGER (account), oh_chat_get_address (outbox->chat),
                               letter->row->text, on_sent, sending);
    }
}

void
oh_chat_outbox_add (OhChatOutbox *outbox, OhChatRow *row, gboolean stored)
{
  Letter *letter = g_new0 (Letter, 1);

  letter->row = row;
  letter->stored = stored;
  g_queue_push_tail (&outbox->letters, letter);
}

void
oh_chat_outbox_stored (OhChatOutbox *outbox, guint number)
{
  Letter *letter = find (outbox, number);

  if (!letter || letter->stored)
    return;
  letter->stored = TRUE;
  oh_chat_outbox_send (outbox);
}

OhChatOutbox *
oh_chat_outbox_new (OhChat *chat)
{
  OhChatOutbox *outbox = g_new0 (OhChatOutbox, 1);

  outbox->chat = chat;
  g_queue_init (&outbox->letters);
  return outbox;
}

void
oh_chat_outbox_free (OhChatOutbox *outbox)
{
  g_queue_clear_full (&outbox->letters, letter_free);
  g_free (outbox);
}
