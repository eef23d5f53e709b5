# SPDX-License-Identifier: GPL-3.0-or-later
"""./run: the client, its first-run assistant, a telephone that calls, both sides heard."""
import glob
import json
import os
import time

from demo_base import Demo, has_sound_card, judge, milliseconds, say
from harness import find_program, wait_for
from harness.client import Client
from harness.display import Display


class CallDemo(Demo):
    no_result = {'window_ms': None, 'answer_ms': None, 'user_heard': 0.0, 'caller_heard': 0.0,
                 'screenshot': None}

    def __init__(self, world, person, keep):
        super().__init__(world, person, keep)
        self.display = None
        self.client = None
        self.config = None
        self.ports = None

    def run(self):
        say('== Starting the client' + ('' if self.person else ' on a virtual display'))
        self.start_client()
        say('== The assistant starts a call server on this computer')
        self.set_up()
        self.ctl('trunk', 'add', 'demo', '--kind', 'address', '--trusted', '127.0.0.1')
        self.wait_registered()
        self.leave_assistant()
        say('== The client is signed in; the demo telephone calls')
        return self.run_person() if self.person else self.run_alone()

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
        self.picture('assistant-2-server', contains='Your name')
        screen.press('Start')
        wait_for('the call server that the client starts', self.find_server, 30,
                 process=self.client.process)

    def leave_assistant(self):
        """Past the page with the meters and the one with the echo call."""
        self.pause()
        self.picture('assistant-3-sound', name='Next')
        self.client.screen.press('Next', 20)
        self.pause()
        self.picture('assistant-4-done', name='Finish')
        self.client.screen.press('Finish', 10)
        self.client.screen.wait(10, name='Main menu')

    def picture(self, file, **what):
        """A screenshot of the page where that stands, when it has come to rest."""
        if not self.person:
            self.client.screen.wait(20, **what)
            time.sleep(0.4)
            self.display.screenshot(file)

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

    def answer(self):
        """As a screen reader would; the screenshot is taken while it rings."""
        screen = self.client.screen
        screen.wait(15, name='Answer', role='push button|button')
        wait_for('the window on the screen', lambda: self.world.mark('window-mapped', self.begun),
                 10, process=self.client.process)
        shot = self.display.screenshot('incoming-call')
        screen.press('Answer')
        return shot

    def run_person(self):
        say('== A telephone calls now. Press Answer: you hear speech, then yourself, 0.7 s later.')
        phone = self.call(self.ports['udp'])
        self.print_timeline(phone.result(600))
        say('== The call has ended. Close the window to end ./run; all folders go with it.')
        self.client.process.popen.wait()
        return 0

    def run_alone(self):
        phone = self.call(self.ports['udp'])
        shot = self.answer()
        say('== Answer was pressed')
        wait_for('the in-call page', lambda: self.world.mark('call-active', self.begun), 10,
                 process=self.client.process)
        time.sleep(1.0)
        self.display.screenshot('in-call')
        result = phone.result(60)
        phone.stop()
        self.client.process.end()
        self.keep(self.client.heard, phone.heard, self.caller_file, self.user_file)
        self.print_timeline(result)
        say('== What was heard')
        user = judge('the user', self.caller_file, self.client.heard)
        caller = judge('the caller', self.user_file, phone.heard)
        say(f'   codec {result["codec"] or "none"}; screenshots and sound are in {self.kept}')
        mark = {name: self.world.mark(name, self.begun)
                for name in ('window-mapped', 'invite-received', 'answer-pressed')}
        return self.report({
            'window_ms': milliseconds(mark['invite-received'], mark['window-mapped']),
            'answer_ms': milliseconds(mark['answer-pressed'], result.get('t_first_sound') or 0),
            'user_heard': user.correlation if user else 0.0,
            'caller_heard': caller.correlation if caller else 0.0,
            'screenshot': os.path.join(self.kept, os.path.basename(shot)),
        }, user and caller and user.heard and caller.heard)
