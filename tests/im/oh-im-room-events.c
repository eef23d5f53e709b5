/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "oh-test-im"

#include "tests/im/oh-im-room-events.h"

#include "tests/im/oh-im-events.h"

static GPtrArray *rooms;       /* of OhImRoom */
static GPtrArray *invitations; /* of OhImInvitation */

static const char *
yes_no (gboolean value)
{
  return value ? "yes" : "no";
}

/* Of the room; static. */
static const char *
get_number (OhImRoom *room)
{
  static char number[16];
  guint index = 0;

  g_ptr_array_find (rooms, room, &index);
  g_snprintf (number, sizeof number, "%u", index + 1);
  return number;
}

static void
on_notify (OhImRoom *room, GParamSpec *pspec, OhImAccount *account)
{
  static const char *const states[] = { "waiting", "joining", "in", "ended" };

  oh_im_events_say ("room", oh_im_account_get_id (account), "room", get_number (room), "state",
                    states[oh_im_room_get_state (room)], "name", oh_im_room_get_name (room), "nick",
                    oh_im_room_get_nick (room), "topic", oh_im_room_get_topic (room), "topic-by",
                    oh_im_room_get_topic_by (room), "end",
                    oh_im_room_end_to_word (oh_im_room_get_end (room)), "by",
                    oh_im_room_get_end_by (room), "text", oh_im_room_get_end_text (room), NULL);
}

static void
on_message (OhImRoom *room, OhImRoomMessage *message, OhImAccount *account)
{
  g_autofree char *time = g_strdup_printf ("%" G_GINT64_FORMAT, message->time);
  g_autofree char *dropped = g_strdup_printf ("%u", message->dropped);

  oh_im_events_say ("room-message", oh_im_account_get_id (account), "room", get_number (room),
                    "nick", message->nick, "text", message->text, "ref", message->ref, "time", time,
                    "delayed", yes_no (message->delayed), "own", yes_no (message->own), "highlight",
                    yes_no (message->highlight), "cut", yes_no (message->cut), "dropped", dropped,
                    NULL);
}

static void
on_refused (OhImRoom *room, const char *ref, const char *text, OhImAccount *account)
{
  oh_im_events_say ("room-refused", oh_im_account_get_id (account), "room", get_number (room),
                    "ref", ref, "text", text, NULL);
}

/* --- members --- */

static void
on_member_notify (OhImMember *member, GParamSpec *pspec, OhImRoom *room)
{
  g_autofree char *flags = g_strdup_printf ("%u", oh_im_member_get_flags (member));

  oh_im_events_say ("member", "", "room", get_number (room), "nick", oh_im_member_get_nick (member),
                    "flags", flags, "real", oh_im_member_get_real (member), "changed",
                    pspec ? pspec->name : "", NULL);
}

static void
on_members_changed (GListModel *list, guint position, guint removed, guint added, OhImRoom *room)
{
  g_autofree char *count = g_strdup_printf ("%u", g_list_model_get_n_items (list));

  for (guint i = position; i < position + added; i++)
    {
      g_autoptr (OhImMember) member = g_list_model_get_item (list, i);

      g_signal_connect_object (member, "notify", G_CALLBACK (on_member_notify), room, 0);
      on_member_notify (member, NULL, room);
    }
  if (removed > 0)
    oh_im_events_say ("members-gone", "", "room", get_number (room), "left", count, NULL);
}

/* --- commands --- */

static OhImRoom *
find (guint number)
{
  return rooms && number > 0 && number <= rooms->len ? rooms->pdata[number - 1] : NULL;
}

static void
say_error (const char *event, const char *id, const char *tag, GError *error)
{
  g_autofree char *code = g_strdup_printf ("%d", error->code);

  oh_im_events_say (event, id, "tag", tag, "code", code, "text", error->message, NULL);
}

static void
on_form_ready (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autofree char *name = user_data;
  g_autoptr (GError) error = NULL;
  OhImAccount *account = OH_IM_ACCOUNT (source);
  g_autoptr (GPtrArray) form = oh_im_account_get_room_form_finish (account, result, &error);

  if (!form)
    {
      say_error ("form-failed", oh_im_account_get_id (account), name, error);
      return;
    }
  for (guint i = 0; i < form->len; i++)
    {
      OhImOption *option = form->pdata[i];
      g_autofree char *value = option->value ? g_variant_print (option->value, FALSE) : NULL;

      oh_im_events_say ("form-field", oh_im_account_get_id (account), "of", name, "name",
                        option->name, "label", option->label, "value", value ? value : "",
                        "required", yes_no (option->required), "masked", yes_no (option->masked),
                        NULL);
    }
  oh_im_events_say ("form", oh_im_account_get_id (account), "of", name, NULL);
}

