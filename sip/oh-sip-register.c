/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "oh-sip"

#include "sip/oh-sip-private.h"

#include <sofia-sip/nua_tag.h>
#include <sofia-sip/sip_tag.h>

#include <string.h>

#define FIRST_RETRY_MS 2000
#define LAST_RETRY_MS 120000
#define CLOSED_MS 50 /* by then sofia knows that a connection was closed */
/* A router that shows us otherwise each time is not chased. */
#define MAX_MOVES 3

/* One contact of ours at a registrar. sofia refreshes it; failures start anew here, with back-off.
 * References: the user's, the stack's (in sip->registrations), one an event on its way. */
struct _OhSipRegistration
{
  OhSipOwner owner;
  gatomicrefcount refs;
  OhSip *sip;
  OhSipIdentity *identity;
  const OhSipRegistrationHandlers *handlers;
  gpointer user_data;
  gint closed; /* atomic: the user has ended it */

  /* Stack's thread. */
  nua_handle_t *nh;
  guint tries, retry_ms, timer;
  OhSipKeepAlive *alive; /* once it is registered; tells when a NAT's hole moved */
  char *host;            /* where requests go */
  guint moves;
  gboolean asking; /* for the answer to a REGISTER */
  gboolean again;  /* it is asked once more when that came */
  gboolean registered, ending;
};

static void start (gpointer data);
static void renew (OhSipRegistration *registration);

static OhSipRegistration *
registration_ref (OhSipRegistration *registration)
{
  g_atomic_ref_count_inc (&registration->refs);
  return registration;
}

static void
registration_unref (OhSipRegistration *registration)
{
  if (!g_atomic_ref_count_dec (&registration->refs))
    return;
  oh_sip_identity_free (registration->identity);
  g_free (registration->host);
  oh_sip_unref (registration->sip);
  g_free (registration);
}

/* --- Telling --- */

typedef enum
{
  TELL_REGISTERED,
  TELL_FAILED,
  TELL_HEADER,
  TELL_ENDED
} Tell;

typedef struct
{
  OhSipRegistration *registration;
  Tell what;
  guint number, retry_ms;
  char *text, *value;
} Told;

static void
deliver (gpointer data)
{
  Told *told = data;
  OhSipRegistration *registration = told->registration;
  const OhSipRegistrationHandlers *handlers = registration->handlers;
  gpointer user_data = registration->user_data;

  if (!g_atomic_int_get (&registration->sip->freed) && !g_atomic_int_get (&registration->closed)
      && handlers)
    switch (told->what)
      {
      case TELL_REGISTERED:
        if (handlers->registered)
          handlers->registered (registration, told->number, told->text, user_data);
        break;
      case TELL_FAILED:
        if (handlers->failed)
          handlers->failed (registration, told->number, told->text, told->retry_ms, user_data);
        break;
      case TELL_HEADER:
        if (handlers->header)
          handlers->header (registration, told->text, told->value, user_data);
        break;
      case TELL_ENDED:
        if (handlers->ended)
          handlers->ended (registration, user_data);
        break;
      }
  registration_unref (registration);
  g_free (told->text);
  if (told->value)
    explicit_bzero (told->value, strlen (told->value));
  g_free (told->value);
  g_free (told);
}

static void
send_told (OhSipRegistration *registration, Told *told)
{
  told->registration = registration_ref (registration);
  oh_sip_deliver (registration->sip, deliver, told);
}

static void
tell (OhSipRegistration *registration, Tell what, guint number, const char *text, guint retry_ms)
{
  Told *told = g_new0 (Told, 1);

  told->what = what;
  told->number = number;
  told->text = g_strdup (text);
  told->retry_ms = retry_ms;
  send_told (registration, told);
}

static void
tell_headers (OhSipRegistration *registration, const sip_t *message)
{
  for (const sip_unknown_t *one = message->sip_unknown; one; one = one->un_next)
    if (one->un_name && one->un_value && g_ascii_strncasecmp (one->un_name, "Offhook-", 8) == 0)
      {
        Told *told = g_new0 (Told, 1);

        told->what = TELL_HEADER;
        told->text = g_strdup (one->un_name);
        told->value = g_strdup (one->un_value);
        send_told (registration, told);
      }
}

