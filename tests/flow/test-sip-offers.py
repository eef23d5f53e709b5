#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""SIP as a service of call offers: a program that takes messages and no calls is told of a call by
MESSAGE and chooses by a reply; who signs in with a client that is rung is not told twice."""
import re

from harness import main, wait_for
from harness.baresip import Baresip
from harness.flow import FlowCase
from harness.sipuser import COMPOSING, NOTICE, SipUser


class SipOfferCase(FlowCase):
    delay = 60

    def setUp(self):
        super().setUp()
        self.start_server()
        self.server.ctl('user', 'set', 'anna', '--order', 'together')
        self.server.ctl('im', 'account', 'add', 'sip', '--protocol', 'sip', '--username', 'calls')

    def identity(self, name, *words):
        self.server.ctl('im', 'identity', 'add', 'anna', 'sip', name, '--verified', *words)

    def wait_presence(self, presence):
        wait_for(f'anna to be {presence}', lambda: self.server.ctl_json(
            'im', 'identity', 'list')[0]['presence'] == presence, 15)

    def program(self, **options):
        """A signed-in program of anna's that is told by message."""
        user = self.world.add(SipUser(self.server, 'anna', 'tcp', **options))
        self.identity(user.login['device_id'])
        self.wait_presence('available')
        return user

    def check_outcome(self, text, words):
        self.assertRegex(text, r'^Call from Demo Caller \(555100\): ' + words + r' at \d\d:\d\d\.$')


class Program(SipOfferCase):
    def test_number(self):
        """The text with its options, no INVITE; what the reply chose is done, and said."""
        user = self.program()
        caller = self.caller(hang_up_after=2)
        origin, _, text, _ = user.wait_text('Demo Caller')
        self.assertIn('sip:calls@localhost', origin)
        self.assertRegex(text, '(?s)555100.*3 voicemail')
        self.assertNotRegex(text, 'code')
        for _ in range(40):
            user.send('calls', NOTICE, COMPOSING)  # those that come too fast do not hold up the reply
        self.assertEqual(user.send('calls', '3')[0], 200)
        self.assertTrue(caller.wait_event('answered'), 'voicemail takes the call')
        self.check_outcome(user.wait_text('oicemail at')[2], 'went to voicemail')
        self.assertEqual(user.invites, 0)
        user.send('calls', '9')
        user.wait_text('oo late')
        caller.result()

    def test_strangers(self):
        """Another device of the same user, another user, and nobody: none of them chooses."""
        user = self.program()
        self.server.add_user('berta', '200')
        other = self.world.add(SipUser(self.server, 'anna', 'tcp', register=False))
        berta = self.world.add(SipUser(self.server, 'berta', 'tcp', register=False))
        caller = self.caller(hang_up_after=1)
        user.wait_text('Demo Caller')
        for stranger in (other, berta):
            self.assertEqual(stranger.send('calls', '9')[0], 403)
            self.assertEqual(stranger.send('calls', '9', proven=False)[0], 407)
        self.assertEqual(user.send('calls', '<x>9</x>', 'text/html')[0], 415)
        self.assertEqual(user.send('calls', 'no thanks')[0], 200)
        caller.result()
        self.check_outcome(user.wait_text('eclined at')[2], 'declined')

    def test_own_client_is_rung(self):
        """A device that is rung gets no text; the other is told who answered."""
        user = self.program()
        phone = self.device(ring_only=True, hang_up_after=1)
        caller = self.caller()
        user.wait_text('Demo Caller')
        phone.wait_event('arrived')
        phone.answer()
        caller.wait_event('answered')
        self.check_outcome(user.wait_text('nswered on')[2], 'answered on laptop')
        caller.result()
        self.assertFalse([m for m in user.messages if 'laptop' in m[0]])

    def test_gone(self):
        """A program that is not signed in is no way."""
        user = self.program()
        user.unregister()
        self.wait_presence('offline')
        caller = self.caller(hang_up_after=1)
        self.assertTrue(caller.wait_event('answered'), 'voicemail takes the call')
        caller.result()
        self.assertEqual(user.messages, [])


class Baresips(SipOfferCase):
    def test_reply_by_word(self):
        """A program that is not ours, over UDP."""
        login = self.server.ctl_json('device', 'add', 'anna', '--desk-phone', '--name', 'kitchen')
        phone = self.world.add(Baresip(
            self.world, 'anna', None, registrar=f'127.0.0.1:{self.server.ports["udp"]}',
            login=(login['device_id'], login['secret']),
            writes_to=f'sip:calls@127.0.0.1:{self.server.ports["udp"]}'))
        phone.process.wait_output(r'200 OK \(.*binding')
        self.identity(login['device_id'])
        self.wait_presence('available')
        seen = self.server.ctl_json('im', 'identity', 'list')[0]
        self.assertEqual(seen['program'], 'baresip')
        self.assertRegex(seen['version'], r'^\d')
        for number, (reply, words) in enumerate((('Voicemail, please', 'went to voicemail'),
                                                 ('9', 'declined')), 1):
            caller = self.caller(name=f'caller-{number}', hang_up_after=1)
            wait_for(f'offer {number}', lambda n=number: phone.process.output().count(
                'Call from Demo Caller (555100) for 100.') == n, 15, process=phone.process)
            phone.write(reply)
            phone.process.wait_output(words + r' at \d\d:\d\d')
            caller.result()
        self.assertIsNone(phone.has('CALL_INCOMING'))


class Elsewhere(SipOfferCase):
    def test_code(self):
        """An address of another server proves nothing: the reply carries the code."""
        foreign = self.world.add(SipUser(self.server, 'ben', register=False, login={}))
        address = f'ben@{foreign.own}'
        self.identity(address)
        self.wait_presence('mobile')
        caller = self.caller(hang_up_after=1)
        text = foreign.wait_text('Demo Caller')[2]
        code = re.search(r'number and ([A-Z0-9]{4})', text).group(1)
        origin = f'sip:{address}'
        self.assertEqual(foreign.send('calls', '9', proven=False, origin=origin)[0], 200)
        foreign.wait_text('code')
        self.assertEqual(foreign.send('calls', f'3 {code}', proven=False, origin=origin)[0], 200)
        self.assertTrue(caller.wait_event('answered'), 'voicemail takes the call')
        self.check_outcome(foreign.wait_text('oicemail at')[2], 'went to voicemail')
        caller.result()
        self.assertEqual(foreign.send('calls', '9', proven=False,
                                      origin='sip:eve@elsewhere.test')[0], 407)


if __name__ == '__main__':
    main()
