/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "oh-chat"

#include "server/chat/oh-delivery-private.h"

#include "sip/oh-sip-imdn.h"

#define LOT 20 /* at a device at once */

/* What a device is to hear of messages that it sent and that waited: they arrived (RFC 5438). All of it is
 * in the store; here stands for which devices. Whoever is away hears of it when he signs in. */
typedef struct
{
  OhDelivery *delivery;
  char *device_id;
  gboolean busy;  /* the store or the device has some of it */
  gboolean again; /* something changed meanwhile */
  guint asked;    /* that the device has not answered */
  guint refused;
} Debt;

static void pay (Debt *debt);

static void
debt_free (gpointer data)
{
  Debt *debt = data;

  g_free (debt->device_id);
  g_free (debt);
}

static Debt *
get_debt (OhDelivery *delivery, const char *device_id)
{
  Debt *debt = g_hash_table_lookup (delivery->debts, device_id);

  if (debt)
    return debt;
  debt = g_new0 (Debt, 1);
  debt->delivery = delivery;
  debt->device_id = g_strdup (device_id);
  g_hash_table_insert (delivery->debts, debt->device_id, debt);
  return debt;
}

/* One notification at a device. */
typedef struct
{
  Debt *debt;
  gint64 id;
} Notice;

/* What the device refused waits until something changes. */
static void
finish_lot (Debt *debt)
{
  gboolean again = debt->again || debt->refused == 0;

  debt->busy = FALSE;
  debt->refused = 0;
  if (again)
    pay (debt);
}

static void
on_noticed (gboolean taken, gpointer user_data)
{
  g_autofree Notice *notice = user_data;
  Debt *debt = notice->debt;

  if (taken)
    oh_store_drop_receipt (debt->delivery->store, notice->id);
  else
    debt->refused++;
  if (--debt->asked == 0)
    finish_lot (debt);
}

static const char *
get_text (JsonObject *row, const char *name)
{
  return json_object_get_string_member_with_default (row, name, "");
}

static void
send_notice (Debt *debt, JsonObject *row)
{
  static const char *const headers[] = { "Content-Disposition: notification", NULL };
  const char *to = get_text (row, "to");
  const OhSipImdn imdn = { .message_id = get_text (row, "receipt"),
                           .recipient_uri = get_text (row, "from"),
                           .original_uri = *to ? to : NULL,
                           .time = json_object_get_int_member_with_default (row, "time", 0) };
  g_autofree char *body = oh_sip_imdn_make (&imdn);
  OhSipAccount account = { .aor = imdn.recipient_uri };
  OhSipMessage letter = {
    .account = &account, .headers = headers, .body_type = OH_SIP_IMDN_TYPE, .body = body
  };
  Notice *notice = g_new (Notice, 1);

  *notice = (Notice){ debt, json_object_get_int_member_with_default (row, "id", 0) };
  oh_delivery_send_letter (debt->delivery, &letter, debt->device_id, on_noticed, notice);
}

static void
take_rows (Debt *debt, JsonArray *rows)
{
  guint n = json_array_get_length (rows);

  if (n == 0 && !debt->again)
    {
      g_hash_table_remove (debt->delivery->debts, debt->device_id);
      return;
    }
  debt->again = FALSE;
  debt->asked = n + 1; /* and this function */
  for (guint i = 0; i < n; i++)
    send_notice (debt, json_array_get_object_element (rows, i));
  if (--debt->asked == 0)
    finish_lot (debt);
}

static void
on_listed (const char *json, const GError *error, gpointer user_data)
{
  Debt *debt = user_data; /* busy, and so still there */
  OhDelivery *delivery = debt->delivery;
  g_autoptr (JsonNode) node = json ? json_from_string (json, NULL) : NULL;
  JsonArray *rows = node ? json_object_get_array_member (json_node_get_object (node), "receipts")
                         : NULL;

  if (error)
    g_warning ("what devices are to hear of messages could not be read: %s", error->message);
  if (!rows || delivery->stopping)
    debt->busy = FALSE;
  else
    take_rows (debt, rows);
  oh_delivery_note_answer (delivery);
}

static void
pay (Debt *debt)
{
  OhDelivery *delivery = debt->delivery;
  OhStoreReply answer = { &delivery->executor, on_listed, debt };

  debt->again = debt->busy;
  if (debt->busy || delivery->stopping
      || !oh_registrar_find_by_device (delivery->registrar, debt->device_id))
    return;
  debt->busy = TRUE;
  delivery->awaited++;
  oh_store_list_receipts (delivery->store, debt->device_id, LOT, &answer);
}

/* --- For the others --- */

void
oh_delivery_open_receipts (OhDelivery *delivery)
{
  g_autoptr (GPtrArray) devices = oh_store_dup_receipt_devices (delivery->store);

  delivery->debts = g_hash_table_new_full (g_str_hash, g_str_equal, NULL, debt_free);
  for (guint i = 0; i < devices->len; i++)
    get_debt (delivery, devices->pdata[i]);
}

void
oh_delivery_owe_receipt (OhDelivery *delivery, const char *device_id)
{
  pay (get_debt (delivery, device_id));
}

void
oh_delivery_look_at_receipts (OhDelivery *delivery, gint64 user_id)
{
  GPtrArray *bindings = oh_registrar_find_by_user (delivery->registrar, user_id);

  for (guint i = 0; bindings && i < bindings->len; i++)
    {
      const OhBinding *binding = bindings->pdata[i];
      Debt *debt = g_hash_table_lookup (delivery->debts, binding->device_id);

      if (debt)
        pay (debt);
    }
}
