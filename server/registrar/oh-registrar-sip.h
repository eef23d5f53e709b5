/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "server/config/oh-config.h"
#include "server/registrar/oh-registrar.h"
#include "server/store/oh-store.h"
#include "sip/oh-sip.h"

G_BEGIN_DECLS

/* What devices say to the registrar: REGISTER, PUBLISH of presence, SUBSCRIBE to their
 * message-waiting lamp (RFC 3842) and to the presence of other users (RFC 3856). Every request needs the device's own credential. Belongs to the
 * signalling thread. */
typedef struct _OhRegistrarSip OhRegistrarSip;

/* @registrar, @store and @config: borrowed. */
OhRegistrarSip *
oh_registrar_sip_new (OhRegistrar *registrar, OhStore *store, const OhServerConfig *config);
void oh_registrar_sip_free (OhRegistrarSip *self);

/* Another one, of the same domain; borrowed. */
void oh_registrar_sip_set_config (OhRegistrarSip *self, const OhServerConfig *config);

/* A new snapshot: devices that are not in it any more lose their bindings; whose counts of messages
 * changed is told. */
void oh_registrar_sip_set_directory (OhRegistrarSip *self, OhDirectory *directory);

/* Takes REGISTER, PUBLISH or SUBSCRIBE. */
OhSipAuth oh_registrar_sip_take (OhRegistrarSip *self, OhSipRequest *request);

/* Tells the lamps of @user_id's devices the counts as they are now. */
void oh_registrar_sip_notify (OhRegistrarSip *self, gint64 user_id);

/* The same for devices that have no SIP: @func hears each time, too. */
typedef void (*OhLampFunc) (gint64 user_id, guint new_messages, gpointer user_data);
void oh_registrar_sip_watch_lamps (OhRegistrarSip *self, OhLampFunc func, gpointer user_data);

/* What a device without SIP says of its presence, as PUBLISH does. FALSE: @pidf is none. */
gboolean oh_registrar_sip_report (OhRegistrarSip *self, const OhDevice *device, const char *pidf);

/* The devices of @user_id, or what they say of themselves, have changed: who watches him is told. */
void oh_registrar_sip_tell_presence (OhRegistrarSip *self, gint64 user_id);

/* Which algorithm a first challenge names: ours have SHA-256, desk phones MD5. */
OhSipDigest oh_registrar_sip_guess_algorithm (const OhSipInfo *info);

/* An OhSipCredentialFunc over the newest snapshot; @self is the OhRegistrarSip. */
gboolean oh_registrar_sip_find_credential (const char *device_id,
                                           OhSipCredential *credential,
                                           gpointer self);

G_END_DECLS
