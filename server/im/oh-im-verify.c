/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "oh-im"

#include "server/im/oh-im-desk-private.h"

#include "base/oh-error.h"
#include "server/store/oh-secret.h"

#define SEND_S 10 /* that the code waits for the service while somebody waits for the answer */

typedef struct
{
  OhImDesk *desk;
  OhImDeskFunc done;
  gpointer user_data;
  OhImClaim claim;
} CodeJob;

static void
on_code_sent (const GError *error, gpointer user_data)
{
  CodeJob *job = user_data;

  if (error)
    {
      g_message ("a code by IM could not be sent: %s", error->message);
      oh_im_codes_forget (job->desk->codes, &job->claim);
    }
  job->done (error, job->user_data);
  g_free ((char *)job->claim.name);
  oh_im_desk_unref (job->desk);
  g_free (job);
}

static OhImPlace *
find_online (OhImDesk *desk, gint64 login_id)
{
  OhImPlace *place = oh_im_places_find (desk, login_id);

  return place && oh_im_place_is_online (place) ? place : NULL;
}

gboolean
oh_im_desk_is_online (OhImDesk *desk, const OhImLogin *login)
{
  return find_online (desk, login->id) != NULL;
}

gboolean
oh_im_desk_send_code (OhImDesk *desk,
                      const OhImClaim *claim,
                      const char *language,
                      guint *retry_s,
                      OhImDeskFunc done,
                      gpointer user_data)
{
  OhImPlace *place = find_online (desk, claim->login_id);
  g_autoptr (GError) error = NULL;
  char *code, *text;
  CodeJob *job;

  *retry_s = 0;
  if (!place)
    {
      error = g_error_new (OH_ERROR, OH_ERROR_CLOSED,
                           "the call server is not connected to that service now");
      done (error, user_data);
      return TRUE;
    }
  code = oh_im_codes_make (desk->codes, claim, retry_s);
  if (!code)
    return FALSE;
  text = oh_im_codes_dup_message (language, code);
  job = g_new0 (CodeJob, 1);
  *job = (CodeJob){ oh_im_desk_ref (desk), done, user_data, *claim };
  job->claim.name = g_strdup (claim->name);
  oh_im_place_send (place, claim->name, text, OH_IM_URGENCY_USUAL, SEND_S, NULL, on_code_sent, job);
  oh_secret_free (text);
  oh_secret_free (code);
  return TRUE;
}

OhImCodes *
oh_im_desk_get_codes (OhImDesk *desk)
{
  return desk->codes;
}
