/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "oh-client"

#include "client/settings/oh-idle-watch.h"

#define IDLE_S 300
#define MUTTER "org.gnome.Mutter.IdleMonitor"
#define MUTTER_PATH "/org/gnome/Mutter/IdleMonitor/Core"
#define SCREEN_SAVER "org.freedesktop.ScreenSaver"
#define SCREEN_SAVER_PATH "/org/freedesktop/ScreenSaver"
#define LOGIND "org.freedesktop.login1"
#define SESSION "org.freedesktop.login1.Session"

typedef struct _Source Source;

typedef struct
{
  GBusType bus;
  const char *name, *interface, *signal; /* of the service; the signal tells of a change */
  void (*start) (Source *source);        /* it is there */
  void (*take) (Source *source, GVariant *arguments); /* of the signal */
} SourceKind;

struct _Source
{
  const SourceKind *kind;
  OhIdleWatch *watch;
  guint name_watch, signal_watch;
  GDBusConnection *bus;      /* NULL: the service is not there */
  GCancellable *cancellable; /* of what is asked of it */
  guint idle_id, active_id;  /* Mutter: its watches */
  OhUse use;
  gint64 since;
};

#define N_SOURCES 3

struct _OhIdleWatch
{
  GObject parent;
  Source sources[N_SOURCES]; /* the first that knows counts */
  OhUse use;                 /* as told last */
  gint64 since;
};

G_DEFINE_FINAL_TYPE (OhIdleWatch, oh_idle_watch, G_TYPE_OBJECT)

static guint changed_signal;

static gint64
now_s (void)
{
  return g_get_real_time () / G_USEC_PER_SEC;
}

/* --- What the sources say --- */

static void
tell (OhIdleWatch *watch)
{
  OhUse use = OH_USE_UNKNOWN;
  gint64 since = 0;

  for (guint i = 0; i < N_SOURCES && use == OH_USE_UNKNOWN; i++)
    {
      use = watch->sources[i].use;
      since = watch->sources[i].since;
    }
  if (use == watch->use && since == watch->since)
    return;
  watch->use = use;
  watch->since = since;
  g_signal_emit (watch, changed_signal, 0);
}

static void
set_use (Source *source, OhUse use, gint64 since)
{
  if (source->use == use)
    return;
  source->use = use;
  source->since = use == OH_USE_IDLE ? since : 0;
  tell (source->watch);
}

/* Of a source that may be there and never say anything: it counts from its first idle time on. */
static void
set_idle (Source *source, gboolean idle, gint64 since)
{
  if (idle)
    set_use (source, OH_USE_IDLE, since);
  else if (source->use == OH_USE_IDLE)
    set_use (source, OH_USE_ACTIVE, 0);
}

/* The answer to a call of @source, of that type; NULL: there is none. Transfer full. */
static GVariant *
finish (GObject *bus, GAsyncResult *result, const char *type, gpointer *source, gpointer data)
{
  g_autoptr (GError) error = NULL;
  GVariant *answer = g_dbus_connection_call_finish (G_DBUS_CONNECTION (bus), result, &error);

  *source = NULL;
  if (g_error_matches (error, G_IO_ERROR, G_IO_ERROR_CANCELLED))
    return NULL; /* it may be freed */
  *source = data;
  if (answer && g_variant_is_of_type (answer, G_VARIANT_TYPE (type)))
    return answer;
  g_debug ("%s does not tell of idle times: %s", ((Source *)data)->kind->name,
           error ? error->message : "another answer");
  g_clear_pointer (&answer, g_variant_unref);
  return NULL;
}

static void
call (Source *source,
      const char *path,
      const char *interface,
      const char *method,
      GVariant *arguments,
      GAsyncReadyCallback callback)
{
  g_dbus_connection_call (source->bus, source->kind->name, path, interface, method, arguments, NULL,
                          G_DBUS_CALL_FLAGS_NO_AUTO_START, -1, source->cancellable, callback,
                          source);
}

/* --- Mutter: tells when nothing was used for as long as we said, and of the first use then --- */

static void
on_active_watch (GObject *bus, GAsyncResult *result, gpointer data)
{
  gpointer source;
  g_autoptr (GVariant) answer = finish (bus, result, "(u)", &source, data);

  if (answer)
    g_variant_get (answer, "(u)", &((Source *)source)->active_id);
}

