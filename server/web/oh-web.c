/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "oh-web"

#include "server/web/oh-web-lines.h"
#include "server/web/oh-web-sockets.h"

#include "base/oh-error.h"
#include "server/store/oh-json.h"

#include <string.h>

#define MAX_JSON (64 * 1024)
#define MAX_FORM 4096
#define MAX_SOUND (5 * 1024 * 1024)
/* Until the headers are there, idle connections too; until a body is there. */
#define HEADERS_S 30
#define BODY_S 30
#define UPLOAD_S 120
/* Wrong passwords for one user, of one source and of all together. The second only slows down a guess
 * from many places; it is so high because anybody may lock anybody with it. */
#define TRIES_OF_SOURCE 3
#define TRIES_OF_ALL 30

static const OhWebRoute routes[] = {
  { "GET", "/", OH_WEB_OPEN, OH_WEB_NO_BODY, oh_web_handle_page },
  { "GET", "/o/*/socket", OH_WEB_OPEN, OH_WEB_NO_BODY, oh_web_handle_socket },
  { "GET", "/o/>", OH_WEB_OPEN, OH_WEB_NO_BODY, oh_web_handle_get_link },
  { "POST", "/o/>", OH_WEB_OPEN, OH_WEB_FORM, oh_web_handle_choose_link },
  { "POST", "/api/v1/sign-in", OH_WEB_OPEN, OH_WEB_JSON, oh_web_handle_sign_in },
  { "GET", "/api/v1/me", OH_WEB_SIGNED_IN, OH_WEB_NO_BODY, oh_web_handle_get_me },
  { "GET", "/api/v1/me/rules", OH_WEB_SIGNED_IN, OH_WEB_NO_BODY, oh_web_handle_get_rules },
  { "PATCH", "/api/v1/me/rules", OH_WEB_SIGNED_IN, OH_WEB_JSON, oh_web_handle_change_rules },
  { "DELETE", "/api/v1/me/rules/hours", OH_WEB_SIGNED_IN, OH_WEB_NO_BODY,
    oh_web_handle_forget_hours },
  { "GET", "/api/v1/devices", OH_WEB_SIGNED_IN, OH_WEB_NO_BODY, oh_web_handle_list_devices },
  { "DELETE", "/api/v1/devices/*", OH_WEB_SIGNED_IN, OH_WEB_NO_BODY, oh_web_handle_revoke_device },
  { "DELETE", "/api/v1/session", OH_WEB_SIGNED_IN, OH_WEB_NO_BODY, oh_web_handle_sign_out },
  { "GET", "/api/v1/line", OH_WEB_SIGNED_IN, OH_WEB_NO_BODY, oh_web_handle_line },
  { "GET", "/api/v1/history", OH_WEB_SIGNED_IN, OH_WEB_NO_BODY, oh_web_handle_history },
  { "GET", "/api/v1/voicemail", OH_WEB_SIGNED_IN, OH_WEB_NO_BODY, oh_web_handle_list_voicemail },
  { "GET", "/api/v1/voicemail/*/audio", OH_WEB_SIGNED_IN, OH_WEB_NO_BODY,
    oh_web_handle_voicemail_audio },
  { "POST", "/api/v1/voicemail/*/heard", OH_WEB_SIGNED_IN, OH_WEB_JSON, oh_web_handle_set_heard },
  { "DELETE", "/api/v1/voicemail/*", OH_WEB_SIGNED_IN, OH_WEB_NO_BODY,
    oh_web_handle_delete_voicemail },
  { "GET", "/api/v1/greeting", OH_WEB_SIGNED_IN, OH_WEB_NO_BODY, oh_web_handle_get_greeting },
  { "PUT", "/api/v1/greeting", OH_WEB_SIGNED_IN, OH_WEB_SOUND, oh_web_handle_set_greeting },
  { "GET", "/api/v1/im", OH_WEB_SIGNED_IN, OH_WEB_NO_BODY, oh_web_handle_list_im },
  { "POST", "/api/v1/im/identities", OH_WEB_SIGNED_IN, OH_WEB_JSON, oh_web_handle_add_im },
  { "PATCH", "/api/v1/im/identities/*", OH_WEB_SIGNED_IN, OH_WEB_JSON, oh_web_handle_change_im },
  { "DELETE", "/api/v1/im/identities/*", OH_WEB_SIGNED_IN, OH_WEB_NO_BODY,
    oh_web_handle_remove_im },
  { "POST", "/api/v1/im/identities/*/code", OH_WEB_SIGNED_IN, OH_WEB_NO_BODY,
    oh_web_handle_send_im_code },
  { "POST", "/api/v1/im/identities/*/verify", OH_WEB_SIGNED_IN, OH_WEB_JSON,
    oh_web_handle_verify_im },
  { "DELETE", "/api/v1/greeting", OH_WEB_SIGNED_IN, OH_WEB_NO_BODY, oh_web_handle_delete_greeting },
};

