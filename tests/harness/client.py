# SPDX-License-Identifier: GPL-3.0-or-later
"""The desktop client in a test: folders of its own, sound from files, driven through AT-SPI."""
import os

from .screen import Screen
from .sound import make_silence
from .world import build_root, find_program

APP_NAMES = ('offhook', 'org.offhook.Offhook', 'Offhook')


class Client:
    """`said` is the WAV that its microphone hears; `heard` is what its loudspeaker plays."""

    def __init__(self, world, display, name='client', said=None, audio=None, start=True,
                 wrapper=(), args=()):
        self.world = world
        self.display = display
        self.name = name
        self.wrapper = list(wrapper)
        self.args = list(args)
        self.heard = world.path('sound', f'{name}-heard.wav')
        if said is None:
            said = make_silence(world.path('sound', f'{name}-silence.wav'), 1)
        self.audio = audio or f'file:{said}:{self.heard}'
        self.home = os.path.dirname(world.path(f'{name}-home', 'x'))
        self.process = None
        self.screen = None
        if start:
            self.start()

    def env(self):
        build = build_root()
        env = dict(self.display.env())
        for variable, folder in (('XDG_CONFIG_HOME', 'config'), ('XDG_DATA_HOME', 'data'),
                                 ('XDG_CACHE_HOME', 'cache'), ('XDG_STATE_HOME', 'state')):
            path = os.path.join(self.home, folder)
            os.makedirs(path, mode=0o700, exist_ok=True)
            env[variable] = path
        env['HOME'] = self.home
        env['OFFHOOK_PLUGIN_PATH'] = os.path.join(build, 'plugins')
        env['OFFHOOK_DAEMON_PATH'] = os.path.join(build, 'server', 'offhookd')
        env['OFFHOOK_IM_PATH'] = os.path.join(build, 'im', 'offhook-im')
        env['OFFHOOKD'] = env['OFFHOOK_DAEMON_PATH']
        env['GSETTINGS_SCHEMA_DIR'] = os.path.join(build, 'data')
        env['GSETTINGS_BACKEND'] = 'memory'
        if self.audio:
            env['OFFHOOK_AUDIO'] = self.audio
        return env

    def start(self):
        self.process = self.world.start(self.name, self.wrapper + [find_program('offhook'),
                                                                   *self.args], self.env())
        if self.screen is None:
            self.screen = Screen(self.world, self.display)
        return self

    def sign_in(self, server, user, password='Correct horse 7', timeout=30):
        """Goes through the assistant with an account of `server`."""
        screen = self.screen
        screen.press('Sign in to a call server', timeout)
        if not screen.find(name='Server'):
            screen.press('Next', timeout)
        screen.fill('Server', f'https://127.0.0.1:{server.https}', timeout)
        screen.fill('User name', user)
        screen.fill('Password', password)
        screen.press('Sign in', timeout)
        screen.press('Trust this server', timeout)  # its certificate is its own authority's

    def end(self):
        if self.process:
            self.process.end()
