# SPDX-License-Identifier: GPL-3.0-or-later
"""What a call costs the call server's signalling (routing, event stream and store included, no sound), how
many calls a second it takes, and what it does with twice as many beside live calls."""
import time

from bench_loss import RATE, align, estoi
from figure import ASTERISK, Figure, quantile
from harness import World, sound, wait_for
from harness.phone import Phone
from harness.process import Failure
from load import Ear, Load, favour, start_server

COST_RATE, COST_S = 50, 20
STEP, STEP_S = 100, 5
LIVE = 100
LIVE_S = 60
QUIET_S = 10  # of the call that is judged, before the flood
FLOOD_S = 20
SLACK_MS = 600  # of a jitter buffer under load, and what a call begins with


def cost(server, load, rate=COST_RATE, seconds=COST_S):
    """ms of the server's CPU for one call."""
    before = server.process.cpu_seconds()
    outcome = load.flood(rate, seconds)
    if outcome.failed or outcome.refused or outcome.ok < rate * seconds * 0.99:
        raise RuntimeError(f'{outcome.ok} calls went well, {outcome.failed} failed')
    time.sleep(0.5)
    return (server.process.cpu_seconds() - before) * 1000 / outcome.ok


def find_highest_rate(server, load):
    """Calls a second of which all come in, and as many in a second of one core at that rate."""
    rate, of_a_core = 0, 0
    while True:
        before = server.process.cpu_seconds()
        outcome = load.flood(rate + STEP, STEP_S)
        if outcome.failed or outcome.refused > outcome.taken * 0.005:
            if not rate:
                raise Failure(f'at {STEP} calls/s {outcome.refused} were refused, {outcome.failed} failed')
            return rate, of_a_core
        rate += STEP
        of_a_core = outcome.ok / (server.process.cpu_seconds() - before)


def run_signalling():
    with World('bench-signalling') as world:
        server = start_server(world)
        load = Load(world, server)
        load.flood(COST_RATE, 2)  # what the first calls load is not a call's
        figures = [
            Figure('CPU of one call set up and torn down between a trunk and a desk phone, no sound',
                   cost(server, load), 'ms', 1.1, ASTERISK, 4.4)]  # 4.1 to 4.7
        highest, of_a_core = find_highest_rate(server, load)
        memory = server.process.own_memory()
        figures += [Figure('calls a second, all well', highest, '', 1000, limit='min'),
                    Figure('calls in a second of one core at that rate', of_a_core, '', 1000, ASTERISK,
                           253, 'min'),  # 240 to 267
                    Figure('memory at that rate, with finished transactions', memory / 1024, 'MiB',
                           600)]
    return figures


class Witness:
    """A live call between two telephones of ours, each of which records what it hears."""

    def __init__(self, world, server):
        said = {who: sound.make_marked(world.path(f'{who}.wav'), who, LIVE_S)
                for who in ('caller', 'user')}
        server.add_user('berta', '101')
        device = Phone(world, 'device', register=True, codecs='PCMU', play=said['user'],
                       max_time=2 * LIVE_S, **server.device_options(server.sign_in('berta')))
        device.wait_event('registered')
        self.caller = Phone(world, 'caller', server.uri('101'), codecs='PCMU', play=said['caller'],
                            max_time=2 * LIVE_S)
        self.caller.wait_event('answered')
        self.device = device
        for phone in (self.caller, device):
            favour(phone.process)
        self.sides = ((said['user'], self.caller), (said['caller'], device))

    def end(self):
        """ESTOI of what was heard before the flood and in it, of the side that heard less."""
        self.caller.stop()
        self.device.result()
        judged = [(judge(said, phone.heard, 1, QUIET_S),
                   judge(said, phone.heard, QUIET_S, QUIET_S + FLOOD_S)) for said, phone in self.sides]
        return [min(parts) for parts in zip(*judged)]


def judge(said, heard, begin_s, end_s):
    """ESTOI of a recording between two times of what was said."""
    said, heard = sound.read_wav(said, RATE), sound.read_wav(heard, RATE)
    begin = sound.find_delay(said[:QUIET_S * RATE], heard) - SLACK_MS // 2 * RATE // 1000
    ours, theirs, _ = align(said, heard[max(0, begin):], begin_s, end_s, SLACK_MS)
    return estoi(ours, theirs)


def run():
    with World('bench-overload') as world:
        server = start_server(world)
        load = Load(world, server)
        highest, _ = find_highest_rate(server, load)
        time.sleep(40)  # sofia forgets
        before = cost(server, load, min(50, highest), 10)
        alone = load.flood(highest, FLOOD_S)
        time.sleep(40)
        said = sound.make_marked(world.path('a.wav'), 'caller', LIVE_S)
        live = load.live(said, LIVE, LIVE_S)
        wait_for('live calls', lambda: len(server.ctl_json('calls')) >= LIVE, 20)
        favour(live)
        witness = Witness(world, server)
        memory = server.process.own_memory()
        ear = Ear(world)
        time.sleep(QUIET_S)
        flood = load.flood(2 * highest, FLOOD_S)
        grown = server.process.own_memory() - memory
        lost = max(0, LIVE + 1 - len(server.ctl_json('calls')))
        sent, came = ear.end()
        clear, flooded = witness.end()
        live_ok = live.wait(90) == 0
        time.sleep(40)
        after = cost(server, load, min(50, highest), 10)
        return [
            Figure('overload: highest rate before', highest, 'calls/s'),
            Figure('overload: calls that succeed at it, in 20 s', alone.ok, ''),
            Figure('overload: calls that succeed at twice that rate, in 20 s', flood.ok, '', alone.ok,
                   f'{ASTERISK}, of 9,600', 951, 'min'),
            Figure('overload: refused with 503', flood.refused, ''),
            Figure('overload: without either', flood.failed + flood.lost_calls, '', 0),
            Figure('overload: INVITE to 200 or 503, p99', quantile(flood.times, 0.99), 'ms'),
            Figure('overload: INVITE to 200 or 503, longest', max(flood.times), 'ms', 500),
            Figure('overload: live calls lost', lost + (0 if live_ok else 1), '', 0),
            Figure('overload: speech kept in a live call', flooded, 'ESTOI', 0.95 * clear,
                   'before the flood', clear, 'min'),
            Figure('overload: sound of live calls, longest gap as it leaves the server',
                   sent['longest_ms'], 'ms', 40, ASTERISK, 111),  # 80 to 143
            Figure('overload: sound of live calls, longest gap as it comes in', came['longest_ms'], 'ms'),
            Figure('overload: packets of live calls lost in the server',
                   max(0, sent['missing'] - came['missing']), '', 0),
            Figure('overload: memory more', grown / 1024, 'MiB', 200, ASTERISK, 2000),  # 2.1 GB in all
            Figure('overload: CPU of a call before', before, 'ms'),
            Figure('overload: CPU of a call afterwards', after, 'ms', before * 1.1, 'before', before),
        ]
