#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""The client's windows with the dummy provider: no call server, no telephone, only the face."""
import contextlib
import glob
import os
import re
import signal
import sqlite3
import time

from harness import main, wait_for
from harness.client import Client
from harness.display import Display
from harness.logind import Logind
from harness.screen import BUTTON
from harness.windows import CALL, WindowCase, held
from harness.world import find_program


class Incoming(WindowCase):
    def test_tells_who_calls(self):
        self.ring()
        alert = self.screen.wait(role='alert', name='Call from Demo Caller')
        self.assertIn('Voicemail answers in', alert['description'])
        self.assertTrue(self.screen.find(contains='+49305550117'))
        self.assertTrue(self.screen.find(contains='to 100'))
        for option in ('Answer', 'Voicemail', 'Decline'):
            self.assertEqual(len(self.screen.find(name=option, role=BUTTON)), 1, option)
        self.keep('incoming')

    def test_withheld_and_no_voicemail(self):
        self.ring(name=None, number=None, withheld=True, options=[1, 9])
        self.assertTrue(self.screen.find(name='Withheld number'))
        self.assertFalse(self.screen.find(name='Voicemail', role=BUTTON))

    def test_answer_by_screen_reader(self):
        self.ring()
        self.screen.press('Answer')
        self.screen.wait_gone(name='Answer', role=BUTTON)
        for button in ('Mute', 'Keypad', 'Hang up'):
            self.screen.wait(name=button, role=BUTTON)
        self.screen.press('Keypad')
        self.screen.press('5')
        self.keep('in-call')
        self.screen.press('Hang up')
        self.screen.wait_gone(name='Hang up', role=BUTTON)

    def test_answer_by_keys(self):
        """Ctrl and the option's number."""
        self.ring()
        self.screen.wait_keyboard('Call from Demo Caller')
        self.screen.key('ctrl+1')
        self.screen.wait_keyboard('Call with Demo Caller')
        self.screen.key('ctrl+e')
        self.screen.wait(contains='Call ended')

    def test_focus_is_on_answer(self):
        """Not in the first moment, when the person may be typing elsewhere; then Enter answers."""
        self.ring()
        self.screen.wait_keyboard('Call from Demo Caller')
        time.sleep(0.6)  # the guard itself is what is tried
        self.screen.key('Return')
        self.screen.wait(name='Hang up', role=BUTTON)

    def test_escape_does_not_decline(self):
        self.ring()
        self.screen.wait_keyboard('Call from Demo Caller')
        self.screen.key('Escape', 'Escape', 'ctrl+1')
        self.screen.wait(name='Hang up', role=BUTTON)

    def test_closed_and_brought_back(self):
        """Closing answers nothing; the bar in the main window shows the call again."""
        self.ring()
        self.screen.wait_keyboard('Call from Demo Caller')
        self.screen.key('alt+F4')
        self.screen.wait_gone(name='Answer', role=BUTTON)
        self.screen.press('Demo Caller · Incoming call')
        self.screen.press('Answer')
        self.screen.wait(name='Hang up', role=BUTTON)

    def test_decline_by_keys(self):
        self.ring()
        self.screen.wait_keyboard('Call from Demo Caller')
        self.screen.key('alt+d')
        self.screen.wait(contains='Declined')
        self.screen.wait_gone(name='Answer', role=BUTTON)

    def test_voicemail(self):
        self.ring()
        self.screen.press('Voicemail')
        self.screen.wait(contains='The caller can leave a message')
        self.screen.wait_gone(name='Answer', role=BUTTON)

    def test_time_out(self):
        self.ring(deadline=1)
        self.screen.wait(contains='The caller can leave a message')
        self.screen.wait_gone(name='Answer', role=BUTTON)

    def test_caller_gives_up(self):
        self.ring(held('end', {'call': 'one', 'do': 'cancel'}))
        self.let_go('end')
        self.screen.wait(contains='The caller hung up')
        self.screen.wait_gone(name='Answer', role=BUTTON)

    def test_answered_elsewhere(self):
        self.ring(held('end', {'call': 'one', 'do': 'elsewhere'}))
        self.let_go('end')
        self.screen.wait(contains='Answered on another device')
        self.screen.wait_gone(name='Answer', role=BUTTON)

    def test_two_calls(self):
        """A window each; answering one leaves the other ringing."""
        second = dict(CALL, id='two', name='Second Caller')
        self.ring({'after': 200, 'incoming': second})
        self.screen.wait(role='alert', name='Call from Second Caller')
        self.screen.press('Answer')
        self.screen.wait(name='Hang up', role=BUTTON)
        wait_for('one call to ring on', lambda: len(self.screen.find(
            name='Answer', role=BUTTON)) == 1)

    def test_calls_in_quick_succession(self):
        """Windows that say what became of a call are few, however many callers give up."""
        steps = []
        for n in range(6):
            steps += [{'after': 100, 'incoming': dict(CALL, id=f'call-{n}', name=f'Caller {n}')},
                      {'after': 100, 'call': f'call-{n}', 'do': 'cancel'}]
        last = dict(CALL, id='last', name='Last Caller')
        self.start_client(*steps, {'after': 100, 'incoming': last})
        self.screen.wait(20, role='alert', name='Call from Last Caller')
        self.screen.wait_gone(contains='The caller hung up')
        self.screen.press('Answer')
        self.screen.wait(name='Hang up', role=BUTTON)
        windows = self.client.display.ask_x('search', '--name',
                                            '^(The caller hung up|Call from .*)$')
        self.assertEqual(len(windows.split()), 3)

    def test_dark(self):
        self.start_client({'after': 500, 'incoming': CALL}, ADW_DEBUG_COLOR_SCHEME='prefer-dark')
        self.screen.wait(20, name='Answer', role=BUTTON)
        self.keep('incoming-dark')


