/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <oh-config.h>

#include "media/codec/oh-codec-private.h"

static const OhCodec *const codecs[] = {
  &oh_codec_opus, &oh_codec_g722, &oh_codec_pcmu, &oh_codec_pcma,
#if OH_HAVE_G729
  &oh_codec_g729,
#endif
  NULL,
};

const OhCodec *
oh_codec_find (const char *name)
{
  g_return_val_if_fail (name != NULL, NULL);

  for (guint i = 0; codecs[i]; i++)
    if (g_ascii_strcasecmp (codecs[i]->name, name) == 0)
      return codecs[i];
  return NULL;
}

guint32
oh_codec_get_ticks (const OhCodec *codec, const guint8 *data, gsize length)
{
  return codec->samples_in_packet (data, length, codec->rate) * (guint64)codec->clock_rate
         / codec->rate;
}

const OhCodec *const *
oh_codec_list (void)
{
  return codecs;
}

char *
oh_codec_dup_names (void)
{
  GString *names = g_string_new (NULL);

  for (guint i = 0; codecs[i]; i++)
    g_string_append_printf (names, "%s%s", i > 0 ? ", " : "", codecs[i]->name);
  return g_string_free (names, FALSE);
}
