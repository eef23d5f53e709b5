/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "oh-trunk"

#include "server/trunk/oh-trunks.h"

#include <gio/gio.h>

#include <string.h>

typedef enum
{
  LINE_READY, /* trusted by address */
  LINE_REGISTERING,
  LINE_REGISTERED,
  LINE_FAILED
} LineState;

static const char *const state_names[] = { "ready", "registering", "registered", "failed" };

/* What lives on behind an OhTrunk of the snapshots. */
typedef struct
{
  OhTrunks *trunks;
  gint64 id;
  char *fingerprint; /* of everything that a registration depends on */
  LineState state;
  char *reason;
  gint64 since;         /* unix s */
  char *seen;           /* our address as the registrar sees it, or NULL */
  GPtrArray *addresses; /* IP addresses of the provider, resolved */
  gboolean looking_up;
  OhSipRegistration *registration; /* NULL before the first look-up's end */
  char *route;                     /* of the registration */
} Line;

struct _OhTrunks
{
  gatomicrefcount refs; /* look-ups under way hold some */
  OhSip *sip;
  OhExecutor signalling, services;
  OhDirectory *directory;
  GHashTable *lines; /* gint64* id -> Line */
  gboolean closed;
};

static void
line_free (gpointer data)
{
  Line *line = data;

  if (line->registration)
    oh_sip_registration_end (line->registration, TRUE);
  g_ptr_array_unref (line->addresses);
  g_free (line->fingerprint);
  g_free (line->reason);
  g_free (line->seen);
  g_free (line->route);
  g_free (line);
}

static void
trunks_unref (OhTrunks *trunks)
{
  if (g_atomic_ref_count_dec (&trunks->refs))
    g_free (trunks);
}

OhTrunks *
oh_trunks_new (OhSip *sip, const OhExecutor *signalling, const OhExecutor *services)
{
  OhTrunks *trunks = g_new0 (OhTrunks, 1);

  g_atomic_ref_count_init (&trunks->refs);
  trunks->sip = sip;
  trunks->signalling = *signalling;
  trunks->services = *services;
  trunks->lines = g_hash_table_new_full (g_int64_hash, g_int64_equal, g_free, line_free);
  return trunks;
}

void
oh_trunks_free (OhTrunks *trunks)
{
  if (!trunks)
    return;
  trunks->closed = TRUE;
  g_hash_table_unref (g_steal_pointer (&trunks->lines));
  g_clear_pointer (&trunks->directory, oh_directory_unref);
  trunks_unref (trunks);
}

static const OhTrunk *
find_trunk (OhTrunks *trunks, gint64 id)
{
  GPtrArray *all = oh_directory_get_trunks (trunks->directory);

  for (guint i = 0; i < all->len; i++)
    {
      const OhTrunk *trunk = g_ptr_array_index (all, i);

      if (trunk->id == id)
        return trunk;
    }
  return NULL;
}

static void
set_state (Line *line, LineState state, const char *reason)
{
  const OhTrunk *trunk = find_trunk (line->trunks, line->id);

  if (line->state == state && g_strcmp0 (line->reason, reason) == 0)
    return;
  line->state = state;
  g_free (line->reason);
  line->reason = g_strdup (reason);
  line->since = g_get_real_time () / G_USEC_PER_SEC;
  g_message ("trunk %s: %s%s%s", trunk ? trunk->name : "?", state_names[state],
             reason && *reason ? ": " : "", reason ? reason : "");
}

/* --- Where a trunk is --- */

static const char *
get_target_uri (const OhTrunk *trunk)
{
  return trunk->proxy && *trunk->proxy           ? trunk->proxy
         : trunk->registrar && *trunk->registrar ? trunk->registrar
         : trunk->aor                            ? trunk->aor
                                                 : "";
}

static gboolean
names_port (const char *host_port)
{
  const char *end = strrchr (host_port, ']');

  return strchr (end ? end : host_port, ':') != NULL;
}

/* The only address of @line, or the only one of IPv4, which a home router has in any case; else NULL. */
static const char *
get_only_address (const Line *line)
{
  const char *found = NULL;
  guint n_four = 0;

  for (guint i = 0; i < line->addresses->len; i++)
    {
      const char *address = g_ptr_array_index (line->addresses, i);

      if (strchr (address, ':'))
        continue;
      found = address;
      n_four++;
    }
  if (n_four == 0 && line->addresses->len == 1)
    return g_ptr_array_index (line->addresses, 0);
  return n_four == 1 ? found : NULL;
}

/* What a name with a port stands for, or NULL. It has no SRV record (RFC 3263 4.2), so that the
 * computer's own look-up is enough, and that knows /etc/hosts, which sofia's does not. Of several
 * addresses sofia tries one after the other. */
