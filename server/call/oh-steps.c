/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "oh-call"

#include "server/call/oh-server-call-private.h"

/* Who rings when: the plan's steps one after the other, and what changes among the devices meanwhile. A
 * step names devices, not connections: each rings where it is signed in when its turn comes. */

/* A device that signs in on ever new connections is not rung on all of them. */
#define MAX_FORKS 200
#define ASKED_MS 250 /* that a step waits for a device that was asked to answer */

static gboolean
was_rung (OhServerCall *call, const OhBinding *binding)
{
  for (guint i = 0; i < call->forks->len; i++)
    {
      const OhFork *fork = g_ptr_array_index (call->forks, i);

      if (fork->device_id && g_str_equal (fork->device_id, binding->device_id)
          && g_str_equal (fork->key, binding->key) && g_str_equal (fork->route, binding->route))
        return TRUE;
    }
  return FALSE;
}

/* Unless it rings there already, or the rules forbid it. */
static gboolean
ring (OhServerCall *call, const OhBinding *binding)
{
  const char *own = call->origin.device ? call->origin.device->id : NULL;

  if (call->forks->len >= MAX_FORKS || was_rung (call, binding)
      || oh_routing_why_not (call->plan, binding, own))
    return FALSE;
  oh_server_call_ring_device (call, binding);
  return TRUE;
}

/* Wherever @device_id is signed in now. */
static gboolean
ring_device (OhServerCall *call, const char *device_id)
{
  GPtrArray *bindings = oh_registrar_find_by_device (call->exchange->registrar, device_id);
  gboolean rings = FALSE;

  for (guint i = 0; bindings && i < bindings->len; i++)
    rings |= ring (call, g_ptr_array_index (bindings, i));
  return rings;
}

/* --- The steps --- */

static const OhRingStep *
get_step (OhServerCall *call, guint n)
{
  const OhRingPlan *ring = call->plan->ring;

  return ring && n < ring->steps->len ? ring->steps->pdata[n] : NULL;
}

gboolean
oh_server_call_is_planned (OhServerCall *call, const char *device_id)
{
  const OhRingStep *step;

  for (guint n = call->next_step; (step = get_step (call, n)); n++)
    for (guint i = 0; i < step->devices->len; i++)
      if (g_str_equal (step->devices->pdata[i], device_id))
        return TRUE;
  return FALSE;
}

GPtrArray *
oh_server_call_list_planned (OhServerCall *call)
{
  GPtrArray *devices = g_ptr_array_new ();
  const OhRingStep *step;

  for (guint n = call->next_step; (step = get_step (call, n)); n++)
    for (guint i = 0; i < step->devices->len; i++)
      g_ptr_array_add (devices, step->devices->pdata[i]);
  return devices;
}

gboolean
oh_server_call_ring_early (OhServerCall *call, const char *device_id)
{
  return ring_device (call, device_id);
}

static gboolean
rings_now (OhServerCall *call, const char *device_id)
{
  for (guint i = 0; i < call->forks->len; i++)
    {
      const OhFork *fork = g_ptr_array_index (call->forks, i);

      if (fork->leg && g_strcmp0 (fork->device_id, device_id) == 0)
        return TRUE;
    }
  return FALSE;
}

char *
oh_server_call_dup_devices (OhServerCall *call)
{
  const GPtrArray *devices = call->plan->user->devices;
  g_autoptr (GString) names = g_string_new (NULL);

  for (guint i = 0; i < devices->len; i++)
    {
      const OhDevice *device = devices->pdata[i];

      if (oh_server_call_is_planned (call, device->id) || rings_now (call, device->id))
        g_string_append_printf (names, "%s%s", names->len ? ", " : "", device->name);
    }
  return g_string_free (g_steal_pointer (&names), FALSE);
}

static void
tell_step (OhServerCall *call, const OhRingStep *step, const char *why, gboolean reached)
{
  g_autofree char *reason = g_strdup_printf (
      reached ? "%s: now %s too" : "%s: now %s, but none of it is there any more", why,
      step->names);
  OhEvent *event = oh_server_call_new_event (call, OH_EVENT_STEP, reason,
                                             oh_server_call_get_user (call), NULL);

  oh_event_set_int (event, "step", call->next_step - 1);
  oh_server_call_tell (call, event);
}

static void
on_step_timer (gpointer data)
{
  OhServerCall *call = data;
  const OhRingStep *step = get_step (call, call->next_step);
  const OhRingStep *former = get_step (call, call->next_step - 1);
  g_autofree char *why = g_strdup_printf ("%.1f s without an answer",
                                          (step->after_ms - former->after_ms) / 1000.0);

  call->step_timer = 0;
  if (call->asked) /* by a reply; who is told now would be told for nothing */
    call->step_timer = oh_sip_add_timer (call->exchange->sip, ASKED_MS, on_step_timer, call);
  else
    oh_server_call_take_step (call, why);
}

static void
wait_for_step (OhServerCall *call, const OhRingStep *current)
{
  const OhRingStep *next = get_step (call, call->next_step);

  if (call->step_timer)
    oh_sip_cancel_timer (call->exchange->sip, call->step_timer);
  call->step_timer = next ? oh_sip_add_timer (call->exchange->sip,
                                              next->after_ms - current->after_ms, on_step_timer,
                                              call)
                          : 0;
}

gboolean
oh_server_call_take_step (OhServerCall *call, const char *why)
{
  const OhRingStep *step;

  while ((step = get_step (call, call->next_step)))
    {
      gboolean reached = FALSE;

      call->next_step++;
      for (guint i = 0; i < step->devices->len; i++)
        reached |= ring_device (call, step->devices->pdata[i])
                   || rings_now (call, step->devices->pdata[i]);
      reached |= oh_server_call_offer_by_im (call, step->identities);
      if (why)
        tell_step (call, step, why, reached);
      if (!reached)
        continue;
      wait_for_step (call, step);
      oh_server_call_check_identities (call); /* whose turn is after all others */
      return TRUE;
    }
  return FALSE;
}

