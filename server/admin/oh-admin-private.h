/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "server/admin/oh-admin.h"

#include <json-glib/json-glib.h>

G_BEGIN_DECLS

struct _OhAdmin
{
  gatomicrefcount references; /* one is the owner's, one each connection's */
  OhStore *store;
  const OhServerConfig *config;
  OhLive live;
  OhImDesk *desk;
  OhExecutor executor;
  GSocketService *service;
  GPtrArray *connections; /* AdminConnection, not owned */
  guint16 udp, tcp, tls, https;
  gint64 started; /* unix s */
  gboolean closed;
};

typedef struct _OhAdminConnection OhAdminConnection;

/* One command and its arguments; answered exactly once, which frees it. */
typedef struct
{
  OhAdmin *admin;
  OhAdminConnection *connection;
  JsonObject *arguments;
  OhDirectory *directory;
  gpointer data; /* the handler's own, between its steps */
  GDestroyNotify free_data;
} OhAdminRequest;

/* {"ok":true,"result":...} */
void oh_admin_answer (OhAdminRequest *request, const char *json);
void oh_admin_answer_error (OhAdminRequest *request, const char *code, const char *message);
void oh_admin_answer_gerror (OhAdminRequest *request, const GError *error);
/* From now on every event goes to this connection. The request is answered. */
void oh_admin_follow_events (OhAdminRequest *request);

OhStoreReply oh_admin_reply (OhAdminRequest *request); /* answers with what the store says */
OhStoreReply oh_admin_reply_to (OhAdminRequest *request, OhStoreFunc func);

/* The user whom argument "user" names by alias, number or id; answers with an error if none. */
const OhUser *oh_admin_find_user (OhAdminRequest *request);
/* A text argument; NULL: not there. FALSE: answered with an error. */
gboolean oh_admin_read (
    OhAdminRequest *request, const char *key, gboolean needed, gsize max, const char **value);

/* Arguments "rank" and "evidence"; -1: not there. FALSE: answered with an error. */
gboolean oh_admin_read_place (OhAdminRequest *request, int *rank, int *evidence);

typedef struct
{
  const char *name;
  void (*handle) (OhAdminRequest *request);
} OhAdminCommand;

extern const OhAdminCommand oh_admin_user_commands[];  /* user-*, hours*, number-*, device-* */
extern const OhAdminCommand oh_admin_trunk_commands[]; /* trunk-* */
extern const OhAdminCommand oh_admin_im_commands[];    /* im-* */
extern const OhAdminCommand oh_admin_live_commands[];  /* calls, events, why, status, ... */

/* The checks of `offhookctl doctor`. */
void oh_admin_handle_doctor (OhAdminRequest *request);

G_END_DECLS
