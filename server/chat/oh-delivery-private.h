/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "server/chat/oh-delivery.h"

G_BEGIN_DECLS

struct _OhDelivery
{
  OhRegistrar *registrar;
  OhStore *store;
  OhSip *sip;
  OhExecutor executor;
  GHashTable *boxes; /* gint64 in an OhBox -> that, owned */
  GHashTable *debts; /* device id -> its receipts of oh-delivery-receipts.c, owned */
  guint awaited;     /* answers of the store */
  gboolean stopping;
  OhTask stopped;
  gpointer stopped_data;
};

typedef struct _OhParcel OhParcel;

/* What is for one user. */
typedef struct
{
  OhDelivery *delivery;
  gint64 user_id;
  GQueue parcels;    /* of OhParcel, the oldest first */
  guint read;        /* of them, those that were read from the store */
  OhParcel *current; /* of them, the one that is at the devices; or NULL */
  gboolean loading;
  gboolean backlog; /* the store has more than these */
  char *
      noted; /* the device whose notes to its own user are in the store, and nobody else was there to
                     * take them; or NULL */
  gboolean tired; /* no device took the last one: until something changes */
} OhBox;

/* --- oh-parcel.c: one message --- */

/* The box, each device that has it, the store while it writes and the timer hold a reference each. */
struct _OhParcel
{
  int references;
  OhBox *box; /* NULL: it left it, delivered or to wait in the store */
  OhDelivery *delivery;
  OhWaitingMessage *message;
  char *copy_to;         /* what the sender's other devices are told, or NULL */
  gint64 id;             /* in the store; 0: it is not there */
  gboolean read;         /* from the store */
  gboolean storing;      /* it is being written there */
  gboolean delivered;    /* a device took it */
  OhSipRequest *request; /* NULL: it is answered */
  guint timer;
  guint asked;      /* devices that have not answered */
  GPtrArray *tried; /* ways to all that were asked */
};

OhParcel *oh_parcel_new (OhBox *box, const OhWaitingMessage *message, const char *copy_to);
void oh_parcel_unref (gpointer parcel);

/* Answers who sent it, the first time. */
void oh_parcel_reply (OhParcel *parcel, guint status, const char *phrase);
void oh_parcel_stop_timer (OhParcel *parcel);
/* Takes it out of its box; the caller has a reference. */
void oh_parcel_leave (OhParcel *parcel);

/* Whether it may go to @device_id: not to the one that it was written on. */
gboolean oh_parcel_is_for (const OhParcel *parcel, const char *device_id);
/* To all devices that have not been asked yet; then come, for each of them and once for all of it, */
void oh_parcel_send (OhParcel *parcel);
/* these two, of oh-delivery.c: a device took it, and there is one less that may take it. */
void oh_delivery_taken (OhParcel *parcel);
void oh_delivery_refused (OhParcel *parcel);

/* --- oh-delivery.c --- */

/* An answer of the store is there. */
void oh_delivery_note_answer (OhDelivery *delivery);

/* --- oh-delivery-now.c --- */

/* As oh_delivery_send(), whatever the letter is. */
void oh_delivery_send_letter (OhDelivery *delivery,
                              OhSipMessage *letter,
                              const char *device,
                              OhDeliveryFunc done,
                              gpointer user_data);

/* --- oh-delivery-receipts.c: what devices are to hear of messages that waited --- */

void oh_delivery_open_receipts (OhDelivery *delivery);
/* One more for @device_id is in the store. */
void oh_delivery_owe_receipt (OhDelivery *delivery, const char *device_id);
/* @user_id's devices have changed. */
void oh_delivery_look_at_receipts (OhDelivery *delivery, gint64 user_id);

G_END_DECLS
