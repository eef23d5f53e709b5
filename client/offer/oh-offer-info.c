/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "client/offer/oh-offer-info.h"

#include "base/oh-error.h"
#include "client/account/oh-json.h"

#include <string.h>

#define MAX_LOOKED_AT 4000 /* bytes of a message */
#define MAX_ID 64
#define MAX_SECONDS 3600
#define MAX_OPTIONS 16
#define BIT(option) (1u << OH_CALL_OPTION_##option)

/* As docs/protocol.md writes it: 128 random bits in base64url. */
#define LINK "(https://[^\\s/]+)/o/([A-Za-z0-9_-]{22})(?![A-Za-z0-9_-])"

static const guint known_options = BIT (ANSWER) | BIT (VOICEMAIL) | BIT (DECLINE);

void
oh_offer_info_free (OhOfferInfo *info)
{
  if (!info)
    return;
  g_free (info->id);
  g_free (info->name);
  g_free (info->number);
  g_free (info->called);
  g_free (info);
}

/* --- The description --- */

static gboolean
is_id (const char *text)
{
  gsize length = text ? strlen (text) : 0;

  return length && length <= MAX_ID
         && strspn (text, G_CSET_A_2_Z G_CSET_a_2_z G_CSET_DIGITS "-_.") == length;
}

static OhOfferState
read_state (JsonObject *object)
{
  const char *word = oh_json_get_text (object, "state");

  return g_strcmp0 (word, "open") == 0     ? OH_OFFER_OPEN
         : g_strcmp0 (word, "chosen") == 0 ? OH_OFFER_CHOSEN
                                           : OH_OFFER_OVER;
}

static OhCallReason
read_reason (JsonObject *object)
{
  static const struct
  {
    const char *outcome;
    OhCallReason reason;
  } reasons[] = {
    { "answered", OH_CALL_REASON_ELSEWHERE },  { "in-browser", OH_CALL_REASON_ELSEWHERE },
    { "voicemail", OH_CALL_REASON_VOICEMAIL }, { "declined", OH_CALL_REASON_DECLINED },
    { "gave-up", OH_CALL_REASON_CANCELLED },   { "ended", OH_CALL_REASON_NO_ANSWER }
  };
  const char *outcome = oh_json_get_text (object, "outcome");

  for (gsize i = 0; i < G_N_ELEMENTS (reasons); i++)
    if (g_strcmp0 (outcome, reasons[i].outcome) == 0)
      return reasons[i].reason;
  return OH_CALL_REASON_NETWORK;
}

static guint
read_options (JsonNode *node)
{
  JsonArray *array = oh_json_get_array (node, "options");
  guint n = array ? MIN (json_array_get_length (array), MAX_OPTIONS) : 0;
  guint options = 0;

  for (guint i = 0; i < n; i++)
    {
      JsonNode *one = json_array_get_element (array, i);

      if (JSON_NODE_HOLDS_OBJECT (one))
        options |= 1u << oh_json_get_number (json_node_get_object (one), "option", 0, 31);
    }
  return options & known_options;
}

OhOfferInfo *
oh_offer_info_from_json (JsonNode *node, GError **error)
{
  JsonObject *object = node && JSON_NODE_HOLDS_OBJECT (node) ? json_node_get_object (node) : NULL;
  JsonNode *caller = object ? json_object_get_member (object, "caller") : NULL;
  JsonObject *who = caller && JSON_NODE_HOLDS_OBJECT (caller) ? json_node_get_object (caller)
                                                              : NULL;
  guint chosen = (guint)oh_json_get_number (object, "default", 0, 31);
  OhOfferInfo *info;

  if (!is_id (oh_json_get_text (object, "id")) || !oh_json_get_text (object, "state"))
    {
      g_set_error (error, OH_ERROR, OH_ERROR_INVALID, "the link describes no call");
      return NULL;
    }
  info = g_new0 (OhOfferInfo, 1);
  info->id = g_strdup (oh_json_get_text (object, "id"));
  info->state = read_state (object);
  info->name = oh_json_dup_text (who, "name");
  info->number = oh_json_dup_text (who, "number");
  info->called = oh_json_dup_text (object, "called");
  info->options = read_options (node);
  info->default_option = known_options & (1u << chosen) ? (OhCallOption)chosen
                                                        : OH_CALL_OPTION_DECLINE;
  info->seconds_left = (guint)oh_json_get_number (object, "seconds_left", 0, MAX_SECONDS);
  info->devices = oh_json_get_text (object, "devices") != NULL;
  info->reason = info->state == OH_OFFER_OVER ? read_reason (object) : OH_CALL_REASON_NONE;
  return info;
}

/* --- The link --- */

/* Scheme, host and port; NULL: that is no web address of a server. */
static char *
normalize_origin (const char *text)
{
  g_autoptr (GUri) uri = g_uri_parse (text, G_URI_FLAGS_NONE, NULL);
  g_autofree char *host = NULL;
  int port;

  if (!uri || g_uri_get_userinfo (uri) || !g_uri_get_host (uri) || !*g_uri_get_host (uri)
      || g_ascii_strcasecmp (g_uri_get_scheme (uri), "https") != 0)
    return NULL;
  host = g_ascii_strdown (g_uri_get_host (uri), -1);
  port = g_uri_get_port (uri);
  return g_strdup_printf ("%s:%d", host, port < 0 ? 443 : port);
}

char *
oh_offer_find_token (const char *text, const char *base)
{
  g_autofree char *begin = g_utf8_make_valid (text, (gssize)strnlen (text, MAX_LOOKED_AT));
  g_autofree char *own = base ? normalize_origin (base) : NULL;
  g_autoptr (GRegex) regex = g_regex_new (LINK, 0, 0, NULL);
  g_autoptr (GMatchInfo) match = NULL;

  for (g_regex_match (regex, begin, 0, &match); own && g_match_info_matches (match);
       g_match_info_next (match, NULL))
    {
      g_autofree char *link = g_match_info_fetch (match, 1);
      g_autofree char *origin = normalize_origin (link);

      if (g_strcmp0 (origin, own) == 0)
        return g_match_info_fetch (match, 2);
    }
  return NULL;
}
