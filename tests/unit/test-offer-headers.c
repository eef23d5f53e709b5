/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "plugins/sip/oh-offer-headers.h"
#include "plugins/sip/oh-phone-call.h"
#include "client/call/oh-relay-info.h"

static void
test_good (void)
{
  OhOfferHeaders headers;

  oh_offer_headers_parse (&headers, "ab-12", "100", "20", "3", "1,3,9", "berta.demo");
  g_assert_cmpstr (headers.peer, ==, "berta.demo");
  g_assert_cmpstr (headers.id, ==, "ab-12");
  g_assert_cmpstr (headers.called, ==, "100");
  g_assert_cmpuint (headers.deadline_s, ==, 20);
  g_assert_cmpint (headers.default_option, ==, OH_CALL_OPTION_VOICEMAIL);
  g_assert_cmphex (headers.options, ==, 1u << 1 | 1u << 3 | 1u << 9);
  oh_offer_headers_clear (&headers);
}

/* Whatever stands there, the result can be shown and worked with. */
static void
test_hostile (void)
{
  static const char *const values[] = { NULL,
                                        "",
                                        " ",
                                        "-1",
                                        "99999999999999999999",
                                        "1e3",
                                        "0x9",
                                        "1,2,3,4,5,6,7,8,9,10,31,32,64",
                                        ",,,,,,,,,,,,,,,,,,,,,,",
                                        "\r\nVia: x",
                                        "\xff\xfe",
                                        "%s%n",
                                        "../../etc",
                                        "<script>",
                                        "9;9" };

  for (guint i = 0; i < G_N_ELEMENTS (values); i++)
    {
      OhOfferHeaders headers;

      oh_offer_headers_parse (&headers, values[i], values[i], values[i], values[i], values[i],
                              values[i]);
      g_assert_true (!headers.peer || !strpbrk (headers.peer, " @<>;\r\n"));
      g_assert_cmpuint (headers.deadline_s, <=, 3600);
      g_assert_true (headers.options & (1u << OH_CALL_OPTION_ANSWER));
      g_assert_true (headers.options & (1u << OH_CALL_OPTION_DECLINE));
      g_assert_cmphex (headers.options & ~0x27eu, ==, 0);
      g_assert_true (headers.default_option >= 1 && headers.default_option <= 9);
      g_assert_true (!headers.called || g_utf8_validate (headers.called, -1, NULL));
      oh_offer_headers_clear (&headers);
    }
}

static void
test_summary (void)
{
  guint n_new = 0;

  g_assert_true (oh_message_summary_parse (
      "Messages-Waiting: yes\r\nMessage-Account: sip:a@b\r\nVoice-Message: 2/8 (0/2)\r\n", &n_new));
  g_assert_cmpuint (n_new, ==, 2);
  g_assert_true (oh_message_summary_parse ("voice-message: 99999999999999999999/1", &n_new));
  g_assert_cmpuint (n_new, ==, 100000);
  g_assert_false (oh_message_summary_parse ("Messages-Waiting: no\r\n", &n_new));
  g_assert_false (oh_message_summary_parse (NULL, &n_new));
}

