# SPDX-License-Identifier: GPL-3.0-or-later
"""What a call costs the call server's signalling (routing, event stream and store included, no sound), how
many calls a second it takes, and what it does with twice as many beside live calls."""
import json
import os
import time

from figure import Figure, quantile
from harness import World, sound, wait_for
from harness.server import Server
from harness.world import find_program
from load import Load

CONFIG = '''[limits]
calls=20000
calls_per_user=10000
[log]
level=message
[media]
ports=10000-15999
workers=2
'''
COST_RATE, COST_S = 50, 20
STEP, STEP_S = 100, 5
LIVE = 100
FLOOD_S = 20


def start(world, extra=''):
    server = world.add(Server(world, extra=CONFIG + extra))
    server.add_user('anna', '100')
    server.add_trunk('provider', kind='address', trusted='127.0.0.1')
    return server, Load(world, server)


def cost(server, load, rate=COST_RATE, seconds=COST_S):
    """ms of the server's CPU for one call."""
    before = server.process.cpu_seconds()
    outcome = load.flood(rate, seconds)
    if outcome.failed or outcome.refused or outcome.ok < rate * seconds * 0.99:
        raise RuntimeError(f'{outcome.ok} calls went well, {outcome.failed} failed')
    time.sleep(0.5)
    return (server.process.cpu_seconds() - before) * 1000 / outcome.ok


def find_highest_rate(load):
    """Calls a second of which all come in."""
    rate = STEP
    while True:
        outcome = load.flood(rate + STEP, STEP_S)
        if outcome.failed or outcome.refused > outcome.taken * 0.005:
            return rate
        rate += STEP


def run_signalling():
    with World('bench-signalling') as world:
        server, load = start(world)
        load.flood(COST_RATE, 2)  # what the first calls load is not a call's
        figures = [
            Figure('CPU of one call set up and torn down between a trunk and a desk phone, no sound',
                   cost(server, load), 'ms', 1.1)]
        memory = server.process.own_memory()
        highest = find_highest_rate(load)
        peak = server.process.own_memory()
        figures += [Figure('calls a second, all well', highest, '', 1000, limit='min'),
                    Figure('memory more at that rate, with finished transactions',
                           (peak - memory) / 1024, 'MiB', 600)]
    return figures


def run():
    with World('bench-overload') as world:
        server, load = start(world)
        highest = find_highest_rate(load)
        time.sleep(40)  # sofia forgets
        before = cost(server, load, min(50, highest), 10)
        alone = load.flood(highest, FLOOD_S)
        time.sleep(40)
        said = sound.make_marked(world.path('a.wav'), 'caller', 60.0)
        live = load.live(said, LIVE, 50)
        wait_for('live calls', lambda: len(server.ctl_json('calls')) >= LIVE, 20)
        memory = server.process.own_memory()
        time.sleep(2)
        listener = world.start('gaps', [os.path.join(os.environ['OFFHOOK_BUILD'], 'bench', 'gaps'),
                                        '10000', '15999'])
        time.sleep(5)
        flood = load.flood(2 * highest, FLOOD_S)
        grown = server.process.own_memory() - memory
        still = len(server.ctl_json('calls'))
        listener.end()
        sent, came = [json.loads(line) for line in listener.lines() if line.startswith('{')]
        live_ok = live.wait(90) == 0
        time.sleep(40)
        after = cost(server, load, min(50, highest), 10)
        return [
            Figure('overload: highest rate before', highest, 'calls/s'),
            Figure('overload: calls that succeed at it, in 20 s', alone.ok, ''),
            Figure('overload: calls that succeed at twice that rate, in 20 s', flood.ok, '',
                   alone.ok * 0.97, limit='min'),
            Figure('overload: refused with 503', flood.refused, ''),
            Figure('overload: without either', flood.failed + flood.lost_calls, '', 0),
            Figure('overload: INVITE to 200 or 503, p99', quantile(flood.times, 0.99), 'ms'),
            Figure('overload: INVITE to 200 or 503, longest', max(flood.times), 'ms', 500),
            Figure('overload: live calls lost', LIVE - min(still, LIVE) + (0 if live_ok else 1), '', 0),
            Figure('overload: sound of live calls, longest gap as it leaves the server',
                   sent['longest_ms'], 'ms', 40, 'as it comes in', came['longest_ms']),
            Figure('overload: packets of live calls lost in the server',
                   max(0, sent['missing'] - came['missing']), '', 0),
            Figure('overload: memory more', grown / 1024, 'MiB', 200),
            Figure('overload: CPU of a call before', before, 'ms'),
            Figure('overload: CPU of a call afterwards', after, 'ms', before * 1.1),
        ]
