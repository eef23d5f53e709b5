/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "oh-im"

#include "im/proxy/oh-im-transfer.h"

#include "base/oh-error.h"
#include "im/proxy/oh-im-private.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

/* The process never opens a file: it is handed one, and what was received is removed here where it does not
 * end well. */
struct _OhImTransfer
{
  GObject parent;
  OhImProcess *process;
  guint64 number;
  char *with;
  char *name;
  gint64 size;
  gint64 done;
  gboolean incoming;
  OhImTransferState state;
  OhImFileEnd end;
  char *text;
  char *path; /* where it is received */
  int fd;     /* the same, to know it again; -1 */
};

enum
{
  PROP_STATE = 1,
  PROP_DONE,
  N_PROPS
};

static GParamSpec *props[N_PROPS];

G_DEFINE_FINAL_TYPE (OhImTransfer, oh_im_transfer, G_TYPE_OBJECT)

OhImTransfer *
oh_im_transfer_new (OhImProcess *process,
                    guint64 number,
                    const char *with,
                    const char *name,
                    gint64 size,
                    gboolean incoming)
{
  OhImTransfer *transfer = g_object_new (OH_TYPE_IM_TRANSFER, NULL);

  transfer->process = g_object_ref (process);
  transfer->number = number;
  transfer->with = oh_im_clean_line (with, OH_IM_MAX_NAME);
  transfer->name = oh_im_clean_file_name (name);
  transfer->size = size;
  transfer->incoming = incoming;
  transfer->state = incoming ? OH_IM_TRANSFER_OFFERED : OH_IM_TRANSFER_WAITING;
  return transfer;
}

static void
set_state (OhImTransfer *transfer, OhImTransferState state)
{
  if (transfer->state == state)
    return;
  transfer->state = state;
  g_object_notify_by_pspec (G_OBJECT (transfer), props[PROP_STATE]);
}

/* Unless something else stands there by now. */
static void
remove_rest (OhImTransfer *transfer)
{
  struct stat ours, there;

  if (fstat (transfer->fd, &ours) == 0 && lstat (transfer->path, &there) == 0
      && ours.st_ino == there.st_ino && ours.st_dev == there.st_dev)
    unlink (transfer->path);
}

static void
close_file (OhImTransfer *transfer)
{
  if (transfer->fd >= 0)
    close (transfer->fd);
  transfer->fd = -1;
}

/* The process is not believed to have written all that it says. */
static gboolean
is_whole (OhImTransfer *transfer)
{
  struct stat status;

  return transfer->fd < 0
         || (fstat (transfer->fd, &status) == 0 && status.st_size == transfer->size);
}

void
oh_im_transfer_finish (OhImTransfer *transfer, OhImFileEnd end, const char *text)
{
  if (transfer->state == OH_IM_TRANSFER_ENDED)
    return;
  if (end == OH_IM_FILE_DONE && !is_whole (transfer))
    end = OH_IM_FILE_FAILED;
  transfer->end = end;
  transfer->text = oh_im_clean (text, OH_IM_MAX_STATUS);
  if (transfer->fd >= 0 && end != OH_IM_FILE_DONE)
    remove_rest (transfer);
  close_file (transfer);
  if (end == OH_IM_FILE_DONE)
    oh_im_transfer_hear_progress (transfer, transfer->size);
  set_state (transfer, OH_IM_TRANSFER_ENDED);
}

void
oh_im_transfer_hear_progress (OhImTransfer *transfer, gint64 done)
{
  if (transfer->state != OH_IM_TRANSFER_WAITING && transfer->state != OH_IM_TRANSFER_RUNNING)
    return;
  set_state (transfer, OH_IM_TRANSFER_RUNNING);
  done = CLAMP (done, transfer->done, transfer->size);
  if (done == transfer->done)
    return;
  transfer->done = done;
  g_object_notify_by_pspec (G_OBJECT (transfer), props[PROP_DONE]);
}

/* That a call went through is no news; the process tells what comes of it. */
static void
on_called (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (OhImTransfer) transfer = user_data;
  g_autoptr (GError) error = NULL;
  g_autoptr (GVariant) answer = oh_im_process_call_finish (result, &error);

  if (answer)
    return;
  g_dbus_error_strip_remote_error (error);
  oh_im_transfer_finish (
      transfer, error->domain == OH_ERROR ? OH_IM_FILE_FAILED : OH_IM_FILE_ENGINE, error->message);
}

