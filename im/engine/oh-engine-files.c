/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "oh-im-engine"

#include "im/engine/oh-engine-private.h"

#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* Files from others and to them. No path gets in here: the parent opens, this process reads and writes what
 * it was handed.
 *
 *   offered -> accepted -> under way -> ended      libpurple's bytes go by on_write, on_read
 */

#define TICK_MS 1000
#define ANSWER_WITHIN_US ((gint64)600 * G_USEC_PER_SEC) /* the parent, or the other side */
#define STALLED_US ((gint64)120 * G_USEC_PER_SEC)
#define TELL_EVERY_US (G_USEC_PER_SEC / 5)

typedef struct
{
  guint64 number;       /* odd: offered to us */
  PurpleXfer *transfer; /* a reference */
  int fd;               /* -1: the offer is not accepted */
  gint64 size;          /* bytes */
  goffset done;         /* written, or read */
  gboolean started;
  gboolean hasty;  /* it began before it was accepted */
  gint64 moved_us; /* when something happened last */
  gint64 told_us;  /* of its progress */
  OhImFileEnd end; /* if it ends without a word of libpurple's */
  char *text;
  guint tick;
  guint whole; /* idle, once all of it is here */
} File;

static GHashTable *files; /* number -> File */
static guint64 last_number = G_MAXUINT64;

static void
file_free (File *file)
{
  g_source_remove (file->tick);
  g_clear_handle_id (&file->whole, g_source_remove);
  if (file->fd >= 0)
    close (file->fd);
  g_free (file->text);
  g_free (file);
}

static File *
find (PurpleXfer *transfer)
{
  return transfer->ui_data;
}

static const char *
get_account_id (File *file)
{
  return oh_engine_account_id (purple_xfer_get_account (file->transfer));
}

/* libpurple holds a reference of its own while it tells of an end. */
static void
finish (File *file, OhImFileEnd end, const char *text)
{
  PurpleXfer *transfer = file->transfer;
  g_autofree char *clean = oh_im_clean (text, OH_IM_MAX_STATUS);

  oh_engine_emit ("FileEnded", g_variant_new ("(stss)", get_account_id (file), file->number,
                                              oh_im_file_end_to_word (end), clean));
  transfer->ui_data = NULL;
  g_hash_table_remove (files, &file->number);
  purple_xfer_unref (transfer);
}

/* XMPP has no word to take an offer back, and libpurple falls over the answer to one that it has forgotten:
 * it stays until that comes, and ends when it begins. */
static gboolean
must_be_left (PurpleXfer *transfer)
{
  return purple_xfer_get_type (transfer) == PURPLE_XFER_SEND
         && purple_xfer_get_status (transfer) < PURPLE_XFER_STATUS_STARTED
         && g_str_equal (purple_account_get_protocol_id (purple_xfer_get_account (transfer)),
                         "prpl-jabber");
}

void
oh_engine_decline_file (PurpleXfer *transfer)
{
  purple_xfer_set_cancel_recv_fnc (transfer, NULL); /* what refusing cancels is refused already */
  transfer->ops.request_denied (transfer);
}

/* From our side, with @end. */
static void
stop (File *file, OhImFileEnd end)
{
  PurpleXfer *transfer = file->transfer;

  file->end = end;
  if (end != OH_IM_FILE_CLOSED && must_be_left (transfer))
    finish (file, end, NULL);
  else if (file->fd >= 0)
    purple_xfer_cancel_local (transfer);
  else
    {
      transfer->status = PURPLE_XFER_STATUS_CANCEL_LOCAL;
      if (transfer->ops.request_denied)
        purple_xfer_set_cancel_recv_fnc (transfer, oh_engine_decline_file);
      purple_xfer_cancel_local (transfer); /* which finishes it */
    }
}

static void
move (File *file)
{
  file->moved_us = g_get_monotonic_time ();
}

static gboolean
on_tick (gpointer user_data)
{
  File *file = user_data;
  gint64 patience = file->started ? STALLED_US : ANSWER_WITHIN_US;

  if (file->hasty)
    {
      file->text = g_strdup ("it began before it was accepted");
      stop (file, OH_IM_FILE_FAILED);
      return G_SOURCE_CONTINUE;
    }
  if (g_get_monotonic_time () - file->moved_us > patience)
    {
      stop (file, OH_IM_FILE_TIMED_OUT);
      return G_SOURCE_CONTINUE; /* it is gone, and its source with it */
    }
  if (file->started) /* where a socket had nothing after all, libpurple waits for us again */
    purple_xfer_ui_ready (file->transfer);
  return G_SOURCE_CONTINUE;
}

