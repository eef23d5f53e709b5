/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "oh-client"

#include "client/call/oh-base-call.h"

#include "base/oh-clock.h"
#include "base/oh-redact.h"
#include "base/oh-state-table.h"

#include <string.h>

#define MAX_TEXT 256
#define MAX_FAR_KEYS 32

typedef struct
{
  char *id, *name, *number, *called, *account, *peer;
  char *codec, *cipher, *key_exchange, *far_keys;
  guint state;
  OhCallReason reason;
  gboolean incoming, withheld, muted, held, early_media, by_reply;
  gint64 deadline, started, ended;
  OhCallOption default_option, chosen;
  guint options;
  OhCallFigures figures;
} OhBaseCallPrivate;

enum
{
  PROP_0,
  PROP_ID,
  PROP_NAME,
  PROP_NUMBER,
  PROP_CALLED,
  PROP_ACCOUNT,
  PROP_PEER,
  PROP_CODEC,
  PROP_CIPHER,
  PROP_KEY_EXCHANGE,
  PROP_FAR_KEYS,
  PROP_STATE,
  PROP_REASON,
  PROP_INCOMING,
  PROP_WITHHELD,
  PROP_MUTED,
  PROP_HELD,
  PROP_EARLY_MEDIA,
  PROP_BY_REPLY,
  PROP_HALF_DUPLEX,
  PROP_DEADLINE,
  PROP_STARTED,
  PROP_ENDED,
  PROP_DEFAULT_OPTION,
  PROP_CHOSEN,
  PROP_OPTIONS,
  PROP_QUALITY,
  PROP_LOSS,
  PROP_JITTER,
  PROP_ROUND_TRIP,
  PROP_ECHO_REDUCTION,
  PROP_BIT_RATE,
  PROP_PACKET_LENGTH,
  N_PROPS
};

static const char *const property_names[N_PROPS] = {
  NULL,           "id",           "name",           "number",
  "called",       "account",      "peer",           "codec",
  "cipher",       "key-exchange", "far-keys",       "state",
  "reason",       "incoming",     "withheld",       "muted",
  "held",         "early-media",  "by-reply",       "half-duplex",
  "deadline",     "started",      "ended",          "default-option",
  "chosen",       "options",      "quality",        "loss",
  "jitter",       "round-trip",   "echo-reduction", "bit-rate",
  "packet-length"
};

#define BIT(state) (1u << OH_CALL_##state)
static const char *const state_names[] = { "incoming", "calling", "ringing", "connecting",
                                           "active",   "ended",   NULL };
static const guint32 next_states[] = {
  [OH_CALL_INCOMING] = BIT (CONNECTING) | BIT (ACTIVE) | BIT (ENDED),
  [OH_CALL_CALLING] = BIT (RINGING) | BIT (CONNECTING) | BIT (ACTIVE) | BIT (ENDED),
  [OH_CALL_RINGING] = BIT (CONNECTING) | BIT (ACTIVE) | BIT (ENDED),
  [OH_CALL_CONNECTING] = BIT (ACTIVE) | BIT (ENDED),
  [OH_CALL_ACTIVE] = BIT (ENDED),
  [OH_CALL_ENDED] = 0,
};
static const OhStateTable state_table = { "call", state_names, next_states };

static void oh_base_call_iface_init (OhCallInterface *iface);

G_DEFINE_ABSTRACT_TYPE_WITH_CODE (OhBaseCall,
                                  oh_base_call,
                                  G_TYPE_OBJECT,
                                  G_ADD_PRIVATE (OhBaseCall)
                                      G_IMPLEMENT_INTERFACE (OH_TYPE_CALL, oh_base_call_iface_init))

#define PRIVATE(call) ((OhBaseCallPrivate *)oh_base_call_get_instance_private (OH_BASE_CALL (call)))

