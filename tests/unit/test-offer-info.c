/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/oh-error.h"
#include "client/account/oh-account-im-private.h"
#include "client/account/oh-json.h"
#include "client/offer/oh-offer-guard.h"
#include "client/offer/oh-offer-info.h"

#include <string.h>

#define TOKEN "abcdefghijklmnopqrst-_"
#define BIT(option) (1u << OH_CALL_OPTION_##option)

static OhOfferInfo *
parse (const char *text)
{
  g_autoptr (JsonNode) node = oh_json_parse (text, strlen (text));
  g_autoptr (GError) error = NULL;
  OhOfferInfo *info = oh_offer_info_from_json (node, &error);

  g_assert_true (!info == !!error);
  if (error)
    g_assert_error (error, OH_ERROR, OH_ERROR_INVALID);
  return info;
}

static void
test_good (void)
{
  g_autoptr (OhOfferInfo) open = parse (
      "{\"id\":\"ab-12\",\"state\":\"open\",\"caller\":{\"name\":\"Demo\",\"number\":\"\"},"
      "\"called\":\"100\",\"options\":[{\"option\":1},{\"option\":9}],\"default\":3,"
      "\"seconds_left\":20}");
  g_autoptr (OhOfferInfo) over = parse (
      "{\"id\":\"ab-12\",\"state\":\"over\",\"outcome\":\"in-browser\"}");
  g_autoptr (OhOfferInfo) ended = parse (
      "{\"id\":\"ab-12\",\"state\":\"over\",\"outcome\":\"ended\"}");

  g_assert_cmpint (open->state, ==, OH_OFFER_OPEN);
  g_assert_cmpstr (open->name, ==, "Demo");
  g_assert_cmpstr (open->number, ==, NULL);
  g_assert_cmpstr (open->called, ==, "100");
  g_assert_cmphex (open->options, ==, BIT (ANSWER) | BIT (DECLINE));
  g_assert_cmpint (open->default_option, ==, OH_CALL_OPTION_VOICEMAIL);
  g_assert_cmpuint (open->seconds_left, ==, 20);
  g_assert_cmpint (over->state, ==, OH_OFFER_OVER);
  g_assert_cmpint (over->reason, ==, OH_CALL_REASON_ELSEWHERE);
  g_assert_cmpint (ended->reason, ==, OH_CALL_REASON_NO_ANSWER);
}

/* Whatever a server says, the result can be shown and worked with, or there is none. */
static void
test_hostile (void)
{
  static const char *const none[] = { "null",
                                      "[]",
                                      "7",
                                      "\"x\"",
                                      "{}",
                                      "{\"id\":\"a\"}",
                                      "{\"id\":7,\"state\":\"open\"}",
                                      "{\"id\":\"../x\",\"state\":\"open\"}",
                                      "{\"id\":\"\",\"state\":\"open\"}" };
  g_autoptr (OhOfferInfo) odd = parse (
      "{\"id\":\"a\",\"state\":\"ajar\",\"caller\":[1],\"called\":{},\"options\":[1,[],{},"
      "{\"option\":-1},{\"option\":99999999999},{\"option\":\"1\"},{\"option\":4}],\"default\":"
      "1e300,"
      "\"seconds_left\":-5,\"outcome\":[]}");
  g_autoptr (OhOfferInfo) text = parse (
      "{\"id\":\"a\",\"state\":\"open\",\"caller\":{\"name\":\"a\\u0007b\",\"number\":5},"
      "\"seconds_left\":99999999}");

  for (guint i = 0; i < G_N_ELEMENTS (none); i++)
    g_assert_null (parse (none[i]));
  g_assert_cmpint (odd->state, ==, OH_OFFER_OVER);
  g_assert_cmphex (odd->options, ==, 0);
  g_assert_cmpint (odd->default_option, ==, OH_CALL_OPTION_DECLINE);
  g_assert_cmpuint (odd->seconds_left, ==, 0);
  g_assert_null (odd->name);
  g_assert_null (odd->called);
  g_assert_null (strchr (text->name, 7));
  g_assert_cmpuint (text->seconds_left, ==, 3600);
}

/* Only a link of that server is one; what stands beside it does not make it one. */
static void
test_link (void)
{
  static const struct
  {
    const char *base, *text;
    gboolean found;
  } cases[] = {
    { "https://a.test:8443", "Call\n1 answer\nhttps://a.test:8443/o/" TOKEN "\n", TRUE },
    { "https://a.test", "(https://A.Test:443/o/" TOKEN ")", TRUE },
    { "https://a.test", "https://b.test/o/" TOKEN " https://a.test/o/" TOKEN, TRUE },
    { "https://[::1]:8443", "https://[::1]:8443/o/" TOKEN, TRUE },
    { "https://a.test", "http://a.test/o/" TOKEN, FALSE },
    { "https://a.test", "https://a.test:8443/o/" TOKEN, FALSE },
    { "https://a.test", "https://a.test@b.test/o/" TOKEN, FALSE },
    { "https://a.test", "https://user@a.test/o/" TOKEN, FALSE },
    { "https://a.test", "https://a.test.b.test/o/" TOKEN, FALSE },
    { "https://a.test", "https://b.test/https://a.test/x/o/" TOKEN, FALSE },
    { "https://a.test", "https://a.test/o/" TOKEN "x", FALSE },
    { "https://a.test", "https://a.test/o/short", FALSE },
    { "https://a.test", "https://a.test/oo/" TOKEN, FALSE },
    { "https://a.test", "\xff\xfe", FALSE },
    { "", "https:///o/" TOKEN, FALSE },
    { NULL, "https://a.test/o/" TOKEN, FALSE },
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autofree char *token = oh_offer_find_token (cases[i].text, cases[i].base);

      g_assert_cmpstr (token, ==, cases[i].found ? TOKEN : NULL);
    }
}

