/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "oh-dummy"

#include "plugins/dummy/oh-dummy-call.h"

#include "base/oh-clock.h"

#define CONNECT_MS 100
#define RING_MS 300
#define ANSWER_MS 2000
#define NO_ANSWER_MS 5000

struct _OhDummyCall
{
  OhBaseCall parent;
  guint timer;   /* next step */
  guint figures; /* each second */
  guint seconds;
  OhCallState next;
  OhCallReason next_reason;
};

G_DEFINE_FINAL_TYPE (OhDummyCall, oh_dummy_call, OH_TYPE_BASE_CALL)

static gboolean
on_step (gpointer user_data)
{
  OhDummyCall *call = user_data;

  call->timer = 0;
  oh_base_call_move (OH_BASE_CALL (call), call->next, call->next_reason);
  return G_SOURCE_REMOVE;
}

static void
step_after (OhDummyCall *call, guint ms, OhCallState state, OhCallReason reason)
{
  g_clear_handle_id (&call->timer, g_source_remove);
  call->next = state;
  call->next_reason = reason;
  call->timer = g_timeout_add (ms, on_step, call);
}

static gboolean
on_second (gpointer user_data)
{
  OhDummyCall *call = user_data;
  guint wave = call->seconds++ % 10;
  OhCallFigures figures = { .codec = "Opus 48 kHz",
                            .cipher = "AEAD_AES_128_GCM",
                            .key_exchange = "DTLS",
                            .quality = 4.3 - wave * 0.05,
                            .loss = wave * 0.002,
                            .jitter = 3.0 + wave,
                            .round_trip = 24.0 + wave,
                            .echo_reduction = -1,
                            .bit_rate = 32000,
                            .packet_length = 20 };

  oh_base_call_set_figures (OH_BASE_CALL (call), &figures);
  return G_SOURCE_CONTINUE;
}

static void
state_changed (OhBaseCall *base, OhCallState old_state)
{
  OhDummyCall *call = OH_DUMMY_CALL (base);

  switch (oh_call_get_state (OH_CALL (base)))
    {
    case OH_CALL_CONNECTING:
      step_after (call, CONNECT_MS, OH_CALL_ACTIVE, OH_CALL_REASON_NONE);
      break;
    case OH_CALL_ACTIVE:
      on_second (call);
      call->figures = g_timeout_add_seconds (1, on_second, call);
      break;
    case OH_CALL_ENDED:
      g_clear_handle_id (&call->timer, g_source_remove);
      g_clear_handle_id (&call->figures, g_source_remove);
      break;
    default:
      break;
    }
}

static void
choose (OhBaseCall *base, OhCallOption option)
{
  if (option == OH_CALL_OPTION_ANSWER)
    oh_base_call_move (base, OH_CALL_CONNECTING, OH_CALL_REASON_NONE);
  else
    oh_base_call_move (base, OH_CALL_ENDED,
                       option == OH_CALL_OPTION_VOICEMAIL ? OH_CALL_REASON_VOICEMAIL
                                                          : OH_CALL_REASON_DECLINED);
}

static void
hang_up (OhBaseCall *base)
{
  oh_base_call_move (base, OH_CALL_ENDED, OH_CALL_REASON_HUNG_UP);
}

static void
send_digit (OhBaseCall *base, char digit)
{
  g_message ("key %c", digit);
}

static void
dispose (GObject *object)
{
  OhDummyCall *call = OH_DUMMY_CALL (object);

  g_clear_handle_id (&call->timer, g_source_remove);
  g_clear_handle_id (&call->figures, g_source_remove);
  G_OBJECT_CLASS (oh_dummy_call_parent_class)->dispose (object);
}

static void
oh_dummy_call_class_init (OhDummyCallClass *klass)
{
  OhBaseCallClass *base_class = OH_BASE_CALL_CLASS (klass);

  G_OBJECT_CLASS (klass)->dispose = dispose;
  base_class->choose = choose;
  base_class->hang_up = hang_up;
  base_class->send_digit = send_digit;
  base_class->state_changed = state_changed;
}

static void
oh_dummy_call_init (OhDummyCall *call)
{
}

OhDummyCall *
oh_dummy_call_new_incoming (const OhCallFacts *facts)
{
  OhDummyCall *call = g_object_new (OH_TYPE_DUMMY_CALL, NULL);
  gint64 left_ms = (facts->deadline - oh_clock_now ()) / 1000;

  oh_base_call_set_facts (OH_BASE_CALL (call), facts);
  if (facts->deadline)
    step_after (call, MAX (left_ms, 0), OH_CALL_ENDED,
                facts->default_option == OH_CALL_OPTION_VOICEMAIL ? OH_CALL_REASON_VOICEMAIL
                                                                  : OH_CALL_REASON_NO_ANSWER);
  return call;
}

static const struct
{
  const char *target;
  guint ms;
  OhCallReason reason;
} failures[] = {
  { "busy", RING_MS, OH_CALL_REASON_BUSY },
  { "nobody", NO_ANSWER_MS, OH_CALL_REASON_NO_ANSWER },
  { "unknown", RING_MS, OH_CALL_REASON_NOT_FOUND },
  { "refused", RING_MS, OH_CALL_REASON_REFUSED },
};

static gboolean
on_ring (gpointer user_data)
{
  OhDummyCall *call = user_data;

  call->timer = 0;
  oh_base_call_move (OH_BASE_CALL (call), OH_CALL_RINGING, OH_CALL_REASON_NONE);
  step_after (call, ANSWER_MS, OH_CALL_CONNECTING, OH_CALL_REASON_NONE);
  return G_SOURCE_REMOVE;
}

OhDummyCall *
oh_dummy_call_new_outgoing (const char *target)
{
  OhDummyCall *call = g_object_new (OH_TYPE_DUMMY_CALL, NULL);
  OhCallFacts facts = { .number = target };

  oh_base_call_set_facts (OH_BASE_CALL (call), &facts);
  for (guint i = 0; i < G_N_ELEMENTS (failures); i++)
    if (g_str_equal (target, failures[i].target))
      {
        step_after (call, failures[i].ms, OH_CALL_ENDED, failures[i].reason);
        return call;
      }
  if (*target == '*')
    step_after (call, CONNECT_MS, OH_CALL_CONNECTING, OH_CALL_REASON_NONE);
  else
    call->timer = g_timeout_add (RING_MS, on_ring, call);
  return call;
}

gboolean
oh_dummy_call_do (OhDummyCall *call, const char *word)
{
  static const struct
  {
    const char *word;
    OhCallReason reason;
  } ends[] = {
    { "hang-up", OH_CALL_REASON_REMOTE },      { "cancel", OH_CALL_REASON_CANCELLED },
    { "elsewhere", OH_CALL_REASON_ELSEWHERE }, { "declined", OH_CALL_REASON_DECLINED },
    { "voicemail", OH_CALL_REASON_VOICEMAIL }, { "network", OH_CALL_REASON_NETWORK },
  };

  if (g_str_equal (word, "answer"))
    {
      oh_base_call_move (OH_BASE_CALL (call), OH_CALL_CONNECTING, OH_CALL_REASON_NONE);
      return TRUE;
    }
  if (g_str_has_prefix (word, "key-"))
    {
      oh_base_call_add_far_key (OH_BASE_CALL (call), word[4]);
      return TRUE;
    }
  for (guint i = 0; i < G_N_ELEMENTS (ends); i++)
    if (g_str_equal (word, ends[i].word))
      {
        oh_base_call_move (OH_BASE_CALL (call), OH_CALL_ENDED, ends[i].reason);
        return TRUE;
      }
  return FALSE;
}
