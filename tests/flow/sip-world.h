/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "sip/oh-sip.h"

/* Two SIP stacks in one process: a server that takes what comes, on its own thread, and a client
 * whose handlers run on the main context. What both were told is noted down in order; each handler,
 * and each check of sip_world_await(), holds the lock. */
#define SDP                                                                                        \
  "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\nm=audio 4000 RTP/AVP " \
  "0\r\n"
#define ANSWER                                                                                     \
  "v=0\r\no=- 2 2 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\nm=audio 4002 RTP/AVP " \
  "0\r\n"

typedef struct
{
  GRecMutex lock;
  OhSip *server, *client;
  OhSipCall *in, *out;
  GString *heard; /* one word an event, in order */
  OhSipEnd in_end, out_end;
  char *reason_text, *phrase;
  guint in_ends, out_ends;
  OhSipDigest algorithm;
  char *secret;
  char *body;
  OhSipRequest *request;
  OhSipWatcher *watcher;
  char *watched;
  guint done, registered, failed;
  gint unregistered, unpublished, ended; /* atomic */
  guint pings, ping_status; /* OPTIONS that came to the server, what it answers; 0: nothing */
  GPtrArray *unanswered;    /* those */
  char *contact, *route, *contact_header;
  gboolean want_auth;
  guint auth_ok;
} World;

void sip_world_await (gboolean (*check) (World *), World *world);
gboolean sip_world_has (World *world, const char *word);
World *sip_world_new (const char *transport, const char *certificates, const char *ca_file);
/* @t1_ms: the client's T1, by which its times go. */
World *sip_world_new_timed (const char *transport,
                            const char *certificates,
                            const char *ca_file,
                            guint t1_ms);
void sip_world_free (World *world);
char *sip_world_server_uri (World *world, const char *transport);
OhSipAccount sip_world_account_for (World *world, const char *proxy, const char *tls_name);
void sip_world_dial (World *world, const char *transport, const char *tls_name);
gboolean sip_world_arrived (World *world);
gboolean sip_world_ringing (World *world);
gboolean sip_world_talking (World *world);
gboolean sip_world_both_ended (World *world);
gboolean sip_world_out_ended (World *world);

extern const OhSipCallHandlers sip_world_out_handlers;
