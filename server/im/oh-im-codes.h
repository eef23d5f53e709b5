/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* Codes that prove who reads what is written to a name at a service: six digits, good for ten minutes
 * and five tries. How many may be asked for is limited by user, by name, and by both. Knows no
 * service; kept in memory only. Belongs to the services thread; the desk makes it. */
typedef struct _OhImCodes OhImCodes;

/* Somebody who says that he is somebody there. */
typedef struct
{
  gint64 user_id, login_id;
  const char *name; /* as oh_im_name_fold() made it */
} OhImClaim;

typedef enum
{
  OH_IM_CODE_RIGHT, /* it counts no more */
  OH_IM_CODE_WRONG,
  OH_IM_CODE_OVER /* there is none that counts: none sent, too late, too many tries */
} OhImCodeJudgement;

OhImCodes *oh_im_codes_new (void);
void oh_im_codes_free (OhImCodes *codes);

/* A new code for @claim; the one before counts no more. To be freed by oh_secret_free(), and never for
 * a log. NULL: too many were asked for, the next may be in *@retry_s seconds. */
char *oh_im_codes_make (OhImCodes *codes, const OhImClaim *claim, guint *retry_s);

/* Takes the same time for a right and a wrong one. Blanks in @text do not matter. */
OhImCodeJudgement oh_im_codes_try (OhImCodes *codes, const OhImClaim *claim, const char *text);

/* How long the code still counts, and for how many tries; 0: there is none. */
guint oh_im_codes_get_seconds (OhImCodes *codes, const OhImClaim *claim);
guint oh_im_codes_get_tries (OhImCodes *codes, const OhImClaim *claim);

/* Its code counts no more. */
void oh_im_codes_forget (OhImCodes *codes, const OhImClaim *claim);

/* The message with the code, one line. A stranger learns nothing from it. Free it as the code. */
char *oh_im_codes_dup_message (const char *language, const char *code);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (OhImCodes, oh_im_codes_free)

G_END_DECLS
