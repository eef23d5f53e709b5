/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "oh-im"

#include "base/oh-error.h"
#include "im/proxy/oh-im-private.h"

#include <gio/gunixconnection.h>
#include <gio/gunixfdlist.h>
#include <stdatomic.h>
#include <sys/socket.h>

#define ENGINE_FD 3
#define FIRST_RESTART_MS 100
#define MAX_RESTART_MS 60000
#define LIVED_WELL_US (30 * G_USEC_PER_SEC) /* then the next crash counts as the first */
#define PING_EVERY_MS 2000
#if defined __SANITIZE_ADDRESS__ || defined __SANITIZE_THREAD__
#define PING_PATIENCE_MS 10000 /* there a sign-in alone takes seconds of the processor */
#else
#define PING_PATIENCE_MS 5000
#endif
#define BUSY_PATIENCE_US (2 * 60 * G_TIME_SPAN_SECOND) /* with a process that says that it works */
#define CALL_PATIENCE_MS 30000
#define STOP_PATIENCE_MS 2000

/* When anything came of a process. Written by GDBus' thread. */
typedef struct
{
  _Atomic gint64 heard_us;
} Pulse;

/* One offhook-im after the other, and the connection to it. Owned by OhImEngine, in its context.
 *
 *   start -> spawn -> connect -> "up" -> ... -> ended -> "down" -> wait -> spawn -> ...
 */
struct _OhImProcess
{
  GObject parent;
  char *program;
  char *folder;
  GMainContext *context;
  gboolean wanted;
  GSubprocess *child;
  GDBusConnection *connection; /* NULL until it is authenticated */
  gint64 started;
  guint failures;
  guint filter; /* of the connection */
  Pulse *pulse; /* of the connection; shared with its filter */
  gboolean pinging;
  gint64 pinged_us;     /* the last ping */
  gint64 busy_since_us; /* the first one of those that were not answered */
  GSource *restart;
  GSource *ping;
  GSource *kill;
  GTask *stopping;
};

enum
{
  SIGNAL_UP,
  SIGNAL_DOWN,
  N_SIGNALS
};

static guint signals[N_SIGNALS];

G_DEFINE_FINAL_TYPE (OhImProcess, oh_im_process, G_TYPE_OBJECT)

static void spawn (OhImProcess *process);

OhImProcess *
oh_im_process_new (const char *program, const char *folder)
{
  OhImProcess *process = g_object_new (OH_TYPE_IM_PROCESS, NULL);

  process->program = g_strdup (program);
  process->folder = g_strdup (folder);
  return process;
}

int
oh_im_process_get_pid (OhImProcess *process)
{
  const char *pid = process->child ? g_subprocess_get_identifier (process->child) : NULL;

  return pid ? atoi (pid) : 0;
}

static void
drop_connection (OhImProcess *process)
{
  oh_im_timer_clear (&process->ping);
  process->pinging = FALSE;
  if (!process->connection)
    return;
  g_dbus_connection_remove_filter (process->connection, process->filter);
  g_clear_pointer (&process->pulse, g_atomic_rc_box_release);
  g_dbus_connection_close (process->connection, NULL, NULL, NULL);
  g_clear_object (&process->connection);
  g_signal_emit (process, signals[SIGNAL_DOWN], 0);
}

static gboolean
on_restart_due (gpointer user_data)
{
  OhImProcess *process = user_data;

  oh_im_timer_clear (&process->restart);
  spawn (process);
  return G_SOURCE_REMOVE;
}

static void
plan_restart (OhImProcess *process)
{
  guint ms;

  if (g_get_monotonic_time () - process->started > LIVED_WELL_US)
    process->failures = 0;
  ms = oh_im_back_off (++process->failures, FIRST_RESTART_MS, MAX_RESTART_MS, g_random_double ());
  g_warning ("the IM engine ended; it is started again in %u ms", ms);
  oh_im_timer_clear (&process->restart);
  process->restart = oh_im_timer (process->context, ms, on_restart_due, process);
}

static void
on_wait_ready (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (OhImProcess) process = user_data;

  g_subprocess_wait_finish (G_SUBPROCESS (source), result, NULL);
  if (process->child != G_SUBPROCESS (source))
    return;
  g_clear_object (&process->child);
  oh_im_timer_clear (&process->kill);
  drop_connection (process);
  if (process->stopping)
    {
      g_task_return_boolean (process->stopping, TRUE);
      g_clear_object (&process->stopping);
    }
  else if (process->wanted)
    plan_restart (process);
}

