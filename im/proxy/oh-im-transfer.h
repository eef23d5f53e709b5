/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "im/engine/oh-im-wire.h"

#include <glib-object.h>

G_BEGIN_DECLS

/* A file on its way between an account and somebody. Belongs to the account's context. Properties,
 * read-only and notifying: "state" (OhImTransferState as int), "done" int64 bytes. */
#define OH_TYPE_IM_TRANSFER (oh_im_transfer_get_type ())
G_DECLARE_FINAL_TYPE (OhImTransfer, oh_im_transfer, OH, IM_TRANSFER, GObject)

typedef enum
{
  OH_IM_TRANSFER_OFFERED, /* to us: waits for oh_im_transfer_accept(), ten minutes at most */
  OH_IM_TRANSFER_WAITING, /* for the other side, as long */
  OH_IM_TRANSFER_RUNNING,
  OH_IM_TRANSFER_ENDED /* for good: oh_im_transfer_get_end() */
} OhImTransferState;

/* Texts are lent; what comes from outside is clean and plain. The name lies in no folder. */
const char *oh_im_transfer_get_with (OhImTransfer *transfer);
const char *oh_im_transfer_get_name (OhImTransfer *transfer);
gint64 oh_im_transfer_get_size (OhImTransfer *transfer); /* bytes */
gint64 oh_im_transfer_get_done (OhImTransfer *transfer);
gboolean oh_im_transfer_is_incoming (OhImTransfer *transfer);
OhImTransferState oh_im_transfer_get_state (OhImTransfer *transfer);

/* Why it ended, and what libpurple said of that, "" for nothing. */
OhImFileEnd oh_im_transfer_get_end (OhImTransfer *transfer);
const char *oh_im_transfer_get_text (OhImTransfer *transfer);

/* Takes an offer into the new file @path, which is removed again unless all of it comes. FALSE with
 * OH_ERROR: EXISTS (there is something of that name), FAILED (no such folder, not allowed), CLOSED (the
 * offer is over): but for the last it waits on. */
gboolean oh_im_transfer_accept (OhImTransfer *transfer, const char *path, GError **error);

/* Refuses an offer, or stops what goes on. */
void oh_im_transfer_cancel (OhImTransfer *transfer);

G_END_DECLS
