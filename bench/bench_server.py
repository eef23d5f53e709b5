# SPDX-License-Identifier: GPL-3.0-or-later
"""What calls cost the call server: CPU for each that is set up and torn down, CPU and memory of
those that are bridged or recorded, and finding one device among 100,000."""
import glob
import os
import time

from figure import Figure
from harness import World, sound, wait_for
from harness.phone import Phone
from harness.server import Server
from program import run_program

CALLS = 200
RATE = 20
LIVE = 20
FORGOTTEN = 40  # s; sofia keeps finished transactions for 32
SECONDS = 10


def start(world, device):
    """A server, a user, and a device that takes every call at once."""
    server = world.add(Server(world))
    server.add_user('anna', '100')
    server.add_trunk('provider', kind='address', trusted='127.0.0.1')
    account = server.sign_in('anna')
    phone = Phone(world, 'device', register=True, keep_waiting=True, max_time=300,
                  **dict(server.device_options(account), record=None, **device))
    phone.wait_event('registered')
    return server


def call_many(world, server, name):
    load = Phone(world, name, server.uri('100'), record=None, calls=CALLS, rate=RATE,
                 hang_up_after=0.2, max_time=120)
    summary = load.wait_event('summary', 120)
    time.sleep(1)
    if summary['answered'] < CALLS * 0.99:
        raise RuntimeError(f'only {summary["answered"]} of {CALLS} calls were answered')
    return summary


def set_up_cost():
    """ms of the server's CPU for one call, no sound to speak of; KiB that the first calls and as
    many after them leave. What they share with other processes, and so PSS, changes when these
    end: only memory of the server's own counts."""
    with World('bench-setup-cost') as world:
        server = start(world, {})
        before, memory = server.process.cpu_seconds(), server.process.own_memory()
        summary = call_many(world, server, 'load')
        cost = (server.process.cpu_seconds() - before) * 1000 / CALLS
        time.sleep(FORGOTTEN)
        first = server.process.own_memory()
        call_many(world, server, 'load-again')
        time.sleep(FORGOTTEN)
        again = server.process.own_memory()
        return cost, (first - memory) / CALLS, (again - first) / CALLS, summary


def bridged_cost(codec, device_codec):
    """% of a core for one bridged call with speech both ways, and KiB."""
    with World('bench-bridged') as world:
        said = sound.make_marked(world.path('a.wav'), 'caller', 30.0)
        server = start(world, {'play': said, 'codecs': device_codec})
        memory = server.process.memory()
        load = Phone(world, 'load', server.uri('100'), record=None, calls=LIVE, rate=10,
                     codecs=codec, play=said, hang_up_after=SECONDS + 8, max_time=120)
        wait_for('all calls to be live', lambda: len(
            [e for e in load.events() if e['event'] == 'answered']) >= LIVE, 30,
            process=load.process)
        held = (server.process.memory() - memory) / LIVE
        begun, before = time.monotonic(), server.process.cpu_seconds()
        time.sleep(SECONDS)
        used = server.process.cpu_seconds() - before
        percent = used / (time.monotonic() - begun) * 100 / LIVE
        load.wait_event('summary', 60)
        return percent, held


def recorded_cost(codec):
    """% of a core for one call that speaks its message after the tone, and KiB."""
    with World('bench-recorded') as world:
        said = sound.make_marked(world.path('a.wav'), 'caller', 40.0)
        server = world.add(Server(world, voicemail_max=120))
        server.add_user('anna', '100')
        server.add_trunk('provider', kind='address', trusted='127.0.0.1')
        memory = server.process.memory()
        load = Phone(world, 'load', server.uri('100'), record=None, calls=LIVE, rate=10,
                     codecs=codec, play=said, hang_up_after=SECONDS + 25, max_time=120)
        wait_for('all calls to be recorded', lambda: len(
            glob.glob(os.path.join(server.state, '**', '*.opus'), recursive=True)) >= LIVE, 40, 0.5)
        held = (server.process.memory() - memory) / LIVE
        begun, before = time.monotonic(), server.process.cpu_seconds()
        time.sleep(SECONDS)
        used = server.process.cpu_seconds() - before
        percent = used / (time.monotonic() - begun) * 100 / LIVE
        load.wait_event('summary', 60)
        return percent, held


def run():
    cost, first, again, summary = set_up_cost()
    figures = [
        Figure('CPU of one call, set up and torn down', cost, 'ms', 4.1),
        Figure('memory kept for each of the first 200 calls, 40 s after their end', first, 'KiB'),
        Figure('memory kept for each of 200 more calls, 40 s after their end', again, 'KiB'),
        Figure('INVITE to answer, median', summary['setup_ms_median'], 'ms'),
        Figure('INVITE to answer, p95', summary['setup_ms_p95'], 'ms'),
    ]
    for codec, device_codec, name in (('PCMU', 'PCMU', 'same codec (PCMU), trunk to ICE leg'),
                                      ('opus', 'opus', 'same codec (Opus), trunk to ICE leg'),
                                      ('PCMU', 'opus', 'G.711 to Opus, trunk to ICE leg')):
        percent, held = bridged_cost(codec, device_codec)
        figures.append(Figure(f'one bridged call, {name}', percent, '% of a core'))
        figures.append(Figure(f'memory of one bridged call, {name}', held, 'KiB'))
    percent, held = recorded_cost('PCMU')
    figures.append(Figure('one message being recorded, PCMU to Ogg Opus', percent, '% of a core'))
    figures.append(Figure('memory of one message being recorded', held, 'KiB'))
    return figures + run_program('bridge') + run_program('registrations')
