/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "oh-im-engine"

#include "im/engine/oh-engine-private.h"

#include <gio/gunixconnection.h>
#include <gio/gunixfdlist.h>

/* The one connection; NULL before it is open and after the parent has gone. */
static GDBusConnection *connection;

/* What came with the call that is being carried out, or NULL. */
static GUnixFDList *descriptors;

typedef gboolean (*Handler) (GVariant *arguments, GVariant **result, GError **error);

static gboolean
on_ping (GVariant *arguments, GVariant **result, GError **error)
{
  return TRUE;
}

static gboolean
on_get_protocols (GVariant *arguments, GVariant **result, GError **error)
{
  GVariant *protocols = oh_engine_protocols_describe ();

  *result = g_variant_new_tuple (&protocols, 1);
  return TRUE;
}

static gboolean
on_add_account (GVariant *arguments, GVariant **result, GError **error)
{
  const char *id, *protocol, *username;
  g_autoptr (GVariant) options = NULL;

  g_variant_get (arguments, "(&s&s&s@a{sv})", &id, &protocol, &username, &options);
  return oh_engine_add_account (id, protocol, username, options, error);
}

static gboolean
on_remove_account (GVariant *arguments, GVariant **result, GError **error)
{
  const char *id;

  g_variant_get (arguments, "(&s)", &id);
  return oh_engine_remove_account (id, error);
}

static gboolean
on_sign_in (GVariant *arguments, GVariant **result, GError **error)
{
  const char *id, *password, *proxy, *proxy_password;

  g_variant_get (arguments, "(&s&s&s&s)", &id, &password, &proxy, &proxy_password);
  return oh_engine_sign_in (id, password, proxy, proxy_password, error);
}

static gboolean
on_sign_out (GVariant *arguments, GVariant **result, GError **error)
{
  const char *id;

  g_variant_get (arguments, "(&s)", &id);
  return oh_engine_sign_out (id, error);
}

static gboolean
on_set_status (GVariant *arguments, GVariant **result, GError **error)
{
  const char *id, *status, *message;
  gint64 idle_since;

  g_variant_get (arguments, "(&s&s&sx)", &id, &status, &message, &idle_since);
  return oh_engine_set_status (id, status, message, idle_since, error);
}

static gboolean
on_send_message (GVariant *arguments, GVariant **result, GError **error)
{
  const char *id, *to, *text;
  g_autofree char *receipt = NULL;

  g_variant_get (arguments, "(&s&s&s)", &id, &to, &text);
  if (!oh_engine_send_message (id, to, text, &receipt, error))
    return FALSE;
  *result = g_variant_new ("(s)", receipt ? receipt : "");
  return TRUE;
}

static gboolean
on_send_typing (GVariant *arguments, GVariant **result, GError **error)
{
  const char *id, *to, *state;

  g_variant_get (arguments, "(&s&s&s)", &id, &to, &state);
  return oh_engine_send_typing (id, to, state, error);
}

static gboolean
on_add_buddy (GVariant *arguments, GVariant **result, GError **error)
{
  const char *id, *name, *alias, *group, *message;

  g_variant_get (arguments, "(&s&s&s&s&s)", &id, &name, &alias, &group, &message);
  return oh_engine_add_buddy (id, name, alias, group, message, error);
}

static gboolean
on_remove_buddy (GVariant *arguments, GVariant **result, GError **error)
{
  const char *id, *name;

  g_variant_get (arguments, "(&s&s)", &id, &name);
  return oh_engine_remove_buddy (id, name, error);
}

static gboolean
on_ask_program (GVariant *arguments, GVariant **result, GError **error)
{
  const char *id, *name;

  g_variant_get (arguments, "(&s&s)", &id, &name);
  return oh_engine_ask_program (id, name, error);
}

static gboolean
on_set_blocked (GVariant *arguments, GVariant **result, GError **error)
{
  const char *id, *name;
  gboolean blocked;

  g_variant_get (arguments, "(&s&sb)", &id, &name, &blocked);
  return oh_engine_set_blocked (id, name, blocked, error);
}

static gboolean
on_set_receipts (GVariant *arguments, GVariant **result, GError **error)
{
  gboolean given;

  g_variant_get (arguments, "(b)", &given);
  oh_engine_receipts_set_given (given);
  return TRUE;
}

static gboolean
on_set_taken (GVariant *arguments, GVariant **result, GError **error)
{
  const char *word;
  gboolean taken;
  OhImRefusal kind;

  g_variant_get (arguments, "(&sb)", &word, &taken);
  if (!oh_im_refusal_from_word (word, &kind))
    {
      g_set_error (error, OH_ERROR, OH_ERROR_INVALID, "nothing that could be taken: %s", word);
      return FALSE;
    }
  oh_engine_set_taken (kind, taken);
  return TRUE;
}

