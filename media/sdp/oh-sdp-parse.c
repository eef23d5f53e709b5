/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "media/sdp/oh-sdp.h"

#include "base/oh-error.h"

#include <sofia-sip/sdp.h>

#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>

#define MAX_BANDWIDTH 1000000 /* kbit/s: more is no limit for sound */

static const struct
{
  const char *name;
  OhSdpProtocol protocol;
} protocols[] = {
  { "RTP/AVP", OH_SDP_RTP_AVP },
  { "RTP/AVPF", OH_SDP_RTP_AVPF },
  { "RTP/SAVP", OH_SDP_RTP_SAVP },
  { "RTP/SAVPF", OH_SDP_RTP_SAVPF },
  { "UDP/TLS/RTP/SAVP", OH_SDP_DTLS_SAVP },
  { "UDP/TLS/RTP/SAVPF", OH_SDP_DTLS_SAVPF },
};

/* --- Small values --- */

static gboolean
read_number (const char *text, guint64 max, guint64 *number)
{
  return text && g_ascii_string_to_unsigned (text, 10, 0, max, number, NULL);
}

static gboolean
is_address (const char *text)
{
  guint8 bytes[16];

  return inet_pton (AF_INET, text, bytes) == 1 || inet_pton (AF_INET6, text, bytes) == 1;
}

static gboolean
is_no_address (const char *address)
{
  return strcmp (address, "0.0.0.0") == 0 || strcmp (address, "::") == 0;
}

static const char *
find_value (const sdp_media_t *media, const char *name)
{
  sdp_attribute_t *attribute = sdp_attribute_find2 (media->m_attributes,
                                                    media->m_session->sdp_attributes, name);

  return attribute ? (attribute->a_value ? attribute->a_value : "") : NULL;
}

/* A fresh array of words; repeated blanks give no empty ones. */
static char **
split_words (const char *text)
{
  g_auto (GStrv) all = g_strsplit_set (text, " \t", 64);
  GStrvBuilder *words = g_strv_builder_new ();
  char **result;

  for (guint i = 0; all[i]; i++)
    if (*all[i])
      g_strv_builder_add (words, all[i]);
  result = g_strv_builder_end (words);
  g_strv_builder_unref (words);
  return result;
}

/* --- Formats --- */

static OhSdpFormat *
add_format (OhSdp *sdp, guint payload_type)
{
  OhSdpFormat *format;

  if (payload_type > 127 || sdp->n_formats == OH_SDP_MAX_FORMATS)
    return NULL;
  format = &sdp->formats[sdp->n_formats++];
  format->payload_type = payload_type;
  format->channels = 1;
  return format;
}

/* RFC 3551 table 4, as far as it is ours: may stand without a=rtpmap. */
static void
set_static (OhSdpFormat *format)
{
  const OhCodec *const *codecs = oh_codec_list ();

  for (guint i = 0; codecs[i]; i++)
    if (codecs[i]->payload_type == format->payload_type && codecs[i]->payload_type < 96)
      {
        g_strlcpy (format->name, codecs[i]->name, sizeof format->name);
        format->clock_rate = codecs[i]->clock_rate;
      }
}

/* "0 PCMU/8000" or "96 opus/48000/2" */
static void
take_rtpmap (OhSdp *sdp, const char *value)
{
  char *end;
  guint64 payload_type = g_ascii_strtoull (value, &end, 10);
  g_auto (GStrv) parts = g_strsplit (g_strchug (end), "/", 4);
  guint64 rate, channels;

  for (guint i = 0; i < sdp->n_formats; i++)
    {
      OhSdpFormat *format = &sdp->formats[i];

      if (format->payload_type != payload_type || g_strv_length (parts) < 2
          || !read_number (g_strstrip (parts[1]), 192000, &rate))
        continue;
      g_strlcpy (format->name, parts[0], sizeof format->name);
      format->clock_rate = rate;
      if (parts[2] && read_number (g_strstrip (parts[2]), 8, &channels))
        format->channels = channels;
    }
}

static void
take_fmtp (OhSdp *sdp, const char *value)
{
  char *end;
  guint64 payload_type = g_ascii_strtoull (value, &end, 10);

  while (*end == ' ')
    end++;
  for (guint i = 0; i < sdp->n_formats; i++)
    if (sdp->formats[i].payload_type == payload_type)
      g_strlcpy (sdp->formats[i].fmtp, end, sizeof sdp->formats[i].fmtp);
}

