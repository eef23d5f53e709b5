/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <oh-config.h>

#include "base/oh-error.h"
#include "media/sdp/oh-sdp.h"

#include <dlfcn.h>
#include <pthread.h>
#include <string.h>

/* Offers as telephones, trunks and browsers make them (written for this test from the RFCs). */
#define HEAD "v=0\r\no=- 1 1 IN IP4 192.0.2.7\r\ns=-\r\nc=IN IP4 192.0.2.7\r\nt=0 0\r\n"
#define FINGERPRINT                                                                                \
  "a=fingerprint:sha-256 "                                                                         \
  "00:11:22:33:44:55:66:77:88:99:AA:BB:CC:DD:EE:FF:00:11:22:33:44:55:66:77:88:99:AA:BB:CC:DD:EE:"  \
  "FF\r\n"
#define KEY30 "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwd"
#define KEY28 "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGw=="

typedef struct
{
  const char *name, *offer;
  gboolean ice, sdes, dtls, optional;
  const char *codec; /* NULL: refused... */
  OhError refusal;   /* ...with this */
  const char *has;   /* in the answer's text */
} Row;

static const Row rows[] = {
  { "trunk-static", HEAD "m=audio 4000 RTP/AVP 0 8\r\n", .codec = "PCMU", .has = " RTP/AVP 0\r\n" },
  { "telephone-event",
    HEAD "m=audio 4000 RTP/AVP 8 97\r\na=rtpmap:97 telephone-event/8000\r\na=fmtp:97 0-15\r\n",
    .codec = "PCMA", .has = "a=rtpmap:97 telephone-event/8000" },
  { "opus-preferred",
    HEAD "m=audio 4000 RTP/AVP 0 9 111\r\na=rtpmap:111 opus/48000/2\r\na=ptime:20\r\n",
    .codec = "opus", .has = "a=rtpmap:111 opus/48000/2" },
  { "held", HEAD "m=audio 4000 RTP/AVP 0\r\na=sendonly\r\n", .codec = "PCMU", .has = "a=recvonly" },
  { "video-refused",
    HEAD "m=video 4002 RTP/AVP 96\r\na=rtpmap:96 VP8/90000\r\nm=audio 4000 RTP/AVP 0\r\n",
    .codec = "PCMU", .has = "m=video 0 RTP/AVP 96\r\nm=audio " },
  { "sdes",
    HEAD "m=audio 4000 RTP/SAVP 0\r\na=crypto:7 AES_CM_128_HMAC_SHA1_80 inline:" KEY30 "|2^20\r\n",
    .sdes = TRUE, .codec = "PCMU", .has = "a=crypto:7 AES_CM_128_HMAC_SHA1_80 inline:" },
  { "sdes-gcm-preferred",
    HEAD "m=audio 4000 RTP/SAVP 0\r\na=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:" KEY30
         "\r\na=crypto:2 AEAD_AES_128_GCM inline:" KEY28 "\r\n",
    .sdes = TRUE, .codec = "PCMU", .has = "a=crypto:2 AEAD_AES_128_GCM inline:" },
  { "sdes-mki",
    HEAD "m=audio 4000 RTP/SAVP 0\r\na=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:" KEY30
         "|2^20|1:4\r\n",
    .sdes = TRUE, .refusal = OH_ERROR_UNSUPPORTED },
  { "sdes-short-key",
    HEAD "m=audio 4000 RTP/SAVP 0\r\na=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:AAEC\r\n",
    .sdes = TRUE, .refusal = OH_ERROR_UNSUPPORTED },
  { "browser",
    "v=0\r\no=- 46 2 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\na=group:BUNDLE 0\r\n"
    "m=audio 9 UDP/TLS/RTP/SAVPF 111 63 9 0 8 13 110 126\r\nc=IN IP4 0.0.0.0\r\n"
    "a=rtcp:9 IN IP4 0.0.0.0\r\na=ice-ufrag:abcd\r\na=ice-pwd:0123456789012345678901\r\n"
    "a=candidate:1 1 udp 2113937151 11111111-2222-3333-4444-555555555555.local 40000 typ "
    "host\r\n" FINGERPRINT
    "a=setup:actpass\r\na=mid:0\r\na=sendrecv\r\na=rtcp-mux\r\na=rtpmap:111 opus/48000/2\r\n"
    "a=rtpmap:9 G722/8000\r\na=rtpmap:0 PCMU/8000\r\na=rtpmap:110 telephone-event/48000\r\n",
    .ice = TRUE, .dtls = TRUE, .codec = "opus", .has = "a=setup:passive" },
  { "redundancy",
    HEAD "m=audio 4000 RTP/AVP 111 63\r\na=rtpmap:111 opus/48000/2\r\na=rtpmap:63 red/48000/2\r\n"
         "a=fmtp:63 111/111\r\n",
    .codec = "opus", .has = "a=rtpmap:63 red/48000/2\r\na=fmtp:63 111/111\r\n" },
  { "no-crypto-where-needed", HEAD "m=audio 4000 RTP/AVP 0\r\n", .dtls = TRUE,
    .refusal = OH_ERROR_UNSUPPORTED },
  { "no-crypto-allowed", HEAD "m=audio 4000 RTP/AVP 0\r\n", .sdes = TRUE, .optional = TRUE,
    .codec = "PCMU", .has = "RTP/AVP 0" },
  { "crypto-where-none", HEAD "m=audio 4000 RTP/SAVP 0\r\n", .refusal = OH_ERROR_UNSUPPORTED },
#if OH_HAVE_G729
  { "g729-alone", HEAD "m=audio 4000 RTP/AVP 18\r\n", .codec = "G729",
    .has = "a=fmtp:18 annexb=no" },
  { "g729-last", HEAD "m=audio 4000 RTP/AVP 18 8\r\n", .codec = "PCMA", .has = "RTP/AVP 8\r\n" },
#endif
  { "no-common-codec", HEAD "m=audio 4000 RTP/AVP 4\r\n", .refusal = OH_ERROR_UNSUPPORTED },
  { "closed-port", HEAD "m=audio 0 RTP/AVP 0\r\n", .refusal = OH_ERROR_UNSUPPORTED },
  { "no-sound", HEAD "m=video 4000 RTP/AVP 96\r\n", .refusal = OH_ERROR_UNSUPPORTED },
  { "no-ice", HEAD "m=audio 4000 RTP/AVP 0\r\n", .ice = TRUE, .refusal = OH_ERROR_UNSUPPORTED },
  { "empty", "", .refusal = OH_ERROR_INVALID },
  { "rubbish", "hello\r\nworld\r\n", .refusal = OH_ERROR_INVALID },
  { "media-line-not-token", HEAD "m=audio 4000 RTP/AVP 0 \x1f\r\n", .refusal = OH_ERROR_INVALID },
  { "media-line-not-ascii", HEAD "m=audio 4000 RT\xd0/AVP 0\r\n", .refusal = OH_ERROR_INVALID },
  { "cut", "v=0\r\no=- 1 1 IN I", .refusal = OH_ERROR_INVALID },
};

