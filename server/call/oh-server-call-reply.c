/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "oh-call"

#include "server/call/oh-server-call-private.h"

/* 'Answer' by a reply over IM: a device that rings is asked to answer, as if Answer had been pressed
 * there, and when it does not, the next one; whichever answers first has the call. One whose turn has
 * not come rings for that before it; all others, told by IM or not, keep their turn. */

#define ASK_MS 3000 /* that a device has to answer */

static const OhDevice *
get_device (OhServerCall *call, const OhFork *fork)
{
  return oh_directory_find_device (call->exchange->directory, fork->device_id);
}

/* Our own programs do it whenever they are asked, of desk phones nobody knows. Of the rest it is the
 * one that rang first, where its user was last. NULL: none is left. */
static OhFork *
find_fork (OhServerCall *call, gboolean desk_phones)
{
  OhFork *found = NULL;

  for (guint i = 0; i < call->forks->len; i++)
    {
      OhFork *fork = g_ptr_array_index (call->forks, i);
      const OhDevice *device = fork->leg && fork->device_id && !fork->asked && !fork->no_talk
                                   ? get_device (call, fork)
                                   : NULL;

      if (!device || (device->desk_phone && !desk_phones))
        continue;
      if (!found || (found->desk_phone && !fork->desk_phone))
        found = fork;
    }
  return found;
}

static gboolean
is_fork (OhServerCall *call, const char *device_id)
{
  for (guint i = 0; i < call->forks->len; i++)
    if (g_strcmp0 (((const OhFork *)call->forks->pdata[i])->device_id, device_id) == 0)
      return TRUE;
  return FALSE;
}

/* @id is a device whose turn is still to come, as list_planned() has them. NULL: it may not be asked. */
static const OhDevice *
find_later (OhServerCall *call, const char *id)
{
  const OhDevice *device = oh_directory_find_device (call->exchange->directory, id);
  GPtrArray *bindings = device ? oh_registrar_find_by_device (call->exchange->registrar, id) : NULL;

  return bindings && !((const OhBinding *)bindings->pdata[0])->no_talk && !is_fork (call, id)
             ? device
             : NULL;
}

/* The next device that may be asked rings before its turn, one of our own programs where there is one.
 * NULL: none does. */
static OhFork *
ring_planned (OhServerCall *call)
{
  g_autoptr (GPtrArray) planned = oh_server_call_list_planned (call);

  for (int desk_phones = FALSE; desk_phones <= TRUE; desk_phones++)
    for (guint i = 0; i < planned->len; i++)
      {
        const OhDevice *device = find_later (call, planned->pdata[i]);

        if (device && device->desk_phone == desk_phones
            && oh_server_call_ring_early (call, device->id))
          return find_fork (call, TRUE);
      }
  return NULL;
}

const char *
oh_server_call_get_answering_device (OhServerCall *call)
{
  g_autoptr (GPtrArray) planned = oh_server_call_list_planned (call);
  const OhFork *fork = find_fork (call, FALSE);

  if (fork)
    return get_device (call, fork)->name;
  for (guint i = 0; i < planned->len; i++)
    {
      const OhDevice *device = find_later (call, planned->pdata[i]);

      if (device && !device->desk_phone)
        return device->name;
    }
  return NULL;
}

static void
stop_asking (OhServerCall *call)
{
  if (call->ask_timer)
    oh_sip_cancel_timer (call->exchange->sip, call->ask_timer);
  call->ask_timer = 0;
  call->asked = NULL;
}

static void on_ask_timer (gpointer data);

static void
ask_next (OhServerCall *call)
{
  OhFork *fork = find_fork (call, TRUE);
  g_autofree char *reason = NULL;

  stop_asking (call);
  if (!fork)
    fork = ring_planned (call);
  if (!fork)
    {
      oh_server_call_refuse_answer (call);
      return;
    }
  reason = g_strdup_printf ("asked to answer by %s", call->reply_by);
  oh_server_call_tell (call,
                       oh_server_call_new_event (call, OH_EVENT_ASKED, reason,
                                                 oh_server_call_get_user (call), fork->device_id));
  fork->asked = TRUE;
  call->asked = fork;
  call->ask_timer = oh_sip_add_timer (call->exchange->sip, ASK_MS, on_ask_timer, call);
  if (fork->browser)
    oh_server_call_ask_line (call, fork);
  else
    oh_leg_ask_to_talk (fork->leg);
}

static void
on_ask_timer (gpointer data)
{
  OhServerCall *call = data;

  call->ask_timer = 0;
  ask_next (call);
}

void
oh_server_call_answer_by_reply (OhServerCall *call, gint64 identity_id, const char *who)
{
  if (call->asked || oh_call_offer_is_chosen (call->offer))
    return;
  g_free (call->reply_by);
  call->reply_by = g_strdup (who);
  call->reply_id = identity_id;
  for (guint i = 0; i < call->forks->len; i++)
    ((OhFork *)g_ptr_array_index (call->forks, i))->asked = FALSE;
  ask_next (call);
}

void
oh_server_call_skip_asked (OhServerCall *call, const OhFork *fork)
{
  if (call->asked == fork && !oh_call_offer_is_chosen (call->offer))
    ask_next (call);
}

char *
oh_server_call_dup_answer_reason (OhServerCall *call, const OhFork *fork)
{
  if (!call->reply_by || !fork->asked)
    return g_strdup ("");
  return g_strdup_printf ("by a reply of %s", call->reply_by);
}

gint64
oh_server_call_get_answering_identity (OhServerCall *call, const OhFork *fork)
{
  return call->reply_by && fork->asked ? call->reply_id : fork->identity_id;
}
