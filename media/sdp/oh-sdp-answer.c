/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "media/sdp/oh-sdp.h"

#include "base/oh-error.h"

#include <string.h>

#define DEFAULT_PTIME 20 /* RFC 3551 4.2 */
#define FIRST_DYNAMIC 96
#define EVENT_NARROW 101 /* what most telephones use */
#define EVENT_WIDE 102
#define NO_EVENT 255
#define NO_RED 255
#define RED "red"

/* RFC 4568 6.2, RFC 7714 14.2: bytes of key and salt. */
static const struct
{
  const char *suite;
  gsize key_length;
} suites[] = {
  { "AEAD_AES_128_GCM", 28 },
  { "AES_CM_128_HMAC_SHA1_80", 30 },
  { "AES_CM_128_HMAC_SHA1_32", 30 },
};

static gboolean
refuse (GError **error, OhError code, const char *why)
{
  g_set_error_literal (error, OH_ERROR, code, why);
  return FALSE;
}

/* --- Formats --- */

static gboolean
is_codec (const OhSdpFormat *format, const OhCodec *codec)
{
  return g_ascii_strcasecmp (format->name, codec->name) == 0
         && format->clock_rate == codec->clock_rate
         && MAX (format->channels, 1) == MAX (codec->channels_in_sdp, 1);
}

static const OhSdpFormat *
find_codec (const OhSdp *sdp, const OhCodec *codec)
{
  for (guint i = 0; i < sdp->n_formats; i++)
    if (is_codec (&sdp->formats[i], codec))
      return &sdp->formats[i];
  return NULL;
}

static const OhSdpFormat *
find_event (const OhSdp *sdp, guint clock_rate)
{
  for (guint i = 0; i < sdp->n_formats; i++)
    if (g_ascii_strcasecmp (sdp->formats[i].name, "telephone-event") == 0
        && sdp->formats[i].clock_rate == clock_rate)
      return &sdp->formats[i];
  return NULL;
}

static void
add_codec (OhSdp *sdp, const OhCodec *codec, guint8 payload_type, guint bit_rate)
{
  OhSdpFormat *format = &sdp->formats[sdp->n_formats++];
  gsize length;

  format->payload_type = payload_type;
  g_strlcpy (format->name, codec->name, sizeof format->name);
  format->clock_rate = codec->clock_rate;
  format->channels = MAX (codec->channels_in_sdp, 1);
  length = g_strlcpy (format->fmtp, codec->fmtp ? codec->fmtp : "", sizeof format->fmtp);
  if (bit_rate && codec->encoder_set_bit_rate)
    g_snprintf (format->fmtp + length, sizeof format->fmtp - length, ";maxaveragebitrate=%u",
                bit_rate);
}

static void
add_event (OhSdp *sdp, guint clock_rate, guint8 payload_type)
{
  OhSdpFormat *format = &sdp->formats[sdp->n_formats++];

  format->payload_type = payload_type;
  g_strlcpy (format->name, "telephone-event", sizeof format->name);
  format->clock_rate = clock_rate;
  format->channels = 1;
  g_strlcpy (format->fmtp, "0-16", sizeof format->fmtp);
}

/* Redundancy names what it repeats: "111/111" (RFC 2198 5, as WebRTC has it). */
static void
add_red (OhSdp *sdp, guint8 payload_type, const OhSdpCodec *opus)
{
  OhSdpFormat *format = &sdp->formats[sdp->n_formats++];

  format->payload_type = payload_type;
  g_strlcpy (format->name, RED, sizeof format->name);
  format->clock_rate = opus->codec->clock_rate;
  format->channels = opus->codec->channels_in_sdp;
  g_snprintf (format->fmtp, sizeof format->fmtp, "%u/%u", opus->payload_type, opus->payload_type);
}

static gboolean
is_red_of (const OhSdpFormat *format, const OhSdpCodec *opus)
{
  g_auto (GStrv) types = g_strsplit (format->fmtp, "/", OH_SDP_MAX_FORMATS);
  g_autofree char *wanted = g_strdup_printf ("%u", opus->payload_type);

  for (guint i = 0; types[i]; i++)
    if (strcmp (g_strstrip (types[i]), wanted) != 0)
      return FALSE;
  return types[0] != NULL;
}

