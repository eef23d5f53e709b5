/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* Outside faults that every room has. A room with finer ones declares a domain of its own. */
#define OH_ERROR (oh_error_quark ())

typedef enum
{
  OH_ERROR_FAILED,      /* none of the others */
  OH_ERROR_INVALID,     /* bytes from outside that do not parse or do not make sense */
  OH_ERROR_UNSUPPORTED, /* well formed, but not something we do (codec, scheme, algorithm) */
  OH_ERROR_NOT_FOUND,
  OH_ERROR_EXISTS,
  OH_ERROR_DENIED, /* wrong password, revoked device, not allowed */
  OH_ERROR_LIMIT,  /* too many, too large, too fast */
  OH_ERROR_BUSY,   /* port taken, device in use */
  OH_ERROR_TIMEOUT,
  OH_ERROR_NETWORK, /* unreachable, refused, reset */
  OH_ERROR_CLOSED,  /* the object has ended */
  OH_ERROR_CANCELLED
} OhError;

GQuark oh_error_quark (void);

G_END_DECLS
