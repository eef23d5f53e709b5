/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "offhookctl"

#include "server/admin/oh-ctl-private.h"

#include <stdio.h>
#include <string.h>

typedef struct
{
  const char *title; /* NULL ends */
  const char *key;
  enum
  {
    CELL_TEXT,
    CELL_TIME,     /* unix s, local time */
    CELL_DURATION, /* s */
    CELL_OPTION,   /* of a call offer */
    CELL_RANK      /* 0: none */
  } kind;
} Column;

/* --- Cells --- */

static char *
format_time (gint64 seconds)
{
  g_autoptr (GDateTime) time = seconds > 0 ? g_date_time_new_from_unix_local (seconds) : NULL;

  return time ? g_date_time_format (time, "%Y-%m-%d %H:%M:%S") : g_strdup ("");
}

static char *
format_node (JsonNode *node)
{
  if (!node || JSON_NODE_HOLDS_NULL (node))
    return g_strdup ("");
  if (JSON_NODE_HOLDS_VALUE (node) && json_node_get_value_type (node) == G_TYPE_STRING)
    return json_node_dup_string (node);
  if (JSON_NODE_HOLDS_VALUE (node) && json_node_get_value_type (node) == G_TYPE_BOOLEAN)
    return g_strdup (json_node_get_boolean (node) ? "yes" : "no");
  return json_to_string (node, FALSE);
}

static char *
format_cell (JsonObject *object, const Column *column)
{
  JsonNode *node = json_object_get_member (object, column->key);
  gint64 seconds;

  if (column->kind == CELL_TEXT || !node || !JSON_NODE_HOLDS_VALUE (node))
    return format_node (node);
  seconds = json_node_get_int (node);
  if (column->kind == CELL_TIME)
    return format_time (seconds);
  if (column->kind == CELL_RANK)
    return seconds ? g_strdup_printf ("%" G_GINT64_FORMAT, seconds) : g_strdup ("");
  if (column->kind == CELL_OPTION)
    return g_strdup (seconds == 3 ? "voicemail" : seconds == 9 ? "decline" : "?");
  return g_strdup_printf ("%d:%02d", (int)(seconds / 60), (int)(seconds % 60));
}

/* --- Tables --- */

static void
print_padded (const char *text, glong width, gboolean is_last)
{
  glong missing = is_last ? 0 : width - g_utf8_strlen (text, -1) + 2;

  printf ("%s%*s", text, (int)missing, "");
}

static int
print_table (JsonArray *array, const Column *columns, const char *empty)
{
  g_autoptr (GPtrArray) cells = g_ptr_array_new_with_free_func (g_free);
  glong widths[16] = { 0 };
  guint n = 0;

  if (!array || json_array_get_length (array) == 0)
    {
      puts (empty);
      return 0;
    }
  while (columns[n].title)
    {
      widths[n] = g_utf8_strlen (columns[n].title, -1);
      n++;
    }
  for (guint row = 0; row < json_array_get_length (array); row++)
    for (guint i = 0; i < n; i++)
      {
        char *cell = format_cell (json_array_get_object_element (array, row), &columns[i]);

        widths[i] = MAX (widths[i], g_utf8_strlen (cell, -1));
        g_ptr_array_add (cells, cell);
      }
  for (guint i = 0; i < n; i++)
    print_padded (columns[i].title, widths[i], i + 1 == n);
  putchar ('\n');
  for (guint i = 0; i < cells->len; i++)
    {
      print_padded (cells->pdata[i], widths[i % n], i % n + 1 == n);
      if (i % n + 1 == n)
        putchar ('\n');
    }
  return 0;
}

/* The list itself, or the one member of an object that holds it. */
static JsonArray *
get_list (JsonNode *result, const char *key)
{
  if (JSON_NODE_HOLDS_ARRAY (result))
    return json_node_get_array (result);
  if (JSON_NODE_HOLDS_OBJECT (result)
      && json_object_has_member (json_node_get_object (result), key))
    return json_object_get_array_member (json_node_get_object (result), key);
  return NULL;
}

int
oh_ctl_print_users (JsonNode *result)
{
  static const Column columns[] = { { "USER", "user" },
                                    { "NAME", "name" },
                                    { "NUMBERS", "numbers" },
                                    { "DEVICES", "devices" },
                                    { "NEW", "new_messages" },
                                    { "AFTER S", "default_delay" },
                                    { "THEN", "default_option", CELL_OPTION },
                                    { "DECLINED", "decline_action" },
                                    { "FIRST BY", "ring_order" },
                                    { "NEXT S", "next_delay" },
                                    { "AWAY", "away_rule" },
                                    { "DND", "dnd_rule" },
                                    { "LEARN", "learn_hours" },
                                    { NULL } };

  return print_table (get_list (result, "users"), columns,
                      "No user yet: offhookctl user add NAME --password-stdin");
}

