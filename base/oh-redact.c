/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/oh-redact.h"

#include <string.h>

#define MIN_END 6          /* digits by which the end of a number is taken for that number */
#define TRUNK_PREFIX "(0)" /* "+49 (0)30 1234": dialled only without the code of the country */

static gboolean
is_number (const char *text, gsize length)
{
  for (gsize i = 0; i < length; i++)
    if (!g_ascii_isdigit (text[i]) && !strchr ("+-.()*#", text[i]))
      return FALSE;
  return length > 0;
}

char *
oh_redact_address (const char *address)
{
  g_autofree char *clean = NULL;
  const char *user;
  const char *at;
  gsize length;

  if (!address || !*address)
    return g_strdup ("(none)");

  clean = oh_printable (address, 256);
  user = clean;
  if (g_str_has_prefix (user, "sip:") || g_str_has_prefix (user, "tel:"))
    user += 4;
  else if (g_str_has_prefix (user, "sips:"))
    user += 5;
  at = strchr (user, '@');
  length = at ? (gsize)(at - user) : strlen (user);

  if (is_number (user, length) && length > 4)
    return g_strdup_printf ("%.*s…%.2s%s", user[0] == '+' ? 3 : 1, user, user + length - 2,
                            at ? at : "");
  if (!at)
    return g_strndup (user, length);
  return g_strdup_printf ("%.*s…%s", (int)(length ? g_utf8_next_char (user) - user : 0), user, at);
}

char *
oh_printable (const char *text, gsize max_bytes)
{
  g_autofree char *valid = g_utf8_make_valid (text ? text : "", -1);
  GString *out = g_string_new (NULL);

  for (const char *p = valid; *p; p = g_utf8_next_char (p))
    {
      gunichar c = g_utf8_get_char (p);

      if (out->len + 6 > max_bytes)
        break;
      if (g_unichar_iscntrl (c))
        g_string_append (out, "\xef\xbf\xbd");
      else
        g_string_append_unichar (out, c);
    }
  return g_string_free (out, FALSE);
}

gboolean
oh_is_hidden (gunichar c)
{
  GUnicodeType type = g_unichar_type (c);

  return (type == G_UNICODE_FORMAT && c != 0x200c && c != 0x200d)
         || type == G_UNICODE_LINE_SEPARATOR || type == G_UNICODE_PARAGRAPH_SEPARATOR;
}

char *
oh_printable_name (const char *text, gsize max_bytes)
{
  g_autofree char *line = oh_printable (text, max_bytes);
  GString *shown = g_string_new (NULL);

  for (const char *p = line; *p; p = g_utf8_next_char (p))
    if (!oh_is_hidden (g_utf8_get_char (p)))
      g_string_append_unichar (shown, g_utf8_get_char (p));
  return g_strstrip (g_string_free (shown, FALSE));
}

/* The digits of @text, of whatever script, without zeros in front; NULL: there are letters too. */
static char *
dup_digits (const char *text)
{
  g_autofree char *valid = g_utf8_make_valid (text, -1);
  g_autoptr (GString) digits = g_string_new (NULL);

  for (const char *p = valid; *p; p = g_utf8_next_char (p))
    {
      gunichar c = g_utf8_get_char (p);

      if (g_str_has_prefix (p, TRUNK_PREFIX))
        {
          p += strlen (TRUNK_PREFIX) - 1;
          continue;
        }
      if (g_unichar_isalpha (c))
        return NULL;
      if (g_unichar_isdigit (c) && (digits->len || g_unichar_digit_value (c) > 0))
        g_string_append_c (digits, (char)('0' + g_unichar_digit_value (c)));
    }
  return g_strdup (digits->str);
}

gboolean
oh_name_is_number (const char *name, const char *number)
{
  g_autofree char *said = name ? dup_digits (name) : NULL;
  g_autofree char *own = number ? dup_digits (number) : NULL;

  if (!said || !own || !*said || !*own)
    return FALSE;
  return strcmp (said, own) == 0 || (strlen (said) >= MIN_END && g_str_has_suffix (own, said))
         || (strlen (own) >= MIN_END && g_str_has_suffix (said, own));
}
