/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "client/provider/oh-core.h"
#include "client/provider/oh-provider.h"

G_BEGIN_DECLS

/* What every plugin's provider shares: its core, and an end for which nothing needs to be waited. A
 * subclass implements OhProvider's `get_id` and `create_account`, and what it has of the others. Main
 * thread. */
#define OH_TYPE_BASE_PROVIDER (oh_base_provider_get_type ())
G_DECLARE_DERIVABLE_TYPE (OhBaseProvider, oh_base_provider, OH, BASE_PROVIDER, GObject)

struct _OhBaseProviderClass
{
  GObjectClass parent;
};

OhProvider *oh_base_provider_new (GType type, OhCore *core); /* @type: a subclass */
OhCore *oh_base_provider_get_core (OhBaseProvider *provider);

/* The symbols that a plugin exports, for a provider of @type; once in a plugin. */
#define OH_PROVIDER_DEFINE(type)                                                                   \
  G_MODULE_EXPORT const guint oh_provider_abi = OH_PROVIDER_ABI;                                   \
  G_MODULE_EXPORT OhProvider *oh_provider_create (OhCore *core, GError **error);                   \
                                                                                                   \
  OhProvider *oh_provider_create (OhCore *core, GError **error)                                    \
  {                                                                                                \
    return oh_base_provider_new (type, core);                                                      \
  }

G_END_DECLS
