# SPDX-License-Identifier: GPL-3.0-or-later
"""INVITE at the call server -> the window is mapped; Answer -> first sound at the caller, with the
real client on a virtual display. baresip called directly is the peer: accept -> first sound."""
import time

from figure import Figure, quantile
from harness import World, sound, wait_for
from harness.baresip import Baresip
from harness.client import Client
from harness.display import Display
from harness.phone import Phone
from harness.server import Server

TURNS = 12


def one_call(world, client, server, said, turn):
    begun = time.monotonic_ns() // 1000
    caller = Phone(world, f'caller{turn}', server.uri('100'), play=said, hang_up_after=1.5,
                   max_time=30)
    mapped = wait_for('the window', lambda: world.mark('window-mapped', begun), 10,
                      process=client.process)
    client.screen.press('Answer')
    result = caller.result(20)
    invite = world.mark('invite-received', begun)
    pressed = world.mark('answer-pressed', begun)
    return (mapped - invite) / 1000, (result['t_first_sound'] - pressed) / 1000


def measure():
    with World('bench-setup') as world:
        said = sound.make_marked(world.path('a.wav'), 'caller', 6.0, lead=0.0)
        back = sound.make_marked(world.path('b.wav'), 'user', 6.0, lead=0.0)
        server = world.add(Server(world))
        server.add_user('anna', '100')
        server.add_trunk('provider', kind='address', trusted='127.0.0.1')
        client = world.add(Client(world, Display(world), said=back))
        client.sign_in(server, 'anna')
        wait_for('the client to register', lambda: server.ctl_json('registrations'), 30, 0.2)
        return [one_call(world, client, server, said, turn) for turn in range(TURNS)]


def measure_peer():
    """ms from baresip's accept to the first sound at the caller."""
    times = []
    with World('bench-setup-peer') as world:
        back = sound.make_marked(world.path('b.wav'), 'user', 6.0, lead=0.0)
        peer = world.add(Baresip(world, 'peer', back))
        for turn in range(TURNS):
            caller = Phone(world, f'caller{turn}', peer.uri, hang_up_after=1.5, max_time=20)
            caller.wait_event('ringing')
            pressed = time.monotonic_ns() // 1000
            peer.accept()
            times.append((caller.result(20)['t_first_sound'] - pressed) / 1000)
    return times


def run():
    calls, peer = measure(), measure_peer()
    window, answer = [c[0] for c in calls], [c[1] for c in calls]
    return [
        Figure('INVITE to window, median', quantile(window, 0.5), 'ms', 50),
        Figure('INVITE to window, p95', quantile(window, 0.95), 'ms', 100),
        Figure('Answer to first sound, median', quantile(answer, 0.5), 'ms', 25, 'baresip',
               quantile(peer, 0.5)),
        Figure('Answer to first sound, p95', quantile(answer, 0.95), 'ms', 50, 'baresip',
               quantile(peer, 0.95)),
    ]
