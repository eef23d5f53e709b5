/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "oh-sip"

#include "sip/oh-sip-private.h"

#include <ifaddrs.h>
#include <net/if.h>
#include <netdb.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>

static void
add (GPtrArray *all, const char *address)
{
  if (*address && !g_ptr_array_find_with_equal_func (all, address, g_str_equal, NULL))
    g_ptr_array_add (all, g_strdup (address));
}

static gboolean
is_usable (const struct ifaddrs *one, int family)
{
  const struct sockaddr_in6 *six = (const struct sockaddr_in6 *)(const void *)one->ifa_addr;

  return one->ifa_addr && one->ifa_addr->sa_family == family && (one->ifa_flags & IFF_UP)
         && (family == AF_INET || !IN6_IS_ADDR_LINKLOCAL (&six->sin6_addr));
}

static void
add_interfaces (GPtrArray *all, int family, gboolean loopback)
{
  socklen_t length = family == AF_INET ? sizeof (struct sockaddr_in) : sizeof (struct sockaddr_in6);
  struct ifaddrs *interfaces = NULL;
  char text[NI_MAXHOST];

  if (getifaddrs (&interfaces) != 0)
    return;
  for (const struct ifaddrs *one = interfaces; one; one = one->ifa_next)
    if (is_usable (one, family) && ((one->ifa_flags & IFF_LOOPBACK) != 0) == loopback
        && getnameinfo (one->ifa_addr, length, text, sizeof text, NULL, 0, NI_NUMERICHOST) == 0)
      add (all, text);
  freeifaddrs (interfaces);
}

GPtrArray *
oh_sip_list_addresses (const char *host)
{
  GPtrArray *all = g_ptr_array_new_with_free_func (g_free);
  gboolean six = strcmp (host, "::") == 0;

  if (six || strcmp (host, "0.0.0.0") == 0)
    {
      /* A documentation address stands for all that the default route leads to. */
      g_autofree char *main = oh_sip_agent_dup_local (six ? "2001:db8::1" : "192.0.2.1");

      if (strcmp (main, "0.0.0.0") != 0)
        add (all, main);
      add_interfaces (all, six ? AF_INET6 : AF_INET, FALSE);
      add_interfaces (all, six ? AF_INET6 : AF_INET, TRUE);
    }
  if (all->len == 0)
    add (all, host);
  return all;
}
