/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "oh-im"

#include "base/oh-error.h"
#include "im/proxy/oh-im-account-private.h"
#include "im/proxy/oh-im-room-private.h"

/* The rooms that one account is to be in: which are joined when. A room that lets us in once is wanted until the
 * user leaves it or it puts us out; whatever else parts us from it, it is joined again. Owned by the account. */
struct _OhImRooms
{
  OhImProcess *process;
  GMainContext *context;
  OhImOutbox *outbox; /* the account's */
  char *account;
  GHashTable *rooms; /* number -> OhImRoom */
  GListStore *list;  /* the same, in the order in which they were wanted */
  gboolean online;
};

#define AT_ONCE 4 /* are being joined; services count what comes in a burst */
#define FIRST_RETRY_MS 2000
#define MAX_RETRY_MS 300000
#define BUSY_RETRY_MS 500 /* the service has not heard yet that we left */
#define MAX_BUSY 120
#define MAX_CRASHES 2
#define IN_WELL_US (30 * G_USEC_PER_SEC)  /* then the next loss counts as the first */
#define COMING_IN_US (2 * G_USEC_PER_SEC) /* in for less, it is still coming in */
#define MARGIN_S 30                       /* of what the room told before we were parted */
#define MAX_HISTORY_S (7 * 24 * 3600)

OhImRooms *
oh_im_rooms_new (OhImProcess *process, OhImOutbox *outbox, const char *account)
{
  OhImRooms *rooms = g_new0 (OhImRooms, 1);

  rooms->process = g_object_ref (process);
  rooms->context = g_main_context_ref_thread_default ();
  rooms->outbox = outbox;
  rooms->account = g_strdup (account);
  rooms->rooms = g_hash_table_new_full (g_int64_hash, g_int64_equal, NULL, g_object_unref);
  rooms->list = g_list_store_new (OH_TYPE_IM_ROOM);
  return rooms;
}

void
oh_im_rooms_free (OhImRooms *rooms)
{
  oh_im_rooms_close (rooms);
  g_object_unref (rooms->process);
  g_main_context_unref (rooms->context);
  g_free (rooms->account);
  g_hash_table_unref (rooms->rooms);
  g_object_unref (rooms->list);
  g_free (rooms);
}

GListModel *
oh_im_rooms_get_list (OhImRooms *rooms)
{
  return G_LIST_MODEL (rooms->list);
}

/* --- the end of one --- */

static void
take_from_list (OhImRooms *rooms, OhImRoom *room)
{
  guint position;

  if (g_list_store_find (rooms->list, room, &position))
    g_list_store_remove (rooms->list, position);
}

static void
finish (OhImRooms *rooms, OhImRoom *room)
{
  if (room->rooms != rooms)
    return;
  g_object_ref (room);
  room->rooms = NULL;
  oh_im_timer_clear (&room->retry);
  oh_im_room_lose (room);
  g_hash_table_remove (rooms->rooms, &room->number);
  take_from_list (rooms, room);
  oh_im_room_set_state (room, OH_IM_ROOM_STATE_ENDED);
  g_object_unref (room);
}

static void
finish_with (OhImRooms *rooms, OhImRoom *room, OhImRoomEnd end, const char *by, const char *text)
{
  oh_im_room_set_end (room, end, by, text);
  finish (rooms, room);
}

/* --- joining --- */

static void pump (OhImRooms *rooms);

static gboolean
on_retry_due (gpointer user_data)
{
  OhImRoom *room = user_data;

  oh_im_timer_clear (&room->retry);
  if (room->rooms)
    pump (room->rooms);
  return G_SOURCE_REMOVE;
}

static void
wait_for_retry (OhImRooms *rooms, OhImRoom *room, guint ms)
{
  oh_im_timer_clear (&room->retry);
  room->retry = oh_im_timer (rooms->context, ms, on_retry_due, room);
  oh_im_room_set_state (room, OH_IM_ROOM_STATE_WAITING);
}

/* Nobody who was put out, or is not wanted, comes again by himself. What may pass is of no account once we were
 * in: the nick may be held by our own last connection. */
static gboolean
is_for_good (const OhImRoom *room, OhImRoomEnd end)
{
  switch (end)
    {
    case OH_IM_ROOM_CLOSED:
      return FALSE;
    case OH_IM_ROOM_NICK:
    case OH_IM_ROOM_FULL:
    case OH_IM_ROOM_SERVICE:
    case OH_IM_ROOM_TIMED_OUT:
    case OH_IM_ROOM_FAILED:
      return !room->was_in;
    default:
      return TRUE;
    }
}

