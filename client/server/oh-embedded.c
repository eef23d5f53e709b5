/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "oh-client"

#include "client/server/oh-embedded.h"

#include "base/oh-error.h"
#include "client/account/oh-fingerprint.h"
#include "client/server/oh-embedded-private.h"
#include "client/server/oh-service.h"

#include <glib/gstdio.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>

#define START_TIMEOUT_MS 20000
#define STOP_TIMEOUT_MS 5000
#define POLL_MS 50
#define RESTART_MS 500
#define RESTART_MAX_MS 30000
#define STABLE_MS 60000 /* who has lived so long is started again at once */

struct _OhEmbedded
{
  GObject parent;
  char *config_file;
  char *state_dir; /* of the server */
  char *daemon_path;
  gboolean own_daemon; /* the path was given: no service then */
  OhEmbeddedMode mode;
  GSubprocess *child;
  char *url;
  guint16 tls_port;
  gboolean stopping;
  gint64 ready_at;  /* monotonic us */
  guint restart_ms; /* of the next time */
  guint restart_timer;
  GFileMonitor *monitor; /* of run.json, while a service writes it */
};

static guint restarted_signal;

G_DEFINE_FINAL_TYPE (OhEmbedded, oh_embedded, G_TYPE_OBJECT)

static void
get_property (GObject *object, guint id, GValue *value, GParamSpec *pspec)
{
  g_value_set_int (value, OH_EMBEDDED (object)->mode);
}

static void
finalize (GObject *object)
{
  OhEmbedded *embedded = OH_EMBEDDED (object);

  g_clear_handle_id (&embedded->restart_timer, g_source_remove);
  g_clear_object (&embedded->monitor);
  g_clear_object (&embedded->child);
  g_free (embedded->config_file);
  g_free (embedded->state_dir);
  g_free (embedded->daemon_path);
  g_free (embedded->url);
  G_OBJECT_CLASS (oh_embedded_parent_class)->finalize (object);
}

static void
oh_embedded_class_init (OhEmbeddedClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);

  object_class->get_property = get_property;
  object_class->finalize = finalize;
  g_object_class_install_property (object_class, 1,
                                   g_param_spec_int ("mode", NULL, NULL, 0, OH_EMBEDDED_CHILD, 0,
                                                     G_PARAM_READABLE | G_PARAM_STATIC_STRINGS));
  restarted_signal = g_signal_new ("restarted", OH_TYPE_EMBEDDED, G_SIGNAL_RUN_LAST, 0, NULL, NULL,
                                   NULL, G_TYPE_NONE, 0);
}

static void
oh_embedded_init (OhEmbedded *embedded)
{
  embedded->restart_ms = RESTART_MS;
}

OhEmbedded *
oh_embedded_new (const OhEmbeddedConfig *config)
{
  OhEmbedded *embedded = g_object_new (OH_TYPE_EMBEDDED, NULL);
  g_autofree char *program = g_file_read_link ("/proc/self/exe", NULL);
  g_autofree char *folder = program ? g_path_get_dirname (program) : NULL;
  g_autofree char *beside = folder ? g_build_filename (folder, "offhookd", NULL) : NULL;

  embedded->config_file = g_build_filename (config->config_dir, "offhookd.conf", NULL);
  embedded->state_dir = g_build_filename (config->state_dir, "server", NULL);
  embedded->own_daemon = config->daemon_path && *config->daemon_path;
  if (embedded->own_daemon)
    embedded->daemon_path = g_strdup (config->daemon_path);
  else if (beside && g_file_test (beside, G_FILE_TEST_IS_EXECUTABLE))
    embedded->daemon_path = g_steal_pointer (&beside);
  else
    embedded->daemon_path = g_find_program_in_path ("offhookd");
  return embedded;
}

OhEmbeddedMode
oh_embedded_get_mode (OhEmbedded *embedded)
{
  g_return_val_if_fail (OH_IS_EMBEDDED (embedded), OH_EMBEDDED_NONE);
  return embedded->mode;
}

