/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "oh-im-engine"

#include "im/engine/oh-engine-private.h"

/* What others offer and the parent does not take: it is refused at once, and the parent is told, so that
 * its user hears of it. */

#define BURST 20
#define ONE_MORE_US (3 * G_USEC_PER_SEC)
#define SAME_AGAIN_US (60 * G_USEC_PER_SEC) /* some programs say one thing in two ways */

static gboolean taken[OH_IM_REFUSAL_FILE + 1];
static guint tokens = BURST;
static gint64 filled;
static char *last; /* what was told last */
static gint64 last_time;

void
oh_engine_set_taken (OhImRefusal kind, gboolean take)
{
  taken[kind] = take;
}

static gboolean
pass_gate (void)
{
  gint64 now = g_get_monotonic_time ();
  gint64 earned = (now - filled) / ONE_MORE_US;

  if (earned > 0)
    {
      tokens = (guint)MIN (BURST, tokens + earned);
      filled = now;
    }
  if (tokens == 0)
    return FALSE;
  tokens--;
  return TRUE;
}

static gboolean
is_told (const char *what)
{
  gint64 now = g_get_monotonic_time ();

  if (last && g_str_equal (last, what) && now - last_time < SAME_AGAIN_US)
    return TRUE;
  g_free (last);
  last = g_strdup (what);
  last_time = now;
  return FALSE;
}

static void
tell (PurpleAccount *account, const char *who, OhImRefusal kind, const char *name, gint64 size)
{
  g_autofree char *with = oh_engine_normalize (account, who);
  g_autofree char *clean = oh_im_clean_line (name, OH_IM_MAX_REFUSED);
  g_autofree char *what = g_strdup_printf ("%s\n%s\n%d\n%s", oh_engine_account_id (account), with,
                                           (int)kind, clean);

  if (!*with || oh_engine_is_blocked (account, who) || is_told (what))
    return;
  if (pass_gate ())
    oh_engine_emit ("Refused",
                    g_variant_new ("(ssssx)", oh_engine_account_id (account), with,
                                   oh_im_refusal_to_word (kind), *clean ? clean : "?", size));
  else
    g_debug ("what was refused is not told: too much of it");
}

/* Where a room passes an invitation on (XMPP), it says itself whose it is, and most say no more than a
 * nick: then the room invites. */
static const char *
find_inviter (PurpleAccount *account, const char *who)
{
  const char *sender = oh_engine_xmpp_sender (account);

  return sender ? sender : who;
}

/* What libpurple would join the room with, "a{ss}". */
static GVariant *
list_fields (GHashTable *components)
{
  GVariantBuilder fields;
  GHashTableIter iter;
  gpointer name, value;
  guint count = 0;

  g_variant_builder_init (&fields, G_VARIANT_TYPE ("a{ss}"));
  g_hash_table_iter_init (&iter, components);
  while (g_hash_table_iter_next (&iter, &name, &value) && count < OH_IM_MAX_FIELDS)
    if (oh_im_name_is_good (name) && oh_im_name_is_good (value))
      {
        g_variant_builder_add (&fields, "{ss}", name, value);
        count++;
      }
  return g_variant_builder_end (&fields);
}

static void
tell_invitation (PurpleAccount *account,
                 const char *who,
                 const char *room,
                 const char *message,
                 GHashTable *components)
{
  g_autofree char *with = oh_engine_normalize (account, find_inviter (account, who));
  g_autofree char *name = oh_im_clean_line (room, OH_IM_MAX_NAME);
  g_autofree char *text = oh_engine_strip (message ? message : "");
  g_autofree char *what = g_strdup_printf ("%s\n%s\n%s", oh_engine_account_id (account), with,
                                           name);
  GVariantBuilder dict;

  if (!*with || !*name || oh_engine_is_blocked (account, with)
      || oh_engine_is_blocked (account, who) || is_told (what))
    return;
  if (!pass_gate ())
    {
      g_debug ("an invitation is not told: too many of them");
      return;
    }
  g_variant_builder_init (&dict, G_VARIANT_TYPE_VARDICT);
  oh_im_dict_add (&dict, "with", with, OH_IM_MAX_NAME);
  oh_im_dict_add (&dict, "claimed", who, OH_IM_MAX_NAME);
  oh_im_dict_add (&dict, "room", name, OH_IM_MAX_NAME);
  oh_im_dict_add (&dict, "text", text, OH_IM_MAX_STATUS);
  g_variant_builder_add (&dict, "{sv}", "fields", list_fields (components));
  oh_engine_emit ("RoomInvited", g_variant_new ("(s@a{sv})", oh_engine_account_id (account),
                                                g_variant_builder_end (&dict)));
}

/* A plug-in that tells the service of a refusal would do so before anybody was asked. */
static gboolean
can_wait (PurpleAccount *account)
{
  PurplePlugin *plugin = purple_find_prpl (purple_account_get_protocol_id (account));

  return plugin && !PURPLE_PLUGIN_PROTOCOL_INFO (plugin)->reject_chat;
}

/* Below 0: libpurple refuses it, and tells nobody; it would ask otherwise, and who agreed would be in a room of
 * which the parent knows nothing. */
static int
on_invited (PurpleAccount *account,
            const char *who,
            const char *room,
            const char *message,
            GHashTable *components,
            gpointer data)
{
  if (taken[OH_IM_REFUSAL_ROOM] && components && can_wait (account))
    tell_invitation (account, who, room, message, components);
  else
    tell (account, find_inviter (account, who), OH_IM_REFUSAL_ROOM, room, 0);
  return -1;
}

/* Before libpurple asks where to put it. */
static void
on_file_offered (PurpleXfer *transfer, gpointer data)
{
  size_t size = purple_xfer_get_size (transfer);

  if (taken[OH_IM_REFUSAL_FILE] && oh_engine_take_file (transfer))
    return;
  if (transfer->ops.request_denied)
    purple_xfer_set_cancel_recv_fnc (transfer, oh_engine_decline_file);
  transfer->status = PURPLE_XFER_STATUS_CANCEL_LOCAL;
  tell (purple_xfer_get_account (transfer), purple_xfer_get_remote_user (transfer),
        OH_IM_REFUSAL_FILE, purple_xfer_get_filename (transfer),
        (gint64)MIN (size, (size_t)G_MAXINT64));
}

void
oh_engine_refusals_install (void)
{
  static int handle;

  filled = g_get_monotonic_time ();
  purple_signal_connect (purple_conversations_get_handle (), "chat-invited", &handle,
                         PURPLE_CALLBACK (on_invited), NULL);
  purple_signal_connect (purple_xfers_get_handle (), "file-recv-request", &handle,
                         PURPLE_CALLBACK (on_file_offered), NULL);
}
