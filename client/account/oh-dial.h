/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* What a person typed or clicked as something to call: "tel:+49 (30) 123-4" -> "+49301234";
 * "sip:anna@example.org", "anna@example.org" -> "sip:anna@example.org"; a bare name stays. NULL and
 * OH_ERROR_INVALID for what is none of it. Transfer full. */
char *oh_dial_normalize (const char *typed, GError **error);

/* The SIP address of what oh_dial_normalize() gave, at @domain: "100" -> "sip:100@example.org".
 * Transfer full. */
char *oh_dial_to_uri (const char *target, const char *domain);

G_END_DECLS
