/* SPDX-License-Identifier: GPL-3.0-or-later */

/* Registration, calls on a registered flow, TLS, messages, presence, between two stacks. */
#include "tests/flow/certificates.h"
#include "tests/flow/sip-world.h"

#include <arpa/inet.h>
#include <string.h>
#include <sys/socket.h>

/* --- Registration, and a call to the registered one on its own flow --- */

static void
on_registered (OhSipRegistration *registration, guint expires, const char *seen, gpointer data)
{
  g_assert_cmpuint (expires, ==, 60);
  ((World *)data)->registered++;
}

static void
on_failed (
    OhSipRegistration *registration, guint status, const char *phrase, guint retry, gpointer data)
{
  World *world = data;

  world->failed = status;
  g_free (world->phrase);
  world->phrase = g_strdup (phrase);
}

static const OhSipRegistrationHandlers registration_handlers = { .registered = on_registered,
                                                                 .failed = on_failed };

static gboolean
registered (World *world)
{
  return world->registered > 0;
}

static gboolean
failed (World *world)
{
  return world->failed != 0;
}

static OhSipRegistration *
register_client (World *world, const char *transport, const char *tls_name)
{
  g_autofree char *proxy = sip_world_server_uri (world, transport);
  OhSipAccount account = sip_world_account_for (world, proxy, tls_name);

  return oh_sip_register (world->client, &account, &registration_handlers, world);
}

static void
call_back (World *world)
{
  OhSipInvite invite = { .from_uri = "sip:+493012345@example.org",
                         .from_name = "Demo Caller",
                         .to_uri = world->contact,
                         .route = world->route,
                         .sdp = SDP };

  world->out = oh_sip_call_invite (world->server, &invite, &sip_world_out_handlers, world);
  sip_world_await (sip_world_arrived, world);
  g_assert_cmpstr (oh_sip_call_get_info (world->in)->from_user, ==, "+493012345");
  oh_sip_call_ring (world->in);
  sip_world_await (sip_world_ringing, world);
  oh_sip_call_answer (world->in, ANSWER);
  sip_world_await (sip_world_talking, world);
  oh_sip_call_hang_up (world->out, 0, NULL);
  sip_world_await (sip_world_both_ended, world);
  g_assert_true (world->in_end.by_peer);
}

static void
test_register (gconstpointer transport)
{
  World *world = sip_world_new (transport, NULL, NULL);
  OhSipRegistration *registration = register_client (world, transport, NULL);

  sip_world_await (registered, world);
  call_back (world);
  oh_sip_registration_end (registration, TRUE);
  sip_world_free (world);
}

static gboolean
registered_twice (World *world)
{
  return world->registered >= 2;
}

static gboolean
registered_four_times (World *world)
{
  return world->registered >= 4;
}

/* Never un-registered in between: a device that rings would lose its call. */
static void
test_refresh (gconstpointer transport)
{
  World *world = sip_world_new (transport, NULL, NULL);
  OhSipRegistration *registration = register_client (world, transport, NULL);

  sip_world_await (registered, world);
  oh_sip_registration_refresh (registration);
  sip_world_await (registered_twice, world);
  g_assert_cmpint (g_atomic_int_get (&world->unregistered), ==, 0);
  oh_sip_registration_refresh (registration); /* two at once */
  oh_sip_registration_refresh (registration);
  sip_world_await (registered_four_times, world);
  call_back (world);
  oh_sip_registration_end (registration, TRUE);
  sip_world_free (world);
}

static void
test_register_refused (void)
{
  World *world = sip_world_new ("udp", NULL, NULL);
  OhSipRegistration *registration;

  g_free (world->secret);
  world->secret = g_strdup ("wrong");
  registration = register_client (world, "udp", NULL);
  sip_world_await (failed, world);
  g_assert_cmpuint (world->failed, ==, 401);
  oh_sip_registration_end (registration, TRUE);
  sip_world_free (world);
}

/* --- A call whose connection is gone --- */

/* Those of this process that lead to @port. */
static void
cut_connections (guint16 port)
{
  for (int fd = 3; fd < 1024; fd++)
    {
      struct sockaddr_in peer = { 0 };
      socklen_t length = sizeof peer;

      if (getpeername (fd, (struct sockaddr *)&peer, &length) == 0 && peer.sin_family == AF_INET
          && ntohs (peer.sin_port) == port)
        shutdown (fd, SHUT_RDWR);
    }
}

static gboolean
offer_done (World *world)
{
  return sip_world_has (world, "offer-done");
}

