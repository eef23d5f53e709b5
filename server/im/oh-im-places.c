/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "oh-im"

#include "server/im/oh-im-desk-private.h"

#include "base/oh-clock.h"
#include "base/oh-error.h"
#include "base/oh-redact.h"

#include <glib/gstdio.h>

#include <string.h>

/* --- Options --- */

static const OhImOption *
find_option (const OhImProtocol *protocol, const char *name)
{
  for (guint i = 0; i < protocol->options->len; i++)
    {
      const OhImOption *option = protocol->options->pdata[i];

      if (strcmp (option->name, name) == 0)
        return option;
    }
  return NULL;
}

static GVariant *
parse_value (const OhImOption *option, const char *value)
{
  gint64 number;

  switch (option->type)
    {
    case OH_IM_OPTION_BOOLEAN:
      if (strcmp (value, "true") == 0 || strcmp (value, "false") == 0)
        return g_variant_new_boolean (value[0] == 't');
      return NULL;
    case OH_IM_OPTION_INTEGER:
      if (g_ascii_string_to_signed (value, 10, G_MININT32, G_MAXINT32, &number, NULL))
        return g_variant_new_int32 ((gint32)number);
      return NULL;
    case OH_IM_OPTION_STRING:
      return g_variant_new_string (value);
    case OH_IM_OPTION_CHOICE:
      if (g_strv_contains ((const char *const *)option->choices, value))
        return g_variant_new_string (value);
      return NULL;
    case OH_IM_OPTION_LABEL:
    default:
      return NULL;
    }
}

GVariant *
oh_im_options_parse (const OhImProtocol *protocol, char *const *options, GError **error)
{
  g_auto (GVariantBuilder) dict = G_VARIANT_BUILDER_INIT (G_VARIANT_TYPE_VARDICT);

  for (char *const *one = options; *one; one++)
    {
      gsize length = strcspn (*one, "=");
      g_autofree char *name = g_strndup (*one, length);
      const OhImOption *option = find_option (protocol, name);
      GVariant *value = option && (*one)[length] ? parse_value (option, *one + length + 1) : NULL;

      if (!value)
        {
          g_set_error (error, OH_ERROR, OH_ERROR_INVALID,
                       option ? "option %.60s takes no such value"
                              : "%.60s is no option of this protocol",
                       name);
          return NULL;
        }
      g_variant_builder_add (&dict, "{sv}", name, value);
    }
  return g_variant_builder_end (&dict);
}

/* --- Presence --- */

OhImPlace *
oh_im_places_find (OhImDesk *desk, gint64 login_id)
{
  return g_hash_table_lookup (desk->places, &login_id);
}

const OhImLogin *
oh_im_place_get_login (OhImPlace *place)
{
  GPtrArray *logins = oh_directory_get_im_logins (place->desk->directory);

  for (guint i = 0; i < logins->len; i++)
    if (((const OhImLogin *)logins->pdata[i])->id == place->login_id)
      return logins->pdata[i];
  return NULL;
}

const OhImIdentity *
oh_im_desk_find_identity (OhImDesk *desk, gint64 id)
{
  GPtrArray *identities = oh_directory_get_im_identities (desk->directory);

  for (guint i = 0; i < identities->len; i++)
    if (((const OhImIdentity *)identities->pdata[i])->id == id)
      return identities->pdata[i];
  return NULL;
}

static OhImBuddy *
find_buddy (OhImDesk *desk, const OhImIdentity *identity)
{
  OhImPlace *place = oh_im_places_find (desk, identity->login->id);

  return place && place->account && oh_im_account_get_state (place->account) == OH_IM_STATE_ONLINE
             ? oh_im_account_find_buddy (place->account, identity->name)
             : NULL;
}

/* When its person was last seen to do something, monotonic; what the service tells of it goes before what
 * was seen here. 0: never. */
static gint64
get_activity (OhImBuddy *buddy)
{
  gint64 idle_since = oh_im_buddy_get_idle_since (buddy);

  if (idle_since <= 0)
    return oh_im_buddy_get_last_activity (buddy);
  return oh_clock_before (g_get_real_time () - idle_since * G_USEC_PER_SEC);
}

