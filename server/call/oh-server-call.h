/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "server/call/oh-exchange-private.h"

#include <json-glib/json-glib.h>

G_BEGIN_DECLS

/* One call at the server, from its INVITE to its last event: the caller's leg, the plan, those who
 * ring, then the far leg and the bridge, or the voicemail. Belongs to the signalling thread; made
 * and owned by the exchange. */
typedef struct _OhServerCall OhServerCall;

/* Where it came from; pointers into @directory. */
typedef struct
{
  OhDirectory *directory;
  const OhUser *caller;   /* signed-in user, or NULL */
  const OhDevice *device; /* his, or NULL */
  const OhTrunk *trunk;   /* or NULL */
} OhOrigin;

/* Takes @sip_call, routes it and starts what the plan says. May have ended when it returns. */
void oh_server_call_start (OhExchange *exchange, OhSipCall *sip_call, const OhOrigin *origin);

/* The same for a device that @dialled on its web line, from @address. */
void oh_server_call_start_by_line (OhExchange *exchange,
                                   const OhOrigin *origin,
                                   guint64 line,
                                   const OhBrowserMessage *dialled,
                                   const char *address);

void oh_server_call_free (OhServerCall *call);

/* The called user's id; 0: none. */
gint64 oh_server_call_get_user (OhServerCall *call);

/* A device of the called user may have signed in or out. */
void oh_server_call_check_devices (OhServerCall *call);

/* The server ends: everyone is told, a recording is closed in order. */
void oh_server_call_shut (OhServerCall *call);

/* An object of oh-live.h. */
void oh_server_call_describe (OhServerCall *call, JsonBuilder *builder);

G_END_DECLS
