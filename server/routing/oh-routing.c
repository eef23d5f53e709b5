/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "oh-routing"

#include "server/routing/oh-routing.h"

#include "server/routing/oh-hours.h"

void
oh_plan_free (OhPlan *plan)
{
  if (!plan)
    return;
  oh_ring_plan_free (plan->ring);
  g_clear_pointer (&plan->more_trunks, g_ptr_array_unref);
  g_free (plan->number);
  g_free (plan->identified_reason);
  g_free (plan->located_reason);
  g_free (plan);
}

static void
reject (OhPlan *plan, guint status, const char *reason)
{
  plan->action = OH_PLAN_REJECT;
  plan->status = status;
  g_free (plan->located_reason);
  plan->located_reason = g_strdup (reason);
}

/* A user by number, else by the SIP address's alias. @what: for the reason. */
static gboolean
identify_by (OhPlan *plan, OhDirectory *directory, const char *text, const char *what)
{
  const OhUser *user;
  const char *kind = "number";

  if (!text || !*text)
    return FALSE;
  user = oh_directory_find_user_by_number (directory, text);
  if (!user)
    {
      user = oh_directory_find_user_by_alias (directory, text);
      kind = "address";
    }
  if (!user)
    return FALSE;
  plan->user = user;
  plan->number = g_strdup (text);
  plan->identified_reason = g_strdup_printf ("%s %s is the %s of %s", what, text, kind,
                                             user->alias);
  return TRUE;
}

/* The dialled number first; then what the network says was dialled before: To (a provider's account
 * is dialled by its contact, the number stands in To), then the diversions; then the trunk's own
 * user. */
static gboolean
identify (OhPlan *plan, OhDirectory *directory, const OhRoutingCall *call)
{
  if (identify_by (plan, directory, call->dialled, "the dialled number"))
    return TRUE;
  if (call->caller)
    return FALSE;
  if (identify_by (plan, directory, call->to_user, "the number in To"))
    return TRUE;
  for (guint i = 0; call->diversions && call->diversions[i]; i++)
    if (identify_by (plan, directory, call->diversions[i], "the number dialled before forwarding"))
      return TRUE;
  if (!call->trunk || !identify_by (plan, directory, call->trunk->number, "nobody has the number;"))
    return FALSE;
  g_free (plan->number);
  plan->number = g_strdup (call->dialled);
  return TRUE;
}

/* --- Who could be told --- */

/* Services of telephones, that show everybody as online for ever. */
static gboolean
is_always_online (const char *protocol)
{
  static const char *const protocols[] = { "prpl-mm-sms",        "prpl-hehoe-whatsmeow",
                                           "prpl-whatsapp",      "prpl-hehoe-signald",
                                           "prpl-hehoe-presage", "prpl-signal",
                                           "prpl-telegram",      "telegram-tdlib",
                                           "prpl-line",          NULL };

  return g_strv_contains (protocols, protocol);
}

static OhRingWhy
find_obstacle (const OhUser *user, const OhBinding *binding, const char *own_device)
{
  if (own_device && g_str_equal (binding->device_id, own_device))
    return OH_WHY_CALLS_ITSELF;
  return oh_user_find_text_device (user, binding->device_id) ? OH_WHY_TOLD_BY_MESSAGE : OH_WHY_NONE;
}

OhRingWhy
oh_routing_why_not (const OhPlan *plan, const OhBinding *binding, const char *own_device)
{
  OhRingWhy obstacle = find_obstacle (plan->user, binding, own_device);

  if (obstacle)
    return obstacle;
  if (plan->ring && plan->ring->quiet)
    return OH_WHY_DND;
  return oh_ring_rules_why_not (&plan->user->ring, binding->presence);
}

OhRingWhy
oh_routing_why_not_identity (const OhPlan *plan, const OhImIdentity *identity, OhPresence presence)
{
  if (!identity->verified)
    return OH_WHY_NOT_VERIFIED;
  if (plan->ring->quiet && presence == OH_PRESENCE_DND)
    return OH_WHY_NONE; /* told by message, as those that were there */
  return oh_ring_rules_why_not (&plan->user->ring, presence);
}