static void send_ping (OhImProcess *process);

/* Something came of it since it was asked: it works on, for as long as anybody waits for that. */
static gboolean
is_busy (OhImProcess *process)
{
  return atomic_load (&process->pulse->heard_us) > process->pinged_us
         && g_get_monotonic_time () - process->busy_since_us < BUSY_PATIENCE_US;
}

static void
on_ping_answered (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (OhImProcess) process = user_data;
  g_autoptr (GError) error = NULL;
  g_autoptr (GVariant) answer = g_dbus_connection_call_finish (G_DBUS_CONNECTION (source), result,
                                                               &error);

  if (process->connection != G_DBUS_CONNECTION (source))
    return;
  process->pinging = FALSE;
  if (!g_error_matches (error, G_IO_ERROR, G_IO_ERROR_TIMED_OUT) || !process->child)
    return;
  if (is_busy (process))
    {
      g_info ("the IM engine works and does not answer yet");
      send_ping (process);
      return;
    }
  g_warning ("the IM engine does not answer and is killed");
  g_subprocess_force_exit (process->child);
}

static void
send_ping (OhImProcess *process)
{
  process->pinging = TRUE;
  process->pinged_us = g_get_monotonic_time ();
  g_dbus_connection_call (process->connection, NULL, OH_IM_PATH, OH_IM_INTERFACE, "Ping", NULL,
                          NULL, G_DBUS_CALL_FLAGS_NONE, PING_PATIENCE_MS, NULL, on_ping_answered,
                          g_object_ref (process));
}

static gboolean
on_ping_due (gpointer user_data)
{
  OhImProcess *process = user_data;

  if (process->pinging)
    return G_SOURCE_CONTINUE;
  process->busy_since_us = g_get_monotonic_time ();
  send_ping (process);
  return G_SOURCE_CONTINUE;
}

/* GDBus' thread. "Alive" has said all by having come. */
static GDBusMessage *
on_heard (GDBusConnection *connection, GDBusMessage *message, gboolean incoming, gpointer user_data)
{
  Pulse *pulse = user_data;
  const char *member = g_dbus_message_get_member (message);

  if (!incoming)
    return message;
  atomic_store (&pulse->heard_us, g_get_monotonic_time ());
  if (g_dbus_message_get_message_type (message) != G_DBUS_MESSAGE_TYPE_SIGNAL
      || g_strcmp0 (member, "Alive") != 0)
    return message;
  g_object_unref (message);
  return NULL;
}

static void
hear (OhImProcess *process)
{
  process->pulse = g_atomic_rc_box_new0 (Pulse);
  process->filter = g_dbus_connection_add_filter (process->connection, on_heard,
                                                  g_atomic_rc_box_acquire (process->pulse),
                                                  g_atomic_rc_box_release);
}

typedef struct
{
  OhImProcess *process;
  GSubprocess *child; /* for which the connection is made */
} Joining;

static void
on_connection_ready (GObject *source, GAsyncResult *result, gpointer user_data)
{
  Joining *joining = user_data;
  g_autoptr (OhImProcess) process = joining->process;
  g_autoptr (GSubprocess) child = joining->child;
  g_autoptr (GError) error = NULL;
  g_autoptr (GDBusConnection) connection = g_dbus_connection_new_finish (result, &error);

  g_free (joining);
  if (process->child != child || !connection)
    {
      if (error)
        g_warning ("no connection to the IM engine: %s", error->message);
      g_subprocess_force_exit (child);
      return;
    }
  process->connection = g_steal_pointer (&connection);
  hear (process);
  process->ping = oh_im_timer (process->context, PING_EVERY_MS, on_ping_due, process);
  g_signal_emit (process, signals[SIGNAL_UP], 0, process->connection);
  if (process->connection)
    g_dbus_connection_start_message_processing (process->connection);
}