/* --- A request's life --- */

static OhWeb *
ref_web (OhWeb *web)
{
  g_atomic_ref_count_inc (&web->references);
  return web;
}

static void
unref_web (OhWeb *web)
{
  if (!g_atomic_ref_count_dec (&web->references))
    return;
  oh_limits_free (web->sign_ins);
  oh_lockout_free (web->lockout);
  oh_lockout_free (web->account_lockout);
  oh_limits_free (web->wrong_links);
  if (web->sockets)
    oh_web_sockets_unref (web->sockets);
  g_ptr_array_unref (web->choices);
  g_free (web);
}

static void
free_request (OhWebRequest *request)
{
  g_byte_array_unref (request->body);
  g_free (request->argument);
  g_clear_pointer (&request->query, g_hash_table_unref);
  g_clear_pointer (&request->directory, oh_directory_unref);
  g_clear_pointer (&request->json, json_object_unref);
  unref_web (request->web);
  g_free (request);
}

/* Only a message that waits for its store answer can be gone when it is answered. */
static void
on_disconnected (SoupServerMessage *message, gpointer user_data)
{
  OhWebRequest *request = user_data;

  request->gone = TRUE;
}

static gsize
get_limit (const OhWebRequest *request)
{
  if (!request->route)
    return MAX_JSON;
  return request->route->body == OH_WEB_SOUND  ? MAX_SOUND
         : request->route->body == OH_WEB_FORM ? MAX_FORM
                                               : MAX_JSON;
}

static void
on_chunk (SoupServerMessage *message, GBytes *chunk, gpointer user_data)
{
  OhWebRequest *request = user_data;
  gsize size;
  const guint8 *data = g_bytes_get_data (chunk, &size);

  if (request->too_big)
    return;
  if (request->body->len + size > get_limit (request))
    {
      request->too_big = TRUE;
      g_byte_array_set_size (request->body, 0);
      /* What still comes is thrown away, but not for ever. */
      oh_connections_set_deadline (request->web->connections,
                                   soup_server_message_get_remote_address (message), 5);
      return;
    }
  g_byte_array_append (request->body, data, (guint)size);
}

/* '*' stands for one part without '/', '>' for whatever follows. */
static gboolean
matches (const char *pattern, const char *path, char **argument)
{
  const char *star = strchr (pattern, '*');
  const char *rest = strchr (pattern, '>');
  gsize before = star ? (gsize)(star - pattern) : 0;
  gsize length;

  if (rest && strncmp (pattern, path, (gsize)(rest - pattern)) == 0)
    {
      *argument = g_strdup (path + (rest - pattern));
      return TRUE;
    }
  if (!star)
    return strcmp (pattern, path) == 0;
  if (strncmp (pattern, path, before) != 0)
    return FALSE;
  length = strcspn (path + before, "/");
  if (length == 0 || length > 64 || strcmp (path + before + length, star + 1) != 0)
    return FALSE;
  *argument = g_strndup (path + before, length);
  return TRUE;
}

static const OhWebRoute *
find_route (const char *method, const char *path, char **argument)
{
  if (strcmp (method, "HEAD") == 0)
    method = "GET";
  for (gsize i = 0; i < G_N_ELEMENTS (routes); i++)
    if (strcmp (routes[i].method, method) == 0 && matches (routes[i].path, path, argument))
      return &routes[i];
  return NULL;
}

