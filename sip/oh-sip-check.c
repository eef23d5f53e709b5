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
  switch (oh_sip_body_find_sdp (message, NULL, NULL))
    {
    case OH_SIP_BODY_FOREIGN:
      return 415;
    case OH_SIP_BODY_BROKEN:
      return 400;
    default:
      break;
    }
  if (!accepts_sdp (message->sip_accept))
    return 406;
  return 0;
}
