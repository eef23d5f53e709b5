/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "server/store/oh-directory.h"
#include "server/store/oh-database.h"

G_BEGIN_DECLS

/* Reads a snapshot from the database. The store's thread. Transfer full. */
OhDirectory *
oh_directory_load (OhDatabase *database, const char *domain, guint64 version, GError **error);

/* For building: each takes what it is given. Before the first reference is given away. */
OhDirectory *oh_directory_new (const char *domain, guint64 version);
void oh_directory_take_user (OhDirectory *directory, OhUser *user);
void oh_directory_take_device (OhDirectory *directory,
                               gint64 user_id,
                               OhDevice *device,
                               const char *secret_hash);
void oh_directory_take_trunk (OhDirectory *directory, OhTrunk *trunk);
void oh_directory_take_im_login (OhDirectory *directory, OhImLogin *login);
void oh_directory_take_im_identity (OhDirectory *directory,
                                    gint64 user_id,
                                    gint64 login_id,
                                    OhImIdentity *identity);
void oh_directory_set_setting (OhDirectory *directory, const char *key, const char *value);

void oh_trunk_free (OhTrunk *trunk);
void oh_im_login_free (OhImLogin *login);

G_END_DECLS
