/* SPDX-License-Identifier: GPL-3.0-or-later */

/* Two SIP stacks in one process, on loopback: what one says the other must hear. */
#include "sip/oh-sip.h"

#include <string.h>

#define DEADLINE_S 10
#define SDP                                                                                        \
  "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\nm=audio 4000 RTP/AVP " \
  "0\r\n"
#define ANSWER                                                                                     \
  "v=0\r\no=- 2 2 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\nm=audio 4002 RTP/AVP " \
  "0\r\n"

typedef struct
{
  OhSip *server, *client;
  OhSipCall *in, *out;
  GString *heard; /* one word an event, in order */
  OhSipEnd in_end, out_end;
  char *reason_text, *phrase;
  guint in_ends, out_ends;
  OhSipDigest algorithm;
  char *secret;
  char *body;
  OhSipRequest *request;
  OhSipWatcher *watcher;
  char *watched;
  guint done, registered, failed;
  char *contact, *route;
  gboolean want_auth;
  guint auth_ok;
} World;

static void
await (gboolean (*check) (World *), World *world)
{
  gint64 deadline = g_get_monotonic_time () + DEADLINE_S * G_USEC_PER_SEC;

  while (!check (world))
    {
      if (g_get_monotonic_time () > deadline)
        g_error ("deadline passed; heard:%s", world->heard->str);
      if (!g_main_context_iteration (NULL, FALSE))
        g_usleep (2000);
    }
}

static void
note (World *world, const char *word)
{
  g_string_append_printf (world->heard, " %s", word);
}

static gboolean
has (World *world, const char *word)
{
  return strstr (world->heard->str, word) != NULL;
}

static void
on_in_answered (OhSipCall *call, const char *sdp, gpointer data)
{
  note (data, "in-acked");
}

static void
on_in_offer (OhSipCall *call, const char *sdp, gpointer data)
{
  g_assert_nonnull (strstr (sdp, "m=audio"));
  note (data, "in-offer");
  oh_sip_call_accept_offer (call, ANSWER);
}

static void
on_digit (OhSipCall *call, char digit, gpointer data)
{
  note (data, digit == '5' ? "digit5" : "digit?");
}

static void
on_in_ended (OhSipCall *call, const OhSipEnd *end, gpointer data)
{
  World *world = data;

  world->in_end = *end;
  g_free (world->reason_text);
  world->reason_text = g_strdup (end->reason_text);
  world->in_ends++;
  g_clear_pointer (&world->in, oh_sip_call_unref);
}

static const OhSipCallHandlers in_handlers = {
  .answered = on_in_answered, .offer = on_in_offer, .digit = on_digit, .ended = on_in_ended
};

static void
on_progress (OhSipCall *call, guint status, const char *phrase, const char *sdp, gpointer data)
{
  note (data, status == 180 ? "180" : sdp ? "183sdp" : "18x");
}

static void
on_answered (OhSipCall *call, const char *sdp, gpointer data)
{
  note (data, sdp ? "answered" : "answered-nosdp");
}

static void
on_offer_done (OhSipCall *call, const char *sdp, guint status, gpointer data)
{
  note (data, sdp ? "offer-done" : "offer-refused");
}

static void
on_ended (OhSipCall *call, const OhSipEnd *end, gpointer data)
{
  World *world = data;

  world->out_end = *end;
  g_free (world->phrase);
  world->phrase = g_strdup (end->phrase);
  world->out_ends++;
  g_clear_pointer (&world->out, oh_sip_call_unref);
}

static const OhSipCallHandlers out_handlers = {
  .progress = on_progress, .answered = on_answered, .offer_done = on_offer_done, .ended = on_ended
};

static gboolean
credential_of (const char *user, OhSipCredential *credential, gpointer data)
{
  World *world = data;
  g_autofree char *ha1 = NULL;

  if (strcmp (user, "device1") != 0)
    return FALSE;
  credential->algorithm = world->algorithm;
  ha1 = oh_sip_ha1 (world->algorithm, "device1", "example.org", "s3cret:with\"odd");
  g_strlcpy (credential->ha1, ha1, sizeof credential->ha1);
  return TRUE;
}

static gboolean
post_arrived (gpointer data)
{
  note (data, "arrived");
  return G_SOURCE_REMOVE;
}

/* On the server's own thread. */
static void
on_call (OhSip *sip, OhSipCall *call, gpointer data)
{
  World *world = data;

  if (world->want_auth
      && oh_sip_call_authenticate (call, "example.org", world->algorithm, credential_of, world)
             != OH_SIP_AUTH_OK)
    return;
  world->auth_ok++;
  world->in = call;
  oh_sip_call_set_handlers (call, &in_handlers, world);
  g_idle_add (post_arrived, world);
}

