/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "media/codec/oh-codec.h"

G_BEGIN_DECLS

extern const OhCodec oh_codec_opus;
extern const OhCodec oh_codec_g722;
extern const OhCodec oh_codec_pcmu;
extern const OhCodec oh_codec_pcma;
extern const OhCodec oh_codec_g729; /* where libbcg729 is there */

G_END_DECLS
