/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "oh-registrar"

#include "server/registrar/oh-registrar-sip.h"

#include "server/registrar/oh-relay.h"

#include "base/oh-clock.h"
#include "server/limits/oh-limits.h"
#include "server/registrar/oh-contact.h"
#include "server/registrar/oh-presence-watch.h"

#include <stdlib.h>
#include <string.h>

#define EXPIRES_DEFAULT 300
#define EXPIRES_MIN 10
#define EXPIRES_MAX 3600
#define MAX_BINDINGS_PER_DEVICE 4

typedef struct
{
  OhSipWatcher *watcher;
  char *device_id;
} Lamp;

/* Of one device. Each report is told to all who watch; a client subscribes to its whole list at once. */
#define REPORTS_PER_MINUTE 60
#define REPORTS_AT_ONCE 30
#define SUBSCRIPTIONS_PER_MINUTE 120
#define SUBSCRIPTIONS_AT_ONCE 300
#define MAX_DEVICES 10000

struct _OhRegistrarSip
{
  OhRegistrar *registrar;
  OhStore *store;
  const OhServerConfig *config;
  char *realm;
  OhDirectory *directory;
  GHashTable *lamps; /* gint64* user id -> GPtrArray of Lamp */
  OhPresenceWatch *watch;
  OhLimits *reports, *subscriptions; /* by device */
  guint next_etag;
  OhLampFunc lamp_func; /* or NULL */
  gpointer lamp_data;
};

static void
lamp_free (gpointer data)
{
  Lamp *lamp = data;

  oh_sip_watcher_end (lamp->watcher, "deactivated");
  g_free (lamp->device_id);
  g_free (lamp);
}

OhRegistrarSip *
oh_registrar_sip_new (OhRegistrar *registrar, OhStore *store, const OhServerConfig *config)
{
  OhRegistrarSip *self = g_new0 (OhRegistrarSip, 1);

  self->registrar = registrar;
  self->store = store;
  self->config = config;
  self->realm = g_strdup (config->domain);
  self->lamps = g_hash_table_new_full (g_int64_hash, g_int64_equal, g_free,
                                       (GDestroyNotify)g_ptr_array_unref);
  self->watch = oh_presence_watch_new (registrar, self->realm);
  self->reports = oh_limits_new (REPORTS_PER_MINUTE, REPORTS_AT_ONCE, MAX_DEVICES);
  self->subscriptions = oh_limits_new (SUBSCRIPTIONS_PER_MINUTE, SUBSCRIPTIONS_AT_ONCE,
                                       MAX_DEVICES);
  return self;
}

void
oh_registrar_sip_set_config (OhRegistrarSip *self, const OhServerConfig *config)
{
  self->config = config;
}

void
oh_registrar_sip_watch_lamps (OhRegistrarSip *self, OhLampFunc func, gpointer user_data)
{
  self->lamp_func = func;
  self->lamp_data = user_data;
}

void
oh_registrar_sip_free (OhRegistrarSip *self)
{
  if (!self)
    return;
  g_hash_table_unref (self->lamps);
  oh_presence_watch_free (self->watch);
  oh_limits_free (self->reports);
  oh_limits_free (self->subscriptions);
  g_clear_pointer (&self->directory, oh_directory_unref);
  g_free (self->realm);
  g_free (self);
}

gboolean
oh_registrar_sip_find_credential (const char *device_id,
                                  OhSipCredential *credential,
                                  gpointer user_data)
{
  OhRegistrarSip *self = user_data;
  const OhDevice *device = oh_directory_find_device (self->directory, device_id);

  if (!device)
    return FALSE;
  *credential = device->credential;
  return TRUE;
}

/* --- REGISTER --- */

static char *
make_route (const OhSipInfo *info)
{
  const char *format = strchr (info->source_address, ':') ? "sip:[%s]:%u;transport=%s"
                                                          : "sip:%s:%u;transport=%s";

  return g_strdup_printf (format, info->source_address, info->source_port, info->transport);
}