static void
connect_to (OhImProcess *process, GSocket *socket)
{
  g_autoptr (GSocketConnection) stream = g_socket_connection_factory_create_connection (socket);
  g_autofree char *guid = g_dbus_generate_guid ();
  Joining *joining = g_new0 (Joining, 1);

  joining->process = g_object_ref (process);
  joining->child = g_object_ref (process->child);
  g_dbus_connection_new (G_IO_STREAM (stream), guid,
                         G_DBUS_CONNECTION_FLAGS_AUTHENTICATION_SERVER
                             | G_DBUS_CONNECTION_FLAGS_AUTHENTICATION_REQUIRE_SAME_USER
                             | G_DBUS_CONNECTION_FLAGS_DELAY_MESSAGE_PROCESSING,
                         NULL, NULL, on_connection_ready, joining);
}

/* Starts the program with its end of the connection; @error is set if there is no such program. */
static GSocket *
launch (OhImProcess *process, GError **error)
{
  g_autoptr (GSubprocessLauncher) launcher = g_subprocess_launcher_new (G_SUBPROCESS_FLAGS_NONE);
  g_autoptr (GSocket) socket = NULL;
  g_autofree char *fd = g_strdup_printf ("%d", ENGINE_FD);
  int ends[2];

  if (socketpair (AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0)
    {
      g_set_error (error, OH_ERROR, OH_ERROR_FAILED, "socketpair: %s", g_strerror (errno));
      return NULL;
    }
  g_subprocess_launcher_take_fd (launcher, ends[1], ENGINE_FD);
  socket = g_socket_new_from_fd (ends[0], error);
  if (!socket)
    {
      close (ends[0]);
      return NULL;
    }
  /* libpurple would look for a session bus, and start one where there is a display. */
  g_subprocess_launcher_setenv (launcher, "DBUS_SESSION_BUS_ADDRESS", "unix:path=/nonexistent",
                                TRUE);
  g_subprocess_launcher_unsetenv (launcher, "DISPLAY");
  g_subprocess_launcher_unsetenv (launcher, "G_DEBUG"); /* plug-ins earn criticals */
  process->child = g_subprocess_launcher_spawn (launcher, error, process->program, "--fd", fd,
                                                "--folder", process->folder, NULL);
  return process->child ? g_steal_pointer (&socket) : NULL;
}

static void
spawn (OhImProcess *process)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GSocket) socket = NULL;

  process->started = g_get_monotonic_time ();
  socket = launch (process, &error);
  if (!socket)
    {
      g_warning ("the IM engine did not start: %s", error->message);
      plan_restart (process);
      return;
    }
  g_subprocess_wait_async (process->child, NULL, on_wait_ready, g_object_ref (process));
  connect_to (process, socket);
}

void
oh_im_process_start (OhImProcess *process)
{
  if (process->wanted)
    return;
  process->wanted = TRUE;
  spawn (process);
}

static gboolean
on_kill_due (gpointer user_data)
{
  OhImProcess *process = user_data;

  oh_im_timer_clear (&process->kill);
  if (process->child)
    g_subprocess_force_exit (process->child);
  return G_SOURCE_REMOVE;
}

void
oh_im_process_stop_async (OhImProcess *process, GAsyncReadyCallback callback, gpointer user_data)
{
  g_autoptr (GTask) task = g_task_new (process, NULL, callback, user_data);

  process->wanted = FALSE;
  oh_im_timer_clear (&process->restart);
  if (!process->child || process->stopping)
    {
      g_task_return_boolean (task, TRUE);
      return;
    }
  process->stopping = g_steal_pointer (&task);
  process->kill = oh_im_timer (process->context, STOP_PATIENCE_MS, on_kill_due, process);
  if (process->connection)
    drop_connection (process);
  else
    g_subprocess_force_exit (process->child);
}

gboolean
oh_im_process_stop_finish (OhImProcess *process, GAsyncResult *result, GError **error)
{
  return g_task_propagate_boolean (G_TASK (result), error);
}

static void
on_call_ready (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = user_data;
  GError *error = NULL;
  GVariant *answer = g_dbus_connection_call_finish (G_DBUS_CONNECTION (source), result, &error);

  if (answer)
    g_task_return_pointer (task, answer, (GDestroyNotify)g_variant_unref);
  else
    g_task_return_error (task, error);
}