class Missed(WindowCase):
    def notifications(self):
        return re.findall(r'Notify .*', self.daemon.output())

    def ring_out(self, **facts):
        """Behind the client's back a notification service stands in for the desktop's."""
        display = Display(self.world)
        self.daemon = display.start_notifications()
        self.ring(display=display, **facts)

    def test_time_out(self):
        self.ring_out(deadline=2)
        wait_for('a notification', self.notifications, 20)
        self.assertIn('Missed call from Demo Caller', self.notifications()[0])

    def invoke(self, action):
        """As a press on the first notification's button."""
        self.world.run([find_program('gdbus'), 'call', '--session', '--dest',
                        'org.freedesktop.Notifications', '--object-path',
                        '/org/freedesktop/Notifications', '--method',
                        'org.freedesktop.DBus.Mock.EmitSignal', 'org.freedesktop.Notifications',
                        'ActionInvoked', 'us', f'[<uint32 1>, <"{action}">]'],
                       env=self.client.display.env())

    def test_call_back(self):
        self.ring_out(deadline=2)
        said = wait_for('a notification', self.notifications, 20)[0]
        found = re.search(r'"(app\.call-back[^"]+)"[^"]+"Call Back"', said)
        self.assertTrue(found, said)
        self.invoke(found.group(1))
        self.screen.wait(name='Hang up', role=BUTTON)
        self.screen.wait(contains='+49305550117')

    def test_own_choice_is_no_missed_call(self):
        self.ring_out()
        self.screen.press('Voicemail')
        self.screen.wait_gone(name='Answer', role=BUTTON)
        self.assertFalse(self.notifications())


class Assistant(WindowCase):
    def test_fields_and_error(self):
        self.start_client()
        self.screen.wait(20, name='Start a call server on this computer', role=BUTTON)
        self.keep('welcome')
        self.screen.press('Sign in to a call server')
        self.screen.fill('Server', 'https://127.0.0.1:1')
        self.screen.fill('User name', 'demo')
        self.assertFalse(self.screen.find(name='Sign in', role=BUTTON, sensitive=True))
        self.screen.fill('Password', 'not right')
        self.screen.press('Sign in')
        self.screen.wait(20, contains='Nobody answers at this address')
        time.sleep(0.5)  # the page has slid back
        self.keep('sign-in-error')

    def test_own_call_server(self):
        """From the first page to the last: it says that the call server goes with Offhook, and a call to its
        echo number is answered. The settings say the same."""
        self.start_client()
        self.screen.press('Start a call server on this computer')
        self.screen.press('Start')
        self.screen.press('Next', 60)
        self.screen.wait(contains='Your call server runs as long as Offhook does')
        self.screen.press('Call the echo number')
        self.screen.wait(name='Hang up', role=BUTTON)
        self.screen.wait(contains='0:0')
        self.keep('echo-number')
        self.screen.press('Hang up')
        self.screen.wait_gone(name='Hang up', role=BUTTON)
        self.screen.press('Finish')
        self.screen.wait_active('Offhook')
        self.screen.key('ctrl+comma')
        self.screen.wait(role='frame', name='Settings', state='active')
        self.screen.wait(contains='Runs together with Offhook')
        self.assertTrue(self.screen.find(contains='While Offhook is closed, callers reach nobody'))


