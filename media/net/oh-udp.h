/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "media/oh-worker-private.h"

#include <netinet/in.h>
#include <sys/socket.h>

G_BEGIN_DECLS

typedef union
{
  struct sockaddr any;
  struct sockaddr_in in;
  struct sockaddr_in6 in6;
  struct sockaddr_storage storage;
} OhAddress;

/* @text is a literal address; names are never looked up. */
gboolean oh_address_set (OhAddress *address, const char *text, guint16 port);
gboolean oh_address_equal (const OhAddress *a, const OhAddress *b);
gboolean oh_address_is_any (const OhAddress *address); /* 0.0.0.0, :: */
gboolean oh_address_same_host (const OhAddress *a, const OhAddress *b);
guint16 oh_address_get_port (const OhAddress *address);
socklen_t oh_address_get_length (const OhAddress *address);
void oh_address_print (const OhAddress *address, char *text, gsize size);

/* The address of this computer that others most likely reach: the source of the default route, else
 * loopback. */
void oh_address_find_own (char *text, gsize size);

/* One UDP socket on a worker, embedded in its owner. Datagrams are read several a system call into
 * buffers of the thread. The owner must not close it from within @received. */
typedef struct _OhUdp OhUdp;

struct _OhUdp
{
  OhWatch watch; /* fd -1: closed */
  OhWorker *worker;
  void (*received) (OhUdp *udp, guint8 *data, gsize length, const OhAddress *from);
  gpointer owner;
  guint16 port; /* while it is open */
};

/* @port 0: any. OH_ERROR_BUSY, OH_ERROR_NETWORK. */
gboolean oh_udp_open (OhUdp *udp, const char *address, guint16 port, GError **error);
void oh_udp_close (OhUdp *udp);
guint16 oh_udp_get_port (OhUdp *udp);
gboolean oh_udp_send (OhUdp *udp, const OhAddress *to, const guint8 *data, gsize length);

/* Opens @udp on an even port of [@port_min, @port_max] (0: any) and @next, if not NULL, on the port
 * after it (RFC 3550 11). */
gboolean oh_udp_open_pair (OhUdp *udp,
                           OhUdp *next,
                           const char *address,
                           guint16 port_min,
                           guint16 port_max,
                           GError **error);

G_END_DECLS
