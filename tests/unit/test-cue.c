/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "client/call/oh-base-call.h"
#include "client/sound/oh-sound-desk.h"
#include "media/tone/oh-tone.h"

/* Which tone the state of the calls asks for. */
#define TEST_TYPE_CALL (test_call_get_type ())
G_DECLARE_FINAL_TYPE (TestCall, test_call, TEST, CALL, OhBaseCall)

struct _TestCall
{
  OhBaseCall parent;
};

G_DEFINE_FINAL_TYPE (TestCall, test_call, OH_TYPE_BASE_CALL)

static void
choose (OhBaseCall *call, OhCallOption option)
{
  oh_base_call_set_chosen (call, option);
}

static void
test_call_class_init (TestCallClass *klass)
{
  OH_BASE_CALL_CLASS (klass)->choose = choose;
}

static void
test_call_init (TestCall *call)
{
}

/* One call of a line of the table: its way to the state that it is in. */
typedef struct
{
  gboolean incoming, early_media, silenced, chosen, held;
  OhCallState path[3]; /* after the first one; INCOMING: none */
  OhCallReason reason; /* of the last */
} Case;

static OhBaseCall *
make_call (const Case *way, GHashTable *silenced)
{
  OhBaseCall *call = g_object_new (TEST_TYPE_CALL, NULL);
  OhCallFacts facts = { .incoming = way->incoming, .options = 1 << OH_CALL_OPTION_ANSWER };

  oh_base_call_set_facts (call, &facts);
  oh_base_call_set_early_media (call, way->early_media);
  for (guint i = 0; i < G_N_ELEMENTS (way->path) && way->path[i] != OH_CALL_INCOMING; i++)
    g_assert_true (oh_base_call_move (
        call, way->path[i], way->path[i] == OH_CALL_ENDED ? way->reason : OH_CALL_REASON_NONE));
  if (way->held)
    oh_call_set_held (OH_CALL (call), TRUE);
  if (way->chosen)
    oh_call_choose (OH_CALL (call), OH_CALL_OPTION_ANSWER);
  if (way->silenced)
    g_hash_table_add (silenced, call);
  return call;
}

/* In either order of the list. */
static void
expect (OhCue cue, const Case *first, const Case *second)
{
  for (guint turn = 0; turn < 2; turn++)
    {
      g_autoptr (GListStore) calls = g_list_store_new (OH_TYPE_CALL);
      g_autoptr (GHashTable) silenced = g_hash_table_new (NULL, NULL);
      const Case *ways[] = { turn ? second : first, turn ? first : second };

      for (guint i = 0; i < G_N_ELEMENTS (ways); i++)
        {
          g_autoptr (OhBaseCall) call = ways[i] ? make_call (ways[i], silenced) : NULL;

          if (call)
            g_list_store_append (calls, call);
        }
      g_assert_cmpint (oh_cue_for_calls (G_LIST_MODEL (calls), silenced), ==, cue);
    }
}

static const Case rings = { .incoming = TRUE };
static const Case rings_silenced = { .incoming = TRUE, .silenced = TRUE };
static const Case rings_chosen = { .incoming = TRUE, .chosen = TRUE };
static const Case calling = { 0 };
static const Case ringing = { .path = { OH_CALL_RINGING } };
static const Case ringing_early = { .early_media = TRUE, .path = { OH_CALL_RINGING } };
static const Case active = { .path = { OH_CALL_ACTIVE } };
static const Case active_in = { .incoming = TRUE, .path = { OH_CALL_CONNECTING, OH_CALL_ACTIVE } };
static const Case held = { .held = TRUE, .path = { OH_CALL_ACTIVE } };
static const Case busy = { .path = { OH_CALL_ENDED }, .reason = OH_CALL_REASON_BUSY };

static void
test_one_call (void)
{
  expect (OH_CUE_NONE, NULL, NULL);
  expect (OH_CUE_RING, &rings, NULL);
  expect (OH_CUE_NONE, &rings_silenced, NULL);
  expect (OH_CUE_NONE, &rings_chosen, NULL);
  expect (OH_CUE_NONE, &calling, NULL);
  expect (OH_CUE_RINGBACK, &ringing, NULL);
  expect (OH_CUE_NONE, &ringing_early, NULL);
  expect (OH_CUE_NONE, &active, NULL);
  expect (OH_CUE_NONE, &active_in, NULL);
}

