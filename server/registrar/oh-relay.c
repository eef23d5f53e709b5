/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "oh-registrar"

#include "server/registrar/oh-relay.h"

#include <string.h>

#define LIFETIME_S 86400

/* "A REST API for access to TURN services": the name is the end of its validity and who it is for, the
 * password what the shared secret makes of it. */
static char *
make_password (const char *secret, const char *user)
{
  g_autoptr (GHmac) hmac = g_hmac_new (G_CHECKSUM_SHA1, (const guchar *)secret, strlen (secret));
  guint8 digest[20];
  gsize length = sizeof digest;

  g_hmac_update (hmac, (const guchar *)user, (gssize)strlen (user));
  g_hmac_get_digest (hmac, digest, &length);
  return g_base64_encode (digest, length);
}

static void
make_credential (
    const OhServerConfig *config, const char *who, gint64 now, char **user, char **password)
{
  *user = config->turn_secret ? g_strdup_printf ("%" G_GINT64_FORMAT ":%s", now + LIFETIME_S, who)
                              : g_strdup (config->turn_user);
  *password = config->turn_secret ? make_password (config->turn_secret, *user)
                                  : g_strdup (config->turn_password);
}

/* A relay answers what a STUN server does. */
static const char *
get_stun (const OhServerConfig *config)
{
  return config->stun_servers[0] ? config->stun_servers[0] : config->turn_server;
}

char **
oh_relay_make_headers (const OhServerConfig *config, const char *who, gint64 now)
{
  g_autoptr (GPtrArray) headers = g_ptr_array_new ();

  if (get_stun (config))
    g_ptr_array_add (headers, g_strdup_printf ("Offhook-Stun: %s", get_stun (config)));
  if (config->turn_server)
    {
      g_autofree char *user = NULL, *password = NULL;

      make_credential (config, who, now, &user, &password);
      g_ptr_array_add (
          headers, g_strdup_printf ("Offhook-Turn: %s %s %s", config->turn_server, user, password));
    }
  if (config->turn_tcp_server)
    g_ptr_array_add (headers, g_strdup_printf ("Offhook-Turn-Tcp: %s", config->turn_tcp_server));
  g_ptr_array_add (headers, NULL);
  return (char **)g_ptr_array_steal (headers, NULL);
}

JsonObject *
oh_relay_make_json (const OhServerConfig *config, const char *who, gint64 now)
{
  JsonObject *object;

  if (!get_stun (config))
    return NULL;
  object = json_object_new ();
  json_object_set_string_member (object, "stun", get_stun (config));
  if (config->turn_server)
    {
      g_autofree char *user = NULL, *password = NULL;

      make_credential (config, who, now, &user, &password);
      json_object_set_string_member (object, "turn", config->turn_server);
      json_object_set_string_member (object, "user", user);
      json_object_set_string_member (object, "password", password);
    }
  if (config->turn_tcp_server)
    json_object_set_string_member (object, "turn_tcp", config->turn_tcp_server);
  return object;
}