/* The parser understands a=rtpmap and a=fmtp of RTP/AVP and RTP/SAVP and leaves those of the other
 * profiles among the attributes. */
static void
read_formats (OhSdp *sdp, const sdp_media_t *media)
{
  for (sdp_rtpmap_t *map = media->m_rtpmaps; map; map = map->rm_next)
    {
      OhSdpFormat *format = add_format (sdp, map->rm_pt);
      guint64 channels;

      if (!format)
        continue;
      g_strlcpy (format->name, map->rm_encoding ? map->rm_encoding : "", sizeof format->name);
      format->clock_rate = MIN (map->rm_rate, 192000);
      if (read_number (map->rm_params, 8, &channels))
        format->channels = channels;
      if (map->rm_fmtp)
        g_strlcpy (format->fmtp, map->rm_fmtp, sizeof format->fmtp);
      if (!*format->name)
        set_static (format);
    }
  if (media->m_rtpmaps)
    return;

  for (sdp_list_t *item = media->m_format; item; item = item->l_next)
    {
      guint64 payload_type;
      OhSdpFormat *format;

      if (!read_number (item->l_text, 127, &payload_type))
        continue;
      format = add_format (sdp, payload_type);
      if (format)
        set_static (format);
    }
  for (sdp_attribute_t *a = media->m_attributes; a; a = a->a_next)
    if (a->a_value && g_ascii_strcasecmp (a->a_name, "rtpmap") == 0)
      take_rtpmap (sdp, a->a_value);
    else if (a->a_value && g_ascii_strcasecmp (a->a_name, "fmtp") == 0)
      take_fmtp (sdp, a->a_value);
}

/* --- ICE, DTLS, SDES --- */

/* RFC 8839 5.1: foundation component transport priority address port "typ" type ... */
static void
take_candidate (OhSdp *sdp, const char *value)
{
  g_auto (GStrv) words = split_words (value);
  guint n = g_strv_length (words);
  guint64 component, priority, port, related;
  OhSdpCandidate *candidate;

  if (n < 8 || sdp->n_candidates == OH_SDP_MAX_CANDIDATES || strlen (words[0]) > 32
      || !read_number (words[1], 256, &component) || component < 1 || component > 2
      || g_ascii_strcasecmp (words[2], "udp") != 0
      || !read_number (words[3], G_MAXUINT32, &priority) || !is_address (words[4])
      || !read_number (words[5], 65535, &port) || port == 0 || strcmp (words[6], "typ") != 0)
    return; /* TCP, mDNS names, future types: not ours, and no fault */
  if (strcmp (words[7], "host") != 0 && strcmp (words[7], "srflx") != 0
      && strcmp (words[7], "prflx") != 0 && strcmp (words[7], "relay") != 0)
    return;

  candidate = &sdp->candidates[sdp->n_candidates++];
  g_strlcpy (candidate->foundation, words[0], sizeof candidate->foundation);
  candidate->component = component;
  candidate->priority = priority;
  g_strlcpy (candidate->address, words[4], sizeof candidate->address);
  candidate->port = port;
  g_strlcpy (candidate->type, words[7], sizeof candidate->type);
  for (guint i = 8; i + 1 < n; i += 2)
    if (strcmp (words[i], "raddr") == 0 && is_address (words[i + 1]))
      g_strlcpy (candidate->related_address, words[i + 1], sizeof candidate->related_address);
    else if (strcmp (words[i], "rport") == 0 && read_number (words[i + 1], 65535, &related))
      candidate->related_port = related;
}

/* RFC 4568 9.1. Lines with an MKI or session parameters ask for what we don't do and are passed
 * over, as that RFC wants. */
static void
take_crypto (OhSdp *sdp, const char *value)
{
  g_auto (GStrv) words = split_words (value);
  g_auto (GStrv) parts = NULL;
  g_autofree guint8 *key = NULL;
  gsize length;
  guint64 tag;
  OhSdpCrypto *crypto;

  if (sdp->n_cryptos == OH_SDP_MAX_CRYPTOS || g_strv_length (words) != 3
      || !read_number (words[0], 999999999, &tag) || strlen (words[1]) >= sizeof crypto->suite
      || g_ascii_strncasecmp (words[2], "inline:", 7) != 0)
    return;
  parts = g_strsplit (words[2] + 7, "|", 4);
  if (g_strv_length (parts) > 2 || (parts[0] && parts[1] && strchr (parts[1], ':')))
    return;
  if (!parts[0])
    return;
  key = g_base64_decode (parts[0], &length);
  if (!key || length == 0 || length > sizeof crypto->key)
    return;

  crypto = &sdp->cryptos[sdp->n_cryptos++];
  crypto->tag = tag;
  g_strlcpy (crypto->suite, words[1], sizeof crypto->suite);
  memcpy (crypto->key, key, length);
  crypto->key_length = length;
}

