/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "tests/phone/oh-phone-options.h"
#include "sip/oh-sip.h"

#include <json-glib/json-glib.h>

G_BEGIN_DECLS

/* One call of the scripted telephone: SIP leg, audio peer, what is said and what is kept of what is
 * heard. Main thread. Made by dialling or by an INVITE; tells `ended` once and is then freed by its
 * maker. */
typedef struct _OhPhoneCall OhPhoneCall;
typedef void (*OhPhoneCallFunc) (OhPhoneCall *call, gpointer user_data);

/* What all calls share; borrowed, outlives the calls. */
typedef struct
{
  const OhPhoneOptions *options;
  OhSip *sip;
  OhWorker *worker;
  const OhSipAccount *account;
  const char *play; /* file that is said, or NULL */
  OhPhoneCallFunc ended;
  gpointer user_data;
} OhPhoneContext;

OhPhoneCall *oh_phone_call_dial (const OhPhoneContext *context);
OhPhoneCall *oh_phone_call_take (const OhPhoneContext *context, OhSipCall *sip_call);
void oh_phone_call_free (OhPhoneCall *call);

void oh_phone_call_answer (OhPhoneCall *call); /* one that came */
void oh_phone_call_hang_up (OhPhoneCall *call, const char *why);

gboolean oh_phone_call_was_answered (OhPhoneCall *call);
/* us from INVITE to the answer; 0: not answered. */
gint64 oh_phone_call_get_setup_time (OhPhoneCall *call);

/* Adds the members of the result line to the object that @builder has open. */
void oh_phone_call_describe (OhPhoneCall *call, JsonBuilder *builder);

/* One JSON line on stdout: {"event": @event, "mono": us, @name: @value}; @name may be NULL. */
void oh_phone_say (const char *event, const char *name, const char *value);
void oh_phone_print (JsonBuilder *builder);

G_END_DECLS
