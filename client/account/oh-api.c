/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "oh-client"

#include "client/account/oh-api.h"

#include "base/oh-error.h"
#include "client/account/oh-fingerprint.h"
#include "client/account/oh-json.h"
#include "client/account/oh-trust.h"
#include "client/oh-client.h"

#include <libsoup/soup.h>
#include <string.h>

#define PREFIX "/api/v1"
#define TIMEOUT_S 15
#define MAX_JSON (1024 * 1024)
#define MAX_SOUND (64 * 1024 * 1024)

struct _OhApi
{
  GObject parent;
  SoupSession *session;
  char *server;
  OhTrust *trust;
  char *authorization;
  char *refused;
};

G_DEFINE_FINAL_TYPE (OhApi, oh_api, G_TYPE_OBJECT)

static void
finalize (GObject *object)
{
  OhApi *api = OH_API (object);

  soup_session_abort (api->session);
  g_object_unref (api->session);
  oh_trust_free (api->trust);
  g_free (api->server);
  if (api->authorization)
    explicit_bzero (api->authorization, strlen (api->authorization));
  g_free (api->authorization);
  g_free (api->refused);
  G_OBJECT_CLASS (oh_api_parent_class)->finalize (object);
}

static void
oh_api_class_init (OhApiClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = finalize;
}

static void
oh_api_init (OhApi *api)
{
  api->session = soup_session_new_with_options ("timeout", TIMEOUT_S, "user-agent", "Offhook",
                                                NULL);
}

OhApi *
oh_api_new (const char *server, const char *fingerprint, const char *authority)
{
  OhApi *api = g_object_new (OH_TYPE_API, NULL);

  api->server = g_strdup (server);
  api->trust = oh_trust_new (fingerprint, authority);
  return api;
}

void
oh_api_set_token (OhApi *api, const char *device_id, const char *secret)
{
  g_return_if_fail (OH_IS_API (api));
  g_free (api->authorization);
  api->authorization = g_strdup_printf ("Bearer %s.%s", device_id, secret);
}

const char *
oh_api_get_refused_fingerprint (OhApi *api)
{
  g_return_val_if_fail (OH_IS_API (api), NULL);
  return api->refused;
}

static gboolean
on_accept_certificate (SoupMessage *message,
                       GTlsCertificate *certificate,
                       GTlsCertificateFlags problems,
                       OhApi *api)
{
  if (oh_trust_accepts (api->trust, certificate, soup_message_get_uri (message)))
    return TRUE;
  g_free (api->refused);
  api->refused = oh_fingerprint_of (certificate);
  return FALSE;
}

static SoupMessage *
new_message (OhApi *api, const char *method, const char *path, JsonNode *body, GError **error)
{
  g_autofree char *uri = g_strconcat (api->server, PREFIX, path, NULL);
  SoupMessage *message = soup_message_new (method, uri);

  if (!message)
    {
      g_set_error (error, OH_SIGN_IN_ERROR, OH_SIGN_IN_ERROR_ADDRESS, "not a server's address: %s",
                   api->server);
      return NULL;
    }
  soup_message_add_flags (message, SOUP_MESSAGE_NO_REDIRECT);
  if (api->authorization)
    soup_message_headers_replace (soup_message_get_request_headers (message), "Authorization",
                                  api->authorization);
  if (body)
    {
      char *text = json_to_string (body, FALSE);
      g_autoptr (GBytes) bytes = g_bytes_new_take (text, strlen (text));

      soup_message_set_request_body_from_bytes (message, "application/json", bytes);
    }
  g_signal_connect_object (message, "accept-certificate", G_CALLBACK (on_accept_certificate), api,
                           0);
  return message;
}

/* What came instead of an answer, in the words of OhSignInError and OhError. Takes @error. */
static GError *
translate (GError *error)
{
  GError *translated;

  if (g_error_matches (error, G_IO_ERROR, G_IO_ERROR_CANCELLED))
    return error;
  if (error->domain == G_TLS_ERROR && error->code == G_TLS_ERROR_BAD_CERTIFICATE)
    translated = g_error_new (OH_SIGN_IN_ERROR, OH_SIGN_IN_ERROR_CERTIFICATE,
                              "the server's certificate is not known here");
  else if (error->domain == G_TLS_ERROR)
    translated = g_error_new (OH_SIGN_IN_ERROR, OH_SIGN_IN_ERROR_NOT_OURS, "%s", error->message);
  else
    translated = g_error_new (OH_SIGN_IN_ERROR, OH_SIGN_IN_ERROR_UNREACHABLE, "%s", error->message);
  g_error_free (error);
  return translated;
}

