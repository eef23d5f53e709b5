/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "oh-sip"

#include "sip/oh-sip-private.h"

#include "base/oh-clock.h"
#include "base/oh-error.h"

#include <glib/gstdio.h>
#include <sofia-sip/su_log.h>
#include <sofia-sip/tport_tag.h>

#include <string.h>
#include <unistd.h>

extern su_log_t tport_log[];

#define FAIL_AFTER_MS 20
#define TROUBLE_LASTS_US (10 * G_USEC_PER_SEC)

static const char *const system_authorities[] = { "/etc/ssl/certs/ca-certificates.crt",
                                                  "/etc/pki/tls/certs/ca-bundle.crt",
                                                  "/etc/ssl/ca-bundle.pem" };

static void
append_file (GString *to, const char *path)
{
  g_autofree char *text = NULL;
  gsize length = 0;

  if (!path || !g_file_get_contents (path, &text, &length, NULL))
    return;
  g_string_append_len (to, text, (gssize)length);
  g_string_append_c (to, '\n');
}

/* sofia reads one cafile.pem for trust and for our chain, and no system authorities: put together
 * what belongs there. */
static GString *
gather_authorities (OhSip *sip)
{
  GString *all = g_string_new (NULL);

  if (sip->certificate_dir)
    {
      g_autofree char *own = g_build_filename (sip->certificate_dir, "cafile.pem", NULL);

      append_file (all, own);
    }
  append_file (all, sip->ca_file);
  for (guint i = 0; i < G_N_ELEMENTS (system_authorities); i++)
    if (g_file_test (system_authorities[i], G_FILE_TEST_EXISTS))
      {
        append_file (all, system_authorities[i]);
        break;
      }
  return all;
}

char *
oh_sip_tls_make_folder (OhSip *sip, GError **error)
{
  g_autofree char *folder = g_dir_make_tmp ("offhook-tls-XXXXXX", error);
  g_autoptr (GString) authorities = NULL;
  g_autofree char *cafile = NULL;

  if (!folder)
    return NULL;
  if (sip->ca_file && !g_file_test (sip->ca_file, G_FILE_TEST_EXISTS))
    {
      g_set_error (error, OH_ERROR, OH_ERROR_NOT_FOUND, "No file of trusted certificates at %s",
                   sip->ca_file);
      g_rmdir (folder);
      return NULL;
    }
  authorities = gather_authorities (sip);
  cafile = g_build_filename (folder, "cafile.pem", NULL);
  if (!g_file_set_contents (cafile, authorities->str, (gssize)authorities->len, error))
    {
      g_rmdir (folder);
      return NULL;
    }
  if (sip->certificate_dir)
    {
      g_autofree char *absolute = g_canonicalize_filename (sip->certificate_dir, NULL);
      g_autofree char *from = g_build_filename (absolute, "agent.pem", NULL);
      g_autofree char *to = g_build_filename (folder, "agent.pem", NULL);

      /* A link, so that the key is never copied. */
      if (access (from, R_OK) != 0 || symlink (from, to) != 0)
        {
          g_set_error (error, OH_ERROR, OH_ERROR_NOT_FOUND,
                       "Cannot read the TLS key and certificate %s", from);
          oh_sip_tls_remove_folder (g_steal_pointer (&folder));
          return NULL;
        }
    }
  return g_steal_pointer (&folder);
}

void
oh_sip_tls_remove_folder (char *folder)
{
  static const char *const names[] = { "agent.pem", "cafile.pem" };

  if (!folder)
    return;
  for (guint i = 0; i < G_N_ELEMENTS (names); i++)
    {
      g_autofree char *path = g_build_filename (folder, names[i], NULL);

      g_unlink (path);
    }
  g_rmdir (folder);
  g_free (folder);
}

/* --- What sofia says only to its log --- */

static GPrivate log_of_thread; /* the OhSip whose thread this is */

static const struct
{
  const char *sign;
  const char *meaning;
  gboolean final; /* said of outgoing connections only, which are closed then */
} signs[] = {
  { "Peer Subject Mismatch (incoming", "the certificate is for another name", FALSE },
  { "Peer Subject Mismatch", "the certificate is for another name", TRUE },
  { "Error with certificate", "the certificate is not trusted", TRUE },
  { "TLS setup failed", "the TLS handshake failed", FALSE },
};

static void
fail_waiting (gpointer data)
{
  OhSip *sip = data;

  oh_sip_registrations_fail_tls (sip, sip->tls_trouble);
  oh_sip_calls_fail_tls (sip, sip->tls_trouble);
  oh_sip_messages_fail_tls (sip, sip->tls_trouble);
  oh_sip_publications_fail_tls (sip);
  oh_sip_subscriptions_fail_tls (sip);
}

static void
on_log (void *stream, char const *format, va_list list)
{
  OhSip *sip = g_private_get (&log_of_thread);
  g_autofree char *line = g_strdup_vprintf (format, list);

  for (guint i = 0; sip && i < G_N_ELEMENTS (signs); i++)
    if (strstr (line, signs[i].sign))
      {
        g_free (sip->tls_trouble);
        sip->tls_trouble = g_strdup (signs[i].meaning);
        sip->tls_trouble_time = oh_clock_now ();
        if (signs[i].final)
          oh_sip_add_timer (sip, FAIL_AFTER_MS, fail_waiting, sip);
        break;
      }
  g_debug ("sofia: %s", g_strchomp (line));
}

void
oh_sip_tls_watch_log (OhSip *sip)
{
  static gsize once;

  g_private_set (&log_of_thread, sip);
  if (!g_once_init_enter (&once))
    return;
  su_log_redirect (NULL, on_log, NULL);
  su_log_redirect (tport_log, on_log, NULL);
  su_log_set_level (NULL, 1);
  su_log_set_level (tport_log, 3);
  g_once_init_leave (&once, 1);
}

const char *
oh_sip_tls_get_trouble (OhSip *sip)
{
  return sip->tls_trouble && oh_clock_now () - sip->tls_trouble_time < TROUBLE_LASTS_US
             ? sip->tls_trouble
             : NULL;
}
