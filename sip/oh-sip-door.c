/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "oh-sip"

#include "sip/oh-sip-private.h"

#include "base/oh-clock.h"
#include "base/oh-error.h"

#include <arpa/inet.h>
#include <netdb.h>
#include <string.h>
#include <sys/socket.h>

#define LOOK_MS 1000
#define HURRY_MS 100
#define TELL_AGAIN_US (60 * G_USEC_PER_SEC)

/* Who is connected to our TCP and TLS listeners. sofia takes every connection and says nothing of
 * those that never send a message, so the sockets themselves are looked through, each second and
 * more often while it is crowded: too many from one address, too many at all, or one that has sent
 * no request for half a minute, and the socket is shut down; sofia then closes it. */
struct _OhSipDoor
{
  OhSip *sip;
  GHashTable *visitors; /* "1.2.3.4 5060" -> Visitor */
  GHashTable *crowd;    /* address -> number of connections, while it looks */
  guint generation, cut;
  gint64 told;
};

typedef struct
{
  gint64 since;
  guint generation;
  gboolean heard;
} Visitor;

typedef struct
{
  int fd;
  char address[NI_MAXHOST], key[NI_MAXHOST + NI_MAXSERV + 1];
} Connection;

static gboolean
is_our_port (OhSip *sip, guint16 port)
{
  for (guint i = 0; i < sip->agents->len; i++)
    {
      const OhSipAgent *agent = sip->agents->pdata[i];

      if (agent->listening && (agent->tcp || agent->tls) && agent->port == port)
        return TRUE;
    }
  return FALSE;
}

/* FALSE: no connection that one of our listeners took. */
static gboolean
read_connection (OhSip *sip, int fd, Connection *connection)
{
  struct sockaddr_storage address;
  socklen_t length = sizeof address;
  char port[NI_MAXSERV];
  const char *plain = connection->address;
  int type = 0;
  socklen_t size = sizeof type;

  if (getsockopt (fd, SOL_SOCKET, SO_TYPE, &type, &size) != 0 || type != SOCK_STREAM
      || getsockname (fd, (struct sockaddr *)&address, &length) != 0
      || (address.ss_family != AF_INET && address.ss_family != AF_INET6)
      || !is_our_port (sip, ntohs (((struct sockaddr_in *)&address)->sin_port)))
    return FALSE;
  length = sizeof address;
  if (getpeername (fd, (struct sockaddr *)&address, &length) != 0
      || getnameinfo ((struct sockaddr *)&address, length, connection->address,
                      sizeof connection->address, port, sizeof port,
                      NI_NUMERICHOST | NI_NUMERICSERV)
             != 0)
    return FALSE;
  if (g_str_has_prefix (plain, "::ffff:") && strchr (plain, '.'))
    plain += strlen ("::ffff:"); /* as OhSipInfo tells it */
  connection->fd = fd;
  g_snprintf (connection->key, sizeof connection->key, "%s %s", plain, port);
  return TRUE;
}

static GArray *
list_connections (OhSip *sip)
{
  GArray *all = g_array_new (FALSE, FALSE, sizeof (Connection));
  g_autoptr (GDir) dir = g_dir_open ("/proc/self/fd", 0, NULL);
  const char *name;

  while (dir && (name = g_dir_read_name (dir)))
    {
      Connection connection;

      if (read_connection (sip, (int)g_ascii_strtoll (name, NULL, 10), &connection))
        g_array_append_val (all, connection);
    }
  return all;
}

static void
cut (OhSipDoor *door, const Connection *connection)
{
  shutdown (connection->fd, SHUT_RDWR);
  door->cut++;
}

static guint
count_one_more (OhSipDoor *door, const Connection *connection)
{
  guint count = GPOINTER_TO_UINT (g_hash_table_lookup (door->crowd, connection->address)) + 1;

  g_hash_table_insert (door->crowd, g_strdup (connection->address), GUINT_TO_POINTER (count));
  return count;
}

