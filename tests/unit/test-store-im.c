/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The call server's store: its own accounts at IM services, where its users are there, and what of call offers
 * stands in it. */
#include "store-fixture.h"

#include "base/oh-error.h"
#include "server/im/oh-im-choices.h"

#include <string.h>

static void
add_account (Fixture *fixture, const char *name, const char *protocol, const char *username)
{
  OhImLogin login = { .name = (char *)name,
                      .protocol = (char *)protocol,
                      .username = (char *)username };
  OhStoreReply reply = expect (fixture);

  oh_store_add_im_account (fixture->store, &login, &reply);
}

static void
add_identity (Fixture *fixture, gint64 user, const char *account, const char *name)
{
  OhImIdentityInfo info = { .user_id = user, .account = account, .name = name };
  OhStoreReply reply = expect (fixture);

  oh_store_add_im_identity (fixture->store, &info, &reply);
}

/* Of the account "calls": neither a new user, nor one who is there, nor a number may be called so. */
static void
check_sip_is_taken (Fixture *fixture)
{
  OhUserChange change = OH_USER_CHANGE_INIT;
  OhStoreReply reply = expect (fixture);

  change.alias = "Calls";
  oh_store_add_user (fixture->store, &change, &reply);
  check_refused (fixture, OH_ERROR_EXISTS);
  g_assert_nonnull (strstr (fixture->error->message, "the IM account \"sip\""));
  reply = expect (fixture);
  oh_store_change_user (fixture->store, 1, &change, &reply);
  check_refused (fixture, OH_ERROR_EXISTS);
  add_account (fixture, "numbered", "sip", "sip:300@localhost");
  check (fixture);
  reply = expect (fixture);
  oh_store_add_number (fixture->store, "300", 1, &reply);
  check_refused (fixture, OH_ERROR_EXISTS);
  reply = expect (fixture);
  oh_store_remove_im_account (fixture->store, "numbered", &reply);
  check (fixture);
  reply = expect (fixture);
  oh_store_add_number (fixture->store, "300", 1, &reply);
  check (fixture);
  change.alias = "call";
  reply = expect (fixture);
  oh_store_change_user (fixture->store, 1, &change, &reply);
  check (fixture);
}

static void
test_accounts (Fixture *fixture, gconstpointer data)
{
  char *options[] = { "port=5222", "connect_server=127.0.0.1", NULL };
  OhImLogin login = { .name = "xmpp",
                      .protocol = "prpl-jabber",
                      .username = "calls@example.org/offhook",
                      .options = options,
                      .secret = "the account's" };
  OhStoreReply reply = expect (fixture);
  g_autoptr (OhDirectory) directory = NULL;
  const OhImLogin *found;

  oh_store_add_im_account (fixture->store, &login, &reply);
  check (fixture);
  directory = oh_store_dup_directory (fixture->store);
  found = oh_directory_find_im_login (directory, "XMPP");
  g_assert_nonnull (found);
  g_assert_cmpstr (found->username, ==, "calls@example.org/offhook");
  g_assert_cmpstr (found->options[1], ==, "connect_server=127.0.0.1");
  g_assert_null (found->options[2]);
  g_assert_cmpstr (found->secret, ==, "the account's");
  g_assert_null (found->fingerprint);

  add_account (fixture, "Xmpp", "prpl-irc", "other");
  check_refused (fixture, OH_ERROR_EXISTS);
  add_account (fixture, "second", "prpl-jabber", "calls@example.org/offhook");
  check_refused (fixture, OH_ERROR_EXISTS);
  add_account (fixture, "no words", "prpl-irc", "other");
  check_refused (fixture, OH_ERROR_INVALID);
  add_account (fixture, "irc", "prpl irc", "other");
  check_refused (fixture, OH_ERROR_INVALID);
  add_account (fixture, "irc", "prpl-irc", "");
  check_refused (fixture, OH_ERROR_INVALID);
  add_user (fixture, "anna", "100");
  add_account (fixture, "sip", "sip", "sip:Anna@localhost");
  check_refused (fixture, OH_ERROR_EXISTS);
  add_account (fixture, "sip", "sip", "100");
  check_refused (fixture, OH_ERROR_EXISTS);
  add_account (fixture, "sip", "sip", "two words");
  check_refused (fixture, OH_ERROR_INVALID);
  add_account (fixture, "sip", "sip", "calls");
  check (fixture);
  check_sip_is_taken (fixture);
  options[0] = "port";
  login.name = "irc";
  login.protocol = "prpl-irc";
  reply = expect (fixture);
  oh_store_add_im_account (fixture->store, &login, &reply);
  check_refused (fixture, OH_ERROR_INVALID);
  g_assert_null (strstr (fixture->error->message, "the account's"));
}

