/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "oh-im"

#include "server/im/oh-im-desk-private.h"

#include "base/oh-error.h"
#include "base/oh-redact.h"

#include <glib/gstdio.h>

#include <string.h>

static const OhImOffersEvents offers_events;
static void free_job (gpointer job);

/* --- Life --- */

OhImDesk *
oh_im_desk_ref (OhImDesk *desk)
{
  desk->references++;
  return desk;
}

void
oh_im_desk_unref (OhImDesk *desk)
{
  if (--desk->references > 0)
    return;
  g_clear_pointer (&desk->places, g_hash_table_unref);
  g_clear_object (&desk->engine);
  g_clear_pointer (&desk->directory, oh_directory_unref);
  oh_im_offers_free (desk->offers);
  oh_im_codes_free (desk->codes);
  g_ptr_array_unref (desk->sendings);
  g_hash_table_unref (desk->letters);
  g_hash_table_unref (desk->sip_devices);
  g_hash_table_unref (desk->sip_agents);
  g_ptr_array_unref (desk->held);
  g_ptr_array_unref (desk->lost);
  g_ptr_array_unref (desk->to_ask);
  g_hash_table_unref (desk->programs);
  g_hash_table_unref (desk->seen);
  g_free (desk->folder);
  g_free (desk);
}

OhImDesk *
oh_im_desk_new (OhStore *store, const char *folder, OhLinks *links)
{
  OhImDesk *desk = g_new0 (OhImDesk, 1);

  desk->references = 1;
  desk->store = store;
  desk->folder = g_strdup (folder);
  desk->links = links;
  desk->executor = oh_executor_for_context (NULL);
  desk->places = g_hash_table_new_full (g_int64_hash, g_int64_equal, NULL, oh_im_place_free);
  desk->offers = oh_im_offers_new (&offers_events, desk);
  desk->codes = oh_im_codes_new ();
  desk->sendings = g_ptr_array_new ();
  desk->letters = g_hash_table_new (NULL, NULL);
  desk->sip_devices = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free);
  desk->sip_agents = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free);
  desk->held = g_ptr_array_new_with_free_func (free_job);
  desk->lost = oh_store_dup_told (store);
  desk->to_ask = g_ptr_array_new ();
  oh_im_desk_load_programs (desk);
  desk->seen = g_hash_table_new_full (g_int64_hash, g_int64_equal, g_free,
                                      (GDestroyNotify)g_bytes_unref);
  return desk;
}

static void
on_question (OhImEngine *engine, OhImQuestion *question, OhImDesk *desk)
{
  oh_im_desk_answer_question (desk, question);
}

static void
on_protocols_changed (OhImEngine *engine, OhImDesk *desk)
{
  oh_im_places_sync (desk);
}

static void
start_engine (OhImDesk *desk)
{
  if (g_mkdir_with_parents (desk->folder, 0700) != 0)
    g_warning ("the folder %s cannot be made", desk->folder);
  desk->engine = oh_im_engine_new (NULL, desk->folder);
  g_signal_connect (desk->engine, "question", G_CALLBACK (on_question), desk);
  g_signal_connect (desk->engine, "protocols-changed", G_CALLBACK (on_protocols_changed), desk);
  oh_im_engine_start (desk->engine);
}

static gboolean
needs_engine (OhDirectory *directory)
{
  GPtrArray *logins = oh_directory_get_im_logins (directory);

  for (guint i = 0; i < logins->len; i++)
    if (!oh_im_login_is_sip (logins->pdata[i]))
      return TRUE;
  return FALSE;
}

static void
on_directory (OhDirectory *directory, gpointer user_data)
{
  OhImDesk *desk = user_data;

  if (desk->stopping || directory == desk->directory)
    return;
  oh_directory_ref (directory);
  g_clear_pointer (&desk->directory, oh_directory_unref);
  desk->directory = directory;
  if (!desk->engine && needs_engine (directory))
    start_engine (desk);
  oh_im_places_sync (desk);
}

static void
on_link_chosen (const OhLink *link, OhOption option, gpointer user_data)
{
  OhImDesk *desk = user_data;
  g_autofree char *who = g_strconcat (link->who, " by link", NULL);

  desk->events->chosen (link->offer_id, option, link->identity_id, who, desk->user_data);
}

