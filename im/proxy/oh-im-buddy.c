/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "oh-im"

#include "im/proxy/oh-im-buddy.h"

#include "im/proxy/oh-im-private.h"

enum
{
  PROP_NAME = 1,
  PROP_ALIAS,
  PROP_GROUP,
  PROP_PRESENCE,
  PROP_MESSAGE,
  PROP_IDLE_SINCE,
  PROP_CLIENT,
  PROP_PROGRAM,
  PROP_VERSION,
  N_PROPS
};

static GParamSpec *props[N_PROPS];

struct _OhImBuddy
{
  GObject parent;
  char *strings[N_PROPS]; /* by property; only those of text are used */
  OhImPresence presence;
  gint64 idle_since;
  gint64 last_activity;
};

G_DEFINE_FINAL_TYPE (OhImBuddy, oh_im_buddy, G_TYPE_OBJECT)

static void
set_string (OhImBuddy *buddy, guint prop, char *value)
{
  if (g_strcmp0 (buddy->strings[prop], value) != 0)
    {
      g_free (buddy->strings[prop]);
      buddy->strings[prop] = value;
      g_object_notify_by_pspec (G_OBJECT (buddy), props[prop]);
    }
  else
    g_free (value);
}

static void
set_presence (OhImBuddy *buddy, OhImPresence presence, gint64 idle_since)
{
  if (idle_since != buddy->idle_since)
    {
      buddy->idle_since = idle_since;
      g_object_notify_by_pspec (G_OBJECT (buddy), props[PROP_IDLE_SINCE]);
    }
  if (presence != buddy->presence)
    {
      buddy->presence = presence;
      g_object_notify_by_pspec (G_OBJECT (buddy), props[PROP_PRESENCE]);
    }
}

OhImBuddy *
oh_im_buddy_new (const char *name)
{
  OhImBuddy *buddy = g_object_new (OH_TYPE_IM_BUDDY, NULL);

  buddy->strings[PROP_NAME] = g_strdup (name);
  return buddy;
}

/* Programs go away, sign in again and lose their line by themselves; coming back from away, or saying that
 * one is busy, is done by somebody who is there. */
static gboolean
is_set_by_hand (OhImPresence from, OhImPresence to)
{
  return (to == OH_IM_PRESENCE_AVAILABLE || to == OH_IM_PRESENCE_BUSY)
         && from != OH_IM_PRESENCE_UNKNOWN && from != OH_IM_PRESENCE_OFFLINE;
}

void
oh_im_buddy_update (OhImBuddy *buddy, GVariant *dict)
{
  OhImPresence old = buddy->presence;
  const char *presence = "", *message = "";
  gint64 idle_since = 0;

  g_variant_lookup (dict, "presence", "&s", &presence);
  g_variant_lookup (dict, "message", "&s", &message);
  g_variant_lookup (dict, "idle-since", "x", &idle_since);
  g_object_freeze_notify (G_OBJECT (buddy));
  set_string (buddy, PROP_ALIAS, oh_im_parse_line (dict, "alias"));
  set_string (buddy, PROP_GROUP, oh_im_parse_line (dict, "group"));
  set_string (buddy, PROP_CLIENT, oh_im_parse_line (dict, "client"));
  set_string (buddy, PROP_VERSION, oh_im_parse_line (dict, "version"));
  set_string (buddy, PROP_PROGRAM, oh_im_parse_line (dict, "program"));
  set_string (buddy, PROP_MESSAGE, oh_im_clean (message, OH_IM_MAX_STATUS));
  set_presence (buddy, oh_im_presence_from_word (presence), MAX (idle_since, 0));
  if (old != buddy->presence && is_set_by_hand (old, buddy->presence))
    oh_im_buddy_touch (buddy);
  g_object_thaw_notify (G_OBJECT (buddy));
}

void
oh_im_buddy_lose (OhImBuddy *buddy)
{
  set_presence (buddy, OH_IM_PRESENCE_UNKNOWN, 0);
}

void
oh_im_buddy_touch (OhImBuddy *buddy)
{
  buddy->last_activity = g_get_monotonic_time ();
}

const char *
oh_im_buddy_get_name (OhImBuddy *buddy)
{
  return buddy->strings[PROP_NAME];
}

const char *
oh_im_buddy_get_alias (OhImBuddy *buddy)
{
  return buddy->strings[PROP_ALIAS];
}

const char *
oh_im_buddy_get_group (OhImBuddy *buddy)
{
  return buddy->strings[PROP_GROUP];
}

OhImPresence
oh_im_buddy_get_presence (OhImBuddy *buddy)
{
  return buddy->presence;
}

const char *
oh_im_buddy_get_message (OhImBuddy *buddy)
{
  return buddy->strings[PROP_MESSAGE];
}

gint64
oh_im_buddy_get_idle_since (OhImBuddy *buddy)
{
  return buddy->idle_since;
}

const char *
oh_im_buddy_get_client (OhImBuddy *buddy)
{
  return buddy->strings[PROP_CLIENT];
}

const char *
oh_im_buddy_get_program (OhImBuddy *buddy)
{
  return buddy->strings[PROP_PROGRAM];
}

const char *
oh_im_buddy_get_version (OhImBuddy *buddy)
{
  return buddy->strings[PROP_VERSION];
}

gint64
oh_im_buddy_get_last_activity (OhImBuddy *buddy)
{
  return buddy->last_activity;
}

static void
get_property (GObject *object, guint id, GValue *value, GParamSpec *pspec)
{
  OhImBuddy *buddy = OH_IM_BUDDY (object);

  if (id == PROP_PRESENCE)
    g_value_set_int (value, buddy->presence);
  else if (id == PROP_IDLE_SINCE)
    g_value_set_int64 (value, buddy->idle_since);
  else
    g_value_set_string (value, buddy->strings[id]);
}

static void
finalize (GObject *object)
{
  OhImBuddy *buddy = OH_IM_BUDDY (object);

  for (guint i = 0; i < N_PROPS; i++)
    g_free (buddy->strings[i]);
  G_OBJECT_CLASS (oh_im_buddy_parent_class)->finalize (object);
}

static void
oh_im_buddy_class_init (OhImBuddyClass *klass)
{
  static const char *const names[N_PROPS] = {
    [PROP_NAME] = "name",       [PROP_ALIAS] = "alias",   [PROP_GROUP] = "group",
    [PROP_MESSAGE] = "message", [PROP_CLIENT] = "client", [PROP_PROGRAM] = "program",
    [PROP_VERSION] = "version"
  };
  GParamFlags flags = G_PARAM_READABLE | G_PARAM_STATIC_STRINGS;
  GObjectClass *object_class = G_OBJECT_CLASS (klass);

  object_class->get_property = get_property;
  object_class->finalize = finalize;
  for (guint i = 1; i < N_PROPS; i++)
    if (names[i])
      props[i] = g_param_spec_string (names[i], NULL, NULL, NULL, flags);
  props[PROP_PRESENCE] = g_param_spec_int ("presence", NULL, NULL, 0, OH_IM_PRESENCE_MOBILE, 0,
                                           flags);
  props[PROP_IDLE_SINCE] = g_param_spec_int64 ("idle-since", NULL, NULL, 0, G_MAXINT64, 0, flags);
  g_object_class_install_properties (object_class, N_PROPS, props);
}

static void
oh_im_buddy_init (OhImBuddy *buddy)
{
  for (guint i = 1; i < N_PROPS; i++)
    if (i != PROP_NAME && i != PROP_PRESENCE && i != PROP_IDLE_SINCE)
      buddy->strings[i] = g_strdup ("");
}
