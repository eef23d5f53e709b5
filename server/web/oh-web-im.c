/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "oh-web"

#include "server/web/oh-web-private.h"

#include "server/store/oh-json.h"

#include <string.h>

/* A user's own IM identities: what he says that he is, and the code that proves it. */

#define MAX_NAME 256
#define MAX_CODE 40

/* --- Listing --- */

/* The address that writes to users: without the program's name behind it. */
static char *
dup_address (const OhImLogin *login)
{
  gboolean xmpp = strcmp (login->protocol, "prpl-jabber") == 0;

  return g_strndup (login->username,
                    xmpp ? strcspn (login->username, "/") : strlen (login->username));
}

static JsonArray *
list_accounts (OhWebRequest *request)
{
  GPtrArray *logins = oh_directory_get_im_logins (request->directory);
  JsonArray *list = json_array_new ();

  for (guint i = 0; i < logins->len; i++)
    {
      const OhImLogin *login = logins->pdata[i];
      JsonObject *object = json_object_new ();
      g_autofree char *address = dup_address (login);

      json_object_set_string_member (object, "name", login->name);
      json_object_set_string_member (object, "protocol", login->protocol);
      json_object_set_string_member (object, "address", address);
      json_object_set_boolean_member (object, "online",
                                      oh_im_desk_is_online (request->web->desk, login));
      json_array_add_object_element (list, object);
    }
  return list;
}

static OhImClaim
make_claim (const OhImIdentity *identity)
{
  return (OhImClaim){ .user_id = identity->user->id,
                      .login_id = identity->login->id,
                      .name = identity->name };
}

static JsonArray *
list_identities (OhWebRequest *request)
{
  GPtrArray *identities = request->device->user->identities;
  OhImDesk *desk = request->web->desk;
  JsonArray *list = json_array_new ();

  for (guint i = 0; i < identities->len; i++)
    {
      const OhImIdentity *identity = identities->pdata[i];
      OhImClaim claim = make_claim (identity);
      guint seconds = identity->verified
                          ? 0
                          : oh_im_codes_get_seconds (oh_im_desk_get_codes (desk), &claim);
      JsonObject *object = json_object_new ();

      json_object_set_int_member (object, "id", identity->id);
      json_object_set_string_member (object, "account", identity->login->name);
      json_object_set_string_member (object, "name", identity->name);
      json_object_set_boolean_member (object, "verified", identity->verified);
      json_object_set_boolean_member (object, "show_number", identity->show_number);
      json_object_set_string_member (object, "presence",
                                     identity->verified ? oh_im_desk_get_presence (desk, identity)
                                                        : "unknown");
      json_object_set_int_member (object, "code_seconds", seconds);
      json_array_add_object_element (list, object);
    }
  return list;
}

void
oh_web_handle_list_im (OhWebRequest *request)
{
  g_autoptr (JsonObject) object = json_object_new ();
  const char *base = oh_links_get_base (request->web->links);
  g_autofree char *json = NULL;

  json_object_set_string_member (object, "links", base ? base : "");
  json_object_set_array_member (object, "accounts", list_accounts (request));
  json_object_set_array_member (object, "identities", list_identities (request));
  json = oh_json_object_to_string (object);
  oh_web_answer_json (request, json);
}

/* --- Codes --- */

/* One of the user's own, by the path; NULL after the request was answered, which has ended then. */
static const OhImIdentity *
find_identity (OhWebRequest *request)
{
  GPtrArray *identities = request->device->user->identities;
  gint64 id = 0;

  g_ascii_string_to_signed (request->argument, 10, 1, G_MAXINT64, &id, NULL);
  for (guint i = 0; i < identities->len; i++)
    if (((const OhImIdentity *)identities->pdata[i])->id == id)
      return identities->pdata[i];
  oh_web_answer_error (request, SOUP_STATUS_NOT_FOUND, "not-found",
                       "You have no such IM identity; it may have been removed");
  return NULL;
}

typedef struct
{
  OhWebRequest *request;
  gint64 id;
} CodeWait;

static void
answer_sent (OhWebRequest *request, gint64 id, const char *trouble, guint retry_s)
{
  g_autoptr (JsonObject) object = json_object_new ();
  g_autofree char *json = NULL;

  json_object_set_int_member (object, "id", id);
  json_object_set_boolean_member (object, "sent", trouble == NULL);
  if (trouble)
    json_object_set_string_member (object, "message", trouble);
  if (retry_s > 0)
    json_object_set_int_member (object, "retry_seconds", retry_s);
  json = oh_json_object_to_string (object);
  oh_web_answer_json (request, json);
}

static void
on_code_sent (const GError *error, gpointer user_data)
{
  g_autofree CodeWait *wait = user_data;

  answer_sent (wait->request, wait->id, error ? error->message : NULL, 0);
}

static void
send_code (OhWebRequest *request, gint64 id, const OhImClaim *claim)
{
  CodeWait *wait = g_new (CodeWait, 1);
  guint retry_s = 0;

  *wait = (CodeWait){ request, id };
  if (oh_im_desk_send_code (request->web->desk, claim, request->device->user->language, &retry_s,
                            on_code_sent, wait))
    return;
  g_free (wait);
  answer_sent (request, id, "too many codes were asked for; try again later", retry_s);
}