void
oh_im_desk_start (OhImDesk *desk, const OhImDeskEvents *events, gpointer user_data)
{
  g_autoptr (OhDirectory) directory = oh_store_dup_directory (desk->store);

  desk->events = events;
  desk->user_data = user_data;
  oh_links_take (desk->links, on_link_chosen, desk);
  on_directory (directory, desk);
  desk->watch = oh_store_watch_directory (desk->store, &desk->executor, on_directory, desk);
}

void
oh_im_desk_free (OhImDesk *desk)
{
  if (!desk)
    return;
  desk->stopping = TRUE;
  oh_links_take (desk->links, NULL, NULL);
  oh_im_desk_stop_waiting (desk);
  oh_im_desk_stop_asking (desk);
  oh_im_desk_drop_letters (desk);
  if (desk->watch)
    oh_store_unwatch (desk->store, desk->watch);
  desk->watch = 0;
  if (desk->engine)
    g_signal_handlers_disconnect_by_data (desk->engine, desk);
  g_hash_table_remove_all (desk->places);
  oh_im_desk_unref (desk);
}

/* --- Presence --- */

/* NULL: nothing is known. */
static GBytes *
look (OhImDesk *desk, const OhUser *user)
{
  g_autoptr (GArray) seen = g_array_new (FALSE, TRUE, sizeof (OhSighting));
  OhSighting one;

  for (guint i = 0; i < user->identities->len; i++)
    {
      memset (&one, 0, sizeof one);
      if (oh_im_identity_look (desk, user->identities->pdata[i], &one))
        g_array_append_val (seen, one);
    }
  return seen->len ? g_bytes_new (seen->data, seen->len * sizeof one) : NULL;
}

static gboolean
is_anywhere (GBytes *seen)
{
  gsize size = 0;
  const OhSighting *all = seen ? g_bytes_get_data (seen, &size) : NULL;

  for (gsize i = 0; i < size / sizeof *all; i++)
    if (all[i].presence != OH_PRESENCE_CLOSED)
      return TRUE;
  return FALSE;
}

void
oh_im_desk_tell_presence (OhImDesk *desk, const OhUser *user)
{
  g_autoptr (GBytes) seen = look (desk, user);
  GBytes *told = g_hash_table_lookup (desk->seen, &user->id);
  gsize size = 0;
  gconstpointer data = seen ? g_bytes_get_data (seen, &size) : NULL;

  if (desk->stopping || (!seen && !told) || (seen && told && g_bytes_equal (seen, told))
      || (!is_anywhere (seen) && oh_im_desk_is_user_expected (desk, user)))
    return;
  desk->events->presence (user->id, data, (guint)(size / sizeof (OhSighting)), desk->user_data);
  if (seen)
    g_hash_table_replace (desk->seen, g_memdup2 (&user->id, sizeof user->id),
                          g_steal_pointer (&seen));
  else
    g_hash_table_remove (desk->seen, &user->id);
}

/* --- Sending --- */

/* A message under way. */
typedef struct
{
  OhImDesk *desk;
  OhImSay say;
  gint64 login_id;
  char *name;
  char *offer_id;   /* NULL: an answer */
  OhImBatch *batch; /* of an offer */
  char *where;
  char *outcome; /* of an offer that is over before it was known to have left: said if it has */
  guint outcome_timeout_s;
  GCancellable *cancellable;
} Sending;

static OhImBatch *
start_batch (OhImDesk *desk, const char *offer_id)
{
  OhImBatch *batch = g_rc_box_new0 (OhImBatch);

  batch->offer_id = g_strdup (offer_id);
  desk->batch = batch;
  return batch;
}

static void
clear_batch (gpointer data)
{
  g_free (((OhImBatch *)data)->offer_id);
}

static void
free_sending (Sending *sending)
{
  g_ptr_array_remove_fast (sending->desk->sendings, sending);
  oh_im_desk_note_settled (sending->desk);
  if (sending->batch)
    g_rc_box_release_full (sending->batch, clear_batch);
  g_free (sending->name);
  g_free (sending->offer_id);
  g_free (sending->where);
  g_free (sending->outcome);
  g_object_unref (sending->cancellable);
  oh_im_desk_unref (sending->desk);
  g_free (sending);
}

/* Each message that leaves is told, and when none of a batch did, that. */
static void
note_sent (OhImDesk *desk, const Sending *sending, gboolean left)
{
  OhImBatch *batch = sending->batch;

  batch->waiting--;
  batch->left |= left;
  if (left)
    desk->events->sent (batch->offer_id, sending->where, desk->user_data);
  else if (batch->waiting == 0 && !batch->left)
    desk->events->failed (batch->offer_id, desk->user_data);
}

