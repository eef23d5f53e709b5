/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "oh-ui"

#include "ui/oh-day.h"

#include <glib-unix.h>

#include <errno.h>
#include <sys/timerfd.h>
#include <unistd.h>

#define LONGEST_DAY_S (50 * 3600) /* with one that a zone left out, and an hour of summer time */

struct _OhDay
{
  GObject parent;
  int timer; /* timerfd: of the wall clock, which runs on in a sleep; -1: none */
};

G_DEFINE_FINAL_TYPE (OhDay, oh_day, G_TYPE_OBJECT)

static guint changed_signal;

/* --- Counting --- */

static guint32
count_day (gint64 unix_time, GTimeZone *zone)
{
  g_autoptr (GDateTime) utc = g_date_time_new_from_unix_utc (unix_time);
  g_autoptr (GDateTime) local = utc ? g_date_time_to_timezone (utc, zone) : NULL;
  GDate date;

  if (!local)
    return 0; /* beyond the year 9999 */
  g_date_clear (&date, 1);
  g_date_set_dmy (&date, (GDateDay)g_date_time_get_day_of_month (local),
                  (GDateMonth)g_date_time_get_month (local),
                  (GDateYear)g_date_time_get_year (local));
  return g_date_get_julian (&date);
}

int
oh_day_distance (gint64 then, gint64 now, GTimeZone *zone)
{
  return (int)count_day (now, zone) - (int)count_day (then, zone);
}

gint64
oh_day_get_next (gint64 now, GTimeZone *zone)
{
  gint64 same = now, next = now + LONGEST_DAY_S;

  while (next - same > 1)
    {
      gint64 between = same + (next - same) / 2;

      if (oh_day_distance (now, between, zone) > 0)
        next = between;
      else
        same = between;
    }
  return next;
}

/* --- Telling --- */

static void
wait_for_next (OhDay *day)
{
  g_autoptr (GTimeZone) zone = g_time_zone_new_local ();
  gint64 next = oh_day_get_next (g_get_real_time () / G_USEC_PER_SEC, zone);
  struct itimerspec at = { .it_value.tv_sec = (time_t)next };

  if (timerfd_settime (day->timer, TFD_TIMER_ABSTIME | TFD_TIMER_CANCEL_ON_SET, &at, NULL) != 0)
    g_warning ("nobody will tell when a day begins: %s", g_strerror (errno));
}

/* Reading fails with ECANCELED where the clock was set. */
static gboolean
on_timer (int fd, GIOCondition condition, gpointer user_data)
{
  OhDay *day = user_data;
  guint64 times;

  if (read (fd, &times, sizeof times) < 0 && errno == EAGAIN)
    return G_SOURCE_CONTINUE;
  wait_for_next (day);
  g_signal_emit (day, changed_signal, 0);
  return G_SOURCE_CONTINUE;
}

static void
oh_day_class_init (OhDayClass *klass)
{
  changed_signal = g_signal_new ("changed", OH_TYPE_DAY, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL,
                                 G_TYPE_NONE, 0);
}

static void
oh_day_init (OhDay *day)
{
  day->timer = timerfd_create (CLOCK_REALTIME, TFD_CLOEXEC | TFD_NONBLOCK);
  if (day->timer < 0)
    {
      g_warning ("nobody will tell when a day begins: %s", g_strerror (errno));
      return;
    }
  g_unix_fd_add (day->timer, G_IO_IN, on_timer, day);
  wait_for_next (day);
}

/* It lives as long as the program, as its timer does. */
OhDay *
oh_day_get (void)
{
  static OhDay *day;

  if (!day)
    day = g_object_new (OH_TYPE_DAY, NULL);
  return day;
}
