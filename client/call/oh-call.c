/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "client/call/oh-call.h"

#include "client/account/oh-getter-private.h"

G_DEFINE_INTERFACE (OhCall, oh_call, G_TYPE_OBJECT)

GType
oh_call_state_get_type (void)
{
  static gsize type;
  static const GEnumValue values[] = {
    { OH_CALL_INCOMING, "OH_CALL_INCOMING", "incoming" },
    { OH_CALL_CALLING, "OH_CALL_CALLING", "calling" },
    { OH_CALL_RINGING, "OH_CALL_RINGING", "ringing" },
    { OH_CALL_CONNECTING, "OH_CALL_CONNECTING", "connecting" },
    { OH_CALL_ACTIVE, "OH_CALL_ACTIVE", "active" },
    { OH_CALL_ENDED, "OH_CALL_ENDED", "ended" },
    { 0, NULL, NULL },
  };

  if (g_once_init_enter (&type))
    g_once_init_leave (&type, g_enum_register_static ("OhCallState", values));
  return type;
}

static void
add_string (OhCallInterface *iface, const char *name)
{
  g_object_interface_install_property (
      iface,
      g_param_spec_string (name, NULL, NULL, NULL, G_PARAM_READABLE | G_PARAM_STATIC_STRINGS));
}

static void
add_boolean (OhCallInterface *iface, const char *name)
{
  g_object_interface_install_property (
      iface,
      g_param_spec_boolean (name, NULL, NULL, FALSE, G_PARAM_READABLE | G_PARAM_STATIC_STRINGS));
}

static void
add_int (OhCallInterface *iface, const char *name)
{
  g_object_interface_install_property (
      iface,
      g_param_spec_int (name, NULL, NULL, 0, 32, 0, G_PARAM_READABLE | G_PARAM_STATIC_STRINGS));
}

static void
add_time (OhCallInterface *iface, const char *name)
{
  g_object_interface_install_property (
      iface, g_param_spec_int64 (name, NULL, NULL, 0, G_MAXINT64, 0,
                                 G_PARAM_READABLE | G_PARAM_STATIC_STRINGS));
}

static void
add_figure (OhCallInterface *iface, const char *name, double minimum, double initial)
{
  g_object_interface_install_property (
      iface, g_param_spec_double (name, NULL, NULL, minimum, 1e9, initial,
                                  G_PARAM_READABLE | G_PARAM_STATIC_STRINGS));
}

static void
oh_call_default_init (OhCallInterface *iface)
{
  static const char *const strings[] = { "id",   "name",  "number", "called",       "account",
                                         "peer", "codec", "cipher", "key-exchange", "far-keys" };
  static const char *const booleans[] = { "incoming",    "withheld", "muted",      "held",
                                          "early-media", "by-reply", "half-duplex" };
  static const char *const times[] = { "deadline", "started", "ended" };

  for (guint i = 0; i < G_N_ELEMENTS (strings); i++)
    add_string (iface, strings[i]);
  for (guint i = 0; i < G_N_ELEMENTS (booleans); i++)
    add_boolean (iface, booleans[i]);
  for (guint i = 0; i < G_N_ELEMENTS (times); i++)
    add_time (iface, times[i]);
  add_int (iface, "reason");
  add_int (iface, "default-option");
  add_int (iface, "chosen");
  add_figure (iface, "quality", 0, 0);
  add_figure (iface, "loss", 0, 0);
  add_figure (iface, "jitter", 0, 0);
  add_figure (iface, "round-trip", -1, -1);
  add_figure (iface, "echo-reduction", -1, -1);
  add_figure (iface, "bit-rate", 0, 0);
  add_figure (iface, "packet-length", 0, 0);
  g_object_interface_install_property (
      iface, g_param_spec_enum ("state", NULL, NULL, OH_TYPE_CALL_STATE, OH_CALL_INCOMING,
                                G_PARAM_READABLE | G_PARAM_STATIC_STRINGS));
  g_object_interface_install_property (
      iface, g_param_spec_uint ("options", NULL, NULL, 0, G_MAXUINT, 0,
                                G_PARAM_READABLE | G_PARAM_STATIC_STRINGS));
}

#define GETTER(type, name, property, none)                                                         \
  OH_GETTER (type, oh_call_##name, OhCall, OH_IS_CALL, property, none)
#define TEXT(name, property)                                                                       \
  OH_TEXT_GETTER (oh_call_##name, OhCall, OH_IS_CALL, OH_CALL_GET_IFACE, property)

TEXT (get_id, "id")
GETTER (OhCallState, get_state, "state", OH_CALL_ENDED)
GETTER (OhCallReason, get_reason, "reason", OH_CALL_REASON_NONE)
GETTER (gboolean, is_incoming, "incoming", FALSE)
TEXT (get_name, "name")
TEXT (get_number, "number")
TEXT (get_called, "called")
TEXT (get_account, "account")
TEXT (get_peer, "peer")
GETTER (gboolean, is_withheld, "withheld", FALSE)
GETTER (gint64, get_deadline, "deadline", 0)
GETTER (OhCallOption, get_default_option, "default-option", OH_CALL_OPTION_DECLINE)
GETTER (OhCallOption, get_chosen, "chosen", 0)
GETTER (gint64, get_started, "started", 0)
GETTER (gint64, get_ended, "ended", 0)
GETTER (gboolean, is_muted, "muted", FALSE)
GETTER (gboolean, is_held, "held", FALSE)
GETTER (gboolean, has_early_media, "early-media", FALSE)

gboolean
oh_call_has_option (OhCall *call, OhCallOption option)
{
  guint options = 0;

  g_return_val_if_fail (OH_IS_CALL (call), FALSE);
  g_object_get (call, "options", &options, NULL);
  return (options & (1u << option)) != 0;
}

void
oh_call_choose (OhCall *call, OhCallOption option)
{
  g_return_if_fail (OH_IS_CALL (call));
  OH_CALL_GET_IFACE (call)->choose (call, option);
}

void
oh_call_hang_up (OhCall *call)
{
  g_return_if_fail (OH_IS_CALL (call));
  OH_CALL_GET_IFACE (call)->hang_up (call);
}

void
oh_call_send_digit (OhCall *call, char digit)
{
  g_return_if_fail (OH_IS_CALL (call));
  OH_CALL_GET_IFACE (call)->send_digit (call, digit);
}

void
oh_call_set_muted (OhCall *call, gboolean muted)
{
  g_return_if_fail (OH_IS_CALL (call));
  OH_CALL_GET_IFACE (call)->set_muted (call, muted);
}

void
oh_call_set_held (OhCall *call, gboolean held)
{
  g_return_if_fail (OH_IS_CALL (call));
  OH_CALL_GET_IFACE (call)->set_held (call, held);
}