static void on_offers_send (gint64 login_id,
                            const char *name,
                            const char *text,
                            guint timeout_s,
                            const char *offer_id,
                            OhImSay say,
                            gpointer user_data);

/* What could not be said because the server stops is said by the next one. */
static void
keep_told (const Sending *sending, gboolean left)
{
  OhImDesk *desk = sending->desk;

  if (sending->say == OH_IM_SAY_OFFER && left && !sending->outcome)
    oh_im_desk_note_told (desk, sending->offer_id, sending->login_id, sending->name);
  else if (sending->say == OH_IM_SAY_OUTCOME && (left || !desk->stopping))
    oh_im_desk_forget_told (desk, sending->offer_id, sending->login_id, sending->name);
}

static void
on_sent (const GError *error, gpointer user_data)
{
  Sending *sending = user_data;
  OhImDesk *desk = sending->desk;
  gboolean left = error == NULL;
  /* With the process' end, nobody knows. */
  gboolean waited = g_error_matches (error, OH_ERROR, OH_ERROR_CANCELLED)
                    || g_error_matches (error, OH_ERROR, OH_ERROR_TIMEOUT);

  if (!left && !desk->stopping && !sending->outcome)
    g_message ("a message by IM could not be sent: %s", error->message);
  keep_told (sending, left);
  if (sending->batch && !desk->stopping)
    note_sent (desk, sending, left);
  g_ptr_array_remove_fast (desk->sendings, sending);
  if (sending->outcome && !waited && !desk->stopping)
    on_offers_send (sending->login_id, sending->name, sending->outcome, sending->outcome_timeout_s,
                    sending->offer_id, OH_IM_SAY_OUTCOME, desk);
  free_sending (sending);
}

static Sending *
find_offer_under_way (OhImDesk *desk, const char *offer_id, gint64 login_id, const char *name)
{
  for (guint i = 0; i < desk->sendings->len; i++)
    {
      Sending *sending = desk->sendings->pdata[i];

      if (sending->say == OH_IM_SAY_OFFER && sending->login_id == login_id
          && strcmp (sending->offer_id, offer_id) == 0 && strcmp (sending->name, name) == 0)
        return sending;
    }
  return NULL;
}

/* An outcome overtakes an offer that still waits for the service: neither is said then. */
static gboolean
take_back (Sending *offer, const char *outcome, guint timeout_s)
{
  if (!offer || offer->outcome)
    return FALSE;
  offer->outcome = g_strdup (outcome);
  offer->outcome_timeout_s = timeout_s;
  g_cancellable_cancel (offer->cancellable);
  return TRUE;
}

static void
on_offers_send (gint64 login_id,
                const char *name,
                const char *text,
                guint timeout_s,
                const char *offer_id,
                OhImSay say,
                gpointer user_data)
{
  static const OhImUrgency urgencies[] = { [OH_IM_SAY_OFFER] = OH_IM_URGENCY_HIGH,
                                           [OH_IM_SAY_ANSWER] = OH_IM_URGENCY_USUAL,
                                           [OH_IM_SAY_OUTCOME] = OH_IM_URGENCY_LOW };
  OhImDesk *desk = user_data;
  OhImPlace *place = oh_im_places_find (desk, login_id);
  const OhImLogin *login = place ? oh_im_place_get_login (place) : NULL;
  Sending *sending;

  if (!login || (!place->account && !place->sip))
    return;
  if (say == OH_IM_SAY_OUTCOME
      && take_back (find_offer_under_way (desk, offer_id, login_id, name), text, timeout_s))
    return;
  sending = g_new0 (Sending, 1);
  sending->desk = oh_im_desk_ref (desk);
  sending->say = say;
  sending->login_id = login_id;
  sending->name = g_strdup (name);
  sending->offer_id = g_strdup (offer_id);
  sending->where = g_strdup_printf ("%s (%s)", name, login->name);
  sending->cancellable = g_cancellable_new ();
  g_ptr_array_add (desk->sendings, sending);
  if (say == OH_IM_SAY_OFFER && desk->batch)
    {
      sending->batch = g_rc_box_acquire (desk->batch);
      sending->batch->waiting++;
    }
  oh_im_place_send (place, name, text, urgencies[say], timeout_s, sending->cancellable, on_sent,
                    sending);
}