/* A call of ours that came to nothing says why, unless the far end has said so itself, or had answered. */
static void
test_why_it_ended (void)
{
  static const struct
  {
    OhCallReason reason;
    OhCue cue;
  } ends[] = {
    { OH_CALL_REASON_BUSY, OH_CUE_BUSY },          { OH_CALL_REASON_DECLINED, OH_CUE_BUSY },
    { OH_CALL_REASON_REFUSED, OH_CUE_CONGESTION }, { OH_CALL_REASON_NOT_FOUND, OH_CUE_CONGESTION },
    { OH_CALL_REASON_NETWORK, OH_CUE_CONGESTION }, { OH_CALL_REASON_HUNG_UP, OH_CUE_NONE },
    { OH_CALL_REASON_NO_ANSWER, OH_CUE_NONE },     { OH_CALL_REASON_SIGNED_OUT, OH_CUE_NONE },
  };

  for (guint i = 0; i < G_N_ELEMENTS (ends); i++)
    {
      Case way = { .path = { OH_CALL_RINGING, OH_CALL_ENDED }, .reason = ends[i].reason };

      expect (ends[i].cue, &way, NULL);
      way.early_media = TRUE;
      expect (OH_CUE_NONE, &way, NULL);
      way = (Case){ .path = { OH_CALL_ACTIVE, OH_CALL_ENDED }, .reason = ends[i].reason };
      expect (OH_CUE_NONE, &way, NULL);
      way = (Case){ .incoming = TRUE, .path = { OH_CALL_ENDED }, .reason = ends[i].reason };
      expect (OH_CUE_NONE, &way, NULL);
    }
}

/* A second call never rings into a conversation: it knocks. */
static void
test_second_call (void)
{
  expect (OH_CUE_CALL_WAITING, &rings, &active);
  expect (OH_CUE_CALL_WAITING, &rings, &active_in);
  expect (OH_CUE_CALL_WAITING, &rings, &held);
  expect (OH_CUE_CALL_WAITING, &rings, &calling);
  expect (OH_CUE_CALL_WAITING, &rings, &ringing);
  expect (OH_CUE_NONE, &rings_silenced, &active);
  expect (OH_CUE_NONE, &rings_chosen, &active);
  expect (OH_CUE_RING, &rings, &rings_silenced);
  expect (OH_CUE_RING, &rings, &rings);
  expect (OH_CUE_RING, &rings, &busy);
  expect (OH_CUE_RINGBACK, &ringing, &active);
  expect (OH_CUE_RINGBACK, &ringing, &busy);
  expect (OH_CUE_NONE, &busy, &active);
}

/* ms of it that sound within five seconds. */
static guint
measure (OhToneKind kind)
{
  g_autoptr (OhSource) tone = oh_tone_new (kind, 8000, 1);
  guint sounding = 0;

  for (guint ms = 0; ms < 5000; ms++)
    {
      gint16 samples[8];
      gboolean any = FALSE;

      g_assert_cmpuint (tone->klass->read (tone, samples, G_N_ELEMENTS (samples)), ==, 8);
      for (guint i = 0; i < G_N_ELEMENTS (samples); i++)
        any |= ABS (samples[i]) > 20;
      sounding += any;
    }
  return sounding;
}

/* What knocks at a conversation takes less of it than what rings: ITU-T E.180's short beeps. */
static void
test_call_waiting_is_brief (void)
{
  guint waiting = measure (OH_TONE_CALL_WAITING);

  g_assert_cmpuint (waiting, >=, 380);
  g_assert_cmpuint (waiting, <=, 400);
  g_assert_cmpuint (waiting * 4, <, measure (OH_TONE_RINGER));
  g_assert_cmpuint (measure (OH_TONE_BUSY), >, 2300);
  g_assert_cmpuint (measure (OH_TONE_CONGESTION), >, 2300);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/cue/one-call", test_one_call);
  g_test_add_func ("/cue/why-it-ended", test_why_it_ended);
  g_test_add_func ("/cue/second-call", test_second_call);
  g_test_add_func ("/cue/call-waiting-is-brief", test_call_waiting_is_brief);
  return g_test_run ();
}
