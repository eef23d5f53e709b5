#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Calls that reach the client by an instant message (Prosody): it shows them as calls, and carries them
over the link's WebSocket. offhook-phone calls, the client has no window."""
import re
import socket
import time

from harness import main, wait_for
from harness.im import engine_env
from harness.imflow import ANNA, BEN, CALLS, ImFlowCase
from harness.ircbot import IrcBot
from harness.ngircd import Ngircd
from harness.relay import HOST, Relay
from harness.xmppbot import XmppBot


class OfferCase(ImFlowCase):
    delay = 60

    def ring(self, client, **options):
        """A call rings at the client; returns the caller and what the client says of the call."""
        client.mark()
        caller = self.caller(**options)
        return caller, client.wait_new('call', state='incoming')

    def device_id(self):
        """Of the client."""
        return next(d['id'] for d in self.server.ctl_json('device', 'list', 'anna')
                    if d['name'] != 'laptop')

    def first_sound(self, client):
        """When the client first sent sound of its microphone, or None."""
        return next((m['mono'] for m in self.world.timeline() if m['mark'] == 'first-sound-sent'
                     and m['program'] == client.program), None)


class Sound(OfferCase):
    def test_conversation(self):
        """No SIP registration: the message becomes a call, whose path is warm and silent until
        Answer; both are heard; keys; hung up here."""
        self.start_im()
        client = self.im_client(sip=False)
        caller, ringing = self.ring(client, max_time=90)
        self.assertEqual((ringing['name'], ringing['number'], ringing['called']),
                         ('Demo Caller', '555100', '100'))
        self.wait_ringing('browser')
        time.sleep(1.5)  # the microphone would have much to tell
        self.assertIsNone(self.first_sound(client))
        client.say('answer')
        client.wait_new('call', state='active')
        wait_for('the cipher', lambda: client.find('figures', cipher='AEAD_AES_128_GCM'), 15)
        for key in '42#':
            client.say('digit', key)
        wait_for('keys', lambda: caller.keys() == '42#')
        time.sleep(6)
        client.say('hang-up')
        client.wait_new('call', state='ended', reason='hung-up')
        self.assertTrue(caller.result()['answered'])
        said = self.assert_heard('the caller', self.marked('user'), caller.heard, gaps=6)
        self.assertGreater(said.delay_ms, -700, 'the microphone was open before Answer')
        self.assertGreater(self.first_sound(client), self.world.mark('answer-pressed'))
        self.assert_heard('the user', self.marked('caller'), client.heard, gaps=6)
        client.wait('history', number='555100', outcome='answered')
        self.assertRegex(client.wait('message', number='1')['text'], r'\): answered at \d')
        self.assertFalse(client.find('unread', count='1'))
        self.assertEqual(len(client.calls()), 1)
        self.assertEqual(self.server.wait_call_event('answered')['identity'], 1)
        self.assertEqual([(row['name'], row['answered']) for row in self.server.ctl_json(
            'hours', 'anna')['table']], [(ANNA, 1)], 'where the link was')


class Choices(OfferCase):
    def setUp(self):
        super().setUp()
        self.start_im()
        self.user = self.im_client(sip=False)

    def end(self, reason):
        return self.user.wait_new('call', state='ended', reason=reason)

    def test_choices(self):
        """Declined and sent to voicemail from the window; the caller gives up; declined by a reply
        elsewhere. Each is told with its reason, and no message asks to be read."""
        user = self.user
        self.server.ctl('user', 'set', 'anna', '--decline-action', 'busy')
        caller, _ = self.ring(user)
        user.say('decline')
        self.end('declined')
        self.assertEqual(caller.result()['status'], 486)
        caller, _ = self.ring(user, name='second')
        caller.stop()
        self.end('cancelled')
        user.wait('history', outcome='missed')
        caller, _ = self.ring(user, name='third', hang_up_after=9, play_delay=4000)
        user.say('voicemail')
        self.end('voicemail')
        caller.result()
        user.wait('history', outcome='voicemail', timeout=30)
        self.ring(user, name='fourth')
        XmppBot(self.world, self.prosody, ANNA).send(CALLS, '9')  # another program of hers
        self.end('declined')
        self.assertFalse(user.find('unread', count='1'))
        self.assertEqual(len(user.calls()), 4)


