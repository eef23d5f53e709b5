/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* A message between an account's user and one other. */
typedef struct
{
  char *with;         /* the other, as the service names it, without a resource */
  char *text;         /* plain */
  gint64 time;        /* Unix seconds, the service's where it has one */
  gboolean delayed;   /* it waited at the service */
  gboolean automatic; /* a program's answer: never to be answered by a program */
  gboolean own;       /* the user's, written on another device */
  gboolean cut;       /* it was longer */
} OhImMessage;

void oh_im_message_free (OhImMessage *message);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (OhImMessage, oh_im_message_free)

G_END_DECLS
