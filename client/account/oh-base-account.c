/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "oh-client"

#include "client/account/oh-base-account.h"

typedef struct
{
  OhAccountSettings *settings;
  OhAccountState state;
  OhAccountReason reason;
  gint64 retry_at;
  guint waiting;
  OhAccountFeatures features; /* beside CALLS */
  char *detail;
} OhBaseAccountPrivate;

enum
{
  PROP_0,
  PROP_ID,
  PROP_NAME,
  PROP_ADDRESS,
  PROP_SERVER,
  PROP_PROVIDER,
  PROP_PROTOCOL,
  PROP_DETAIL, /* the last text */
  PROP_FEATURES,
  PROP_EMBEDDED,
  PROP_STATE,
  PROP_REASON,
  PROP_RETRY_AT,
  PROP_MESSAGES_WAITING,
  N_PROPS
};

static const char *const property_names[N_PROPS] = {
  NULL,     "id",       "name",     "address", "server", "provider", "protocol",
  "detail", "features", "embedded", "state",   "reason", "retry-at", "messages-waiting"
};

static void oh_base_account_iface_init (OhAccountInterface *iface);

G_DEFINE_ABSTRACT_TYPE_WITH_CODE (OhBaseAccount,
                                  oh_base_account,
                                  G_TYPE_OBJECT,
                                  G_ADD_PRIVATE (OhBaseAccount)
                                      G_IMPLEMENT_INTERFACE (OH_TYPE_ACCOUNT,
                                                             oh_base_account_iface_init))

#define PRIVATE(account)                                                                           \
  ((OhBaseAccountPrivate *)oh_base_account_get_instance_private (OH_BASE_ACCOUNT (account)))

static const char *
string_of (OhBaseAccountPrivate *priv, guint id)
{
  if (id == PROP_DETAIL)
    return priv->detail;
  if (!priv->settings)
    return NULL;
  switch (id)
    {
    case PROP_ID:
      return priv->settings->id;
    case PROP_NAME:
      return priv->settings->name;
    case PROP_ADDRESS:
      return priv->settings->address;
    case PROP_SERVER:
      return priv->settings->server;
    case PROP_PROVIDER:
      return priv->settings->provider;
    case PROP_PROTOCOL:
      return priv->settings->protocol;
    default:
      return NULL;
    }
}

static const char *
get_string (OhAccount *account, const char *property)
{
  for (guint i = PROP_ID; i <= PROP_DETAIL; i++)
    if (g_str_equal (property_names[i], property))
      return string_of (PRIVATE (account), i);
  return NULL;
}

static void
get_property (GObject *object, guint id, GValue *value, GParamSpec *pspec)
{
  OhBaseAccountPrivate *priv = PRIVATE (object);

  switch (id)
    {
    case PROP_FEATURES:
      g_value_set_uint (
          value, priv->features | (OH_BASE_ACCOUNT_GET_CLASS (object)->dial ? OH_ACCOUNT_CALLS : 0)
                     | (OH_BASE_ACCOUNT_GET_CLASS (object)->set_talk ? OH_ACCOUNT_TALK : 0));
      break;
    case PROP_EMBEDDED:
      g_value_set_boolean (value, priv->settings && priv->settings->embedded);
      break;
    case PROP_STATE:
      g_value_set_int (value, priv->state);
      break;
    case PROP_REASON:
      g_value_set_int (value, priv->reason);
      break;
    case PROP_RETRY_AT:
      g_value_set_int64 (value, priv->retry_at);
      break;
    case PROP_MESSAGES_WAITING:
      g_value_set_uint (value, priv->waiting);
      break;
    default:
      g_value_set_string (value, string_of (priv, id));
      break;
    }
}

static void
finalize (GObject *object)
{
  oh_account_settings_free (PRIVATE (object)->settings);
  g_free (PRIVATE (object)->detail);
  G_OBJECT_CLASS (oh_base_account_parent_class)->finalize (object);
}