static OhSdpAbilities
get_abilities (const Row *row)
{
  OhSdpAbilities abilities = { .ice = row->ice,
                               .sdes = row->sdes,
                               .dtls = row->dtls,
                               .crypto_optional = row->optional,
                               .ptime = 20 };

  for (; oh_codec_list ()[abilities.n_codecs]; abilities.n_codecs++)
    abilities.codecs[abilities.n_codecs] = oh_codec_list ()[abilities.n_codecs];
  return abilities;
}

static void
prepare (OhSdp *answer, const Row *row)
{
  g_strlcpy (answer->address, "127.0.0.1", sizeof answer->address);
  answer->port = 5000;
  answer->has_fingerprint = row->dtls;
  for (guint i = 0; row->sdes && i < 2; i++)
    {
      answer->cryptos[i].key_length = i ? 30 : 28;
      g_strlcpy (answer->cryptos[i].suite, i ? "AES_CM_128_HMAC_SHA1_80" : "AEAD_AES_128_GCM",
                 sizeof answer->cryptos[i].suite);
      answer->n_cryptos++;
    }
}

static void
test_row (gconstpointer data)
{
  const Row *row = data;
  g_autoptr (GError) error = NULL;
  g_autoptr (OhSdp) offer = oh_sdp_parse (row->offer, &error);
  g_autoptr (OhSdp) answer = g_new0 (OhSdp, 1);
  g_autoptr (OhSdp) again = NULL;
  g_autofree char *text = NULL;
  g_autofree char *codec = NULL;
  OhSdpAbilities abilities = get_abilities (row);
  OhSdpAgreed agreed;

  prepare (answer, row);
  if (!offer || !oh_sdp_make_answer (offer, &abilities, answer, &agreed, &error))
    {
      g_assert_null (row->codec);
      g_assert_error (error, OH_ERROR, (gint)row->refusal);
      return;
    }
  g_assert_nonnull (row->codec);
  g_assert_cmpstr (agreed.send[0].codec->name, ==, row->codec);
  text = oh_sdp_write (answer);
  g_assert_nonnull (strstr (text, row->has));
  again = oh_sdp_parse (text, &error);
  g_assert_no_error (error);
  g_assert_cmpuint (again->port, ==, 5000);
  g_assert_cmpuint (again->n_formats, ==, answer->n_formats);
  codec = oh_sdp_dup_codec (text);
  g_assert_cmpstr (codec, ==, again->formats[0].name);
}

