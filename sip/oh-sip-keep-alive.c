/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "oh-sip"

#include "sip/oh-sip-private.h"

#include "base/oh-address.h"

#include <sofia-sip/nua_tag.h>
#include <sofia-sip/sip_tag.h>

#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <string.h>
#include <sys/socket.h>

#define UDP_PERIOD_MS 25000
/* By connections, in T1 (500 ms). */
#define FIRST_T1 2
#define PERIOD_T1 40
#define WAIT_T1 30
#define HURRY_T1 8

/* OPTIONS to a registrar now and then: a NAT's hole stays open, and a connection that died without having
 * been reset shows. Whoever has answered one by this connection has 15 s for each later one, then the
 * connection is closed; who never answers is left alone. (RFC 5626, 4.4.1, has it so for CRLF, which sofia
 * sends and answers over TCP only.)
 *
 * sofia keeps its connections to itself: they are found among this process's files. One that is shut down
 * sofia closes, and registers at once by a new one. */
struct _OhSipKeepAlive
{
  OhSipOwner owner;
  const OhSipIdentity *identity;
  OhSipAliveFunc answered;
  gpointer user_data;
  nua_handle_t *nh;
  guint timer, silence;                     /* the next one; until the answer must be there */
  guint wait_t1;                            /* which is so long */
  gboolean by_connection, answers, welcome; /* the last answer was a good one */
  char peer[INET6_ADDRSTRLEN];              /* the other end, with its port */
  guint16 port;
};

/* --- Connections --- */

static gboolean
leads_to (int fd, const char *address, guint16 port)
{
  struct sockaddr_storage peer;
  socklen_t length = sizeof peer;
  char text[INET6_ADDRSTRLEN] = "";
  const char *plain = text;
  int type = 0;
  socklen_t size = sizeof type;

  if (getsockopt (fd, SOL_SOCKET, SO_TYPE, &type, &size) != 0 || type != SOCK_STREAM
      || getpeername (fd, (struct sockaddr *)&peer, &length) != 0)
    return FALSE;
  if (peer.ss_family == AF_INET)
    inet_ntop (AF_INET, &((struct sockaddr_in *)&peer)->sin_addr, text, sizeof text);
  else if (peer.ss_family == AF_INET6)
    inet_ntop (AF_INET6, &((struct sockaddr_in6 *)&peer)->sin6_addr, text, sizeof text);
  if (g_str_has_prefix (plain, "::ffff:") && strchr (plain, '.'))
    plain += strlen ("::ffff:"); /* as oh_sip_read_source() tells it */
  /* The port's place is the same in sockaddr_in6. */
  return *plain && strcmp (plain, address) == 0
         && ntohs (((struct sockaddr_in *)&peer)->sin_port) == port;
}

static gboolean
is_silent (int fd, guint silent_ms)
{
  struct tcp_info info = { 0 };
  socklen_t length = sizeof info;

  return getsockopt (fd, IPPROTO_TCP, TCP_INFO, &info, &length) == 0
         && info.tcpi_last_data_recv >= silent_ms;
}

/* Our end's address is none of this computer's any more. */
static gboolean
is_stranded (int fd)
{
  struct sockaddr_storage own;
  socklen_t length = sizeof own;

  return getsockname (fd, (struct sockaddr *)&own, &length) == 0
         && oh_address_is_gone ((struct sockaddr *)&own, length);
}

/* Those by which nothing can come, or came for so long. Of several stacks with the same far end: of all of
 * them. Returns how many. */
static guint
cut_dead (const char *address, guint16 port, guint silent_ms)
{
  g_autoptr (GDir) dir = g_dir_open ("/proc/self/fd", 0, NULL);
  const char *name;
  guint n = 0;

  while (dir && (name = g_dir_read_name (dir)))
    {
      int fd = (int)g_ascii_strtoll (name, NULL, 10);

      if (!leads_to (fd, address, port) || !(is_silent (fd, silent_ms) || is_stranded (fd)))
        continue;
      g_message ("nothing comes from %s port %u any more: its connection is closed", address, port);
      shutdown (fd, SHUT_RDWR);
      n++;
    }
  return n;
}

/* --- Asking --- */

static guint
in_ms (OhSipKeepAlive *alive, guint t1)
{
  guint t1_ms = alive->owner.agent->sip->t1_ms;

  return t1 * (t1_ms ? t1_ms : 500);
}

