#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Calls by a web line: the client's network lets no SIP through, so that its WebSocket to the call
server takes the place of the registration."""
import json
import socket
import time

from harness import main, wait_for
from harness.flow import FlowCase
from harness.headless import Headless
from harness.relay import HOST, Relay
from harness.websocket import BINARY, SDP, WebSocket


def first_device(server):
    """The client's, which signed in first."""
    return server.ctl_json('device', 'list', 'anna')[0]['id']


class WebCase(FlowCase):
    delay = 60

    def marked(self, who, seconds=3.5):
        return super().marked(who, seconds)

    def web_client(self, name='client', user='anna', said='user'):
        """Signed in at HOST, where nobody speaks SIP until a Relay of that port is there."""
        client = self.world.add(Headless(self.world, name, said=self.marked(said)))
        client.sign_in(self.server, user, host=HOST, online=False)
        client.wait('account', state='online', reason='web', timeout=30)
        return client

    def start_server(self, **options):
        super().start_server(**options)
        self.https = self.world.add(Relay(self.server.https))
        return self.server

    def ring(self, client, **options):
        client.mark()
        caller = self.caller(**options)
        return caller, client.wait_new('call', state='incoming')

    def wait_ringing(self, device=None):
        """Until the last call rings at the device, as the server knows it; None: at any."""
        wait_for(f'the call to ring at {device}', lambda: any(
            e['event'] == 'ringing' and device in (None, e.get('device'))
            for e in self.server.call_events()), 15)

    def ways(self):
        """How devices are signed in now."""
        return [r['transport'] for r in self.server.ctl_json('registrations')]

    def wait_ways(self, *wanted):
        wait_for(f'devices by {wanted}', lambda: sorted(self.ways()) == sorted(wanted), 20)

    def wait_key(self, phone, key):
        wait_for(f'the key {key}', lambda: phone.keys() == key, 15)


class Incoming(WebCase):
    def test_nobody_chooses(self):
        """As by SIP: a message can be left, or nobody answered."""
        self.start_server()
        client = self.web_client()
        for option, reason in ((3, 'voicemail'), (9, 'no-answer')):
            self.server.ctl('user', 'set', 'anna', '--default-delay', '5', '--default-option',
                            str(option))
            self.ring(client, hang_up_after=1)
            client.wait_new('call', state='ended', reason=reason)

    def test_conversation(self):
        """The device is there as others are; silent until Answer, then both are heard; keys; hung up
        here; the history comes."""
        self.start_server()
        client = self.web_client()
        device, = self.server.ctl_json('registrations')
        self.assertEqual((device['user'], device['program'], device['address'], device['transport']),
                         ('anna', 'Offhook', '127.0.0.1', 'wss'))
        wait_for('its presence', lambda: self.server.ctl_json('registrations')[0]['presence']
                 == 'open')
        self.assertEqual(device['audio'], 'mic,speaker')
        self.assertTrue(device['version'])
        caller, ringing = self.ring(client)
        self.assertEqual((ringing['name'], ringing['number'], ringing['called'], ringing['peer']),
                         ('Demo Caller', '555100', '100', ''))
        self.wait_ringing(device['device'])
        caller.wait_event('ringing')
        time.sleep(1.5)  # the microphone would have much to tell
        self.assertIsNone(self.first_sound(client))
        client.say('answer')
        client.wait_new('call', state='active')
        wait_for('the cipher', lambda: client.find('figures', cipher='AEAD_AES_128_GCM'), 15)
        for key in '42#':
            client.say('digit', key)
        self.wait_key(caller, '42#')
        time.sleep(5)
        client.say('hang-up')
        client.wait_new('call', state='ended', reason='hung-up')
        self.assertTrue(caller.result()['answered'])
        self.assert_heard('the caller', self.marked('user'), caller.heard, gaps=6)
        self.assertGreater(self.first_sound(client), self.world.mark('answer-pressed'))
        self.assert_heard('the user', self.marked('caller'), client.heard, gaps=6)
        client.wait('history', number='555100', outcome='answered')
        answered = next(e for e in self.server.call_events() if e['event'] == 'answered')
        self.assertEqual(answered['device'], device['device'])

    def first_sound(self, client):
        """When the client first sent sound of its microphone, or None."""
        return next((m['mono'] for m in self.world.timeline() if m['mark'] == 'first-sound-sent'
                     and m['program'] == client.program), None)

    def test_outcomes(self):
        """Declined, sent to voicemail, given up by the caller, answered elsewhere; two calls at once."""
        self.start_server()
        self.server.ctl('user', 'set', 'anna', '--decline-action', 'busy', '--order', 'together')
        client = self.web_client()
        caller, _ = self.ring(client)
        client.say('decline')
        client.wait_new('call', state='ended', reason='declined')
        self.assertEqual(caller.result()['status'], 486)
        client.wait('history', outcome='declined')
        caller, _ = self.ring(client, name='second')
        caller.stop()
        client.wait_new('call', state='ended', reason='cancelled')
        client.wait('history', outcome='missed')
        caller, _ = self.ring(client, name='third')
        client.say('voicemail')
        client.wait_new('call', state='ended', reason='voicemail')
        caller.wait_event('answered')
        caller.stop()
        laptop = self.device('laptop', ring_only=True)
        caller, _ = self.ring(client, name='fourth')
        self.wait_ringing(laptop.account['device_id'])
        laptop.answer()
        client.wait_new('call', state='ended', reason='elsewhere')
        caller.wait_event('answered')
        laptop.stop()
        self.wait_ways('wss')
        self.two_at_once(client)
        self.assertEqual(len(client.calls()), 6)

    def two_at_once(self, client):
        """The second call holds the first, which comes back."""
        first, one = self.ring(client, name='fifth')
        client.say('answer')
        client.wait_new('call', state='active', id=one['id'])
        second, two = self.ring(client, name='sixth')
        client.say('answer')
        client.wait_new('call', state='active', id=two['id'])
        client.say('digit', '7')
        self.wait_key(second, '7')
        client.say('hang-up')
        client.wait_new('call', state='ended', id=two['id'], reason='hung-up')
        self.assertTrue(second.result()['answered'])
        client.say('resume')
        client.say('digit', '5')
        self.wait_key(first, '5')
        first.stop()
        client.wait_new('call', state='ended', id=one['id'], reason='remote')


