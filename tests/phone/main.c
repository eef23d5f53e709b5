/* SPDX-License-Identifier: GPL-3.0-or-later */
/* offhook-phone: the scripted telephone of ./run, the tests and the benches. */
#define G_LOG_DOMAIN "oh-phone"

#include "tests/phone/oh-phone-call.h"
#include "media/speech/oh-speech.h"

#include <glib-unix.h>
#include <glib/gstdio.h>

#include <stdio.h>
#include <stdlib.h>

/* The program: one stack, one worker, some calls. Main thread. */
typedef struct
{
  OhPhoneOptions *options;
  OhPhoneContext context;
  OhSipAccount account;
  OhSipRegistration *registration;
  OhSipSubscription *subscription;
  OhSipPublication *publication;
  GMainLoop *loop;
  GPtrArray *live; /* OhPhoneCall, owned */
  GArray *setups;  /* gint64 us of answered calls */
  gint begun, done, answered;
  gboolean failed, closing;
  char *spoken; /* temporary file of --say */
  guint dial_timer;
} Phone;

static void
print_result (Phone *phone, OhPhoneCall *call)
{
  g_autoptr (JsonBuilder) builder = json_builder_begin_object (json_builder_new ());

  json_builder_add_string_value (json_builder_set_member_name (builder, "event"), "result");
  oh_phone_call_describe (call, builder);
  json_builder_end_object (builder);
  oh_phone_print (builder);
}

static gint
compare_times (gconstpointer a, gconstpointer b)
{
  gint64 x = *(const gint64 *)a, y = *(const gint64 *)b;

  return x < y ? -1 : x > y;
}

static double
get_setup_ms (Phone *phone, double quantile)
{
  if (phone->setups->len == 0)
    return 0;
  guint index = (guint)(quantile * (phone->setups->len - 1) + 0.5);
  return g_array_index (phone->setups, gint64, index) / 1000.0;
}

static void
print_summary (Phone *phone)
{
  g_autoptr (JsonBuilder) builder = json_builder_begin_object (json_builder_new ());

  g_array_sort (phone->setups, compare_times);
  json_builder_add_string_value (json_builder_set_member_name (builder, "event"), "summary");
  json_builder_add_int_value (json_builder_set_member_name (builder, "calls"), phone->begun);
  json_builder_add_int_value (json_builder_set_member_name (builder, "answered"), phone->answered);
  json_builder_add_double_value (json_builder_set_member_name (builder, "setup_ms_median"),
                                 get_setup_ms (phone, 0.5));
  json_builder_add_double_value (json_builder_set_member_name (builder, "setup_ms_p95"),
                                 get_setup_ms (phone, 0.95));
  json_builder_end_object (builder);
  oh_phone_print (builder);
}

static void
quit_if_done (Phone *phone)
{
  gboolean all = phone->done >= phone->options->calls && !phone->options->keep_waiting;

  if (phone->live->len == 0 && (all || phone->closing || phone->failed))
    g_main_loop_quit (phone->loop);
}

/* Not inside the call's own handler: the call is freed from the loop. */
static gboolean
bury_call (gpointer data)
{
  OhPhoneCall *call = ((gpointer *)data)[0];
  Phone *phone = ((gpointer *)data)[1];
  gint64 setup = oh_phone_call_get_setup_time (call);

  phone->done++;
  if (oh_phone_call_was_answered (call))
    {
      phone->answered++;
      g_array_append_val (phone->setups, setup);
    }
  if (phone->options->calls == 1 || phone->options->keep_waiting)
    print_result (phone, call);
  g_ptr_array_remove_fast (phone->live, call);
  quit_if_done (phone);
  return G_SOURCE_REMOVE;
}

static void
on_call_ended (OhPhoneCall *call, gpointer data)
{
  gpointer *pair = g_new (gpointer, 2);

  pair[0] = call;
  pair[1] = data;
  g_idle_add_full (G_PRIORITY_DEFAULT_IDLE, bury_call, pair, g_free);
}

static void
on_call (OhSip *sip, OhSipCall *sip_call, gpointer data)
{
  Phone *phone = data;

  if (!phone->options->wait || phone->closing
      || (!phone->options->keep_waiting && phone->begun >= phone->options->calls))
    {
      oh_sip_call_reject (sip_call, 486, NULL, NULL);
      oh_sip_call_unref (sip_call);
      return;
    }
  phone->begun++;
  g_ptr_array_add (phone->live, oh_phone_call_take (&phone->context, sip_call));
}

