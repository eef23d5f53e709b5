/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "oh-client"

#include "client/offer/oh-offer-desk.h"

#include "base/oh-clock.h"
#include "base/oh-error.h"
#include "client/account/oh-base-account.h"
#include "client/offer/oh-offer-call.h"
#include "client/offer/oh-offer-guard.h"

#define MAX_ASKED 16      /* links at once */
#define HEAD_START_MS 700 /* of the INVITE, which brings what helps through a NAT */
#define ANSWERED_NEWS_US (10 * G_USEC_PER_SEC)
#define REFRESH_DELAY_MS 1500
#define REFRESH_AGAIN_MS 10000
#define REFRESHES 2            /* until then the server's words may be about the call */
#define VOICEMAIL_REFRESHES 20 /* its message is there when the caller has ended it */

struct _OhOfferDesk
{
  GObject parent;
  OhCore *core;
  GListModel *accounts;
  OhOfferGuard *guard;
  GPtrArray *shown; /* of Shown */
  GCancellable *cancellable;
  guint n_asked;
};

/* A call that is there and that a message offered, and a while longer. */
typedef struct
{
  OhOfferDesk *desk;
  OhAccount *account;
  OhCall *call; /* ours or, where that was first, of another provider */
  OhOfferLink *link;
  guint timer;
  guint refreshes; /* since its end */
} Shown;

G_DEFINE_FINAL_TYPE (OhOfferDesk, oh_offer_desk, G_TYPE_OBJECT)

static void take_link (OhOfferDesk *desk, OhAccount *account, OhOfferLink *link, GTask *task);

/* --- Calls that are shown --- */

static void
shown_free (gpointer data)
{
  Shown *shown = data;

  g_clear_handle_id (&shown->timer, g_source_remove);
  g_signal_handlers_disconnect_by_data (shown->call, shown);
  g_object_unref (shown->call);
  g_object_unref (shown->link);
  g_object_unref (shown->account);
  g_free (shown);
}

/* What the call server keeps of the call is asked for; by SIP alone it would tell by itself. */
static gboolean
on_refresh_due (gpointer user_data)
{
  Shown *shown = user_data;
  gboolean voicemail = oh_call_get_reason (shown->call) == OH_CALL_REASON_VOICEMAIL
                       && oh_account_get_state (shown->account) != OH_ACCOUNT_ONLINE;

  shown->timer = 0;
  oh_core_refresh_account (shown->desk->core, shown->account);
  if (++shown->refreshes < (voicemail ? VOICEMAIL_REFRESHES : REFRESHES))
    shown->timer = g_timeout_add (REFRESH_AGAIN_MS, on_refresh_due, shown);
  else
    g_ptr_array_remove_fast (shown->desk->shown, shown);
  return G_SOURCE_REMOVE;
}

/* The way by which another provider had it is gone, and the call may wait all the same. */
static gboolean
may_wait_on (const Shown *shown)
{
  OhCallReason reason = oh_call_get_reason (shown->call);

  return !OH_IS_OFFER_CALL (shown->call) && !oh_call_get_started (shown->call)
         && (reason == OH_CALL_REASON_SIGNED_OUT || reason == OH_CALL_REASON_NETWORK
             || reason == OH_CALL_REASON_REFUSED);
}

static void
on_call_state (OhCall *call, GParamSpec *pspec, Shown *shown)
{
  if (oh_call_get_state (call) != OH_CALL_ENDED || shown->timer)
    return;
  shown->timer = g_timeout_add (REFRESH_DELAY_MS, on_refresh_due, shown);
  if (may_wait_on (shown))
    take_link (shown->desk, shown->account, shown->link,
               g_task_new (shown->desk, NULL, NULL, NULL));
}

static void
note_shown (OhOfferDesk *desk, OhAccount *account, OhCall *call, OhOfferLink *link)
{
  Shown *shown;

  for (guint i = 0; i < desk->shown->len; i++)
    if (((Shown *)desk->shown->pdata[i])->call == call)
      return;
  shown = g_new0 (Shown, 1);
  shown->desk = desk;
  shown->account = g_object_ref (account);
  shown->call = g_object_ref (call);
  shown->link = g_object_ref (link);
  g_signal_connect (call, "notify::state", G_CALLBACK (on_call_state), shown);
  g_ptr_array_add (desk->shown, shown);
}

/* What the server writes in the middle of a conversation is of something else. */
static gboolean
is_long_answered (OhCall *call)
{
  gint64 started = oh_call_get_started (call);

  return started && oh_call_get_state (call) != OH_CALL_ENDED
         && oh_clock_now () - started > ANSWERED_NEWS_US;
}

static gboolean
has_shown (OhOfferDesk *desk, const char *account)
{
  for (guint i = 0; i < desk->shown->len; i++)
    {
      const Shown *shown = desk->shown->pdata[i];

      if (shown->refreshes < REFRESHES && !is_long_answered (shown->call)
          && g_strcmp0 (oh_account_get_id (shown->account), account) == 0)
        return TRUE;
    }
  return FALSE;
}

