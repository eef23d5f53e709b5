/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "media/crypto/oh-dtls.h"
#include "media/crypto/oh-srtp.h"
#include "media/filter/oh-resampler.h"
#include "media/net/oh-transport.h"
#include "media/oh-peer.h"
#include "media/rtp/oh-digit.h"
#include "media/rtp/oh-jitter.h"
#include "media/rtp/oh-pace.h"
#include "media/rtp/oh-protection.h"
#include "media/rtp/oh-reception.h"
#include "media/rtp/oh-red.h"
#include "media/rtp/oh-rtcp.h"
#include "media/rtp/oh-rtp.h"

#include <pthread.h>
#include <stdatomic.h>

G_BEGIN_DECLS

#define OH_PEER_COMFORT_US (200 * 1000) /* silence at least so often keeps NATs and patience */
#define OH_PEER_QUIET_AGAIN_US (8 * G_USEC_PER_SEC)
#define OH_PEER_FRAME_SAMPLES (48 * 60) /* 60 ms at 48 kHz */
#define OH_PEER_NO_RED 255              /* no redundancy agreed on */

/* What goes out: one RTP stream with one SSRC for the peer's life, whoever fills it. */
typedef struct
{
  guint32 ssrc;
  guint16 sequence;  /* of the next packet */
  guint32 timestamp; /* of the next packet, RTP clock */
  gint64 due;        /* when the sound of `timestamp` belongs on the wire */
  gboolean started;
  gboolean comforted; /* the newest packet was a comfort packet */
  gint64 sent_at;     /* newest packet of any kind */

  OhSdpCodec codec;
  gpointer encoder;
  guint encoder_rate;
  OhResampler *resampler;
  guint resampler_rate;
  gint16 frame[OH_PEER_FRAME_SAMPLES];
  gsize fill;

  /* Asked before each frame, so that a change is no gap. */
  OhPace pace;
  guint ptime;       /* ms, of the frame that fills */
  guint wanted_rate; /* told to the encoder, bits a second; 0: nothing */
  guint bit_rate;    /* what it made of it, or does anyway */
  guint complexity;  /* told to the encoder */
  guint tail_ms;     /* of silence still to follow what a source gave */
  guint round_trips; /* measured ones that the pace knows of */

  /* Fast path: numbers of the bridged sender are moved by these. */
  gboolean forwarding;
  guint32 forward_ssrc;
  guint16 sequence_shift;
  guint32 timestamp_shift;
  guint64 forward_span; /* numbers used since the first one */

  OhProtection protection; /* by what the far end reports of our packets */
  OhRedSender past;
  guint copies; /* older frames in the newest packet of sound */

  OhDigitSender digit;
  OhSource *tone; /* keys in band, where the far end knows no telephone-event */

  guint64 packets, bytes;
  gboolean marked; /* first-sound-sent */
} OhPeerSend;

/* What comes in. */
typedef struct
{
  OhJitter *jitter; /* NULL until someone listens */
  OhResampler *resampler;
  guint resampler_in, resampler_out;
  gint16 left[1024]; /* resampled, not taken yet */
  gsize left_at, left_fill;
  guint8 payload_type;
  const OhCodec *codec; /* of the newest packet */
  guint ptime;          /* ms, of the same where the codec's may change */
  OhReception reception;
  OhRedReceiver red;
  guint64 recovered; /* lost packets whose sound came within a later one */
  OhDigitReceiver digit;
  gboolean packet_told, sound_told;
  gint64 received_at; /* newest authentic packet */
  gint64 read_at;     /* by a device */
  gint64 packet_at;   /* time of the packet in hand */
} OhPeerReceive;

/* A wish for SDP that waits for addresses. */
typedef struct _OhPeerRequest OhPeerRequest;

struct _OhPeer
{
  gatomicrefcount users; /* oh_peer_ref(): none left closes it */
  gatomicrefcount refs;  /* oh_peer_hold(): none left frees it */
  OhWorker *worker;
  _Atomic gboolean closed;
  OhPeerNet net;
  OhPeerEvents events;
  gpointer user_data;
  OhExecutor executor;

  pthread_mutex_t lock; /* guards published */
  OhPeerStats published;

  /* All below: the worker's thread only. */
  OhPeerCrypto crypto;
  OhTransportNew transport_new;
  OhTransportConfig net_config; /* strings owned */
  OhTransport *transport;
  OhTransport *next;    /* takes its place (oh-peer-move.c), or NULL */
  gboolean next_failed; /* and goes itself */
  gboolean path_lost;   /* `transport` is of no use any more, all hope is in `next` */
  gint64 quiet_due;     /* of a path that brings nothing is told not before */
  OhDtls *dtls;
  OhSrtp *srtp;
  OhSdpCrypto send_crypto, receive_crypto; /* SDES: what srtp was made of */
  OhSdpAbilities abilities;
  guint min_ptime; /* that we send */
  guint idle_timeout_ms;
  GQueue requests; /* OhPeerRequest */
  gboolean gathered;

  char *said;       /* our last description, as text: an OhSdp is ten times as large */
  gboolean offered; /* it was an offer; its answer has not come */
  OhSdpAgreed agreed;
  gboolean negotiated;
  gboolean controlling;
  char remote_ufrag[257]; /* another one in an offer: the far end restarts ICE */
  gboolean restart;       /* we do, with the next offer */
  gboolean path_open;     /* the transport is connected */
  gboolean ready, over;

