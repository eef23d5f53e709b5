/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "oh-im-engine"

#include "im/engine/oh-engine-private.h"
#include "im/engine/oh-im-stanza.h"

#include <string.h>

/* XMPP's stanzas as they are, for the parent: it sends some of its own and hears those that have a
 * namespace which it watches. An iq to us of such a namespace is the parent's to answer, and libpurple
 * never sees it.
 *
 *   parent --SendStanza--> jabber-sending-xmlnode        get, set: waits here for its answer
 *   parent <-StanzaAnswered, Stanza-- jabber-receiving-iq, -message, -presence
 */

#define USUAL_WAIT_S 15
#define MAX_WAIT_S 60
#define ANSWER_WITHIN_S 20 /* the parent, what others ask; then we say that nobody is there */
#define MAX_OPEN 200       /* of each of the two tables */
#define STANZAS "urn:ietf:params:xml:ns:xmpp-stanzas"

/* What the parent asked of somebody. */
typedef struct
{
  guint64 number; /* the parent's */
  PurpleAccount *account;
  char *wire_id; /* nobody can guess it, so that nobody else can answer */
  char *id;      /* the parent's, or NULL */
  char *to;      /* or NULL: the account's own service */
  guint timer;
} Request;

/* What somebody asked of us. */
typedef struct
{
  PurpleAccount *account;
  char *key;
  char *from;
  char *id;
  guint timer;
} Inquiry;

static PurplePlugin *xmpp;
static GHashTable *requests;  /* wire_id -> Request */
static GHashTable *inquiries; /* key -> Inquiry */
static GHashTable *watches;   /* PurpleAccount -> GStrv of namespaces */
static GHashTable *features;  /* a set: what libpurple was told to announce */

static void
request_free (Request *request)
{
  if (request->timer)
    g_source_remove (request->timer);
  g_free (request->wire_id);
  g_free (request->id);
  g_free (request->to);
  g_free (request);
}

static void
inquiry_free (Inquiry *inquiry)
{
  if (inquiry->timer)
    g_source_remove (inquiry->timer);
  g_free (inquiry->key);
  g_free (inquiry->from);
  g_free (inquiry->id);
  g_free (inquiry);
}

static void
send_node (PurpleAccount *account, xmlnode *node)
{
  purple_signal_emit (xmpp, "jabber-sending-xmlnode", purple_account_get_connection (account),
                      &node);
  if (node)
    xmlnode_free (node);
}

/* --- what the parent asks --- */

/* @fault: "timeout", "closed", "too-long", or "" with the answer in @xml. */
static void
settle (Request *request, const char *xml, const char *fault)
{
  oh_engine_emit ("StanzaAnswered",
                  g_variant_new ("(stss)", oh_engine_account_id (request->account), request->number,
                                 xml, fault));
  g_hash_table_remove (requests, request->wire_id);
}

static gboolean
on_no_answer (gpointer user_data)
{
  Request *request = user_data;

  request->timer = 0;
  settle (request, "", "timeout");
  return G_SOURCE_REMOVE;
}

static void
expect_answer (PurpleAccount *account, guint64 number, xmlnode *iq, guint seconds)
{
  Request *request = g_new0 (Request, 1);

  request->number = number;
  request->account = account;
  request->id = g_strdup (xmlnode_get_attrib (iq, "id"));
  request->to = g_strdup (xmlnode_get_attrib (iq, "to"));
  request->wire_id = g_strdup_printf ("oh%08x%08x", g_random_int (), g_random_int ());
  request->timer = g_timeout_add_seconds (seconds ? MIN (seconds, MAX_WAIT_S) : USUAL_WAIT_S,
                                          on_no_answer, request);
  xmlnode_set_attrib (iq, "id", request->wire_id);
  g_hash_table_insert (requests, request->wire_id, request);
}

static gboolean
is_same (PurpleAccount *account, const char *one, const char *other)
{
  g_autofree char *first = oh_engine_normalize (account, one);
  g_autofree char *second = oh_engine_normalize (account, other);

  return g_str_equal (first, second) && g_strcmp0 (strchr (one, '/'), strchr (other, '/')) == 0;
}