/* Those that were here before keep their place. */
static guint
look_at_known (OhSipDoor *door, GArray *all, gint64 now)
{
  guint total = 0;

  for (guint i = 0; i < all->len; i++)
    {
      const Connection *connection = &g_array_index (all, Connection, i);
      Visitor *visitor = g_hash_table_lookup (door->visitors, connection->key);

      if (!visitor)
        continue;
      visitor->generation = door->generation;
      if (!visitor->heard && now - visitor->since > (gint64)door->sip->silent_ms * 1000)
        {
          cut (door, connection);
          continue;
        }
      count_one_more (door, connection);
      total++;
    }
  return total;
}

static guint
look_at_new (OhSipDoor *door, GArray *all, gint64 now, guint total)
{
  OhSip *sip = door->sip;

  for (guint i = 0; i < all->len; i++)
    {
      const Connection *connection = &g_array_index (all, Connection, i);
      Visitor *visitor;

      if (g_hash_table_contains (door->visitors, connection->key))
        continue;
      if (total >= sip->max_connections
          || count_one_more (door, connection) > sip->max_connections_per_source)
        {
          cut (door, connection);
          continue;
        }
      total++;
      visitor = g_new0 (Visitor, 1);
      visitor->since = now;
      visitor->generation = door->generation;
      g_hash_table_insert (door->visitors, g_strdup (connection->key), visitor);
    }
  return total;
}

static gboolean
has_left (gpointer key, gpointer value, gpointer data)
{
  return ((Visitor *)value)->generation != ((OhSipDoor *)data)->generation;
}

static void
tell (OhSipDoor *door, gint64 now)
{
  g_autoptr (GError) error = NULL;

  if (!door->cut || (door->told && now - door->told < TELL_AGAIN_US))
    return;
  error = g_error_new (OH_ERROR, OH_ERROR_BUSY,
                       "%u SIP connections were closed: silent, or too many from one address",
                       door->cut);
  door->told = now;
  door->cut = 0;
  oh_sip_tell_trouble (door->sip, error);
}

static void
look (gpointer data)
{
  OhSipDoor *door = data;
  OhSip *sip = door->sip;
  g_autoptr (GArray) all = list_connections (sip);
  gint64 now = oh_clock_now ();
  guint total;
  gboolean crowded;

  door->generation++;
  total = look_at_new (door, all, now, look_at_known (door, all, now));
  crowded = all->len > total || total > sip->max_connections / 2;
  g_hash_table_foreach_remove (door->visitors, has_left, door);
  g_hash_table_remove_all (door->crowd);
  tell (door, now);
  oh_sip_add_timer (sip, crowded ? HURRY_MS : LOOK_MS, look, door);
}

void
oh_sip_door_note (OhSipDoor *door, msg_t *msg)
{
  char address[INET6_ADDRSTRLEN];
  g_autofree char *key = NULL;
  Visitor *visitor;
  guint16 port;

  if (!door || !msg)
    return;
  port = oh_sip_read_source (msg, address, sizeof address);
  key = g_strdup_printf ("%s %u", address, port);
  visitor = g_hash_table_lookup (door->visitors, key);
  if (!visitor)
    {
      visitor = g_new0 (Visitor, 1);
      visitor->since = oh_clock_now ();
      visitor->generation = door->generation;
      g_hash_table_insert (door->visitors, g_steal_pointer (&key), visitor);
    }
  visitor->heard = TRUE;
}

/* NULL: there is no listener for connections. */
OhSipDoor *
oh_sip_door_new (OhSip *sip)
{
  gboolean any = FALSE;
  OhSipDoor *door;

  for (guint i = 0; i < sip->agents->len; i++)
    {
      const OhSipAgent *agent = sip->agents->pdata[i];

      any = any || (agent->listening && (agent->tcp || agent->tls));
    }
  if (!any)
    return NULL;
  door = g_new0 (OhSipDoor, 1);
  door->sip = sip;
  door->visitors = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free);
  door->crowd = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  oh_sip_add_timer (sip, LOOK_MS, look, door);
  return door;
}

void
oh_sip_door_free (OhSipDoor *door)
{
  g_hash_table_unref (door->visitors);
  g_hash_table_unref (door->crowd);
  g_free (door);
}
