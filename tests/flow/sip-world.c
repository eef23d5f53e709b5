/* SPDX-License-Identifier: GPL-3.0-or-later */

/* Two SIP stacks in one process, on loopback: what one says the other must hear. */
#include "tests/flow/sip-world.h"

#include <string.h>

#define DEADLINE_S (g_getenv ("OFFHOOK_SANITIZED") ? 30 : 10)

static gboolean
holds (gboolean (*check) (World *), World *world)
{
  g_autoptr (GRecMutexLocker) locker = g_rec_mutex_locker_new (&world->lock);

  return check (world);
}

void
sip_world_await (gboolean (*check) (World *), World *world)
{
  gint64 deadline = g_get_monotonic_time () + DEADLINE_S * G_USEC_PER_SEC;

  while (!holds (check, world))
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
  g_autoptr (GRecMutexLocker) locker = g_rec_mutex_locker_new (&world->lock);

  g_string_append_printf (world->heard, " %s", word);
}

gboolean
sip_world_has (World *world, const char *word)
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
  g_autoptr (GRecMutexLocker) locker = g_rec_mutex_locker_new (&world->lock);

  world->in_end = *end;
  g_free (world->reason_text);
  world->reason_text = g_strdup (end->reason_text);
  world->in_ends++;
  g_clear_pointer (&world->in, oh_sip_call_unref);
}

static void
on_talk (OhSipCall *call, gpointer data)
{
  note (data, "talk");
  oh_sip_call_answer (call, NULL);
}

static void
on_asked (OhSipCall *call, guint status, gpointer data)
{
  g_autofree char *word = g_strdup_printf ("asked%u", status);

  note (data, word);
}

static const OhSipCallHandlers in_handlers = { .answered = on_in_answered,
                                               .offer = on_in_offer,
                                               .digit = on_digit,
                                               .talk = on_talk,
                                               .ended = on_in_ended };

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
  g_autoptr (GRecMutexLocker) locker = g_rec_mutex_locker_new (&world->lock);

  world->out_end = *end;
  g_free (world->phrase);
  world->phrase = g_strdup (end->phrase);
  world->out_ends++;
  g_clear_pointer (&world->out, oh_sip_call_unref);
}

const OhSipCallHandlers sip_world_out_handlers = { .progress = on_progress,
                                                   .answered = on_answered,
                                                   .offer_done = on_offer_done,
                                                   .asked = on_asked,
                                                   .ended = on_ended };

static gboolean
credential_of (const char *user, OhSipCredential *credential, gpointer data)
{
  World *world = data;
  g_autoptr (GRecMutexLocker) locker = g_rec_mutex_locker_new (&world->lock);
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
  g_autoptr (GRecMutexLocker) locker = g_rec_mutex_locker_new (&world->lock);

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
  g_autoptr (GRecMutexLocker) locker = g_rec_mutex_locker_new (&world->lock);
  const OhSipInfo *info = oh_sip_request_get_info (request);

  if (strcmp (info->method, "REGISTER") == 0)
    {
      const char *expires = oh_sip_request_get_header (request, "Expires");
      g_autofree char *contact = NULL;

      if (strcmp (expires ? expires : "", "0") == 0)
        g_atomic_int_inc (&world->unregistered);
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
      g_free (world->contact_header);
      world->contact_header = g_strdup (oh_sip_request_get_header (request, "Contact"));
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
      const char *expires = oh_sip_request_get_header (request, "Expires");

      if (strcmp (expires ? expires : "", "0") == 0)
        g_atomic_int_inc (&world->unpublished);
      g_free (world->body);
      world->body = g_strdup (info->body);
      oh_sip_request_reply (request, 200, NULL,
                            (const char *const[]){ "SIP-ETag: a1", "Expires: 600", NULL }, NULL,
                            NULL);
    }
  else if (strcmp (info->method, "OPTIONS") == 0)
    {
      world->pings++;
      if (world->ping_status)
        oh_sip_request_reply (request, world->ping_status, NULL, NULL, NULL, NULL);
      else
        g_ptr_array_add (world->unanswered, request);
    }
  else
    {
      g_free (world->body);
      world->body = g_strdup (info->body);
      oh_sip_request_reply (request, 200, NULL, NULL, NULL, NULL);
    }
}

static const OhSipHandlers server_handlers = { .call = on_call, .request = on_request };

/* The server calls the client too: the same handlers, on the client's main context. */
World *
sip_world_new_timed (const char *transport,
                     const char *certificates,
                     const char *ca_file,
                     guint t1_ms)
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
                         .t1_ms = t1_ms,
                         .handlers = &server_handlers,
                         .user_data = world,
                         .executor = &executor };
  g_autoptr (GError) error = NULL;

  g_rec_mutex_init (&world->lock);
  world->heard = g_string_new (NULL);
  world->unanswered = g_ptr_array_new_with_free_func ((GDestroyNotify)oh_sip_request_free);
  world->ping_status = 200;
  world->algorithm = OH_SIP_DIGEST_SHA256;
  world->secret = g_strdup ("s3cret:with\"odd");
  world->server = oh_sip_new (&server, &error);
  g_assert_no_error (error);
  world->client = oh_sip_new (&client, &error);
  g_assert_no_error (error);
  return world;
}

World *
sip_world_new (const char *transport, const char *certificates, const char *ca_file)
{
  return sip_world_new_timed (transport, certificates, ca_file, 0);
}

void
sip_world_free (World *world)
{
  g_rec_mutex_lock (&world->lock);
  world->ping_status = 200;
  g_ptr_array_set_size (world->unanswered, 0);
  g_rec_mutex_unlock (&world->lock);
  oh_sip_shut_down (world->client, 2000);
  oh_sip_shut_down (world->server, 2000);
  while (g_main_context_iteration (NULL, FALSE))
    ;
  oh_sip_free (world->client);
  oh_sip_free (world->server);
  g_rec_mutex_clear (&world->lock);
  g_string_free (world->heard, TRUE);
  g_ptr_array_unref (world->unanswered);
  g_free (world->reason_text);
  g_free (world->phrase);
  g_free (world->secret);
  g_free (world->body);
  g_free (world->watched);
  g_free (world->contact_header);
  g_free (world->contact);
  g_free (world->route);
  g_free (world);
}

char *
sip_world_server_uri (World *world, const char *transport)
{
  return g_strdup_printf ("sip:127.0.0.1:%u;transport=%s", oh_sip_get_port (world->server, 0),
                          transport);
}

OhSipAccount
sip_world_account_for (World *world, const char *proxy, const char *tls_name)
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

void
sip_world_dial (World *world, const char *transport, const char *tls_name)
{
  g_autofree char *proxy = sip_world_server_uri (world, transport);
  OhSipAccount account = sip_world_account_for (world, proxy, tls_name);
  OhSipInvite invite = {
    .account = &account, .to_uri = "sip:100@example.org", .offer_id = "offer-1", .sdp = SDP
  };

  world->out = oh_sip_call_invite (world->client, &invite, &sip_world_out_handlers, world);
}

gboolean
sip_world_arrived (World *world)
{
  return sip_world_has (world, "arrived");
}

gboolean
sip_world_ringing (World *world)
{
  return sip_world_has (world, "180");
}

gboolean
sip_world_talking (World *world)
{
  return sip_world_has (world, " answered") && sip_world_has (world, "in-acked");
}

gboolean
sip_world_both_ended (World *world)
{
  return world->in_ends && world->out_ends;
}

gboolean
sip_world_out_ended (World *world)
{
  return world->out_ends > 0;
}
