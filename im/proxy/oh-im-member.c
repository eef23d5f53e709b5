/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "oh-im"

#include "im/proxy/oh-im-member.h"

#include "im/proxy/oh-im-room-private.h"

enum
{
  PROP_NICK = 1,
  PROP_FLAGS,
  PROP_REAL,
  N_PROPS
};

static GParamSpec *props[N_PROPS];

struct _OhImMember
{
  GObject parent;
  char *nick;
  char *real;
  OhImMemberFlags flags;
};

G_DEFINE_FINAL_TYPE (OhImMember, oh_im_member, G_TYPE_OBJECT)

OhImMember *
oh_im_member_new (const char *nick)
{
  OhImMember *member = g_object_new (OH_TYPE_IM_MEMBER, NULL);

  member->nick = g_strdup (nick);
  member->real = g_strdup ("");
  return member;
}

/* Takes @value. */
static void
set_text (OhImMember *member, char **text, char *value, guint prop)
{
  if (g_str_equal (*text, value))
    {
      g_free (value);
      return;
    }
  g_free (*text);
  *text = value;
  g_object_notify_by_pspec (G_OBJECT (member), props[prop]);
}

void
oh_im_member_rename (OhImMember *member, const char *nick)
{
  set_text (member, &member->nick, g_strdup (nick), PROP_NICK);
}

void
oh_im_member_update (OhImMember *member, GVariant *dict)
{
  guint32 flags = 0;

  g_variant_lookup (dict, "flags", "u", &flags);
  flags &= OH_IM_MEMBER_ALL;
  g_object_freeze_notify (G_OBJECT (member));
  set_text (member, &member->real, oh_im_parse_line (dict, "real"), PROP_REAL);
  if (flags != member->flags)
    {
      member->flags = flags;
      g_object_notify_by_pspec (G_OBJECT (member), props[PROP_FLAGS]);
    }
  g_object_thaw_notify (G_OBJECT (member));
}

const char *
oh_im_member_get_nick (OhImMember *member)
{
  return member->nick;
}

OhImMemberFlags
oh_im_member_get_flags (OhImMember *member)
{
  return member->flags;
}

const char *
oh_im_member_get_real (OhImMember *member)
{
  return member->real;
}

static void
get_property (GObject *object, guint id, GValue *value, GParamSpec *pspec)
{
  OhImMember *member = OH_IM_MEMBER (object);

  if (id == PROP_FLAGS)
    g_value_set_uint (value, member->flags);
  else
    g_value_set_string (value, id == PROP_NICK ? member->nick : member->real);
}

static void
finalize (GObject *object)
{
  OhImMember *member = OH_IM_MEMBER (object);

  g_free (member->nick);
  g_free (member->real);
  G_OBJECT_CLASS (oh_im_member_parent_class)->finalize (object);
}

static void
oh_im_member_class_init (OhImMemberClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);
  GParamFlags flags = G_PARAM_READABLE | G_PARAM_STATIC_STRINGS;

  object_class->get_property = get_property;
  object_class->finalize = finalize;
  props[PROP_NICK] = g_param_spec_string ("nick", NULL, NULL, "", flags);
  props[PROP_FLAGS] = g_param_spec_uint ("flags", NULL, NULL, 0, OH_IM_MEMBER_ALL, 0, flags);
  props[PROP_REAL] = g_param_spec_string ("real", NULL, NULL, "", flags);
  g_object_class_install_properties (object_class, N_PROPS, props);
}

static void
oh_im_member_init (OhImMember *member)
{
}