static gboolean
offer_refused (World *world)
{
  return sip_world_has (world, "offer-refused");
}

/* The caller is registered by another one: by that he says where he is now, and hears that the called one hangs
 * up. */
static void
test_relocate (void)
{
  World *world = sip_world_new ("tcp", NULL, NULL);
  OhSipRegistration *registration = register_client (world, "tcp", NULL);
  g_autofree char *proxy = sip_world_server_uri (world, "tcp");
  OhSipAccount account = sip_world_account_for (world, proxy, NULL);

  sip_world_await (registered, world);
  sip_world_dial (world, "tcp", NULL);
  sip_world_await (sip_world_arrived, world);
  oh_sip_call_answer (world->in, ANSWER);
  sip_world_await (sip_world_talking, world);
  cut_connections (oh_sip_get_port (world->server, 0));
  sip_world_await (registered_twice, world);
  oh_sip_call_relocate (world->out, &account, SDP);
  sip_world_await (offer_done, world);
  g_assert_true (sip_world_has (world, "in-offer"));
  oh_sip_call_hang_up (world->in, 16, "Bye");
  sip_world_await (sip_world_both_ended, world);
  g_assert_true (world->out_end.by_peer);
  oh_sip_registration_end (registration, TRUE);
  sip_world_free (world);
}

/* Its handle is bound to another way: the call goes on as it was. */
static void
test_relocate_elsewhere (void)
{
  World *world = sip_world_new ("udp", NULL, NULL);
  OhSipAccount account = sip_world_account_for (world, "sip:127.0.0.1:9;transport=tcp", NULL);

  sip_world_dial (world, "udp", NULL);
  sip_world_await (sip_world_arrived, world);
  oh_sip_call_answer (world->in, ANSWER);
  sip_world_await (sip_world_talking, world);
  oh_sip_call_relocate (world->out, &account, SDP);
  sip_world_await (offer_refused, world);
  oh_sip_call_send_offer (world->out, SDP);
  sip_world_await (offer_done, world);
  oh_sip_call_hang_up (world->out, 0, NULL);
  sip_world_await (sip_world_both_ended, world);
  sip_world_free (world);
}

/* --- A connection that dies in silence --- */

#define QUICK_T1_MS 40 /* asks each 1.6 s, waits for 1.2 s */

static gboolean
pinged_twice (World *world)
{
  return world->pings >= 2;
}

static gboolean
pinged_four_times (World *world)
{
  return world->pings >= 4;
}

/* The way of the last REGISTER; from now on OPTIONS are answered so. */
static char *
set_ping_status (World *world, guint status)
{
  g_autoptr (GRecMutexLocker) locker = g_rec_mutex_locker_new (&world->lock);

  world->ping_status = status;
  return g_strdup (world->route);
}

/* A server that has answered says nothing any more: the client is there again by another connection, and
 * calls reach it. */
static void
check_silence (const char *transport, const char *folder, const char *ca, const char *tls_name)
{
  World *world = sip_world_new_timed (transport, folder, ca, QUICK_T1_MS);
  OhSipRegistration *registration = register_client (world, transport, tls_name);
  g_autofree char *before = NULL;
  g_autofree char *after = NULL;

  sip_world_await (pinged_twice, world);
  before = set_ping_status (world, 0);
  g_assert_cmpuint (world->registered, ==, 1);
  sip_world_await (registered_twice, world);
  after = set_ping_status (world, 200);
  g_assert_cmpstr (before, !=, after);
  g_assert_cmpuint (world->failed, ==, 0);
  g_assert_cmpint (g_atomic_int_get (&world->unregistered), ==, 0);
  call_back (world);
  oh_sip_registration_end (registration, TRUE);
  sip_world_free (world);
}

static void
test_silence_tcp (void)
{
  check_silence ("tcp", NULL, NULL, NULL);
}

static void
test_silence_tls (void)
{
  char *folder = certificates_new ();
  g_autofree char *ca = g_build_filename (folder, "ca.pem", NULL);

  check_silence ("tls", folder, ca, "server.test");
  certificates_free (folder);
}

