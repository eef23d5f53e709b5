/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* Where each device can be reached now: contacts with their flow, program, audio equipment and
 * presence. Belongs to the signalling thread. Look-ups are one hash look-up; what ends first stands
 * on top of a heap, so that one timer serves any number of bindings. */
typedef struct _OhRegistrar OhRegistrar;

typedef enum
{
  OH_PRESENCE_OPEN,
  OH_PRESENCE_AWAY,
  OH_PRESENCE_DND,   /* do not disturb */
  OH_PRESENCE_CLOSED /* signed in, but not to be rung */
} OhPresence;

const char *oh_presence_get_name (OhPresence presence);

/* One contact of a device. Strings are never NULL unless marked; owned by the registrar. */
typedef struct
{
  gint64 user_id;
  char *device_id;
  char *device_name;
  char *contact; /* URI of the Contact */
  char *key;     /* what makes it one binding: its instance, else its contact */
  char *route;   /* back along the flow it came by: "sip:1.2.3.4:3232;transport=tls" */
  char *address; /* IP address it came from */
  guint16 port;
  char *transport;  /* "udp", "tcp", "tls"; "wss": a web line, which `web` says too */
  char *user_agent; /* "Offhook/0.1.0 (linux)" or "" */
  char *audio;      /* "mic,speaker", "speaker", "" = none; NULL = not told */
  gboolean desk_phone;
  gboolean web; /* no SIP goes there: calls by its web line alone, whose number `line` is */
  guint64 line;
  gboolean no_talk;  /* its user does not want it to answer because he replied so */
  gboolean weak;     /* it signs in by itself: that says nothing of its person */
  gint64 expires_us; /* oh_clock_now() time */
  OhPresence presence;
  gint64
      active_us; /* when its person was last seen to use it, oh_clock_before() time; 0: not known */
  gboolean in_use;  /* he has been using it since then */
  guint heap_index; /* the registrar's */
} OhBinding;

OhBinding *oh_binding_new (void);
void oh_binding_free (OhBinding *binding);

/* @changed (may be NULL): a user's bindings came, changed or went. */
typedef void (*OhRegistrarFunc) (OhRegistrar *registrar, gint64 user_id, gpointer user_data);
OhRegistrar *oh_registrar_new (OhRegistrarFunc changed, gpointer user_data);
void oh_registrar_free (OhRegistrar *registrar);

/* Takes @binding; replaces the one of the same device and key. Presence and activity stay the device's:
 * who signs in is there, unless the device does that by itself. */
void oh_registrar_put (OhRegistrar *registrar, OhBinding *binding);

/* Removes the binding of @key, or all of the device for NULL. Returns how many went. */
guint oh_registrar_remove (OhRegistrar *registrar, const char *device_id, const char *key);

/* Borrowed, of OhBinding; NULL: none. Valid until the next change. */
GPtrArray *oh_registrar_find_by_user (OhRegistrar *registrar, gint64 user_id);
GPtrArray *oh_registrar_find_by_device (OhRegistrar *registrar, const char *device_id);

/* The binding whose flow is @transport @address @port, or NULL. */
const OhBinding *oh_registrar_find_by_flow (OhRegistrar *registrar,
                                            const char *transport,
                                            const char *address,
                                            guint16 port);

/* Kept for later bindings of the device too. @active_us: what is said of its use; 0: nothing (but
 * who is no longer away is there). @in_use: it goes on until the next call of this. */
void oh_registrar_set_presence (OhRegistrar *registrar,
                                const char *device_id,
                                OhPresence presence,
                                gint64 active_us,
                                gboolean in_use);

/* Somebody used the device just now. */
void oh_registrar_touch (OhRegistrar *registrar, const char *device_id);

/* Removes what ended by @now_us; returns how many. */
guint oh_registrar_expire (OhRegistrar *registrar, gint64 now_us);

/* When the next one ends; G_MAXINT64 when there is none. */
gint64 oh_registrar_get_next_expiry (OhRegistrar *registrar);

guint oh_registrar_get_size (OhRegistrar *registrar);
void oh_registrar_foreach (OhRegistrar *registrar,
                           void (*func) (const OhBinding *binding, gpointer user_data),
                           gpointer user_data);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (OhBinding, oh_binding_free)
G_DEFINE_AUTOPTR_CLEANUP_FUNC (OhRegistrar, oh_registrar_free)

G_END_DECLS
