/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/oh-error.h"

/* Not G_DEFINE_QUARK: its variable is written by whichever threads come first. */
GQuark
oh_error_quark (void)
{
  return g_quark_from_static_string ("oh-error-quark");
}