static OhBinding *
make_binding (const OhDevice *device, const OhSipInfo *info, const char *contact, guint expires)
{
  OhBinding *binding = oh_binding_new ();
  g_autofree char *instance = oh_contact_dup_param (contact, "+sip.instance");
  g_autofree char *talk = oh_contact_dup_param (contact, "+offhook.talk");

  binding->user_id = device->user->id;
  binding->device_id = g_strdup (device->id);
  binding->device_name = g_strdup (device->name ? device->name : device->id);
  binding->contact = g_strdup (info->contact_uri);
  binding->key = g_strdup (instance && *instance ? instance : info->contact_uri);
  binding->route = make_route (info);
  binding->address = g_strdup (info->source_address);
  binding->port = info->source_port;
  binding->transport = g_strdup (info->transport);
  binding->user_agent = g_strdup (info->user_agent ? info->user_agent : "");
  binding->audio = oh_contact_dup_param (contact, "+offhook.audio");
  binding->desk_phone = device->desk_phone;
  binding->no_talk = g_strcmp0 (talk, "no") == 0;
  binding->weak = oh_evidence_is_weak (device->evidence, device->desk_phone);
  binding->expires_us = oh_clock_now () + expires * G_TIME_SPAN_SECOND;
  return binding;
}

/* 200 with the contacts that the device has now (RFC 3261 10.3). */
static void
reply_registered (OhRegistrarSip *self, OhSipRequest *request, const char *device_id)
{
  GPtrArray *bindings = oh_registrar_find_by_device (self->registrar, device_id);
  g_autoptr (GPtrArray) headers = g_ptr_array_new_with_free_func (g_free);
  gint64 now = oh_clock_now ();

  for (guint i = 0; bindings && i < bindings->len; i++)
    {
      OhBinding *binding = g_ptr_array_index (bindings, i);

      if (!binding->web)
        g_ptr_array_add (headers, g_strdup_printf ("Contact: <%s>;expires=%u", binding->contact,
                                                   (guint)((binding->expires_us - now + 500000)
                                                           / G_TIME_SPAN_SECOND)));
    }
  if (strcmp (oh_sip_request_get_info (request)->transport, "tls") == 0)
    {
      char **relay = oh_relay_make_headers (self->config, device_id,
                                            g_get_real_time () / G_USEC_PER_SEC);

      for (char **header = relay; *header; header++)
        g_ptr_array_add (headers, *header);
      g_free (relay); /* the lines belong to the headers now */
    }
  g_ptr_array_add (headers, NULL);
  oh_sip_request_reply (request, 200, NULL, (const char *const *)headers->pdata, NULL, NULL);
}

static guint
read_expires (OhSipRequest *request, const char *contact)
{
  g_autofree char *param = contact ? oh_contact_dup_param (contact, "expires") : NULL;
  const char *text = param ? param : oh_sip_request_get_header (request, "Expires");

  return text ? (guint)MIN (strtoul (text, NULL, 10), EXPIRES_MAX) : EXPIRES_DEFAULT;
}

static gboolean
is_by_line (OhRegistrarSip *self, const OhDevice *device, const char *key)
{
  GPtrArray *bindings = oh_registrar_find_by_device (self->registrar, device->id);

  for (guint i = 0; bindings && i < bindings->len; i++)
    {
      const OhBinding *binding = g_ptr_array_index (bindings, i);

      if (binding->web && g_strcmp0 (binding->key, key) == 0)
        return TRUE;
    }
  return FALSE;
}

/* What a slow network brings at last does not sign out the web line that has taken its place since. */
static void
remove_binding (OhRegistrarSip *self,
                const OhDevice *device,
                const OhSipInfo *info,
                const char *contact)
{
  g_autofree char *instance = oh_contact_dup_param (contact, "+sip.instance");
  const char *key = instance && *instance ? instance : info->contact_uri;

  if (*contact == '*')
    oh_registrar_remove (self->registrar, device->id, NULL);
  else if (!is_by_line (self, device, key))
    oh_registrar_remove (self->registrar, device->id, key);
  g_info ("device %s signed out", device->id);
}