/* The number under which @sdp takes redundancy of @codec; NO_RED. */
static guint8
find_red (const OhSdp *sdp, const OhSdpCodec *codec)
{
  for (guint i = 0; codec->codec->redundant && i < sdp->n_formats; i++)
    {
      const OhSdpFormat *format = &sdp->formats[i];

      if (g_ascii_strcasecmp (format->name, RED) == 0
          && format->clock_rate == codec->codec->clock_rate
          && format->channels == codec->codec->channels_in_sdp && is_red_of (format, codec))
        return format->payload_type;
    }
  return NO_RED;
}

static gboolean
is_wide (const OhCodec *codec)
{
  return codec->clock_rate == 48000;
}

/* --- Security --- */

static gboolean
is_plain (OhSdpProtocol protocol)
{
  return protocol == OH_SDP_RTP_AVP || protocol == OH_SDP_RTP_AVPF;
}

static gboolean
offers_dtls (const OhSdp *sdp)
{
  return sdp->has_fingerprint && !is_plain (sdp->protocol);
}

static gboolean
offers_sdes (const OhSdp *sdp)
{
  return sdp->n_cryptos > 0
         && (sdp->protocol == OH_SDP_RTP_SAVP || sdp->protocol == OH_SDP_RTP_SAVPF);
}

static gsize
get_key_length (const char *suite)
{
  for (guint i = 0; i < G_N_ELEMENTS (suites); i++)
    if (strcmp (suites[i].suite, suite) == 0)
      return suites[i].key_length;
  return 0;
}

/* Keeps of our prepared keys the best whose suite is offered too. */
static gboolean
choose_crypto (const OhSdp *offer, OhSdp *answer, OhSdpAgreed *agreed)
{
  for (guint i = 0; i < answer->n_cryptos; i++)
    for (guint j = 0; j < offer->n_cryptos; j++)
      {
        const OhSdpCrypto *theirs = &offer->cryptos[j];

        if (strcmp (answer->cryptos[i].suite, theirs->suite) != 0
            || theirs->key_length != get_key_length (theirs->suite))
          continue;
        answer->cryptos[0] = answer->cryptos[i];
        answer->cryptos[0].tag = theirs->tag;
        answer->n_cryptos = 1;
        agreed->send_crypto = answer->cryptos[0];
        agreed->receive_crypto = *theirs;
        return TRUE;
      }
  return FALSE;
}

static gboolean
answer_security (const OhSdp *offer,
                 const OhSdpAbilities *abilities,
                 OhSdp *answer,
                 OhSdpAgreed *agreed,
                 GError **error)
{
  gboolean plain = is_plain (offer->protocol);

  if (plain && (abilities->dtls || abilities->sdes) && !abilities->crypto_optional)
    return refuse (error, OH_ERROR_UNSUPPORTED, "the far end offers no encryption");
  agreed->dtls = !plain && abilities->dtls;
  agreed->sdes = !plain && abilities->sdes;
  if (!plain && !agreed->dtls && !agreed->sdes)
    return refuse (error, OH_ERROR_UNSUPPORTED, "the far end asks for encryption");
  if (agreed->dtls && !offers_dtls (offer))
    return refuse (error, OH_ERROR_UNSUPPORTED, "no DTLS with a SHA-256 fingerprint offered");
  if (agreed->sdes && !offers_sdes (offer))
    return refuse (error, OH_ERROR_UNSUPPORTED, "no SRTP keys offered");

  if (!agreed->dtls)
    {
      answer->has_fingerprint = FALSE;
      answer->setup = OH_SDP_SETUP_NONE;
    }
  else if (answer->setup != OH_SDP_SETUP_ACTIVE && answer->setup != OH_SDP_SETUP_PASSIVE)
    /* Passive where we may choose: the server's order of ciphers is ours then. */
    answer->setup = offer->setup == OH_SDP_SETUP_PASSIVE ? OH_SDP_SETUP_ACTIVE
                                                         : OH_SDP_SETUP_PASSIVE;
  agreed->dtls_client = answer->setup == OH_SDP_SETUP_ACTIVE;

  if (!agreed->sdes)
    answer->n_cryptos = 0;
  else if (!choose_crypto (offer, answer, agreed))
    return refuse (error, OH_ERROR_UNSUPPORTED, "no SRTP suite in common");
  return TRUE;
}