static void
test_trust (Fixture *fixture, gconstpointer data)
{
  static const char plain[] = "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff";
  g_autoptr (OhDirectory) directory = NULL;
  OhStoreReply reply;

  add_account (fixture, "xmpp", "prpl-jabber", "calls@example.org");
  check (fixture);
  reply = expect (fixture);
  oh_store_trust_im_account (fixture->store, "xmpp", plain, &reply);
  check (fixture);
  directory = oh_store_dup_directory (fixture->store);
  g_assert_cmpstr (oh_directory_find_im_login (directory, "xmpp")->fingerprint, ==,
                   "00:11:22:33:44:55:66:77:88:99:AA:BB:CC:DD:EE:FF:"
                   "00:11:22:33:44:55:66:77:88:99:AA:BB:CC:DD:EE:FF");
  reply = expect (fixture);
  oh_store_trust_im_account (fixture->store, "xmpp", "00:11", &reply);
  check_refused (fixture, OH_ERROR_INVALID);
  reply = expect (fixture);
  oh_store_trust_im_account (fixture->store, "nowhere", plain, &reply);
  check_refused (fixture, OH_ERROR_NOT_FOUND);
  reply = expect (fixture);
  oh_store_trust_im_account (fixture->store, "xmpp", NULL, &reply);
  check (fixture);
  g_clear_pointer (&directory, oh_directory_unref);
  directory = oh_store_dup_directory (fixture->store);
  g_assert_null (oh_directory_find_im_login (directory, "xmpp")->fingerprint);
}

static void
test_proxy (Fixture *fixture, gconstpointer data)
{
  OhImLogin login = { .name = "xmpp",
                      .protocol = "prpl-jabber",
                      .username = "calls@example.org",
                      .proxy = "socks5://demo@127.0.0.1:1080",
                      .proxy_secret = "the proxy's" };
  OhStoreReply reply = expect (fixture);
  g_autoptr (OhDirectory) before = NULL, after = NULL;

  oh_store_add_im_account (fixture->store, &login, &reply);
  check (fixture);
  before = oh_store_dup_directory (fixture->store);
  g_assert_cmpstr (oh_directory_find_im_login (before, "xmpp")->proxy, ==, login.proxy);
  g_assert_cmpstr (oh_directory_find_im_login (before, "xmpp")->proxy_secret, ==, "the proxy's");
  reply = expect (fixture);
  oh_store_set_im_proxy (fixture->store, "xmpp", "socks5://nowhere", "the proxy's", &reply);
  check_refused (fixture, OH_ERROR_INVALID);
  g_assert_null (strstr (fixture->error->message, "the proxy's"));
  reply = expect (fixture);
  oh_store_set_im_proxy (fixture->store, "nowhere", "none", NULL, &reply);
  check_refused (fixture, OH_ERROR_NOT_FOUND);
  reply = expect (fixture);
  oh_store_set_im_proxy (fixture->store, "xmpp", "none", NULL, &reply);
  check (fixture);
  after = oh_store_dup_directory (fixture->store);
  g_assert_cmpstr (oh_directory_find_im_login (after, "xmpp")->proxy, ==, "none");
  g_assert_null (oh_directory_find_im_login (after, "xmpp")->proxy_secret);
  login.name = "sip";
  login.protocol = "sip";
  login.username = "calls";
  reply = expect (fixture);
  oh_store_add_im_account (fixture->store, &login, &reply);
  check_refused (fixture, OH_ERROR_INVALID);
}

