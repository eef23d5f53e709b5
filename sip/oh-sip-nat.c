/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "oh-sip"

#include "sip/oh-sip-private.h"

#include <gio/gio.h>

#include <string.h>

#define DEFAULT_PORT 5060
#define MAX_SEEN 1000

/* Behind a home router the far end sees another address of ours than we know. It says so in the Via
 * of its responses (RFC 3581), and what it saw goes into the Contacts that it gets from then on: for
 * each far end its own, because a router may give each another port. Over TLS the connection itself
 * is what requests come by. */

static char *
format_host_port (const char *host, guint port)
{
  return g_strdup_printf (strchr (host, ':') ? "[%s]:%u" : "%s:%u", host, port);
}

/* "192.0.2.1:40000"; NULL: as we see ourselves. */
static char *
read_seen (const sip_via_t *via)
{
  guint64 port = DEFAULT_PORT, seen_port;

  if (!via->v_received || !g_hostname_is_ip_address (via->v_received))
    return NULL;
  if (via->v_port && !g_ascii_string_to_unsigned (via->v_port, 10, 1, G_MAXUINT16, &port, NULL))
    return NULL;
  if (!via->v_rport || !*via->v_rport)
    seen_port = port;
  else if (!g_ascii_string_to_unsigned (via->v_rport, 10, 1, G_MAXUINT16, &seen_port, NULL))
    return NULL;
  if (seen_port == port && strcmp (via->v_received, via->v_host) == 0)
    return NULL;
  return format_host_port (via->v_received, (guint)seen_port);
}

static void
remember (OhSipAgent *agent, const char *host, const char *seen)
{
  if (!*host)
    return;
  if (!seen)
    g_hash_table_remove (agent->seen, host);
  else if (g_hash_table_size (agent->seen) < MAX_SEEN)
    g_hash_table_replace (agent->seen, g_strdup (host), g_strdup (seen));
}

gboolean
oh_sip_nat_note (OhSipAgent *agent, const char *host, const sip_t *response)
{
  const sip_via_t *via = response->sip_via;
  g_autofree char *seen = NULL;
  g_autofree char *text = NULL;
  const char *before = g_hash_table_lookup (agent->seen, host);
  char source[INET6_ADDRSTRLEN];

  if (!via || agent->tls || (agent->listening && agent->sip->public_address))
    return FALSE;
  seen = read_seen (via);
  if (seen)
    text = g_strconcat (seen, strstr (via->v_protocol, "TCP") ? ";transport=tcp" : "", NULL);
  if (g_strcmp0 (before, text) == 0)
    return FALSE;
  remember (agent, host, text);
  oh_sip_read_source (nua_current_request (agent->nua), source, sizeof source);
  remember (agent, source, text);
  g_message ("%s sees us as %s", host, text ? text : "we do");
  return TRUE;
}

static gboolean
is_near (const char *host)
{
  g_autoptr (GInetAddress) address = g_inet_address_new_from_string (host);

  return address
         && (g_inet_address_get_is_loopback (address) || g_inet_address_get_is_site_local (address)
             || g_inet_address_get_is_link_local (address));
}

char *
oh_sip_nat_make_contact (OhSipAgent *agent,
                         const char *host,
                         const char *transport,
                         const char *user)
{
  const char *seen = g_hash_table_lookup (agent->seen, host);
  const char *learned = agent->sip->learned_address;
  g_autofree char *own = NULL;
  g_autofree char *escaped = user && *user ? g_uri_escape_string (user, "+&=$,;?", FALSE) : NULL;

  if (agent->tls)
    return NULL;
  if (!seen && agent->listening && learned && !agent->sip->public_address && !is_near (host))
    seen = own = g_strdup_printf (strchr (learned, ':') ? "[%s]:%u%s" : "%s:%u%s", learned,
                                  agent->port,
                                  strcmp (transport, "tcp") == 0 ? ";transport=tcp" : "");
  return seen ? g_strconcat ("<sip:", escaped ? escaped : "", escaped ? "@" : "", seen, ">", NULL)
              : NULL;
}

typedef struct
{
  OhSip *sip;
  char *address;
} Learned;

static void
learn_task (gpointer data)
{
  Learned *learned = data;

  g_free (learned->sip->learned_address);
  learned->sip->learned_address = learned->address;
  oh_sip_unref (learned->sip);
  g_free (learned);
}

void
oh_sip_set_learned_address (OhSip *sip, const char *address)
{
  Learned *learned = g_new0 (Learned, 1);

  learned->sip = oh_sip_ref (sip);
  learned->address = g_strdup (address);
  oh_sip_post (sip, learn_task, learned);
}
