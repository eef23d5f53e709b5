/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* The threads on which sound files are read and written, so that no worker ever waits for a disk:
 * one for all recorders of the program, one for all players (a slow sync must not starve what is
 * heard). Each starts with its first job and then lives as long as the program. */
typedef enum
{
  OH_FILE_THREAD_WRITE,
  OH_FILE_THREAD_READ
} OhFileThread;

/* Called about every OH_FILE_THREAD_STEP_MS, and soon after a kick; FALSE: the job is over, its data
 * is not touched any more. */
typedef gboolean (*OhFileJob) (gpointer data);

#define OH_FILE_THREAD_STEP_MS 100

/* From any thread. */
void oh_file_thread_add (OhFileThread which, OhFileJob job, gpointer data);

/* Runs the jobs soon. From any thread, never blocks; a kick may be lost, the next step is not. */
void oh_file_thread_kick (OhFileThread which);

G_END_DECLS