class Outgoing(WebCase):
    def test_between_lines(self):
        """From one line to another: ringing, answered, heard both ways, hung up there. Both learn whom
        a message would reach, in the call and from the history."""
        self.start_server(trunk=False)
        self.server.add_user('bert', '101', name='Bert Demo')
        anna = self.web_client()
        bert = self.web_client('other', 'bert', 'third')
        bert.mark()
        anna.say('dial', 'bert')
        anna.wait_new('call', state='calling', peer='bert@localhost')
        ringing = bert.wait_new('call', state='incoming', peer='anna')
        self.assertEqual((ringing['name'], ringing['number']), ('Anna Demo', '100'))
        anna.wait_new('call', state='ringing')
        bert.say('answer')
        anna.wait_new('call', state='active')
        bert.wait_new('call', state='active')
        time.sleep(6)  # they talk
        bert.say('hang-up')
        anna.wait_new('call', state='ended', reason='remote')
        self.assert_heard('bert', self.marked('user'), bert.heard, gaps=6)
        self.assert_heard('anna', self.marked('third'), anna.heard, gaps=6)
        anna.wait('history', peer='bert', outcome='answered')
        bert.wait('history', peer='anna', outcome='answered')

    def test_outcomes(self):
        """Busy, nobody there, given up by the caller, answered and hung up there, and the server's
        own echo."""
        self.start_server(trunk=False)
        self.server.add_user('bert', '101', decline_action='busy')
        bert = self.device('desktop', user='bert', answer_after=500, reject=603,
                           header='Offhook-Choice: 9')
        client = self.web_client()
        client.say('dial', '101')
        client.wait_new('call', state='ended', reason='busy')
        bert.stop()
        client.say('dial', '199')
        client.wait_new('call', state='ended', reason='not-found')
        bert = self.device('phone', user='bert', ring_only=True)
        client.say('dial', '101')
        client.wait_new('call', state='ringing')
        client.say('hang-up')
        client.wait_new('call', state='ended', reason='hung-up')
        self.assertFalse(bert.result()['answered'])
        client.say('dial', '101')
        client.wait_new('call', state='ringing')
        bert.answer()
        client.wait_new('call', state='active')
        client.say('digit', '9')
        self.wait_key(bert, '9')
        bert.stop()
        client.wait_new('call', state='ended', reason='remote')
        client.say('echo')
        client.wait_new('call', state='active')
        client.say('hang-up')
        client.wait_new('call', state='ended', reason='hung-up')