void
oh_sip_keep_alive_cut (OhSipKeepAlive *alive)
{
  if (alive->by_connection)
    cut_dead (alive->peer, alive->port, in_ms (alive, WAIT_T1 - 1));
}

/* What the next connection leads to has to answer once first, too. */
static void
on_silence (gpointer data)
{
  OhSipKeepAlive *alive = data;

  alive->silence = 0;
  alive->answers = FALSE;
  oh_sip_handle_free (&alive->nh);
  cut_dead (alive->peer, alive->port, in_ms (alive, alive->wait_t1 - 1));
}

static void
stop_waiting (OhSipKeepAlive *alive)
{
  oh_sip_cancel_timer (alive->owner.agent->sip, alive->silence);
  alive->silence = 0;
  oh_sip_handle_free (&alive->nh);
}

static void
on_event (OhSipOwner *owner, const OhSipEvent *event)
{
  OhSipKeepAlive *alive = (OhSipKeepAlive *)owner;
  gboolean forgotten;

  if (event->event != nua_r_options || event->status < 200)
    return;
  stop_waiting (alive);
  /* Else the connection broke, and another one takes its place. */
  if (!oh_sip_event_is_from_peer (event))
    return;
  forgotten = alive->welcome && event->status == 403;
  alive->welcome = event->status < 300;
  alive->answers = alive->by_connection;
  alive->answered (event->message, forgotten, alive->user_data);
}

static void ask (gpointer data);

static void
ask_and_wait (OhSipKeepAlive *alive, guint wait_t1)
{
  OhSip *sip = alive->owner.agent->sip;

  alive->timer = oh_sip_add_timer (
      sip, alive->by_connection ? in_ms (alive, PERIOD_T1) : UDP_PERIOD_MS, ask, alive);
  stop_waiting (alive);
  alive->wait_t1 = wait_t1;
  if (alive->answers)
    alive->silence = oh_sip_add_timer (sip, in_ms (alive, wait_t1), on_silence, alive);
  alive->nh = nua_handle (alive->owner.agent->nua, &alive->owner,
                          NUTAG_URL (alive->identity->registrar),
                          SIPTAG_TO_STR (alive->identity->registrar),
                          SIPTAG_FROM_STR (alive->identity->aor), TAG_END ());
  nua_options (alive->nh, NUTAG_PROXY (alive->identity->target), TAG_END ());
}

static void
ask (gpointer data)
{
  ask_and_wait (data, WAIT_T1);
}

gboolean
oh_sip_keep_alive_doubt (OhSipKeepAlive *alive)
{
  if (!alive->by_connection)
    return FALSE;
  if (cut_dead (alive->peer, alive->port, G_MAXUINT) > 0)
    return TRUE;
  oh_sip_cancel_timer (alive->owner.agent->sip, alive->timer);
  ask_and_wait (alive, HURRY_T1);
  return FALSE;
}

void
oh_sip_keep_alive_note (OhSipKeepAlive *alive, const sip_t *response)
{
  OhSipAgent *agent = alive->owner.agent;

  alive->by_connection = strcmp (oh_sip_agent_transport (agent, response), "udp") != 0;
  alive->port = oh_sip_read_source (nua_current_request (agent->nua), alive->peer,
                                    sizeof alive->peer);
  if (!alive->timer)
    alive->timer = oh_sip_add_timer (
        agent->sip, alive->by_connection ? in_ms (alive, FIRST_T1) : UDP_PERIOD_MS, ask, alive);
}

OhSipKeepAlive *
oh_sip_keep_alive_new (OhSipAgent *agent,
                       const OhSipIdentity *identity,
                       OhSipAliveFunc answered,
                       gpointer user_data)
{
  OhSipKeepAlive *alive = g_new0 (OhSipKeepAlive, 1);

  alive->owner = (OhSipOwner){ on_event, agent };
  alive->identity = identity;
  alive->answered = answered;
  alive->user_data = user_data;
  return alive;
}

void
oh_sip_keep_alive_free (OhSipKeepAlive *alive)
{
  stop_waiting (alive);
  oh_sip_cancel_timer (alive->owner.agent->sip, alive->timer);
  g_free (alive);
}
