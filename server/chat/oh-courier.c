/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "oh-chat"

#include "server/chat/oh-courier.h"

#include "server/limits/oh-limits.h"
#include "sip/oh-sip-composing.h"
#include "sip/oh-sip-imdn.h"

#include <string.h>

/* Of one user: as fast as people write, and a pasted heap of lines at once. */
#define TEXTS_PER_MINUTE 60
#define TEXTS_AT_ONCE 30
#define NOTICES_PER_MINUTE 60
#define NOTICES_AT_ONCE 30
#define MAX_USERS 10000

struct _OhCourier
{
  OhRegistrar *registrar;
  OhRegistrarSip *registrar_sip;
  char *domain;
  OhDirectory *directory;
  OhDelivery *delivery;
  OhLimits *texts, *notices; /* by user */
  OhCourierFunc desk;        /* NULL: there is none */
  gpointer desk_data;
};

OhCourier *
oh_courier_new (OhRegistrar *registrar,
                OhRegistrarSip *registrar_sip,
                OhStore *store,
                const OhServerConfig *config)
{
  OhCourier *courier = g_new0 (OhCourier, 1);

  courier->registrar = registrar;
  courier->registrar_sip = registrar_sip;
  courier->domain = g_strdup (config->domain);
  courier->delivery = oh_delivery_new (registrar, store);
  courier->texts = oh_limits_new (TEXTS_PER_MINUTE, TEXTS_AT_ONCE, MAX_USERS);
  courier->notices = oh_limits_new (NOTICES_PER_MINUTE, NOTICES_AT_ONCE, MAX_USERS);
  return courier;
}

void
oh_courier_start (OhCourier *courier, OhSip *sip)
{
  oh_delivery_start (courier->delivery, sip);
}

void
oh_courier_stop (OhCourier *courier, OhTask done, gpointer user_data)
{
  oh_delivery_stop (courier->delivery, done, user_data);
}

void
oh_courier_free (OhCourier *courier)
{
  if (!courier)
    return;
  oh_delivery_free (courier->delivery);
  oh_limits_free (courier->texts);
  oh_limits_free (courier->notices);
  g_clear_pointer (&courier->directory, oh_directory_unref);
  g_free (courier->domain);
  g_free (courier);
}

void
oh_courier_set_directory (OhCourier *courier, OhDirectory *directory)
{
  oh_directory_ref (directory);
  g_clear_pointer (&courier->directory, oh_directory_unref);
  courier->directory = directory;
}

void
oh_courier_look (OhCourier *courier, gint64 user_id)
{
  oh_delivery_look (courier->delivery, user_id);
}

/* --- What may be in it --- */

typedef struct
{
  guint status; /* 0: it is fine */
  const char *phrase;
} Fault;

/* "text/plain; charset=UTF-8; format=flowed": no charset is UTF-8's subset. */
static gboolean
is_utf8_text (OhSipRequest *request, const OhSipInfo *info)
{
  const char *type = oh_sip_request_get_header (request, "Content-Type");
  g_autofree char *folded = type ? g_ascii_strdown (type, -1) : NULL;
  const char *charset = folded ? strstr (folded, "charset") : NULL;

  if (!info->body_type || g_ascii_strcasecmp (info->body_type, "text/plain") != 0)
    return FALSE;
  if (!charset)
    return TRUE;
  charset += strlen ("charset");
  charset += strspn (charset, " \t=\"");
  return g_str_has_prefix (charset, "utf-8") || g_str_has_prefix (charset, "us-ascii");
}

static gboolean
is_encoded (OhSipRequest *request)
{
  const char *encoding = oh_sip_request_get_header (request, "Content-Encoding");

  return encoding && g_ascii_strcasecmp (encoding, "identity") != 0;
}

static gboolean
is_notice (const OhSipInfo *info)
{
  return info->body_type && g_ascii_strcasecmp (info->body_type, OH_SIP_COMPOSING_TYPE) == 0;
}

static Fault
check_body (OhSipRequest *request, const OhSipInfo *info)
{
  gboolean udp = strcmp (info->transport, "udp") == 0;
  OhSipComposing composing;

  if (info->body_length == 0)
    return (Fault){ 0 };
  if (is_encoded (request) || (!is_notice (info) && !is_utf8_text (request, info)))
    return (Fault){ 415, NULL };
  if (udp && info->body_length > OH_COURIER_MAX_UDP)
    return (Fault){ 513, NULL };
  if (info->body_length > OH_COURIER_MAX_TEXT)
    return (Fault){ 413, NULL };
  if (is_notice (info))
    return oh_sip_composing_parse (info->body, info->body_length, &composing)
               ? (Fault){ 0 }
               : (Fault){ 400, "Bad Composing Notice" };
  if (!g_utf8_validate (info->body, (gssize)info->body_length, NULL))
    return (Fault){ 400, "Not UTF-8" }; /* nor has it a zero byte */
  return (Fault){ 0 };
}