const char *
oh_embedded_get_url (OhEmbedded *embedded)
{
  g_return_val_if_fail (OH_IS_EMBEDDED (embedded), NULL);
  return embedded->url;
}

guint16
oh_embedded_get_tls_port (OhEmbedded *embedded)
{
  g_return_val_if_fail (OH_IS_EMBEDDED (embedded), 0);
  return embedded->tls_port;
}

char *
oh_embedded_dup_fingerprint (OhEmbedded *embedded, GError **error)
{
  g_autofree char *path = g_build_filename (embedded->state_dir, "tls", "agent.pem", NULL);

  return oh_fingerprint_of_file (path, error);
}

static void
set_mode (OhEmbedded *embedded, OhEmbeddedMode mode)
{
  if (embedded->mode == mode)
    return;
  embedded->mode = mode;
  g_object_notify (G_OBJECT (embedded), "mode");
}

/* --- Start --- */

typedef struct
{
  gint64 deadline;
  guint timer;
} Starting;

static void
starting_free (gpointer data)
{
  Starting *starting = data;

  g_clear_handle_id (&starting->timer, g_source_remove);
  g_free (starting);
}

/* TRUE when run.json is there and the process that it names lives. */
static gboolean
take_run_file (OhEmbedded *embedded)
{
  OhRunFile run;

  if (!oh_run_file_read (embedded->state_dir, &run) || kill (run.pid, 0) != 0)
    return FALSE;
  g_free (embedded->url);
  embedded->url = g_strdup_printf ("https://127.0.0.1:%u", run.https_port);
  embedded->tls_port = run.tls_port;
  embedded->ready_at = g_get_monotonic_time ();
  return TRUE;
}

static void
return_daemon_error (OhEmbedded *embedded, GTask *task)
{
  g_autofree char *line = oh_embedded_dup_last_line (embedded->state_dir);

  g_task_return_new_error (task, OH_SIGN_IN_ERROR, OH_SIGN_IN_ERROR_DAEMON, "%s",
                           line ? line : "the call server did not become ready");
}

static gboolean
on_poll (gpointer user_data)
{
  GTask *task = user_data;
  OhEmbedded *embedded = g_task_get_source_object (task);
  Starting *starting = g_task_get_task_data (task);
  gboolean dead = embedded->mode == OH_EMBEDDED_CHILD && !embedded->child;

  if (take_run_file (embedded))
    g_task_return_boolean (task, TRUE);
  else if (g_task_return_error_if_cancelled (task))
    ;
  else if (dead || g_get_monotonic_time () > starting->deadline)
    return_daemon_error (embedded, task);
  else
    return G_SOURCE_CONTINUE;
  starting->timer = 0;
  g_object_unref (task);
  return G_SOURCE_REMOVE;
}

static void
wait_until_ready (GTask *task)
{
  Starting *starting = g_new0 (Starting, 1);

  starting->deadline = g_get_monotonic_time () + START_TIMEOUT_MS * 1000;
  g_task_set_task_data (task, starting, starting_free);
  starting->timer = g_timeout_add (POLL_MS, on_poll, task);
}

/* --- Start again --- */

static void schedule_restart (OhEmbedded *embedded);

static void
on_restarted (GObject *source, GAsyncResult *result, gpointer user_data)
{
  OhEmbedded *embedded = OH_EMBEDDED (source);
  g_autoptr (GError) error = NULL;

  if (oh_embedded_start_finish (embedded, result, &error))
    {
      g_message ("the call server on this computer runs again");
      g_signal_emit (embedded, restarted_signal, 0);
      return;
    }
  g_message ("the call server on this computer did not start again: %s", error->message);
  schedule_restart (embedded);
}

static gboolean
on_restart_due (gpointer user_data)
{
  OhEmbedded *embedded = user_data;

  embedded->restart_timer = 0;
  oh_embedded_start_async (embedded, NULL, on_restarted, NULL);
  return G_SOURCE_REMOVE;
}

