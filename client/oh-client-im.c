/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "oh-client"

#include "client/oh-client-private.h"

#include "client/account/oh-account-im-private.h"

/* Who the user is at IM services, as the account's call server keeps it. */

/* One request; @path below "/im"; @body is taken, or NULL. */
static void
ask (OhClient *client,
     OhAccount *account,
     const char *method,
     const char *path,
     JsonObject *body,
     GAsyncReadyCallback callback,
     gpointer user_data)
{
  g_autofree char *whole = g_strconcat ("/im", path, NULL);
  g_autoptr (JsonNode) node = NULL;

  if (body)
    {
      node = json_node_alloc ();
      json_node_init_object (node, body);
      json_object_unref (body);
    }
  oh_client_ask (client, account, method, whole, node, NULL, callback, user_data);
}

static char *
dup_path (gint64 id, const char *verb)
{
  return g_strdup_printf ("/identities/%" G_GINT64_FORMAT "%s", id, verb);
}

void
oh_client_get_account_im_async (OhClient *client,
                                OhAccount *account,
                                GAsyncReadyCallback callback,
                                gpointer user_data)
{
  ask (client, account, "GET", "", NULL, callback, user_data);
}

OhAccountIm *
oh_client_get_account_im_finish (OhClient *client, GAsyncResult *result, GError **error)
{
  g_autoptr (JsonNode) node = oh_client_ask_finish (client, result, error);

  return node ? oh_account_im_from_json (node, error) : NULL;
}

void
oh_client_add_im_address_async (OhClient *client,
                                OhAccount *account,
                                const char *service,
                                const char *name,
                                GAsyncReadyCallback callback,
                                gpointer user_data)
{
  JsonObject *body = json_object_new ();

  json_object_set_string_member (body, "account", service);
  json_object_set_string_member (body, "name", name);
  ask (client, account, "POST", "/identities", body, callback, user_data);
}

void
oh_client_send_im_code_async (OhClient *client,
                              OhAccount *account,
                              gint64 id,
                              GAsyncReadyCallback callback,
                              gpointer user_data)
{
  g_autofree char *path = dup_path (id, "/code");

  ask (client, account, "POST", path, NULL, callback, user_data);
}

gboolean
oh_client_send_im_code_finish (OhClient *client,
                               GAsyncResult *result,
                               OhImCodeSent *sent,
                               GError **error)
{
  g_autoptr (JsonNode) node = oh_client_ask_finish (client, result, error);

  return node && oh_im_code_sent_from_json (node, sent, error);
}

void
oh_client_verify_im_address_async (OhClient *client,
                                   OhAccount *account,
                                   gint64 id,
                                   const char *code,
                                   GAsyncReadyCallback callback,
                                   gpointer user_data)
{
  JsonObject *body = json_object_new ();
  g_autofree char *path = dup_path (id, "/verify");

  json_object_set_string_member (body, "code", code);
  ask (client, account, "POST", path, body, callback, user_data);
}

gboolean
oh_client_verify_im_address_finish (
    OhClient *client, GAsyncResult *result, OhImVerdict *verdict, guint *tries, GError **error)
{
  g_autoptr (JsonNode) node = oh_client_ask_finish (client, result, error);

  return node && oh_im_verdict_from_json (node, verdict, tries, error);
}

void
oh_client_change_im_address_async (OhClient *client,
                                   OhAccount *account,
                                   gint64 id,
                                   gboolean show_number,
                                   GAsyncReadyCallback callback,
                                   gpointer user_data)
{
  JsonObject *body = json_object_new ();
  g_autofree char *path = dup_path (id, "");

  json_object_set_boolean_member (body, "show_number", show_number);
  ask (client, account, "PATCH", path, body, callback, user_data);
}

void
oh_client_remove_im_address_async (OhClient *client,
                                   OhAccount *account,
                                   gint64 id,
                                   GAsyncReadyCallback callback,
                                   gpointer user_data)
{
  g_autofree char *path = dup_path (id, "");

  ask (client, account, "DELETE", path, NULL, callback, user_data);
}

gboolean
oh_client_change_im_address_finish (OhClient *client, GAsyncResult *result, GError **error)
{
  return oh_client_tell_finish (client, result, error);
}
