/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "oh-web"

#include "server/web/oh-certificate.h"
#include "server/web/oh-web-private.h"

#include "base/oh-error.h"
#include "base/oh-redact.h"
#include "server/store/oh-json.h"
#include "server/store/oh-password.h"
#include "server/store/oh-secret.h"

#include <string.h>

/* One sign-in: limits, the user's hash, the password, a new device, the answer. */
typedef struct
{
  OhWebRequest *request;
  const char *user, *password, *device, *program, *version, *instance; /* in request->json */
  char *account, *key; /* of the lockouts: the user, and the user with the source */
  gint64 user_id;
} SignIn;

static void
free_sign_in (SignIn *sign_in)
{
  g_free (sign_in->account);
  g_free (sign_in->key);
  g_free (sign_in);
}

char *
oh_web_dup_address (OhWebRequest *request)
{
  GSocketAddress *remote = soup_server_message_get_remote_address (request->message);

  if (!G_IS_INET_SOCKET_ADDRESS (remote))
    return g_strdup ("");
  return g_inet_address_to_string (
      g_inet_socket_address_get_address (G_INET_SOCKET_ADDRESS (remote)));
}

/* FALSE: too many wrong passwords. TRUE: end_try() must follow. */
static gboolean
begin_try (SignIn *sign_in, guint *retry_s)
{
  OhWeb *web = sign_in->request->web;

  if (!oh_lockout_begin_try (web->lockout, sign_in->key, retry_s))
    return FALSE;
  if (oh_lockout_begin_try (web->account_lockout, sign_in->account, retry_s))
    return TRUE;
  oh_lockout_end_try (web->lockout, sign_in->key, OH_TRY_UNJUDGED);
  return FALSE;
}

static void
end_try (SignIn *sign_in, OhTry outcome)
{
  OhWeb *web = sign_in->request->web;

  oh_lockout_end_try (web->lockout, sign_in->key, outcome);
  oh_lockout_end_try (web->account_lockout, sign_in->account, outcome);
}

static void
answer_device (SignIn *sign_in, JsonObject *device)
{
  OhWebRequest *request = sign_in->request;
  g_autoptr (JsonObject) object = json_object_new ();
  g_autofree char *json = NULL;
  const OhUser *user;
  const char *id = json_object_get_string_member (device, "device_id");

  g_clear_pointer (&request->directory, oh_directory_unref);
  request->directory = oh_store_dup_directory (request->web->store);
  user = oh_directory_find_user_by_id (request->directory, sign_in->user_id);
  if (!user)
    {
      oh_web_answer_error (request, SOUP_STATUS_FORBIDDEN, "denied", "The user was removed");
      return;
    }
  json_object_set_string_member (object, "device_id", id);
  json_object_set_string_member (object, "secret",
                                 json_object_get_string_member (device, "secret"));
  oh_web_describe_user (request, user, id, object);
  json = oh_json_object_to_string (object);
  oh_web_answer_json (request, json);
  oh_secret_free (g_steal_pointer (&json));
}

static void
on_device_added (const char *json, const GError *error, gpointer user_data)
{
  SignIn *sign_in = user_data;
  g_autoptr (JsonObject) device = json ? oh_json_parse_object (json, strlen (json), NULL) : NULL;

  if (device)
    answer_device (sign_in, device);
  else if (g_error_matches (error, OH_ERROR, OH_ERROR_LIMIT))
    oh_web_answer_error (sign_in->request, SOUP_STATUS_CONFLICT, "too-many-devices",
                         error->message);
  else
    oh_web_answer_gerror (sign_in->request, error);
  free_sign_in (sign_in);
}

static void
refuse (SignIn *sign_in)
{
  g_autofree char *address = oh_web_dup_address (sign_in->request);
  g_autofree char *who = oh_printable (sign_in->user, 64);

  /* For tools that ban: who and from where, never what was typed as password. */
  g_message ("sign-in refused: user \"%s\" from %s", who, address);
  oh_web_answer_error (sign_in->request, SOUP_STATUS_UNAUTHORIZED, "wrong-password",
                       "User name or password is wrong");
  free_sign_in (sign_in);
}

static void
on_password_judged (gboolean right, const GError *error, gpointer user_data)
{
  SignIn *sign_in = user_data;
  OhWebRequest *request = sign_in->request;
  OhDeviceInfo info = { .user_id = sign_in->user_id,
                        .name = sign_in->device,
                        .program = sign_in->program,
                        .version = sign_in->version,
                        .instance = sign_in->instance };
  OhStoreReply reply = { &request->web->executor, on_device_added, sign_in };

  end_try (sign_in, error ? OH_TRY_UNJUDGED : right ? OH_TRY_RIGHT : OH_TRY_WRONG);
  if (error)
    {
      oh_web_answer_later (request, 5, error->message);
      free_sign_in (sign_in);
    }
  else if (!right)
    refuse (sign_in);
  else if (request->web->closed)
    {
      oh_web_answer_empty (request);
      free_sign_in (sign_in);
    }
  else
    oh_store_add_device (request->web->store, &info, &reply);
}

