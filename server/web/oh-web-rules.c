/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "oh-web"

#include "server/web/oh-web-private.h"

#include "base/oh-error.h"
#include "server/routing/oh-hours-json.h"
#include "server/store/oh-json.h"
#include "server/store/oh-language.h"

#include <string.h>

/* A user's own rules: where calls reach him, in which order, and what becomes of a call that nobody
 * answers. A place is a device, "device:ID", or an
 * address at an IM service, "im:ID". */

#define MAX_PLACE 80
#define DEVICE "device:"
#define IDENTITY "im:"

/* --- Telling them --- */

typedef struct
{
  guint rank;
  JsonObject *object;
} Place;

/* By rank; those without one last, as they came. */
static int
compare_places (gconstpointer a, gconstpointer b)
{
  guint first = ((const Place *)a)->rank, second = ((const Place *)b)->rank;

  return first == second ? 0 : first == 0 ? 1 : second == 0 ? -1 : first < second ? -1 : 1;
}

static JsonObject *
new_place (GArray *places, const char *kind, const char *id, const char *name, guint rank)
{
  Place place = { rank, json_object_new () };
  g_autofree char *key = g_strconcat (kind, id, NULL);

  json_object_set_string_member (place.object, "place", key);
  json_object_set_string_member (place.object, "name", name);
  json_object_set_int_member (place.object, "rank", rank);
  g_array_append_val (places, place);
  return place.object;
}

static void
add_device (GArray *places, const OhDevice *device, const OhDevice *own)
{
  JsonObject *object = new_place (places, DEVICE, device->id, device->name, device->rank);

  json_object_set_string_member (object, "kind", device->desk_phone ? "desk-phone" : "device");
  json_object_set_boolean_member (object, "own", device == own);
}

static void
add_identity (GArray *places, const OhImIdentity *identity, OhImDesk *desk)
{
  g_autofree char *id = g_strdup_printf ("%" G_GINT64_FORMAT, identity->id);
  JsonObject *object = new_place (places, IDENTITY, id, identity->name, identity->rank);

  json_object_set_string_member (object, "kind", "im");
  json_object_set_string_member (object, "protocol", identity->login->protocol);
  json_object_set_boolean_member (object, "verified", identity->verified);
  json_object_set_string_member (object, "presence",
                                 identity->verified ? oh_im_desk_get_presence (desk, identity)
                                                    : "unknown");
}

static JsonArray *
list_places (OhWebRequest *request)
{
  const OhUser *user = request->device->user;
  g_autoptr (GArray) places = g_array_new (FALSE, FALSE, sizeof (Place));
  JsonArray *list = json_array_new ();

  for (guint i = 0; i < user->devices->len; i++)
    add_device (places, user->devices->pdata[i], request->device);
  for (guint i = 0; i < user->identities->len; i++)
    add_identity (places, user->identities->pdata[i], request->web->desk);
  g_array_sort (places, compare_places);
  for (guint i = 0; i < places->len; i++)
    json_array_add_object_element (list, g_array_index (places, Place, i).object);
  return list;
}

/* What happens when nobody answers, and in what language. */
static void
add_rest (JsonObject *object, const OhUser *user)
{
  JsonArray *languages = json_array_new ();

  for (guint i = 0; i < OH_N_LANGUAGES; i++)
    json_array_add_string_element (languages, oh_language_codes[i]);
  json_object_set_int_member (object, "default_option", user->default_option);
  json_object_set_int_member (object, "default_delay", user->default_delay_s);
  json_object_set_string_member (object, "decline_action", oh_decline_words[user->decline_action]);
  json_object_set_string_member (object, "language", user->language);
  json_object_set_array_member (object, "languages", languages);
}

/* Where he usually answers, as far as that has an effect. */
static void
add_hours (JsonObject *object, OhWebRequest *request)
{
  const OhUser *user = request->device->user;
  g_autoptr (GArray) answers = oh_store_dup_answers (request->web->store, user->id);
  g_autoptr (OhHours) hours = oh_hours_learn (answers, user, g_get_real_time () / G_USEC_PER_SEC);

  json_object_set_boolean_member (object, "learn_hours", user->learn_hours);
  json_object_set_int_member (object, "answers", hours->n_answers);
  json_object_set_array_member (object, "hours",
                                user->learn_hours ? oh_hours_describe (hours) : json_array_new ());
}

void
oh_web_handle_get_rules (OhWebRequest *request)
{
  const OhUser *user = request->device->user;
  const OhRingRules *rules = &user->ring;
  g_autoptr (JsonObject) object = json_object_new ();
  g_autofree char *json = NULL;

  json_object_set_string_member (object, "order", oh_ring_order_words[rules->order]);
  json_object_set_int_member (object, "next_delay", rules->next_delay_s);
  json_object_set_string_member (object, "away", oh_quiet_words[rules->away]);
  json_object_set_string_member (object, "dnd", oh_quiet_words[rules->dnd]);
  json_object_set_array_member (object, "places", list_places (request));
  add_hours (object, request);
  add_rest (object, user);
  json = oh_json_object_to_string (object);
  oh_web_answer_json (request, json);
}

