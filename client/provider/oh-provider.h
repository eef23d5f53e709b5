/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "client/account/oh-account-settings.h"
#include "client/account/oh-account.h"
#include "client/account/oh-protocol.h"

#include <gio/gio.h>

G_BEGIN_DECLS

/* Whether the person is at this computer. */
typedef enum
{
  OH_USE_UNKNOWN,
  OH_USE_ACTIVE,
  OH_USE_IDLE
} OhUse;

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
  /* An account that is there without settings (dummy), or NULL. Optional. */
  OhAccount *(*create_own_account) (OhProvider *provider);
  /* The kinds of IM account that it can make: a GListModel of OhProtocol, which may fill later; asked
   * for when somebody wants to see them. Borrowed. Optional. */
  GListModel *(*get_protocols) (OhProvider *provider);
  /* The account of that id is forgotten: what is kept of it goes too. Optional. */
  void (*forget_account) (OhProvider *provider, const char *id);
  /* The network changed (address, link, resume): register anew at once. Optional. */
  void (*network_changed) (OhProvider *provider);
  /* The person came or left; a server that decides where calls ring first may be told, and who sees the
   * person's status. @since: Unix s of the last use, where it is OH_USE_IDLE. Optional. */
  void (*set_use) (OhProvider *provider, OhUse use, gint64 since);
  /* Whether contacts are told that their messages arrived, at all accounts from now on; said before the
   * first is made. Optional: by its services nobody is told. */
  void (*set_receipts) (OhProvider *provider, gboolean given);
  /* Ends everything in order; the provider is dropped afterwards. Mandatory. */
  void (*shut_down_async) (OhProvider *provider, GAsyncReadyCallback callback, gpointer user_data);
  gboolean (*shut_down_finish) (OhProvider *provider, GAsyncResult *result, GError **error);
};

/* The one symbol a plugin exports, an OhProviderCreateFunc; and one number that says for which of
 * these headers it was built. @core: what a provider may use (oh-core.h); outlives the provider.
 * Transfer full. */
typedef struct _OhCore OhCore;
typedef OhProvider *(*OhProviderCreateFunc) (OhCore *core, GError **error);
#define OH_PROVIDER_ENTRY "oh_provider_create"
#define OH_PROVIDER_ABI_SYMBOL "oh_provider_abi"
#define OH_PROVIDER_ABI 4

const char *oh_provider_get_id (OhProvider *provider);
OhAccount *oh_provider_create_account (OhProvider *provider,
                                       const OhAccountSettings *settings,
                                       GError **error);
OhAccount *oh_provider_create_own_account (OhProvider *provider);
GListModel *oh_provider_get_protocols (OhProvider *provider); /* or NULL */
void oh_provider_forget_account (OhProvider *provider, const char *id);
void oh_provider_network_changed (OhProvider *provider);
void oh_provider_set_use (OhProvider *provider, OhUse use, gint64 since);
void oh_provider_set_receipts (OhProvider *provider, gboolean given);
void oh_provider_shut_down_async (OhProvider *provider,
                                  GAsyncReadyCallback callback,
                                  gpointer user_data);
gboolean oh_provider_shut_down_finish (OhProvider *provider, GAsyncResult *result, GError **error);

G_END_DECLS