/* RFC 3264 6.1, and 8.4 of old: what is held is answered as such, whatever the way to say it. */
static void
test_direction (void)
{
#define ICE "a=ice-ufrag:abcd\r\na=ice-pwd:0123456789012345678901\r\n"
#define NOWHERE "v=0\r\no=- 1 1 IN IP4 192.0.2.7\r\ns=-\r\nc=IN IP4 0.0.0.0\r\nt=0 0\r\n"
#define SOUND "m=audio 4000 RTP/AVP 0\r\n"
  static const struct
  {
    const char *offer, *answer;
    gboolean ice, sends, receives;
  } held[] = {
    { HEAD SOUND, "a=sendrecv", FALSE, TRUE, TRUE },
    { HEAD SOUND "a=sendonly\r\n", "a=recvonly", FALSE, FALSE, TRUE },
    { HEAD SOUND "a=recvonly\r\n", "a=sendonly", FALSE, TRUE, FALSE },
    { HEAD SOUND "a=inactive\r\n", "a=inactive", FALSE, FALSE, FALSE },
    { HEAD "a=sendonly\r\n" SOUND, "a=recvonly", FALSE, FALSE, TRUE },
    { HEAD "a=inactive\r\n" SOUND "a=sendrecv\r\n", "a=sendrecv", FALSE, TRUE, TRUE },
    { NOWHERE SOUND, "a=recvonly", FALSE, FALSE, TRUE },
    { NOWHERE SOUND "a=inactive\r\n", "a=inactive", FALSE, FALSE, FALSE },
    { NOWHERE SOUND "c=IN IP4 192.0.2.7\r\n", "a=sendrecv", FALSE, TRUE, TRUE },
    { HEAD SOUND "c=IN IP4 0.0.0.0\r\n", "a=recvonly", FALSE, FALSE, TRUE },
    { HEAD SOUND "c=IN IP4 0.0.0.0\r\n" ICE, "a=sendrecv", TRUE, TRUE, TRUE },
  };

  for (guint i = 0; i < G_N_ELEMENTS (held); i++)
    {
      const Row row = { .ice = held[i].ice };
      g_autoptr (OhSdp) offer = oh_sdp_parse (held[i].offer, NULL);
      g_autoptr (OhSdp) answer = g_new0 (OhSdp, 1);
      g_autofree char *text = NULL;
      OhSdpAbilities abilities = get_abilities (&row);
      OhSdpAgreed agreed;

      prepare (answer, &row);
      g_assert_true (oh_sdp_make_answer (offer, &abilities, answer, &agreed, NULL));
      text = oh_sdp_write (answer);
      g_test_message ("%u: %s", i, text);
      g_assert_nonnull (strstr (text, held[i].answer));
      g_assert_cmpint (agreed.may_send, ==, held[i].sends);
      g_assert_cmpint (agreed.may_receive, ==, held[i].receives);
    }
}

