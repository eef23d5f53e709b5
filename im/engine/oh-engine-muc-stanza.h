/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "im/engine/oh-im-wire.h"

#include <xmlnode.h>

G_BEGIN_DECLS

/* What a presence of a room says of whom it comes from (XEP-0045), besides what libpurple hands on. */
typedef struct
{
  gboolean refused; /* an error: we are not let in, for @end */
  gboolean left;    /* who it is of is in no more, for @end */
  gboolean renamed; /* but under another nick */
  gboolean self;    /* the room says that it is of ourselves */
  gboolean plain;   /* of a service that does not say more than that somebody is there */
  OhImRoomEnd end;
  char *who;  /* did it; "" where it says nothing */
  char *text; /* why; "" where it says nothing */
} OhEngineMucPresence;

/* @type: of the presence, or NULL. Pure; any thread. */
void oh_engine_muc_read (const xmlnode *presence, const char *type, OhEngineMucPresence *read);
void oh_engine_muc_presence_clear (OhEngineMucPresence *read);

/* Why a message or presence came back, for a log or a tooltip. Transfer full. */
char *oh_engine_muc_read_error (const xmlnode *stanza);

/* Takes what says of a message that it waited, unless @room (its address) or its service says so: anybody else
 * who says it writes now. */
void oh_engine_muc_check_delay (xmlnode *message, const char *room);

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (OhEngineMucPresence, oh_engine_muc_presence_clear)

G_END_DECLS
