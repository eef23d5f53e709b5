/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "client/account/oh-account.h"

#include <gio/gio.h>

G_BEGIN_DECLS

/* What a plugin brings: a way to reach people (SIP, libpurple, dummy). One object a plugin. */
#define OH_TYPE_PROVIDER (oh_provider_get_type ())
G_DECLARE_INTERFACE (OhProvider, oh_provider, OH, PROVIDER, GObject)

struct _OhProviderInterface
{
  GTypeInterface parent;
  /* "sip": constant, stands in settings. Mandatory. */
  const char *(*get_id) (OhProvider *provider);
  /* Makes an account object for @settings (unsigned in). Mandatory. */
  OhAccount *(*create_account) (OhProvider *provider,
                                const OhAccountSettings *settings,
                                GError **error);
  /* Ends everything in order; the provider is dropped afterwards. Mandatory. */
  void (*shut_down_async) (OhProvider *provider, GAsyncReadyCallback callback, gpointer user_data);
};

/* The one symbol a plugin exports. @core: the objects that a provider may use (see oh-core.h of
 * client/provider). Transfer full. */
#define OH_PROVIDER_ENTRY "oh_provider_create"
#define OH_PROVIDER_ABI 1

G_END_DECLS