class InCall(WindowCase):
    def answer(self, *steps, **options):
        self.ring(*steps, **options)
        self.screen.press('Answer')
        self.screen.wait(name='Hang up', role=BUTTON)
        self.screen.wait_keyboard('Call with Demo Caller')

    def test_keys_by_keyboard_and_paste(self):
        self.answer()
        self.screen.wait(contains='0:0')
        self.screen.key('ctrl+m')
        self.screen.press('Keypad')
        self.screen.type('12#')
        self.screen.wait(contains='12#')
        self.screen.key('alt+2')  # something to copy is typed into the dial pad
        self.screen.wait_active('Offhook')
        self.screen.type('4 5-6x*')
        self.screen.key('ctrl+a', 'ctrl+c', 'ctrl+Tab')
        self.screen.wait_keyboard('Call with Demo Caller')
        self.screen.key('ctrl+v')
        self.screen.wait(contains='12#456*')
        self.keep('keys')

    def test_far_keys(self):
        self.answer(held('keys', {'call': 'one', 'do': 'key-7'}),
                    {'after': 100, 'call': 'one', 'do': 'key-#'})
        self.let_go('keys')
        self.screen.wait(contains='The other side pressed 7#')

    def test_focus(self):
        """Everything that the focus meets has a name."""
        self.answer()
        self.screen.wait(contains='Sound quality: Very good')
        for name in ('Hold', 'Keypad', 'Microphone and loudspeaker'):
            self.screen.tab_to(name)
        self.screen.key('space')
        self.screen.tab_to('Microphone: System default')
        self.screen.tab_to('Loudspeaker: System default')
        self.screen.key('Escape')
        self.screen.tab_to('Encrypted')
        self.screen.tab_to('Sound quality: Very good')
        self.screen.key('space')
        self.screen.wait(name='Echo taken out')
        self.keep('quality')
        self.screen.key('Escape')
        self.screen.tab_to('Mute')

    def test_no_sound_device(self):
        self.answer(audio='none')
        self.screen.wait(contains='No sound device')
        self.keep('no-sound')

    def test_chosen_device_is_away(self):
        folder = os.path.dirname(self.world.path('client-home', 'config', 'offhook', 'x'))
        with open(os.path.join(folder, 'settings.ini'), 'w', encoding='utf-8') as f:
            f.write('[offhook]\nmicrophone=fake:headset\n')
        self.answer()
        self.screen.wait(contains='Your microphone is not plugged in.')
        self.keep('device-away')


