/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "plugins/sip/oh-phone-account.h"
#include "plugins/sip/oh-phone-chat.h"
#include "plugins/sip/oh-phone-roster.h"
#include "plugins/sip/oh-phone-web.h"
#include "sip/oh-sip-pidf.h"

G_BEGIN_DECLS

struct _OhPhoneAccount
{
  OhBaseMessenger parent;
  OhCore *core; /* outlives us */
  GCancellable *cancellable;
  OhSip *sip;
  OhSipAccount identity; /* its texts belong to the settings and the members below */
  char *secret;
  char *audio_param;
  const char *contact_params[3];
  gboolean no_talk; /* a reply of the user's does not answer calls here */
  OhRelayInfo relay;
  OhSipRegistration *registration;
  gboolean registered; /* the server has this device by SIP */
  char *seen;          /* our address as the server saw it last; or NULL */
  gboolean moved;      /* the network may be another one; the server has not answered yet */
  gboolean revoked;    /* it does not know the device any more, and said so by HTTPS */
  OhPhoneWeb *web;     /* or by this, while SIP is not to be had */
  OhSipPublication *presence;
  OhSipPidf status; /* the user's own; published */
  OhSipSubscription *summary;
  OhPhoneChat *chat;
  OhPhoneRoster *roster;
  guint refresh_timer;
  OhUse use; /* of this computer; published */
  gint64 idle_since;
};

/* Tells the server the user's status, and whether he is there. */
void oh_phone_account_publish (OhPhoneAccount *account);

/* --- oh-phone-messenger.c --- */
void oh_phone_account_init_messenger (OhMessengerInterface *iface);

G_END_DECLS
