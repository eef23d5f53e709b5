/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "oh-phone"

#include "plugins/sip/oh-phone-chat.h"

#include "base/oh-error.h"
#include "client/chat/oh-chat.h"
#include "sip/oh-sip-composing.h"
#include "sip/oh-sip-imdn.h"

#include <stdio.h>
#include <string.h>

#define MAX_TRIES 6
#define RETRY_S 2 /* at first; twice as long each time */
#define REFRESH_S 120

struct _OhPhoneChat
{
  OhMessenger *account; /* owns us */
  OhSip *sip;           /* NULL: not signed in */
  const OhSipAccount *identity;
  GHashTable *queues; /* address -> GQueue of Letter, the first of which is under way */
};

typedef struct
{
  guint id; /* in `under_way`; 0: not */
  OhPhoneChat *chat;
  char *to, *text;
  char *receipt; /* what the server calls it when it arrives */
  GTask *task;
  guint tries;
  guint timer;
} Letter;

/* id -> Letter. The stack tells the outcome later, or never when it ends: what it names may be gone.
 * Main thread. */
static GHashTable *under_way;
static guint last_id;

static void send_first (OhPhoneChat *chat, const char *to);

char *
oh_phone_address_normalize (const char *text, const char *domain)
{
  g_autofree char *copy = g_strstrip (g_strdup (text));
  char *begin = copy;
  g_autofree char *folded = NULL;

  if (g_ascii_strncasecmp (begin, "sip:", 4) == 0)
    begin += 4;
  else if (g_ascii_strncasecmp (begin, "sips:", 5) == 0)
    begin += 5;
  begin[strcspn (begin, ";?>")] = '\0';
  folded = g_utf8_strdown (begin, -1);
  return strchr (folded, '@') ? g_steal_pointer (&folded)
                              : g_strdup_printf ("%s@%s", folded, domain ? domain : "");
}

/* --- Letters --- */

static void
letter_free (gpointer data)
{
  Letter *letter = data;

  g_clear_handle_id (&letter->timer, g_source_remove);
  if (letter->id)
    g_hash_table_remove (under_way, GUINT_TO_POINTER (letter->id));
  g_free (letter->to);
  g_free (letter->text);
  g_free (letter->receipt);
  g_object_unref (letter->task);
  g_free (letter);
}

static void
queue_free (gpointer data)
{
  g_queue_free_full (data, letter_free);
}

static void
close_letter (Letter *letter)
{
  g_task_return_new_error (letter->task, OH_ERROR, OH_ERROR_CLOSED, "the account is not online");
}

/* Tells that it arrived once whoever sent it knows the receipt. */
typedef struct
{
  GWeakRef account;
  char *to, *receipt;
} Arrival;

static void
arrival_free (gpointer data)
{
  Arrival *arrival = data;

  g_weak_ref_clear (&arrival->account);
  g_free (arrival->to);
  g_free (arrival->receipt);
  g_free (arrival);
}

static gboolean
tell_arrival (gpointer user_data)
{
  Arrival *arrival = user_data;
  g_autoptr (OhMessenger) account = g_weak_ref_get (&arrival->account);

  if (account)
    oh_messenger_emit_receipt (account, arrival->to, arrival->receipt, FALSE);
  return G_SOURCE_REMOVE;
}

static void
note_arrival (OhPhoneChat *chat, const char *to, const char *receipt)
{
  Arrival *arrival = g_new0 (Arrival, 1);

  g_weak_ref_init (&arrival->account, chat->account);
  arrival->to = g_strdup (to);
  arrival->receipt = g_strdup (receipt);
  g_idle_add_full (G_PRIORITY_LOW, tell_arrival, arrival, arrival_free);
}

/* 202: it waits at the server, which tells when it arrives. */
static void
succeed (Letter *letter, guint status)
{
  g_task_return_pointer (letter->task, g_strdup (letter->receipt), g_free);
  if (status != 202)
    note_arrival (letter->chat, letter->to, letter->receipt);
}

static gboolean
on_retry (gpointer user_data)
{
  Letter *letter = user_data;

  letter->timer = 0;
  send_first (letter->chat, letter->to);
  return G_SOURCE_REMOVE;
}

/* Nobody answered, or not now. */
static gboolean
is_passing (guint status)
{
  return status == 0 || status == 408 || status == 503 || status == 504;
}

/* Until it is said whether it arrived, or the account signs out: what was written after it waits. FALSE:
 * that is the end of it. */
static gboolean
try_again (Letter *letter, guint status)
{
  if (!is_passing (status))
    return FALSE;
  letter->timer = g_timeout_add_seconds (RETRY_S << MIN (letter->tries, MAX_TRIES - 1), on_retry,
                                         letter);
  letter->tries++;
  return TRUE;
}

