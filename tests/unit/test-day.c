/* SPDX-License-Identifier: GPL-3.0-or-later */
/* When "14:05" becomes "Yesterday 14:05". */
#include "ui/oh-day.h"

static gint64
at (GTimeZone *zone, int year, int month, int day, int hour, int minute, double second)
{
  g_autoptr (GDateTime) time = g_date_time_new (zone, year, month, day, hour, minute, second);

  g_assert_nonnull (time);
  return g_date_time_to_unix (time);
}

static GTimeZone *
get_zone (const char *name)
{
  GTimeZone *zone = g_time_zone_new_identifier (name);

  if (!zone)
    g_test_skip ("this system has no time zones");
  return zone;
}

static void
test_next (void)
{
  g_autoptr (GTimeZone) zone = get_zone ("Europe/Berlin");

  if (!zone)
    return;
  g_assert_cmpint (oh_day_get_next (at (zone, 2026, 5, 3, 14, 5, 0), zone), ==,
                   at (zone, 2026, 5, 4, 0, 0, 0));
  g_assert_cmpint (oh_day_get_next (at (zone, 2026, 5, 3, 23, 59, 59), zone), ==,
                   at (zone, 2026, 5, 4, 0, 0, 0));
  g_assert_cmpint (oh_day_get_next (at (zone, 2026, 5, 4, 0, 0, 0), zone), ==,
                   at (zone, 2026, 5, 5, 0, 0, 0));
  g_assert_cmpint (oh_day_get_next (at (zone, 2026, 12, 31, 12, 0, 0), zone), ==,
                   at (zone, 2027, 1, 1, 0, 0, 0));
  g_assert_cmpint (oh_day_get_next (at (zone, 2028, 2, 28, 12, 0, 0), zone), ==,
                   at (zone, 2028, 2, 29, 0, 0, 0));
}

/* Days of 23 and of 25 hours. */
static void
test_summer_time (void)
{
  g_autoptr (GTimeZone) zone = get_zone ("Europe/Berlin");
  gint64 spring, autumn;

  if (!zone)
    return;
  spring = at (zone, 2026, 3, 29, 0, 0, 0);
  autumn = at (zone, 2026, 10, 25, 0, 0, 0);
  g_assert_cmpint (oh_day_get_next (spring, zone) - spring, ==, 23 * 3600);
  g_assert_cmpint (oh_day_get_next (autumn, zone) - autumn, ==, 25 * 3600);
  g_assert_cmpint (oh_day_distance (autumn, autumn + 24 * 3600, zone), ==, 0);
  g_assert_cmpint (oh_day_distance (spring, spring + 23 * 3600, zone), ==, 1);
}

/* In 2018 this day began there at 1:00. */
static void
test_no_midnight (void)
{
  g_autoptr (GTimeZone) zone = get_zone ("America/Sao_Paulo");

  if (zone)
    g_assert_cmpint (oh_day_get_next (at (zone, 2018, 11, 3, 12, 0, 0), zone), ==,
                     at (zone, 2018, 11, 4, 1, 0, 0));
}

/* Whatever zones do: a second before it is the same day, then another one. */
static void
test_every_day (void)
{
  static const char *const names[] = {
    "UTC",          "Europe/Berlin",  "America/Sao_Paulo", "America/Havana",
    "Pacific/Apia", "Asia/Kathmandu", "Asia/Beirut",       "Pacific/Kiritimati"
  };

  for (guint i = 0; i < G_N_ELEMENTS (names); i++)
    {
      g_autoptr (GTimeZone) zone = get_zone (names[i]);
      gint64 now = 1262304000; /* 2010 */

      for (guint n = 0; zone && n < 1200; n++)
        {
          gint64 next = oh_day_get_next (now, zone);

          g_assert_cmpint (next, >, now);
          g_assert_cmpint (next - now, <=, 25 * 3600);
          g_assert_cmpint (oh_day_distance (now, next - 1, zone), ==, 0);
          g_assert_cmpint (oh_day_distance (now, next, zone), >=, 1);
          now = next;
        }
    }
}

static void
test_distance (void)
{
  g_autoptr (GTimeZone) zone = get_zone ("Europe/Berlin");
  gint64 midnight;

  if (!zone)
    return;
  midnight = at (zone, 2026, 1, 1, 0, 0, 0);
  g_assert_cmpint (oh_day_distance (midnight, midnight, zone), ==, 0);
  g_assert_cmpint (oh_day_distance (midnight - 1, midnight, zone), ==, 1);
  g_assert_cmpint (oh_day_distance (midnight - 24 * 3600, midnight, zone), ==, 1);
  g_assert_cmpint (oh_day_distance (midnight - 24 * 3600 - 1, midnight, zone), ==, 2);
  g_assert_cmpint (oh_day_distance (midnight, midnight - 1, zone), ==, -1);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/day/next", test_next);
  g_test_add_func ("/day/summer-time", test_summer_time);
  g_test_add_func ("/day/no-midnight", test_no_midnight);
  g_test_add_func ("/day/every-day", test_every_day);
  g_test_add_func ("/day/distance", test_distance);
  return g_test_run ();
}