/* NULL for a good status. @node: the body where it was JSON. */
static GError *
error_of_status (guint status, JsonNode *node)
{
  JsonObject *object = node && JSON_NODE_HOLDS_OBJECT (node) ? json_node_get_object (node) : NULL;
  const char *said = oh_json_get_text (object, "message");
  g_autofree char *words = said ? g_strdup (said) : g_strdup_printf ("status %u", status);

  if (status >= 200 && status < 300)
    return NULL;
  if (!oh_json_get_text (object, "error"))
    return g_error_new (OH_SIGN_IN_ERROR,
                        status >= 500 ? OH_SIGN_IN_ERROR_SERVER : OH_SIGN_IN_ERROR_NOT_OURS,
                        "no call server answers there (%s)", words);
  switch (status)
    {
    case 401:
    case 403:
      return g_error_new (OH_SIGN_IN_ERROR, OH_SIGN_IN_ERROR_PASSWORD, "%s", words);
    case 400:
      return g_error_new (OH_ERROR, OH_ERROR_INVALID, "%s", words);
    case 404:
      return g_error_new (OH_ERROR, OH_ERROR_NOT_FOUND, "%s", words);
    case 409:
      return g_error_new (OH_ERROR, OH_ERROR_EXISTS, "%s", words);
    case 507:
      return g_error_new (OH_ERROR, OH_ERROR_LIMIT, "%s", words);
    case 429:
      return g_error_new (OH_SIGN_IN_ERROR, OH_SIGN_IN_ERROR_LOCKED, "%s", words);
    default:
      return g_error_new (OH_SIGN_IN_ERROR, OH_SIGN_IN_ERROR_SERVER, "%s", words);
    }
}

/* --- JSON --- */

/* One request under way; a chunk read from the body is added until the end or the limit. */
typedef struct
{
  SoupMessage *message;
  GByteArray *body;
  gsize limit;
  char *target; /* download: the file, else NULL */
} Asking;

static void
asking_free (gpointer data)
{
  Asking *asking = data;

  g_clear_object (&asking->message);
  g_byte_array_unref (asking->body);
  g_free (asking->target);
  g_free (asking);
}

static JsonNode *
parse (const Asking *asking)
{
  if (!asking->body->len)
    return json_node_new (JSON_NODE_NULL);
  return oh_json_parse ((const char *)asking->body->data, asking->body->len);
}

static void
finish_json (GTask *task, Asking *asking)
{
  JsonNode *node = parse (asking);
  GError *error = error_of_status (soup_message_get_status (asking->message), node);

  if (!error && !node)
    error = g_error_new (OH_SIGN_IN_ERROR, OH_SIGN_IN_ERROR_NOT_OURS,
                         "no call server answers there (no JSON)");
  if (!error)
    {
      g_task_return_pointer (task, node, (GDestroyNotify)json_node_unref);
      return;
    }
  g_clear_pointer (&node, json_node_unref);
  g_task_return_error (task, error);
}

static void
finish_download (GTask *task, Asking *asking)
{
  guint status = soup_message_get_status (asking->message);
  g_autoptr (JsonNode) node = status >= 300 ? parse (asking) : NULL;
  GError *error = error_of_status (status, node);

  if (!error
      && !g_file_set_contents_full (asking->target, (const char *)asking->body->data,
                                    asking->body->len, G_FILE_SET_CONTENTS_CONSISTENT, 0600,
                                    &error))
    g_prefix_error (&error, "the message can't be kept: ");
  if (error)
    g_task_return_error (task, error);
  else
    g_task_return_boolean (task, TRUE);
}

static void read_on (GInputStream *stream, GTask *task);

