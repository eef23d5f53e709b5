# SPDX-License-Identifier: GPL-3.0-or-later
"""Speech over a wire that loses or delays packets (bench/wire.c): how much of it can be understood, and
how much later it is heard. Peers, RTP, redundancy, codec and jitter buffer are the product's, from the
sound that one side sends to the sound that the other gives to its loudspeaker; sound cards, filters and
call server are not in it, and its clock is not the machine's."""
import json
import os
import subprocess
import tempfile
from dataclasses import dataclass

import numpy

from figure import Figure, quantile
from harness import Failure, sound

RATE = 48000
SAID_S = 20
WARM_S = 10        # of the wire's faults before judging: the sender learns of them by reports
SEEDS = range(1, 12)
PIECE_S = 2        # is aligned by itself, since a jitter buffer stretches and shortens
SLACK_MS = 150
PEERS = {10: (0.95, 'Linphone elsewhere', 0.92), 20: (0.92, 'Linphone elsewhere', 0.89)}  # goal, best peer
JITTER_MS = 50
NARROW_KBIT_S = 40
QUEUE_MS = 400      # before it, in bench/wire.c


@dataclass
class Heard:
    understood: float   # ESTOI
    delay_ms: float     # median over the pieces
    last: dict          # what the sender tells of the last phase


def speech():
    """SAID_S of speech at RATE."""
    said = numpy.concatenate([sound.speak(text) for text in sound.TEXTS.values()])
    said = numpy.resize(said, SAID_S * sound.RATE)
    return sound.resample(said, sound.RATE, RATE)


def run_bench(name, *words):
    """What the program bench/NAME prints."""
    program = os.path.join(os.environ['OFFHOOK_BUILD'], 'bench', name)
    if not os.access(program, os.X_OK):
        raise Failure(f'{program} is not built')
    return subprocess.run([program, *words], capture_output=True, text=True, timeout=300,
                          check=True).stdout


def write_raw(path, samples):
    numpy.clip(samples * 32767, -32768, 32767).astype('<i2').tofile(path)


def pass_wire(said, seed, phases, options=()):
    """What comes out, and what is told of each phase."""
    with tempfile.TemporaryDirectory(prefix='offhook-') as folder:
        paths = [os.path.join(folder, name) for name in ('said', 'heard')]
        write_raw(paths[0], said)
        told = run_bench('wire', *options, str(seed), *paths,
                         *(':'.join(str(part) for part in phase) for phase in phases))
        heard = numpy.fromfile(paths[1], '<i2') / 32768
    return heard, [json.loads(line) for line in told.split('\n') if line.startswith('{')]


def estoi(said, heard):
    """Of samples at RATE, of the same length and in step (bench/estoi.c)."""
    with tempfile.TemporaryDirectory(prefix='offhook-') as folder:
        paths = [os.path.join(folder, name) for name in ('said', 'heard')]
        for path, samples in zip(paths, (said, heard)):
            write_raw(path, samples)
        return float(run_bench('estoi', str(RATE), *paths))


def find_piece(piece, heard, at, slack_ms=SLACK_MS):
    """Samples by which `piece`, said `at`, is heard later."""
    slack = slack_ms * RATE // 1000
    area = heard[at:at + len(piece) + slack]
    return max(0, sound.find_delay(piece, area))


def align(said, heard, begin_s, end_s, slack_ms=SLACK_MS):
    """(what was said, what was heard in step with it, delays in ms) between two times."""
    pieces, delays = [], []
    size = PIECE_S * RATE
    for at in range(int(begin_s * RATE), int(end_s * RATE) - size + 1, size):
        piece = said.take(range(at, at + size), mode='wrap')
        delay = find_piece(piece, heard, at, slack_ms)
        got = heard[at + delay:at + delay + size]
        pieces.append((piece, numpy.pad(got, (0, size - len(got)))))
        delays.append(delay * 1000 / RATE)
    return *(numpy.concatenate(side) for side in zip(*pieces)), delays


def judge(said, seed, loss, jitter=0, options=()):
    heard, told = pass_wire(said, seed, [(WARM_S + SAID_S + 1, loss, jitter)], options)
    ours, theirs, delays = align(said, heard, WARM_S, WARM_S + SAID_S)
    return Heard(estoi(ours, theirs), quantile(delays, 0.5), told[-1])


