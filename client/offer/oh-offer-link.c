/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "oh-client"

#include "client/offer/oh-offer-link.h"

#include "base/oh-error.h"
#include "client/account/oh-json.h"
#include "client/account/oh-trust.h"
#include "oh-config.h"

#include <string.h>

#define TIMEOUT_S 10
#define MAX_ANSWER 16384

struct _OhOfferLink
{
  GObject parent;
  SoupSession *asking;
  SoupSession *talking; /* its connection may be silent for long */
  OhTrust *trust;
  char *server; /* "https://host:port" */
  char *token;
};

G_DEFINE_FINAL_TYPE (OhOfferLink, oh_offer_link, G_TYPE_OBJECT)

static void
finalize (GObject *object)
{
  OhOfferLink *link = OH_OFFER_LINK (object);

  soup_session_abort (link->asking);
  soup_session_abort (link->talking);
  g_object_unref (link->asking);
  g_object_unref (link->talking);
  oh_trust_free (link->trust);
  g_free (link->server);
  explicit_bzero (link->token, strlen (link->token));
  g_free (link->token);
  G_OBJECT_CLASS (oh_offer_link_parent_class)->finalize (object);
}

static void
oh_offer_link_class_init (OhOfferLinkClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = finalize;
}

static void
oh_offer_link_init (OhOfferLink *link)
{
  const char *agent = "Offhook/" OH_VERSION;

  link->asking = soup_session_new_with_options ("timeout", TIMEOUT_S, "user-agent", agent, NULL);
  link->talking = soup_session_new_with_options ("user-agent", agent, NULL);
}

OhOfferLink *
oh_offer_link_new (const OhAccountSettings *settings, const char *token)
{
  OhOfferLink *link = g_object_new (OH_TYPE_OFFER_LINK, NULL);

  link->trust = oh_trust_new (settings->fingerprint, settings->sip_ca);
  link->server = g_strdup (settings->server);
  link->token = g_strdup (token);
  return link;
}

gboolean
oh_offer_link_is_local (OhOfferLink *link)
{
  g_autoptr (GUri) uri = g_uri_parse (link->server, SOUP_HTTP_URI_FLAGS, NULL);
  const char *host = uri ? g_uri_get_host (uri) : NULL;
  g_autoptr (GInetAddress) address = host ? g_inet_address_new_from_string (host) : NULL;

  return g_strcmp0 (host, "localhost") == 0
         || (address && g_inet_address_get_is_loopback (address));
}

static gboolean
on_accept_certificate (SoupMessage *message,
                       GTlsCertificate *certificate,
                       GTlsCertificateFlags problems,
                       OhOfferLink *link)
{
  return oh_trust_accepts (link->trust, certificate, soup_message_get_uri (message));
}

/* @rest: after the token, or "". NULL and @error: the account's server has no address. */
static SoupMessage *
new_message (OhOfferLink *link, const char *method, const char *rest, GError **error)
{
  g_autofree char *uri = g_strconcat (link->server, "/o/", link->token, rest, NULL);
  SoupMessage *message = soup_message_new (method, uri);

  explicit_bzero (uri, strlen (uri));
  if (!message)
    {
      g_set_error (error, OH_ERROR, OH_ERROR_INVALID, "not a server's address: %s", link->server);
      return NULL;
    }
  soup_message_add_flags (message, SOUP_MESSAGE_NO_REDIRECT);
  g_signal_connect_object (message, "accept-certificate", G_CALLBACK (on_accept_certificate), link,
                           0);
  return message;
}

/* --- Asking and choosing --- */

typedef struct
{
  SoupMessage *message;
  char answer[MAX_ANSWER + 1];
} Asking;

static void
asking_free (gpointer data)
{
  Asking *asking = data;

  g_object_unref (asking->message);
  g_free (asking);
}

/* 409 comes with the description too: something else was first. */
static OhOfferInfo *
read_answer (const Asking *asking, gsize length, GError **error)
{
  guint status = soup_message_get_status (asking->message);
  g_autoptr (JsonNode) node = length <= MAX_ANSWER ? oh_json_parse (asking->answer, length) : NULL;

  if (status == SOUP_STATUS_OK || status == SOUP_STATUS_ACCEPTED || status == SOUP_STATUS_CONFLICT)
    return oh_offer_info_from_json (node, error);
  if (status == SOUP_STATUS_NOT_FOUND)
    g_set_error (error, OH_ERROR, OH_ERROR_NOT_FOUND, "the link leads to no call");
  else
    g_set_error (error, OH_ERROR, OH_ERROR_FAILED, "the link's server answered %u", status);
  return NULL;
}