static gboolean
check_ice (const OhSdp *ours, const OhSdp *theirs, const OhSdpAbilities *abilities, GError **error)
{
  if (!abilities->ice)
    return TRUE;
  if (!*theirs->ufrag)
    return refuse (error, OH_ERROR_UNSUPPORTED, "the far end does no ICE");
  if (ours->ice_lite && theirs->ice_lite)
    return refuse (error, OH_ERROR_UNSUPPORTED, "ICE-lite at both ends");
  return TRUE;
}

/* --- Offer --- */

void
oh_sdp_make_offer (OhSdp *offer, const OhSdpAbilities *abilities)
{
  guint8 dynamic = FIRST_DYNAMIC;
  gboolean narrow = FALSE, wide = FALSE;
  OhSdpCodec redundant = { NULL, 0 };

  offer->n_formats = 0;
  for (guint i = 0; i < abilities->n_codecs; i++)
    {
      const OhCodec *codec = abilities->codecs[i];
      guint8 payload_type = codec->payload_type < FIRST_DYNAMIC ? codec->payload_type : dynamic++;

      add_codec (offer, codec, payload_type, abilities->bit_rate);
      if (codec->redundant)
        redundant = (OhSdpCodec){ codec, payload_type };
      narrow |= !is_wide (codec);
      wide |= is_wide (codec);
    }
  if (narrow)
    add_event (offer, 8000, EVENT_NARROW);
  if (wide)
    add_event (offer, 48000, EVENT_WIDE);
  if (redundant.codec) /* last: WebRTC sends every frame twice when it stands before Opus */
    add_red (offer, dynamic++, &redundant);

  offer->protocol = abilities->dtls   ? OH_SDP_DTLS_SAVPF
                    : abilities->sdes ? OH_SDP_RTP_SAVP
                                      : OH_SDP_RTP_AVP;
  offer->direction = OH_SDP_SENDRECV;
  offer->ptime = abilities->any_ptime ? 0 : abilities->ptime;
  offer->rtcp_mux = TRUE;
  offer->has_fingerprint = abilities->dtls;
  offer->setup = abilities->dtls ? OH_SDP_SETUP_ACTPASS : OH_SDP_SETUP_NONE;
  if (abilities->ice)
    {
      g_strlcpy (offer->mid, "0", sizeof offer->mid);
      offer->bundle = TRUE;
    }
}

/* --- Answer --- */

static guint
choose_ptime (guint offered, guint max, guint ours)
{
  guint ptime = offered >= 10 && offered <= 60 && offered % 10 == 0 ? offered : ours;

  if (ptime == 50 || ptime == 30) /* Opus knows neither */
    ptime -= 10;
  if (max >= 10 && ptime > max)
    ptime = max >= 20 ? 20 : 10;
  return ptime;
}

/* What we ask for beside what we send: the same where anything was said of it, or longer where that is
 * wanted. */
static guint
say_ptime (const OhSdp *offer, const OhSdpAbilities *abilities, guint ours)
{
  if (abilities->ptime > DEFAULT_PTIME)
    return MAX (abilities->ptime, ours);
  return offer->ptime || abilities->ptime < DEFAULT_PTIME ? ours : 0;
}

static OhSdpDirection
reverse (OhSdpDirection direction)
{
  return (direction & OH_SDP_SENDONLY ? OH_SDP_RECVONLY : 0)
         | (direction & OH_SDP_RECVONLY ? OH_SDP_SENDONLY : 0);
}

