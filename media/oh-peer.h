/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "media/oh-quality.h"
#include "media/oh-sound.h"
#include "media/oh-worker.h"

G_BEGIN_DECLS

/* One end of one call's sound: SDP text in and out, like a WebRTC peer connection. Plain RTP to a
 * trunk is the same object with ICE and DTLS off.
 *
 *   network -> transport -> crypto -> rtp (jitter buffer) -> codec -> sink | device | bridge
 *   source | device | bridge -> codec -> rtp -> crypto -> transport -> network
 *
 * Functions may be called from any thread (they post to the worker), callbacks run on the executor
 * of the configuration, unless a function says otherwise. */
typedef struct _OhPeer OhPeer;

typedef enum
{
  OH_PEER_NET_PLAIN,   /* one UDP socket, address in the SDP, symmetric RTP */
  OH_PEER_NET_ICE,     /* libnice: host, server-reflexive and relayed candidates (RFC 8445) */
  OH_PEER_NET_ICE_LITE /* answers checks only, from a known address (RFC 8445 2.5) */
} OhPeerNet;

typedef enum
{
  OH_PEER_CRYPTO_NONE,
  OH_PEER_CRYPTO_SDES, /* RFC 4568 in RTP/SAVP; a trunk that may or must encrypt */
  OH_PEER_CRYPTO_DTLS  /* RFC 5763/5764, AEAD_AES_128_GCM preferred (RFC 7714) */
} OhPeerCrypto;

typedef enum
{
  OH_PEER_END_CLOSED,  /* oh_peer_close() */
  OH_PEER_END_NETWORK, /* consent lost, or no packet for the time-out */
  OH_PEER_END_CRYPTO,  /* handshake failed, fingerprint differs, keys missing */
  OH_PEER_END_FAILED
} OhPeerEnd;

typedef struct
{
  /* The path is open both ways: ICE connected and DTLS done; for plain RTP when both SDPs are
   * known. Optional. */
  void (*ready) (OhPeer *peer, gpointer user_data);
  /* A key of the far end (RFC 4733, or in-band where it was asked for): 0-9 * # A-D. Optional. */
  void (*digit) (OhPeer *peer, char digit, gpointer user_data);
  /* First packet of sound from the far end arrived; it may hold silence. Optional. */
  void (*first_packet) (OhPeer *peer, gpointer user_data);
  /* First sound of the far end that is louder than silence was decoded, for a device, a sink or a
   * bridge that can't pass packets as they are. Optional. */
  void (*first_sound) (OhPeer *peer, gpointer user_data);
  /* Net ICE: nothing has come for 4 s (16 s where the far end is to send no sound), and again each 8 s as long as
   * that lasts; or the path is known to be gone. Whoever may offer restarts ICE then (oh_peer_restart_ice()).
   * Without it the peer ends as soon as its path is known to be gone, with it only at the time-out. Optional. */
  void (*quiet) (OhPeer *peer, gpointer user_data);
  /* The path is gone; told at most once, never after oh_peer_close(). @error may be NULL. */
  void (*ended) (OhPeer *peer, OhPeerEnd reason, const GError *error, gpointer user_data);
} OhPeerEvents;

/* Copied at creation. Zeroes are sensible everywhere. */
typedef struct
{
  OhPeerNet net;
  OhPeerCrypto crypto;
  gboolean crypto_optional;   /* answering: plain RTP is taken where the offer has nothing else */
  const char *address;        /* local address to bind; NULL: any (plain, lite: must be known) */
  const char *public_address; /* told in SDP instead of @address (home router); or NULL */
  guint16 port_min, port_max; /* UDP range; 0: any free port */
  const char *codecs;         /* preference, "opus,G722,PCMU,PCMA,G729"; NULL: all in this order */
  guint ptime;                /* ms a packet; 0: 20 */
  guint min_ptime;            /* ms a packet where the path is good (Opus); 0: 20 */
  OhQuality quality;       /* of what we send (Opus); SAVE_DATA, BEST: asked of the far end too */
  const char *stun_server; /* "host:port" or NULL; net ICE: port 3478 where none is given, */
  const char *turn_server; /* names are looked up while candidates are gathered; net plain: an */
                           /* IP address, asked as what each socket is seen outside */
  const char *turn_tcp_server; /* net ICE: a relay by TCP, "host:port" or NULL */
  const char *turn_user, *turn_password;
  gboolean relay_only;   /* net ICE: only by way of a relay; nobody learns our address */
  gboolean loopback;     /* net ICE: also gather 127.0.0.1 (call server on this computer) */
  guint idle_timeout_ms; /* no packet at all for so long ends the peer; 0: 30,000 */
  const OhPeerEvents *events;
  gpointer user_data;
  OhExecutor executor; /* where events and SDP callbacks run; post NULL: the worker itself */
} OhPeerConfig;

