#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Calls out through a trunk that don't just succeed: busy, declined, no such number, given up, nobody
there; encryption that the far end lacks; what is told of the caller."""
import socket

from harness import free_port, main, sound, wait_for
from harness.flow import FlowCase
from harness.phone import Phone


class Out(FlowCase):
    def start(self, trunk_srtp='off', **far):
        """A provider's far telephone that does `far`, and the trunk to it."""
        self.start_server(trunk=False)
        self.far = None
        port = free_port()
        if far.pop('there', True):
            self.far = Phone(self.world, 'far', **dict(
                {'listen': f'udp:127.0.0.1:{port}', 'play': self.marked('caller'),
                 'keep_waiting': True, 'max_time': 60}, **far))
            self.far.wait_ready()
        self.server.add_trunk('provider', kind='address', trusted='127.0.0.1', srtp=trunk_srtp,
                              proxy=f'sip:127.0.0.1:{port};transport=udp', prefix='0')

    def dial(self, **options):
        account = self.server.sign_in('anna')
        merged = dict(self.server.device_options(account), register=True, max_time=60,
                      play=self.marked('user'))
        merged.update(options)
        phone = Phone(self.world, 'anna', 'sip:030123456@localhost', **merged)
        phone.account = account
        return phone

    def assert_outcome(self, anna, outcome):
        self.wait_ended()
        entry = self.history(anna.account)[0]
        self.assertEqual((entry['direction'], entry['outcome'], entry['called']),
                         ('out', outcome, '030123456'), entry)
        return entry

    def refused(self, status, outcome):
        self.start(reject=status, answer_after=200)
        anna = self.dial()
        result = anna.result()
        self.assertFalse(result['answered'])
        self.assertEqual(result['status'], status, result)
        self.assertIn(str(status), self.assert_outcome(anna, outcome)['reason'])
        self.assert_events('arrived', 'located', 'offered', 'ended')

    def test_busy(self):
        self.refused(486, 'busy')

    def test_declined(self):
        self.refused(603, 'declined')

    def test_no_such_number(self):
        self.refused(404, 'failed')

    def test_given_up(self):
        self.start(ring_only=True)
        anna = self.dial()
        self.far.wait_event('arrived')
        anna.wait_event('ringing')
        anna.stop()
        self.assertFalse(anna.result()['answered'])
        self.assertTrue(self.far.result()['ended_by_peer'])
        self.assert_outcome(anna, 'missed')

    def test_nobody_there(self):
        """Nothing listens at the provider's port: told soon, not after half a minute."""
        self.start(there=False)
        anna = self.dial()
        result = anna.result(15)
        self.assertIn(result['status'], (408, 480, 503), result)
        self.assert_outcome(anna, 'failed')

    def test_next_trunk(self):
        """The provider is away, or has no line free: the call goes through the next one that takes the
        number; and so do later calls, without trying the first again before it is back."""
        self.start(answer_after=200)
        gone, full = free_port(), free_port()
        refusing = Phone(self.world, 'full', listen=f'udp:127.0.0.1:{full}', reject=503,
                         answer_after=100, keep_waiting=True, max_time=60)
        refusing.wait_ready()
        for name, port in (('gone', gone), ('full', full)):
            self.server.add_trunk(name, kind='address', trusted='127.0.0.1', prefix='030',
                                  proxy=f'sip:127.0.0.1:{port};transport=udp')
        anna = self.dial(hang_up_after=2)
        self.assertTrue(anna.result(40)['answered'])
        self.assert_outcome(anna, 'answered')
        why = self.server.ctl('why', 'last')
        self.assertRegex(why, r'trunk gone: (408|503); on through trunk full')
        self.assertIn('trunk full: 503; on through trunk provider', why)
        self.assertEqual(self.event_names().count('located'), 3)
        state = {t['name']: t['state'] for t in self.server.ctl_json('trunk', 'list')}
        self.assertEqual((state['gone'], state['full']), ('failed', 'ready'))
        self.server.ctl('trunk', 'remove', 'full')
        second = Phone(self.world, 'second', 'sip:030123456@localhost', hang_up_after=2, register=True,
                       max_time=60, play=self.marked('user'),
                       **self.server.device_options(anna.account))
        self.assertTrue(second.result(15)['answered'])
        wait_for('the other way', lambda: 'a prefix of trunk provider fits; gone is away'
                 in self.server.ctl('why', 'last'))

    def early(self, **far):
        """What the caller hears of a provider that says that it plays something before the answer."""
        self.start(early_media=True, ring_only=True, **far)
        anna = self.dial(cancel_after=11000)
        self.assertFalse(anna.result()['answered'])
        return anna.heard

    def test_early_announcement(self):
        """It begins with a silence: while it does, the way to anna is made."""
        said = sound.make_marked(self.world.path('sound', 'announcement.wav'), 'caller', 7.5, 1.5)
        self.assert_heard('anna', said, self.early(play=said))

    def test_early_silence(self):
        """183 with SDP, and then nothing but silence: our own ring-back is heard."""
        self.assertGreater(sound.loudness(self.early(play=None), 3.0), -35)

    def spoken(self, **far):
        self.start(answer_after=1500, **far)
        anna = self.dial(hang_up_after=8)
        result = anna.result()
        self.assertTrue(result['answered'])
        told = wait_for('the end of the call that was answered', lambda: next(
            (r for r in self.far.results() if r['answered']), None))
        self.assertTrue(told['ended_by_peer'])
        self.assert_told_at_once('the caller', result['t_ended'], told['t_ended'])
        self.assert_heard('anna', self.marked('caller'), anna.heard)
        self.assert_heard('the far telephone', self.marked('user'), self.far.heard)
        self.assert_outcome(anna, 'answered')
        return told

    def test_srtp_where_the_far_end_has_it(self):
        told = self.spoken(trunk_srtp='optional', srtp='sdes')
        self.assertEqual(told['key_exchange'], 'SDES')

    def test_srtp_that_may_be_left_out(self):
        """The far end refuses the encrypted offer with 488: the call is made again in plain."""
        told = self.spoken(trunk_srtp='optional', srtp='off')
        self.assertEqual(told['cipher'], '')
        self.assertEqual(self.event_names().count('arrived'), 1)

    def test_srtp_that_may_not_be_left_out(self):
        self.start(trunk_srtp='required', srtp='off')
        anna = self.dial()
        self.assertEqual(anna.result()['status'], 488)
        self.assert_outcome(anna, 'failed')

    def test_who_calls(self):
        self.start(reject=486)
        self.dial().result()
        arrived = self.far.wait_event('arrived')
        self.assertEqual(arrived['from_name'], 'Anna Demo')
        self.assertIn('sip:100@', arrived['from'])
        self.assertIn('sip:030123456@', arrived['request'])

    def test_who_calls_is_withheld(self):
        """Anonymous in From; the provider, who must know, is told in P-Asserted-Identity."""
        self.start(reject=486)
        self.dial(withhold=True).result()
        arrived = self.far.wait_event('arrived')
        self.assertTrue(arrived['withheld'])
        self.assertNotIn('100@', arrived['from'])
        self.assertIn('sip:100@', arrived['identity'])
        self.assertNotIn('Anna', arrived['from_name'])

    def test_one_identity(self):
        """A second P-Asserted-Identity would be left to the provider's taste."""
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as provider:
            provider.bind(('127.0.0.1', 0))
            provider.settimeout(30)
            Phone(self.world, 'withheld', f'sip:030123456@127.0.0.1:{provider.getsockname()[1]}',
                  header='P-Asserted-Identity: <sip:555@demo.test>', withhold=True, max_time=2,
                  **{'from': 'sip:100@demo.test'})
            invite = provider.recv(65536).decode()
        self.assertEqual(invite.count('P-Asserted-Identity:'), 1, invite)
        self.assertIn('P-Asserted-Identity: <sip:555@demo.test>', invite)
        self.assertNotIn('100@', invite)


if __name__ == '__main__':
    main()