void
oh_im_desk_forget (OhImDesk *desk, gint64 login_id, const char *name)
{
  OhImPlace *place = oh_im_places_find (desk, login_id);
  const OhImLogin *login = place ? oh_im_place_get_login (place) : NULL;

  oh_im_offers_forget (desk->offers, login_id, name);
  if (login)
    {
      g_autofree char *who = g_strdup_printf ("%s (%s)", name, login->name);

      oh_links_forget (desk->links, who);
    }
  for (guint i = 0; i < desk->sendings->len; i++)
    {
      Sending *sending = desk->sendings->pdata[i];

      if (sending->login_id == login_id && strcmp (sending->name, name) == 0)
        g_cancellable_cancel (sending->cancellable);
    }
}

static void
on_offers_choose (
    const char *offer_id, gint64 login_id, const char *name, OhOption option, gpointer user_data)
{
  OhImDesk *desk = user_data;
  OhImPlace *place = oh_im_places_find (desk, login_id);
  const OhImLogin *login = place ? oh_im_place_get_login (place) : NULL;
  const OhImIdentity *identity = login
                                     ? oh_directory_find_im_identity (desk->directory, login, name)
                                     : NULL;
  g_autofree char *who = g_strdup_printf ("%s (%s)", name, login ? login->name : "?");

  desk->events->chosen (offer_id, option, identity ? identity->id : 0, who, desk->user_data);
}

/* Each identity gets a link of its own: the page shows what that identity may see, and who chose there
 * is known. */
static char *
on_offers_link (const OhImOffer *offer, const OhImIdentity *identity, gpointer user_data)
{
  OhImDesk *desk = user_data;
  g_autofree char *who = g_strdup_printf ("%s (%s)", identity->name, identity->login->name);
  OhLink link = { .offer_id = offer->id,
                  .user_id = offer->user_id,
                  .identity_id = identity->id,
                  .who = who,
                  .language = identity->user->language,
                  .caller_name = offer->caller_name,
                  .caller_number = identity->show_number ? offer->caller_number : (char *)"",
                  .call_back = identity->show_number ? offer->call_back : NULL,
                  .called = offer->called,
                  .devices = offer->devices,
                  .options = offer->options,
                  .default_option = offer->default_option,
                  .deadline_us = offer->deadline_us };

  return oh_links_add (desk->links, &link);
}

static OhImProgramKind
on_offers_program (const OhImIdentity *identity, gpointer user_data)
{
  g_autoptr (OhImProgram) program = oh_im_desk_dup_program (user_data, identity);

  return program->kind;
}

/* Nobody who was told of it is there any more. */
static void
on_offers_lost (const char *offer_id, gpointer user_data)
{
  OhImDesk *desk = user_data;

  desk->events->lost (offer_id, desk->user_data);
}

static const OhImOffersEvents offers_events = { .send = on_offers_send,
                                                .choose = on_offers_choose,
                                                .link = on_offers_link,
                                                .program = on_offers_program,
                                                .lost = on_offers_lost };

/* --- Offers --- */

typedef struct
{
  OhImDesk *desk;
  OhImOffer *offer;
  char *offer_id;
  OhImOutcome outcome;
  char *device;
} OfferJob;

static void
free_job (gpointer data)
{
  OfferJob *job = data;

  oh_im_offer_free (job->offer);
  g_free (job->offer_id);
  g_free (job->device);
  g_free (job);
}

static void
take_offer (gpointer data)
{
  OfferJob *job = data;
  OhImDesk *desk = job->desk;
  g_autoptr (GPtrArray) identities = g_ptr_array_new ();
  const OhUser *user = oh_directory_find_user_by_id (desk->directory, job->offer->user_id);
  OhImBatch *batch;
  OhSighting seen;

  for (guint i = 0; user && i < user->identities->len; i++)
    {
      const OhImIdentity *identity = user->identities->pdata[i];

      if (oh_im_offer_is_for (job->offer, identity->id)
          && oh_im_identity_look (desk, identity, &seen) && seen.presence != OH_PRESENCE_CLOSED)
        g_ptr_array_add (identities, user->identities->pdata[i]);
    }
  if (identities->len == 0 && user && oh_im_desk_is_user_expected (desk, user))
    {
      g_ptr_array_add (desk->held, job);
      return;
    }
  batch = start_batch (desk, job->offer->id);
  oh_im_offers_add (desk->offers, job->offer, identities);
  desk->batch = NULL;
  if (batch->waiting == 0)
    desk->events->failed (job->offer->id, desk->user_data);
  g_rc_box_release_full (batch, clear_batch);
  free_job (job);
}

