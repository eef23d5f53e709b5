#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""The client and its call server, without a display: signed in, from several devices, by several persons;
servers and connections that die. No sound is judged."""
import glob
import json
import os
import signal
import time

from harness import main, wait_for
from harness.clientflow import ClientCase
from harness.relay import Relay


class TwoDevices(ClientCase):
    def test_loser_is_told_elsewhere(self):
        self.start_server()
        winner = self.client('winner')
        loser = self.client('loser')
        caller = self.caller(max_time=30)
        loser.wait('call', state='incoming')
        winner.wait('call', state='incoming')
        winner.say('answer')
        loser.wait('call', state='ended', reason='elsewhere')
        winner.wait_new('call', state='active')
        winner.say('hang-up')
        self.assertTrue(caller.result()['answered'])
        loser.wait_new('history', outcome='answered')  # by the user, whichever device

    def test_quitting_while_it_rings_declines_nothing(self):
        """Who closes the program is away; the other device goes on ringing."""
        self.start_server()
        first = self.client()
        second = self.client('second')
        self.caller(max_time=40, hang_up_after=2)
        first.wait('call', state='incoming')
        second.wait('call', state='incoming')
        first.say('quit')
        first.process.wait(15)
        self.assertIsNone(second.find('call', state='ended'))
        second.say('answer')
        second.wait_new('call', state='active')

    def test_one_lists_and_revokes_the_other(self):
        self.start_server(trunk=False)
        first = self.client('first')
        other = self.client('other')
        first.say('devices')
        first.wait_new('device', own='yes')
        self.assertIn('offhook', first.wait_new('device', own='no')['program'])
        own = [e['own'] for e in first.events() if e['event'] == 'device']
        first.say('revoke', own.index('no'))
        other.wait('account', timeout=20, state='failed', reason='revoked')

    def test_revoked_device_fails(self):
        self.start_server(trunk=False)
        client = self.client()
        device = self.server.ctl_json('device', 'list', 'anna')[0]
        self.server.ctl('device', 'revoke', device['id'])
        self.server.restart()
        client.wait('account', timeout=30, state='failed', reason='revoked')


class SignIn(ClientCase):
    def test_wrong_password(self):
        self.start_server(trunk=False)
        client = self.client(user=None)
        url = f'https://127.0.0.1:{self.server.https}'
        client.say('sign-in', url, 'anna', 'wrong horse')
        doubt = client.wait_new('sign-in-failed')
        self.assertEqual(doubt['code'], '2')
        client.say('sign-in', url, 'anna', 'wrong horse', doubt['fingerprint'])
        self.assertEqual(client.wait_new('sign-in-failed')['code'], '3')
        self.assertIsNone(client.find('account'))

    def test_forget_and_quit_at_once(self):
        """The goodbye that nobody waits for is said before the program ends."""
        self.start_server(trunk=False)
        client = self.client()
        client.say('forget')
        client.say('quit')
        self.assertEqual(client.process.wait(15), 0)
        wait_for('the sign-out', lambda: not self.server.ctl_json('registrations'))

    def test_forget_account(self):
        self.start_server(trunk=False)
        client = self.client()
        client.say('forget')
        self.assertEqual(client.wait_new('forgotten')['message'], '')
        self.assertEqual(self.server.ctl_json('device', 'list', 'anna'), [])
        client.say('dial', '*43')
        client.wait_new('error')

    def test_signing_in_again_replaces(self):
        self.start_server(trunk=False)
        client = self.client()
        client.sign_in(self.server)
        wait_for('one device', lambda: len(self.server.ctl_json('device', 'list', 'anna')) == 1)


class AnotherPerson(ClientCase):
    def people(self):
        return sorted(r['user'] for r in self.server.ctl_json('registrations'))

    def test_signs_in_here(self):
        """The one before is signed out at the server, and is so after a new start; her other device
        stays. She signs in again, and it is the other way round."""
        self.start_server()
        self.server.add_user('bert', '101')
        desktop = self.device('desktop', ring_only=True)
        client = self.client()
        self.assertEqual(len(self.server.ctl_json('device', 'list', 'anna')), 2)
        client.sign_in(self.server, 'bert')
        client.wait_new('account', address='anna@localhost', state='failed', reason='revoked')
        device, = self.server.ctl_json('device', 'list', 'anna')
        self.assertEqual(device['id'], desktop.account['device_id'])
        wait_for('her registration to end', lambda: self.people() == ['anna', 'bert'])
        caller = self.caller()
        desktop.wait_event('arrived')
        self.server.wait_call_event('ringing')
        self.assertIsNone(client.find('call'))
        caller.stop()
        client.say('quit')
        client.process.wait(15)
        client.start()
        client.wait('account', address='anna@localhost', state='failed', reason='revoked')
        client.wait('account', address='bert@localhost', state='online')
        self.caller('101', name='second')
        self.assertEqual(client.wait('call', state='incoming')['called'], '101')
        client.sign_in(self.server)
        client.wait_new('account', address='bert@localhost', state='failed', reason='revoked')
        self.assertEqual(self.server.ctl_json('device', 'list', 'bert'), [])
        wait_for('his registration to end', lambda: self.people() == ['anna', 'anna'])


class Loss(ClientCase):
    def test_server_comes_back(self):
        self.start_server()
        client = self.client()
        client.mark()
        self.server.kill()
        client.wait_new('account', timeout=40, state='retrying')
        self.server.start()
        client.wait_new('account', timeout=40, state='online')
        self.answered(client, self.caller(hang_up_after=1))

    def test_server_dies_in_call(self):
        self.start_server()
        client = self.client()
        self.answered(client)
        self.server.kill()
        client.wait('call', timeout=45, state='ended', reason='network')

    def test_server_comes_back_in_call(self):
        """It knows of no call: the client asks, and does not wait for sound that cannot come."""
        self.start_server()
        client = self.client()
        self.answered(client)
        self.server.kill()
        client.wait('account', timeout=40, state='retrying')
        self.server.start()
        client.wait('call', timeout=45, state='ended', reason='network')
        self.assertNotIn('path is gone', client.process.output())


class Embedded(ClientCase):
    def test_pressed_twice_and_started_again_after_death(self):
        client = self.client(user=None)
        client.say('embedded', 'Demo User')
        client.say('embedded', 'Demo User')
        client.wait('account', timeout=30, state='online')
        wait_for('both answers', lambda: len([e for e in client.events()
                                              if e['event'] == 'signed-in']) == 2, 10)
        client.say('embedded', 'Demo User')
        client.wait_new('signed-in')
        accounts = glob.glob(client.home + '/**/accounts.ini', recursive=True)[0]
        with open(accounts, encoding='utf-8') as f:
            self.assertEqual(len([line for line in f if line.startswith('[')]), 1)
        run = glob.glob(client.home + '/**/run.json', recursive=True)[0]
        with open(run, encoding='utf-8') as f:
            pid = json.load(f)['pid']
        client.mark()
        os.kill(pid, signal.SIGKILL)
        client.wait_new('account', timeout=40, state='online')
        client.say('echo')
        client.wait_new('call', state='active')


class LostConnection(ClientCase):
    delay = 60

    def test_dies_in_silence(self):
        """Nobody resets it: the client notices that nothing comes by it, and is there again by another one;
        nobody had to wait for its next REGISTER."""
        self.start_server()
        relays = [self.world.add(Relay(port))
                  for port in (self.server.https, self.server.ports['tls'])]
        client = self.client(user=None).sign_in(self.server, host='127.0.0.2')
        time.sleep(3)  # the server has answered once that it is there
        relays[1].silence()
        wait_for('another connection', relays[1].count, 50)
        self.caller(max_time=60)
        client.wait('call', state='incoming')
        client.say('answer')
        client.wait_new('call', state='active')
        self.assertIsNone(client.find('account', state='retrying'))
        self.assertEqual(len(self.server.ctl_json('registrations')), 1)


if __name__ == '__main__':
    main()
