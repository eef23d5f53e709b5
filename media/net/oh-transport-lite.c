/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "oh-media"

#include "base/oh-error.h"
#include "media/net/oh-stun-clash.h"
#include "media/net/oh-transport-news.h"
#include "media/net/oh-udp.h"
#include "media/rtp/oh-rtp.h"

#include <openssl/rand.h>
#include <stun/usages/ice.h>

#include <string.h>

#define MAX_VALID 8
#define LITE_PRIORITY(type, local) (((guint32)(type) << 24) | ((guint32)(local) << 8) | 255)
#define HOST_TYPE 126

/* ICE-lite (RFC 8445 2.5): one socket that answers checks. Whoever can sign a check with our password
 * is a valid source; the one that it nominates is sent to, before that the first one. libnice's STUN
 * library reads and writes the messages. */
typedef struct
{
  OhTransport parent;
  OhUdp udp;
  char address[46], public_address[46];
  guint16 port_min, port_max;
  char ufrag[9], password[25];
  char old_ufrag[9], old_password[25]; /* "" but for the time of a restart */
  gboolean by_old;                     /* the check in hand uses those */
  guint64 tie;
  OhAddress valid[MAX_VALID]; /* sources with a good check, oldest first */
  guint n_valid;
  OhAddress target;
  gboolean has_target, nominated;
  OhSdpCandidate remotes[OH_SDP_MAX_CANDIDATES];
  guint n_remotes;
  gboolean remote_known;
  OhTransportNews news;
} OhTransportLite;

/* --- Checks --- */

/* "ours:theirs" (RFC 8445 7.2.2); theirs may not be known yet. */
static gboolean
is_for (const char *ufrag, const guint8 *username, gsize length)
{
  gsize own = strlen (ufrag);

  return own > 0 && length > own && memcmp (username, ufrag, own) == 0 && username[own] == ':';
}

static bool
find_password (StunAgent *agent,
               StunMessage *message,
               uint8_t *username,
               uint16_t length,
               uint8_t **password,
               size_t *password_length,
               void *user_data)
{
  OhTransportLite *self = user_data;

  self->by_old = is_for (self->old_ufrag, username, length);
  if (!self->by_old && !is_for (self->ufrag, username, length))
    return false;
  *password = (uint8_t *)(self->by_old ? self->old_password : self->password);
  *password_length = strlen ((char *)*password);
  return true;
}

/* Only answers leave it, so no state of one peer stays in it; it is large. */
static StunAgent *
get_agent (void)
{
  static const uint16_t known[] = { STUN_ATTRIBUTE_USERNAME,       STUN_ATTRIBUTE_MESSAGE_INTEGRITY,
                                    STUN_ATTRIBUTE_ERROR_CODE,     STUN_ATTRIBUTE_PRIORITY,
                                    STUN_ATTRIBUTE_USE_CANDIDATE,  STUN_ATTRIBUTE_FINGERPRINT,
                                    STUN_ATTRIBUTE_ICE_CONTROLLED, STUN_ATTRIBUTE_ICE_CONTROLLING,
                                    STUN_ATTRIBUTE_SOFTWARE,       0 };
  static _Thread_local StunAgent agent;
  static _Thread_local gboolean ready;

  if (!ready)
    stun_agent_init (&agent, known, STUN_COMPATIBILITY_RFC5389,
                     STUN_AGENT_USAGE_SHORT_TERM_CREDENTIALS | STUN_AGENT_USAGE_USE_FINGERPRINT);
  ready = TRUE;
  return &agent;
}

static gboolean
is_valid (OhTransportLite *self, const OhAddress *from)
{
  for (guint i = 0; i < self->n_valid; i++)
    if (oh_address_equal (&self->valid[i], from))
      return TRUE;
  return FALSE;
}

static void
remember (OhTransportLite *self, const OhAddress *from)
{
  if (is_valid (self, from))
    return;
  if (self->n_valid == MAX_VALID)
    memmove (self->valid, self->valid + 1, --self->n_valid * sizeof *self->valid);
  self->valid[self->n_valid++] = *from;
}

/* The path is open once the far end has chosen it and its SDP is here, whichever comes last. */
static void
check_open (OhTransportLite *self)
{
  if (self->nominated && self->remote_known)
    oh_transport_news_connected (&self->news);
}