static void
become_idle (Source *source, gint64 since)
{
  set_use (source, OH_USE_IDLE, since);
  call (source, MUTTER_PATH, MUTTER, "AddUserActiveWatch", NULL, on_active_watch);
}

static void
on_idle_time (GObject *bus, GAsyncResult *result, gpointer data)
{
  gpointer source;
  g_autoptr (GVariant) answer = finish (bus, result, "(t)", &source, data);
  guint64 idle_ms = 0;

  if (!answer)
    return;
  g_variant_get (answer, "(t)", &idle_ms);
  if (idle_ms >= IDLE_S * 1000)
    become_idle (source, now_s () - (gint64)MIN (idle_ms / 1000, G_MAXINT32));
  else
    set_use (source, OH_USE_ACTIVE, 0);
}

static void
on_idle_watch (GObject *bus, GAsyncResult *result, gpointer data)
{
  gpointer source;
  g_autoptr (GVariant) answer = finish (bus, result, "(u)", &source, data);

  if (!answer)
    return;
  g_variant_get (answer, "(u)", &((Source *)source)->idle_id);
  call (source, MUTTER_PATH, MUTTER, "GetIdletime", NULL, on_idle_time);
}

static void
start_mutter (Source *source)
{
  source->idle_id = source->active_id = 0;
  call (source, MUTTER_PATH, MUTTER, "AddIdleWatch", g_variant_new ("(t)", (guint64)IDLE_S * 1000),
        on_idle_watch);
}

static void
take_mutter (Source *source, GVariant *arguments)
{
  guint id = 0;

  if (!g_variant_is_of_type (arguments, G_VARIANT_TYPE ("(u)")))
    return;
  g_variant_get (arguments, "(u)", &id);
  if (id && id == source->idle_id)
    become_idle (source, now_s () - IDLE_S);
  else if (id && id == source->active_id)
    set_use (source, OH_USE_ACTIVE, 0);
}

/* --- The screen saver --- */

static void
take_screen_saver (Source *source, GVariant *arguments)
{
  gboolean on = FALSE;

  if (!g_variant_is_of_type (arguments, G_VARIANT_TYPE ("(b)")))
    return;
  g_variant_get (arguments, "(b)", &on);
  set_idle (source, on, now_s ());
}

static void
on_screen_saver (GObject *bus, GAsyncResult *result, gpointer data)
{
  gpointer source;
  g_autoptr (GVariant) answer = finish (bus, result, "(b)", &source, data);

  if (answer)
    take_screen_saver (source, answer);
}

static void
start_screen_saver (Source *source)
{
  call (source, SCREEN_SAVER_PATH, SCREEN_SAVER, "GetActive", NULL, on_screen_saver);
}

/* --- logind --- */

static void
take_properties (Source *source, GVariant *properties)
{
  gboolean idle = FALSE;
  guint64 since_us = 0;

  g_variant_lookup (properties, "IdleSinceHint", "t", &since_us);
  if (g_variant_lookup (properties, "IdleHint", "b", &idle))
    set_idle (source, idle,
              since_us ? (gint64)MIN (since_us / G_USEC_PER_SEC, (guint64)now_s ()) : now_s ());
}

static void
take_logind (Source *source, GVariant *arguments)
{
  const char *interface;
  g_autoptr (GVariant) properties = NULL;

  if (!g_variant_is_of_type (arguments, G_VARIANT_TYPE ("(sa{sv}as)")))
    return;
  g_variant_get (arguments, "(&s@a{sv}as)", &interface, &properties, NULL);
  if (g_str_equal (interface, SESSION))
    take_properties (source, properties);
}

static void
on_properties (GObject *bus, GAsyncResult *result, gpointer data)
{
  gpointer source;
  g_autoptr (GVariant) answer = finish (bus, result, "(a{sv})", &source, data);
  g_autoptr (GVariant) properties = answer ? g_variant_get_child_value (answer, 0) : NULL;

  if (properties)
    take_properties (source, properties);
}

static void
on_signal (GDBusConnection *bus,
           const char *sender,
           const char *path,
           const char *interface,
           const char *signal,
           GVariant *arguments,
           gpointer data)
{
  Source *source = data;

  source->kind->take (source, arguments);
}

