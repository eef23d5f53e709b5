/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "oh-test-im"

#include "tests/im/oh-im-file-events.h"

#include "tests/im/oh-im-events.h"

static GPtrArray *transfers; /* of OhImTransfer */

static void
say (OhImTransfer *transfer, const char *account)
{
  static const char *const states[] = { "offered", "waiting", "running", "ended" };
  gboolean ended = oh_im_transfer_get_state (transfer) == OH_IM_TRANSFER_ENDED;
  guint index = 0;
  g_autofree char *number = NULL;
  g_autofree char *size = g_strdup_printf ("%" G_GINT64_FORMAT, oh_im_transfer_get_size (transfer));
  g_autofree char *done = g_strdup_printf ("%" G_GINT64_FORMAT, oh_im_transfer_get_done (transfer));

  g_ptr_array_find (transfers, transfer, &index);
  number = g_strdup_printf ("%u", index + 1);
  oh_im_events_say ("file", account, "file", number, "with", oh_im_transfer_get_with (transfer),
                    "name", oh_im_transfer_get_name (transfer), "size", size, "done", done, "state",
                    states[oh_im_transfer_get_state (transfer)], "end",
                    ended ? oh_im_file_end_to_word (oh_im_transfer_get_end (transfer)) : "", "text",
                    oh_im_transfer_get_text (transfer), "incoming",
                    oh_im_transfer_is_incoming (transfer) ? "yes" : "no", NULL);
}

static void
on_notify (OhImTransfer *transfer, GParamSpec *pspec, OhImAccount *account)
{
  say (transfer, oh_im_account_get_id (account));
}

/* Takes @transfer. */
static void
watch (OhImAccount *account, OhImTransfer *transfer)
{
  if (!transfers)
    transfers = g_ptr_array_new_with_free_func (g_object_unref);
  g_ptr_array_add (transfers, transfer);
  g_signal_connect_object (transfer, "notify", G_CALLBACK (on_notify), account, 0);
  say (transfer, oh_im_account_get_id (account));
}

static void
on_offered (OhImAccount *account, OhImTransfer *transfer, gpointer data)
{
  watch (account, g_object_ref (transfer));
}

void
oh_im_file_events_watch (OhImAccount *account)
{
  g_signal_connect (account, "file-offered", G_CALLBACK (on_offered), NULL);
}

static void
say_error (const char *account, GError *error)
{
  g_autofree char *code = g_strdup_printf ("%d", error->code);

  oh_im_events_say ("file-error", account, "code", code, "text", error->message, NULL);
}

void
oh_im_file_events_send (OhImAccount *account, const char *to, const char *path)
{
  g_autoptr (GError) error = NULL;
  OhImTransfer *transfer = oh_im_account_send_file (account, to, path, &error);

  if (transfer)
    watch (account, transfer);
  else
    say_error (oh_im_account_get_id (account), error);
}

static OhImTransfer *
find (guint number)
{
  return transfers && number > 0 && number <= transfers->len ? transfers->pdata[number - 1] : NULL;
}

void
oh_im_file_events_accept (guint number, const char *path)
{
  g_autoptr (GError) error = NULL;
  OhImTransfer *transfer = find (number);

  if (!transfer)
    oh_im_events_say ("error", "", "text", "no such file", NULL);
  else if (!oh_im_transfer_accept (transfer, path, &error))
    say_error ("", error);
}

void
oh_im_file_events_cancel (guint number)
{
  OhImTransfer *transfer = find (number);

  if (transfer)
    oh_im_transfer_cancel (transfer);
}

void
oh_im_file_events_close (void)
{
  g_clear_pointer (&transfers, g_ptr_array_unref);
}