static const char *
string_of (OhBaseCallPrivate *priv, guint id)
{
  switch (id)
    {
    case PROP_ID:
      return priv->id;
    case PROP_NAME:
      return priv->name;
    case PROP_NUMBER:
      return priv->number;
    case PROP_CALLED:
      return priv->called;
    case PROP_ACCOUNT:
      return priv->account;
    case PROP_PEER:
      return priv->peer;
    case PROP_CODEC:
      return priv->codec;
    case PROP_CIPHER:
      return priv->cipher;
    case PROP_KEY_EXCHANGE:
      return priv->key_exchange;
    case PROP_FAR_KEYS:
      return priv->far_keys;
    default:
      return NULL;
    }
}

static const char *
get_string (OhCall *call, const char *property)
{
  for (guint i = PROP_ID; i <= PROP_FAR_KEYS; i++)
    if (g_str_equal (property_names[i], property))
      return string_of (PRIVATE (call), i);
  return NULL;
}

static void
get_number_property (OhBaseCallPrivate *priv, guint id, GValue *value)
{
  switch (id)
    {
    case PROP_DEADLINE:
      g_value_set_int64 (value, priv->deadline);
      break;
    case PROP_STARTED:
      g_value_set_int64 (value, priv->started);
      break;
    case PROP_ENDED:
      g_value_set_int64 (value, priv->ended);
      break;
    case PROP_DEFAULT_OPTION:
      g_value_set_int (value, priv->default_option);
      break;
    case PROP_CHOSEN:
      g_value_set_int (value, priv->chosen);
      break;
    case PROP_OPTIONS:
      g_value_set_uint (value, priv->options);
      break;
    case PROP_QUALITY:
      g_value_set_double (value, priv->figures.quality);
      break;
    case PROP_LOSS:
      g_value_set_double (value, priv->figures.loss);
      break;
    case PROP_JITTER:
      g_value_set_double (value, priv->figures.jitter);
      break;
    case PROP_ROUND_TRIP:
      g_value_set_double (value, priv->figures.round_trip);
      break;
    case PROP_BIT_RATE:
      g_value_set_double (value, priv->figures.bit_rate);
      break;
    case PROP_PACKET_LENGTH:
      g_value_set_double (value, priv->figures.packet_length);
      break;
    default:
      g_value_set_double (value, priv->figures.echo_reduction);
      break;
    }
}

static void
get_property (GObject *object, guint id, GValue *value, GParamSpec *pspec)
{
  OhBaseCallPrivate *priv = PRIVATE (object);

  switch (id)
    {
    case PROP_STATE:
      g_value_set_enum (value, priv->state);
      break;
    case PROP_REASON:
      g_value_set_int (value, priv->reason);
      break;
    case PROP_INCOMING:
      g_value_set_boolean (value, priv->incoming);
      break;
    case PROP_WITHHELD:
      g_value_set_boolean (value, priv->withheld);
      break;
    case PROP_MUTED:
      g_value_set_boolean (value, priv->muted);
      break;
    case PROP_HELD:
      g_value_set_boolean (value, priv->held);
      break;
    case PROP_EARLY_MEDIA:
      g_value_set_boolean (value, priv->early_media);
      break;
    case PROP_BY_REPLY:
      g_value_set_boolean (value, priv->by_reply);
      break;
    case PROP_HALF_DUPLEX:
      g_value_set_boolean (value, priv->figures.half_duplex);
      break;
    default:
      if (id <= PROP_FAR_KEYS)
        g_value_set_string (value, string_of (priv, id));
      else
        get_number_property (priv, id, value);
      break;
    }
}

static void
finalize (GObject *object)
{
  OhBaseCallPrivate *priv = PRIVATE (object);

  g_free (priv->id);
  g_free (priv->name);
  g_free (priv->number);
  g_free (priv->called);
  g_free (priv->account);
  g_free (priv->peer);
  g_free (priv->codec);
  g_free (priv->cipher);
  g_free (priv->key_exchange);
  g_free (priv->far_keys);
  G_OBJECT_CLASS (oh_base_call_parent_class)->finalize (object);
}

static void
choose (OhCall *call, OhCallOption option)
{
  if (PRIVATE (call)->state == OH_CALL_INCOMING && !PRIVATE (call)->chosen
      && oh_call_has_option (call, option))
    OH_BASE_CALL_GET_CLASS (call)->choose (OH_BASE_CALL (call), option);
}