static void
follow (OhTransportLite *self, const OhAddress *from, gboolean nominated)
{
  remember (self, from);
  if (self->has_target && (!nominated || self->by_old))
    return;
  self->target = *from;
  self->has_target = TRUE;
  if (nominated && !self->nominated)
    {
      self->nominated = TRUE;
      *self->old_ufrag = '\0';
      explicit_bzero (self->old_password, sizeof self->old_password);
      check_open (self);
    }
}

static void
take_check (OhTransportLite *self, guint8 *data, gsize length, const OhAddress *from)
{
  StunAgent *agent = get_agent ();
  StunMessage request, reply;
  uint8_t buffer[STUN_MAX_MESSAGE_SIZE];
  size_t size = sizeof buffer;
  bool controlling = false;
  StunValidationStatus status = stun_agent_validate (agent, &request, data, length, find_password,
                                                     self);

  if (status == STUN_VALIDATION_UNAUTHORIZED || status == STUN_VALIDATION_BAD_REQUEST
      || status == STUN_VALIDATION_UNAUTHORIZED_BAD_REQUEST)
    return; /* nothing is told to those who don't know the password */
  if (status == STUN_VALIDATION_UNKNOWN_REQUEST_ATTRIBUTE)
    {
      size = stun_agent_build_unknown_attributes_error (agent, &reply, buffer, sizeof buffer,
                                                        &request);
      if (size > 0)
        oh_udp_send (&self->udp, from, buffer, size);
      return;
    }
  if (status != STUN_VALIDATION_SUCCESS || stun_message_get_class (&request) != STUN_REQUEST
      || stun_message_get_method (&request) != STUN_BINDING)
    return;
  if (stun_usage_ice_conncheck_create_reply (agent, &request, &reply, buffer, &size, &from->storage,
                                             oh_address_get_length (from), &controlling, self->tie,
                                             STUN_USAGE_ICE_COMPATIBILITY_RFC5245)
          != STUN_USAGE_ICE_RETURN_SUCCESS
      || controlling)
    {
      if (size > 0)
        oh_udp_send (&self->udp, from, buffer, size);
      return;
    }
  oh_udp_send (&self->udp, from, buffer, size);
  follow (self, from, stun_usage_ice_conncheck_use_candidate (&request));
}

static void
on_received (OhUdp *udp, guint8 *data, gsize length, const OhAddress *from)
{
  OhTransportLite *self = udp->owner;

  if (oh_rtp_classify (data, length) == OH_RTP_KIND_STUN)
    take_check (self, data, length, from);
  else if (is_valid (self, from))
    self->parent.events->received (OH_TRANSPORT_RTP, data, length, self->parent.user_data);
}

/* --- The seam --- */

/* @text gets @n random characters that ICE allows (RFC 8839 5.4). */
static void
make_secret (char *text, gsize n)
{
  static const char characters[]
      = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

  if (RAND_bytes ((guint8 *)text, n) != 1)
    g_error ("no random numbers");
  for (gsize i = 0; i < n; i++)
    text[i] = characters[(guint8)text[i] & 63];
  text[n] = '\0';
}

static void
gather (OhTransport *transport)
{
  OhTransportLite *self = (OhTransportLite *)transport;

  GError *error = NULL;

  oh_transport_news_gather (&self->news, 1);
  oh_udp_open_pair (&self->udp, NULL, self->address, self->port_min, self->port_max, &error);
  oh_transport_news_gathered (&self->news, error);
}

static void
add_candidate (OhSdp *local, const char *address, const char *type, guint32 priority)
{
  OhSdpCandidate *c = &local->candidates[local->n_candidates++];

  g_snprintf (c->foundation, sizeof c->foundation, "%u", local->n_candidates);
  c->component = 1;
  c->priority = priority;
  g_strlcpy (c->address, address, sizeof c->address);
  c->port = local->port;
  g_strlcpy (c->type, type, sizeof c->type);
}