void
oh_im_process_call (OhImProcess *process,
                    const char *method,
                    GVariant *arguments,
                    GAsyncReadyCallback callback,
                    gpointer user_data)
{
  g_autoptr (GVariant) held = arguments ? g_variant_ref_sink (arguments) : NULL;
  g_autoptr (GTask) task = g_task_new (process, NULL, callback, user_data);

  if (!process->connection)
    {
      g_task_return_new_error (task, OH_ERROR, OH_ERROR_CLOSED, "the IM engine is not running");
      return;
    }
  g_dbus_connection_call (process->connection, NULL, OH_IM_PATH, OH_IM_INTERFACE, method, held,
                          NULL, G_DBUS_CALL_FLAGS_NONE, CALL_PATIENCE_MS, NULL, on_call_ready,
                          g_steal_pointer (&task));
}

static void
on_call_with_fd_ready (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = user_data;
  GError *error = NULL;
  GVariant *answer = g_dbus_connection_call_with_unix_fd_list_finish (G_DBUS_CONNECTION (source),
                                                                      NULL, result, &error);

  if (answer)
    g_task_return_pointer (task, answer, (GDestroyNotify)g_variant_unref);
  else
    g_task_return_error (task, error);
}

void
oh_im_process_call_with_fd (OhImProcess *process,
                            const char *method,
                            GVariant *arguments,
                            int fd,
                            GAsyncReadyCallback callback,
                            gpointer user_data)
{
  g_autoptr (GVariant) held = g_variant_ref_sink (arguments);
  g_autoptr (GTask) task = g_task_new (process, NULL, callback, user_data);
  g_autoptr (GUnixFDList) list = g_unix_fd_list_new_from_array (&fd, 1);

  if (!process->connection)
    {
      g_task_return_new_error (task, OH_ERROR, OH_ERROR_CLOSED, "the IM engine is not running");
      return;
    }
  g_dbus_connection_call_with_unix_fd_list (process->connection, NULL, OH_IM_PATH, OH_IM_INTERFACE,
                                            method, held, NULL, G_DBUS_CALL_FLAGS_NONE,
                                            CALL_PATIENCE_MS, list, NULL, on_call_with_fd_ready,
                                            g_steal_pointer (&task));
}

void
oh_im_process_tell (OhImProcess *process, const char *method, GVariant *arguments)
{
  g_autoptr (GVariant) held = arguments ? g_variant_ref_sink (arguments) : NULL;

  if (process->connection)
    g_dbus_connection_call (process->connection, NULL, OH_IM_PATH, OH_IM_INTERFACE, method, held,
                            NULL, G_DBUS_CALL_FLAGS_NONE, CALL_PATIENCE_MS, NULL, NULL, NULL);
}

GVariant *
oh_im_process_call_finish (GAsyncResult *result, GError **error)
{
  return g_task_propagate_pointer (G_TASK (result), error);
}

/* The child ends by itself when the connection closes. */
static void
dispose (GObject *object)
{
  OhImProcess *process = OH_IM_PROCESS (object);

  process->wanted = FALSE;
  oh_im_timer_clear (&process->restart);
  oh_im_timer_clear (&process->kill);
  drop_connection (process);
  g_clear_object (&process->child);
  G_OBJECT_CLASS (oh_im_process_parent_class)->dispose (object);
}

static void
finalize (GObject *object)
{
  OhImProcess *process = OH_IM_PROCESS (object);

  g_free (process->program);
  g_free (process->folder);
  g_main_context_unref (process->context);
  G_OBJECT_CLASS (oh_im_process_parent_class)->finalize (object);
}

static void
oh_im_process_class_init (OhImProcessClass *klass)
{
  G_OBJECT_CLASS (klass)->dispose = dispose;
  G_OBJECT_CLASS (klass)->finalize = finalize;
  signals[SIGNAL_UP] = g_signal_new ("up", OH_TYPE_IM_PROCESS, G_SIGNAL_RUN_LAST, 0, NULL, NULL,
                                     NULL, G_TYPE_NONE, 1, G_TYPE_DBUS_CONNECTION);
  signals[SIGNAL_DOWN] = g_signal_new ("down", OH_TYPE_IM_PROCESS, G_SIGNAL_RUN_LAST, 0, NULL, NULL,
                                       NULL, G_TYPE_NONE, 0);
}

static void
oh_im_process_init (OhImProcess *process)
{
  process->context = g_main_context_ref_thread_default ();
}
