/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <adwaita.h>

G_BEGIN_DECLS

/* Through what an account reaches its service: a row that opens to kind, address, port, user and
 * password. Main thread. Signal "applied" (): its button was pressed, where it has one. */
#define OH_TYPE_PROXY_ROW (oh_proxy_row_get_type ())
G_DECLARE_FINAL_TYPE (OhProxyRow, oh_proxy_row, OH, PROXY_ROW, AdwExpanderRow)

/* Of an account that is there: shows @proxy, as base/oh-proxy.h writes it, has a button, and leaves the
 * password that is kept unless another one is typed. */
void oh_proxy_row_edit (OhProxyRow *self, const char *proxy);

/* What stands there now. NULL with OH_ERROR_INVALID. Transfer full. */
char *oh_proxy_row_dup_proxy (OhProxyRow *self, GError **error);

/* What was typed; NULL: nothing, so that the one that is kept stays; "" where no user needs one. */
const char *oh_proxy_row_get_password (OhProxyRow *self);

/* Tells in the window why a proxy could not be used. */
void oh_proxy_row_say_error (OhProxyRow *self, const GError *error);

G_END_DECLS
