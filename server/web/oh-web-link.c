/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "oh-web"

#include "server/web/oh-link-page.h"
#include "server/web/oh-web-private.h"

#include "base/oh-clock.h"
#include "server/store/oh-json.h"

#include <string.h>

/* What stands behind a call offer's link. GET and HEAD only show it, for robots fetch links to preview
 * them; a choice is a POST, and is answered when the call has said what came of it. The token in the
 * path is all the authority that there is, so it goes into no log. */

#define PATIENCE_MS 3000 /* with the call, until a choice is said to be on its way */
#define WRONG_PER_MINUTE 30

/* A POST that waits for its call. */
typedef struct
{
  OhWebRequest *request;
  OhOption option;
  char *offer_id;
  guint timer;
} Choice;

/* --- Which form the answer has --- */

/* What the client names first. */
static gboolean
wants_json (OhWebRequest *request)
{
  const char *accept = soup_message_headers_get_list (
      soup_server_message_get_request_headers (request->message), "Accept");
  GSList *types = accept ? soup_header_parse_quality_list (accept, NULL) : NULL;
  gboolean json = FALSE;

  for (const GSList *type = types; type; type = type->next)
    {
      json = g_ascii_strcasecmp (type->data, "application/json") == 0;
      if (json || g_ascii_strcasecmp (type->data, "text/html") == 0)
        break;
    }
  soup_header_free_list (types);
  return json;
}

static const char *
get_languages (OhWebRequest *request)
{
  return soup_message_headers_get_list (soup_server_message_get_request_headers (request->message),
                                        "Accept-Language");
}

/* Takes @html. */
static void
answer_page (OhWebRequest *request, guint status, char *html)
{
  g_autofree char *policy = oh_link_page_dup_policy (soup_message_headers_get_one (
      soup_server_message_get_request_headers (request->message), "Host"));

  oh_web_answer_page (request, status, html, policy);
  g_free (html);
}

/* --- Links that are none --- */

/* The same for guessed, malformed and forgotten ones, and not often for one source. */
static void
answer_unknown (OhWebRequest *request)
{
  g_autofree char *address = oh_web_dup_address (request);
  g_autofree char *source = oh_limits_dup_source (address);
  g_autofree char *seconds = NULL;
  guint retry_s = 0;

  if (oh_limits_take (request->web->wrong_links, source, &retry_s))
    {
      if (wants_json (request))
        oh_web_answer_error (request, SOUP_STATUS_NOT_FOUND, "not-found",
                             "There is no call here, or no longer");
      else
        answer_page (request, SOUP_STATUS_NOT_FOUND,
                     oh_link_page_make_unknown (get_languages (request)));
      return;
    }
  if (wants_json (request))
    {
      oh_web_answer_later (request, retry_s, "Too many links from this address led nowhere");
      return;
    }
  seconds = g_strdup_printf ("%u", MAX (retry_s, 1));
  if (!request->gone)
    soup_message_headers_replace (soup_server_message_get_response_headers (request->message),
                                  "Retry-After", seconds);
  answer_page (request, 429, oh_link_page_make_later (get_languages (request), MAX (retry_s, 1)));
}

/* --- What a link shows --- */

static void
set_text (JsonObject *object, const char *key, const char *text)
{
  g_autofree char *valid = g_utf8_make_valid (text ? text : "", -1);

  json_object_set_string_member (object, key, valid);
}

static void
describe_options (const OhLink *link, JsonObject *object)
{
  JsonArray *options = json_array_new ();

  for (const OhImChoice *choice = oh_im_choices; choice->option; choice++)
    {
      JsonObject *option;

      if (!(link->options & (1u << choice->option)))
        continue;
      option = json_object_new ();
      json_object_set_int_member (option, "option", choice->option);
      json_object_set_string_member (option, "name", choice->id);
      json_array_add_object_element (options, option);
    }
  json_object_set_array_member (object, "options", options);
}