/* "09-12", as the table's rows have it. */
static void
add_hours (JsonArray *list)
{
  for (guint i = 0; list && i < json_array_get_length (list); i++)
    {
      JsonObject *row = json_array_get_object_element (list, i);
      int hour = (int)json_object_get_int_member_with_default (row, "hour", 0);
      int from = (int)json_object_get_int_member_with_default (row, "from", hour);
      int to = (int)json_object_get_int_member_with_default (row, "to", hour + 1);
      g_autofree char *hours = g_strdup_printf ("%02d-%02d", from, to);

      json_object_set_string_member (row, "hours", hours);
    }
}

int
oh_ctl_print_hours (JsonNode *result)
{
  static const Column usual[] = { { "DAYS", "days" },
                                  { "HOURS", "hours" },
                                  { "USUALLY ON", "name" },
                                  { "PROTOCOL", "protocol" },
                                  { "ANSWERED", "answered" },
                                  { "OF", "of" },
                                  { NULL } };
  static const Column table[] = { { "DAYS", "days" },
                                  { "HOUR", "hours" },
                                  { "ANSWERED ON", "name" },
                                  { "PROTOCOL", "protocol" },
                                  { "ANSWERED", "answered" },
                                  { "USUAL", "usual" },
                                  { NULL } };
  JsonObject *object = json_node_get_object (result);
  const char *user = json_object_get_string_member_with_default (object, "user", "");
  int answers = (int)json_object_get_int_member_with_default (object, "answers", 0);

  printf ("Learning where %s usually answers is %s; %d %s known.\n", user,
          json_object_get_string_member_with_default (object, "learn_hours", ""), answers,
          answers == 1 ? "answer is" : "answers are");
  add_hours (get_list (result, "hours"));
  add_hours (get_list (result, "table"));
  if (answers == 0)
    return 0;
  putchar ('\n');
  print_table (get_list (result, "hours"), usual, "No place stands out at any hour yet");
  putchar ('\n');
  return print_table (get_list (result, "table"), table, "");
}

int
oh_ctl_print_numbers (JsonNode *result)
{
  static const Column columns[] = {
    { "NUMBER", "number" }, { "USER", "user" }, { "NAME", "name" }, { NULL }
  };

  return print_table (get_list (result, "numbers"), columns,
                      "No number yet: offhookctl number add NUMBER USER");
}

int
oh_ctl_print_trunks (JsonNode *result)
{
  static const Column columns[] = { { "TRUNK", "name" },
                                    { "KIND", "kind" },
                                    { "STATE", "state" },
                                    { "ADDRESS", "aor" },
                                    { "TRUSTED", "trusted" },
                                    { "VIA", "transport" },
                                    { "CODECS", "codecs" },
                                    { "SRTP", "srtp" },
                                    { "OUT", "out" },
                                    { "REASON", "reason" },
                                    { NULL } };

  return print_table (get_list (result, "trunks"), columns,
                      "No trunk yet: offhookctl trunk add NAME --kind register|address ...");
}

int
oh_ctl_print_devices (JsonNode *result)
{
  static const Column columns[] = { { "DEVICE", "id" },
                                    { "USER", "user" },
                                    { "NAME", "name" },
                                    { "PROGRAM", "program" },
                                    { "VERSION", "version" },
                                    { "SINCE", "created", CELL_TIME },
                                    { "SEEN", "seen", CELL_TIME },
                                    { "RANK", "rank", CELL_RANK },
                                    { "EVIDENCE", "evidence" },
                                    { NULL } };

  return print_table (get_list (result, "devices"), columns, "No device has signed in yet");
}

int
oh_ctl_print_new_device (JsonNode *result)
{
  JsonObject *object = json_node_get_object (result);

  printf ("Type this into the telephone; the password is shown this one time:\n"
          "  address   %s\n  user      %s\n  password  %s\n  realm     %s\n"
          "  port      %d (UDP), %d (TCP), %d (TLS)\n",
          json_object_get_string_member_with_default (object, "aor", ""),
          json_object_get_string_member_with_default (object, "device_id", ""),
          json_object_get_string_member_with_default (object, "secret", ""),
          json_object_get_string_member_with_default (object, "realm", ""),
          (int)json_object_get_int_member_with_default (object, "udp", 0),
          (int)json_object_get_int_member_with_default (object, "tcp", 0),
          (int)json_object_get_int_member_with_default (object, "tls", 0));
  return 0;
}

