/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "base/oh-state-table.h"

G_BEGIN_DECLS

/* arrived -> identified -> located -> offered -> {answered, voicemail, declined, timed-out} -> ended.
 * The names are those of the event stream. */
typedef enum
{
  OH_SERVER_CALL_ARRIVED,
  OH_SERVER_CALL_IDENTIFIED,
  OH_SERVER_CALL_LOCATED,
  OH_SERVER_CALL_OFFERED,
  OH_SERVER_CALL_ANSWERED,
  OH_SERVER_CALL_VOICEMAIL,
  OH_SERVER_CALL_DECLINED,
  OH_SERVER_CALL_TIMED_OUT,
  OH_SERVER_CALL_ENDED
} OhServerCallState;

const OhStateTable *oh_server_call_get_state_table (void);

G_END_DECLS
