/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "oh-call"

#include "server/call/oh-server-call-state.h"

#define TO(state) (1u << OH_SERVER_CALL_##state)

static const char *const names[] = {
  [OH_SERVER_CALL_ARRIVED] = "arrived",   [OH_SERVER_CALL_IDENTIFIED] = "identified",
  [OH_SERVER_CALL_LOCATED] = "located",   [OH_SERVER_CALL_OFFERED] = "offered",
  [OH_SERVER_CALL_ANSWERED] = "answered", [OH_SERVER_CALL_VOICEMAIL] = "voicemail",
  [OH_SERVER_CALL_DECLINED] = "declined", [OH_SERVER_CALL_TIMED_OUT] = "timed-out",
  [OH_SERVER_CALL_ENDED] = "ended",       NULL,
};

/* A call out through a trunk, to the echo or to the own messages has no called user: it goes from
 * arrived to located at once. */
static const guint32 next[] = {
  [OH_SERVER_CALL_ARRIVED] = TO (IDENTIFIED) | TO (LOCATED) | TO (ENDED),
  [OH_SERVER_CALL_IDENTIFIED] = TO (LOCATED) | TO (ENDED),
  [OH_SERVER_CALL_LOCATED] = TO (OFFERED) | TO (ANSWERED) | TO (VOICEMAIL) | TO (DECLINED)
                             | TO (ENDED),
  [OH_SERVER_CALL_OFFERED] = TO (ANSWERED) | TO (VOICEMAIL) | TO (DECLINED) | TO (TIMED_OUT)
                             | TO (ENDED),
  [OH_SERVER_CALL_ANSWERED] = TO (ENDED),
  [OH_SERVER_CALL_VOICEMAIL] = TO (ENDED),
  [OH_SERVER_CALL_DECLINED] = TO (VOICEMAIL) | TO (ENDED),
  [OH_SERVER_CALL_TIMED_OUT] = TO (VOICEMAIL) | TO (DECLINED) | TO (ENDED),
  [OH_SERVER_CALL_ENDED] = 0,
};

const OhStateTable *
oh_server_call_get_state_table (void)
{
  static const OhStateTable table = { .name = "call", .states = names, .next = next };

  return &table;
}