static void
on_request (OhSip *sip, OhSipRequest *request, gpointer data)
{
  const char *method = oh_sip_request_get_info (request)->method;
  gboolean known = g_str_equal (method, "OPTIONS") || g_str_equal (method, "MESSAGE");

  oh_sip_request_reply (request, known ? 200 : 501, NULL, NULL, NULL, NULL);
}

static const OhSipHandlers sip_handlers = { on_call, on_request, NULL };

static gboolean
dial_next (gpointer data)
{
  Phone *phone = data;

  if (phone->begun < phone->options->calls && !phone->closing)
    {
      phone->begun++;
      g_ptr_array_add (phone->live, oh_phone_call_dial (&phone->context));
    }
  if (phone->begun < phone->options->calls && !phone->closing)
    return G_SOURCE_CONTINUE;
  phone->dial_timer = 0;
  return G_SOURCE_REMOVE;
}

static void
begin (Phone *phone)
{
  if (phone->options->wait)
    return;
  if (dial_next (phone) == G_SOURCE_CONTINUE)
    phone->dial_timer = g_timeout_add (MAX (1, (guint)(1000 / phone->options->rate)), dial_next,
                                       phone);
}

static void
on_notify (OhSipSubscription *subscription, const char *body_type, const char *body, gpointer data)
{
  oh_phone_say ("notify", "body", body);
}

/* What a client does as soon as it is registered: its presence, and a look at its messages. */
static void
watch (Phone *phone)
{
  const OhPhoneOptions *o = phone->options;
  const char *basic = g_strcmp0 (o->publish, "closed") == 0 ? "closed" : "open";
  g_autofree char *pidf = g_strdup_printf (
      "<?xml version=\"1.0\"?><presence xmlns=\"urn:ietf:params:xml:ns:pidf\" entity=\"%s\">"
      "<tuple id=\"phone\"><status><basic>%s</basic></status><note>%s</note></tuple></presence>",
      o->from, basic, o->publish);

  if (o->publish != NULL && phone->publication == NULL)
    phone->publication = oh_sip_publish (phone->context.sip, &phone->account, "presence",
                                         "application/pidf+xml", pidf);
  if (o->watch != NULL && phone->subscription == NULL)
    phone->subscription = oh_sip_subscribe (phone->context.sip, &phone->account, o->from, o->watch,
                                            on_notify, phone);
}

static void
on_registered (OhSipRegistration *registration,
               guint expires,
               const char *seen_address,
               gpointer data)
{
  Phone *phone = data;

  oh_phone_say ("registered", NULL, NULL);
  watch (phone);
  if (phone->begun == 0)
    begin (phone);
}

static void
on_register_failed (OhSipRegistration *registration,
                    guint status,
                    const char *phrase,
                    guint retry_ms,
                    gpointer data)
{
  Phone *phone = data;
  g_autofree char *text = g_strdup_printf ("%u", status);

  oh_phone_say ("register-failed", "status", text);
  if (retry_ms > 0)
    return;
  phone->failed = TRUE;
  quit_if_done (phone);
}

static const OhSipRegistrationHandlers registration_handlers = { on_registered, on_register_failed,
                                                                 NULL };

static gboolean
on_stop (gpointer data)
{
  Phone *phone = data;

  phone->closing = TRUE;
  g_clear_handle_id (&phone->dial_timer, g_source_remove);
  for (guint i = 0; i < phone->live->len; i++)
    oh_phone_call_hang_up (phone->live->pdata[i], "stopped");
  quit_if_done (phone);
  return G_SOURCE_CONTINUE;
}

static gboolean
on_answer (gpointer data)
{
  Phone *phone = data;

  for (guint i = 0; i < phone->live->len; i++)
    oh_phone_call_answer (phone->live->pdata[i]);
  return G_SOURCE_CONTINUE;
}

static gboolean
open_stack (Phone *phone, GError **error)
{
  const OhPhoneOptions *o = phone->options;
  OhExecutor here = oh_executor_for_context (NULL);
  OhSipConfig config = { .listen = (const char *const *)o->listen,
                         .certificate_dir = o->certificate_dir,
                         .ca_file = o->ca_file,
                         .user_agent = "Offhook-Phone/"
                                       "0.1.0",
                         .handlers = &sip_handlers,
                         .user_data = phone,
                         .executor = &here };

  phone->account = (OhSipAccount){ .aor = o->from,
                                   .name = o->name,
                                   .registrar = o->registrar,
                                   .proxy = o->proxy,
                                   .auth_user = o->auth_user,
                                   .secret = o->secret,
                                   .instance = o->instance,
                                   .tls_name = o->tls_name,
                                   .expires = o->expires,
                                   .contact_params = (const char *const *)o->contact_params };
  phone->context.sip = oh_sip_new (&config, error);
  return phone->context.sip != NULL;
}

