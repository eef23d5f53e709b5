/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "oh-call"

#include "server/call/oh-server-call-private.h"

#include "base/oh-clock.h"

/* What the INVITE of a fork says, to a device or to a trunk. */

void
oh_fork_free (gpointer data)
{
  OhFork *fork = data;

  if (fork->leg)
    oh_leg_hang_up (fork->leg, 0, NULL);
  g_clear_pointer (&fork->leg, oh_leg_unref);
  g_free (fork->device_id);
  g_free (fork->key);
  g_free (fork->contact);
  g_free (fork->route);
  g_free (fork);
}

/* A quoted string of RFC 3261 25.1. */
static char *
quote (const char *text)
{
  GString *quoted = g_string_new ("\"");

  for (const char *p = text; *p; p++)
    {
      if (*p == '"' || *p == '\\')
        g_string_append_c (quoted, '\\');
      if ((guchar)*p >= 0x20 && *p != 0x7f)
        g_string_append_c (quoted, *p);
    }
  g_string_append_c (quoted, '"');
  return g_string_free (quoted, FALSE);
}

static char *
make_caller_uri (OhServerCall *call)
{
  g_autofree char *user = oh_uri_escape_user (call->caller_number);

  if (call->withheld)
    return g_strdup ("sip:anonymous@anonymous.invalid");
  if (!*user)
    return g_strdup_printf ("sip:unknown@%s", call->exchange->config->domain);
  return g_strdup_printf ("sip:%s@%s", user, call->exchange->config->domain);
}

static char *
make_identity (OhServerCall *call, const char *uri)
{
  g_autofree char *name = quote (call->caller_name);

  return g_strdup_printf ("P-Asserted-Identity: %s%s<%s>", *call->caller_name ? name : "",
                          *call->caller_name ? " " : "", uri);
}

static OhSipCall *
invite_device (OhFork *fork, OhLeg *leg, const char *sdp, const OhSipCallHandlers *handlers)
{
  OhServerCall *call = fork->call;
  g_autofree char *aor = g_strdup_printf ("sip:%s", call->exchange->config->domain);
  g_autofree char *from = make_caller_uri (call);
  g_autofree char *identity = make_identity (call, from);
  g_autofree char *options = oh_call_offer_dup_options (call->offer);
  g_autofree char *h_called = g_strdup_printf ("Offhook-Called: %s", call->called);
  g_autofree char *h_deadline = g_strdup_printf (
      "Offhook-Deadline: %u", oh_call_offer_get_seconds_left (call->offer, oh_clock_now ()));
  g_autofree char *h_default = g_strdup_printf ("Offhook-Default: %u",
                                                call->plan->user->default_option);
  g_autofree char *h_options = g_strdup_printf ("Offhook-Options: %s", options);
  g_autofree char *h_peer = call->origin.caller
                                ? g_strdup_printf ("Offhook-Peer: %s", call->origin.caller->alias)
                                : NULL;
  /* Of who withholds the number, neither of the last two. */
  const char *headers[] = {
    h_called, h_deadline, h_default, h_options, call->withheld ? NULL : identity, h_peer, NULL
  };
  OhSipAccount account = { .aor = aor };
  OhSipInvite invite = {
    .account = &account,
    .to_uri = fork->contact,
    .route = fork->route,
    .from_uri = from,
    .from_name = call->withheld ? "Anonymous" : call->caller_name,
    .withhold = call->withheld,
    .offer_id = oh_call_offer_get_id (call->offer),
    .headers = headers,
    .sdp = sdp,
  };

  return oh_sip_call_invite (call->exchange->sip, &invite, handlers, leg);
}

static OhSipCall *
invite_trunk (OhFork *fork, OhLeg *leg, const char *sdp, const OhSipCallHandlers *handlers)
{
  OhServerCall *call = fork->call;
  const OhTrunk *trunk = call->plan->trunk;
  OhTrunkTarget target;
  g_autofree char *identity = NULL;
  const char *headers[2] = { NULL, NULL };
  OhSipCall *sip_call;

  oh_trunk_target_init (&target, call->exchange->trunks, trunk, call->plan->number,
                        call->caller_number, call->exchange->config->domain);
  if (trunk->kind == OH_TRUNK_REGISTER && !call->withheld)
    {
      g_autofree char *uri = make_caller_uri (call);

      headers[0] = identity = make_identity (call, uri);
    }
  sip_call = oh_sip_call_invite (call->exchange->sip,
                                 &(OhSipInvite){
                                     .account = &target.account,
                                     .to_uri = target.to_uri,
                                     .from_uri = target.from_uri,
                                     .from_name = call->withheld ? NULL : call->caller_name,
                                     .withhold = call->withheld,
                                     .headers = headers,
                                     .sdp = sdp,
                                     .timeout_ms = OH_TRUNK_RING_MS,
                                 },
                                 handlers, leg);
  oh_trunk_target_clear (&target);
  return sip_call;
}

OhSipCall *
oh_fork_invite (OhLeg *leg,
                const char *sdp,
                const OhSipCallHandlers *handlers,
                gpointer data,
                gpointer user_data)
{
  OhFork *fork = user_data;

  return fork->device_id ? invite_device (fork, data, sdp, handlers)
                         : invite_trunk (fork, data, sdp, handlers);
}
