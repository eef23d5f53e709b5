/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "plugins/sip/oh-phone-account.h"

G_BEGIN_DECLS

/* The web line of an account, for as long as its call server cannot be had by SIP: begun when SIP fails or
 * takes long, given up when SIP is back and no call is on it. Main thread; the account owns it. */
typedef struct _OhPhoneWeb OhPhoneWeb;

OhPhoneWeb *oh_phone_web_new (OhPhoneAccount *account);
void oh_phone_web_free (OhPhoneWeb *web);

/* SIP was asked for: after a while without an answer the line is begun, with the device's @secret. */
void oh_phone_web_start (OhPhoneWeb *web, const char *secret);
/* Signed out: its calls end. */
void oh_phone_web_stop (OhPhoneWeb *web);

/* News of SIP. */
void oh_phone_web_sip_failed (OhPhoneWeb *web);
void oh_phone_web_sip_is_back (OhPhoneWeb *web);

/* The server has the device by it. */
gboolean oh_phone_web_is_online (OhPhoneWeb *web);
/* @target: as typed; @peer: as OhCallFacts. */
void oh_phone_web_dial (OhPhoneWeb *web, const char *target, const char *peer);
/* Its sound, or what may answer there, has changed. */
void oh_phone_web_describe (OhPhoneWeb *web);
void oh_phone_web_report (OhPhoneWeb *web, const char *pidf);
void oh_phone_web_network_changed (OhPhoneWeb *web);

G_END_DECLS