static void
on_request (OhSip *sip, OhSipRequest *request, gpointer data)
{
  World *world = data;
  const OhSipInfo *info = oh_sip_request_get_info (request);

  if (strcmp (info->method, "REGISTER") == 0)
    {
      g_autofree char *contact = NULL;

      if (oh_sip_request_authenticate (request, "example.org", world->algorithm, credential_of,
                                       world)
          != OH_SIP_AUTH_OK)
        return;
      g_assert_cmpstr (info->auth_user, ==, "device1");
      g_free (world->contact);
      g_free (world->route);
      world->contact = g_strdup (info->contact_uri);
      world->route = g_strdup_printf ("sip:%s:%u;transport=%s", info->source_address,
                                      info->source_port, info->transport);
      contact = g_strdup_printf ("Contact: %s", oh_sip_request_get_header (request, "Contact"));
      oh_sip_request_reply (request, 200, NULL,
                            (const char *const[]){ contact, "Expires: 60", NULL }, NULL, NULL);
    }
  else if (strcmp (info->method, "SUBSCRIBE") == 0)
    {
      world->watcher = oh_sip_request_accept_subscription (request, 300);
      if (world->watcher)
        oh_sip_watcher_notify (world->watcher, "application/simple-message-summary",
                               "Messages-Waiting: yes\r\n");
    }
  else if (strcmp (info->method, "PUBLISH") == 0)
    {
      world->body = g_strdup (info->body);
      oh_sip_request_reply (request, 200, NULL,
                            (const char *const[]){ "SIP-ETag: a1", "Expires: 600", NULL }, NULL,
                            NULL);
    }
  else
    {
      world->body = g_strdup (info->body);
      oh_sip_request_reply (request, 200, NULL, NULL, NULL, NULL);
    }
}

static const OhSipHandlers server_handlers = { .call = on_call, .request = on_request };

/* The server calls the client too: the same handlers, on the client's main context. */
static World *
world_new (const char *transport, const char *certificates, const char *ca_file)
{
  World *world = g_new0 (World, 1);
  g_autofree char *listen = g_strdup_printf ("%s:127.0.0.1:0", transport);
  OhExecutor executor = oh_executor_for_context (NULL);
  OhSipConfig server = { .listen = (const char *const[]){ listen, NULL },
                         .certificate_dir = certificates,
                         .user_agent = "Test server",
                         .handlers = &server_handlers,
                         .user_data = world };
  OhSipConfig client = { .ca_file = ca_file,
                         .user_agent = "Test client",
                         .handlers = &server_handlers,
                         .user_data = world,
                         .executor = &executor };
  g_autoptr (GError) error = NULL;

  world->heard = g_string_new (NULL);
  world->algorithm = OH_SIP_DIGEST_SHA256;
  world->secret = g_strdup ("s3cret:with\"odd");
  world->server = oh_sip_new (&server, &error);
  g_assert_no_error (error);
  world->client = oh_sip_new (&client, &error);
  g_assert_no_error (error);
  return world;
}

static void
world_free (World *world)
{
  oh_sip_shut_down (world->client, 2000);
  oh_sip_shut_down (world->server, 2000);
  while (g_main_context_iteration (NULL, FALSE))
    ;
  oh_sip_free (world->client);
  oh_sip_free (world->server);
  g_string_free (world->heard, TRUE);
  g_free (world->reason_text);
  g_free (world->phrase);
  g_free (world->secret);
  g_free (world->body);
  g_free (world->watched);
  g_free (world->contact);
  g_free (world->route);
  g_free (world);
}

static char *
server_uri (World *world, const char *transport)
{
  return g_strdup_printf ("sip:127.0.0.1:%u;transport=%s", oh_sip_get_port (world->server, 0),
                          transport);
}

static OhSipAccount
account_for (World *world, const char *proxy, const char *tls_name)
{
  static const char *const params[] = { ";+offhook.audio=\"mic,speaker\"", NULL };

  return (OhSipAccount){ .aor = "sip:alice@example.org",
                         .name = "Demo Caller",
                         .proxy = proxy,
                         .auth_user = "device1",
                         .secret = world->secret,
                         .instance = "urn:uuid:00000000-0000-4000-8000-000000000001",
                         .tls_name = tls_name,
                         .contact_params = params };
}