/* Headers are read: from here on the body is counted, and thrown away where it is too much. */
static void
on_headers (SoupServer *server,
            SoupServerMessage *message,
            const char *path,
            GHashTable *query,
            gpointer user_data)
{
  OhWeb *web = user_data;
  OhWebRequest *request = g_new0 (OhWebRequest, 1);
  SoupMessageHeaders *headers = soup_server_message_get_request_headers (message);

  request->web = ref_web (web);
  request->message = message;
  request->body = g_byte_array_new ();
  request->route = find_route (soup_server_message_get_method (message), path, &request->argument);
  request->too_big = soup_message_headers_get_content_length (headers)
                     > (goffset)get_limit (request);
  soup_message_body_set_accumulate (soup_server_message_get_request_body (message), FALSE);
  g_object_set_data (G_OBJECT (message), "oh-request", request);
  /* libsoup keeps no connection that it did not accept itself (docs/libraries.md). */
  soup_message_headers_replace (soup_server_message_get_response_headers (message), "Connection",
                                "close");
  g_signal_connect (message, "got-chunk", G_CALLBACK (on_chunk), request);
  g_signal_connect (message, "disconnected", G_CALLBACK (on_disconnected), request);
  oh_connections_set_deadline (web->connections, soup_server_message_get_remote_address (message),
                               request->too_big                                         ? 5
                               : request->route && request->route->body == OH_WEB_SOUND ? UPLOAD_S
                                                                                        : BODY_S);
}

/* --- Checks before the handler --- */

/* Authorization: Bearer DEVICE_ID.SECRET */
static gboolean
check_device (OhWebRequest *request)
{
  const char *given = soup_message_headers_get_one (
      soup_server_message_get_request_headers (request->message), "Authorization");
  g_auto (GStrv) parts = NULL;

  request->directory = oh_store_dup_directory (request->web->store);
  if (given && strlen (given) < 200 && g_ascii_strncasecmp (given, "Bearer ", 7) == 0)
    parts = g_strsplit (given + 7, ".", 2);
  if (!parts || g_strv_length (parts) != 2
      || !oh_directory_check_secret (request->directory, parts[0], parts[1]))
    {
      oh_web_answer_error (request, SOUP_STATUS_UNAUTHORIZED, "sign-in-needed",
                           "This device is not signed in, or was signed out; sign in again");
      return FALSE;
    }
  request->device = oh_directory_find_device (request->directory, parts[0]);
  oh_store_touch_device (request->web->store, parts[0]);
  return TRUE;
}

static gboolean
check_json (OhWebRequest *request)
{
  const char *type = soup_message_headers_get_content_type (
      soup_server_message_get_request_headers (request->message), NULL);
  g_autoptr (GError) error = NULL;

  if (g_strcmp0 (type, "application/json") != 0)
    {
      oh_web_answer_error (request, SOUP_STATUS_UNSUPPORTED_MEDIA_TYPE, "json-needed",
                           "Send Content-Type: application/json");
      return FALSE;
    }
  request->json = oh_json_parse_object ((const char *)request->body->data, request->body->len,
                                        &error);
  if (request->json)
    return TRUE;
  oh_web_answer_gerror (request, error);
  return FALSE;
}

/* The methods of @path, "GET, HEAD, POST"; "": there is no such page. Transfer full. */
static char *
dup_methods (const char *path)
{
  GString *methods = g_string_new (NULL);

  for (gsize i = 0; i < G_N_ELEMENTS (routes); i++)
    {
      g_autofree char *argument = NULL;

      if (matches (routes[i].path, path, &argument))
        g_string_append_printf (methods, "%s%s%s", methods->len ? ", " : "", routes[i].method,
                                strcmp (routes[i].method, "GET") == 0 ? ", HEAD" : "");
    }
  return g_string_free (methods, FALSE);
}

static void
answer_no_route (OhWebRequest *request, const char *path)
{
  g_autofree char *methods = dup_methods (path);

  if (!*methods)
    {
      oh_web_answer_error (request, SOUP_STATUS_NOT_FOUND, "not-found", "There is nothing here");
      return;
    }
  if (!request->gone)
    soup_message_headers_replace (soup_server_message_get_response_headers (request->message),
                                  "Allow", methods);
  oh_web_answer_error (request, SOUP_STATUS_METHOD_NOT_ALLOWED, "method-not-allowed",
                       "This address does not know that method");
}