gboolean
oh_im_identity_look (OhImDesk *desk, const OhImIdentity *identity, OhSighting *seen)
{
  static const OhPresence presences[] = {
    [OH_IM_PRESENCE_OFFLINE] = OH_PRESENCE_CLOSED,
    [OH_IM_PRESENCE_INVISIBLE] = OH_PRESENCE_CLOSED,
    [OH_IM_PRESENCE_AVAILABLE] = OH_PRESENCE_OPEN,
    [OH_IM_PRESENCE_MOBILE] = OH_PRESENCE_OPEN,
    [OH_IM_PRESENCE_AWAY] = OH_PRESENCE_AWAY,
    [OH_IM_PRESENCE_BUSY] = OH_PRESENCE_DND,
    [OH_IM_PRESENCE_EXTENDED_AWAY] = OH_PRESENCE_AWAY,
  };
  OhImBuddy *buddy = identity->verified ? find_buddy (desk, identity) : NULL;
  gboolean sip = identity->verified && oh_im_login_is_sip (identity->login);
  OhImPresence presence = buddy ? oh_im_buddy_get_presence (buddy) : OH_IM_PRESENCE_UNKNOWN;

  if (sip)
    return oh_im_places_find (desk, identity->login->id) && oh_im_sip_look (desk, identity, seen);
  if (presence == OH_IM_PRESENCE_UNKNOWN)
    return FALSE;
  seen->identity_id = identity->id;
  seen->presence = presences[presence];
  seen->mobile = presence == OH_IM_PRESENCE_MOBILE;
  seen->active_us = get_activity (buddy);
  return TRUE;
}

gint64
oh_im_desk_get_activity (OhImDesk *desk, const OhImIdentity *identity)
{
  OhImBuddy *buddy = find_buddy (desk, identity);
  OhSighting seen = { 0 };
  gint64 active_us = buddy                                         ? get_activity (buddy)
                     : oh_im_identity_look (desk, identity, &seen) ? seen.active_us
                                                                   : 0;

  return active_us ? (g_get_real_time () - oh_clock_now () + active_us) / G_USEC_PER_SEC : 0;
}

const char *
oh_im_desk_get_presence (OhImDesk *desk, const OhImIdentity *identity)
{
  static const OhImPresence of_device[] = { [OH_PRESENCE_OPEN] = OH_IM_PRESENCE_AVAILABLE,
                                            [OH_PRESENCE_AWAY] = OH_IM_PRESENCE_AWAY,
                                            [OH_PRESENCE_DND] = OH_IM_PRESENCE_BUSY,
                                            [OH_PRESENCE_CLOSED] = OH_IM_PRESENCE_OFFLINE };
  OhImBuddy *buddy = find_buddy (desk, identity);
  OhSighting seen = { 0 };

  if (oh_im_login_is_sip (identity->login) && oh_im_identity_look (desk, identity, &seen))
    return oh_im_presence_to_word (seen.mobile ? OH_IM_PRESENCE_MOBILE : of_device[seen.presence]);
  return oh_im_presence_to_word (buddy ? oh_im_buddy_get_presence (buddy) : OH_IM_PRESENCE_UNKNOWN);
}

OhImProgram *
oh_im_desk_dup_program (OhImDesk *desk, const OhImIdentity *identity)
{
  const OhSeenProgram *seen = oh_im_desk_find_program (desk, identity->id);
  const char *agent = oh_im_login_is_sip (identity->login)
                          ? g_hash_table_lookup (desk->sip_agents, identity->name)
                          : NULL;

  if (!identity->verified || (!agent && !seen))
    return oh_im_program_parse (NULL);
  return agent ? oh_im_program_parse (agent)
               : oh_im_program_of (seen->client, seen->program, seen->version);
}

void
oh_im_place_tell (OhImPlace *place, const char *name)
{
  const OhImLogin *login = oh_im_place_get_login (place);
  const OhImIdentity *identity = login ? oh_directory_find_im_identity (place->desk->directory,
                                                                        login, name)
                                       : NULL;

  if (identity)
    oh_im_desk_tell_presence (place->desk, identity->user);
  oh_im_desk_look_around (place->desk);
}