/* A descriptor of our own, or -1 with an error. */
static int
take_descriptor (gint32 handle, GError **error)
{
  int fd = descriptors && handle >= 0 && handle < g_unix_fd_list_get_length (descriptors)
               ? g_unix_fd_list_get (descriptors, handle, error)
               : -1;

  if (fd < 0 && error && !*error)
    g_set_error (error, OH_ERROR, OH_ERROR_INVALID, "there is no descriptor");
  return fd;
}

static gboolean
on_send_file (GVariant *arguments, GVariant **result, GError **error)
{
  const char *id, *to, *name;
  guint64 number;
  gint32 handle;
  int fd;

  g_variant_get (arguments, "(&st&s&sh)", &id, &number, &to, &name, &handle);
  fd = take_descriptor (handle, error);
  return fd >= 0 && oh_engine_send_file (id, number, to, name, fd, error);
}

static gboolean
on_accept_file (GVariant *arguments, GVariant **result, GError **error)
{
  guint64 number;
  gint32 handle;
  int fd;

  g_variant_get (arguments, "(th)", &number, &handle);
  fd = take_descriptor (handle, error);
  return fd >= 0 && oh_engine_accept_file (number, fd, error);
}

static gboolean
on_cancel_file (GVariant *arguments, GVariant **result, GError **error)
{
  guint64 number;

  g_variant_get (arguments, "(t)", &number);
  return oh_engine_cancel_file (number, error);
}

static gboolean
on_send_stanza (GVariant *arguments, GVariant **result, GError **error)
{
  const char *id, *xml;
  guint64 number;
  guint32 seconds;

  g_variant_get (arguments, "(&st&su)", &id, &number, &xml, &seconds);
  return oh_engine_send_stanza (id, number, xml, seconds, error);
}

static gboolean
on_watch_stanzas (GVariant *arguments, GVariant **result, GError **error)
{
  const char *id;
  g_autofree const char **namespaces = NULL;
  g_autofree const char **features = NULL;

  g_variant_get (arguments, "(&s^a&s^a&s)", &id, &namespaces, &features);
  return oh_engine_watch_stanzas (id, namespaces, features, error);
}

static gboolean
on_get_room_form (GVariant *arguments, GVariant **result, GError **error)
{
  const char *id, *name;
  GVariant *form;

  g_variant_get (arguments, "(&s&s)", &id, &name);
  form = oh_engine_describe_room_form (id, name, error);
  if (form)
    *result = g_variant_new_tuple (&form, 1);
  return form != NULL;
}

static gboolean
on_join_room (GVariant *arguments, GVariant **result, GError **error)
{
  const char *id;
  guint64 number;
  g_autoptr (GVariant) fields = NULL;
  guint32 history_s;

  g_variant_get (arguments, "(&st@a{ss}u)", &id, &number, &fields, &history_s);
  return oh_engine_join_room (id, number, fields, history_s, error);
}

static gboolean
on_leave_room (GVariant *arguments, GVariant **result, GError **error)
{
  const char *id;
  guint64 number;

  g_variant_get (arguments, "(&st)", &id, &number);
  return oh_engine_leave_room (id, number, error);
}

static gboolean
on_send_room_message (GVariant *arguments, GVariant **result, GError **error)
{
  const char *id, *text;
  guint64 number;
  g_autofree char *ref = NULL;

  g_variant_get (arguments, "(&st&s)", &id, &number, &text);
  if (!oh_engine_send_room_message (id, number, text, &ref, error))
    return FALSE;
  *result = g_variant_new ("(s)", ref);
  return TRUE;
}

static gboolean
on_invite_to_room (GVariant *arguments, GVariant **result, GError **error)
{
  const char *id, *who, *text;
  guint64 number;

  g_variant_get (arguments, "(&st&s&s)", &id, &number, &who, &text);
  return oh_engine_invite_to_room (id, number, who, text, error);
}

static gboolean
on_decline_room (GVariant *arguments, GVariant **result, GError **error)
{
  const char *id, *room, *who;

  g_variant_get (arguments, "(&s&s&s)", &id, &room, &who);
  return oh_engine_decline_room (id, room, who, error);
}

static gboolean
on_set_room_topic (GVariant *arguments, GVariant **result, GError **error)
{
  const char *id, *topic;
  guint64 number;

  g_variant_get (arguments, "(&st&s)", &id, &number, &topic);
  return oh_engine_set_room_topic (id, number, topic, error);
}