static void
say_ready (Phone *phone)
{
  g_autoptr (JsonBuilder) builder = json_builder_begin_object (json_builder_new ());

  json_builder_add_string_value (json_builder_set_member_name (builder, "event"), "ready");
  json_builder_begin_array (json_builder_set_member_name (builder, "ports"));
  for (guint i = 0; phone->options->listen[i] != NULL; i++)
    json_builder_add_int_value (builder, oh_sip_get_port (phone->context.sip, i));
  json_builder_end_array (builder);
  json_builder_end_object (builder);
  oh_phone_print (builder);
}

static void
start (Phone *phone)
{
  g_autoptr (GError) error = NULL;
  gboolean ice = phone->options->net != OH_PEER_NET_PLAIN;

  if (!open_stack (phone, &error))
    {
      oh_phone_say ("error", "why", error->message);
      phone->failed = TRUE;
      g_main_loop_quit (phone->loop);
      return;
    }
  phone->context.worker = oh_worker_new ("media", ice ? OH_WORKER_GLIB : OH_WORKER_PLAIN);
  say_ready (phone);
  if (phone->options->do_register)
    phone->registration = oh_sip_register (phone->context.sip, &phone->account,
                                           &registration_handlers, phone);
  else
    begin (phone);
}

static void
on_spoken (GObject *source, GAsyncResult *result, gpointer data)
{
  Phone *phone = data;
  g_autoptr (GError) error = NULL;

  if (oh_speech_synthesize_finish (result, &error))
    phone->context.play = phone->spoken;
  else
    oh_phone_say ("error", "why", error->message);
  start (phone);
}

static gboolean
start_later (gpointer data)
{
  Phone *phone = data;

  if (phone->options->say == NULL)
    {
      phone->context.play = phone->options->play;
      start (phone);
      return G_SOURCE_REMOVE;
    }
  phone->spoken = g_strdup_printf ("%s/offhook-phone-%08x.wav", g_get_tmp_dir (), g_random_int ());
  oh_speech_synthesize_async (phone->options->say, phone->options->language, phone->spoken, NULL,
                              on_spoken, phone);
  return G_SOURCE_REMOVE;
}

static void
close_phone (Phone *phone)
{
  oh_sip_subscription_end (phone->subscription);
  oh_sip_publication_end (phone->publication);
  if (phone->registration != NULL)
    oh_sip_registration_end (phone->registration, TRUE);
  if (phone->context.sip != NULL)
    {
      oh_sip_shut_down (phone->context.sip, 1000);
      oh_sip_free (phone->context.sip);
    }
  g_ptr_array_unref (phone->live);
  g_clear_pointer (&phone->context.worker, oh_worker_unref);
  if (phone->spoken != NULL)
    g_unlink (phone->spoken);
  g_free (phone->spoken);
  g_array_unref (phone->setups);
  g_main_loop_unref (phone->loop);
}

int
main (int argc, char **argv)
{
  g_autoptr (OhPhoneOptions) options = oh_phone_options_parse (argc, argv);
  Phone phone = { .options = options };

  if (options == NULL)
    return 2;
  g_set_prgname ("offhook-phone");
  phone.loop = g_main_loop_new (NULL, FALSE);
  phone.live = g_ptr_array_new_with_free_func ((GDestroyNotify)oh_phone_call_free);
  phone.setups = g_array_new (FALSE, FALSE, sizeof (gint64));
  phone.context = (OhPhoneContext){
    .options = options, .account = &phone.account, .ended = on_call_ended, .user_data = &phone
  };
  g_unix_signal_add (SIGTERM, on_stop, &phone);
  g_unix_signal_add (SIGINT, on_stop, &phone);
  g_unix_signal_add (SIGUSR1, on_answer, &phone);
  g_timeout_add ((guint)(options->max_s * 1000), on_stop, &phone);
  g_idle_add (start_later, &phone);
  g_main_loop_run (phone.loop);

  if (options->calls > 1 && !options->keep_waiting)
    print_summary (&phone);
  close_phone (&phone);
  return phone.failed ? 1 : phone.answered > 0 ? 0 : 3;
}