static void
on_presence_changed (OhImBuddy *buddy, GParamSpec *pspec, gpointer user_data)
{
  oh_im_place_tell (user_data, oh_im_buddy_get_name (buddy));
}

static void
on_program_changed (OhImBuddy *buddy, GParamSpec *pspec, gpointer user_data)
{
  oh_im_place_see_program (user_data, buddy);
}

static void
on_buddies_changed (GListModel *list, guint position, guint removed, guint added, OhImPlace *place)
{
  static const char *const programs[] = { "notify::presence", "notify::client", "notify::program",
                                          "notify::version", NULL };

  for (guint i = position; i < position + added; i++)
    {
      g_autoptr (OhImBuddy) buddy = g_list_model_get_item (list, i);

      g_signal_handlers_disconnect_by_func (buddy, on_presence_changed, place);
      g_signal_handlers_disconnect_by_func (buddy, on_program_changed, place);
      g_signal_connect (buddy, "notify::presence", G_CALLBACK (on_presence_changed), place);
      g_signal_connect (buddy, "notify::idle-since", G_CALLBACK (on_presence_changed), place);
      for (const char *const *news = programs; *news; news++)
        g_signal_connect (buddy, *news, G_CALLBACK (on_program_changed), place);
      on_presence_changed (buddy, NULL, place);
      on_program_changed (buddy, NULL, place);
    }
}

/* --- Accounts --- */

static void
tell_all_presence (OhImDesk *desk)
{
  GPtrArray *users = oh_directory_get_users (desk->directory);

  for (guint i = 0; i < users->len; i++)
    oh_im_desk_tell_presence (desk, users->pdata[i]);
}

static void
on_state_changed (OhImAccount *account, GParamSpec *pspec, OhImPlace *place)
{
  const OhImLogin *login = oh_im_place_get_login (place);
  OhImReason reason = oh_im_account_get_reason (account);
  g_autofree char *said = oh_printable (oh_im_account_get_error_text (account), 200);

  g_message ("IM account %s: %s%s%s%s%s", login ? login->name : "?",
             oh_im_state_to_word (oh_im_account_get_state (account)), reason ? ", " : "",
             reason ? oh_im_reason_to_word (reason) : "", *said ? ": " : "", said);
  if (oh_im_account_get_state (account) == OH_IM_STATE_ONLINE)
    g_clear_pointer (&place->certificate, g_free);
  oh_im_place_note_state (place, oh_im_account_get_state (account));
  tell_all_presence (place->desk);
  oh_im_desk_look_around (place->desk);
}

static void
on_message (OhImAccount *account, const OhImMessage *message, OhImPlace *place)
{
  oh_im_desk_take_message (place->desk, place, message);
  oh_im_place_tell (place, message->with);
}

/* Who types is there. */
static void
on_typing (OhImAccount *account, const char *with, int typing, OhImPlace *place)
{
  oh_im_place_tell (place, with);
}

/* Nobody is here who could join a room or keep a file; the engine tells no more than a few a minute. */
static void
on_refused (OhImAccount *account,
            const char *with,
            int kind,
            const char *name,
            gint64 size,
            OhImPlace *place)
{
  const OhImLogin *login = oh_im_place_get_login (place);
  g_autofree char *who = oh_redact_address (with);

  g_message ("IM account %s: refused %s of %s", login ? login->name : "?",
             kind == OH_IM_REFUSAL_ROOM ? "an invitation to a room" : "a file", who);
}

static void
give_password (OhImAccount *account, gpointer user_data)
{
  oh_im_account_give_password (account, ((OhImPlace *)user_data)->password);
}

/* libpurple keeps certificates that were accepted once and does not ask again; what is trusted is the
 * store's to say. */
static void
forget_certificates (OhImDesk *desk)
{
  g_autofree char *folder = g_build_filename (desk->folder, "certificates", "x509", "tls_peers",
                                              NULL);
  GDir *dir = g_dir_open (folder, 0, NULL);
  const char *name;

  while (dir && (name = g_dir_read_name (dir)))
    {
      g_autofree char *path = g_build_filename (folder, name, NULL);

      g_unlink (path);
    }
  if (dir)
    g_dir_close (dir);
}

