/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "client/store/oh-history-entry.h"

#include "client/store/oh-call-route-private.h"
#include "client/store/oh-history-row.h"

struct _OhHistoryEntry
{
  GObject parent;
  gboolean loaded;
  OhHistoryRow row;
};

G_DEFINE_FINAL_TYPE (OhHistoryEntry, oh_history_entry, G_TYPE_OBJECT)

enum
{
  PROP_0,
  PROP_LOADED,
  PROP_ID,
  PROP_ACCOUNT,
  PROP_INCOMING,
  PROP_NAME,
  PROP_NUMBER,
  PROP_CALLED,
  PROP_WITHHELD,
  PROP_START,
  PROP_DURATION,
  PROP_OUTCOME,
  PROP_MISSED,
  N_PROPS
};
static GParamSpec *properties[N_PROPS];

static const char *const outcome_words[] = { "answered", "missed", "declined", "voicemail",
                                             "busy",     "failed", "elsewhere" };

OhOutcome
oh_outcome_from_string (const char *word)
{
  for (guint i = 0; i < G_N_ELEMENTS (outcome_words); i++)
    if (g_strcmp0 (word, outcome_words[i]) == 0)
      return i;
  return OH_OUTCOME_FAILED;
}

const char *
oh_outcome_to_string (OhOutcome outcome)
{
  g_return_val_if_fail ((guint)outcome < G_N_ELEMENTS (outcome_words), "failed");
  return outcome_words[outcome];
}

static gboolean
is_missed (OhHistoryEntry *entry)
{
  return entry->row.incoming
         && (entry->row.outcome == OH_OUTCOME_MISSED || entry->row.outcome == OH_OUTCOME_VOICEMAIL);
}

static void
get_property (GObject *object, guint id, GValue *value, GParamSpec *pspec)
{
  OhHistoryEntry *entry = OH_HISTORY_ENTRY (object);
  const OhHistoryRow *row = &entry->row;

  switch (id)
    {
    case PROP_LOADED:
      g_value_set_boolean (value, entry->loaded);
      break;
    case PROP_ID:
      g_value_set_string (value, row->id);
      break;
    case PROP_ACCOUNT:
      g_value_set_string (value, row->account);
      break;
    case PROP_INCOMING:
      g_value_set_boolean (value, row->incoming);
      break;
    case PROP_NAME:
      g_value_set_string (value, row->name);
      break;
    case PROP_NUMBER:
      g_value_set_string (value, row->number);
      break;
    case PROP_CALLED:
      g_value_set_string (value, row->called);
      break;
    case PROP_WITHHELD:
      g_value_set_boolean (value, row->withheld);
      break;
    case PROP_START:
      g_value_set_int64 (value, row->start);
      break;
    case PROP_DURATION:
      g_value_set_uint (value, row->duration);
      break;
    case PROP_OUTCOME:
      g_value_set_int (value, row->outcome);
      break;
    default:
      g_value_set_boolean (value, is_missed (entry));
      break;
    }
}

static void
clear_row (OhHistoryRow *row)
{
  g_clear_pointer (&row->account, g_free);
  g_clear_pointer (&row->id, g_free);
  g_clear_pointer (&row->name, g_free);
  g_clear_pointer (&row->number, g_free);
  g_clear_pointer (&row->called, g_free);
  g_clear_pointer (&row->peer, g_free);
  g_clear_pointer (&row->route, g_free);
}

static void
finalize (GObject *object)
{
  clear_row (&OH_HISTORY_ENTRY (object)->row);
  G_OBJECT_CLASS (oh_history_entry_parent_class)->finalize (object);
}

static void
oh_history_entry_class_init (OhHistoryEntryClass *klass)
{
  const GParamFlags flags = G_PARAM_READABLE | G_PARAM_STATIC_STRINGS;
  GObjectClass *object_class = G_OBJECT_CLASS (klass);

  object_class->get_property = get_property;
  object_class->finalize = finalize;
  properties[PROP_LOADED] = g_param_spec_boolean ("loaded", NULL, NULL, FALSE, flags);
  properties[PROP_ID] = g_param_spec_string ("id", NULL, NULL, NULL, flags);
  properties[PROP_ACCOUNT] = g_param_spec_string ("account", NULL, NULL, NULL, flags);
  properties[PROP_INCOMING] = g_param_spec_boolean ("incoming", NULL, NULL, FALSE, flags);
  properties[PROP_NAME] = g_param_spec_string ("name", NULL, NULL, NULL, flags);
  properties[PROP_NUMBER] = g_param_spec_string ("number", NULL, NULL, NULL, flags);
  properties[PROP_CALLED] = g_param_spec_string ("called", NULL, NULL, NULL, flags);
  properties[PROP_WITHHELD] = g_param_spec_boolean ("withheld", NULL, NULL, FALSE, flags);
  properties[PROP_START] = g_param_spec_int64 ("start", NULL, NULL, 0, G_MAXINT64, 0, flags);
  properties[PROP_DURATION] = g_param_spec_uint ("duration", NULL, NULL, 0, G_MAXUINT, 0, flags);
  properties[PROP_OUTCOME] = g_param_spec_int ("outcome", NULL, NULL, 0, OH_OUTCOME_ELSEWHERE, 0,
                                               flags);
  properties[PROP_MISSED] = g_param_spec_boolean ("missed", NULL, NULL, FALSE, flags);
  g_object_class_install_properties (object_class, N_PROPS, properties);
}

static void
oh_history_entry_init (OhHistoryEntry *entry)
{
}

void
oh_history_entry_fill (OhHistoryEntry *entry, const OhHistoryRow *row)
{
  if (!row)
    return;
  clear_row (&entry->row);
  entry->row = *row;
  entry->row.account = g_strdup (row->account);
  entry->row.id = g_strdup (row->id);
  entry->row.name = g_strdup (row->name);
  entry->row.number = g_strdup (row->number);
  entry->row.called = g_strdup (row->called);
  entry->row.peer = g_strdup (row->peer);
  entry->row.route = g_strdup (row->route);
  entry->loaded = TRUE;
  g_object_freeze_notify (G_OBJECT (entry));
  for (guint i = 1; i < N_PROPS; i++)
    g_object_notify_by_pspec (G_OBJECT (entry), properties[i]);
  g_object_thaw_notify (G_OBJECT (entry));
}

#define GETTER(type, name, expression, none)                                                       \
  type oh_history_entry_##name (OhHistoryEntry *entry)                                             \
  {                                                                                                \
    g_return_val_if_fail (OH_IS_HISTORY_ENTRY (entry), none);                                      \
    return expression;                                                                             \
  }

GETTER (gboolean, is_loaded, entry->loaded, FALSE)
GETTER (const char *, get_id, entry->row.id, NULL)
GETTER (const char *, get_account, entry->row.account, NULL)
GETTER (gboolean, is_incoming, entry->row.incoming, FALSE)
GETTER (const char *, get_name, entry->row.name, NULL)
GETTER (const char *, get_number, entry->row.number, NULL)
GETTER (const char *, get_called, entry->row.called, NULL)
GETTER (const char *, get_peer, entry->row.peer, NULL)
GETTER (gboolean, is_withheld, entry->row.withheld, FALSE)
GETTER (gint64, get_start, entry->row.start, 0)
GETTER (guint, get_duration, entry->row.duration, 0)
GETTER (gboolean, has_route, entry->row.route != NULL, FALSE)
GETTER (OhCallRoute *, dup_route, oh_call_route_parse (entry->row.route), NULL)
GETTER (OhOutcome, get_outcome, entry->row.outcome, OH_OUTCOME_FAILED)
