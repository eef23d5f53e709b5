/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "oh-base"

#include "base/oh-timeline.h"

#include "base/oh-clock.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

/* Lines stay under PIPE_BUF, so that one write() each keeps those of several programs apart. */
#define LINE_MAX_BYTES 1024

static int
open_timeline (void)
{
  const char *path = g_getenv ("OFFHOOK_TIMELINE");

  if (path == NULL || *path == '\0')
    return -1;

  int fd = open (path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
  if (fd < 0)
    g_warning ("Cannot write the time line %s: %s", path, g_strerror (errno));
  return fd;
}

static int
get_timeline (void)
{
  static gsize once;

  /* The descriptor is kept plus two, because 0 means "not yet" to g_once. */
  if (g_once_init_enter (&once))
    g_once_init_leave (&once, (gsize)(open_timeline () + 2));
  return (int)once - 2;
}

static void
append_json_string (GString *line, const char *text)
{
  g_string_append_c (line, '"');
  for (const char *p = text; *p != '\0' && line->len < LINE_MAX_BYTES - 64; p++)
    {
      if (*p == '"' || *p == '\\')
        g_string_append_printf (line, "\\%c", *p);
      else if ((guchar)*p < 0x20)
        g_string_append_printf (line, "\\u%04x", (guint)(guchar)*p);
      else
        g_string_append_c (line, *p);
    }
  g_string_append_c (line, '"');
}

void
oh_timeline_mark (const char *mark, const char *id)
{
  int fd = get_timeline ();

  g_return_if_fail (mark != NULL);
  if (fd < 0)
    return;

  g_autoptr (GString) line = g_string_sized_new (160);
  const char *program = g_get_prgname ();

  g_string_append_printf (line, "{\"mono\":%" G_GINT64_FORMAT ",\"program\":", oh_clock_now ());
  append_json_string (line, program ? program : "");
  g_string_append (line, ",\"mark\":");
  append_json_string (line, mark);
  g_string_append (line, ",\"id\":");
  append_json_string (line, id ? id : "");
  g_string_append (line, "}\n");
  if (write (fd, line->str, line->len) < 0)
    g_debug ("Time line: %s", g_strerror (errno));
}
