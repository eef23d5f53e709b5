/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "media/oh-peer.h"

G_BEGIN_DECLS

/* What the command line of offhook-phone asks for; read once in main(), borrowed by all others. */
typedef struct
{
  char **listen; /* "udp:127.0.0.1:0" */
  char *certificate_dir, *ca_file, *tls_name;
  char *from, *name, *proxy, *registrar, *auth_user, *instance;
  const char *secret; /* from OFFHOOK_PHONE_SECRET, never from the command line */
  char **headers, **contact_params;
  char *watch;   /* event package of our own address */
  char *publish; /* our presence: open, closed, away, dnd */
  gboolean do_register, wait, withhold;
  gint expires;
  char *target;

  gint calls;
  double rate; /* calls a second */

  OhPeerNet net;
  OhPeerCrypto crypto;
  char *address, *codecs, *stun_server;
  gboolean short_packets;

  char *play, *say, *language, *record, *keys;
  gint play_delay_ms, echo_ms, keys_delay_ms;

  gint answer_after_ms, cancel_after_ms, reject;
  double hang_up_after_s, max_s;
  gboolean ring_only, talk, hang_up_after_play, keep_waiting, early_media;
} OhPhoneOptions;

/* NULL and a message on stderr when the arguments make no sense. */
OhPhoneOptions *oh_phone_options_parse (int argc, char **argv);
void oh_phone_options_free (OhPhoneOptions *options);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (OhPhoneOptions, oh_phone_options_free)

G_END_DECLS