static void
test_identities (Fixture *fixture, gconstpointer data)
{
  gint64 anna = add_user (fixture, "anna", "100"), berta = add_user (fixture, "berta", "200");
  g_autoptr (OhDirectory) before = NULL, after = NULL;
  const OhImIdentity *identity, *others;
  OhStoreReply reply;

  add_account (fixture, "xmpp", "prpl-jabber", "calls@example.org");
  check (fixture);
  add_identity (fixture, anna, "nowhere", "anna@example.org");
  check_refused (fixture, OH_ERROR_NOT_FOUND);
  add_identity (fixture, anna, "xmpp", "");
  check_refused (fixture, OH_ERROR_INVALID);
  add_identity (fixture, anna, "xmpp", "Anna@Example.org/phone");
  check (fixture);
  add_identity (fixture, anna, "xmpp", "anna@example.org");
  check_refused (fixture, OH_ERROR_EXISTS);
  add_identity (fixture, anna, "xmpp", "everybody");
  check_refused (fixture, OH_ERROR_INVALID);
  add_identity (fixture, berta, "xmpp", "anna@example.org"); /* she says so too */
  check (fixture);

  before = oh_store_dup_directory (fixture->store);
  identity = oh_directory_find_im_identity (before, oh_directory_find_im_login (before, "xmpp"),
                                            "ANNA@example.org/laptop");
  g_assert_nonnull (identity);
  g_assert_cmpstr (identity->user->alias, ==, "anna");
  g_assert_true (identity->user->identities->pdata[0] == identity);
  g_assert_false (identity->verified);

  others = oh_directory_find_user_by_id (before, berta)->identities->pdata[0];
  reply = expect (fixture);
  oh_store_verify_im_identity (fixture->store, berta, identity->id, &reply);
  check_refused (fixture, OH_ERROR_NOT_FOUND);
  reply = expect (fixture);
  oh_store_verify_im_identity (fixture->store, berta, others->id, &reply);
  check (fixture);
  reply = expect (fixture);
  oh_store_verify_im_identity (fixture->store, anna, identity->id, &reply);
  check_refused (fixture, OH_ERROR_EXISTS);
  after = oh_store_dup_directory (fixture->store);
  identity = oh_directory_find_im_identity (after, oh_directory_find_im_login (after, "xmpp"),
                                            "anna@example.org");
  g_assert_true (identity->verified);
  g_assert_cmpstr (identity->user->alias, ==, "berta");
}

static void
test_many_identities (Fixture *fixture, gconstpointer data)
{
  gint64 anna = add_user (fixture, "anna", "100"), berta = add_user (fixture, "berta", "200");
  OhImIdentityInfo info = { .user_id = berta, .account = "irc", .name = "n0", .verified = TRUE };
  g_autoptr (OhDirectory) directory = NULL;
  const OhImIdentity *identity;
  OhStoreReply reply;

  add_account (fixture, "irc", "prpl-irc", "calls@irc.example.org");
  check (fixture);
  reply = expect (fixture);
  oh_store_add_im_identity (fixture->store, &info, &reply);
  check (fixture);
  add_identity (fixture, anna, "irc", "n0"); /* it is Berta's */
  check_refused (fixture, OH_ERROR_EXISTS);
  for (guint i = 1; i <= 20; i++)
    {
      g_autofree char *name = g_strdup_printf ("n%u", i);

      add_identity (fixture, anna, "irc", name);
      check (fixture);
    }
  add_identity (fixture, anna, "irc", "n21");
  check_refused (fixture, OH_ERROR_LIMIT);

  directory = oh_store_dup_directory (fixture->store);
  identity = oh_directory_find_user_by_id (directory, anna)->identities->pdata[0];
  g_assert_false (identity->show_number);
  reply = expect (fixture);
  oh_store_show_number_at_im_identity (fixture->store, anna, identity->id, TRUE, &reply);
  check (fixture);
  reply = expect (fixture);
  oh_store_remove_im_identity (fixture->store, berta, identity->id, &reply);
  check_refused (fixture, OH_ERROR_NOT_FOUND);
  g_clear_pointer (&directory, oh_directory_unref);
  directory = oh_store_dup_directory (fixture->store);
  identity = oh_directory_find_user_by_id (directory, anna)->identities->pdata[0];
  g_assert_true (identity->show_number);
}

