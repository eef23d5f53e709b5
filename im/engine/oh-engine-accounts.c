/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "oh-im-engine"

#include "im/engine/oh-engine-private.h"

#include <string.h>

/* One account of the parent's; libpurple's account points back by ui_data. */
typedef struct
{
  char *id;
  PurpleAccount *account;
  OhImReason reason; /* why it went offline, until the next sign-in */
  char *text;
  OhImReason proxy_reason; /* why the last connection through the proxy was not made */
  char *proxy_text;
  char *proxy_password;
  gboolean permanent;
  gboolean told_connecting;
  guint forget; /* idle that forgets the password */
} Slot;

static GHashTable *slots; /* id -> Slot */

static void
forget_proxy (Slot *slot)
{
  if (slot->proxy_password)
    explicit_bzero (slot->proxy_password, strlen (slot->proxy_password));
  g_clear_pointer (&slot->proxy_password, g_free);
  g_clear_pointer (&slot->proxy_text, g_free);
  slot->proxy_reason = OH_IM_REASON_NONE;
}

static void
slot_free (Slot *slot)
{
  forget_proxy (slot);
  if (slot->forget)
    g_source_remove (slot->forget);
  g_free (slot->id);
  g_free (slot->text);
  g_free (slot);
}

static void
emit_state (Slot *slot, OhImState state)
{
  g_autofree char *text = oh_im_clean (slot->text, OH_IM_MAX_STATUS);
  gboolean offline = state == OH_IM_STATE_OFFLINE;

  oh_engine_emit ("AccountState",
                  g_variant_new ("(sssbs)", slot->id, oh_im_state_to_word (state),
                                 oh_im_reason_to_word (offline ? slot->reason : OH_IM_REASON_NONE),
                                 offline && slot->permanent, offline ? text : ""));
}

const char *
oh_engine_account_id (PurpleAccount *account)
{
  return account && account->ui_data ? ((Slot *)account->ui_data)->id : "";
}

PurpleAccount *
oh_engine_find_account (const char *id, GError **error)
{
  Slot *slot = g_hash_table_lookup (slots, id);

  if (!slot)
    g_set_error (error, OH_ERROR, OH_ERROR_NOT_FOUND, "no account %s", id);
  return slot ? slot->account : NULL;
}

PurpleAccount *
oh_engine_find_online (const char *id, GError **error)
{
  PurpleAccount *account = oh_engine_find_account (id, error);

  if (account && !purple_account_is_connected (account))
    {
      g_set_error (error, OH_ERROR, OH_ERROR_CLOSED, "account %s is not signed in", id);
      return NULL;
    }
  return account;
}

char *
oh_engine_normalize (PurpleAccount *account, const char *name)
{
  return oh_im_clean_line (purple_normalize (account, name), OH_IM_MAX_NAME);
}

static gboolean
set_option (PurpleAccount *account, const char *name, GVariant *value, GError **error)
{
  PurpleAccountOption *option = oh_engine_find_option (purple_account_get_protocol_id (account),
                                                       name);
  PurplePrefType type = option ? purple_account_option_get_type (option) : PURPLE_PREF_NONE;

  if (type == PURPLE_PREF_BOOLEAN && g_variant_is_of_type (value, G_VARIANT_TYPE_BOOLEAN))
    purple_account_set_bool (account, name, g_variant_get_boolean (value));
  else if (type == PURPLE_PREF_INT && g_variant_is_of_type (value, G_VARIANT_TYPE_INT32))
    purple_account_set_int (account, name, g_variant_get_int32 (value));
  else if ((type == PURPLE_PREF_STRING || type == PURPLE_PREF_STRING_LIST)
           && g_variant_is_of_type (value, G_VARIANT_TYPE_STRING))
    purple_account_set_string (account, name, g_variant_get_string (value, NULL));
  else
    {
      g_set_error (error, OH_ERROR, OH_ERROR_INVALID, "the protocol has no such option: %s", name);
      return FALSE;
    }
  return TRUE;
}