  OhPeerSend send;
  OhPeerReceive receive;
  OhRtcp rtcp;
  OhSource *source;
  OhSink *sink;
  OhResampler *sink_resampler;
  guint sink_resampler_rate;
  OhTimer tick;  /* paces source, sink and transcoding */
  OhTimer house; /* comfort, reports, time-outs */
  OhTimer dtls_timer;
  OhTimer digit_timer;
  gint64 next_stats;

  OhPeer *other;         /* the bridged peer, or NULL */
  _Atomic gboolean fast; /* what is received passes untouched to `other` */
};

/* --- oh-peer.c --- */
OhPeer *oh_peer_new_with_transport (OhWorker *worker,
                                    const OhPeerConfig *config,
                                    OhTransportNew transport_new);
OhPeer *oh_peer_hold (OhPeer *peer);
void oh_peer_release (OhPeer *peer);
void oh_peer_tell_ready (OhPeer *peer);
void oh_peer_tell_digit (OhPeer *peer, char digit);
void oh_peer_tell_first_packet (OhPeer *peer);
void oh_peer_tell_first_sound (OhPeer *peer);
void oh_peer_tell_quiet (OhPeer *peer);
void oh_peer_fail (OhPeer *peer, OhPeerEnd reason, const GError *error);
void oh_peer_tell_sdp (
    OhPeer *peer, OhPeerSdpFunc func, gpointer user_data, const char *sdp, const GError *error);

/* --- oh-peer-negotiate.c --- */
typedef enum
{
  OH_PEER_CREATE_OFFER,
  OH_PEER_CREATE_ANSWER,
  OH_PEER_SET_ANSWER
} OhPeerRequestKind;

void oh_peer_request (
    OhPeer *peer, OhPeerRequestKind kind, char *sdp, OhPeerSdpFunc func, gpointer user_data);
void oh_peer_run_requests (OhPeer *peer);
void oh_peer_drop_requests (OhPeer *peer);

/* --- oh-peer-move.c --- */
/* To the addresses of now; gathers. */
void oh_peer_begin_move (OhPeer *peer);
void oh_peer_stop_moving (OhPeer *peer);
/* Somebody does so where the path brings nothing any more: until the time-out there is hope. */
gboolean oh_peer_has_hope (OhPeer *peer);

/* --- oh-peer-path.c --- */
extern const OhTransportEvents oh_peer_transport_events;
gboolean oh_peer_apply_security (OhPeer *peer, const OhSdp *remote, GError **error);
void oh_peer_check_ready (OhPeer *peer);
/* Both have OH_TRANSPORT_SPARE bytes behind @data, which is encrypted in place. */
gboolean oh_peer_send_rtp (OhPeer *peer, guint8 *data, gsize length);
gboolean oh_peer_send_rtcp (OhPeer *peer, guint8 *data, gsize length);
void oh_peer_on_dtls_timer (OhTimer *timer);

/* --- oh-peer-send.c --- */
void oh_peer_start_sending (OhPeer *peer, const OhSdp *remote);
void oh_peer_settle (OhPeer *peer); /* length and rate of the next frame */
gboolean oh_peer_is_paced (OhPeer *peer);
void oh_peer_send_comfort (OhPeer *peer);
void oh_peer_send_sound (OhPeer *peer, const gint16 *samples, gsize n, guint rate);
/* A source ended, whose last milliseconds lie in the encoder still (Opus looks 6.5 ms ahead): the next @ms of
 * silence, which bring them out in time instead of with the first comfort packet, and leave a far end nothing
 * to make up a longer sound of. */
void oh_peer_send_tail (OhPeer *peer, guint ms);
gboolean oh_peer_can_forward (OhPeer *peer, const OhCodec *codec);
void oh_peer_forward (OhPeer *peer, const OhCodec *codec, const OhRtpHeader *header, guint8 *data);
void oh_peer_begin_digit (OhPeer *peer, char digit, guint ms);
void oh_peer_begin_held_digit (OhPeer *peer, char digit, guint ms);
void oh_peer_on_digit_timer (OhTimer *timer);
guint oh_peer_get_send_rate (OhPeer *peer);
void oh_peer_take_report (OhPeer *peer); /* the far end reported what it gets */
void oh_peer_clear_sending (OhPeer *peer);

/* --- oh-peer-receive.c --- */
void oh_peer_take_rtp (OhPeer *peer, guint8 *data, gsize length);
void oh_peer_take_rtcp (OhPeer *peer, const guint8 *data, gsize length);
gboolean oh_peer_pull (OhPeer *peer, gint16 *samples, gsize n, guint rate);
void oh_peer_feed_sink (OhPeer *peer, const gint16 *samples, gsize n, guint rate);
void oh_peer_clear_receiving (OhPeer *peer);

/* --- oh-peer-clock.c --- */
void oh_peer_update_clock (OhPeer *peer);
void oh_peer_on_tick (OhTimer *timer);
void oh_peer_on_house (OhTimer *timer);
void oh_peer_publish_stats (OhPeer *peer);

/* --- bridge/oh-bridge.c --- */
void oh_bridge_update (OhPeer *peer); /* something changed: which path? */
void oh_bridge_part (OhPeer *peer);

#define OH_PEER_OF(member, pointer)                                                                \
  ((OhPeer *)((char *)(pointer)-G_STRUCT_OFFSET (struct _OhPeer, member)))

G_END_DECLS
