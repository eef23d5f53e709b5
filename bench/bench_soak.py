# SPDX-License-Identifier: GPL-3.0-or-later
"""What many calls one after another, and many short voicemails after them, leave in the call server: memory
of its own, open descriptors. As in bench_overload, sipp calls, and another sipp is the desk phone that answers.
"""
import glob
import os
import time

from bench_server import FORGOTTEN
from figure import Figure
from harness import World, sound, wait_for
from harness.process import Failure
from harness.sipp import Sipp, call_scenario
from load import Load, start_server

CALLS = (1000, 9000, 9000)  # the first ones fill what is kept once; the last tell a peak from a leak
CALLS_RATE = 200            # a second
MAILBOXES = 5
MESSAGES = 200              # in each, as many as it takes by default
MESSAGES_RATE = 10
MESSAGE_S = 4.5             # greeting and beep included
MOST_KIB = {'call': 0.25, 'voicemail': 1}


def look(server):
    """KiB and descriptors, when all calls are over and forgotten."""
    wait_for('the end of all calls', lambda: not server.ctl_json('calls'), 60, 0.5)
    time.sleep(FORGOTTEN)
    return server.process.own_memory(), len(os.listdir(f'/proc/{server.process.pid}/fd'))


def make_calls(load, calls):
    outcome = load.flood(CALLS_RATE, calls / CALLS_RATE)
    if outcome.ok < calls * 0.99:
        raise Failure(f'{outcome.ok} calls of {calls} went well, {outcome.refused} were refused')


def soak_calls(world, server):
    """What was seen after each of CALLS."""
    load = Load(world, server)
    seen = []
    for calls in CALLS:
        make_calls(load, calls)
        seen.append(look(server))
    return seen


def add_mailbox(world, server, number):
    """A user who is nowhere, and whose greeting is as short as may be."""
    server.add_user(f'user{number}', number)
    account = server.sign_in(f'user{number}')
    greeting = sound.write_wav(world.path('greeting.wav'), sound.chirp(400, 600, 0.25))
    with open(greeting, 'rb') as f:
        status, reply = server.http('PUT', '/greeting', f.read(), token=account['token'])
    if status != 204:
        raise Failure(f'the greeting: {status} {reply}')


def fill_mailbox(world, server, number, said):
    scenario = call_scenario(world, f'message-{number}', number, play=said, seconds=MESSAGE_S)
    sipp = Sipp(world, f'message-{number}', scenario, server.ports['udp'], calls=MESSAGES,
                rate=MESSAGES_RATE, timeout=120)
    if not sipp.wait(150):
        raise Failure(f'not all calls went well: {sipp.process.tail()}')


def soak_voicemail(world, server):
    """What was seen after the first mailbox was full, and after the last."""
    said = sound.make_marked(world.path('a.wav'), 'caller', MESSAGE_S + 1)
    numbers = [str(201 + n) for n in range(MAILBOXES)]
    for number in numbers:
        add_mailbox(world, server, number)
    fill_mailbox(world, server, numbers[0], said)
    first = look(server)
    for number in numbers[1:]:
        fill_mailbox(world, server, number, said)
    last = look(server)
    left = glob.glob(os.path.join(server.state, 'voicemail', '**', '*.opus'), recursive=True)
    if len(left) < MESSAGES * MAILBOXES:
        raise Failure(f'only {len(left)} messages were left')
    return first, last


def figures(what, from_nth, to_nth, before, after):
    name = f'soak: from {what} {from_nth:,} to {to_nth:,}'
    return [
        Figure(f'{name}, memory kept for each', (after[0] - before[0]) / (to_nth - from_nth), 'KiB',
               MOST_KIB[what]),
        Figure(f'{name}, descriptors open before', before[1], ''),
        Figure(f'{name}, descriptors open more after', after[1] - before[1], '', 0),
    ]


def run():
    found, total = [], CALLS[0]
    with World('bench-soak') as world:
        server = start_server(world)
        seen = soak_calls(world, server)
        voicemail = soak_voicemail(world, server)
    for calls, before, after in zip(CALLS[1:], seen, seen[1:]):
        found += figures('call', total, total + calls, before, after)
        total += calls
    return found + figures('voicemail', MESSAGES, MESSAGES * MAILBOXES, *voicemail)
