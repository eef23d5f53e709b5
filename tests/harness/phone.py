# SPDX-License-Identifier: GPL-3.0-or-later
"""offhook-phone from Python: events and the result are JSON lines."""
import json
import os
import signal

from .process import wait_for
from .world import find_program


class Phone:
    """A scripted telephone; keyword arguments are its options (play=FILE, hang_up_after=6)."""

    def __init__(self, world, name, target=None, /, secret=None, **options):
        self.name = name
        self.heard = options.setdefault('record', world.path('sound', f'{name}-heard.wav'))
        argv = [find_program('offhook-phone')]
        for option, value in options.items():
            flag = '--' + option.replace('_', '-')
            if value is True:
                argv.append(flag)
            elif isinstance(value, (list, tuple)):
                argv += [part for item in value for part in (flag, item)]
            elif value is not None and value is not False:
                argv += [flag, str(value)]
        if target is None:
            argv.append('--wait')
        else:
            argv.append(target)
        env = {'OFFHOOK_PHONE_SECRET': secret} if secret else None
        self.process = world.start(f'phone-{name}', argv, env)

    def events(self):
        """All JSON lines so far."""
        return [json.loads(line) for line in self.process.lines()
                if line.startswith('{') and line.endswith('}')]

    def has(self, event):
        return next((e for e in self.events() if e['event'] == event), None)

    def wait_event(self, event, timeout=15.0):
        return wait_for(f'"{event}" of telephone {self.name}', lambda: self.has(event), timeout,
                        process=self.process)

    def wait_ready(self, timeout=15.0):
        """Waits until it listens; returns its first port."""
        return self.wait_event('ready', timeout)['ports'][0]

    def result(self, timeout=30.0):
        """Waits for the end of the (first) call; returns the result line."""
        return self.wait_event('result', timeout)

    def results(self):
        return [e for e in self.events() if e['event'] == 'result']

    def keys(self):
        """Those that were heard so far."""
        return ''.join(e['key'] for e in self.events() if e['event'] == 'key')

    def answer(self):
        """Takes what rings."""
        self.process.signal(signal.SIGUSR1)

    def hang_up(self):
        """And ends, some time later."""
        self.process.signal(signal.SIGTERM)

    def stop(self):
        """Hangs up and ends."""
        return self.process.end()

    def has_recording(self):
        return os.path.exists(self.heard)