class Ways(WebCase):
    def test_sip_is_back(self):
        """SIP comes back in the middle of a call: that goes on, and the line ends with it; a message
        that waited is sent. Then SIP is lost again. No call is shown twice."""
        self.start_server()
        self.server.ctl('user', 'set', 'anna', '--decline-action', 'busy')
        client = self.web_client()
        self.wait_ways('wss')
        caller, ringing = self.ring(client)
        client.say('answer')
        client.wait_new('call', state='active')
        client.say('send', 'anna@localhost', 'anna@localhost', 'a note')
        client.wait_new('message', text='a note', state='waiting')
        client.mark()
        sip = self.world.add(Relay(self.server.ports['tls']))
        client.wait_new('account', state='online', reason='none', timeout=100)  # SIP's back-off
        client.wait_new('message', text='a note', state='sent')
        self.wait_ways('tls')
        client.say('digit', '5')
        self.wait_key(caller, '5')
        client.say('hang-up')
        client.wait_new('call', state='ended', reason='hung-up')
        self.assertTrue(caller.result()['answered'])
        caller, second = self.ring(client, name='second')
        client.say('decline')
        client.wait_new('call', state='ended', reason='declined')
        self.assertEqual(caller.result()['status'], 486)  # the server knows
        client.mark()
        sip.end()
        client.wait_new('account', state='online', reason='web', timeout=60)
        caller, third = self.ring(client, name='third')
        client.say('answer')
        client.wait_new('call', state='active')
        client.say('hang-up')
        client.wait_new('call', state='ended', reason='hung-up')
        self.assertEqual(client.calls(), [ringing['id'], second['id'], third['id']])

    def test_silent_network(self):
        """A network that swallows SIP, instead of refusing it."""
        self.start_server()
        with socket.create_server((HOST, self.server.ports['tls'])):
            client = self.web_client()
            _, _ = self.ring(client)
            client.say('answer')
            client.wait_new('call', state='active')
            client.say('hang-up')
            client.wait_new('call', state='ended', reason='hung-up')

    def test_broken_connection(self):
        """The line breaks while it rings, while it is being answered, and in the call: one window, and
        the call goes on. The server is killed and comes back."""
        self.start_server()
        client = self.web_client()
        caller, ringing = self.ring(client)
        self.wait_ringing()
        self.https.cut()
        self.server.wait_call_event('lost')
        client.say('answer')
        client.wait_new('call', state='active', timeout=30)
        caller.wait_event('answered')
        cut = time.monotonic_ns() // 1000
        self.https.cut()
        wait_for('the line to be back', lambda: self.world.mark('line-back', cut), 30)
        client.say('digit', '7')
        self.wait_key(caller, '7')
        caller.stop()
        client.wait_new('call', state='ended', reason='remote')
        self.assertEqual(client.calls(), [ringing['id']])
        client.mark()
        self.server.kill()
        client.wait_new('account', state='retrying')
        self.server.start()
        client.wait_new('account', state='online', reason='web', timeout=60)
        self.wait_ways('wss')
        caller, _ = self.ring(client, name='second')
        caller.stop()
        client.wait_new('call', state='ended', reason='cancelled')

    def test_choice_while_broken(self):
        """Chosen while the line is broken: the choice is shown, kept and said once the line is back. Nobody
        is asked again; a choice that comes too late changes nothing."""
        self.start_server()
        self.server.ctl('user', 'set', 'anna', '--decline-action', 'busy')
        client = self.web_client()
        caller, first = self.choose_broken(client, 'decline')
        self.https.mend()
        client.wait_new('call', state='ended', reason='declined', timeout=30)
        self.assertEqual(caller.result()['status'], 486)
        client.wait_new('history', outcome='declined', timeout=30)
        caller, second = self.choose_broken(client, 'voicemail', name='second')
        self.https.mend()
        client.wait_new('call', state='ended', reason='voicemail', timeout=30)
        caller.wait_event('answered')
        self.assertEqual([e['reason'] for e in self.server.call_events()
                          if e['event'] == 'voicemail'], ['sent to voicemail by a device'])
        caller.stop()
        client.wait_new('history', count='2', timeout=30)
        laptop = self.device('laptop', ring_only=True)
        caller, third = self.choose_broken(client, 'decline', name='third')
        laptop.answer()
        caller.wait_event('answered')
        self.https.mend()
        client.wait_new('call', state='ended', reason='elsewhere', timeout=30)
        self.assertEqual(client.calls(), [first['id'], second['id'], third['id']])
        self.assertEqual([e['state'] for e in client.events() if e['event'] == 'call'],
                         ['incoming', 'incoming', 'ended'] * 3)

    def choose_broken(self, client, verb, **options):
        caller, ringing = self.ring(client, **options)
        self.wait_ringing(first_device(self.server))
        self.https.cut(hold=True)
        self.server.wait_call_event('lost')
        client.say(verb)
        client.wait_new('call', state='incoming', chosen=verb, id=ringing['id'])
        return caller, ringing