static void
on_request (SoupServer *server,
            SoupServerMessage *message,
            const char *path,
            GHashTable *query,
            gpointer user_data)
{
  OhWeb *web = user_data;
  OhWebRequest *request = g_object_get_data (G_OBJECT (message), "oh-request");

  if (!request)
    {
      soup_server_message_set_status (message, SOUP_STATUS_BAD_REQUEST, NULL);
      return;
    }
  oh_connections_set_deadline (web->connections, soup_server_message_get_remote_address (message),
                               0);
  g_object_ref (message);
  g_object_steal_data (G_OBJECT (message), "oh-request");
  request->query = query ? g_hash_table_ref (query) : NULL;
  soup_server_message_pause (message);

  if (request->too_big)
    oh_web_answer_error (request, SOUP_STATUS_REQUEST_ENTITY_TOO_LARGE, "too-large",
                         "The body is too large");
  else if (!request->route)
    answer_no_route (request, path);
  else if (request->route->access == OH_WEB_OPEN || check_device (request))
    {
      if (request->route->body != OH_WEB_JSON || check_json (request))
        request->route->handle (request);
    }
}

/* The end of every request; called by the answers. */
static void
finish (OhWebRequest *request)
{
  SoupServerMessage *message = request->message;

  g_signal_handlers_disconnect_by_data (message, request);
  if (!request->gone && !request->web->closed)
    soup_server_message_unpause (message);
  free_request (request);
  g_object_unref (message);
}

/* --- Answers --- */

static void
answer (OhWebRequest *request, guint status, const char *type, GBytes *data, const char *policy)
{
  SoupMessageHeaders *headers;

  if (!request->gone && !request->web->closed)
    {
      headers = soup_server_message_get_response_headers (request->message);
      soup_message_headers_replace (headers, "Cache-Control", "no-store");
      soup_message_headers_replace (headers, "X-Content-Type-Options", "nosniff");
      soup_message_headers_replace (headers, "X-Frame-Options", "DENY");
      soup_message_headers_replace (headers, "Referrer-Policy", "no-referrer");
      soup_message_headers_replace (headers, "X-Robots-Tag", "noindex, nofollow");
      soup_message_headers_replace (headers, "Content-Security-Policy", policy);
      soup_server_message_set_status (request->message, status, NULL);
      if (data)
        {
          soup_message_headers_set_content_type (headers, type, NULL);
          soup_message_body_append_bytes (soup_server_message_get_response_body (request->message),
                                          data);
        }
    }
  finish (request);
}

void
oh_web_answer_data (OhWebRequest *request, const char *type, GBytes *data)
{
  answer (request, SOUP_STATUS_OK, type, data, "default-src 'none'; frame-ancestors 'none'");
}

void
oh_web_answer_json_status (OhWebRequest *request, guint status, const char *json)
{
  g_autoptr (GBytes) data = g_bytes_new (json, strlen (json));

  answer (request, status, "application/json", data, "default-src 'none'; frame-ancestors 'none'");
}

void
oh_web_answer_json (OhWebRequest *request, const char *json)
{
  oh_web_answer_json_status (request, SOUP_STATUS_OK, json);
}

void
oh_web_answer_empty (OhWebRequest *request)
{
  answer (request, SOUP_STATUS_NO_CONTENT, NULL, NULL,
          "default-src 'none'; frame-ancestors 'none'");
}

void
oh_web_answer_page (OhWebRequest *request, guint status, const char *html, const char *policy)
{
  g_autoptr (GBytes) data = g_bytes_new (html, strlen (html));

  answer (request, status, "text/html; charset=utf-8", data, policy);
}

void
oh_web_answer_upgrade (OhWebRequest *request)
{
  if (!request->gone && !request->web->closed)
    soup_websocket_server_process_handshake (request->message, NULL, NULL, NULL, NULL);
  finish (request);
}

