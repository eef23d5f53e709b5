/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "oh-im-engine"

#include "im/engine/oh-engine-muc-stanza.h"

#include <string.h>

#define MUC_USER "http://jabber.org/protocol/muc#user"
#define STANZAS "urn:ietf:params:xml:ns:xmpp-stanzas"
#define DELAY "urn:xmpp:delay" /* XEP-0203 */
#define OLD_DELAY "jabber:x:delay"
#define SELF "110"
#define RENAMED "303"

/* XEP-0045, 15.6; where several stand in one presence the first of these counts. */
static const struct
{
  const char *code;
  OhImRoomEnd end;
} codes[] = {
  { "332", OH_IM_ROOM_SERVICE }, /* it shuts down */
  { "333", OH_IM_ROOM_SERVICE }, /* technical problems */
  { "301", OH_IM_ROOM_BANNED },  { "307", OH_IM_ROOM_KICKED },
  { "321", OH_IM_ROOM_REMOVED }, { "322", OH_IM_ROOM_MEMBERS },
};

/* XEP-0045, 7.2 */
static const struct
{
  const char *condition;
  OhImRoomEnd end;
} conditions[] = {
  { "not-authorized", OH_IM_ROOM_PASSWORD },
  { "conflict", OH_IM_ROOM_NICK },
  { "not-acceptable", OH_IM_ROOM_NICK },
  { "forbidden", OH_IM_ROOM_BANNED },
  { "registration-required", OH_IM_ROOM_MEMBERS },
  { "item-not-found", OH_IM_ROOM_NOT_FOUND },
  { "not-allowed", OH_IM_ROOM_NOT_FOUND },
  { "jid-malformed", OH_IM_ROOM_INVALID },
  { "gone", OH_IM_ROOM_DESTROYED },
  { "service-unavailable", OH_IM_ROOM_SERVICE },
  { "remote-server-not-found", OH_IM_ROOM_SERVICE },
  { "remote-server-timeout", OH_IM_ROOM_SERVICE },
  { "recipient-unavailable", OH_IM_ROOM_SERVICE },
  { "internal-server-error", OH_IM_ROOM_SERVICE },
  { "resource-constraint", OH_IM_ROOM_SERVICE },
};

/* "" for none. Transfer full. */
static char *
dup_text (const xmlnode *node)
{
  char *text = node ? xmlnode_get_data (node) : NULL;

  return text ? text : g_strdup ("");
}

static gboolean
has_code (const xmlnode *x, const char *code)
{
  for (xmlnode *status = x ? xmlnode_get_child (x, "status") : NULL; status;
       status = xmlnode_get_next_twin (status))
    if (g_strcmp0 (xmlnode_get_attrib (status, "code"), code) == 0)
      return TRUE;
  return FALSE;
}

char *
oh_engine_muc_read_error (const xmlnode *stanza)
{
  xmlnode *error = xmlnode_get_child (stanza, "error");
  xmlnode *text = error ? xmlnode_get_child_with_namespace (error, "text", STANZAS) : NULL;

  if (text)
    return dup_text (text);
  for (xmlnode *child = error ? error->child : NULL; child; child = child->next)
    if (child->type == XMLNODE_TYPE_TAG && g_strcmp0 (xmlnode_get_namespace (child), STANZAS) == 0)
      return g_strdup (child->name);
  return g_strdup ("");
}

static OhImRoomEnd
read_condition (const xmlnode *presence)
{
  xmlnode *error = xmlnode_get_child (presence, "error");

  /* 7.2.9: full; where there is no such service nothing is gained by waiting. */
  if (error && xmlnode_get_child_with_namespace (error, "service-unavailable", STANZAS)
      && g_strcmp0 (xmlnode_get_attrib (error, "type"), "wait") == 0)
    return OH_IM_ROOM_FULL;
  for (guint i = 0; error && i < G_N_ELEMENTS (conditions); i++)
    if (xmlnode_get_child_with_namespace (error, conditions[i].condition, STANZAS))
      return conditions[i].end;
  return OH_IM_ROOM_FAILED;
}

/* Who put somebody out, and why. */
static void
read_item (const xmlnode *x, OhEngineMucPresence *read)
{
  xmlnode *item = xmlnode_get_child (x, "item");
  xmlnode *actor = item ? xmlnode_get_child (item, "actor") : NULL;
  const char *who = actor ? xmlnode_get_attrib (actor, "nick") : NULL;

  if (!who && actor)
    who = xmlnode_get_attrib (actor, "jid");
  read->who = g_strdup (who ? who : "");
  read->text = dup_text (item ? xmlnode_get_child (item, "reason") : NULL);
}

static void
read_leaving (const xmlnode *x, OhEngineMucPresence *read)
{
  xmlnode *destroyed = xmlnode_get_child (x, "destroy");

  read->renamed = has_code (x, RENAMED);
  read->end = OH_IM_ROOM_REMOVED;
  for (guint i = 0; i < G_N_ELEMENTS (codes) && read->end == OH_IM_ROOM_REMOVED; i++)
    if (has_code (x, codes[i].code))
      read->end = codes[i].end;
  if (destroyed)
    {
      read->end = OH_IM_ROOM_DESTROYED;
      read->who = g_strdup ("");
      read->text = dup_text (xmlnode_get_child (destroyed, "reason"));
    }
  else
    read_item (x, read);
}

void
oh_engine_muc_read (const xmlnode *presence, const char *type, OhEngineMucPresence *read)
{
  xmlnode *x = xmlnode_get_child_with_namespace (presence, "x", MUC_USER);

  *read = (OhEngineMucPresence){ .refused = g_strcmp0 (type, "error") == 0,
                                 .left = g_strcmp0 (type, "unavailable") == 0,
                                 .self = has_code (x, SELF),
                                 .plain = x == NULL,
                                 .end = OH_IM_ROOM_REMOVED };
  if (read->refused)
    {
      read->end = read_condition (presence);
      read->text = oh_engine_muc_read_error (presence);
    }
  else if (read->left && x)
    read_leaving (x, read);
  if (!read->who)
    read->who = g_strdup ("");
  if (!read->text)
    read->text = g_strdup ("");
}

void
oh_engine_muc_presence_clear (OhEngineMucPresence *read)
{
  g_clear_pointer (&read->who, g_free);
  g_clear_pointer (&read->text, g_free);
}

/* A room's address, or that of the service that it is at. */
static gboolean
is_by_room (const char *from, const char *room)
{
  const char *domain = strchr (room, '@');

  return from
         && (g_ascii_strcasecmp (from, room) == 0
             || (domain && g_ascii_strcasecmp (from, domain + 1) == 0));
}

void
oh_engine_muc_check_delay (xmlnode *message, const char *room)
{
  xmlnode *next;

  for (xmlnode *child = message->child; child; child = next)
    {
      const char *space = child->type == XMLNODE_TYPE_TAG ? xmlnode_get_namespace (child) : NULL;

      next = child->next;
      if ((g_strcmp0 (space, DELAY) == 0 || g_strcmp0 (space, OLD_DELAY) == 0)
          && !is_by_room (xmlnode_get_attrib (child, "from"), room))
        xmlnode_free (child);
    }
}