static void
describe_outcome (const OhLink *link, JsonObject *object)
{
  static const char *const outcomes[] = {
    [OH_IM_OUTCOME_ANSWERED] = "answered",   [OH_IM_OUTCOME_IN_BROWSER] = "in-browser",
    [OH_IM_OUTCOME_VOICEMAIL] = "voicemail", [OH_IM_OUTCOME_DECLINED] = "declined",
    [OH_IM_OUTCOME_GAVE_UP] = "gave-up",     [OH_IM_OUTCOME_LOST] = "ended",
    [OH_IM_OUTCOME_ENDED] = "ended"
  };

  json_object_set_string_member (object, "outcome", outcomes[link->outcome]);
  json_object_set_string_member (object, "time", link->time);
  if (link->device)
    set_text (object, "device", link->device);
  if (link->call_back && oh_im_outcome_is_missed (link->outcome))
    json_object_set_string_member (object, "call_back", link->call_back);
}

static char *
describe (const OhLink *link)
{
  g_autoptr (JsonObject) object = json_object_new ();
  JsonObject *caller = json_object_new ();
  gint64 left = (link->deadline_us - oh_clock_now ()) / G_TIME_SPAN_SECOND;

  json_object_set_string_member (object, "id", link->offer_id);
  json_object_set_string_member (object, "state",
                                 link->is_over  ? "over"
                                 : link->chosen ? "chosen"
                                                : "open");
  set_text (caller, "name", link->caller_name);
  set_text (caller, "number", link->caller_number);
  json_object_set_object_member (object, "caller", caller);
  set_text (object, "called", link->called);
  set_text (object, "devices", link->devices);
  describe_options (link, object);
  json_object_set_int_member (object, "default", link->default_option);
  json_object_set_int_member (object, "seconds_left", link->is_over ? 0 : MAX (left, 0));
  if (link->is_over)
    describe_outcome (link, object);
  return oh_json_object_to_string (object);
}

static void
answer_link (OhWebRequest *request, guint status, const OhLink *link, OhLinkPageReason reason)
{
  g_autofree char *json = NULL;

  if (!wants_json (request))
    {
      answer_page (request, status, oh_link_page_make (link, reason, oh_clock_now ()));
      return;
    }
  json = describe (link);
  oh_web_answer_json_status (request, status, json);
}

void
oh_web_handle_get_link (OhWebRequest *request)
{
  const OhLink *link = oh_links_find (request->web->links, request->argument);

  if (link)
    answer_link (request, SOUP_STATUS_OK, link, OH_LINK_PAGE_SHOWN);
  else
    answer_unknown (request);
}

/* --- Choosing --- */

static gboolean
is_outcome_of (const OhLink *link, OhOption option)
{
  const OhImChoice *choice = oh_im_choice_find (option);

  return choice && choice->path == OH_IM_PATH_POST && choice->outcome == link->outcome;
}

/* The choice's end, or that it takes its time. A browser goes back to the page itself, so that loading
 * it anew chooses nothing. */
static void
answer_choice (OhWebRequest *request, OhOption option)
{
  const OhLink *link = oh_links_find (request->web->links, request->argument);

  if (!link)
    answer_unknown (request);
  else if (link->is_over && !is_outcome_of (link, option))
    answer_link (request, SOUP_STATUS_CONFLICT, link, OH_LINK_PAGE_TOO_LATE);
  else if (!wants_json (request))
    oh_web_answer_see_same (request);
  else
    answer_link (request, link->is_over ? SOUP_STATUS_OK : SOUP_STATUS_ACCEPTED, link,
                 OH_LINK_PAGE_SHOWN);
}

static void
free_choice (gpointer data)
{
  Choice *choice = data;

  g_clear_handle_id (&choice->timer, g_source_remove);
  g_free (choice->offer_id);
  g_free (choice);
}

static void
finish_choice (OhWeb *web, Choice *choice)
{
  OhWebRequest *request = choice->request;
  OhOption option = choice->option;

  g_ptr_array_remove_fast (web->choices, choice);
  answer_choice (request, option);
}

static gboolean
on_patience_over (gpointer data)
{
  Choice *choice = data;

  choice->timer = 0;
  finish_choice (choice->request->web, choice);
  return G_SOURCE_REMOVE;
}