static void
on_answered (OhSip *sip, guint status, const char *phrase, gpointer user_data)
{
  Letter *letter = under_way ? g_hash_table_lookup (under_way, user_data) : NULL;
  OhPhoneChat *chat = letter ? letter->chat : NULL;
  g_autoptr (OhMessenger) account = chat ? g_object_ref (chat->account) : NULL; /* owns the chat */
  g_autofree char *to = NULL;

  if (!letter)
    return;
  g_hash_table_remove (under_way, user_data);
  letter->id = 0;
  if (try_again (letter, status))
    return;
  to = g_strdup (letter->to);
  g_queue_pop_head (g_hash_table_lookup (chat->queues, to));
  if (status >= 200 && status < 300)
    succeed (letter, status);
  else
    g_task_return_new_error (letter->task, OH_ERROR,
                             status == 480 ? OH_ERROR_LIMIT : OH_ERROR_FAILED, "%u %s", status,
                             phrase ? phrase : "");
  letter_free (letter);
  if (chat->sip)
    send_first (chat, to);
}

static void
send_first (OhPhoneChat *chat, const char *to)
{
  GQueue *queue = g_hash_table_lookup (chat->queues, to);
  Letter *letter = queue ? g_queue_peek_head (queue) : NULL;
  g_autofree char *uri = g_strconcat ("sip:", to, NULL);
  g_autofree char *receipt = g_strconcat ("Offhook-Receipt: ", letter ? letter->receipt : "", NULL);
  const char *headers[] = { receipt, NULL };
  OhSipMessage message = { .account = chat->identity,
                           .to_uri = uri,
                           .headers = headers,
                           .body_type = "text/plain;charset=UTF-8" };

  if (!letter)
    {
      g_hash_table_remove (chat->queues, to);
      return;
    }
  if (!under_way)
    under_way = g_hash_table_new (NULL, NULL);
  letter->id = ++last_id ? last_id : ++last_id;
  g_hash_table_insert (under_way, GUINT_TO_POINTER (letter->id), letter);
  message.body = letter->text;
  oh_sip_send_message (chat->sip, &message, on_answered, GUINT_TO_POINTER (letter->id));
}

/* --- The object --- */

OhPhoneChat *
oh_phone_chat_new (OhMessenger *account)
{
  OhPhoneChat *chat = g_new0 (OhPhoneChat, 1);

  chat->account = account;
  chat->queues = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, queue_free);
  return chat;
}

void
oh_phone_chat_free (OhPhoneChat *chat)
{
  oh_phone_chat_stop (chat);
  g_hash_table_unref (chat->queues);
  g_free (chat);
}

void
oh_phone_chat_start (OhPhoneChat *chat, OhSip *sip, const OhSipAccount *identity)
{
  chat->sip = sip;
  chat->identity = identity;
}

void
oh_phone_chat_stop (OhPhoneChat *chat)
{
  GHashTableIter iter;
  gpointer queue;

  g_hash_table_iter_init (&iter, chat->queues);
  while (g_hash_table_iter_next (&iter, NULL, &queue))
    for (GList *l = ((GQueue *)queue)->head; l; l = l->next)
      close_letter (l->data);
  g_hash_table_remove_all (chat->queues);
  chat->sip = NULL;
  chat->identity = NULL;
}

void
oh_phone_chat_send_async (OhPhoneChat *chat,
                          const char *to,
                          const char *text,
                          GAsyncReadyCallback callback,
                          gpointer user_data)
{
  GQueue *queue = g_hash_table_lookup (chat->queues, to);
  Letter *letter = g_new0 (Letter, 1);

  letter->chat = chat;
  letter->to = g_strdup (to);
  letter->text = g_strdup (text);
  letter->receipt = g_uuid_string_random ();
  letter->task = g_task_new (chat->account, NULL, callback, user_data);
  if (!chat->sip)
    {
      close_letter (letter);
      letter_free (letter);
      return;
    }
  if (!queue)
    {
      queue = g_queue_new ();
      g_hash_table_insert (chat->queues, g_strdup (to), queue);
    }
  g_queue_push_tail (queue, letter);
  if (queue->length == 1)
    send_first (chat, to);
}

gboolean
oh_phone_chat_send_finish (GAsyncResult *result, char **receipt, GError **error)
{
  GError *local = NULL;

  *receipt = g_task_propagate_pointer (G_TASK (result), &local);
  if (!local)
    return TRUE;
  g_propagate_error (error, local);
  return FALSE;
}

void
oh_phone_chat_send_typing (OhPhoneChat *chat, const char *to, OhTyping typing)
{
  OhSipComposing composing = { typing == OH_TYPING_ACTIVE, REFRESH_S };
  g_autofree char *uri = g_strconcat ("sip:", to, NULL);
  g_autofree char *body = oh_sip_composing_make (&composing);
  OhSipMessage message = {
    .account = chat->identity, .to_uri = uri, .body_type = OH_SIP_COMPOSING_TYPE, .body = body
  };

  if (chat->sip)
    oh_sip_send_message (chat->sip, &message, NULL, NULL);
}

