/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "oh-admin"

#include "server/admin/oh-admin-private.h"

#include "server/store/oh-json.h"

#include <string.h>

#define MAX_NAME 256
#define MAX_PROXY 1024

/* --- Accounts --- */

/* "xmpp" is a word that people know; libpurple's id is not. Others with or without its prefix. */
static char *
dup_protocol (const char *word)
{
  if (g_ascii_strcasecmp (word, "xmpp") == 0)
    return g_strdup ("prpl-jabber");
  if (g_ascii_strcasecmp (word, "sip") == 0)
    return g_strdup (OH_IM_PROTOCOL_SIP);
  return g_str_has_prefix (word, "prpl-") ? g_strdup (word) : g_strconcat ("prpl-", word, NULL);
}

static void
handle_account_add (OhAdminRequest *request)
{
  OhStoreReply reply = oh_admin_reply (request);
  OhImLogin login = { 0 };
  const char *protocol = NULL;
  g_autofree char *id = NULL;
  g_auto (GStrv) options = NULL;
  g_autoptr (GError) error = NULL;
  gint64 rate = 0;

  if (!oh_admin_read (request, "name", TRUE, MAX_NAME, (const char **)&login.name)
      || !oh_admin_read (request, "protocol", TRUE, MAX_NAME, &protocol)
      || !oh_admin_read (request, "username", TRUE, MAX_NAME, (const char **)&login.username)
      || !oh_admin_read (request, "password", FALSE, MAX_NAME, (const char **)&login.secret)
      || !oh_admin_read (request, "fingerprint", FALSE, MAX_NAME, (const char **)&login.fingerprint)
      || !oh_admin_read (request, "proxy", FALSE, MAX_PROXY, (const char **)&login.proxy))
    return;
  if (!oh_json_read_strv (request->arguments, "options", 64, MAX_NAME, &options, &error))
    {
      oh_admin_answer_gerror (request, error);
      return;
    }
  if (!oh_json_read_int (request->arguments, "rate", FALSE, 1, 1000, &rate, &error))
    {
      oh_admin_answer_gerror (request, error);
      return;
    }
  login.rate = (guint)rate;
  login.protocol = id = dup_protocol (protocol);
  login.options = options;
  oh_store_add_im_account (request->admin->store, &login, &reply);
}

static void
handle_account_remove (OhAdminRequest *request)
{
  OhStoreReply reply = oh_admin_reply (request);
  const char *name = NULL;

  if (oh_admin_read (request, "name", TRUE, MAX_NAME, &name))
    oh_store_remove_im_account (request->admin->store, name, &reply);
}

static void
handle_account_trust (OhAdminRequest *request)
{
  OhStoreReply reply = oh_admin_reply (request);
  const char *name = NULL, *fingerprint = NULL;

  if (oh_admin_read (request, "name", TRUE, MAX_NAME, &name)
      && oh_admin_read (request, "fingerprint", FALSE, MAX_NAME, &fingerprint))
    oh_store_trust_im_account (request->admin->store, name, fingerprint, &reply);
}

static void
handle_account_proxy (OhAdminRequest *request)
{
  OhStoreReply reply = oh_admin_reply (request);
  const char *name = NULL, *proxy = NULL, *password = NULL;

  if (oh_admin_read (request, "name", TRUE, MAX_NAME, &name)
      && oh_admin_read (request, "proxy", FALSE, MAX_PROXY, &proxy)
      && oh_admin_read (request, "password", FALSE, MAX_NAME, &password))
    oh_store_set_im_proxy (request->admin->store, name, proxy, password, &reply);
}

static void
answer_list (OhAdminRequest *request, JsonArray *list)
{
  g_autoptr (JsonNode) node = json_node_alloc ();
  g_autofree char *answer = NULL;

  json_node_init_array (node, list);
  answer = oh_json_node_to_string (node);
  oh_admin_answer (request, answer);
}

static void
handle_account_list (OhAdminRequest *request)
{
  GPtrArray *logins = oh_directory_get_im_logins (request->directory);
  g_autoptr (JsonArray) list = json_array_new ();

  for (guint i = 0; i < logins->len; i++)
    {
      const OhImLogin *login = logins->pdata[i];
      JsonObject *object = json_object_new ();
      g_autofree char *options = g_strjoinv (" ", login->options);

      json_object_set_string_member (object, "name", login->name);
      json_object_set_string_member (object, "protocol", login->protocol);
      json_object_set_string_member (object, "username", login->username);
      json_object_set_string_member (object, "options", options);
      json_object_set_string_member (object, "fingerprint",
                                     login->fingerprint ? login->fingerprint : "");
      json_object_set_int_member (object, "rate", login->rate);
      json_object_set_string_member (object, "proxy", login->proxy ? login->proxy : "");
      oh_im_desk_describe_account (request->admin->desk, login, object);
      json_array_add_object_element (list, object);
    }
  answer_list (request, list);
}

/* --- Identities --- */

