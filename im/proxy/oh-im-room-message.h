/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* A message of a room. */
typedef struct
{
  char *nick;         /* whose */
  char *text;         /* plain */
  char *ref;          /* how its sender's program names it, "" for nothing */
  gint64 time;        /* Unix seconds, the service's where it has one */
  gboolean delayed;   /* from the room's history */
  gboolean own;       /* ours, come back: from then on all see it. Of history: of our nick */
  gboolean highlight; /* our nick stands in it, and it is not ours */
  gboolean cut;       /* it was longer */
  guint dropped;      /* so many before it are lost, of a flood */
} OhImRoomMessage;

void oh_im_room_message_free (OhImRoomMessage *message);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (OhImRoomMessage, oh_im_room_message_free)

G_END_DECLS
