#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""The client's calls with a real server and telephones, without a display."""
import glob
import os
import time

import numpy

from harness import main, sound, wait_for
from harness.baresip import Baresip
from harness.clientflow import ClientCase
from harness.headless import Headless
from harness.phone import Phone
from harness.relay import Relay
from harness.sipp import Sipp, call_scenario


class Incoming(ClientCase):
    def first_sound(self, client):
        """When the client first sent sound of its microphone, or None."""
        return next((m['mono'] for m in self.world.timeline() if m['mark'] == 'first-sound-sent'
                     and m['program'] == client.program), None)

    def test_silent_until_answer_then_both_heard(self):
        self.start_server()
        client = self.client()
        caller = self.caller(max_time=40)
        ringing = client.wait('call', state='incoming')
        self.assertEqual((ringing['name'], ringing['called']), ('Demo Caller', '100'))
        caller.wait_event('progress')
        time.sleep(1.5)  # the path is warm, the microphone would have much to tell
        self.assertIsNone(self.first_sound(client))
        client.say('answer')
        client.wait_new('call', state='active')
        wait_for('speech', lambda: client.find('figures', cipher='AEAD_AES_128_GCM'), 15)
        time.sleep(6)
        client.say('hang-up')
        client.wait_new('call', state='ended', reason='hung-up')
        result = caller.result()
        self.assertTrue(result['answered'], result)
        said = self.assert_heard('the caller', self.marked('user'), caller.heard, gaps=6)
        self.assertGreater(said.delay_ms, -700, 'the microphone was open before Answer')
        self.assertGreater(self.first_sound(client), self.world.mark('answer-pressed'))
        self.assert_heard('the user', self.marked('caller'), client.heard, gaps=6)
        client.wait_new('history', number='555100', outcome='answered')

    def test_packets_follow_the_path_and_the_person(self):
        """Near and without loss, with a far end that does so too, packets are short; the setting rules."""
        self.start_server()
        client = self.client()
        caller = self.caller(max_time=90, codecs='opus', short_packets=True)
        client.wait('call', state='incoming')
        caller.wait_event('progress')
        time.sleep(1.5)  # the path is warm: speech that waited for it is hurried, and nobody could judge that
        client.say('answer')
        client.wait_new('call', state='active')
        client.wait('figures', timeout=30, sent='40000/10')
        for word, sent in (('save-data', '16000/60'), ('best', '64000/20'), ('balanced', '32000/20')):
            client.say('setting', 'sound-quality', word)
            client.wait_new('figures', timeout=10, sent=sent)
        client.say('hang-up')
        client.wait_new('call', state='ended', reason='hung-up')
        caller.result()
        self.assert_heard('the caller', self.marked('user'), caller.heard, gaps=6)
        self.assert_heard('the user', self.marked('caller'), client.heard, gaps=6)

    def test_keys_of_the_caller_are_told(self):
        self.start_server()
        client = self.client()
        self.answered(client, self.caller(max_time=40, keys='42#'))
        client.wait('far-keys', keys='42#')

    def test_decline(self):
        self.start_server()
        self.server.ctl('user', 'set', 'anna', '--decline-action', 'busy')
        client = self.client()
        caller = self.caller(max_time=30)
        client.wait('call', state='incoming')
        client.say('decline')
        client.wait_new('call', state='ended', reason='declined')
        self.assertEqual(caller.result()['status'], 486)
        client.wait_new('history', outcome='declined')

    def test_voicemail_choice_shows_the_message_by_itself(self):
        self.start_server()
        client = self.client()
        caller = self.caller(hang_up_after=9, play_delay=4000)
        client.wait('call', state='incoming')
        client.say('voicemail')
        client.wait_new('call', state='ended', reason='voicemail')
        caller.result()
        client.wait_new('voicemails', timeout=20, count='1')
        client.wait_new('history', outcome='voicemail')
        client.say('play', 0)
        self.assertEqual(client.wait_new('playing')['message'], '')
        client.say('quit')
        client.process.wait(15)
        self.server.kill()
        client.start()  # without a server the message is still there, and its sound
        client.wait('voicemails', count='1')
        client.say('play', 0)
        self.assertEqual(client.wait_new('playing')['message'], '')
        self.server.start()
        client.wait('account', timeout=40, state='online')
        sound = glob.glob(client.home + '/**/*.opus', recursive=True)
        self.assertEqual(len(sound), 1)
        client.mark()
        other = self.server.sign_in('anna')  # another device of hers deletes it
        message = self.voicemails(other)[0]
        self.server.http('DELETE', f'/voicemail/{message["id"]}', token=other['token'], raw=True)
        client.wait_new('voicemails', count='0')
        self.assertFalse(os.path.exists(sound[0]), 'its sound stays on the disk')

    def test_nobody_chooses(self):
        """The window says what became of the call, as the history does: a message, or nothing."""
        self.start_server()
        client = self.client()
        for option, reason, outcome in ((3, 'voicemail', 'voicemail'), (9, 'no-answer', 'missed')):
            self.server.ctl('user', 'set', 'anna', '--default-delay', '5', '--default-option',
                            str(option))
            client.mark()
            caller = self.caller(play_delay=4000, hang_up_after=8)
            client.wait_new('call', state='incoming')
            client.wait_new('call', state='ended', reason=reason)
            result = caller.result()
            self.assertEqual((result['answered'], result['status'] == 480),
                             (option == 3, option == 9), result)
            client.wait_new('history', outcome=outcome)

    def test_caller_gives_up(self):
        self.start_server()
        client = self.client()
        caller = self.caller()
        client.wait('call', state='incoming')
        caller.stop()
        client.wait('call', state='ended', reason='cancelled')
        client.wait('history', outcome='missed')

    def test_caller_hangs_up(self):
        self.start_server()
        client = self.client()
        self.answered(client, self.caller(hang_up_after=1))
        client.wait_new('call', state='ended', reason='remote')
        client.wait('history', outcome='answered')