/* --- What comes --- */

/* When it was written, where the server kept it meanwhile (RFC 3261, 20.17); 0: just now. */
static gint64
read_date (const char *text)
{
  static const char months[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
  int day, year, hour, minute, second;
  char month[4];
  const char *found;
  g_autoptr (GDateTime) date = NULL;

  if (!text
      || sscanf (text, "%*3s, %2d %3s %4d %2d:%2d:%2d", &day, month, &year, &hour, &minute, &second)
             != 6)
    return 0;
  found = strstr (months, month);
  if (!found || (found - months) % 3 != 0)
    return 0;
  date = g_date_time_new_utc (year, (int)(found - months) / 3 + 1, day, hour, minute, second);
  return date ? MIN (g_date_time_to_unix (date), g_get_real_time () / G_USEC_PER_SEC) : 0;
}

/* Lines end as ours do; what is no text (escape sequences, bells) is left out. Transfer full. */
static char *
dup_clean (const char *body)
{
  GString *text = g_string_new (NULL);

  for (const char *p = body; *p; p = g_utf8_next_char (p))
    {
      gunichar sign = g_utf8_get_char (p);

      if (sign == '\n' || sign == '\t' || !g_unichar_iscntrl (sign))
        g_string_append_unichar (text, sign);
    }
  return g_string_free (text, FALSE);
}

/* Of the user's own, written on another device, the server tells to whom it went. */
static const char *
get_receiver (OhPhoneChat *chat, OhSipRequest *request)
{
  const char *aor = chat->identity ? chat->identity->aor : NULL;

  return g_strcmp0 (oh_sip_request_get_info (request)->from_uri, aor) == 0
             ? oh_sip_request_get_header (request, "Offhook-Sent-To")
             : NULL;
}

static void
take_text (OhPhoneChat *chat, OhSipRequest *request, const char *from)
{
  const OhSipInfo *info = oh_sip_request_get_info (request);
  const char *receiver = get_receiver (chat, request);
  g_autofree char *to = receiver ? oh_phone_address_normalize (receiver, NULL) : NULL;
  g_autofree char *text = dup_clean (info->body ? info->body : "");
  OhIncoming incoming = { .with = to ? to : from,
                          .own = to != NULL,
                          .text = text,
                          .time = read_date (oh_sip_request_get_header (request, "Date")) };

  incoming.delayed = incoming.time > 0;
  if (*text)
    oh_messenger_emit_message (chat->account, &incoming);
}

/* Of what waited at the server: it arrived. */
static guint
take_notification (OhPhoneChat *chat, const OhSipInfo *info, const char *from)
{
  g_autofree char *original = NULL;
  g_autofree char *receipt = oh_sip_imdn_parse (info->body, info->body_length, &original);
  g_autofree char *to = original ? oh_phone_address_normalize (original, NULL) : NULL;

  if (receipt)
    note_arrival (chat, to ? to : from, receipt);
  return receipt ? 200 : 400;
}

static gboolean
is_type (const OhSipInfo *info, const char *type)
{
  return info->body_type && g_ascii_strcasecmp (info->body_type, type) == 0;
}

void
oh_phone_chat_take (OhPhoneChat *chat, OhSipRequest *request)
{
  static const char *const types[] = { "Accept: text/plain, " OH_SIP_COMPOSING_TYPE
                                       ", " OH_SIP_IMDN_TYPE,
                                       NULL };
  const OhSipInfo *info = oh_sip_request_get_info (request);
  g_autofree char *address = g_strdup_printf ("%s@%s", info->from_user, info->from_host);
  g_autofree char *from = oh_phone_address_normalize (address, NULL);
  OhSipComposing composing;
  guint status = 200;

  if (!*info->from_user || info->body_length > OH_CHAT_MAX_TEXT)
    status = *info->from_user ? 413 : 403;
  else if (is_type (info, OH_SIP_COMPOSING_TYPE))
    {
      if (oh_sip_composing_parse (info->body, info->body_length, &composing))
        oh_messenger_emit_typing (chat->account, from,
                                  composing.active ? OH_TYPING_ACTIVE : OH_TYPING_STOPPED);
      else
        status = 400;
    }
  else if (is_type (info, OH_SIP_IMDN_TYPE))
    status = take_notification (chat, info, from);
  else if (info->body_length > 0 && !is_type (info, "text/plain"))
    status = 415;
  else if (!g_utf8_validate (info->body ? info->body : "", (gssize)info->body_length, NULL))
    status = 400;
  else
    take_text (chat, request, from);
  oh_sip_request_reply (request, status, NULL, status == 415 ? types : NULL, NULL, NULL);
}