static void
note_parting (OhImRoom *room)
{
  gint64 now = g_get_monotonic_time ();

  if (room->state != OH_IM_ROOM_STATE_IN)
    return;
  room->parted = now;
  room->parted_real = g_get_real_time ();
  if (now - room->since > IN_WELL_US)
    room->failures = 0;
}

/* We are not in, or are not let in. */
static void
part (OhImRooms *rooms, OhImRoom *room, OhImRoomEnd end, const char *by, const char *text)
{
  note_parting (room);
  oh_im_room_set_end (room, end, by, text);
  oh_im_room_lose (room);
  if (room->rooms != rooms) /* whoever heard of that has left it */
    return;
  room->parked = end == OH_IM_ROOM_CLOSED;
  if (is_for_good (room, end))
    finish (rooms, room);
  else if (room->parked)
    oh_im_room_set_state (room, OH_IM_ROOM_STATE_WAITING);
  else
    wait_for_retry (
        rooms, room,
        oh_im_back_off (++room->failures, FIRST_RETRY_MS, MAX_RETRY_MS, g_random_double ()));
}

static void
take_error (OhImRooms *rooms, OhImRoom *room, GError *error)
{
  g_dbus_error_strip_remote_error (error);
  if (g_error_matches (error, OH_ERROR, OH_ERROR_BUSY) && ++room->busy < MAX_BUSY)
    wait_for_retry (rooms, room, BUSY_RETRY_MS);
  else if (g_error_matches (error, OH_ERROR, OH_ERROR_BUSY))
    part (rooms, room, OH_IM_ROOM_TIMED_OUT, "", error->message);
  else if (g_error_matches (error, OH_ERROR, OH_ERROR_CLOSED))
    part (rooms, room, OH_IM_ROOM_CLOSED, "", error->message);
  else if (g_error_matches (error, OH_ERROR, OH_ERROR_LIMIT))
    part (rooms, room, OH_IM_ROOM_FAILED, "", error->message);
  else
    part (rooms, room, OH_IM_ROOM_INVALID, "", error->message);
}

static void
on_join_ready (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (OhImRoom) room = user_data;
  g_autoptr (GError) error = NULL;
  g_autoptr (GVariant) answer = oh_im_process_call_finish (result, &error);

  if (answer)
    room->busy = 0;
  else if (error->domain == OH_ERROR && room->rooms && room->state == OH_IM_ROOM_STATE_JOINING)
    {
      OhImRooms *rooms = room->rooms;

      take_error (rooms, room, error);
      pump (rooms);
    }
}

/* What the room said since we were in it, and a little more, of which what was heard is not told again. By how
 * long ago, as clocks differ; one that was put forward while the computer slept knows better than the other. */
static guint
count_history (const OhImRoom *room)
{
  gint64 awake = g_get_monotonic_time () - room->parted;
  gint64 shown = g_get_real_time () - room->parted_real;

  if (!room->was_in)
    return 0;
  return (guint)CLAMP (MAX (awake, shown) / G_USEC_PER_SEC + MARGIN_S, MARGIN_S, MAX_HISTORY_S);
}

static void
start (OhImRooms *rooms, OhImRoom *room)
{
  oh_im_room_set_state (room, OH_IM_ROOM_STATE_JOINING);
  if (room->rooms != rooms)
    return;
  oh_im_process_call (rooms->process, "JoinRoom",
                      g_variant_new ("(st@a{ss}u)", rooms->account, room->number, room->fields,
                                     count_history (room)),
                      on_join_ready, g_object_ref (room));
}

/* Those that wait, the first wanted first. */
static void
pump (OhImRooms *rooms)
{
  guint count = g_list_model_get_n_items (G_LIST_MODEL (rooms->list));
  g_autoptr (GPtrArray) next = g_ptr_array_new_with_free_func (g_object_unref);
  guint joining = 0;

  for (guint i = 0; i < count && rooms->online; i++)
    {
      g_autoptr (OhImRoom) room = g_list_model_get_item (G_LIST_MODEL (rooms->list), i);

      joining += room->state == OH_IM_ROOM_STATE_JOINING;
      if (room->state == OH_IM_ROOM_STATE_WAITING && !room->retry && !room->parked)
        g_ptr_array_add (next, g_steal_pointer (&room));
    }
  for (guint i = 0; i < next->len && joining < AT_ONCE; i++, joining++)
    if (((OhImRoom *)next->pdata[i])->rooms == rooms)
      start (rooms, next->pdata[i]);
}