static const char *
get_address_of_name (const Line *line, const char *host, const char *host_port)
{
  return line && names_port (host_port) && !g_hostname_is_ip_address (host)
             ? get_only_address (line)
             : NULL;
}

/* Where requests of a trunk go. */
typedef struct
{
  char *route;    /* host and transport, no user. NULL: nowhere */
  char *tls_name; /* or NULL */
} Hop;

static void
hop_init (Hop *hop, const Line *line, const OhTrunk *trunk)
{
  g_autofree char *host = oh_uri_dup_host (get_target_uri (trunk));
  g_autofree char *host_port = oh_uri_dup_host_port (get_target_uri (trunk));
  const char *address = get_address_of_name (line, host, host_port);
  const char *transport = trunk->transport && *trunk->transport ? trunk->transport : "udp";

  *hop = (Hop){ NULL, g_strdup (trunk->tls_name) };
  if (!*host_port)
    return;
  if (!address)
    {
      hop->route = g_strdup_printf ("sip:%s;transport=%s", host_port, transport);
      return;
    }
  hop->route = g_strdup_printf (strchr (address, ':') ? "sip:[%s]%s;transport=%s"
                                                      : "sip:%s%s;transport=%s",
                                address, strrchr (host_port, ':'), transport);
  if (!hop->tls_name)
    hop->tls_name = g_strdup (host);
}

static void
hop_clear (Hop *hop)
{
  g_free (hop->route);
  g_free (hop->tls_name);
}

typedef struct
{
  OhTrunks *trunks;
  gint64 id;
  char *host;
  GPtrArray *addresses;
} Lookup;

static void sign_in (Line *line, const OhTrunk *trunk);

/* By the address that was found; anew, where it is another one than before. */
static void
on_addresses_changed (Line *line)
{
  const OhTrunk *trunk = find_trunk (line->trunks, line->id);
  Hop hop;

  if (!trunk || trunk->kind != OH_TRUNK_REGISTER)
    return;
  hop_init (&hop, line, trunk);
  if (line->registration && g_strcmp0 (hop.route, line->route) != 0)
    oh_sip_registration_end (g_steal_pointer (&line->registration), TRUE);
  hop_clear (&hop);
  if (!line->registration)
    sign_in (line, trunk);
}

static void
take_addresses (gpointer data)
{
  Lookup *lookup = data;
  Line *line = lookup->trunks->closed ? NULL
                                      : g_hash_table_lookup (lookup->trunks->lines, &lookup->id);

  if (line && lookup->addresses->len > 0)
    {
      g_ptr_array_unref (line->addresses);
      line->addresses = g_ptr_array_ref (lookup->addresses);
    }
  if (line)
    {
      line->looking_up = FALSE;
      on_addresses_changed (line);
    }
  g_ptr_array_unref (lookup->addresses);
  trunks_unref (lookup->trunks);
  g_free (lookup->host);
  g_free (lookup);
}

static void
on_resolved (GObject *source, GAsyncResult *result, gpointer user_data)
{
  Lookup *lookup = user_data;
  g_autoptr (GError) error = NULL;
  GList *found = g_resolver_lookup_by_name_finish (G_RESOLVER (source), result, &error);

  if (error)
    g_message ("%s can't be resolved: %s", lookup->host, error->message);
  for (GList *l = found; l; l = l->next)
    g_ptr_array_add (lookup->addresses, g_inet_address_to_string (l->data));
  g_resolver_free_addresses (found);
  oh_executor_post (&lookup->trunks->signalling, take_addresses, lookup);
}

/* Services thread. */
static void
resolve (gpointer data)
{
  Lookup *lookup = data;
  g_autoptr (GResolver) resolver = g_resolver_get_default ();

  g_resolver_lookup_by_name_async (resolver, lookup->host, NULL, on_resolved, lookup);
}

/* FALSE: there is nothing to look up, or one is under way. */
static gboolean
look_up (Line *line, const OhTrunk *trunk)
{
  OhTrunks *trunks = line->trunks;
  g_autofree char *host = oh_uri_dup_host (get_target_uri (trunk));
  Lookup *lookup;

  if (!*host || line->looking_up)
    return FALSE;
  line->looking_up = TRUE;
  lookup = g_new0 (Lookup, 1);
  g_atomic_ref_count_inc (&trunks->refs);
  lookup->trunks = trunks;
  lookup->id = trunk->id;
  lookup->host = g_steal_pointer (&host);
  lookup->addresses = g_ptr_array_new_with_free_func (g_free);
  oh_executor_post (&trunks->services, resolve, lookup);
  return TRUE;
}

/* --- Registrations --- */