int
oh_ctl_print_im_accounts (JsonNode *result)
{
  static const Column columns[] = { { "ACCOUNT", "name" },
                                    { "PROTOCOL", "protocol" },
                                    { "USER NAME", "username" },
                                    { "STATE", "state" },
                                    { "WAITING", "waiting" },
                                    { "STRANGERS", "strangers" },
                                    { "REASON", "reason" },
                                    { "REFUSED CERTIFICATE", "certificate" },
                                    { NULL } };

  return print_table (get_list (result, "accounts"), columns,
                      "No IM account yet: offhookctl im account add NAME --protocol xmpp ...");
}

int
oh_ctl_print_im_identities (JsonNode *result)
{
  static const Column columns[] = { { "USER", "user" },
                                    { "ACCOUNT", "account" },
                                    { "NAME", "name" },
                                    { "VERIFIED", "verified" },
                                    { "NUMBER SHOWN", "show_number" },
                                    { "PRESENCE", "presence" },
                                    { "ACTIVE", "active", CELL_TIME },
                                    { "RANK", "rank", CELL_RANK },
                                    { "EVIDENCE", "evidence" },
                                    { "PROGRAM", "program" },
                                    { "VERSION", "version" },
                                    { NULL } };

  return print_table (get_list (result, "identities"), columns,
                      "No IM identity yet: offhookctl im identity add USER ACCOUNT NAME");
}

int
oh_ctl_print_calls (JsonNode *result)
{
  static const Column running[] = {
    { "CALL", "id" },         { "STATE", "state" }, { "FROM", "from" },
    { "CALLED", "called" },   { "USER", "user" },   { "TRUNK", "trunk" },
    { "CODECS", "codec_in" }, { "", "codec_out" },  { NULL }
  };
  static const Column past[] = { { "START", "start", CELL_TIME },
                                 { "", "direction" },
                                 { "NUMBER", "number" },
                                 { "NAME", "name" },
                                 { "CALLED", "called" },
                                 { "OUTCOME", "outcome" },
                                 { "LENGTH", "duration", CELL_DURATION },
                                 { "DEVICE", "device" },
                                 { "CALL", "call_id" },
                                 { NULL } };

  if (JSON_NODE_HOLDS_ARRAY (result))
    return print_table (get_list (result, NULL), running, "No call is running");
  return print_table (get_list (result, "calls"), past, "There was no call yet");
}

int
oh_ctl_print_registrations (JsonNode *result)
{
  static const Column columns[] = { { "USER", "user" },         { "DEVICE", "device" },
                                    { "NAME", "name" },         { "PROGRAM", "program" },
                                    { "VERSION", "version" },   { "ADDRESS", "address" },
                                    { "VIA", "transport" },     { "AUDIO", "audio" },
                                    { "PRESENCE", "presence" }, { "ACTIVE", "active", CELL_TIME },
                                    { "EXPIRES", "expires" },   { NULL } };

  return print_table (get_list (result, "registrations"), columns, "No device is signed in now");
}

/* --- Events --- */

/* What a person wants to know of an event besides its kind and reason. */
static char *
describe_details (JsonObject *event)
{
  static const char *const told[] = { "seq",    "time",  "mono",   "call", "event",
                                      "reason", "rings", "silent", NULL };
  g_autoptr (GString) text = g_string_new (NULL);
  g_autoptr (GList) keys = json_object_get_members (event);

  for (GList *l = keys; l; l = l->next)
    {
      g_autofree char *value = NULL;

      if (g_strv_contains (told, l->data))
        continue;
      value = format_node (json_object_get_member (event, l->data));
      if (*value)
        g_string_append_printf (text, "%s%s=%s", text->len ? " " : "", (const char *)l->data,
                                value);
    }
  return g_strdup (text->str);
}

void
oh_ctl_print_event (JsonObject *event)
{
  double time = json_object_get_double_member_with_default (event, "time", 0);
  g_autofree char *stamp = format_time ((gint64)time);
  g_autofree char *details = describe_details (event);

  printf ("%s.%03d  %-21s  %-11s  %s%s%s%s\n", stamp, (int)((time - (gint64)time) * 1000),
          json_object_get_string_member_with_default (event, "call", ""),
          json_object_get_string_member_with_default (event, "event", ""),
          json_object_get_string_member_with_default (event, "reason", ""), *details ? "  (" : "",
          details, *details ? ")" : "");
}

int
oh_ctl_print_events (JsonNode *result)
{
  JsonArray *events = get_list (result, "events");

  for (guint i = 0; events && i < json_array_get_length (events); i++)
    oh_ctl_print_event (json_array_get_object_element (events, i));
  if (!events || json_array_get_length (events) == 0)
    puts ("There is no such event");
  return 0;
}