OhImRoom *
oh_im_rooms_join (OhImRooms *rooms, GVariant *fields, GError **error)
{
  OhImRoom *room;

  if (!g_variant_is_of_type (fields, G_VARIANT_TYPE ("a{ss}"))
      || g_variant_n_children (fields) > OH_IM_MAX_FIELDS)
    g_set_error (error, OH_ERROR, OH_ERROR_INVALID, "not what makes a room");
  else if (g_hash_table_size (rooms->rooms) >= OH_IM_MAX_ROOMS)
    g_set_error (error, OH_ERROR, OH_ERROR_LIMIT, "too many rooms");
  else
    {
      room = oh_im_room_new (rooms->process, rooms->outbox, rooms->account, fields);
      room->rooms = rooms;
      g_hash_table_insert (rooms->rooms, &room->number, room);
      g_list_store_append (rooms->list, room);
      pump (rooms);
      return room;
    }
  return NULL;
}

void
oh_im_rooms_leave (OhImRooms *rooms, OhImRoom *room)
{
  if (room->state != OH_IM_ROOM_STATE_WAITING)
    oh_im_process_tell (rooms->process, "LeaveRoom",
                        g_variant_new ("(st)", rooms->account, room->number));
  finish_with (rooms, room, OH_IM_ROOM_LEFT, "", "");
  pump (rooms);
}

/* --- account and process --- */

/* Of all, each with a reference. */
static GList *
list_all (OhImRooms *rooms)
{
  GList *all = g_hash_table_get_values (rooms->rooms);

  g_list_foreach (all, (GFunc)g_object_ref, NULL);
  return all;
}

void
oh_im_rooms_set_online (OhImRooms *rooms, gboolean online)
{
  GList *all;

  if (rooms->online == online)
    return;
  rooms->online = online;
  all = list_all (rooms);
  for (GList *l = all; l; l = l->next)
    if (online)
      ((OhImRoom *)l->data)->parked = FALSE;
    else if (((OhImRoom *)l->data)->rooms == rooms)
      {
        oh_im_timer_clear (&((OhImRoom *)l->data)->retry);
        part (rooms, l->data, OH_IM_ROOM_CLOSED, "", "");
      }
  g_list_free_full (all, g_object_unref);
  pump (rooms);
}

/* What a room sends may end the process each time that we come in: then that room is given up, before the
 * account is. */
static void
judge (OhImRooms *rooms, OhImRoom *room)
{
  gboolean in = room->state == OH_IM_ROOM_STATE_IN;

  if (room->state == OH_IM_ROOM_STATE_JOINING
      || (in && g_get_monotonic_time () - room->since < COMING_IN_US))
    room->crashes++;
  else if (in)
    room->crashes = 0;
  if (room->crashes >= MAX_CRASHES)
    finish_with (rooms, room, OH_IM_ROOM_ENGINE, "", "the IM engine ended when it came in");
}

void
oh_im_rooms_on_down (OhImRooms *rooms)
{
  GList *all = list_all (rooms);

  for (GList *l = all; l; l = l->next)
    if (((OhImRoom *)l->data)->rooms == rooms)
      judge (rooms, l->data);
  g_list_free_full (all, g_object_unref);
}

void
oh_im_rooms_close (OhImRooms *rooms)
{
  GList *all = list_all (rooms);

  rooms->online = FALSE;
  for (GList *l = all; l; l = l->next)
    if (((OhImRoom *)l->data)->rooms == rooms)
      finish_with (rooms, l->data, OH_IM_ROOM_CLOSED, "", "");
  g_list_free_full (all, g_object_unref);
}

/* --- what the process tells --- */

/* A reference, or NULL: none in that state. */
static OhImRoom *
find (OhImRooms *rooms, guint64 number, OhImRoomState state)
{
  OhImRoom *room = g_hash_table_lookup (rooms->rooms, &number);

  return room && room->state == state ? g_object_ref (room) : NULL;
}

