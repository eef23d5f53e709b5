/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "base/oh-executor.h"

G_BEGIN_DECLS

/* @json: borrowed. Runs where the asker's executor says. */
typedef void (*OhLiveFunc) (const char *json, gpointer user_data);

/* What the control socket and `offhookctl` ask of the running calls. server/call fills it in; each
 * member is mandatory, may be called from the services thread, copies @executor and answers exactly
 * once, on it. 'Why' is answered from the event stream in the store, not from here. */
typedef struct
{
  /* [{"id","direction","state","from","called","user","trunk","device","start","answered",
   *   "codec_in","codec_out","encrypted"}] */
  void (*calls) (gpointer live, const OhExecutor *executor, OhLiveFunc func, gpointer user_data);
  /* [{"user","device","name","program","version","address","transport","audio","presence",
   *   "expires"}] */
  void (*registrations) (gpointer live,
                         const OhExecutor *executor,
                         OhLiveFunc func,
                         gpointer user_data);
  /* [{"name","kind","state":"registered|registering|failed|ready","reason","since","public_address"}]
   */
  void (*trunks) (gpointer live, const OhExecutor *executor, OhLiveFunc func, gpointer user_data);
  /* [{"server","address","mapped","port"}]: a STUN server, its address, ours as it sees us with the
   * port that one socket of ours has there; "" where there is none */
  void (*nat) (gpointer live, const OhExecutor *executor, OhLiveFunc func, gpointer user_data);
  /* [{"taken","refused","refusing","rate","wait_ms","socket_percent","thread_percent","sound_ms",
   *   "memory_mib"}], one: new calls since the start, whether some are refused now, how many a second
   * are taken (0: as many as come), and the load */
  void (*load) (gpointer live, const OhExecutor *executor, OhLiveFunc func, gpointer user_data);
} OhLiveFuncs;

typedef struct
{
  const OhLiveFuncs *funcs;
  gpointer live;
} OhLive;

G_END_DECLS