/* By which accounts a server writes is the same after a restart. */
static void
test_services (void)
{
  g_autoptr (OhAccountIm) before = oh_account_im_from_text (
      "{\"links\":\"https://a.test\",\"accounts\":[{\"name\":\"xmpp\",\"protocol\":"
      "\"prpl-jabber\",\"address\":\"calls@a.test\",\"online\":true}],\"identities\":[]}");
  g_autofree char *text = oh_account_im_to_text (before);
  g_autoptr (OhAccountIm) after = oh_account_im_from_text (text);
  const OhImService *service = oh_account_im_find_service (after, "xmpp");

  g_assert_cmpstr (after->links, ==, "https://a.test");
  g_assert_cmpuint (after->services->len, ==, 1);
  g_assert_cmpstr (service->protocol, ==, "prpl-jabber");
  g_assert_cmpstr (service->address, ==, "calls@a.test");
  g_assert_null (oh_account_im_from_text (NULL));
  g_assert_null (oh_account_im_from_text (""));
  g_assert_null (oh_account_im_from_text ("{"));
  g_assert_null (oh_account_im_from_text ("[1]"));
}

/* What the parser would follow into the depth, or read as something else than JSON. */
static void
test_shape (void)
{
  g_autofree char *deep = g_strnfill (1024 * 1024, '[');
  g_autoptr (JsonNode) good = oh_json_parse ("{\"a\":[{\"b\":\"[[[[\"}]} and more", 20);

  g_assert_nonnull (good);
  g_assert_null (oh_json_parse (deep, 1024 * 1024));
  g_assert_null (oh_json_parse ("{\"a\":\"\xff\"}", 9));
  g_assert_null (oh_json_parse ("{\"a\":\"\\u0000b\"}", 15));
  g_assert_null (oh_json_parse ("var a = {};", 11));
  g_assert_null (oh_json_parse ("", 0));
}

/* What a message that says it is an offer looks like. */
static void
test_looks_of_offers (void)
{
  static const struct
  {
    const char *text;
    gboolean offer;
  } cases[] = {
    { "Call from Demo Caller (555100) for 100.\n1 answer on laptop, 3 voicemail, 9 decline\n20 s "
      "left",
      TRUE },
    { "Anruf von Demo (1) für 100.\n1 annehmen, 3 Anrufbeantworter, 9 ablehnen", TRUE },
    { "CALL FROM THE BANK: 1 answer 9 decline", TRUE },
    { "see https://phone.example.org:8443/o/AAAAAAAAAAAAAAAAAAAAAA", TRUE },
    { "see https://phone.example.org/o/AAAAAAAAAAAAAAAAAAAAAA?x", TRUE },
    { "see https://phone.example.org/o/AAAAAAAAAAAAAAAAAAAAAAA", FALSE }, /* 23: another thing */
    { "I'll call you about the 1 dog", FALSE },
    { "1 answer, 3 voicemail, 9 decline", FALSE },
    { "Call from Demo Caller: went to voicemail at 14:02.", FALSE },
    { "\xff call 1 a 9 b", TRUE },
    { "", FALSE },
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_test_message ("%s", cases[i].text);
      g_assert_cmpint (oh_offer_guard_looks_like (cases[i].text), ==, cases[i].offer);
    }
}

/* What may be an offer's first line; of a call server only its own words. */
static void
test_begins_of_offers (void)
{
  static const struct
  {
    const char *text;
    gboolean server, other;
  } cases[] = {
    { "Call from Demo Caller (555100) for 100.", TRUE, TRUE },
    { "Call B from an unknown caller for anna.", TRUE, TRUE },
    { "Anruf von Jörg (555100) für 100.", TRUE, TRUE },
    { "Call from https://demo.test/o/AAAAAAAAAAAAAAAAAAAAAA for 100.", TRUE, FALSE },
    { "Call from Center for Demos: declined at 14:02.", FALSE, TRUE },
    { "INCOMING CALL FROM THE BANK", FALSE, TRUE },
    { "Call from Demo Caller (555100): declined at 14:02.", FALSE, TRUE },
    { "I'll call you", FALSE, FALSE },
    { "Recall from what we know", FALSE, FALSE },
    { "Call from Demo for 100.\n1 answer", FALSE, FALSE }, /* whole already */
    { "Call from Demo for 100: 1 answer, 9 decline.", FALSE, FALSE },
    { "", FALSE, FALSE },
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_test_message ("%s", cases[i].text);
      g_assert_cmpint (oh_offer_guard_may_begin (cases[i].text, TRUE), ==, cases[i].server);
      g_assert_cmpint (oh_offer_guard_may_begin (cases[i].text, FALSE), ==, cases[i].other);
    }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/offer-info/good", test_good);
  g_test_add_func ("/offer-info/hostile", test_hostile);
  g_test_add_func ("/offer-info/link", test_link);
  g_test_add_func ("/offer-info/services", test_services);
  g_test_add_func ("/offer-info/shape", test_shape);
  g_test_add_func ("/offer-info/looks", test_looks_of_offers);
  g_test_add_func ("/offer-info/begins", test_begins_of_offers);
  return g_test_run ();
}
