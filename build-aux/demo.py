#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""What ./run shows: the client, its first-run assistant, a telephone that calls, both sides heard.

Everything lives in one throw-away folder. With a display a person answers; else, and with --once,
the client is driven through AT-SPI on a virtual display and hears a file instead of a microphone.
"""
import argparse
import glob
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
sys.path.insert(0, os.path.join(ROOT, 'tests'))
from harness import Failure, World, find_program, wait_for  # noqa: E402
from harness import sound  # noqa: E402
from harness.client import Client  # noqa: E402
from harness.display import Display  # noqa: E402
from harness.phone import Phone  # noqa: E402

NUMBER = '100'
SECONDS = 6.0


def has_display():
    """Whether a person's display can be reached."""
    name = os.environ.get('WAYLAND_DISPLAY')
    if name:
        path = os.path.join(os.environ.get('XDG_RUNTIME_DIR', '/'), name)
        if can_connect(path):
            return True
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


class Demo:
    """One run. `person`: somebody sits in front of a display and answers."""

    def __init__(self, world, person):
        self.world = world
        self.person = person
        self.caller_file = sound.make_marked(world.path('sound', 'caller-says.wav'), 'caller',
                                             SECONDS, lead=0.0)
        self.user_file = sound.make_marked(world.path('sound', 'user-says.wav'), 'user', SECONDS,
                                           lead=0.0)
        self.display = None
        self.client = None
        self.phone = None
        self.config = None
        self.ports = None
        self.begun = 0

    def start_client(self):
        self.display = Display(self.world, real=self.person)
        self.begun = time.monotonic_ns() // 1000
        card = self.person and has_sound_card()
        if not card:
            say('   no sound card: the microphone hears a file, the loudspeaker writes one')
        self.client = Client(self.world, self.display, said=self.user_file, start=False)
        if card:
            self.client.audio = None
        self.client.start()

    def set_up(self):
        """The real assistant, shown and filled in; it starts a call server of its own."""
        screen = self.client.screen
        screen.wait(40, contains='Start a call server on this computer')
        self.pause()
        if not self.person:
            self.display.screenshot('assistant-1-welcome')
        screen.press('Start a call server on this computer')
        self.pause()
        self.keep('assistant-2-server', contains='Your name')
        screen.press('Start')
        wait_for('the call server that the client starts', self.find_server, 30,
                 process=self.client.process)

    def leave_assistant(self):
        """Past the page with the meters and the one with the echo call."""
        self.pause()
        self.keep('assistant-3-sound', name='Next')
        self.client.screen.press('Next', 20)
        self.pause()
        self.keep('assistant-4-done', name='Finish')
        self.client.screen.press('Finish', 10)
        self.client.screen.wait(10, name='Main menu')

    def keep(self, picture, **what):
        """A screenshot of the page where that stands, when it has come to rest."""
        if not self.person:
            self.client.screen.wait(20, **what)
            time.sleep(0.4)
            self.display.screenshot(picture)

    def pause(self):
        """So that a person can follow."""
        if self.person:
            time.sleep(1.0)

    def find_server(self):
        found = glob.glob(os.path.join(self.client.home, '**', 'run.json'), recursive=True)
        if not found:
            return None
        with open(found[0], encoding='utf-8') as f:
            self.ports = json.load(f)['sip']
        configs = glob.glob(os.path.join(self.client.home, '**', '*.conf'), recursive=True)
        configs = [c for c in configs if 'offhookd' in c or 'server' in c]
        self.config = configs[0] if configs else None
        return bool(self.config)

    def ctl(self, *words, **options):
        return self.world.run([find_program('offhookctl'), '--config', self.config, *words],
                              **options)

    def wait_registered(self):
        def registered():
            return '"device"' in self.ctl('--json', 'registrations', check=False)
        wait_for('the client to sign in', registered, 30, interval=0.2,
                 process=self.client.process)

    def call(self):
        options = {'play': self.caller_file, 'name': 'Demo Caller', 'from': 'sip:555100@127.0.0.1',
                   'address': '127.0.0.1'}
        if self.person:
            options.update(echo=700, max_time=600)
        else:
            options.update(hang_up_after=SECONDS + 1.5, max_time=90)
        self.phone = Phone(self.world, 'demo', f'sip:{NUMBER}@127.0.0.1:{self.ports["udp"]}',
                           **options)

    def answer(self):
        """As a screen reader would; the screenshot is taken while it rings."""
        screen = self.client.screen
        screen.wait(15, name='Answer', role='push button|button')
        wait_for('the window on the screen', lambda: self.world.mark('window-mapped', self.begun),
                 10, process=self.client.process)
        shot = self.display.screenshot('incoming-call')
        screen.press('Answer')
        return shot

    def judge(self, result):
        user = sound.judge(self.caller_file, self.client.heard) if os.path.exists(
            self.client.heard) else None
        caller = sound.judge(self.user_file, self.phone.heard) if os.path.exists(
            self.phone.heard) else None
        mapped = self.world.mark('window-mapped', self.begun)
        invite = self.world.mark('invite-received', self.begun)
        pressed = self.world.mark('answer-pressed', self.begun)
        first = result.get('t_first_sound') or 0
        return {
            'window_ms': milliseconds(invite, mapped),
            'answer_ms': milliseconds(pressed, first),
            'user_heard': user.correlation if user else 0.0,
            'caller_heard': caller.correlation if caller else 0.0,
        }, user, caller

    def print_timeline(self, result):
        marks = [(m['mono'], f'{m["program"]}: {m["mark"]}') for m in self.world.timeline()
                 if m['mono'] >= self.begun]
        for name in ('t_invite', 't_ringing', 't_answered', 't_first_sound', 't_said', 't_ended'):
            if result.get(name):
                marks.append((result[name], f'telephone: {name[2:].replace("_", " ")}'))
        marks.sort()
        zero = result.get('t_invite') or (marks[0][0] if marks else 0)
        say('== Time line (ms from the telephone\'s INVITE)')
        for mono, text in marks:
            if mono >= zero - 1000:
                say(f'{(mono - zero) / 1000:10.1f}  {text}')