void
oh_web_answer_see_same (OhWebRequest *request)
{
  const char *path = g_uri_get_path (soup_server_message_get_uri (request->message));

  if (!request->gone)
    soup_message_headers_replace (soup_server_message_get_response_headers (request->message),
                                  "Location", path);
  answer (request, SOUP_STATUS_SEE_OTHER, NULL, NULL, "default-src 'none'; frame-ancestors 'none'");
}

void
oh_web_answer_error (OhWebRequest *request, guint status, const char *code, const char *message)
{
  g_autoptr (JsonObject) object = json_object_new ();
  g_autofree char *valid = g_utf8_make_valid (message, -1);
  g_autofree char *json = NULL;
  g_autoptr (GBytes) data = NULL;

  json_object_set_string_member (object, "error", code);
  json_object_set_string_member (object, "message", valid);
  json = oh_json_object_to_string (object);
  data = g_bytes_new (json, strlen (json));
  if (status == SOUP_STATUS_UNAUTHORIZED && !request->gone)
    soup_message_headers_replace (soup_server_message_get_response_headers (request->message),
                                  "WWW-Authenticate", "Bearer");
  answer (request, status, "application/json", data, "default-src 'none'; frame-ancestors 'none'");
}

static void
answer_retry (
    OhWebRequest *request, guint status, const char *code, guint retry_s, const char *message)
{
  g_autofree char *seconds = g_strdup_printf ("%u", MAX (retry_s, 1));

  if (!request->gone)
    soup_message_headers_replace (soup_server_message_get_response_headers (request->message),
                                  "Retry-After", seconds);
  oh_web_answer_error (request, status, code, message);
}

void
oh_web_answer_later (OhWebRequest *request, guint retry_s, const char *message)
{
  answer_retry (request, 429, "try-later", retry_s, message);
}

void
oh_web_answer_busy (OhWebRequest *request, guint retry_s, const char *message)
{
  answer_retry (request, SOUP_STATUS_SERVICE_UNAVAILABLE, "busy", retry_s, message);
}

void
oh_web_answer_gerror (OhWebRequest *request, const GError *error)
{
  static const struct
  {
    int code;
    guint status;
    const char *name;
  } known[] = {
    { OH_ERROR_INVALID, SOUP_STATUS_BAD_REQUEST, "invalid" },
    { OH_ERROR_NOT_FOUND, SOUP_STATUS_NOT_FOUND, "not-found" },
    { OH_ERROR_EXISTS, SOUP_STATUS_CONFLICT, "exists" },
    { OH_ERROR_DENIED, SOUP_STATUS_FORBIDDEN, "denied" },
    { OH_ERROR_LIMIT, SOUP_STATUS_INSUFFICIENT_STORAGE, "limit" },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (known); i++)
    if (g_error_matches (error, OH_ERROR, known[i].code))
      {
        oh_web_answer_error (request, known[i].status, known[i].name, error->message);
        return;
      }
  g_warning ("a web request failed: %s", error->message);
  oh_web_answer_error (request, SOUP_STATUS_INTERNAL_SERVER_ERROR, "failed",
                       "The call server could not do this; its log says why");
}

/* --- Answers of the store --- */

static void
on_json_ready (const char *json, const GError *error, gpointer user_data)
{
  if (error)
    oh_web_answer_gerror (user_data, error);
  else
    oh_web_answer_json (user_data, json);
}

static void
on_done (const char *json, const GError *error, gpointer user_data)
{
  if (error)
    oh_web_answer_gerror (user_data, error);
  else
    oh_web_answer_empty (user_data);
}

OhStoreReply
oh_web_reply (OhWebRequest *request, OhStoreFunc func)
{
  return (OhStoreReply){ &request->web->executor, func, request };
}

OhStoreReply
oh_web_reply_json (OhWebRequest *request)
{
  return oh_web_reply (request, on_json_ready);
}

OhStoreReply
oh_web_reply_empty (OhWebRequest *request)
{
  return oh_web_reply (request, on_done);
}

/* --- The server --- */

