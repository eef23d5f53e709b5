/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "oh-store"

#include "server/store/oh-directory-private.h"
#include "server/store/oh-store-private.h"

#include "base/oh-error.h"
#include "media/codec/oh-codec.h"

#include <gio/gio.h>

#include <string.h>

/* "transport" of the address that calls go out to (RFC 3261 19.1.1), "udp" where none is named. Not
 * checked. */
static char *
dup_transport (const OhTrunk *trunk)
{
  const char *uri = trunk->proxy       ? trunk->proxy
                    : trunk->registrar ? trunk->registrar
                    : trunk->aor       ? trunk->aor
                                       : "";
  g_autofree char *lower = g_ascii_strdown (uri, -1);
  const char *named = strstr (lower, ";transport=");

  if (g_str_has_prefix (lower, "sips:"))
    return g_strdup ("tls");
  if (!named)
    return g_strdup ("udp");
  named += strlen (";transport=");
  return g_strndup (named, strcspn (named, ";?"));
}

/* What is no number stays as it is, and is refused later. */
static char *
dup_number (const char *number)
{
  char *normal = number ? oh_number_normalize (number) : NULL;

  return normal ? normal : g_strdup (number);
}

static OhTrunk *
copy_trunk (const OhTrunk *from)
{
  OhTrunk *trunk = g_new0 (OhTrunk, 1);

  trunk->name = g_strdup (from->name);
  trunk->kind = from->kind;
  trunk->aor = g_strdup (from->aor);
  trunk->registrar = g_strdup (from->registrar);
  trunk->proxy = g_strdup (from->proxy);
  trunk->auth_user = g_strdup (from->auth_user);
  trunk->secret = g_strdup (from->secret);
  trunk->transport = from->transport ? g_strdup (from->transport) : dup_transport (from);
  trunk->trusted = g_strdupv (from->trusted);
  trunk->codecs = g_strdupv (from->codecs);
  trunk->srtp = from->srtp;
  trunk->prefixes = g_strdupv (from->prefixes);
  trunk->caller_number = dup_number (from->caller_number);
  trunk->public_address = g_strdup (from->public_address);
  trunk->number = dup_number (from->number);
  trunk->tls_name = g_strdup (from->tls_name);
  return trunk;
}

static gboolean
refuse (GError **error, const char *what, const char *value, const char *hint)
{
  g_set_error (error, OH_ERROR, OH_ERROR_INVALID, "trunk: \"%.80s\" is no %s: %s",
               value ? value : "", what, hint);
  return FALSE;
}

static gboolean
is_uri (const char *uri)
{
  const char *rest = NULL;

  if (g_str_has_prefix (uri, "sip:"))
    rest = uri + 4;
  else if (g_str_has_prefix (uri, "sips:"))
    rest = uri + 5;
  if (!rest || !*rest || strlen (uri) > 200)
    return FALSE;
  for (const char *p = rest; *p; p++)
    if (!g_ascii_isgraph (*p) || strchr ("<>\"", *p))
      return FALSE;
  return TRUE;
}

static gboolean
check_name (const OhTrunk *trunk, GError **error)
{
  gboolean fine = trunk->name && strlen (trunk->name) >= 1 && strlen (trunk->name) <= 40;

  for (const char *p = trunk->name; fine && *p; p++)
    fine = g_ascii_isalnum (*p) || strchr ("._-", *p);
  return fine
         || refuse (error, "trunk name", trunk->name, "letters, digits, '.', '_', '-', at most 40");
}

static gboolean
check_addresses (const OhTrunk *trunk, GError **error)
{
  const char *uris[] = { trunk->aor, trunk->registrar, trunk->proxy };

  for (gsize i = 0; i < G_N_ELEMENTS (uris); i++)
    if (uris[i] && !is_uri (uris[i]))
      return refuse (error, "SIP address", uris[i], "write sip:NAME@HOST or sip:HOST:PORT");
  for (char **block = trunk->trusted; block && *block; block++)
    {
      g_autoptr (GInetAddressMask) mask = g_inet_address_mask_new_from_string (*block, NULL);

      if (!mask)
        return refuse (error, "address block", *block, "write 192.0.2.1 or 192.0.2.0/24");
    }
  if (trunk->public_address && !g_hostname_is_ip_address (trunk->public_address))
    return refuse (error, "IP address", trunk->public_address, "write the address outside");
  if (trunk->kind == OH_TRUNK_REGISTER && !(trunk->aor && strchr (trunk->aor, '@')))
    return refuse (error, "address to register", trunk->aor, "give --aor sip:USER@PROVIDER");
  if (trunk->kind == OH_TRUNK_ADDRESS && !(trunk->trusted && trunk->trusted[0]))
    return refuse (error, "trusted address", "", "give --trusted ADDRESS at least once");
  return TRUE;
}

