/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <glib.h>

/* The schema's history: number N (from 1) leads from N-1 to N, stamped in PRAGMA user_version. One
 * that was released is never changed. Each has a fixture in tests/unit/store/. */
extern const char *const oh_migrations[];
extern const guint oh_migrations_count;