class Ways(OfferCase):
    def test_one_window(self):
        """By SIP and by IM one call is shown once, whichever is first; the device that answers takes
        it from a window that came by IM."""
        self.start_im()
        client = self.im_client()
        caller, ringing = self.ring(client)
        client.wait_new('message', **{'with': CALLS})
        self.wait_ringing(self.device_id())
        client.say('answer')
        client.wait_new('call', state='active')
        client.say('hang-up')
        client.wait_new('call', state='ended')
        caller.result()
        self.assertEqual(client.calls(), [ringing['id']])
        answered = next(e for e in self.server.call_events() if e['event'] == 'answered')
        self.assertNotEqual(answered['device'], 'browser', 'not by SIP, which was there')
        self.assertFalse(client.find('unread', count='1'))
        self.sign_out_of_sip(client)
        laptop = self.device('laptop', ring_only=True)
        caller, second = self.ring(client, name='second')
        client.say('connect')  # while it rings: the server offers the call by SIP too
        client.wait_new('account', state='online')
        self.server.wait_call_event('joined')
        self.wait_ringing(laptop.account['device_id'])
        laptop.answer()
        client.wait_new('call', state='ended', reason='elsewhere')
        caller.wait_event('answered')
        self.assertEqual(client.calls(), [ringing['id'], second['id']])

    def test_sip_lost(self):
        """The account is signed out while it rings: the call waits on by its message. At a later start
        there is no SIP, and the web line takes its place: still one window."""
        self.start_im()
        client = self.im_client()
        caller, ringing = self.ring(client)
        client.wait_new('message', **{'with': CALLS})
        self.wait_ringing(self.device_id())
        client.say('disconnect')
        client.wait_new('call', state='ended', reason='signed-out')
        self.assertEqual(client.wait_new('call', state='incoming')['id'], ringing['id'])
        caller.stop()
        client.wait_new('call', state='ended', reason='cancelled')
        client.end()
        self.wait_presence('offline')
        client.move_sip(HOST, self.server.ports['tls'])  # nobody is there
        client.start()
        client.wait('account', address=f'{ANNA}/client', state='online')
        client.wait('account', address='anna@localhost', state='online', reason='web')
        self.wait_presence('available')
        before = client.calls()
        caller, second = self.ring(client, name='second')
        client.wait_new('message', **{'with': CALLS})
        client.say('decline')
        client.wait_new('call', state='ended', reason='declined')
        self.assertEqual(client.calls(), [*before, second['id']])

    def test_only_own_links(self):
        """A link of another host is not fetched, whoever wrote it; one that leads to no call leaves
        the message as it is; the words of a stranger are warned of."""
        self.start_im()
        client = self.im_client(sip=False)
        with socket.create_server(('127.0.0.1', 0)) as trap:
            trap.settimeout(0.2)
            words = 'Call from Demo Caller (555100). 1 answer, 3 voicemail, 9 decline\n'
            foreign = f'{words}https://localhost:{trap.getsockname()[1]}/o/{"A" * 22}'
            server = XmppBot(self.world, self.prosody, CALLS, resource='other')
            client.mark()
            server.send(ANNA, foreign)
            message = client.wait_new('message', text=foreign)
            self.assertEqual(message['warning'], '')
            client.wait_new('unread', count='1')
            guessed = f'{words}https://localhost:{self.server.https}/o/{"A" * 22}'
            client.mark()
            server.send(ANNA, guessed)
            message = client.wait_new('message', text=guessed)
            self.assertEqual(message['warning'], '')
            client.wait_new('unread', count='2')
            XmppBot(self.world, self.prosody, BEN).send(ANNA, foreign)
            forged = client.wait_new('message', **{'with': BEN})
            self.assertEqual(forged['warning'], 'forged-offer')
            client.wait_new('unread', count='3')
            with self.assertRaises(TimeoutError):
                trap.accept()
        self.assertEqual(client.calls(), [])

    def test_broken_connection(self):
        """The socket breaks while it rings and in the call: it is back, and the call goes on."""
        self.start_im()
        relay = self.world.add(Relay(self.server.https))
        client = self.im_client(sip=False, host=HOST, by_sip=False)
        caller, _ = self.ring(client)
        self.wait_ringing('browser')
        relay.cut()
        client.say('answer')
        client.wait_new('call', state='active')
        caller.wait_event('answered')
        cut = time.monotonic_ns() // 1000
        relay.cut()
        wait_for('the socket to be back', lambda: self.world.mark('socket-back', cut), 20)
        client.say('digit', '7')
        wait_for('the key', lambda: caller.keys() == '7')
        caller.stop()
        client.wait_new('call', state='ended', reason='remote')
        self.assertEqual(len(client.calls()), 1)

    def test_choice_while_broken(self):
        """Chosen while the server is out of reach: it is shown, and said once the server is back."""
        self.start_im()
        self.server.ctl('user', 'set', 'anna', '--decline-action', 'busy')
        relay = self.world.add(Relay(self.server.https))
        client = self.im_client(sip=False, host=HOST, by_sip=False)
        caller, ringing = self.ring(client)
        self.wait_ringing('browser')
        relay.cut(hold=True)
        client.say('decline')
        client.wait_new('call', state='incoming', chosen='decline')
        time.sleep(2)  # of trying
        relay.mend()
        client.wait_new('call', state='ended', reason='declined', timeout=30)
        self.assertEqual(caller.result()['status'], 486)
        self.assertEqual(client.calls(), [ringing['id']])