static void
dial (World *world, const char *transport, const char *tls_name)
{
  g_autofree char *proxy = server_uri (world, transport);
  OhSipAccount account = account_for (world, proxy, tls_name);
  OhSipInvite invite = {
    .account = &account, .to_uri = "sip:100@example.org", .offer_id = "offer-1", .sdp = SDP
  };

  world->out = oh_sip_call_invite (world->client, &invite, &out_handlers, world);
}

static gboolean
arrived (World *world)
{
  return has (world, "arrived");
}

static gboolean
ringing (World *world)
{
  return has (world, "180");
}

static gboolean
talking (World *world)
{
  return has (world, " answered") && has (world, "in-acked");
}

static gboolean
both_ended (World *world)
{
  return world->in_ends && world->out_ends;
}

static gboolean
out_ended (World *world)
{
  return world->out_ends > 0;
}

static void
test_call (gconstpointer transport)
{
  World *world = world_new (transport, NULL, NULL);
  const OhSipInfo *info;

  dial (world, transport, NULL);
  await (arrived, world);
  info = oh_sip_call_get_info (world->in);
  g_assert_cmpstr (info->request_user, ==, "100");
  g_assert_cmpstr (info->from_user, ==, "alice");
  g_assert_cmpstr (info->from_name, ==, "Demo Caller");
  g_assert_cmpstr (info->offer_id, ==, "offer-1");
  g_assert_cmpstr (info->transport, ==, transport);
  g_assert_cmpstr (info->source_address, ==, "127.0.0.1");
  g_assert_cmpstr (info->body_type, ==, "application/sdp");
  g_assert_cmpstr (info->body, ==, SDP);
  oh_sip_call_ring (world->in);
  await (ringing, world);
  g_assert_cmpint (oh_sip_call_get_state (world->out), ==, OH_SIP_CALL_RINGING);
  oh_sip_call_answer (world->in, ANSWER);
  await (talking, world);
  oh_sip_call_hang_up (world->out, 0, NULL);
  await (both_ended, world);
  g_assert_cmpuint (world->in_end.status, ==, 200);
  g_assert_true (world->in_end.by_peer);
  g_assert_false (world->out_end.by_peer);
  world_free (world);
}

static gboolean
has_183 (World *world)
{
  return has (world, "183sdp");
}

static gboolean
offer_done (World *world)
{
  return has (world, "offer-done");
}

static gboolean
got_digit (World *world)
{
  return has (world, "digit5");
}

/* Early media by a reliable 183, an answer without SDP, re-INVITE, a digit, end by the called one. */
static void
test_early (void)
{
  World *world = world_new ("udp", NULL, NULL);

  dial (world, "udp", NULL);
  await (arrived, world);
  oh_sip_call_progress (world->in, ANSWER);
  await (has_183, world);
  oh_sip_call_answer (world->in, NULL);
  await (talking, world);
  g_assert_true (has (world, "answered-nosdp"));
  oh_sip_call_send_offer (world->out, SDP);
  await (offer_done, world);
  g_assert_true (has (world, "in-offer"));
  oh_sip_call_send_digit (world->out, '5', 160);
  await (got_digit, world);
  oh_sip_call_hang_up (world->in, 16, "Bye");
  await (both_ended, world);
  g_assert_true (world->out_end.by_peer);
  world_free (world);
}

static void
test_cancel (void)
{
  World *world = world_new ("udp", NULL, NULL);

  dial (world, "udp", NULL);
  await (arrived, world);
  oh_sip_call_ring (world->in);
  await (ringing, world);
  oh_sip_call_hang_up (world->out, 200, "Call completed elsewhere");
  oh_sip_call_hang_up (world->out, 200, "Call completed elsewhere");
  await (both_ended, world);
  g_assert_cmpuint (world->in_end.status, ==, 487);
  g_assert_cmpuint (world->in_end.reason_cause, ==, 200);
  g_assert_cmpstr (world->reason_text, ==, "Call completed elsewhere");
  g_assert_cmpuint (world->in_ends, ==, 1);
  g_assert_cmpuint (world->out_ends, ==, 1);
  world_free (world);
}

static void
test_reject (void)
{
  World *world = world_new ("udp", NULL, NULL);

  dial (world, "udp", NULL);
  await (arrived, world);
  oh_sip_call_reject (world->in, 603, NULL, (const char *const[]){ "Offhook-Choice: 9", NULL });
  await (both_ended, world);
  g_assert_cmpuint (world->out_end.status, ==, 603);
  g_assert_cmpuint (world->out_end.choice, ==, 9);
  g_assert_true (world->out_end.by_peer);
  world_free (world);
}