def loss_figures(said, percent, clean):
    goal, peer, value = PEERS[percent]
    name = f'{percent} % random loss'
    found = [judge(said, seed, percent / 100) for seed in SEEDS]
    bare = [judge(said, seed, percent / 100, options=['--no-redundancy']) for seed in SEEDS]
    understood = [f.understood for f in found]
    return [
        Figure(f'speech kept, {name}, median', quantile(understood, 0.5), 'ESTOI', goal, peer, value,
               'min'),
        Figure(f'speech kept, {name}, worst', min(understood), 'ESTOI', goal, peer, value, 'min'),
        Figure(f'speech kept, {name}, far end without redundancy, median',
               quantile([f.understood for f in bare], 0.5), 'ESTOI', None, peer, value),
        Figure(f'delay more than without loss, {name}, worst',
               max(f.delay_ms for f in found) - clean.delay_ms, 'ms', 30),
        Figure(f'sent, {name}, median', quantile([f.last['kbit_s'] for f in found], 0.5), 'kbit/s'),
    ]


def run():
    said = speech()
    clean = judge(said, 1, 0)
    _, told = pass_wire(said, 1, [(20, 0.2, 0), (20, 0, 0)])
    return [
        Figure('speech kept, no loss', clean.understood, 'ESTOI'),
        Figure('delay, no loss', clean.delay_ms, 'ms'),
        Figure('sent, no loss', clean.last['kbit_s'], 'kbit/s'),
        *loss_figures(said, 10, clean),
        *loss_figures(said, 20, clean),
        Figure('older frames a packet, without loss from the begin', clean.last['copies'], '', 0),
        Figure('older frames a packet, 20 s after the last loss', told[-1]['copies'], '', 0),
    ]


def judge_part(said, heard, begin_s, end_s):
    """(ESTOI, median delay in ms) between two times."""
    ours, theirs, delays = align(said, heard, begin_s, end_s, QUEUE_MS + 2 * SLACK_MS)
    return estoi(ours, theirs), quantile(delays, 0.5)


def run_narrow():
    """20 s of a wide wire, 60 s of a narrow one with a queue before it, 60 s of a wide one."""
    said = speech()
    phases = [(20, 0, 0), (60, 0, 0, NARROW_KBIT_S), (60, 0, 0)]
    found = []
    for options in ((), ('--fixed',)):
        heard, told = pass_wire(said, 1, phases, options)
        found.append((judge_part(said, heard, 40, 80), judge_part(said, heard, 120, 140), told))
    (narrow, wide, told), (fixed, _, _) = found
    heard, short = pass_wire(said, 1, [(31, 0, 0)], ['--short'])
    heard = judge_part(said, heard, 10, 30)
    name = f'{NARROW_KBIT_S} kbit/s for 60 s'
    return [
        Figure(f'{name}: speech kept, 20 s after it began', narrow[0], 'ESTOI', None,
               'as much sent as ever', fixed[0]),
        Figure(f'{name}: delay then, median', narrow[1], 'ms', None, 'as much sent as ever', fixed[1]),
        Figure(f'{name}: packets then', told[1]['ptime'], 'ms'),
        Figure(f'{name}: speech kept 40 s after its end', wide[0], 'ESTOI'),
        Figure(f'{name}: packets then', told[2]['ptime'], 'ms'),
        Figure('good path, packets', short[0]['ptime'], 'ms'),
        Figure('good path, speech kept', heard[0], 'ESTOI'),
        Figure('good path, delay', heard[1], 'ms'),
    ]


def run_jitter():
    """60 s of jitter, then none."""
    said = speech()
    more = []
    for seed in SEEDS:
        heard, _ = pass_wire(said, seed, [(20, 0, 0), (60, 0, JITTER_MS), (12, 0, 0)])
        before = align(said, heard, 10, 20)[2]
        after = align(said, heard, 85, 91)[2]
        during = align(said, heard, 60, 80)[2]
        more.append((quantile(after, 0.5) - quantile(before, 0.5), quantile(during, 0.5)))
    name = f'{JITTER_MS} ms of jitter for 60 s'
    return [
        Figure(f'{name}: delay in it, median', quantile([m[1] for m in more], 0.5), 'ms'),
        Figure(f'{name}: delay more 5 s after it, median', quantile([m[0] for m in more], 0.5), 'ms',
               10),
        Figure(f'{name}: delay more 5 s after it, worst', max(m[0] for m in more), 'ms', 10),
    ]
