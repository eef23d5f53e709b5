/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <glib.h>
#include <sys/socket.h>

G_BEGIN_DECLS

/* Whether @address (IPv4 or IPv6, as getsockname() tells it; its port doesn't matter), once this computer's own,
 * is its own no more: nothing can come to a connection that begins there, and nobody will tell it that it is
 * over. FALSE where that can't be found out. Any thread. */
gboolean oh_address_is_gone (const struct sockaddr *address, socklen_t length);

G_END_DECLS
