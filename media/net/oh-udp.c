/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "oh-media"

#include "media/net/oh-udp.h"

#include "base/oh-error.h"
#include "media/net/oh-transport.h"

#include <arpa/inet.h>
#include <errno.h>
#include <string.h>
#include <unistd.h>

#define BATCH 8
#define PORT_TRIES 200
#define EXPEDITED_FORWARDING 0xb8 /* DSCP 46, RFC 8837 */

/* --- Addresses --- */

gboolean
oh_address_set (OhAddress *address, const char *text, guint16 port)
{
  memset (address, 0, sizeof *address);
  if (inet_pton (AF_INET, text, &address->in.sin_addr) == 1)
    {
      address->in.sin_family = AF_INET;
      address->in.sin_port = htons (port);
      return TRUE;
    }
  if (inet_pton (AF_INET6, text, &address->in6.sin6_addr) == 1)
    {
      address->in6.sin6_family = AF_INET6;
      address->in6.sin6_port = htons (port);
      return TRUE;
    }
  return FALSE;
}

gboolean
oh_address_same_host (const OhAddress *a, const OhAddress *b)
{
  if (a->any.sa_family != b->any.sa_family)
    return FALSE;
  if (a->any.sa_family == AF_INET)
    return a->in.sin_addr.s_addr == b->in.sin_addr.s_addr;
  return a->any.sa_family == AF_INET6
         && memcmp (&a->in6.sin6_addr, &b->in6.sin6_addr, sizeof a->in6.sin6_addr) == 0;
}

gboolean
oh_address_is_any (const OhAddress *address)
{
  if (address->any.sa_family == AF_INET6)
    return IN6_IS_ADDR_UNSPECIFIED (&address->in6.sin6_addr);
  return address->in.sin_addr.s_addr == INADDR_ANY;
}

gboolean
oh_address_equal (const OhAddress *a, const OhAddress *b)
{
  return oh_address_same_host (a, b) && oh_address_get_port (a) == oh_address_get_port (b);
}

guint16
oh_address_get_port (const OhAddress *address)
{
  return ntohs (address->any.sa_family == AF_INET6 ? address->in6.sin6_port : address->in.sin_port);
}

socklen_t
oh_address_get_length (const OhAddress *address)
{
  return address->any.sa_family == AF_INET6 ? sizeof address->in6 : sizeof address->in;
}

void
oh_address_print (const OhAddress *address, char *text, gsize size)
{
  const void *bytes = address->any.sa_family == AF_INET6 ? (const void *)&address->in6.sin6_addr
                                                         : (const void *)&address->in.sin_addr;

  if (!inet_ntop (address->any.sa_family, bytes, text, size))
    g_strlcpy (text, "", size);
}

/* Connecting a UDP socket sends nothing and makes the kernel choose the source. 192.0.2.1 belongs to
 * documentation (RFC 5737): only the default route can match it. */
