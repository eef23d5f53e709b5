/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "oh-im-engine"

#include "im/engine/oh-engine-private.h"

#include "oh-config.h"

#include <string.h>

/* Which program somebody has, where it can be asked: XMPP's software version (XEP-0092), and CTCP VERSION on
 * IRC. libpurple's own command for the latter has the answer stand in the chat as if somebody had written it;
 * so the question is a raw line here, and libpurple never sees its answer. What was answered stays with the
 * buddy until another program is seen there. Who asks us so hears "Offhook" from here, and nothing of it stands
 * in the chat, either. */

#define SOFTWARE "jabber:iq:version"
#define PROGRAM_KEY "offhook-program"
#define VERSION_KEY "offhook-version"
#define ANSWER_WITHIN_S 60
#define MAX_OPEN 200
#define CTCP_VERSION ":\001VERSION"
#define CTCP_PING ":\001PING"              /* libpurple answers */
#define CTCP_ACTION ":\001ACTION"          /* "/me" */
#define CTCP_DCC ":\001DCC"                /* files */
#define TELL_AGAIN_US (2 * G_USEC_PER_SEC) /* or questions would fill the queue of what we say */

typedef struct
{
  PurpleAccount *account;
  char *key;  /* XMPP: the iq's id, which nobody can guess; IRC: account and nick */
  char *from; /* who is to answer, as the service writes it */
  guint timer;
} Question;

static GHashTable *questions; /* key -> Question */
static gint64 told;           /* us: when somebody on IRC was told last which program is ours */

static void
question_free (Question *question)
{
  if (question->timer)
    g_source_remove (question->timer);
  g_free (question->key);
  g_free (question->from);
  g_free (question);
}

static gboolean
on_no_answer (gpointer user_data)
{
  Question *question = user_data;

  question->timer = 0;
  g_hash_table_remove (questions, question->key);
  return G_SOURCE_REMOVE;
}

/* Takes @key. */
static void
expect_answer (PurpleAccount *account, char *key, const char *from)
{
  Question *question = g_new0 (Question, 1);

  question->account = account;
  question->key = key;
  question->from = g_strdup (from);
  question->timer = g_timeout_add_seconds (ANSWER_WITHIN_S, on_no_answer, question);
  g_hash_table_replace (questions, question->key, question);
}

static void
set_text (PurpleBuddy *buddy, const char *key, const char *text)
{
  g_autofree char *line = oh_im_clean_line (text, OH_IM_MAX_NAME);

  purple_blist_node_set_string ((PurpleBlistNode *)buddy, key, line);
}

static void
note (PurpleAccount *account, const char *from, const char *program, const char *version)
{
  PurpleBuddy *buddy = purple_find_buddy (account, from);

  if (!buddy)
    return;
  set_text (buddy, PROGRAM_KEY, program);
  set_text (buddy, VERSION_KEY, version);
  oh_engine_buddy_changed (buddy);
}

/* --- XMPP --- */

static gboolean
ask_xmpp (PurpleAccount *account, PurpleBuddy *buddy, GError **error)
{
  const char *to = oh_engine_xmpp_seen (buddy);
  char *id = g_strdup_printf ("oh%08x%08x", g_random_int (), g_random_int ());
  xmlnode *iq, *query;

  if (!to)
    {
      g_free (id);
      g_set_error (error, OH_ERROR, OH_ERROR_NOT_FOUND, "no program was seen there");
      return FALSE;
    }
  iq = xmlnode_new ("iq");
  query = xmlnode_new_child (iq, "query");
  xmlnode_set_attrib (iq, "type", "get");
  xmlnode_set_attrib (iq, "to", to);
  xmlnode_set_attrib (iq, "id", id);
  xmlnode_set_namespace (query, SOFTWARE);
  expect_answer (account, id, to);
  purple_signal_emit (purple_find_prpl ("prpl-jabber"), "jabber-sending-xmlnode",
                      purple_account_get_connection (account), &iq);
  if (iq)
    xmlnode_free (iq);
  return TRUE;
}

static char *
dup_child (xmlnode *query, const char *name)
{
  xmlnode *child = xmlnode_get_child (query, name);

  return child ? xmlnode_get_data (child) : NULL;
}

/* TRUE: it was ours. */
static gboolean
on_iq (PurpleConnection *gc, const char *type, const char *id, const char *from, xmlnode *iq)
{
  PurpleAccount *account = purple_connection_get_account (gc);
  Question *question = id ? g_hash_table_lookup (questions, id) : NULL;
  xmlnode *query = xmlnode_get_child_with_namespace (iq, "query", SOFTWARE);

  if (!question || question->account != account || g_strcmp0 (from, question->from) != 0
      || (g_strcmp0 (type, "result") != 0 && g_strcmp0 (type, "error") != 0))
    return FALSE;
  if (query && g_str_equal (type, "result"))
    {
      g_autofree char *program = dup_child (query, "name");
      g_autofree char *version = dup_child (query, "version");

      note (account, from, program, version);
    }
  g_hash_table_remove (questions, id);
  return TRUE;
}

/* --- IRC --- */

static char *
make_key (PurpleAccount *account, const char *nick)
{
  g_autofree char *name = oh_engine_normalize (account, nick);

  return g_strdup_printf ("%s\n%s", oh_engine_account_id (account), name);
}

static gboolean
ask_irc (PurpleAccount *account, PurpleBuddy *buddy, GError **error)
{
  PurpleConnection *gc = purple_account_get_connection (account);
  PurplePluginProtocolInfo *info = PURPLE_PLUGIN_PROTOCOL_INFO (purple_connection_get_prpl (gc));
  const char *nick = purple_buddy_get_name (buddy);
  g_autofree char *line = g_strdup_printf ("PRIVMSG %s :\001VERSION\001\r\n", nick);

  if (!oh_im_name_is_good (nick) || strpbrk (nick, " ,:!@") || !info->send_raw)
    {
      g_set_error (error, OH_ERROR, OH_ERROR_INVALID, "not a nick");
      return FALSE;
    }
  expect_answer (account, make_key (account, nick), nick);
  info->send_raw (gc, line, (int)strlen (line));
  return TRUE;
}