void
oh_im_place_free (gpointer data)
{
  OhImPlace *place = data;

  if (place->account)
    {
      GListModel *list = oh_im_account_get_buddies (place->account);

      for (guint i = 0; i < g_list_model_get_n_items (list); i++)
        {
          g_autoptr (OhImBuddy) buddy = g_list_model_get_item (list, i);

          g_signal_handlers_disconnect_by_data (buddy, place);
        }
      g_signal_handlers_disconnect_by_data (list, place);
      g_signal_handlers_disconnect_by_data (place->account, place);
      oh_im_account_set_password_source (place->account, NULL, NULL);
      oh_im_engine_remove_account (place->desk->engine, place->engine_id);
      g_object_unref (place->account);
    }
  g_hash_table_unref (place->buddies);
  g_free (place->signature);
  g_free (place->engine_id);
  g_free (place->trouble);
  if (place->password)
    memset (place->password, 0, strlen (place->password));
  g_free (place->password);
  g_free (place->certificate);
  g_free (place);
}

static char *
make_signature (const OhImLogin *login)
{
  g_autofree char *options = g_strjoinv ("\n", login->options);

  return g_strdup_printf (
      "%s\n%s\n%s\n%s\n%s\n%s\n%s", login->protocol, login->username,
      login->secret ? login->secret : "", options, login->fingerprint ? login->fingerprint : "",
      login->proxy ? login->proxy : "", login->proxy_secret ? login->proxy_secret : "");
}

/* The store has checked it; one that makes no sense all the same must not be gone around. */
static gboolean
set_proxy (OhImPlace *place, const OhImLogin *login, GError **error)
{
  g_autoptr (OhProxy) proxy = oh_proxy_parse (login->proxy ? login->proxy : "none", error);

  if (proxy)
    oh_im_account_set_proxy (place->account, proxy, login->proxy_secret);
  return proxy != NULL;
}

static void
sign_in (OhImPlace *place, const OhImLogin *login)
{
  OhImAccount *account = place->account;

  g_signal_connect (account, "notify::state", G_CALLBACK (on_state_changed), place);
  g_signal_connect (account, "message", G_CALLBACK (on_message), place);
  g_signal_connect (account, "typing", G_CALLBACK (on_typing), place);
  g_signal_connect (account, "refused", G_CALLBACK (on_refused), place);
  g_signal_connect (oh_im_account_get_buddies (account), "items-changed",
                    G_CALLBACK (on_buddies_changed), place);
  if (login->rate > 0)
    oh_im_account_set_rate (account, login->rate);
  if (login->secret)
    oh_im_account_set_password_source (account, give_password, place);
  oh_im_account_set_status (account, OH_IM_PRESENCE_AVAILABLE, NULL, 0);
  oh_im_account_sign_in (account);
}

static OhImPlace *
new_place (OhImDesk *desk, const OhImLogin *login)
{
  OhImPlace *place = g_new0 (OhImPlace, 1);

  place->desk = desk;
  place->login_id = login->id;
  place->signature = make_signature (login);
  place->buddies = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free);
  return place;
}

static OhImPlace *
make_sip_place (OhImDesk *desk, const OhImLogin *login)
{
  OhImPlace *place = new_place (desk, login);

  place->sip = TRUE;
  place->online = TRUE;
  return place;
}