void
oh_im_desk_retry_offers (OhImDesk *desk)
{
  guint n = desk->held->len;

  for (guint i = 0; i < n; i++)
    take_offer (g_ptr_array_steal_index (desk->held, 0));
}

static void
drop_held (OhImDesk *desk, const char *offer_id)
{
  for (guint i = desk->held->len; i > 0; i--)
    if (strcmp (((OfferJob *)desk->held->pdata[i - 1])->offer->id, offer_id) == 0)
      g_ptr_array_remove_index (desk->held, i - 1);
}

void
oh_im_desk_offer (OhImDesk *desk, const OhImOffer *offer)
{
  OfferJob *job = g_new0 (OfferJob, 1);

  job->desk = desk;
  job->offer = oh_im_offer_copy (offer);
  oh_executor_post (&desk->executor, take_offer, job);
}

static void
end_offer (gpointer data)
{
  OfferJob *job = data;

  drop_held (job->desk, job->offer_id);
  oh_im_offers_end (job->desk->offers, job->offer_id, job->outcome, job->device);
  oh_links_end (job->desk->links, job->offer_id, job->outcome, job->device);
  free_job (job);
}

void
oh_im_desk_end_offer (OhImDesk *desk, const char *offer_id, OhImOutcome outcome, const char *device)
{
  OfferJob *job = g_new0 (OfferJob, 1);

  job->desk = desk;
  job->offer_id = g_strdup (offer_id);
  job->outcome = outcome;
  job->device = g_strdup (device);
  oh_executor_post (&desk->executor, end_offer, job);
}

static void
refuse_answer (gpointer data)
{
  OfferJob *job = data;

  oh_im_offers_refuse_answer (job->desk->offers, job->offer_id, job->device);
  free_job (job);
}

void
oh_im_desk_refuse_answer (OhImDesk *desk, const char *offer_id, const char *devices)
{
  OfferJob *job = g_new0 (OfferJob, 1);

  job->desk = desk;
  job->offer_id = g_strdup (offer_id);
  job->device = g_strdup (devices);
  oh_executor_post (&desk->executor, refuse_answer, job);
}

/* Only what a verified identity has written itself counts. */
void
oh_im_desk_take_message (OhImDesk *desk, OhImPlace *place, const OhImMessage *message)
{
  const OhImLogin *login = oh_im_place_get_login (place);
  const OhImIdentity *identity = login ? oh_directory_find_im_identity (desk->directory, login,
                                                                        message->with)
                                       : NULL;

  if (message->own || message->automatic || desk->stopping)
    return;
  if (!identity || !identity->verified)
    {
      place->strangers++;
      return;
    }
  oh_im_offers_take_reply (desk->offers, login->id, identity->name, message->text,
                           message->delayed ? MAX (message->time, 1) : 0);
}

/* --- For offhookctl --- */

static const char *
get_state_word (const OhImPlace *place)
{
  if (place && place->sip)
    return oh_im_state_to_word (OH_IM_STATE_ONLINE);
  if (place && !place->account)
    return "failed";
  if (!place)
    return oh_im_state_to_word (OH_IM_STATE_OFFLINE);
  if (oh_im_account_has_failed (place->account))
    return "failed";
  return oh_im_state_to_word (oh_im_account_get_state (place->account));
}

static char *
dup_reason (const OhImPlace *place)
{
  g_autofree char *said = NULL;
  OhImReason reason;

  if (place && place->sip)
    return g_strdup ("");
  if (!place || !place->account)
    return g_strdup (place ? place->trouble : "the IM engine does not run yet");
  reason = oh_im_account_get_reason (place->account);
  said = oh_printable (oh_im_account_get_error_text (place->account), 200);
  if (oh_im_account_get_state (place->account) == OH_IM_STATE_ONLINE || !reason)
    return g_strdup ("");
  return g_strdup_printf ("%s%s%s", oh_im_reason_to_word (reason), *said ? ": " : "", said);
}

void
oh_im_desk_describe_account (OhImDesk *desk, const OhImLogin *login, JsonObject *object)
{
  OhImPlace *place = oh_im_places_find (desk, login->id);
  g_autofree char *reason = dup_reason (place);

  json_object_set_string_member (object, "state", get_state_word (place));
  json_object_set_string_member (object, "reason", reason);
  json_object_set_string_member (object, "certificate",
                                 place && place->certificate ? place->certificate : "");
  json_object_set_int_member (
      object, "waiting", place && place->account ? oh_im_account_get_waiting (place->account) : 0);
  json_object_set_int_member (object, "strangers", place ? place->strangers : 0);
}