/* RFC 6120, 8.1.2.1 and 10.3.3: an account's own service answers for the account, and need not say so. */
static gboolean
is_service (PurpleAccount *account, const char *from)
{
  const char *own = purple_account_get_username (account);
  const char *domain = strchr (own, '@');
  g_autofree char *host = domain ? g_strndup (domain + 1, strcspn (domain + 1, "/")) : NULL;
  g_autofree char *bare = g_strndup (own, strcspn (own, "/"));

  return !from || (host && is_same (account, from, host)) || is_same (account, from, bare);
}

static gboolean
is_from (const Request *request, const char *from)
{
  if (!request->to)
    return is_service (request->account, from);
  if (!from)
    return is_service (request->account, request->to);
  return is_same (request->account, request->to, from);
}

/* Puts the parent's own id back. Transfer full. */
static char *
write_answer (const Request *request, xmlnode *iq)
{
  xmlnode *copy = xmlnode_copy (iq);
  char *xml;

  if (request->id)
    xmlnode_set_attrib (copy, "id", request->id);
  else
    xmlnode_remove_attrib (copy, "id");
  xml = xmlnode_to_str (copy, NULL);
  xmlnode_free (copy);
  return xml;
}

static gboolean
take_answer (PurpleAccount *account, const char *id, const char *from, xmlnode *iq)
{
  Request *request = g_hash_table_lookup (requests, id);
  g_autofree char *xml = NULL;

  if (!request || request->account != account || !is_from (request, from))
    return FALSE;
  xml = write_answer (request, iq);
  if (strlen (xml) > OH_IM_MAX_STANZA || !g_utf8_validate (xml, -1, NULL))
    settle (request, "", "too-long");
  else
    settle (request, xml, "");
  return TRUE;
}

/* --- what others ask --- */

static char *
make_key (PurpleAccount *account, const char *from, const char *id)
{
  return g_strdup_printf ("%s\n%s\n%s", oh_engine_account_id (account), from ? from : "", id);
}

/* Without an answer of the parent (RFC 6120, 8.2.3: there must be one). */
static void
refuse_iq (PurpleAccount *account, const char *from, const char *id, const char *condition)
{
  xmlnode *iq = xmlnode_new ("iq");
  xmlnode *error = xmlnode_new_child (iq, "error");

  xmlnode_set_attrib (iq, "type", "error");
  xmlnode_set_attrib (iq, "id", id);
  if (from)
    xmlnode_set_attrib (iq, "to", from);
  xmlnode_set_attrib (error, "type", "wait");
  xmlnode_set_namespace (xmlnode_new_child (error, condition), STANZAS);
  send_node (account, iq);
}

static gboolean
on_unanswered (gpointer user_data)
{
  Inquiry *inquiry = user_data;

  inquiry->timer = 0;
  refuse_iq (inquiry->account, *inquiry->from ? inquiry->from : NULL, inquiry->id,
             "recipient-unavailable");
  g_hash_table_remove (inquiries, inquiry->key);
  return G_SOURCE_REMOVE;
}

static void
open_inquiry (PurpleAccount *account, const char *from, const char *id)
{
  Inquiry *inquiry = g_new0 (Inquiry, 1);

  inquiry->account = account;
  inquiry->key = make_key (account, from, id);
  inquiry->from = g_strdup (from ? from : "");
  inquiry->id = g_strdup (id);
  inquiry->timer = g_timeout_add_seconds (ANSWER_WITHIN_S, on_unanswered, inquiry);
  g_hash_table_replace (inquiries, inquiry->key, inquiry);
}

/* Only what was asked is answered, and once. */
static gboolean
close_inquiry (PurpleAccount *account, xmlnode *iq, GError **error)
{
  g_autofree char *key = make_key (account, xmlnode_get_attrib (iq, "to"),
                                   xmlnode_get_attrib (iq, "id"));

  if (g_hash_table_remove (inquiries, key))
    return TRUE;
  g_set_error (error, OH_ERROR, OH_ERROR_NOT_FOUND, "nobody waits for that answer");
  return FALSE;
}