/* What may go on without the person is the table of options to say, here too. */
static void
test_default_option (Fixture *fixture, gconstpointer data)
{
  gint64 anna = add_user (fixture, "anna", "100");

  for (int option = 0; option <= 10; option++)
    {
      OhUserChange change = OH_USER_CHANGE_INIT;
      OhStoreReply reply = expect (fixture);

      change.default_option = option;
      oh_store_change_user (fixture->store, anna, &change, &reply);
      if (oh_im_choice_may_be_default ((guint)option))
        check (fixture);
      else
        check_refused (fixture, OH_ERROR_INVALID);
    }
}

static gint64
add_verified (Fixture *fixture, gint64 user, const char *name)
{
  OhImIdentityInfo info = { .user_id = user, .account = "xmpp", .name = name, .verified = TRUE };
  OhStoreReply reply = expect (fixture);

  oh_store_add_im_identity (fixture->store, &info, &reply);
  check (fixture);
  return json_object_get_int_member (fixture->json, "id");
}

static void
note_told (Fixture *fixture, const char *offer, gint64 identity, const char *number)
{
  const OhTold told = { .offer_id = (char *)offer,
                        .identity_id = identity,
                        .caller_name = (char *)"Demo Caller",
                        .caller_number = (char *)number,
                        .call_back = (char *)(*number ? "tel:555100" : NULL) };

  oh_store_note_told (fixture->store, &told);
}

static void
reopen (Fixture *fixture)
{
  oh_store_close (fixture->store);
  open_store (fixture);
}

/* Who was told of a call and not of its outcome is known to the next run of the server, once. */
static void
test_told (Fixture *fixture, gconstpointer data)
{
  gint64 anna = add_user (fixture, "anna", "100"), first, second, third;
  g_autoptr (GPtrArray) none = NULL, left = NULL, rest = NULL;
  OhStoreReply reply;
  const OhTold *told;

  add_account (fixture, "xmpp", "prpl-jabber", "calls@example.org");
  check (fixture);
  first = add_verified (fixture, anna, "anna@example.org");
  second = add_verified (fixture, anna, "ann@example.org");
  third = add_verified (fixture, anna, "work@example.org");
  none = oh_store_dup_told (fixture->store);
  g_assert_cmpuint (none->len, ==, 0);
  tell (fixture, "one", OH_EVENT_ARRIVED, 0, NULL, 0);
  for (guint twice = 0; twice < 2; twice++)
    note_told (fixture, "one-1", first, "555100");
  note_told (fixture, "one-1", second, "");
  note_told (fixture, "one-1", third, "");
  note_told (fixture, "two-1", second, "");
  note_told (fixture, "two-1", 12345, ""); /* who is gone meanwhile */
  oh_store_forget_told (fixture->store, "two-1", second);
  oh_store_forget_told (fixture->store, "two-1", second);
  reply = expect (fixture);
  oh_store_remove_im_identity (fixture->store, anna, third, &reply);
  check (fixture);

  reopen (fixture);
  left = oh_store_dup_told (fixture->store);
  g_assert_cmpuint (left->len, ==, 2);
  told = left->pdata[0];
  g_assert_cmpstr (told->offer_id, ==, "one-1");
  g_assert_cmpint (told->identity_id, ==, first);
  g_assert_cmpstr (told->caller_name, ==, "Demo Caller");
  g_assert_cmpstr (told->caller_number, ==, "555100");
  g_assert_cmpstr (told->call_back, ==, "tel:555100");
  g_assert_cmpint (ABS (told->lost - g_get_real_time () / G_USEC_PER_SEC), <, 60);
  told = left->pdata[1];
  g_assert_cmpint (told->identity_id, ==, second);
  g_assert_cmpstr (told->caller_number, ==, "");
  g_assert_null (told->call_back);

  oh_store_forget_told (fixture->store, "one-1", first);
  reopen (fixture);
  rest = oh_store_dup_told (fixture->store);
  g_assert_cmpuint (rest->len, ==, 1);
}