static void
handle_identity_add (OhAdminRequest *request)
{
  OhStoreReply reply = oh_admin_reply (request);
  OhImIdentityInfo info = { 0 };
  gboolean hide = FALSE;
  const OhUser *user;
  g_autoptr (GError) error = NULL;

  if (!oh_admin_read (request, "account", TRUE, MAX_NAME, &info.account)
      || !oh_admin_read (request, "name", TRUE, MAX_NAME, &info.name))
    return;
  if (!oh_json_read_bool (request->arguments, "verified", FALSE, &info.verified, &error)
      || !oh_json_read_bool (request->arguments, "hide_number", FALSE, &hide, &error))
    {
      oh_admin_answer_gerror (request, error);
      return;
    }
  user = oh_admin_find_user (request);
  if (!user)
    return;
  info.user_id = user->id;
  info.show_number = !hide;
  oh_store_add_im_identity (request->admin->store, &info, &reply);
}

/* Of @user, or NULL: of anybody. */
static GPtrArray *
find_identities (OhAdminRequest *request, const char *account, const char *name, const OhUser *user)
{
  GPtrArray *all = oh_directory_get_im_identities (request->directory);
  GPtrArray *found = g_ptr_array_new ();

  for (guint i = 0; i < all->len; i++)
    {
      const OhImIdentity *identity = all->pdata[i];
      g_autofree char *folded = oh_im_name_fold (identity->login->protocol, name);

      if ((!user || identity->user == user)
          && g_ascii_strcasecmp (identity->login->name, account) == 0
          && strcmp (identity->name, folded) == 0)
        g_ptr_array_add (found, (gpointer)identity);
    }
  return found;
}

/* The one that the arguments name; NULL after the request was answered. */
static const OhImIdentity *
find_identity (OhAdminRequest *request)
{
  const char *account = NULL, *name = NULL, *user_name = NULL;
  const OhUser *user = NULL;
  g_autoptr (GPtrArray) found = NULL;
  g_autofree char *message = NULL;

  if (!oh_admin_read (request, "account", TRUE, MAX_NAME, &account)
      || !oh_admin_read (request, "name", TRUE, MAX_NAME, &name)
      || !oh_admin_read (request, "user", FALSE, 128, &user_name))
    return NULL;
  if (user_name && !(user = oh_admin_find_user (request)))
    return NULL;
  found = find_identities (request, account, name, user);
  if (found->len == 1)
    return found->pdata[0];
  if (found->len > 1)
    {
      oh_admin_answer_error (request, "invalid",
                             "several users say that this is theirs: add the user's name");
      return NULL;
    }
  message = g_strdup_printf ("no such user has \"%.80s\" at \"%.40s\"", name, account);
  oh_admin_answer_error (request, "not-found", message);
  return NULL;
}

static void
change_identity (OhAdminRequest *request,
                 void (*change) (OhStore *, gint64, gint64, const OhStoreReply *))
{
  OhStoreReply reply = oh_admin_reply (request);
  const OhImIdentity *identity = find_identity (request);

  if (identity)
    change (request->admin->store, identity->user->id, identity->id, &reply);
}

static void
handle_identity_verify (OhAdminRequest *request)
{
  change_identity (request, oh_store_verify_im_identity);
}

static void
handle_identity_set (OhAdminRequest *request)
{
  OhStoreReply reply = oh_admin_reply (request);
  const OhImIdentity *identity;
  int rank = -1, evidence = -1;

  if (!oh_admin_read_place (request, &rank, &evidence))
    return;
  identity = find_identity (request);
  if (identity)
    oh_store_place_im_identity (request->admin->store, identity->user->id, identity->id, rank,
                                evidence, &reply);
}

static void
handle_identity_remove (OhAdminRequest *request)
{
  change_identity (request, oh_store_remove_im_identity);
}

static void
handle_identity_list (OhAdminRequest *request)
{
  GPtrArray *identities = oh_directory_get_im_identities (request->directory);
  g_autoptr (JsonArray) list = json_array_new ();

  for (guint i = 0; i < identities->len; i++)
    {
      const OhImIdentity *identity = identities->pdata[i];
      g_autoptr (OhImProgram) program = oh_im_desk_dup_program (request->admin->desk, identity);
      JsonObject *object = json_object_new ();

      json_object_set_string_member (object, "user", identity->user->alias);
      json_object_set_string_member (object, "account", identity->login->name);
      json_object_set_string_member (object, "name", identity->name);
      json_object_set_boolean_member (object, "verified", identity->verified);
      json_object_set_boolean_member (object, "show_number", identity->show_number);
      json_object_set_string_member (object, "presence",
                                     oh_im_desk_get_presence (request->admin->desk, identity));
      json_object_set_int_member (object, "active",
                                  oh_im_desk_get_activity (request->admin->desk, identity));
      json_object_set_string_member (object, "program", program->name);
      json_object_set_string_member (object, "version", program->version);
      json_object_set_int_member (object, "rank", identity->rank);
      json_object_set_string_member (object, "evidence", oh_evidence_words[identity->evidence]);
      json_array_add_object_element (list, object);
    }
  answer_list (request, list);
}

const OhAdminCommand oh_admin_im_commands[] = {
  { "im-account-add", handle_account_add },
  { "im-account-list", handle_account_list },
  { "im-account-proxy", handle_account_proxy },
  { "im-account-trust", handle_account_trust },
  { "im-account-remove", handle_account_remove },
  { "im-identity-add", handle_identity_add },
  { "im-identity-list", handle_identity_list },
  { "im-identity-verify", handle_identity_verify },
  { "im-identity-set", handle_identity_set },
  { "im-identity-remove", handle_identity_remove },
  { NULL, NULL },
};
