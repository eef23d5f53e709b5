#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""baresip on the trunk calls a user: transport, codec and encryption pairwise; 6 s of marked speech
each way, hung up from either side, both sides told at once, event stream and history right."""
import time

from harness import main, sound, wait_for
from harness.baresip import Baresip
from harness.flow import FlowCase


class Trunk(FlowCase):
    def call(self, transport, codec, srtp, caller_hangs_up):
        self.start_server()
        device = self.device(answer_after=300)
        # It speaks as soon as it is told of the way (183), before the call is answered.
        said = sound.make_marked(self.world.path('sound', 'says.wav'), 'caller', 6.5, lead=0.6)
        baresip = self.world.add(Baresip(self.world, 'telephone', said, transport, codec, srtp))
        baresip.dial(self.server.uri('100', transport))
        baresip.wait_event('CALL_ESTABLISHED')
        begun = device.wait_event('answered')['mono']
        wait_for('6 s of speech', lambda: device.has('said'), 20)
        time.sleep(0.5)  # its last words are under way
        if caller_hangs_up:
            baresip.hang_up()
        else:
            device.hang_up()
        closed = baresip.wait_closed('user' if caller_hangs_up else 'peer')
        result = device.result()
        self.assertEqual(result['ended_by_peer'], caller_hangs_up)
        self.assert_told_at_once('the caller' if caller_hangs_up else 'the answering side',
                                 closed, result['t_ended'])
        self.assertGreater(result['t_ended'] - begun, 5_000_000)
        self.assert_heard('the user', said, device.heard)
        heard = baresip.finish()
        self.assertTrue(heard, 'baresip kept no recording')
        self.assert_heard('the caller', self.marked('user'), heard[0])
        self.assertEqual(result['key_exchange'], 'DTLS')
        self.assertEqual(result['cipher'], 'AEAD_AES_128_GCM')
        self.assert_events('arrived', 'identified', 'located', 'offered', 'answered', 'ended')
        entry = self.history(device.account)[0]
        self.assertEqual((entry['direction'], entry['outcome']), ('in', 'answered'))
        self.assertEqual(entry['called'], '100')
        self.assertGreaterEqual(entry['duration'], 5)

    def test_udp_pcmu_plain(self):
        self.call('udp', 'PCMU', 'off', True)

    def test_udp_g722_sdes(self):
        self.call('udp', 'G722', 'sdes', False)

    def test_udp_opus_plain(self):
        self.call('udp', 'opus', 'off', True)

    def test_tcp_pcmu_sdes(self):
        self.call('tcp', 'PCMU', 'sdes', False)

    def test_tcp_g722_plain(self):
        self.call('tcp', 'G722', 'off', True)

    def test_tcp_opus_sdes(self):
        self.call('tcp', 'opus', 'sdes', False)

    def test_tls_pcmu_plain(self):
        self.call('tls', 'PCMU', 'off', True)

    def test_tls_g722_sdes(self):
        self.call('tls', 'G722', 'sdes', False)

    def test_tls_opus_sdes(self):
        self.call('tls', 'opus', 'sdes', True)

    def test_udp_g729(self):
        """No telephone in Debian speaks it, so ours stands on the trunk. Towards the device it is recoded:
        not every build of the client has it."""
        self.start_server()
        device = self.device(answer_after=1500)
        caller = self.caller(codecs='G729', hang_up_after=8)
        result = caller.result()
        self.assertEqual(result['codec'], 'G729')
        self.assertEqual(device.result()['codec'], 'opus')
        self.assert_heard('the user', self.marked('caller'), device.heard)
        self.assert_heard('the caller', self.marked('user'), caller.heard)


class Long(FlowCase):
    def test_one_minute(self):
        """A call of 60 s with baresip: heard all the time and still at its end, in both directions."""
        self.start_server()
        said, back = self.marked('caller', 60.0), self.marked('user', 60.0)
        device = self.device(answer_after=300, play=back)
        baresip = self.world.add(Baresip(self.world, 'telephone', said, codec='G722', srtp='sdes'))
        baresip.dial(self.server.uri('100'))
        begun = device.wait_event('answered')['mono']
        wait_for('60 s of speech', lambda: device.has('said'), 90)
        baresip.hang_up()
        closed = baresip.wait_closed('user')
        result = device.result()
        self.assertGreater(result['t_ended'] - begun, 59_000_000)
        self.assert_told_at_once('the caller', closed, result['t_ended'])
        recordings = baresip.finish()
        self.assertEqual(len(recordings), 1, 'baresip kept no recording')
        for who, source, recording in (('the user', said, device.heard),
                                       ('the caller', back, recordings[0])):
            begin = self.assert_heard(who, source, recording, gaps=4).delay_ms / 1000
            tail = sound.write_wav(self.world.path('sound', 'tail.wav'), sound.read_wav(source)[
                -5 * sound.JUDGE_RATE:], sound.JUDGE_RATE)
            # What is spoken repeats itself: the end alone is looked at.
            end = sound.read_wav(recording)[int((begin + 54) * sound.JUDGE_RATE):]
            self.assert_heard(f'{who}, at its end,', tail, end, gaps=1)


if __name__ == '__main__':
    main()