static void
refuse (OhSipRequest *request, const Fault *fault)
{
  static const char *const types[] = { "Accept: text/plain, " OH_SIP_COMPOSING_TYPE,
                                       "Accept-Encoding: identity", NULL };

  oh_sip_request_reply (request, fault->status, fault->phrase, fault->status == 415 ? types : NULL,
                        NULL, NULL);
}

static void
hold_off (OhSipRequest *request, guint retry_s)
{
  g_autofree char *retry = g_strdup_printf ("Retry-After: %u", MAX (retry_s, 1));
  const char *headers[] = { retry, NULL };

  oh_sip_request_reply (request, 503, "Too Many Messages", headers, NULL, NULL);
}

/* --- Whose it is, and for whom --- */

/* Programs that know the server by its address alone have that in their own. */
static gboolean
is_here (const OhCourier *courier, const char *host)
{
  return g_ascii_strcasecmp (host, courier->domain) == 0 || g_hostname_is_ip_address (host);
}

static gboolean
is_from (const OhCourier *courier, const OhDevice *device, const OhSipInfo *info)
{
  const OhUser *user = device->user;

  return is_here (courier, info->from_host)
         && (g_ascii_strcasecmp (info->from_user, user->alias) == 0
             || strcmp (info->from_user, device->id) == 0
             || g_strv_contains ((const char *const *)user->numbers, info->from_user));
}

/* By name or number, as calls. NULL: none of ours. */
static const OhUser *
find_receiver (const OhCourier *courier, const OhSipInfo *info)
{
  const OhUser *user;

  if (!is_here (courier, info->request_host))
    return NULL;
  user = oh_directory_find_user_by_number (courier->directory, info->request_user);
  return user ? user : oh_directory_find_user_by_alias (courier->directory, info->request_user);
}

/* By what the device wants to hear that it was delivered, should it have to wait; NULL: it does not. */
static const char *
read_receipt (OhSipRequest *request)
{
  const char *receipt = oh_sip_request_get_header (request, "Offhook-Receipt");

  return receipt && oh_sip_imdn_is_id (receipt) ? receipt : NULL;
}

static void
forward (OhCourier *courier, OhSipRequest *request, const OhDevice *device, const OhUser *receiver)
{
  const OhSipInfo *info = oh_sip_request_get_info (request);
  gboolean notice = is_notice (info);
  g_autofree char *key = g_strdup_printf ("%" G_GINT64_FORMAT, device->user->id);
  g_autofree char *from = g_strdup_printf ("sip:%s@%s", device->user->alias, courier->domain);
  g_autofree char *to = g_strdup_printf ("%s@%s", receiver->alias, courier->domain);
  g_autofree char *written_to = g_strdup_printf ("sip:%s@%s", info->request_user,
                                                 info->request_host);
  OhWaitingMessage message = { .user_id = receiver->id,
                               .sender = device->user->id,
                               .from_uri = from,
                               .from_name = device->user->name,
                               .text = (char *)info->body,
                               .to_uri = written_to,
                               .time = g_get_real_time () / G_USEC_PER_SEC,
                               .device = device->id,
                               .receipt = (char *)read_receipt (request) };
  guint retry_s = 0;

  if (!oh_limits_take (notice ? courier->notices : courier->texts, key, &retry_s))
    {
      hold_off (request, retry_s);
      return;
    }
  if (notice)
    {
      oh_delivery_tell (courier->delivery, &message, device->id, OH_SIP_COMPOSING_TYPE);
      oh_sip_request_reply (request, 200, NULL, NULL, NULL, NULL);
      return;
    }
  oh_registrar_touch (courier->registrar, device->id);
  oh_delivery_add (courier->delivery, &message, receiver != device->user ? to : NULL, request);
}

/* --- The IM desk --- */

/* "calls@example.org" -> "calls" */
static char *
dup_desk_user (const char *username)
{
  g_autofree char *folded = oh_im_name_fold (OH_IM_PROTOCOL_SIP, username);

  return g_strndup (folded, strcspn (folded, "@"));
}

void
oh_courier_set_desk (OhCourier *courier, OhCourierFunc func, gpointer user_data)
{
  courier->desk = func;
  courier->desk_data = user_data;
}