static OhCandidate *
judge_device (const OhDevice *device, OhRegistrar *registrar, const OhRoutingCall *call)
{
  GPtrArray *bindings = oh_registrar_find_by_device (registrar, device->id);
  const OhBinding *binding = bindings ? bindings->pdata[0] : NULL;
  OhCandidate *candidate = g_new0 (OhCandidate, 1);

  candidate->device_id = device->id;
  candidate->name = g_strdup (device->name);
  candidate->label = device->name;
  candidate->rank = device->rank;
  candidate->weak = oh_evidence_is_weak (device->evidence, device->desk_phone);
  candidate->obstacle = binding ? find_obstacle (device->user, binding, call->device_id)
                                : OH_WHY_NOT_SIGNED_IN;
  if (binding)
    {
      candidate->address = g_strdup_printf ("%s %s", binding->transport, binding->address);
      candidate->presence = binding->presence;
      candidate->active_us = binding->in_use ? call->now_us : binding->active_us;
    }
  return candidate;
}

static gboolean
has_device (GPtrArray *candidates, const OhDevice *device)
{
  for (guint i = 0; i < candidates->len; i++)
    if (((const OhCandidate *)candidates->pdata[i])->device_id == device->id)
      return TRUE;
  return FALSE;
}

/* Those that are signed in, as they did it one after the other; then all others. */
static void
add_devices (GPtrArray *all, const OhUser *user, OhRegistrar *registrar, const OhRoutingCall *call)
{
  GPtrArray *bindings = oh_registrar_find_by_user (registrar, user->id);

  for (guint i = 0; bindings && i < bindings->len; i++)
    for (guint j = 0; j < user->devices->len; j++)
      {
        const OhDevice *device = user->devices->pdata[j];

        if (g_str_equal (((const OhBinding *)bindings->pdata[i])->device_id, device->id)
            && !has_device (all, device))
          g_ptr_array_add (all, judge_device (device, registrar, call));
      }
  for (guint i = 0; i < user->devices->len; i++)
    if (!has_device (all, user->devices->pdata[i]))
      g_ptr_array_add (all, judge_device (user->devices->pdata[i], registrar, call));
}

static const OhSighting *
find_sighting (GArray *sightings, gint64 identity_id)
{
  for (guint i = 0; sightings && i < sightings->len; i++)
    if (g_array_index (sightings, OhSighting, i).identity_id == identity_id)
      return &g_array_index (sightings, OhSighting, i);
  return NULL;
}

static OhCandidate *
judge_identity (const OhImIdentity *identity, GArray *sightings, gboolean calls_himself)
{
  const OhSighting *seen = find_sighting (sightings, identity->id);
  OhCandidate *candidate = g_new0 (OhCandidate, 1);

  candidate->identity_id = identity->id;
  candidate->name = g_strdup_printf ("%s (%s)", identity->name, identity->login->name);
  candidate->label = identity->name;
  candidate->protocol = identity->login->protocol;
  candidate->rank = identity->rank;
  candidate->weak = oh_evidence_is_weak (
      identity->evidence, is_always_online (identity->login->protocol) || (seen && seen->mobile));
  candidate->obstacle = !identity->verified                    ? OH_WHY_NOT_VERIFIED
                        : calls_himself                        ? OH_WHY_OWN_CALL
                        : !seen                                ? OH_WHY_UNKNOWN
                        : seen->presence == OH_PRESENCE_CLOSED ? OH_WHY_OFFLINE
                                                               : OH_WHY_NONE;
  if (seen)
    {
      candidate->presence = seen->presence;
      candidate->active_us = seen->active_us;
    }
  return candidate;
}

static gboolean
is_at (const OhCandidate *candidate, const OhHoursPlace *place)
{
  return place->device ? candidate->device_id == place->device->id
                       : !candidate->device_id && candidate->identity_id == place->identity->id;
}

/* Where the user usually answers at this hour. */
static void
mark_usual (GPtrArray *candidates, const OhUser *user, const OhRoutingCall *call)
{
  g_autoptr (GArray) answers = user->learn_hours && call->find_answers
                                   ? call->find_answers (user->id, call->count_data)
                                   : NULL;
  g_autoptr (OhHours) hours = oh_hours_learn (answers, user, call->wall_s);
  OhUsual usual;

  if (!oh_hours_find_usual (hours, oh_answers_get_slot (call->wall_s), &usual))
    return;
  for (guint i = 0; i < candidates->len; i++)
    {
      OhCandidate *candidate = candidates->pdata[i];

      if (!is_at (candidate, usual.place))
        continue;
      candidate->usual = usual.answered;
      candidate->usual_of = usual.of;
    }
}