static gboolean
on_answer (GVariant *arguments, GVariant **result, GError **error)
{
  guint64 id;
  gint32 button;
  g_autoptr (GVariant) values = NULL;

  g_variant_get (arguments, "(ti@a{sv})", &id, &button, &values);
  return oh_engine_answer_question (id, button, values, error);
}

static const struct
{
  const char *name;
  Handler handler;
} methods[] = {
  { "Ping", on_ping },
  { "GetProtocols", on_get_protocols },
  { "AddAccount", on_add_account },
  { "RemoveAccount", on_remove_account },
  { "SignIn", on_sign_in },
  { "SignOut", on_sign_out },
  { "SetStatus", on_set_status },
  { "SendMessage", on_send_message },
  { "SendTyping", on_send_typing },
  { "AddBuddy", on_add_buddy },
  { "RemoveBuddy", on_remove_buddy },
  { "AskProgram", on_ask_program },
  { "SetBlocked", on_set_blocked },
  { "SetReceipts", on_set_receipts },
  { "SetTaken", on_set_taken },
  { "SendFile", on_send_file },
  { "AcceptFile", on_accept_file },
  { "CancelFile", on_cancel_file },
  { "SendStanza", on_send_stanza },
  { "WatchStanzas", on_watch_stanzas },
  { "GetRoomForm", on_get_room_form },
  { "JoinRoom", on_join_room },
  { "LeaveRoom", on_leave_room },
  { "SendRoomMessage", on_send_room_message },
  { "SetRoomTopic", on_set_room_topic },
  { "InviteToRoom", on_invite_to_room },
  { "DeclineRoom", on_decline_room },
  { "Answer", on_answer },
};

/* GDBus has already checked the name and the types against the interface. */
static void
on_method_call (GDBusConnection *from,
                const char *sender,
                const char *path,
                const char *interface,
                const char *method,
                GVariant *arguments,
                GDBusMethodInvocation *invocation,
                gpointer user_data)
{
  g_autoptr (GError) error = NULL;
  GVariant *result = NULL;

  oh_engine_pulse ();
  for (guint i = 0; i < G_N_ELEMENTS (methods); i++)
    if (g_str_equal (methods[i].name, method))
      {
        descriptors = g_dbus_message_get_unix_fd_list (
            g_dbus_method_invocation_get_message (invocation));
        if (methods[i].handler (arguments, &result, &error))
          g_dbus_method_invocation_return_value (invocation, result);
        else
          g_dbus_method_invocation_return_gerror (invocation, error);
        return;
      }
  g_dbus_method_invocation_return_error (invocation, OH_ERROR, OH_ERROR_UNSUPPORTED, "no method %s",
                                         method);
}

static void
on_connection_closed (GDBusConnection *closed,
                      gboolean remote_vanished,
                      GError *error,
                      gpointer user_data)
{
  GSourceFunc tell = (GSourceFunc)user_data;

  g_clear_object (&connection);
  tell (NULL);
}

gboolean
oh_engine_link_open (int fd, GSourceFunc closed, GError **error)
{
  static const GDBusInterfaceVTable vtable = { .method_call = on_method_call };
  g_autoptr (GSocket) socket = g_socket_new_from_fd (fd, error);
  g_autoptr (GSocketConnection) stream = NULL;
  g_autoptr (GDBusConnection) opened = NULL;

  if (!socket)
    return FALSE;
  stream = g_socket_connection_factory_create_connection (socket);
  opened = g_dbus_connection_new_sync (G_IO_STREAM (stream), NULL,
                                       G_DBUS_CONNECTION_FLAGS_AUTHENTICATION_CLIENT
                                           | G_DBUS_CONNECTION_FLAGS_DELAY_MESSAGE_PROCESSING,
                                       NULL, NULL, error);
  if (!opened
      || !g_dbus_connection_register_object (opened, OH_IM_PATH, oh_im_interface_info (), &vtable,
                                             NULL, NULL, error))
    return FALSE;
  g_signal_connect (opened, "closed", G_CALLBACK (on_connection_closed), (gpointer)closed);
  connection = g_steal_pointer (&opened);
  g_dbus_connection_start_message_processing (connection);
  return TRUE;
}

void
oh_engine_emit (const char *signal, GVariant *arguments)
{
  g_autoptr (GVariant) held = g_variant_ref_sink (arguments);
  g_autoptr (GError) error = NULL;

  if (connection
      && !g_dbus_connection_emit_signal (connection, NULL, OH_IM_PATH, OH_IM_INTERFACE, signal,
                                         held, &error))
    g_debug ("%s was not sent: %s", signal, error->message);
}
