/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "oh-im"

#include "im/proxy/oh-im-message.h"

#include "im/engine/oh-im-wire.h"
#include "im/proxy/oh-im-private.h"

void
oh_im_message_free (OhImMessage *message)
{
  g_free (message->with);
  g_free (message->text);
  g_free (message);
}

OhImMessage *
oh_im_parse_message (const char *with, GVariant *dict)
{
  g_autoptr (OhImMessage) message = g_new0 (OhImMessage, 1);
  const char *text = "";

  g_variant_lookup (dict, "text", "&s", &text);
  message->with = oh_im_clean_line (with, OH_IM_MAX_NAME);
  message->text = oh_im_clean (text, OH_IM_MAX_TEXT);
  if (!*message->with || !*message->text)
    return NULL;
  if (!g_variant_lookup (dict, "time", "x", &message->time) || message->time <= 0)
    message->time = g_get_real_time () / G_USEC_PER_SEC;
  g_variant_lookup (dict, "delayed", "b", &message->delayed);
  g_variant_lookup (dict, "automatic", "b", &message->automatic);
  g_variant_lookup (dict, "own", "b", &message->own);
  g_variant_lookup (dict, "cut", "b", &message->cut);
  return g_steal_pointer (&message);
}

char *
oh_im_parse_line (GVariant *dict, const char *key)
{
  const char *text = "";

  g_variant_lookup (dict, key, "&s", &text);
  return oh_im_clean_line (text, OH_IM_MAX_NAME);
}
