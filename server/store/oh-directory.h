/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "server/store/oh-ring-rules.h"
#include "sip/oh-sip.h"

G_BEGIN_DECLS

/* What signalling must know of users, numbers, trunks, devices and settings: an immutable snapshot
 * that the store thread builds after each change. Reading needs no lock; the pointers below live as
 * long as the reference. Look-ups are one hash look-up. */
typedef struct _OhDirectory OhDirectory;

typedef enum
{
  OH_DECLINE_VOICEMAIL,
  OH_DECLINE_BUSY,
  OH_DECLINE_HANG_UP
} OhDeclineAction;

/* Option numbers of a call offer; the same for ever (docs/architecture.md). */
typedef enum
{
  OH_OPTION_ANSWER = 1,
  OH_OPTION_TEXT = 2,
  OH_OPTION_VOICEMAIL = 3,
  OH_OPTION_TRANSFER = 4,
  OH_OPTION_LISTEN = 5,
  OH_OPTION_PLAY = 6,
  OH_OPTION_DECLINE = 9
} OhOption;

typedef struct
{
  gint64 id;               /* from 1 */
  char *alias;             /* "demo": the AOR is sip:ALIAS@domain; lower case */
  char *name;              /* "Demo User" */
  char *language;          /* "en", "de"; for prompts */
  char **numbers;          /* normalized; may be empty */
  OhOption default_option; /* when nobody answers in time (oh_im_choice_may_be_default()) */
  guint default_delay_s;   /* 5 to 120 */
  OhDeclineAction decline_action;
  OhRingRules ring;
  gboolean learn_hours; /* where he usually answers at an hour is learned (oh-hours.h) */
  char *greeting;       /* absolute path of the user's own greeting (Ogg Opus or WAV), or NULL */
  guint new_messages;   /* for message-waiting; a change makes a new snapshot */
  guint old_messages;
  GPtrArray *devices;    /* of const OhDevice*; not revoked */
  GPtrArray *identities; /* of const OhImIdentity* */
} OhUser;

typedef struct
{
  char *id;      /* also its SIP digest user */
  char *name;    /* "laptop" */
  char *program; /* "offhook"; "desk-phone" */
  const OhUser *user;
  gboolean desk_phone;
  guint rank; /* OH_RING_BY_RANK; 0: none */
  OhEvidence evidence;
  OhSipCredential credential; /* SHA-256 for our client, MD5 for a desk phone */
} OhDevice;

typedef enum
{
  OH_TRUNK_REGISTER, /* we sign in at a provider */
  OH_TRUNK_ADDRESS   /* whoever sends from a trusted address */
} OhTrunkKind;

typedef enum
{
  OH_TRUNK_SRTP_OFF,
  OH_TRUNK_SRTP_OPTIONAL,
  OH_TRUNK_SRTP_REQUIRED
} OhTrunkSrtp;

typedef struct
{
  gint64 id;
  char *name; /* "provider"; unique */
  OhTrunkKind kind;
  char *aor;       /* register: "sip:user@provider"; address: NULL or the From for calls out */
  char *registrar; /* "sip:provider.example", or NULL = the AOR's host */
  char *proxy;     /* where calls go out: "sip:192.0.2.1:5060;transport=udp"; NULL = registrar */
  char *auth_user; /* or NULL = user of the AOR */
  char *secret;    /* or NULL. Never into a log */
  char *transport; /* "udp", "tcp", "tls" */
  char **trusted;  /* address: IP addresses or CIDR blocks that calls are taken from */
  char **codecs;   /* in order: "PCMU", "PCMA", "G722", "opus", "G729"; empty = all of ours */
  OhTrunkSrtp srtp;
  char **prefixes;      /* dialled numbers that go out here; "" = all; empty = none */
  char *caller_number;  /* shown for calls out; NULL = the user's first number */
  char *public_address; /* ours as this trunk sees it; NULL = the server's */
  char *number;         /* calls whose dialled number nobody has go to this one's; or NULL */
  char *tls_name;       /* whom the certificate must name; NULL = the host that calls go out to */
} OhTrunk;

/* One of the server's own accounts at an IM service. */
typedef struct
{
  gint64 id;
  char *name;         /* "xmpp"; unique */
  char *protocol;     /* of libpurple: "prpl-jabber" */
  char *username;     /* "calls@example.org/offhook" */
  char **options;     /* "port=5222", by the protocol's own options; may be empty */
  char *secret;       /* or NULL. Never into a log */
  char *fingerprint;  /* SHA-256 of the one certificate that is trusted untold; or NULL */
  guint rate;         /* messages a second; 0: what the protocol's services usually bear */
  char *proxy;        /* through what it goes, as base/oh-proxy.h writes it; NULL: nothing */
  char *proxy_secret; /* or NULL. Never into a log */
} OhImLogin;

