/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "oh-admin"

#include "server/admin/oh-admin-private.h"

#include "server/store/oh-json.h"

#include <string.h>

static const char *const kinds[] = { "register", "address", NULL };
static const char *const srtps[] = { "off", "optional", "required", NULL };

/* Index of @name, 0 for NULL, -1 for unknown. */
static int
find_name (const char *const *names, const char *name)
{
  for (int i = 0; name && names[i]; i++)
    if (strcmp (names[i], name) == 0)
      return i;
  return name ? -1 : 0;
}

static gboolean
read_texts (OhAdminRequest *request, OhTrunk *trunk)
{
  const struct
  {
    const char *key;
    char **value; /* borrowed */
  } texts[] = {
    { "name", &trunk->name },
    { "aor", &trunk->aor },
    { "registrar", &trunk->registrar },
    { "proxy", &trunk->proxy },
    { "auth_user", &trunk->auth_user },
    { "password", &trunk->secret },
    { "transport", &trunk->transport },
    { "caller_number", &trunk->caller_number },
    { "public_address", &trunk->public_address },
    { "number", &trunk->number },
    { "tls_name", &trunk->tls_name },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (texts); i++)
    if (!oh_admin_read (request, texts[i].key, i == 0, 256, (const char **)texts[i].value))
      return FALSE;
  return TRUE;
}

static gboolean
read_lists (OhAdminRequest *request, OhTrunk *trunk)
{
  g_autoptr (GError) error = NULL;

  if (oh_json_read_strv (request->arguments, "trusted", 64, 64, &trunk->trusted, &error)
      && oh_json_read_strv (request->arguments, "codecs", 8, 16, &trunk->codecs, &error)
      && oh_json_read_strv (request->arguments, "prefixes", 64, 32, &trunk->prefixes, &error))
    return TRUE;
  oh_admin_answer_gerror (request, error);
  return FALSE;
}

static gboolean
read_choices (OhAdminRequest *request, OhTrunk *trunk)
{
  const char *kind = NULL, *srtp = NULL;
  int kind_found, srtp_found;

  if (!oh_admin_read (request, "kind", TRUE, 16, &kind)
      || !oh_admin_read (request, "srtp", FALSE, 16, &srtp))
    return FALSE;
  kind_found = find_name (kinds, kind);
  srtp_found = find_name (srtps, srtp);
  if (kind_found >= 0 && srtp_found >= 0)
    {
      trunk->kind = (OhTrunkKind)kind_found;
      trunk->srtp = (OhTrunkSrtp)srtp_found;
      return TRUE;
    }
  oh_admin_answer_error (request, "invalid",
                         kind_found < 0 ? "a trunk's kind is register or address"
                                        : "a trunk's srtp is off, optional or required");
  return FALSE;
}

static void
handle_trunk_add (OhAdminRequest *request)
{
  OhTrunk trunk = { 0 };
  OhStoreReply reply = oh_admin_reply (request);

  if (read_texts (request, &trunk) && read_choices (request, &trunk)
      && read_lists (request, &trunk))
    oh_store_add_trunk (request->admin->store, &trunk, &reply);
  g_strfreev (trunk.trusted);
  g_strfreev (trunk.codecs);
  g_strfreev (trunk.prefixes);
}

static void
handle_trunk_remove (OhAdminRequest *request)
{
  const char *name = NULL;
  OhStoreReply reply = oh_admin_reply (request);

  if (oh_admin_read (request, "name", TRUE, 64, &name))
    oh_store_remove_trunk (request->admin->store, name, &reply);
}

/* --- The list, with what is live --- */

static void
add_live (JsonObject *object, JsonArray *live, const char *name)
{
  for (guint i = 0; live && i < json_array_get_length (live); i++)
    {
      JsonObject *one = json_array_get_object_element (live, i);

      if (g_strcmp0 (json_object_get_string_member_with_default (one, "name", ""), name) != 0)
        continue;
      json_object_set_string_member (object, "state",
                                     json_object_get_string_member_with_default (one, "state", ""));
      json_object_set_string_member (
          object, "reason", json_object_get_string_member_with_default (one, "reason", ""));
    }
}

static JsonObject *
describe_trunk (const OhTrunk *trunk)
{
  JsonObject *object = json_object_new ();
  g_autofree char *trusted = g_strjoinv (" ", trunk->trusted);
  g_autofree char *codecs = g_strjoinv (" ", trunk->codecs);
  g_autofree char *prefixes = g_strjoinv (" ", trunk->prefixes);
  gboolean takes_all = trunk->prefixes[0]
                       && g_strv_contains ((const char *const *)trunk->prefixes, "");

  json_object_set_string_member (object, "name", trunk->name);
  json_object_set_string_member (object, "kind", kinds[trunk->kind]);
  json_object_set_string_member (object, "aor", trunk->aor ? trunk->aor : "");
  json_object_set_string_member (object, "proxy", trunk->proxy ? trunk->proxy : "");
  json_object_set_string_member (object, "transport", trunk->transport);
  json_object_set_string_member (object, "trusted", trusted);
  json_object_set_string_member (object, "codecs", *codecs ? codecs : "all");
  json_object_set_string_member (object, "srtp", srtps[trunk->srtp]);
  json_object_set_string_member (object, "out", takes_all ? "all numbers" : prefixes);
  return object;
}

static void
on_trunks_ready (const char *json, gpointer user_data)
{
  OhAdminRequest *request = user_data;
  GPtrArray *trunks = oh_directory_get_trunks (request->directory);
  g_autoptr (JsonNode) live = json_from_string (json, NULL);
  g_autoptr (JsonArray) list = json_array_new ();
  g_autoptr (JsonNode) node = json_node_alloc ();
  g_autofree char *answer = NULL;

  for (guint i = 0; i < trunks->len; i++)
    {
      const OhTrunk *trunk = trunks->pdata[i];
      JsonObject *object = describe_trunk (trunk);

      add_live (object, live && JSON_NODE_HOLDS_ARRAY (live) ? json_node_get_array (live) : NULL,
                trunk->name);
      json_array_add_object_element (list, object);
    }
  json_node_init_array (node, list);
  answer = oh_json_node_to_string (node);
  oh_admin_answer (request, answer);
}

static void
handle_trunk_list (OhAdminRequest *request)
{
  OhLive *live = &request->admin->live;

  live->funcs->trunks (live->live, &request->admin->executor, on_trunks_ready, request);
}

const OhAdminCommand oh_admin_trunk_commands[] = {
  { "trunk-add", handle_trunk_add },
  { "trunk-remove", handle_trunk_remove },
  { "trunk-list", handle_trunk_list },
  { NULL, NULL },
};
