/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What presences and messages of XMPP's rooms say (XEP-0045). */
#include "im/engine/oh-engine-muc-stanza.h"

#include <string.h>

/* Of dbus-server.h, which wants libdbus' own headers. */
void purple_dbus_init_ids (void);

#define USER "<x xmlns='http://jabber.org/protocol/muc#user'>%s</x>"
#define STANZAS "xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'"

static void
hear (const char *type, const char *content, OhEngineMucPresence *read)
{
  g_autofree char *xml = g_strdup_printf ("<presence>%s</presence>", content);
  xmlnode *presence = xmlnode_from_str (xml, -1);

  g_assert_nonnull (presence);
  oh_engine_muc_read (presence, type, read);
  xmlnode_free (presence);
}

/* Why we are not let in. */
static void
test_refusals (void)
{
  static const struct
  {
    const char *condition;
    OhImRoomEnd end;
    const char *type;
  } cases[] = {
    { "not-authorized", OH_IM_ROOM_PASSWORD },
    { "conflict", OH_IM_ROOM_NICK },
    { "forbidden", OH_IM_ROOM_BANNED },
    { "registration-required", OH_IM_ROOM_MEMBERS },
    { "item-not-found", OH_IM_ROOM_NOT_FOUND },
    { "service-unavailable", OH_IM_ROOM_FULL, "wait" },
    { "service-unavailable", OH_IM_ROOM_SERVICE },
    { "gone", OH_IM_ROOM_DESTROYED },
    { "undefined-condition", OH_IM_ROOM_FAILED },
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autofree char *content = g_strdup_printf (
          "<error type='%s'><%s " STANZAS "/><text " STANZAS ">Why &lt;b&gt;</text></error>",
          cases[i].type ? cases[i].type : "auth", cases[i].condition);
      g_auto (OhEngineMucPresence) said = { 0 };

      hear ("error", content, &said);
      g_assert_true (said.refused);
      g_assert_cmpint (said.end, ==, cases[i].end);
      g_assert_cmpstr (said.text, ==, "Why <b>");
    }
}

/* Who left, and why. */
static void
test_leaving (void)
{
  static const struct
  {
    const char *content;
    OhImRoomEnd end;
    gboolean self, renamed;
    const char *who, *text;
  } cases[] = {
    { "<status code='110'/>", OH_IM_ROOM_REMOVED, TRUE, FALSE, "", "" },
    { "<item><actor nick='ben'/><reason>Go</reason></item><status code='307'/>", OH_IM_ROOM_KICKED,
      FALSE, FALSE, "ben", "Go" },
    { "<item><actor jid='ben@a.test'/></item><status code='110'/><status code='301'/>",
      OH_IM_ROOM_BANNED, TRUE, FALSE, "ben@a.test", "" },
    { "<status code='322'/>", OH_IM_ROOM_MEMBERS, FALSE, FALSE, "", "" },
    { "<status code='110'/><status code='307'/><status code='333'/>", OH_IM_ROOM_SERVICE, TRUE,
      FALSE, "", "" },
    { "<status code='332'/><status code='110'/>", OH_IM_ROOM_SERVICE, TRUE, FALSE, "", "" },
    { "<item/><destroy><reason>Over</reason></destroy>", OH_IM_ROOM_DESTROYED, FALSE, FALSE, "",
      "Over" },
    { "<item nick='other'/><status code='303'/><status code='110'/>", OH_IM_ROOM_REMOVED, TRUE,
      TRUE, "", "" },
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autofree char *content = g_strdup_printf (USER, cases[i].content);
      g_auto (OhEngineMucPresence) said = { 0 };

      hear ("unavailable", content, &said);
      g_assert_true (said.left);
      g_assert_cmpint (said.end, ==, cases[i].end);
      g_assert_cmpint (said.self, ==, cases[i].self);
      g_assert_cmpint (said.renamed, ==, cases[i].renamed);
      g_assert_cmpstr (said.who, ==, cases[i].who);
      g_assert_cmpstr (said.text, ==, cases[i].text);
    }
}

/* Nothing, or nonsense, in it. */
static void
test_nonsense (void)
{
  static const char *const types[] = { NULL, "", "error", "unavailable", "subscribe" };
  static const char *const contents[] = {
    "",
    "text",
    "<x/>",
    "<x xmlns='http://jabber.org/protocol/muc#user'/>",
    "<x xmlns='http://jabber.org/protocol/muc#user'><status/><status code=''/><item><actor/>"
    "<reason><b/></reason></item></x>",
    "<error/>",
    "<error><conflict/><text/></error>",
    "<error>words</error>",
  };

  for (guint i = 0; i < G_N_ELEMENTS (types); i++)
    for (guint j = 0; j < G_N_ELEMENTS (contents); j++)
      {
        g_auto (OhEngineMucPresence) said = { 0 };

        hear (types[i], contents[j], &said);
        g_assert_false (said.self);
        g_assert_cmpstr (said.who, ==, "");
        g_assert_cmpstr (said.text, ==, "");
        if (said.refused)
          g_assert_cmpint (said.end, ==, OH_IM_ROOM_FAILED);
      }
}

/* Only the room and its service say that a message waited. */
static void
test_delay (void)
{
  static const struct
  {
    const char *content;
    gboolean stays;
  } cases[] = {
    { "<delay xmlns='urn:xmpp:delay' from='team@rooms.test'/>", TRUE },
    { "<delay xmlns='urn:xmpp:delay' from='rooms.test'/>", TRUE },
    { "<x xmlns='jabber:x:delay' from='Team@Rooms.test'/>", TRUE },
    { "<delay xmlns='urn:xmpp:delay' from='team@rooms.test/ben'/>", FALSE },
    { "<delay xmlns='urn:xmpp:delay' from='ben@a.test'/>", FALSE },
    { "<delay xmlns='urn:xmpp:delay'/>", FALSE },
    { "<x xmlns='jabber:x:delay'/>", FALSE },
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autofree char *xml = g_strdup_printf ("<message>%s<body>Hello</body>%s</message>",
                                              cases[i].content, cases[i].content);
      xmlnode *message = xmlnode_from_str (xml, -1);
      g_autofree char *left = NULL;

      oh_engine_muc_check_delay (message, "team@rooms.test");
      left = xmlnode_to_str (message, NULL);
      g_assert_cmpint (strstr (left, "delay") != NULL, ==, cases[i].stays);
      g_assert_nonnull (strstr (left, "Hello"));
      xmlnode_free (message);
    }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  purple_dbus_init_ids (); /* libpurple counts all nodes in it */
  g_test_add_func ("/engine/muc/refusals", test_refusals);
  g_test_add_func ("/engine/muc/leaving", test_leaving);
  g_test_add_func ("/engine/muc/nonsense", test_nonsense);
  g_test_add_func ("/engine/muc/delay", test_delay);
  return g_test_run ();
}
