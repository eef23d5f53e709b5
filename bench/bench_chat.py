# SPDX-License-Identifier: GPL-3.0-or-later
"""A chat of 50,000 messages: from the key that opens it to its last line on the screen, and how long
the window lets one wait while a person turns the wheel through it; the same window left alone beside it."""
import concurrent.futures
import contextlib
import glob
import json
import os
import sqlite3
import time

from figure import Figure, quantile
from harness import World, wait_for
from harness.client import Client
from harness.display import Display

MESSAGES = 50_000
SECONDS = 15
CLICK_MS = 30  # between two clicks of the wheel: as fast as a finger turns it
SCRIPT = {'contact': {'address': 'echo@dummy', 'name': 'Echo', 'presence': 'available'}}


def write_messages(folder):
    """Lines of one to ten words, some with a link, from both."""
    path, = glob.glob(os.path.join(folder, 'data', '**', 'history.db'), recursive=True)
    with contextlib.closing(sqlite3.connect(path)) as db, db:
        db.executemany(
            'INSERT INTO message (chat, number, incoming, time, text, state, automatic) '
            "SELECT key, ?1, ?2, 1600000000 + 60 * ?1, ?3, ?4, 0 FROM chat WHERE address = 'echo@dummy'",
            ((n, n % 3 > 0, f'line {n} ' + 'and more ' * (n * 7 % 10)
              + ('https://example.org/x' if n % 20 == 0 else ''),
              'received' if n % 3 else 'sent') for n in range(MESSAGES)))


def find_contact(screen):
    """The next Enter opens the chat."""
    screen.wait(20, name='Echo')
    screen.wait_active('Offhook')
    screen.key('alt+3')
    screen.type('Echo')
    screen.wait(name='Echo')


def open_chat(screen):
    """From Enter to the last line, ms."""
    find_contact(screen)
    begun = time.monotonic()
    screen.key('Return')
    wait_for('the last line', lambda: screen.find(contains=f'line {MESSAGES - 1} '), 60, 0.005)
    return (time.monotonic() - begun) * 1000


def measure():
    with World('bench-chat') as world:
        display = Display(world, size='1280x900x24')
        display.variables['OFFHOOK_DUMMY_SCRIPT'] = world.write('script.jsonl', json.dumps(SCRIPT))
        client = world.add(Client(world, display, audio='fake'))
        screen = client.screen
        find_contact(screen)
        screen.key('Return')
        screen.wait(name='Chat with Echo')
        client.process.end()
        write_messages(client.home)
        client.start()
        found = {'opened': open_chat(screen), 'memory': client.process.memory()}
        screen.wait_keyboard('Chat with Echo')
        found['alone'] = screen.measure_waits(5)
        with concurrent.futures.ThreadPoolExecutor(1) as pool:
            wheel = pool.submit(screen.turn_wheel, SECONDS * 1000 // CLICK_MS, CLICK_MS)
            found['turned'] = screen.measure_waits(SECONDS)
            wheel.result()
        screen.wait_gone(contains=f'line {MESSAGES - 1} ')  # GTK keeps the rows of 200 lines around
        found['grown'] = client.process.memory() - found['memory']
        display.screenshot('chat')
        world.keep(('screenshots',))
        return found


def run():
    found = measure()
    alone, turned = found['alone'], found['turned']
    return [
        Figure('chat of 50,000 messages: Enter to its last line', found['opened'], 'ms', 1000),
        Figure('its window waits while the wheel turns, p95', quantile(turned, 0.95), 'ms', 33,
               'left alone', quantile(alone, 0.95)),
        Figure('its window waits while the wheel turns, longest', max(turned), 'ms', 100,
               'left alone', max(alone)),
        Figure('memory grown by turning the wheel', found['grown'] / 1024, 'MiB', 20),
    ]
