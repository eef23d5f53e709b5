/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "oh-client"

#include "client/chat/oh-chat-private.h"

#include <string.h>

struct _OhChatMessage
{
  GObject parent;
  guint number;
  OhChatRow *row; /* NULL: not loaded */
};

enum
{
  PROP_LOADED = 1,
  PROP_NUMBER,
  PROP_INCOMING,
  PROP_TEXT,
  PROP_TIME,
  PROP_STATE,
  PROP_REASON,
  PROP_DETAIL,
  PROP_WARNING,
  PROP_AUTOMATIC,
  N_PROPS
};
static GParamSpec *properties[N_PROPS];

G_DEFINE_FINAL_TYPE (OhChatMessage, oh_chat_message, G_TYPE_OBJECT)

static void
get_property (GObject *object, guint id, GValue *value, GParamSpec *pspec)
{
  OhChatMessage *message = OH_CHAT_MESSAGE (object);

  switch (id)
    {
    case PROP_LOADED:
      g_value_set_boolean (value, message->row != NULL);
      break;
    case PROP_NUMBER:
      g_value_set_uint (value, message->number);
      break;
    case PROP_INCOMING:
      g_value_set_boolean (value, oh_chat_message_is_incoming (message));
      break;
    case PROP_TEXT:
      g_value_set_string (value, oh_chat_message_get_text (message));
      break;
    case PROP_TIME:
      g_value_set_int64 (value, oh_chat_message_get_time (message));
      break;
    case PROP_STATE:
      g_value_set_int (value, oh_chat_message_get_state (message));
      break;
    case PROP_REASON:
      g_value_set_int (value, oh_chat_message_get_reason (message));
      break;
    case PROP_DETAIL:
      g_value_set_string (value, oh_chat_message_get_detail (message));
      break;
    case PROP_WARNING:
      g_value_set_int (value, oh_chat_message_get_warning (message));
      break;
    default:
      g_value_set_boolean (value, oh_chat_message_is_automatic (message));
      break;
    }
}

static void
finalize (GObject *object)
{
  oh_chat_row_free (OH_CHAT_MESSAGE (object)->row);
  G_OBJECT_CLASS (oh_chat_message_parent_class)->finalize (object);
}

static void
oh_chat_message_class_init (OhChatMessageClass *klass)
{
  const GParamFlags flags = G_PARAM_READABLE | G_PARAM_STATIC_STRINGS;
  GObjectClass *object_class = G_OBJECT_CLASS (klass);

  object_class->get_property = get_property;
  object_class->finalize = finalize;
  properties[PROP_LOADED] = g_param_spec_boolean ("loaded", NULL, NULL, FALSE, flags);
  properties[PROP_NUMBER] = g_param_spec_uint ("number", NULL, NULL, 0, G_MAXUINT, 0, flags);
  properties[PROP_INCOMING] = g_param_spec_boolean ("incoming", NULL, NULL, FALSE, flags);
  properties[PROP_TEXT] = g_param_spec_string ("text", NULL, NULL, "", flags);
  properties[PROP_TIME] = g_param_spec_int64 ("time", NULL, NULL, 0, G_MAXINT64, 0, flags);
  properties[PROP_STATE] = g_param_spec_int ("state", NULL, NULL, 0, OH_CHAT_FAILED, 0, flags);
  properties[PROP_REASON] = g_param_spec_int ("reason", NULL, NULL, 0, OH_CHAT_REASON_ACCOUNT, 0,
                                              flags);
  properties[PROP_DETAIL] = g_param_spec_string ("detail", NULL, NULL, "", flags);
  properties[PROP_WARNING] = g_param_spec_int ("warning", NULL, NULL, 0, OH_CHAT_WARNING_FILE, 0,
                                               flags);
  properties[PROP_AUTOMATIC] = g_param_spec_boolean ("automatic", NULL, NULL, FALSE, flags);
  g_object_class_install_properties (object_class, N_PROPS, properties);
}

static void
oh_chat_message_init (OhChatMessage *message)
{
}

char *
oh_chat_message_clean (const char *text)
{
  gsize length = strnlen (text, OH_CHAT_MAX_TEXT);
  const char *end;

  if (!g_utf8_validate (text, (gssize)length, &end))
    length = (gsize)(end - text); /* cut inside a character, or none at all */
  return g_strndup (text, length);
}

OhChatMessage *
oh_chat_message_new (guint number)
{
  OhChatMessage *message = g_object_new (OH_TYPE_CHAT_MESSAGE, NULL);

  message->number = number;
  return message;
}

void
oh_chat_message_fill (OhChatMessage *message, const OhChatRow *row)
{
  OhChatRow *old = message->row;

  message->row = oh_chat_row_copy (row);
  oh_chat_row_free (old);
  g_object_freeze_notify (G_OBJECT (message));
  for (guint i = 1; i < N_PROPS; i++)
    g_object_notify_by_pspec (G_OBJECT (message), properties[i]);
  g_object_thaw_notify (G_OBJECT (message));
}

void
oh_chat_message_set_state (OhChatMessage *message, OhChatState state)
{
  if (!message->row || message->row->state == state)
    return;
  message->row->state = state;
  g_object_notify_by_pspec (G_OBJECT (message), properties[PROP_STATE]);
}

gboolean
oh_chat_message_is_loaded (OhChatMessage *message)
{
  g_return_val_if_fail (OH_IS_CHAT_MESSAGE (message), FALSE);
  return message->row != NULL;
}

guint
oh_chat_message_get_number (OhChatMessage *message)
{
  g_return_val_if_fail (OH_IS_CHAT_MESSAGE (message), 0);
  return message->number;
}

#define GETTER(type, name, value, none)                                                            \
  type oh_chat_message_##name (OhChatMessage *message)                                             \
  {                                                                                                \
    g_return_val_if_fail (OH_IS_CHAT_MESSAGE (message), none);                                     \
    return message->row && (message->row->value) ? message->row->value : none;                     \
  }

GETTER (gboolean, is_incoming, incoming, FALSE)
GETTER (const char *, get_text, text, "")
GETTER (gint64, get_time, time, 0)
GETTER (OhChatState, get_state, state, OH_CHAT_RECEIVED)
GETTER (OhChatReason, get_reason, reason, OH_CHAT_REASON_NONE)
GETTER (const char *, get_detail, detail, "")
GETTER (OhChatWarning, get_warning, warning, OH_CHAT_WARNING_NONE)
GETTER (gboolean, is_automatic, automatic, FALSE)
