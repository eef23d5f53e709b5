/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "server/store/oh-store.h"

#include <json-glib/json-glib.h>

G_BEGIN_DECLS

/* A store of its own folder, and what the tests of the store have in common. */
typedef struct
{
  char *folder, *path;
  OhStore *store;
  OhExecutor executor;
  /* of the last answer */
  gboolean answered;
  JsonObject *json;
  GError *error;
  GPtrArray *lines; /* of watched events */
} Fixture;

typedef struct
{
  const char *name;
  void (*run) (Fixture *fixture, gconstpointer data);
} StoreTest;

/* Registers @tests, each with a fixture of its own; an entry without name ends them. */
void add_store_tests (const StoreTest *tests);

void open_store (Fixture *fixture);
/* The database that @schema, an SQL file of the folder `store`, leaves behind. */
void make_old_database (const char *path, const char *schema);
void wait_for (gboolean *flag);

/* The reply to give to the store; then one of the two waits for it. */
OhStoreReply expect (Fixture *fixture);
void check (Fixture *fixture);
void check_refused (Fixture *fixture, int code);

/* @number NULL: none. Returns the user's id. */
gint64 add_user (Fixture *fixture, const char *alias, const char *number);

/* One event of @call now. */
void tell (Fixture *fixture,
           const char *call,
           const char *kind,
           gint64 user,
           const char *device,
           gint64 status);

/* Member @list of the last answer: how many there are, and one of them. */
guint count_items (Fixture *fixture, const char *list);
JsonObject *get_item (Fixture *fixture, const char *list, guint i);

/* The outcome of @user's only call; NULL: there is none, or several. */
const char *get_outcome (Fixture *fixture, gint64 user);

G_END_DECLS
