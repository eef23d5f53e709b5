/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "sip/oh-sip-private.h"

G_BEGIN_DECLS

/* A request of its own, outside any dialog: owns the saved event (transaction and message) until it
 * was replied to. Lives on the stack's thread but for what the reply says. */
struct _OhSipRequest
{
  OhSipOwner owner;
  OhSip *sip;
  nua_handle_t *nh;
  nua_saved_event_t saved[1];
  const sip_t *message; /* as long as saved */
  OhSipParsed *parsed;
  gboolean gone, keep_handle;

  guint status;
  char *phrase, **headers, *body_type, *body;
};

void oh_sip_request_respond (OhSipRequest *request, guint status, const char *phrase);
/* Frees the request; its handle has another owner now. */
void oh_sip_request_take_handle (OhSipRequest *request);
/* "Name: value" lines, those with line breaks inside left out. Transfer full. */
char *oh_sip_join_headers (const char *const *headers);

G_END_DECLS
