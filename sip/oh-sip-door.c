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

/* A connection to one of our listeners, which its far end's address and port name. */
typedef struct
{
  char *address;
  gint64 since;
  guint generation; /* of the look that saw it last */
  gboolean heard;   /* it has sent a request */
  gboolean inside;  /* it has a place; else it is new */
} Visitor;

/* What a descriptor was when it was looked at last, so that it is not asked for its addresses each
 * time: most of them are the same socket still. */
typedef struct
{
  guint64 socket;   /* its cookie, which no other socket ever has */
  guint generation; /* what it says holds if the look before this one wrote it */
  Visitor *visitor; /* or NULL: no connection that one of our listeners took */
} Place;

/* Who is connected to our TCP and TLS listeners. sofia takes every connection and says nothing of
 * those that never send a message, so the sockets themselves are looked through, each second and
 * more often while new ones come and it is crowded: too many from one address, too many at all, or
 * one that has sent no request for half a minute, and the socket is shut down; sofia then closes it. */
struct _OhSipDoor
{
  OhSip *sip;
  GHashTable *visitors; /* "1.2.3.4 5060" -> Visitor */
  GArray *places;       /* Place, by descriptor */
  guint generation, cut;
  gint64 told;
};

/* One that was not there at the last look. */
typedef struct
{
  int fd;
  char address[NI_MAXHOST], key[NI_MAXHOST + NI_MAXSERV + 1];
} Connection;

static void
free_visitor (gpointer data)
{
  Visitor *visitor = data;

  g_free (visitor->address);
  g_free (visitor);
}

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
  if (g_str_has_prefix (connection->address, "::ffff:") && strchr (connection->address, '.'))
    { /* as OhSipInfo tells it */
      const char *plain = connection->address + strlen ("::ffff:");

      memmove (connection->address, plain, strlen (plain) + 1);
    }
  connection->fd = fd;
  g_snprintf (connection->key, sizeof connection->key, "%s %s", connection->address, port);
  return TRUE;
}

static void
cut (OhSipDoor *door, int fd)
{
  shutdown (fd, SHUT_RDWR);
  door->cut++;
}

/* TRUE: it keeps its place. */
static gboolean
see_again (OhSipDoor *door, Visitor *visitor, int fd, gint64 now)
{
  visitor->generation = door->generation;
  if (visitor->heard || now - visitor->since <= (gint64)door->sip->silent_ms * 1000)
    return TRUE;
  cut (door, fd);
  return FALSE;
}

static Place *
get_place (OhSipDoor *door, int fd)
{
  if ((guint)fd >= door->places->len)
    g_array_set_size (door->places, (guint)fd + 1);
  return &g_array_index (door->places, Place, fd);
}

/* Transfer none. */
static Visitor *
get_visitor (OhSipDoor *door, const char *address, const char *key)
{
  Visitor *visitor = g_hash_table_lookup (door->visitors, key);

  if (visitor)
    return visitor;
  visitor = g_new0 (Visitor, 1);
  visitor->address = g_strdup (address);
  visitor->since = oh_clock_now ();
  visitor->generation = door->generation;
  g_hash_table_insert (door->visitors, g_strdup (key), visitor);
  return visitor;
}

/* What it is now that is there. FALSE: it is a connection that is new. */
static gboolean
take_place (OhSipDoor *door, Place *place, guint64 socket, Connection *connection)
{
  if (place->socket == socket && place->generation + 1 == door->generation)
    return TRUE;
  place->socket = socket;
  place->visitor = NULL;
  return !read_connection (door->sip, connection->fd, connection);
}

/* Adds to @new what was not there before; returns how many were and stay. */
static guint
look_at_known (OhSipDoor *door, GArray *new, gint64 now)
{
  g_autoptr (GDir) dir = g_dir_open ("/proc/self/fd", 0, NULL);
  const char *name;
  guint total = 0;

  while (dir && (name = g_dir_read_name (dir)))
    {
      Connection connection = { .fd = (int)g_ascii_strtoll (name, NULL, 10) };
      guint64 socket = 0;
      socklen_t size = sizeof socket;
      Place *place;

      if (getsockopt (connection.fd, SOL_SOCKET, SO_COOKIE, &socket, &size) != 0)
        continue; /* no socket */
      place = get_place (door, connection.fd);
      if (!take_place (door, place, socket, &connection))
        {
          g_array_append_val (new, connection);
          continue;
        }
      place->generation = door->generation;
      if (place->visitor && see_again (door, place->visitor, connection.fd, now))
        total++;
    }
  return total;
}

static GHashTable *
count_by_address (OhSipDoor *door)
{
  GHashTable *crowd = g_hash_table_new (g_str_hash, g_str_equal);
  GHashTableIter iter;
  gpointer value;

  g_hash_table_iter_init (&iter, door->visitors);
  while (g_hash_table_iter_next (&iter, NULL, &value))
    {
      Visitor *visitor = value;
      gsize count = GPOINTER_TO_SIZE (g_hash_table_lookup (crowd, visitor->address));

      if (visitor->inside && visitor->generation == door->generation)
        g_hash_table_insert (crowd, visitor->address, GSIZE_TO_POINTER (count + 1));
    }
  return crowd;
}

/* Those that were here before keep their place, and who has sent a request already is as new as who
 * has not; returns how many there are now. */
static guint
look_at_new (OhSipDoor *door, GArray *new, guint total)
{
  OhSip *sip = door->sip;
  g_autoptr (GHashTable) crowd = new->len > 0 ? count_by_address (door) : NULL;

  for (guint i = 0; i < new->len; i++)
    {
      const Connection *connection = &g_array_index (new, Connection, i);
      gsize count = GPOINTER_TO_SIZE (g_hash_table_lookup (crowd, connection->address));
      Place *place = get_place (door, connection->fd);

      if (total >= sip->max_connections || count >= sip->max_connections_per_source)
        {
          cut (door, connection->fd);
          continue;
        }
      total++;
      place->generation = door->generation;
      place->visitor = get_visitor (door, connection->address, connection->key);
      place->visitor->generation = door->generation;
      place->visitor->inside = TRUE;
      g_hash_table_insert (crowd, place->visitor->address, GSIZE_TO_POINTER (count + 1));
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
  g_autoptr (GArray) new = g_array_new (FALSE, FALSE, sizeof (Connection));
  gint64 now = oh_clock_now ();
  guint total, cut_before = door->cut;
  gboolean crowded;

  door->generation++;
  total = look_at_known (door, new, now);
  total = look_at_new (door, new, total);
  g_hash_table_foreach_remove (door->visitors, has_left, door);
  crowded = door->cut > cut_before || (new->len > 0 && total > sip->max_connections / 2);
  tell (door, now);
  oh_sip_add_timer (sip, crowded ? HURRY_MS : LOOK_MS, look, door);
}

void
oh_sip_door_note (OhSipDoor *door, msg_t *msg)
{
  char address[INET6_ADDRSTRLEN];
  g_autofree char *key = NULL;
  guint16 port;

  if (!door || !msg)
    return;
  port = oh_sip_read_source (msg, address, sizeof address);
  key = g_strdup_printf ("%s %u", address, port);
  get_visitor (door, address, key)->heard = TRUE;
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
  door->visitors = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, free_visitor);
  door->places = g_array_new (FALSE, TRUE, sizeof (Place));
  oh_sip_add_timer (sip, LOOK_MS, look, door);
  return door;
}

void
oh_sip_door_free (OhSipDoor *door)
{
  g_hash_table_unref (door->visitors);
  g_array_unref (door->places);
  g_free (door);
}