/* One codec and its keys are answered: what is received then never changes its form in mid-call. */
static gboolean
answer_formats (const OhSdp *offer,
                const OhSdpAbilities *abilities,
                OhSdp *answer,
                OhSdpAgreed *agreed,
                GError **error)
{
  const OhSdpFormat *format = NULL, *event;
  const OhCodec *codec = NULL;

  for (guint i = 0; i < abilities->n_codecs && !format; i++)
    {
      codec = abilities->codecs[i];
      format = find_codec (offer, codec);
    }
  if (!format)
    return refuse (error, OH_ERROR_UNSUPPORTED, "no codec in common");

  answer->n_formats = 0;
  add_codec (answer, codec, format->payload_type, abilities->bit_rate);
  agreed->send[0] = agreed->receive[0] = (OhSdpCodec){ codec, format->payload_type };
  agreed->n_send = agreed->n_receive = 1;
  agreed->send_event = agreed->receive_event[0] = agreed->receive_event[1] = NO_EVENT;
  /* Some telephones offer keys at 8000 Hz only, whatever the codec. */
  event = find_event (offer, codec->clock_rate);
  if (!event)
    event = find_event (offer, 8000);
  if (event)
    {
      add_event (answer, event->clock_rate, event->payload_type);
      agreed->send_event = agreed->receive_event[0] = event->payload_type;
      agreed->send_event_clock = event->clock_rate;
    }
  agreed->send_red = agreed->receive_red = find_red (offer, &agreed->send[0]);
  if (agreed->send_red != NO_RED)
    add_red (answer, agreed->send_red, &agreed->send[0]);
  return TRUE;
}

gboolean
oh_sdp_make_answer (const OhSdp *offer,
                    const OhSdpAbilities *abilities,
                    OhSdp *answer,
                    OhSdpAgreed *agreed,
                    GError **error)
{
  memset (agreed, 0, sizeof *agreed);
  if (!check_ice (answer, offer, abilities, error)
      || !answer_security (offer, abilities, answer, agreed, error)
      || !answer_formats (offer, abilities, answer, agreed, error))
    return FALSE;

  answer->protocol = offer->protocol;
  answer->place = offer->place;
  memcpy (answer->others, offer->others, sizeof answer->others);
  answer->n_others = offer->n_others;
  g_strlcpy (answer->mid, offer->mid, sizeof answer->mid);
  answer->bundle = offer->bundle;
  answer->direction = reverse (offer->direction);
  answer->rtcp_mux = agreed->rtcp_mux = offer->rtcp_mux;
  if (answer->rtcp_mux)
    answer->rtcp_port = 0;
  agreed->ptime = choose_ptime (offer->ptime, offer->maxptime, abilities->ptime);
  answer->ptime = say_ptime (offer, abilities, agreed->ptime);
  agreed->may_send = (answer->direction & OH_SDP_SENDONLY) != 0;
  agreed->may_receive = (answer->direction & OH_SDP_RECVONLY) != 0;
  return TRUE;
}

/* --- The far end's answer --- */

static gboolean
read_security (const OhSdp *offer,
               const OhSdpAbilities *abilities,
               const OhSdp *answer,
               OhSdpAgreed *agreed,
               GError **error)
{
  if (abilities->dtls)
    {
      if (!offers_dtls (answer))
        return refuse (error, OH_ERROR_UNSUPPORTED, "no DTLS with a SHA-256 fingerprint answered");
      if (answer->setup == OH_SDP_SETUP_ACTPASS)
        return refuse (error, OH_ERROR_INVALID, "actpass in an answer");
      agreed->dtls = TRUE;
      agreed->dtls_client = answer->setup == OH_SDP_SETUP_PASSIVE;
      return TRUE;
    }
  if (!abilities->sdes)
    return is_plain (answer->protocol)
           || refuse (error, OH_ERROR_INVALID, "encryption answered where none was offered");

  if (!offers_sdes (answer) || answer->n_cryptos != 1)
    return refuse (error, OH_ERROR_INVALID, "not one SRTP key in the answer");
  for (guint i = 0; i < offer->n_cryptos; i++)
    if (offer->cryptos[i].tag == answer->cryptos[0].tag
        && strcmp (offer->cryptos[i].suite, answer->cryptos[0].suite) == 0
        && answer->cryptos[0].key_length == offer->cryptos[i].key_length)
      {
        agreed->sdes = TRUE;
        agreed->send_crypto = offer->cryptos[i];
        agreed->receive_crypto = answer->cryptos[0];
        return TRUE;
      }
  return refuse (error, OH_ERROR_INVALID, "an SRTP key in the answer that was not offered");
}