/* What stands first in the sound section that is used, among others. */
static void
test_codec (void)
{
  static const struct
  {
    const char *text, *codec;
  } named[] = {
    { HEAD "m=audio 4000 RTP/AVP 9 0\r\na=rtpmap:0 PCMU/8000\r\na=rtpmap:9 G722/8000\r\n", "G722" },
    { HEAD "m=audio 4000 RTP/AVP 96\r\na=rtpmap:96 opus/48000/2\r\n", "opus" },
    { HEAD "m=video 0 RTP/AVP 96\r\nm=audio 0 RTP/AVP 8\r\na=rtpmap:8 PCMA/8000\r\n"
           "m=audio 4000 RTP/AVP 0\r\na=rtpmap:0 PCMU/8000\r\n",
      "PCMU" },
    { HEAD "m=audio 4000 RTP/AVP 8\r\n", "PCMA" },
    { HEAD "m=audio 0 RTP/AVP 8\r\na=rtpmap:8 PCMA/8000\r\n", NULL },
    { "", NULL },
  };

  for (guint i = 0; i < G_N_ELEMENTS (named); i++)
    {
      g_autoptr (OhSdp) sdp = oh_sdp_parse (named[i].text, NULL);
      g_autofree char *codec = oh_sdp_dup_codec (named[i].text);

      g_assert_cmpstr (codec, ==, named[i].codec);
      g_assert_cmpstr (codec, ==, sdp ? sdp->formats[0].name : NULL);
    }
}

/* Our own offer, answered by ourselves. */
static void
test_both_ways (void)
{
  Row row = { .dtls = TRUE, .ice = TRUE };
  g_autoptr (OhSdp) offer = g_new0 (OhSdp, 1);
  g_autoptr (OhSdp) answer = g_new0 (OhSdp, 1);
  g_autoptr (OhSdp) parsed = NULL;
  g_autofree char *text = NULL;
  g_autoptr (GError) error = NULL;
  OhSdpAbilities abilities = get_abilities (&row);
  OhSdpAgreed at_offerer, at_answerer;

  prepare (offer, &row);
  prepare (answer, &row);
  g_strlcpy (offer->ufrag, "abcd", sizeof offer->ufrag);
  g_strlcpy (offer->password, "0123456789012345678901", sizeof offer->password);
  g_strlcpy (answer->ufrag, "efgh", sizeof answer->ufrag);
  g_strlcpy (answer->password, "1123456789012345678901", sizeof answer->password);
  oh_sdp_make_offer (offer, &abilities);
  text = oh_sdp_write (offer);
  parsed = oh_sdp_parse (text, &error);
  g_assert_no_error (error);
  g_assert_true (oh_sdp_make_answer (parsed, &abilities, answer, &at_answerer, &error));
  g_assert_true (oh_sdp_read_answer (offer, &abilities, answer, &at_offerer, &error));
  g_assert_true (at_offerer.dtls_client);
  g_assert_false (at_answerer.dtls_client);
  g_assert_true (at_offerer.rtcp_mux && at_answerer.rtcp_mux);
  g_assert_cmpuint (at_offerer.send_event, ==, at_answerer.receive_event[0]);
  g_assert_true (at_offerer.send[0].codec == at_answerer.receive[0].codec);

  /* An answer that takes what was not offered. */
  answer->setup = OH_SDP_SETUP_ACTPASS;
  g_assert_false (oh_sdp_read_answer (offer, &abilities, answer, &at_offerer, &error));
  g_assert_error (error, OH_ERROR, OH_ERROR_INVALID);
}

