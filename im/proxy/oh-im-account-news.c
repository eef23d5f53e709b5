/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "oh-im"

#include "im/engine/oh-im-stanza.h"
#include "im/proxy/oh-im-account-private.h"

#include <string.h>

/* What the engine's process tells of an account's people: cleaned, as nothing of it is believed, and
 * handed on. */

void
oh_im_account_on_buddies (OhImAccount *account, GVariant *list)
{
  oh_im_buddies_update (account->buddies, list);
}

void
oh_im_account_on_buddy_gone (OhImAccount *account, const char *name)
{
  oh_im_buddies_gone (account->buddies, name);
}

void
oh_im_account_on_buddies_complete (OhImAccount *account)
{
  g_signal_emit (account, oh_im_account_signals[OH_IM_ACCOUNT_BUDDIES_COMPLETE], 0);
}

void
oh_im_account_on_blocked (OhImAccount *account, const char *name, gboolean blocked)
{
  g_autofree char *clean = oh_im_clean_line (name, OH_IM_MAX_NAME);

  if (*clean && oh_im_blocks_hear (account->blocks, clean, blocked))
    g_signal_emit (account, oh_im_account_signals[OH_IM_ACCOUNT_BLOCKED], 0, clean, blocked);
}

void
oh_im_account_on_receipt (OhImAccount *account, const char *with, const char *receipt)
{
  g_autofree char *name = oh_im_clean_line (with, OH_IM_MAX_NAME);
  g_autofree char *id = oh_im_clean_line (receipt, OH_IM_MAX_NAME);

  g_signal_emit (account, oh_im_account_signals[OH_IM_ACCOUNT_RECEIPT], 0, name, id);
}

void
oh_im_account_on_refused (
    OhImAccount *account, const char *with, OhImRefusal kind, const char *name, gint64 size)
{
  g_autofree char *who = oh_im_clean_line (with, OH_IM_MAX_NAME);
  g_autofree char *clean = oh_im_clean_line (name, OH_IM_MAX_REFUSED);

  if (*who)
    g_signal_emit (account, oh_im_account_signals[OH_IM_ACCOUNT_REFUSED], 0, who, kind, clean,
                   MAX (size, 0));
}

void
oh_im_account_on_stanza (OhImAccount *account, const char *from, const char *xml)
{
  g_autofree char *sender = oh_im_clean_line (from, OH_IM_MAX_NAME);

  if (strlen (xml) <= OH_IM_MAX_STANZA)
    g_signal_emit (account, oh_im_account_signals[OH_IM_ACCOUNT_STANZA], 0, sender, xml);
}

void
oh_im_account_on_stanza_answered (OhImAccount *account,
                                  guint64 number,
                                  const char *xml,
                                  const char *fault)
{
  oh_im_stanzas_hear_answer (account->stanzas, number, xml, fault);
}

void
oh_im_account_on_file_offered (
    OhImAccount *account, guint64 number, const char *with, const char *name, gint64 size)
{
  OhImTransfer *transfer = oh_im_files_hear_offer (account->files, number, with, name, size);

  if (transfer)
    g_signal_emit (account, oh_im_account_signals[OH_IM_ACCOUNT_FILE_OFFERED], 0, transfer);
}

void
oh_im_account_on_file_progress (OhImAccount *account, guint64 number, gint64 done)
{
  oh_im_files_hear_progress (account->files, number, done);
}

void
oh_im_account_on_file_ended (OhImAccount *account,
                             guint64 number,
                             const char *end,
                             const char *text)
{
  oh_im_files_hear_end (account->files, number, end, text);
}

OhImRooms *
oh_im_account_hear_rooms (OhImAccount *account)
{
  return account->rooms;
}

static void
touch (OhImAccount *account, const char *with)
{
  OhImBuddy *buddy = oh_im_buddies_find (account->buddies, with);

  if (buddy)
    oh_im_buddy_touch (buddy);
}

void
oh_im_account_on_message (OhImAccount *account, OhImMessage *message)
{
  if (!message->own && !message->delayed && !message->automatic)
    touch (account, message->with);
  g_signal_emit (account, oh_im_account_signals[OH_IM_ACCOUNT_MESSAGE], 0, message);
}

void
oh_im_account_on_message_failed (OhImAccount *account, const char *with, const char *text)
{
  g_autofree char *name = oh_im_clean_line (with, OH_IM_MAX_NAME);
  g_autofree char *clean = oh_im_clean (text, OH_IM_MAX_STATUS);

  g_signal_emit (account, oh_im_account_signals[OH_IM_ACCOUNT_MESSAGE_FAILED], 0, name, clean);
}

void
oh_im_account_on_typing (OhImAccount *account, const char *with, OhImTyping typing)
{
  g_autofree char *name = oh_im_clean_line (with, OH_IM_MAX_NAME);

  if (typing == OH_IM_TYPING_ACTIVE) /* that it stops is also said when a program goes or comes */
    touch (account, name);
  g_signal_emit (account, oh_im_account_signals[OH_IM_ACCOUNT_TYPING], 0, name, typing);
}
