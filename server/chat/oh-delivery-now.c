/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "oh-chat"

#include "server/chat/oh-delivery-private.h"

/* What counts now or never, and waits for nobody: notices, copies for the sender's other clients, call
 * offers. And one letter to one device. */

static void
tell (OhDelivery *delivery, const OhBinding *binding, OhSipMessage *letter, const char *device)
{
  letter->to_uri = binding->contact;
  letter->route = binding->route;
  if (!binding->web && g_strcmp0 (binding->device_id, device) != 0 && !delivery->stopping)
    oh_sip_send_message (delivery->sip, letter, NULL, NULL);
}

void
oh_delivery_tell (OhDelivery *delivery,
                  const OhWaitingMessage *message,
                  const char *device,
                  const char *body_type)
{
  GPtrArray *bindings = oh_registrar_find_by_user (delivery->registrar, message->user_id);
  OhSipAccount from = { .aor = message->from_uri, .name = message->from_name };
  OhSipMessage letter = { .account = &from, .body_type = body_type, .body = message->text };

  for (guint i = 0; bindings && i < bindings->len; i++)
    tell (delivery, bindings->pdata[i], &letter, device);
}

/* Programs that are not ours would take it for a message to them. */
void
oh_delivery_copy (OhDelivery *delivery,
                  const OhWaitingMessage *message,
                  const char *device,
                  const char *to)
{
  GPtrArray *bindings = oh_registrar_find_by_user (delivery->registrar, message->sender);
  OhSipAccount from = { .aor = message->from_uri, .name = message->from_name };
  g_autofree char *header = g_strdup_printf ("Offhook-Sent-To: %s", to);
  const char *headers[] = { header, NULL };
  OhSipMessage letter = { .account = &from,
                          .headers = headers,
                          .body_type = "text/plain;charset=UTF-8",
                          .body = message->text };

  for (guint i = 0; bindings && i < bindings->len; i++)
    if (g_str_has_prefix (((const OhBinding *)bindings->pdata[i])->user_agent, "Offhook/"))
      tell (delivery, bindings->pdata[i], &letter, device);
}

/* --- Now or not at all --- */

typedef struct
{
  OhDeliveryFunc done;
  gpointer user_data;
  guint asked; /* that have not answered */
  gboolean taken;
} Errand;

static void
finish_errand (Errand *errand, gboolean taken)
{
  errand->asked--;
  if (taken && !errand->taken)
    errand->done (TRUE, errand->user_data);
  errand->taken |= taken;
  if (errand->asked > 0)
    return;
  if (!errand->taken)
    errand->done (FALSE, errand->user_data);
  g_free (errand);
}

static void
on_errand_answered (OhSip *sip, guint status, const char *phrase, gpointer user_data)
{
  if (status >= 300)
    g_debug ("an offer or notice by message was not taken: %u %s", status, phrase ? phrase : "");
  finish_errand (user_data, status >= 200 && status < 300);
}

void
oh_delivery_send_letter (OhDelivery *delivery,
                         OhSipMessage *letter,
                         const char *device,
                         OhDeliveryFunc done,
                         gpointer user_data)
{
  GPtrArray *bindings = device ? oh_registrar_find_by_device (delivery->registrar, device) : NULL;
  Errand *errand = g_new0 (Errand, 1);
  guint n = device ? bindings ? bindings->len : 0 : 1;

  errand->done = done;
  errand->user_data = user_data;
  errand->asked = n + 1; /* and this function */
  for (guint i = 0; i < n; i++)
    {
      const OhBinding *binding = device ? bindings->pdata[i] : NULL;

      if (binding && binding->web)
        {
          finish_errand (errand, FALSE);
          continue;
        }
      if (device)
        {
          letter->to_uri = binding->contact;
          letter->route = binding->route;
        }
      oh_sip_send_message (delivery->sip, letter, on_errand_answered, errand);
    }
  finish_errand (errand, FALSE);
}

void
oh_delivery_send (OhDelivery *delivery,
                  const OhWaitingMessage *message,
                  const char *device,
                  const char *uri,
                  OhDeliveryFunc done,
                  gpointer user_data)
{
  OhSipAccount from = { .aor = message->from_uri, .name = message->from_name };
  OhSipMessage letter = {
    .account = &from, .to_uri = uri, .body_type = "text/plain;charset=UTF-8", .body = message->text
  };

  oh_delivery_send_letter (delivery, &letter, device, done, user_data);
}
