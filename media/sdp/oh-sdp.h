/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "media/codec/oh-codec.h"

G_BEGIN_DECLS

/* Limits for what comes from outside; more is refused or, where that is harmless, not looked at. */
#define OH_SDP_MAX_BYTES (64 * 1024)
#define OH_SDP_MAX_MEDIA 16
#define OH_SDP_MAX_FORMATS 32
#define OH_SDP_MAX_CANDIDATES 32
#define OH_SDP_MAX_CRYPTOS 8
#define OH_SDP_FINGERPRINT_BYTES 32 /* SHA-256 */

typedef enum
{
  OH_SDP_RTP_AVP,
  OH_SDP_RTP_AVPF,
  OH_SDP_RTP_SAVP,
  OH_SDP_RTP_SAVPF,
  OH_SDP_DTLS_SAVP, /* UDP/TLS/RTP/SAVP */
  OH_SDP_DTLS_SAVPF
} OhSdpProtocol;

/* Bits, so that an answer is `local & reversed remote`. */
typedef enum
{
  OH_SDP_INACTIVE = 0,
  OH_SDP_SENDONLY = 1,
  OH_SDP_RECVONLY = 2,
  OH_SDP_SENDRECV = 3
} OhSdpDirection;

typedef enum
{
  OH_SDP_SETUP_NONE,
  OH_SDP_SETUP_ACTPASS,
  OH_SDP_SETUP_ACTIVE,
  OH_SDP_SETUP_PASSIVE
} OhSdpSetup;

typedef struct
{
  guint8 payload_type;
  char name[24];
  guint clock_rate;
  guint channels;
  char fmtp[160];
} OhSdpFormat;

/* RFC 8839 5.1; UDP of component 1 (and 2) with a literal address only. */
typedef struct
{
  char foundation[33];
  guint component;
  guint32 priority;
  char address[46];
  guint16 port;
  char type[6]; /* "host", "srflx", "prflx", "relay" */
  char related_address[46];
  guint16 related_port;
} OhSdpCandidate;

/* RFC 4568: key and salt as they are, without Base64. */
typedef struct
{
  guint tag;
  char suite[32];
  guint8 key[46];
  gsize key_length;
} OhSdpCrypto;

/* An m= line that is not our sound: refused by port 0 at its place. */
typedef struct
{
  char type[16], protocol[32], format[32], mid[32];
} OhSdpOther;

/* One description with one sound section, as plain data. */
typedef struct
{
  guint64 session_id, version;
  char origin[46]; /* address of o=, or "" = like `address` */

  OhSdpProtocol protocol;
  char address[46]; /* "" when the SDP names a host, which is never looked up */
  guint16 port, rtcp_port;
  gboolean rtcp_mux;
  OhSdpDirection direction;
  OhSdpFormat formats[OH_SDP_MAX_FORMATS];
  guint n_formats;
  guint ptime, maxptime; /* ms; 0: not said */
  guint bandwidth;       /* bits a second with all headers (b=AS); 0: not said */

  gboolean ice_lite;
  char ufrag[257], password[257]; /* "" without ICE */
  OhSdpCandidate candidates[OH_SDP_MAX_CANDIDATES];
  guint n_candidates;

  OhSdpSetup setup;
  gboolean has_fingerprint;
  guint8 fingerprint[OH_SDP_FINGERPRINT_BYTES];

  OhSdpCrypto cryptos[OH_SDP_MAX_CRYPTOS];
  guint n_cryptos;

  char mid[32];
  gboolean bundle; /* the mid stands in a=group:BUNDLE */
  guint place;     /* of the sound among all m= lines */
  OhSdpOther others[OH_SDP_MAX_MEDIA - 1];
  guint n_others;
} OhSdp;

/* Transfer full (g_free). OH_ERROR_INVALID, OH_ERROR_LIMIT, or OH_ERROR_UNSUPPORTED when there is
 * no sound section that we could take. From any thread. */
OhSdp *oh_sdp_parse (const char *text, GError **error);

/* Transfer full. */
char *oh_sdp_write (const OhSdp *sdp);

/* The name of the codec that @text, which oh_sdp_write() made, names first; NULL: none. It is looked up
 * without reading all of it. Transfer full. From any thread. */
char *oh_sdp_dup_codec (const char *text);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (OhSdp, g_free)

/* --- Offer and answer (RFC 3264) as pure functions --- */

#define OH_SDP_MAX_CODECS 8

/* One codec under the number that one side gave it. */
typedef struct
{
  const OhCodec *codec;
  guint8 payload_type;
} OhSdpCodec;

/* What our side can do; addresses, credentials, fingerprint and keys stand in the OhSdp that the
 * caller has filled. */
typedef struct
{
  const OhCodec *codecs[OH_SDP_MAX_CODECS]; /* preference */
  guint n_codecs;
  gboolean ice, sdes, dtls; /* what must be used */
  gboolean crypto_optional; /* plain RTP is taken when it is offered */
  guint ptime;              /* ms a packet that we want... */
  gboolean any_ptime;       /* ...or others: an offer says nothing of it */
  guint bit_rate; /* most that we want to get of a codec that can change it; 0: not said */
} OhSdpAbilities;

/* What both sides have come to. */
typedef struct
{
  OhSdpCodec send[OH_SDP_MAX_CODECS]; /* numbers of the far end; first: what is used */
  guint n_send;
  OhSdpCodec receive[OH_SDP_MAX_CODECS]; /* our numbers */
  guint n_receive;
  /* telephone-event (RFC 4733), at the clock rate of the codec used where it is there; 255: none */
  guint8 send_event, receive_event[2];
  guint send_event_clock;       /* Hz */
  guint8 send_red, receive_red; /* of the codec that is `redundant` (RFC 2198); 255: none */
  guint ptime;
  gboolean may_send, may_receive;
  gboolean rtcp_mux;
  gboolean sdes, dtls; /* neither: not encrypted */
  gboolean dtls_client;
  OhSdpCrypto send_crypto, receive_crypto;
} OhSdpAgreed;

/* Completes @offer (protocol, formats, attributes) from what our side can do. */
void oh_sdp_make_offer (OhSdp *offer, const OhSdpAbilities *abilities);

/* Completes @answer to @offer and tells what was agreed. For SDES the caller has put one key for
 * each suite it takes, in its order of preference, into answer->cryptos; the chosen one stays. */
gboolean oh_sdp_make_answer (const OhSdp *offer,
                             const OhSdpAbilities *abilities,
                             OhSdp *answer,
                             OhSdpAgreed *agreed,
                             GError **error);

/* What one side takes of what it is sent; 0: not said. */
typedef struct
{
  guint min_ptime, max_ptime; /* ms a packet */
  guint bit_rate;             /* of the codec, bits a second */
  guint total;                /* the same with all headers */
} OhSdpLimits;

/* By @sdp and its a=fmtp of @codec (RFC 7587 6.1), a=maxptime and b=AS (RFC 8866). */
OhSdpLimits oh_sdp_get_limits (const OhSdp *sdp, const OhSdpCodec *codec);

/* Reads what the far end made of our @offer. */
gboolean oh_sdp_read_answer (const OhSdp *offer,
                             const OhSdpAbilities *abilities,
                             const OhSdp *answer,
                             OhSdpAgreed *agreed,
                             GError **error);

G_END_DECLS
