/* SPDX-License-Identifier: GPL-3.0-or-later */
/* 100,000 signed-in devices: what one costs in memory, what a registration that is renewed costs,
 * and how long routing takes to find the device of a dialled number among them. */
#include "bench/oh-figure.h"
#include "server/registrar/oh-registrar.h"
#include "server/routing/oh-routing.h"
#include "server/store/oh-directory-private.h"

#include <malloc.h>

#define USERS 100000
#define TURNS 200000

static void
print (const char *what, double value, const char *unit, double most)
{
  g_autofree char *name = g_strdup_printf ("100,000 registrations: %s", what);

  oh_figure_print (
      &(OhFigure){ .name = name, .value = value, .unit = unit, .goal = most, .limit = "max" });
}

static double
memory_in_use (void)
{
  struct mallinfo2 info = mallinfo2 ();

  return info.uordblks + info.hblkhd;
}

static void
add_user (OhDirectory *directory, gint64 id)
{
  OhUser *user = g_new0 (OhUser, 1);
  OhDevice *device = g_new0 (OhDevice, 1);

  user->id = id;
  user->alias = g_strdup_printf ("user%" G_GINT64_FORMAT, id);
  user->name = g_strdup_printf ("Demo User %" G_GINT64_FORMAT, id);
  user->language = g_strdup ("en");
  user->numbers = g_new0 (char *, 2);
  user->numbers[0] = g_strdup_printf ("+4930%07" G_GINT64_FORMAT, id);
  user->default_option = OH_OPTION_VOICEMAIL;
  user->default_delay_s = 25;
  device->id = g_strdup_printf ("device%" G_GINT64_FORMAT, id);
  device->name = g_strdup ("laptop");
  device->program = g_strdup ("offhook");
  oh_directory_take_user (directory, user);
  oh_directory_take_device (directory, id, device, "");
}

/* As REGISTER over TLS brings it. */
static OhBinding *
make_binding (gint64 id)
{
  OhBinding *binding = oh_binding_new ();

  binding->user_id = id;
  binding->device_id = g_strdup_printf ("device%" G_GINT64_FORMAT, id);
  binding->device_name = g_strdup ("laptop");
  binding->contact = g_strdup_printf ("sip:device%" G_GINT64_FORMAT "@192.0.2.7", id);
  binding->key = g_strdup_printf ("urn:uuid:00000000-0000-4000-8000-%012" G_GINT64_FORMAT, id);
  binding->address = g_strdup_printf ("10.%d.%d.%d", (int)(id >> 16), (int)(id >> 8 & 255),
                                      (int)(id & 255));
  binding->port = 3000;
  binding->transport = g_strdup ("tls");
  binding->route = g_strdup_printf ("sip:%s:3000;transport=tls", binding->address);
  binding->user_agent = g_strdup ("Offhook/0.1.0 (linux)");
  binding->audio = g_strdup ("mic,speaker");
  binding->expires_us = (id * 7919 % 600 + 60) * G_USEC_PER_SEC;
  return binding;
}

static void
measure_look_up (OhDirectory *directory, OhRegistrar *registrar)
{
  g_autoptr (GRand) rand = g_rand_new_with_seed (7);
  gint64 begun = g_get_monotonic_time ();

  for (guint i = 0; i < TURNS; i++)
    {
      char number[32];
      OhRoutingCall call = { .dialled = number, .to_user = number, .max_calls_per_user = 8 };
      g_autoptr (OhPlan) plan = NULL;

      g_snprintf (number, sizeof number, "+4930%07d", g_rand_int_range (rand, 1, USERS + 1));
      plan = oh_routing_plan (directory, registrar, &call);
      if (plan->action != OH_PLAN_DEVICES || plan->ring->steps->len != 1)
        g_error ("%s was not found", number);
    }
  print ("number to device, routed", (double)(g_get_monotonic_time () - begun) / TURNS, "us", 20);
}

static void
measure_renewal (OhRegistrar *registrar)
{
  g_autoptr (GRand) rand = g_rand_new_with_seed (8);
  gint64 begun = g_get_monotonic_time ();

  for (guint i = 0; i < TURNS; i++)
    oh_registrar_put (registrar, make_binding (g_rand_int_range (rand, 1, USERS + 1)));
  print ("one renewed", (double)(g_get_monotonic_time () - begun) / TURNS, "us", 20);
}

int
main (void)
{
  OhDirectory *directory = oh_directory_new ("example.org", 1);
  OhRegistrar *registrar = oh_registrar_new (NULL, NULL);
  double before;

  for (gint64 id = 1; id <= USERS; id++)
    add_user (directory, id);
  before = memory_in_use ();
  for (gint64 id = 1; id <= USERS; id++)
    oh_registrar_put (registrar, make_binding (id));
  print ("memory of one", (memory_in_use () - before) / USERS / 1024, "KiB", 2);
  measure_look_up (directory, registrar);
  measure_renewal (registrar);
  oh_registrar_free (registrar);
  oh_directory_unref (directory);
  return 0;
}