static void
on_read (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = user_data;
  GError *error = NULL;
  OhOfferInfo *info = NULL;
  gsize length = 0;

  if (g_input_stream_read_all_finish (G_INPUT_STREAM (source), result, &length, &error))
    info = read_answer (g_task_get_task_data (task), length, &error);
  if (info)
    g_task_return_pointer (task, info, (GDestroyNotify)oh_offer_info_free);
  else
    g_task_return_error (task, error);
}

static void
on_sent (GObject *source, GAsyncResult *result, gpointer user_data)
{
  GTask *task = user_data;
  Asking *asking = g_task_get_task_data (task);
  GError *error = NULL;
  g_autoptr (GInputStream) stream = soup_session_send_finish (SOUP_SESSION (source), result,
                                                              &error);

  if (!stream)
    {
      g_task_return_error (task, error);
      g_object_unref (task);
      return;
    }
  g_input_stream_read_all_async (stream, asking->answer, sizeof asking->answer, G_PRIORITY_DEFAULT,
                                 g_task_get_cancellable (task), on_read, task);
}

static void
set_choice (SoupMessage *message, OhCallOption option)
{
  char *form = g_strdup_printf ("option=%d", option);
  g_autoptr (GBytes) body = g_bytes_new_take (form, strlen (form));

  soup_message_set_request_body_from_bytes (message, SOUP_FORM_MIME_TYPE_URLENCODED, body);
}

void
oh_offer_link_ask_async (OhOfferLink *link,
                         OhCallOption option,
                         GCancellable *cancellable,
                         GAsyncReadyCallback callback,
                         gpointer user_data)
{
  GTask *task = g_task_new (link, cancellable, callback, user_data);
  GError *error = NULL;
  SoupMessage *message = new_message (link, option ? "POST" : "GET", "", &error);
  Asking *asking;

  if (!message)
    {
      g_task_return_error (task, error);
      g_object_unref (task);
      return;
    }
  soup_message_headers_replace (soup_message_get_request_headers (message), "Accept",
                                "application/json");
  if (option)
    set_choice (message, option);
  asking = g_new0 (Asking, 1);
  asking->message = message;
  g_task_set_task_data (task, asking, asking_free);
  soup_session_send_async (link->asking, message, G_PRIORITY_DEFAULT, cancellable, on_sent, task);
}

OhOfferInfo *
oh_offer_link_ask_finish (OhOfferLink *link, GAsyncResult *result, GError **error)
{
  g_return_val_if_fail (g_task_is_valid (result, link), NULL);
  return g_task_propagate_pointer (G_TASK (result), error);
}

/* --- Talking --- */

static void
on_connected (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = user_data;
  GError *error = NULL;
  SoupWebsocketConnection *connection = soup_session_websocket_connect_finish (
      SOUP_SESSION (source), result, &error);

  if (connection)
    g_task_return_pointer (task, connection, g_object_unref);
  else
    g_task_return_error (task, error);
}

void
oh_offer_link_connect_async (OhOfferLink *link,
                             const char *resume,
                             GCancellable *cancellable,
                             GAsyncReadyCallback callback,
                             gpointer user_data)
{
  GTask *task = g_task_new (link, cancellable, callback, user_data);
  g_autofree char *rest = resume ? g_strconcat ("/socket?resume=", resume, NULL)
                                 : g_strdup ("/socket");
  GError *error = NULL;
  g_autoptr (SoupMessage) message = new_message (link, "GET", rest, &error);

  if (message)
    soup_session_websocket_connect_async (link->talking, message, link->server, NULL,
                                          G_PRIORITY_DEFAULT, cancellable, on_connected, task);
  else
    {
      g_task_return_error (task, error);
      g_object_unref (task);
    }
}

SoupWebsocketConnection *
oh_offer_link_connect_finish (OhOfferLink *link, GAsyncResult *result, GError **error)
{
  g_return_val_if_fail (g_task_is_valid (result, link), NULL);
  return g_task_propagate_pointer (G_TASK (result), error);
}
