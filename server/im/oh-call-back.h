/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* The link by which a program calls @number (RFC 3966): "tel:+49301234"; a number that is none of the
 * whole world's is one of @domain, "tel:555100;phone-context=phone.example.org". NULL: @number is
 * withheld, or no telephone number. Transfer full; pure, any thread. */
char *oh_call_back_dup_link (const char *number, const char *domain);

G_END_DECLS