class Ends(WebCase):
    def test_in_a_call(self):
        """Who signs out ends his call, and is there no more; who signs in again is. An orderly end of the
        server ends call and line; the next server has both. A device that is revoked loses both."""
        self.start_server()
        client = self.web_client()
        caller = self.talk(client, 'first')
        client.say('disconnect')
        client.wait_new('account', state='offline')
        client.wait_new('call', state='ended', reason='signed-out')
        caller.result()
        self.wait_ways()
        client.say('connect')
        client.wait_new('account', state='online', reason='web', timeout=30)
        self.wait_ways('wss')
        caller = self.talk(client, 'second')
        client.mark()
        self.server.restart()
        client.wait_new('call', state='ended', reason='network')
        caller.result()
        client.wait_new('account', state='online', reason='web', timeout=60)
        self.wait_ways('wss')
        caller = self.talk(client, 'third')
        device, = self.server.ctl_json('registrations')
        client.mark()
        self.server.ctl('device', 'revoke', device['device'])
        client.wait_new('account', state='failed', reason='revoked')
        client.wait_new('call', state='ended')
        caller.result()
        self.wait_ways()

    def talk(self, client, name):
        caller, _ = self.ring(client, name=name)
        client.say('answer')
        client.wait_new('call', state='active')
        return caller


class Limits(WebCase):
    """How many lines there may be is the administrator's to say."""

    def open(self, account):
        return self.world.add(WebSocket(
            ('127.0.0.1', self.server.https), '/api/v1/line', f'localhost:{self.server.https}',
            headers=[f'Authorization: Bearer {account["token"]}']))

    def enter(self, account):
        line = self.open(account)
        line.say(type='hello', instance=account['instance'])
        line.read_type('welcome')
        return line

    def refuse(self, account, status, code):
        line = self.open(account)
        self.assertEqual((line.status, json.loads(line.body)['error']), (status, code))
        self.assertEqual(line.headers['retry-after'], '60')

    def devices(self, user, count):
        return [self.server.sign_in(user, device=f'{user} {n}', instance=f'urn:uuid:{user}-{n}')
                for n in range(count)]

    def set_limits(self, **limits):
        with open(self.server.config, encoding='utf-8') as f:
            text = f.read().split('[limits]')
        keys = ''.join(f'{key}={value}\n' for key, value in limits.items())
        with open(self.server.config, 'w', encoding='utf-8') as f:
            f.write(f'{text[0]}[limits]\nunknown_per_minute=1000\n{keys}\n[log]'
                    + text[1].split('[log]')[1])
        before = self.server.process.output().count('reloaded; ')
        self.server.reload()
        wait_for('the new limits', lambda: self.server.process.output().count('reloaded; ') > before)

    def test_settings(self):
        """Of a user, of an address, in all: who is too many is told so, and when to come again. A device
        that comes back is none."""
        self.start_server(trunk=False)
        self.server.add_user('bert', '101')
        anna, bert = self.devices('anna', 4), self.devices('bert', 2)
        self.set_limits(lines_per_user=2)
        lines = [self.enter(anna[0]), self.enter(anna[1])]
        self.refuse(anna[2], 429, 'try-later')
        lines += [self.enter(bert[0]), self.enter(anna[1])]
        self.assertEqual(lines[1].read_close(), 1001)  # its next one is there
        self.set_limits(lines_per_address=3)
        self.refuse(anna[2], 429, 'try-later')
        self.refuse(bert[1], 429, 'try-later')
        self.set_limits(lines=3)
        self.refuse(bert[1], 503, 'busy')
        lines[0].end()
        self.wait_ways('wss', 'wss')
        self.enter(bert[1])
        self.assertEqual(self.ways(), ['wss'] * 3)

    def test_an_office(self):
        """Sixty devices of one address, which is more than strangers of one may have."""
        self.start_server(trunk=False)
        self.server.add_user('bert', '101')
        self.set_limits(lines_per_user=0, sign_ins_per_minute=0)
        for account in self.devices('anna', 30) + self.devices('bert', 30):
            self.enter(account)
        self.assertEqual(self.ways(), ['wss'] * 60)


