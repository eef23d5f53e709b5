/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "client/call/oh-call.h"

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
  static const char *const strings[] = { "id",    "name",   "number",       "called",
                                         "codec", "cipher", "key-exchange", "far-keys" };
  static const char *const booleans[] = { "incoming", "withheld", "muted", "held", "early-media" };
  static const char *const times[] = { "deadline", "started", "ended" };

  for (guint i = 0; i < G_N_ELEMENTS (strings); i++)
    add_string (iface, strings[i]);
  for (guint i = 0; i < G_N_ELEMENTS (booleans); i++)
    add_boolean (iface, booleans[i]);
  for (guint i = 0; i < G_N_ELEMENTS (times); i++)
    add_time (iface, times[i]);
  add_int (iface, "reason");
  add_int (iface, "default-option");
  add_figure (iface, "quality", 0, 0);
  add_figure (iface, "loss", 0, 0);
  add_figure (iface, "jitter", 0, 0);
  add_figure (iface, "round-trip", -1, -1);
  g_object_interface_install_property (
      iface, g_param_spec_enum ("state", NULL, NULL, OH_TYPE_CALL_STATE, OH_CALL_INCOMING,
                                G_PARAM_READABLE | G_PARAM_STATIC_STRINGS));
  g_object_interface_install_property (
      iface, g_param_spec_uint ("options", NULL, NULL, 0, G_MAXUINT, 0,
                                G_PARAM_READABLE | G_PARAM_STATIC_STRINGS));
}

static int
get_int (OhCall *call, const char *name)
{
  int value = 0;

  g_object_get (call, name, &value, NULL);
  return value;
}

static gint64
get_time (OhCall *call, const char *name)
{
  gint64 value = 0;

  g_object_get (call, name, &value, NULL);
  return value;
}

static gboolean
get_boolean (OhCall *call, const char *name)
{
  gboolean value = FALSE;

  g_object_get (call, name, &value, NULL);
  return value;
}

static const char *
get_string (OhCall *call, const char *name)
{
  return OH_CALL_GET_IFACE (call)->get_string (call, name);
}

const char *
oh_call_get_id (OhCall *call)
{
  g_return_val_if_fail (OH_IS_CALL (call), NULL);
  return get_string (call, "id");
}

OhCallState
oh_call_get_state (OhCall *call)
{
  g_return_val_if_fail (OH_IS_CALL (call), OH_CALL_ENDED);
  return get_int (call, "state");
}

OhCallReason
oh_call_get_reason (OhCall *call)
{
  g_return_val_if_fail (OH_IS_CALL (call), OH_CALL_REASON_NONE);
  return get_int (call, "reason");
}

gboolean
oh_call_is_incoming (OhCall *call)
{
  g_return_val_if_fail (OH_IS_CALL (call), FALSE);
  return get_boolean (call, "incoming");
}

const char *
oh_call_get_name (OhCall *call)
{
  g_return_val_if_fail (OH_IS_CALL (call), NULL);
  return get_string (call, "name");
}

const char *
oh_call_get_number (OhCall *call)
{
  g_return_val_if_fail (OH_IS_CALL (call), NULL);
  return get_string (call, "number");
}

const char *
oh_call_get_called (OhCall *call)
{
  g_return_val_if_fail (OH_IS_CALL (call), NULL);
  return get_string (call, "called");
}

gboolean
oh_call_is_withheld (OhCall *call)
{
  g_return_val_if_fail (OH_IS_CALL (call), FALSE);
  return get_boolean (call, "withheld");
}

gint64
oh_call_get_deadline (OhCall *call)
{
  g_return_val_if_fail (OH_IS_CALL (call), 0);
  return get_time (call, "deadline");
}

OhCallOption
oh_call_get_default_option (OhCall *call)
{
  g_return_val_if_fail (OH_IS_CALL (call), OH_CALL_OPTION_DECLINE);
  return get_int (call, "default-option");
}

gint64
oh_call_get_started (OhCall *call)
{
  g_return_val_if_fail (OH_IS_CALL (call), 0);
  return get_time (call, "started");
}

gint64
oh_call_get_ended (OhCall *call)
{
  g_return_val_if_fail (OH_IS_CALL (call), 0);
  return get_time (call, "ended");
}

gboolean
oh_call_is_muted (OhCall *call)
{
  g_return_val_if_fail (OH_IS_CALL (call), FALSE);
  return get_boolean (call, "muted");
}

gboolean
oh_call_is_held (OhCall *call)
{
  g_return_val_if_fail (OH_IS_CALL (call), FALSE);
  return get_boolean (call, "held");
}

gboolean
oh_call_has_early_media (OhCall *call)
{
  g_return_val_if_fail (OH_IS_CALL (call), FALSE);
  return get_boolean (call, "early-media");
}

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