static File *
file_new (PurpleXfer *transfer, guint64 number, gint64 size)
{
  File *file = g_new0 (File, 1);

  file->number = number;
  file->transfer = transfer;
  file->fd = -1;
  file->size = size;
  file->end = OH_IM_FILE_FAILED;
  file->tick = g_timeout_add (TICK_MS, on_tick, file);
  move (file);
  transfer->ui_data = file;
  g_hash_table_insert (files, &file->number, file);
  return file;
}

static guint
count_files (PurpleAccount *account)
{
  GHashTableIter iter;
  gpointer file;
  guint count = 0;

  g_hash_table_iter_init (&iter, files);
  while (g_hash_table_iter_next (&iter, NULL, &file))
    count += purple_xfer_get_account (((File *)file)->transfer) == account;
  return count;
}

/* --- offers --- */

gboolean
oh_engine_take_file (PurpleXfer *transfer)
{
  PurpleAccount *account = purple_xfer_get_account (transfer);
  size_t size = purple_xfer_get_size (transfer);
  const char *who = purple_xfer_get_remote_user (transfer);
  g_autofree char *with = oh_engine_normalize (account, who);
  g_autofree char *name = oh_im_clean_file_name (purple_xfer_get_filename (transfer));
  File *file;

  if (size == 0 || size > OH_IM_MAX_FILE_SIZE || !*with || oh_engine_is_blocked (account, who)
      || !*oh_engine_account_id (account) || count_files (account) >= OH_IM_MAX_FILES)
    return FALSE;
  last_number += 2;
  file = file_new (transfer, last_number, (gint64)size);
  if (g_str_equal (purple_account_get_protocol_id (account), "prpl-jabber"))
    oh_engine_file_ends_guard (transfer);
  purple_xfer_set_filename (transfer, name);
  purple_xfer_set_local_filename (transfer, name); /* or libpurple asks for one */
  oh_engine_emit ("FileOffered", g_variant_new ("(stssx)", oh_engine_account_id (account),
                                                file->number, with, name, file->size));
  return TRUE; /* the reference of libpurple's question is ours */
}

/* @fd: a file, open in that way. */
static gboolean
check_descriptor (int fd, int mode, gint64 *size, GError **error)
{
  struct stat status;
  int flags = fcntl (fd, F_GETFL);

  if (flags < 0 || fstat (fd, &status) != 0 || !S_ISREG (status.st_mode)
      || ((flags & O_ACCMODE) != mode && (flags & O_ACCMODE) != O_RDWR))
    {
      g_set_error (error, OH_ERROR, OH_ERROR_INVALID, "not a file that can be used");
      return FALSE;
    }
  if (size)
    *size = status.st_size;
  return TRUE;
}

gboolean
oh_engine_accept_file (guint64 number, int fd, GError **error)
{
  File *file = g_hash_table_lookup (files, &number);

  if (!file || file->fd >= 0 || file->hasty)
    g_set_error (error, OH_ERROR, OH_ERROR_NOT_FOUND, "there is no such offer any more");
  else if (check_descriptor (fd, O_WRONLY, NULL, error))
    {
      file->fd = fd;
      move (file);
      purple_xfer_request_accepted (file->transfer,
                                    purple_xfer_get_local_filename (file->transfer));
      return TRUE;
    }
  close (fd);
  return FALSE;
}

gboolean
oh_engine_cancel_file (guint64 number, GError **error)
{
  File *file = g_hash_table_lookup (files, &number);

  if (!file)
    {
      g_set_error (error, OH_ERROR, OH_ERROR_NOT_FOUND, "there is no such file any more");
      return FALSE;
    }
  stop (file, OH_IM_FILE_STOPPED);
  return TRUE;
}

/* --- ours --- */

/* libpurple waits for the other side at a port of this computer, and says so, whatever the proxy is; XMPP
 * behind Tor does not. */
static gboolean
goes_around_proxy (PurpleAccount *account)
{
  PurpleProxyType type = purple_proxy_info_get_type (purple_proxy_get_setup (account));

  return type != PURPLE_PROXY_NONE
         && !(type == PURPLE_PROXY_TOR
              && g_str_equal (purple_account_get_protocol_id (account), "prpl-jabber"));
}

static PurpleXfer *
new_transfer (PurpleAccount *account, const char *to, GError **error)
{
  PurplePlugin *plugin = purple_find_prpl (purple_account_get_protocol_id (account));
  PurplePluginProtocolInfo *info = PURPLE_PLUGIN_PROTOCOL_INFO (plugin);
  PurpleXfer *transfer = NULL;

  if (!PURPLE_PROTOCOL_PLUGIN_HAS_FUNC (info, new_xfer))
    g_set_error (error, OH_ERROR, OH_ERROR_UNSUPPORTED, "this protocol sends no files");
  else if (goes_around_proxy (account))
    g_set_error (error, OH_ERROR, OH_ERROR_UNSUPPORTED, "files would go around the proxy");
  else if (!(transfer = info->new_xfer (purple_account_get_connection (account), to)))
    g_set_error (error, OH_ERROR, OH_ERROR_FAILED, "the protocol refused it");
  return transfer;
}

