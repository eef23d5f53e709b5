/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "ui/contacts/oh-contact-group.h"

#include <adwaita.h>

G_BEGIN_DECLS

/* The line over the contacts of a group: its name, and how many of them are online; or over others. */
#define OH_TYPE_CONTACT_HEADING (oh_contact_heading_get_type ())
G_DECLARE_FINAL_TYPE (OhContactHeading, oh_contact_heading, OH, CONTACT_HEADING, AdwBin)

void oh_contact_heading_set_group (OhContactHeading *heading, OhContactGroup *group); /* or NULL */

void oh_contact_heading_set_title (OhContactHeading *heading, const char *title);

G_END_DECLS