static void
schedule_restart (OhEmbedded *embedded)
{
  if (embedded->stopping || embedded->restart_timer)
    return;
  embedded->restart_timer = g_timeout_add (embedded->restart_ms, on_restart_due, embedded);
  embedded->restart_ms = MIN (embedded->restart_ms * 2, RESTART_MAX_MS);
}

static void
on_child_exited (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (OhEmbedded) embedded = user_data;

  g_subprocess_wait_finish (G_SUBPROCESS (source), result, NULL);
  if (embedded->child != G_SUBPROCESS (source))
    return;
  g_message ("the call server on this computer has ended");
  g_clear_object (&embedded->child);
  if (!embedded->url)
    return; /* it never became ready: whoever started it is told */
  g_clear_pointer (&embedded->url, g_free);
  if (g_get_monotonic_time () - embedded->ready_at > STABLE_MS * G_GINT64_CONSTANT (1000))
    embedded->restart_ms = RESTART_MS;
  schedule_restart (embedded);
}

/* In the child between fork and exec: it shall not outlive a client that crashes. */
static void
die_with_parent (gpointer data)
{
  prctl (PR_SET_PDEATHSIG, SIGTERM);
}

static void
start_child (OhEmbedded *embedded, GTask *task)
{
  g_autoptr (GSubprocessLauncher) launcher = g_subprocess_launcher_new (
      G_SUBPROCESS_FLAGS_STDOUT_SILENCE);
  g_autofree char *log = g_build_filename (embedded->state_dir, "offhookd.log", NULL);
  GError *error = NULL;

  g_unlink (log);
  g_subprocess_launcher_set_stderr_file_path (launcher, log);
  g_subprocess_launcher_set_child_setup (launcher, die_with_parent, NULL, NULL);
  embedded->child = g_subprocess_launcher_spawn (launcher, &error, embedded->daemon_path,
                                                 "--config", embedded->config_file, NULL);
  if (!embedded->child)
    {
      g_task_return_new_error (task, OH_SIGN_IN_ERROR, OH_SIGN_IN_ERROR_NO_DAEMON, "%s",
                               error->message);
      g_error_free (error);
      g_object_unref (task);
      return;
    }
  set_mode (embedded, OH_EMBEDDED_CHILD);
  g_subprocess_wait_async (embedded->child, NULL, on_child_exited, g_object_ref (embedded));
  wait_until_ready (task);
}

/* --- A service --- */

/* systemd has started it again, perhaps at other ports. */
static void
on_run_file_changed (
    GFileMonitor *monitor, GFile *file, GFile *other, GFileMonitorEvent event, OhEmbedded *embedded)
{
  g_autofree char *url = g_strdup (embedded->url);
  guint16 tls_port = embedded->tls_port;

  if (!url || !take_run_file (embedded)
      || (g_str_equal (url, embedded->url) && tls_port == embedded->tls_port))
    return;
  g_message ("the call server on this computer was started again");
  g_signal_emit (embedded, restarted_signal, 0);
}

static void
follow_service (OhEmbedded *embedded)
{
  g_autofree char *path = oh_run_file_path (embedded->state_dir);
  g_autoptr (GFile) file = g_file_new_for_path (path);

  if (embedded->monitor)
    return;
  embedded->monitor = g_file_monitor_file (file, G_FILE_MONITOR_NONE, NULL, NULL);
  if (embedded->monitor)
    g_signal_connect_object (embedded->monitor, "changed", G_CALLBACK (on_run_file_changed),
                             embedded, 0);
}

static void
on_service_enabled (GObject *source, GAsyncResult *result, gpointer user_data)
{
  GTask *task = user_data;
  OhEmbedded *embedded = g_task_get_source_object (task);
  g_autoptr (GError) error = NULL;

  if (!oh_service_change_finish (result, &error))
    {
      g_message ("no user service, a child process instead: %s", error->message);
      oh_service_change_async (OH_SERVICE_DISABLE, NULL, NULL); /* it would disturb the child */
      start_child (embedded, task);
      return;
    }
  set_mode (embedded, OH_EMBEDDED_SERVICE);
  follow_service (embedded);
  wait_until_ready (task);
}