/* "sha-256 AB:CD:..."; other hashes are ignored: without one of SHA-256 there is no agreement. */
static void
take_fingerprint (OhSdp *sdp, const char *value)
{
  g_auto (GStrv) words = split_words (value);
  const char *p;

  if (g_strv_length (words) != 2 || g_ascii_strcasecmp (words[0], "sha-256") != 0
      || strlen (words[1]) != OH_SDP_FINGERPRINT_BYTES * 3 - 1)
    return;
  p = words[1];
  for (guint i = 0; i < OH_SDP_FINGERPRINT_BYTES; i++, p += 3)
    {
      if (!g_ascii_isxdigit (p[0]) || !g_ascii_isxdigit (p[1]) || (p[2] != ':' && p[2] != '\0'))
        return;
      sdp->fingerprint[i] = g_ascii_xdigit_value (p[0]) << 4 | g_ascii_xdigit_value (p[1]);
    }
  sdp->has_fingerprint = TRUE;
}

static void
read_security (OhSdp *sdp, const sdp_media_t *media)
{
  const char *setup = find_value (media, "setup");
  const char *ufrag = find_value (media, "ice-ufrag");
  const char *password = find_value (media, "ice-pwd");
  const char *fingerprint = find_value (media, "fingerprint");

  if (setup)
    sdp->setup = g_ascii_strcasecmp (setup, "active") == 0    ? OH_SDP_SETUP_ACTIVE
                 : g_ascii_strcasecmp (setup, "passive") == 0 ? OH_SDP_SETUP_PASSIVE
                 : g_ascii_strcasecmp (setup, "actpass") == 0 ? OH_SDP_SETUP_ACTPASS
                                                              : OH_SDP_SETUP_NONE;
  if (ufrag && password && strlen (ufrag) >= 4 && strlen (ufrag) <= 256 && strlen (password) >= 22
      && strlen (password) <= 256) /* RFC 8839 5.4 */
    {
      g_strlcpy (sdp->ufrag, ufrag, sizeof sdp->ufrag);
      g_strlcpy (sdp->password, password, sizeof sdp->password);
    }
  sdp->ice_lite = find_value (media, "ice-lite") != NULL;
  if (fingerprint)
    take_fingerprint (sdp, fingerprint);
  for (sdp_attribute_t *a = media->m_attributes; a; a = a->a_next)
    if (!a->a_value)
      continue;
    else if (g_ascii_strcasecmp (a->a_name, "candidate") == 0)
      take_candidate (sdp, a->a_value);
    else if (g_ascii_strcasecmp (a->a_name, "crypto") == 0)
      take_crypto (sdp, a->a_value);
    else if (g_ascii_strcasecmp (a->a_name, "fingerprint") == 0)
      take_fingerprint (sdp, a->a_value);
}

/* --- Sections --- */

static gboolean
find_protocol (const sdp_media_t *media, OhSdpProtocol *protocol)
{
  for (guint i = 0; i < G_N_ELEMENTS (protocols); i++)
    if (media->m_proto_name && g_ascii_strcasecmp (media->m_proto_name, protocols[i].name) == 0)
      {
        *protocol = protocols[i].protocol;
        return TRUE;
      }
  return FALSE;
}

static void
read_mid (OhSdp *sdp, const sdp_media_t *media)
{
  sdp_attribute_t *mid = sdp_attribute_find (media->m_attributes, "mid");

  if (!mid || !mid->a_value || strlen (mid->a_value) >= sizeof sdp->mid)
    return;
  g_strlcpy (sdp->mid, mid->a_value, sizeof sdp->mid);
  for (sdp_attribute_t *a = media->m_session->sdp_attributes; a; a = a->a_next)
    if (a->a_value && g_ascii_strcasecmp (a->a_name, "group") == 0)
      {
        g_auto (GStrv) words = split_words (a->a_value);

        if (words[0] && strcmp (words[0], "BUNDLE") == 0
            && g_strv_contains ((const char *const *)words + 1, sdp->mid))
          sdp->bundle = TRUE;
      }
}