class OthersTelephones(ClientCase):
    """baresip and sipp on the trunk call the client that a person has."""

    def pick_up(self, client, telephone, called):
        """Answers what rings, not sooner than a person: speech that had to wait for the path would be
        hurried, and nobody could judge that."""
        ringing = client.wait_new('call', state='incoming')
        self.assertEqual((ringing['number'], ringing['called']), (telephone, called))
        time.sleep(1.5)
        client.say('answer')
        client.wait_new('call', state='active')
        return ringing['id']

    def assert_over(self, client, call, caller_hung_up, called, *moments):
        """Told at once on all sides; the event stream, the client's history and the server's say so too."""
        ended = client.wait('call', id=call, state='ended')
        self.assertEqual(ended['reason'], 'remote' if caller_hung_up else 'hung-up')
        self.assert_told_at_once('the caller' if caller_hung_up else 'the answering side',
                                 ended['mono'], *moments)
        self.assert_events('arrived', 'identified', 'located', 'offered', 'answered', 'ended')
        client.wait_new('history', outcome='answered', number=ended['number'], called=called)
        entry = max(self.history(self.server.sign_in('anna')), key=lambda r: r['row'])
        self.assertEqual((entry['direction'], entry['outcome'], entry['called'], entry['number']),
                         ('in', 'answered', called, ended['number']))
        self.assertGreaterEqual(entry['duration'], 6)

    def call(self, transport, codec, srtp, caller_hangs_up, dialled='100'):
        self.start_server()
        client = self.client()
        said = self.marked('caller')
        # It begins to send when it hears that it rings, which nobody hears.
        baresip = self.world.add(Baresip(self.world, 'telephone', said, transport, codec, srtp,
                                         play_delay=3000))
        baresip.dial(self.server.uri(dialled, transport))
        call = self.pick_up(client, 'telephone', dialled)
        self.wait_played(client, seconds=8)
        running, = self.server.ctl_json('calls')
        self.assertEqual((running['codec_in'], running['encrypted']), (codec, srtp != 'off'))
        if caller_hangs_up:
            baresip.hang_up()
        else:
            client.say('hang-up')
        closed = baresip.wait_closed('user' if caller_hangs_up else 'peer')
        self.assert_over(client, call, caller_hangs_up, dialled, closed)
        self.assert_heard('the user', said, client.heard, gaps=6)
        recordings = baresip.finish()
        self.assertEqual(len(recordings), 1, 'baresip kept no recording')
        self.assert_heard('the caller', self.marked('user'), recordings[0], gaps=6)

    def test_baresip_udp_pcmu_plain(self):
        self.call('udp', 'PCMU', 'off', True)

    def test_baresip_tcp_g722_sdes(self):
        """To a SIP address instead of a number."""
        self.call('tcp', 'G722', 'sdes', False, dialled='anna')

    def test_baresip_tls_opus_sdes(self):
        self.call('tls', 'opus', 'sdes', True)

    def sipp(self, name, number, transport, **options):
        scenario = call_scenario(self.world, name, number, **options)
        return Sipp(self.world, name, scenario, self.server.ports[transport], transport,
                    echo='play' not in options)

    def test_sipp(self):
        """One call by a number that was forwarded here, in which sipp speaks; one that sends back what it
        hears, so that both directions are proved."""
        self.start_server()
        client = self.client()
        said = self.marked('caller')
        sipp = self.sipp('say', '555', 'udp', play=said, headers=[
            'Diversion: <sip:100@provider.test>;reason=no-answer;counter=1'])
        call = self.pick_up(client, '555200', '100')
        self.assertTrue(sipp.wait(60), sipp.process.tail())
        self.assert_over(client, call, True, '100')
        self.assert_heard('the user', said, client.heard, gaps=6)
        told = {e['event']: e for e in self.server.call_events()}
        self.assertEqual((told['arrived']['called'], told['identified']['called']), ('555', '100'))
        self.assertIn('before forwarding', told['identified']['reason'])
        client.mark()
        heard_before = len(sound.read_wav(client.heard))
        sipp = self.sipp('echo', '100', 'tcp', hang_up=False)
        call = self.pick_up(client, '555200', '100')
        self.wait_played(client)
        client.say('hang-up')
        self.assertTrue(sipp.wait(60), sipp.process.tail())
        self.assert_over(client, call, False, '100')
        self.assert_heard('the user', self.marked('user'),
                          sound.read_wav(client.heard)[heard_before:], gaps=6)


