# SPDX-License-Identifier: GPL-3.0-or-later
"""Marked sound into the client's microphone until it comes out of the telephone, and back, through
the call server: ICE, DTLS-SRTP, bridge, jitter buffers, codecs and filters are the product's.

Sound cards are files here. Delay: from the time when the mark was taken from the one file until its
sample was written to the other (CLOCK_MONOTONIC, by the time line). baresip is the peer for there
and back: it returns what it hears, and the telephone compares with what it said.
"""
import argparse
import json
import os
import subprocess
import sys
from dataclasses import dataclass

from figure import Figure
from harness import World, sound
from harness.baresip import Baresip
from harness.headless import Headless
from harness.phone import Phone
from harness.server import Server
from harness.bad_wire import BadWire, can_be_made

BOTH_WAYS_MS = 60   # wanted; and half of what the best peer takes
PART_OF_PEER = 0.5
MORE_WITH_LOSS_MS = 30

WIRES = (('5 % loss', {'loss': 5}), ('10 % loss', {'loss': 10}), ('20 % loss', {'loss': 20}),
         ('50 ms jitter', {'jitter_ms': 50}))


@dataclass
class Way:
    """One direction of a call, or there and back."""
    delay_ms: float
    gaps: int


def way(source, listener, tape_us, said_us):
    """@tape_us, @said_us: when the listener's recording and the source began."""
    judgement = sound.judge(source, listener)
    if not judgement.heard:
        raise RuntimeError(f'not heard: {judgement}')
    return Way((tape_us - said_us) / 1000 + judgement.delay_ms, judgement.gaps)


def begin_of(world, name):
    """When the client's sound card was at its file's first sample, by the last mark (us)."""
    mark = [m for m in world.timeline() if m['mark'] == name][-1]
    return mark['mono'] - int(mark['id'].partition('@')[2]) * 1000000 // 48000


def measure(codec):
    """(to the user, to the caller)."""
    with World('mouth-to-ear') as world:
        said = sound.make_marked(world.path('a.wav'), 'caller', 6.0, lead=0.0)
        back = sound.make_marked(world.path('b.wav'), 'user', 6.0, lead=0.0)
        server = world.add(Server(world))
        server.add_user('anna', '100')
        server.add_trunk('provider', kind='address', trusted='127.0.0.1')
        client = world.add(Headless(world, said=back)).sign_in(server)
        caller = Phone(world, 'caller', server.uri('100'), play=said, codecs=codec,
                       hang_up_after=8, max_time=40)
        client.wait('call', state='incoming')
        client.say('answer')
        result = caller.result(30)
        client.wait('call', state='ended')
        client.end()
        return (way(said, client.heard, begin_of(world, 'speaker-started'), result['t_said']),
                way(back, caller.heard, result['t_tape'], begin_of(world, 'microphone-started')))


def measure_peer(codec):
    """Telephone -> baresip -> telephone, directly."""
    with World('mouth-to-ear-peer') as world:
        said = sound.make_marked(world.path('a.wav'), 'caller', 6.0, lead=0.0)
        peer = world.add(Baresip(world, 'peer', None, codec=codec, answer='auto'))
        caller = Phone(world, 'caller', peer.uri, play=said, codecs=codec, hang_up_after=8,
                       max_time=40)
        result = caller.result(30)
        return way(said, caller.heard, result['t_tape'], result['t_said'])


def measure_both(codec):
    return [*measure(codec), measure_peer(codec)]


def measure_on_bad_wire(codec, faults):
    """The same in a network name space of its own, where RTP packets are lost or delayed."""
    done = subprocess.run(['unshare', '--net', sys.executable, os.path.abspath(__file__), codec,
                           json.dumps(faults)], capture_output=True, text=True, timeout=180,
                          check=False, env=dict(os.environ, PYTHONPATH=os.pathsep.join(sys.path)))
    if done.returncode != 0:
        raise RuntimeError(f'with {faults}: {done.stderr.strip()[-300:]}')
    return [Way(**found) for found in json.loads(done.stdout.strip().split('\n')[-1])]


def figures(name, ways, goal=None):
    """`goal`: there and back."""
    to_user, to_caller, peer = ways
    return [
        Figure(f'mouth-to-ear {name}, caller to user', to_user.delay_ms, 'ms'),
        Figure(f'mouth-to-ear {name}, user to caller', to_caller.delay_ms, 'ms'),
        Figure(f'mouth-to-ear {name}, there and back', both_ways(ways), 'ms', goal, 'baresip',
               peer.delay_ms),
        Figure(f'gaps {name}, both ways', to_user.gaps + to_caller.gaps, 'windows of 250 ms', None,
               'baresip', peer.gaps),
    ]


def both_ways(ways):
    return ways[0].delay_ms + ways[1].delay_ms


def run():
    found = []
    clean = {codec: measure_both(codec) for codec in ('PCMU', 'G722', 'opus')}
    for codec, ways in clean.items():
        found += figures(codec, ways, BOTH_WAYS_MS if codec == 'opus' else None)
    ours = both_ways(clean['opus'])
    found.append(Figure("mouth-to-ear opus, part of baresip's", ours / clean['opus'][2].delay_ms,
                        '', PART_OF_PEER))
    for name, faults in WIRES if can_be_made() else ():
        goal = ours + MORE_WITH_LOSS_MS if 'loss' in faults else None
        found += figures(f'opus, {name}', measure_on_bad_wire('opus', faults), goal)
    return found


def main():
    """One codec on one bad wire, in the name space that this process has for itself."""
    parser = argparse.ArgumentParser()
    parser.add_argument('codec')
    parser.add_argument('faults', type=json.loads)
    arguments = parser.parse_args()
    with BadWire(**arguments.faults):
        print(json.dumps([vars(found) for found in measure_both(arguments.codec)]))


if __name__ == '__main__':
    main()
