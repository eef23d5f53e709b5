#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Each option by number, word and link, from XMPP, IRC and SIP, in each order of these: pairwise. And
silence, whoever was told first. The services that did not choose are taken back, or hear nothing."""
import re

from harness import Failure, Lateness, main, wait_for
from harness.baresipbot import BaresipBot
from harness.im import wait_seen
from harness.imflow import ANNA, CALLS, ImFlowCase
from harness.ircbot import IrcBot
from harness.ngircd import Ngircd
from harness.process import SLOWNESS
from harness.websocket import SDP, WebSocket
from harness.xmppbot import XmppBot

WORDS = {1: 'answer', 3: 'vm', 9: 'no'}
OUTCOMES = {1: 'answered (on laptop|in the browser)', 3: 'went to voicemail', 9: 'declined'}
EVENTS = {1: 'answered', 3: 'voicemail', 9: 'declined'}
LINK = re.compile(r'https://localhost:\d+(/o/[\w-]{22})')
CODE = re.compile(r'Reply with number and ([A-Z0-9]{4})\.')
# The one that chooses, its turn, and the order of the services: all six are there, and every two of the
# other columns hold all their pairs.
CHOICES = (
    (1, 'number', 'xmpp', 'first', ('xmpp', 'irc', 'sip')),
    (1, 'word', 'irc', 'together', ()),
    (1, 'link', 'sip', 'second', ('xmpp', 'sip', 'irc')),
    (3, 'number', 'irc', 'second', ('sip', 'irc', 'xmpp')),
    (3, 'word', 'sip', 'first', ('sip', 'xmpp', 'irc')),
    (3, 'link', 'xmpp', 'together', ()),
    (9, 'number', 'sip', 'together', ()),
    (9, 'word', 'xmpp', 'second', ('irc', 'xmpp', 'sip')),
    (9, 'link', 'irc', 'first', ('irc', 'sip', 'xmpp')))


class Service:
    """What anna's program there got since the last call began; `sender` is who the server is there."""

    def __init__(self, bot, sender):
        self.bot = bot
        self.sender = sender
        self.before = 0

    def begin(self):
        self.before = len(self.bot.messages)

    def lines(self):
        return [text for _, text in self.bot.messages[self.before:]]

    def find(self, pattern):
        """(what matches, when it came) of the first such line."""
        for i, text in enumerate(self.lines()):
            found = re.search(pattern, text)
            if found:
                return found, self.bot.times[self.before + i]
        return None

    def wait(self, pattern, timeout=20):
        try:
            return wait_for(f'{pattern!r} of {self.sender}', lambda: self.find(pattern), timeout)
        except Failure as failure:
            raise Failure(f'{failure}, only {self.lines()}') from None

    def reply(self, text):
        """With the code where the offer asks for it."""
        code = self.find(CODE)
        self.bot.send(self.sender, f'{text} {code[0][1]}' if code else str(text))


