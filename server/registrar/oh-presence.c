/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "oh-registrar"

#include "server/registrar/oh-contact.h"
#include "sip/oh-sip-pidf.h"

#include <string.h>

gboolean
oh_presence_parse (const char *pidf, gssize length, gint64 now, OhPresenceReport *report)
{
  OhSipPidf presence;

  if (!oh_sip_pidf_parse (pidf, length < 0 ? strlen (pidf) : (gsize)length, now, &presence))
    return FALSE;
  report->presence = !presence.open  ? OH_PRESENCE_CLOSED
                     : presence.busy ? OH_PRESENCE_DND
                     : presence.away ? OH_PRESENCE_AWAY
                                     : OH_PRESENCE_OPEN;
  report->input = presence.input;
  report->in_use = presence.in_use;
  g_strlcpy (report->note, presence.note, sizeof report->note);
  return TRUE;
}