class Outgoing(ClientCase):
    def test_echo_number_gives_back_what_is_said(self):
        self.start_server(trunk=False)
        client = self.client()
        client.say('echo')
        client.wait_new('call', state='active')
        time.sleep(7.5)
        client.say('hang-up')
        client.wait_new('call', state='ended', reason='hung-up')
        self.assert_heard('the user', self.marked('user'), client.heard, gaps=6)

    def test_client_calls_client(self):
        self.start_server(trunk=False)
        self.server.add_user('bert', '101', name='Bert Demo')
        anna = self.client('anna-client')
        bert = self.client('bert-client', 'bert', said='third')
        anna.say('dial', '101')
        anna.wait_new('call', state='ringing')
        self.assertEqual(bert.wait('call', state='incoming')['name'], 'Anna Demo')
        bert.say('answer')
        bert.wait_new('call', state='active')
        anna.wait_new('call', state='active')
        self.wait_played(anna, bert)
        bert.say('hang-up')
        anna.wait_new('call', state='ended', reason='remote')
        self.assert_heard('bert', self.marked('user'), bert.heard, gaps=6)
        self.assert_heard('anna', self.marked('third'), anna.heard, gaps=6)

    def test_nobody_there(self):
        self.start_server(trunk=False)
        client = self.client()
        client.say('dial', '199')
        client.wait_new('call', state='ended', reason='not-found')


class Telephones(ClientCase):
    """Calls out through the trunk to a telephone."""

    def start_with_telephone(self, **options):
        self.start_server(trunk=False)
        merged = {'listen': 'udp:127.0.0.1:0', 'play': self.marked('third'), 'max_time': 60}
        merged.update(options)
        phone = Phone(self.world, 'outside', None, **merged)
        port = phone.wait_ready()
        self.server.add_trunk('provider', kind='address', trusted='127.0.0.1',
                              proxy=f'sip:127.0.0.1:{port};transport=udp', prefix='0')
        return phone, self.client()

    def test_both_heard_and_keys_go_out(self):
        phone, client = self.start_with_telephone(answer_after=800)
        client.say('dial', '0555200')
        client.wait_new('call', state='ringing')
        client.wait_new('call', state='active')
        phone.wait_event('said', 20)
        for key in '4#':
            client.say('digit', key)
        wait_for('the keys', lambda: phone.keys() == '4#')
        client.say('hang-up')
        result = phone.result()
        self.assertEqual(result['keys'], '4#')
        self.assert_heard('the telephone', self.marked('user'), phone.heard, gaps=6)
        self.assert_heard('the user', self.marked('third'), client.heard, gaps=6)
        client.wait_new('history', outcome='answered', number='0555200')

    def test_busy(self):
        _, client = self.start_with_telephone(reject=486, answer_after=100)
        client.say('dial', '0555200')
        client.wait_new('call', state='ended', reason='busy')

    def test_given_up(self):
        phone, client = self.start_with_telephone(ring_only=True)
        client.say('dial', '0555200')
        client.wait_new('call', state='ringing')
        client.say('hang-up')
        client.wait_new('call', state='ended', reason='hung-up')
        self.assertFalse(phone.result()['answered'])


