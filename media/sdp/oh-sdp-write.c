/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "media/sdp/oh-sdp.h"

#include <string.h>

static const char *const protocol_names[] = {
  [OH_SDP_RTP_AVP] = "RTP/AVP",
  [OH_SDP_RTP_AVPF] = "RTP/AVPF",
  [OH_SDP_RTP_SAVP] = "RTP/SAVP",
  [OH_SDP_RTP_SAVPF] = "RTP/SAVPF",
  [OH_SDP_DTLS_SAVP] = "UDP/TLS/RTP/SAVP",
  [OH_SDP_DTLS_SAVPF] = "UDP/TLS/RTP/SAVPF",
};
static const char *const direction_names[] = {
  [OH_SDP_INACTIVE] = "inactive",
  [OH_SDP_SENDONLY] = "sendonly",
  [OH_SDP_RECVONLY] = "recvonly",
  [OH_SDP_SENDRECV] = "sendrecv",
};
static const char *const setup_names[] = {
  [OH_SDP_SETUP_NONE] = NULL,
  [OH_SDP_SETUP_ACTPASS] = "actpass",
  [OH_SDP_SETUP_ACTIVE] = "active",
  [OH_SDP_SETUP_PASSIVE] = "passive",
};

/* g_string_append_printf() takes memory for each piece and gives it back. */
static void G_GNUC_PRINTF (2, 3) put (GString *out, const char *format, ...)
{
  gsize room = out->allocated_len - out->len;
  va_list arguments;
  int n;

  va_start (arguments, format);
  n = g_vsnprintf (out->str + out->len, room, format, arguments);
  va_end (arguments);
  if (n >= 0 && (gsize)n < room)
    {
      out->len += (gsize)n;
      return;
    }
  va_start (arguments, format);
  g_string_append_vprintf (out, format, arguments);
  va_end (arguments);
}

static const char *
family (const char *address)
{
  return strchr (address, ':') ? "IP6" : "IP4";
}

static void
write_head (GString *out, const OhSdp *sdp)
{
  const char *address = *sdp->address ? sdp->address : "0.0.0.0";
  const char *origin = *sdp->origin ? sdp->origin : address;

  put (out,
       "v=0\r\no=- %" G_GUINT64_FORMAT " %" G_GUINT64_FORMAT " IN %s %s\r\n"
       "s=-\r\nc=IN %s %s\r\nt=0 0\r\n",
       sdp->session_id, sdp->version, family (origin), origin, family (address), address);
  if (sdp->bundle)
    put (out, "a=group:BUNDLE %s\r\n", sdp->mid);
  if (sdp->ice_lite)
    g_string_append (out, "a=ice-lite\r\n");
}

static void
write_formats (GString *out, const OhSdp *sdp)
{
  for (guint i = 0; i < sdp->n_formats; i++)
    {
      const OhSdpFormat *format = &sdp->formats[i];

      put (out, "a=rtpmap:%u %s/%u", format->payload_type, format->name, format->clock_rate);
      if (format->channels > 1)
        put (out, "/%u", format->channels);
      g_string_append (out, "\r\n");
      if (*format->fmtp)
        put (out, "a=fmtp:%u %s\r\n", format->payload_type, format->fmtp);
    }
  if (sdp->ptime)
    put (out, "a=ptime:%u\r\n", sdp->ptime);
  if (sdp->maxptime)
    put (out, "a=maxptime:%u\r\n", sdp->maxptime);
}

static void
write_ice (GString *out, const OhSdp *sdp)
{
  if (!*sdp->ufrag)
    return;
  put (out, "a=ice-ufrag:%s\r\na=ice-pwd:%s\r\n", sdp->ufrag, sdp->password);
  for (guint i = 0; i < sdp->n_candidates; i++)
    {
      const OhSdpCandidate *c = &sdp->candidates[i];

      put (out, "a=candidate:%s %u UDP %u %s %u typ %s", c->foundation, c->component, c->priority,
           c->address, c->port, c->type);
      if (*c->related_address)
        put (out, " raddr %s rport %u", c->related_address, c->related_port);
      g_string_append (out, "\r\n");
    }
  g_string_append (out, "a=end-of-candidates\r\n");
}

static void
write_security (GString *out, const OhSdp *sdp)
{
  if (sdp->has_fingerprint)
    {
      g_string_append (out, "a=fingerprint:sha-256 ");
      for (guint i = 0; i < OH_SDP_FINGERPRINT_BYTES; i++)
        put (out, i ? ":%02X" : "%02X", sdp->fingerprint[i]);
      g_string_append (out, "\r\n");
    }
  if (setup_names[sdp->setup])
    put (out, "a=setup:%s\r\n", setup_names[sdp->setup]);
  for (guint i = 0; i < sdp->n_cryptos; i++)
    {
      g_autofree char *key = g_base64_encode (sdp->cryptos[i].key, sdp->cryptos[i].key_length);

      put (out, "a=crypto:%u %s inline:%s\r\n", sdp->cryptos[i].tag, sdp->cryptos[i].suite, key);
    }
}

static void
write_sound (GString *out, const OhSdp *sdp)
{
  put (out, "m=audio %u %s", sdp->port, protocol_names[sdp->protocol]);
  for (guint i = 0; i < sdp->n_formats; i++)
    put (out, " %u", sdp->formats[i].payload_type);
  g_string_append (out, "\r\n");
  if (*sdp->mid)
    put (out, "a=mid:%s\r\n", sdp->mid);
  write_formats (out, sdp);
  put (out, "a=%s\r\n", direction_names[sdp->direction]);
  if (sdp->rtcp_mux)
    g_string_append (out, "a=rtcp-mux\r\n");
  if (sdp->rtcp_port)
    put (out, "a=rtcp:%u\r\n", sdp->rtcp_port);
  write_ice (out, sdp);
  write_security (out, sdp);
}

char *
oh_sdp_write (const OhSdp *sdp)
{
  GString *out = g_string_sized_new (1024);
  guint other = 0;

  write_head (out, sdp);
  for (guint i = 0; i <= sdp->n_others; i++)
    if (i == sdp->place)
      write_sound (out, sdp);
    else
      {
        const OhSdpOther *o = &sdp->others[other++];

        put (out, "m=%s 0 %s %s\r\n", o->type, o->protocol, o->format);
        if (*o->mid)
          put (out, "a=mid:%s\r\n", o->mid);
      }
  return g_string_free (out, FALSE);
}
