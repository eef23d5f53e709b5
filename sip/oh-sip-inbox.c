/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "oh-sip"

#include "sip/oh-sip-private.h"

#include <arpa/inet.h>
#include <linux/sock_diag.h>
#include <linux/sockios.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

/* Room for a second of a flood; the kernel gives what it may (net.core.rmem_max). */
#define ROOM_BYTES (4 * 1024 * 1024)

/* sofia reads one datagram at a time and tells nothing of those that wait in the kernel. So the UDP
 * sockets of our listeners, which sofia keeps to itself, are found among this process's files. */

static gboolean
is_socket_of (const OhSipAgent *agent, int fd)
{
  struct sockaddr_storage address;
  socklen_t length = sizeof address;
  int type = 0;
  socklen_t size = sizeof type;

  return getsockopt (fd, SOL_SOCKET, SO_TYPE, &type, &size) == 0 && type == SOCK_DGRAM
         && getsockname (fd, (struct sockaddr *)&address, &length) == 0
         && (address.ss_family == AF_INET || address.ss_family == AF_INET6)
         && oh_sip_agent_is_at (agent, (struct sockaddr *)&address, length);
}

static int
find_socket (const OhSipAgent *agent)
{
  g_autoptr (GDir) dir = g_dir_open ("/proc/self/fd", 0, NULL);
  const char *name;

  while (dir && (name = g_dir_read_name (dir)))
    {
      int fd = (int)g_ascii_strtoll (name, NULL, 10);

      if (is_socket_of (agent, fd))
        return fd;
    }
  return -1;
}

static void
make_room (int fd)
{
  int bytes = ROOM_BYTES;

  if (setsockopt (fd, SOL_SOCKET, SO_RCVBUFFORCE, &bytes, sizeof bytes) != 0)
    setsockopt (fd, SOL_SOCKET, SO_RCVBUF, &bytes, sizeof bytes);
}

void
oh_sip_inbox_open (OhSipAgent *agent)
{
  agent->inbox_fd = agent->udp && agent->listening ? find_socket (agent) : -1;
  if (agent->inbox_fd >= 0)
    make_room (agent->inbox_fd);
}

gint64
oh_sip_inbox_get_wait (OhSipAgent *agent)
{
  struct timespec came, now;

  /* The first question switches the stamps on. */
  if (agent->inbox_fd < 0 || ioctl (agent->inbox_fd, SIOCGSTAMPNS, &came) != 0
      || clock_gettime (CLOCK_REALTIME, &now) != 0)
    return -1;
  return MAX (0, (now.tv_sec - came.tv_sec) * G_USEC_PER_SEC + (now.tv_nsec - came.tv_nsec) / 1000);
}

guint
oh_sip_get_inbox (OhSip *sip)
{
  guint fullest = 0;

  g_return_val_if_fail (oh_sip_is_stack_thread (sip), 0);
  for (guint i = 0; i < sip->agents->len; i++)
    {
      OhSipAgent *agent = sip->agents->pdata[i];
      guint32 told[SK_MEMINFO_VARS] = { 0 };
      socklen_t size = sizeof told;

      if (agent->inbox_fd < 0
          || getsockopt (agent->inbox_fd, SOL_SOCKET, SO_MEMINFO, told, &size) != 0)
        continue;
      if (told[SK_MEMINFO_DROPS] != agent->inbox_lost)
        fullest = 100;
      else if (told[SK_MEMINFO_RCVBUF] > 0)
        fullest = MAX (
            fullest, (guint)((guint64)told[SK_MEMINFO_RMEM_ALLOC] * 100 / told[SK_MEMINFO_RCVBUF]));
      agent->inbox_lost = told[SK_MEMINFO_DROPS];
    }
  return MIN (fullest, 100);
}