class Pairs(ImFlowCase):
    delay = 120

    def setUp(self):
        super().setUp()
        ngircd = Ngircd(self.world)
        self.irc = IrcBot(self.world, ngircd, 'anna')
        self.start_im(rules=('--decline-action', 'busy'))
        self.server.ctl('im', 'account', 'add', 'irc', '--protocol', 'irc', '--username',
                        'calls@127.0.0.1', '--option', f'port={ngircd.port}', '--rate', '50', '--option',
                        'ratelimit-interval=0')
        self.server.ctl('im', 'identity', 'add', 'anna', 'irc', 'anna', '--verified')
        self.server.ctl('im', 'account', 'add', 'sip', '--protocol', 'sip', '--username', 'calls')
        self.sip = BaresipBot(self.world, self.server, 'anna', 'calls')
        self.server.ctl('im', 'identity', 'add', 'anna', 'sip', self.sip.device, '--verified')
        self.services = {'xmpp': Service(XmppBot(self.world, self.prosody, ANNA), CALLS),
                         'irc': Service(self.irc, 'calls'), 'sip': Service(self.sip, 'calls')}
        wait_seen(self.server, 3)
        self.number = 0

    def set_order(self, delay, *order):
        """`order`: what is told one after the other, each `delay` s later; all at once without."""
        self.server.ctl('user', 'set', 'anna', '--order', 'rank' if order else 'together',
                        '--next-delay', str(delay))
        for number, name in enumerate(order, 1):
            what = {'xmpp': ('im', 'identity', 'set', 'xmpp', ANNA),
                    'irc': ('im', 'identity', 'set', 'irc', 'anna'),
                    'sip': ('im', 'identity', 'set', 'sip', self.sip.device)}.get(name)
            self.server.ctl(*(what or ('device', 'set', name)), '--rank', str(number))

    def call(self):
        for service in self.services.values():
            service.begin()
        self.number += 1
        return self.caller(name=f'caller{self.number}', hang_up_after=0.5)

    def answer_by_link(self, path):
        """As the page's script does, but without sound."""
        host = f'localhost:{self.server.https}'
        socket = self.world.add(WebSocket(('127.0.0.1', self.server.https), path + '/socket', host,
                                          origin='https://' + host))
        socket.read_type('welcome')
        socket.say(type='offer', sdp=SDP)
        socket.read_type('answer')
        socket.say(type='answer')
        socket.read_type('answered')

    def choose_by(self, way, service, option):
        path = service.wait(LINK)[0][1]
        if way != 'link':
            service.reply(WORDS[option] if way == 'word' else option)
        elif option == 1:
            self.answer_by_link(path)
        else:
            self.assertEqual(self.choose(path, option)[0], 303)

    def check(self, caller, option):
        """It was carried out."""
        result = caller.result()
        if option == 9:
            self.assertEqual(result['status'], 486)
        self.assertEqual(result['answered'], option != 9)
        self.assertEqual(self.decided(), [EVENTS[option]])

    def decided(self):
        """What the call's events say of it when it is over."""
        self.wait_ended()
        return [name for name in self.event_names() if name in (*EVENTS.values(), 'timed-out')]

    def test_choices(self):
        """The laptop is signed in as well: a reply has it answer, whether its turn came or not."""
        laptop = self.device(ring_only=True, talk=True).account['device_id']
        for option, way, name, turn, order in CHOICES:
            with self.subTest(option=option, way=way, service=name, turn=turn, order=order):
                self.check_choice(option, way, name, turn, (*order, laptop) if order else ())

    def check_choice(self, option, way, name, turn, order):
        """Told first, nobody else's turn comes before the choice; later, others were told before."""
        chosen = self.services[name]
        others = {n: s for n, s in self.services.items() if s is not chosen}
        before = {'first': [], 'second': order[:1], 'together': others}[turn]
        self.set_order(25 if turn == 'first' else 1, *order)
        caller = self.call()
        for other in before:
            others[other].wait(LINK)
        late = Lateness()
        self.choose_by(way, chosen, option)
        _, told = chosen.wait(OUTCOMES[option])
        self.check(caller, option)
        apart = [0]
        for other, service in others.items():
            if turn == 'first':
                self.assertEqual(service.lines(), [])
            elif other in before or service.lines():  # the last one's turn may have come, too
                _, taken_back = service.wait(OUTCOMES[option])
                apart.append(abs(taken_back - told) / 1e6)
        self.assertLess(max(apart), SLOWNESS + late.end())
        if turn == 'second':
            at = {e['event']: e['mono'] for e in reversed(self.server.call_events())}
            self.assertGreater(at['step'] - at['offered'], 0.95e6, 'its turn came later')

    def test_silence(self):
        """The default is carried out, and whoever was told hears of it."""
        for order, option, outcome, events in (
                (('xmpp', 'irc', 'sip'), 3, 'went to voicemail', ['timed-out', 'voicemail']),
                (('sip', 'irc', 'xmpp'), 9, 'ended unanswered', ['timed-out']),
                ((), 3, 'went to voicemail', ['timed-out', 'voicemail'])):
            with self.subTest(order=order, option=option):
                self.server.ctl('user', 'set', 'anna', '--default-delay', '5', '--default-option',
                                str(option))
                self.set_order(1, *order)
                caller = self.call()
                late = Lateness()
                told = [service.wait(outcome)[1] for service in self.services.values()]
                self.assertLess((max(told) - min(told)) / 1e6, SLOWNESS + late.end())
                result = caller.result()
                self.assertEqual(result['answered'], option == 3)
                self.assertTrue(option == 3 or result['status'] == 480, result)
                self.assertEqual(self.decided(), events)


if __name__ == '__main__':
    main()