/* The service that is no libpurple's: MESSAGE of the call server itself. Its user names are a device's id,
 * or an address elsewhere, "anna@example.org:5070". */
#define OH_IM_PROTOCOL_SIP "sip"
gboolean oh_im_login_is_sip (const OhImLogin *login);
gboolean oh_sip_name_is_elsewhere (const char *name);

/* Where a user is at that service. */
typedef struct
{
  gint64 id;
  const OhUser *user;
  const OhImLogin *login; /* the account that writes to it */
  char *name;             /* as oh_im_name_fold() made it */
  gboolean verified;      /* it is the user's; else nothing is sent there or taken from there */
  gboolean show_number;   /* the caller's number may be shown there */
  guint rank;             /* OH_RING_BY_RANK; 0: none */
  OhEvidence evidence;
} OhImIdentity;

/* The identity by which @user is told of calls at that device of his, which then is not rung; NULL: it
 * is a telephone. */
const OhImIdentity *oh_user_find_text_device (const OhUser *user, const char *device_id);

OhDirectory *oh_directory_ref (OhDirectory *directory); /* any thread */
void oh_directory_unref (OhDirectory *directory);

/* Counts the snapshots; a later one has a greater number. */
guint64 oh_directory_get_version (OhDirectory *directory);

/* NULL: nobody. @number is normalized first (see oh_number_normalize()); @alias may carry "@domain"
 * of ours and is compared without case. */
const OhUser *oh_directory_find_user_by_id (OhDirectory *directory, gint64 id);
const OhUser *oh_directory_find_user_by_alias (OhDirectory *directory, const char *alias);
const OhUser *oh_directory_find_user_by_number (OhDirectory *directory, const char *number);

/* NULL: unknown or revoked; revoked devices are in no snapshot. */
const OhDevice *oh_directory_find_device (OhDirectory *directory, const char *device_id);

/* Whether @secret is the device's, by the snapshot; takes the same time either way. Any thread. */
gboolean
oh_directory_check_secret (OhDirectory *directory, const char *device_id, const char *secret);

GPtrArray *oh_directory_get_users (OhDirectory *directory);  /* of const OhUser*; borrowed */
GPtrArray *oh_directory_get_trunks (OhDirectory *directory); /* of const OhTrunk*; borrowed */
const OhTrunk *oh_directory_find_trunk (OhDirectory *directory, const char *name);

/* The trunk of kind ADDRESS whose trusted list holds the IP address @address; the longest CIDR match
 * wins. NULL: an unknown source. */
const OhTrunk *oh_directory_find_trunk_by_address (OhDirectory *directory, const char *address);

/* The trunks that take @number, of const OhTrunk*, by their longest prefix that it begins with: the
 * longest first, of equal ones the oldest trunk. Transfer container; may be empty. */
GPtrArray *oh_directory_list_trunks_for_number (OhDirectory *directory, const char *number);

GPtrArray *oh_directory_get_im_logins (OhDirectory *directory); /* of const OhImLogin*; borrowed */
const OhImLogin *oh_directory_find_im_login (OhDirectory *directory, const char *name);
GPtrArray *oh_directory_get_im_identities (OhDirectory *directory); /* of const OhImIdentity* */
/* The verified one of that name, else any whose user says that it is his; NULL: none. */
const OhImIdentity *
oh_directory_find_im_identity (OhDirectory *directory, const OhImLogin *login, const char *name);

/* @name of somebody at a service as it is kept and compared: XMPP without a resource, XMPP and IRC
 * without case (ASCII), others as they are. Transfer full. */
char *oh_im_name_fold (const char *protocol, const char *name);

/* Whether @name, folded, can be one person there: no channel, list, mask or server. */
gboolean oh_im_name_is_person (const char *protocol, const char *name);

const char *oh_directory_get_domain (OhDirectory *directory);

/* A server-wide setting changed at run time, or NULL. */
const char *oh_directory_get_setting (OhDirectory *directory, const char *key);

/* "+49 (30) 123-45" -> "+493012345", "00" kept as dialled; "*43" stays. NULL: not a number (other
 * characters, empty, over 32). Transfer full. */
char *oh_number_normalize (const char *number);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (OhDirectory, oh_directory_unref)

G_END_DECLS