static gboolean
check_sending (PurpleAccount *account,
               guint64 number,
               const char *to,
               const char *name,
               gint64 size,
               GError **error)
{
  g_autofree char *clean = oh_im_clean_file_name (name);

  if (!oh_im_name_is_good (to) || !g_str_equal (clean, name) || size == 0 || number % 2 == 1
      || g_hash_table_contains (files, &number))
    g_set_error (error, OH_ERROR, OH_ERROR_INVALID, "not a file that can be sent");
  else if (size > OH_IM_MAX_FILE_SIZE)
    g_set_error (error, OH_ERROR, OH_ERROR_LIMIT, "the file is too large");
  else if (count_files (account) >= OH_IM_MAX_FILES)
    g_set_error (error, OH_ERROR, OH_ERROR_LIMIT, "too many files");
  else
    return TRUE;
  return FALSE;
}

/* libpurple may have said in a notice that it cannot, and left it at that. */
static void
begin (File *file, const char *name)
{
  guint64 number = file->number;
  g_autofree char *text = NULL;

  purple_xfer_request_accepted (file->transfer, name);
  file = g_hash_table_lookup (files, &number);
  text = file && !file->started ? oh_engine_notices_steal () : NULL;
  if (!text)
    return;
  file->text = g_steal_pointer (&text);
  purple_xfer_cancel_local (file->transfer);
}

gboolean
oh_engine_send_file (
    const char *id, guint64 number, const char *to, const char *name, int fd, GError **error)
{
  PurpleAccount *account = oh_engine_find_online (id, error);
  gint64 size = 0;
  PurpleXfer *transfer = account && check_descriptor (fd, O_RDONLY, &size, error)
                                 && check_sending (account, number, to, name, size, error)
                             ? new_transfer (account, to, error)
                             : NULL;
  File *file;

  if (!transfer)
    {
      close (fd);
      return FALSE;
    }
  purple_xfer_ref (transfer);
  purple_xfer_set_size (transfer, (size_t)size);
  file = file_new (transfer, number, size);
  file->fd = fd;
  begin (file, name);
  return TRUE;
}

/* --- what libpurple tells and wants --- */

static void
tell_progress (File *file, gint64 done)
{
  oh_engine_emit ("FileProgress",
                  g_variant_new ("(stx)", get_account_id (file), file->number, done));
  file->told_us = g_get_monotonic_time ();
}

static void
on_started (PurpleXfer *transfer, gpointer data)
{
  File *file = find (transfer);

  if (file && file->fd < 0)
    file->hasty = TRUE; /* libpurple, which is in the middle of it, cannot end it now */
  if (!file || file->fd < 0)
    return;
  file->started = TRUE;
  move (file);
  tell_progress (file, 0);
  purple_xfer_ui_ready (transfer);
}

static void
on_progress (PurpleXfer *transfer, double part)
{
  File *file = find (transfer);

  if (!file || !file->started)
    return;
  move (file);
  if (file->moved_us - file->told_us > TELL_EVERY_US)
    tell_progress (file, (gint64)purple_xfer_get_bytes_sent (transfer));
}

static gboolean
write_all (int fd, const guchar *buffer, gsize size)
{
  while (size > 0)
    {
      gssize written = write (fd, buffer, size);

      if (written < 0 && errno == EINTR)
        continue;
      if (written <= 0)
        return FALSE;
      buffer += written;
      size -= (gsize)written;
    }
  return TRUE;
}

/* Not every plug-in ends what it has received all of (IRC's was seen to wait for the sender to go, which is
 * taken for a fault). */
static gboolean
on_whole (gpointer user_data)
{
  File *file = user_data;
  PurpleXfer *transfer = file->transfer;

  file->whole = 0;
  purple_xfer_ref (transfer);
  purple_xfer_set_completed (transfer, TRUE); /* which finishes it */
  purple_xfer_end (transfer);
  purple_xfer_unref (transfer);
  return G_SOURCE_REMOVE;
}

/* Anything but @size: libpurple cancels. */
static gssize
on_write (PurpleXfer *transfer, const guchar *buffer, gssize size)
{
  File *file = find (transfer);

  if (!file || file->fd < 0 || size < 0)
    return -1;
  if (size > file->size - file->done)
    {
      file->text = g_strdup ("more was sent than was offered");
      return -1;
    }
  if (!write_all (file->fd, buffer, (gsize)size))
    {
      file->text = g_strdup (g_strerror (errno));
      return -1;
    }
  file->done += size;
  if (file->done == file->size)
    file->whole = g_idle_add_full (G_PRIORITY_DEFAULT, on_whole, file, NULL);
  purple_xfer_ui_ready (transfer);
  return size;
}