static void
on_chunk_ready (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = user_data;
  Asking *asking = g_task_get_task_data (task);
  GError *error = NULL;
  g_autoptr (GBytes) chunk = g_input_stream_read_bytes_finish (G_INPUT_STREAM (source), result,
                                                               &error);

  if (!chunk)
    {
      g_task_return_error (task, translate (error));
      return;
    }
  if (g_bytes_get_size (chunk))
    {
      g_byte_array_append (asking->body, g_bytes_get_data (chunk, NULL), g_bytes_get_size (chunk));
      if (asking->body->len > asking->limit)
        g_task_return_new_error (task, OH_ERROR, OH_ERROR_LIMIT, "the answer is too large");
      else
        read_on (G_INPUT_STREAM (source), g_steal_pointer (&task));
      return;
    }
  if (asking->target)
    finish_download (task, asking);
  else
    finish_json (task, asking);
}

static void
read_on (GInputStream *stream, GTask *task)
{
  g_input_stream_read_bytes_async (stream, 32768, G_PRIORITY_DEFAULT, g_task_get_cancellable (task),
                                   on_chunk_ready, task);
}

static void
on_send_ready (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = user_data;
  GError *error = NULL;
  g_autoptr (GInputStream) stream = soup_session_send_finish (SOUP_SESSION (source), result,
                                                              &error);

  if (!stream)
    g_task_return_error (task, translate (error));
  else
    read_on (stream, g_steal_pointer (&task));
}

static void
ask (OhApi *api, GTask *task, SoupMessage *message, const char *target)
{
  Asking *asking = g_new0 (Asking, 1);

  asking->message = message;
  asking->body = g_byte_array_new ();
  asking->limit = target ? MAX_SOUND : MAX_JSON;
  asking->target = g_strdup (target);
  g_task_set_task_data (task, asking, asking_free);
  soup_session_send_async (api->session, message, G_PRIORITY_DEFAULT, g_task_get_cancellable (task),
                           on_send_ready, task);
}

void
oh_api_call_async (OhApi *api,
                   const char *method,
                   const char *path,
                   JsonNode *body,
                   GCancellable *cancellable,
                   GAsyncReadyCallback callback,
                   gpointer user_data)
{
  g_autoptr (GTask) task = g_task_new (api, cancellable, callback, user_data);
  GError *error = NULL;
  SoupMessage *message = new_message (api, method, path, body, &error);

  if (message)
    ask (api, g_steal_pointer (&task), message, NULL);
  else
    g_task_return_error (task, error);
}

JsonNode *
oh_api_call_finish (OhApi *api, GAsyncResult *result, GError **error)
{
  g_return_val_if_fail (g_task_is_valid (result, api), NULL);
  return g_task_propagate_pointer (G_TASK (result), error);
}

void
oh_api_download_async (OhApi *api,
                       const char *path,
                       const char *target,
                       GCancellable *cancellable,
                       GAsyncReadyCallback callback,
                       gpointer user_data)
{
  g_autoptr (GTask) task = g_task_new (api, cancellable, callback, user_data);
  GError *error = NULL;
  SoupMessage *message = new_message (api, "GET", path, NULL, &error);

  if (message)
    ask (api, g_steal_pointer (&task), message, target);
  else
    g_task_return_error (task, error);
}

gboolean
oh_api_download_finish (OhApi *api, GAsyncResult *result, GError **error)
{
  g_return_val_if_fail (g_task_is_valid (result, api), FALSE);
  return g_task_propagate_boolean (G_TASK (result), error);
}

char *
oh_api_normalize_server (const char *typed, GError **error)
{
  g_autofree char *trimmed = g_strstrip (g_strdup (typed ? typed : ""));
  g_autofree char *text = strstr (trimmed, "://") ? g_strdup (trimmed)
                                                  : g_strconcat ("https://", trimmed, NULL);
  g_autoptr (GUri) uri = g_uri_parse (text, SOUP_HTTP_URI_FLAGS, NULL);
  const char *host = uri ? g_uri_get_host (uri) : NULL;
  int port = uri ? g_uri_get_port (uri) : -1;

  if (!host || !*host || strpbrk (host, " \t") || !g_str_equal (g_uri_get_scheme (uri), "https"))
    {
      g_set_error (error, OH_SIGN_IN_ERROR, OH_SIGN_IN_ERROR_ADDRESS,
                   "not the address of a call server (https://name)");
      return NULL;
    }
  return g_uri_join (G_URI_FLAGS_NONE, "https", NULL, host, port == 443 ? -1 : port, "", NULL,
                     NULL);
}