void
oh_courier_send (OhCourier *courier,
                 const char *username,
                 const char *name,
                 const char *text,
                 OhDeliveryFunc done,
                 gpointer user_data)
{
  g_autofree char *user = dup_desk_user (username);
  g_autofree char *from = g_strdup_printf ("sip:%s@%s", user, courier->domain);
  g_autofree char *uri = g_strconcat ("sip:", name, NULL);
  OhWaitingMessage message = { .from_uri = from, .from_name = "Offhook", .text = (char *)text };

  oh_delivery_send (courier->delivery, &message, oh_sip_name_is_elsewhere (name) ? NULL : name, uri,
                    done, user_data);
}

/* The account of the desk that the request goes to, or NULL. */
static const OhImLogin *
find_desk (const OhCourier *courier, const OhSipInfo *info)
{
  GPtrArray *logins = oh_directory_get_im_logins (courier->directory);

  for (guint i = 0; courier->desk && is_here (courier, info->request_host) && i < logins->len; i++)
    {
      const OhImLogin *login = logins->pdata[i];
      g_autofree char *user = oh_im_login_is_sip (login) ? dup_desk_user (login->username) : NULL;

      if (user && g_ascii_strcasecmp (user, info->request_user) == 0)
        return login;
    }
  return NULL;
}

/* A reply of somebody elsewhere, who cannot sign in here: his address proves nothing, so that the desk
 * wants its code in it. NULL: it is none. */
static const OhImIdentity *
find_elsewhere (OhCourier *courier, OhSipRequest *request)
{
  const OhSipInfo *info = oh_sip_request_get_info (request);
  const OhImLogin *login = find_desk (courier, info);
  const OhImIdentity *identity = login && info->from_uri ? oh_directory_find_im_identity (
                                     courier->directory, login, info->from_uri)
                                                         : NULL;

  return identity && identity->verified && oh_sip_name_is_elsewhere (identity->name) ? identity
                                                                                     : NULL;
}

static void
hand_to_desk (OhCourier *courier, OhSipRequest *request, const char *name)
{
  const OhSipInfo *info = oh_sip_request_get_info (request);
  g_autofree char *source = oh_limits_dup_source (info->source_address);
  g_autofree char *key = g_strdup_printf ("%s from %s", name,
                                          source); /* whoever else has the name */
  Fault fault = check_body (request, info);
  guint retry_s = 0;

  if (fault.status)
    refuse (request, &fault);
  else if (!oh_limits_take (is_notice (info) ? courier->notices : courier->texts, key, &retry_s))
    hold_off (request, retry_s);
  else
    {
      if (!is_notice (info) && info->body_length > 0)
        courier->desk (name, info->body, courier->desk_data);
      oh_sip_request_reply (request, 200, NULL, NULL, NULL, NULL);
    }
}

static void
take_reply (OhCourier *courier, OhSipRequest *request, const OhDevice *device)
{
  static const Fault forbidden = { 403, "You Are Not Told Of Calls Here" };

  if (oh_user_find_text_device (device->user, device->id))
    {
      oh_registrar_touch (courier->registrar, device->id);
      hand_to_desk (courier, request, device->id);
    }
  else
    refuse (request, &forbidden);
}

OhSipAuth
oh_courier_take (OhCourier *courier, OhSipRequest *request)
{
  const OhSipInfo *info = oh_sip_request_get_info (request);
  const OhDevice *device;
  const OhUser *receiver;
  const OhImIdentity *elsewhere = find_elsewhere (courier, request);
  Fault fault;

  if (elsewhere)
    {
      hand_to_desk (courier, request, elsewhere->name);
      return OH_SIP_AUTH_OK;
    }
  if (oh_sip_request_authenticate (request, courier->domain,
                                   oh_registrar_sip_guess_algorithm (info),
                                   oh_registrar_sip_find_credential, courier->registrar_sip)
      != OH_SIP_AUTH_OK)
    return OH_SIP_AUTH_CHALLENGED;
  device = oh_directory_find_device (courier->directory, info->auth_user);
  receiver = find_receiver (courier, info);
  fault = !device || !is_from (courier, device, info) ? (Fault){ 403, NULL }
          : find_desk (courier, info)                 ? (Fault){ 0 }
          : !receiver                                 ? (Fault){ 404, NULL }
                                                      : check_body (request, info);
  if (!fault.status && find_desk (courier, info))
    take_reply (courier, request, device);
  else if (!fault.status && info->body_length == 0)
    oh_sip_request_reply (request, 200, NULL, NULL, NULL, NULL); /* nothing is said */
  else if (fault.status)
    refuse (request, &fault);
  else
    forward (courier, request, device, receiver);
  return OH_SIP_AUTH_OK;
}
