/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "server/im/oh-links.h"
#include "server/limits/oh-limits.h"
#include "server/limits/oh-lockout.h"
#include "server/web/oh-connections.h"
#include "server/web/oh-web.h"

#include <json-glib/json-glib.h>
#include <libsoup/soup.h>

G_BEGIN_DECLS

typedef struct _OhWebSockets OhWebSockets;
typedef struct _OhWebLines OhWebLines;

struct _OhWeb
{
  gatomicrefcount references; /* one is the owner's, one each request's */
  OhStore *store;
  OhImDesk *desk;
  const OhServerConfig *config;
  OhLinks *links;
  guint16 sip_tls_port;
  OhExecutor executor;
  SoupServer *server;
  OhConnections *connections;
  OhLimits *sign_ins;         /* by source address */
  OhLockout *lockout;         /* by user and source */
  OhLockout *account_lockout; /* by user alone */
  OhLimits *wrong_links;      /* by source address */
  GPtrArray *choices;         /* of requests by link that wait for their call's outcome */
  OhWebSockets *sockets;      /* of browsers in calls; NULL: not started */
  OhWebLines *lines;          /* of signed-in devices; theirs */
  gboolean closed;
};

/* One request from its headers to its answer. Whoever has it answers exactly once; when the client
 * is gone in the mean time the answer goes nowhere. */
typedef struct
{
  OhWeb *web;
  SoupServerMessage *message;
  const struct _OhWebRoute *route; /* NULL: there is no such page */
  GByteArray *body;
  gboolean too_big, gone, is_answered;
  char *argument;    /* what stands for '*' in the path; or NULL */
  GHashTable *query; /* or NULL */
  OhDirectory *directory;
  const OhDevice *device; /* who asks; NULL on pages without sign-in */
  JsonObject *json;       /* the body where the route wants one */
} OhWebRequest;

typedef struct _OhWebRoute
{
  const char *method;
  const char *path; /* "/api/v1/devices/" + '*' for an id as one part, '>' for all that follows */
  enum
  {
    OH_WEB_OPEN,
    OH_WEB_SIGNED_IN
  } access;
  enum
  {
    OH_WEB_NO_BODY,
    OH_WEB_JSON,
    OH_WEB_FORM,
    OH_WEB_SOUND
  } body;
  void (*handle) (OhWebRequest *request);
} OhWebRoute;

/* --- Answers --- */
void oh_web_answer_json (OhWebRequest *request, const char *json);
void oh_web_answer_empty (OhWebRequest *request); /* 204 */
void oh_web_answer_data (OhWebRequest *request, const char *type, GBytes *data);
/* A sound file that may be gone. */
void oh_web_answer_file (OhWebRequest *request, const char *path);
/* @policy: the page's Content-Security-Policy. */
void oh_web_answer_page (OhWebRequest *request, guint status, const char *html, const char *policy);
/* @json instead of 200. */
void oh_web_answer_json_status (OhWebRequest *request, guint status, const char *json);
/* 101; whoever answers so has changed the headers, and takes the connection once it is written. */
void oh_web_answer_upgrade (OhWebRequest *request);
/* 303: the same path, by GET. */
void oh_web_answer_see_same (OhWebRequest *request);
void
oh_web_answer_error (OhWebRequest *request, guint status, const char *code, const char *message);
void oh_web_answer_later (OhWebRequest *request, guint retry_s, const char *message); /* 429 */
void oh_web_answer_busy (OhWebRequest *request, guint retry_s, const char *message);  /* 503 */
void oh_web_answer_gerror (OhWebRequest *request, const GError *error);

/* Store answers: JSON as it is, or 204 for those that have nothing to tell. The request waits. */
OhStoreReply oh_web_reply_json (OhWebRequest *request);
OhStoreReply oh_web_reply_empty (OhWebRequest *request);
OhStoreReply oh_web_reply (OhWebRequest *request, OhStoreFunc func);

/* --- Handlers --- */
void oh_web_handle_sign_in (OhWebRequest *request);
void oh_web_handle_get_me (OhWebRequest *request);
void oh_web_handle_get_rules (OhWebRequest *request);
void oh_web_handle_change_rules (OhWebRequest *request);
void oh_web_handle_forget_hours (OhWebRequest *request);
void oh_web_handle_list_devices (OhWebRequest *request);
void oh_web_handle_revoke_device (OhWebRequest *request);
void oh_web_handle_sign_out (OhWebRequest *request);
void oh_web_handle_history (OhWebRequest *request);
void oh_web_handle_list_voicemail (OhWebRequest *request);
void oh_web_handle_voicemail_audio (OhWebRequest *request);
void oh_web_handle_set_heard (OhWebRequest *request);
void oh_web_handle_delete_voicemail (OhWebRequest *request);
void oh_web_handle_get_greeting (OhWebRequest *request);
void oh_web_handle_set_greeting (OhWebRequest *request);
void oh_web_handle_delete_greeting (OhWebRequest *request);
void oh_web_handle_list_im (OhWebRequest *request);
void oh_web_handle_add_im (OhWebRequest *request);
void oh_web_handle_send_im_code (OhWebRequest *request);
void oh_web_handle_verify_im (OhWebRequest *request);
void oh_web_handle_change_im (OhWebRequest *request);
void oh_web_handle_remove_im (OhWebRequest *request);
void oh_web_handle_page (OhWebRequest *request);

void oh_web_handle_get_link (OhWebRequest *request);
void oh_web_handle_choose_link (OhWebRequest *request);

/* Where it came from, "192.0.2.1". Transfer full. */
char *oh_web_dup_address (OhWebRequest *request);

/* The choices by link that wait; before any of them and at the end. */
void oh_web_links_start (OhWeb *web);
void oh_web_links_stop (OhWeb *web);

/* What sign-in and /me have in common; members are added to @object. */
void oh_web_describe_user (OhWebRequest *request,
                           const OhUser *user,
                           const char *device_id,
                           JsonObject *object);

G_END_DECLS