class SecondCall(ClientCase):
    def test_second_call_holds_the_first(self):
        self.start_server()
        client = self.client(said='user')
        first = self.answered(client, self.caller(name='first', max_time=90))
        time.sleep(3)
        client.mark()
        caller = self.caller(name='second', play=self.marked('third'), max_time=60)
        client.wait_new('call', state='incoming')
        client.say('answer')
        second = client.wait_new('call', state='active')
        held_from = len(sound.read_wav(client.heard))
        caller.wait_event('said', 25)
        time.sleep(0.5)
        client.say('hang-up')
        client.wait_new('call', state='ended', id=second['id'])
        later = sound.read_wav(client.heard)[held_from:]
        self.assert_heard('the user', self.marked('third'), later, gaps=8)
        client.say('resume')
        time.sleep(1)
        client.say('hang-up')
        client.wait_new('call', state='ended', reason='hung-up')
        self.assertTrue(first.result()['answered'])


class HalfDuplex(ClientCase):
    """Syllables without a pause that is longer than 50 ms from the far end; a short chirp a second, much
    softer, from the near end, which is no break-in."""

    def syllables(self, seconds):
        one = numpy.concatenate([sound.chirp(400, 1500, 0.2), numpy.zeros(sound.RATE // 20)])
        return sound.write_wav(self.world.path('sound', 'syllables.wav'),
                               numpy.tile(one, int(seconds * 4)))

    def chirps(self, seconds):
        one = numpy.concatenate([sound.chirp(1000, 2500, 0.1) / 6,
                                 numpy.zeros(sound.RATE * 9 // 10)])
        return sound.write_wav(self.world.path('sound', 'chirps.wav'), numpy.tile(one, seconds))

    def test_who_began_is_heard_alone(self):
        """In the call it is switched on: the near end is heard no more while the far end speaks, and as
        before when that is silent."""
        self.start_server()
        client = self.world.add(Headless(self.world, said=self.chirps(60)))
        client.sign_in(self.server)
        for name in ('noise-suppression', 'gain-control'):
            client.say('set', name, 'off')
        caller = self.caller(play=self.syllables(16), max_time=60)
        client.wait('call', state='incoming')
        client.say('answer')
        caller.wait_event('answered')
        begun, looks = time.monotonic(), {}

        def look(what):
            time.sleep(1.5)
            looks[what] = time.monotonic() - begun
            time.sleep(4)
        look('duplex')
        client.say('set', 'half-duplex', 'on')
        look('half duplex')
        client.wait_new('figures', half_duplex='yes')
        caller.wait_event('said', 20)
        look('alone')
        client.say('hang-up')
        answer = caller.result()['answer_on_tape_ms'] / 1000
        heard = {what: sound.loudness(caller.heard, answer + at, answer + at + 3.5)
                 for what, at in looks.items()}
        self.assertGreater(heard['duplex'], -40, heard)
        self.assertLess(heard['half duplex'], heard['duplex'] - 20, heard)
        self.assertGreater(heard['alone'], heard['duplex'] - 3, heard)


class LostConnection(ClientCase):
    delay = 60

    def test_rings_on_and_is_answered(self):
        """Cut off in mid-ring, it comes back on another connection: the same window answers."""
        self.start_server()
        relays = [self.world.add(Relay(port))
                  for port in (self.server.https, self.server.ports['tls'])]
        client = self.client(user=None).sign_in(self.server, host='127.0.0.2')
        caller = self.caller(max_time=60)
        client.wait('call', state='incoming')
        self.server.wait_call_event('ringing')  # as the server has it too
        relays[1].cut()
        wait_for('it to ring anew', lambda: self.event_names().count('ringing') == 2, 45)
        time.sleep(1.5)  # the path is warm
        client.say('answer')
        client.wait_new('call', state='active')
        time.sleep(6)
        client.say('hang-up')
        self.assertTrue(caller.result()['answered'])
        self.assertEqual(len(client.calls()), 1)
        self.assert_heard('the caller', self.marked('user'), caller.heard, gaps=6)
        self.assert_heard('the user', self.marked('caller'), client.heard, gaps=6)


if __name__ == '__main__':
    main()
