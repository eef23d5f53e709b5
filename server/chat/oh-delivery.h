/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "server/registrar/oh-registrar.h"
#include "server/store/oh-store.h"
#include "sip/oh-sip.h"

G_BEGIN_DECLS

/* Brings messages of chats to the devices of their receivers, each user's in order, one after the
 * other: it is delivered when the first of the devices that are signed in has taken it. What cannot
 * be delivered within some seconds is kept in the store, and tried again when a device signs in or
 * the next message comes. Belongs to the signalling thread. */
typedef struct _OhDelivery OhDelivery;

/* @registrar and @store: borrowed. */
OhDelivery *oh_delivery_new (OhRegistrar *registrar, OhStore *store);
void oh_delivery_start (OhDelivery *delivery, OhSip *sip);

/* No device is sent anything any more; senders who wait are told to come again. @done: when no answer
 * of the store is awaited any more, perhaps at once. */
void oh_delivery_stop (OhDelivery *delivery, OhTask done, gpointer user_data);
void oh_delivery_free (OhDelivery *delivery);

/* @message is copied; @request (transfer full) is answered 200 when it was delivered, 202 when it
 * waits in the store, 480 when too many do. The device that sent it is not sent it; once a message that
 * waited is delivered, and has a name for that, it is sent a notification (RFC 5438). @copy_to: as in
 * oh_delivery_copy(), or NULL; once it is answered 200 or 202. */
void oh_delivery_add (OhDelivery *delivery,
                      const OhWaitingMessage *message,
                      const char *copy_to,
                      OhSipRequest *request);

/* What counts now or never: to the devices that are signed in, whatever they say to it. */
void oh_delivery_tell (OhDelivery *delivery,
                       const OhWaitingMessage *message,
                       const char *device,
                       const char *body_type);

/* The same, to the sender's own clients: he wrote @message, by @device, to the address @to. */
void oh_delivery_copy (OhDelivery *delivery,
                       const OhWaitingMessage *message,
                       const char *device,
                       const char *to);

/* To one device of this server, or for NULL to the address @uri: now or not at all. @done runs once; TRUE:
 * it was taken. */
typedef void (*OhDeliveryFunc) (gboolean taken, gpointer user_data);
void oh_delivery_send (OhDelivery *delivery,
                       const OhWaitingMessage *message,
                       const char *device,
                       const char *uri,
                       OhDeliveryFunc done,
                       gpointer user_data);

/* The devices of @user_id have changed. */
void oh_delivery_look (OhDelivery *delivery, gint64 user_id);

G_END_DECLS