static gboolean
check_new (const char *id, const char *protocol, const char *username, GError **error)
{
  if (!oh_im_name_is_good (id) || !oh_im_name_is_good (username))
    g_set_error (error, OH_ERROR, OH_ERROR_INVALID, "not a name for an account");
  else if (!purple_find_prpl (protocol))
    g_set_error (error, OH_ERROR, OH_ERROR_UNSUPPORTED, "no plug-in for %s", protocol);
  else if (g_hash_table_contains (slots, id) || purple_accounts_find (username, protocol))
    g_set_error (error, OH_ERROR, OH_ERROR_EXISTS, "account %s is there already", id);
  else if (g_hash_table_size (slots) >= OH_IM_MAX_ACCOUNTS)
    g_set_error (error, OH_ERROR, OH_ERROR_LIMIT, "too many accounts");
  else
    return TRUE;
  return FALSE;
}

gboolean
oh_engine_add_account (
    const char *id, const char *protocol, const char *username, GVariant *options, GError **error)
{
  PurpleAccount *account;
  GVariantIter iter;
  const char *name;
  GVariant *value;
  Slot *slot;

  if (!check_new (id, protocol, username, error))
    return FALSE;
  account = purple_account_new (username, protocol);
  purple_account_set_remember_password (account, FALSE);
  oh_engine_irc_set_defaults (account);
  g_variant_iter_init (&iter, options);
  while (g_variant_iter_loop (&iter, "{&sv}", &name, &value))
    if (!set_option (account, name, value, error))
      {
        g_variant_unref (value);
        purple_account_destroy (account);
        return FALSE;
      }
  slot = g_new0 (Slot, 1);
  slot->id = g_strdup (id);
  slot->account = account;
  account->ui_data = slot;
  g_hash_table_insert (slots, slot->id, slot);
  purple_accounts_add (account);
  return TRUE;
}

/* Ends the connection, also one that has failed and waits for libpurple to clear it away. */
static void
disconnect (PurpleAccount *account)
{
  purple_account_set_ui_bool (account, OH_ENGINE_UI, "auto-login", FALSE);
  if (purple_account_get_connection (account) && !purple_account_is_disconnected (account))
    purple_account_disconnect (account);
}

gboolean
oh_engine_remove_account (const char *id, GError **error)
{
  PurpleAccount *account = oh_engine_find_account (id, error);

  if (!account)
    return FALSE;
  disconnect (account);
  oh_engine_forget_buddies (account);
  oh_engine_forget_watches (account);
  account->ui_data = NULL;
  g_hash_table_remove (slots, id);
  purple_accounts_delete (account);
  return TRUE;
}

static gboolean
needs_password (PurpleAccount *account)
{
  PurplePlugin *plugin = purple_find_prpl (purple_account_get_protocol_id (account));
  guint options = plugin ? PURPLE_PLUGIN_PROTOCOL_INFO (plugin)->options : 0;

  return !(options & (OPT_PROTO_NO_PASSWORD | OPT_PROTO_PASSWORD_OPTIONAL));
}

static gboolean
set_proxy (Slot *slot, const char *text, const char *password, GError **error)
{
  g_autoptr (OhProxy) proxy = oh_proxy_parse (text, error);

  if (!proxy)
    return FALSE;
  if (proxy->kind == OH_PROXY_SYSTEM)
    {
      g_set_error (error, OH_ERROR, OH_ERROR_INVALID, "which proxy it is must be known by now");
      return FALSE;
    }
  if (oh_proxy_has_server (proxy->kind)
      && !oh_im_protocol_takes_proxy (purple_account_get_protocol_id (slot->account)))
    {
      g_set_error (error, OH_ERROR, OH_ERROR_UNSUPPORTED,
                   "the plug-in of this protocol makes connections past any proxy");
      return FALSE;
    }
  forget_proxy (slot);
  slot->proxy_password = g_strdup (password);
  oh_engine_set_proxy (slot->account, proxy);
  return TRUE;
}

const char *
oh_engine_get_proxy_password (PurpleAccount *account)
{
  Slot *slot = account->ui_data;

  return slot && slot->proxy_password ? slot->proxy_password : "";
}

