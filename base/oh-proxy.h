/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* Through what an account reaches its service, as it stands in settings and commands: "none", "system",
 * "http://[USER@]HOST:PORT", "socks5://[USER@]HOST:PORT", "tor://HOST:PORT". A password is no part of it:
 * it lies where secrets lie. Any thread. */

typedef enum
{
  OH_PROXY_NONE,
  OH_PROXY_SYSTEM, /* what the computer's own settings say */
  OH_PROXY_HTTP,   /* by CONNECT (RFC 9110) */
  OH_PROXY_SOCKS5, /* RFC 1928, 1929 */
  OH_PROXY_TOR     /* the same, and no name is ever looked up here */
} OhProxyKind;

#define OH_PROXY_MAX_TEXT 255 /* bytes of a user or a password (RFC 1929), and of a host */

typedef struct
{
  OhProxyKind kind;
  char *host; /* NULL with NONE and SYSTEM */
  guint16 port;
  char *user; /* or NULL */
} OhProxy;

/* "none", "system", "http", ...: for ever. FALSE: no such word. */
const char *oh_proxy_kind_to_word (OhProxyKind kind);
gboolean oh_proxy_kind_from_word (const char *word, OhProxyKind *kind);

/* Whether it names a server of its own. */
gboolean oh_proxy_has_server (OhProxyKind kind);

/* NULL with OH_ERROR_INVALID and what is wrong with it. Transfer full. */
OhProxy *oh_proxy_parse (const char *text, GError **error);

/* The same of its parts; @host, @user may be NULL or "". */
OhProxy *
oh_proxy_new (OhProxyKind kind, const char *host, guint port, const char *user, GError **error);

/* Transfer full. */
char *oh_proxy_to_text (const OhProxy *proxy);

void oh_proxy_free (OhProxy *proxy);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (OhProxy, oh_proxy_free)

G_END_DECLS