static GTlsCertificate *
load_certificate (const OhServerConfig *config, GError **error)
{
  g_autofree char *agent = g_build_filename (config->tls_dir, "agent.pem", NULL);
  g_autofree char *rest = g_build_filename (config->tls_dir, "cafile.pem", NULL);
  g_autofree char *agent_pem = NULL;
  g_autofree char *rest_pem = NULL;
  g_autofree char *all = NULL;

  if (!g_file_get_contents (agent, &agent_pem, NULL, error)
      || !g_file_get_contents (rest, &rest_pem, NULL, error))
    return NULL;
  /* Key, certificate, then what is above it. */
  all = g_strconcat (agent_pem, rest_pem, NULL);
  return g_tls_certificate_new_from_pem (all, -1, error);
}

static void
on_connected (GIOStream *stream, GSocketAddress *local, GSocketAddress *remote, gpointer user_data)
{
  OhWeb *web = user_data;
  g_autoptr (GError) error = NULL;

  oh_connections_set_deadline (web->connections, remote, HEADERS_S);
  if (!soup_server_accept_iostream (web->server, stream, local, remote, &error))
    g_debug ("a web connection was refused: %s", error->message);
}

/* The client went away before its request was read to the end. */
static void
on_request_aborted (SoupServer *server, SoupServerMessage *message, gpointer user_data)
{
  OhWebRequest *request = g_object_steal_data (G_OBJECT (message), "oh-request");

  if (!request)
    return;
  g_signal_handlers_disconnect_by_data (message, request);
  free_request (request);
}

static OhLimits *
make_limits (const OhServerConfig *config)
{
  return oh_limits_new (config->sign_ins_per_minute, config->sign_ins_per_minute, 10000);
}

OhWeb *
oh_web_new (OhStore *store,
            const OhServerConfig *config,
            OhLinks *links,
            guint16 sip_tls_port,
            GError **error)
{
  g_autoptr (GTlsCertificate) certificate = load_certificate (config, error);
  OhConnections *connections;
  OhWeb *web;

  if (!certificate)
    {
      g_prefix_error (error, "cannot load the certificate from %s: ", config->tls_dir);
      return NULL;
    }
  web = g_new0 (OhWeb, 1);
  connections = oh_connections_new (config->web_address, config->web_port, certificate,
                                    on_connected, web, error);
  if (!connections)
    {
      g_free (web);
      return NULL;
    }
  g_atomic_ref_count_init (&web->references);
  web->store = store;
  web->config = config;
  web->links = links;
  web->sip_tls_port = sip_tls_port;
  web->executor = oh_executor_for_context (g_main_context_get_thread_default ());
  web->connections = connections;
  web->sign_ins = make_limits (config);
  web->lockout = oh_lockout_new (TRIES_OF_SOURCE, 10000);
  web->account_lockout = oh_lockout_new (TRIES_OF_ALL, 10000);
  oh_web_links_start (web);
  web->server = soup_server_new (NULL, NULL);
  soup_server_add_early_handler (web->server, NULL, on_headers, web, NULL);
  soup_server_add_handler (web->server, NULL, on_request, web, NULL);
  g_signal_connect (web->server, "request-aborted", G_CALLBACK (on_request_aborted), web);
  return web;
}

void
oh_web_set_desk (OhWeb *web, OhImDesk *desk)
{
  web->desk = desk;
}

void
oh_web_start_calls (OhWeb *web, OhExchange *exchange)
{
  web->sockets = oh_web_sockets_new (web, exchange);
}

guint16
oh_web_get_port (OhWeb *web)
{
  return oh_connections_get_port (web->connections);
}

gboolean
oh_web_reload (OhWeb *web, const OhServerConfig *config, GError **error)
{
  g_autoptr (GTlsCertificate) certificate = load_certificate (config, error);

  if (!certificate)
    return FALSE;
  web->config = config;
  oh_limits_free (web->sign_ins);
  web->sign_ins = make_limits (config);
  if (web->lines)
    oh_web_lines_set_config (web->lines, config);
  oh_connections_set_certificate (web->connections, certificate);
  return TRUE;
}

void
oh_web_free (OhWeb *web)
{
  if (!web)
    return;
  web->closed = TRUE;
  oh_web_links_stop (web);
  if (web->sockets)
    oh_web_sockets_close (web->sockets);
  soup_server_disconnect (web->server);
  g_signal_handlers_disconnect_by_data (web->server, web);
  g_clear_pointer (&web->connections, oh_connections_free);
  g_clear_object (&web->server);
  unref_web (web);
}