void
oh_engine_note_proxy (PurpleAccount *account, OhImReason reason, const char *text)
{
  Slot *slot = g_list_find (purple_accounts_get_all (), account) ? account->ui_data : NULL;

  if (!slot)
    return;
  slot->proxy_reason = reason;
  g_free (slot->proxy_text);
  slot->proxy_text = g_strdup (text);
}

gboolean
oh_engine_sign_in (const char *id,
                   const char *password,
                   const char *proxy,
                   const char *proxy_password,
                   GError **error)
{
  PurpleAccount *account = oh_engine_find_account (id, error);
  Slot *slot = account ? account->ui_data : NULL;

  if (!account)
    return FALSE;
  if (purple_account_get_connection (account))
    {
      g_set_error (error, OH_ERROR, OH_ERROR_BUSY, "account %s has a connection", id);
      return FALSE;
    }
  if (!*password && needs_password (account))
    {
      g_set_error (error, OH_ERROR, OH_ERROR_DENIED, "account %s needs a password", id);
      return FALSE;
    }
  if (!set_proxy (slot, proxy, proxy_password, error))
    return FALSE;
  g_clear_handle_id (&slot->forget, g_source_remove);
  g_clear_pointer (&slot->text, g_free);
  slot->reason = OH_IM_REASON_NONE;
  slot->permanent = FALSE;
  slot->told_connecting = FALSE;
  purple_account_set_password (account, *password ? password : NULL);
  purple_account_set_enabled (account, OH_ENGINE_UI, TRUE);
  if (!purple_account_get_connection (account) && slot->reason == OH_IM_REASON_NONE)
    {
      slot->reason = OH_IM_REASON_PROTOCOL;
      emit_state (slot, OH_IM_STATE_OFFLINE);
    }
  return TRUE;
}

gboolean
oh_engine_sign_out (const char *id, GError **error)
{
  PurpleAccount *account = oh_engine_find_account (id, error);

  if (account)
    disconnect (account);
  return account != NULL;
}

static PurpleStatusType *
find_status_type (PurpleAccount *account, const char *word)
{
  static const PurpleStatusPrimitive primitives[][3] = {
    [OH_IM_PRESENCE_AVAILABLE] = { PURPLE_STATUS_AVAILABLE },
    [OH_IM_PRESENCE_AWAY] = { PURPLE_STATUS_AWAY },
    [OH_IM_PRESENCE_EXTENDED_AWAY] = { PURPLE_STATUS_EXTENDED_AWAY, PURPLE_STATUS_AWAY },
    [OH_IM_PRESENCE_BUSY] = { PURPLE_STATUS_UNAVAILABLE, PURPLE_STATUS_AWAY },
    /* XMPP has no such thing: the farthest away that there is. */
    [OH_IM_PRESENCE_INVISIBLE] = { PURPLE_STATUS_INVISIBLE, PURPLE_STATUS_EXTENDED_AWAY,
                                   PURPLE_STATUS_AWAY },
    [OH_IM_PRESENCE_MOBILE] = { PURPLE_STATUS_MOBILE },
  };
  OhImPresence presence = oh_im_presence_from_word (word);
  PurpleStatusType *type = NULL;

  for (guint i = 0; i < 3 && !type && primitives[presence][i] != PURPLE_STATUS_UNSET; i++)
    type = purple_account_get_status_type_with_primitive (account, primitives[presence][i]);
  return type ? type
              : purple_account_get_status_type_with_primitive (account, PURPLE_STATUS_AVAILABLE);
}

gboolean
oh_engine_set_status (
    const char *id, const char *status, const char *message, gint64 idle_since, GError **error)
{
  PurpleAccount *account = oh_engine_find_account (id, error);
  PurpleStatusType *type;

  if (!account)
    return FALSE;
  type = find_status_type (account, status);
  if (type && purple_status_type_get_attr (type, "message"))
    purple_account_set_status (account, purple_status_type_get_id (type), TRUE, "message", message,
                               NULL);
  else if (type)
    purple_account_set_status (account, purple_status_type_get_id (type), TRUE, NULL);
  purple_presence_set_idle (purple_account_get_presence (account), idle_since > 0,
                            (time_t)idle_since);
  return TRUE;
}