static void
hang_up (OhCall *call)
{
  OhBaseCallPrivate *priv = PRIVATE (call);

  if (priv->state == OH_CALL_INCOMING && !priv->chosen)
    OH_BASE_CALL_GET_CLASS (call)->choose (OH_BASE_CALL (call), OH_CALL_OPTION_DECLINE);
  else if (priv->state != OH_CALL_INCOMING && priv->state != OH_CALL_ENDED)
    OH_BASE_CALL_GET_CLASS (call)->hang_up (OH_BASE_CALL (call));
}

static gboolean
is_key (char key)
{
  return key && strchr ("0123456789*#ABCD", key);
}

static void
send_digit (OhCall *call, char digit)
{
  guint state = PRIVATE (call)->state;

  if (state != OH_CALL_INCOMING && state != OH_CALL_ENDED && is_key (digit))
    OH_BASE_CALL_GET_CLASS (call)->send_digit (OH_BASE_CALL (call), digit);
}

static void
set_muted (OhCall *call, gboolean muted)
{
  OhBaseCallPrivate *priv = PRIVATE (call);

  if (priv->muted == !!muted || priv->state == OH_CALL_ENDED)
    return;
  priv->muted = !!muted;
  g_object_notify (G_OBJECT (call), "muted");
}

static void
set_held (OhCall *call, gboolean held)
{
  OhBaseCallPrivate *priv = PRIVATE (call);

  if (priv->held == !!held || priv->state != OH_CALL_ACTIVE)
    return;
  priv->held = !!held;
  g_object_notify (G_OBJECT (call), "held");
}

static void
oh_base_call_iface_init (OhCallInterface *iface)
{
  iface->choose = choose;
  iface->hang_up = hang_up;
  iface->send_digit = send_digit;
  iface->set_muted = set_muted;
  iface->set_held = set_held;
  iface->get_string = get_string;
}

static void
oh_base_call_class_init (OhBaseCallClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);

  object_class->get_property = get_property;
  object_class->finalize = finalize;
  for (guint i = 1; i < N_PROPS; i++)
    g_object_class_override_property (object_class, i, property_names[i]);
}

static void
oh_base_call_init (OhBaseCall *call)
{
  OhBaseCallPrivate *priv = PRIVATE (call);

  priv->figures.round_trip = -1;
  priv->figures.echo_reduction = -1;
  priv->default_option = OH_CALL_OPTION_DECLINE;
  priv->cipher = g_strdup ("");
  priv->codec = g_strdup ("");
  priv->key_exchange = g_strdup ("");
}

static char *
take_text (const char *text)
{
  return text && *text ? oh_printable (text, MAX_TEXT) : NULL;
}

void
oh_base_call_set_facts (OhBaseCall *call, const OhCallFacts *facts)
{
  OhBaseCallPrivate *priv = PRIVATE (call);

  g_return_if_fail (OH_IS_BASE_CALL (call) && !priv->id);
  priv->id = facts->id ? oh_printable (facts->id, MAX_TEXT) : g_uuid_string_random ();
  priv->incoming = facts->incoming;
  priv->state = facts->incoming ? OH_CALL_INCOMING : OH_CALL_CALLING;
  priv->name = oh_name_is_number (facts->name, facts->number) ? NULL : take_text (facts->name);
  priv->number = take_text (facts->number);
  priv->called = take_text (facts->called);
  priv->account = take_text (facts->account);
  priv->peer = take_text (facts->peer);
  priv->withheld = facts->withheld;
  priv->deadline = facts->deadline;
  priv->default_option = facts->default_option ? facts->default_option : OH_CALL_OPTION_DECLINE;
  priv->options = facts->options;
}

static gboolean
replace_text (char **at, const char *text)
{
  if (!text || g_strcmp0 (*at, text) == 0)
    return FALSE;
  g_free (*at);
  *at = g_strdup (text);
  return TRUE;
}