/* --- Who comes and goes --- */

/* TRUE: that was the last one. */
static gboolean
drop_signed_out (OhServerCall *call)
{
  gboolean last = FALSE;

  for (guint i = 0; i < call->forks->len; i++)
    {
      OhFork *fork = g_ptr_array_index (call->forks, i);

      if (!fork->leg || !fork->device_id
          || oh_registrar_find_by_device (call->exchange->registrar, fork->device_id))
        continue;
      oh_leg_hang_up (fork->leg, 0, NULL);
      g_clear_pointer (&fork->leg, oh_leg_unref);
      last = oh_call_offer_lose_way (call->offer, 480);
    }
  return last;
}

static void
tell_joined (OhServerCall *call, const char *name, const char *protocol, const char *device_id)
{
  OhRingPlace place = { .label = (char *)name,
                        .protocol = (char *)protocol,
                        .why = OH_WHY_CAME_ONLINE };
  g_autofree char *why = oh_ring_why_dup_words (place.why, 0);
  g_autofree char *reason = g_strdup_printf ("%s: %s", name, why);
  OhEvent *event = oh_server_call_new_event (call, OH_EVENT_JOINED, reason,
                                             oh_server_call_get_user (call), device_id);

  oh_event_take_node (event, "place", oh_call_describe_place (&place));
  oh_server_call_tell (call, event);
}

static gboolean
has_rung (OhServerCall *call, const char *device_id)
{
  for (guint i = 0; i < call->forks->len; i++)
    if (g_strcmp0 (((const OhFork *)g_ptr_array_index (call->forks, i))->device_id, device_id) == 0)
      return TRUE;
  return FALSE;
}

static void
ring_new_device (OhServerCall *call, const OhBinding *binding)
{
  const OhDevice *device = oh_directory_find_device (call->exchange->directory, binding->device_id);
  gboolean again = has_rung (call, binding->device_id);

  if (ring (call, binding) && !again && device)
    tell_joined (call, device->name, NULL, device->id);
}

/* Who signs in in mid-ring, or comes back on a new connection, rings too; whose turn comes later waits
 * for it. */
static void
ring_new_devices (OhServerCall *call)
{
  GPtrArray *bindings = oh_registrar_find_by_user (call->exchange->registrar,
                                                   oh_server_call_get_user (call));

  for (guint i = 0; bindings && i < bindings->len; i++)
    {
      const OhBinding *binding = g_ptr_array_index (bindings, i);

      if (!oh_server_call_is_planned (call, binding->device_id)
          || has_rung (call, binding->device_id))
        ring_new_device (call, binding);
    }
}

static gboolean
is_told_or_planned (OhServerCall *call, gint64 identity_id)
{
  const OhRingStep *step;

  for (guint i = 0; i < call->told->len; i++)
    if (g_array_index (call->told, gint64, i) == identity_id)
      return TRUE;
  for (guint n = call->next_step; (step = get_step (call, n)); n++)
    for (guint i = 0; i < step->identities->len; i++)
      if (g_array_index (step->identities, gint64, i) == identity_id)
        return TRUE;
  return FALSE;
}

/* Where it rings after all others, and some of them do not yet. */
static gboolean
must_wait (OhServerCall *call, OhPresence presence)
{
  const OhRingRules *rules = &call->plan->user->ring;

  return get_step (call, call->next_step)
         && ((presence == OH_PRESENCE_AWAY && rules->away == OH_QUIET_LATER)
             || (presence == OH_PRESENCE_DND && rules->dnd == OH_QUIET_LATER));
}

static void
tell_new_identity (OhServerCall *call, const OhImIdentity *identity, const OhSighting *seen)
{
  g_autoptr (GArray) one = g_array_new (FALSE, FALSE, sizeof (gint64));

  if (is_told_or_planned (call, identity->id) || must_wait (call, seen->presence)
      || oh_routing_why_not_identity (call->plan, identity, seen->presence))
    return;
  g_array_append_val (one, identity->id);
  if (oh_server_call_offer_by_im (call, one))
    tell_joined (call, identity->name, identity->login->protocol, NULL);
}

static gboolean
still_rings (OhServerCall *call)
{
  return call->state == OH_SERVER_CALL_OFFERED && call->plan->user
         && !oh_call_offer_is_chosen (call->offer);
}

/* Who comes online in mid-ring, or back to his keyboard, is told too. */
void
oh_server_call_check_identities (OhServerCall *call)
{
  GPtrArray *identities;
  GArray *seen;

  if (!still_rings (call) || call->origin.caller == call->plan->user)
    return;
  identities = call->plan->user->identities;
  seen = oh_exchange_find_im (call->exchange, call->plan->user->id);
  for (guint i = 0; seen && i < identities->len; i++)
    for (guint j = 0; j < seen->len; j++)
      if (g_array_index (seen, OhSighting, j).identity_id
          == ((const OhImIdentity *)identities->pdata[i])->id)
        tell_new_identity (call, identities->pdata[i], &g_array_index (seen, OhSighting, j));
}

/* Somebody signed in or out in mid-ring. When the last one went, only who lost the connection is waited
 * for. */
void
oh_server_call_check_devices (OhServerCall *call)
{
  if (!still_rings (call))
    return;
  ring_new_devices (call);
  if (drop_signed_out (call))
    oh_server_call_lose_last_way (call);
}