/* --- what libpurple tells of connections --- */

static Slot *
get_slot (PurpleConnection *gc)
{
  return purple_connection_get_account (gc)->ui_data;
}

static void
on_progress (PurpleConnection *gc, const char *text, size_t step, size_t step_count)
{
  Slot *slot = get_slot (gc);

  if (slot && !slot->told_connecting)
    {
      slot->told_connecting = TRUE;
      emit_state (slot, OH_IM_STATE_CONNECTING);
    }
}

static void
on_connected (PurpleConnection *gc)
{
  Slot *slot = get_slot (gc);

  if (slot)
    emit_state (slot, OH_IM_STATE_ONLINE);
}

static OhImReason
translate_reason (PurpleConnectionError reason)
{
  switch (reason)
    {
    case PURPLE_CONNECTION_ERROR_NETWORK_ERROR:
      return OH_IM_REASON_NETWORK;
    case PURPLE_CONNECTION_ERROR_INVALID_USERNAME:
      return OH_IM_REASON_NAME;
    case PURPLE_CONNECTION_ERROR_AUTHENTICATION_FAILED:
    case PURPLE_CONNECTION_ERROR_AUTHENTICATION_IMPOSSIBLE:
      return OH_IM_REASON_PASSWORD;
    case PURPLE_CONNECTION_ERROR_NO_SSL_SUPPORT:
    case PURPLE_CONNECTION_ERROR_ENCRYPTION_ERROR:
      return OH_IM_REASON_ENCRYPTION;
    case PURPLE_CONNECTION_ERROR_NAME_IN_USE:
      return OH_IM_REASON_NAME_IN_USE;
    case PURPLE_CONNECTION_ERROR_INVALID_SETTINGS:
      return OH_IM_REASON_SETTINGS;
    case PURPLE_CONNECTION_ERROR_OTHER_ERROR:
      return OH_IM_REASON_OTHER;
    default:
      return OH_IM_REASON_CERTIFICATE;
    }
}

static void
on_failed (PurpleConnection *gc, PurpleConnectionError reason, const char *text)
{
  Slot *slot = get_slot (gc);

  if (!slot)
    return;
  slot->reason = translate_reason (reason);
  slot->permanent = purple_connection_error_is_fatal (reason);
  g_free (slot->text);
  if (slot->reason == OH_IM_REASON_NETWORK && slot->proxy_reason != OH_IM_REASON_NONE)
    {
      slot->reason = slot->proxy_reason;
      slot->permanent = slot->reason == OH_IM_REASON_PROXY_PASSWORD;
      text = slot->proxy_text;
    }
  slot->text = g_strdup (text);
}

/* Once libpurple has cleared the connection away, which puts the password back. */
static gboolean
on_idle_forget (gpointer user_data)
{
  Slot *slot = user_data;

  slot->forget = 0;
  purple_account_set_ui_bool (slot->account, OH_ENGINE_UI, "auto-login", FALSE);
  purple_account_set_password (slot->account, NULL);
  forget_proxy (slot);
  emit_state (slot, OH_IM_STATE_OFFLINE);
  return G_SOURCE_REMOVE;
}

static void
on_disconnected (PurpleConnection *gc)
{
  Slot *slot = get_slot (gc);

  if (slot && !slot->forget)
    slot->forget = g_idle_add (on_idle_forget, slot);
}

void
oh_engine_accounts_install (void)
{
  static PurpleConnectionUiOps ops = {
    .connect_progress = on_progress,
    .connected = on_connected,
    .disconnected = on_disconnected,
    .report_disconnect_reason = on_failed,
  };

  slots = g_hash_table_new_full (g_str_hash, g_str_equal, NULL, (GDestroyNotify)slot_free);
  purple_connections_set_ui_ops (&ops);
}
