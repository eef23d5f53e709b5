/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "oh-routing"

#include "server/routing/oh-routing.h"

void
oh_plan_free (OhPlan *plan)
{
  if (!plan)
    return;
  g_ptr_array_unref (plan->bindings);
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
  return call->trunk
         && identify_by (plan, directory, call->trunk->number, "nobody has the number;");
}

const char *
oh_routing_why_not (const OhBinding *binding, const char *device_id)
{
  if (device_id && g_str_equal (binding->device_id, device_id))
    return "calls itself";
  if (binding->presence == OH_PRESENCE_DND)
    return "do not disturb";
  if (binding->presence == OH_PRESENCE_CLOSED)
    return "not available";
  return NULL;
}

static void
locate (OhPlan *plan, OhRegistrar *registrar, const OhRoutingCall *call)
{
  GPtrArray *all = oh_registrar_find_by_user (registrar, plan->user->id);
  const char *im = call->find_im && call->caller != plan->user
                       ? call->find_im (plan->user->id, call->count_data)
                       : NULL;
  g_autoptr (GString) rings = g_string_new (NULL);
  g_autoptr (GString) skipped = g_string_new (NULL);

  for (guint i = 0; all && i < all->len; i++)
    {
      OhBinding *binding = g_ptr_array_index (all, i);
      const char *why = oh_routing_why_not (binding, call->device_id);

      if (why)
        g_string_append_printf (skipped, "; %s skipped: %s", binding->device_name, why);
      else
        {
          g_ptr_array_add (plan->bindings, binding);
          g_string_append_printf (rings, "%s%s (%s %s)", rings->len ? ", " : "",
                                  binding->device_name, binding->transport, binding->address);
        }
    }
  if (im)
    g_string_append_printf (skipped, "; online: %s", im);
  plan->by_im = im != NULL;
  plan->action = plan->bindings->len > 0 || im ? OH_PLAN_DEVICES : OH_PLAN_VOICEMAIL;
  if (plan->bindings->len > 0)
    plan->located_reason = g_strdup_printf ("signed in: %s%s", rings->str, skipped->str);
  else
    plan->located_reason = g_strdup_printf (
        "%s%s", all ? "no device may ring" : "no device is signed in", skipped->str);
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

static void
plan_outside (OhPlan *plan, OhDirectory *directory, const OhRoutingCall *call)
{
  g_autofree char *number = oh_number_normalize (call->dialled);
  const OhTrunk *trunk;

  if (!number)
    {
      reject (plan, 404, "neither a number nor the address of a user");
      return;
    }
  trunk = oh_directory_find_trunk_for_number (directory, number);
  if (!trunk)
    {
      reject (plan, 404, "nobody has this number and no trunk takes it");
      return;
    }
  plan->action = OH_PLAN_TRUNK;
  plan->trunk = trunk;
  plan->located_reason = g_strdup_printf ("a prefix of trunk %s fits", trunk->name);
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

  plan->bindings = g_ptr_array_new ();
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
