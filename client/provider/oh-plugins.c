/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "oh-client"

#include "client/provider/oh-plugins.h"

#include "base/oh-error.h"
#include "oh-config.h"

#include <gmodule.h>
#include <string.h>

static OhProvider *
load_one (OhCore *core, const char *path, GError **error)
{
  GModule *module = g_module_open (path, G_MODULE_BIND_LOCAL);
  gpointer abi = NULL;
  gpointer create = NULL;

  if (!module)
    {
      g_set_error (error, OH_ERROR, OH_ERROR_FAILED, "%s", g_module_error ());
      return NULL;
    }
  g_module_make_resident (module);
  if (!g_module_symbol (module, OH_PROVIDER_ABI_SYMBOL, &abi)
      || !g_module_symbol (module, OH_PROVIDER_ENTRY, &create))
    {
      g_set_error (error, OH_ERROR, OH_ERROR_INVALID, "it is no plugin of this program");
      return NULL;
    }
  if (*(const guint *)abi != OH_PROVIDER_ABI)
    {
      g_set_error (error, OH_ERROR, OH_ERROR_UNSUPPORTED, "it was built for another version (%u)",
                   *(const guint *)abi);
      return NULL;
    }
  return ((OhProviderCreateFunc)create) (core, error);
}

static void
load_into (OhPlugins *plugins, OhCore *core, const char *path, GPtrArray *problems)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *name = g_path_get_basename (path);
  OhProvider *provider = load_one (core, path, &error);

  *strrchr (name, '.') = '\0';
  if (!provider)
    {
      g_warning ("plugin %s can't be used: %s", name, error->message);
      g_ptr_array_add (problems, g_strdup_printf ("%s: %s", name, error->message));
    }
  else if (oh_plugins_find (plugins, oh_provider_get_id (provider)))
    {
      g_message ("plugin %s is there twice, the first one counts", path);
      g_object_unref (provider);
    }
  else
    g_ptr_array_add (plugins->providers, provider);
}

static void
load_folder (OhPlugins *plugins, OhCore *core, const char *folder, GPtrArray *problems)
{
  g_autoptr (GDir) dir = g_dir_open (folder, 0, NULL);
  const char *name;

  while (dir && (name = g_dir_read_name (dir)))
    if (g_str_has_suffix (name, ".so"))
      {
        g_autofree char *path = g_build_filename (folder, name, NULL);

        load_into (plugins, core, path, problems);
      }
}

OhPlugins *
oh_plugins_load (OhCore *core, const char *path)
{
  OhPlugins *plugins = g_new0 (OhPlugins, 1);
  g_autoptr (GPtrArray) problems = g_ptr_array_new ();
  g_auto (GStrv) folders = g_strsplit (path ? path : OH_PLUGIN_DIR, ":", -1);

  plugins->providers = g_ptr_array_new_with_free_func (g_object_unref);
  for (guint i = 0; folders[i]; i++)
    if (*folders[i])
      load_folder (plugins, core, folders[i], problems);
  g_ptr_array_add (problems, NULL);
  plugins->problems = (char **)g_ptr_array_steal (problems, NULL);
  return plugins;
}

void
oh_plugins_free (OhPlugins *plugins)
{
  if (!plugins)
    return;
  g_ptr_array_unref (plugins->providers);
  g_strfreev (plugins->problems);
  g_free (plugins);
}

OhProvider *
oh_plugins_find (OhPlugins *plugins, const char *id)
{
  for (guint i = 0; i < plugins->providers->len; i++)
    if (g_strcmp0 (oh_provider_get_id (plugins->providers->pdata[i]), id) == 0)
      return plugins->providers->pdata[i];
  return NULL;
}