/* It becomes the host of a URI. */
static gboolean
check_tls_name (const OhTrunk *trunk, GError **error)
{
  gboolean fine = !trunk->tls_name || (*trunk->tls_name && strlen (trunk->tls_name) <= 253);

  for (const char *p = trunk->tls_name; fine && p && *p; p++)
    fine = g_ascii_isalnum (*p) || strchr (".-", *p);
  if (!fine)
    return refuse (error, "host name", trunk->tls_name, "write the name in the certificate");
  return !trunk->tls_name || g_str_equal (trunk->transport, "tls")
         || refuse (error, "transport with a certificate", trunk->transport, "say tls");
}

static gboolean
check_lists (const OhTrunk *trunk, GError **error)
{
  static const char *const transports[] = { "udp", "tcp", "tls", NULL };
  g_autofree char *codecs = oh_codec_dup_names ();

  if (!g_strv_contains (transports, trunk->transport))
    return refuse (error, "transport", trunk->transport, "udp, tcp or tls");
  for (char **codec = trunk->codecs; codec && *codec; codec++)
    if (!oh_codec_find (*codec))
      return refuse (error, "codec", *codec, codecs);
  for (char **prefix = trunk->prefixes; prefix && *prefix; prefix++)
    {
      g_autofree char *normal = oh_number_normalize (*prefix);

      if (**prefix && g_strcmp0 (normal, *prefix) != 0)
        return refuse (error, "number prefix", *prefix, "digits, '+' only in front");
    }
  if (strlen (trunk->secret ? trunk->secret : "") > 200
      || strlen (trunk->auth_user ? trunk->auth_user : "") > 200)
    return refuse (error, "user or password", "(not shown)", "at most 200 bytes");
  return trunk->srtp <= OH_TRUNK_SRTP_REQUIRED
         || refuse (error, "SRTP setting", "?", "off, optional or required");
}

static gboolean
check_numbers (const OhTrunk *trunk, GError **error)
{
  const char *numbers[] = { trunk->caller_number, trunk->number };

  for (gsize i = 0; i < G_N_ELEMENTS (numbers); i++)
    {
      g_autofree char *normal = numbers[i] ? oh_number_normalize (numbers[i]) : NULL;

      if (numbers[i] && !normal)
        return refuse (error, "number", numbers[i], "digits, '+' only in front");
    }
  return TRUE;
}

static char *
join (char **list)
{
  return list && list[0] ? g_strjoinv ("\n", list) : NULL;
}

static gboolean
run_add_trunk (OhStore *store, OhJob *job, GError **error)
{
  const OhTrunk *trunk = job->data;
  g_autofree char *trusted = join (trunk->trusted);
  g_autofree char *codecs = join (trunk->codecs);
  g_autofree char *prefixes = join (trunk->prefixes);
  GError *local = NULL;

  if (!check_name (trunk, error) || !check_addresses (trunk, error) || !check_lists (trunk, error)
      || !check_numbers (trunk, error) || !check_tls_name (trunk, error))
    return FALSE;
  if (!oh_database_run (
          store->database, &local,
          "INSERT INTO trunks (name, kind, aor, registrar, proxy, auth_user, secret, transport,"
          " trusted, codecs, srtp, prefixes, caller_number, public_address, number, tls_name)"
          " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16)",
          "sissssssssisssss", trunk->name, (gint64)trunk->kind, trunk->aor, trunk->registrar,
          trunk->proxy, trunk->auth_user, trunk->secret, trunk->transport, trusted, codecs,
          (gint64)trunk->srtp, prefixes, trunk->caller_number, trunk->public_address, trunk->number,
          trunk->tls_name))
    {
      if (g_error_matches (local, OH_ERROR, OH_ERROR_EXISTS))
        {
          g_clear_error (&local);
          g_set_error (error, OH_ERROR, OH_ERROR_EXISTS, "there is a trunk \"%s\" already",
                       trunk->name);
        }
      else
        g_propagate_error (error, local);
      return FALSE;
    }
  job->json = g_strdup_printf ("{\"id\":%" G_GINT64_FORMAT "}",
                               oh_database_get_last_id (store->database));
  return TRUE;
}

void
oh_store_add_trunk (OhStore *store, const OhTrunk *trunk, const OhStoreReply *reply)
{
  OhJob *job = oh_job_new (run_add_trunk, reply);

  job->data = copy_trunk (trunk);
  job->free_data = (GDestroyNotify)oh_trunk_free;
  job->changes_directory = TRUE;
  oh_store_push (store, job);
}

static gboolean
run_remove_trunk (OhStore *store, OhJob *job, GError **error)
{
  if (!oh_database_run (store->database, error, "DELETE FROM trunks WHERE name = ?1", "s",
                        job->text))
    return FALSE;
  if (oh_database_get_changes (store->database) > 0)
    return oh_job_succeed (job);
  g_set_error (error, OH_ERROR, OH_ERROR_NOT_FOUND, "there is no trunk \"%.40s\"", job->text);
  return FALSE;
}

void
oh_store_remove_trunk (OhStore *store, const char *name, const OhStoreReply *reply)
{
  OhJob *job = oh_job_new (run_remove_trunk, reply);

  job->text = g_strdup (name);
  job->changes_directory = TRUE;
  oh_store_push (store, job);
}