static void
test_reasons (void)
{
  static const struct
  {
    OhPhoneEnd end;
    OhCallReason reason;
  } cases[] = {
    { { TRUE, FALSE, { .status = 487, .by_peer = TRUE, .reason_cause = 200 } },
      OH_CALL_REASON_ELSEWHERE },
    { { TRUE, FALSE, { .status = 487, .by_peer = TRUE, .reason_cause = 603 } },
      OH_CALL_REASON_DECLINED },
    { { TRUE, FALSE, { .status = 487, .by_peer = TRUE, .reason_cause = 480 } },
      OH_CALL_REASON_VOICEMAIL },
    { { TRUE, FALSE, { .status = 487, .by_peer = TRUE, .reason_cause = 408 } },
      OH_CALL_REASON_NO_ANSWER },
    { { TRUE, FALSE, { .status = 487, .by_peer = TRUE } }, OH_CALL_REASON_CANCELLED },
    { { TRUE, TRUE, { .status = 200, .by_peer = TRUE } }, OH_CALL_REASON_REMOTE },
    { { TRUE, TRUE, { .status = 200, .by_peer = TRUE, .reason_cause = 16 } },
      OH_CALL_REASON_REMOTE },
    { { TRUE, TRUE, { .status = 200, .by_peer = TRUE, .reason_cause = 503 } },
      OH_CALL_REASON_NETWORK },
    { { FALSE, TRUE, { .status = 481, .by_peer = TRUE } }, OH_CALL_REASON_NETWORK },
    { { FALSE, TRUE, { .status = 408 } }, OH_CALL_REASON_NETWORK },
    { { FALSE, FALSE, { .status = 486, .by_peer = TRUE } }, OH_CALL_REASON_BUSY },
    { { FALSE, FALSE, { .status = 404, .by_peer = TRUE } }, OH_CALL_REASON_NOT_FOUND },
    { { FALSE, FALSE, { .status = 603, .by_peer = TRUE } }, OH_CALL_REASON_DECLINED },
    { { FALSE, FALSE, { .status = 480, .by_peer = TRUE } }, OH_CALL_REASON_NO_ANSWER },
    { { FALSE, FALSE, { .status = 408 } }, OH_CALL_REASON_NETWORK },
    { { FALSE, FALSE, { .status = 488, .by_peer = TRUE } }, OH_CALL_REASON_REFUSED },
    { { FALSE, FALSE, { .status = 503, .by_peer = TRUE } }, OH_CALL_REASON_NETWORK },
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    g_assert_cmpint (oh_phone_reason (&cases[i].end), ==, cases[i].reason);
}

static void
test_relay (void)
{
  static const char *const values[] = { "", " ", "a b", "a  b", "a b c d", "\r\n", " a b c" };
  OhRelayInfo headers = { 0 };

  oh_relay_info_take_header (&headers, "offhook-stun", "stun.example.org:3478");
  oh_relay_info_take_header (&headers, "Offhook-Turn", "192.0.2.1 1732256400:d12 secret=");
  oh_relay_info_take_header (&headers, "Offhook-Turn-Tcp", "192.0.2.1:443");
  oh_relay_info_take_header (&headers, "Offhook-Turn-Tcp", "192.0.2.1 x");
  oh_relay_info_take_header (&headers, "Offhook-Other", "x");
  for (guint i = 0; i < G_N_ELEMENTS (values); i++)
    oh_relay_info_take_header (&headers, i % 2 ? "Offhook-Stun" : "Offhook-Turn", values[i]);
  g_assert_cmpstr (headers.stun, ==, "stun.example.org:3478");
  g_assert_cmpstr (headers.turn, ==, "192.0.2.1");
  g_assert_cmpstr (headers.turn_user, ==, "1732256400:d12");
  g_assert_cmpstr (headers.turn_password, ==, "secret=");
  g_assert_cmpstr (headers.turn_tcp, ==, "192.0.2.1:443");
  oh_relay_info_clear (&headers);
  g_assert_null (headers.turn_password);
}

/* A relay without its credential is none; what is no word is not there. */
static void
test_relay_told (void)
{
  static const struct
  {
    OhRelayInfo told, known;
  } cases[] = {
    { { "s:1", "t", "t:443", "u", "p" }, { "s:1", "t", "t:443", "u", "p" } },
    { { "s", "t", "t", "u", NULL }, { "s", NULL, NULL, NULL, NULL } },
    { { "s s", "\n", "", "u", "p" }, { NULL, NULL, NULL, "u", "p" } },
    { { NULL }, { NULL } },
  };
  OhRelayInfo info = { 0 };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      oh_relay_info_set (&info, &cases[i].told);
      g_assert_cmpstr (info.stun, ==, cases[i].known.stun);
      g_assert_cmpstr (info.turn, ==, cases[i].known.turn);
      g_assert_cmpstr (info.turn_tcp, ==, cases[i].known.turn_tcp);
      g_assert_cmpstr (info.turn_user, ==, cases[i].known.turn_user);
      g_assert_cmpstr (info.turn_password, ==, cases[i].known.turn_password);
    }
  oh_relay_info_clear (&info);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/plugins/sip/offer/good", test_good);
  g_test_add_func ("/plugins/sip/offer/hostile", test_hostile);
  g_test_add_func ("/plugins/sip/relay", test_relay);
  g_test_add_func ("/client/relay-told", test_relay_told);
  g_test_add_func ("/plugins/sip/message-summary", test_summary);
  g_test_add_func ("/plugins/sip/reasons", test_reasons);
  return g_test_run ();
}
