/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "oh-media"

#include "media/oh-peer.h"

#include "base/oh-clock.h"
#include "base/oh-error.h"
#include "media/oh-peer-private.h"

#include <string.h>

#define DEFAULT_IDLE_MS 30000
#define DEFAULT_PTIME 20
#define LONG_PTIME 60
#define SAVED_BIT_RATE 16000
#define BEST_BIT_RATE 64000

/* --- Life --- */

static void
read_abilities (OhSdpAbilities *abilities, const OhPeerConfig *config)
{
  g_auto (GStrv) names = config->codecs ? g_strsplit (config->codecs, ",", OH_SDP_MAX_CODECS)
                                        : NULL;

  abilities->ice = config->net != OH_PEER_NET_PLAIN;
  abilities->sdes = config->crypto == OH_PEER_CRYPTO_SDES;
  abilities->dtls = config->crypto == OH_PEER_CRYPTO_DTLS;
  abilities->crypto_optional = config->crypto_optional;
  abilities->ptime = config->ptime                             ? config->ptime
                     : config->quality == OH_QUALITY_SAVE_DATA ? LONG_PTIME
                                                               : DEFAULT_PTIME;
  /* A browser says nothing either; a telephone is told what it would have guessed. */
  abilities->any_ptime = abilities->ptime == DEFAULT_PTIME && !config->ptime
                         && (abilities->ice || config->min_ptime);
  abilities->bit_rate = config->quality == OH_QUALITY_SAVE_DATA ? SAVED_BIT_RATE
                        : config->quality == OH_QUALITY_BEST    ? BEST_BIT_RATE
                                                                : 0;
  for (guint i = 0; names && names[i]; i++)
    {
      const OhCodec *codec = oh_codec_find (g_strstrip (names[i]));

      if (codec)
        abilities->codecs[abilities->n_codecs++] = codec;
      else if (*names[i])
        g_warning ("there is no codec %s", names[i]);
    }
  for (guint i = 0, none = abilities->n_codecs == 0; none && oh_codec_list ()[i]; i++)
    abilities->codecs[abilities->n_codecs++] = oh_codec_list ()[i];
}

static OhTransportConfig
copy_net_config (const OhPeerConfig *config)
{
  return (OhTransportConfig){
    .address = g_strdup (config->address),
    .public_address = g_strdup (config->public_address),
    .port_min = config->port_min,
    .port_max = config->port_max,
    .stun_server = g_strdup (config->stun_server),
    .turn_server = g_strdup (config->turn_server),
    .turn_tcp_server = g_strdup (config->turn_tcp_server),
    .turn_user = g_strdup (config->turn_user),
    .turn_password = g_strdup (config->turn_password),
    .relay_only = config->relay_only,
    .loopback = config->loopback,
  };
}

OhPeer *
oh_peer_new_with_transport (OhWorker *worker,
                            const OhPeerConfig *config,
                            OhTransportNew transport_new)
{
  OhPeer *peer = g_new0 (OhPeer, 1);

  peer->worker = oh_worker_ref (worker);
  oh_worker_add_load (worker, 1);
  /* One for all users together, one for the worker until the peer is closed. */
  g_atomic_ref_count_init (&peer->users);
  g_atomic_ref_count_init (&peer->refs);
  g_atomic_ref_count_inc (&peer->refs);
  peer->net = config->net;
  peer->crypto = config->crypto;
  peer->transport_new = transport_new;
  if (config->events)
    peer->events = *config->events;
  peer->user_data = config->user_data;
  peer->executor = config->executor.post ? config->executor : oh_worker_get_executor (worker);
  pthread_mutex_init (&peer->lock, NULL);
  peer->published.rtt_ms = -1;
  peer->net_config = copy_net_config (config);
  read_abilities (&peer->abilities, config);
  peer->min_ptime = config->min_ptime ? config->min_ptime : DEFAULT_PTIME;
  peer->idle_timeout_ms = config->idle_timeout_ms ? config->idle_timeout_ms : DEFAULT_IDLE_MS;
  g_queue_init (&peer->requests);
  peer->send.ssrc = g_random_int ();
  peer->send.sequence = g_random_int_range (0, 32768); /* no wrap early on: SRTP's ROC (RFC 3711) */
  peer->send.timestamp = g_random_int ();
  oh_pace_init (&peer->send.pace, config->quality);
  oh_rtcp_init (&peer->rtcp);
  peer->tick.expired = oh_peer_on_tick;
  peer->house.expired = oh_peer_on_house;
  peer->dtls_timer.expired = oh_peer_on_dtls_timer;
  peer->digit_timer.expired = oh_peer_on_digit_timer;
  return peer;
}

