/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "oh-client"

#include "client/settings/oh-autostart.h"

#include <glib/gstdio.h>

#define ENTRY "org.offhook.Offhook.desktop"

static const char entry_text[] = "[Desktop Entry]\n"
                                 "Type=Application\n"
                                 "Name=Offhook\n"
                                 "Exec=offhook --background\n"
                                 "Icon=org.offhook.Offhook\n"
                                 "X-GNOME-Autostart-enabled=true\n";

static void
on_autostart_changed (OhSettings *settings, GParamSpec *pspec, gpointer user_data)
{
  g_autofree char *folder = g_build_filename (g_get_user_config_dir (), "autostart", NULL);
  g_autofree char *path = g_build_filename (folder, ENTRY, NULL);
  g_autoptr (GError) error = NULL;
  gboolean on = FALSE;

  g_object_get (settings, "autostart", &on, NULL);
  if (!on)
    {
      g_unlink (path);
      return;
    }
  g_mkdir_with_parents (folder, 0700);
  if (!g_file_set_contents (path, entry_text, -1, &error))
    g_warning ("autostart can't be set: %s", error->message);
}

void
oh_autostart_follow (OhSettings *settings)
{
  g_signal_connect (settings, "notify::autostart", G_CALLBACK (on_autostart_changed), NULL);
}
