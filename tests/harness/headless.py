# SPDX-License-Identifier: GPL-3.0-or-later
"""The client without a window (tests/client/main.c): commands go in, JSON lines come out."""
import contextlib
import glob
import json
import os
import re
import shlex
import sqlite3

from .im import engine_env
from .process import wait_for
from .sound import make_silence
from .world import build_root, find_program


class Headless:
    """`said` is the WAV that its microphone hears; `heard` is what its loudspeaker plays. `im`: it
    has accounts of IM services."""
    program = 'offhook-test-client'  # its name in the timeline

    def __init__(self, world, name='client', said=None, env=None, keyring=False, im=False,
                 start=True):
        self.world = world
        self.name = name
        self.heard = world.path('sound', f'{name}-heard.wav')
        self.said = said or make_silence(world.path('sound', f'{name}-silence.wav'), 1)
        self.home = os.path.dirname(world.path(f'{name}-home', 'x'))
        self.fifo = world.path(f'{name}-home', 'commands')
        os.mkfifo(self.fifo, 0o600)
        self.keyring = keyring
        self.im = im
        self.extra = env or {}
        self.process = None
        self._said_before = 0
        if start:
            self.start()

    def env(self):
        env = {'HOME': self.home, 'OFFHOOK_AUDIO': f'file:{self.said}:{self.heard}',
               'OFFHOOK_PLUGIN_PATH': os.path.join(build_root(), 'plugins'),
               'OFFHOOK_DAEMON_PATH': find_program('offhookd'),
               'OFFHOOK_IM_PATH': os.path.join(build_root(), 'im', 'offhook-im')}
        for variable in ('XDG_CONFIG_HOME', 'XDG_DATA_HOME', 'XDG_CACHE_HOME', 'XDG_STATE_HOME',
                         'XDG_RUNTIME_DIR'):
            env[variable] = os.path.join(self.home, variable.split('_')[1].lower())
            os.makedirs(env[variable], mode=0o700, exist_ok=True)
        if self.im:
            env.update(engine_env(self.world))
        if not self.keyring:
            env['OFFHOOK_TEST_PLAIN_SECRETS'] = '1'
        env.update(self.extra)
        return env

    def start(self):
        self._said_before = 0  # of the output that begins now
        # The shell opens the pipe for both ways, so that it never ends while the client lives.
        self.process = self.world.start(
            self.name, ['/bin/sh', '-c', 'exec "$0" <>"$1"', find_program('offhook-test-client'),
                        self.fifo], self.env())
        self.wait('ready', timeout=20)
        return self

    def say(self, *words):
        """Gives a command; only what is told after it is waited for."""
        self._said_before = len(self.events())
        with open(self.fifo, 'w', encoding='utf-8') as f:
            f.write(shlex.join(str(word) for word in words) + '\n')

    def events(self):
        return [json.loads(line) for line in self.process.lines()
                if line.startswith('{') and line.endswith('}')]

    def find(self, event, since=0, **wanted):
        return next((e for e in self.events()[since:] if e['event'] == event
                     and all(e.get(k) == v for k, v in wanted.items())), None)

    def wait(self, event, timeout=15.0, since=0, **wanted):
        """The first news like that since the start (or number `since`)."""
        return wait_for(f'{event} {wanted} of {self.name}',
                        lambda: self.find(event, since, **wanted), timeout, process=self.process)

    def wait_new(self, event, timeout=15.0, **wanted):
        """The same, told after the last command."""
        return self.wait(event, timeout, self._said_before, **wanted)

    def mark(self):
        """From here on wait_new() looks."""
        self._said_before = len(self.events())

    def sign_in(self, server, user='anna', password='Correct horse 7', timeout=20,
                host='127.0.0.1', online=True):
        """Trusts the certificate that the server shows. `online`: can register there."""
        self.say('sign-in', f'https://{host}:{server.https}', user, password)
        doubt = self.wait_new('sign-in-failed', timeout)['fingerprint']
        self.say('sign-in', f'https://{host}:{server.https}', user, password, doubt)
        self.wait_new('signed-in', timeout)
        if online:
            self.wait_new('account', timeout, state='online', reason='none')
        return self

    def move_sip(self, host, port):
        """From its next start on it looks for SIP there. Not while it runs."""
        path, = glob.glob(self.home + '/**/accounts.ini', recursive=True)
        with open(path, encoding='utf-8') as f:
            text = f.read()
        with open(path, 'w', encoding='utf-8') as f:
            f.write(re.sub(r'(?m)^sip-proxy=.*$', f'sip-proxy=sip:{host}:{port};transport=tls',
                           text))

    def calls(self):
        """The ids of all calls that were shown."""
        return list(dict.fromkeys(e['id'] for e in self.events() if e['event'] == 'call'))

    def stored(self):
        """The texts of all messages that are on the disk, chat by chat."""
        found = glob.glob(self.home + '/data/**/*.db', recursive=True)
        if not found:
            return []
        with contextlib.closing(sqlite3.connect(found[0], timeout=10)) as db:
            return [text for text, in db.execute('SELECT text FROM message ORDER BY chat, number')]

    def end(self):
        if self.process and self.process.poll() is None:
            self.say('quit')
            try:
                self.process.wait(15)
            finally:
                self.process.end()
