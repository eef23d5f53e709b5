/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "server/im/oh-call-back.h"

#include "server/store/oh-directory.h"

#include <string.h>

#define MAX_DIGITS 15 /* E.164 */
#define MAX_DOMAIN 100

/* RFC 3966, "domainname", which is ASCII. */
static gboolean
is_domain (const char *text)
{
  gsize length = text ? strlen (text) : 0;

  return length && length <= MAX_DOMAIN && g_ascii_isalnum (*text)
         && strspn (text, G_CSET_A_2_Z G_CSET_a_2_z G_CSET_DIGITS "-.") == length;
}

char *
oh_call_back_dup_link (const char *number, const char *domain)
{
  g_autofree char *normal = oh_number_normalize (number);
  gboolean whole = normal && *normal == '+';
  const char *digits = normal ? normal + whole : "";
  gsize length = strlen (digits);

  if (!length || length > MAX_DIGITS || strspn (digits, G_CSET_DIGITS) != length)
    return NULL; /* codes that switch something on ("*21#") are nobody's number */
  if (whole)
    return g_strconcat ("tel:", normal, NULL);
  return is_domain (domain) ? g_strconcat ("tel:", normal, ";phone-context=", domain, NULL) : NULL;
}