/* RFC 5626, 4.4.1: nothing follows from the silence of one that never answers. */
static void
test_never_answers (void)
{
  World *world = sip_world_new_timed ("tcp", NULL, NULL, QUICK_T1_MS);
  OhSipRegistration *registration;
  g_autofree char *before = NULL;
  g_autofree char *after = NULL;

  world->ping_status = 0;
  registration = register_client (world, "tcp", NULL);
  sip_world_await (registered, world);
  before = set_ping_status (world, 0);
  sip_world_await (pinged_four_times, world);
  after = set_ping_status (world, 0);
  g_assert_cmpstr (before, ==, after);
  g_assert_cmpuint (world->registered, ==, 1);
  g_assert_cmpuint (world->failed, ==, 0);
  oh_sip_registration_end (registration, TRUE);
  sip_world_free (world);
}

/* A server that knew it refuses it as a stranger: it registers again, by the same connection. */
static void
test_forgotten (void)
{
  World *world = sip_world_new_timed ("tcp", NULL, NULL, QUICK_T1_MS);
  OhSipRegistration *registration = register_client (world, "tcp", NULL);
  g_autofree char *before = NULL;
  g_autofree char *after = NULL;

  sip_world_await (pinged_twice, world);
  before = set_ping_status (world, 403);
  sip_world_await (registered_twice, world);
  after = set_ping_status (world, 200);
  g_assert_cmpstr (before, ==, after);
  g_assert_cmpuint (world->failed, ==, 0);
  oh_sip_registration_end (registration, TRUE);
  sip_world_free (world);
}

/* --- Gone --- */

/* A call comes for somebody who has gone meanwhile, though the stack has not yet. */
static void
test_gone_before_its_stack (void)
{
  World *world = sip_world_new ("udp", NULL, NULL);
  OhSipRegistration *registration = register_client (world, "udp", NULL);
  OhSipInvite invite = { .from_uri = "sip:+493012345@example.org", .sdp = SDP };

  sip_world_await (registered, world);
  oh_sip_refuse_new (world->client);
  invite.to_uri = world->contact;
  invite.route = world->route;
  world->out = oh_sip_call_invite (world->server, &invite, &sip_world_out_handlers, world);
  sip_world_await (sip_world_out_ended, world);
  g_assert_cmpuint (world->out_end.status, ==, 480);
  g_assert_null (world->in);
  oh_sip_registration_end (registration, TRUE);
  sip_world_free (world);
}

/* --- TLS --- */

/* A new connection is shown the certificate that is in the folder. */
static void
check_shown (World *world, const char *folder)
{
  g_autofree char *arguments = g_strdup_printf (
      "s_client -connect 127.0.0.1:%u </dev/null | openssl x509 -noout -fingerprint > seen; "
      "openssl x509 -in cert.pem -noout -fingerprint | cmp - seen",
      oh_sip_get_port (world->server, 0));

  certificates_run (folder, arguments);
}

static void
test_tls (void)
{
  char *folder = certificates_new ();
  g_autofree char *ca = g_build_filename (folder, "ca.pem", NULL);
  World *world = sip_world_new ("tls", folder, ca);
  OhSipRegistration *registration = register_client (world, "tls", "server.test");

  sip_world_await (registered, world);
  g_assert_true (g_str_has_prefix (world->contact, "sip:127.0.0.1:"));
  g_assert_nonnull (strstr (world->contact, ";transport=tls"));
  g_assert_nonnull (strstr (world->contact_header, ";+offhook.audio=\"mic,speaker\""));
  oh_sip_registration_set_params (registration,
                                  (const char *const[]){ ";+offhook.audio=\"speaker\"", NULL });
  sip_world_await (registered_twice, world);
  g_assert_nonnull (strstr (world->contact_header, ";+offhook.audio=\"speaker\""));
  g_assert_cmpint (g_atomic_int_get (&world->unregistered), ==, 0);
  call_back (world);
  g_string_truncate (world->heard, 0);
  world->in_ends = world->out_ends = 0;
  sip_world_dial (world, "tls", "server.test");
  sip_world_await (sip_world_arrived, world);
  g_assert_cmpstr (oh_sip_call_get_info (world->in)->transport, ==, "tls");
  oh_sip_call_answer (world->in, ANSWER);
  sip_world_await (sip_world_talking, world);
  oh_sip_call_hang_up (world->in, 0, NULL);
  sip_world_await (sip_world_both_ended, world);
  g_assert_true (world->out_end.by_peer);

  /* New certificates: who is connected stays so, who comes anew is served too. */
  check_shown (world, folder);
  certificates_renew (folder);
  oh_sip_reload_certificates (world->server);
  g_string_truncate (world->heard, 0);
  world->in_ends = world->out_ends = 0;
  call_back (world);
  check_shown (world, folder);
  oh_sip_registration_end (registration, TRUE);
  sip_world_free (world);
  certificates_free (folder);
}