static void
read_rtcp (OhSdp *sdp, const sdp_media_t *media)
{
  sdp_attribute_t *rtcp = sdp_attribute_find (media->m_attributes, "rtcp");
  gulong port;

  sdp->rtcp_mux = sdp_attribute_find (media->m_attributes, "rtcp-mux") != NULL;
  sdp->rtcp_port = sdp->port && sdp->port < 65535 ? sdp->port + 1 : 0;
  if (rtcp && rtcp->a_value)
    {
      port = strtoul (rtcp->a_value, NULL,
                      10); /* RFC 3605; an address of its own is not followed */
      if (port > 0 && port < 65536)
        sdp->rtcp_port = port;
    }
}

static guint
read_ms (const sdp_media_t *media, const char *name)
{
  sdp_attribute_t *attribute = sdp_attribute_find (media->m_attributes, name);
  guint64 ms;

  return attribute && read_number (attribute->a_value, 1000, &ms) ? ms : 0;
}

/* b=AS, in kbit/s (RFC 8866 5.8). By its name: sofia 1.12.11 calls what it does not know, b=TIAS, AS, and AS
 * unknown. */
static guint
read_bandwidth (const sdp_media_t *media)
{
  const sdp_bandwidth_t *b = media->m_bandwidths ? media->m_bandwidths
                                                 : media->m_session->sdp_bandwidths;

  while (b && g_strcmp0 (b->b_modifier_name, "AS") != 0)
    b = b->b_next;
  return b ? MIN (b->b_value, MAX_BANDWIDTH) * 1000 : 0;
}

static void
read_sound (OhSdp *sdp, const sdp_media_t *media)
{
  sdp_connection_t *connection = sdp_media_connections (media);

  sdp->port = media->m_port;
  if (connection && connection->c_address && is_address (connection->c_address)
      && !connection->c_mcast)
    g_strlcpy (sdp->address, connection->c_address, sizeof sdp->address);
  sdp->ptime = read_ms (media, "ptime");
  sdp->maxptime = read_ms (media, "maxptime");
  sdp->bandwidth = read_bandwidth (media);
  read_rtcp (sdp, media);
  read_mid (sdp, media);
  read_formats (sdp, media);
  read_security (sdp, media);
  /* Without ICE, an address that is none asks for silence (RFC 3264 8.4). */
  sdp->direction = (OhSdpDirection)media->m_mode;
  if (!*sdp->ufrag && is_no_address (sdp->address))
    sdp->direction &= ~OH_SDP_RECVONLY;
}

static void
keep_other (OhSdp *sdp, const sdp_media_t *media)
{
  OhSdpOther *other = &sdp->others[sdp->n_others++];
  sdp_attribute_t *mid = sdp_attribute_find (media->m_attributes, "mid");
  const char *format = media->m_format ? media->m_format->l_text : NULL;

  g_strlcpy (other->type, media->m_type_name ? media->m_type_name : "audio", sizeof other->type);
  g_strlcpy (other->protocol, media->m_proto_name ? media->m_proto_name : "RTP/AVP",
             sizeof other->protocol);
  if (media->m_rtpmaps)
    g_snprintf (other->format, sizeof other->format, "%u", media->m_rtpmaps->rm_pt);
  else
    g_strlcpy (other->format, format ? format : "0", sizeof other->format);
  if (mid && mid->a_value)
    g_strlcpy (other->mid, mid->a_value, sizeof other->mid);
}

static gboolean
read_session (OhSdp *sdp, const sdp_session_t *session, GError **error)
{
  gboolean found = FALSE;
  guint n = 0;

  if (session->sdp_origin)
    {
      sdp->session_id = session->sdp_origin->o_id;
      sdp->version = session->sdp_origin->o_version;
    }
  for (sdp_media_t *media = session->sdp_media; media; media = media->m_next, n++)
    {
      if (n == OH_SDP_MAX_MEDIA)
        {
          g_set_error (error, OH_ERROR, OH_ERROR_LIMIT, "SDP with too many media sections");
          return FALSE;
        }
      if (!found && media->m_type == sdp_media_audio && media->m_port > 0 && media->m_port <= 65535
          && find_protocol (media, &sdp->protocol))
        {
          found = TRUE;
          sdp->place = n;
          read_sound (sdp, media);
        }
      else if (sdp->n_others < G_N_ELEMENTS (sdp->others))
        keep_other (sdp, media);
    }
  if (!found)
    g_set_error (error, OH_ERROR, OH_ERROR_UNSUPPORTED, "SDP without a sound section for us");
  return found;
}

