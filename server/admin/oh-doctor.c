/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "oh-admin"

#include "server/admin/oh-admin-private.h"

#include "server/store/oh-json.h"
#include "server/web/oh-certificate.h"

#include <ifaddrs.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/statvfs.h>

#define MIB (1024.0 * 1024.0)

/* What was found so far: [{"check","state":"ok|warning|error","message","remedy"}] */
typedef struct
{
  JsonArray *findings;
} Doctor;

static void
free_doctor (gpointer data)
{
  Doctor *doctor = data;

  json_array_unref (doctor->findings);
  g_free (doctor);
}

static void find (Doctor *doctor,
                  const char *check,
                  const char *state,
                  const char *remedy,
                  const char *format,
                  ...) G_GNUC_PRINTF (5, 6);

static void
find (Doctor *doctor,
      const char *check,
      const char *state,
      const char *remedy,
      const char *format,
      ...)
{
  JsonObject *object = json_object_new ();
  g_autofree char *message = NULL;
  va_list values;

  va_start (values, format);
  message = g_strdup_vprintf (format, values);
  va_end (values);
  json_object_set_string_member (object, "check", check);
  json_object_set_string_member (object, "state", state);
  json_object_set_string_member (object, "message", message);
  json_object_set_string_member (object, "remedy", remedy);
  json_array_add_object_element (doctor->findings, object);
}

/* --- What can be seen at once --- */

static void
check_disk (Doctor *doctor, const OhServerConfig *config)
{
  struct statvfs status;
  double free_mib;

  if (statvfs (config->state_dir, &status) != 0)
    {
      find (doctor, "disk", "error", "Check that the folder exists and is the server's own",
            "The state folder %s cannot be looked at", config->state_dir);
      return;
    }
  free_mib = (double)status.f_bavail * (double)status.f_frsize / MIB;
  if (free_mib < 100)
    find (doctor, "disk", "error", "Free some space: voicemail cannot be recorded without",
          "Only %.0f MiB are free in %s", free_mib, config->state_dir);
  else if (free_mib < 1024)
    find (doctor, "disk", "warning", "Free some space soon", "%.0f MiB are free in %s", free_mib,
          config->state_dir);
  else
    find (doctor, "disk", "ok", "", "%.1f GiB are free in %s", free_mib / 1024, config->state_dir);
}

static void
check_certificate (Doctor *doctor, const OhServerConfig *config)
{
  g_autofree char *names = NULL;
  g_autoptr (GError) error = NULL;
  const char *wanted = oh_certificate_get_name (config);
  gint64 left;

  if (!oh_certificate_examine (config, &left, &names, &error))
    find (doctor, "certificate", "error", "Restart offhookd: it makes a missing certificate anew",
          "%s", error->message);
  else if (left < 0)
    find (doctor, "certificate", "error",
          "Renew it ([web] certificate), or restart offhookd if it is its own",
          "The certificate of %s ended %d days ago", names, (int)(-left / 86400));
  else if (left < 14 * 86400)
    find (doctor, "certificate", "warning",
          "Renew it ([web] certificate), or restart offhookd if it is its own",
          "The certificate of %s ends in %d days", names, (int)(left / 86400));
  else
    find (doctor, "certificate", "ok", "", "%s, %d days left (clients ask for %s)", names,
          (int)(left / 86400), wanted);
}

/* What a person compares whose client does not know the certificate. */
static void
tell_fingerprint (Doctor *doctor, const OhServerConfig *config)
{
  g_autofree char *fingerprint = oh_certificate_dup_fingerprint (config);

  if (fingerprint)
    find (doctor, "fingerprint", "ok", "", "%s", fingerprint);
}

/* Whether our own TCP port takes a connection; the kernel answers, no thread of ours. */
static void
check_port (Doctor *doctor, const char *name, const char *address, guint16 port)
{
  g_autoptr (GSocketClient) client = g_socket_client_new ();
  g_autoptr (GInetAddress) ip = g_inet_address_new_from_string (address);
  g_autoptr (GSocketAddress) target = NULL;
  g_autoptr (GSocketConnection) connection = NULL;
  g_autoptr (GError) error = NULL;

  if (!ip || g_inet_address_get_is_any (ip))
    {
      g_clear_object (&ip);
      ip = g_inet_address_new_loopback (G_SOCKET_FAMILY_IPV4);
    }
  target = g_inet_socket_address_new (ip, port);
  g_socket_client_set_timeout (client, 1);
  g_socket_client_set_enable_proxy (client, FALSE);
  connection = g_socket_client_connect (client, G_SOCKET_CONNECTABLE (target), NULL, &error);
  if (connection)
    find (doctor, "port", "ok", "", "%s is heard on port %u", name, port);
  else
    find (doctor, "port", "error", "Restart offhookd and look at its log",
          "%s on port %u does not answer: %s", name, port, error->message);
}

