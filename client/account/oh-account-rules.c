/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "client/account/oh-account-rules-private.h"

#include "base/oh-error.h"
#include "base/oh-redact.h"
#include "client/account/oh-json.h"

#include <string.h>

#define MAX_PLACES 100
#define MAX_HOURS 48
#define MAX_LANGUAGES 100
#define MAX_CODE 16 /* bytes of a language's */

/* Of the server, by number. */
static const char *const order_words[] = { "activity", "rank", "together" };
static const char *const quiet_words[] = { "ring", "later", "skip", "message", "default" };
static const char *const declined_words[] = { "voicemail", "busy", "hang-up" };
static const int option_numbers[] = { 3, 9 }; /* of the options, as replies have them */

static void
free_place (gpointer data)
{
  OhRulesPlace *place = data;

  g_free (place->key);
  g_free (place->name);
  g_free (place->protocol);
  g_free (place);
}

static void
free_hours (gpointer data)
{
  OhRulesHours *hours = data;

  g_free (hours->name);
  g_free (hours->protocol);
  g_free (hours);
}

void
oh_account_rules_free (OhAccountRules *rules)
{
  if (!rules)
    return;
  g_ptr_array_unref (rules->places);
  g_ptr_array_unref (rules->hours);
  g_free (rules->language);
  g_strfreev (rules->languages);
  g_free (rules);
}

/* --- From outside --- */

static guint
parse_word (JsonObject *object, const char *member, const char *const *words, gsize n_words)
{
  const char *word = oh_json_get_text (object, member);

  for (gsize i = 0; word && i < n_words; i++)
    if (strcmp (word, words[i]) == 0)
      return (guint)i;
  return 0;
}

static gpointer
parse_place (JsonObject *object)
{
  static const char *const kinds[] = { "device", "desk-phone", "im" };
  OhRulesPlace *place = g_new0 (OhRulesPlace, 1);

  place->key = oh_json_dup_text_or_empty (object, "place");
  place->name = oh_json_dup_text_or_empty (object, "name");
  place->kind = parse_word (object, "kind", kinds, G_N_ELEMENTS (kinds));
  place->protocol = oh_json_dup_text_or_empty (object, "protocol");
  place->verified = oh_json_get_flag (object, "verified");
  place->own = oh_json_get_flag (object, "own");
  place->rank = (guint)oh_json_get_number (object, "rank", 0, 1000);
  return place;
}

static gpointer
parse_hours (JsonObject *object)
{
  static const char *const days[] = { "weekdays", "weekends" };
  OhRulesHours *hours = g_new0 (OhRulesHours, 1);

  hours->weekend = parse_word (object, "days", days, G_N_ELEMENTS (days)) > 0;
  hours->from = (guint)oh_json_get_number (object, "from", 0, 23);
  hours->to = (guint)oh_json_get_number (object, "to", hours->from + 1, 24);
  hours->name = oh_json_dup_text_or_empty (object, "name");
  hours->protocol = oh_json_dup_text_or_empty (object, "protocol");
  hours->answered = (guint)oh_json_get_number (object, "answered", 0, 1000000);
  hours->of = (guint)oh_json_get_number (object, "of", hours->answered, 1000000);
  return hours;
}

static void
parse_learned (OhAccountRules *rules, JsonObject *object, JsonNode *node)
{
  rules->can_learn = json_object_has_member (object, "learn_hours");
  rules->learn = oh_json_get_flag (object, "learn_hours");
  rules->n_answers = (guint)oh_json_get_number (object, "answers", 0, 1000000);
  rules->hours = oh_json_read_objects (node, "hours", MAX_HOURS, parse_hours, free_hours);
}

