/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "im/engine/oh-im-wire.h"

G_BEGIN_DECLS

/* Somebody in a room. Belongs to the room's context. */
#define OH_TYPE_IM_MEMBER (oh_im_member_get_type ())
G_DECLARE_FINAL_TYPE (OhImMember, oh_im_member, OH, IM_MEMBER, GObject)

/* Properties, all read-only and notifying: "nick", "flags" (OhImMemberFlags as uint), "real" (the
 * address behind the nick where the service tells it (XMPP), or user and host (IRC); else ""). */
const char *oh_im_member_get_nick (OhImMember *member);
OhImMemberFlags oh_im_member_get_flags (OhImMember *member);
const char *oh_im_member_get_real (OhImMember *member);

G_END_DECLS