/* Each line of the list @key of @event, after @word. */
static void
print_lines (JsonObject *event, const char *key, const char *word)
{
  JsonArray *lines = json_object_has_member (event, key) ? json_object_get_array_member (event, key)
                                                         : NULL;

  for (guint i = 0; lines && i < json_array_get_length (lines); i++)
    printf ("%28s%s%s\n", "", word, json_array_get_string_element (lines, i));
}

int
oh_ctl_print_why (JsonNode *result)
{
  JsonArray *events = get_list (result, "events");
  gint64 first = 0;

  for (guint i = 0; events && i < json_array_get_length (events); i++)
    {
      JsonObject *event = json_array_get_object_element (events, i);
      g_autofree char *details = describe_details (event);
      gint64 mono = json_object_get_int_member_with_default (event, "mono", 0);

      if (i == 0)
        {
          g_autofree char *stamp = format_time (
              (gint64)json_object_get_double_member_with_default (event, "time", 0));

          first = mono;
          printf ("Call %s of %s\n", json_object_get_string_member_with_default (event, "call", ""),
                  stamp);
        }
      printf ("%8.3f s  %-16s %s\n", (double)(mono - first) / 1e6,
              json_object_get_string_member_with_default (event, "event", ""),
              json_object_get_string_member_with_default (event, "reason", ""));
      if (*details)
        printf ("%28s%s\n", "", details);
      print_lines (event, "rings", "rings ");
      print_lines (event, "silent", "not ");
    }
  return 0;
}

/* --- One server --- */

static gint64
get_number (JsonObject *object, const char *name)
{
  return json_object_get_int_member_with_default (object, name, 0);
}

static void
print_load (JsonObject *load)
{
  gint64 rate = get_number (load, "rate");

  printf ("%-14s %" G_GINT64_FORMAT " taken, %" G_GINT64_FORMAT " refused", "new calls",
          get_number (load, "taken"), get_number (load, "refused"));
  if (json_object_get_boolean_member_with_default (load, "refusing", FALSE))
    printf ("; some are refused now");
  if (rate)
    printf ("; %" G_GINT64_FORMAT " a second are taken", rate);
  printf ("\n%-14s signalling %" G_GINT64_FORMAT " %% of a core, requests wait %" G_GINT64_FORMAT
          " ms, SIP socket %" G_GINT64_FORMAT " %% full, sound %" G_GINT64_FORMAT
          " ms late, memory %" G_GINT64_FORMAT " MiB\n",
          "load", get_number (load, "thread_percent"), get_number (load, "wait_ms"),
          get_number (load, "socket_percent"), get_number (load, "sound_ms"),
          get_number (load, "memory_mib"));
}

int
oh_ctl_print_status (JsonNode *result)
{
  static const char *const order[] = { "version",       "pid",       "up",      "domain",
                                       "config",        "state_dir", "sip_udp", "sip_tcp",
                                       "sip_tls",       "https",     "users",   "trunks",
                                       "registrations", "calls" };
  JsonObject *object = json_node_get_object (result);

  for (gsize i = 0; i < G_N_ELEMENTS (order); i++)
    {
      g_autofree char *value = format_node (json_object_get_member (object, order[i]));

      printf ("%-14s %s%s\n", order[i], value, strcmp (order[i], "up") == 0 ? " s" : "");
    }
  if (json_object_has_member (object, "load"))
    print_load (json_object_get_object_member (object, "load"));
  return 0;
}

/* 1 when something is wrong, for scripts. */
int
oh_ctl_print_doctor (JsonNode *result)
{
  JsonArray *findings = get_list (result, "findings");
  guint errors = 0, warnings = 0;

  for (guint i = 0; findings && i < json_array_get_length (findings); i++)
    {
      JsonObject *one = json_array_get_object_element (findings, i);
      const char *state = json_object_get_string_member_with_default (one, "state", "");
      const char *remedy = json_object_get_string_member_with_default (one, "remedy", "");

      errors += strcmp (state, "error") == 0;
      warnings += strcmp (state, "warning") == 0;
      printf ("%-8s %-14s %s\n", state,
              json_object_get_string_member_with_default (one, "check", ""),
              json_object_get_string_member_with_default (one, "message", ""));
      if (*remedy)
        printf ("%-8s %-14s -> %s\n", "", "", remedy);
    }
  printf ("%u %s, %u %s\n", errors, errors == 1 ? "error" : "errors", warnings,
          warnings == 1 ? "warning" : "warnings");
  return errors ? 1 : 0;
}
