# SPDX-License-Identifier: GPL-3.0-or-later
"""What calls cost the call server: CPU for each that is set up and torn down, CPU and memory of
those that are bridged or recorded, and finding one device among 100,000."""
import glob
import os
import time

from figure import ASTERISK, Figure
from harness import World, sound, wait_for
from harness.phone import Phone
from harness.server import Server
from load import Ear, Load, start_server
from program import run_program

CONFIG = '[limits]\ncalls_per_user=100\n'
CALLS = 200
RATE = 20
LIVE = 30
PLAIN = 200  # between two telephones, which sipp is
FORGOTTEN = 42  # s; sofia keeps finished transactions for 32, and the server gives memory back after 40
SECONDS = 10
PACKETS_PER_SECOND = 100  # of one call, both directions
PLAIN_KIB = (100, 449)  # of one call: what it may take, and what Asterisk takes
ICE_KIB = (250, 1587)   # 1.4 to 1.7 MiB


def start(world, device):
    """A server, a user, and a device that takes every call at once."""
    server = world.add(Server(world, extra=CONFIG))
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


def cost_of_each(server, calls, memory):
    """% of a core, and KiB, of each of so many live calls; `memory`: before them."""
    held = (server.process.own_memory() - memory) / calls
    begun, before = time.monotonic(), server.process.cpu_seconds()
    time.sleep(SECONDS)
    used = server.process.cpu_seconds() - before
    return used / (time.monotonic() - begun) * 100 / calls, held


def plain_cost():
    """% of a core for one bridged call of two telephones with plain RTP, PCMU both ways, and KiB. On a busy
    machine sipp sends less than it should: the cost is that of a packet, times the packets of a call."""
    with World('bench-plain') as world:
        said = sound.make_marked(world.path('a.wav'), 'caller', 60.0)
        server = start_server(world)
        load = Load(world, server)
        memory = server.process.own_memory()
        load.live(said, PLAIN, 45)
        wait_for('all calls to be live', lambda: len(server.ctl_json('calls')) >= PLAIN, 30, 0.5)
        percent, held = cost_of_each(server, PLAIN, memory)
        ear, begun = Ear(world), time.monotonic()  # beside the measuring it would make packets dearer
        time.sleep(SECONDS / 2)
        seconds = time.monotonic() - begun
        sent, _ = ear.end()
        return percent * PLAIN * PACKETS_PER_SECOND * seconds / sent['packets'], held


def bridged_cost(codec, device_codec):
    """% of a core for one bridged call with speech both ways, and KiB."""
    with World('bench-bridged') as world:
        said = sound.make_marked(world.path('a.wav'), 'caller', 30.0)
        server = start(world, {'play': said, 'codecs': device_codec})
        memory = server.process.own_memory()
        load = Phone(world, 'load', server.uri('100'), record=None, calls=LIVE, rate=10,
                     codecs=codec, play=said, hang_up_after=SECONDS + 8, max_time=120)
        wait_for('all calls to be live', lambda: len(
            [e for e in load.events() if e['event'] == 'answered']) >= LIVE, 30,
            process=load.process)
        found = cost_of_each(server, LIVE, memory)
        load.wait_event('summary', 60)
        return found


def recorded_cost(codec):
    """% of a core for one call that speaks its message after the tone, and KiB."""
    with World('bench-recorded') as world:
        said = sound.make_marked(world.path('a.wav'), 'caller', 40.0)
        server = world.add(Server(world, voicemail_max=120, extra=CONFIG))
        server.add_user('anna', '100')
        server.add_trunk('provider', kind='address', trusted='127.0.0.1')
        memory = server.process.own_memory()
        load = Phone(world, 'load', server.uri('100'), record=None, calls=LIVE, rate=10,
                     codecs=codec, play=said, hang_up_after=SECONDS + 25, max_time=120)
        wait_for('all calls to be recorded', lambda: len(
            glob.glob(os.path.join(server.state, '**', '*.opus'), recursive=True)) >= LIVE, 40, 0.5)
        found = cost_of_each(server, LIVE, memory)
        load.wait_event('summary', 60)
        return found


def call_figures(name, cost, asterisk, part, memory):
    """`asterisk`: % of a core that it takes for such a call, and the part of it that is the goal; or None.
    `memory`: KiB that one may take, and that Asterisk takes."""
    percent, held = cost
    return [Figure(f'one bridged call, {name}', percent, '% of a core', asterisk and asterisk * part,
                   asterisk and ASTERISK, asterisk),
            Figure(f'memory of one bridged call, {name}', held, 'KiB', memory[0], ASTERISK, memory[1])]


def run():
    cost, first, again, summary = set_up_cost()
    figures = [
        Figure('CPU of one call, set up and torn down', cost, 'ms', 4.1),
        Figure('memory kept for each of the first 200 calls, 42 s after their end', first, 'KiB'),
        Figure('memory kept for each of 200 more calls, 42 s after their end', again, 'KiB'),
        Figure('INVITE to answer, median', summary['setup_ms_median'], 'ms'),
        Figure('INVITE to answer, p95', summary['setup_ms_p95'], 'ms'),
    ]
    figures += call_figures('same codec (PCMU), plain to plain', plain_cost(), 0.25, 1 / 3, PLAIN_KIB)
    for codec, device_codec, name, asterisk, part in (
            ('PCMU', 'PCMU', 'same codec (PCMU), trunk to ICE leg', 0.72, 1 / 4),
            ('opus', 'opus', 'same codec (Opus), trunk to ICE leg', None, None),
            ('PCMU', 'opus', 'G.711 to Opus, trunk to ICE leg', 1.4, 1 / 2)):
        figures += call_figures(name, bridged_cost(codec, device_codec), asterisk, part, ICE_KIB)
    percent, held = recorded_cost('PCMU')
    figures.append(Figure('one message being recorded, PCMU to Ogg Opus', percent, '% of a core'))
    figures.append(Figure('memory of one message being recorded', held, 'KiB'))
    return figures + run_program('bridge') + run_program('registrations')
