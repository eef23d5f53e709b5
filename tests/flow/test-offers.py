#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Who wins a call offer, and what everybody is told."""
import os
import time

from harness import main, sound, wait_for
from harness.flow import FlowCase


class Offers(FlowCase):
    delay = 5

    def set_greeting(self, account, path):
        with open(path, 'rb') as f:
            status, reply = self.server.http('PUT', '/greeting', f.read(), token=account['token'])
        self.assertEqual(status, 204, reply)

    def wait_words(self):
        """The server's own, where a user has no greeting: spoken to a file at the start."""
        path = os.path.join(self.server.state, 'prompts', 'en-leave-message.wav')
        wait_for('the words to be spoken', lambda: os.path.exists(path))
        return path

    def keep_message(self, account, message):
        """Fetches it; returns the file."""
        status, audio = self.server.http('GET', f'/voicemail/{message["id"]}/audio',
                                         token=account['token'], raw=True)
        self.assertEqual(status, 200)
        path = self.world.path('sound', f'{message["id"]}.opus')
        with open(path, 'wb') as f:
            f.write(audio)
        return path

    def assert_silence(self, heard, begin, end):
        """From a quarter of a second after `begin` on: codecs and jitter buffers have their echoes."""
        self.assertLess(sound.loudness(heard, begin + 0.25, end), -60,
                        f'not silent from {begin} to {end} s')

    def assert_ring_back(self, heard):
        """425 Hz, 1 s in five (ITU-T E.180), and nothing else; at least two of them."""
        rings = sound.find_tone(heard, 425)
        self.assertGreaterEqual(len(rings), 2, rings)
        for begin, end in rings[:2]:
            self.assertAlmostEqual(end - begin, 1, delta=0.15)
            self.assertAlmostEqual(sound.find_pitch(heard, begin, end), 425, delta=3)
        self.assertAlmostEqual(rings[1][0] - rings[0][0], 5, delta=0.15)
        self.assert_silence(heard, rings[0][1], rings[1][0] - 0.1)

    def assert_beep(self, heard, begin, end):
        """1,000 Hz for 0.3 s right after `begin`, and silence to the end."""
        beep, = sound.find_tone(heard, 1000)
        self.assertAlmostEqual(beep[1] - beep[0], 0.3, delta=0.06)
        self.assertAlmostEqual(sound.find_pitch(heard, *beep), 1000, delta=5)
        self.assertTrue(begin - 0.1 < beep[0] < begin + 0.6, (begin, beep))
        self.assert_silence(heard, beep[1], end)

    def test_two_calls_at_once(self):
        self.start_server()
        device = self.device(answer_after=300, calls=2)
        first = self.caller(name='first', hang_up_after=5)
        second = self.caller(name='second', play=self.marked('third'), hang_up_after=5)
        self.assertTrue(first.result()['answered'])
        self.assertTrue(second.result()['answered'])
        wait_for('both calls to end at the device', lambda: len(device.results()) == 2)
        for caller in (first, second):
            self.assert_heard(caller.name, self.marked('user'), caller.heard, gaps=8)
        calls = {e['call'] for e in self.server.events() if e['event'] == 'answered'}
        self.assertEqual(len(calls), 2)

    def test_two_devices_one_winner(self):
        self.start_server()
        winner = self.device('laptop', answer_after=600)
        loser = self.device('desktop', ring_only=True)
        caller = self.caller(hang_up_after=3)
        self.assertTrue(caller.result()['answered'])
        told = loser.result()
        self.assertFalse(told['answered'])
        self.assertEqual(told['reason_cause'], 200, told)
        self.assertIn('elsewhere', told['reason_text'].lower())
        self.assertTrue(winner.result()['answered'])
        self.assertEqual(winner.has('arrived')['Offhook-Offer'],
                         loser.has('arrived')['Offhook-Offer'])

    def test_offer_says_what_it_is(self):
        self.start_server()
        device = self.device(answer_after=200)
        caller = self.caller(hang_up_after=1)
        caller.result()
        arrived = device.has('arrived')
        self.assertTrue(arrived['Offhook-Offer'])
        self.assertEqual(arrived['Offhook-Called'], '100')
        self.assertLessEqual(int(arrived['Offhook-Deadline']), 5)
        self.assertEqual(arrived['from_name'], 'Demo Caller')

    def test_withheld_caller(self):
        self.start_server()
        device = self.device(answer_after=200)
        self.caller(hang_up_after=1, withhold=True).result()
        arrived = device.has('arrived')
        self.assertTrue(arrived['withheld'], arrived)
        self.assertNotIn('555100', str(arrived))

    def test_decline_goes_to_voicemail(self):
        self.start_server()
        device = self.device(answer_after=300, reject=603, header='Offhook-Choice: 9')
        caller = self.caller(hang_up_after=9, play_delay=4000)
        result = caller.result(30)
        self.assertTrue(result['answered'], 'declined: voicemail takes the call')
        self.assertFalse(device.result()['answered'])
        self.assert_events('offered', 'declined', 'voicemail', 'ended')

    def test_decline_as_busy(self):
        self.start_server()
        self.server.ctl('user', 'set', 'anna', '--decline-action', 'busy')
        self.device(answer_after=300, reject=603, header='Offhook-Choice: 9')
        result = self.caller().result()
        self.assertFalse(result['answered'])
        self.assertEqual(result['status'], 486)

    def test_no_answer_then_voicemail(self):
        """The caller hears ring-back as early media, then the user's greeting, the beep and nothing more;
        speaks, and the message stands in the list."""
        self.delay = 7  # the second ring is whole
        self.start_server()
        device = self.device(ring_only=True)
        greeting, said = self.marked('third', 3.0), self.marked('caller')
        self.set_greeting(device.account, greeting)
        begun = time.monotonic()
        caller = self.caller(play_delay=5000, hang_up_after=12)
        caller.wait_event('answered')
        self.assertGreater(time.monotonic() - begun, self.delay - 0.5)
        told = device.result()
        self.assertEqual(told['reason_cause'], 480, told)
        result = caller.result(30)
        self.assertTrue(result['early_media'])
        heard = sound.read_wav(caller.heard)
        greeted = self.assert_heard('the caller', greeting, heard).delay_ms / 1000
        self.assertAlmostEqual(greeted, result['answer_on_tape_ms'] / 1000, delta=0.5)
        self.assert_ring_back(heard[:int(greeted * sound.JUDGE_RATE)])
        self.assert_beep(heard, greeted + 3, len(heard) / sound.JUDGE_RATE)
        self.assert_events('arrived', 'offered', 'timed-out', 'voicemail', 'recording', 'ended')
        message = self.voicemails(device.account)[0]
        self.assertEqual(message['number'], '555100')
        self.assertFalse(message['heard'])
        kept = self.keep_message(device.account, message)
        self.assert_heard('the voicemail', said, sound.read_opus(kept))

    def test_nobody_signed_in(self):
        """No device: straight to voicemail, with the words of the server."""
        self.start_server()
        words = self.wait_words()
        caller = self.caller(play_delay=6000, hang_up_after=8)
        caller.result()
        self.wait_ended()
        self.assertNotIn('timed-out', self.event_names())
        self.assertEqual(len(self.voicemails(self.server.sign_in('anna'))), 1)
        heard = sound.read_wav(caller.heard)
        begin = self.assert_heard('the caller', words, heard).delay_ms / 1000
        self.assert_beep(heard, begin + len(sound.read_wav(words)) / sound.JUDGE_RATE,
                         len(heard) / sound.JUDGE_RATE)

    def test_messages_that_end_by_themselves(self):
        """One of a caller who falls silent, and one of who goes on to the longest time: the server hangs
        up, and what is kept is as long as it says."""
        self.start_server(voicemail_max=8, voicemail_silence=2)
        self.wait_words()
        options = {'keys': '5', 'keys_delay': 1000, 'play_delay': 2500}  # the key ends them
        silent = self.caller(name='silent', play=self.marked('caller', 3.0), **options)
        talker = self.caller(name='talker', play=self.marked('third', 20.0), **options,
                             **{'from': 'sip:555200@127.0.0.1'})
        for phone in (silent, talker):
            told = phone.result(40)
            self.assertTrue(told['answered'] and told['ended_by_peer'], told)
        calls = {e['number']: e['call'] for e in self.server.events() if e['event'] == 'arrived'}
        for number, reason in (('555100', 'the caller fell silent'),
                               ('555200', 'the longest time was reached')):
            self.wait_ended(calls[number])
            self.assertEqual(self.server.call_events(calls[number])[-1]['reason'], reason)
        account = self.server.sign_in('anna')
        messages = {m['number']: m for m in self.voicemails(account)}
        kept = {n: sound.read_opus(self.keep_message(account, m)) for n, m in messages.items()}
        for number, message in messages.items():
            self.assertAlmostEqual(len(kept[number]) / sound.JUDGE_RATE,
                                   message['duration_ms'] / 1000, delta=0.05)
        begin = self.assert_heard('the first message', self.marked('caller', 3.0),
                                  kept['555100']).delay_ms / 1000
        self.assertAlmostEqual(messages['555100']['duration_ms'] / 1000, begin + 3 + 2, delta=0.5)
        self.assertAlmostEqual(messages['555200']['duration_ms'], 8000, delta=20)
        self.assert_heard('the second message', self.marked('third', 5.0), kept['555200'])

    def test_caller_gives_up(self):
        self.delay = 30
        self.start_server()
        device = self.device(ring_only=True)
        caller = self.caller()
        device.wait_event('arrived')
        caller.stop()
        self.assertFalse(caller.result()['answered'])
        told = device.result()
        self.assertFalse(told['answered'])
        self.assertEqual(told['reason_cause'], 0, told)
        self.wait_ended()
        self.assertEqual(self.history(device.account)[0]['outcome'], 'missed')
        self.assertFalse(self.voicemails(device.account))

    def test_answer_at_the_time_out(self):
        """One winner and no lost caller, whichever comes first."""
        self.start_server()
        for offset in (-40, -10, 0, 10, 40):
            with self.subTest(offset=offset):
                device = self.device(f'laptop{offset}', answer_after=self.delay * 1000 + offset)
                caller = self.caller(name=f'caller{offset}', hang_up_after=2)
                self.assertTrue(caller.result()['answered'], 'the caller was lost')
                answered = device.result()['answered']
                self.wait_ended()
                names = self.event_names()
                self.assertEqual(names.count('answered') + names.count('voicemail'), 1, names)
                self.assertTrue(answered or 'voicemail' in names)
                device.stop()

    def test_sign_out_in_mid_ring(self):
        """The only device goes: the caller is not left ringing until the time-out."""
        self.delay = 60
        self.start_server()
        device = self.device(ring_only=True)
        caller = self.caller(hang_up_after=2)
        caller.wait_event('ringing')
        device.stop()
        self.assertTrue(caller.wait_event('answered', 20), 'voicemail takes the call')

    def test_silence_before_answer(self):
        """The device's path is open while it rings, but what it would say stays there."""
        self.start_server()
        device = self.device(answer_after=3000)
        caller = self.caller(hang_up_after=6.5)
        result = caller.result()
        before = result['answer_on_tape_ms'] / 1000
        self.assert_heard('the caller', self.marked('user'), caller.heard)
        early = sound.read_wav(caller.heard)[:int(before * sound.JUDGE_RATE)]
        self.assert_not_heard('the caller before Answer', self.marked('user'), early)
        told = device.result()
        self.assertLess(told['t_ready'], told['t_answered'], 'the path was warm before Answer')
        late = sound.read_wav(device.heard)
        quiet = late[:int(max(0, told['answer_on_tape_ms'] / 1000 - 0.1) * sound.JUDGE_RATE)]
        self.assertLess(sound.loudness(quiet), -60, 'the device heard the caller before Answer')


if __name__ == '__main__':
    main()