static void
wait_for_call (OhWebRequest *request, const OhLink *link, OhOption option)
{
  Choice *choice = g_new0 (Choice, 1);

  choice->request = request;
  choice->option = option;
  choice->offer_id = g_strdup (link->offer_id);
  choice->timer = g_timeout_add (PATIENCE_MS, on_patience_over, choice);
  g_ptr_array_add (request->web->choices, choice);
}

static void
on_ended (const char *offer_id, gpointer user_data)
{
  OhWeb *web = user_data;

  for (guint i = web->choices->len; i > 0; i--)
    {
      Choice *choice = web->choices->pdata[i - 1];

      if (strcmp (choice->offer_id, offer_id) == 0)
        finish_choice (web, choice);
    }
}

void
oh_web_links_start (OhWeb *web)
{
  web->choices = g_ptr_array_new_with_free_func (free_choice);
  web->wrong_links = oh_limits_new (WRONG_PER_MINUTE, WRONG_PER_MINUTE, 10000);
  oh_links_watch (web->links, on_ended, web);
}

void
oh_web_links_stop (OhWeb *web)
{
  oh_links_watch (web->links, NULL, NULL);
  while (web->choices->len > 0)
    finish_choice (web, web->choices->pdata[0]);
}

/* Another site's form or script; a browser says so. Pages that send no referrer post with the origin
 * "null", ours too. */
static gboolean
is_foreign (OhWebRequest *request)
{
  SoupMessageHeaders *headers = soup_server_message_get_request_headers (request->message);
  const char *site = soup_message_headers_get_one (headers, "Sec-Fetch-Site");
  const char *origin = soup_message_headers_get_one (headers, "Origin");
  const char *host = soup_message_headers_get_one (headers, "Host");
  g_autofree char *own = g_strconcat ("https://", host ? host : "", NULL);

  if (site && strcmp (site, "same-origin") != 0 && strcmp (site, "none") != 0)
    return TRUE;
  return origin && strcmp (origin, "null") != 0 && g_ascii_strcasecmp (origin, own) != 0;
}

/* 0: there is none. */
static OhOption
read_option (OhWebRequest *request)
{
  const char *type = soup_message_headers_get_content_type (
      soup_server_message_get_request_headers (request->message), NULL);
  g_autoptr (GHashTable) form = NULL;
  const char *option;

  if (g_strcmp0 (type, SOUP_FORM_MIME_TYPE_URLENCODED) != 0)
    return 0;
  g_byte_array_append (request->body, (const guint8 *)"", 1);
  form = soup_form_decode ((const char *)request->body->data);
  option = g_hash_table_lookup (form, "option");
  return option && g_ascii_isdigit (option[0]) && !option[1] ? (OhOption)(option[0] - '0') : 0;
}

static void
answer_foreign (OhWebRequest *request)
{
  if (wants_json (request))
    oh_web_answer_error (request, SOUP_STATUS_FORBIDDEN, "denied",
                         "The choice came from another page");
  else
    answer_page (request, SOUP_STATUS_FORBIDDEN,
                 oh_link_page_make_foreign (get_languages (request)));
}

static void
answer_not_offered (OhWebRequest *request, const OhLink *link)
{
  if (wants_json (request))
    oh_web_answer_error (request, SOUP_STATUS_BAD_REQUEST, "not-offered",
                         "Send option=N with one of the offer's options; to answer takes a voice");
  else
    answer_link (request, SOUP_STATUS_BAD_REQUEST, link, OH_LINK_PAGE_NOT_OFFERED);
}

void
oh_web_handle_choose_link (OhWebRequest *request)
{
  OhLinks *links = request->web->links;
  const OhLink *link = oh_links_find (links, request->argument);
  OhOption option = read_option (request);

  if (!link)
    answer_unknown (request);
  else if (is_foreign (request))
    answer_foreign (request);
  else if (!(link->options & (1u << option)) || !oh_im_choice_is_post (option))
    answer_not_offered (request, link);
  else if (link->is_over)
    answer_choice (request, option);
  else
    {
      /* The second of two waits too: it hears what the first one did. */
      oh_links_choose (links, request->argument, option);
      wait_for_call (request, link, option);
    }
}
