/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* Somebody wants an account's user in a room. It is taken by oh_im_account_join_room() with its fields. Never
 * changes; counted references, any thread. */
typedef struct
{
  char *with; /* who sends it: a person, or the room itself, which passes it on */
  char *
      claimed; /* by whom it says that it is: to be believed of a person only who stands in `with` too */
  char *room;       /* its name */
  char *text;       /* why, or "" */
  GVariant *fields; /* a{ss} */
} OhImInvitation;

OhImInvitation *oh_im_invitation_ref (OhImInvitation *invitation);
void oh_im_invitation_unref (OhImInvitation *invitation);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (OhImInvitation, oh_im_invitation_unref)

G_END_DECLS