void
oh_web_handle_send_im_code (OhWebRequest *request)
{
  const OhImIdentity *identity = find_identity (request);
  OhImClaim claim;

  if (!identity)
    return;
  claim = make_claim (identity);
  if (identity->verified)
    oh_web_answer_error (request, SOUP_STATUS_CONFLICT, "exists", "It is verified already");
  else
    send_code (request, identity->id, &claim);
}

static void
answer_judgement (OhWebRequest *request, const char *result, guint tries)
{
  g_autoptr (JsonObject) object = json_object_new ();
  g_autofree char *json = NULL;

  json_object_set_string_member (object, "result", result);
  json_object_set_int_member (object, "tries", tries);
  json = oh_json_object_to_string (object);
  oh_web_answer_json (request, json);
}

static void
on_verified (const char *json, const GError *error, gpointer user_data)
{
  if (error)
    oh_web_answer_gerror (user_data, error);
  else
    answer_judgement (user_data, "verified", 0);
}

void
oh_web_handle_verify_im (OhWebRequest *request)
{
  OhImCodes *codes = oh_im_desk_get_codes (request->web->desk);
  OhStoreReply reply = oh_web_reply (request, on_verified);
  const OhImIdentity *identity = find_identity (request);
  const char *typed = NULL;
  OhImClaim claim;
  g_autoptr (GError) error = NULL;

  if (!identity)
    return;
  if (!oh_json_read_string (request->json, "code", TRUE, MAX_CODE, &typed, &error))
    {
      oh_web_answer_gerror (request, error);
      return;
    }
  claim = make_claim (identity);
  switch (oh_im_codes_try (codes, &claim, typed))
    {
    case OH_IM_CODE_RIGHT:
      oh_store_verify_im_identity (request->web->store, claim.user_id, identity->id, &reply);
      break;
    case OH_IM_CODE_WRONG:
      answer_judgement (request, "wrong", oh_im_codes_get_tries (codes, &claim));
      break;
    case OH_IM_CODE_OVER:
    default:
      answer_judgement (request, "over", 0);
    }
}

/* --- Changes --- */

/* Of the snapshot that has the new row. */
static void
on_added (const char *json, const GError *error, gpointer user_data)
{
  OhWebRequest *request = user_data;
  g_autoptr (JsonObject) added = json ? oh_json_parse_object (json, strlen (json), NULL) : NULL;
  const char *account = NULL, *typed = NULL;
  const OhImLogin *login = NULL;

  if (error)
    {
      oh_web_answer_gerror (request, error);
      return;
    }
  oh_json_read_string (request->json, "account", TRUE, MAX_NAME, &account, NULL);
  oh_json_read_string (request->json, "name", TRUE, MAX_NAME, &typed, NULL);
  login = oh_directory_find_im_login (request->directory, account);
  if (!login)
    answer_sent (request, json_object_get_int_member (added, "id"), "that account is gone", 0);
  else
    {
      g_autofree char *name = oh_im_name_fold (login->protocol, typed);
      OhImClaim claim = { .user_id = request->device->user->id,
                          .login_id = login->id,
                          .name = name };

      send_code (request, json_object_get_int_member (added, "id"), &claim);
    }
}

void
oh_web_handle_add_im (OhWebRequest *request)
{
  OhImIdentityInfo info = { .user_id = request->device->user->id, .show_number = TRUE };
  OhStoreReply reply = oh_web_reply (request, on_added);
  g_autoptr (GError) error = NULL;

  if (oh_json_read_string (request->json, "account", TRUE, MAX_NAME, &info.account, &error)
      && oh_json_read_string (request->json, "name", TRUE, MAX_NAME, &info.name, &error)
      && oh_json_read_bool (request->json, "show_number", FALSE, &info.show_number, &error))
    oh_store_add_im_identity (request->web->store, &info, &reply);
  else
    oh_web_answer_gerror (request, error);
}

void
oh_web_handle_change_im (OhWebRequest *request)
{
  OhStoreReply reply = oh_web_reply_empty (request);
  const OhImIdentity *identity = find_identity (request);
  gboolean show = FALSE;
  g_autoptr (GError) error = NULL;

  if (!identity)
    return;
  if (oh_json_read_bool (request->json, "show_number", TRUE, &show, &error))
    oh_store_show_number_at_im_identity (request->web->store, identity->user->id, identity->id,
                                         show, &reply);
  else
    oh_web_answer_gerror (request, error);
}

void
oh_web_handle_remove_im (OhWebRequest *request)
{
  OhStoreReply reply = oh_web_reply_empty (request);
  const OhImIdentity *identity = find_identity (request);
  OhImClaim claim;

  if (!identity)
    return;
  claim = make_claim (identity);
  oh_im_codes_forget (oh_im_desk_get_codes (request->web->desk), &claim);
  oh_store_remove_im_identity (request->web->store, identity->user->id, identity->id, &reply);
}
