# SPDX-License-Identifier: GPL-3.0-or-later
"""What the flow tests share: a server with a user and a trunk, devices, marked sound, judgements."""
import zlib

from .case import TestCase
from .phone import Phone
from .process import SLOWNESS, Failure, wait_for
from .server import Server
from . import sound

AT_ONCE_US = 1_000_000 if SLOWNESS == 1 else 5_000_000


class FlowCase(TestCase):
    """A device is offhook-phone signed in as our client is: TLS, SHA-256 digest, ICE, DTLS-SRTP."""
    delay = 20  # s until the default option

    def setUp(self):
        super().setUp()
        self.server = None
        self.place = self.world  # where server and devices are
        self._marked = {}

    def marked(self, who, seconds=6.0):
        """The marked file of one voice, made once a test."""
        key = (who, seconds)
        if key not in self._marked:
            self._marked[key] = sound.make_marked(
                self.world.path('sound', f'{who}-{seconds:g}-says.wav'), who, seconds)
        return self._marked[key]

    def start_server(self, trunk=True, **options):
        """A call server with user anna, number 100, and a trunk that trusts 127.0.0.1."""
        self.server = self.world.add(Server(self.place, **options))
        self.server.add_user('anna', '100', name='Anna Demo', default_delay=self.delay)
        if trunk:
            self.server.add_trunk('provider', kind='address', trusted='127.0.0.1', srtp='optional')
        return self.server

    def device(self, name='laptop', user='anna', account=None, wait=True, **options):
        """A signed-in device that takes calls; returns the telephone."""
        instance = f'urn:uuid:00000000-0000-4000-8000-{zlib.crc32(name.encode()):012d}'
        account = account or self.server.sign_in(user, device=name, instance=instance)
        merged = self.server.device_options(account)
        merged.update(register=True, keep_waiting=True, max_time=600, play=self.marked('user'))
        merged.update(options)
        phone = Phone(self.place, name, **merged)
        phone.account = account
        if wait:
            phone.wait_event('registered')
        return phone

    def caller(self, number='100', name='caller', transport='udp', **options):
        """A telephone on the trunk that calls."""
        merged = {'listen': f'{transport}:127.0.0.1:0', 'from': 'sip:555100@127.0.0.1',
                  'name': 'Demo Caller', 'play': self.marked('caller'), 'max_time': 90}
        merged.update(options)
        return Phone(self.world, name, self.server.uri(number, transport), **merged)

    def assert_heard(self, who, source, recording, gaps=2):
        """`recording` holds what `source` says, without more gaps than that."""
        judgement = sound.judge(source, recording)
        self.assertTrue(judgement.heard, f'{who} did not hear the other side: {judgement}')
        self.assertLessEqual(judgement.gaps, gaps, f'{who} heard gaps: {judgement}')
        return judgement

    def assert_not_heard(self, who, source, recording):
        judgement = sound.judge(source, recording)
        self.assertFalse(judgement.heard, f'{who} should not have heard this: {judgement}')

    def event_names(self, call=None):
        return [e['event'] for e in self.server.call_events(call)]

    def assert_events(self, *wanted, call=None, timeout=15.0):
        """These events come, in this order; others may lie between. What a program at the end of a line
        knows may be ahead of the stream."""
        def missing():
            rest = iter(self.event_names(call))
            return [w for w in wanted if w not in rest]
        try:
            wait_for('those events', lambda: not missing(), timeout, 0.1)
        except Failure:
            names = self.event_names(call)
            self.fail(f'the event stream {names} misses (in order) {missing()}')

    def wait_ended(self, call=None, timeout=15.0):
        """Until all is written of a call (default: the last one that arrived): its events, its rows in
        the history, its message. Its caller knows earlier that it is over."""
        self.server.wait_call_event('ended', timeout, call)

    def assert_told_at_once(self, who, *moments):
        """`who` ("the caller") hung up, says the server; and nobody knew it long before the others:
        `moments` are those of the ends (CLOCK_MONOTONIC microseconds), the server's is its event's."""
        ended = self.server.wait_call_event('ended')
        self.assertEqual((ended['reason'], ended['status']), (f'{who} hung up', 200))
        moments = [ended['mono'], *moments]
        self.assertLess(max(moments) - min(moments), AT_ONCE_US, moments)

    def history(self, account):
        status, reply = self.server.http('GET', '/history', token=account['token'])
        self.assertEqual(status, 200, reply)
        return reply['calls']

    def voicemails(self, account):
        status, reply = self.server.http('GET', '/voicemail', token=account['token'])
        self.assertEqual(status, 200, reply)
        return reply['messages']