/* "tcp:127.0.0.1:5060" -> "127.0.0.1" of the first entry of @transport; NULL: not configured. */
static char *
dup_listen_address (const OhServerConfig *config, const char *transport)
{
  for (char **entry = config->sip_listen; *entry; entry++)
    if (g_str_has_prefix (*entry, transport) && (*entry)[strlen (transport)] == ':')
      {
        const char *start = *entry + strlen (transport) + 1;
        g_autofree char *host = g_strndup (start, (gsize)(strrchr (start, ':') - start));

        return host[0] == '[' ? g_strndup (host + 1, strlen (host) - 2) : g_steal_pointer (&host);
      }
  return NULL;
}

static void
check_ports (Doctor *doctor, OhAdmin *admin)
{
  g_autofree char *tcp = dup_listen_address (admin->config, "tcp");
  g_autofree char *tls = dup_listen_address (admin->config, "tls");

  if (admin->udp)
    find (doctor, "port", "ok", "", "SIP over UDP is heard on port %u", admin->udp);
  if (tcp)
    check_port (doctor, "SIP over TCP", tcp, admin->tcp);
  if (tls)
    check_port (doctor, "SIP over TLS", tls, admin->tls);
  else
    find (doctor, "port", "error", "Add tls:0.0.0.0:5061 to [sip] listen",
          "SIP over TLS is not configured: no device can sign in");
  check_port (doctor, "HTTPS", admin->config->web_address, admin->https);
}

static gboolean
is_public (const struct sockaddr *address)
{
  g_autoptr (GInetAddress) ip = NULL;

  if (address->sa_family == AF_INET)
    ip = g_inet_address_new_from_bytes (
        (const guint8 *)&((const struct sockaddr_in *)(const void *)address)->sin_addr,
        G_SOCKET_FAMILY_IPV4);
  else if (address->sa_family == AF_INET6)
    ip = g_inet_address_new_from_bytes (
        (const guint8 *)&((const struct sockaddr_in6 *)(const void *)address)->sin6_addr,
        G_SOCKET_FAMILY_IPV6);
  return ip && !g_inet_address_get_is_loopback (ip) && !g_inet_address_get_is_link_local (ip)
         && !g_inet_address_get_is_site_local (ip);
}

static gboolean
has_public_address (void)
{
  struct ifaddrs *all = NULL;
  gboolean found = FALSE;

  if (getifaddrs (&all) != 0)
    return FALSE;
  for (struct ifaddrs *one = all; one && !found; one = one->ifa_next)
    found = one->ifa_addr && is_public (one->ifa_addr);
  freeifaddrs (all);
  return found;
}

static void
check_address (Doctor *doctor, const OhServerConfig *config, gboolean has_trunks)
{
  if (config->public_address)
    find (doctor, "address", "ok", "", "%s is told to trunks and far devices",
          config->public_address);
  else if (has_public_address ())
    find (doctor, "address", "ok", "", "This computer has a public address of its own");
  else if (config->stun_servers[0])
    find (doctor, "address", "ok", "",
          "This computer stands behind a router; STUN tells how it is "
          "seen outside");
  else
    find (doctor, "address", has_trunks ? "warning" : "ok",
          has_trunks ? "Name [server] stun_servers, or the router's address as public_address" : "",
          "This computer stands behind a router, and no public address is configured");
}

static void
check_users (Doctor *doctor, OhDirectory *directory)
{
  GPtrArray *users = oh_directory_get_users (directory);
  guint numberless = 0;

  for (guint i = 0; i < users->len; i++)
    numberless += ((const OhUser *)users->pdata[i])->numbers[0] == NULL;
  if (users->len == 0)
    find (doctor, "users", "warning", "offhookctl user add NAME --password-stdin",
          "There is no user yet");
  else if (numberless)
    find (doctor, "users", "warning", "offhookctl number add NUMBER USER",
          "%u of %u users have no number: telephones cannot call them", numberless, users->len);
  else
    find (doctor, "users", "ok", "", "%u with a number each", users->len);
}

