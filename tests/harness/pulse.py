# SPDX-License-Identifier: GPL-3.0-or-later
"""A private PulseAudio daemon whose sound cards are null sinks.

`room` is what the microphone `mic` hears; `speaker` is what a person would hear.
"""
import os

import numpy

from .process import wait_for
from .sound import write_wav
from .world import find_program

ASOUNDRC = 'pcm.!default { type pulse }\nctl.!default { type pulse }\npcm.pulse { type pulse }\n'

CARDS = ('module-null-sink sink_name=speaker rate=48000',
         'module-null-sink sink_name=room rate=48000',
         'module-remap-source source_name=mic master=room.monitor')

# The same in one card of two channels: one recording of its monitor has both on one clock, the room on
# the left and the loudspeaker on the right.
ONE_CARD = ('module-null-sink sink_name=card rate=48000 channels=2',
            'module-remap-sink sink_name=speaker master=card channels=1 remix=no '
            'channel_map=front-right master_channel_map=front-right',
            'module-remap-sink sink_name=room master=card channels=1 remix=no '
            'channel_map=front-left master_channel_map=front-left',
            'module-remap-source source_name=mic master=card.monitor channels=1 remix=no '
            'channel_map=front-left master_channel_map=front-left')


class Pulse:
    def __init__(self, world, name='pulse'):
        self.world = world
        self.name = name
        self.home = os.path.dirname(world.path(name, 'home', '.asoundrc'))
        world.write(f'{name}/home/.asoundrc', ASOUNDRC)
        self.socket = world.path(name, 'run', 'native')
        os.chmod(os.path.dirname(self.socket), 0o700)
        self.env = {'HOME': self.home, 'XDG_RUNTIME_DIR': os.path.dirname(self.socket),
                    'PULSE_SERVER': 'unix:' + self.socket}
        self.daemon = None

    def start(self, cards=CARDS):
        modules = [f'module-native-protocol-unix socket={self.socket} auth-anonymous=1', *cards]
        argv = [find_program('pulseaudio'), '-n', '--daemonize=no', '--exit-idle-time=-1',
                '--disable-shm=yes', '--use-pid-file=no']
        for module in modules:
            argv += ['-L', module]
        self.daemon = self.world.start(self.name, argv, env=self.env)
        wait_for('the sound server', lambda: 'mic' in self.ctl('list', 'short', 'sources'), 15,
                 0.1, self.daemon)
        self.ctl('set-default-sink', 'speaker')
        self.ctl('set-default-source', 'mic')

    def ctl(self, *words):
        return self.world.run([find_program('pactl'), *words], env=self.env, check=False)

    def load(self, *words):
        """Returns the module's number, to unload it."""
        return self.ctl('load-module', *words).strip()

    def unload(self, number):
        self.ctl('unload-module', number)

    def unload_named(self, module):
        for line in self.ctl('list', 'short', 'modules').split('\n'):
            if module in line:
                self.unload(line.split('\t')[0])

    def microphone_state(self):
        """RUNNING while somebody hears through it; IDLE or SUSPENDED otherwise."""
        return next((line.split()[-1] for line in self.ctl('list', 'short', 'sources').split('\n')
                     if '\tmic\t' in line), 'ABSENT')

    def record(self, sink='speaker', channels=1):
        """Starts to write what a person would hear; finish with stop()."""
        path = self.world.path(self.name, f'{sink}-{len(self.world.things)}.raw')
        process = self.world.start('parec', [
            find_program('parec'), '-d', sink + '.monitor', '--rate=16000',
            f'--channels={channels}', '--format=s16le', '--latency-msec=100', path], env=self.env)
        wait_for('the recording', lambda: os.path.exists(path) and os.path.getsize(path) > 0, 10,
                 0.05, process)
        return process, path

    def stop(self, recording):
        """Returns a WAV file."""
        return self.stop_channels(recording, 1)[0]

    def stop_channels(self, recording, channels):
        """Returns a WAV file a channel."""
        process, path = recording
        process.end()
        with open(path, 'rb') as f:
            samples = f.read()
        frames = numpy.frombuffer(samples[:len(samples) // (2 * channels) * 2 * channels], '<i2')
        return [write_wav(f'{path}-{channel}.wav', frames[channel::channels] / 32768)
                for channel in range(channels)]

    def say(self, wav, sink='room'):
        """Into the microphone, to the end."""
        self.world.run([find_program('paplay'), '-d', sink, '--latency-msec=2000', wav],
                       env=self.env, timeout=60)

    def end(self):
        if self.daemon:
            self.daemon.end()
