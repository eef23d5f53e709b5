#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Users say who they are at an IM service; a code that is sent there and typed back proves it."""
import re

from harness import main, wait_for
from harness.flow import FlowCase
from harness.im import add_xmpp_account, engine_env
from harness.prosody import Prosody
from harness.xmppbot import XmppBot

CALLS = 'calls@one.test'
ANNA = 'anna@one.test'
BEN = 'ben@one.test'
USERS = {CALLS: 'Server secret 1', ANNA: 'Bot secret 2', BEN: 'Bot secret 3'}


class Identities(FlowCase):
    delay = 60

    def setUp(self):
        super().setUp()
        self.prosody = Prosody(self.world, USERS)
        self.start_server(env=engine_env(self.world))
        add_xmpp_account(self.server, self.prosody, CALLS)
        self.anna = self.server.sign_in('anna')
        self.bot = XmppBot(self.world, self.prosody, ANNA)
        self.wait_account(True)

    def ask(self, method, path, body=None, who=None, status=200):
        got, reply = self.server.http(method, '/im' + path, body, (who or self.anna)['token'])
        self.assertEqual(got, status, reply)
        return reply

    def wait_account(self, online):
        wait_for('the IM account', lambda: self.ask('GET', '')['accounts'][0]['online'] == online,
                 30)

    def identity(self, number=0):
        return self.ask('GET', '')['identities'][number]

    def add(self, name=ANNA, who=None):
        reply = self.ask('POST', '/identities', {'account': 'xmpp', 'name': name}, who)
        self.assertTrue(reply['sent'], reply)
        return reply['id']

    def code(self, count=1):
        """The code of the so manieth message."""
        texts = wait_for(f'{count} messages', lambda: len(self.bot.texts(CALLS)) >= count
                         and self.bot.texts(CALLS))
        return re.fullmatch(r'The code is (\d{6})\. Type it where you asked for it, within ten '
                            r'minutes\. If you did not ask, ignore this message\.',
                            texts[count - 1]).group(1)

    def type(self, id, code, who=None, status=200):  # pylint: disable=redefined-builtin
        return self.ask('POST', f'/identities/{id}/verify', {'code': code}, who, status)

    def verify(self):
        id = self.add()  # pylint: disable=redefined-builtin
        self.assertEqual(self.type(id, self.code())['result'], 'verified')
        wait_for('anna to be seen', lambda: self.identity()['presence'] == 'available', 20)
        return id

    @staticmethod
    def wrong(code):
        return f'{(int(code) + 1) % 1000000:06}'

    def test_code(self):
        """Nothing but the code is written there, and nothing believed, until it is typed back."""
        self.assertEqual(self.ask('GET', ''), {
            'accounts': [{'name': 'xmpp', 'protocol': 'prpl-jabber', 'address': CALLS,
                          'online': True}], 'identities': [],
            'links': f'https://localhost:{self.server.https}'})
        id = self.add('Anna@ONE.test/phone')  # pylint: disable=redefined-builtin
        code = self.code()
        found = self.identity()
        self.assertGreater(found.pop('code_seconds'), 500)
        self.assertEqual(found, {'id': id, 'account': 'xmpp', 'name': ANNA, 'verified': False,
                                 'show_number': True, 'presence': 'unknown'})
        caller = self.caller(hang_up_after=1)
        self.assertTrue(caller.wait_event('answered', 20), 'voicemail, at once')
        caller.result()
        self.assertEqual(self.type(id, self.wrong(code)), {'result': 'wrong', 'tries': 4})
        self.assertEqual(self.type(id, 'x' * 30), {'result': 'wrong', 'tries': 3})
        self.type(id, 'x' * 100, status=400)
        self.assertEqual(self.type(id, f' {code[:3]} {code[3:]} ')['result'], 'verified')
        wait_for('anna to be seen', lambda: self.identity()['presence'] == 'available', 20)
        self.assertEqual(self.identity()['code_seconds'], 0)
        self.assertTrue(self.server.ctl_json('im', 'identity', 'list')[0]['verified'])
        caller = self.caller(name='second')
        wait_for('the offer', lambda: self.bot.texts(CALLS)[1:])
        self.assertTrue(self.bot.texts(CALLS)[1].startswith('Call from Demo Caller (555100)'))
        caller.stop()
        self.assertNotIn(code, self.server.process.output())

    def test_show_number(self):
        id = self.verify()  # pylint: disable=redefined-builtin
        self.ask('PATCH', f'/identities/{id}', {'show_number': False}, status=204)
        self.assertFalse(self.identity()['show_number'])
        caller = self.caller()
        wait_for('the offer', lambda: self.bot.texts(CALLS)[1:])
        caller.stop()
        self.assertTrue(self.bot.texts(CALLS)[1].startswith('Call from Demo Caller for 100.'))

    def test_wrong_codes(self):
        """Five tries, three codes: then it takes time."""
        id = self.add()  # pylint: disable=redefined-builtin
        first = self.code()
        for tries in (4, 3, 2, 1, 0):
            self.assertEqual(self.type(id, self.wrong(first)), {'result': 'wrong', 'tries': tries})
        self.assertEqual(self.type(id, first), {'result': 'over', 'tries': 0})
        self.assertEqual(self.identity()['code_seconds'], 0)
        self.assertTrue(self.ask('POST', f'/identities/{id}/code')['sent'])
        second = self.code(2)
        self.ask('DELETE', f'/identities/{id}', status=204)
        id = self.add()  # pylint: disable=redefined-builtin
        third = self.code(3)
        if second != third:
            self.assertEqual(self.type(id, second)['result'], 'wrong')
        refused = self.ask('POST', f'/identities/{id}/code')
        self.assertFalse(refused['sent'])
        self.assertGreater(refused['retry_seconds'], 300)
        self.assertEqual(self.type(id, third)['result'], 'verified')
        self.ask('POST', f'/identities/{id}/code', status=409)
        self.assertEqual(len(self.bot.texts(CALLS)), 3)

    def test_whose(self):
        """Two say so, one is it; what is another's nobody can touch; what is no person is refused."""
        self.server.add_user('ben', '200')
        ben = self.server.sign_in('ben', device='other',
                                  instance='urn:uuid:00000000-0000-4000-8000-000000000002')
        bens = self.add(who=ben)
        bens_code = self.code()
        annas = self.add()
        annas_code = self.code(2)
        if bens_code != annas_code:
            self.assertEqual(self.type(annas, bens_code)['result'], 'wrong')
        for method, path, body in (('POST', '/verify', {'code': annas_code}), ('POST', '/code', None),
                                   ('PATCH', '', {'show_number': False}), ('DELETE', '', None)):
            self.ask(method, f'/identities/{annas}{path}', body, ben, 404)
        self.server.ctl('im', 'identity', 'verify', 'xmpp', ANNA, check=False)  # whose?
        self.assertEqual([i['verified'] for i in self.server.ctl_json('im', 'identity', 'list')],
                         [False, False])
        self.assertEqual(self.type(annas, annas_code)['result'], 'verified')
        self.type(bens, bens_code, ben, 409)
        self.ask('DELETE', f'/identities/{bens}', who=ben, status=204)
        self.ask('POST', '/identities', {'account': 'xmpp', 'name': ANNA}, ben, 409)
        self.ask('POST', '/identities', {'account': 'xmpp', 'name': 'one.test'}, ben, 400)
        self.ask('POST', '/identities', {'account': 'irc', 'name': 'ben'}, ben, 404)
        self.assertEqual(len(self.bot.texts(CALLS)), 2)

    def test_removed_in_mid_offer(self):
        """It hears no more of the call, and its reply has no effect."""
        id = self.verify()  # pylint: disable=redefined-builtin
        caller = self.caller()
        wait_for('the offer', lambda: self.bot.texts(CALLS)[1:])
        self.ask('DELETE', f'/identities/{id}', status=204)
        self.bot.send(CALLS, '9')
        wait_for('the reply to be counted as a stranger\'s', lambda: self.server.ctl_json(
            'im', 'account', 'list')[0]['strangers'] == 1)
        caller.stop()
        self.wait_ended()
        self.assertNotIn('declined', self.event_names())
        self.add()
        wait_for('the next message', lambda: len(self.bot.texts(CALLS)) > 2)
        self.code(3)

    def test_service_away(self):
        """No code can be sent: it says so, and sends one later."""
        self.prosody.kill()
        self.wait_account(False)
        reply = self.ask('POST', '/identities', {'account': 'xmpp', 'name': ANNA})
        self.assertFalse(reply['sent'])
        self.assertIn('not connected', reply['message'])
        self.assertEqual(self.type(reply['id'], '123456')['result'], 'over')
        self.prosody.start()
        self.wait_account(True)
        self.bot = XmppBot(self.world, self.prosody, ANNA, 'again')
        self.assertTrue(self.ask('POST', f'/identities/{reply["id"]}/code')['sent'])
        self.assertEqual(self.type(reply['id'], self.code())['result'], 'verified')


if __name__ == '__main__':
    main()
