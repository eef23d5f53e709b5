/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "oh-call"

#include "server/call/oh-server-call-private.h"

#include "server/im/oh-call-back.h"

#include <string.h>

/* The call's offer by IM: one way more in the same race as the devices. The desk (services thread)
 * tells what it has to tell by messages to the signalling thread, where the call may be gone. */

/* --- From the call to the desk --- */

gboolean
oh_server_call_offer_by_im (OhServerCall *call, GArray *identities)
{
  const char *number = call->withheld ? "" : call->caller_number;
  g_autofree char *devices = NULL;
  g_autofree char *call_back = oh_call_back_dup_link (number, call->exchange->config->domain);
  OhImOffer offer = {
    .id = (char *)oh_call_offer_get_id (call->offer),
    .user_id = call->plan->user->id,
    .identities = (gint64 *)identities->data,
    .n_identities = identities->len,
    .caller_name = call->withheld ? (char *)"" : call->caller_name,
    .caller_number = (char *)number,
    .call_back = call_back,
    .called = call->called,
    .answers = (char *)oh_server_call_get_answering_device (call),
    .options = oh_call_offer_get_options (call->offer),
    .default_option = call->plan->user->default_option,
    .deadline_us = oh_call_offer_get_deadline (call->offer),
  };

  if (identities->len == 0 || !call->exchange->desk)
    return FALSE;
  offer.devices = devices = oh_server_call_dup_devices (call);
  g_array_append_vals (call->told, identities->data, identities->len);
  call->told_by_im = TRUE;
  call->im_ways++;
  oh_call_offer_add_way (call->offer);
  oh_im_desk_offer (call->exchange->desk, &offer);
  return TRUE;
}

void
oh_server_call_end_im (OhServerCall *call, OhImOutcome outcome, const char *device_id)
{
  const OhDevice *device = oh_directory_find_device (call->exchange->directory, device_id);

  if (!call->told_by_im)
    return;
  call->told_by_im = FALSE;
  oh_im_desk_end_offer (call->exchange->desk, oh_call_offer_get_id (call->offer), outcome,
                        device ? device->name : NULL);
}

void
oh_server_call_refuse_answer (OhServerCall *call)
{
  g_autofree char *devices = oh_server_call_dup_devices (call);

  g_clear_pointer (&call->reply_by, g_free);
  if (call->told_by_im)
    oh_im_desk_refuse_answer (call->exchange->desk, oh_call_offer_get_id (call->offer), devices);
}

/* --- From the desk to the call --- */

typedef enum
{
  NEWS_PRESENCE,
  NEWS_SENT,
  NEWS_FAILED,
  NEWS_LOST,
  NEWS_CHOSEN
} NewsKind;

typedef struct
{
  OhExchange *exchange;
  NewsKind kind;
  gint64 user_id;
  char *offer_id;
  char *where;
  OhOption option;
  gint64 identity_id; /* that chose it */
  GArray *seen;       /* of OhSighting */
} News;

/* NULL: it is over. */
static OhServerCall *
find_call (OhExchange *exchange, const char *offer_id)
{
  GHashTableIter iter;
  gpointer value;

  g_hash_table_iter_init (&iter, exchange->calls);
  while (g_hash_table_iter_next (&iter, NULL, &value))
    {
      OhServerCall *call = value;

      if (call->told_by_im && strcmp (oh_call_offer_get_id (call->offer), offer_id) == 0)
        return call;
    }
  return NULL;
}

static void
take_presence (OhExchange *exchange, News *news)
{
  g_autoptr (GList) calls = NULL;

  if (news->seen->len > 0)
    g_hash_table_replace (exchange->im, g_memdup2 (&news->user_id, sizeof news->user_id),
                          g_steal_pointer (&news->seen));
  else
    g_hash_table_remove (exchange->im, &news->user_id);
  calls = g_hash_table_get_values (exchange->calls);
  for (GList *l = calls; l; l = l->next)
    if (oh_server_call_get_user (l->data) == news->user_id)
      oh_server_call_check_identities (l->data);
}

static void
take_news (gpointer data)
{
  News *news = data;
  OhServerCall *call = news->offer_id ? find_call (news->exchange, news->offer_id) : NULL;

  if (news->kind == NEWS_PRESENCE)
    take_presence (news->exchange, news);
  else if (call && news->kind == NEWS_SENT)
    oh_server_call_rings_by_im (call, news->where);
  else if (call && (news->kind == NEWS_FAILED || news->kind == NEWS_LOST))
    oh_server_call_lose_im (call, news->kind == NEWS_LOST);
  else if (call && news->kind == NEWS_CHOSEN)
    oh_server_call_choose_by_im (call, news->option, news->identity_id, news->where);
  g_free (news->offer_id);
  g_free (news->where);
  g_clear_pointer (&news->seen, g_array_unref);
  g_free (news);
}

static void
post (gpointer exchange, const News *from)
{
  News *news = g_new (News, 1);

  *news = *from;
  news->exchange = exchange;
  news->offer_id = g_strdup (from->offer_id);
  news->where = g_strdup (from->where);
  oh_executor_post (&news->exchange->signalling, take_news, news);
}

static void
on_presence (gint64 user_id, const OhSighting *seen, guint n_seen, gpointer user_data)
{
  GArray *copy = g_array_sized_new (FALSE, FALSE, sizeof *seen, n_seen);

  g_array_append_vals (copy, seen, n_seen);
  post (user_data, &(News){ .kind = NEWS_PRESENCE, .user_id = user_id, .seen = copy });
}

static void
on_sent (const char *offer_id, const char *where, gpointer user_data)
{
  post (user_data,
        &(News){ .kind = NEWS_SENT, .offer_id = (char *)offer_id, .where = (char *)where });
}

static void
on_failed (const char *offer_id, gpointer user_data)
{
  post (user_data, &(News){ .kind = NEWS_FAILED, .offer_id = (char *)offer_id });
}

static void
on_lost (const char *offer_id, gpointer user_data)
{
  post (user_data, &(News){ .kind = NEWS_LOST, .offer_id = (char *)offer_id });
}

static void
on_chosen (
    const char *offer_id, OhOption option, gint64 identity_id, const char *who, gpointer user_data)
{
  post (user_data, &(News){ .kind = NEWS_CHOSEN,
                            .offer_id = (char *)offer_id,
                            .where = (char *)who,
                            .option = option,
                            .identity_id = identity_id });
}

typedef struct
{
  OhExchange *exchange;
  OhImDesk *desk;
} StartJob;

/* Before the first news of the desk. */
static void
take_desk (gpointer data)
{
  g_autofree StartJob *job = data;

  job->exchange->desk = job->desk;
  oh_exchange_start_sip_desk (job->exchange);
}

void
oh_exchange_start_im (OhExchange *exchange, OhImDesk *desk)
{
  static const OhImDeskEvents events = { .presence = on_presence,
                                         .sent = on_sent,
                                         .failed = on_failed,
                                         .lost = on_lost,
                                         .chosen = on_chosen,
                                         .send_sip = oh_exchange_send_sip };

  StartJob *job = g_new (StartJob, 1);

  *job = (StartJob){ exchange, desk };
  oh_executor_post (&exchange->signalling, take_desk, job);
  oh_im_desk_start (desk, &events, exchange);
}

GArray *
oh_exchange_find_im (OhExchange *exchange, gint64 user_id)
{
  return g_hash_table_lookup (exchange->im, &user_id);
}
