/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "media/codec/oh-codec.h"
#include "media/rtp/oh-rtp.h"

G_BEGIN_DECLS

/* The longest wait for a packet that is late, whatever the network does. */
#define OH_JITTER_MAX_MS 400

/* Puts the packets of one sender in order and turns them into an even flow of samples: waits as long
 * as the measured jitter asks for, conceals what is lost, and stretches or shortens sound by whole
 * pitch periods to follow jitter and a far clock that runs faster or slower.
 *
 *   put() -> packets by time stamp -> decoder -> samples -> get()
 *
 * Packets are put and samples are taken on one thread. No allocation but for the codec's own. */
typedef struct _OhJitter OhJitter;

typedef struct
{
  guint64 lost;      /* packets that were concealed and never came */
  guint64 late;      /* came after their turn */
  guint64 concealed; /* samples made up */
  float buffered_ms; /* in packets and samples now */
  float target_ms;   /* what the jitter asks for */
} OhJitterStats;

OhJitter *oh_jitter_new (void);
void oh_jitter_free (OhJitter *jitter);

/* Samples that come out are of @rate Hz, which @codec must be able to decode to. May be called again
 * in mid-stream; packets that wait for another codec are forgotten. */
gboolean oh_jitter_set_codec (OhJitter *jitter, const OhCodec *codec, guint rate);
guint oh_jitter_get_rate (OhJitter *jitter); /* 0: no codec yet */
const OhCodec *oh_jitter_get_codec (OhJitter *jitter);

/* A packet that arrived at @now. Duplicates and what is too late are dropped. */
void oh_jitter_put (OhJitter *jitter, const OhRtpHeader *header, const guint8 *payload, gint64 now);

/* A frame that came once more, within a packet @age later than its own (RFC 2198); told of each,
 * needed or not: as long as frames come again soon, the wait is long enough for that. */
void oh_jitter_put_again (
    OhJitter *jitter, const OhRtpHeader *header, const guint8 *payload, guint age, gint64 now);

/* A packet of the same stream that is no sound (a key): its number is not missing. */
void oh_jitter_note_other (OhJitter *jitter, guint16 sequence);

/* The next @n samples at @now; FALSE: silence, because nothing has come (for a while). */
gboolean oh_jitter_get (OhJitter *jitter, gint16 *samples, gsize n, gint64 now);

/* A reader whose turns may lie where they like: by how many microseconds, less than a turn, they may come
 * earlier without that any packet of the last seconds would have been late; and that they do, by @us,
 * from the next one on. It is delay that costs no sound to save. */
gint64 oh_jitter_get_lead (OhJitter *jitter);
void oh_jitter_come_earlier (OhJitter *jitter, gint64 us);

/* Forgets everything but the codec, as for a new sender. */
void oh_jitter_reset (OhJitter *jitter);

/* Takes out the packets that wait, in order, undecoded; samples that wait are forgotten. */
void oh_jitter_drain (OhJitter *jitter,
                      void (*each) (const OhRtpHeader *header,
                                    const guint8 *payload,
                                    gpointer user_data),
                      gpointer user_data);

void oh_jitter_get_stats (OhJitter *jitter, OhJitterStats *stats);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (OhJitter, oh_jitter_free)

G_END_DECLS
