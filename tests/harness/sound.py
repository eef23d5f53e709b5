# SPDX-License-Identifier: GPL-3.0-or-later
"""Marked sound: made, recorded, and judged by correlation (docs/testing.md, "Sound").

A marked file is spoken text with a chirp before it. Each direction of a call gets other words and
other chirps, so that an echo of one is never taken for the other.
"""
import os
import subprocess
import tempfile
import wave
from dataclasses import dataclass, replace

import numpy

from .world import find_program

RATE = 16000        # of files we make
JUDGE_RATE = 8000   # of everything that is judged: the telephone's band is what all codecs carry
HEARD = 0.5         # correlation from which a side counts as heard; unrelated speech stays < 0.3
LOST = 0.25    # a piece that resembles what was said less than that did not arrive
PHASES = 4     # places between two samples that are tried
TONE_LEVEL = 0.032  # peak from which a tone counts as there: -30 dBFS, and all of ours are louder
TONE_SHARE = 0.9    # of all that sounds, when nothing else does
MOVED = 0.7    # a piece that resembles it so much elsewhere was moved by a jitter buffer
BEGIN_S = 3    # of a file: the mark and the first words

TEXTS = {
    'caller': 'Good morning. This is the demo telephone, calling to hear whether the line is clear. '
              'One, two, three, four, five. The quick brown fox jumps over the lazy dog.',
    'user': 'Hello, here is the desk. I can understand you very well from this side. '
            'Seven, eight, nine, ten. We judge each direction of this conversation alone.',
    'third': 'Another voice altogether is speaking now, about gardens, rivers and old bridges. '
             'Nobody should confuse these sentences with the others.',
}
CHIRPS = {'caller': (400, 3000), 'user': (3000, 400), 'third': (900, 1900)}


def write_wav(path, samples, rate=RATE):
    with wave.open(path, 'wb') as f:
        f.setnchannels(1)
        f.setsampwidth(2)
        f.setframerate(rate)
        f.writeframes(numpy.clip(samples * 32767, -32768, 32767).astype('<i2').tobytes())
    return path