void
oh_im_transfer_send (OhImTransfer *transfer, const char *account, int fd)
{
  oh_im_process_call_with_fd (
      transfer->process, "SendFile",
      g_variant_new ("(stssh)", account, transfer->number, transfer->with, transfer->name, 0), fd,
      on_called, g_object_ref (transfer));
}

static int
create (const char *path, GError **error)
{
  int fd = open (path, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);

  if (fd < 0)
    g_set_error (error, OH_ERROR, errno == EEXIST ? OH_ERROR_EXISTS : OH_ERROR_FAILED, "%s: %s",
                 path, g_strerror (errno));
  return fd;
}

gboolean
oh_im_transfer_accept (OhImTransfer *transfer, const char *path, GError **error)
{
  int copy;

  if (transfer->state != OH_IM_TRANSFER_OFFERED)
    {
      g_set_error (error, OH_ERROR, OH_ERROR_CLOSED, "the offer is over");
      return FALSE;
    }
  transfer->fd = create (path, error);
  if (transfer->fd < 0)
    return FALSE;
  transfer->path = g_strdup (path);
  set_state (transfer, OH_IM_TRANSFER_WAITING);
  copy = fcntl (transfer->fd, F_DUPFD_CLOEXEC, 3);
  if (copy < 0)
    {
      oh_im_transfer_cancel (transfer);
      return TRUE;
    }
  oh_im_process_call_with_fd (transfer->process, "AcceptFile",
                              g_variant_new ("(th)", transfer->number, 0), copy, on_called,
                              g_object_ref (transfer));
  return TRUE;
}

void
oh_im_transfer_cancel (OhImTransfer *transfer)
{
  if (transfer->state == OH_IM_TRANSFER_ENDED)
    return;
  oh_im_process_tell (transfer->process, "CancelFile", g_variant_new ("(t)", transfer->number));
  oh_im_transfer_finish (transfer, OH_IM_FILE_STOPPED, "");
}

guint64
oh_im_transfer_get_number (OhImTransfer *transfer)
{
  return transfer->number;
}

const char *
oh_im_transfer_get_with (OhImTransfer *transfer)
{
  return transfer->with;
}

const char *
oh_im_transfer_get_name (OhImTransfer *transfer)
{
  return transfer->name;
}

gint64
oh_im_transfer_get_size (OhImTransfer *transfer)
{
  return transfer->size;
}

gint64
oh_im_transfer_get_done (OhImTransfer *transfer)
{
  return transfer->done;
}

gboolean
oh_im_transfer_is_incoming (OhImTransfer *transfer)
{
  return transfer->incoming;
}

OhImTransferState
oh_im_transfer_get_state (OhImTransfer *transfer)
{
  return transfer->state;
}

OhImFileEnd
oh_im_transfer_get_end (OhImTransfer *transfer)
{
  return transfer->end;
}

const char *
oh_im_transfer_get_text (OhImTransfer *transfer)
{
  return transfer->text ? transfer->text : "";
}

static void
get_property (GObject *object, guint id, GValue *value, GParamSpec *pspec)
{
  OhImTransfer *transfer = OH_IM_TRANSFER (object);

  if (id == PROP_STATE)
    g_value_set_int (value, transfer->state);
  else
    g_value_set_int64 (value, transfer->done);
}

static void
finalize (GObject *object)
{
  OhImTransfer *transfer = OH_IM_TRANSFER (object);

  close_file (transfer);
  g_object_unref (transfer->process);
  g_free (transfer->with);
  g_free (transfer->name);
  g_free (transfer->text);
  g_free (transfer->path);
  G_OBJECT_CLASS (oh_im_transfer_parent_class)->finalize (object);
}

static void
oh_im_transfer_class_init (OhImTransferClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);
  GParamFlags flags = G_PARAM_READABLE | G_PARAM_STATIC_STRINGS;

  object_class->get_property = get_property;
  object_class->finalize = finalize;
  props[PROP_STATE] = g_param_spec_int ("state", NULL, NULL, 0, OH_IM_TRANSFER_ENDED, 0, flags);
  props[PROP_DONE] = g_param_spec_int64 ("done", NULL, NULL, 0, G_MAXINT64, 0, flags);
  g_object_class_install_properties (object_class, N_PROPS, props);
}

static void
oh_im_transfer_init (OhImTransfer *transfer)
{
  transfer->fd = -1;
}
