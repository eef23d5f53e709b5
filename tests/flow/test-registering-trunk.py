#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""A trunk that asks for registration: Kamailio as the provider."""
import os

from harness import free_port, main, wait_for
from harness.flow import FlowCase
from harness.kamailio import Kamailio
from harness.phone import Phone


class RegisteringTrunk(FlowCase):
    def start_provider(self, secret='provider-secret', password='provider-secret', **options):
        self.provider = self.world.add(Kamailio(self.world, password, **options))
        self.start_server(trunk=False)
        self.server.add_trunk('provider', kind='register', aor='sip:customer@provider.test',
                              proxy=f'sip:127.0.0.1:{self.provider.port};transport=udp',
                              secret=secret, number='100', prefix='0')

    def trunk_state(self):
        trunks = self.server.ctl_json('trunk', 'list')
        return trunks[0].get('state') if trunks else None

    def call_in(self, name):
        return Phone(self.world, name, self.provider.uri('customer'), play=self.marked('caller'),
                     hang_up_after=8, max_time=60, **{'from': 'sip:555100@127.0.0.1'})

    def test_registers_and_takes_calls(self):
        self.start_provider()
        self.provider.wait_registered()
        device = self.device(answer_after=1500)
        caller = self.call_in('caller')
        self.assertTrue(caller.result()['answered'])
        device.result()
        self.assert_heard('the user', self.marked('caller'), device.heard)
        self.assert_heard('the caller', self.marked('user'), caller.heard)

    def start_tls_provider(self, host='127.0.0.1', outside='127.0.0.1:9', **settings):
        """Its certificate is the call server's own, for localhost."""
        self.start_server(trunk=False)
        self.provider = self.world.add(Kamailio(
            self.world, 'provider-secret',
            certificate=os.path.join(self.server.state, 'tls', 'agent.pem'), outside=outside))
        self.server.add_trunk('provider', kind='register', aor='sip:customer@provider.test',
                              proxy=f'sip:{host}:{self.provider.tls_port};transport=tls',
                              secret='provider-secret', number='100', prefix='0', **settings)

    def test_calls_over_tls(self):
        """The registrar takes sip: with transport=tls only, as many do; calls come and go by TLS."""
        outside = f'127.0.0.1:{free_port()}'
        self.start_tls_provider(outside=outside, tls_name='localhost')
        self.provider.wait_registered()
        wait_for('the trunk', lambda: self.trunk_state() == 'registered', 15)
        device = self.device(answer_after=1500)
        caller = self.call_in('caller')
        self.assertTrue(caller.result()['answered'])
        device.result()
        self.assert_heard('the user', self.marked('caller'), device.heard)
        self.assert_heard('the caller', self.marked('user'), caller.heard)
        self.check_call_out(outside)

    def test_name_of_the_hosts_file(self):
        """A name that the computer knows, and DNS does not."""
        outside = f'127.0.0.1:{free_port()}'
        self.start_tls_provider('localhost', outside)
        self.provider.wait_registered()
        wait_for('the trunk', lambda: self.trunk_state() == 'registered', 15)
        self.check_call_out(outside)

    def test_certificate_of_another(self):
        self.start_tls_provider(tls_name='another.test')
        wait_for('the trunk to fail', lambda: self.trunk_state() == 'failed', 30)
        self.assertIn('certificate', self.server.ctl_json('trunk', 'list')[0]['reason'])

    def test_calls_out_with_its_password(self):
        outside = f'127.0.0.1:{free_port()}'
        self.start_provider(outside=outside)
        self.provider.wait_registered()
        self.check_call_out(outside)

    def check_call_out(self, outside):
        far = Phone(self.world, 'far', listen=f'udp:{outside}', answer_after=1500,
                    play=self.marked('caller'))
        far.wait_ready()
        account = self.server.sign_in('anna')
        anna = Phone(self.world, 'anna', 'sip:030123456@localhost',
                     **dict(self.server.device_options(account), register=True, max_time=60,
                            play=self.marked('user'), hang_up_after=8))
        self.assertTrue(anna.result()['answered'])
        far.result()
        self.assert_heard('anna', self.marked('caller'), anna.heard)
        self.assert_heard('the far telephone', self.marked('user'), far.heard)

    def test_wrong_password(self):
        self.start_provider(secret='wrong')
        wait_for('the trunk to fail', lambda: self.trunk_state() == 'failed', 30)

    def test_goes_away_and_comes_back(self):
        """With a short expiry: lost, told as failed, and registered anew by itself."""
        self.start_provider(expires=4)
        self.provider.wait_registered()
        wait_for('the trunk', lambda: self.trunk_state() == 'registered', 15)
        self.provider.end()
        wait_for('the trunk to be missed', lambda: self.trunk_state() != 'registered', 45,
                 interval=0.5)
        self.provider.start()
        self.provider.wait_registered(40)
        wait_for('the trunk', lambda: self.trunk_state() == 'registered', 15)
        device = self.device(answer_after=1500)
        self.assertTrue(self.call_in('caller').result()['answered'])
        device.result()


if __name__ == '__main__':
    main()