def read_wav(path, rate=JUDGE_RATE):
    """Samples -1 to 1, mono, at `rate`. A header that was not closed (a killed writer) is fine."""
    with open(path, 'rb') as f:
        data = f.read()
    channels, source_rate, position = 1, RATE, 12
    body = b''
    while position + 8 <= len(data):
        kind, size = data[position:position + 4], int.from_bytes(data[position + 4:position + 8],
                                                                 'little')
        if kind == b'fmt ':
            channels = int.from_bytes(data[position + 10:position + 12], 'little')
            source_rate = int.from_bytes(data[position + 12:position + 16], 'little')
        if kind == b'data':
            left = len(data) - position - 8
            body = data[position + 8:position + 8 + (size if 0 < size <= left else left)]
            break
        position += 8 + size + (size & 1)
    body = body[:len(body) // (2 * channels) * 2 * channels]
    samples = numpy.frombuffer(body, '<i2').astype(float) / 32768
    samples = samples.reshape(-1, channels).mean(axis=1) if len(samples) else samples
    return resample(samples, source_rate, rate)


def read_opus(path, rate=JUDGE_RATE):
    """An Ogg Opus file, decoded by opusdec: another decoder than ours."""
    with tempfile.TemporaryDirectory(prefix='offhook-') as folder:
        target = os.path.join(folder, 'decoded.wav')
        subprocess.run([find_program('opusdec'), '--quiet', '--rate', '48000', path, target],
                       check=True, capture_output=True, timeout=60)
        return read_wav(target, rate)


def resample(samples, source, target):
    """By Fourier transform in one piece: exact, and files here are short."""
    if source == target or len(samples) == 0:
        return samples
    count = int(round(len(samples) * target / source))
    spectrum = numpy.fft.rfft(samples)
    wanted = count // 2 + 1
    if wanted <= len(spectrum):
        spectrum = spectrum[:wanted]
    else:
        spectrum = numpy.pad(spectrum, (0, wanted - len(spectrum)))
    return numpy.fft.irfft(spectrum, count) * (count / len(samples))


def chirp(start, end, seconds, rate=RATE):
    t = numpy.arange(int(seconds * rate)) / rate
    phase = 2 * numpy.pi * (start * t + (end - start) * t * t / (2 * seconds))
    edge = numpy.minimum(1, numpy.minimum(t, seconds - t) / 0.02)
    return 0.35 * numpy.sin(phase) * edge


def speak(text):
    """Spoken text at RATE, by espeak-ng."""
    with tempfile.TemporaryDirectory(prefix='offhook-') as folder:
        path = os.path.join(folder, 'speech.wav')
        subprocess.run([find_program('espeak-ng'), '-s', '150', '-w', path, text], check=True,
                       capture_output=True, timeout=60,
                       env=dict(os.environ, PULSE_RUNTIME_PATH='/dev/null'))
        speech = read_wav(path, RATE)
    return 0.6 * speech / max(1e-6, numpy.abs(speech).max())


def make_marked(path, who, seconds=6.0, lead=0.1):
    """Writes a marked file: `lead` s of silence, a chirp, speech up to `seconds` in all."""
    speech = speak(TEXTS[who])
    while len(speech) < seconds * RATE:
        speech = numpy.concatenate([speech, speech])
    mark = chirp(*CHIRPS[who], 0.3)
    quiet = numpy.zeros(int(lead * RATE))
    return write_wav(path, numpy.concatenate([quiet, mark, speech])[:int(seconds * RATE)])


def make_silence(path, seconds):
    return write_wav(path, numpy.zeros(int(seconds * RATE)))


@dataclass
class Judgement:
    """What one side got of what was said to it."""
    correlation: float   # 0 to 1, mean over the loud windows of the source
    delay_ms: float      # where the source begins in the recording
    gaps: int            # loud windows of the source of which nothing arrived
    windows: int
    level_db: float      # loudness of what arrived compared with the source
    clipped: float       # fraction of samples at full scale

    @property
    def heard(self):
        return self.correlation >= HEARD


def band(samples, rate=JUDGE_RATE):
    """300 to 3,400 Hz: what every codec carries."""
    if len(samples) == 0:
        return samples
    spectrum = numpy.fft.rfft(samples)
    frequency = numpy.fft.rfftfreq(len(samples), 1 / rate)
    spectrum[(frequency < 300) | (frequency > 3400)] = 0
    return numpy.fft.irfft(spectrum, len(samples))


def _whiten(spectrum):
    return spectrum / numpy.maximum(numpy.abs(spectrum), 1e-3 * numpy.abs(spectrum).max() + 1e-12)


def find_delay(source, recorded):
    """Samples into `recorded` at which `source` begins best; negative when its begin is missing."""
    size = 1 << (len(source) + len(recorded) - 1).bit_length()
    product = _whiten(numpy.fft.rfft(recorded, size)) * numpy.conj(
        _whiten(numpy.fft.rfft(source, size)))
    match = numpy.fft.irfft(product, size)
    lag = int(numpy.argmax(match))
    return lag if lag < len(recorded) else lag - size


def shift(samples, fraction):
    """Later by a fraction of a sample."""
    if len(samples) == 0:
        return samples
    turn = numpy.exp(-2j * numpy.pi * numpy.fft.rfftfreq(len(samples)) * fraction)
    return numpy.fft.irfft(numpy.fft.rfft(samples) * turn, len(samples))


def window_match(piece, phases, begin, slack):
    """Best normalised correlation of `piece` with a recording around `begin`, its loudness and how far
    from `begin` it lies. `phases`: the recording, moved by fractions of a sample: what lies half a
    sample beside ours would lose a seventh."""
    return max((_match(piece, recorded, begin, slack) for recorded in phases),
               key=lambda found: found[0])


def _match(piece, recorded, begin, slack):
    low, high = begin - slack, begin + slack + len(piece)
    area = numpy.zeros(high - low)
    first, last = max(0, low), min(len(recorded), high)
    if last > first:
        area[first - low:last - low] = recorded[first:last]
    products = numpy.correlate(area, piece, 'valid')
    sums = numpy.concatenate([[0], numpy.cumsum(area * area)])
    energy = sums[len(piece):] - sums[:-len(piece)]
    norm = numpy.sqrt(numpy.maximum(energy, 1e-9) * numpy.dot(piece, piece))
    best = int(numpy.argmax(products / norm))
    return float(products[best] / norm[best]), float(energy[best]), best - slack


def follow_match(piece, phases, begin, slack):
    """The same; a piece that plainly lies elsewhere was moved by a jitter buffer. Whatever lies where it
    was expected resembles it a little by chance, more than a lost one."""
    near = window_match(piece, phases, begin, slack)
    if near[0] >= MOVED:
        return near
    far = window_match(piece, phases, begin, slack * 10)
    return far if far[0] >= MOVED else near


def judge(source_path, recorded, window_ms=250, slack_ms=30):
    """Compares a marked file with what was recorded (a path or samples at JUDGE_RATE). The whole tells where
    it begins, or its first seconds, or what follows them, whichever finds more: what a jitter buffer has
    moved again and again lies nowhere as a whole, or where the same words come again; and the mark
    outdoes all words, wherever a piece of it came out."""
    source = band(read_wav(source_path))
    if isinstance(recorded, str):
        recorded = read_wav(recorded)
    clipped = float(numpy.mean(numpy.abs(recorded) > 0.999)) if len(recorded) else 0.0
    recorded = band(recorded)
    if len(recorded) < JUDGE_RATE // 4 or numpy.abs(recorded).max() < 1e-4:
        return Judgement(0.0, 0.0, 0, 0, -120.0, clipped)
    phases = [shift(recorded, n / PHASES) for n in range(PHASES)]
    begin = BEGIN_S * JUDGE_RATE
    delays = {find_delay(source, recorded), find_delay(source[:begin], recorded)}
    if len(source) >= 2 * begin:
        delays.add(find_delay(source[begin:], recorded) - begin)
    found = [_judge_from(delay, source, phases, JUDGE_RATE * window_ms // 1000,
                         JUDGE_RATE * slack_ms // 1000) for delay in delays]
    best = max(found, key=lambda judgement: judgement.correlation)
    return replace(best, clipped=clipped)


def _judge_from(delay, source, phases, size, slack):
    powers = [float(numpy.dot(source[i:i + size], source[i:i + size]))
              for i in range(0, len(source) - size, size)]
    loud = max(powers) * 0.02
    moved = delay
    weight = total = got = sent = 0.0
    gaps = windows = 0
    for i, power in enumerate(powers):
        if power < loud:
            continue
        match, energy, away = follow_match(source[i * size:(i + 1) * size], phases,
                                           i * size + moved, slack)
        if match >= MOVED:
            moved += away
        windows += 1
        weight += numpy.sqrt(power)
        total += numpy.sqrt(power) * max(0.0, match)
        got += energy
        sent += power
        gaps += match < LOST or energy < power * 1e-3
    level = 10 * numpy.log10(max(got, 1e-12) / max(sent, 1e-12))
    return Judgement(round(total / max(weight, 1e-9), 3), delay * 1000 / JUDGE_RATE, gaps, windows,
                     round(float(level), 1), 0.0)


def loudness(recorded, begin_s=0.0, end_s=None):
    """Loudest 20 ms between two times of a recording, dBFS; -120 for true silence."""
    samples = read_wav(recorded) if isinstance(recorded, str) else recorded
    samples = samples[int(begin_s * JUDGE_RATE):int(end_s * JUDGE_RATE) if end_s else None]
    size = JUDGE_RATE // 50
    if len(samples) < size:
        return -120.0
    blocks = samples[:len(samples) // size * size].reshape(-1, size)
    return float(10 * numpy.log10(max((blocks ** 2).mean(axis=1).max(), 1e-12)))


def find_tone(recorded, hz):
    """Where a tone of that frequency is all that sounds: (begin, end) in s of each stretch, exact to some
    0.02 s. A hole of 60 ms does not part it."""
    samples = read_wav(recorded) if isinstance(recorded, str) else recorded
    size, hop = JUDGE_RATE // 25, JUDGE_RATE // 100
    if len(samples) < size:
        return []
    blocks = numpy.lib.stride_tricks.sliding_window_view(samples, size)[::hop]
    power = numpy.abs(numpy.fft.rfft(blocks * numpy.hanning(size))) ** 2
    near = power[:, numpy.abs(numpy.fft.rfftfreq(size, 1 / JUDGE_RATE) - hz) <= 75].sum(axis=1)
    loud = near > TONE_LEVEL ** 2 * size ** 2 * 3 / 32  # of a sine through this window
    found = []
    for n in numpy.flatnonzero(loud & (near > TONE_SHARE * power.sum(axis=1))):
        at = (n * hop + size / 2) / JUDGE_RATE
        if found and at - found[-1][1] < 0.06:
            found[-1] = (found[-1][0], at)
        else:
            found.append((at, at))
    return [(begin, end) for begin, end in found if end - begin >= 0.1]


def find_pitch(recorded, begin_s, end_s):
    """The strongest frequency between two times, Hz."""
    samples = read_wav(recorded) if isinstance(recorded, str) else recorded
    piece = samples[int(begin_s * JUDGE_RATE):int(end_s * JUDGE_RATE)]
    size = 1 << 17
    spectrum = numpy.abs(numpy.fft.rfft(piece * numpy.hanning(len(piece)), size))
    return float(numpy.argmax(spectrum)) * JUDGE_RATE / size
