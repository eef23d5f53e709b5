/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "server/chat/oh-delivery.h"
#include "server/registrar/oh-registrar-sip.h"

G_BEGIN_DECLS

/* Takes the MESSAGE requests (RFC 3428) of users' devices: who wrote it is what the credential says,
 * never From; only text and composing notices (RFC 3994), within limits of size and rate; to users of
 * this server. What passes goes to its OhDelivery. Belongs to the signalling thread. */
typedef struct _OhCourier OhCourier;

#define OH_COURIER_MAX_TEXT (16 * 1024) /* bytes, over TCP and TLS */
#define OH_COURIER_MAX_UDP 1300         /* RFC 3428, 8 */

/* All borrowed. */
OhCourier *oh_courier_new (OhRegistrar *registrar,
                           OhRegistrarSip *registrar_sip,
                           OhStore *store,
                           const OhServerConfig *config);
void oh_courier_start (OhCourier *courier, OhSip *sip);
void oh_courier_stop (OhCourier *courier, OhTask done, gpointer user_data);
void oh_courier_free (OhCourier *courier);

void oh_courier_set_directory (OhCourier *courier, OhDirectory *directory);

/* Transfer full. */
OhSipAuth oh_courier_take (OhCourier *courier, OhSipRequest *request);

/* The IM desk's way: @text goes from its account @username to @name, an OhImIdentity's of the service SIP. */
void oh_courier_send (OhCourier *courier,
                      const char *username,
                      const char *name,
                      const char *text,
                      OhDeliveryFunc done,
                      gpointer user_data);

/* And back: what verified identities write to the address of such an account goes to @func. */
typedef void (*OhCourierFunc) (const char *name, const char *text, gpointer user_data);
void oh_courier_set_desk (OhCourier *courier, OhCourierFunc func, gpointer user_data);

/* The devices of @user_id have changed. */
void oh_courier_look (OhCourier *courier, gint64 user_id);

G_END_DECLS
