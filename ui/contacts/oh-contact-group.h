/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <glib-object.h>

G_BEGIN_DECLS

/* The heading of a group in the contact list. Main thread. Properties, read-only and notifying:
 *   "name" string ("": of those without one), "count" uint, "online" uint (of them) */
#define OH_TYPE_CONTACT_GROUP (oh_contact_group_get_type ())
G_DECLARE_FINAL_TYPE (OhContactGroup, oh_contact_group, OH, CONTACT_GROUP, GObject)

OhContactGroup *oh_contact_group_new (const char *name);
void oh_contact_group_set_name (OhContactGroup *group, const char *name);
const char *oh_contact_group_get_name (OhContactGroup *group);
guint oh_contact_group_get_count (OhContactGroup *group);
guint oh_contact_group_get_online (OhContactGroup *group);
void oh_contact_group_set_counts (OhContactGroup *group, guint count, guint online);

G_END_DECLS