/* --- What the parser can't be given --- */

#define TOKEN "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789!#$%&'*+-.^_`{|}~"

/* How far @p is a word of @allowed, or such words with one slash between each two. */
static gsize
get_slashed_length (const char *p, const char *allowed)
{
  gsize length = 0;

  for (;;)
    {
      gsize n = strspn (p + length, allowed);

      if (n == 0)
        return 0;
      length += n;
      if (p[length] != '/')
        return length;
      length++;
    }
}

/* "audio 4000 RTP/AVP 0 8": a token, a port, a protocol, and tokens (RFC 8866 9). */
static gboolean
is_media_line (const char *p, const char *end)
{
  guint field;

  for (field = 0; p < end; field++)
    {
      gsize n = field == 1   ? get_slashed_length (p, "0123456789")
                : field == 2 ? get_slashed_length (p, TOKEN)
                             : strspn (p, TOKEN);

      if (n == 0)
        return FALSE;
      p += n;
      n = strspn (p, " ");
      if (p < end && n == 0)
        return FALSE;
      p += n;
    }
  return field > 3;
}

/* sofia's parser takes memory without end when a part of an m= line is no token or empty, as in
 * "RTP//AVP". It also reads lines that begin with a space or tab, so anything but "x=..." is refused
 * (RFC 8866 5). */
static gboolean
check_lines (const char *text)
{
  text += strspn (text, "\r\n");
  while (*text)
    {
      gsize n = strcspn (text, "\r\n");

      if (!g_ascii_isalpha (text[0]) || text[1] != '='
          || (text[0] == 'm' && !is_media_line (text + 2, text + n)))
        return FALSE;
      text += n + strspn (text + n, "\r\n");
    }
  return TRUE;
}

OhSdp *
oh_sdp_parse (const char *text, GError **error)
{
  g_autoptr (OhSdp) sdp = g_new0 (OhSdp, 1);
  gsize length = text ? strnlen (text, OH_SDP_MAX_BYTES + 1) : 0;
  sdp_parser_t *parser;
  sdp_session_t *session;
  gboolean good = FALSE;

  if (length > OH_SDP_MAX_BYTES)
    {
      g_set_error (error, OH_ERROR, OH_ERROR_LIMIT, "SDP of more than 64 KiB");
      return NULL;
    }
  if (text && !check_lines (text))
    {
      g_set_error (error, OH_ERROR, OH_ERROR_INVALID, "SDP with a broken line");
      return NULL;
    }
  parser = sdp_parse (NULL, text ? text : "", length, 0);
  session = parser ? sdp_session (parser) : NULL;
  if (session)
    good = read_session (sdp, session, error);
  else
    g_set_error (error, OH_ERROR, OH_ERROR_INVALID, "SDP that can't be read: %s",
                 parser ? sdp_parsing_error (parser) : "no memory");
  if (parser)
    sdp_parser_free (parser);
  return good ? g_steal_pointer (&sdp) : NULL;
}

/* Where the payload type of the sound section that is used stands first; NULL: none is. */
static const char *
find_sound (const char *text, guint *payload_type)
{
  guint port;

  while ((text = strstr (text, "\nm=audio ")))
    {
      if (sscanf (text, "\nm=audio %u %*s %u", &port, payload_type) == 2 && port > 0)
        return text;
      text++;
    }
  return NULL;
}

char *
oh_sdp_dup_codec (const char *text)
{
  char start[sizeof "\na=rtpmap:4294967295 "];
  guint payload_type;
  const char *sound = find_sound (text, &payload_type);
  const char *map;
  g_autoptr (OhSdp) sdp = NULL;

  if (!sound)
    return NULL;
  g_snprintf (start, sizeof start, "\na=rtpmap:%u ", payload_type);
  map = strstr (sound, start);
  if (map)
    return g_strndup (map + strlen (start), strcspn (map + strlen (start), "/\r\n"));
  sdp = oh_sdp_parse (text, NULL); /* a static one that is not spelt out */
  return sdp && sdp->n_formats > 0 ? g_strdup (sdp->formats[0].name) : NULL;
}
