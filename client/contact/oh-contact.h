/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "client/account/oh-account.h"
#include "client/contact/oh-presence.h"

G_BEGIN_DECLS

/* Somebody on the list of an account that has one. Main thread; made and kept up to date by the
 * account. Properties, read-only and notifying:
 *   "account" OhAccount (NULL once it was forgotten), "address" string (constant, as the service
 *   names them), "name" string (never NULL: the address where there is no better one),
 *   "group" string ("" for none), "presence" int (OhPresence), "message" string (of the presence,
 *   plain, from outside, "" for none), "idle-since" int64 Unix seconds or 0, "blocked" boolean */
#define OH_TYPE_CONTACT (oh_contact_get_type ())
G_DECLARE_FINAL_TYPE (OhContact, oh_contact, OH, CONTACT, GObject)

OhAccount *oh_contact_get_account (OhContact *contact); /* borrowed, or NULL */
const char *oh_contact_get_address (OhContact *contact);
const char *oh_contact_get_name (OhContact *contact);
const char *oh_contact_get_group (OhContact *contact);
OhPresence oh_contact_get_presence (OhContact *contact);
const char *oh_contact_get_message (OhContact *contact);
gint64 oh_contact_get_idle_since (OhContact *contact);
gboolean oh_contact_is_blocked (OhContact *contact);

/* --- For the account's provider --- */

/* What is known of a contact; strings are copied, NULL counts as "". */
typedef struct
{
  const char *name;
  const char *group;
  OhPresence presence;
  const char *message;
  gint64 idle_since;
  gboolean blocked;
} OhContactFacts;

OhContact *oh_contact_new (OhAccount *account, const char *address, const OhContactFacts *facts);
void oh_contact_update (OhContact *contact, const OhContactFacts *facts);

G_END_DECLS