/* --- Keeping registered --- */

static void
stop (OhSipRegistration *registration)
{
  OhSip *sip = registration->sip;

  oh_sip_cancel_timer (sip, registration->timer);
  registration->timer = 0;
  g_clear_pointer (&registration->alive, oh_sip_keep_alive_free);
  oh_sip_handle_free (&registration->nh);
  registration->registered = registration->asking = registration->again = FALSE;
}

/* The far end sees us otherwise than the Contact says that it has or is about to get: anew, and what
 * it has is taken back. */
static gboolean
follow_move (OhSipRegistration *registration, const sip_t *response)
{
  nua_handle_t *old;

  if (!oh_sip_nat_note (registration->owner.agent, registration->host, response)
      || registration->ending || registration->moves >= MAX_MOVES)
    return FALSE;
  registration->moves++;
  old = registration->registered ? g_steal_pointer (&registration->nh) : NULL;
  if (old)
    {
      nua_handle_bind (old, NULL);
      nua_unregister (old, TAG_END ());
    }
  stop (registration);
  start (registration);
  return TRUE;
}

/* Out of the stack's hands for good. */
static void
let_go (OhSipRegistration *registration)
{
  stop (registration);
  if (g_hash_table_remove (registration->sip->registrations, registration))
    {
      tell (registration, TELL_ENDED, 0, NULL, 0);
      registration_unref (registration);
    }
}

static void
fail (OhSipRegistration *registration, guint status, const char *phrase)
{
  gboolean refused = status == 401 || status == 403 || status == 407;

  if (status == 408 && registration->alive)
    oh_sip_keep_alive_cut (registration->alive);
  stop (registration);
  registration->retry_ms = refused
                               ? 0
                               : CLAMP (registration->retry_ms * 2, FIRST_RETRY_MS, LAST_RETRY_MS);
  tell (registration, TELL_FAILED, status, phrase, registration->retry_ms);
  if (registration->retry_ms)
    registration->timer = oh_sip_add_timer (registration->sip, registration->retry_ms, start,
                                            registration);
}

/* Who was forgotten (revoked, say) must not ask on as a stranger, which servers count. */
static void
on_alive (const sip_t *response, gboolean forgotten, gpointer user_data)
{
  if (!follow_move (user_data, response) && forgotten)
    renew (user_data);
}

static guint
find_expires (OhSipRegistration *registration, const sip_t *message)
{
  const sip_contact_t *contact = message->sip_contact;

  if (contact && !contact->m_next && contact->m_expires)
    return (guint)g_ascii_strtoull (contact->m_expires, NULL, 10);
  if (message->sip_expires)
    return (guint)message->sip_expires->ex_delta;
  return registration->identity->expires;
}

static void
succeed (OhSipRegistration *registration, const OhSipEvent *event)
{
  const sip_via_t *via = event->message->sip_via;
  g_autofree char *seen = NULL;

  registration->registered = TRUE;
  if (follow_move (registration, event->message))
    return;
  registration->tries = 0;
  registration->moves = 0;
  registration->retry_ms = 0;
  if (via && via->v_received)
    seen = via->v_rport && *via->v_rport ? g_strdup_printf ("%s:%s", via->v_received, via->v_rport)
                                         : g_strdup (via->v_received);
  if (!registration->alive)
    registration->alive = oh_sip_keep_alive_new (registration->owner.agent, registration->identity,
                                                 on_alive, registration);
  oh_sip_keep_alive_note (registration->alive, event->message);
  tell_headers (registration, event->message);
  tell (registration, TELL_REGISTERED, find_expires (registration, event->message), seen, 0);
  registration->asking = FALSE;
  if (!registration->again)
    return;
  registration->again = FALSE;
  renew (registration);
}

static const char *
explain (OhSipRegistration *registration, const OhSipEvent *event)
{
  const char *trouble = event->status == 503 && registration->owner.agent->tls
                                && !oh_sip_event_is_from_peer (event)
                            ? oh_sip_tls_get_trouble (registration->sip)
                            : NULL;

  return trouble ? trouble : event->phrase;
}