static void
take_register (OhRegistrarSip *self, OhSipRequest *request, const OhDevice *device)
{
  static const char *const too_brief[] = { "Min-Expires: 10", NULL };
  const OhSipInfo *info = oh_sip_request_get_info (request);
  const char *contact = oh_sip_request_get_header (request, "Contact");
  guint expires = read_expires (request, contact);
  GPtrArray *bindings = oh_registrar_find_by_device (self->registrar, device->id);

  if (contact && expires == 0)
    remove_binding (self, device, info, contact);
  else if (contact && expires < EXPIRES_MIN)
    {
      oh_sip_request_reply (request, 423, NULL, too_brief, NULL, NULL);
      return;
    }
  else if (contact && !info->contact_uri)
    {
      oh_sip_request_reply (request, 400, NULL, NULL, NULL, NULL);
      return;
    }
  else if (contact)
    {
      OhBinding *binding = make_binding (device, info, contact, expires);

      if (bindings && bindings->len >= MAX_BINDINGS_PER_DEVICE)
        {
          const OhBinding *oldest = g_ptr_array_index (bindings, 0);
          g_autofree char *key = g_strdup (oldest->key);

          oh_registrar_remove (self->registrar, device->id, key);
        }
      oh_registrar_put (self->registrar, binding);
      oh_store_touch_device (self->store, device->id);
      g_debug ("device %s signed in from %s %s", device->id, info->transport, info->source_address);
    }
  reply_registered (self, request, device->id);
}

/* --- PUBLISH --- */

/* @now: Unix s. */
static void
keep_report (OhRegistrarSip *self,
             const OhDevice *device,
             const OhPresenceReport *report,
             gint64 now)
{
  oh_presence_watch_set_note (self->watch, device->user, report->note);
  oh_registrar_set_presence (
      self->registrar, device->id, report->presence,
      report->input ? oh_clock_before ((now - report->input) * G_TIME_SPAN_SECOND) : 0,
      report->in_use);
}

gboolean
oh_registrar_sip_report (OhRegistrarSip *self, const OhDevice *device, const char *pidf)
{
  OhPresenceReport report = { .presence = OH_PRESENCE_OPEN };
  gint64 now = g_get_real_time () / G_USEC_PER_SEC;

  if (!oh_presence_parse (pidf, -1, now, &report))
    return FALSE;
  if (oh_limits_take (self->reports, device->id, NULL))
    keep_report (self, device, &report, now);
  return TRUE;
}

static void
take_publish (OhRegistrarSip *self, OhSipRequest *request, const OhDevice *device)
{
  const OhSipInfo *info = oh_sip_request_get_info (request);
  const char *event = oh_sip_request_get_header (request, "Event");
  guint expires = read_expires (request, NULL);
  gint64 now = g_get_real_time () / G_USEC_PER_SEC;
  OhPresenceReport report = { .presence = OH_PRESENCE_OPEN };
  g_autofree char *etag = g_strdup_printf ("SIP-ETag: %x-%u", g_str_hash (device->id),
                                           ++self->next_etag);
  g_autofree char *lifetime = g_strdup_printf ("Expires: %u", expires);
  const char *headers[] = { etag, lifetime, NULL };

  if (!event || g_ascii_strncasecmp (event, "presence", 8) != 0)
    {
      static const char *const allow[] = { "Allow-Events: presence, message-summary", NULL };

      oh_sip_request_reply (request, 489, NULL, allow, NULL, NULL);
      return;
    }
  if (info->body && info->body_length > 0
      && !oh_presence_parse (info->body, (gssize)info->body_length, now, &report))
    {
      oh_sip_request_reply (request, 400, NULL, NULL, NULL, NULL);
      return;
    }
  if ((info->body && info->body_length > 0) || expires == 0)
    keep_report (self, device, &report, now);
  oh_sip_request_reply (request, 200, NULL, headers, NULL, NULL);
}

/* --- The lamp --- */

static void
notify_lamp (OhRegistrarSip *self, const OhUser *user, Lamp *lamp)
{
  g_autofree char *body = g_strdup_printf (
      "Messages-Waiting: %s\r\nMessage-Account: sip:%s@%s\r\nVoice-Message: %u/%u (0/0)\r\n",
      user->new_messages > 0 ? "yes" : "no", user->alias, self->realm, user->new_messages,
      user->old_messages);

  oh_sip_watcher_notify (lamp->watcher, "application/simple-message-summary", body);
}