/* --- Who may offer --- */

static void
sign_out_calls (OhOfferDesk *desk, const char *account)
{
  for (guint i = desk->shown->len; i > 0; i--)
    {
      Shown *shown = desk->shown->pdata[i - 1];

      if (g_strcmp0 (oh_account_get_id (shown->account), account) != 0)
        continue;
      if (OH_IS_OFFER_CALL (shown->call))
        oh_offer_call_sign_out (OH_OFFER_CALL (shown->call));
      g_ptr_array_remove_index (desk->shown, i - 1);
    }
}

void
oh_offer_desk_set_server (OhOfferDesk *desk, const char *id, OhAccountIm *im)
{
  g_return_if_fail (OH_IS_OFFER_DESK (desk));
  if (!im)
    sign_out_calls (desk, id);
  oh_offer_guard_set (desk->guard, id, im);
}

static OhBaseAccount *
find_account (OhOfferDesk *desk, const char *id)
{
  for (guint i = 0; desk->accounts && i < g_list_model_get_n_items (desk->accounts); i++)
    {
      g_autoptr (OhAccount) account = g_list_model_get_item (desk->accounts, i);

      if (OH_IS_BASE_ACCOUNT (account) && g_strcmp0 (oh_account_get_id (account), id) == 0)
        return OH_BASE_ACCOUNT (account); /* the list holds it */
    }
  return NULL;
}

/* The token of the server's link in @text, as it says that its links begin, or as the person named it;
 * NULL: there is none. */
static char *
find_token (const OhAccountIm *im, OhBaseAccount *account, const char *text)
{
  const char *server = oh_base_account_get_settings (account)->server;
  char *token = server ? oh_offer_find_token (text, im->links) : NULL;

  return token || !server ? token : oh_offer_find_token (text, server);
}

gboolean
oh_offer_desk_is_server (OhOfferDesk *desk, OhMessenger *messenger, const char *from)
{
  return oh_offer_guard_find (desk->guard, messenger, from, NULL) != NULL;
}

OhOfferKind
oh_offer_desk_judge (OhOfferDesk *desk, OhMessenger *messenger, const char *from, const char *text)
{
  gboolean looks_like = oh_offer_guard_looks_like (text);
  const OhAccountIm *im = NULL;
  const char *id = oh_offer_guard_find (desk->guard, messenger, from, &im);
  OhBaseAccount *account = id ? find_account (desk, id) : NULL;
  g_autofree char *token = NULL;

  if (!desk->core) /* the program is ending, but what is written now is read later */
    return looks_like && !id ? OH_OFFER_KIND_FORGED : OH_OFFER_KIND_NONE;
  if (!account)
    return looks_like ? OH_OFFER_KIND_FORGED : OH_OFFER_KIND_NONE;
  if (!looks_like)
    return desk->n_asked || has_shown (desk, id) ? OH_OFFER_KIND_NEWS : OH_OFFER_KIND_NONE;
  token = find_token (im, account, text);
  return token ? OH_OFFER_KIND_OWN : OH_OFFER_KIND_NONE;
}

/* --- Taking one --- */

typedef struct
{
  OhAccount *account;
  OhOfferLink *link;
  gboolean waited; /* for the call to come by SIP */
} Taking;

static void
taking_free (gpointer data)
{
  Taking *taking = data;

  g_object_unref (taking->account);
  g_object_unref (taking->link);
  g_free (taking);
}

static void
show (OhOfferDesk *desk, const Taking *taking, const OhOfferInfo *info)
{
  OhCall *call = oh_core_find_call (desk->core, info->id);
  g_autoptr (OhOfferCall) own = NULL;

  if (!call && info->state != OH_OFFER_OPEN)
    return; /* it was shown, and is over */
  if (!call)
    {
      own = oh_offer_call_new (desk->core, taking->link, info);
      call = OH_CALL (own);
      oh_core_add_call (desk->core, taking->account, call);
    }
  note_shown (desk, taking->account, call, taking->link);
}

static void on_described (GObject *source, GAsyncResult *result, gpointer user_data);

/* Takes @task, as what it starts does. */
static void
ask (GTask *task)
{
  OhOfferDesk *desk = g_task_get_source_object (task);
  Taking *taking = g_task_get_task_data (task);

  oh_offer_link_ask_async (taking->link, 0, desk->cancellable, on_described, task);
}

static gboolean
on_head_start_over (gpointer user_data)
{
  ask (user_data);
  return G_SOURCE_REMOVE;
}

/* Where we are one of the devices that ring. */
static gboolean
may_come_by_sip (OhOfferDesk *desk, const Taking *taking, const OhOfferInfo *info)
{
  return info->devices && !taking->waited
         && oh_account_get_state (taking->account) == OH_ACCOUNT_ONLINE
         && !oh_core_find_call (desk->core, info->id);
}