void
oh_im_room_events_say_form (OhImAccount *account, const char *name)
{
  oh_im_account_get_room_form_async (account, name, on_form_ready, g_strdup (name));
}

void
oh_im_room_events_join (OhImAccount *account, GVariant *fields)
{
  g_autoptr (GError) error = NULL;
  OhImRoom *room = oh_im_account_join_room (account, fields, &error);

  if (!room)
    {
      say_error ("room-error", oh_im_account_get_id (account), "", error);
      return;
    }
  if (!rooms)
    rooms = g_ptr_array_new_with_free_func (g_object_unref);
  g_ptr_array_add (rooms, g_object_ref (room));
  g_signal_connect_object (room, "notify", G_CALLBACK (on_notify), account, 0);
  g_signal_connect_object (room, "message", G_CALLBACK (on_message), account, 0);
  g_signal_connect_object (room, "refused", G_CALLBACK (on_refused), account, 0);
  g_signal_connect_object (oh_im_room_get_members (room), "items-changed",
                           G_CALLBACK (on_members_changed), room, 0);
  on_notify (room, NULL, account);
}

void
oh_im_room_events_leave (guint number)
{
  OhImRoom *room = find (number);

  if (room)
    oh_im_room_leave (room);
}

static void
on_sent (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autofree char *tag = user_data;
  g_autofree char *ref = NULL;
  g_autoptr (GError) error = NULL;
  OhImRoom *room = OH_IM_ROOM (source);

  if (oh_im_room_send_finish (room, result, &ref, &error))
    oh_im_events_say ("room-sent", "", "room", get_number (room), "tag", tag, "ref", ref, NULL);
  else
    say_error ("room-not-sent", "", tag, error);
}

void
oh_im_room_events_send (guint number, const char *text, const char *tag, guint timeout_s)
{
  OhImRoom *room = find (number);

  if (room)
    oh_im_room_send_async (room, text, timeout_s, NULL, on_sent, g_strdup (tag));
}

void
oh_im_room_events_set_topic (guint number, const char *topic)
{
  OhImRoom *room = find (number);

  if (room)
    oh_im_room_set_topic (room, topic);
}

void
oh_im_room_events_invite (guint number, const char *who, const char *text)
{
  OhImRoom *room = find (number);

  if (room)
    oh_im_room_invite (room, who, text);
}

/* --- invitations --- */

static void
on_invited (OhImAccount *account, OhImInvitation *invitation, gpointer data)
{
  g_autofree char *number = NULL;
  g_autofree char *fields = g_variant_print (invitation->fields, FALSE);

  if (!invitations)
    invitations = g_ptr_array_new_with_free_func ((GDestroyNotify)oh_im_invitation_unref);
  g_ptr_array_add (invitations, oh_im_invitation_ref (invitation));
  number = g_strdup_printf ("%u", invitations->len);
  oh_im_events_say ("invited", oh_im_account_get_id (account), "invitation", number, "with",
                    invitation->with, "claimed", invitation->claimed, "name", invitation->room,
                    "text", invitation->text, "fields", fields, NULL);
}

void
oh_im_room_events_watch (OhImAccount *account)
{
  g_signal_connect (account, "invited", G_CALLBACK (on_invited), NULL);
}

static OhImInvitation *
find_invitation (guint number)
{
  return invitations && number > 0 && number <= invitations->len ? invitations->pdata[number - 1]
                                                                 : NULL;
}

void
oh_im_room_events_accept (OhImAccount *account, guint number)
{
  OhImInvitation *invitation = find_invitation (number);

  if (invitation)
    oh_im_room_events_join (account, invitation->fields);
}

void
oh_im_room_events_decline (OhImAccount *account, guint number)
{
  OhImInvitation *invitation = find_invitation (number);

  if (invitation)
    oh_im_account_decline_room (account, invitation);
}

void
oh_im_room_events_close (void)
{
  g_clear_pointer (&invitations, g_ptr_array_unref);
  g_clear_pointer (&rooms, g_ptr_array_unref);
}