static void
follow (Source *source, const char *path)
{
  source->signal_watch = g_dbus_connection_signal_subscribe (
      source->bus, source->kind->name, source->kind->interface, source->kind->signal, path, NULL,
      G_DBUS_SIGNAL_FLAGS_NONE, on_signal, source, NULL);
}

/* The session's own object is what tells of its changes. */
static void
on_session (GObject *bus, GAsyncResult *result, gpointer data)
{
  gpointer source;
  g_autoptr (GVariant) answer = finish (bus, result, "(o)", &source, data);
  const char *path;

  if (!answer)
    return;
  g_variant_get (answer, "(&o)", &path);
  follow (source, path);
  call (source, path, "org.freedesktop.DBus.Properties", "GetAll", g_variant_new ("(s)", SESSION),
        on_properties);
}

static void
start_logind (Source *source)
{
  call (source, "/org/freedesktop/login1", LOGIND ".Manager", "GetSession",
        g_variant_new ("(s)", "auto"), on_session);
}

/* --- The sources --- */

static const SourceKind kinds[N_SOURCES] = {
  { G_BUS_TYPE_SESSION, MUTTER, MUTTER, "WatchFired", start_mutter, take_mutter },
  { G_BUS_TYPE_SESSION, SCREEN_SAVER, SCREEN_SAVER, "ActiveChanged", start_screen_saver,
    take_screen_saver },
  { G_BUS_TYPE_SYSTEM, LOGIND, "org.freedesktop.DBus.Properties", "PropertiesChanged", start_logind,
    take_logind },
};

static void
forget_service (Source *source)
{
  if (source->cancellable)
    g_cancellable_cancel (source->cancellable);
  g_clear_object (&source->cancellable);
  if (source->signal_watch)
    g_dbus_connection_signal_unsubscribe (source->bus, source->signal_watch);
  source->signal_watch = 0;
  g_clear_object (&source->bus);
}

static void
on_appeared (GDBusConnection *bus, const char *name, const char *owner, gpointer data)
{
  Source *source = data;

  forget_service (source);
  source->bus = g_object_ref (bus);
  source->cancellable = g_cancellable_new ();
  if (source->kind->bus == G_BUS_TYPE_SESSION)
    follow (source, NULL);
  source->kind->start (source);
}

static void
on_vanished (GDBusConnection *bus, const char *name, gpointer data)
{
  forget_service (data);
  set_use (data, OH_USE_UNKNOWN, 0);
}

/* --- The object --- */

static void
oh_idle_watch_dispose (GObject *object)
{
  OhIdleWatch *watch = OH_IDLE_WATCH (object);

  for (guint i = 0; i < N_SOURCES; i++)
    {
      Source *source = &watch->sources[i];

      if (source->name_watch)
        g_bus_unwatch_name (source->name_watch);
      source->name_watch = 0;
      forget_service (source);
    }
  G_OBJECT_CLASS (oh_idle_watch_parent_class)->dispose (object);
}

static void
oh_idle_watch_class_init (OhIdleWatchClass *klass)
{
  G_OBJECT_CLASS (klass)->dispose = oh_idle_watch_dispose;
  changed_signal = g_signal_new ("changed", OH_TYPE_IDLE_WATCH, G_SIGNAL_RUN_LAST, 0, NULL, NULL,
                                 NULL, G_TYPE_NONE, 0);
}

static void
oh_idle_watch_init (OhIdleWatch *watch)
{
  for (guint i = 0; i < N_SOURCES; i++)
    {
      Source *source = &watch->sources[i];

      source->kind = &kinds[i];
      source->watch = watch;
      source->name_watch = g_bus_watch_name (source->kind->bus, source->kind->name,
                                             G_BUS_NAME_WATCHER_FLAGS_NONE, on_appeared,
                                             on_vanished, source, NULL);
    }
}

OhIdleWatch *
oh_idle_watch_new (void)
{
  return g_object_new (OH_TYPE_IDLE_WATCH, NULL);
}

OhUse
oh_idle_watch_get (OhIdleWatch *watch, gint64 *since)
{
  *since = watch->since;
  return watch->use;
}
