/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "oh-ui"

#include "oh-config.h"

#include "ui/window/oh-route-words.h"

#include "ui/oh-words.h"

#include <glib/gi18n.h>

#include <string.h>

/* Codes of the call server without a number. Translators: each is the second half of a sentence,
 * "laptop did not ring: it was not signed in." */
static const struct
{
  const char *code, *words;
} reasons[] = {
  { "not-signed-in", N_ ("it was not signed in") },
  { "calls-itself", N_ ("the call came from it") },
  { "not-verified", N_ ("the address was not verified") },
  { "own-call", N_ ("you called yourself") },
  { "unknown", N_ ("the call server could not see whether you were there") },
  { "offline", N_ ("you were offline there") },
  { "closed", N_ ("you were not available there") },
  { "dnd", N_ ("you did not want to be disturbed there") },
  { "away-skipped", N_ ("you were away there") },
  { "dnd-default", N_ ("you did not want to be disturbed") },
  { "told-by-message", N_ ("you are told there by message") },
  { "dnd-message", N_ ("you wanted messages only") },
  { "away-later", N_ ("you were away there") },
  { "dnd-later", N_ ("you did not want to be disturbed there") },
  { "message-only", N_ ("you wanted messages only") },
  { "together", N_ ("you let everything ring at once") },
  { "no-rank", N_ ("it has no place in your order") },
  { "away", N_ ("you were away there") },
  { "weak", N_ ("it is always online, used or not") },
  { "signed-in", N_ ("it was signed in") },
  { "online", N_ ("you were online there") },
  { "came-online", N_ ("you came online there meanwhile") },
};

static char *
dup_unused (guint minutes)
{
  guint hours = minutes / 60;

  if (minutes < 120)
    return g_strdup_printf (ngettext ("you had not used it for %u minute",
                                      "you had not used it for %u minutes", minutes),
                            minutes);
  return g_strdup_printf (
      ngettext ("you had not used it for %u hour", "you had not used it for %u hours", hours),
      hours);
}

/* NULL: a later server's reason, that has no words here. */
static char *
dup_reason (const OhRoutePlace *place)
{
  const char *code = place->why ? place->why : "";

  if (strcmp (code, "rank") == 0)
    return g_strdup_printf (_ ("it is number %u in your order"), place->number);
  if (strcmp (code, "used") == 0 && place->number == 0)
    return g_strdup (_ ("you had just used it"));
  if (strcmp (code, "used") == 0)
    return g_strdup_printf (ngettext ("you had used it %u minute before",
                                      "you had used it %u minutes before", place->number),
                            place->number);
  if (strcmp (code, "unused") == 0)
    return dup_unused (place->number);
  if (strcmp (code, "usual-hour") == 0)
    /* Translators: so many of all the calls that were answered at that hour. */
    return g_strdup_printf (ngettext ("you usually answer there at that hour (%u of %u call)",
                                      "you usually answer there at that hour (%u of %u calls)",
                                      place->of),
                            place->number, place->of);
  for (gsize i = 0; i < G_N_ELEMENTS (reasons); i++)
    if (strcmp (code, reasons[i].code) == 0)
      return g_strdup (_ (reasons[i].words));
  return NULL;
}

/* Isolated: it keeps its own direction inside the sentence. */
static char *
dup_name (const OhRoutePlace *place)
{
  g_autofree char *service = place->protocol ? oh_words_protocol (place->protocol) : NULL;

  return service ? g_strdup_printf ("\u2068%s (%s)\u2069", place->name, service)
                 : g_strdup_printf ("\u2068%s\u2069", place->name);
}

/* A reply may have a device answer before its turn. */
static gboolean
is_answer (const OhCallRoute *route, const OhRoutePlace *place)
{
  return route->device && !place->protocol && strcmp (route->device, place->name) == 0;
}

static char *
dup_sentence (const OhCallRoute *route, const OhRoutePlace *place, gboolean answered)
{
  g_autofree char *name = dup_name (place);
  g_autofree char *reason = dup_reason (place);

  if (place->step < 0)
    /* Translators: a device or address, and why. */
    return reason ? g_strdup_printf (_ ("%s did not ring: %s."), name, reason)
                  : g_strdup_printf (_ ("%s did not ring."), name);
  if ((guint)place->step >= route->steps && answered && is_answer (route, place))
    return g_strdup_printf (_ ("%s rang before its turn, to answer as your reply asked."), name);
  if ((guint)place->step >= route->steps)
    return reason ? g_strdup_printf (_ ("%s was to ring later, but its turn did not come: %s."),
                                     name, reason)
                  : g_strdup_printf (_ ("%s was to ring later, but its turn did not come."), name);
  if (place->step > 0 || g_strcmp0 (place->why, "came-online") == 0)
    return reason ? g_strdup_printf (_ ("%s rang later: %s."), name, reason)
                  : g_strdup_printf (_ ("%s rang later."), name);
  return reason ? g_strdup_printf (_ ("%s rang at once: %s."), name, reason)
                : g_strdup_printf (_ ("%s rang at once."), name);
}

static char *
dup_answer (const char *device)
{
  if (strcmp (device, "browser") == 0)
    return g_strdup (_ ("Answered in a browser."));
  /* Translators: %s is the name of a device, like "laptop". */
  return g_strdup_printf (_ ("Answered on \u2068%s\u2069."), device);
}

char *
oh_route_words (const OhCallRoute *route, gboolean answered)
{
  g_autoptr (GString) text = g_string_new (NULL);

  if (answered && route->device)
    {
      g_autofree char *answer = dup_answer (route->device);

      g_string_append_printf (text, "%s\n", answer);
    }
  for (guint i = 0; i < route->places->len; i++)
    {
      g_autofree char *sentence = dup_sentence (route, route->places->pdata[i], answered);

      g_string_append_printf (text, "%s%s", i ? "\n" : "", sentence);
    }
  return g_string_free (g_steal_pointer (&text), FALSE);
}