void
oh_base_call_set_figures (OhBaseCall *call, const OhCallFigures *figures)
{
  static const char *const names[] = {
    "quality",        "loss",        "jitter",   "round-trip",
    "echo-reduction", "half-duplex", "bit-rate", "packet-length"
  };
  OhBaseCallPrivate *priv = PRIVATE (call);

  g_return_if_fail (OH_IS_BASE_CALL (call));
  g_object_freeze_notify (G_OBJECT (call));
  if (replace_text (&priv->codec, figures->codec))
    g_object_notify (G_OBJECT (call), "codec");
  if (replace_text (&priv->cipher, figures->cipher))
    g_object_notify (G_OBJECT (call), "cipher");
  if (replace_text (&priv->key_exchange, figures->key_exchange))
    g_object_notify (G_OBJECT (call), "key-exchange");
  priv->figures = *figures;
  for (guint i = 0; i < G_N_ELEMENTS (names); i++)
    g_object_notify (G_OBJECT (call), names[i]);
  g_object_thaw_notify (G_OBJECT (call));
}

gboolean
oh_base_call_move (OhBaseCall *call, OhCallState state, OhCallReason reason)
{
  OhBaseCallPrivate *priv = PRIVATE (call);
  g_autoptr (GObject) keep = NULL;
  guint old_state = priv->state;

  g_return_val_if_fail (OH_IS_BASE_CALL (call), FALSE);
  if (!oh_state_table_move (&state_table, &priv->state, state))
    return FALSE;

  keep = g_object_ref (G_OBJECT (call));
  if (reason != OH_CALL_REASON_NONE)
    priv->reason = reason;
  if (state == OH_CALL_ACTIVE)
    priv->started = oh_clock_now ();
  if (state == OH_CALL_ENDED)
    priv->ended = oh_clock_now ();
  if (OH_BASE_CALL_GET_CLASS (call)->state_changed)
    OH_BASE_CALL_GET_CLASS (call)->state_changed (call, old_state);

  g_object_freeze_notify (keep);
  g_object_notify (keep, "reason");
  g_object_notify (keep, "started");
  g_object_notify (keep, "ended");
  g_object_notify (keep, "state");
  g_object_thaw_notify (keep);
  return TRUE;
}

void
oh_base_call_set_early_media (OhBaseCall *call, gboolean early_media)
{
  OhBaseCallPrivate *priv = PRIVATE (call);

  g_return_if_fail (OH_IS_BASE_CALL (call));
  if (priv->early_media == !!early_media)
    return;
  priv->early_media = !!early_media;
  g_object_notify (G_OBJECT (call), "early-media");
}

void
oh_base_call_answer_by_reply (OhBaseCall *call)
{
  OhBaseCallPrivate *priv = PRIVATE (call);

  g_return_if_fail (OH_IS_BASE_CALL (call));
  if (priv->state != OH_CALL_INCOMING
      || !oh_call_has_option (OH_CALL (call), OH_CALL_OPTION_ANSWER))
    return;
  priv->by_reply = TRUE;
  g_object_notify (G_OBJECT (call), "by-reply");
  oh_call_choose (OH_CALL (call), OH_CALL_OPTION_ANSWER);
}

void
oh_base_call_set_chosen (OhBaseCall *call, OhCallOption option)
{
  OhBaseCallPrivate *priv = PRIVATE (call);

  g_return_if_fail (OH_IS_BASE_CALL (call));
  if (priv->chosen == option)
    return;
  priv->chosen = option;
  g_object_notify (G_OBJECT (call), "chosen");
}

void
oh_base_call_add_far_key (OhBaseCall *call, char key)
{
  OhBaseCallPrivate *priv = PRIVATE (call);
  const char *before = priv->far_keys ? priv->far_keys : "";
  gsize length = strlen (before);
  char *keys;

  g_return_if_fail (OH_IS_BASE_CALL (call));
  if (!is_key (key))
    return;
  keys = g_strdup_printf ("%s%c", before + (length >= MAX_FAR_KEYS ? 1 : 0), key);
  g_free (priv->far_keys);
  priv->far_keys = keys;
  g_object_notify (G_OBJECT (call), "far-keys");
}
