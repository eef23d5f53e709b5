#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""The main job on a desktop: a telephone calls, the window shows, Answer, both sides are heard."""
import os
import time

from harness import Lateness, main, sound, wait_for
from harness.desktop import DesktopCase
from harness.screen import BUTTON


class Call(DesktopCase):
    def test_answer_by_screen_reader(self):
        """Window with caller and options; Answer; 6 s heard each way; silence before; Hang up."""
        self.start_server()
        client = self.start_client()
        begun, late = time.monotonic_ns() // 1000, Lateness()
        caller = self.caller(max_time=60)
        screen = client.screen
        screen.wait(name='Answer', role=BUTTON)
        mapped = wait_for('the window', lambda: self.world.mark('window-mapped', begun), 20)
        self.assertTrue(screen.find(contains='Demo Caller'), screen.tree())
        self.assertTrue(screen.find(contains='100'))
        for option in ('Voicemail', 'Decline'):
            self.assertTrue(screen.find(name=option, role=BUTTON), option)
        self.keep_screenshot(client, 'incoming')
        early = os.path.getsize(client.heard) if os.path.exists(client.heard) else 0
        self.assertLess((mapped - self.world.mark('invite-received', begun)) / 1e6, 2 + late.end())
        screen.press('Answer')
        caller.wait_event('answered')
        screen.wait(name='Hang up', role=BUTTON)
        for button in ('Mute', 'Keypad'):
            self.assertTrue(screen.find(name=button, role=BUTTON), button)
        time.sleep(1)
        self.keep_screenshot(client, 'in-call')
        wait_for('the caller to have said all', lambda: caller.has('said'), 20)
        screen.press('Hang up')
        result = caller.result(10)
        self.assertTrue(result['ended_by_peer'])
        self.assert_heard('the caller', self.marked('user'), caller.heard)
        before = sound.read_wav(caller.heard)[:result['answer_on_tape_ms'] * 8]
        self.assert_not_heard('the caller before Answer', self.marked('user'), before)
        client.process.end()
        self.assert_heard('the user', self.marked('caller'), client.heard)
        self.assertGreater(os.path.getsize(client.heard), early)

    def test_answer_by_keyboard(self):
        """As a person: Tab to Answer, space."""
        self.start_server()
        client = self.start_client()
        caller = self.caller(hang_up_after=2)
        screen = client.screen
        screen.wait(name='Answer', role=BUTTON)
        screen.wait_keyboard('Call from Demo Caller')
        time.sleep(0.6)  # in its first half second the window takes no key for an answer
        screen.tab_to('Answer')
        screen.key('space')
        self.assertTrue(caller.result(15)['answered'])

    def choose(self, option, *events):
        """The caller hangs up when the last but one of the events has come."""
        self.start_server()
        client = self.start_client()
        caller = self.caller(play_delay=5000)
        client.screen.press(option)
        client.screen.wait_gone(name='Answer', role=BUTTON)
        caller.wait_event('answered')
        self.server.wait_call_event(events[-2], 30)
        caller.stop()
        self.server.wait_call_event('ended')
        self.assert_events(*events)
        client.screen.wait(contains='Demo Caller')

    def test_voicemail(self):
        self.choose('Voicemail', 'offered', 'voicemail', 'recording', 'ended')

    def test_voicemail_is_played(self):
        """The message comes into the list, is heard, and is no longer new."""
        self.start_server()
        client = self.start_client()
        caller = self.caller(play_delay=5000, hang_up_after=12, max_time=40)
        screen = client.screen
        screen.press('Voicemail')
        caller.result(40)
        screen.wait(contains='New message')
        self.keep_screenshot(client, 'message')
        screen.press('Play message')
        screen.wait(name='Pause', role=BUTTON)
        self.keep_screenshot(client, 'message-plays')
        screen.wait(20, name='Play', role=BUTTON)
        screen.wait_gone(contains='New message')
        screen.press('Messages')
        screen.wait(contains='Message ·')
        screen.press('Delete message')
        screen.wait(contains='Message deleted')
        screen.wait_gone(contains='Message ·')
        other = self.server.sign_in('anna')
        wait_for('the server to delete it', lambda: not self.voicemails(other), 12, 0.3)
        client.process.end()
        self.assert_heard('the user', self.marked('caller'), client.heard)

    def test_decline(self):
        self.choose('Decline', 'offered', 'declined', 'voicemail', 'ended')

    def test_caller_gives_up(self):
        self.start_server()
        client = self.start_client()
        self.caller(cancel_after=2500)
        client.screen.wait(name='Answer', role=BUTTON)
        client.screen.wait_gone(name='Answer', role=BUTTON)

    def test_caller_hangs_up(self):
        self.start_server()
        client = self.start_client()
        self.caller(hang_up_after=2)
        client.screen.press('Answer')
        client.screen.wait(name='Hang up', role=BUTTON)
        client.screen.wait_gone(name='Hang up', role=BUTTON)

    def test_two_clients(self):
        """Both ring, one answers, the other one stops."""
        self.start_server()
        one = self.start_client('one')
        two = self.start_client('two', said=self.marked('third'))
        self.wait_registered(count=2)
        caller = self.caller(hang_up_after=7)
        one.screen.wait(name='Answer', role=BUTTON)
        two.screen.press('Answer')
        one.screen.wait_gone(name='Answer', role=BUTTON)
        self.assertTrue(caller.result(20)['answered'])
        self.assert_heard('the caller', self.marked('third'), caller.heard)


class Settings(DesktopCase):
    def test_sign_another_device_out(self):
        """The account's devices are listed; one is signed out for good."""
        self.start_server()
        self.server.sign_in('anna', device='Old telephone')
        client = self.start_client()
        screen = client.screen
        screen.key('ctrl+comma')
        screen.wait_active('Settings')
        screen.tab_to('anna@localhost')
        screen.key('Return')
        screen.wait(contains='Old telephone')
        self.keep_screenshot(client, 'devices')
        screen.press('Sign out Old telephone')
        screen.wait(contains='It gets no more calls', seen=False)  # GTK 4.8: dialogs never show
        screen.wait_gone(role='frame', name='Settings', state='active')  # it has the keyboard
        self.keep_screenshot(client, 'sign-out')
        screen.key('alt+s')
        screen.wait_gone(contains='Old telephone')
        wait_for('one device to be left', lambda: len(self.server.ctl_json('device', 'list')) == 1)


class Dark(DesktopCase):
    def test_dark(self):
        """The same window in dark colours, kept to be looked at."""
        self.start_server()
        client = self.start_client(env={'ADW_DEBUG_COLOR_SCHEME': 'prefer-dark'})
        self.caller(cancel_after=4000)
        client.screen.wait(name='Answer', role=BUTTON)
        self.keep_screenshot(client, 'incoming-dark')


if __name__ == '__main__':
    main()
