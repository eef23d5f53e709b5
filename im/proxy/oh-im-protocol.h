/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

typedef enum
{
  OH_IM_OPTION_STRING,
  OH_IM_OPTION_INTEGER,
  OH_IM_OPTION_BOOLEAN,
  OH_IM_OPTION_CHOICE,
  OH_IM_OPTION_LABEL /* of a question: only text, nothing to fill in */
} OhImOptionType;

typedef enum
{
  OH_IM_PASSWORD_NONE,
  OH_IM_PASSWORD_OPTIONAL,
  OH_IM_PASSWORD_NEEDED
} OhImPasswordNeed;

/* One setting of an account, or one field of a question or of what makes a room. */
typedef struct
{
  char *name;
  char *label;
  OhImOptionType type;
  GVariant *value;      /* default of the type's own (b, i, s), or NULL */
  gboolean masked;      /* not to be shown while it is typed */
  gboolean required;    /* of a room: it must not be empty */
  int min, max;         /* of an integer; both 0: any */
  char **choices;       /* values of a choice, NULL-terminated; else NULL */
  char **choice_labels; /* as many */
} OhImOption;

/* A part of a user name after the first: "Domain", "", '@'. */
typedef struct
{
  char *label;
  char *value; /* default */
  char separator;
} OhImNamePart;

/* A service that libpurple has a plug-in for. Never changes; counted references, any thread. */
typedef struct
{
  char *id;   /* "prpl-jabber" */
  char *name; /* "XMPP" */
  OhImPasswordNeed password;
  gboolean typing;    /* it tells who is typing */
  GPtrArray *parts;   /* of OhImNamePart */
  GPtrArray *options; /* of OhImOption */
} OhImProtocol;

OhImProtocol *oh_im_protocol_ref (OhImProtocol *protocol);
void oh_im_protocol_unref (OhImProtocol *protocol);

/* The user name made of what a person typed for the first part and for each of the others (NULL or
 * "": its default; a part with no default is left out). Transfer full. */
char *
oh_im_protocol_join_name (OhImProtocol *protocol, const char *first, const char *const *others);

void oh_im_option_free (OhImOption *option);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (OhImProtocol, oh_im_protocol_unref)
G_DEFINE_AUTOPTR_CLEANUP_FUNC (OhImOption, oh_im_option_free)

G_END_DECLS
