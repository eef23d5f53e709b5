/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "oh-im"

#include "base/oh-error.h"
#include "im/proxy/oh-im-private.h"

#include <string.h>

#define MAX_WAITING 2000
#define MAX_CRASHES 2 /* a message that was in the engine's hands at so many crashes is not sent */

/* Messages of one account, or to one of its rooms, oldest first, until the engine has taken them. References are
 * held by the account, or the room, and by each call that is under way. */
struct _OhImOutbox
{
  OhImProcess *process;
  GMainContext *context;
  char *account;
  OhImOutbox *parent; /* of a room: the account's, whose pace is that of all */
  guint64 room;       /* its number, or 0 */
  GQueue waiting;     /* of Letter */
  OhImPace pace;
  GSource *due; /* when the service bears the next one; or NULL */
  gboolean online;
  gboolean closed;
};

typedef struct
{
  OhImOutbox *outbox;
  char *to;
  char *text;
  OhImUrgency urgency;
  GTask *task;
  gboolean sent; /* the engine has it and has not answered */
  guint crashes;
  GSource *timeout;
  GSource *cancelled;
  guint references; /* the queue's and the call's */
} Letter;

static void
outbox_clear (gpointer data)
{
  OhImOutbox *outbox = data;

  oh_im_timer_clear (&outbox->due);
  if (outbox->parent)
    g_rc_box_release_full (outbox->parent, outbox_clear);
  g_object_unref (outbox->process);
  g_main_context_unref (outbox->context);
  g_free (outbox->account);
}

static void
letter_unref (Letter *letter)
{
  if (--letter->references > 0)
    return;
  oh_im_timer_clear (&letter->timeout);
  oh_im_timer_clear (&letter->cancelled);
  g_free (letter->to);
  g_free (letter->text);
  g_clear_object (&letter->task);
  g_rc_box_release_full (letter->outbox, outbox_clear);
  g_free (letter);
}

/* Takes a letter that is in the queue out of it and answers its sender: @error, which is taken, or with
 * what @answer says of it. */
static void
settle_with (Letter *letter, GVariant *answer, GError *error)
{
  const char *receipt = "";
  g_autoptr (GTask) task = g_steal_pointer (&letter->task);

  g_queue_remove (&letter->outbox->waiting, letter);
  oh_im_timer_clear (&letter->timeout);
  oh_im_timer_clear (&letter->cancelled);
  if (error)
    g_task_return_error (task, error);
  else
    {
      if (g_variant_is_of_type (answer, G_VARIANT_TYPE ("(s)")))
        g_variant_get (answer, "(&s)", &receipt);
      g_task_return_pointer (task, oh_im_clean_line (receipt, OH_IM_MAX_NAME), g_free);
    }
  letter_unref (letter);
}

static void
settle (Letter *letter, GError *error)
{
  settle_with (letter, NULL, error);
}

static gboolean
on_timeout (gpointer user_data)
{
  Letter *letter = user_data;

  if (!letter->sent)
    settle (letter, g_error_new (OH_ERROR, OH_ERROR_TIMEOUT, "it could not be sent in time"));
  return G_SOURCE_REMOVE;
}

static gboolean
on_cancelled (GCancellable *cancellable, gpointer user_data)
{
  Letter *letter = user_data;

  if (!letter->sent)
    settle (letter, g_error_new (OH_ERROR, OH_ERROR_CANCELLED, "cancelled"));
  return G_SOURCE_REMOVE;
}

/* Whether the letter goes on waiting, after an error that is not about the letter. */
static gboolean
may_wait (Letter *letter, const GError *error)
{
  gboolean due = (letter->timeout && g_source_is_destroyed (letter->timeout))
                 || (letter->cancelled && g_source_is_destroyed (letter->cancelled));

  if (g_error_matches (error, OH_ERROR, OH_ERROR_CLOSED))
    return !due;
  if (error->domain == OH_ERROR)
    return FALSE;
  return !due && ++letter->crashes < MAX_CRASHES;
}

static void send_all (OhImOutbox *outbox);

