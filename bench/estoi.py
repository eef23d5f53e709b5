# SPDX-License-Identifier: GPL-3.0-or-later
"""How much of speech can be understood: ESTOI (Jensen and Taal 2016, "An algorithm for predicting the
intelligibility of speech masked by modulated noise maskers"), 1 where nothing was changed."""
import numpy

RATE = 10000
FRAME = 256
HOP = FRAME // 2
SIZE = 512
BANDS = 15
LOWEST = 150    # Hz, middle of the first third of an octave
SEGMENT = 30    # frames: 384 ms
RANGE_DB = 40   # quieter frames of what was said are no speech
WINDOW = numpy.hanning(FRAME + 2)[1:-1]
TINY = numpy.finfo(float).eps


def _frames(samples):
    count = (len(samples) - FRAME) // HOP
    return numpy.stack([samples[i * HOP:i * HOP + FRAME] for i in range(count)]) * WINDOW


def _overlap(frames):
    samples = numpy.zeros((len(frames) + 1) * HOP)
    for i, frame in enumerate(frames):
        samples[i * HOP:i * HOP + FRAME] += frame
    return samples


def _without_silence(said, heard):
    said, heard = _frames(said), _frames(heard)
    level = 20 * numpy.log10(numpy.linalg.norm(said, axis=1) + TINY)
    loud = level > level.max() - RANGE_DB
    return _overlap(said[loud]), _overlap(heard[loud])


def _thirds():
    """Which bins of the spectrum belong to each band."""
    bins = numpy.arange(SIZE // 2 + 1) * RATE / SIZE
    matrix = numpy.zeros((BANDS, len(bins)))
    for k in range(BANDS):
        low, high = (int(numpy.argmin(numpy.abs(bins - LOWEST * 2 ** ((2 * k + d) / 6))))
                     for d in (-1, 1))
        matrix[k, low:high] = 1
    return matrix


def _envelopes(samples):
    spectrum = numpy.fft.rfft(_frames(samples), SIZE)
    return numpy.sqrt(_thirds() @ (numpy.abs(spectrum) ** 2).T)


def _normalized(segments):
    for axis in (2, 1):  # each band over time, then each moment over the bands
        segments = segments - segments.mean(axis=axis, keepdims=True)
        segments = segments / (numpy.linalg.norm(segments, axis=axis, keepdims=True) + TINY)
    return segments


def _segments(envelopes):
    return numpy.stack([envelopes[:, end - SEGMENT:end]
                        for end in range(SEGMENT, envelopes.shape[1] + 1)])


def estoi(said, heard):
    """Of samples at RATE, of the same length and in step."""
    said, heard = (_normalized(_segments(_envelopes(s))) for s in _without_silence(said, heard))
    return float(numpy.sum(said * heard) / SEGMENT / len(said))