void
oh_registrar_sip_notify (OhRegistrarSip *self, gint64 user_id)
{
  GPtrArray *lamps = g_hash_table_lookup (self->lamps, &user_id);
  const OhUser *user = oh_directory_find_user_by_id (self->directory, user_id);

  if (user && self->lamp_func)
    self->lamp_func (user_id, user->new_messages, self->lamp_data);
  if (!lamps || !user)
    return;
  for (guint i = lamps->len; i > 0; i--)
    {
      Lamp *lamp = g_ptr_array_index (lamps, i - 1);

      if (oh_sip_watcher_is_alive (lamp->watcher))
        notify_lamp (self, user, lamp);
      else
        g_ptr_array_remove_index_fast (lamps, i - 1);
    }
}

static void
take_subscribe (OhRegistrarSip *self, OhSipRequest *request, const OhDevice *device)
{
  const char *event = oh_sip_request_get_header (request, "Event");
  guint expires = read_expires (request, NULL);
  gint64 user_id = device->user->id;
  GPtrArray *lamps = g_hash_table_lookup (self->lamps, &user_id);
  OhSipWatcher *watcher;
  Lamp *lamp;

  if (!event || g_ascii_strncasecmp (event, "message-summary", 15) != 0)
    {
      static const char *const allow[] = { "Allow-Events: presence, message-summary", NULL };

      oh_sip_request_reply (request, 489, NULL, allow, NULL, NULL);
      return;
    }
  watcher = oh_sip_request_accept_subscription (request, expires);
  if (!watcher)
    return;
  if (!lamps)
    {
      lamps = g_ptr_array_new_with_free_func (lamp_free);
      g_hash_table_insert (self->lamps, g_memdup2 (&user_id, sizeof user_id), lamps);
    }
  lamp = g_new0 (Lamp, 1);
  lamp->watcher = watcher;
  lamp->device_id = g_strdup (device->id);
  g_ptr_array_add (lamps, lamp);
  notify_lamp (self, device->user, lamp);
}

/* --- All three --- */

static gboolean
is_presence (OhSipRequest *request)
{
  const char *event = oh_sip_request_get_header (request, "Event");

  return event && g_ascii_strncasecmp (event, "presence", 8) == 0 && !g_ascii_isalnum (event[8])
         && event[8] != '.' && event[8] != '-';
}

/* Of another user, whom From does not name. */
static void
take_watch (OhRegistrarSip *self, OhSipRequest *request, const OhDevice *device)
{
  const OhSipInfo *info = oh_sip_request_get_info (request);
  gboolean here = g_ascii_strcasecmp (info->to_host, self->realm) == 0
                  || g_hostname_is_ip_address (info->to_host);
  const OhUser *target = here ? oh_directory_find_user_by_alias (self->directory, info->to_user)
                              : NULL;

  if (here && !target)
    target = oh_directory_find_user_by_number (self->directory, info->to_user);
  if (target)
    oh_presence_watch_take (self->watch, request, device, target, read_expires (request, NULL));
  else
    oh_sip_request_reply (request, 404, NULL, NULL, NULL, NULL);
}

/* The address of record must be the device's own user's. */
static gboolean
is_own (const OhDevice *device, const OhSipInfo *info)
{
  return g_ascii_strcasecmp (info->to_user, device->user->alias) == 0
         || g_str_equal (info->to_user, device->id)
         || g_strv_contains ((const char *const *)device->user->numbers, info->to_user);
}

/* Who asks is not known before the challenge is answered, so the program decides; a wrong guess costs
 * one more round. */
OhSipDigest
oh_registrar_sip_guess_algorithm (const OhSipInfo *info)
{
  return info->user_agent && g_str_has_prefix (info->user_agent, "Offhook") ? OH_SIP_DIGEST_SHA256
                                                                            : OH_SIP_DIGEST_MD5;
}

