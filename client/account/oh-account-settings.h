/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

/* What is kept of an account between sessions, as sign-in answered (docs of the server's HTTPS API);
 * its device secret lies in the keyring, never here. */
typedef struct
{
  char *id;        /* stable */
  char *provider;  /* "sip" */
  char *address;   /* alias: "demo@example.org" */
  char *name;      /* of the person, or NULL */
  char *server;    /* "https://127.0.0.1:8443" */
  char *device_id; /* also the user of the bearer token */
  char *instance;  /* "urn:uuid:..." of this installation */
  char *sip_user;  /* digest user */
  char *sip_realm;
  char *sip_aor;   /* "sip:demo@example.org" */
  char *sip_proxy; /* "sip:127.0.0.1:5061;transport=tls" */
  char *sip_tls_name;
  char *sip_ca;      /* PEM to trust for SIP, or NULL */
  char *echo_number; /* "*43", or NULL */
  char *voicemail_number;
  char *im_services; /* by which IM accounts it writes: oh_account_im_to_text(), or NULL */
  char *fingerprint; /* SHA-256 of the server's pinned certificate, or NULL = public CAs */
  char *protocol;    /* of an IM account: the provider's id of it, "prpl-jabber" */
  char *options;     /* of an IM account: its options as GVariant text (a{sv}), or NULL */
  char *proxy;       /* of an IM account: as base/oh-proxy.h writes it; NULL: "system" */
  char *status;      /* of an IM account: word of its own presence; NULL: as all others */
  char *status_text; /* with it */
  gboolean no_talk;  /* a chat message of the user's may not answer calls here */
  gboolean embedded; /* the call server that the client started itself */
} OhAccountSettings;

OhAccountSettings *oh_account_settings_new (void);
OhAccountSettings *oh_account_settings_copy (const OhAccountSettings *settings);
void oh_account_settings_free (OhAccountSettings *settings);

/* Under what its proxy's password lies in the keyring. Transfer full. */
char *oh_account_settings_dup_proxy_id (const OhAccountSettings *settings);

/* All accounts of the key file at @path (OhAccountSettings, transfer full); a file that is not there
 * gives none; a broken group is left out and said in the log. */
GPtrArray *oh_account_settings_load_all (const char *path, GError **error);

/* Writes @all (OhAccountSettings) to @path, mode 0600, in one step. */
gboolean oh_account_settings_save_all (GPtrArray *all, const char *path, GError **error);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (OhAccountSettings, oh_account_settings_free)

G_END_DECLS