/* --- Changing them --- */

/* Borrows from @text. */
static gboolean
read_place (const char *text, OhPlace *place, GError **error)
{
  *place = (OhPlace){ 0 };
  if (g_str_has_prefix (text, DEVICE) && text[strlen (DEVICE)])
    place->device_id = text + strlen (DEVICE);
  else if (!g_str_has_prefix (text, IDENTITY)
           || !g_ascii_string_to_signed (text + strlen (IDENTITY), 10, 1, G_MAXINT64,
                                         &place->identity_id, NULL))
    {
      g_set_error (error, OH_ERROR, OH_ERROR_INVALID,
                   "\"%s\" is no place: use " DEVICE "ID or " IDENTITY "ID as GET told them", text);
      return FALSE;
    }
  return TRUE;
}

/* NULL with @error. The places borrow from @texts. */
static GArray *
read_places (char **texts, GError **error)
{
  g_autoptr (GArray) places = g_array_sized_new (FALSE, FALSE, sizeof (OhPlace), 1); /* not NULL */

  for (guint i = 0; texts[i]; i++)
    {
      OhPlace place;

      if (!read_place (texts[i], &place, error))
        return NULL;
      g_array_append_val (places, place);
    }
  return g_steal_pointer (&places);
}

static gboolean
read_rest (JsonObject *json, OhUserChange *change, GError **error)
{
  const char *action = NULL;
  gint64 option = -1, delay = -1;

  if (!oh_json_read_string (json, "language", FALSE, 16, &change->language, error)
      || !oh_json_read_int (json, "default_option", FALSE, 1, 9, &option, error)
      || !oh_json_read_int (json, "default_delay", FALSE, 1, 1000, &delay, error)
      || !oh_json_read_string (json, "decline_action", FALSE, 16, &action, error))
    return FALSE;
  change->default_option = (int)option;
  change->default_delay_s = (int)delay;
  change->decline_action = oh_word_find (oh_decline_words, action);
  return TRUE;
}

static gboolean
is_empty (const OhUserChange *change)
{
  return change->ring_order < 0 && change->away_rule < 0 && change->dnd_rule < 0
         && change->next_delay_s < 0 && change->default_option < 0 && change->default_delay_s < 0
         && change->decline_action < 0 && change->learn_hours < 0 && !change->language;
}

static gboolean
read_rules (JsonObject *json, OhUserChange *change, char ***places, GError **error)
{
  const char *order = NULL, *away = NULL, *dnd = NULL;
  gint64 next = -1;
  gboolean learn = -1;

  if (!oh_json_read_string (json, "order", FALSE, 16, &order, error)
      || !oh_json_read_string (json, "away", FALSE, 16, &away, error)
      || !oh_json_read_string (json, "dnd", FALSE, 16, &dnd, error)
      || !oh_json_read_int (json, "next_delay", FALSE, 0, 1000, &next, error)
      || !oh_json_read_bool (json, "learn_hours", FALSE, &learn, error)
      || !oh_json_read_strv (json, "places", OH_RANK_MAX, MAX_PLACE, places, error)
      || !read_rest (json, change, error))
    return FALSE;
  change->ring_order = oh_word_find (oh_ring_order_words, order);
  change->away_rule = oh_word_find (oh_quiet_words, away);
  change->dnd_rule = oh_word_find (oh_quiet_words, dnd);
  change->next_delay_s = (int)next;
  change->learn_hours = learn;
  if (*places || !is_empty (change))
    return TRUE;
  g_set_error (error, OH_ERROR, OH_ERROR_INVALID,
               "name at least one of order, next_delay, away, dnd, places, learn_hours, "
               "default_option, default_delay, decline_action and language");
  return FALSE;
}

void
oh_web_handle_change_rules (OhWebRequest *request)
{
  OhUserChange change = OH_USER_CHANGE_INIT;
  OhStoreReply reply = oh_web_reply_empty (request);
  g_auto (GStrv) texts = NULL;
  g_autoptr (GArray) places = NULL;
  g_autoptr (GError) error = NULL;

  if (!read_rules (request->json, &change, &texts, &error)
      || (texts && !(places = read_places (texts, &error))))
    {
      oh_web_answer_gerror (request, error);
      return;
    }
  if (places)
    {
      change.places = (const OhPlace *)places->data;
      change.n_places = places->len;
    }
  oh_store_change_user (request->web->store, request->device->user->id, &change, &reply);
}

void
oh_web_handle_forget_hours (OhWebRequest *request)
{
  OhStoreReply reply = oh_web_reply_empty (request);

  oh_store_forget_answers (request->web->store, request->device->user->id, &reply);
}