static void
locate (OhPlan *plan, OhRegistrar *registrar, const OhRoutingCall *call)
{
  const OhUser *user = plan->user;
  GArray *sightings = call->find_im ? call->find_im (user->id, call->count_data) : NULL;
  g_autoptr (GPtrArray) all = g_ptr_array_new_with_free_func (oh_candidate_free);

  add_devices (all, user, registrar, call);
  for (guint i = 0; i < user->identities->len; i++)
    g_ptr_array_add (all,
                     judge_identity (user->identities->pdata[i], sightings, call->caller == user));
  mark_usual (all, user, call);
  plan->ring = oh_ring_plan_new (&user->ring, all, user->default_delay_s, call->now_us);
  plan->action = plan->ring->steps->len > 0 ? OH_PLAN_DEVICES : OH_PLAN_VOICEMAIL;
  plan->located_reason = g_strdup (plan->ring->reason);
}

static void
plan_user (OhPlan *plan, OhRegistrar *registrar, const OhRoutingCall *call)
{
  if (call->count_calls && call->max_calls_per_user > 0
      && call->count_calls (plan->user->id, call->count_data) >= call->max_calls_per_user)
    {
      reject (plan, 486, "the user has as many calls as are allowed");
      return;
    }
  locate (plan, registrar, call);
}

gboolean
oh_plan_take_next_trunk (OhPlan *plan)
{
  if (!plan->more_trunks || plan->more_trunks->len == 0)
    return FALSE;
  plan->trunk = g_ptr_array_steal_index (plan->more_trunks, 0);
  return TRUE;
}

/* The first that is up goes first; those that are not come last, since they may be back. */
static GPtrArray *
sort_by_state (GPtrArray *trunks, const OhRoutingCall *call)
{
  GPtrArray *sorted = g_ptr_array_new ();

  for (int up = 1; up >= 0; up--)
    for (guint i = 0; i < trunks->len; i++)
      {
        const OhTrunk *trunk = trunks->pdata[i];

        if ((!call->is_trunk_up || call->is_trunk_up (trunk->id, call->count_data)) == up)
          g_ptr_array_add (sorted, trunks->pdata[i]);
      }
  return sorted;
}

static void
plan_outside (OhPlan *plan, OhDirectory *directory, const OhRoutingCall *call)
{
  g_autofree char *number = oh_number_normalize (call->dialled);
  g_autoptr (GPtrArray) trunks = NULL;

  if (!number)
    {
      reject (plan, 404, "neither a number nor the address of a user");
      return;
    }
  trunks = oh_directory_list_trunks_for_number (directory, number);
  plan->more_trunks = sort_by_state (trunks, call);
  if (!oh_plan_take_next_trunk (plan))
    {
      reject (plan, 404, "nobody has this number and no trunk takes it");
      return;
    }
  plan->action = OH_PLAN_TRUNK;
  plan->located_reason = plan->trunk == trunks->pdata[0]
                             ? g_strdup_printf ("a prefix of trunk %s fits", plan->trunk->name)
                             : g_strdup_printf ("a prefix of trunk %s fits; %s is away",
                                                plan->trunk->name,
                                                ((const OhTrunk *)trunks->pdata[0])->name);
  plan->number = g_steal_pointer (&number);
}

static gboolean
plan_service (OhPlan *plan, const OhRoutingCall *call)
{
  if (g_str_equal (call->dialled, OH_ROUTING_ECHO_NUMBER))
    {
      plan->action = OH_PLAN_ECHO;
      plan->located_reason = g_strdup ("the echo number");
      return TRUE;
    }
  if (g_str_equal (call->dialled, OH_ROUTING_VOICEMAIL_NUMBER))
    {
      plan->action = OH_PLAN_MAILBOX;
      plan->located_reason = g_strdup ("the voicemail number");
      return TRUE;
    }
  return FALSE;
}

OhPlan *
oh_routing_plan (OhDirectory *directory, OhRegistrar *registrar, const OhRoutingCall *call)
{
  OhPlan *plan = g_new0 (OhPlan, 1);

  if (call->caller && plan_service (plan, call))
    return plan;
  if (identify (plan, directory, call))
    plan_user (plan, registrar, call);
  else if (call->caller)
    plan_outside (plan, directory, call);
  else
    reject (plan, 404, "nobody has this number");
  return plan;
}