static void
on_sent (GObject *source, GAsyncResult *result, gpointer user_data)
{
  Letter *letter = user_data;
  OhImOutbox *outbox = g_rc_box_acquire (letter->outbox);
  g_autoptr (GError) error = NULL;
  g_autoptr (GVariant) answer = oh_im_process_call_finish (result, &error);

  letter->sent = FALSE;
  if (!answer && error->domain != OH_ERROR)
    outbox->online = FALSE; /* the process has ended, of which the account is told soon */
  if (letter->task && answer)
    settle_with (letter, answer, NULL);
  else if (letter->task && !may_wait (letter, error))
    {
      GError *told = error->domain == OH_ERROR
                         ? g_steal_pointer (&error)
                         : g_error_new (OH_ERROR, OH_ERROR_FAILED,
                                        "the IM engine ended while it sent the message");

      g_dbus_error_strip_remote_error (told);
      settle (letter, told);
    }
  else
    outbox->online = FALSE; /* the account will tell when it is back */
  letter_unref (letter);
  send_all (outbox);
  g_rc_box_release_full (outbox, outbox_clear);
}

static gboolean
on_due (gpointer user_data)
{
  OhImOutbox *outbox = g_rc_box_acquire (user_data);

  oh_im_timer_clear (&outbox->due);
  send_all (outbox);
  g_rc_box_release_full (outbox, outbox_clear);
  return G_SOURCE_REMOVE;
}

/* Whether the service bears @letter now; else they go on when it does. */
static gboolean
is_borne (OhImOutbox *outbox, Letter *letter)
{
  OhImPace *pace = outbox->parent ? &outbox->parent->pace : &outbox->pace;
  guint ms = oh_im_pace_take (pace, letter->text);

  if (ms > 0)
    outbox->due = oh_im_timer (outbox->context, ms, on_due, outbox);
  return ms == 0;
}

static void
hand_over (OhImOutbox *outbox, Letter *letter)
{
  if (outbox->room)
    oh_im_process_call (outbox->process, "SendRoomMessage",
                        g_variant_new ("(sts)", outbox->account, outbox->room, letter->text),
                        on_sent, letter);
  else
    oh_im_process_call (outbox->process, "SendMessage",
                        g_variant_new ("(sss)", outbox->account, letter->to, letter->text), on_sent,
                        letter);
}

/* The wire keeps their order. What was in the engine's hands at a crash goes alone, so that the one
 * message that makes a plug-in crash takes no other with it. */
static void
send_all (OhImOutbox *outbox)
{
  gboolean busy = FALSE;

  oh_im_timer_clear (&outbox->due);
  for (GList *l = outbox->waiting.head; l && outbox->online; l = l->next)
    {
      Letter *letter = l->data;

      if (letter->crashes > 0 && busy)
        return;
      if (!letter->sent)
        {
          if (!is_borne (outbox, letter))
            return;
          letter->sent = TRUE;
          letter->references++;
          hand_over (outbox, letter);
        }
      if (letter->crashes > 0)
        return;
      busy = TRUE;
    }
}

OhImOutbox *
oh_im_outbox_new (OhImProcess *process, const char *account, const char *protocol)
{
  OhImOutbox *outbox = g_rc_box_new0 (OhImOutbox);

  outbox->process = g_object_ref (process);
  outbox->context = g_main_context_ref_thread_default ();
  outbox->account = g_strdup (account);
  g_queue_init (&outbox->waiting);
  oh_im_pace_init (&outbox->pace, protocol);
  return outbox;
}

OhImOutbox *
oh_im_outbox_new_of_room (OhImOutbox *parent, guint64 room)
{
  OhImOutbox *outbox = g_rc_box_new0 (OhImOutbox);

  outbox->process = g_object_ref (parent->process);
  outbox->context = g_main_context_ref (parent->context);
  outbox->account = g_strdup (parent->account);
  outbox->parent = g_rc_box_acquire (parent);
  outbox->room = room;
  g_queue_init (&outbox->waiting);
  return outbox;
}

gboolean
oh_im_outbox_take_spare (OhImOutbox *outbox)
{
  return outbox->online && g_queue_is_empty (&outbox->waiting)
         && oh_im_pace_take_spare (&outbox->pace);
}