def milliseconds(begin, end):
    return round((end - begin) / 1000, 1) if begin and end else None


def describe(name, judgement):
    if judgement is None:
        return f'   {name} heard nothing: there is no recording'
    word = 'heard' if judgement.heard else 'did NOT hear'
    return (f'   {name} {word} the other side: correlation {judgement.correlation:.2f}, sound begins '
            f'at {judgement.delay_ms:.0f} ms of the recording, {judgement.gaps} gaps of '
            f'{judgement.windows}, level {judgement.level_db:+.1f} dB')


def run_person(demo):
    say('== A telephone calls now. Press Answer: you hear speech, then yourself, 0.7 s later.')
    demo.call()
    result = demo.phone.result(600)
    demo.print_timeline(result)
    say('== The call has ended. Close the window to end ./run; all folders go with it.')
    demo.client.process.popen.wait()
    return 0


def run_alone(demo, keep):
    demo.call()
    shot = demo.answer()
    say('== Answer was pressed')
    wait_for('the in-call page', lambda: demo.world.mark('call-active', demo.begun), 10,
             process=demo.client.process)
    time.sleep(1.0)
    demo.display.screenshot('in-call')
    result = demo.phone.result(60)
    demo.phone.stop()
    demo.client.process.end()
    report, user, caller = demo.judge(result)
    report['screenshot'] = os.path.join(keep, os.path.basename(shot))
    for path in glob.glob(demo.world.path('screenshots', '*.png')):
        shutil.copy(path, keep)
    for path in (demo.client.heard, demo.phone.heard, demo.caller_file, demo.user_file):
        if os.path.exists(path):
            shutil.copy(path, keep)
    demo.print_timeline(result)
    say('== What was heard')
    say(describe('the user', user))
    say(describe('the caller', caller))
    say(f'   codec {result["codec"] or "none"}; screenshots and sound are in {keep}')
    print(json.dumps(report), flush=True)
    return 0 if user and caller and user.heard and caller.heard else 1


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument('--build', required=True)
    parser.add_argument('--once', action='store_true')
    parser.add_argument('--virtual', action='store_true')
    arguments = parser.parse_args()
    os.environ['OFFHOOK_BUILD'] = os.path.abspath(arguments.build)
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.default_int_handler)
    person = not arguments.once and not arguments.virtual and has_display()
    keep = os.path.join(os.environ['OFFHOOK_BUILD'], 'demo')
    shutil.rmtree(keep, ignore_errors=True)
    os.makedirs(keep)
    try:
        with World('run') as world:
            demo = Demo(world, person)
            say('== Starting the client' + ('' if person else ' on a virtual display'))
            demo.start_client()
            say('== The assistant starts a call server on this computer')
            demo.set_up()
            demo.ctl('trunk', 'add', 'demo', '--kind', 'address', '--trusted', '127.0.0.1')
            demo.wait_registered()
            demo.leave_assistant()
            say('== The client is signed in; the demo telephone calls')
            return run_person(demo) if person else run_alone(demo, keep)
    except (Failure, OSError, subprocess.SubprocessError) as failure:
        print(f'./run failed: {failure}', file=sys.stderr, flush=True)
        if person:
            print('./run --virtual needs neither your display nor your sound card.',
                  file=sys.stderr, flush=True)
        print(json.dumps({'window_ms': None, 'answer_ms': None, 'user_heard': 0.0,
                          'caller_heard': 0.0, 'screenshot': None,
                          'error': str(failure).split('\n', maxsplit=1)[0]}), flush=True)
        return 1
    except KeyboardInterrupt:
        return 130


if __name__ == '__main__':
    sys.exit(main())
