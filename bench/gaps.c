/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <glib.h>

#include <arpa/inet.h>
#include <errno.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <netinet/ip.h>
#include <netinet/udp.h>
#include <signal.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

/* gaps FIRST LAST: the RTP that leaves (first line of output) and reaches (second) the UDP ports FIRST to
 * LAST of this computer, as it passes the loopback interface, until SIGTERM: how many streams and packets
 * there were, the longest time between two packets of one stream, and how many numbers are missing. By the
 * kernel's clock, so that who listens here adds nothing. Needs the right to listen to packets. */

#define RTP_HEAD 12
#define ROOM (64 * 1024 * 1024)
#define TRUSTED 25 /* packets: a stream that is shorter has hardly begun */

typedef struct
{
  guint64 packets, missing;
  gint64 last, longest; /* us */
  guint16 number;
} Stream;

static volatile sig_atomic_t over;

static void
stop (int signal)
{
  over = 1;
}

static int
open_loopback (void)
{
  struct timeval pause = { .tv_usec = 200000 };
  int fd = socket (AF_PACKET, SOCK_DGRAM | SOCK_CLOEXEC, htons (ETH_P_IP));
  int on = 1, room = ROOM;

  if (fd < 0)
    g_error ("packets cannot be listened to: %s", g_strerror (errno));
  setsockopt (fd, SOL_SOCKET, SO_RCVBUFFORCE, &room, sizeof room);
  setsockopt (fd, SOL_SOCKET, SO_TIMESTAMPNS, &on, sizeof on);
  setsockopt (fd, SOL_SOCKET, SO_RCVTIMEO, &pause, sizeof pause);
  return fd;
}

static gint64
read_time (struct msghdr *message)
{
  for (struct cmsghdr *c = CMSG_FIRSTHDR (message); c; c = CMSG_NXTHDR (message, c))
    if (c->cmsg_level == SOL_SOCKET && c->cmsg_type == SCM_TIMESTAMPNS)
      {
        struct timespec t;

        memcpy (&t, CMSG_DATA (c), sizeof t);
        return t.tv_sec * G_USEC_PER_SEC + t.tv_nsec / 1000;
      }
  return 0;
}

static void
count (GHashTable *streams, guint64 key, guint16 number, gint64 time)
{
  Stream *stream = g_hash_table_lookup (streams, &key);
  guint16 step;

  if (!stream)
    {
      stream = g_new0 (Stream, 1);
      stream->number = (guint16)(number - 1);
      g_hash_table_insert (streams, g_memdup2 (&key, sizeof key), stream);
    }
  step = (guint16)(number - stream->number);
  if (step > 1 && step < 1000)
    stream->missing += step - 1;
  if (stream->last)
    stream->longest = MAX (stream->longest, time - stream->last);
  stream->number = number;
  stream->last = time;
  stream->packets++;
}

static void
take (
    GHashTable *streams[2], const guint8 *data, gsize length, gint64 time, guint first, guint last)
{
  const struct iphdr *ip = (const struct iphdr *)data;
  gsize head = length >= sizeof *ip ? ip->ihl * 4u : 0;
  const struct udphdr *udp = (const struct udphdr *)(data + head);
  const guint8 *rtp = data + head + sizeof *udp;
  guint from, to;
  guint64 key;

  if (head < sizeof *ip || ip->protocol != IPPROTO_UDP || length < head + sizeof *udp + RTP_HEAD
      || (rtp[0] & 0xc0) != 0x80 || (rtp[1] & 0x7f) >= 72) /* RTCP */
    return;
  from = ntohs (udp->source);
  to = ntohs (udp->dest);
  key = (guint64)(rtp[8] << 24 | rtp[9] << 16 | rtp[10] << 8 | rtp[11]) << 32 | from << 16 | to;
  if (from >= first && from <= last)
    count (streams[0], key, (guint16)(rtp[2] << 8 | rtp[3]), time);
  else if (to >= first && to <= last)
    count (streams[1], key, (guint16)(rtp[2] << 8 | rtp[3]), time);
}

static void
print (GHashTable *streams)
{
  GHashTableIter iter;
  gpointer value;
  guint64 packets = 0, missing = 0, n = 0;
  gint64 longest = 0;

  g_hash_table_iter_init (&iter, streams);
  while (g_hash_table_iter_next (&iter, NULL, &value))
    {
      const Stream *stream = value;

      if (stream->packets < TRUSTED)
        continue;
      n++;
      packets += stream->packets;
      missing += stream->missing;
      longest = MAX (longest, stream->longest);
    }
  g_print ("{\"streams\": %" G_GUINT64_FORMAT ", \"packets\": %" G_GUINT64_FORMAT
           ", \"missing\": %" G_GUINT64_FORMAT ", \"longest_ms\": %.1f}\n",
           n, packets, missing, longest / 1000.0);
}

int
main (int argc, char **argv)
{
  GHashTable *streams[2];
  guint first = argc == 3 ? (guint)g_ascii_strtoull (argv[1], NULL, 10) : 0;
  guint last = argc == 3 ? (guint)g_ascii_strtoull (argv[2], NULL, 10) : 0;
  int fd;

  if (!last)
    {
      g_printerr ("usage: gaps FIRST LAST\n");
      return 2;
    }
  fd = open_loopback ();
  signal (SIGTERM, stop);
  for (guint i = 0; i < 2; i++)
    streams[i] = g_hash_table_new_full (g_int64_hash, g_int64_equal, g_free, g_free);
  while (!over)
    {
      guint8 data[128];
      guint8 extra[CMSG_SPACE (sizeof (struct timespec))];
      struct sockaddr_ll from = { 0 };
      struct iovec part = { data, sizeof data };
      struct msghdr message = { .msg_name = &from,
                                .msg_namelen = sizeof from,
                                .msg_iov = &part,
                                .msg_iovlen = 1,
                                .msg_control = extra,
                                .msg_controllen = sizeof extra };
      gssize got = recvmsg (fd, &message, 0);

      if (got > 0 && from.sll_pkttype != PACKET_OUTGOING)
        take (streams, data, (gsize)got, read_time (&message), first, last);
    }
  print (streams[0]);
  print (streams[1]);
  return 0;
}