static void
keep_program (Fixture *fixture, gint64 identity, const char *program, gint64 asked)
{
  const OhSeenProgram seen = { .identity_id = identity,
                               .client = (char *)"https://gajim.org",
                               .program = (char *)program,
                               .version = (char *)"1.8.4",
                               .asked = asked };

  oh_store_keep_program (fixture->store, &seen);
}

/* The next run of the server knows which program was seen, and when it was asked. */
static void
test_programs (Fixture *fixture, gconstpointer data)
{
  gint64 anna = add_user (fixture, "anna", "100"), first, second;
  g_autoptr (GPtrArray) none = oh_store_dup_programs (fixture->store), kept = NULL, rest = NULL;
  OhStoreReply reply;
  const OhSeenProgram *seen;

  add_account (fixture, "xmpp", "prpl-jabber", "calls@example.org");
  check (fixture);
  first = add_verified (fixture, anna, "anna@example.org");
  second = add_verified (fixture, anna, "ann@example.org");
  g_assert_cmpuint (none->len, ==, 0);
  keep_program (fixture, first, "", 0);
  keep_program (fixture, first, "Gajim", 1700000000);
  keep_program (fixture, second, "it's \"Ga'jim\"", 1);
  keep_program (fixture, 12345, "of nobody", 1);
  reopen (fixture);
  kept = oh_store_dup_programs (fixture->store);
  g_assert_cmpuint (kept->len, ==, 2);
  seen = kept->pdata[0];
  g_assert_cmpint (seen->identity_id, ==, first);
  g_assert_cmpstr (seen->client, ==, "https://gajim.org");
  g_assert_cmpstr (seen->program, ==, "Gajim");
  g_assert_cmpstr (seen->version, ==, "1.8.4");
  g_assert_cmpint (seen->asked, ==, 1700000000);
  g_assert_cmpstr (((const OhSeenProgram *)kept->pdata[1])->program, ==, "it's \"Ga'jim\"");
  reply = expect (fixture);
  oh_store_remove_im_identity (fixture->store, anna, first, &reply);
  check (fixture);
  reopen (fixture);
  rest = oh_store_dup_programs (fixture->store);
  g_assert_cmpuint (rest->len, ==, 1);
}

static void
place (Fixture *fixture, gint64 user, gint64 id, int rank, int evidence)
{
  OhStoreReply reply = expect (fixture);

  oh_store_place_im_identity (fixture->store, user, id, rank, evidence, &reply);
}

static void
test_place (Fixture *fixture, gconstpointer data)
{
  gint64 anna = add_user (fixture, "anna", "100"), berta = add_user (fixture, "berta", "200");
  g_autoptr (OhDirectory) before = NULL, after = NULL;
  const OhImIdentity *identity;

  add_account (fixture, "xmpp", "prpl-jabber", "calls@example.org");
  check (fixture);
  add_identity (fixture, anna, "xmpp", "anna@example.org");
  check (fixture);
  before = oh_store_dup_directory (fixture->store);
  identity = oh_directory_get_im_identities (before)->pdata[0];
  g_assert_cmpuint (identity->rank, ==, 0);
  place (fixture, anna, identity->id, OH_RANK_MAX + 1, -1);
  check_refused (fixture, OH_ERROR_INVALID);
  place (fixture, berta, identity->id, 1, -1);
  check_refused (fixture, OH_ERROR_NOT_FOUND);
  place (fixture, anna, identity->id, 2, OH_EVIDENCE_WEAK);
  check (fixture);
  place (fixture, anna, identity->id, 3, -1);
  check (fixture);
  after = oh_store_dup_directory (fixture->store);
  identity = oh_directory_get_im_identities (after)->pdata[0];
  g_assert_cmpuint (identity->rank, ==, 3);
  g_assert_cmpint (identity->evidence, ==, OH_EVIDENCE_WEAK);
}