static void
check_mailboxes (Doctor *doctor, const OhServerConfig *config, OhDirectory *directory)
{
  GPtrArray *users = oh_directory_get_users (directory);

  for (guint i = 0; i < users->len; i++)
    {
      const OhUser *user = users->pdata[i];

      if (user->new_messages + user->old_messages >= config->voicemail_max_messages)
        find (doctor, "voicemail", "warning",
              "Let the user delete some, or set [voicemail] max_messages or [retention] "
              "voicemail_days",
              "The mailbox of %s is full: callers can leave no message", user->alias);
    }
}

static void
check_im (Doctor *doctor, OhAdmin *admin, OhDirectory *directory)
{
  GPtrArray *logins = oh_directory_get_im_logins (directory);

  for (guint i = 0; i < logins->len; i++)
    {
      const OhImLogin *login = logins->pdata[i];
      g_autoptr (JsonObject) live = json_object_new ();
      const char *state, *reason, *certificate;

      oh_im_desk_describe_account (admin->desk, login, live);
      state = json_object_get_string_member (live, "state");
      reason = json_object_get_string_member (live, "reason");
      certificate = json_object_get_string_member (live, "certificate");
      find (doctor, "im",
            strcmp (state, "online") == 0   ? "ok"
            : strcmp (state, "failed") == 0 ? "error"
                                            : "warning",
            strcmp (state, "online") == 0 ? ""
            : *certificate ? "If the fingerprint is right: offhookctl im account trust ACCOUNT "
                             "FINGERPRINT"
            : g_str_has_prefix (reason, "proxy")
                ? "Check offhookctl im account proxy ACCOUNT PROXY, and that the proxy runs"
                : "Check user name, password and options of the account",
            "%s: %s%s%s%s%s", login->name, state, *reason ? ", " : "", reason,
            *certificate ? ", certificate " : "", certificate);
    }
}

/* --- What others answer --- */

static void
check_trunks (Doctor *doctor, const char *json)
{
  g_autoptr (JsonNode) root = json_from_string (json, NULL);
  JsonArray *trunks = root && JSON_NODE_HOLDS_ARRAY (root) ? json_node_get_array (root) : NULL;

  if (!trunks || json_array_get_length (trunks) == 0)
    {
      find (doctor, "trunk", "warning", "offhookctl trunk add NAME --kind register|address ...",
            "There is no trunk: calls come and go between users only");
      return;
    }
  for (guint i = 0; i < json_array_get_length (trunks); i++)
    {
      JsonObject *trunk = json_array_get_object_element (trunks, i);
      const char *name = json_object_get_string_member_with_default (trunk, "name", "?");
      const char *state = json_object_get_string_member_with_default (trunk, "state", "?");
      const char *reason = json_object_get_string_member_with_default (trunk, "reason", "");
      gboolean fine = strcmp (state, "registered") == 0 || strcmp (state, "ready") == 0;
      gboolean failed = strcmp (state, "failed") == 0;

      find (doctor, "trunk",
            fine     ? "ok"
            : failed ? "error"
                     : "warning",
            fine ? "" : "Check address, user and password of the trunk with its provider",
            "%s: %s%s%s", name, state, *reason ? ", " : "", reason);
    }
}

/* --- How the router shows us --- */

typedef struct
{
  const char *address; /* the first one told, or NULL */
  gint64 port;
  guint n_told, n_silent;
  gboolean same_address, same_port;
} View;

static void
look_at_server (Doctor *doctor, JsonObject *server, View *view)
{
  const char *name = json_object_get_string_member (server, "server");
  const char *mapped = json_object_get_string_member (server, "mapped");
  gint64 port = json_object_get_int_member (server, "port");

  if (!*json_object_get_string_member (server, "address"))
    find (doctor, "stun", "error",
          "Check its name in [server] stun_servers and this computer's DNS", "%s has no address",
          name);
  else if (!*mapped)
    find (doctor, "stun", "warning", "Name another one, or let UDP to it out", "%s does not answer",
          name);
  if (!*mapped)
    {
      view->n_silent++;
      return;
    }
  find (doctor, "stun", "ok", "", "%s sees this computer as %s", name, mapped);
  if (view->n_told++ == 0)
    {
      view->address = mapped;
      view->port = port;
    }
  view->same_address &= g_str_equal (mapped, view->address);
  view->same_port &= port == view->port;
}

