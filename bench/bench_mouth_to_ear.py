# SPDX-License-Identifier: GPL-3.0-or-later
"""Marked sound into one end until it comes out of the other, through the call server, both ways.

The device stands in for the client without sound card: ICE, DTLS-SRTP, jitter buffer, codecs, and
the server's bridge are the real ones. Delay: when the mark was read from the source, until its
sample was written at the other end (both CLOCK_MONOTONIC).
"""
import json
import os
import subprocess
import sys
import time

from figure import Figure
from harness import World, sound, wait_for
from harness.baresip import Baresip
from harness.phone import Phone
from harness.server import Server


def delay_ms(source, listener, listener_tape, speaker_said):
    """us on the shared clock: the tape's begin plus where the mark lies, less when it was said."""
    judgement = sound.judge(source, listener)
    if not judgement.heard:
        raise RuntimeError(f'not heard: {judgement}')
    return (listener_tape - speaker_said) / 1000 + judgement.delay_ms, judgement.gaps


def measure(codec):
    with World('mouth-to-ear') as world:
        said = sound.make_marked(world.path('a.wav'), 'caller', 6.0, lead=0.0)
        back = sound.make_marked(world.path('b.wav'), 'user', 6.0, lead=0.0)
        server = world.add(Server(world))
        server.add_user('anna', '100')
        server.add_trunk('provider', kind='address', trusted='127.0.0.1')
        device = Phone(world, 'device', register=True, keep_waiting=True, play=back,
                       answer_after=500, max_time=60,
                       **server.device_options(server.sign_in('anna')))
        device.wait_event('registered')
        caller = Phone(world, 'caller', server.uri('100'), play=said, codecs=codec,
                       hang_up_after=7, max_time=40)
        a, b = caller.result(30), device.result(5)
        to_user = delay_ms(said, device.heard, b['t_tape'], a['t_said'])
        to_caller = delay_ms(back, caller.heard, a['t_tape'], b['t_said'])
        return to_user, to_caller


def measure_lossy(codec, loss):
    """The same in a network name space of its own, where that part of the RTP packets is dropped."""
    script = os.path.join(os.path.dirname(os.path.abspath(__file__)), 'lossy.sh')
    done = subprocess.run(['unshare', '--net', script, str(loss), sys.executable,
                           os.path.abspath(__file__), codec], capture_output=True, text=True,
                          timeout=120, check=False,
                          env=dict(os.environ, PYTHONPATH=os.pathsep.join(sys.path)))
    if done.returncode != 0:
        raise RuntimeError(f'with {loss} % loss: {done.stderr.strip()[-300:]}')
    return json.loads(done.stdout.strip().split('\n')[-1])


def measure_peer():
    """Two baresip, direct: their files carry no times, so only gaps can be compared."""
    with World('mouth-to-ear-peer') as world:
        said = sound.make_marked(world.path('a.wav'), 'caller', 6.0)
        back = sound.make_marked(world.path('b.wav'), 'user', 6.0)
        one = world.add(Baresip(world, 'one', said))
        two = world.add(Baresip(world, 'two', back, answer='auto'))
        one.dial(two.uri)
        established = one.wait_event('CALL_ESTABLISHED')
        wait_for('the speech to end', lambda: time.monotonic() > established[2] + 7, 15, 0.1)
        one.hang_up()
        two.wait_event('CALL_CLOSED')
        return sound.judge(said, two.finish()[0]).gaps


def run():
    figures = []
    peer_gaps = measure_peer()
    for codec in ('PCMU', 'G722', 'opus'):
        (to_user, gaps_user), (to_caller, gaps_caller) = measure(codec)
        figures += [
            Figure(f'mouth-to-ear {codec}, caller to user', to_user, 'ms', 150),
            Figure(f'mouth-to-ear {codec}, user to caller', to_caller, 'ms', 150),
            Figure(f'gaps {codec}, both ways', gaps_user + gaps_caller, '', 0, 'baresip',
                   peer_gaps),
        ]
    for loss in (5, 10, 20) if os.geteuid() == 0 else ():
        (to_user, gaps_user), (to_caller, gaps_caller) = measure_lossy('opus', loss)
        figures += [
            Figure(f'mouth-to-ear opus, {loss} % loss, the slower way', max(to_user, to_caller),
                   'ms', 200),
            Figure(f'windows of 250 ms lost, {loss} % loss, both ways', gaps_user + gaps_caller,
                   ''),
        ]
    return figures


if __name__ == '__main__':
    print(json.dumps(measure(sys.argv[1])))
