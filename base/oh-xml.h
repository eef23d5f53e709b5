/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* One element as it begins; lent. */
typedef struct
{
  guint depth;             /* elements in one another: 1 is the root */
  const char *name;        /* as it is written */
  const char *local;       /* without its prefix */
  const char **attributes; /* names as they are written, NULL at the end; */
  const char **values;     /* theirs */
} OhXmlElement;

/* How one kind of small document of outside is read: by GMarkup, which knows no entities but XML's own and
 * does not descend by recursion, and within limits. */
typedef struct
{
  gsize max_length; /* bytes */
  guint max_depth;
  const char *root; /* its local name; NULL: any */
  gboolean bare;    /* elements and text alone: no comments, processing instructions, CDATA */

  /* Optional. Who sets @error refuses the document. */
  void (*start) (const OhXmlElement *element, gpointer user_data, GError **error);

  /* Optional. @text: what stands in the element after its last child, without white space at its ends; may
   * be changed. */
  void (*end) (guint depth, const char *local, char *text, gpointer user_data);
} OhXmlReader;

/* FALSE with OH_ERROR_LIMIT (too long or too deep), OH_ERROR_INVALID (not one well-formed document, another
 * root, a document type, a letter that XML does not have) or what start() said. Any thread. */
gboolean oh_xml_read (
    const OhXmlReader *reader, const char *xml, gsize length, gpointer user_data, GError **error);

/* Of an attribute; lent, or NULL. */
const char *oh_xml_find (const OhXmlElement *element, const char *attribute);

G_END_DECLS
