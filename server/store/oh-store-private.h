/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "server/store/oh-database.h"
#include "server/store/oh-store.h"

G_BEGIN_DECLS

typedef struct _OhJob OhJob;

/* One thing to do in the database, and who waits for it. Made on any thread, run on the store's,
 * inside a transaction that it shares with others; a failure undoes this job alone. */
struct _OhJob
{
  gboolean (*run) (OhStore *store, OhJob *job, GError **error);
  void (*after) (OhJob *job); /* after the commit, for files; or NULL */
  gboolean durable; /* on the disk before it is answered; also: does not wait for company */
  gboolean changes_directory;

  gint64 id, value; /* arguments, as the function that made it likes */
  char *text;
  char *extra;
  gpointer data;
  GDestroyNotify free_data;

  char *json; /* the answer */
  GError *error;
  OhExecutor executor;
  OhStoreFunc func; /* NULL: nobody waits */
  gpointer user_data;
};

struct _OhStore
{
  char *path, *domain;
  int lock_fd; /* of PATH.lock; -1: none */
  GThread *thread;

  GMutex lock;
  GCond wake;
  /* under the lock */
  GQueue jobs;         /* OhJob */
  gint64 first_job_us; /* when the oldest waiting one came; monotonic */
  guint urgent;        /* waiting jobs for which somebody waits */
  gboolean closing;
  guint64 last_seq;
  OhDirectory *directory;
  GPtrArray *watches; /* Watch */
  guint last_watch;
  GHashTable *touched; /* device id -> monotonic s */
  GHashTable *answers; /* user id -> GArray of OhAnswer, which is not changed any more */

  /* the store's thread (before it runs: oh_store_open()) */
  OhDatabase *database;
  gint64 last_row;       /* of the history */
  GHashTable *calls;     /* call id -> what the history must know of a running call */
  GPtrArray *unfinished; /* OhVoicemail at start */
  GArray *receivers;     /* gint64: users for whom messages waited at start */
  GPtrArray *devices;    /* char *: devices for which receipts waited at start */
  GPtrArray *told;       /* OhTold at start */
  GPtrArray *programs;   /* OhSeenProgram at start */
  guint64 last_version;  /* of the directory */
  guint lost;            /* changes, since the database stopped to take them */
};

/* A write that is durable before it is answered; @reply may be NULL. */
OhJob *oh_job_new (gboolean (*run) (OhStore *, OhJob *, GError **), const OhStoreReply *reply);
/* Somebody waits, but nothing is written. */
OhJob *oh_job_new_query (gboolean (*run) (OhStore *, OhJob *, GError **),
                         const OhStoreReply *reply);
void oh_job_free (OhJob *job);
void oh_store_push (OhStore *store, OhJob *job);
gboolean oh_store_is_closing (OhStore *store);

/* The event is in the database; the rows of the history follow it. The store's thread. */
gboolean oh_store_write_event (OhStore *store, const OhEvent *event, GError **error);
void oh_history_fold (OhStore *store, const OhEvent *event, GError **error);
GHashTable *oh_history_new_calls (void);

/* Where users answered. @event: an answer is kept, if its user wants that. The store's thread. */
GHashTable *oh_answers_new_table (void);
gboolean oh_store_load_answers (OhStore *store, GError **error);
gboolean oh_answers_fold (OhStore *store, const OhEvent *event, GError **error);
/* What is older goes from the memory; it is gone from the database already. */
void oh_answers_drop_before (OhStore *store, gint64 before_s);
/* A GHRFunc for `answers`: the user is not in @directory. */
gboolean oh_answers_is_gone (gpointer user_id, gpointer answers, gpointer directory);

/* The store's thread, at start. */
gboolean oh_store_end_open_calls (OhStore *store, GError **error);
gboolean oh_store_load_unfinished (OhStore *store, GError **error);
gboolean oh_store_load_receivers (OhStore *store, GError **error);
gboolean oh_store_load_told (OhStore *store, GError **error);
gboolean oh_store_load_programs (OhStore *store, GError **error);

/* The places of a user in this order; none of them if one is not his. The store's thread. */
GPtrArray *oh_places_copy (const OhPlace *places, guint n_places); /* transfer full, of OhPlace */
gboolean oh_store_write_places (OhStore *store, gint64 user_id, GPtrArray *places, GError **error);

/* Refuses @user as a user's name or number where an IM account of the service SIP has that address. The
 * store's thread. */
gboolean oh_store_check_sip_free (OhStore *store, const char *user, GError **error);

/* "{}" as the answer of a job that has nothing to tell. */
gboolean oh_job_succeed (OhJob *job);

G_END_DECLS
