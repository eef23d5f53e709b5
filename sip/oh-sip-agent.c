/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "oh-sip"

#include "sip/oh-sip-private.h"

#include "base/oh-error.h"

#include <gio/gio.h>
#include <sofia-sip/nta.h>
#include <sofia-sip/nta_tag.h>
#include <sofia-sip/nua_tag.h>
#include <sofia-sip/sip_tag.h>
#include <sofia-sip/tport_tag.h>

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define KEEP_ALIVE_MS 20000
#define MAX_MESSAGE (128 * 1024) /* a connection may make us keep that much; sofia's own is 2 MiB */
#define MAX_FLOWS 200000
#define MAX_ROUTES 10000
#define ROUTE_US G_USEC_PER_SEC
#define MAX_RETIRED 2
#define REMOVE_AGAIN_MS 1000
#define METHODS                                                                                    \
  "INVITE, ACK, BYE, CANCEL, OPTIONS, PRACK, UPDATE, INFO, MESSAGE, SUBSCRIBE, NOTIFY, PUBLISH, "  \
  "REGISTER"

/* Tries an address before sofia does: that gives a clear error and, for port 0, a port which UDP
 * and TCP both have. Returns the socket or -1 with errno. */
static int
try_bind (const struct addrinfo *address, int type, guint16 port, guint16 *got)
{
  struct sockaddr_storage storage = { 0 };
  socklen_t length = address->ai_addrlen;
  int one = 1;
  int fd = socket (address->ai_family, type | SOCK_CLOEXEC, 0);
  int saved;

  memcpy (&storage, address->ai_addr, length);
  ((struct sockaddr_in *)&storage)->sin_port = htons (port); /* same place in sockaddr_in6 */
  if (fd >= 0 && type == SOCK_STREAM)
    setsockopt (fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
  if (fd >= 0 && bind (fd, (struct sockaddr *)&storage, length) == 0
      && getsockname (fd, (struct sockaddr *)&storage, &length) == 0)
    {
      *got = ntohs (((struct sockaddr_in *)&storage)->sin_port);
      return fd;
    }
  saved = errno;
  if (fd >= 0)
    close (fd);
  errno = saved;
  return -1;
}

static gboolean
find_port (const char *host, guint16 wanted, gboolean udp, gboolean stream, guint16 *port)
{
  struct addrinfo hints = { .ai_flags = AI_NUMERICHOST | AI_PASSIVE, .ai_socktype = SOCK_STREAM };
  struct addrinfo *address = NULL;
  gboolean found = FALSE;

  if (getaddrinfo (host, NULL, &hints, &address) != 0)
    {
      errno = EADDRNOTAVAIL;
      return FALSE;
    }
  for (guint try = 0; try < (wanted ? 1 : 20) && !found; try++)
    {
      int first = try_bind (address, stream ? SOCK_STREAM : SOCK_DGRAM, wanted, port);
      int second = first >= 0 && udp && stream ? try_bind (address, SOCK_DGRAM, *port, port) : -1;
      int saved = errno;

      found = first >= 0 && (second >= 0 || !(udp && stream));
      if (first >= 0)
        close (first);
      if (second >= 0)
        close (second);
      errno = saved;
    }
  freeaddrinfo (address);
  return found;
}

/* sofia opens TLS for sips: only, and UDP with TCP when no transport is named (its own list of
 * several, "udp,tcp", points to memory that is gone by then). */
static char *
format_url (OhSipAgent *agent)
{
  gboolean six = strchr (agent->host, ':') != NULL;
  gboolean told = agent->listening && agent->sip->public_address;
  const char *scheme = agent->tls ? "sips" : "sip";
  const char *transport = agent->tls                 ? ";transport=tls"
                          : agent->udp && agent->tcp ? ""
                          : agent->tcp               ? ";transport=tcp"
                                                     : ";transport=udp";
  g_autofree char *host = g_strdup_printf (six ? "[%s]" : "%s", agent->host);

  if (told)
    return g_strdup_printf ("%s:%s:%u%s;maddr=%s", scheme, agent->sip->public_address, agent->port,
                            transport, host);
  return g_strdup_printf ("%s:%s:%u%s", scheme, host, agent->port, transport);
}

static nua_t *
create_nua (OhSipAgent *agent, const char *url, const char *tls_folder)
{
  OhSip *sip = agent->sip;
  guint t1 = sip->t1_ms ? sip->t1_ms : 500;

  return nua_create (
      sip->root, oh_sip_agent_callback, agent, NUTAG_URL (url),
      TAG_IF (tls_folder, NUTAG_CERTIFICATE_DIR (tls_folder)), TPTAG_TLS_VERSION (0),
      TPTAG_TLS_VERIFY_POLICY (TPTLS_VERIFY_OUT | TPTLS_VERIFY_SUBJECTS_OUT),
      TPTAG_TLS_VERIFY_DEPTH (8), TPTAG_KEEPALIVE (KEEP_ALIVE_MS), TPTAG_PONG2PING (1),
      NUTAG_USER_AGENT (sip->user_agent), NUTAG_MEDIA_ENABLE (0), NUTAG_AUTOALERT (0),
      NUTAG_AUTOANSWER (0), NUTAG_EARLY_MEDIA (1), NUTAG_ONLY183_100REL (1),
      SIPTAG_ALLOW_STR (METHODS), SIPTAG_ALLOW_EVENTS_STR ("presence, message-summary"),
      NUTAG_APPL_METHOD (OH_SIP_APPL_METHODS), NUTAG_SESSION_TIMER (sip->session_s),
      NUTAG_MIN_SE (sip->min_session_s), NUTAG_UPDATE_REFRESH (1), NUTAG_KEEPALIVE (0),
      NUTAG_OUTBOUND ("no-outbound no-validate no-natify no-options-keepalive"),
      NTATAG_UDP_MTU (65535), NTATAG_MAXSIZE (MAX_MESSAGE), NTATAG_USE_NAPTR (0),
      NTATAG_SERVER_RPORT (1), NTATAG_SIP_T1 (t1), NTATAG_SIP_T1X64 (64 * t1),
      NTATAG_MAX_FORWARDS (70), TAG_END ());
}

static gboolean
open_nua (OhSipAgent *agent, GError **error)
{
  g_autofree char *url = format_url (agent);
  char *folder = NULL;

  if (agent->tls && !(folder = oh_sip_tls_make_folder (agent->sip, error)))
    return FALSE;
  errno = 0;
  agent->nua = create_nua (agent, url, folder);
  oh_sip_tls_remove_folder (folder);
  if (agent->nua)
    return TRUE;
  g_set_error (error, OH_ERROR, OH_ERROR_FAILED, "Cannot open SIP at %s port %u: %s", agent->host,
               agent->port, errno ? g_strerror (errno) : "the SIP library refused it");
  return FALSE;
}

OhSipAgent *
oh_sip_agent_new (OhSip *sip,
                  const char *host,
                  guint16 port,
                  gboolean udp,
                  gboolean tcp,
                  gboolean tls,
                  gboolean listening,
                  GError **error)
{
  OhSipAgent *agent;
  guint16 got = 0;

  if (!find_port (host, port, udp, tcp || tls, &got))
    {
      int saved = errno;

      g_set_error (error, OH_ERROR, saved == EADDRINUSE ? OH_ERROR_BUSY : OH_ERROR_FAILED,
                   saved == EADDRINUSE ? "SIP port %2$u at %1$s is taken by another program (%3$s)"
                                       : "Cannot open SIP at %s port %u: %s",
                   host, port, g_strerror (saved));
      return NULL;
    }
  agent = g_new0 (OhSipAgent, 1);
  agent->sip = sip;
  agent->host = g_strdup (host);
  agent->port = got;
  agent->udp = udp;
  agent->tcp = tcp;
  agent->tls = tls;
  agent->listening = listening;
  agent->seen = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free);
  if (!open_nua (agent, error))
    {
      oh_sip_agent_free (agent);
      return NULL;
    }
  oh_sip_inbox_open (agent);
  g_ptr_array_add (sip->agents, agent);
  return agent;
}