static void
describe (OhTransport *transport, OhSdp *local)
{
  OhTransportLite *self = (OhTransportLite *)transport;
  gboolean behind = strcmp (self->public_address, self->address) != 0;

  g_strlcpy (local->address, self->public_address, sizeof local->address);
  local->port = oh_udp_get_port (&self->udp);
  local->ice_lite = TRUE;
  g_strlcpy (local->ufrag, self->ufrag, sizeof local->ufrag);
  g_strlcpy (local->password, self->password, sizeof local->password);
  /* Behind a home router with a forwarded port: also by the inner address, for those inside. */
  add_candidate (local, self->public_address, "host", LITE_PRIORITY (HOST_TYPE, 65534));
  if (behind && strcmp (self->address, "0.0.0.0") != 0 && strcmp (self->address, "::") != 0)
    add_candidate (local, self->address, "host", LITE_PRIORITY (HOST_TYPE, 65535));
}

static gboolean
set_remote (OhTransport *transport,
            const OhSdp *remote,
            gboolean controlling,
            gboolean rtcp_mux,
            GError **error)
{
  OhTransportLite *self = (OhTransportLite *)transport;

  memcpy (self->remotes, remote->candidates, sizeof self->remotes);
  self->n_remotes = remote->n_candidates;
  self->remote_known = TRUE;
  check_open (self);
  return TRUE;
}

/* The far end goes on to check the old path with the old credentials until it has our new ones. */
static void
restart (OhTransport *transport)
{
  OhTransportLite *self = (OhTransportLite *)transport;

  g_strlcpy (self->old_ufrag, self->ufrag, sizeof self->old_ufrag);
  g_strlcpy (self->old_password, self->password, sizeof self->old_password);
  make_secret (self->ufrag, sizeof self->ufrag - 1);
  make_secret (self->password, sizeof self->password - 1);
  self->nominated = FALSE;
}

static gboolean
send_datagram (OhTransport *transport, OhTransportChannel which, const guint8 *data, gsize length)
{
  OhTransportLite *self = (OhTransportLite *)transport;

  return which == OH_TRANSPORT_RTP && self->has_target
         && oh_udp_send (&self->udp, &self->target, data, length);
}

static void
get_candidates (OhTransport *transport, const char **local, const char **remote)
{
  OhTransportLite *self = (OhTransportLite *)transport;
  OhAddress address;

  *local = "host";
  *remote = self->has_target ? "prflx" : "";
  for (guint i = 0; i < self->n_remotes && self->has_target; i++)
    if (oh_address_set (&address, self->remotes[i].address, self->remotes[i].port)
        && oh_address_equal (&address, &self->target))
      *remote = self->remotes[i].type;
}

static void
free_lite (OhTransport *transport)
{
  OhTransportLite *self = (OhTransportLite *)transport;

  oh_transport_news_clear (&self->news);
  oh_udp_close (&self->udp);
  g_free (self);
}

static const OhTransportClass lite_class = {
  .name = "ice-lite",
  .gather = gather,
  .describe = describe,
  .set_remote = set_remote,
  .restart = restart,
  .send = send_datagram,
  .get_candidates = get_candidates,
  .free = free_lite,
};

OhTransport *
oh_transport_lite_new (OhWorker *worker,
                       const OhTransportConfig *config,
                       const OhTransportEvents *events,
                       gpointer user_data)
{
  OhTransportLite *self = g_new0 (OhTransportLite, 1);
  OhAddress any;

  oh_stun_clash_settle ();
  self->parent = (OhTransport){ &lite_class, worker, events, user_data };
  self->udp = (OhUdp){ .watch.fd = -1, .worker = worker, .received = on_received, .owner = self };
  oh_transport_news_init (&self->news, &self->parent);
  self->port_min = config->port_min;
  self->port_max = config->port_max;
  make_secret (self->ufrag, sizeof self->ufrag - 1);
  make_secret (self->password, sizeof self->password - 1);
  RAND_bytes ((guint8 *)&self->tie, sizeof self->tie);
  g_strlcpy (self->address, config->address ? config->address : "0.0.0.0", sizeof self->address);
  if (config->public_address)
    g_strlcpy (self->public_address, config->public_address, sizeof self->public_address);
  else if (oh_address_set (&any, self->address, 0) && !oh_address_is_any (&any))
    g_strlcpy (self->public_address, self->address, sizeof self->public_address);
  else
    oh_address_find_own (self->public_address, sizeof self->public_address);
  return &self->parent;
}