static OhImRoom *
find_in (OhImRooms *rooms, guint64 number)
{
  return find (rooms, number, OH_IM_ROOM_STATE_IN);
}

void
oh_im_rooms_hear_joined (OhImRooms *rooms, guint64 number, const char *name, const char *nick)
{
  g_autoptr (OhImRoom) room = find (rooms, number, OH_IM_ROOM_STATE_JOINING);

  if (!room)
    return;
  room->was_in = TRUE;
  room->since = g_get_monotonic_time ();
  oh_im_room_hear_joined (room, name, nick);
  pump (rooms);
}

void
oh_im_rooms_hear_left (
    OhImRooms *rooms, guint64 number, OhImRoomEnd end, const char *by, const char *text)
{
  g_autoptr (OhImRoom) room = find (rooms, number, OH_IM_ROOM_STATE_JOINING);

  if (!room)
    room = find_in (rooms, number);
  if (!room)
    return;
  part (rooms, room, end, by, text);
  pump (rooms);
}

void
oh_im_rooms_hear_members (OhImRooms *rooms, guint64 number, GVariant *list)
{
  g_autoptr (OhImRoom) room = find_in (rooms, number);

  if (room)
    oh_im_room_hear_members (room, list);
}

void
oh_im_rooms_hear_gone (OhImRooms *rooms, guint64 number, GVariant *list)
{
  g_autoptr (OhImRoom) room = find_in (rooms, number);

  if (room)
    oh_im_room_hear_gone (room, list);
}

void
oh_im_rooms_hear_renamed (OhImRooms *rooms, guint64 number, const char *old, const char *new)
{
  g_autoptr (OhImRoom) room = find_in (rooms, number);

  if (room)
    oh_im_room_hear_renamed (room, old, new);
}

void
oh_im_rooms_hear_topic (OhImRooms *rooms, guint64 number, const char *topic, const char *by)
{
  g_autoptr (OhImRoom) room = find_in (rooms, number);

  if (room)
    oh_im_room_hear_topic (room, topic, by);
}

void
oh_im_rooms_hear_message (OhImRooms *rooms, guint64 number, GVariant *dict)
{
  g_autoptr (OhImRoom) room = find_in (rooms, number);

  if (room)
    oh_im_room_hear_message (room, dict);
}

void
oh_im_rooms_hear_refusal (OhImRooms *rooms, guint64 number, const char *ref, const char *text)
{
  g_autoptr (OhImRoom) room = find_in (rooms, number);

  if (room)
    oh_im_room_hear_refusal (room, ref, text);
}

/* --- what the account's user asks for --- */

OhImRoom *
oh_im_account_join_room (OhImAccount *account, GVariant *fields, GError **error)
{
  g_autoptr (GVariant) held = g_variant_ref_sink (fields);

  if (account->closed)
    {
      g_set_error (error, OH_ERROR, OH_ERROR_CLOSED, "the account was removed");
      return NULL;
    }
  return oh_im_rooms_join (account->rooms, held, error);
}

GListModel *
oh_im_account_get_rooms (OhImAccount *account)
{
  return oh_im_rooms_get_list (account->rooms);
}

static void
on_form_ready (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = user_data;
  GError *error = NULL;
  g_autoptr (GVariant) answer = oh_im_process_call_finish (result, &error);
  g_autoptr (GVariant) list = NULL;

  if (!answer || !g_variant_is_of_type (answer, G_VARIANT_TYPE ("(aa{sv})")))
    {
      if (error)
        g_dbus_error_strip_remote_error (error);
      g_task_return_error (task,
                           error ? error : g_error_new (OH_ERROR, OH_ERROR_FAILED, "no form came"));
      return;
    }
  list = g_variant_get_child_value (answer, 0);
  g_task_return_pointer (task, oh_im_parse_options (list), (GDestroyNotify)g_ptr_array_unref);
}

void
oh_im_account_get_room_form_async (OhImAccount *account,
                                   const char *name,
                                   GAsyncReadyCallback callback,
                                   gpointer user_data)
{
  oh_im_process_call (account->process, "GetRoomForm",
                      g_variant_new ("(ss)", account->id, name ? name : ""), on_form_ready,
                      g_task_new (account, NULL, callback, user_data));
}

GPtrArray *
oh_im_account_get_room_form_finish (OhImAccount *account, GAsyncResult *result, GError **error)
{
  return g_task_propagate_pointer (G_TASK (result), error);
}