static void
test_call_digest (gconstpointer algorithm)
{
  World *world = world_new ("udp", NULL, NULL);

  world->want_auth = TRUE;
  world->algorithm = (OhSipDigest)GPOINTER_TO_INT (algorithm);
  dial (world, "udp", NULL);
  await (arrived, world);
  g_assert_cmpuint (world->auth_ok, ==, 1);
  g_assert_cmpstr (oh_sip_call_get_info (world->in)->auth_user, ==, "device1");
  oh_sip_call_answer (world->in, ANSWER);
  await (talking, world);
  oh_sip_call_hang_up (world->out, 0, NULL);
  await (both_ended, world);
  world_free (world);
}

static void
test_wrong_secret (void)
{
  World *world = world_new ("udp", NULL, NULL);

  world->want_auth = TRUE;
  g_free (world->secret);
  world->secret = g_strdup ("wrong");
  dial (world, "udp", NULL);
  await (out_ended, world);
  g_assert_cmpuint (world->out_end.status, ==, 407);
  g_assert_cmpuint (world->auth_ok, ==, 0);
  world_free (world);
}

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
  g_autofree char *proxy = server_uri (world, transport);
  OhSipAccount account = account_for (world, proxy, tls_name);

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

  world->out = oh_sip_call_invite (world->server, &invite, &out_handlers, world);
  await (arrived, world);
  g_assert_cmpstr (oh_sip_call_get_info (world->in)->from_user, ==, "+493012345");
  oh_sip_call_ring (world->in);
  await (ringing, world);
  oh_sip_call_answer (world->in, ANSWER);
  await (talking, world);
  oh_sip_call_hang_up (world->out, 0, NULL);
  await (both_ended, world);
  g_assert_true (world->in_end.by_peer);
}

static void
test_register (gconstpointer transport)
{
  World *world = world_new (transport, NULL, NULL);
  OhSipRegistration *registration = register_client (world, transport, NULL);

  await (registered, world);
  call_back (world);
  oh_sip_registration_end (registration, TRUE);
  world_free (world);
}

static void
test_register_refused (void)
{
  World *world = world_new ("udp", NULL, NULL);
  OhSipRegistration *registration;

  g_free (world->secret);
  world->secret = g_strdup ("wrong");
  registration = register_client (world, "udp", NULL);
  await (failed, world);
  g_assert_cmpuint (world->failed, ==, 401);
  oh_sip_registration_end (registration, TRUE);
  world_free (world);
}

/* --- TLS --- */

static void
run_openssl (const char *folder, const char *arguments)
{
  g_autofree char *command = g_strdup_printf ("sh -c 'cd %s && openssl %s 2>/dev/null'", folder,
                                              arguments);
  g_autoptr (GError) error = NULL;
  int status;

  g_spawn_command_line_sync (command, NULL, NULL, &status, &error);
  g_assert_no_error (error);
  g_assert_cmpint (status, ==, 0);
}

static char *
make_certificates (void)
{
  char *folder = g_dir_make_tmp ("offhook-test-XXXXXX", NULL);

  run_openssl (folder, "req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 "
                       "-keyout ca.key -out ca.pem -subj /CN=Test\\ CA");
  run_openssl (folder,
               "req -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -keyout key.pem "
               "-out req.pem -subj /CN=server.test -addext subjectAltName=DNS:server.test");
  run_openssl (folder, "x509 -req -in req.pem -CA ca.pem -CAkey ca.key -CAcreateserial -days 2 "
                       "-copy_extensions copyall -out cert.pem");
  run_openssl (folder, "version; cat cert.pem key.pem > agent.pem; cp ca.pem cafile.pem");
  return folder;
}

static void
remove_folder (char *folder)
{
  g_autofree char *command = g_strdup_printf ("rm -r %s", folder);

  g_spawn_command_line_sync (command, NULL, NULL, NULL, NULL);
  g_free (folder);
}

static void
test_tls (void)
{
  char *folder = make_certificates ();
  g_autofree char *ca = g_build_filename (folder, "ca.pem", NULL);
  World *world = world_new ("tls", folder, ca);
  OhSipRegistration *registration = register_client (world, "tls", "server.test");

  await (registered, world);
  call_back (world);
  g_string_truncate (world->heard, 0);
  world->in_ends = world->out_ends = 0;
  dial (world, "tls", "server.test");
  await (arrived, world);
  g_assert_cmpstr (oh_sip_call_get_info (world->in)->transport, ==, "tls");
  oh_sip_call_answer (world->in, ANSWER);
  await (talking, world);
  oh_sip_call_hang_up (world->in, 0, NULL);
  await (both_ended, world);
  g_assert_true (world->out_end.by_peer);

  /* New certificates: who is connected stays so, who comes anew is served too. */
  oh_sip_reload_certificates (world->server);
  g_string_truncate (world->heard, 0);
  world->in_ends = world->out_ends = 0;
  call_back (world);
  oh_sip_registration_end (registration, TRUE);
  world_free (world);
  remove_folder (folder);
}