class Guarded(WebCase):
    """What no client of ours says."""

    def setUp(self):
        super().setUp()
        self.start_server()
        self.account = self.server.sign_in('anna')

    def open(self, token=None, path='/api/v1/line'):
        token = self.account['token'] if token is None else token
        headers = [f'Authorization: Bearer {token}'] if token else []
        address = ('127.0.0.1', self.server.https)
        return self.world.add(WebSocket(address, path, f'localhost:{address[1]}', headers=headers))

    def enter(self, **hello):
        line = self.open()
        line.say(**{'type': 'hello', 'instance': self.account['instance'], **hello})
        line.read_type('welcome')
        line.read_type('news')
        return line

    def test_sign_in(self):
        """It wants a sign-in, and nothing in the address is one. The registrar knows what the device says
        of itself, and calls obey."""
        self.handshake()
        self.presence()

    def handshake(self):
        token = self.account['token']
        self.assertEqual(self.open('').status, 401)
        self.assertEqual(self.open(token[:-1] + ('y' if token[-1] == 'x' else 'x')).status, 401)
        self.assertEqual(self.open('', f'/api/v1/line?token={token}').status, 401)
        phone = self.server.ctl_json('device', 'add', 'anna', '--desk-phone', '--name', 'kitchen')
        self.assertEqual(self.open(f'{phone["device_id"]}.{phone["secret"]}').status, 403)
        status, _ = self.server.http('GET', '/line', token=token)
        self.assertEqual(status, 400)
        self.assertNotIn(self.account['secret'], self.server.process.output())

    def test_words(self):
        """What is not said by a program of ours closes it, each with its code."""
        calls = [('answer', {}), ('answer', {'call': 'a b'}), ('answer', {'call': 'x' * 33}),
                 ('dial', {'call': 'd1', 'number': '101'}), ('digit', {'call': 'd1', 'digit': 'x'}),
                 ('dial', {'call': 'd1', 'number': '1' * 65, 'sdp': SDP}),
                 ('dial', {'call': 'd1', 'number': '1\n2', 'sdp': SDP}),
                 ('offer', {'call': 'd1', 'sdp': 'x' * 25000}), ('presence', {'pidf': 7}),
                 ('choose', {'call': 'r1', 'option': 1}),
                 ('choose', {'call': 'r1', 'option': 9, 'offer': 'x' * 65}), ('hello', {'instance': 'again'}),
                 ('nonsense', {'call': 'd1'})]
        for kind, members in calls:
            with self.subTest(kind=kind, members=str(members)[:60]):
                line = self.enter()
                line.say(type=kind, **members)
                self.assertEqual(line.read_close(), 1008)
        for before in ({'type': 'answer', 'call': 'd1'}, {'type': 'hello'},
                       {'type': 'hello', 'instance': 'x' * 65}):
            line = self.open()
            line.say(**before)
            self.assertEqual(line.read_close(), 1008, before)
        for payload, code in ((b'[' * 40 + b']' * 40, 1008), (b'{}', 1008),
                              (b'{"type":"\xff"}', 1007)):
            line = self.enter()
            line.send_frame(payload)
            self.assertEqual(line.read_close(), code, payload[:10])
        line = self.enter()
        line.send_frame(b'x' * 40000)
        self.assertIn(line.read_close(), (1009, 1006))  # not read to its end
        line = self.enter()
        line.send_frame(json.dumps({'type': 'presence', 'pidf': 'x'}).encode(), BINARY)
        self.assertEqual(line.read_close(), 1008)
        line = self.enter()
        for _ in range(80):
            line.say(type='answer', call='r1')
        self.assertEqual(line.read_close(), 1008)
        self.wait_ways()

    def test_one_line(self):
        """A device has one line of each program, four in all; a call that is not its own is none."""
        first = self.enter()
        second = self.enter()
        self.assertEqual(first.read_close(), 1001)
        self.assertEqual(self.ways(), ['wss'])
        second.say(type='answer', call='r4000000000000001')
        second.say(type='back', call='d5')
        ended = second.read_type('ended')
        self.assertEqual((ended['call'], ended['reason']), ('d5', 'lost'))
        others = [self.enter(instance=f'urn:other:{n}') for n in range(4)]
        self.assertEqual(second.read_close(), 1001)
        self.assertEqual(self.ways(), ['wss'] * 4)
        others[0].cut()
        wait_for('the device to be gone', lambda: self.ways() == ['wss'] * 3)

    def presence(self):
        self.server.ctl('user', 'set', 'anna', '--dnd', 'skip')
        line = self.enter(audio='speaker', talk=False)
        pidf = ('<presence xmlns="urn:ietf:params:xml:ns:pidf" '
                'xmlns:r="urn:ietf:params:xml:ns:pidf:rpid" '
                'xmlns:d="urn:ietf:params:xml:ns:pidf:data-model" entity="sip:anna@localhost">'
                '<tuple id="a"><status><basic>open</basic></status></tuple>'
                '<d:person id="p"><r:activities><r:busy/></r:activities></d:person></presence>')
        line.say(type='presence', pidf=pidf)
        device = wait_for('the presence', lambda: next(
            (r for r in self.server.ctl_json('registrations') if r['presence'] == 'dnd'), None))
        self.assertEqual((device['audio'], device['talk']), ('speaker', False))
        line.say(type='presence', pidf='<no')
        line.say(type='back', call='d5')
        line.read_type('ended')  # it takes that as nothing said

    def test_calls(self):
        """Its SDP that cannot be taken loses the call; eight calls of its own are enough."""
        line = self.enter()
        caller = self.caller(hang_up_after=1)
        ring = line.read_type('ring')
        self.assertEqual((ring['name'], ring['number'], ring['called'], ring['options']),
                         ('Demo Caller', '555100', '100', '1,3,9'))
        self.assertNotIn('peer', ring)
        line.say(type='offer', call=ring['call'], sdp='v=0')
        self.assertEqual(line.read_type('ended')['reason'], 'failed')
        caller.wait_event('answered')  # by voicemail: there is nobody else
        line.read_type('news')
        for late in ({'call': ring['call']}, {'call': 'd1', 'offer': ring['offer']},
                     {'call': 'd1', 'offer': 'another'}):
            line.say(type='choose', option=9, **late)
            ended = line.read_type('ended')
            self.assertEqual((ended['call'], ended['reason'] in ('over', 'voicemail')),
                             (late['call'], True), ended)
        line.say(type='dial', call='bad', number='*43', sdp='v=0')
        refused = line.read_type('ended')
        self.assertEqual((refused['call'], refused['reason'], refused['status']),
                         ('bad', 'not-answered', 488))
        for n in range(9):
            line.say(type='dial', call=f'd{n}', number='*43', sdp=SDP)
        refused = wait_for('a refusal', lambda: next(
            (m for m in iter(line.read, None) if m['type'] == 'ended'), None))
        self.assertEqual((refused['call'], refused['status']), ('d8', 503))
        for n in range(8):
            line.say(type='hang-up', call=f'd{n}')
        wait_for('the calls to end', lambda: not self.server.ctl_json('calls'))


if __name__ == '__main__':
    main()