/* Each side's numbers, where both know it. */
static void
read_red (const OhSdp *offer, const OhSdp *answer, OhSdpAgreed *agreed)
{
  agreed->send_red = agreed->receive_red = NO_RED;
  for (guint i = 0; i < agreed->n_send && agreed->send_red == NO_RED; i++)
    agreed->send_red = find_red (answer, &agreed->send[i]);
  for (guint i = 0; i < agreed->n_receive && agreed->receive_red == NO_RED; i++)
    agreed->receive_red = find_red (offer, &agreed->receive[i]);
  if (agreed->send_red == NO_RED || agreed->receive_red == NO_RED)
    agreed->send_red = agreed->receive_red = NO_RED;
}

static gboolean
read_formats (const OhSdp *offer,
              const OhSdpAbilities *abilities,
              const OhSdp *answer,
              OhSdpAgreed *agreed,
              GError **error)
{
  const OhSdpFormat *format;

  /* The far end's order says what it would like to receive. */
  for (guint i = 0; i < answer->n_formats; i++)
    for (guint j = 0; j < abilities->n_codecs && agreed->n_send < OH_SDP_MAX_CODECS; j++)
      if (is_codec (&answer->formats[i], abilities->codecs[j])
          && find_codec (offer, abilities->codecs[j]))
        agreed->send[agreed->n_send++] = (OhSdpCodec){ abilities->codecs[j],
                                                       answer->formats[i].payload_type };
  if (agreed->n_send == 0)
    return refuse (error, OH_ERROR_UNSUPPORTED, "no codec in common");

  for (guint j = 0; j < abilities->n_codecs && j < OH_SDP_MAX_CODECS; j++)
    if ((format = find_codec (offer, abilities->codecs[j])))
      agreed->receive[agreed->n_receive++] = (OhSdpCodec){ abilities->codecs[j],
                                                           format->payload_type };

  format = find_event (answer, agreed->send[0].codec->clock_rate);
  if (!format)
    format = find_event (answer, 8000);
  agreed->send_event = format ? format->payload_type : NO_EVENT;
  agreed->send_event_clock = format ? format->clock_rate : 8000;
  format = find_event (offer, 8000);
  agreed->receive_event[0] = format ? format->payload_type : NO_EVENT;
  format = find_event (offer, 48000);
  agreed->receive_event[1] = format ? format->payload_type : NO_EVENT;
  read_red (offer, answer, agreed);
  return TRUE;
}

gboolean
oh_sdp_read_answer (const OhSdp *offer,
                    const OhSdpAbilities *abilities,
                    const OhSdp *answer,
                    OhSdpAgreed *agreed,
                    GError **error)
{
  OhSdpDirection ours;

  memset (agreed, 0, sizeof *agreed);
  if (!check_ice (offer, answer, abilities, error)
      || !read_security (offer, abilities, answer, agreed, error)
      || !read_formats (offer, abilities, answer, agreed, error))
    return FALSE;

  ours = reverse (answer->direction) & offer->direction;
  agreed->may_send = (ours & OH_SDP_SENDONLY) != 0;
  agreed->may_receive = (ours & OH_SDP_RECVONLY) != 0;
  agreed->rtcp_mux = offer->rtcp_mux && answer->rtcp_mux;
  agreed->ptime = choose_ptime (answer->ptime, answer->maxptime, abilities->ptime);
  return TRUE;
}