void
oh_address_find_own (char *text, gsize size)
{
  int fd = socket (AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  OhAddress far, own;
  socklen_t length = sizeof own;

  g_strlcpy (text, "127.0.0.1", size);
  oh_address_set (&far, "192.0.2.1", 9);
  if (fd >= 0 && connect (fd, &far.any, sizeof far.in) == 0
      && getsockname (fd, &own.any, &length) == 0)
    oh_address_print (&own, text, size);
  if (fd >= 0)
    close (fd);
}

/* --- Sockets --- */

static void
on_readable (OhWatch *watch)
{
  static _Thread_local guint8 buffers[BATCH][OH_TRANSPORT_MTU + OH_TRANSPORT_SPARE];
  OhUdp *udp = (OhUdp *)watch;
  struct mmsghdr messages[BATCH];
  struct iovec vectors[BATCH];
  OhAddress from[BATCH];
  int n;

  for (guint i = 0; i < BATCH; i++)
    {
      vectors[i] = (struct iovec){ buffers[i], OH_TRANSPORT_MTU };
      messages[i] = (struct mmsghdr){ .msg_hdr = { .msg_name = &from[i],
                                                   .msg_namelen = sizeof from[i],
                                                   .msg_iov = &vectors[i],
                                                   .msg_iovlen = 1 } };
    }
  /* What does not fit into one batch waits for the next turn: a flood does not starve the others. */
  n = recvmmsg (watch->fd, messages, BATCH, MSG_DONTWAIT, NULL);
  for (int i = 0; i < n; i++)
    if (!(messages[i].msg_hdr.msg_flags & MSG_TRUNC) && messages[i].msg_len > 0)
      udp->received (udp, buffers[i], messages[i].msg_len, &from[i]);
  /* n < 0 is an ICMP error of an earlier packet, which reading has cleared. */
}

gboolean
oh_udp_open (OhUdp *udp, const char *address, guint16 port, GError **error)
{
  OhAddress local;
  socklen_t length;
  int tos = EXPEDITED_FORWARDING;
  int saved;

  if (!oh_address_set (&local, address, port))
    {
      g_set_error (error, OH_ERROR, OH_ERROR_INVALID, "%s is no address", address);
      return FALSE;
    }
  udp->watch.ready = on_readable;
  udp->watch.fd = socket (local.any.sa_family, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK,
                          IPPROTO_UDP);
  length = oh_address_get_length (&local);
  if (udp->watch.fd >= 0 && bind (udp->watch.fd, &local.any, length) == 0
      && (port != 0 || getsockname (udp->watch.fd, &local.any, &length) == 0))
    {
      udp->port = oh_address_get_port (&local);
      if (local.any.sa_family == AF_INET)
        setsockopt (udp->watch.fd, IPPROTO_IP, IP_TOS, &tos, sizeof tos);
      else
        setsockopt (udp->watch.fd, IPPROTO_IPV6, IPV6_TCLASS, &tos, sizeof tos);
      if (oh_worker_watch (udp->worker, &udp->watch))
        return TRUE;
    }
  saved = errno;
  if (udp->watch.fd >= 0)
    close (udp->watch.fd);
  udp->watch.fd = -1;
  g_set_error (error, OH_ERROR, saved == EADDRINUSE ? OH_ERROR_BUSY : OH_ERROR_NETWORK,
               "UDP %s:%u: %s", address, port, g_strerror (saved));
  return FALSE;
}

void
oh_udp_close (OhUdp *udp)
{
  if (udp->watch.fd < 0)
    return;
  oh_worker_unwatch (udp->worker, &udp->watch);
  close (udp->watch.fd);
  udp->watch.fd = -1;
}

guint16
oh_udp_get_port (OhUdp *udp)
{
  return udp->watch.fd < 0 ? 0 : udp->port;
}

gboolean
oh_udp_send (OhUdp *udp, const OhAddress *to, const guint8 *data, gsize length)
{
  gssize sent;

  if (udp->watch.fd < 0)
    return FALSE;
  sent = sendto (udp->watch.fd, data, length, MSG_DONTWAIT | MSG_NOSIGNAL, &to->any,
                 oh_address_get_length (to));
  if (sent < 0 && (errno == ECONNREFUSED || errno == EHOSTUNREACH)) /* of the packet before */
    sent = sendto (udp->watch.fd, data, length, MSG_DONTWAIT | MSG_NOSIGNAL, &to->any,
                   oh_address_get_length (to));
  return sent == (gssize)length;
}

static gboolean
open_both (OhUdp *udp, OhUdp *next, const char *address, guint16 port, GError **error)
{
  if (!oh_udp_open (udp, address, port, error))
    return FALSE;
  port = oh_udp_get_port (udp);
  if (!next)
    return TRUE;
  if (port % 2 == 0 && port < 65535 && oh_udp_open (next, address, port + 1, error))
    return TRUE;
  if (error && !*error)
    g_set_error (error, OH_ERROR, OH_ERROR_BUSY, "UDP port %u is odd", port);
  oh_udp_close (udp);
  return FALSE;
}

gboolean
oh_udp_open_pair (OhUdp *udp,
                  OhUdp *next,
                  const char *address,
                  guint16 port_min,
                  guint16 port_max,
                  GError **error)
{
  guint first = (port_min + 1) / 2, pairs = port_max / 2 >= first ? port_max / 2 - first + 1 : 0;
  guint start = pairs ? g_random_int_range (0, pairs) : 0;
  guint tries = port_min == 0 ? PORT_TRIES : MAX (pairs, 1);

  for (guint i = 0; i < tries; i++)
    {
      guint16 port = port_min == 0 ? 0 : (first + (start + i) % MAX (pairs, 1)) * 2;

      g_clear_error (error);
      if (open_both (udp, next, address, port, error))
        return TRUE;
      if (error && !g_error_matches (*error, OH_ERROR, OH_ERROR_BUSY))
        return FALSE;
    }
  return FALSE;
}
