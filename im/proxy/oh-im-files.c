/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "oh-im"

#include "base/oh-error.h"
#include "im/proxy/oh-im-account-private.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

/* One account's files that have not ended. Owned by the account. */
struct _OhImFiles
{
  OhImProcess *process;
  char *account;
  GHashTable *open; /* number -> OhImTransfer */
};

/* Ours are even, of all accounts; the process' odd. */
static guint64 last_number;

OhImFiles *
oh_im_files_new (OhImProcess *process, const char *account)
{
  OhImFiles *files = g_new0 (OhImFiles, 1);

  files->process = g_object_ref (process);
  files->account = g_strdup (account);
  files->open = g_hash_table_new_full (g_int64_hash, g_int64_equal, g_free, g_object_unref);
  return files;
}

void
oh_im_files_free (OhImFiles *files)
{
  g_object_unref (files->process);
  g_free (files->account);
  g_hash_table_unref (files->open);
  g_free (files);
}

/* Those that ended by themselves are still there. */
static void
drop_ended (OhImFiles *files)
{
  GHashTableIter iter;
  gpointer transfer;

  g_hash_table_iter_init (&iter, files->open);
  while (g_hash_table_iter_next (&iter, NULL, &transfer))
    if (oh_im_transfer_get_state (transfer) == OH_IM_TRANSFER_ENDED)
      g_hash_table_iter_remove (&iter);
}

static gboolean
has_room (OhImFiles *files)
{
  drop_ended (files);
  return g_hash_table_size (files->open) < OH_IM_MAX_FILES;
}

static void
insert (OhImFiles *files, OhImTransfer *transfer)
{
  guint64 number = oh_im_transfer_get_number (transfer);

  g_hash_table_insert (files->open, g_memdup2 (&number, sizeof number), transfer);
}

OhImTransfer *
oh_im_files_hear_offer (
    OhImFiles *files, guint64 number, const char *with, const char *name, gint64 size)
{
  OhImTransfer *transfer;

  if (!*with || size <= 0 || size > OH_IM_MAX_FILE_SIZE || number % 2 == 0
      || g_hash_table_contains (files->open, &number) || !has_room (files))
    {
      oh_im_process_tell (files->process, "CancelFile", g_variant_new ("(t)", number));
      return NULL;
    }
  transfer = oh_im_transfer_new (files->process, number, with, name, size, TRUE);
  insert (files, transfer);
  return transfer;
}

void
oh_im_files_hear_progress (OhImFiles *files, guint64 number, gint64 done)
{
  OhImTransfer *transfer = g_hash_table_lookup (files->open, &number);

  if (transfer)
    oh_im_transfer_hear_progress (transfer, done);
}

void
oh_im_files_hear_end (OhImFiles *files, guint64 number, const char *end, const char *text)
{
  OhImTransfer *transfer = g_hash_table_lookup (files->open, &number);

  if (!transfer)
    return;
  g_object_ref (transfer);
  g_hash_table_remove (files->open, &number);
  oh_im_transfer_finish (transfer, oh_im_file_end_from_word (end), text);
  g_object_unref (transfer);
}

void
oh_im_files_lose (OhImFiles *files, OhImFileEnd end)
{
  GList *all = g_hash_table_get_values (files->open);

  g_list_foreach (all, (GFunc)g_object_ref, NULL);
  g_hash_table_remove_all (files->open);
  for (GList *l = all; l; l = l->next)
    oh_im_transfer_finish (l->data, end, "");
  g_list_free_full (all, g_object_unref);
}

/* --- what the account's user asks for --- */

/* -1 with an error; it stands in no folder that is followed by chance: what the user chose may be a link. */
static int
open_file (const char *path, gint64 *size, GError **error)
{
  int fd = open (path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  struct stat status;

  if (fd < 0 || fstat (fd, &status) != 0)
    g_set_error (error, OH_ERROR, errno == ENOENT ? OH_ERROR_NOT_FOUND : OH_ERROR_FAILED, "%s: %s",
                 path, g_strerror (errno));
  else if (!S_ISREG (status.st_mode) || status.st_size == 0)
    g_set_error (error, OH_ERROR, OH_ERROR_INVALID, "%s: no file that could be sent", path);
  else if (status.st_size > OH_IM_MAX_FILE_SIZE)
    g_set_error (error, OH_ERROR, OH_ERROR_LIMIT, "%s: it is too large", path);
  else
    {
      *size = status.st_size;
      return fd;
    }
  if (fd >= 0)
    close (fd);
  return -1;
}

OhImTransfer *
oh_im_account_send_file (OhImAccount *account, const char *to, const char *path, GError **error)
{
  g_autofree char *name = g_path_get_basename (path);
  OhImTransfer *transfer = NULL;
  gint64 size;
  int fd = -1;

  if (account->state != OH_IM_STATE_ONLINE)
    g_set_error (error, OH_ERROR, OH_ERROR_CLOSED, "the account is not signed in");
  else if (!oh_im_name_is_good (to))
    g_set_error (error, OH_ERROR, OH_ERROR_INVALID, "not a name");
  else if (!has_room (account->files))
    g_set_error (error, OH_ERROR, OH_ERROR_LIMIT, "too many files");
  else
    fd = open_file (path, &size, error);
  if (fd < 0)
    return NULL;
  last_number += 2;
  transfer = oh_im_transfer_new (account->process, last_number, to, name, size, FALSE);
  insert (account->files, g_object_ref (transfer));
  oh_im_transfer_send (transfer, account->id, fd);
  return transfer;
}
