#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Where the device's secret lies: the real gnome-keyring-daemon, unlocked, locked, its question
dismissed or left unanswered, and none at all."""
import glob
import os

from gi.repository import GLib

from harness import TestCase, main, wait_for
from harness.flow import FlowCase
from harness.headless import Headless
from harness.keyring import Keyring
from harness.prosody import Prosody
from harness.proxy import Proxy

IM_USER = 'anna@one.test'
KEYRING_LOCKED, KEYRING_ABSENT = '7', '8'  # OhSignInError


class KeyringCase(FlowCase):
    def setUp(self):
        super().setUp()
        self.start_server(trunk=False)
        self.url = f'https://127.0.0.1:{self.server.https}'

    def client(self, keyring, sign_in=True):
        client = self.world.add(Headless(self.world, keyring=True, env=keyring.env))
        return client.sign_in(self.server) if sign_in else client

    def ask_for_sign_in(self, client):
        """As far as the keyring, which is asked after the server has said yes."""
        client.say('sign-in', self.url, 'anna', 'Correct horse 7')
        doubt = client.wait_new('sign-in-failed')['fingerprint']
        client.say('sign-in', self.url, 'anna', 'Correct horse 7', doubt)

    def start_again(self, client):
        client.say('quit')
        client.process.wait(15)
        client.start()

    def assert_no_device(self):
        wait_for('no device left', lambda: self.server.ctl_json('device', 'list', 'anna') == [])


class Unlocked(KeyringCase):
    def test_secret_lies_in_the_keyring(self):
        client = self.client(Keyring(self.world))
        self.assertFalse(glob.glob(client.home + '/**/secrets.ini', recursive=True))
        self.start_again(client)
        client.wait('account', state='online')


class Messengers(TestCase):
    """Passwords of IM accounts, and of their proxies."""

    def add_account(self, client, prosody, proxy):
        client.say('protocols')
        client.wait('protocol', id='prpl-jabber')
        client.say('add-im', 'prpl-jabber', IM_USER, prosody.users[IM_USER],
                   f"{{'connect_server': <'127.0.0.1'>, 'port': <{prosody.port}>}}",
                   proxy.address(True), proxy.password)
        question = client.wait_new('question', kind='certificate')
        client.say('question-answer', question['question'], 0)
        client.wait_new('account', state='online')

    def assert_nowhere(self, folder, *secrets):
        for path in glob.glob(folder + '/**/*', recursive=True):
            if os.path.isfile(path):
                with open(path, 'rb') as f:
                    kept = f.read()
                for secret in secrets:
                    self.assertNotIn(secret.encode(), kept, path)

    def test_in_the_keyring_alone(self):
        """There at the next start, in no file of the program's; with the keyring locked the account
        says so, and is back by itself; forgotten with the account."""
        prosody = Prosody(self.world, {IM_USER: 'Client secret 1'})
        proxy = Proxy(self.world, 'socks5', 'demo', 'Proxy secret 2')
        keyring = Keyring(self.world, unlocks=True)
        client = self.world.add(Headless(self.world, keyring=True, im=True, env=keyring.env))
        self.add_account(client, prosody, proxy)
        client.end()
        self.assert_nowhere(client.home, 'Client secret 1', 'Proxy secret 2')
        client.start()
        client.wait('account', address=IM_USER, state='online')
        client.end()
        keyring.prompt('dismiss')
        keyring.lock()
        client.start()
        client.wait('account', address=IM_USER, state='failed', reason='keyring')
        client.mark()
        keyring.unlock()
        client.wait_new('account', address=IM_USER, state='online')
        self.assertEqual(proxy.wrong, 0)
        self.assertEqual(self.kept(keyring), 2)
        client.say('forget-account', IM_USER)
        wait_for('nothing left', lambda: self.kept(keyring) == 0)

    def kept(self, keyring):
        items = keyring.call('org.freedesktop.Secret.Service', 'SearchItems',
                             GLib.Variant('(a{ss})', ({},))).unpack()
        return sum(len(some) for some in items)


class Absent(KeyringCase):
    def test_one_is_asked(self):
        client = self.client(Keyring(self.world, daemon=False), sign_in=False)
        self.ask_for_sign_in(client)
        self.assertEqual(client.wait_new('sign-in-failed', timeout=40)['code'], KEYRING_ABSENT)
        self.assert_no_device()

    def test_comes_late(self):
        """What could not be read at the start is read when the person presses Connect."""
        keyring = Keyring(self.world)
        client = self.client(keyring)
        client.say('quit')
        client.process.wait(15)
        os.rename(keyring.socket, keyring.socket + '.away')
        client.start()
        client.wait('account', state='failed', reason='keyring')
        os.rename(keyring.socket + '.away', keyring.socket)
        client.say('connect')
        client.wait_new('account', state='online')


class Locked(KeyringCase):
    def test_dismissed_at_sign_in(self):
        """Nothing is kept, the server has no device of nobody; after unlocking it works."""
        keyring = Keyring(self.world, unlocks=True)
        client = self.client(keyring, sign_in=False)
        keyring.prompt('dismiss')
        keyring.lock()
        self.ask_for_sign_in(client)
        self.assertEqual(client.wait_new('sign-in-failed')['code'], KEYRING_LOCKED)
        self.assert_no_device()
        keyring.unlock()
        client.sign_in(self.server)

    def test_dismissed_at_start_then_unlocked(self):
        keyring = Keyring(self.world, unlocks=True)
        client = self.client(keyring)
        keyring.prompt('dismiss')
        keyring.lock()
        self.start_again(client)
        client.wait('account', state='failed', reason='keyring')
        self.assertIsNone(client.find('account', state='online'))
        client.say('dial', '*43')
        client.wait_new('error')
        client.mark()
        keyring.unlock()
        client.wait_new('account', state='online')  # by itself

    def test_no_prompter(self):
        """As in a session without a desktop: gnome-keyring-daemon can ask nobody."""
        keyring = Keyring(self.world, unlocks=True)
        client = self.client(keyring)
        keyring.lock()
        self.start_again(client)
        client.wait('account', state='failed', reason='keyring')

    def test_left_unanswered(self):
        """The prompt stays open: the client says what it waits for, still obeys, and can be ended."""
        keyring = Keyring(self.world, unlocks=True)
        client = self.client(keyring)
        prompter = keyring.prompt('ignore')
        keyring.lock()
        self.start_again(client)
        client.wait('account', state='connecting', reason='keyring')
        prompter.wait_output('^PerformPrompt$')
        client.say('dial', '*43')
        client.wait_new('error')
        client.say('quit')
        self.assertEqual(client.process.wait(15), 0)


if __name__ == '__main__':
    main()
