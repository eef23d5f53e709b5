/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* The servers that help sound through a NAT, as the call server tells them with each registration
 * (docs/protocol.md). Zeroes: none. */
typedef struct
{
  char *stun; /* "host:port", or NULL */
  char *turn; /* the same; with user and password, or all three NULL */
  char *turn_user, *turn_password;
} OhRelayHeaders;

/* One header of an answer; others than ours, and what makes no sense, change nothing. */
void oh_relay_headers_take (OhRelayHeaders *headers, const char *name, const char *value);
void oh_relay_headers_clear (OhRelayHeaders *headers);

G_END_DECLS
