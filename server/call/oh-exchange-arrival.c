/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "oh-call"

#include "server/call/oh-server-call.h"

#include <gio/gio.h>

#include <string.h>

/* --- Addresses --- */

gboolean
oh_address_is_private (const char *address)
{
  g_autoptr (GInetAddress) parsed = address ? g_inet_address_new_from_string (address) : NULL;

  if (!parsed)
    return FALSE;
  return g_inet_address_get_is_loopback (parsed) || g_inet_address_get_is_site_local (parsed)
         || g_inet_address_get_is_link_local (parsed);
}

static gboolean
is_any (const char *address)
{
  return !address || !*address || g_str_equal (address, "0.0.0.0") || g_str_equal (address, "::");
}

/* The kernel's route to @remote: connecting a datagram socket sends nothing. */
static char *
dup_route_address (const char *remote)
{
  g_autoptr (GInetAddress) inet = g_inet_address_new_from_string (remote ? remote : "192.0.2.1");
  g_autoptr (GSocketAddress) target = NULL;
  g_autoptr (GSocketAddress) local = NULL;
  g_autoptr (GSocket) probe = NULL;

  if (!inet)
    return NULL;
  target = g_inet_socket_address_new (inet, 9);
  probe = g_socket_new (g_inet_address_get_family (inet), G_SOCKET_TYPE_DATAGRAM,
                        G_SOCKET_PROTOCOL_UDP, NULL);
  if (!probe || !g_socket_connect (probe, target, NULL, NULL))
    return NULL;
  local = g_socket_get_local_address (probe, NULL);
  if (!local)
    return NULL;
  return g_inet_address_to_string (
      g_inet_socket_address_get_address (G_INET_SOCKET_ADDRESS (local)));
}

char *
oh_exchange_dup_local_address (OhExchange *exchange, const char *remote)
{
  char *address;

  if (!is_any (exchange->config->media_address))
    return g_strdup (exchange->config->media_address);
  address = dup_route_address (remote);
  return address ? address : g_strdup ("127.0.0.1");
}

/* --- Where a call comes from --- */

/* A call claims to be of a device when it comes by a registered flow, brings a credential, or names
 * one of our users as From. Then the credential decides, whatever the address is trusted for. */
static gboolean
claims_device (OhExchange *exchange, OhSipCall *sip_call, const OhSipInfo *info)
{
  if (oh_sip_call_get_header (sip_call, "Proxy-Authorization")
      || oh_sip_call_get_header (sip_call, "Authorization"))
    return TRUE;
  if (oh_registrar_find_by_flow (exchange->registrar, info->transport, info->source_address,
                                 info->source_port))
    return TRUE;
  return g_ascii_strcasecmp (info->from_host, exchange->config->domain) == 0
         && oh_directory_find_user_by_alias (exchange->directory, info->from_user);
}

static void
refuse (OhSipCall *sip_call, guint status, guint retry_s)
{
  g_autofree char *retry = g_strdup_printf ("Retry-After: %u", MAX (retry_s, 1));
  const char *headers[] = { retry, NULL };

  oh_sip_call_reject (sip_call, status, NULL, status == 503 ? headers : NULL);
  oh_sip_call_unref (sip_call);
}

/* Strangers get one answer, whether what they dialled is there or not. */
static void
refuse_unknown (OhExchange *exchange, OhSipCall *sip_call, const OhSipInfo *info)
{
  guint retry_s = 0;

  if (oh_exchange_note_unknown (exchange, "INVITE", info->source_address, "unknown source",
                                &retry_s))
    refuse (sip_call, 403, 0);
  else
    refuse (sip_call, 503, retry_s);
}

static void
take_device_call (OhExchange *exchange, OhSipCall *sip_call, OhOrigin *origin)
{
  const OhSipInfo *info = oh_sip_call_get_info (sip_call);
  gboolean tried = oh_sip_call_get_header (sip_call, "Proxy-Authorization")
                   || oh_sip_call_get_header (sip_call, "Authorization");
  g_autofree char *address = g_strdup (info->source_address);

  if (oh_sip_call_authenticate (sip_call, exchange->config->domain,
                                oh_registrar_sip_guess_algorithm (info),
                                oh_registrar_sip_find_credential, exchange->registrar_sip)
      != OH_SIP_AUTH_OK)
    {
      if (tried)
        oh_exchange_note_unknown (exchange, "INVITE", address, "wrong credential", NULL);
      return;
    }
  origin->device = oh_directory_find_device (exchange->directory, info->auth_user);
  if (!origin->device)
    {
      refuse (sip_call, 403, 0);
      return;
    }
  origin->caller = origin->device->user;
  oh_server_call_start (exchange, sip_call, origin);
}

void
oh_exchange_take_call (OhExchange *exchange, OhSipCall *sip_call)
{
  const OhSipInfo *info = oh_sip_call_get_info (sip_call);
  OhOrigin origin = { .directory = exchange->directory };

  if (claims_device (exchange, sip_call, info))
    {
      take_device_call (exchange, sip_call, &origin);
      return;
    }
  origin.trunk = oh_trunks_find_source (exchange->trunks, info);
  if (origin.trunk)
    oh_server_call_start (exchange, sip_call, &origin);
  else if (g_ascii_strcasecmp (info->from_host, exchange->config->domain) == 0)
    take_device_call (exchange, sip_call, &origin);
  else
    refuse_unknown (exchange, sip_call, info);
}