static gboolean
is_watched (PurpleAccount *account, xmlnode *stanza)
{
  char **wanted = g_hash_table_lookup (watches, account);

  for (xmlnode *child = stanza->child; wanted && child; child = child->next)
    if (child->type == XMLNODE_TYPE_TAG)
      {
        const char *namespace = xmlnode_get_namespace (child);

        if (namespace && g_strv_contains ((const char *const *)wanted, namespace))
          return TRUE;
      }
  return FALSE;
}

static gboolean
tell (PurpleAccount *account, const char *from, xmlnode *stanza)
{
  g_autofree char *xml = NULL;
  g_autofree char *sender = oh_im_clean_line (from, OH_IM_MAX_NAME);

  if (!oh_engine_gate_pass (OH_ENGINE_GATE_STANZAS))
    return FALSE;
  xml = xmlnode_to_str (stanza, NULL);
  if (strlen (xml) > OH_IM_MAX_STANZA || !g_utf8_validate (xml, -1, NULL))
    return FALSE;
  oh_engine_emit ("Stanza", g_variant_new ("(sss)", oh_engine_account_id (account), sender, xml));
  return TRUE;
}

static gboolean
take_inquiry (PurpleAccount *account, const char *from, const char *id, xmlnode *iq)
{
  if (!is_watched (account, iq) || (from && oh_engine_is_blocked (account, from)))
    return FALSE;
  if (g_hash_table_size (inquiries) < MAX_OPEN && tell (account, from, iq))
    open_inquiry (account, from, id);
  else
    refuse_iq (account, from, id, "resource-constraint");
  return TRUE;
}

/* TRUE: libpurple does not see it. */
static gboolean
on_iq (PurpleConnection *gc, const char *type, const char *id, const char *from, xmlnode *iq)
{
  PurpleAccount *account = purple_connection_get_account (gc);

  if (g_strcmp0 (type, "result") == 0 || g_strcmp0 (type, "error") == 0)
    return take_answer (account, id, from, iq);
  return take_inquiry (account, from, id, iq);
}

static gboolean
on_message (PurpleConnection *gc,
            const char *type,
            const char *id,
            const char *from,
            const char *to,
            xmlnode *message)
{
  PurpleAccount *account = purple_connection_get_account (gc);

  if (message && is_watched (account, message) && !(from && oh_engine_is_blocked (account, from)))
    tell (account, from, message);
  return FALSE;
}

static gboolean
on_presence (PurpleConnection *gc, const char *type, const char *from, xmlnode *presence)
{
  PurpleAccount *account = purple_connection_get_account (gc);

  if (presence && is_watched (account, presence) && !(from && oh_engine_is_blocked (account, from)))
    tell (account, from, presence);
  return FALSE;
}

/* --- what the parent wants --- */

static PurpleAccount *
find_xmpp (const char *id, gboolean online, GError **error)
{
  PurpleAccount *account = online ? oh_engine_find_online (id, error)
                                  : oh_engine_find_account (id, error);

  if (!account || g_str_equal (purple_account_get_protocol_id (account), "prpl-jabber"))
    return account;
  g_set_error (error, OH_ERROR, OH_ERROR_UNSUPPORTED,
               "the protocol of this account has no stanzas");
  return NULL;
}

/* What answers a question, or is none. */
static gboolean
prepare (PurpleAccount *account, guint64 number, xmlnode *stanza, guint seconds, GError **error)
{
  const char *type = xmlnode_get_attrib (stanza, "type");

  if (strcmp (stanza->name, "iq") != 0)
    return TRUE;
  if (g_str_equal (type, "result") || g_str_equal (type, "error"))
    return close_inquiry (account, stanza, error);
  if (g_hash_table_size (requests) >= MAX_OPEN)
    {
      g_set_error (error, OH_ERROR, OH_ERROR_LIMIT, "too many questions wait for their answers");
      return FALSE;
    }
  expect_answer (account, number, stanza, seconds);
  return TRUE;
}

