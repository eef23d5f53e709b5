/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "oh-sip"

#include "sip/oh-sip-private.h"

/* What sofia's parser lets pass and RFC 3261 wants refused (RFC 4475 has an example of each). */

#define SDP_TYPE "application/sdp"

static gboolean
is_known_scheme (const url_t *url)
{
  return url->url_type == url_sip || url->url_type == url_sips || url->url_type == url_tel;
}

/* RFC 3261, 21.4.7: no answer of ours would be welcome. */
static gboolean
accepts_sdp (const sip_accept_t *accept)
{
  static const char *const fine[] = { SDP_TYPE, "application/*", "*/*" };

  if (!accept)
    return TRUE;
  for (; accept; accept = accept->ac_next)
    for (guint i = 0; accept->ac_type && i < G_N_ELEMENTS (fine); i++)
      if (g_ascii_strcasecmp (accept->ac_type, fine[i]) == 0)
        return TRUE;
  return FALSE;
}

/* RFC 3261, 20.11: a body that its sender calls optional may be left aside. */
static gboolean
has_foreign_body (const sip_t *message)
{
  const sip_content_type_t *type = message->sip_content_type;
  const sip_content_disposition_t *disposition = message->sip_content_disposition;

  if (!message->sip_payload || message->sip_payload->pl_len == 0 || !type || !type->c_type)
    return FALSE;
  if (disposition && disposition->cd_optional)
    return FALSE;
  return g_ascii_strcasecmp (type->c_type, SDP_TYPE) != 0;
}

int
oh_sip_check_request (const sip_t *message)
{
  if (message->sip_request && message->sip_request->rq_url->url_headers)
    return 400; /* 19.1.1: no headers in a Request-URI */
  if (message->sip_request && message->sip_request->rq_method == sip_method_register
      && message->sip_to && !is_known_scheme (message->sip_to->a_url))
    return 400; /* 10.3: an address of record that we could not have */
  return 0;
}

int
oh_sip_check_offer (const sip_t *message)
{
  if (has_foreign_body (message))
    return 415;
  if (!accepts_sdp (message->sip_accept))
    return 406;
  return 0;
}
