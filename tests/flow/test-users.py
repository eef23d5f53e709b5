#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Calls between two users, calls out through the trunk, and the echo number."""
import os
import time

from harness import main, sound, wait_for
from harness.baresip import Baresip
from harness.flow import FlowCase
from harness.phone import Phone


class UserCalls(FlowCase):
    def dial(self, number, name='anna-laptop', **options):
        """Another device of anna's that calls; signed in as the client is."""
        account = self.server.sign_in('anna', device=name)
        merged = self.server.device_options(account)
        merged.update(register=True, play=self.marked('user'), max_time=60)
        merged.update(options)
        domain = account['sip_aor'].split('@')[1]
        phone = Phone(self.world, name, f'sip:{number}@{domain}', **merged)
        phone.account = account
        return phone

    def test_between_users(self):
        self.start_server(trunk=False)
        self.server.add_user('berta', '200', name='Berta Demo')
        berta = self.device('berta-laptop', 'berta', answer_after=1500, play=self.marked('third'))
        anna = self.dial('200', hang_up_after=8)
        result = anna.result()
        self.assertTrue(result['answered'], result)
        told = berta.result()
        self.assertTrue(told['ended_by_peer'])
        self.assert_heard('berta', self.marked('user'), berta.heard)
        self.assert_heard('anna', self.marked('third'), anna.heard)
        arrived = berta.has('arrived')
        self.assertEqual(arrived["from_name"], "Anna Demo")
        self.wait_ended()
        self.assertEqual(self.history(berta.account)[0]['outcome'], 'answered')
        self.assertEqual(self.history(anna.account)[0]['direction'], 'out')

    def call_out(self, transport, codec, srtp):
        """Through the trunk to baresip; who hangs up is anna."""
        self.start_server(trunk=False)
        said = self.marked('caller')
        proof = {'certificate': os.path.join(self.server.state, 'tls', 'agent.pem')}
        baresip = self.world.add(Baresip(self.world, '030123456', said, transport, codec, srtp,
                                         **(proof if transport == 'tls' else {})))
        self.server.add_trunk(
            'provider', kind='address', trusted='127.0.0.1', prefix='0',
            srtp='off' if srtp == 'off' else 'required',
            proxy=f'sip:127.0.0.1:{baresip.sip_port};transport={transport}',
            **({'tls_name': 'localhost'} if transport == 'tls' else {}))
        anna = self.dial('030123456', hang_up_after=8)
        baresip.wait_event('CALL_INCOMING')
        anna.wait_event('progress')
        time.sleep(1)  # the path is warm: speech that waited for it is hurried, and nobody could judge that
        baresip.accept()
        call = wait_for('the far leg', lambda: next(
            (c for c in self.server.ctl_json('calls') if c['codec_out']), None))
        self.assertEqual((call['codec_out'], call['encrypted']), (codec, srtp != 'off'), call)
        closed = baresip.wait_closed('peer')
        result = anna.result()
        self.assertTrue(result['answered'], result)
        self.assert_told_at_once('the caller', closed, result['t_ended'])
        self.assert_heard('anna', said, anna.heard)
        self.assert_heard('the far telephone', self.marked('user'), baresip.finish()[0])
        entry = self.history(anna.account)[0]
        self.assertEqual((entry['direction'], entry['outcome'], entry['called']),
                         ('out', 'answered', '030123456'))

    def test_out_through_the_trunk(self):
        self.call_out('udp', 'PCMU', 'off')

    def test_out_by_tcp(self):
        self.call_out('tcp', 'G722', 'off')

    def test_out_by_tls_encrypted(self):
        self.call_out('tls', 'opus', 'sdes')

    def test_nobody_has_that_number(self):
        self.start_server()
        anna = self.dial('999')
        result = anna.result()
        self.assertFalse(result['answered'])
        self.assertEqual(result['status'], 404)

    def test_echo_number(self):
        self.start_server(trunk=False)
        anna = self.dial('*43', hang_up_after=8)
        self.assertTrue(anna.result()['answered'])
        self.assert_heard('anna', self.marked('user'), anna.heard)

    def leave_message(self):
        caller = self.caller(play_delay=6500, hang_up_after=13.5)  # well after the beep
        self.assertTrue(caller.result()['answered'])
        self.wait_ended()

    def test_voicemail_number(self):
        """One's own new messages are played, and count as heard then."""
        self.start_server()
        self.leave_message()
        anna = self.dial('*97', hang_up_after=11)
        self.assertTrue(anna.result()['answered'])
        self.assert_heard('anna', self.marked('caller'), anna.heard)
        wait_for('the message to be heard',
                 lambda: [m['heard'] for m in self.voicemails(anna.account)] == [True])

    def test_voicemail_number_deletes(self):
        self.start_server()
        self.leave_message()
        anna = self.dial('*97', keys='7', keys_delay=2500, hang_up_after=6)
        self.assertTrue(anna.result()['answered'])
        wait_for('the message to be gone', lambda: self.voicemails(anna.account) == [])

    def test_voicemail_number_without_messages(self):
        """A word about it, and the server hangs up."""
        self.start_server()
        anna = self.dial('*97')
        result = anna.result()
        self.assertTrue(result['answered'] and result['ended_by_peer'], result)
        self.assertGreater(sound.loudness(anna.heard), -45)

    def test_stranger_may_not_call_out(self):
        """Without a credential there is no call through the server, whatever From says."""
        self.start_server(trunk=False)
        self.server.add_trunk('provider', kind='address', trusted='192.0.2.1',
                              proxy='sip:127.0.0.1:9;transport=udp', prefix='0')
        stranger = Phone(self.world, 'stranger', self.server.uri('030123456'),
                         **{'from': 'sip:anna@localhost', 'max_time': 15})
        result = stranger.result()
        self.assertFalse(result['answered'])
        self.assertIn(result['status'], (401, 403, 404, 407))
        self.assertTrue(os.path.exists(self.server.config))


if __name__ == '__main__':
    main()
