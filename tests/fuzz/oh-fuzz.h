/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <glib.h>

/* One target a program: must return 0 whatever the bytes are, and free all that it made. */
int LLVMFuzzerTestOneInput (const guint8 *data, gsize size);
