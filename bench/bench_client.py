# SPDX-License-Identifier: GPL-3.0-or-later
"""The client: start to its first frame and to registered, memory, CPU and wake-ups idle, memory and CPU
in a call; baresip's beside it (it has no window)."""
import time

from figure import Figure
from harness import World, sound, wait_for
from harness.baresip import Baresip
from harness.client import Client
from harness.display import Display
from harness.phone import Phone
from harness.server import Server

SECONDS = 10
CALLS = 1000
RATE = 5
KEPT_S = 50  # after the last call: sofia remembers it for 32, and free memory goes back after that


def cpu_percent(process, seconds=SECONDS):
    begun, before = time.monotonic(), process.cpu_seconds()
    time.sleep(seconds)
    return (process.cpu_seconds() - before) / (time.monotonic() - begun) * 100


def wakeups_a_second(process, seconds=SECONDS):
    """Of the threads that are there at the end; one that ends meanwhile would take its count away."""
    begun, before = time.monotonic(), process.wakeups()
    time.sleep(seconds)
    woken = sum(count - before.get(thread, 0) for thread, count in process.wakeups().items())
    return woken / (time.monotonic() - begun)


def measure():
    with World('bench-client') as world:
        said = sound.make_marked(world.path('a.wav'), 'caller', 30.0)
        server = world.add(Server(world))
        server.add_user('anna', '100')
        server.add_trunk('provider', kind='address', trusted='127.0.0.1')
        client = world.add(Client(world, Display(world), said=said))
        client.sign_in(server, 'anna')
        wait_for('the client to register', lambda: server.ctl_json('registrations'), 30, 0.2)
        client.process.end()
        found = start(client, server)
        time.sleep(3)
        before = client.process.own_memory()  # the rest moves with what others share of it
        found |= {'memory': client.process.memory(), 'cpu': cpu_percent(client.process),
                  'wakeups': wakeups_a_second(client.process)}
        caller = Phone(world, 'caller', server.uri('100'), play=said, max_time=60)
        client.screen.press('Answer')
        caller.wait_event('answered')
        found['call_cpu'] = cpu_percent(client.process)
        found['call_memory'] = client.process.memory()
        caller.stop()
        early = own_memory_after(world, client, server, CALLS // 10)
        after = own_memory_after(world, client, server, CALLS - CALLS // 10)
        found |= {'grown': after - before, 'grown_late': after - early}
        return found


def own_memory_after(world, client, server, calls):
    """KiB, when so many calls are over and forgotten."""
    many = Phone(world, f'many-{calls}', server.uri('100'), record=None, calls=calls, rate=RATE,
                 cancel_after=150, max_time=calls / RATE + 60)
    many.wait_event('summary', calls / RATE + 60)
    time.sleep(KEPT_S)
    return client.process.own_memory()


def start(client, server):
    """Times in ms; the second start, since files are read from the disk at the first."""
    for turn in range(2):
        wait_for('the registration to end', lambda: not server.ctl_json('registrations'), 30, 0.2)
        begun = time.monotonic_ns() // 1000
        client.start()
        wait_for('the client to register', lambda: server.ctl_json('registrations'), 30, 0.02)
        registered = (time.monotonic_ns() // 1000 - begun) / 1000
        drawn = wait_for('the window', lambda: client.world.mark('window-drawn', begun), 20)
        if turn == 0:
            client.process.end()
    return {'window': (drawn - begun) / 1000, 'registered': registered}


def measure_peer():
    with World('bench-client-peer') as world:
        said = sound.make_marked(world.path('a.wav'), 'caller', 30.0)
        peer = world.add(Baresip(world, 'peer', said, codec='opus', answer='auto'))
        time.sleep(1)
        found = {'memory': peer.process.memory(), 'cpu': cpu_percent(peer.process),
                 'wakeups': wakeups_a_second(peer.process)}
        caller = Phone(world, 'caller', peer.uri, play=said, max_time=60)
        caller.wait_event('answered')
        found['call_cpu'] = cpu_percent(peer.process)
        found['call_memory'] = peer.process.memory()
        caller.stop()
        return found


def run():
    ours, peer = measure(), measure_peer()
    return [
        Figure('start to window drawn, warm', ours['window'], 'ms', 240, 'GNOME Calls elsewhere', 241),
        Figure('start to registered', ours['registered'], 'ms', 2500),
        Figure('memory idle (PSS)', ours['memory'] / 1024, 'MiB', 60, 'baresip',
               peer['memory'] / 1024),
        Figure('memory in a call (PSS)', ours['call_memory'] / 1024, 'MiB', None, 'baresip',
               peer['call_memory'] / 1024),
        Figure('memory of its own grown by 1,000 calls', ours['grown'] / 1024, 'MiB', 10),
        Figure('the same by the last 900 of these', ours['grown_late'] / 1024, 'MiB', 2),
        Figure('CPU idle', ours['cpu'], '%', 1, 'baresip', peer['cpu']),
        Figure('wake-ups idle', ours['wakeups'], 'a second', 1, 'baresip', peer['wakeups']),
        Figure('CPU in a call', ours['call_cpu'], '%', 4, 'baresip', peer['call_cpu']),
    ]
