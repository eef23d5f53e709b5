/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <gio/gio.h>
#include <json-glib/json-glib.h>

G_BEGIN_DECLS

/* One call server's HTTPS interface (/api/v1), asked with libsoup. Main thread. Answers are limited
 * (1 MiB of JSON, 64 MiB of sound) and redirects not followed. Errors: OH_SIGN_IN_ERROR of
 * oh-client.h for what a person can act on, else OH_ERROR. */
#define OH_TYPE_API (oh_api_get_type ())
G_DECLARE_FINAL_TYPE (OhApi, oh_api, OH, API, GObject)

/* @server: "https://host:port". A certificate counts if public CAs vouch for it, if its SHA-256 is
 * @fingerprint, or if @authority (PEM) signed it for that host; the last two may be NULL. */
OhApi *oh_api_new (const char *server, const char *fingerprint, const char *authority);

/* "Authorization: Bearer DEVICE.SECRET" from now on. */
void oh_api_set_token (OhApi *api, const char *device_id, const char *secret);

/* SHA-256, "AB:CD:...", of the last certificate that was refused; or NULL. Borrowed. */
const char *oh_api_get_refused_fingerprint (OhApi *api);

/* @path after "/api/v1"; @body NULL: none. */
void oh_api_call_async (OhApi *api,
                        const char *method,
                        const char *path,
                        JsonNode *body,
                        GCancellable *cancellable,
                        GAsyncReadyCallback callback,
                        gpointer user_data);
/* Transfer full. An empty answer gives a JSON null. */
JsonNode *oh_api_call_finish (OhApi *api, GAsyncResult *result, GError **error);

/* GET of @path into the file @target, which is there only when it is whole. */
void oh_api_download_async (OhApi *api,
                            const char *path,
                            const char *target,
                            GCancellable *cancellable,
                            GAsyncReadyCallback callback,
                            gpointer user_data);
gboolean oh_api_download_finish (OhApi *api, GAsyncResult *result, GError **error);

/* What a person typed as server: "example.org" -> "https://example.org". NULL and
 * OH_SIGN_IN_ERROR_ADDRESS where it is none. Transfer full. */
char *oh_api_normalize_server (const char *typed, GError **error);

G_END_DECLS