static OhImPlace *
make_place (OhImDesk *desk, const OhImLogin *login)
{
  OhImPlace *place = new_place (desk, login);
  OhImProtocol *protocol = oh_im_engine_find_protocol (desk->engine, login->protocol);
  GVariant *options = NULL;
  g_autoptr (GError) error = NULL;

  place->engine_id = g_strdup_printf ("im-%u", ++desk->last_place);
  place->password = g_strdup (login->secret);
  if (protocol)
    options = oh_im_options_parse (protocol, login->options, &error);
  else
    g_set_error (&error, OH_ERROR, OH_ERROR_UNSUPPORTED, "there is no plug-in for %s",
                 login->protocol);
  if (options)
    place->account = oh_im_engine_add_account (desk->engine, place->engine_id, login->protocol,
                                               login->username, options, &error);
  if (place->account && set_proxy (place, login, &error))
    {
      g_object_ref (place->account);
      sign_in (place, login);
    }
  else
    {
      if (place->account)
        oh_im_engine_remove_account (desk->engine, place->engine_id);
      place->account = NULL;
      g_warning ("IM account %s: %s", login->name, error->message);
      place->trouble = g_strdup (error->message);
    }
  return place;
}

/* Verified identities are asked for their presence. */
static void
take_buddy (OhImDesk *desk, OhImPlace *place, const OhImIdentity *identity)
{
  const gint64 *user = g_hash_table_lookup (place->buddies, identity->name);
  OhImBuddy *buddy;

  if (user && *user == identity->user->id)
    return;
  if (user)
    oh_im_desk_forget (desk, place->login_id, identity->name);
  else if (place->account)
    oh_im_account_add_buddy (place->account, identity->name, NULL, "Offhook", NULL);
  buddy = find_buddy (desk, identity);
  if (buddy)
    oh_im_place_see_program (place, buddy);
  g_hash_table_replace (place->buddies, g_strdup (identity->name),
                        g_memdup2 (&identity->user->id, sizeof identity->user->id));
}

/* And those that are it no longer are let go. */
static void
sync_buddies (OhImDesk *desk, OhImPlace *place)
{
  GPtrArray *identities = oh_directory_get_im_identities (desk->directory);
  g_autoptr (GHashTable) wanted = g_hash_table_new (g_str_hash, g_str_equal);
  GHashTableIter iter;
  gpointer name;

  for (guint i = 0; i < identities->len; i++)
    {
      const OhImIdentity *identity = identities->pdata[i];

      if (!identity->verified || identity->login->id != place->login_id)
        continue;
      g_hash_table_add (wanted, identity->name);
      take_buddy (desk, place, identity);
    }
  g_hash_table_iter_init (&iter, place->buddies);
  while (g_hash_table_iter_next (&iter, &name, NULL))
    if (!g_hash_table_contains (wanted, name))
      {
        if (place->account)
          oh_im_account_remove_buddy (place->account, name);
        oh_im_desk_forget (desk, place->login_id, name);
        g_hash_table_iter_remove (&iter);
      }
}

/* Drops what is no longer there or has changed. */
static void
drop_places (OhImDesk *desk)
{
  GHashTableIter iter;
  gpointer value;

  g_hash_table_iter_init (&iter, desk->places);
  while (g_hash_table_iter_next (&iter, NULL, &value))
    {
      const OhImLogin *login = oh_im_place_get_login (value);
      g_autofree char *signature = login ? make_signature (login) : NULL;

      if (g_strcmp0 (signature, ((OhImPlace *)value)->signature) == 0)
        continue;
      g_hash_table_iter_remove (&iter);
      forget_certificates (desk);
    }
}

/* Accounts of the engine wait until it has told which protocols there are. */
static void
sync_place (OhImDesk *desk, const OhImLogin *login)
{
  OhImPlace *place = oh_im_places_find (desk, login->id);
  gboolean sip = oh_im_login_is_sip (login);

  if (!sip && (!desk->engine || oh_im_engine_get_protocols (desk->engine)->len == 0))
    return;
  if (!place)
    {
      if (g_hash_table_size (desk->places) == 0)
        forget_certificates (desk);
      place = sip ? make_sip_place (desk, login) : make_place (desk, login);
      g_hash_table_insert (desk->places, &place->login_id, place);
    }
  if (place->account || place->sip)
    sync_buddies (desk, place);
}

void
oh_im_places_sync (OhImDesk *desk)
{
  GPtrArray *logins = oh_directory_get_im_logins (desk->directory);

  drop_places (desk);
  for (guint i = 0; i < logins->len; i++)
    sync_place (desk, logins->pdata[i]);
  tell_all_presence (desk);
  oh_im_desk_tell_lost (desk);
}
