#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""baresip as a desk telephone of a user: MD5 digest, plain RTP or SDES, no program of ours."""
import time

from harness import main, wait_for
from harness.baresip import Baresip
from harness.flow import FlowCase


class DeskPhones(FlowCase):
    def desk_phone(self, transport='udp', srtp='off', answer='auto', user='anna', **options):
        """A registered baresip; its secret is the device's own."""
        login = self.server.ctl_json('device', 'add', user, '--desk-phone', '--name', 'kitchen')
        phone = self.world.add(Baresip(
            self.world, user, self.marked('user'), transport=transport, srtp=srtp, answer=answer,
            registrar=f'127.0.0.1:{self.server.ports[transport]}',
            login=(login['device_id'], login['secret']), **options))
        phone.process.wait_output(r'200 OK \(.*binding')
        return phone

    def take_call(self, **options):
        self.start_server()
        phone = self.desk_phone(**options)
        caller = self.caller(hang_up_after=6.5)
        result = caller.result()
        self.assertTrue(result['answered'], result)
        phone.wait_event('CALL_CLOSED')
        self.assert_heard('the caller', self.marked('user'), caller.heard)
        self.assert_heard('the desk telephone', self.marked('caller'), phone.finish()[0])
        self.assert_events('arrived', 'offered', 'answered', 'ended')

    def test_plain_over_udp(self):
        self.take_call()

    def test_plain_over_tcp(self):
        self.take_call(transport='tcp')

    def test_sdes_over_tls(self):
        self.take_call(transport='tls', srtp='sdes')

    def test_declines(self):
        """Its busy counts as Decline, which is told to the other devices."""
        self.start_server()
        self.server.ctl('user', 'set', 'anna', '--order', 'together')
        phone = self.desk_phone(answer='manual')
        other = self.device(ring_only=True)
        caller = self.caller(hang_up_after=3)
        phone.wait_event('CALL_INCOMING')
        other.wait_event('arrived')  # else there is nothing to tell it
        phone.hang_up()
        self.assertTrue(caller.wait_event('answered'), 'voicemail takes the call')
        self.assertEqual(other.result()['reason_cause'], 603)
        caller.result()
        self.assert_events('offered', 'declined', 'voicemail', 'ended')

    def dial(self, number, seconds):
        phone = self.desk_phone()
        phone.dial(f'sip:{number}@127.0.0.1:{self.server.ports["udp"]}')
        phone.wait_event('CALL_ESTABLISHED')
        begun = time.monotonic()
        wait_for('the end of the words', lambda: time.monotonic() - begun > seconds, seconds + 5)
        phone.hang_up()
        return phone.finish()[0]

    def test_echo_number(self):
        self.start_server(trunk=False)
        self.assert_heard('the desk telephone', self.marked('user'), self.dial('*43', 7))

    def test_calls_another_user(self):
        self.start_server(trunk=False)
        self.server.add_user('berta', '200', name='Berta Demo')
        berta = self.device('berta-laptop', 'berta', answer_after=200, play=self.marked('third'))
        heard = self.dial('200', 7)
        self.assertTrue(berta.result()['answered'])
        self.assert_heard('berta', self.marked('user'), berta.heard)
        self.assert_heard('anna', self.marked('third'), heard)
        self.assertEqual(berta.has('arrived')['from_name'], 'Anna Demo')


if __name__ == '__main__':
    main()
