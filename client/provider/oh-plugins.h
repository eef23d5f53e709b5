/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "client/provider/oh-provider.h"

G_BEGIN_DECLS

/* The plugins that were found, and one line for each that failed. Main thread. */
typedef struct
{
  GPtrArray *providers; /* of OhProvider */
  char **problems;      /* NULL-terminated */
} OhPlugins;

/* Loads every *.so of the folders @path (':' between; NULL: the built-in folder). Plugins stay in
 * memory until the program ends: their types can't be unloaded. */
OhPlugins *oh_plugins_load (OhCore *core, const char *path);
void oh_plugins_free (OhPlugins *plugins);

OhProvider *oh_plugins_find (OhPlugins *plugins, const char *id); /* borrowed, or NULL */

G_END_DECLS
