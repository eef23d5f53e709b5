/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "media/sdp/oh-sdp.h"

#define MAX_PARAMETERS 32
#define SHORTEST_MS 10 /* a limit below makes no sense with what we send */
#define MAX_MS 120
#define MIN_BIT_RATE 6000 /* RFC 7587 6.1 */
#define MAX_BIT_RATE 510000

/* The number that @fmtp ("minptime=10; useinbandfec=1") gives @name, between both; 0: none. */
static guint
read_parameter (const char *fmtp, const char *name, guint min, guint max)
{
  g_auto (GStrv) parameters = g_strsplit (fmtp, ";", MAX_PARAMETERS);

  for (guint i = 0; parameters[i]; i++)
    {
      char *value = strchr (parameters[i], '=');
      guint64 number;

      if (!value)
        continue;
      *value++ = '\0';
      if (g_ascii_strcasecmp (g_strstrip (parameters[i]), name) == 0
          && g_ascii_string_to_unsigned (g_strstrip (value), 10, 0, G_MAXUINT32, &number, NULL))
        return number == 0 ? 0 : CLAMP (number, min, max);
    }
  return 0;
}

static const OhSdpFormat *
find_format (const OhSdp *sdp, const OhSdpCodec *codec)
{
  for (guint i = 0; i < sdp->n_formats; i++)
    if (sdp->formats[i].payload_type == codec->payload_type
        && g_ascii_strcasecmp (sdp->formats[i].name, codec->codec->name) == 0)
      return &sdp->formats[i];
  return NULL;
}

OhSdpLimits
oh_sdp_get_limits (const OhSdp *sdp, const OhSdpCodec *codec)
{
  const OhSdpFormat *format = find_format (sdp, codec);
  OhSdpLimits limits = { .max_ptime = sdp->maxptime < SHORTEST_MS ? 0 : sdp->maxptime,
                         .total = sdp->bandwidth };

  if (!format)
    return limits;
  limits.min_ptime = read_parameter (format->fmtp, "minptime", SHORTEST_MS, MAX_MS);
  limits.bit_rate = read_parameter (format->fmtp, "maxaveragebitrate", MIN_BIT_RATE, MAX_BIT_RATE);
  return limits;
}
