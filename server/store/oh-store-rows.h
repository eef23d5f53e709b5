/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "server/store/oh-store-private.h"

G_BEGIN_DECLS

/* What a column of a query is in JSON. */
typedef struct
{
  const char *name;
  enum
  {
    OH_COLUMN_TEXT, /* NULL is "" */
    OH_COLUMN_INT,
    OH_COLUMN_BOOL,
    OH_COLUMN_LIST /* the text of a JSON array; NULL is an empty one */
  } type;
} OhColumn;

/* The answer of a job: {"@list":[{...},...]}, an object for each row of @row with one member for each
 * of @n_columns. @row NULL: the query failed and set @error. The store's thread. */
gboolean oh_job_answer_rows (OhStore *store,
                             OhJob *job,
                             sqlite3_stmt *row,
                             const char *list,
                             const OhColumn *columns,
                             gsize n_columns,
                             GError **error);

G_END_DECLS
