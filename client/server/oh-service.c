/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "oh-client"

#include "client/server/oh-service.h"

#define UNIT "offhookd.service"

gboolean
oh_service_is_possible (void)
{
  g_autofree char *manager = g_build_filename (g_get_user_runtime_dir (), "systemd", "private",
                                               NULL);

  return g_file_test (manager, G_FILE_TEST_EXISTS);
}

static void
on_changed (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = user_data;
  GError *error = NULL;

  if (g_subprocess_wait_check_finish (G_SUBPROCESS (source), result, &error))
    g_task_return_boolean (task, TRUE);
  else
    g_task_return_error (task, error);
}

void
oh_service_change_async (OhServiceChange change, GAsyncReadyCallback callback, gpointer user_data)
{
  g_autoptr (GTask) task = g_task_new (NULL, NULL, callback, user_data);
  GError *error = NULL;
  g_autoptr (GSubprocess) systemctl = g_subprocess_new (
      G_SUBPROCESS_FLAGS_STDOUT_SILENCE | G_SUBPROCESS_FLAGS_STDERR_SILENCE, &error, "systemctl",
      "--user", "--quiet", "--now", change == OH_SERVICE_ENABLE ? "enable" : "disable", UNIT, NULL);

  if (systemctl)
    g_subprocess_wait_check_async (systemctl, NULL, on_changed, g_steal_pointer (&task));
  else
    g_task_return_error (task, error);
}

gboolean
oh_service_change_finish (GAsyncResult *result, GError **error)
{
  g_return_val_if_fail (g_task_is_valid (result, NULL), FALSE);
  return g_task_propagate_boolean (G_TASK (result), error);
}
