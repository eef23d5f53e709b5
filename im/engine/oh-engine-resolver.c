/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "oh-im-engine"

#include "im/engine/oh-engine-private.h"

#include <dnsquery.h>
#include <dnssrv.h>
#include <string.h>

/* libpurple's own look-ups fork this process, which has GDBus' thread and the parent's descriptor;
 * GLib's do not. A query that libpurple drops is cancelled and never called back. */
static GHashTable *queries; /* libpurple's query -> GCancellable */

typedef struct
{
  gpointer query;
  GCancellable *cancellable;
  int type; /* enum PurpleDnsType, for records */
  GCallback resolved;
  GCallback failed;
} Lookup;

static Lookup *
lookup_new (gpointer query, GCallback resolved, GCallback failed)
{
  Lookup *lookup = g_new0 (Lookup, 1);

  lookup->query = query;
  lookup->cancellable = g_cancellable_new ();
  lookup->resolved = resolved;
  lookup->failed = failed;
  g_hash_table_insert (queries, query, g_object_ref (lookup->cancellable));
  return lookup;
}

static void
lookup_free (Lookup *lookup)
{
  g_object_unref (lookup->cancellable);
  g_free (lookup);
}

G_DEFINE_AUTOPTR_CLEANUP_FUNC (Lookup, lookup_free)

/* Whether libpurple still waits. */
static gboolean
take (Lookup *lookup)
{
  return !g_cancellable_is_cancelled (lookup->cancellable)
         && g_hash_table_remove (queries, lookup->query);
}

static void
on_query_dropped (gpointer query)
{
  GCancellable *cancellable = g_hash_table_lookup (queries, query);

  if (cancellable)
    g_cancellable_cancel (cancellable);
  g_hash_table_remove (queries, query);
}

/* libpurple's list: length of an address, address, length, address... */
static GSList *
list_addresses (GList *addresses, guint16 port)
{
  GSList *hosts = NULL;

  for (GList *l = addresses; l; l = l->next)
    {
      g_autoptr (GSocketAddress) address = g_inet_socket_address_new (l->data, port);
      gssize size = g_socket_address_get_native_size (address);
      gpointer native = size > 0 ? g_malloc0 ((gsize)size) : NULL;

      if (native && g_socket_address_to_native (address, native, (gsize)size, NULL))
        {
          hosts = g_slist_append (hosts, GSIZE_TO_POINTER ((gsize)size));
          hosts = g_slist_append (hosts, native);
        }
      else
        g_free (native);
    }
  return hosts;
}

static void
on_lookup_by_name_ready (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (Lookup) lookup = user_data;
  g_autoptr (GError) error = NULL;
  GList *found = g_resolver_lookup_by_name_finish (G_RESOLVER (source), result, &error);

  if (take (lookup))
    {
      if (found)
        ((PurpleDnsQueryResolvedCallback)lookup->resolved) (
            lookup->query,
            list_addresses (found, (guint16)purple_dnsquery_get_port (lookup->query)));
      else
        ((PurpleDnsQueryFailedCallback)lookup->failed) (lookup->query, error->message);
    }
  g_resolver_free_addresses (found);
}

static gboolean
resolve_host (PurpleDnsQueryData *query,
              PurpleDnsQueryResolvedCallback resolved,
              PurpleDnsQueryFailedCallback failed)
{
  Lookup *lookup = lookup_new (query, G_CALLBACK (resolved), G_CALLBACK (failed));
  g_autoptr (GResolver) resolver = g_resolver_get_default ();

  g_resolver_lookup_by_name_async (resolver, purple_dnsquery_get_host (query), lookup->cancellable,
                                   on_lookup_by_name_ready, lookup);
  return TRUE;
}

static gpointer
make_service (GVariant *record)
{
  PurpleSrvResponse *response = g_new0 (PurpleSrvResponse, 1);
  guint16 priority, weight, port;
  const char *host;

  g_variant_get (record, "(qqq&s)", &priority, &weight, &port, &host);
  g_strlcpy (response->hostname, host, sizeof response->hostname);
  response->port = port;
  response->weight = weight;
  response->pref = priority;
  return response;
}

static gpointer
make_text (GVariant *record)
{
  PurpleTxtResponse *response = g_new0 (PurpleTxtResponse, 1);
  g_autofree const char **parts = NULL;

  g_variant_get (record, "(^a&s)", &parts);
  response->content = g_strjoinv ("", (char **)parts);
  return response;
}

static void
on_lookup_records_ready (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (Lookup) lookup = user_data;
  g_autoptr (GError) error = NULL;
  GList *found = g_resolver_lookup_records_finish (G_RESOLVER (source), result, &error);
  GList *records = NULL;

  if (take (lookup))
    {
      for (GList *l = found; l; l = l->next)
        records = g_list_append (records, lookup->type == PurpleDnsTypeSrv ? make_service (l->data)
                                                                           : make_text (l->data));
      if (records)
        ((PurpleSrvTxtQueryResolvedCallback)lookup->resolved) (lookup->query, records);
      else
        ((PurpleSrvTxtQueryFailedCallback)lookup->failed) (lookup->query,
                                                           error ? error->message : "no record");
    }
  g_list_free_full (found, (GDestroyNotify)g_variant_unref);
}

static gboolean
resolve_records (PurpleSrvTxtQueryData *query,
                 PurpleSrvTxtQueryResolvedCallback resolved,
                 PurpleSrvTxtQueryFailedCallback failed)
{
  Lookup *lookup = lookup_new (query, G_CALLBACK (resolved), G_CALLBACK (failed));
  g_autoptr (GResolver) resolver = g_resolver_get_default ();

  lookup->type = purple_srv_txt_query_get_type (query);
  g_resolver_lookup_records_async (resolver, purple_srv_txt_query_get_query (query),
                                   lookup->type == PurpleDnsTypeSrv ? G_RESOLVER_RECORD_SRV
                                                                    : G_RESOLVER_RECORD_TXT,
                                   lookup->cancellable, on_lookup_records_ready, lookup);
  return TRUE;
}

void
oh_engine_resolver_install (void)
{
  static PurpleDnsQueryUiOps hosts = { .resolve_host = resolve_host,
                                       .destroy = (gpointer)on_query_dropped };
  static PurpleSrvTxtQueryUiOps records = { .resolve = resolve_records,
                                            .destroy = (gpointer)on_query_dropped };

  queries = g_hash_table_new_full (NULL, NULL, NULL, g_object_unref);
  purple_dnsquery_set_ui_ops (&hosts);
  purple_srv_txt_query_set_ui_ops (&records);
}
