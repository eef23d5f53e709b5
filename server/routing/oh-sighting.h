/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "server/registrar/oh-registrar.h"

G_BEGIN_DECLS

/* What is known at this moment of a user's identity at an IM service. */
typedef struct
{
  gint64 identity_id;  /* of OhImIdentity */
  OhPresence presence; /* busy is do not disturb, as at a device; CLOSED: offline */
  gboolean mobile;     /* it is online as a telephone is: always */
  gint64 active_us; /* when the person did something last, oh_clock_before() time; 0: not known */
} OhSighting;

G_END_DECLS
