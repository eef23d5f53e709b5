# SPDX-License-Identifier: GPL-3.0-or-later
"""The programs of a display through AT-SPI: found by role and name, pressed by action."""
import json
import os
import re
import select
import subprocess
import time

from .process import SLOWNESS, Failure, wait_for
from .world import find_program

AGENT = os.path.join(os.path.dirname(os.path.abspath(__file__)), 'atspi_agent.py')
BUTTON = 'push button|button|toggle button|radio button|check box|switch|list item|menu item'
BUTTON += '|page tab|link'
ENTRY = 'text|entry|password text'
ITEM = 'menu item|check menu item|radio menu item|check box'
BUSY = 20  # s that a program may take to tell what it shows
POLL = 0.05  # s
WIDGET_CLASS = re.compile(r'(Gtk|Adw|Oh)[A-Z]\w+$')  # the name of what has none


class Screen:
    """Drives what a Display shows."""

    def __init__(self, world, display):
        self.world = world
        self.display = display
        env = dict(world.env)
        env.update(display.env())
        self._log = open(world.path('logs', 'atspi.log'), 'wb')  # pylint: disable=consider-using-with
        self.popen = subprocess.Popen(  # pylint: disable=consider-using-with
            ['/usr/bin/python3', AGENT], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
            stderr=self._log, env=env, text=True)
        world.add(self)

    def ask(self, command, **request):
        """What the agent answers. A program that is too busy to be read is asked again: of what it
        shows nothing is known, neither that it is there nor that it is gone."""
        deadline = time.monotonic() + BUSY * SLOWNESS
        while True:
            reply = self._ask_once(dict(request, command=command))
            if 'ok' in reply:
                return reply['ok']
            if 'error' in reply or time.monotonic() > deadline:
                raise Failure(f'AT-SPI could not "{command}" {request}: {reply}')
            time.sleep(0.1)

    def _ask_once(self, request):
        self.popen.stdin.write(json.dumps(request) + '\n')
        self.popen.stdin.flush()
        if not select.select([self.popen.stdout], [], [], 2 * BUSY * SLOWNESS)[0]:
            raise Failure(f'AT-SPI did not answer {request}')
        line = self.popen.stdout.readline()
        if not line:
            raise Failure('the AT-SPI process ended (tests/harness/atspi_agent.py)')
        return json.loads(line)

    def find(self, **request):
        return self.ask('find', **request)

    def tree(self, app=None):
        """One line a node that has something to say, for messages."""
        nodes = self.ask('tree', app=app)
        lines = (f'{n["role"]}: {n["name"]!r} {n["text"] or ""} {",".join(n["states"])}'
                 for n in nodes if (n['name'] or n['text']) and not WIDGET_CLASS.match(n['name']))
        return '\n'.join(dict.fromkeys(lines))

    def _wait_for(self, what, predicate, timeout, app=None):
        try:
            return wait_for(what, predicate, timeout, POLL)
        except Failure as failure:
            raise Failure(f'{failure}; there is:\n{self.tree(app)}') from None

    def wait(self, timeout=20, **request):
        """Waits until something that matches shows; returns its description."""
        return self._wait_for(f'{request} on the screen', lambda: self.find(**request), timeout,
                              request.get('app'))[0]

    def wait_gone(self, timeout=20, **request):
        self._wait_for(f'{request} to go from the screen', lambda: not self.find(**request), timeout,
                       request.get('app'))

    def wait_active(self, name, timeout=20):
        """Until the window of that title has the keyboard."""
        self.wait(timeout, role='frame', name=name, state='active')

    def wait_keyboard(self, title):
        """The same of a window whose role is another: it has that in its title."""
        wait_for(f'"{title}" to have the keyboard', lambda: title in self.world.run(
            [find_program('xdotool'), 'getwindowfocus', 'getwindowname'], env=self.display.env(),
            check=False), 20, POLL)

    def press(self, name, timeout=20, role=BUTTON, **request):
        """Presses the button of that name as soon as it shows and can be pressed."""
        self._wait_for(f'"{name}" to be pressed', lambda: self.ask(
            'press', name=name, role=role, sensitive=True, **request), timeout)

    def fill(self, name, text, timeout=20, role=ENTRY, **request):
        """Sets an entry's text as soon as it shows."""
        self._wait_for(f'the entry "{name}" to take a text', lambda: self.ask(
            'set-text', name=name, role=role, text=text, **request), timeout)

    def _wait_focus(self):
        """Until a window has the keyboard: what is pressed before goes nowhere."""
        wait_for('a window with the keyboard', lambda: int(self.world.run(
            [find_program('xdotool'), 'getwindowfocus'], env=self.display.env())) > 1, 20)

    def type(self, text):
        """Types as a person does (XTEST)."""
        self._wait_focus()
        self.world.run([find_program('xdotool'), 'type', '--delay', '20', text],
                       env=self.display.env())

    def key(self, *keys):
        self._wait_focus()
        self.world.run([find_program('xdotool'), 'key', *keys], env=self.display.env())

    def turn_wheel(self, clicks, delay_ms=20, up=True):
        """Over the middle of the window that has the keyboard."""
        self._wait_focus()
        tool = find_program('xdotool')
        size = dict(line.split('=') for line in self.world.run(
            [tool, 'getactivewindow', 'getwindowgeometry', '--shell'],
            env=self.display.env()).split())
        self.world.run([tool, 'getactivewindow', 'mousemove', '--window', '%1',
                        str(int(size['WIDTH']) // 2), str(int(size['HEIGHT']) // 2), 'click',
                        '--repeat', str(clicks), '--delay', str(delay_ms), '4' if up else '5'],
                       env=self.display.env(), timeout=clicks * delay_ms / 1000 + 60)

    def measure_waits(self, seconds):
        """How long the windows let questions wait meanwhile, ms each: what a person sees as a stutter."""
        return self.ask('waits', seconds=seconds)

    def _move(self, key, focused):
        """move() from where the focus is; where it then is."""
        def moved():
            now = self.find(state='focused')
            return now if [n['id'] for n in now] != before else None
        before = [n['id'] for n in focused]
        self.key(key)
        try:
            return wait_for('the focus to move', moved, 1, 0.02)
        except Failure:
            return self.find(state='focused')

    def move(self, key):
        """Presses a key that moves the focus and waits until it has moved; a second where there is
        nothing else that could take it."""
        self._move(key, self.find(state='focused'))

    def pick(self, key):
        """Opens the choice that has the keyboard and takes the row of its list to which that key leads."""
        self.move('space')
        self.move(key)
        self.move('Return')

    def choose(self, name):
        """From the menu that is open, by the arrow keys."""
        self.wait(name=name, role=ITEM)
        for _ in range(8):
            if self.find(name=name, role=ITEM, state='focused'):
                break
            self.move('Down')
        self.key('Return')
        self.wait_gone(name=name, role=ITEM)

    def tab_to(self, name, most=15):
        """Moves the focus by Tab, as a person does who looks where it is."""
        focused = self.find(state='focused')
        for _ in range(most):
            if any(node['name'] == name for node in focused):
                return
            focused = self._move('Tab', focused)
        raise Failure(f'{most} times Tab never came to "{name}"; there is:\n{self.tree()}')

    def end(self):
        if self.popen.poll() is None:
            self.popen.stdin.close()
            try:
                self.popen.wait(3)
            except subprocess.TimeoutExpired:
                self.popen.kill()
                self.popen.wait(3)
        self._log.close()
