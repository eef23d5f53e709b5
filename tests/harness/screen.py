# SPDX-License-Identifier: GPL-3.0-or-later
"""The programs of a display through AT-SPI: found by role and name, pressed by action."""
import json
import os
import re
import select
import subprocess
import time

from .process import Failure, wait_for
from .world import find_program

AGENT = os.path.join(os.path.dirname(os.path.abspath(__file__)), 'atspi_agent.py')
BUTTON = 'push button|button|toggle button|radio button|check box|switch|list item|menu item'
BUTTON += '|page tab|link'
ENTRY = 'text|entry|password text'
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

    def ask(self, command, timeout=20, **request):
        request['command'] = command
        self.popen.stdin.write(json.dumps(request) + '\n')
        self.popen.stdin.flush()
        ready, _, _ = select.select([self.popen.stdout], [], [], timeout)
        if not ready:
            raise Failure(f'AT-SPI did not answer "{command}" within {timeout} s')
        line = self.popen.stdout.readline()
        if not line:
            raise Failure('the AT-SPI process ended (tests/harness/atspi_agent.py)')
        reply = json.loads(line)
        return reply.get('ok')

    def find(self, **request):
        return self.ask('find', all=True, **request) or []

    def tree(self, app=None):
        """One line a node that has something to say, for messages."""
        nodes = self.ask('tree', app=app) or []
        lines = (f'{n["role"]}: {n["name"]!r} {n["text"] or ""} {",".join(n["states"])}'
                 for n in nodes if (n['name'] or n['text']) and not WIDGET_CLASS.match(n['name']))
        return '\n'.join(dict.fromkeys(lines))

    def wait(self, timeout=10, **request):
        """Waits until something that matches shows; returns its description."""
        try:
            return wait_for(f'{request} on the screen', lambda: self.find(**request), timeout,
                            interval=0.1)[0]
        except Failure as failure:
            raise Failure(f'{failure}; there is:\n{self.tree(request.get("app"))}') from None

    def wait_gone(self, timeout=10, **request):
        wait_for(f'{request} to go from the screen', lambda: not self.find(**request), timeout,
                 interval=0.1)

    def press(self, name, timeout=10, role=BUTTON, **request):
        """Presses the button of that name as soon as it shows and can be pressed."""
        wait_for(f'"{name}" to be pressed',
                 lambda: self.find(name=name, role=role, sensitive=True, **request)
                 and self.ask('press', name=name, role=role, sensitive=True, **request),
                 timeout, interval=0.1)

    def fill(self, name, text, timeout=10, role=ENTRY, **request):
        """Sets an entry's text, by EditableText or else by typing into it."""
        self.wait(timeout, name=name, role=role, **request)
        if self.ask('set-text', name=name, role=role, text=text, **request):
            return
        if not self.ask('focus', name=name, role=role, **request):
            raise Failure(f'the entry "{name}" took no focus')
        self.type(text)

    def _wait_focus(self):
        """Until a window has the keyboard: what is pressed before goes nowhere."""
        wait_for('a window with the keyboard', lambda: int(self.world.run(
            [find_program('xdotool'), 'getwindowfocus'], env=self.display.env())) > 1, 5)

    def type(self, text):
        """Types as a person does (XTEST)."""
        self._wait_focus()
        self.world.run([find_program('xdotool'), 'type', '--delay', '20', text],
                       env=self.display.env())

    def key(self, *keys):
        self._wait_focus()
        self.world.run([find_program('xdotool'), 'key', *keys], env=self.display.env())

    def tab_to(self, name, most=15):
        """Moves the focus by Tab, as a person does who looks where it is."""
        for _ in range(most):
            if self.find(name=name, state='focused'):
                return
            self.key('Tab')
            time.sleep(0.2)
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
