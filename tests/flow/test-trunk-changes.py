#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a trunk does to a call besides making and ending it: hold, another codec, an INVITE without
SDP, keys by INFO, session timers, reliable responses, SRTP that is forbidden or demanded, and who the
caller is."""
import re
import time

from harness import main
from harness.flow import FlowCase
from harness.process import wait_for
from harness.rawsip import RawSip

KEY = 'a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:' + 'A' * 40


class Changes(FlowCase):
    def raw(self, **options):
        return self.world.add(RawSip(self.server, **options))

    def answered(self, body=None, **options):
        self.start_server()
        device = self.device(answer_after=100, **options)
        raw = self.raw()
        status, text = raw.offer(raw.sdp() if body is None else body)
        self.assertEqual(status, 200, text)
        return device, raw, text

    def assert_sound(self, raw, payload_type):
        begin = time.monotonic()
        wait_for('sound of that codec', lambda: raw.heard_since(begin, payload_type) > 20, 5)

    def test_hold_and_back(self):
        _, raw, _ = self.answered()
        self.assert_sound(raw, 0)
        status, text = raw.offer(raw.sdp(direction='sendonly'))
        self.assertEqual(status, 200)
        self.assertIn('a=recvonly', text)
        wait_for('silence', lambda: not raw.heard_since(time.monotonic() - 0.3), 2)
        begin = time.monotonic()
        time.sleep(1)
        self.assertLessEqual(raw.heard_since(begin), 2, 'sound was sent to a telephone on hold')
        status, text = raw.offer(raw.sdp())
        self.assertEqual(status, 200)
        self.assertNotIn('a=recvonly', text)
        self.assert_sound(raw, 0)
        self.assertEqual(raw.bye(), 200)

    def test_hold_in_each_way(self):
        """RFC 3264, 8.4, and the old c=0.0.0.0; resumed by a re-INVITE that asks for our offer, whose
        answer names another port."""
        _, raw, _ = self.answered()
        for offer, answer in (('inactive', 'inactive'), ('recvonly', 'sendonly'),
                              ('sendonly', 'recvonly')):
            status, text = raw.offer(raw.sdp(direction=offer))
            self.assertEqual(status, 200)
            self.assertIn(f'a={answer}\r', text)
        status, text = raw.offer(raw.sdp(direction='sendonly').replace('c=IN IP4 127.0.0.1',
                                                                       'c=IN IP4 0.0.0.0'))
        self.assertEqual(status, 200)
        self.assertNotIn('a=sendrecv', text)
        self.assertNotIn('a=sendonly', text)
        other = self.raw()
        status, text = raw.offer('')
        self.assertEqual(status, 200)
        self.assertNotIn('a=recvonly', text)
        self.assertNotIn('a=inactive', text)
        raw.send('ACK', other.sdp(), cseq=raw.cseq)
        self.assert_sound(other, 0)
        self.assertEqual(raw.bye(), 200)

    def test_old_place_that_goes_on_sending(self):
        """Sound goes where the last SDP says, not back to the port that an earlier one named."""
        _, raw, _ = self.answered()
        self.assert_sound(raw, 0)
        other = self.raw()
        self.assertEqual(raw.offer(other.sdp())[0], 200)
        self.assert_sound(other, 0)
        time.sleep(3.5)
        begin = time.monotonic()
        self.assert_sound(other, 0)
        self.assertLessEqual(raw.heard_since(begin), 2)
        self.assertEqual(raw.bye(), 200)

    def test_router_that_stays(self):
        """Behind a NAT the SDP may change though sound comes from where it came: found after 3 s."""
        self.start_server()
        self.device(answer_after=100)
        named, later, raw = self.raw(), self.raw(), self.raw()
        self.assertEqual(raw.offer(named.sdp())[0], 200)
        self.assert_sound(raw, 0)
        self.assertEqual(raw.offer(later.sdp())[0], 200)
        self.assert_sound(later, 0)
        self.assert_sound(raw, 0)
        self.assertEqual(raw.bye(), 200)

    def test_another_codec(self):
        device, raw, _ = self.answered()
        self.assert_sound(raw, 0)
        raw.payload_type = 8
        status, text = raw.offer(raw.sdp((8,)))
        self.assertEqual(status, 200)
        self.assertIn('PCMA/8000', text)
        self.assert_sound(raw, 8)
        self.assertEqual(raw.bye(), 200)
        self.assertTrue(device.result()['answered'])

    def test_impossible_change_keeps_the_call(self):
        _, raw, _ = self.answered()
        status, _ = raw.offer(raw.sdp().replace('PCMU/8000', 'unheard/8000').replace(' 0 ', ' 96 ')
                              .replace('rtpmap:0 ', 'rtpmap:96 '))
        self.assertEqual(status, 488)
        self.assert_sound(raw, 0)
        self.assertEqual(raw.bye(), 200)

    def test_session_refresh_without_sdp(self):
        """A re-INVITE without SDP gets our offer; its answer comes in the ACK."""
        _, raw, _ = self.answered()
        status, text = raw.offer('')
        self.assertEqual(status, 200)
        self.assertIn('m=audio', text)
        raw.send('ACK', raw.sdp(), cseq=raw.cseq)
        self.assert_sound(raw, 0)
        self.assertEqual(raw.bye(), 200)

    def test_session_timer(self):
        """RFC 4028: less than 90 s is not taken; the session is kept alive by an UPDATE and by a re-INVITE of
        the trunk, and by an UPDATE of ours at half of its time. The call notices nothing."""
        wish = ('Supported: timer', 'Allow: INVITE, ACK, BYE, UPDATE',
                'Session-Expires: 90;refresher=uas')
        device, raw, text = self.answered_with(*wish)
        begun = time.monotonic()
        self.assertIn('Session-Expires: 90;refresher=uas\r', text)
        other = self.raw(user='555301')
        status, text = other.offer(other.sdp(), ('Supported: timer', 'Session-Expires: 89'))
        self.assertEqual(status, 422)
        self.assertIn('Min-SE: 90\r', text)
        raw.send('UPDATE', headers=wish)
        status, text = raw.wait_status('UPDATE')
        self.assertEqual(status, 200)
        self.assertIn('Session-Expires: 90;refresher=uas\r', text)
        self.assertNotIn('m=audio', text)
        status, text = raw.offer(raw.sdp(), wish)
        self.assertEqual(status, 200)
        self.assertIn('Session-Expires: 90;refresher=uas\r', text)
        self.assert_sound(raw, 0)
        text = raw.wait_request('UPDATE', 60)
        self.assertGreater(time.monotonic() - begun, 30)
        self.assertIn('Session-Expires: 90;refresher=uac\r', text)  # as was agreed (7.4)
        self.assert_sound(raw, 0)
        self.assertEqual(raw.bye(), 200)
        self.assertTrue(device.result()['ended_by_peer'])
        calls = [e['call'] for e in self.server.events() if e['event'] == 'arrived']
        self.wait_ended(calls[0])
        names = self.event_names(calls[0])
        self.assertEqual([n for n in names if n in ('arrived', 'answered', 'ended')],
                         ['arrived', 'answered', 'ended'], names)
        self.assertEqual(len(self.history(device.account)), 1)

    def test_reliable_progress(self):
        """RFC 3262: ring-back as early media in a 183 that is sent again until PRACK; then an UPDATE moves the
        sound before the answer (RFC 3311)."""
        self.start_server()
        device = self.device(answer_after=4000)
        raw, other = self.raw(), self.raw()
        raw.send('INVITE', raw.sdp(), headers=('Supported: 100rel',))
        text = raw.wait_progress(183)
        self.assertRegex(text, '(?m)^Require: .*100rel')
        self.assertIn('m=audio', text)
        number = re.search('(?m)^RSeq: ([0-9]+)\r$', text).group(1)
        self.assertIn(f'RSeq: {number}\r', raw.wait_progress(183))
        raw.send('PRACK', headers=(f'RAck: {number} 1 INVITE',))
        self.assertEqual(raw.wait_status('PRACK')[0], 200)
        self.assert_sound(raw, 0)
        other.far = raw.far
        raw.send('UPDATE', other.sdp())
        status, text = raw.wait_status('UPDATE')
        self.assertEqual(status, 200)
        self.assertIn('m=audio', text)
        self.assert_sound(other, 0)
        status, text = raw.wait_status(cseq=1)
        self.assertEqual(status, 200, text)
        raw.send('ACK', cseq=1)
        self.assert_sound(other, 0)
        self.assertEqual(raw.bye(), 200)
        self.assertTrue(device.result()['answered'])
        self.wait_ended()
        names = [n for n in self.event_names() if n not in ('identified', 'located')]
        self.assertEqual(names, ['arrived', 'offered', 'ringing', 'answered', 'ended'])

    def test_late_offer(self):
        self.start_server()
        device = self.device(answer_after=100)
        raw = self.raw()
        status, text = raw.offer('')
        self.assertEqual(status, 200)
        self.assertIn('m=audio', text)
        raw.send('ACK', raw.sdp(), cseq=raw.cseq)
        self.assert_sound(raw, 0)
        self.assertEqual(raw.bye(), 200)
        self.assertTrue(device.result()['answered'])
        self.assert_events('arrived', 'offered', 'answered', 'ended')

    def test_late_offer_that_is_never_answered(self):
        self.start_server()
        device = self.device(answer_after=100)
        raw = self.raw()
        self.assertEqual(raw.offer('')[0], 200)
        raw.send('ACK', cseq=raw.cseq)
        raw.wait_request('BYE')
        self.assertTrue(device.result()['ended_by_peer'])

    def test_keys_by_info(self):
        device, raw, _ = self.answered()
        self.assert_sound(raw, 0)
        for key in '42#':
            raw.send('INFO', f'Signal={key}\r\nDuration=160\r\n', 'application/dtmf-relay')
            self.assertEqual(raw.wait_status('INFO')[0], 200)
            wait_for(f'the key {key}', lambda k=key: device.keys().endswith(k))
        self.assertEqual(raw.bye(), 200)
        self.assertEqual(device.result()['keys'], '42#')

    def test_srtp_that_is_forbidden(self):
        self.start_server(trunk=False)
        self.server.add_trunk('provider', kind='address', trusted='127.0.0.1', srtp='off')
        self.device()
        raw = self.raw()
        self.assertEqual(raw.offer(raw.sdp(profile='RTP/SAVP', extra=KEY))[0], 488)
        self.assert_events('arrived', 'ended')

    def test_srtp_that_is_demanded(self):
        self.start_server(trunk=False)
        self.server.add_trunk('provider', kind='address', trusted='127.0.0.1', srtp='required')
        device = self.device(answer_after=100)
        raw = self.raw()
        self.assertEqual(raw.offer(raw.sdp())[0], 488)
        raw = self.raw()
        status, text = raw.offer(raw.sdp(profile='RTP/SAVP', extra=KEY))
        self.assertEqual(status, 200)
        self.assertIn('RTP/SAVP', text)
        self.assertIn('a=crypto:1 ', text)
        self.assertEqual(raw.bye(), 200)
        device.result()

    def test_asserted_identity(self):
        """The trunk's word goes before From."""
        _, raw, _ = self.answered_with('P-Asserted-Identity: "Demo Asserted" <sip:+4930@a.test>')
        self.assertEqual(self.told['from_name'], 'Demo Asserted')
        self.assertIn('sip:+4930@', self.told['from'])
        self.assertEqual(raw.bye(), 200)

    def test_withheld_identity(self):
        device, raw, _ = self.answered_with(
            'P-Asserted-Identity: "Demo Asserted" <sip:+4930555309@a.test>', 'Privacy: id')
        self.assertTrue(self.told['withheld'])
        self.assertNotIn('4930555309', str(self.told))
        self.assertNotIn('555300', str(self.told))
        self.assertEqual(raw.bye(), 200)
        device.result()
        self.wait_ended()
        entry = self.history(device.account)[0]
        self.assertTrue(entry['withheld'])
        self.assertEqual((entry['name'], entry['number']), ('', ''))

    def answered_with(self, *headers):
        self.start_server()
        device = self.device(answer_after=100)
        raw = self.raw()
        status, text = raw.offer(raw.sdp(), headers)
        self.assertEqual(status, 200, text)
        self.told = device.wait_event('arrived')
        return device, raw, text


if __name__ == '__main__':
    main()