static void
on_registered (OhSipRegistration *registration,
               guint expires,
               const char *seen_address,
               gpointer user_data)
{
  Line *line = user_data;

  g_free (line->seen);
  line->seen = g_strdup (seen_address);
  set_state (line, LINE_REGISTERED, "");
}

static void
on_failed (OhSipRegistration *registration,
           guint status,
           const char *phrase,
           guint retry_ms,
           gpointer user_data)
{
  Line *line = user_data;
  g_autofree char *reason = g_strdup_printf ("%u %s%s", status, phrase ? phrase : "",
                                             retry_ms > 0 ? ", tried again"
                                             : (status == 401 || status == 403)
                                                 ? ", the provider refuses the secret"
                                                 : "");

  set_state (line, LINE_FAILED, reason);
  if (retry_ms > 0 && find_trunk (line->trunks, line->id))
    look_up (line, find_trunk (line->trunks, line->id));
}

static const OhSipRegistrationHandlers registration_handlers = {
  .registered = on_registered,
  .failed = on_failed,
};

static void
sign_in (Line *line, const OhTrunk *trunk)
{
  Hop hop;
  OhSipAccount account = {
    .aor = trunk->aor,
    .registrar = trunk->registrar && *trunk->registrar ? trunk->registrar : NULL,
    .auth_user = trunk->auth_user && *trunk->auth_user ? trunk->auth_user : NULL,
    .secret = trunk->secret,
    .expires = 300,
  };

  hop_init (&hop, line, trunk);
  account.proxy = hop.route;
  account.tls_name = hop.tls_name;
  set_state (line, LINE_REGISTERING, "");
  line->registration = oh_sip_register (line->trunks->sip, &account, &registration_handlers, line);
  g_free (line->route);
  line->route = g_strdup (hop.route);
  hop_clear (&hop);
}

static char *
make_fingerprint (const OhTrunk *trunk)
{
  g_autofree char *text = g_strdup_printf (
      "%d|%s|%s|%s|%s|%s|%s|%s", trunk->kind, trunk->aor ? trunk->aor : "",
      trunk->registrar ? trunk->registrar : "", trunk->proxy ? trunk->proxy : "",
      trunk->auth_user ? trunk->auth_user : "", trunk->secret ? trunk->secret : "",
      trunk->transport ? trunk->transport : "", trunk->tls_name ? trunk->tls_name : "");

  return g_compute_checksum_for_string (G_CHECKSUM_SHA256, text, -1);
}

static void
add_line (OhTrunks *trunks, const OhTrunk *trunk, char *fingerprint)
{
  Line *line = g_new0 (Line, 1);

  line->trunks = trunks;
  line->id = trunk->id;
  line->fingerprint = fingerprint;
  line->state = trunk->kind == OH_TRUNK_REGISTER ? LINE_REGISTERING : LINE_READY;
  line->since = g_get_real_time () / G_USEC_PER_SEC;
  line->addresses = g_ptr_array_new_with_free_func (g_free);
  g_hash_table_replace (trunks->lines, g_memdup2 (&trunk->id, sizeof trunk->id), line);
  if (!look_up (line, trunk) && trunk->kind == OH_TRUNK_REGISTER)
    sign_in (line, trunk);
}

void
oh_trunks_set_directory (OhTrunks *trunks, OhDirectory *directory)
{
  GPtrArray *all = oh_directory_get_trunks (directory);
  GHashTableIter iter;
  gpointer key;

  oh_directory_ref (directory);
  g_clear_pointer (&trunks->directory, oh_directory_unref);
  trunks->directory = directory;
  g_hash_table_iter_init (&iter, trunks->lines);
  while (g_hash_table_iter_next (&iter, &key, NULL))
    if (!find_trunk (trunks, *(gint64 *)key))
      g_hash_table_iter_remove (&iter);
  for (guint i = 0; i < all->len; i++)
    {
      const OhTrunk *trunk = g_ptr_array_index (all, i);
      Line *line = g_hash_table_lookup (trunks->lines, &trunk->id);
      char *fingerprint = make_fingerprint (trunk);

      if (line && g_str_equal (line->fingerprint, fingerprint))
        g_free (fingerprint);
      else
        add_line (trunks, trunk, fingerprint);
    }
}

/* --- Sources and targets --- */

static gboolean
line_has_address (Line *line, const char *address)
{
  return g_ptr_array_find_with_equal_func (line->addresses, address, g_str_equal, NULL);
}