void
oh_sip_agent_free (OhSipAgent *agent)
{
  /* One that still waits for the far end when time is up may not be destroyed (sofia asserts that);
   * it is left to the end of the process. */
  if (agent->nua && agent->down)
    nua_destroy (agent->nua);
  g_hash_table_unref (agent->seen);
  g_free (agent->host);
  g_free (agent);
}

/* --- Which agent for a target --- */

static gboolean
is_any (const char *host)
{
  return strcmp (host, "0.0.0.0") == 0 || strcmp (host, "::") == 0;
}

char *
oh_sip_agent_dup_local (const char *host)
{
  struct addrinfo hints = { .ai_flags = AI_NUMERICHOST, .ai_socktype = SOCK_DGRAM };
  struct addrinfo *address = NULL;
  struct sockaddr_storage local;
  socklen_t length = sizeof local;
  char text[NI_MAXHOST] = "0.0.0.0";
  int fd;

  if (strcmp (host, "localhost") == 0)
    host = "127.0.0.1";
  if (getaddrinfo (host, "9", &hints, &address) != 0)
    return g_strdup (text);
  fd = socket (address->ai_family, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  if (fd >= 0 && connect (fd, address->ai_addr, address->ai_addrlen) == 0
      && getsockname (fd, (struct sockaddr *)&local, &length) == 0)
    getnameinfo ((struct sockaddr *)&local, length, text, sizeof text, NULL, 0, NI_NUMERICHOST);
  if (fd >= 0)
    close (fd);
  freeaddrinfo (address);
  return g_strdup (text);
}

/* Asking the kernel takes four system calls. A call server asks once a second about each host; a client,
 * whose addresses change, each time. */
static char *
dup_local (OhSip *sip, const char *host)
{
  gint64 now = g_get_monotonic_time ();
  const char *known;
  char *local;

  if (!sip->listen[0])
    return oh_sip_agent_dup_local (host);
  if (now >= sip->routes_until || g_hash_table_size (sip->routes) >= MAX_ROUTES)
    {
      g_hash_table_remove_all (sip->routes);
      sip->routes_until = now + ROUTE_US;
    }
  known = g_hash_table_lookup (sip->routes, host);
  if (known)
    return g_strdup (known);
  local = oh_sip_agent_dup_local (host);
  g_hash_table_insert (sip->routes, g_strdup (host), g_strdup (local));
  return local;
}

static gboolean
serves (const OhSipAgent *agent, const char *transport, const char *local)
{
  if (agent->retired || agent->down)
    return FALSE;
  if (!(strcmp (transport, "tls") == 0   ? agent->tls
        : strcmp (transport, "tcp") == 0 ? agent->tcp
                                         : agent->udp))
    return FALSE;
  if (strcmp (agent->host, local) == 0)
    return TRUE;
  return (is_any (agent->host) || is_any (local))
         && (strchr (agent->host, ':') != NULL) == (strchr (local, ':') != NULL);
}

static void
read_target (const char *target, char **host, char **transport, char **flow)
{
  su_home_t home[1] = { SU_HOME_INIT (home) };
  char param[256];
  url_t *url;

  su_home_init (home);
  url = url_make (home, target);
  *host = g_strdup (url && url->url_host ? url->url_host : "");
  *transport = g_strdup ("udp");
  if (url && url_param (url->url_params, "transport", param, sizeof param) > 0)
    {
      g_free (*transport);
      *transport = g_ascii_strdown (param, -1);
    }
  else if (url && url->url_type == url_sips)
    {
      g_free (*transport);
      *transport = g_strdup ("tls");
    }
  if (url && url_param (url->url_params, "maddr", param, sizeof param) > 0)
    {
      g_free (*host);
      *host = g_strdup (param);
    }
  if ((*host)[0] == '[')
    {
      memmove (*host, *host + 1, strlen (*host));
      (*host)[strcspn (*host, "]")] = '\0';
    }
  *flow = g_strdup_printf ("%s:%s:%s", *transport, *host,
                           url && url->url_port ? url->url_port : "");
  su_home_deinit (home);
}

/* A client's computer gets other addresses at any time, while each call's handle is bound to its agent: over
 * TLS, where what we are called at does not matter, one agent serves them all. */
static gboolean
may_move (const OhSip *sip, const char *transport, const char *local)
{
  return !sip->listen[0] && strcmp (transport, "tls") == 0 && !g_str_has_prefix (local, "127.")
         && strcmp (local, "::1") != 0;
}

OhSipAgent *
oh_sip_agent_for (OhSip *sip, const char *target, GError **error)
{
  g_autofree char *host = NULL;
  g_autofree char *transport = NULL;
  g_autofree char *flow = NULL;
  g_autofree char *local = NULL;
  OhSipAgent *agent;

  read_target (target, &host, &transport, &flow);
  agent = g_hash_table_lookup (sip->flows, flow);
  if (agent && !agent->down)
    return agent;
  local = dup_local (sip, host);
  if (may_move (sip, transport, local))
    {
      g_free (local);
      local = g_strdup (strchr (host, ':') ? "::" : "0.0.0.0");
    }
  for (guint i = 0; i < sip->agents->len; i++)
    if (serves (sip->agents->pdata[i], transport, local))
      return sip->agents->pdata[i];
  if (sip->shutting_down)
    {
      g_set_error (error, OH_ERROR, OH_ERROR_CLOSED, "The SIP stack is shutting down");
      return NULL;
    }
  return oh_sip_agent_new (sip, local, 0, strcmp (transport, "udp") == 0,
                           strcmp (transport, "tcp") == 0, strcmp (transport, "tls") == 0, FALSE,
                           error);
}

/* A registered client on a connection is reached by the agent that accepted it (after a reload of
 * certificates that may be a retired one). */
void
oh_sip_agent_note_flow (OhSipAgent *agent, const OhSipParsed *parsed)
{
  if (strcmp (parsed->info.transport, "udp") == 0)
    return;
  if (g_hash_table_size (agent->sip->flows) >= MAX_FLOWS)
    g_hash_table_remove_all (agent->sip->flows);
  g_hash_table_replace (agent->sip->flows,
                        g_strdup_printf ("%s:%s:%u", parsed->info.transport,
                                         parsed->info.source_address, parsed->info.source_port),
                        agent);
}

char *
oh_sip_agent_dup_flow (OhSipAgent *agent, const sip_t *message)
{
  const char *transport = oh_sip_agent_transport (agent, message);
  char address[INET6_ADDRSTRLEN];
  guint16 port = oh_sip_read_source (nua_current_request (agent->nua), address, sizeof address);
  g_autofree char *flow = g_strdup_printf ("%s:%s:%u", transport, address, port);

  if (!g_hash_table_contains (agent->sip->flows, flow))
    return NULL;
  return g_strdup_printf (strchr (address, ':') ? "sip:[%s]:%u;transport=%s"
                                                : "sip:%s:%u;transport=%s",
                          address, port, transport);
}

const char *
oh_sip_agent_transport (OhSipAgent *agent, const sip_t *message)
{
  const char *protocol = message->sip_via ? message->sip_via->v_protocol : NULL;

  /* TLS is what the socket says; between UDP and TCP of one agent the Via does. */
  if (agent->tls)
    return "tls";
  if (!agent->udp)
    return "tcp";
  return agent->tcp && protocol && g_ascii_strcasecmp (protocol, "SIP/2.0/TCP") == 0 ? "tcp"
                                                                                     : "udp";
}

/* Over TLS sofia tells sips:, which asks for TLS on the whole way: too much for a last hop (RFC 5630),
 * and telephones and registrars without sips: refuse it. Where we listen at any address it tells the
 * first one it finds, and behind a home router maddr=0.0.0.0. */
static char *
make_contact (OhSipAgent *agent, const char *host, const char *transport, const char *user)
{
  gboolean public = agent->listening && agent->sip->public_address;
  g_autofree char *local = NULL;
  char *seen = NULL;
  const char *told = agent->host;
  const char *params = agent->tls                       ? ";transport=tls"
                       : strcmp (transport, "tcp") == 0 ? ";transport=tcp"
                                                        : "";

  if (!agent->tls && (seen = oh_sip_nat_make_contact (agent, host, transport, user)))
    return seen;
  if (!agent->tls && !public && !is_any (agent->host))
    return NULL;
  if (public)
    told = agent->sip->public_address;
  else if (is_any (agent->host))
    told = local = dup_local (agent->sip, host);
  return g_strdup_printf (strchr (told, ':') ? "<sip:[%s]:%u%s>" : "<sip:%s:%u%s>", told,
                          agent->port, params);
}

char *
oh_sip_agent_make_contact (OhSipAgent *agent, const char *host, const char *transport)
{
  return make_contact (agent, host, transport, NULL);
}

char *
oh_sip_agent_dup_host (const char *target)
{
  g_autofree char *transport = NULL;
  g_autofree char *flow = NULL;
  char *host;

  read_target (target, &host, &transport, &flow);
  return host;
}

char *
oh_sip_agent_make_contact_for (OhSipAgent *agent, const char *target, const char *user)
{
  g_autofree char *host = NULL;
  g_autofree char *transport = NULL;
  g_autofree char *flow = NULL;

  read_target (target, &host, &transport, &flow);
  return make_contact (agent, host, transport, user);
}

nua_handle_t *
oh_sip_agent_handle (OhSipAgent *agent, OhSipOwner *owner)
{
  return nua_handle (agent->nua, owner, TAG_END ());
}

void
oh_sip_handle_free (nua_handle_t **nh)
{
  nua_handle_t *handle = g_steal_pointer (nh);

  if (!handle)
    return;
  nua_handle_bind (handle, NULL);
  nua_handle_destroy (handle);
}

/* --- Sorting events --- */

gboolean
oh_sip_event_is_from_peer (const OhSipEvent *event)
{
  return event->message && !nta_sip_is_internal (event->message);
}

static gboolean
is_used (OhSip *sip, const OhSipAgent *agent)
{
  GHashTable *const tables[] = { sip->calls,         sip->registrations, sip->publications,
                                 sip->subscriptions, sip->watchers,      sip->requests,
                                 sip->sendings };

  for (guint i = 0; i < G_N_ELEMENTS (tables); i++)
    {
      GHashTableIter iter;
      gpointer owner;

      g_hash_table_iter_init (&iter, tables[i]);
      while (g_hash_table_iter_next (&iter, &owner, NULL))
        if (((OhSipOwner *)owner)->agent == agent)
          return TRUE;
    }
  return FALSE;
}

static gboolean
is_flow_of (gpointer key, gpointer value, gpointer agent)
{
  return value == agent;
}

/* A closed agent goes when nothing holds a handle of it any more. */
static void
remove_closed (gpointer data)
{
  OhSipAgent *agent = data;
  OhSip *sip = agent->sip;

  if (sip->shutting_down)
    return;
  if (is_used (sip, agent))
    {
      oh_sip_add_timer (sip, REMOVE_AGAIN_MS, remove_closed, agent);
      return;
    }
  g_hash_table_foreach_remove (sip->flows, is_flow_of, agent);
  g_ptr_array_remove (sip->agents, agent);
}

static void
on_shutdown (const OhSipEvent *event)
{
  if (event->status < 200 || event->agent->down)
    return;
  event->agent->down = TRUE;
  if (event->agent->closing && !event->sip->shutting_down)
    oh_sip_add_timer (event->sip, 1, remove_closed, event->agent);
  if (event->sip->nuas_left > 0 && --event->sip->nuas_left == 0)
    su_root_break (event->sip->root);
}

/* The outcome of a keep-alive, or of something that nobody waits for any more. */
static void
drop_handle (const OhSipEvent *event)
{
  if (event->nh && (event->status == 0 || event->status >= 200))
    nua_handle_destroy (event->nh);
}

static const struct
{
  nua_event_t event;
  void (*handle) (const OhSipEvent *event);
} ownerless[] = {
  { nua_i_invite, oh_sip_call_arrive },
  { nua_i_register, oh_sip_request_arrive },
  { nua_i_message, oh_sip_request_arrive },
  { nua_i_publish, oh_sip_request_arrive },
  { nua_i_subscribe, oh_sip_request_arrive },
  { nua_i_options, oh_sip_request_arrive },
  { nua_r_shutdown, on_shutdown },
  { nua_r_options, drop_handle },
  { nua_r_unregister, drop_handle },
  { nua_i_notify, drop_handle },
};

void
oh_sip_agent_callback (nua_event_t event,
                       int status,
                       char const *phrase,
                       nua_t *nua,
                       OhSipAgent *agent,
                       nua_handle_t *nh,
                       OhSipOwner *owner,
                       sip_t const *message,
                       tagi_t tags[])
{
  OhSipEvent typed = { agent->sip, agent, event, status, phrase, nh, message, tags };

  if (agent->listening && message && message->sip_request
      && strcmp (oh_sip_agent_transport (agent, message), "udp") != 0)
    oh_sip_door_note (agent->sip->door, nua_current_request (nua));
  if (owner)
    {
      owner->handle (owner, &typed);
      return;
    }
  for (guint i = 0; i < G_N_ELEMENTS (ownerless); i++)
    if (ownerless[i].event == event)
      {
        ownerless[i].handle (&typed);
        return;
      }
}

/* --- New certificates --- */

gboolean
oh_sip_agent_is_at (const OhSipAgent *agent, struct sockaddr *address, socklen_t length)
{
  g_autoptr (GSocketAddress) socket = g_socket_address_new_from_native (address, length);
  g_autoptr (GInetAddress) own = g_inet_address_new_from_string (agent->host);
  GInetSocketAddress *inet = (GInetSocketAddress *)socket;

  return G_IS_INET_SOCKET_ADDRESS (socket) && g_inet_socket_address_get_port (inet) == agent->port
         && (!own || is_any (agent->host)
             || g_inet_address_equal (own, g_inet_socket_address_get_address (inet)));
}

/* sofia reads certificates once, when a transport is made. So: the listening socket is taken away
 * beneath the old agent (which goes on serving its connections) and a new agent listens there. */
static void
close_listener (OhSipAgent *agent)
{
  for (int fd = 3; fd < 1024; fd++)
    {
      struct sockaddr_storage address;
      socklen_t length = sizeof address;
      int listens = 0;
      socklen_t size = sizeof listens;
      int empty;

      if (getsockopt (fd, SOL_SOCKET, SO_ACCEPTCONN, &listens, &size) != 0 || !listens
          || getsockname (fd, (struct sockaddr *)&address, &length) != 0
          || !oh_sip_agent_is_at (agent, (struct sockaddr *)&address, length))
        continue;
      empty = socket (address.ss_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
      if (empty < 0)
        continue;
      dup3 (empty, fd, O_CLOEXEC);
      close (empty);
    }
}

static guint
count_later (OhSip *sip, guint n)
{
  const OhSipAgent *agent = sip->agents->pdata[n];
  guint later = 0;

  for (guint i = n + 1; i < sip->agents->len; i++)
    {
      const OhSipAgent *other = sip->agents->pdata[i];

      later += other->retired && !other->closing && other->listening == agent->listening
               && strcmp (other->host, agent->host) == 0 && other->port == agent->port;
    }
  return later;
}

/* Of each address the last ones retired may keep their connections; of the older those that serve no call or
 * subscription are closed, their clients connect anew. */
static void
close_oldest (OhSip *sip)
{
  for (guint i = 0; i < sip->agents->len; i++)
    {
      OhSipAgent *agent = sip->agents->pdata[i];

      if (!agent->retired || agent->closing || count_later (sip, i) < MAX_RETIRED
          || is_used (sip, agent))
        continue;
      agent->closing = TRUE;
      nua_shutdown (agent->nua);
    }
}

static void
reload_task (gpointer data)
{
  OhSip *sip = data;
  guint count = sip->stopped ? 0 : sip->agents->len;

  for (guint i = 0; i < count; i++)
    {
      OhSipAgent *agent = sip->agents->pdata[i];
      g_autoptr (GError) error = NULL;

      if (!agent->tls || agent->retired)
        continue;
      agent->retired = TRUE;
      if (!agent->listening)
        continue;
      close_listener (agent);
      if (!oh_sip_agent_new (sip, agent->host, agent->port, FALSE, FALSE, TRUE, TRUE, &error))
        oh_sip_tell_trouble (sip, error);
    }
  if (!sip->stopped && !sip->shutting_down)
    close_oldest (sip);
  oh_sip_unref (sip);
}

void
oh_sip_reload_certificates (OhSip *sip)
{
  oh_sip_post (sip, reload_task, oh_sip_ref (sip));
}
