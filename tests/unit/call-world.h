/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "fake-sip.h"

#include "server/call/oh-server-call-private.h"

G_BEGIN_DECLS

/* The whole exchange with its store, against a SIP stack and media peers that the test plays. */
typedef struct
{
  char *folder;
  OhServerConfig *config;
  OhStore *store;
  OhExchange *exchange;
  OhSip *sip;
  char *answer;    /* of the store */
  GString *events; /* names, of one call after the other: "arrived identified ..." */
  guint watch;
  char *laptop, *desktop; /* device ids */
} World;

/* User 1 is anna, number 100, with two devices that are signed in; a trunk. */
World *world_new (void);
void world_free (World *world);

/* The reply to give to the store; then its answer is waited for. */
OhStoreReply ask (World *world);
void wait_answer (World *world);

/* Everything that is on its way arrives. */
void settle (World *world);

/* The one call that there is. */
OhServerCall *get_call (World *world);

void assert_log (OhSipCall *call, const char *log);

/* A call that rings on both devices. */
OhSipCall *ring (World *world, OhSipCall **laptop, OhSipCall **desktop);

G_END_DECLS