static gboolean
is_within_limits (OhRegistrarSip *self, OhSipRequest *request, const OhDevice *device)
{
  const char *method = oh_sip_request_get_info (request)->method;
  OhLimits *limits = g_str_equal (method, "PUBLISH")     ? self->reports
                     : g_str_equal (method, "SUBSCRIBE") ? self->subscriptions
                                                         : NULL;
  guint retry_s = 0;
  g_autofree char *later = NULL;

  if (!limits || oh_limits_take (limits, device->id, &retry_s))
    return TRUE;
  later = g_strdup_printf ("Retry-After: %u", MAX (retry_s, 1));
  oh_sip_request_reply (request, 503, "Too Many Requests", (const char *[]){ later, NULL }, NULL,
                        NULL);
  return FALSE;
}

OhSipAuth
oh_registrar_sip_take (OhRegistrarSip *self, OhSipRequest *request)
{
  const OhSipInfo *info = oh_sip_request_get_info (request);
  const OhDevice *device;

  if (oh_sip_request_authenticate (request, self->realm, oh_registrar_sip_guess_algorithm (info),
                                   oh_registrar_sip_find_credential, self)
      != OH_SIP_AUTH_OK)
    return OH_SIP_AUTH_CHALLENGED;
  device = oh_directory_find_device (self->directory, info->auth_user);
  if (device && !is_within_limits (self, request, device))
    return OH_SIP_AUTH_OK;
  if (device && g_str_equal (info->method, "SUBSCRIBE") && is_presence (request))
    take_watch (self, request, device);
  else if (!device || !is_own (device, info))
    oh_sip_request_reply (request, 403, NULL, NULL, NULL, NULL);
  else if (g_str_equal (info->method, "REGISTER"))
    take_register (self, request, device);
  else if (g_str_equal (info->method, "PUBLISH"))
    take_publish (self, request, device);
  else
    take_subscribe (self, request, device);
  return OH_SIP_AUTH_OK;
}

void
oh_registrar_sip_tell_presence (OhRegistrarSip *self, gint64 user_id)
{
  const OhUser *user = oh_directory_find_user_by_id (self->directory, user_id);

  if (user)
    oh_presence_watch_tell (self->watch, user);
}

/* --- Snapshots --- */

typedef struct
{
  OhDirectory *directory;
  GPtrArray *gone; /* device ids */
} Sweep;

static void
collect_gone (const OhBinding *binding, gpointer user_data)
{
  Sweep *sweep = user_data;

  if (!oh_directory_find_device (sweep->directory, binding->device_id))
    g_ptr_array_add (sweep->gone, g_strdup (binding->device_id));
}

static void
drop_revoked (OhRegistrarSip *self)
{
  g_autoptr (GPtrArray) gone = g_ptr_array_new_with_free_func (g_free);
  Sweep sweep = { self->directory, gone };
  GHashTableIter iter;
  gpointer lamps;

  oh_registrar_foreach (self->registrar, collect_gone, &sweep);
  for (guint i = 0; i < gone->len; i++)
    oh_registrar_remove (self->registrar, g_ptr_array_index (gone, i), NULL);
  g_hash_table_iter_init (&iter, self->lamps);
  while (g_hash_table_iter_next (&iter, NULL, &lamps))
    for (guint i = ((GPtrArray *)lamps)->len; i > 0; i--)
      {
        Lamp *lamp = g_ptr_array_index ((GPtrArray *)lamps, i - 1);

        if (!oh_directory_find_device (self->directory, lamp->device_id))
          g_ptr_array_remove_index_fast (lamps, i - 1);
      }
}

void
oh_registrar_sip_set_directory (OhRegistrarSip *self, OhDirectory *directory)
{
  g_autoptr (OhDirectory) old = self->directory;
  GPtrArray *users = oh_directory_get_users (directory);

  self->directory = oh_directory_ref (directory);
  drop_revoked (self);
  oh_presence_watch_set_directory (self->watch, directory);
  for (guint i = 0; old && i < users->len; i++)
    {
      const OhUser *user = g_ptr_array_index (users, i);
      const OhUser *before = oh_directory_find_user_by_id (old, user->id);

      if (before
          && (before->new_messages != user->new_messages
              || before->old_messages != user->old_messages))
        oh_registrar_sip_notify (self, user->id);
    }
}