OhPeer *
oh_peer_new (OhWorker *worker, const OhPeerConfig *config)
{
  static const OhTransportNew transports[] = {
    [OH_PEER_NET_PLAIN] = oh_transport_udp_new,
    [OH_PEER_NET_ICE] = oh_transport_nice_new,
    [OH_PEER_NET_ICE_LITE] = oh_transport_lite_new,
  };

  g_return_val_if_fail (worker != NULL && config != NULL, NULL);
  g_return_val_if_fail (config->net != OH_PEER_NET_ICE || oh_worker_get_context (worker), NULL);

  return oh_peer_new_with_transport (worker, config, transports[config->net]);
}

static void
free_peer (OhPeer *peer)
{
  OhTransportConfig *config = &peer->net_config;

  g_free ((char *)config->address);
  g_free ((char *)config->public_address);
  g_free ((char *)config->stun_server);
  g_free ((char *)config->turn_server);
  g_free ((char *)config->turn_tcp_server);
  g_free ((char *)config->turn_user);
  g_free ((char *)config->turn_password);
  pthread_mutex_destroy (&peer->lock);
  oh_worker_unref (peer->worker);
  g_free (peer);
}

OhPeer *
oh_peer_hold (OhPeer *peer)
{
  g_atomic_ref_count_inc (&peer->refs);
  return peer;
}

void
oh_peer_release (OhPeer *peer)
{
  if (g_atomic_ref_count_dec (&peer->refs))
    free_peer (peer);
}

OhPeer *
oh_peer_ref (OhPeer *peer)
{
  g_return_val_if_fail (peer != NULL, NULL);

  g_atomic_ref_count_inc (&peer->users);
  return peer;
}

void
oh_peer_unref (OhPeer *peer)
{
  if (!peer || !g_atomic_ref_count_dec (&peer->users))
    return;
  oh_peer_close (peer);
  oh_peer_release (peer);
}

static void
say_goodbye (OhPeer *peer)
{
  guint8 packet[OH_RTCP_MAX_BYTES + OH_TRANSPORT_SPARE];
  OhRtcpSender sender = { .ssrc = peer->send.ssrc,
                          .timestamp = peer->send.timestamp,
                          .packets = peer->send.packets,
                          .bytes = peer->send.bytes,
                          .bye = TRUE };

  if (peer->ready && !peer->over)
    oh_peer_send_rtcp (
        peer, packet,
        oh_rtcp_write (&peer->rtcp, &sender, &peer->receive.reception, oh_clock_now (), packet));
}

/* Everything that belongs to the worker goes, on the worker. */
static void
tear_down (gpointer data)
{
  OhPeer *peer = data;

  oh_bridge_part (peer);
  say_goodbye (peer);
  peer->over = TRUE;
  oh_worker_clear_timer (peer->worker, &peer->tick);
  oh_worker_clear_timer (peer->worker, &peer->house);
  oh_worker_clear_timer (peer->worker, &peer->dtls_timer);
  oh_worker_clear_timer (peer->worker, &peer->digit_timer);
  oh_peer_drop_requests (peer);
  oh_peer_stop_moving (peer);
  if (peer->transport)
    peer->transport->klass->free (peer->transport);
  peer->transport = NULL;
  g_clear_pointer (&peer->dtls, oh_dtls_free);
  g_clear_pointer (&peer->srtp, oh_srtp_free);
  oh_peer_clear_sending (peer);
  oh_peer_clear_receiving (peer);
  g_clear_pointer (&peer->send.tone, oh_source_unref);
  g_clear_pointer (&peer->source, oh_source_unref);
  g_clear_pointer (&peer->sink, oh_sink_unref);
  g_clear_pointer (&peer->said, g_free);
  explicit_bzero (&peer->agreed, sizeof peer->agreed);
  explicit_bzero (&peer->send_crypto, sizeof peer->send_crypto);
  explicit_bzero (&peer->receive_crypto, sizeof peer->receive_crypto);
  oh_worker_add_load (peer->worker, -1);
  oh_peer_release (peer);
}

void
oh_peer_close (OhPeer *peer)
{
  g_return_if_fail (peer != NULL);

  if (!atomic_exchange (&peer->closed, TRUE))
    oh_worker_post (peer->worker, tear_down, peer);
}

