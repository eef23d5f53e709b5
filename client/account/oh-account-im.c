/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "client/account/oh-account-im-private.h"

#include "base/oh-error.h"
#include "client/account/oh-json.h"

#include <string.h>

#define MAX_ROWS 100

static void
free_service (gpointer data)
{
  OhImService *service = data;

  g_free (service->name);
  g_free (service->protocol);
  g_free (service->address);
  g_free (service);
}

static void
free_address (gpointer data)
{
  OhImAddress *address = data;

  g_free (address->service);
  g_free (address->name);
  g_free (address->presence);
  g_free (address);
}

void
oh_account_im_free (OhAccountIm *im)
{
  if (!im)
    return;
  g_free (im->links);
  g_ptr_array_unref (im->services);
  g_ptr_array_unref (im->addresses);
  g_free (im);
}

const OhImService *
oh_account_im_find_service (const OhAccountIm *im, const char *name)
{
  for (guint i = 0; i < im->services->len; i++)
    if (strcmp (((const OhImService *)im->services->pdata[i])->name, name) == 0)
      return im->services->pdata[i];
  return NULL;
}

/* --- From outside --- */

static gpointer
parse_service (JsonObject *object)
{
  OhImService *service = g_new0 (OhImService, 1);

  service->name = oh_json_dup_text_or_empty (object, "name");
  service->protocol = oh_json_dup_text_or_empty (object, "protocol");
  service->address = oh_json_dup_text_or_empty (object, "address");
  service->online = oh_json_get_flag (object, "online");
  return service;
}

static gpointer
parse_address (JsonObject *object)
{
  OhImAddress *address = g_new0 (OhImAddress, 1);

  address->id = oh_json_get_number (object, "id", 0, G_MAXINT64);
  address->service = oh_json_dup_text_or_empty (object, "account");
  address->name = oh_json_dup_text_or_empty (object, "name");
  address->presence = oh_json_dup_text_or_empty (object, "presence");
  address->verified = oh_json_get_flag (object, "verified");
  address->show_number = oh_json_get_flag (object, "show_number");
  address->code_seconds = (guint)oh_json_get_number (object, "code_seconds", 0, 3600);
  return address;
}

static JsonObject *
get_object (JsonNode *node, GError **error)
{
  if (JSON_NODE_HOLDS_OBJECT (node))
    return json_node_get_object (node);
  g_set_error (error, OH_ERROR, OH_ERROR_INVALID, "the server's answer is not what was asked for");
  return NULL;
}

OhAccountIm *
oh_account_im_from_json (JsonNode *node, GError **error)
{
  JsonObject *object = get_object (node, error);
  OhAccountIm *im;

  if (!object)
    return NULL;
  im = g_new (OhAccountIm, 1);
  im->links = oh_json_dup_text_or_empty (object, "links");
  im->services = oh_json_read_objects (node, "accounts", MAX_ROWS, parse_service, free_service);
  im->addresses = oh_json_read_objects (node, "identities", MAX_ROWS, parse_address, free_address);
  return im;
}

char *
oh_account_im_to_text (const OhAccountIm *im)
{
  g_autoptr (JsonBuilder) builder = json_builder_new ();
  g_autoptr (JsonNode) root = NULL;

  json_builder_begin_object (builder);
  json_builder_set_member_name (builder, "links");
  json_builder_add_string_value (builder, im->links);
  json_builder_set_member_name (builder, "accounts");
  json_builder_begin_array (builder);
  for (guint i = 0; i < im->services->len; i++)
    {
      const OhImService *service = im->services->pdata[i];

      json_builder_begin_object (builder);
      json_builder_set_member_name (builder, "name");
      json_builder_add_string_value (builder, service->name);
      json_builder_set_member_name (builder, "protocol");
      json_builder_add_string_value (builder, service->protocol);
      json_builder_set_member_name (builder, "address");
      json_builder_add_string_value (builder, service->address);
      json_builder_end_object (builder);
    }
  json_builder_end_array (builder);
  json_builder_end_object (builder);
  root = json_builder_get_root (builder);
  return json_to_string (root, FALSE);
}

OhAccountIm *
oh_account_im_from_text (const char *text)
{
  g_autoptr (JsonNode) node = text ? json_from_string (text, NULL) : NULL;

  return node ? oh_account_im_from_json (node, NULL) : NULL;
}

gboolean
oh_im_code_sent_from_json (JsonNode *node, OhImCodeSent *sent, GError **error)
{
  JsonObject *object = get_object (node, error);

  if (!object)
    return FALSE;
  sent->id = oh_json_get_number (object, "id", 0, G_MAXINT64);
  sent->sent = oh_json_get_flag (object, "sent");
  sent->retry_s = (guint)oh_json_get_number (object, "retry_seconds", 0, 86400);
  return TRUE;
}

gboolean
oh_im_verdict_from_json (JsonNode *node, OhImVerdict *verdict, guint *tries, GError **error)
{
  JsonObject *object = get_object (node, error);
  const char *result = object ? oh_json_get_text (object, "result") : NULL;

  if (!object)
    return FALSE;
  *tries = (guint)oh_json_get_number (object, "tries", 0, 100);
  *verdict = g_strcmp0 (result, "verified") == 0 ? OH_IM_VERDICT_VERIFIED
             : g_strcmp0 (result, "wrong") == 0  ? OH_IM_VERDICT_WRONG
                                                 : OH_IM_VERDICT_OVER;
  return TRUE;
}
