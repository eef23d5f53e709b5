#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Until Answer no sound of the microphone leaves the client: all that it sends is recorded from a raw
socket, deciphered with the keys of its own handshake by another implementation, and judged."""
import os

import numpy

from harness import main, sound, wait_for
from harness.flow import FlowCase
from harness.headless import Headless
from harness.pulse import Pulse
from harness.srtp import decode, readers
from harness.wire import TCP, UDP, Wire, enter_name_space, ports_of
from harness.world import build_root, find_program

RINGING = 5.0       # s that it rings while somebody speaks loudly
TALKING = 8.0       # s after Answer: the marked file of 3 s is in there as a whole
SILENT_DB = -75.0   # dBFS; comfort noise of a codec may be there, nothing that says anything
LEAST_VOICE = 700   # bytes a second: no codec carries a voice in less
HANDSHAKE = (20, 21, 22)  # DTLS records but those that carry data


class BeforeAnswer(FlowCase):
    def setUp(self):
        enter_name_space()
        super().setUp()
        self.wire = self.world.add(Wire())
        self.pulse = self.world.add(Pulse(self.world))
        self.said = self.marked('user', 3.0)
        self.others = set()  # ports of the server and of the telephone

    def speak_all_the_time(self):
        once = sound.read_wav(self.said, sound.RATE)
        endless = sound.write_wav(self.world.path('sound', 'endless.wav'), numpy.tile(once, 30))
        self.world.start('paplay', [find_program('paplay'), '-d', 'room', endless],
                         env=self.pulse.env)

    def start_client(self):
        keys = self.world.path('keys', 'client')
        env = {'OFFHOOK_AUDIO': 'pulse', 'PULSE_SERVER': self.pulse.env['PULSE_SERVER'],
               'OFFHOOK_KEY_TAP': keys,
               # The tap stands in front of the address sanitizer, and does nothing that it minds.
               'ASAN_OPTIONS': os.environ.get('ASAN_OPTIONS', '') + ':verify_asan_link_order=0',
               'LD_PRELOAD': os.path.join(build_root(), 'tests', 'flow', 'libkey-tap.so')}
        client = self.world.add(Headless(self.world, env=env)).sign_in(self.server)
        return client, keys

    def note_others(self, caller):
        for process in (self.server.process, caller.process):
            self.others |= ports_of(process.pid)

    def sent_by_client(self):
        return [p for p in self.wire.packets if (p.protocol, p.source) not in self.others]

    def is_quiet(self):
        """The client has asked for its history, settings and so on, and has sent nothing for a while."""
        sent = self.sent_by_client()
        return sent and self.wire.now() - sent[-1].mono > 1.5e6

    def read(self, packets, keys):
        """The RTP packets, deciphered; each of them has to be."""
        with open(keys, encoding='ascii') as f:
            material = [bytes.fromhex(line) for line in f.read().split()]
        self.assertEqual(len(material), 1, 'one call, one handshake')
        own = [[reader.open(p) for p in packets] for reader in readers(material[0])]
        best = max(own, key=lambda opened: sum(r is not None for r in opened))
        self.assertNotIn(None, best, 'a packet that was not made with the key of the call')
        return best

    def check_kinds(self, packets):
        """Nothing but what the warm path needs: checks, a handshake, reports, comfort packets."""
        for packet in packets:
            if packet.protocol == UDP:
                self.assertIn(packet.kind, ('stun', 'dtls', 'rtp', 'rtcp'))
            if packet.kind == 'dtls' and packet.protocol == UDP:
                self.assertIn(packet.payload[0], HANDSHAKE, 'DTLS carries data')
        self.assertLessEqual({p.protocol for p in packets}, {TCP, UDP})

    def check_bytes(self, packets, seconds):
        """What is not deciphered and judged is less than a voice needs, however it were hidden."""
        for name, some in (('TCP', [p for p in packets if p.protocol == TCP]),
                           ('UDP but RTP', [p for p in packets if p.protocol == UDP
                                            and p.kind != 'rtp'])):
            rate = sum(len(p.payload) for p in some) / seconds
            print(f'# {name} while it rang: {len(some)} packets, {rate:.0f} bytes a second')
            self.assertLess(rate, LEAST_VOICE, name)

    def ring(self, client, caller):
        client.wait('call', state='incoming')
        wait_for('the handshake', lambda: any(p.kind == 'rtp' for p in self.sent_by_client()), 10)
        rings_at = self.wire.now()
        states = set()
        while self.wire.now() < rings_at + RINGING * 1e6:
            states.add(self.pulse.microphone_state())
            self.note_others(caller)
        self.assertNotIn('RUNNING', states, 'the microphone was open while it rang')
        return rings_at

    def call(self, codec):
        self.pulse.start()
        self.start_server()
        self.speak_all_the_time()
        client, keys = self.start_client()
        self.others |= ports_of(self.server.process.pid)
        wait_for('what signing in asks for to be over', self.is_quiet, 15)
        caller = self.caller(max_time=60, codecs=codec)
        rings_at = self.ring(client, caller)
        client.say('answer')
        client.wait_new('call', state='active')
        begun = self.wire.now()
        wait_for('the microphone', lambda: self.pulse.microphone_state() == 'RUNNING', 5)
        wait_for('speech', lambda: self.wire.now() > begun + TALKING * 1e6, TALKING + 2)
        self.note_others(caller)
        client.say('hang-up')
        client.wait_new('call', state='ended', reason='hung-up')
        caller.result()
        self.wire.end()
        self.assertEqual(self.wire.lost, 0, 'packets missed by the recording')
        self.judge(rings_at, keys, caller)

    def best_copy(self, samples):
        """The speech begins anew every 3 s: 6 s of it hold the file as a whole, 8 s also parts that
        would be as good to find."""
        pieces = [samples[begin * sound.JUDGE_RATE:(begin + 6) * sound.JUDGE_RATE]
                  for begin in range(3)]
        return max((sound.judge(self.said, piece) for piece in pieces),
                   key=lambda judged: judged.correlation)

    def judge(self, rings_at, keys, caller):
        pressed = self.world.mark('answer-pressed')
        sent = self.sent_by_client()
        before = [p for p in sent if p.mono < pressed]
        self.check_kinds(before)
        self.check_bytes([p for p in before if p.mono >= rings_at], (pressed - rings_at) / 1e6)
        rtp = self.read([p for p in sent if p.kind == 'rtp' and p.protocol == UDP], keys)
        early = decode([r for r in rtp if r.mono < pressed])
        late = decode([r for r in rtp if r.mono >= pressed])
        self.assertGreater(len(early), 0, 'the warm path was not there: nothing was proved')
        level, judged = sound.loudness(early), sound.judge(self.said, early)
        print(f'# before Answer: {len([r for r in rtp if r.mono < pressed])} RTP packets, '
              f'{level:.0f} dBFS, {judged}')
        self.assertLess(level, SILENT_DB)
        self.assertLess(judged.correlation, 0.1)
        after = self.best_copy(late)
        print(f'# after Answer: {sound.loudness(late):.0f} dBFS, {after}')
        self.assertGreater(after.correlation, 0.8)
        self.assertLessEqual(after.gaps, 1)
        heard = self.best_copy(sound.read_wav(caller.heard)[-8 * sound.JUDGE_RATE:])
        print(f'# the caller heard: {heard}')
        self.assertTrue(heard.heard, heard)
        self.assertLessEqual(heard.gaps, 2)

    def test_opus(self):
        self.call('opus')

    def test_pcmu(self):
        self.call('PCMU')


if __name__ == '__main__':
    main()
