/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* Where a past call rang and where not, as its call server told. Texts are clean lines. */

typedef struct
{
  char *name;     /* "laptop", "anna@example.org" */
  char *protocol; /* of an address, of libpurple; NULL: a device */
  int step;       /* its turn, from 0; -1: it was not to ring */
  char *why;      /* the server's code, "away-later"; a later server may have more */
  guint number;   /* minutes, rank: see `why` */
  guint of;       /* of so many, of "usual-hour" */
} OhRoutePlace;

typedef struct
{
  guint steps;       /* so many turns had begun */
  char *device;      /* who answered or declined, "browser" for one; NULL: nobody */
  GPtrArray *places; /* of OhRoutePlace, by turn, then those that did not ring; never empty */
} OhCallRoute;

void oh_call_route_free (OhCallRoute *route);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (OhCallRoute, oh_call_route_free)

G_END_DECLS