static void
test_tls_wrong_name (void)
{
  char *folder = certificates_new ();
  g_autofree char *ca = g_build_filename (folder, "ca.pem", NULL);
  World *world = sip_world_new ("tls", folder, ca);
  OhSipRegistration *registration = register_client (world, "tls", "other.test");

  sip_world_await (failed, world);
  g_assert_cmpuint (world->failed, ==, 503);
  g_assert_cmpstr (world->phrase, ==, "the certificate is for another name");
  oh_sip_registration_end (registration, TRUE);
  sip_world_free (world);
  certificates_free (folder);
}

static void
test_tls_untrusted (void)
{
  char *folder = certificates_new ();
  World *world = sip_world_new ("tls", folder, NULL);
  OhSipRegistration *registration = register_client (world, "tls", "server.test");

  sip_world_await (failed, world);
  g_assert_cmpuint (world->failed, ==, 503);
  oh_sip_registration_end (registration, TRUE);
  sip_world_free (world);
  certificates_free (folder);
}

/* --- MESSAGE, PUBLISH, SUBSCRIBE --- */

static void
on_sent (OhSip *sip, guint status, const char *phrase, gpointer data)
{
  ((World *)data)->done = status;
}

static gboolean
sent (World *world)
{
  return world->done != 0;
}

static gboolean
has_body (World *world)
{
  return world->body != NULL;
}

static void
on_notify (OhSipSubscription *subscription, const char *type, const char *body, gpointer data)
{
  World *world = data;

  g_assert_cmpstr (type, ==, "application/simple-message-summary");
  g_free (world->watched);
  world->watched = g_strdup (body);
}

static gboolean
watched_yes (World *world)
{
  return world->watched && strstr (world->watched, "yes");
}

static gboolean
watched_no (World *world)
{
  return world->watched && strstr (world->watched, "no");
}

static gboolean
watcher_gone (World *world)
{
  return !oh_sip_watcher_is_alive (world->watcher);
}

static void
send_message (World *world, const OhSipAccount *account, const char *text)
{
  const char *const headers[] = { "Date: Sat, 21 Nov 2026 14:02:00 GMT", NULL };
  OhSipMessage message = { .account = account,
                           .to_uri = "sip:bob@example.org",
                           .headers = headers,
                           .body_type = "text/plain",
                           .body = text };

  oh_sip_send_message (world->client, &message, on_sent, world);
}

static void
test_others (void)
{
  World *world = sip_world_new ("udp", NULL, NULL);
  g_autofree char *proxy = sip_world_server_uri (world, "udp");
  OhSipAccount account = sip_world_account_for (world, proxy, NULL);
  OhSipPublication *publication;
  OhSipSubscription *subscription;

  send_message (world, &account, "Hello");
  sip_world_await (sent, world);
  g_assert_cmpuint (world->done, ==, 200);
  g_assert_cmpstr (world->body, ==, "Hello");
  g_clear_pointer (&world->body, g_free);

  publication = oh_sip_publish (world->client, &account, "presence", "application/pidf+xml",
                                "<open/>");
  sip_world_await (has_body, world);
  g_assert_cmpstr (world->body, ==, "<open/>");
  g_clear_pointer (&world->body, g_free);
  oh_sip_publication_end (publication);

  subscription = oh_sip_subscribe (world->client, &account, "sip:alice@example.org",
                                   "message-summary", on_notify, world);
  sip_world_await (watched_yes, world);
  oh_sip_watcher_notify (world->watcher, "application/simple-message-summary",
                         "Messages-Waiting: no\r\n");
  sip_world_await (watched_no, world);
  oh_sip_subscription_end (subscription);
  sip_world_await (watcher_gone, world);
  oh_sip_watcher_end (world->watcher, NULL);
  sip_world_free (world);
}

/* The server's own lists are freed after its stack (the call server does so). */
static void
test_watcher_ends_late (void)
{
  World *world = sip_world_new ("udp", NULL, NULL);
  g_autofree char *proxy = sip_world_server_uri (world, "udp");
  OhSipAccount account = sip_world_account_for (world, proxy, NULL);
  OhSipSubscription *subscription = oh_sip_subscribe (
      world->client, &account, "sip:alice@example.org", "message-summary", on_notify, world);
  OhSipWatcher *watcher;

  sip_world_await (watched_yes, world);
  watcher = world->watcher;
  oh_sip_subscription_end (subscription);
  sip_world_free (world);
  g_assert_false (oh_sip_watcher_is_alive (watcher));
  oh_sip_watcher_end (watcher, NULL);
}