static void
judge_view (Doctor *doctor, const OhServerConfig *config, const View *view)
{
  if (view->n_told == 0)
    find (doctor, "nat", "error", "Configure the router's address as [server] public_address",
          "No STUN server tells how this computer is seen outside");
  else if (config->public_address && !g_str_equal (config->public_address, view->address))
    find (doctor, "nat", "warning", "Correct it, or leave it out and let STUN find it",
          "public_address is %s, but outside this computer is seen as %s", config->public_address,
          view->address);
  else if (!view->same_address || !view->same_port)
    find (doctor, "nat", "warning",
          "Forward the ports of [media] on the router and configure its public_address, or use a "
          "provider that sends sound to where ours comes from",
          "The router shows another port or address to each far end (symmetric NAT): what STUN "
          "tells does not hold for a provider");
  else if (view->n_told > 1)
    find (doctor, "nat", "ok", "", "The router shows the same port to every far end");
  else
    find (doctor, "nat", "ok", "",
          "Name a second STUN server to learn whether the router shows "
          "the same port to every far end");
}

static void
on_nat_ready (const char *json, gpointer user_data)
{
  OhAdminRequest *request = user_data;
  Doctor *doctor = request->data;
  g_autoptr (JsonNode) root = json_from_string (json, NULL);
  g_autoptr (JsonNode) node = json_node_alloc ();
  g_autofree char *answer = NULL;
  JsonArray *servers = json_node_get_array (root);
  View view = { .same_address = TRUE, .same_port = TRUE };

  for (guint i = 0; i < json_array_get_length (servers); i++)
    look_at_server (doctor, json_array_get_object_element (servers, i), &view);
  if (view.n_told + view.n_silent > 0)
    judge_view (doctor, request->admin->config, &view);
  json_node_init_array (node, doctor->findings);
  answer = oh_json_node_to_string (node);
  oh_admin_answer (request, answer);
}

static void
on_trunks_ready (const char *json, gpointer user_data)
{
  OhAdminRequest *request = user_data;
  OhLive *live = &request->admin->live;

  check_trunks (request->data, json);
  if (request->admin->closed)
    oh_admin_answer_error (request, "closing", "offhookd stops");
  else
    live->funcs->nat (live->live, &request->admin->executor, on_nat_ready, request);
}

static void
on_database_checked (const char *json, const GError *error, gpointer user_data)
{
  OhAdminRequest *request = user_data;
  Doctor *doctor = request->data;
  OhLive *live = &request->admin->live;
  g_autoptr (JsonNode) root = json ? json_from_string (json, NULL) : NULL;
  const char *check = root ? json_object_get_string_member (json_node_get_object (root), "check")
                           : NULL;

  if (!check)
    find (doctor, "database", "error", "Restore it from a backup", "%s",
          error ? error->message : "it does not answer");
  else if (strcmp (check, "ok") != 0)
    find (doctor, "database", "error", "Stop offhookd and restore the database from a backup",
          "It is damaged: %s", check);
  else
    find (doctor, "database", "ok", "", "%s, %.1f MiB, sound", request->admin->config->database,
          (double)json_object_get_int_member (json_node_get_object (root), "bytes") / MIB);
  if (request->admin->closed)
    oh_admin_answer_error (request, "closing", "offhookd stops");
  else
    live->funcs->trunks (live->live, &request->admin->executor, on_trunks_ready, request);
}

void
oh_admin_handle_doctor (OhAdminRequest *request)
{
  OhAdmin *admin = request->admin;
  OhStoreReply reply = oh_admin_reply_to (request, on_database_checked);
  Doctor *doctor = g_new0 (Doctor, 1);

  doctor->findings = json_array_new ();
  request->data = doctor;
  request->free_data = free_doctor;
  find (doctor, "configuration", "ok", "", "%s",
        admin->config->path ? admin->config->path : "defaults, no file");
  check_ports (doctor, admin);
  check_certificate (doctor, admin->config);
  tell_fingerprint (doctor, admin->config);
  check_address (doctor, admin->config, oh_directory_get_trunks (request->directory)->len > 0);
  check_disk (doctor, admin->config);
  check_users (doctor, request->directory);
  check_mailboxes (doctor, admin->config, request->directory);
  check_im (doctor, admin, request->directory);
  oh_store_check (admin->store, &reply);
}