static void
sign_in (OhAccount *account)
{
  OH_BASE_ACCOUNT_GET_CLASS (account)->sign_in (OH_BASE_ACCOUNT (account));
}

static void
sign_out (OhAccount *account)
{
  OH_BASE_ACCOUNT_GET_CLASS (account)->sign_out (OH_BASE_ACCOUNT (account));
}

static void
set_talk (OhAccount *account, gboolean allowed)
{
  OhBaseAccountClass *klass = OH_BASE_ACCOUNT_GET_CLASS (account);

  if (klass->set_talk)
    klass->set_talk (OH_BASE_ACCOUNT (account), allowed);
}

static gboolean
dial (OhAccount *account, const char *target, GError **error)
{
  return OH_BASE_ACCOUNT_GET_CLASS (account)->dial (OH_BASE_ACCOUNT (account), target, error);
}

static void
oh_base_account_iface_init (OhAccountInterface *iface)
{
  iface->sign_in = sign_in;
  iface->sign_out = sign_out;
  iface->dial = dial;
  iface->set_talk = set_talk;
  iface->get_string = get_string;
}

static void
oh_base_account_class_init (OhBaseAccountClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);

  object_class->get_property = get_property;
  object_class->finalize = finalize;
  for (guint i = 1; i < N_PROPS; i++)
    g_object_class_override_property (object_class, i, property_names[i]);
}

static void
oh_base_account_init (OhBaseAccount *account)
{
}

void
oh_base_account_set_settings (OhBaseAccount *account, const OhAccountSettings *settings)
{
  OhBaseAccountPrivate *priv = PRIVATE (account);

  g_return_if_fail (OH_IS_BASE_ACCOUNT (account));
  oh_account_settings_free (priv->settings);
  priv->settings = oh_account_settings_copy (settings);
}

const OhAccountSettings *
oh_base_account_get_settings (OhBaseAccount *account)
{
  g_return_val_if_fail (OH_IS_BASE_ACCOUNT (account), NULL);
  return PRIVATE (account)->settings;
}

void
oh_base_account_set_state (OhBaseAccount *account,
                           OhAccountState state,
                           OhAccountReason reason,
                           gint64 retry_at)
{
  OhBaseAccountPrivate *priv = PRIVATE (account);
  GObject *object = G_OBJECT (account);

  g_return_if_fail (OH_IS_BASE_ACCOUNT (account));
  if (priv->state == state && priv->reason == reason && priv->retry_at == retry_at)
    return;
  priv->state = state;
  priv->reason = reason;
  priv->retry_at = retry_at;
  g_object_freeze_notify (object);
  g_object_notify (object, "reason");
  g_object_notify (object, "retry-at");
  g_object_notify (object, "state");
  g_object_thaw_notify (object);
}

void
oh_base_account_set_messages_waiting (OhBaseAccount *account, guint waiting)
{
  OhBaseAccountPrivate *priv = PRIVATE (account);

  g_return_if_fail (OH_IS_BASE_ACCOUNT (account));
  if (priv->waiting == waiting)
    return;
  priv->waiting = waiting;
  g_object_notify (G_OBJECT (account), "messages-waiting");
}

void
oh_base_account_set_detail (OhBaseAccount *account, const char *detail)
{
  OhBaseAccountPrivate *priv = PRIVATE (account);

  g_return_if_fail (OH_IS_BASE_ACCOUNT (account));
  if (detail && !*detail)
    detail = NULL;
  if (g_strcmp0 (priv->detail, detail) == 0)
    return;
  g_free (priv->detail);
  priv->detail = g_strdup (detail);
  g_object_notify (G_OBJECT (account), "detail");
}

void
oh_base_account_set_features (OhBaseAccount *account, OhAccountFeatures features)
{
  OhBaseAccountPrivate *priv = PRIVATE (account);

  g_return_if_fail (OH_IS_BASE_ACCOUNT (account));
  if (priv->features == features)
    return;
  priv->features = features;
  g_object_notify (G_OBJECT (account), "features");
}