static void
tell_ours (PurpleConnection *gc, const char *nick)
{
  PurplePluginProtocolInfo *info = PURPLE_PLUGIN_PROTOCOL_INFO (purple_connection_get_prpl (gc));
  g_autofree char *line = g_strdup_printf ("NOTICE %s :\001VERSION Offhook " OH_VERSION "\001\r\n",
                                           nick);
  gint64 now = g_get_monotonic_time ();

  if (!info->send_raw || (told && now - told < TELL_AGAIN_US))
    return;
  told = now;
  info->send_raw (gc, line, (int)strlen (line));
}

static void
take_answer (PurpleAccount *account, const char *nick, const char *text)
{
  g_autofree char *key = make_key (account, nick);

  if (!g_hash_table_contains (questions, key))
    return;
  note (account, nick, text, NULL);
  g_hash_table_remove (questions, key);
}

static gboolean
is_libpurples (const char *words)
{
  return g_str_has_prefix (words, CTCP_PING) || g_str_has_prefix (words, CTCP_ACTION)
         || g_str_has_prefix (words, CTCP_DCC);
}

/* ":NICK!USER@HOST NOTICE OWN :\001VERSION what it is\001", or PRIVMSG with a question. libpurple would show
 * what it has no use for as a message: it gets a command that it does not know instead. */
static void
on_irc_text (PurpleConnection *gc, char **text, gpointer data)
{
  g_auto (GStrv) words = text && *text ? g_strsplit (*text, " ", 4) : NULL;
  g_autofree char *nick = NULL;
  gboolean answers;

  if (!words || g_strv_length (words) != 4 || words[0][0] != ':'
      || !g_str_has_prefix (words[3], ":\001") || !g_str_has_suffix (words[3] + 2, "\001")
      || is_libpurples (words[3]))
    return;
  answers = g_str_equal (words[1], "NOTICE");
  if (!answers && !g_str_equal (words[1], "PRIVMSG"))
    return;
  nick = g_strndup (words[0] + 1, strcspn (words[0] + 1, "!"));
  if (!answers && g_str_has_prefix (words[3], CTCP_VERSION))
    tell_ours (gc, nick);
  else if (answers && g_str_has_prefix (words[3], CTCP_VERSION " "))
    take_answer (purple_connection_get_account (gc), nick, words[3] + strlen (CTCP_VERSION " "));
  memset (*text + strlen (words[0]) + 1, 'X', strlen (words[1]));
}

/* --- What the parent wants --- */

gboolean
oh_engine_ask_program (const char *id, const char *name, GError **error)
{
  PurpleAccount *account = oh_engine_find_online (id, error);
  PurpleBuddy *buddy = account && *name ? purple_find_buddy (account, name) : NULL;
  const char *protocol = account ? purple_account_get_protocol_id (account) : NULL;

  if (!account)
    return FALSE;
  if (!buddy)
    g_set_error (error, OH_ERROR, OH_ERROR_NOT_FOUND, "no such buddy");
  else if (g_hash_table_size (questions) >= MAX_OPEN)
    g_set_error (error, OH_ERROR, OH_ERROR_LIMIT, "too many questions wait for their answers");
  else if (g_str_equal (protocol, "prpl-jabber"))
    return ask_xmpp (account, buddy, error);
  else if (g_str_equal (protocol, "prpl-irc"))
    return ask_irc (account, buddy, error);
  else
    g_set_error (error, OH_ERROR, OH_ERROR_UNSUPPORTED, "this protocol has no such question");
  return FALSE;
}

void
oh_engine_program_describe (GVariantBuilder *dict, PurpleBuddy *buddy)
{
  PurpleBlistNode *node = (PurpleBlistNode *)buddy;

  oh_im_dict_add (dict, "program", purple_blist_node_get_string (node, PROGRAM_KEY),
                  OH_IM_MAX_NAME);
  oh_im_dict_add (dict, "version", purple_blist_node_get_string (node, VERSION_KEY),
                  OH_IM_MAX_NAME);
}

void
oh_engine_program_forget (PurpleBuddy *buddy)
{
  purple_blist_node_remove_setting ((PurpleBlistNode *)buddy, PROGRAM_KEY);
  purple_blist_node_remove_setting ((PurpleBlistNode *)buddy, VERSION_KEY);
}

static gboolean
is_of (gpointer key, gpointer value, gpointer account)
{
  return ((Question *)value)->account == account;
}

static void
on_signing_off (PurpleConnection *gc)
{
  g_hash_table_foreach_remove (questions, is_of, purple_connection_get_account (gc));
}

void
oh_engine_programs_install (void)
{
  static int handle;
  PurplePlugin *xmpp = purple_find_prpl ("prpl-jabber"), *irc = purple_find_prpl ("prpl-irc");

  questions = g_hash_table_new_full (g_str_hash, g_str_equal, NULL, (GDestroyNotify)question_free);
  if (xmpp)
    purple_signal_connect (xmpp, "jabber-receiving-iq", &handle, PURPLE_CALLBACK (on_iq), NULL);
  if (irc)
    purple_signal_connect (irc, "irc-receiving-text", &handle, PURPLE_CALLBACK (on_irc_text), NULL);
  purple_signal_connect (purple_connections_get_handle (), "signing-off", &handle,
                         PURPLE_CALLBACK (on_signing_off), NULL);
}
