/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/oh-error.h"

G_DEFINE_QUARK (oh - error - quark, oh_error)
