/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "oh-call"

#include "server/call/oh-server-call.h"

#include "base/oh-clock.h"

/* What the control socket asks: the question goes to the signalling thread, the answer as text to
 * whoever asked. */
typedef struct
{
  OhExchange *exchange;
  void (*describe) (OhExchange *exchange, JsonBuilder *builder);
  OhExecutor executor;
  OhLiveFunc func;
  gpointer user_data;
  char *json;
} Question;

static void
give_answer (gpointer data)
{
  Question *question = data;

  question->func (question->json, question->user_data);
  g_free (question->json);
  g_free (question);
}

static void
answer (gpointer data)
{
  Question *question = data;
  g_autoptr (JsonBuilder) builder = json_builder_new ();
  g_autoptr (JsonNode) root = NULL;

  json_builder_begin_array (builder);
  if (!question->exchange->stopping)
    question->describe (question->exchange, builder);
  json_builder_end_array (builder);
  root = json_builder_get_root (builder);
  question->json = json_to_string (root, FALSE);
  oh_executor_post (&question->executor, give_answer, question);
}

static void
ask (OhExchange *exchange,
     void (*describe) (OhExchange *, JsonBuilder *),
     const OhExecutor *executor,
     OhLiveFunc func,
     gpointer user_data)
{
  Question *question = g_new0 (Question, 1);

  question->exchange = exchange;
  question->describe = describe;
  question->executor = *executor;
  question->func = func;
  question->user_data = user_data;
  oh_executor_post (&exchange->signalling, answer, question);
}

static void
describe_calls (OhExchange *exchange, JsonBuilder *builder)
{
  GHashTableIter iter;
  gpointer call;

  g_hash_table_iter_init (&iter, exchange->calls);
  while (g_hash_table_iter_next (&iter, NULL, &call))
    oh_server_call_describe (call, builder);
}

static void
add_string (JsonBuilder *builder, const char *name, const char *value)
{
  json_builder_set_member_name (builder, name);
  json_builder_add_string_value (builder, value ? value : "");
}

typedef struct
{
  OhExchange *exchange;
  JsonBuilder *builder;
} Describing;

/* "Offhook/0.1.0 (linux)": program and version. */
static void
add_program (JsonBuilder *builder, const char *user_agent)
{
  g_auto (GStrv) words = g_strsplit (user_agent, " ", 2);
  g_auto (GStrv) parts = g_strsplit (words[0] ? words[0] : "", "/", 2);

  add_string (builder, "program", parts[0]);
  add_string (builder, "version", parts[0] ? parts[1] : NULL);
}

static void
describe_binding (const OhBinding *binding, gpointer user_data)
{
  Describing *describing = user_data;
  JsonBuilder *builder = describing->builder;
  const OhUser *user = oh_directory_find_user_by_id (describing->exchange->directory,
                                                     binding->user_id);

  json_builder_begin_object (builder);
  add_string (builder, "user", user ? user->alias : NULL);
  add_string (builder, "device", binding->device_id);
  add_string (builder, "name", binding->device_name);
  add_program (builder, binding->user_agent);
  add_string (builder, "address", binding->address);
  add_string (builder, "transport", binding->transport);
  add_string (builder, "audio", binding->audio);
  add_string (builder, "presence", oh_presence_get_name (binding->presence));
  json_builder_set_member_name (builder, "talk");
  json_builder_add_boolean_value (builder, !binding->no_talk);
  json_builder_set_member_name (builder, "active");
  json_builder_add_int_value (
      builder, binding->active_us
                   ? (g_get_real_time () - oh_clock_now () + binding->active_us) / G_USEC_PER_SEC
                   : 0);
  json_builder_set_member_name (builder, "expires");
  json_builder_add_int_value (
      builder, binding->web
                   ? 0 /* as long as its connection */
                   : MAX (0, (binding->expires_us - oh_clock_now ()) / G_TIME_SPAN_SECOND));
  json_builder_end_object (builder);
}

static void
describe_registrations (OhExchange *exchange, JsonBuilder *builder)
{
  Describing describing = { exchange, builder };

  oh_registrar_foreach (exchange->registrar, describe_binding, &describing);
}

static void
describe_trunks (OhExchange *exchange, JsonBuilder *builder)
{
  oh_trunks_describe (exchange->trunks, builder);
}

static void
describe_nat (OhExchange *exchange, JsonBuilder *builder)
{
  oh_nat_describe (exchange->nat, builder);
}

static void
ask_load (gpointer live, const OhExecutor *executor, OhLiveFunc func, gpointer user_data)
{
  ask (live, oh_exchange_describe_load, executor, func, user_data);
}

static void
ask_calls (gpointer live, const OhExecutor *executor, OhLiveFunc func, gpointer user_data)
{
  ask (live, describe_calls, executor, func, user_data);
}

static void
ask_registrations (gpointer live, const OhExecutor *executor, OhLiveFunc func, gpointer user_data)
{
  ask (live, describe_registrations, executor, func, user_data);
}

static void
ask_trunks (gpointer live, const OhExecutor *executor, OhLiveFunc func, gpointer user_data)
{
  ask (live, describe_trunks, executor, func, user_data);
}

static void
ask_nat (gpointer live, const OhExecutor *executor, OhLiveFunc func, gpointer user_data)
{
  ask (live, describe_nat, executor, func, user_data);
}

OhLive
oh_exchange_get_live (OhExchange *exchange)
{
  static const OhLiveFuncs funcs = { .calls = ask_calls,
                                     .registrations = ask_registrations,
                                     .trunks = ask_trunks,
                                     .nat = ask_nat,
                                     .load = ask_load };

  return (OhLive){ &funcs, exchange };
}