/* @sdp is NULL exactly when @error is set. Not called after oh_peer_close(). */
typedef void (*OhPeerSdpFunc) (OhPeer *peer,
                               const char *sdp,
                               const GError *error,
                               gpointer user_data);

OhPeer *oh_peer_new (OhWorker *worker, const OhPeerConfig *config);
OhPeer *oh_peer_ref (OhPeer *peer);
void oh_peer_unref (OhPeer *peer);

/* Ends the path and forgets callbacks: none runs after this when called on the executor's thread.
 * Twice is fine. */
void oh_peer_close (OhPeer *peer);

/* RFC 3264 with what RFC 8839, 5763 and 4568 add. Gathers candidates first (at most 500 ms). */
void oh_peer_create_offer (OhPeer *peer, OhPeerSdpFunc func, gpointer user_data);

/* Takes the far end's offer and answers it. Also for a later offer in the same call. */
void
oh_peer_create_answer (OhPeer *peer, const char *offer, OhPeerSdpFunc func, gpointer user_data);

/* Takes the far end's answer to our offer. @func gets our own last SDP on success; may be NULL. */
void oh_peer_set_answer (OhPeer *peer, const char *answer, OhPeerSdpFunc func, gpointer user_data);

/* The next offer restarts ICE (RFC 8839 4.4.1.1.1): after a change of network, or a path that grew
 * bad. Sound goes on over the old path until the new one is found, from the addresses that the computer
 * has by then, under the same keys. No effect without ICE. */
void oh_peer_restart_ice (OhPeer *peer);

/* What is sent: NULL (comfort packets only) until something is set. Takes no reference away from
 * the caller; replaces the one before. Paced by the worker's timer. */
void oh_peer_set_source (OhPeer *peer, OhSource *source);

/* Where received sound goes, in addition to a bridge; NULL: nowhere. */
void oh_peer_set_sink (OhPeer *peer, OhSink *sink);

/* Of what is sent from now on; what the far end was asked for stays. */
void oh_peer_set_quality (OhPeer *peer, OhQuality quality);

/* Sends a key (RFC 4733), @ms long (0: 160). Keys queue. */
void oh_peer_send_digit (OhPeer *peer, char digit, guint ms);

typedef struct
{
  char codec[16];       /* "opus", "G722", "PCMU", "PCMA", "G729"; "" before agreement */
  guint rate;           /* Hz of the codec's sound */
  char cipher[32];      /* "AEAD_AES_128_GCM", "AES_CM_128_HMAC_SHA1_80" or "" = not encrypted */
  char key_exchange[8]; /* "DTLS", "SDES" or "" */
  char local_candidate[8], remote_candidate[8]; /* "host", "srflx", "relay", or "" */
  guint64 sent_packets, received_packets, sent_bytes, received_bytes;
  guint64 lost_packets;      /* of those the far end sent, after the jitter buffer gave up */
  guint64 recovered_packets; /* lost ones whose sound came within a later packet (RFC 2198) */
  guint copies;              /* older frames that are sent with each packet now, against loss */
  guint ptime;               /* ms of sound in each packet that is sent now; 0: not ours to say */
  guint bit_rate;            /* bits a second of the codec that sends; 0: the same */
  float loss;                /* fraction lost in the last 5 s, 0 to 1, received direction */
  float remote_loss;         /* the same as the far end reports it (RTCP RR) */
  float jitter_ms;           /* RFC 3550 6.4.1, received direction */
  float rtt_ms;              /* RTCP LSR/DLSR; < 0 unknown */
  float buffer_ms;           /* jitter buffer depth now */
  float mos;                 /* 1 to 4.5, E-model estimate (ITU-T G.107) from delay, loss, codec */
} OhPeerStats;

/* A copy of the newest figures. From any thread, never blocks on the worker. */
void oh_peer_get_stats (OhPeer *peer, OhPeerStats *stats);

/* --- Worker's thread only: what a device or a bridge uses --- */

/* Encodes and sends as soon as a packet is full; @rate Hz, mono. Paced by the caller. */
void oh_peer_write (OhPeer *peer, const gint16 *samples, gsize n, guint rate);

/* The next @n received samples at @rate Hz from jitter buffer and decoder, gaps concealed; always
 * fills @n (silence before the first packet). Returns FALSE when it was silence only. */
gboolean oh_peer_read (OhPeer *peer, gint16 *samples, gsize n, guint rate);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (OhPeer, oh_peer_unref)

G_END_DECLS
