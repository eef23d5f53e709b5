/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "oh-base"

#include "base/oh-address.h"

#include <errno.h>
#include <netinet/in.h>
#include <string.h>
#include <unistd.h>

gboolean
oh_address_is_gone (const struct sockaddr *address, socklen_t length)
{
  struct sockaddr_storage own = { 0 };
  gboolean gone;
  int probe;

  if (length < sizeof (struct sockaddr_in) || length > sizeof own
      || (address->sa_family != AF_INET && address->sa_family != AF_INET6))
    return FALSE;
  memcpy (&own, address, length);
  ((struct sockaddr_in *)&own)->sin_port = 0; /* the same place in sockaddr_in6 */
  probe = socket (own.ss_family, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  gone = probe >= 0 && bind (probe, (struct sockaddr *)&own, length) != 0
         && (errno == EADDRNOTAVAIL || errno == ENODEV); /* the latter of a link-local one */
  if (probe >= 0)
    close (probe);
  return gone;
}
