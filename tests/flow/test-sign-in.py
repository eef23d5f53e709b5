#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Sign-in over HTTPS, devices of their own secrets, and what is refused."""
import re
import time

from harness import main, wait_for
from harness.flow import FlowCase
from harness.phone import Phone
from harness.rawsip import RawSip


class SignIn(FlowCase):
    def test_device_gets_its_own_secret(self):
        self.start_server()
        first = self.server.sign_in('anna', device='laptop')
        second = self.server.sign_in('100', device='desktop',
                                     instance='urn:uuid:00000000-0000-4000-8000-000000000002')
        self.assertNotEqual(first['secret'], second['secret'])
        self.assertNotEqual(first['device_id'], second['device_id'])
        self.assertEqual(first['numbers'], ['100'])
        status, reply = self.server.http('GET', '/devices', token=first['token'])
        self.assertEqual(status, 200)
        self.assertEqual(len(reply['devices'] if isinstance(reply, dict) else reply), 2)

    def test_wrong_password_locks(self):
        self.start_server()
        for _ in range(3):
            status, _ = self.server.http('POST', '/sign-in', {
                'user': 'anna', 'password': 'wrong', 'device': 'x', 'program': 'offhook',
                'version': '0', 'instance': 'urn:uuid:00000000-0000-4000-8000-000000000003'})
            self.assertIn(status, (401, 403, 429))
        status, reply = self.server.http('POST', '/sign-in', {
            'user': 'anna', 'password': 'Correct horse 7', 'device': 'x', 'program': 'offhook',
            'version': '0', 'instance': 'urn:uuid:00000000-0000-4000-8000-000000000003'})
        self.assertEqual(status, 429, reply)

    def test_nothing_without_a_token(self):
        self.start_server()
        for method, path in (('GET', '/me'), ('GET', '/devices'), ('GET', '/history'),
                             ('GET', '/voicemail'), ('GET', '/voicemail/1/audio'),
                             ('DELETE', '/session'), ('GET', '/greeting')):
            status, _ = self.server.http(method, path, raw=True)
            self.assertEqual(status, 401, path)
            status, _ = self.server.http(method, path, token='0.0', raw=True)
            self.assertEqual(status, 401, path)

    def test_revoked_device_is_refused(self):
        self.start_server()
        account = self.server.sign_in('anna')
        phone = Phone(self.world, 'device', keep_waiting=True, register=True,
                      **self.server.device_options(account))
        phone.wait_event('registered')
        phone.stop()
        status, _ = self.server.http('DELETE', '/session', token=account['token'], raw=True)
        self.assertIn(status, (200, 204))
        status, _ = self.server.http('GET', '/me', token=account['token'], raw=True)
        self.assertEqual(status, 401)
        again = Phone(self.world, 'again', keep_waiting=True, register=True, max_time=30,
                      **self.server.device_options(account))
        self.assertIn(again.wait_event('register-failed')['status'], ('401', '403'))

    def test_one_users_mail_is_not_anothers(self):
        self.start_server()
        self.server.add_user('berta', '200')
        caller = self.caller(play_delay=5000, hang_up_after=8)
        caller.result()
        self.wait_ended()
        anna, berta = self.server.sign_in('anna'), self.server.sign_in('berta')
        message = self.voicemails(anna)[0]
        self.assertFalse(self.voicemails(berta))
        status, _ = self.server.http('GET', f'/voicemail/{message["id"]}/audio',
                                     token=berta['token'], raw=True)
        self.assertEqual(status, 404)
        status, _ = self.server.http('DELETE', f'/voicemail/{message["id"]}', token=berta['token'],
                                     raw=True)
        self.assertEqual(status, 404)

    def test_strangers_are_limited(self):
        """Unknown sources are refused, and told to wait when they go on; a trunk's calls come through
        meanwhile."""
        self.start_server(trunk=False, unknown=20)
        self.server.add_trunk('provider', kind='address', trusted='127.0.0.2')
        stranger = self.world.add(RawSip(self.server))

        def ask():
            stranger.begin_call()
            return stranger.offer(stranger.sdp())
        begun = time.monotonic()
        answers = [ask() for _ in range(20)]
        while answers[-1][0] == 403 and len(answers) < 100:
            answers.append(ask())
        took = time.monotonic() - begun
        statuses = [status for status, _ in answers]
        refused = len(statuses) - 1
        self.assertEqual(statuses, [403] * refused + [503])
        self.assertTrue(20 <= refused <= 21 + took / 3, (refused, took))
        retry = re.search('^Retry-After: ([0-9]+)\r$', answers[-1][1], re.M | re.I)
        self.assertTrue(retry, answers[-1][1])
        self.assertTrue(1 <= int(retry.group(1)) <= 4, retry.group(0))
        self.assertFalse([text for _, text in answers[:-1] if 'Retry-After' in text])

        provider = self.world.add(RawSip(self.server, host='127.0.0.2'))
        status, text = provider.offer(provider.sdp())
        self.assertEqual(status, 200, text)
        self.assertEqual(ask()[0], 503, 'the stranger is let in')
        self.assertEqual(provider.bye(), 200)
        wait_for('the stranger to be answered again', lambda: ask()[0] == 403,
                 int(retry.group(1)) + 5, 0.2)
        log = self.server.process.output()
        self.assertEqual(log.count('refused INVITE from 127.0.0.1: unknown source'), refused + 1)
        self.assertNotIn('Correct horse', log)
        self.assertEqual([e['event'] for e in self.server.events()].count('arrived'), 1)


if __name__ == '__main__':
    main()
