/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "oh-client"

#include "client/voicemail/oh-voicemail-private.h"

#include "base/oh-error.h"
#include "client/account/oh-json.h"

#include <string.h>

struct _OhVoicemail
{
  GObject parent;
  OhVoicemailFacts facts;
};

G_DEFINE_FINAL_TYPE (OhVoicemail, oh_voicemail, G_TYPE_OBJECT)

enum
{
  PROP_0,
  PROP_ID,
  PROP_ACCOUNT,
  PROP_NAME,
  PROP_NUMBER,
  PROP_WITHHELD,
  PROP_START,
  PROP_DURATION_MS,
  PROP_HEARD,
  N_PROPS
};
static GParamSpec *properties[N_PROPS];

static void
get_property (GObject *object, guint id, GValue *value, GParamSpec *pspec)
{
  const OhVoicemailFacts *facts = &OH_VOICEMAIL (object)->facts;

  switch (id)
    {
    case PROP_ID:
      g_value_set_string (value, facts->id);
      break;
    case PROP_ACCOUNT:
      g_value_set_string (value, facts->account);
      break;
    case PROP_NAME:
      g_value_set_string (value, facts->name);
      break;
    case PROP_NUMBER:
      g_value_set_string (value, facts->number);
      break;
    case PROP_WITHHELD:
      g_value_set_boolean (value, facts->withheld);
      break;
    case PROP_START:
      g_value_set_int64 (value, facts->start);
      break;
    case PROP_DURATION_MS:
      g_value_set_uint64 (value, facts->duration_ms);
      break;
    default:
      g_value_set_boolean (value, facts->heard);
      break;
    }
}

static void
finalize (GObject *object)
{
  OhVoicemailFacts *facts = &OH_VOICEMAIL (object)->facts;

  g_free (facts->account);
  g_free (facts->id);
  g_free (facts->name);
  g_free (facts->number);
  G_OBJECT_CLASS (oh_voicemail_parent_class)->finalize (object);
}

static void
oh_voicemail_class_init (OhVoicemailClass *klass)
{
  const GParamFlags flags = G_PARAM_READABLE | G_PARAM_STATIC_STRINGS;
  GObjectClass *object_class = G_OBJECT_CLASS (klass);

  object_class->get_property = get_property;
  object_class->finalize = finalize;
  properties[PROP_ID] = g_param_spec_string ("id", NULL, NULL, NULL, flags);
  properties[PROP_ACCOUNT] = g_param_spec_string ("account", NULL, NULL, NULL, flags);
  properties[PROP_NAME] = g_param_spec_string ("name", NULL, NULL, NULL, flags);
  properties[PROP_NUMBER] = g_param_spec_string ("number", NULL, NULL, NULL, flags);
  properties[PROP_WITHHELD] = g_param_spec_boolean ("withheld", NULL, NULL, FALSE, flags);
  properties[PROP_START] = g_param_spec_int64 ("start", NULL, NULL, 0, G_MAXINT64, 0, flags);
  properties[PROP_DURATION_MS] = g_param_spec_uint64 ("duration-ms", NULL, NULL, 0, G_MAXUINT64, 0,
                                                      flags);
  properties[PROP_HEARD] = g_param_spec_boolean ("heard", NULL, NULL, FALSE, flags);
  g_object_class_install_properties (object_class, N_PROPS, properties);
}

static void
oh_voicemail_init (OhVoicemail *voicemail)
{
}

OhVoicemail *
oh_voicemail_new (const OhVoicemailFacts *facts)
{
  OhVoicemail *voicemail = g_object_new (OH_TYPE_VOICEMAIL, NULL);

  voicemail->facts = *facts;
  voicemail->facts.account = g_strdup (facts->account);
  voicemail->facts.id = g_strdup (facts->id);
  voicemail->facts.name = g_strdup (facts->name);
  voicemail->facts.number = g_strdup (facts->number);
  return voicemail;
}

void
oh_voicemail_set_heard (OhVoicemail *voicemail, gboolean heard)
{
  g_return_if_fail (OH_IS_VOICEMAIL (voicemail));
  if (voicemail->facts.heard == !!heard)
    return;
  voicemail->facts.heard = !!heard;
  g_object_notify_by_pspec (G_OBJECT (voicemail), properties[PROP_HEARD]);
}

gboolean
oh_voicemail_is_safe_id (const char *id)
{
  gsize length = id ? strlen (id) : 0;

  return length > 0 && length <= 64
         && strspn (id, G_CSET_a_2_z G_CSET_A_2_Z G_CSET_DIGITS "-_") == length;
}

static OhVoicemail *
voicemail_from_json (JsonObject *object, const char *account)
{
  g_autofree char *name = oh_json_dup_text (object, "name");
  g_autofree char *number = oh_json_dup_text (object, "number");
  g_autofree char *id = oh_json_dup_id (object, "id");
  OhVoicemailFacts facts = {
    .account = (char *)account,
    .id = id,
    .name = name,
    .number = number,
    .withheld = oh_json_get_flag (object, "withheld"),
    .heard = oh_json_get_flag (object, "heard"),
    .start = oh_json_get_number (object, "start", 0, G_MAXINT64),
    .duration_ms = oh_json_get_number (object, "duration_ms", 0, 86400000),
  };

  return oh_voicemail_is_safe_id (id) ? oh_voicemail_new (&facts) : NULL;
}

GPtrArray *
oh_voicemails_from_json (JsonNode *node, const char *account, GError **error)
{
  JsonArray *messages = oh_json_get_array (node, "messages");
  GPtrArray *all;

  if (!messages)
    {
      g_set_error (error, OH_ERROR, OH_ERROR_INVALID, "the answer holds no messages");
      return NULL;
    }
  all = g_ptr_array_new_with_free_func (g_object_unref);
  for (guint i = 0; i < json_array_get_length (messages); i++)
    {
      JsonNode *element = json_array_get_element (messages, i);
      OhVoicemail *voicemail = NULL;

      if (JSON_NODE_HOLDS_OBJECT (element))
        voicemail = voicemail_from_json (json_node_get_object (element), account);
      if (voicemail)
        g_ptr_array_add (all, voicemail);
    }
  return all;
}

#define GETTER(type, name, member, none)                                                           \
  type oh_voicemail_##name (OhVoicemail *voicemail)                                                \
  {                                                                                                \
    g_return_val_if_fail (OH_IS_VOICEMAIL (voicemail), none);                                      \
    return voicemail->facts.member;                                                                \
  }

GETTER (const char *, get_id, id, NULL)
GETTER (const char *, get_account, account, NULL)
GETTER (const char *, get_name, name, NULL)
GETTER (const char *, get_number, number, NULL)
GETTER (gboolean, is_withheld, withheld, FALSE)
GETTER (gint64, get_start, start, 0)
GETTER (guint64, get_duration_ms, duration_ms, 0)
GETTER (gboolean, is_heard, heard, FALSE)