class Main(WindowCase):
    def test_ended_before_it_is_drawn(self):
        """A window manager that hangs maps nothing; the client ends as ever."""
        self.world.write('script.jsonl', '{"account": "online"}\n')
        display = Display(self.world)
        display.variables['OFFHOOK_DUMMY_SCRIPT'] = self.world.path('script.jsonl')
        display.window_manager.signal(signal.SIGSTOP)
        self.addCleanup(display.window_manager.signal, signal.SIGCONT)
        client = self.world.add(Client(self.world, display, audio='fake'))
        client.screen.wait(20, role='frame', contains='Offhook')
        self.assertEqual(client.process.end(), 0)

    def test_trouble_is_told(self):
        self.start_client({'after': 500, 'account': 'retrying', 'reason': 'network'})
        self.screen.wait(contains='The call server can’t be reached.')
        self.assertTrue(self.screen.find(name='Try again', role=BUTTON))
        self.keep('offline')

    def test_settings(self):
        self.start_client({'after': 100, 'account': 'online', 'reason': 'none'})
        self.screen.key('ctrl+comma')
        self.screen.wait_active('Settings')
        self.screen.wait(contains='demo@dummy')
        self.keep('settings')
        self.screen.press('Sound')
        self.screen.wait(name='Start Test call', role=BUTTON)
        names = [node['name'] for node in self.screen.ask('tree')]
        for name in ('Echo canceller', 'Take turns', 'Microphone level', 'Loudspeaker level', 'Loudspeaker'):
            self.assertIn(name, names)
        self.assertFalse([n for n in names if re.fullmatch(r'(.+) \1', n)], 'said twice')

    def test_wakes(self):
        """After the computer slept nobody waits for the next try."""
        logind = Logind(self.world)
        self.start_client({'after': 500, 'account': 'retrying', 'reason': 'network'}, **logind.env)
        self.screen.wait(contains='The call server can’t be reached.')
        self.screen.key('ctrl+comma')
        self.screen.wait(contains='demo@dummy')
        for begins in (True, False):
            self.assertFalse(self.screen.find(name='Online'))
            logind.prepare_for_sleep(begins)
        self.screen.wait(name='Online')

    def test_signed_out(self):
        self.start_client({'after': 500, 'account': 'offline', 'reason': 'signed-out'})
        self.screen.wait(contains='You are signed out.')
        self.screen.press('Connect')
        self.screen.wait_gone(contains='You are signed out.')
        self.assertFalse(self.screen.find(name='Connect', role=BUTTON))
        self.assertFalse(self.screen.find(name='Delete message', role=BUTTON))

    def test_devices_without_server(self):
        self.start_client({'after': 100, 'account': 'online', 'reason': 'none'})
        self.screen.key('ctrl+comma')
        self.screen.wait_active('Settings')
        self.screen.tab_to('demo@dummy')
        self.screen.key('space')
        self.screen.wait(contains='Your other devices can’t be shown now')
        self.keep('devices-unknown')

    def test_call_ends_the_test(self):
        """The microphone is the call's; the button says so, and the test can be begun again later."""
        self.start_client(held('ring', {'incoming': CALL}),
                          held('end', {'call': 'one', 'do': 'cancel'}))
        self.screen.key('ctrl+comma')
        self.screen.wait_active('Settings')
        self.screen.press('Sound')
        self.screen.tab_to('Start Test call', 40)  # as soon as the page is there
        self.screen.key('space')
        self.screen.wait(name='Stop Test call', role=BUTTON)
        self.let_go('ring')
        self.screen.wait(name='Answer', role=BUTTON, sensitive=True)
        self.screen.wait(name='Start Test call', role=BUTTON)
        self.let_go('end')
        self.screen.wait_gone(name='Answer', role=BUTTON)
        self.screen.press('Start Test call')
        self.screen.wait(name='Stop Test call', role=BUTTON)

    def test_dial_by_keys(self):
        """Alt+2 leads to where one types."""
        self.start_client({'after': 100, 'account': 'online', 'reason': 'none'})
        self.screen.key('alt+2')
        self.screen.wait(name='Number to call')
        self.screen.type('200')
        self.screen.key('Return')
        self.screen.wait(name='Hang up', role=BUTTON)

    def test_dial(self):
        self.start_client({'after': 100, 'account': 'online', 'reason': 'none'})
        self.screen.key('alt+2')
        self.screen.fill('Number to call', '200')
        self.screen.press('Call')
        self.screen.wait(name='Hang up', role=BUTTON)
        self.keep('calling')


class History(WindowCase):
    """Rows cost memory, shown or not: few exist until the person scrolls."""
    def fill_history(self, calls):
        self.start_client({'after': 300, 'account': 'online', 'reason': 'none'})
        self.client.process.end()
        found = glob.glob(os.path.join(self.client.home, 'data', '**', '*.db'), recursive=True)
        self.assertEqual(len(found), 1)
        with contextlib.closing(sqlite3.connect(found[0])) as db, db:
            db.executemany(
                "INSERT INTO call (key, account, id, incoming, name, number, called, withheld, "
                "start, duration, outcome, folded) "
                "VALUES (NULL, 'demo@dummy', ?1, 1, ?1, NULL, '100', 0, ?2, 0, 'missed', lower (?1))",
                [(f'Caller {n}', 1700000000 - n) for n in range(calls)])
        self.client.start()
        self.screen.wait(20, role='list', name='Calls and messages')

    def rows(self):
        return [int(node['name'].split()[1]) for node in self.screen.ask('tree')
                if re.fullmatch(r'Caller \d+', node['name'])]

    def test_rows_grow_by_scrolling(self):
        self.fill_history(90)
        wait_for('the newest rows', lambda: self.rows() == list(range(24)), 20)
        env = self.client.display.env()
        xdotool = find_program('xdotool')
        window = self.world.run([xdotool, 'search', '--sync', '--onlyvisible', '--class',
                                 'offhook'], env=env).split()[0]
        self.world.run([xdotool, 'mousemove', '--window', window, '200', '400'], env=env)
        for _ in range(40):
            self.world.run([xdotool, 'click', '--repeat', '5', '--delay', '20', '5'], env=env)
            if self.screen.find(name='Caller 89'):
                break
        wait_for('all rows', lambda: self.rows() == list(range(90)))
        self.keep('history-scrolled')
        self.screen.fill('Search name or number', 'caller', role='entry')
        wait_for('few rows again', lambda: self.rows() == list(range(24)), 20)


if __name__ == '__main__':
    main()
