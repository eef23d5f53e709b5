/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "oh-im"

#include "im/proxy/oh-im-invitation.h"

#include "im/proxy/oh-im-account-private.h"

static void
invitation_clear (gpointer data)
{
  OhImInvitation *invitation = data;

  g_free (invitation->with);
  g_free (invitation->claimed);
  g_free (invitation->room);
  g_free (invitation->text);
  g_clear_pointer (&invitation->fields, g_variant_unref);
}

OhImInvitation *
oh_im_invitation_ref (OhImInvitation *invitation)
{
  return g_atomic_rc_box_acquire (invitation);
}

void
oh_im_invitation_unref (OhImInvitation *invitation)
{
  g_atomic_rc_box_release_full (invitation, invitation_clear);
}

OhImInvitation *
oh_im_parse_invitation (GVariant *dict)
{
  g_autoptr (OhImInvitation) invitation = g_atomic_rc_box_new0 (OhImInvitation);
  const char *text = "";

  g_variant_lookup (dict, "text", "&s", &text);
  invitation->with = oh_im_parse_line (dict, "with");
  invitation->claimed = oh_im_parse_line (dict, "claimed");
  invitation->room = oh_im_parse_line (dict, "room");
  invitation->text = oh_im_clean (text, OH_IM_MAX_STATUS);
  invitation->fields = g_variant_lookup_value (dict, "fields", G_VARIANT_TYPE ("a{ss}"));
  if (!*invitation->with || !*invitation->room || !invitation->fields
      || g_variant_n_children (invitation->fields) > OH_IM_MAX_FIELDS)
    return NULL;
  return g_steal_pointer (&invitation);
}

/* Who is blocked here is so at once; the process, which drops what they send, may not have heard it. */
void
oh_im_account_on_invited (OhImAccount *account, GVariant *dict)
{
  g_autoptr (OhImInvitation) invitation = oh_im_parse_invitation (dict);

  if (invitation && !oh_im_blocks_contains (account->blocks, invitation->with)
      && !oh_im_blocks_contains (account->blocks, invitation->claimed))
    g_signal_emit (account, oh_im_account_signals[OH_IM_ACCOUNT_INVITED], 0, invitation);
}

/* A person's own invitation has no answer (XEP-0249). */
void
oh_im_account_decline_room (OhImAccount *account, OhImInvitation *invitation)
{
  if (account->state == OH_IM_STATE_ONLINE && *invitation->claimed
      && g_ascii_strcasecmp (invitation->with, invitation->room) == 0)
    oh_im_process_tell (
        account->process, "DeclineRoom",
        g_variant_new ("(sss)", account->id, invitation->with, invitation->claimed));
}
