/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "im/proxy/oh-im-account.h"
#include "im/proxy/oh-im-protocol.h"
#include "im/proxy/oh-im-question.h"

G_BEGIN_DECLS

/* The IM services, for the server and the client: starts offhook-im, watches it, begins it again
 * when it ends (within 2 s the first time) and gives it its accounts anew. Lives in the
 * thread-default context of whoever made it, which stays that thread's default; nothing here waits.
 */
#define OH_TYPE_IM_ENGINE (oh_im_engine_get_type ())
G_DECLARE_FINAL_TYPE (OhImEngine, oh_im_engine, OH, IM_ENGINE, GObject)

/* Property "running" boolean, notifying: a process answers. Signals: "question" (OhImQuestion; keep
 * a reference to answer it), "notice" (char *account, char *kind, char *title, char *text), and
 * "protocols-changed" (). @program NULL: the installed one, or OFFHOOK_IM_PATH. @folder: for
 * certificates that were accepted and what plug-ins keep; FOLDER/plugins is searched for more. */
OhImEngine *oh_im_engine_new (const char *program, const char *folder);

void oh_im_engine_start (OhImEngine *engine);

/* Ends the process in order, then answers; two seconds later at most. */
void
oh_im_engine_shut_down_async (OhImEngine *engine, GAsyncReadyCallback callback, gpointer user_data);
gboolean oh_im_engine_shut_down_finish (OhImEngine *engine, GAsyncResult *result, GError **error);

gboolean oh_im_engine_is_running (OhImEngine *engine);

/* Process id of the engine, 0 while there is none. */
int oh_im_engine_get_pid (OhImEngine *engine);

/* Every service that can be used, of OhImProtocol; empty until the process has told. Lends. */
GPtrArray *oh_im_engine_get_protocols (OhImEngine *engine);
OhImProtocol *oh_im_engine_find_protocol (OhImEngine *engine, const char *id); /* or NULL; lends */

/* Whether those on a list who ask for it are told that their messages arrived: TRUE until it is said
 * otherwise, for all accounts, from now on. Those that we send ask for it all the same. */
void oh_im_engine_set_receipts (OhImEngine *engine, gboolean given);

/* Whether this program takes what others offer of that kind: FALSE until it is said otherwise, for all
 * accounts. Then an account's "file-offered" or "invited" tells of it; else it is refused, and "refused" tells. */
void oh_im_engine_set_taken (OhImEngine *engine, OhImRefusal kind, gboolean taken);

/* An account, offline at first. @id is the caller's and unique. @options: a{sv} or NULL, by the
 * protocol's options; a floating one is taken. NULL with INVALID, EXISTS or LIMIT; what the engine
 * says of protocol, name and options comes as the account's reason. Lends. */
OhImAccount *oh_im_engine_add_account (OhImEngine *engine,
                                       const char *id,
                                       const char *protocol,
                                       const char *username,
                                       GVariant *options,
                                       GError **error);
/* Signs it out and forgets it; what waits to be sent ends with CLOSED. */
void oh_im_engine_remove_account (OhImEngine *engine, const char *id);
OhImAccount *oh_im_engine_find_account (OhImEngine *engine, const char *id); /* or NULL; lends */

G_END_DECLS
