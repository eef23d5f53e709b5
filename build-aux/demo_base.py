# SPDX-License-Identifier: GPL-3.0-or-later
"""What the demos of ./run share: whether a person sits there, sound, the telephone, the time line."""
import glob
import json
import os
import shutil
import socket

from harness import sound
from harness.phone import Phone

NUMBER = '100'
SECONDS = 6.0  # that are said in each direction


def has_display():
    """Whether a person's display can be reached."""
    name = os.environ.get('WAYLAND_DISPLAY')
    if name and can_connect(os.path.join(os.environ.get('XDG_RUNTIME_DIR', '/'), name)):
        return True
    return has_x_display()


def has_x_display():
    """The same, for programs that know X only."""
    host, _, number = os.environ.get('DISPLAY', '').rpartition(':')
    number = number.split('.')[0]
    if not number.isdecimal():
        return False
    if host not in ('', 'unix'):
        return can_connect((host, 6000 + int(number)), socket.AF_INET)
    return can_connect(f'/tmp/.X11-unix/X{number}') or can_connect(f'\0/tmp/.X11-unix/X{number}')


def can_connect(address, family=socket.AF_UNIX):
    with socket.socket(family, socket.SOCK_STREAM) as s:
        s.settimeout(2)
        try:
            s.connect(address)
            return True
        except OSError:
            return False


def has_sound_card():
    runtime = os.environ.get('XDG_RUNTIME_DIR')
    if runtime and can_connect(os.path.join(runtime, 'pulse', 'native')):
        return True
    try:
        with open('/proc/asound/cards', encoding='utf-8') as f:
            return 'no soundcards' not in f.read()
    except OSError:
        return False


def say(text):
    print(text, flush=True)


def milliseconds(begin, end):
    return round((end - begin) / 1000, 1) if begin and end else None


def judge(name, said, heard):
    """What `name` heard of the other side's file, said as well; None without a recording."""
    if not heard or not os.path.exists(heard):
        say(f'   {name} heard nothing: there is no recording')
        return None
    judgement = sound.judge(said, heard)
    word = 'heard' if judgement.heard else 'did NOT hear'
    say(f'   {name} {word} the other side: correlation {judgement.correlation:.2f}, sound begins '
        f'at {judgement.delay_ms:.0f} ms of the recording, {judgement.gaps} gaps of '
        f'{judgement.windows}, level {judgement.level_db:+.1f} dB')
    return judgement


class Demo:
    """One run. `person`: somebody sits in front of a display; `keep`: the folder where pictures and
    sound stay. A demo has run(), which returns ./run's exit code; `no_result` is what the last line
    holds when nothing came of it, finds_display() tells whether a person could take part."""
    no_result = {}
    finds_display = staticmethod(has_display)

    def __init__(self, world, person, keep):
        self.world = world
        self.person = person
        self.kept = keep
        self.begun = 0  # time line marks before that are of no interest
        self.caller_file = sound.make_marked(world.path('sound', 'caller-says.wav'), 'caller',
                                             SECONDS, lead=0.0)
        self.user_file = sound.make_marked(world.path('sound', 'user-says.wav'), 'user', SECONDS,
                                           lead=0.0)

    def call(self, port, name='demo', **options):
        """The demo telephone calls; a person hears what they said, 0.7 s later."""
        merged = {'play': self.caller_file, 'name': 'Demo Caller', 'address': '127.0.0.1',
                  'from': 'sip:555100@127.0.0.1'}
        if self.person:
            merged.update(echo=700, max_time=600)
        else:
            merged.update(hang_up_after=SECONDS + 1.5, max_time=90)
        merged.update(options)
        return Phone(self.world, name, f'sip:{NUMBER}@127.0.0.1:{port}', **merged)

    def print_timeline(self, result, more=()):
        """`result`: the telephone's; `more`: (time, text) that nobody marked."""
        marks = [(m['mono'], f'{m["program"]}: {m["mark"]}') for m in self.world.timeline()
                 if m['mono'] >= self.begun]
        for name in ('t_invite', 't_ringing', 't_answered', 't_first_sound', 't_said', 't_ended'):
            if result.get(name):
                marks.append((result[name], f'telephone: {name[2:].replace("_", " ")}'))
        marks = sorted([*marks, *more])
        zero = result.get('t_invite') or (marks[0][0] if marks else 0)
        say('== Time line (ms from the telephone\'s INVITE)')
        for mono, text in marks:
            if mono >= zero - 1000:
                say(f'{(mono - zero) / 1000:10.1f}  {text}')

    def keep(self, *files):
        """These and all screenshots outlive the throw-away folder."""
        for path in (*files, *glob.glob(self.world.path('screenshots', '*.png'))):
            if os.path.exists(path):
                shutil.copy(path, self.kept)

    @staticmethod
    def report(values, held):
        """The last line; returns the exit code."""
        print(json.dumps(values), flush=True)
        return 0 if held else 1