/* Neither the program is ending nor the account gone, which take their time to be asked. */
static gboolean
is_wanted (OhOfferDesk *desk, OhAccount *account)
{
  return desk->core && find_account (desk, oh_account_get_id (account));
}

static void
on_described (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = user_data;
  OhOfferDesk *desk = g_task_get_source_object (task);
  Taking *taking = g_task_get_task_data (task);
  GError *error = NULL;
  g_autoptr (OhOfferInfo) info = oh_offer_link_ask_finish (OH_OFFER_LINK (source), result, &error);

  if (info && is_wanted (desk, taking->account) && may_come_by_sip (desk, taking, info))
    {
      taking->waited = TRUE;
      g_timeout_add (HEAD_START_MS, on_head_start_over, g_steal_pointer (&task));
      return;
    }
  desk->n_asked--;
  if (info && is_wanted (desk, taking->account)
      && (info->state == OH_OFFER_OPEN || oh_core_has_call (desk->core, info->id)))
    {
      show (desk, taking, info);
      g_task_return_boolean (task, TRUE);
      return;
    }
  if (!error)
    error = g_error_new (OH_ERROR, OH_ERROR_CLOSED, "the call is over");
  g_info ("an offer is shown as it was written: %s", error->message);
  g_task_return_error (task, error);
}

/* Takes @task. */
static void
take_link (OhOfferDesk *desk, OhAccount *account, OhOfferLink *link, GTask *task)
{
  Taking *taking = g_new0 (Taking, 1);

  desk->n_asked++;
  taking->account = g_object_ref (account);
  taking->link = g_object_ref (link);
  g_task_set_task_data (task, taking, taking_free);
  ask (task);
}

void
oh_offer_desk_take_async (OhOfferDesk *desk,
                          OhMessenger *messenger,
                          const char *from,
                          const char *text,
                          GAsyncReadyCallback callback,
                          gpointer user_data)
{
  g_autoptr (GTask) task = g_task_new (desk, desk->cancellable, callback, user_data);
  const OhAccountIm *im = NULL;
  const char *id = oh_offer_guard_find (desk->guard, messenger, from, &im);
  OhBaseAccount *account = id ? find_account (desk, id) : NULL;
  g_autofree char *token = account ? find_token (im, account, text) : NULL;
  g_autoptr (OhOfferLink) link = NULL;

  if (!token || desk->n_asked >= MAX_ASKED)
    {
      g_task_return_new_error (task, OH_ERROR, token ? OH_ERROR_LIMIT : OH_ERROR_INVALID,
                               token ? "too many offers at once" : "no offer of a call server");
      return;
    }
  link = oh_offer_link_new (oh_base_account_get_settings (account), token);
  take_link (desk, OH_ACCOUNT (account), link, g_steal_pointer (&task));
}

gboolean
oh_offer_desk_take_finish (OhOfferDesk *desk, GAsyncResult *result, GError **error)
{
  g_return_val_if_fail (g_task_is_valid (result, desk), FALSE);
  return g_task_propagate_boolean (G_TASK (result), error);
}

/* --- The object --- */

static void
dispose (GObject *object)
{
  OhOfferDesk *desk = OH_OFFER_DESK (object);

  g_cancellable_cancel (desk->cancellable);
  for (guint i = 0; i < desk->shown->len; i++)
    {
      const Shown *shown = desk->shown->pdata[i];

      if (OH_IS_OFFER_CALL (shown->call))
        oh_offer_call_sign_out (OH_OFFER_CALL (shown->call)); /* while the sound is there */
    }
  g_ptr_array_set_size (desk->shown, 0);
  desk->core = NULL;
  desk->accounts = NULL;
  G_OBJECT_CLASS (oh_offer_desk_parent_class)->dispose (object);
}

static void
finalize (GObject *object)
{
  OhOfferDesk *desk = OH_OFFER_DESK (object);

  g_object_unref (desk->cancellable);
  g_ptr_array_unref (desk->shown);
  oh_offer_guard_free (desk->guard);
  G_OBJECT_CLASS (oh_offer_desk_parent_class)->finalize (object);
}

static void
oh_offer_desk_class_init (OhOfferDeskClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);

  object_class->dispose = dispose;
  object_class->finalize = finalize;
}

static void
oh_offer_desk_init (OhOfferDesk *desk)
{
  desk->guard = oh_offer_guard_new ();
  desk->shown = g_ptr_array_new_with_free_func (shown_free);
  desk->cancellable = g_cancellable_new ();
}

OhOfferDesk *
oh_offer_desk_new (OhCore *core, GListModel *accounts)
{
  OhOfferDesk *desk = g_object_new (OH_TYPE_OFFER_DESK, NULL);

  desk->core = core;
  desk->accounts = accounts;
  return desk;
}