const OhTrunk *
oh_trunks_find_source (OhTrunks *trunks, const OhSipInfo *info)
{
  GPtrArray *all = oh_directory_get_trunks (trunks->directory);
  const OhTrunk *found = NULL;

  for (guint i = 0; i < all->len; i++)
    {
      const OhTrunk *trunk = g_ptr_array_index (all, i);
      Line *line = g_hash_table_lookup (trunks->lines, &trunk->id);
      g_autofree char *user = NULL;

      if (trunk->kind != OH_TRUNK_REGISTER || !line || !trunk->aor
          || !line_has_address (line, info->source_address))
        continue;
      user = oh_uri_dup_user (trunk->aor);
      if (g_str_equal (user, info->request_user))
        return trunk;
      found = trunk;
    }
  return found ? found
               : oh_directory_find_trunk_by_address (trunks->directory, info->source_address);
}

const char *
oh_trunks_get_address (OhTrunks *trunks, gint64 trunk_id)
{
  Line *line = g_hash_table_lookup (trunks->lines, &trunk_id);

  return line && line->addresses->len > 0 ? g_ptr_array_index (line->addresses, 0) : NULL;
}

gboolean
oh_trunks_is_up (OhTrunks *trunks, gint64 trunk_id)
{
  Line *line = g_hash_table_lookup (trunks->lines, &trunk_id);

  return line && line->state != LINE_FAILED;
}

void
oh_trunks_note_outcome (OhTrunks *trunks, gint64 trunk_id, guint status, gboolean by_peer)
{
  Line *line = g_hash_table_lookup (trunks->lines, &trunk_id);
  const OhTrunk *trunk = find_trunk (trunks, trunk_id);
  g_autofree char *reason = g_strdup_printf ("no answer to the last call (%u)", status);

  if (!line || !trunk || trunk->kind != OH_TRUNK_ADDRESS)
    return;
  if (!by_peer && (status == 408 || status == 503))
    {
      set_state (line, LINE_FAILED, reason);
      look_up (line, trunk);
    }
  else
    set_state (line, LINE_READY, "");
}

void
oh_trunk_target_init (OhTrunkTarget *target,
                      OhTrunks *trunks,
                      const OhTrunk *trunk,
                      const char *number,
                      const char *caller_number,
                      const char *domain)
{
  g_autofree char *host_port = oh_uri_dup_host_port (get_target_uri (trunk));
  const char *shown = trunk->caller_number && *trunk->caller_number ? trunk->caller_number
                      : caller_number                               ? caller_number
                                                                    : "anonymous";
  g_autofree char *caller = oh_uri_escape_user (shown);
  g_autofree char *called = oh_uri_escape_user (number);

  Hop hop;

  hop_init (&hop, g_hash_table_lookup (trunks->lines, &trunk->id), trunk);
  *target = (OhTrunkTarget){ 0 };
  target->aor = trunk->aor && *trunk->aor ? g_strdup (trunk->aor)
                                          : g_strdup_printf ("sip:%s@%s", caller, domain);
  target->proxy = hop.route;
  target->tls_name = hop.tls_name;
  target->to_uri = g_strdup_printf ("sip:%s@%s", called, host_port);
  /* A provider takes calls in its account's name only; whose number it is stands in
   * P-Asserted-Identity. */
  target->from_uri = trunk->kind == OH_TRUNK_REGISTER
                         ? g_strdup (target->aor)
                         : g_strdup_printf ("sip:%s@%s", caller, domain);
  target->account = (OhSipAccount){
    .aor = target->aor,
    .proxy = target->proxy,
    .auth_user = trunk->auth_user && *trunk->auth_user ? trunk->auth_user : NULL,
    .secret = trunk->secret,
    .tls_name = target->tls_name,
  };
}

void
oh_trunk_target_clear (OhTrunkTarget *target)
{
  g_free (target->to_uri);
  g_free (target->from_uri);
  g_free (target->aor);
  g_free (target->proxy);
  g_free (target->tls_name);
}

static void
add_string (JsonBuilder *builder, const char *name, const char *value)
{
  json_builder_set_member_name (builder, name);
  json_builder_add_string_value (builder, value ? value : "");
}

void
oh_trunks_describe (OhTrunks *trunks, JsonBuilder *builder)
{
  GPtrArray *all = oh_directory_get_trunks (trunks->directory);

  for (guint i = 0; i < all->len; i++)
    {
      const OhTrunk *trunk = g_ptr_array_index (all, i);
      Line *line = g_hash_table_lookup (trunks->lines, &trunk->id);

      json_builder_begin_object (builder);
      add_string (builder, "name", trunk->name);
      add_string (builder, "kind", trunk->kind == OH_TRUNK_REGISTER ? "register" : "address");
      add_string (builder, "state", line ? state_names[line->state] : "failed");
      add_string (builder, "reason", line ? line->reason : NULL);
      json_builder_set_member_name (builder, "since");
      json_builder_add_int_value (builder, line ? line->since : 0);
      add_string (builder, "public_address",
                  line && line->seen ? line->seen : trunk->public_address);
      json_builder_end_object (builder);
    }
}