static void
on_event (OhSipOwner *owner, const OhSipEvent *event)
{
  OhSipRegistration *registration = (OhSipRegistration *)owner;

  if ((event->event != nua_r_register && event->event != nua_r_unregister) || event->status < 200)
    return;
  if ((event->status == 401 || event->status == 407)
      && (follow_move (registration, event->message)
          || oh_sip_identity_authenticate (registration->identity, event, &registration->tries)))
    return;
  if (registration->ending)
    {
      let_go (registration);
      return;
    }
  if (event->event != nua_r_register)
    return;
  if (event->status < 300 && event->message)
    succeed (registration, event);
  else
    fail (registration, (guint)event->status, explain (registration, event));
}

static char *
make_contact_params (const OhSipIdentity *identity)
{
  GString *text = g_string_new (NULL);

  if (identity->instance)
    g_string_append_printf (text, "+sip.instance=\"<%s>\"", identity->instance);
  for (char **p = identity->contact_params; p && *p; p++)
    g_string_append_printf (text, "%s%s", text->len ? ";" : "", **p == ';' ? *p + 1 : *p);
  return g_string_free (text, FALSE);
}

/* Sends the REGISTER on a handle that may have one already. */
static void
send_register (OhSipRegistration *registration)
{
  OhSipIdentity *identity = registration->identity;
  g_autofree char *expires = g_strdup_printf ("%u", identity->expires);
  g_autofree char *params = make_contact_params (identity);
  g_autofree char *own = oh_sip_agent_make_contact_for (registration->owner.agent, identity->target,
                                                        identity->user);
  g_autofree char *contact = own ? g_strconcat (own, *params ? ";" : "", params, NULL) : NULL;

  registration->tries = 0;
  registration->asking = TRUE;
  nua_register (registration->nh, NUTAG_PROXY (identity->target),
                NUTAG_REGISTRAR (identity->registrar), SIPTAG_EXPIRES_STR (expires),
                TAG_IF (contact, SIPTAG_CONTACT_STR (contact)),
                TAG_IF (!contact && *params, NUTAG_M_FEATURES (params)), TAG_END ());
}

static void
start (gpointer data)
{
  OhSipRegistration *registration = data;
  OhSipIdentity *identity = registration->identity;
  g_autofree char *address = oh_sip_format_address (identity->name, identity->aor);
  g_autoptr (GError) error = NULL;

  registration->timer = 0;
  if (registration->ending)
    return;
  registration->owner.agent = oh_sip_agent_for (registration->sip, identity->target, &error);
  if (!registration->owner.agent)
    {
      fail (registration, 503, error->message);
      return;
    }
  g_free (registration->host);
  registration->host = oh_sip_agent_dup_host (identity->target);
  registration->nh = nua_handle (registration->owner.agent->nua, &registration->owner,
                                 SIPTAG_TO_STR (address), SIPTAG_FROM_STR (address), TAG_END ());
  send_register (registration);
}

/* Freeing a handle un-registers, and a device that un-registers stops ringing: as long as the way out
 * is the same the handle stays. */
static void
renew (OhSipRegistration *registration)
{
  OhSipAgent *agent = oh_sip_agent_for (registration->sip, registration->identity->target, NULL);

  if (registration->registered && registration->asking)
    registration->again = TRUE;
  else if (registration->registered && agent == registration->owner.agent)
    send_register (registration);
  else
    {
      stop (registration);
      registration->retry_ms = 0;
      start (registration);
    }
}

static void
add_task (gpointer data)
{
  OhSipRegistration *registration = data;

  if (registration->sip->stopped || registration->sip->shutting_down)
    {
      registration_unref (registration);
      return;
    }
  g_hash_table_add (registration->sip->registrations, registration);
  start (registration);
}

OhSipRegistration *
oh_sip_register (OhSip *sip,
                 const OhSipAccount *account,
                 const OhSipRegistrationHandlers *handlers,
                 gpointer user_data)
{
  OhSipRegistration *registration = g_new0 (OhSipRegistration, 1);

  g_atomic_ref_count_init (&registration->refs);
  registration->owner.handle = on_event;
  registration->sip = oh_sip_ref (sip);
  registration->identity = oh_sip_identity_new (account);
  registration->handlers = handlers;
  registration->user_data = user_data;
  oh_sip_post (sip, add_task, registration_ref (registration));
  return registration;
}

