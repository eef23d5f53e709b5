/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "server/store/oh-directory.h"
#include "sip/oh-sip.h"

#include <json-glib/json-glib.h>

G_BEGIN_DECLS

/* The lines to the outside: signs in at providers, knows which source belongs to which trunk, and in
 * what state each one is. Belongs to the signalling thread; names are resolved on the services
 * thread. Trunks are named by their id, because snapshots come and go. */
typedef struct _OhTrunks OhTrunks;

OhTrunks *oh_trunks_new (OhSip *sip, const OhExecutor *signalling, const OhExecutor *services);

/* Un-registers and frees. */
void oh_trunks_free (OhTrunks *trunks);

/* A new snapshot: trunks come, change and go. */
void oh_trunks_set_directory (OhTrunks *trunks, OhDirectory *directory);

/* The trunk that a request from outside came by, in the newest snapshot; NULL: an unknown source. */
const OhTrunk *oh_trunks_find_source (OhTrunks *trunks, const OhSipInfo *info);

/* An IP address of where calls go out, or NULL while it is not resolved. Borrowed. */
const char *oh_trunks_get_address (OhTrunks *trunks, gint64 trunk_id);

/* How a call out ended that was not answered: 408 and 503 without a word from the far end mean that
 * the trunk is away; anything else, that it is there. 0: answered. */
void oh_trunks_note_outcome (OhTrunks *trunks, gint64 trunk_id, guint status, gboolean by_peer);

/* FALSE: it could not sign in, or the last call out found nobody there. */
gboolean oh_trunks_is_up (OhTrunks *trunks, gint64 trunk_id);

/* Where a call out to @number goes; fill in the account and the strings it borrows. */
typedef struct
{
  OhSipAccount account;
  char *to_uri;
  char *from_uri;
  char *aor, *proxy, *tls_name; /* what `account` borrows */
} OhTrunkTarget;
void oh_trunk_target_init (OhTrunkTarget *target,
                           OhTrunks *trunks,
                           const OhTrunk *trunk,
                           const char *number,
                           const char *caller_number,
                           const char *domain);
void oh_trunk_target_clear (OhTrunkTarget *target);

/* Adds an object of oh-live.h for each trunk to the open array. */
void oh_trunks_describe (OhTrunks *trunks, JsonBuilder *builder);

/* Parts of "sip:user@host:port;params"; "" when there is none. Transfer full. */
char *oh_uri_dup_user (const char *uri);
/* A name or number as the user part of a URI. Transfer full. */
char *oh_uri_escape_user (const char *user);
char *oh_uri_dup_host (const char *uri); /* without port and brackets */
char *oh_uri_dup_host_port (const char *uri);

G_END_DECLS