/* --- To the owner --- */

typedef enum
{
  TELL_READY,
  TELL_DIGIT,
  TELL_FIRST_PACKET,
  TELL_FIRST_SOUND,
  TELL_QUIET,
  TELL_ENDED,
  TELL_SDP
} NewsKind;

typedef struct
{
  OhPeer *peer;
  NewsKind kind;
  char digit;
  OhPeerEnd reason;
  GError *error;
  char *sdp;
  OhPeerSdpFunc func;
  gpointer user_data;
} News;

static void
deliver (gpointer data)
{
  News *news = data;
  OhPeer *peer = news->peer;
  const OhPeerEvents *events = &peer->events;

  if (!peer->closed)
    switch (news->kind)
      {
      case TELL_READY:
        events->ready (peer, peer->user_data);
        break;
      case TELL_DIGIT:
        events->digit (peer, news->digit, peer->user_data);
        break;
      case TELL_FIRST_PACKET:
        events->first_packet (peer, peer->user_data);
        break;
      case TELL_FIRST_SOUND:
        events->first_sound (peer, peer->user_data);
        break;
      case TELL_QUIET:
        events->quiet (peer, peer->user_data);
        break;
      case TELL_ENDED:
        events->ended (peer, news->reason, news->error, peer->user_data);
        break;
      case TELL_SDP:
        news->func (peer, news->sdp, news->error, news->user_data);
        break;
      }
  g_clear_error (&news->error);
  g_free (news->sdp);
  g_free (news);
  oh_peer_release (peer);
}

static void
tell (OhPeer *peer, const News *news)
{
  News *copy = g_memdup2 (news, sizeof *news);

  copy->peer = oh_peer_hold (peer);
  oh_executor_post (&peer->executor, deliver, copy);
}

void
oh_peer_tell_ready (OhPeer *peer)
{
  if (peer->events.ready)
    tell (peer, &(News){ .kind = TELL_READY });
}

void
oh_peer_tell_digit (OhPeer *peer, char digit)
{
  if (peer->events.digit)
    tell (peer, &(News){ .kind = TELL_DIGIT, .digit = digit });
}

void
oh_peer_tell_first_packet (OhPeer *peer)
{
  if (peer->events.first_packet)
    tell (peer, &(News){ .kind = TELL_FIRST_PACKET });
}

void
oh_peer_tell_first_sound (OhPeer *peer)
{
  if (peer->events.first_sound)
    tell (peer, &(News){ .kind = TELL_FIRST_SOUND });
}

void
oh_peer_tell_quiet (OhPeer *peer)
{
  if (peer->events.quiet)
    tell (peer, &(News){ .kind = TELL_QUIET });
}

void
oh_peer_fail (OhPeer *peer, OhPeerEnd reason, const GError *error)
{
  if (peer->over)
    return;
  peer->over = TRUE;
  oh_worker_clear_timer (peer->worker, &peer->tick);
  oh_worker_clear_timer (peer->worker, &peer->house);
  oh_worker_clear_timer (peer->worker, &peer->dtls_timer);
  if (peer->events.ended)
    tell (peer, &(News){ .kind = TELL_ENDED,
                         .reason = reason,
                         .error = error ? g_error_copy (error) : NULL });
}

void
oh_peer_tell_sdp (
    OhPeer *peer, OhPeerSdpFunc func, gpointer user_data, const char *sdp, const GError *error)
{
  tell (peer, &(News){ .kind = TELL_SDP,
                       .sdp = g_strdup (sdp),
                       .error = error ? g_error_copy (error) : NULL,
                       .func = func,
                       .user_data = user_data });
}

/* --- From the owner --- */

typedef struct
{
  OhPeer *peer;
  OhPeerRequestKind kind;
  char *sdp;
  OhPeerSdpFunc func;
  gpointer user_data; /* or a source or sink that is owned */
  char digit;
  guint ms;
  OhQuality quality;
} Command;

/* Runs @task with @command now when this is the worker's thread, else there. */
static void
command (OhTask task, const Command *fields)
{
  OhPeer *peer = oh_peer_hold (fields->peer);
  Command *copy = g_memdup2 (fields, sizeof *fields);

  if (oh_worker_is_current (peer->worker))
    task (copy);
  else
    oh_worker_post (peer->worker, task, copy);
}

static void
finish (Command *c)
{
  oh_peer_release (c->peer);
  g_free (c);
}

