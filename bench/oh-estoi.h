/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <glib.h>

/* How much of @clean can be understood in @heard, 0 to 1: ESTOI (Jensen and Taal 2016, "An algorithm
 * for predicting the intelligibility of speech masked by modulated noise maskers"). Both have @n
 * samples at @rate and begin together. */
double oh_estoi (const gint16 *clean, const gint16 *heard, gsize n, guint rate);