gboolean
oh_engine_send_stanza (
    const char *id, guint64 number, const char *xml, guint seconds, GError **error)
{
  PurpleAccount *account = find_xmpp (id, TRUE, error);
  xmlnode *stanza;

  if (!account || !oh_im_stanza_check (xml, error))
    return FALSE;
  stanza = xmlnode_from_str (xml, -1);
  if (!stanza)
    {
      g_set_error (error, OH_ERROR, OH_ERROR_INVALID, "not XML");
      return FALSE;
    }
  if (!prepare (account, number, stanza, seconds, error))
    {
      xmlnode_free (stanza);
      return FALSE;
    }
  send_node (account, stanza);
  return TRUE;
}

/* libpurple announces for all accounts alike, and cannot take it back. */
static void
announce (const char *feature)
{
  gboolean done = FALSE;

  if (!g_hash_table_add (features, g_strdup (feature)))
    return;
  purple_plugin_ipc_call (xmpp, "add_feature", &done, feature);
  if (!done)
    g_warning ("the XMPP plug-in cannot announce %s", feature);
}

static gboolean
check_names (const char *const *names, GError **error)
{
  if (g_strv_length ((char **)names) > OH_IM_MAX_WATCHES)
    {
      g_set_error (error, OH_ERROR, OH_ERROR_LIMIT, "too many namespaces");
      return FALSE;
    }
  for (guint i = 0; names[i]; i++)
    if (!oh_im_name_is_good (names[i]))
      {
        g_set_error (error, OH_ERROR, OH_ERROR_INVALID, "not a namespace");
        return FALSE;
      }
  return TRUE;
}

gboolean
oh_engine_watch_stanzas (const char *id,
                         const char *const *namespaces,
                         const char *const *announced,
                         GError **error)
{
  PurpleAccount *account = find_xmpp (id, FALSE, error);

  if (!account || !check_names (namespaces, error) || !check_names (announced, error))
    return FALSE;
  if (namespaces[0])
    g_hash_table_insert (watches, account, g_strdupv ((char **)namespaces));
  else
    g_hash_table_remove (watches, account);
  for (guint i = 0; announced[i] && g_hash_table_size (features) < 2 * OH_IM_MAX_WATCHES; i++)
    announce (announced[i]);
  return TRUE;
}

/* --- the account goes --- */

static gboolean
is_inquiry_of (gpointer key, gpointer value, gpointer account)
{
  return ((Inquiry *)value)->account == account;
}

static void
on_signing_off (PurpleConnection *gc)
{
  PurpleAccount *account = purple_connection_get_account (gc);
  GList *all = g_hash_table_get_values (requests);

  for (GList *l = all; l; l = l->next)
    if (((Request *)l->data)->account == account)
      settle (l->data, "", "closed");
  g_list_free (all);
  g_hash_table_foreach_remove (inquiries, is_inquiry_of, account);
}

void
oh_engine_forget_watches (PurpleAccount *account)
{
  g_hash_table_remove (watches, account);
}

void
oh_engine_stanzas_install (void)
{
  static int handle;

  xmpp = purple_find_prpl ("prpl-jabber");
  requests = g_hash_table_new_full (g_str_hash, g_str_equal, NULL, (GDestroyNotify)request_free);
  inquiries = g_hash_table_new_full (g_str_hash, g_str_equal, NULL, (GDestroyNotify)inquiry_free);
  watches = g_hash_table_new_full (NULL, NULL, NULL, (GDestroyNotify)g_strfreev);
  features = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  if (!xmpp)
    return;
  purple_signal_connect (xmpp, "jabber-receiving-iq", &handle, PURPLE_CALLBACK (on_iq), NULL);
  purple_signal_connect (xmpp, "jabber-receiving-message", &handle, PURPLE_CALLBACK (on_message),
                         NULL);
  purple_signal_connect (xmpp, "jabber-receiving-presence", &handle, PURPLE_CALLBACK (on_presence),
                         NULL);
  purple_signal_connect (purple_connections_get_handle (), "signing-off", &handle,
                         PURPLE_CALLBACK (on_signing_off), NULL);
}