/* Redundancy is answered only for the codec that is used, and under each side's own numbers. */
static void
test_redundancy (void)
{
#define OPUS "a=rtpmap:111 opus/48000/2\r\n"
  static const struct
  {
    const char *offer;
    guint8 red;
  } offers[] = {
    { HEAD "m=audio 4000 RTP/AVP 111 63\r\n" OPUS
           "a=rtpmap:63 red/48000/2\r\na=fmtp:63 111/111\r\n",
      63 },
    { HEAD "m=audio 4000 RTP/AVP 63 111\r\na=rtpmap:63 RED/48000/2\r\na=fmtp:63 111\r\n" OPUS, 63 },
    { HEAD "m=audio 4000 RTP/AVP 111 63\r\n" OPUS "a=rtpmap:63 red/48000/2\r\n", 255 },
    { HEAD "m=audio 4000 RTP/AVP 111 63\r\n" OPUS "a=rtpmap:63 red/48000/2\r\na=fmtp:63 111/0\r\n",
      255 },
    { HEAD "m=audio 4000 RTP/AVP 111 63\r\n" OPUS "a=rtpmap:63 red/8000\r\na=fmtp:63 111/111\r\n",
      255 },
    { HEAD "m=audio 4000 RTP/AVP 0 63\r\na=rtpmap:63 red/8000\r\na=fmtp:63 0/0\r\n", 255 },
  };
  const Row row = { 0 };
  OhSdpAbilities abilities = get_abilities (&row);
  g_autoptr (OhSdp) offer = g_new0 (OhSdp, 1);
  g_autoptr (OhSdp) answer = NULL;
  OhSdpAgreed agreed;

  for (guint i = 0; i < G_N_ELEMENTS (offers); i++)
    {
      g_autoptr (OhSdp) from = oh_sdp_parse (offers[i].offer, NULL);
      g_autoptr (OhSdp) to = g_new0 (OhSdp, 1);

      prepare (to, &row);
      g_assert_true (oh_sdp_make_answer (from, &abilities, to, &agreed, NULL));
      g_test_message ("%u: %u", i, agreed.send_red);
      g_assert_cmpuint (agreed.send_red, ==, offers[i].red);
      g_assert_cmpuint (agreed.receive_red, ==, offers[i].red);
      g_assert_cmpint (to->formats[to->n_formats - 1].payload_type == 63, ==, offers[i].red == 63);
    }

  prepare (offer, &row);
  oh_sdp_make_offer (offer, &abilities);
  answer = oh_sdp_parse (offers[0].offer, NULL); /* other numbers than ours */
  g_assert_true (oh_sdp_read_answer (offer, &abilities, answer, &agreed, NULL));
  g_assert_cmpuint (agreed.send_red, ==, 63);
  g_assert_cmpuint (agreed.receive_red, ==, offer->formats[offer->n_formats - 1].payload_type);
  g_assert_cmpuint (agreed.receive_red, !=, agreed.receive[0].payload_type);
  g_clear_pointer (&answer, g_free);
  answer = oh_sdp_parse (offers[2].offer, NULL);
  g_assert_true (oh_sdp_read_answer (offer, &abilities, answer, &agreed, NULL));
  g_assert_cmpuint (agreed.send_red, ==, 255);
  g_assert_cmpuint (agreed.receive_red, ==, 255);
}

static void
test_limits (void)
{
  g_autoptr (GString) text = g_string_new (HEAD);
  g_autoptr (GError) error = NULL;

  for (guint i = 0; i < 20; i++)
    g_string_append (text, "m=audio 4000 RTP/AVP 0\r\n");
  g_assert_null (oh_sdp_parse (text->str, &error));
  g_assert_error (error, OH_ERROR, OH_ERROR_LIMIT);
  g_clear_error (&error);
  while (text->len <= OH_SDP_MAX_BYTES)
    g_string_append (text, "a=x:0123456789012345678901234567890123456789\r\n");
  g_assert_null (oh_sdp_parse (text->str, &error));
  g_assert_error (error, OH_ERROR, OH_ERROR_LIMIT);
}

/* What sofia would read for ever, were it not refused before. */
/* What the far end takes: by its a=fmtp, a=maxptime and b=AS. */
static void
test_send_limits (void)
{
#define OPUS_OFFER HEAD "m=audio 4000 RTP/AVP 0 111\r\na=rtpmap:111 opus/48000/2\r\n"
  static const struct
  {
    const char *sdp;
    OhSdpLimits limits;
  } cases[] = {
    { OPUS_OFFER, { 0 } },
    { OPUS_OFFER "a=fmtp:111 minptime=10;useinbandfec=1\r\n", { .min_ptime = 10 } },
    { OPUS_OFFER "a=fmtp:111 minptime=3; maxaveragebitrate = 20000 ;x\r\na=maxptime:40\r\n",
      { .min_ptime = 10, .max_ptime = 40, .bit_rate = 20000 } },
    { OPUS_OFFER "a=fmtp:111 MaxAverageBitrate=1;minptime=999\r\na=maxptime:3\r\n",
      { .min_ptime = 120, .bit_rate = 6000 } },
    { OPUS_OFFER "a=fmtp:111 maxaveragebitrate=-5;minptime=;=;;maxptime\r\n", { 0 } },
    { OPUS_OFFER "a=fmtp:0 maxaveragebitrate=20000\r\n", { 0 } },
    { "v=0\r\no=- 1 1 IN IP4 192.0.2.7\r\ns=-\r\nc=IN IP4 192.0.2.7\r\nb=AS:64\r\nt=0 0\r\nm=audio "
      "4000 RTP/AVP 111\r\na=rtpmap:111 opus/48000/2\r\n",
      { .total = 64000 } },
    { HEAD "m=audio 4000 RTP/AVP 111\r\nb=TIAS:20\r\nb=AS:40\r\n"
           "a=rtpmap:111 opus/48000/2\r\n",
      { .total = 40000 } },
    { HEAD "m=audio 4000 RTP/AVP 111\r\nb=AS:99999999999\r\na=rtpmap:111 opus/48000/2\r\n",
      { .total = 1000000000 } },
  };
#undef OPUS_OFFER
  const OhSdpCodec opus = { oh_codec_find ("opus"), 111 };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autoptr (GError) error = NULL;
      g_autoptr (OhSdp) sdp = oh_sdp_parse (cases[i].sdp, &error);
      OhSdpLimits limits;

      g_assert_no_error (error);
      limits = oh_sdp_get_limits (sdp, &opus);
      g_test_message ("%s", cases[i].sdp);
      g_assert_cmpuint (limits.min_ptime, ==, cases[i].limits.min_ptime);
      g_assert_cmpuint (limits.max_ptime, ==, cases[i].limits.max_ptime);
      g_assert_cmpuint (limits.bit_rate, ==, cases[i].limits.bit_rate);
      g_assert_cmpuint (limits.total, ==, cases[i].limits.total);
    }
}

