#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""The client against a real server and telephones, without a display."""
from harness import main, sound, wait_for
from harness.flow import FlowCase
from harness.headless import Headless


class ClientCase(FlowCase):
    def client(self, name='client', user='anna', said='user', **options):
        client = self.world.add(Headless(self.world, name, said=self.marked(said), **options))
        return client.sign_in(self.server, user) if user else client

    def answered(self, client, caller=None, answer_after=0.0):
        """A caller whom `client` answers."""
        caller = caller or self.caller(max_time=40)
        client.wait('call', state='incoming')
        client.say('answer')
        client.wait_new('call', state='active')
        return caller


class Incoming(ClientCase):
    def test_silent_until_answer_then_both_heard(self):
        self.start_server()
        client = self.client()
        caller = self.caller(max_time=40)
        ringing = client.wait('call', state='incoming')
        self.assertEqual((ringing['name'], ringing['called']), ('Demo Caller', '100'))
        wait_for('the 183 path to be warm', lambda: self.world.mark('offer-received'), 5)
        early = caller.wait_event('ringing') and sound.loudness(client.said)
        self.assertGreater(early, -40)  # the microphone would have something to tell
        import time
        time.sleep(1.5)
        if caller.has_recording():
            self.assert_not_heard('the caller', self.marked('user'), caller.heard)
        client.say('answer')
        client.wait_new('call', state='active')
        wait_for('speech', lambda: client.find('figures', cipher='AEAD_AES_128_GCM'), 5)
        time.sleep(6)
        client.say('hang-up')
        client.wait_new('call', state='ended', reason='hung-up')
        result = caller.result()
        self.assertTrue(result['answered'], result)
        self.assert_heard('the caller', self.marked('user'), caller.heard, gaps=6)
        self.assert_heard('the user', self.marked('caller'), client.heard, gaps=6)
        client.wait_new('history', number='555100', outcome='answered')

    def test_decline(self):
        self.start_server()
        client = self.client()
        caller = self.caller(max_time=30)
        client.wait('call', state='incoming')
        client.say('decline')
        client.wait_new('call', state='ended', reason='declined')
        client.wait_new('history', outcome='declined')
        del caller

    def test_voicemail_choice_shows_the_message_by_itself(self):
        self.start_server()
        client = self.client()
        caller = self.caller(hang_up_after=6, max_time=30)
        client.wait('call', state='incoming')
        client.say('voicemail')
        client.wait_new('call', state='ended', reason='voicemail')
        caller.result(25)
        client.wait_new('voicemails', timeout=20, count='1')
        client.wait_new('history', timeout=5, outcome='voicemail')
        client.say('play', 0)
        self.assertEqual(client.wait_new('playing')['message'], '')
        client.say('delete', 0)
        client.wait_new('voicemails', count='0')

    def test_caller_gives_up(self):
        self.start_server()
        client = self.client()
        self.caller(cancel_after=1500)
        client.wait('call', state='incoming')
        client.wait('call', state='ended', reason='cancelled')
        client.wait('history', outcome='missed', timeout=6)

    def test_caller_hangs_up(self):
        self.start_server()
        client = self.client()
        self.answered(client, self.caller(hang_up_after=1))
        client.wait_new('call', state='ended', reason='remote')
        client.wait('history', outcome='answered', timeout=6)


if __name__ == '__main__':
    main()
