/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "media/oh-peer.h"

G_BEGIN_DECLS

/* The servers that help a call's sound through a NAT or a firewall, as the call server tells them
 * (docs/protocol.md). Zeroes: none. */
typedef struct
{
  char *stun;     /* "host:port", or NULL */
  char *turn;     /* the same, by UDP; with user and password, or all three NULL */
  char *turn_tcp; /* that relay by TCP, or NULL */
  char *turn_user, *turn_password;
} OhRelayInfo;

/* One header of the answer to REGISTER; others than ours, and what makes no sense, change nothing. */
void oh_relay_info_take_header (OhRelayInfo *info, const char *name, const char *value);

/* What was told otherwise, instead of what was known; copied. A text that is not one word, and a relay
 * without its credential, are not there. */
void oh_relay_info_set (OhRelayInfo *info, const OhRelayInfo *told);

/* @config borrows what @info has. */
void oh_relay_info_fill (const OhRelayInfo *info, OhPeerConfig *config);

void oh_relay_info_clear (OhRelayInfo *info);

G_END_DECLS