/* Packets' length and the most that is wanted: as we offer it, and as we answer offers. */
static void
test_wishes (void)
{
  static const struct
  {
    guint ptime, any, bit_rate, offered;
    guint says, answers, sends;
  } cases[] = {
    { 20, FALSE, 0, 0, 20, 0, 20 },       { 20, FALSE, 0, 20, 20, 20, 20 },
    { 20, FALSE, 0, 10, 20, 10, 10 },     { 20, TRUE, 0, 0, 0, 0, 20 },
    { 20, TRUE, 0, 20, 0, 20, 20 },       { 60, FALSE, 16000, 0, 60, 60, 60 },
    { 60, FALSE, 16000, 20, 60, 60, 20 }, { 10, FALSE, 0, 0, 10, 10, 10 },
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      const Row row = { 0 };
      OhSdpAbilities abilities = get_abilities (&row);
      g_autoptr (OhSdp) ours = g_new0 (OhSdp, 1);
      g_autoptr (OhSdp) theirs = g_new0 (OhSdp, 1);
      g_autoptr (OhSdp) answer = g_new0 (OhSdp, 1);
      OhSdpAgreed agreed;

      g_test_message ("case %u", i);
      oh_sdp_make_offer (theirs, &abilities);
      theirs->ptime = cases[i].offered;
      abilities.ptime = cases[i].ptime;
      abilities.any_ptime = cases[i].any;
      abilities.bit_rate = cases[i].bit_rate;
      oh_sdp_make_offer (ours, &abilities);
      g_assert_cmpuint (ours->ptime, ==, cases[i].says);
      g_assert_true ((strstr (ours->formats[0].fmtp, "maxaveragebitrate=16000") != NULL)
                     == (cases[i].bit_rate > 0));
      g_assert_true (oh_sdp_make_answer (theirs, &abilities, answer, &agreed, NULL));
      g_assert_cmpuint (answer->ptime, ==, cases[i].answers);
      g_assert_cmpuint (agreed.ptime, ==, cases[i].sends);
      g_assert_true ((strstr (answer->formats[0].fmtp, "maxaveragebitrate=16000") != NULL)
                     == (cases[i].bit_rate > 0));
    }
}

static void
test_endless (void)
{
  static const char *const lines[] = { "\tm=audio 4000 RT\xd0/AVP 0", "m=audio 4000 RTP//VP 0",
                                       "m=audio 400w /TP/AVP 0 8",    "m=audio 4000 RTP/AVP/ 0",
                                       "m=audio 4000/ RTP/AVP 0",     "m=audio 4000 RTP/AVP \xd0" };

  for (guint i = 0; i < G_N_ELEMENTS (lines); i++)
    {
      g_autofree char *text = g_strconcat (
          "v=0\r\no=- 1 1 IN IP4 192.0.2.7\r\ns=-\r\nc=IN IP4 192.0.2.7\r\nt=0 0\r\n", lines[i],
          "\r\n", NULL);
      g_autoptr (GError) error = NULL;

      g_assert_null (oh_sdp_parse (text, &error));
      g_assert_error (error, OH_ERROR, OH_ERROR_INVALID);
    }
}