static gssize
on_read (PurpleXfer *transfer, guchar **buffer, gssize size)
{
  File *file = find (transfer);
  gssize got;

  if (!file || file->fd < 0 || size <= 0)
    return -1;
  *buffer = g_malloc ((gsize)size);
  got = pread (file->fd, *buffer, (gsize)size, file->done);
  if (got <= 0)
    {
      file->text = g_strdup (got < 0 ? g_strerror (errno) : "the file has become shorter");
      g_clear_pointer (buffer, g_free);
      return -1;
    }
  file->done += got;
  purple_xfer_ui_ready (transfer);
  return got;
}

static void
on_not_sent (PurpleXfer *transfer, const guchar *buffer, gsize size)
{
  File *file = find (transfer);

  if (file)
    file->done -= (goffset)size;
}

static void
on_complete (PurpleXfer *transfer, gpointer data)
{
  File *file = find (transfer);

  if (file)
    finish (file, file->done == file->size ? OH_IM_FILE_DONE : OH_IM_FILE_FAILED, NULL);
}

static void
on_cancelled_here (PurpleXfer *transfer)
{
  File *file = find (transfer);
  g_autofree char *text = NULL;

  if (!file)
    return;
  if (file->end == OH_IM_FILE_FAILED)
    text = file->text ? g_strdup (file->text) : oh_engine_notices_steal ();
  finish (file, file->end, text);
}

static void
on_cancelled_there (PurpleXfer *transfer)
{
  File *file = find (transfer);
  g_autofree char *text = file ? oh_engine_notices_steal () : NULL;
  gboolean refused = file && !file->started && purple_xfer_get_type (transfer) == PURPLE_XFER_SEND;

  if (file)
    finish (file, refused ? OH_IM_FILE_REFUSED : OH_IM_FILE_CANCELLED, text);
}

/* XMPP's and IRC's plug-ins write the name of what is sent over this one, which is lost then. */
static void
on_added (PurpleXfer *transfer)
{
  const char *protocol = purple_account_get_protocol_id (purple_xfer_get_account (transfer));

  if (purple_xfer_get_type (transfer) == PURPLE_XFER_SEND
      && (g_str_equal (protocol, "prpl-jabber") || g_str_equal (protocol, "prpl-irc")))
    purple_xfer_set_filename (transfer, NULL);
}

static void
on_destroyed (PurpleXfer *transfer)
{
  File *file = find (transfer);

  oh_engine_file_ends_forget (transfer);
  g_return_if_fail (file == NULL); /* it holds a reference */
}

/* Before the plug-in frees what a transfer still looks at. */
static void
on_signing_off (PurpleConnection *gc, gpointer data)
{
  PurpleAccount *account = purple_connection_get_account (gc);
  GList *transfers = g_list_copy (purple_xfers_get_all ());

  for (GList *l = transfers; l; l = l->next)
    purple_xfer_ref (l->data);
  for (GList *l = transfers; l; l = l->next)
    {
      PurpleXfer *transfer = l->data;
      gboolean over = purple_xfer_is_canceled (transfer) || purple_xfer_is_completed (transfer);

      if (purple_xfer_get_account (transfer) == account && find (transfer))
        stop (find (transfer), OH_IM_FILE_CLOSED);
      else if (purple_xfer_get_account (transfer) == account && !over)
        purple_xfer_cancel_local (transfer); /* one that had to be left */
    }
  oh_engine_file_ends_carry_out ();
  g_list_free_full (transfers, (GDestroyNotify)purple_xfer_unref);
}

void
oh_engine_files_install (void)
{
  static PurpleXferUiOps ops = {
    .destroy = on_destroyed,
    .add_xfer = on_added,
    .update_progress = on_progress,
    .cancel_local = on_cancelled_here,
    .cancel_remote = on_cancelled_there,
    .ui_write = on_write,
    .ui_read = on_read,
    .data_not_sent = on_not_sent,
  };
  static int handle;
  gpointer transfers = purple_xfers_get_handle ();

  files = g_hash_table_new_full (g_int64_hash, g_int64_equal, NULL, (GDestroyNotify)file_free);
  purple_xfers_set_ui_ops (&ops);
  purple_signal_connect (transfers, "file-recv-start", &handle, PURPLE_CALLBACK (on_started), NULL);
  purple_signal_connect (transfers, "file-send-start", &handle, PURPLE_CALLBACK (on_started), NULL);
  purple_signal_connect (transfers, "file-recv-complete", &handle, PURPLE_CALLBACK (on_complete),
                         NULL);
  purple_signal_connect (transfers, "file-send-complete", &handle, PURPLE_CALLBACK (on_complete),
                         NULL);
  purple_signal_connect (purple_connections_get_handle (), "signing-off", &handle,
                         PURPLE_CALLBACK (on_signing_off), NULL);
}