void
oh_im_outbox_set_rate (OhImOutbox *outbox, guint per_second)
{
  oh_im_pace_set_rate (&outbox->pace, per_second);
}

static const char *
say_closed (OhImOutbox *outbox)
{
  return outbox->room ? "the account is not in that room any more" : "the account was removed";
}

void
oh_im_outbox_close (OhImOutbox *outbox)
{
  outbox->online = FALSE;
  outbox->closed = TRUE;
  oh_im_timer_clear (&outbox->due);
  while (outbox->waiting.head)
    settle (outbox->waiting.head->data,
            g_error_new (OH_ERROR, OH_ERROR_CLOSED, "%s", say_closed (outbox)));
}

void
oh_im_outbox_unref (OhImOutbox *outbox)
{
  g_rc_box_release_full (outbox, outbox_clear);
}

/* Where too many wait, the last that is less urgent gives way. */
static gboolean
has_room (OhImOutbox *outbox, OhImUrgency urgency)
{
  Letter *last = g_queue_peek_tail (&outbox->waiting);

  if (outbox->waiting.length < MAX_WAITING)
    return TRUE;
  if (last->sent || last->urgency >= urgency)
    return FALSE;
  settle (last, g_error_new (OH_ERROR, OH_ERROR_LIMIT, "too many messages wait"));
  return TRUE;
}

static gboolean
check (OhImOutbox *outbox, const char *to, const char *text, OhImUrgency urgency, GTask *task)
{
  if (outbox->closed)
    g_task_return_new_error (task, OH_ERROR, OH_ERROR_CLOSED, "%s", say_closed (outbox));
  else if ((!outbox->room && !oh_im_name_is_good (to)) || !*text
           || !g_utf8_validate (text, -1, NULL))
    g_task_return_new_error (task, OH_ERROR, OH_ERROR_INVALID, "not a message that can be sent");
  else if (strlen (text) > OH_IM_MAX_TEXT)
    g_task_return_new_error (task, OH_ERROR, OH_ERROR_LIMIT, "the message is too long");
  else if (!has_room (outbox, urgency))
    g_task_return_new_error (task, OH_ERROR, OH_ERROR_LIMIT, "too many messages wait");
  else
    return TRUE;
  return FALSE;
}

/* Behind all that is as urgent or in the engine's hands. */
static void
enqueue (OhImOutbox *outbox, Letter *letter)
{
  GList *before = outbox->waiting.tail;

  while (before && !((Letter *)before->data)->sent && ((Letter *)before->data)->crashes == 0
         && ((Letter *)before->data)->urgency < letter->urgency)
    before = before->prev;
  if (before)
    g_queue_insert_after (&outbox->waiting, before, letter);
  else
    g_queue_push_head (&outbox->waiting, letter);
}

void
oh_im_outbox_add (OhImOutbox *outbox,
                  const char *to,
                  const char *text,
                  OhImUrgency urgency,
                  guint timeout_s,
                  GTask *task)
{
  GCancellable *cancellable = g_task_get_cancellable (task);
  Letter *letter;

  if (!check (outbox, to, text, urgency, task))
    {
      g_object_unref (task);
      return;
    }
  letter = g_new0 (Letter, 1);
  letter->outbox = g_rc_box_acquire (outbox);
  letter->to = g_strdup (to);
  letter->text = g_strdup (text);
  letter->urgency = urgency;
  letter->task = task;
  letter->references = 1;
  if (timeout_s > 0)
    letter->timeout = oh_im_timer (outbox->context, timeout_s * 1000, on_timeout, letter);
  if (cancellable)
    {
      letter->cancelled = g_cancellable_source_new (cancellable);
      g_source_set_callback (letter->cancelled, G_SOURCE_FUNC (on_cancelled), letter, NULL);
      g_source_attach (letter->cancelled, outbox->context);
    }
  enqueue (outbox, letter);
  send_all (outbox);
}

void
oh_im_outbox_set_online (OhImOutbox *outbox, gboolean online)
{
  outbox->online = online && !outbox->closed;
  send_all (outbox);
}

guint
oh_im_outbox_get_length (OhImOutbox *outbox)
{
  return outbox->waiting.length;
}
