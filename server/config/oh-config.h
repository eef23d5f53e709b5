/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

/* The call server's key file (data/offhookd.conf tells each key's meaning and default); immutable
 * after loading. Strings are never NULL unless marked "or NULL". */
typedef struct
{
  char *path; /* of the file; or NULL: defaults only */

  char *state_dir;      /* absolute; made 0700 when loaded */
  char *domain;         /* lower case; default "localhost" */
  char *public_name;    /* DNS name for clients; or NULL = domain */
  char *public_address; /* IP address behind a home router; or NULL */
  char **stun_servers;  /* "stun.example.org", "192.0.2.1:3478"; may be empty */

  char *turn_server;               /* relay for devices, "turn.example.org:3478"; or NULL */
  char *turn_tcp_server;           /* the same by TCP, "turn.example.org:443"; or NULL */
  char *turn_secret;               /* shared with it; or NULL: the next two */
  char *turn_user, *turn_password; /* or NULL */

  char **sip_listen; /* "udp:127.0.0.1:5060", ...; as OhSipConfig.listen */
  guint sip_t1_ms;   /* 0: 500 */

  char *media_address;                    /* bound; default 0.0.0.0 */
  guint16 media_port_min, media_port_max; /* 0, 0: any */
  guint media_workers;                    /* 0: one a core */

  char *web_address;
  guint16 web_port;                /* 0: any */
  char *web_certificate, *web_key; /* PEM files; or NULL: own CA */

  guint voicemail_max_s;        /* 300 */
  guint voicemail_silence_s;    /* 8; 0: never ends by silence */
  guint voicemail_max_messages; /* of one user; 200 */

  guint events_days, history_days, voicemail_days; /* 90, 0, 0; 0: kept until deleted */
  guint messages_days;                             /* that wait for their receiver; 30 */

  guint unknown_per_minute;    /* SIP requests of one unknown source address; 10 */
  guint max_calls;             /* 1000 */
  guint max_calls_per_user;    /* 20 */
  guint new_calls_per_second;  /* beyond, 503; 0: no limit, as below */
  guint beginning_calls;       /* that have got no word yet; 500 */
  guint signalling_late_ms;    /* 20 */
  guint sound_late_ms;         /* 15 */
  guint memory_mib;            /* of this process; 0 */
  char **emergency_numbers;    /* not refused for any of these; "112", "911" */
  guint sign_ins_per_minute;   /* tries of one source address; 30 */
  guint max_lines;             /* web lines; 1000 */
  guint max_lines_per_user;    /* 20; 0: no limit */
  guint max_lines_per_address; /* IPv6: of one /64; 200; 0: no limit */

  char *log_level; /* "error", "warning", "message", "info", "debug" */

  char *tls_dir;       /* state_dir/tls */
  char *im_dir;        /* state_dir/im: the IM engine's; made when there is an IM account */
  char *voicemail_dir; /* state_dir/voicemail */
  char *database;      /* state_dir/offhook.db */
  char *run_file;      /* state_dir/run.json */
  char *control;       /* control socket: state_dir/control */
} OhServerConfig;

/* @error says "FILE:LINE: [group] key: what is wrong; what to do". Makes no directory. */
OhServerConfig *oh_server_config_load (const char *path, GError **error);

/* state_dir with its folders, mode 0700. */
gboolean oh_server_config_make_folders (const OhServerConfig *config, GError **error);

/* The name in certificates: public_name, else domain. */
const char *oh_server_config_get_name (const OhServerConfig *config);

/* The beginning of links to the web server on @port: at public_name, or on this very computer where the
 * server is for this computer alone; NULL: nobody knows a name by which a browser would reach it.
 * Transfer full. */
char *oh_server_config_dup_link_base (const OhServerConfig *config, guint16 port);

void oh_server_config_free (OhServerConfig *config);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (OhServerConfig, oh_server_config_free)

G_END_DECLS