void
oh_embedded_start_async (OhEmbedded *embedded,
                         GCancellable *cancellable,
                         GAsyncReadyCallback callback,
                         gpointer user_data)
{
  GTask *task = g_task_new (embedded, cancellable, callback, user_data);
  GError *error = NULL;

  embedded->stopping = FALSE;
  if (embedded->url && take_run_file (embedded))
    {
      g_task_return_boolean (task, TRUE);
      g_object_unref (task);
    }
  else if (!embedded->daemon_path
           || !g_file_test (embedded->daemon_path, G_FILE_TEST_IS_EXECUTABLE))
    {
      g_task_return_new_error (task, OH_SIGN_IN_ERROR, OH_SIGN_IN_ERROR_NO_DAEMON,
                               "offhookd is not installed");
      g_object_unref (task);
    }
  else if (!oh_embedded_write_config (embedded->config_file, embedded->state_dir, &error))
    {
      g_task_return_error (task, error);
      g_object_unref (task);
    }
  else if (!embedded->own_daemon && oh_service_is_possible ())
    oh_service_change_async (OH_SERVICE_ENABLE, on_service_enabled, task);
  else if (take_run_file (embedded))
    {
      set_mode (embedded, OH_EMBEDDED_CHILD);
      g_task_return_boolean (task, TRUE);
      g_object_unref (task);
    }
  else
    start_child (embedded, task);
}

gboolean
oh_embedded_start_finish (OhEmbedded *embedded, GAsyncResult *result, GError **error)
{
  g_return_val_if_fail (g_task_is_valid (result, embedded), FALSE);
  return g_task_propagate_boolean (G_TASK (result), error);
}

/* --- The user --- */

typedef struct
{
  char *alias, *name, *password;
  guint step;
} Adding;

static void
adding_free (gpointer data)
{
  Adding *adding = data;

  explicit_bzero (adding->password, strlen (adding->password));
  g_free (adding->password);
  g_free (adding->alias);
  g_free (adding->name);
  g_free (adding);
}

static void add_next (GTask *task);

static void
on_ctl_ready (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = user_data;
  Adding *adding = g_task_get_task_data (task);
  GError *error = NULL;
  g_autofree char *complaint = NULL;
  gboolean ok = g_subprocess_communicate_utf8_finish (G_SUBPROCESS (source), result, NULL,
                                                      &complaint, &error);
  gboolean done = ok && g_subprocess_get_if_exited (G_SUBPROCESS (source))
                  && g_subprocess_get_exit_status (G_SUBPROCESS (source)) == 0;

  /* The user is there since an earlier time: its password is set anew. */
  if (ok && !done && adding->step == 0)
    adding->step = 1;
  else if (ok && (done || adding->step == 2))
    adding->step = adding->step == 2 ? 3 : 2;
  else
    {
      g_task_return_new_error (task, OH_SIGN_IN_ERROR, OH_SIGN_IN_ERROR_DAEMON, "%s",
                               error ? error->message : g_strstrip (complaint));
      g_clear_error (&error);
      return;
    }
  if (adding->step == 3)
    g_task_return_boolean (task, TRUE);
  else
    add_next (g_steal_pointer (&task));
}

