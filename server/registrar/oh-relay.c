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

static char *
make_turn_header (const OhServerConfig *config, const char *device_id, gint64 now)
{
  g_autofree char *user = NULL;
  g_autofree char *password = NULL;

  if (!config->turn_secret)
    return g_strdup_printf ("Offhook-Turn: %s %s %s", config->turn_server, config->turn_user,
                            config->turn_password);
  user = g_strdup_printf ("%" G_GINT64_FORMAT ":%s", now + LIFETIME_S, device_id);
  password = make_password (config->turn_secret, user);
  return g_strdup_printf ("Offhook-Turn: %s %s %s", config->turn_server, user, password);
}

char **
oh_relay_make_headers (const OhServerConfig *config, const char *device_id, gint64 now)
{
  g_autoptr (GStrvBuilder) headers = g_strv_builder_new ();
  /* A relay answers what a STUN server does. */
  const char *stun = config->stun_servers[0] ? config->stun_servers[0] : config->turn_server;
  g_autofree char *stun_header = stun ? g_strdup_printf ("Offhook-Stun: %s", stun) : NULL;

  if (stun_header)
    g_strv_builder_add (headers, stun_header);
  if (config->turn_server)
    {
      g_autofree char *turn_header = make_turn_header (config, device_id, now);

      g_strv_builder_add (headers, turn_header);
    }
  return g_strv_builder_end (headers);
}