/* An account takes its identities with it, and so does a user. */
static void
test_removing (Fixture *fixture, gconstpointer data)
{
  gint64 anna = add_user (fixture, "anna", "100");
  g_autoptr (OhDirectory) directory = NULL;
  OhStoreReply reply;

  add_account (fixture, "xmpp", "prpl-jabber", "calls@example.org");
  check (fixture);
  add_account (fixture, "irc", "prpl-irc", "calls@irc.example.org");
  check (fixture);
  add_identity (fixture, anna, "xmpp", "anna@example.org");
  check (fixture);
  add_identity (fixture, anna, "irc", "Anna");
  check (fixture);
  reply = expect (fixture);
  oh_store_remove_im_account (fixture->store, "irc", &reply);
  check (fixture);
  reply = expect (fixture);
  oh_store_remove_im_identity (fixture->store, anna, 999, &reply);
  check_refused (fixture, OH_ERROR_NOT_FOUND);
  reply = expect (fixture);
  oh_store_remove_user (fixture->store, anna, &reply);
  check (fixture);
  directory = oh_store_dup_directory (fixture->store);
  g_assert_cmpuint (oh_directory_get_im_logins (directory)->len, ==, 1);
  g_assert_cmpuint (oh_directory_get_im_identities (directory)->len, ==, 0);
}

static void
test_names (void)
{
  static const struct
  {
    const char *protocol, *name, *folded;
  } cases[] = {
    { "prpl-jabber", "Anna@One.test/Phone", "anna@one.test" },
    { "prpl-irc", "Anna", "anna" },
    { "prpl-simple", "Anna/x", "Anna/x" },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autofree char *folded = oh_im_name_fold (cases[i].protocol, cases[i].name);

      g_assert_cmpstr (folded, ==, cases[i].folded);
    }
}

static void
test_persons (void)
{
  static const struct
  {
    const char *protocol, *name;
    gboolean person;
  } cases[] = {
    { "prpl-jabber", "anna@one.test", TRUE },
    { "prpl-jabber", "one.test", FALSE },
    { "prpl-jabber", "@one.test", FALSE },
    { "prpl-jabber", "anna@", FALSE },
    { "prpl-jabber", "anna@one@two", FALSE },
    { "prpl-jabber", "an na@one.test", FALSE },
    { "prpl-jabber", "anna@one.test\n", FALSE },
    { "prpl-jabber", "", FALSE },
    { "prpl-irc", "anna", TRUE },
    { "prpl-irc", "[anna]-2", TRUE },
    { "prpl-irc", "#lobby", FALSE },
    { "prpl-irc", "&lobby", FALSE },
    { "prpl-irc", "anna,ben", FALSE },
    { "prpl-irc", "$*.test", FALSE },
    { "prpl-irc", "anna ben", FALSE },
    { "prpl-irc", "anna!a@host", FALSE },
    { "prpl-simple", "Anna", TRUE },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++)
    g_assert_true (oh_im_name_is_person (cases[i].protocol, cases[i].name) == cases[i].person);
}

int
main (int argc, char **argv)
{
  static const StoreTest tests[] = {
    { "/store-im/accounts", test_accounts },
    { "/store-im/trust", test_trust },
    { "/store-im/proxy", test_proxy },
    { "/store-im/identities", test_identities },
    { "/store-im/many-identities", test_many_identities },
    { "/store-im/default-option", test_default_option },
    { "/store-im/told", test_told },
    { "/store-im/programs", test_programs },
    { "/store-im/place", test_place },
    { "/store-im/removing", test_removing },
    { NULL, NULL },
  };

  g_test_init (&argc, &argv, NULL);
  add_store_tests (tests);
  g_test_add_func ("/store-im/names", test_names);
  g_test_add_func ("/store-im/persons", test_persons);
  return g_test_run ();
}