static void
run_request (gpointer data)
{
  Command *c = data;

  if (c->peer->closed)
    g_free (c->sdp);
  else
    oh_peer_request (c->peer, c->kind, c->sdp, c->func, c->user_data);
  finish (c);
}

void
oh_peer_create_offer (OhPeer *peer, OhPeerSdpFunc func, gpointer user_data)
{
  g_return_if_fail (peer != NULL && func != NULL);

  command (run_request,
           &(Command){
               .peer = peer, .kind = OH_PEER_CREATE_OFFER, .func = func, .user_data = user_data });
}

void
oh_peer_create_answer (OhPeer *peer, const char *offer, OhPeerSdpFunc func, gpointer user_data)
{
  g_return_if_fail (peer != NULL && func != NULL);

  command (run_request, &(Command){ .peer = peer,
                                    .kind = OH_PEER_CREATE_ANSWER,
                                    .sdp = g_strdup (offer),
                                    .func = func,
                                    .user_data = user_data });
}

void
oh_peer_set_answer (OhPeer *peer, const char *answer, OhPeerSdpFunc func, gpointer user_data)
{
  g_return_if_fail (peer != NULL);

  command (run_request, &(Command){ .peer = peer,
                                    .kind = OH_PEER_SET_ANSWER,
                                    .sdp = g_strdup (answer),
                                    .func = func,
                                    .user_data = user_data });
}

static void
restart_ice (gpointer data)
{
  Command *c = data;

  c->peer->restart = TRUE;
  finish (c);
}

void
oh_peer_restart_ice (OhPeer *peer)
{
  g_return_if_fail (peer != NULL);

  command (restart_ice, &(Command){ .peer = peer });
}

static void
set_source (gpointer data)
{
  Command *c = data;
  OhPeer *peer = c->peer;

  oh_source_unref (peer->source);
  peer->source = peer->closed ? NULL : c->user_data;
  if (peer->closed)
    oh_source_unref (c->user_data);
  oh_bridge_update (peer);
  oh_peer_update_clock (peer);
  finish (c);
}

void
oh_peer_set_source (OhPeer *peer, OhSource *source)
{
  g_return_if_fail (peer != NULL);

  command (set_source,
           &(Command){ .peer = peer, .user_data = source ? oh_source_ref (source) : NULL });
}

static void
set_sink (gpointer data)
{
  Command *c = data;
  OhPeer *peer = c->peer;

  oh_sink_unref (peer->sink);
  g_clear_pointer (&peer->sink_resampler, oh_resampler_free);
  peer->sink = peer->closed ? NULL : c->user_data;
  if (peer->closed)
    oh_sink_unref (c->user_data);
  oh_bridge_update (peer);
  oh_peer_update_clock (peer);
  finish (c);
}

void
oh_peer_set_sink (OhPeer *peer, OhSink *sink)
{
  g_return_if_fail (peer != NULL);

  command (set_sink, &(Command){ .peer = peer, .user_data = sink ? oh_sink_ref (sink) : NULL });
}

static void
set_quality (gpointer data)
{
  Command *c = data;

  oh_pace_set_quality (&c->peer->send.pace, c->quality);
  if (c->peer->other)
    oh_bridge_update (c->peer);
  finish (c);
}

void
oh_peer_set_quality (OhPeer *peer, OhQuality quality)
{
  g_return_if_fail (peer != NULL);

  command (set_quality, &(Command){ .peer = peer, .quality = quality });
}

static void
send_digit (gpointer data)
{
  Command *c = data;

  if (!c->peer->closed)
    oh_peer_begin_digit (c->peer, c->digit, c->ms);
  finish (c);
}

void
oh_peer_send_digit (OhPeer *peer, char digit, guint ms)
{
  g_return_if_fail (peer != NULL);

  command (send_digit, &(Command){ .peer = peer, .digit = digit, .ms = ms });
}

void
oh_peer_get_stats (OhPeer *peer, OhPeerStats *stats)
{
  g_return_if_fail (peer != NULL && stats != NULL);

  pthread_mutex_lock (&peer->lock);
  *stats = peer->published;
  pthread_mutex_unlock (&peer->lock);
}

void
oh_peer_write (OhPeer *peer, const gint16 *samples, gsize n, guint rate)
{
  g_return_if_fail (oh_worker_is_current (peer->worker));

  if (!peer->source && !peer->send.tone)
    oh_peer_send_sound (peer, samples, n, rate);
}