class Irc(OfferCase):
    def irc_client(self):
        """No SIP registration; signed in at the IRC service, where the call server sees it."""
        self.ngircd = Ngircd(self.world)
        self.start_server(env=engine_env(self.world))
        self.server.ctl('user', 'set', 'anna', '--order', 'together', '--decline-action', 'busy')
        self.server.ctl('im', 'account', 'add', 'irc', '--protocol', 'irc', '--username',
                        'calls@127.0.0.1', '--option', f'port={self.ngircd.port}')
        self.wait_account('online')
        client = self.signed_in_client(sip=False)
        client.say('add-im', 'prpl-irc', 'anna@127.0.0.1', '', f"{{'port': <{self.ngircd.port}>}}")
        client.wait_new('account', address='anna@127.0.0.1', state='online')
        self.server.ctl('im', 'identity', 'add', 'anna', 'irc', 'anna', '--verified')
        self.wait_presence('available', 90)
        wait_for('her program to be known', lambda: self.server.ctl_json(
            'im', 'identity', 'list')[0]['program'] == 'Offhook', 20)
        return client

    def test_line_by_line(self):
        """IRC carries an offer in three lines: they are one message, which nobody need read, and one
        window; the question for her program before it is no message at all. A stranger's three are one
        message with a warning; what only begins so is text."""
        client = self.irc_client()
        caller, ringing = self.ring(client)
        self.assertEqual((ringing['name'], ringing['number']), ('Demo Caller', '555100'))
        offer = client.wait('message', **{'with': 'calls'})
        self.assertRegex(offer['text'], re.compile(
            r'^Call from Demo Caller \(555100\) for 100\.\n1 answer in Offhook, .*\n.*/o/\S{22}$'))
        client.say('decline')
        client.wait_new('call', state='ended', reason='declined')
        self.assertEqual(caller.result()['status'], 486)
        outcome = client.wait('message', number='1')
        self.assertIn('declined at', outcome['text'])
        self.assertFalse(client.find('unread', count='1'))

        eve = IrcBot(self.world, self.ngircd, 'eve')
        forged = [line.replace('Demo Caller', 'Your Bank') for line in offer['text'].split('\n')]
        eve.wait_taken()
        client.mark()
        for line in forged:
            eve.send('anna', line)
        message = client.wait_new('message', **{'with': 'eve'})
        self.assertEqual((message['text'], message['warning']),
                         ('\n'.join(forged), 'forged-offer'))
        client.wait_new('unread', count='1')
        for number, line in enumerate(('Did you get a call from Ben?', 'I did'), 1):
            client.mark()
            eve.send('anna', line)
            message = client.wait_new('message', number=str(number), **{'with': 'eve'})
            self.assertEqual((message['text'], message['warning']), (line, ''))
        client.wait_new('unread', count='3')
        self.assertEqual(client.calls(), [ringing['id']])


if __name__ == '__main__':
    main()