static char **
parse_languages (JsonNode *node)
{
  JsonArray *array = oh_json_get_array (node, "languages");
  GStrvBuilder *languages = g_strv_builder_new ();
  guint n = array ? MIN (json_array_get_length (array), MAX_LANGUAGES) : 0;
  char **list;

  for (guint i = 0; i < n; i++)
    {
      JsonNode *one = json_array_get_element (array, i);
      g_autofree char *code = json_node_get_value_type (one) == G_TYPE_STRING
                                  ? oh_printable (json_node_get_string (one), MAX_CODE)
                                  : NULL;

      if (code)
        g_strv_builder_add (languages, code);
    }
  list = g_strv_builder_end (languages);
  g_strv_builder_unref (languages);
  return list;
}

static void
parse_rest (OhAccountRules *rules, JsonObject *object, JsonNode *node)
{
  rules->ring_s = (guint)oh_json_get_number (object, "default_delay", OH_RULES_RING_MIN_S,
                                             OH_RULES_RING_MAX_S);
  rules->unanswered = oh_json_get_number (object, "default_option", 0, 9)
                              == option_numbers[OH_RULES_UNANSWERED_DECLINE]
                          ? OH_RULES_UNANSWERED_DECLINE
                          : OH_RULES_UNANSWERED_VOICEMAIL;
  rules->declined = parse_word (object, "decline_action", declined_words,
                                G_N_ELEMENTS (declined_words));
  rules->language = oh_json_dup_text_or_empty (object, "language");
  rules->languages = parse_languages (node);
}

OhAccountRules *
oh_account_rules_from_json (JsonNode *node, GError **error)
{
  JsonObject *object = JSON_NODE_HOLDS_OBJECT (node) ? json_node_get_object (node) : NULL;
  OhAccountRules *rules;

  if (!object || !oh_json_get_text (object, "order"))
    {
      g_set_error (error, OH_ERROR, OH_ERROR_INVALID,
                   "the server's answer is not what was asked for");
      return NULL;
    }
  rules = g_new0 (OhAccountRules, 1);
  rules->order = parse_word (object, "order", order_words, G_N_ELEMENTS (order_words));
  rules->away = parse_word (object, "away", quiet_words, OH_RULES_SKIP + 1);
  rules->dnd = parse_word (object, "dnd", quiet_words, G_N_ELEMENTS (quiet_words));
  rules->next_delay_s = (guint)oh_json_get_number (object, "next_delay", OH_RULES_DELAY_MIN_S,
                                                   OH_RULES_DELAY_MAX_S);
  rules->places = oh_json_read_objects (node, "places", MAX_PLACES, parse_place, free_place);
  parse_learned (rules, object, node);
  parse_rest (rules, object, node);
  return rules;
}

/* --- To the server --- */

JsonNode *
oh_rules_change_to_json (const OhRulesChange *change)
{
  JsonObject *object = json_object_new ();
  JsonNode *node = json_node_new (JSON_NODE_OBJECT);

  if (change->order >= 0)
    json_object_set_string_member (object, "order", order_words[change->order]);
  if (change->next_delay_s >= 0)
    json_object_set_int_member (object, "next_delay", change->next_delay_s);
  if (change->away >= 0)
    json_object_set_string_member (object, "away", quiet_words[change->away]);
  if (change->dnd >= 0)
    json_object_set_string_member (object, "dnd", quiet_words[change->dnd]);
  if (change->learn >= 0)
    json_object_set_boolean_member (object, "learn_hours", change->learn);
  if (change->places)
    {
      JsonArray *places = json_array_new ();

      for (guint i = 0; change->places[i]; i++)
        json_array_add_string_element (places, change->places[i]);
      json_object_set_array_member (object, "places", places);
    }
  if (change->ring_s >= 0)
    json_object_set_int_member (object, "default_delay", change->ring_s);
  if (change->unanswered >= 0)
    json_object_set_int_member (object, "default_option", option_numbers[change->unanswered]);
  if (change->declined >= 0)
    json_object_set_string_member (object, "decline_action", declined_words[change->declined]);
  if (change->language)
    json_object_set_string_member (object, "language", change->language);
  json_node_take_object (node, object);
  return node;
}