/* Nobody else knows what we published: it is taken back before the stack goes. */
static void
test_unpublish (void)
{
  World *world = sip_world_new ("udp", NULL, NULL);
  g_autofree char *proxy = sip_world_server_uri (world, "udp");
  OhSipAccount account = sip_world_account_for (world, proxy, NULL);
  OhSipPublication *publication;

  publication = oh_sip_publish (world->client, &account, "presence", "application/pidf+xml",
                                "<open/>");
  sip_world_await (has_body, world);
  send_message (world, &account, "After"); /* its answer comes after that of the PUBLISH */
  sip_world_await (sent, world);
  oh_sip_shut_down (world->client, 3000);
  g_assert_cmpint (g_atomic_int_get (&world->unpublished), ==, 1);
  oh_sip_publication_end (publication);
  sip_world_free (world);
}

/* What waits for a connection that TLS refused is told so at once, not after 32 s; and a stack with
 * nothing but such things goes at once. */
static void
test_tls_others_refused (void)
{
  char *folder = certificates_new ();
  g_autofree char *ca = g_build_filename (folder, "ca.pem", NULL);
  World *world = sip_world_new ("tls", folder, ca);
  g_autofree char *proxy = sip_world_server_uri (world, "tls");
  OhSipAccount account = sip_world_account_for (world, proxy, "other.test");
  OhSipPublication *publication = oh_sip_publish (world->client, &account, "presence",
                                                  "application/pidf+xml", "<open/>");
  OhSipSubscription *subscription = oh_sip_subscribe (
      world->client, &account, "sip:alice@example.org", "message-summary", on_notify, world);
  gint64 begin = g_get_monotonic_time ();

  send_message (world, &account, "Hello");
  sip_world_await (sent, world);
  g_assert_cmpuint (world->done, ==, 503);
  g_assert_null (world->body);
  oh_sip_shut_down (world->client, 10000);
  g_assert_cmpint (g_get_monotonic_time () - begin, <, 8 * G_USEC_PER_SEC);
  oh_sip_publication_end (publication);
  oh_sip_subscription_end (subscription);
  sip_world_free (world);
  certificates_free (folder);
}

static void
test_port_taken (void)
{
  World *world = sip_world_new ("udp", NULL, NULL);
  g_autofree char *listen = g_strdup_printf ("udp:127.0.0.1:%u",
                                             oh_sip_get_port (world->server, 0));
  OhSipConfig config = { .listen = (const char *const[]){ listen, NULL } };
  g_autoptr (GError) error = NULL;

  g_assert_null (oh_sip_new (&config, &error));
  g_assert_nonnull (error);
  g_assert_nonnull (strstr (error->message, "taken"));
  sip_world_free (world);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_data_func ("/sip/register/udp", "udp", test_register);
  g_test_add_data_func ("/sip/register/tcp", "tcp", test_register);
  g_test_add_data_func ("/sip/register/refresh-udp", "udp", test_refresh);
  g_test_add_data_func ("/sip/register/refresh-tcp", "tcp", test_refresh);
  g_test_add_func ("/sip/register/relocate", test_relocate);
  g_test_add_func ("/sip/register/relocate-elsewhere", test_relocate_elsewhere);
  g_test_add_func ("/sip/register/silence-tcp", test_silence_tcp);
  g_test_add_func ("/sip/register/silence-tls", test_silence_tls);
  g_test_add_func ("/sip/register/never-answers", test_never_answers);
  g_test_add_func ("/sip/register/forgotten", test_forgotten);
  g_test_add_func ("/sip/register/refused", test_register_refused);
  g_test_add_func ("/sip/register/gone-before-its-stack", test_gone_before_its_stack);
  g_test_add_func ("/sip/tls/right", test_tls);
  g_test_add_func ("/sip/tls/wrong-name", test_tls_wrong_name);
  g_test_add_func ("/sip/tls/untrusted", test_tls_untrusted);
  g_test_add_func ("/sip/tls/others-refused", test_tls_others_refused);
  g_test_add_func ("/sip/others", test_others);
  g_test_add_func ("/sip/unpublish", test_unpublish);
  g_test_add_func ("/sip/watcher-ends-late", test_watcher_ends_late);
  g_test_add_func ("/sip/port-taken", test_port_taken);
  return g_test_run ();
}
