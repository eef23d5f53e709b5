# SPDX-License-Identifier: GPL-3.0-or-later
"""./run im: a call arrives in an IM program that is not ours, is answered in the browser by the link of
its message, and another is settled by a reply."""
import importlib.util
import os
import re
import time

from demo_base import Demo, NUMBER, SECONDS, has_sound_card, has_x_display, judge, milliseconds, say
from harness import Failure, find_program, wait_for
from harness.browser import (get_heard, open_browser, tap, trust_flag, wait_sound,
                             wait_state)
from harness.display import Display
from harness.im import add_xmpp_account, engine_env, wait_seen
from harness.pidgin import Pidgin
from harness.prosody import Prosody
from harness.server import Server

CALLS = 'calls@demo.test'
USER = 'user@demo.test'
LINK = re.compile(r'https://localhost:\d+/o/[\w-]{22}')
DECIDED = ('answered', 'voicemail', 'declined', 'timed-out', 'ended')
PATIENCE = 120  # s that a call waits for its user


class ImDemo(Demo):
    no_result = {'offer_ms': None, 'offer_text': None, 'user_heard': 0.0, 'caller_heard': 0.0,
                 'reply_ms': None, 'reply_outcome': None, 'screenshot': None}
    finds_display = staticmethod(has_x_display)  # Pidgin knows no other

    def __init__(self, world, person, keep):
        super().__init__(world, person, keep)
        self.display = None
        self.prosody = None
        self.server = None
        self.heard = world.path('sound', 'user-heard.wav')

    def run(self):
        self.check_parts()
        self.display = Display(self.world, real=self.person)
        say('== Prosody and a call server, on this computer only')
        self.start_services()
        return self.run_person() if self.person else self.run_alone()

    def check_parts(self):
        """Before anything starts: what is missing has a name."""
        for program in ('offhookd', 'offhookctl', 'offhook-im', 'offhook-phone', 'prosody', 'openssl',
                        'chromium', 'pidgin' if self.person else 'chromedriver'):
            find_program(program)
        for module in () if self.person else ('slixmpp', 'selenium'):
            if importlib.util.find_spec(module) is None:
                raise Failure(f'python3-{module} is not installed; ./run im installs it')

    def start_services(self):
        """Where the call server and the user have an account; the two see each other there."""
        self.prosody = Prosody(self.world, {CALLS: 'Throw-away 1', USER: 'Throw-away 2'},
                               friends=[(CALLS, USER)])
        self.server = self.world.add(Server(self.world, env=engine_env(self.world)))
        self.server.add_user('user', NUMBER, name='Demo User', default_delay=PATIENCE,
                             decline_action='busy')
        self.server.add_trunk('demo', kind='address', trusted='127.0.0.1')
        add_xmpp_account(self.server, self.prosody, CALLS)
        wait_for('the account of the call server at Prosody', self.is_online, 30, 0.1)
        self.server.ctl('im', 'identity', 'add', 'user', 'xmpp', USER, '--verified')

    def is_online(self):
        account = self.server.ctl_json('im', 'account', 'list')[0]
        if account['state'] == 'failed':
            raise Failure(f'Prosody refused the account of the call server: {account["reason"]}')
        return account['state'] == 'online'

    def arrived(self):
        """When the last call came to the call server."""
        return self.server.wait_call_event('arrived') and self.server.call_events()[0]['mono']

    # --- With a person ---

    def run_person(self):
        pidgin = Pidgin(self.world, self.display, self.prosody, USER, CALLS)
        say(f'== Pidgin opens, signed in as {USER}')
        wait_seen(self.server, process=pidgin.process)
        say(f'== A telephone calls now; the message of {CALLS} in Pidgin says so.\n'
            '   Click its link, press "Answer here" in the browser and allow the microphone:\n'
            '   you hear speech, then yourself, 0.7 s later. Hang up in the page.')
        if not self.offer_person('first', pidgin):
            return 0
        say('== It calls once more. This time reply in Pidgin: 3 and Return for voicemail, 9 to decline.')
        if not self.offer_person('second', pidgin):
            return 0
        say("== That was it. Close Pidgin's list of buddies to end ./run; all folders go with it.")
        pidgin.process.popen.wait()
        return 0

    def offer_person(self, name, pidgin):
        """One call, and what became of it; false when Pidgin was closed: somebody has seen enough."""
        phone = self.call(self.server.ports['udp'], name)
        opened = len(pidgin.links())
        while not phone.has('result'):
            if pidgin.process.poll() is not None:
                return False
            for link in pidgin.links()[opened:]:
                say('   The link was clicked')
                self.show(link)
                opened += 1
            time.sleep(0.1)
        steps = (f'{e["event"]} ({e["reason"]})' for e in self.server.call_events()
                 if e['event'] in DECIDED)
        say('   What became of it: ' + ', '.join(steps))
        self.print_timeline(phone.result())
        return True

    def show(self, link):
        """In a Chromium with a profile of its own, which takes this call server's certificate."""
        if not LINK.fullmatch(link):
            say('   It is no link of the call server and is not opened')
            return
        sound = [] if has_sound_card() else [
            '--use-fake-device-for-media-stream',
            f'--use-file-for-fake-audio-capture={self.user_file}']
        self.world.start('browser', [
            find_program('chromium'), f'--user-data-dir={self.world.path("browser")}',
            '--no-first-run', '--no-default-browser-check', '--password-store=basic',
            *(['--no-sandbox'] if os.geteuid() == 0 else []),
            trust_flag(self.world, self.server), *sound, link],
            {**self.display.env(), 'TMPDIR': os.path.dirname(self.world.path('browser-tmp', 'x'))})

    # --- By itself ---

    def run_alone(self):
        from harness.xmppbot import XmppBot  # pylint: disable=import-outside-toplevel # may be missing
        user = XmppBot(self.world, self.prosody, USER)
        wait_seen(self.server)
        say(f'== {USER} is signed in by slixmpp; the demo telephone calls')
        browser = open_browser(self.world, self.user_file, [trust_flag(self.world, self.server)],
                               display=self.display)
        try:
            report, held = self.answer_by_link(user, browser)
        finally:
            browser.quit()
        say('== It calls once more')
        settled, well = self.decline_by_reply(user)
        return self.report({**report, **settled}, held and well)

    def wait_texts(self, user, count):
        """The first so many messages of the call server."""
        return wait_for(f'message {count} of {CALLS}', lambda: user.texts(CALLS)[count - 1:] and
                        user.texts(CALLS), 20, process=self.server.process)

    def answer_by_link(self, user, browser):
        phone = self.call(self.server.ports['udp'], play_delay=500, hang_up_after=None)
        text = self.wait_texts(user, 1)[0]
        say('== The message:\n   ' + text.replace('\n', '\n   '))
        link = LINK.search(text)
        if not link:
            raise Failure('the message has no link')
        tap(browser)
        browser.get(link[0])
        wait_state(browser, 'open')
        shot = self.display.screenshot('link')
        browser.find_element('id', 'take').click()
        wait_state(browser, 'call')
        self.display.screenshot('in-call')
        phone.wait_event('answered')
        wait_sound(browser, SECONDS + 1.5)
        get_heard(browser, self.heard)
        browser.find_element('id', 'hang-up').click()
        wait_state(browser, 'done')
        result = phone.result()
        self.keep(self.heard, phone.heard, self.caller_file, self.user_file)
        self.print_timeline(result, [(user.times[0], 'the message is at the user')])
        say('== What was heard')
        heard = judge('the user', self.caller_file, self.heard)
        caller = judge('the caller', self.user_file, phone.heard)
        say(f'   codec {result["codec"] or "none"}; screenshots and sound are in {self.kept}')
        return {
            'offer_ms': milliseconds(self.arrived(), user.times[0]),
            'offer_text': text,
            'user_heard': heard.correlation if heard else 0.0,
            'caller_heard': caller.correlation if caller else 0.0,
            'screenshot': os.path.join(self.kept, os.path.basename(shot)),
        }, heard and caller and heard.heard and caller.heard

    def decline_by_reply(self, user):
        before = len(self.wait_texts(user, 2))  # what became of the first call was told
        phone = self.call(self.server.ports['udp'], 'second')
        offer = self.wait_texts(user, before + 1)[before]
        number = re.search(r'(\d) decline', offer)
        if not number:
            raise Failure(f'the message has no number for declining: {offer}')
        sent = time.monotonic_ns() // 1000
        user.send(CALLS, number[1])
        result = phone.result()
        line = self.wait_texts(user, before + 2)[before + 1]
        say(f'   Reply {number[1]}: {line}')
        outcome = self.server.wait_call_event('declined')['event']
        self.print_timeline(result, [(sent, f'the user replies {number[1]}')])
        return {'reply_ms': milliseconds(sent, result['t_ended']), 'reply_outcome': outcome,
                }, result['status'] == 486 and 'declined' in line