static void
add_next (GTask *task)
{
  OhEmbedded *embedded = g_task_get_source_object (task);
  Adding *adding = g_task_get_task_data (task);
  g_autofree char *program = oh_embedded_find_ctl (embedded->daemon_path);
  g_autofree char *input = g_strconcat (adding->password, "\n", NULL);
  /* One that does not read it may have ended before it is written, which would be an error. */
  gboolean asks = adding->step < 2;
  const char *const steps[][10] = {
    { program, "--config", embedded->config_file, "user", "add", adding->alias, "--name",
      adding->name, "--password-stdin", NULL },
    { program, "--config", embedded->config_file, "user", "password", adding->alias,
      "--password-stdin", NULL },
    { program, "--config", embedded->config_file, "number", "add", "100", adding->alias, NULL },
  };
  GError *error = NULL;
  g_autoptr (GSubprocess) ctl = g_subprocess_newv (steps[adding->step],
                                                   (asks ? G_SUBPROCESS_FLAGS_STDIN_PIPE : 0)
                                                       | G_SUBPROCESS_FLAGS_STDOUT_SILENCE
                                                       | G_SUBPROCESS_FLAGS_STDERR_PIPE,
                                                   &error);

  if (ctl)
    g_subprocess_communicate_utf8_async (ctl, asks ? input : NULL, g_task_get_cancellable (task),
                                         on_ctl_ready, task);
  else
    {
      g_task_return_new_error (task, OH_SIGN_IN_ERROR, OH_SIGN_IN_ERROR_NO_DAEMON, "offhookctl: %s",
                               error->message);
      g_error_free (error);
      g_object_unref (task);
    }
  explicit_bzero (input, strlen (input));
}

void
oh_embedded_add_user_async (OhEmbedded *embedded,
                            const char *alias,
                            const char *name,
                            const char *password,
                            GCancellable *cancellable,
                            GAsyncReadyCallback callback,
                            gpointer user_data)
{
  GTask *task = g_task_new (embedded, cancellable, callback, user_data);
  Adding *adding = g_new0 (Adding, 1);

  adding->alias = g_strdup (alias);
  adding->name = g_strdup (name);
  adding->password = g_strdup (password);
  g_task_set_task_data (task, adding, adding_free);
  add_next (task);
}

gboolean
oh_embedded_add_user_finish (OhEmbedded *embedded, GAsyncResult *result, GError **error)
{
  g_return_val_if_fail (g_task_is_valid (result, embedded), FALSE);
  return g_task_propagate_boolean (G_TASK (result), error);
}

/* --- Stop --- */

static void
on_stopped (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = user_data;
  guint *timer = g_task_get_task_data (task);

  g_subprocess_wait_finish (G_SUBPROCESS (source), result, NULL);
  g_clear_handle_id (timer, g_source_remove);
  g_task_return_boolean (task, TRUE);
}

static gboolean
on_stop_timeout (gpointer user_data)
{
  GTask *task = user_data;
  OhEmbedded *embedded = g_task_get_source_object (task);

  *(guint *)g_task_get_task_data (task) = 0;
  g_warning ("the call server does not end, it is killed");
  if (embedded->child)
    g_subprocess_force_exit (embedded->child);
  return G_SOURCE_REMOVE;
}

void
oh_embedded_stop_async (OhEmbedded *embedded, GAsyncReadyCallback callback, gpointer user_data)
{
  GTask *task = g_task_new (embedded, NULL, callback, user_data);
  guint *timer = g_new0 (guint, 1);

  g_task_set_task_data (task, timer, g_free);
  embedded->stopping = TRUE;
  g_clear_handle_id (&embedded->restart_timer, g_source_remove);
  if (!embedded->child)
    {
      g_task_return_boolean (task, TRUE);
      g_object_unref (task);
      return;
    }
  g_subprocess_send_signal (embedded->child, SIGTERM);
  *timer = g_timeout_add (STOP_TIMEOUT_MS, on_stop_timeout, task);
  g_subprocess_wait_async (embedded->child, NULL, on_stopped, task);
}

gboolean
oh_embedded_stop_finish (OhEmbedded *embedded, GAsyncResult *result, GError **error)
{
  g_return_val_if_fail (g_task_is_valid (result, embedded), FALSE);
  return g_task_propagate_boolean (G_TASK (result), error);
}

void
oh_embedded_remove (OhEmbedded *embedded)
{
  g_return_if_fail (OH_IS_EMBEDDED (embedded));

  g_clear_object (&embedded->monitor);
  g_clear_pointer (&embedded->url, g_free);
  if (embedded->mode == OH_EMBEDDED_SERVICE)
    oh_service_change_async (OH_SERVICE_DISABLE, NULL, NULL);
  oh_embedded_stop_async (embedded, NULL, NULL);
  set_mode (embedded, OH_EMBEDDED_NONE);
}
