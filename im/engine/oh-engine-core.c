/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "oh-im-engine"

#include "im/engine/oh-engine-private.h"

#include "oh-config.h"

static void
do_nothing (void)
{
}

/* libpurple would write what is said into log files. */
static void
set_preferences (void)
{
  purple_prefs_set_bool ("/purple/logging/log_ims", FALSE);
  purple_prefs_set_bool ("/purple/logging/log_chats", FALSE);
  purple_prefs_set_bool ("/purple/logging/log_system", FALSE);
  purple_prefs_set_string ("/purple/away/auto_reply", "never");
  purple_prefs_set_bool ("/purple/away/away_when_idle", FALSE);
  purple_prefs_set_string ("/purple/away/idle_reporting", "none");
  purple_prefs_set_bool ("/purple/conversations/im/send_typing", TRUE);
  purple_prefs_set_bool ("/purple/network/map_ports",
                         FALSE); /* of the network's router, for files */
}

static GHashTable *
get_ui_info (void)
{
  static GHashTable *info;

  if (!info)
    {
      info = g_hash_table_new (g_str_hash, g_str_equal);
      g_hash_table_insert (info, "name", "Offhook");
      g_hash_table_insert (info, "version", (gpointer)OH_VERSION);
      g_hash_table_insert (info, "client_type", "pc");
    }
  return info;
}

/* The parent owns accounts and passwords and gives them anew to each process: nothing of them is
 * loaded from files or written to any (buddies: oh-engine-buddies.c). */
static void
keep_nothing (void)
{
  static PurpleAccountPrefsUiOps accounts = { .load = do_nothing,
                                              .save = do_nothing,
                                              .schedule_save = do_nothing };

  purple_account_prefs_set_ui_ops (&accounts);
}

gboolean
oh_engine_core_start (const char *folder, GError **error)
{
  static PurpleCoreUiOps core = { .ui_init = do_nothing, .get_ui_info = get_ui_info };
  g_autofree char *plugins = g_build_filename (folder, "plugins", NULL);

  purple_util_set_user_dir (folder);
  purple_debug_set_enabled (FALSE); /* what it prints has passwords and messages in it */
  purple_core_set_ui_ops (&core);
  purple_eventloop_set_ui_ops (oh_engine_loop_ops ());
  purple_plugins_add_search_path (plugins);
  keep_nothing ();
  oh_engine_pulse_install ();
  oh_engine_resolver_install ();
  oh_engine_buddies_install ();
  if (!purple_core_init (OH_ENGINE_UI))
    {
      g_set_error (error, OH_ERROR, OH_ERROR_FAILED, "libpurple did not start");
      return FALSE;
    }
  purple_set_blist (purple_blist_new ());
  set_preferences ();
  oh_engine_certificates_install ();
  oh_engine_accounts_install ();
  oh_engine_buddies_listen ();
  oh_engine_privacy_install ();
  oh_engine_messages_install ();
  oh_engine_questions_install ();
  oh_engine_notices_install ();
  oh_engine_xmpp_install ();
  oh_engine_idle_install ();
  oh_engine_proxy_install ();
  oh_engine_roster_install ();
  oh_engine_irc_install ();
  oh_engine_receipts_install ();
  oh_engine_refusals_install ();
  oh_engine_rooms_install ();
  oh_engine_stanzas_install ();
  oh_engine_programs_install ();
  oh_engine_files_install ();
  oh_engine_file_ends_install ();
  return TRUE;
}

void
oh_engine_core_stop (void)
{
  purple_core_quit ();
}
