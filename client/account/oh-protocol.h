/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

/* A kind of account that a provider can make: an IM service's protocol, with all that a person may
 * fill in. Never changes. Main thread. */
#define OH_TYPE_PROTOCOL (oh_protocol_get_type ())
G_DECLARE_FINAL_TYPE (OhProtocol, oh_protocol, OH, PROTOCOL, GObject)

typedef enum
{
  OH_FIELD_TEXT,
  OH_FIELD_NUMBER,
  OH_FIELD_FLAG,
  OH_FIELD_CHOICE,
  OH_FIELD_LABEL /* of a question: only text, nothing to fill in */
} OhFieldKind;

/* One thing to fill in: an option of an account, or a field of a question. Labels come from the
 * service's plug-in, in the language that it knows. */
typedef struct
{
  char *name;
  char *label;
  OhFieldKind kind;
  GVariant *value;      /* default: s, i, b, and s of a choice; or NULL */
  gboolean masked;      /* not to be shown while it is typed */
  char **choices;       /* values of a choice, NULL-terminated; else NULL */
  char **choice_labels; /* as many */
} OhField;

/* What a field begins with; where that is of another kind, or NULL: "", 0, FALSE, the first. */
const char *oh_field_get_text (const OhField *field);
int oh_field_get_number (const OhField *field);
gboolean oh_field_get_flag (const OhField *field);
guint oh_field_get_choice (const OhField *field); /* its place among the choices */

/* A part of a user name after the first: "Domain", "", '@'. */
typedef struct
{
  char *label;
  char *value; /* default */
  char separator;
} OhNamePart;

typedef enum
{
  OH_PASSWORD_NONE,
  OH_PASSWORD_OPTIONAL,
  OH_PASSWORD_NEEDED
} OhPasswordNeed;

/* Properties "id", "name" string, constant. */
const char *oh_protocol_get_id (OhProtocol *protocol);       /* "prpl-jabber" */
const char *oh_protocol_get_name (OhProtocol *protocol);     /* "XMPP" */
const char *oh_protocol_get_provider (OhProtocol *protocol); /* "purple" */
OhPasswordNeed oh_protocol_get_password_need (OhProtocol *protocol);
GPtrArray *oh_protocol_get_parts (OhProtocol *protocol);  /* of OhNamePart; borrowed */
GPtrArray *oh_protocol_get_fields (OhProtocol *protocol); /* of OhField: its options; borrowed */

/* The user name made of what a person typed for the first part and, as many as there are parts, for
 * each of the others (NULL or "": its default). Text that already holds the parts may be given as
 * @first alone. Transfer full. */
char *oh_protocol_join_name (OhProtocol *protocol, const char *first, const char *const *others);

/* --- For providers --- */

/* @parts and @fields are taken. */
OhProtocol *oh_protocol_new (const char *provider,
                             const char *id,
                             const char *name,
                             OhPasswordNeed password,
                             GPtrArray *parts,
                             GPtrArray *fields);
OhField *oh_field_new (const char *name, const char *label, OhFieldKind kind, GVariant *value);
void oh_field_free (OhField *field);
GPtrArray *oh_field_list_new (void);
void oh_name_part_free (OhNamePart *part);

G_END_DECLS