static void
on_user_found (const char *json, const GError *error, gpointer user_data)
{
  SignIn *sign_in = user_data;
  OhWebRequest *request = sign_in->request;
  g_autoptr (JsonObject) found = json ? oh_json_parse_object (json, strlen (json), NULL) : NULL;
  g_autofree char *address = NULL;
  g_autofree char *source = NULL;
  const char *hash = NULL;
  guint retry_s = 0;

  if (error && !g_error_matches (error, OH_ERROR, OH_ERROR_NOT_FOUND))
    {
      oh_web_answer_gerror (request, error);
      free_sign_in (sign_in);
      return;
    }
  if (found)
    {
      sign_in->user_id = json_object_get_int_member (found, "user_id");
      hash = json_object_get_string_member (found, "hash");
      sign_in->account = g_strdup_printf ("id:%" G_GINT64_FORMAT, sign_in->user_id);
    }
  else
    sign_in->account = g_strdup_printf ("name:%s", sign_in->user);
  address = oh_web_dup_address (request);
  source = oh_limits_dup_source (address);
  sign_in->key = g_strconcat (source, " ", sign_in->account, NULL);

  if (!begin_try (sign_in, &retry_s))
    {
      oh_web_answer_later (request, retry_s,
                           "Too many wrong passwords; wait a while before the next try");
      free_sign_in (sign_in);
      return;
    }
  oh_password_verify (hash, sign_in->password, &request->web->executor, on_password_judged,
                      sign_in);
}

void
oh_web_handle_sign_in (OhWebRequest *request)
{
  JsonObject *json = request->json;
  g_autoptr (GError) error = NULL;
  g_autofree char *address = oh_web_dup_address (request);
  g_autofree char *source = oh_limits_dup_source (address);
  SignIn *sign_in;
  OhStoreReply reply;
  guint retry_s = 0;

  if (!oh_limits_take (request->web->sign_ins, source, &retry_s))
    {
      oh_web_answer_later (request, retry_s, "Too many sign-ins from this address");
      return;
    }
  sign_in = g_new0 (SignIn, 1);
  sign_in->request = request;
  if (!oh_json_read_string (json, "user", TRUE, 128, &sign_in->user, &error)
      || !oh_json_read_string (json, "password", TRUE, 256, &sign_in->password, &error)
      || !oh_json_read_string (json, "device", FALSE, 64, &sign_in->device, &error)
      || !oh_json_read_string (json, "program", FALSE, 32, &sign_in->program, &error)
      || !oh_json_read_string (json, "version", FALSE, 32, &sign_in->version, &error)
      || !oh_json_read_string (json, "instance", FALSE, 64, &sign_in->instance, &error))
    {
      oh_web_answer_gerror (request, error);
      free_sign_in (sign_in);
      return;
    }
  reply = (OhStoreReply){ &request->web->executor, on_user_found, sign_in };
  oh_store_find_password (request->web->store, sign_in->user, &reply);
}

/* --- What a device must know --- */

static gboolean
is_host_name (const char *host)
{
  gsize length = strlen (host);

  if (g_hostname_is_ip_address (host))
    return TRUE;
  if (length == 0 || length > 253)
    return FALSE;
  for (const char *p = host; *p; p++)
    if (!g_ascii_isalnum (*p) && !strchr (".-", *p))
      return FALSE;
  return TRUE;
}

/* The host by which the client reached us is the one by which SIP reaches us too. */
static char *
dup_sip_host (OhWebRequest *request)
{
  const char *header = soup_message_headers_get_one (
      soup_server_message_get_request_headers (request->message), "Host");
  g_autofree char *text = g_strconcat ("https://", header ? header : "", NULL);
  g_autoptr (GUri) uri = g_uri_parse (text, G_URI_FLAGS_NONE, NULL);
  const char *host = uri ? g_uri_get_host (uri) : NULL;

  if (!host || !is_host_name (host))
    host = oh_server_config_get_name (request->web->config);
  /* One address, not the two that it may resolve to: SIP listens on IPv4 by default. */
  if (strcmp (host, "localhost") == 0)
    return g_strdup ("127.0.0.1");
  return strchr (host, ':') ? g_strdup_printf ("[%s]", host) : g_strdup (host);
}

static void
set_format (JsonObject *object, const char *key, const char *format, ...)
{
  va_list values;
  g_autofree char *text = NULL;

  va_start (values, format);
  text = g_strdup_vprintf (format, values);
  va_end (values);
  json_object_set_string_member (object, key, text);
}

void
oh_web_describe_user (OhWebRequest *request,
                      const OhUser *user,
                      const char *device_id,
                      JsonObject *object)
{
  const OhServerConfig *config = request->web->config;
  g_autofree char *host = dup_sip_host (request);
  g_autofree char *authority = oh_certificate_dup_authority (config);
  JsonArray *numbers = json_array_new ();

  for (char **number = user->numbers; *number; number++)
    json_array_add_string_element (numbers, *number);
  set_format (object, "alias", "%s@%s", user->alias, config->domain);
  json_object_set_string_member (object, "name", user->name);
  json_object_set_array_member (object, "numbers", numbers);
  json_object_set_boolean_member (object, "greeting", user->greeting != NULL);
  json_object_set_int_member (object, "new_messages", user->new_messages);
  json_object_set_int_member (object, "old_messages", user->old_messages);
  json_object_set_string_member (object, "sip_user", device_id);
  json_object_set_string_member (object, "sip_realm", config->domain);
  set_format (object, "sip_aor", "sip:%s@%s", user->alias, config->domain);
  set_format (object, "sip_proxy", "sip:%s:%u;transport=tls", host, request->web->sip_tls_port);
  json_object_set_string_member (object, "sip_tls_name", oh_certificate_get_name (config));
  json_object_set_string_member (object, "sip_ca", authority);
  json_object_set_string_member (object, "echo_number", "*43");
  json_object_set_string_member (object, "voicemail_number", "*97");
}
