/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "oh-sip"

#include "sip/oh-sip-private.h"

#include <sofia-sip/nua_tag.h>

#include <string.h>

#define MAX_TRIES 3

static char *
dup_host (const char *uri)
{
  su_home_t home[1] = { SU_HOME_INIT (home) };
  url_t *url;
  char *host;

  su_home_init (home);
  url = url_make (home, uri);
  host = g_strdup (url && url->url_host ? url->url_host : "");
  su_home_deinit (home);
  return host;
}

static char *
dup_user (const char *uri)
{
  su_home_t home[1] = { SU_HOME_INIT (home) };
  url_t *url;
  char *user;

  su_home_init (home);
  url = url_make (home, uri);
  user = g_strdup (url && url->url_user ? url->url_user : "");
  url_unescape (user, user);
  su_home_deinit (home);
  return user;
}

/* sofia compares a certificate with the host of the URL. Where it must have another name (an
 * address is dialled, the certificate has a name) that name goes in as host, the address as maddr. */
static char *
put_name (const char *uri, const char *tls_name)
{
  g_autofree char *host = NULL;
  char *result = NULL;
  su_home_t home[1] = { SU_HOME_INIT (home) };
  url_t *url;

  if (!tls_name || !strstr (uri, "transport=tls") || strstr (uri, "maddr="))
    return g_strdup (uri);
  su_home_init (home);
  url = url_make (home, uri);
  host = g_strdup (url && url->url_host ? url->url_host : "");
  if (url && *host && g_ascii_strcasecmp (host, tls_name) != 0)
    result = g_strdup_printf ("sip:%s%s%s;transport=tls;maddr=%s", tls_name,
                              url->url_port ? ":" : "", url->url_port ? url->url_port : "", host);
  su_home_deinit (home);
  return result ? result : g_strdup (uri);
}

OhSipIdentity *
oh_sip_identity_new (const OhSipAccount *account)
{
  OhSipIdentity *identity = g_new0 (OhSipIdentity, 1);

  identity->aor = g_strdup (account->aor);
  identity->name = g_strdup (account->name);
  identity->user = dup_user (account->aor);
  identity->domain = dup_host (account->aor);
  identity->registrar = account->registrar ? g_strdup (account->registrar)
                                           : g_strdup_printf ("sip:%s", identity->domain);
  identity->proxy = g_strdup (account->proxy);
  identity->auth_user = g_strdup (account->auth_user ? account->auth_user : identity->user);
  identity->secret = g_strdup (account->secret);
  identity->instance = g_strdup (account->instance);
  identity->tls_name = g_strdup (account->tls_name);
  identity->expires = account->expires ? account->expires : 300;
  identity->contact_params = g_strdupv ((char **)account->contact_params);
  identity->target = put_name (account->proxy ? account->proxy : identity->registrar,
                               account->tls_name);
  return identity;
}

void
oh_sip_identity_free (OhSipIdentity *identity)
{
  if (!identity)
    return;
  g_free (identity->aor);
  g_free (identity->name);
  g_free (identity->registrar);
  g_free (identity->proxy);
  g_free (identity->auth_user);
  g_free (identity->secret);
  g_free (identity->instance);
  g_free (identity->tls_name);
  g_free (identity->user);
  g_free (identity->domain);
  g_free (identity->target);
  g_strfreev (identity->contact_params);
  g_free (identity);
}

/* What would end the address, or the header, is left out of it. */
static void
append_uri (GString *text, const char *uri)
{
  g_string_append_c (text, '<');
  for (const char *p = uri; *p; p++)
    if (!g_ascii_iscntrl (*p) && !strchr ("<> \"", *p))
      g_string_append_c (text, *p);
  g_string_append_c (text, '>');
}

char *
oh_sip_format_address (const char *name, const char *uri)
{
  GString *text = g_string_new (NULL);

  if (name && *name)
    {
      g_string_append_c (text, '"');
      for (const char *p = name; *p; p++)
        {
          if (g_ascii_iscntrl (*p))
            continue;
          if (*p == '"' || *p == '\\')
            g_string_append_c (text, '\\');
          g_string_append_c (text, *p);
        }
      g_string_append (text, "\" ");
    }
  append_uri (text, uri);
  return g_string_free (text, FALSE);
}

char *
oh_sip_target (const OhSipIdentity *identity, const char *route, const char *uri)
{
  if (route)
    return g_strdup (route);
  if (identity && (identity->proxy || identity->tls_name))
    return g_strdup (identity->target);
  return g_strdup (uri);
}

static const char *
get_realm (const msg_auth_t *challenge)
{
  return challenge ? msg_header_find_param ((const msg_common_t *)challenge, "realm=") : NULL;
}

gboolean
oh_sip_identity_authenticate (OhSipIdentity *identity, const OhSipEvent *event, guint *tries)
{
  const msg_auth_t *challenge;
  const char *realm;
  g_autofree char *user = NULL;
  g_autofree char *secret = NULL;
  g_autofree char *credential = NULL;

  if (!identity || !identity->secret || !event->message || ++*tries > MAX_TRIES)
    return FALSE;
  challenge = event->status == 407 ? event->message->sip_proxy_authenticate
                                   : event->message->sip_www_authenticate;
  realm = get_realm (challenge);
  if (!realm)
    return FALSE;
  if (*tries > 1)
    {
      const char *stale = msg_header_find_param ((const msg_common_t *)challenge, "stale=");

      if (!stale || g_ascii_strcasecmp (stale, "true") != 0)
        return FALSE; /* the secret was wrong, asking again does not mend it */
    }
  /* In base 64, because sofia takes a colon for the end; oh-sip-digest-client.c turns it back. */
  user = g_base64_encode ((const guchar *)identity->auth_user, strlen (identity->auth_user));
  secret = g_base64_encode ((const guchar *)identity->secret, strlen (identity->secret));
  credential = g_strdup_printf ("Digest:%s:%s:%s", realm, user, secret);
  nua_authenticate (event->nh, NUTAG_AUTH (credential), TAG_END ());
  return TRUE;
}