static void
test_tls_wrong_name (void)
{
  char *folder = make_certificates ();
  g_autofree char *ca = g_build_filename (folder, "ca.pem", NULL);
  World *world = world_new ("tls", folder, ca);
  OhSipRegistration *registration = register_client (world, "tls", "other.test");

  await (failed, world);
  g_assert_cmpuint (world->failed, ==, 503);
  g_assert_cmpstr (world->phrase, ==, "the certificate is for another name");
  oh_sip_registration_end (registration, TRUE);
  world_free (world);
  remove_folder (folder);
}

static void
test_tls_untrusted (void)
{
  char *folder = make_certificates ();
  World *world = world_new ("tls", folder, NULL);
  OhSipRegistration *registration = register_client (world, "tls", "server.test");

  await (failed, world);
  g_assert_cmpuint (world->failed, ==, 503);
  oh_sip_registration_end (registration, TRUE);
  world_free (world);
  remove_folder (folder);
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
test_others (void)
{
  World *world = world_new ("udp", NULL, NULL);
  g_autofree char *proxy = server_uri (world, "udp");
  OhSipAccount account = account_for (world, proxy, NULL);
  OhSipPublication *publication;
  OhSipSubscription *subscription;

  oh_sip_send_message (world->client, &account, "sip:bob@example.org", NULL, "text/plain", "Hello",
                       on_sent, world);
  await (sent, world);
  g_assert_cmpuint (world->done, ==, 200);
  g_assert_cmpstr (world->body, ==, "Hello");
  g_clear_pointer (&world->body, g_free);

  publication = oh_sip_publish (world->client, &account, "presence", "application/pidf+xml",
                                "<open/>");
  await (has_body, world);
  g_assert_cmpstr (world->body, ==, "<open/>");
  g_clear_pointer (&world->body, g_free);
  oh_sip_publication_end (publication);

  subscription = oh_sip_subscribe (world->client, &account, "sip:alice@example.org",
                                   "message-summary", on_notify, world);
  await (watched_yes, world);
  oh_sip_watcher_notify (world->watcher, "application/simple-message-summary",
                         "Messages-Waiting: no\r\n");
  await (watched_no, world);
  oh_sip_subscription_end (subscription);
  await (watcher_gone, world);
  oh_sip_watcher_end (world->watcher, NULL);
  world_free (world);
}

static void
test_port_taken (void)
{
  World *world = world_new ("udp", NULL, NULL);
  g_autofree char *listen = g_strdup_printf ("udp:127.0.0.1:%u",
                                             oh_sip_get_port (world->server, 0));
  OhSipConfig config = { .listen = (const char *const[]){ listen, NULL } };
  g_autoptr (GError) error = NULL;

  g_assert_null (oh_sip_new (&config, &error));
  g_assert_nonnull (error);
  g_assert_nonnull (strstr (error->message, "taken"));
  world_free (world);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_data_func ("/sip/call/udp", "udp", test_call);
  g_test_add_data_func ("/sip/call/tcp", "tcp", test_call);
  g_test_add_func ("/sip/call/early", test_early);
  g_test_add_func ("/sip/call/cancel", test_cancel);
  g_test_add_func ("/sip/call/reject", test_reject);
  g_test_add_data_func ("/sip/call/md5", GINT_TO_POINTER (OH_SIP_DIGEST_MD5), test_call_digest);
  g_test_add_data_func ("/sip/call/sha256", GINT_TO_POINTER (OH_SIP_DIGEST_SHA256),
                        test_call_digest);
  g_test_add_func ("/sip/call/wrong-secret", test_wrong_secret);
  g_test_add_data_func ("/sip/register/udp", "udp", test_register);
  g_test_add_data_func ("/sip/register/tcp", "tcp", test_register);
  g_test_add_func ("/sip/register/refused", test_register_refused);
  g_test_add_func ("/sip/tls/right", test_tls);
  g_test_add_func ("/sip/tls/wrong-name", test_tls_wrong_name);
  g_test_add_func ("/sip/tls/untrusted", test_tls_untrusted);
  g_test_add_func ("/sip/others", test_others);
  g_test_add_func ("/sip/port-taken", test_port_taken);
  return g_test_run ();
}