/* Bytes changed at random: refused or read, never worse. */
static void
test_damage (void)
{
  for (guint i = 0; i < 20000; i++)
    {
      const Row *row = &rows[i % G_N_ELEMENTS (rows)];
      g_autofree char *text = g_strdup (row->offer);
      gsize length = strlen (text);
      g_autoptr (OhSdp) sdp = NULL;

      for (guint j = 0; length > 0 && j < 1 + i % 5; j++)
        text[g_test_rand_int_range (0, length)] = g_test_rand_int_range (1, 256);
      sdp = oh_sdp_parse (text, NULL);
      if (sdp)
        g_free (oh_sdp_write (sdp));
    }
}

/* What sofia-sip does when the process ends leaves GLib's thread-local data alone, which its other
 * threads still use then: key 0 is made first, by GLib or what it stands on. */
static void
test_end_of_library (void)
{
  void (*end) (void) = (void (*) (void))dlsym (RTLD_DEFAULT, "sofia_su_uniqueid_destructor");

  g_assert_nonnull (end);
  g_assert_cmpint (pthread_setspecific (0, pthread_getspecific (0)), ==, 0);
  end ();
  g_assert_cmpint (pthread_setspecific (0, pthread_getspecific (0)), ==, 0);
}

/* As many candidates as there may be: longer than what the writer begins with. */
static void
test_long (void)
{
  g_autoptr (OhSdp) sdp = g_new0 (OhSdp, 1);
  g_autoptr (OhSdp) again = NULL;
  g_autoptr (GError) error = NULL;
  g_autofree char *text = NULL;

  oh_sdp_make_offer (sdp, &(OhSdpAbilities){ .codecs = { oh_codec_find ("PCMU") }, .n_codecs = 1 });
  sdp->port = 5000;
  g_strlcpy (sdp->address, "192.0.2.1", sizeof sdp->address);
  g_strlcpy (sdp->ufrag, "abcd", sizeof sdp->ufrag);
  g_strlcpy (sdp->password, "0123456789012345678901", sizeof sdp->password);
  for (guint i = 0; i < OH_SDP_MAX_CANDIDATES; i++)
    {
      OhSdpCandidate *candidate = &sdp->candidates[sdp->n_candidates++];

      *candidate = (OhSdpCandidate){ .component = 1, .priority = 1000 - i, .port = 6000 + i };
      g_snprintf (candidate->foundation, sizeof candidate->foundation, "%u", i);
      g_snprintf (candidate->address, sizeof candidate->address, "192.0.2.%u", 100 + i);
      g_strlcpy (candidate->type, "host", sizeof candidate->type);
    }

  text = oh_sdp_write (sdp);
  g_assert_cmpuint (strlen (text), >, 1500);
  again = oh_sdp_parse (text, &error);
  g_assert_no_error (error);
  g_assert_cmpuint (again->n_candidates, ==, sdp->n_candidates);
  for (guint i = 0; i < again->n_candidates; i++)
    g_assert_cmpstr (again->candidates[i].address, ==, sdp->candidates[i].address);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  for (guint i = 0; i < G_N_ELEMENTS (rows); i++)
    {
      g_autofree char *path = g_strconcat ("/sdp/", rows[i].name, NULL);

      g_test_add_data_func (path, &rows[i], test_row);
    }
  g_test_add_func ("/sdp/direction", test_direction);
  g_test_add_func ("/sdp/codec", test_codec);
  g_test_add_func ("/sdp/both-ways", test_both_ways);
  g_test_add_func ("/sdp/redundancy-numbers", test_redundancy);
  g_test_add_func ("/sdp/limits", test_limits);
  g_test_add_func ("/sdp/send-limits", test_send_limits);
  g_test_add_func ("/sdp/wishes", test_wishes);
  g_test_add_func ("/sdp/long", test_long);
  g_test_add_func ("/sdp/endless", test_endless);
  g_test_add_func ("/sdp/damage", test_damage);
  g_test_add_func ("/sdp/end-of-library", test_end_of_library);
  return g_test_run ();
}
