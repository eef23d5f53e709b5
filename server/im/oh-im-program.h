/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* The program that is seen at a user's IM identity, by what it or its service says of it: the node of
 * its capabilities (XEP-0115), a User-Agent header (RFC 3261, 20.41), what it answers when it is asked. A hint, which anybody may forge:
 * it decides how a message reads, never what somebody may do. Pure; any thread. */

typedef enum
{
  OH_IM_PROGRAM_OTHER,
  OH_IM_PROGRAM_OWN,     /* our client: it shows a call's window instead of the text */
  OH_IM_PROGRAM_TERMINAL /* text alone, where a link that is broken into two lines leads nowhere */
} OhImProgramKind;

typedef struct
{
  OhImProgramKind kind;
  char *name;    /* "Gajim"; "": nothing is known */
  char *version; /* "0.1.0"; "": it does not tell */
} OhImProgram;

/* @said: from outside; or NULL. Transfer full. */
OhImProgram *oh_im_program_parse (const char *said);
/* The same of @client, what is told of it unasked, and of what it answered (XEP-0092, CTCP VERSION), which says
 * more: @program, with its version in it or in @version. "" for what is not known. */
OhImProgram *oh_im_program_of (const char *client, const char *program, const char *version);
void oh_im_program_free (OhImProgram *program);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (OhImProgram, oh_im_program_free)

G_END_DECLS