static void
on_closed (gpointer data)
{
  OhSipRegistration *registration = data;

  registration->timer = 0;
  renew (registration);
}

static void
refresh (OhSipRegistration *registration)
{
  if (!registration->alive || !oh_sip_keep_alive_doubt (registration->alive))
    {
      renew (registration);
      return;
    }
  oh_sip_cancel_timer (registration->sip, registration->timer);
  registration->timer = oh_sip_add_timer (registration->sip, CLOSED_MS, on_closed, registration);
}

static gboolean
is_kept (OhSipRegistration *registration)
{
  return g_hash_table_contains (registration->sip->registrations, registration)
         && !registration->ending;
}

static void
refresh_task (gpointer data)
{
  OhSipRegistration *registration = data;

  if (is_kept (registration))
    refresh (registration);
  registration_unref (registration);
}

void
oh_sip_registration_refresh (OhSipRegistration *registration)
{
  oh_sip_post (registration->sip, refresh_task, registration_ref (registration));
}

typedef struct
{
  OhSipRegistration *registration;
  char **params;
} NewParams;

static void
params_task (gpointer data)
{
  NewParams *job = data;
  OhSipIdentity *identity = job->registration->identity;

  g_strfreev (identity->contact_params);
  identity->contact_params = job->params;
  if (is_kept (job->registration))
    renew (job->registration);
  registration_unref (job->registration);
  g_free (job);
}

void
oh_sip_registration_set_params (OhSipRegistration *registration, const char *const *params)
{
  NewParams *job = g_new (NewParams, 1);

  *job = (NewParams){ registration_ref (registration), g_strdupv ((char **)params) };
  oh_sip_post (registration->sip, params_task, job);
}

static void
end (OhSipRegistration *registration, gboolean say_goodbye)
{
  if (registration->ending)
    return;
  registration->ending = TRUE;
  if (!registration->nh || !registration->registered || !say_goodbye)
    {
      let_go (registration);
      return;
    }
  registration->tries = 0;
  g_clear_pointer (&registration->alive, oh_sip_keep_alive_free);
  nua_unregister (registration->nh, TAG_END ());
}

static void
end_task (gpointer data)
{
  OhSipRegistration *registration = data;

  if (!registration->sip->stopped
      && g_hash_table_contains (registration->sip->registrations, registration))
    end (registration, TRUE);
  registration_unref (registration);
}

static void
end_silently_task (gpointer data)
{
  OhSipRegistration *registration = data;

  if (!registration->sip->stopped
      && g_hash_table_contains (registration->sip->registrations, registration))
    end (registration, FALSE);
  registration_unref (registration);
}

void
oh_sip_registration_end (OhSipRegistration *registration, gboolean tell_registrar)
{
  if (!registration)
    return;
  g_atomic_int_set (&registration->closed, 1);
  oh_sip_post (registration->sip, tell_registrar ? end_task : end_silently_task, registration);
}

void
oh_sip_registrations_end_all (OhSip *sip)
{
  g_autoptr (GList) all = g_hash_table_get_keys (sip->registrations);

  for (GList *l = all; l; l = l->next)
    end (l->data, TRUE);
}

void
oh_sip_registrations_abandon_all (OhSip *sip)
{
  g_autoptr (GList) all = g_hash_table_get_keys (sip->registrations);

  for (GList *l = all; l; l = l->next)
    {
      ((OhSipRegistration *)l->data)->ending = TRUE;
      let_go (l->data);
    }
}

void
oh_sip_registrations_fail_tls (OhSip *sip, const char *trouble)
{
  g_autoptr (GList) all = g_hash_table_get_keys (sip->registrations);

  for (GList *l = all; l; l = l->next)
    {
      OhSipRegistration *registration = l->data;

      if (registration->nh && registration->owner.agent->tls && !registration->registered
          && !registration->ending && registration->tries == 0)
        fail (registration, 503, trouble);
    }
}
