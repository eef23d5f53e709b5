#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""A call server behind a home router, its provider outside, in networks of their own. The provider's
registrar believes Contacts, nothing there helps who is behind NAT; its telephone sends its sound to
where ours comes from (offhook-phone), or strictly to where our SDP says (baresip)."""
import time
import unittest

from harness import main, network, wait_for
from harness.baresip import Baresip
from harness.coturn import Coturn
from harness.flow import FlowCase
from harness.headless import Headless
from harness.kamailio import Kamailio
from harness.phone import Phone

REGISTRAR, TELEPHONE = '198.51.100.10', '198.51.100.11'
STRICT = REGISTRAR  # baresip sends its sound from the computer's first address, whatever it binds
STUN = ('198.51.100.12', '198.51.100.13')
MEMORY = 30  # s that the router remembers a silent UDP path
WHY_NOT = network.why_not()


@unittest.skipIf(WHY_NOT, WHY_NOT)
class Nat(FlowCase):
    def start_network(self, **router):
        self.network = network.HomeNetwork(self.world, **router)
        self.place = self.network.home

    def start(self, outside=f'{TELEPHONE}:5060', extra=''):
        """offhookd at home, with a registering trunk; a device there that answers."""
        self.provider = self.world.add(Kamailio(self.network.outside, 'provider-secret',
                                                address=REGISTRAR, outside=outside))
        last = network.FIRST_INSIDE + network.SPAN - 1
        self.start_server(trunk=False, address='0.0.0.0', sip_ports={'udp': 5060, 'tcp': 5060},
                          extra=f'[media]\nports={network.FIRST_INSIDE}-{last}\n[server]\n{extra}')
        self.server.add_trunk('provider', kind='register', aor='sip:customer@provider.test',
                              proxy=f'sip:{REGISTRAR}:{self.provider.port};transport=udp',
                              secret='provider-secret', number='100', prefix='0')
        self.provider.wait_registered()

    def start_stun(self):
        """To be started before offhookd, whose configuration this is."""
        self.world.add(Coturn(self.network.outside, STUN))
        return f'stun_servers={";".join(STUN)}'

    def wait_stun(self):
        self.server.process.wait_output('STUN: our address outside is 198.51.100.1$', 15)

    def follower(self, name, target=None, **options):
        return Phone(self.network.outside, name, target, address=TELEPHONE,
                     play=self.marked('caller'), **options)

    def call_in(self):
        caller = self.follower('caller', self.provider.uri('customer'), max_time=40,
                               listen=f'udp:{TELEPHONE}:0', hang_up_after=8,
                               **{'from': f'sip:555100@{TELEPHONE}'})
        self.assertTrue(caller.result()['answered'])
        return caller

    def dial(self, name='anna'):
        account = self.server.sign_in('anna', device=name)
        return Phone(self.place, name, 'sip:030123456@localhost', **dict(
            self.server.device_options(account), register=True, max_time=40,
            play=self.marked('user'), hang_up_after=8))

    def assert_both_heard(self, device, heard):
        self.assert_heard('the user', self.marked('caller'), device.heard)
        self.assert_heard('the telephone', self.marked('user'), heard)

    def test_called_after_a_silence(self):
        """Longer than the router remembers: the keep-alive holds the way in open."""
        self.start_network(moves=True)
        self.start()
        device = self.device(answer_after=1500)
        time.sleep(MEMORY + 8)
        caller = self.call_in()
        device.result()
        self.assert_both_heard(device, caller.heard)

    def test_called_who_has_nothing_to_say(self):
        """A device without sound of its own opens the way for the telephone's."""
        self.start_network(moves=True)
        self.start()
        device = self.device(answer_after=300, play=None)
        caller = self.call_in()
        device.result()
        self.assert_heard('the user', self.marked('caller'), device.heard)
        self.assert_not_heard('the telephone', self.marked('user'), caller.heard)

    def test_calls_out(self):
        self.start_network(moves=True)
        far = self.follower('far', listen=f'udp:{TELEPHONE}:5060', answer_after=100)
        far.wait_ready()
        self.start()
        anna = self.dial()
        self.assertTrue(anna.result()['answered'])
        far.result()
        self.assert_both_heard(anna, far.heard)

    # --- a provider that sends its sound to where the SDP says ---

    def strict(self):
        baresip = self.world.add(Baresip(self.network.outside, '030123456', self.marked('caller'),
                                         address=STRICT, answer='auto'))
        self.strict_place = f'{STRICT}:{baresip.port}'
        return baresip

    def strict_calls_in(self, baresip):
        device = self.device(answer_after=300)
        baresip.dial(f'{self.provider.uri("customer")};transport=udp')
        baresip.wait_event('CALL_ESTABLISHED')
        wait_for('6 s of speech', lambda: device.has('said'), 15)
        baresip.hang_up()
        baresip.wait_event('CALL_CLOSED')
        device.result()
        return device

    def test_strict_provider_without_help(self):
        """What the others are for: it gets an address that it cannot reach, and we hear nothing."""
        self.start_network()
        baresip = self.strict()
        self.start(self.strict_place)
        device = self.strict_calls_in(baresip)
        self.assert_not_heard('the user', self.marked('caller'), device.heard)
        self.assert_heard('the telephone', self.marked('user'), baresip.finish()[0])

    def test_strict_provider_calls_in(self):
        """STUN finds address and port, which the router has moved."""
        self.start_network(moves=True)
        baresip = self.strict()
        self.start(self.strict_place, self.start_stun())
        self.wait_stun()
        device = self.strict_calls_in(baresip)
        self.assert_both_heard(device, baresip.finish()[0])

    def test_strict_provider_is_called(self):
        self.start_network(moves=True)
        baresip = self.strict()
        self.start(self.strict_place, self.start_stun())
        self.wait_stun()
        anna = self.dial()
        self.assertTrue(anna.result()['answered'])
        self.assert_both_heard(anna, baresip.finish()[0])

    def test_configured_address(self):
        """The router's address is configured, and the ports are forwarded there."""
        last = network.FIRST_INSIDE + network.SPAN - 1
        self.start_network(forwards=('udp dport 5060',
                                     f'udp dport {network.FIRST_INSIDE}-{last}'))
        baresip = self.strict()
        self.start(self.strict_place, f'public_address={network.OUTSIDE}')
        device = self.strict_calls_in(baresip)
        self.assert_both_heard(device, baresip.finish()[0])

    # --- doctor ---

    def findings(self, check):
        return [(f['state'], f['message']) for f in self.server.ctl_json('doctor', check=False)
                if f['check'] == check]

    def test_doctor_tells_what_stun_finds(self):
        self.start_network(moves=True)
        self.start(extra=self.start_stun())
        self.wait_stun()
        self.assertEqual(self.findings('stun'), [
            ('ok', f'{server} sees this computer as {network.OUTSIDE}') for server in STUN])
        self.assertEqual(self.findings('nat'),
                         [('ok', 'The router shows the same port to every far end')])

    def test_doctor_knows_symmetric_nat(self):
        self.start_network(spreads=True)
        self.start(extra=self.start_stun())
        self.wait_stun()
        state, message = self.findings('nat')[0]
        self.assertEqual(state, 'warning')
        self.assertIn('symmetric NAT', message)

    def test_doctor_misses_a_silent_server(self):
        self.start_network()
        self.start(extra='stun_servers=198.51.100.99')
        self.server.process.wait_output('STUN: no server answers$', 15)
        self.assertEqual([state for state, _ in self.findings('stun')], ['warning'])
        self.assertEqual([state for state, _ in self.findings('nat')], ['error'])


@unittest.skipIf(WHY_NOT, WHY_NOT)
class Relay(FlowCase):
    """The client is behind a router that lets no UDP out but to the relay; the call server outside."""
    SERVER, RELAY = '198.51.100.10', '198.51.100.12'

    def start(self, extra='', **credential):
        """`extra`: the server's configuration; `credential`: what the relay knows, or nothing."""
        self.network = network.HomeNetwork(self.world, spreads=True,
                                           blocks='meta l4proto udp udp dport != 3478')
        self.place = self.network.outside
        if credential:
            self.world.add(Coturn(self.network.outside, [self.RELAY], **credential))
            extra = f'[relay]\nturn_server={self.RELAY}\n{extra}'
        self.start_server(trunk=False, address='0.0.0.0', extra=extra)
        self.server.add_trunk('provider', kind='address', trusted=self.SERVER)  # one computer
        self.client = self.world.add(Headless(self.network.home, said=self.marked('user')))
        self.client.sign_in(self.server, host=self.SERVER)

    def call(self):
        caller = Phone(self.network.outside, 'caller',
                       f'sip:100@{self.SERVER}:{self.server.ports["udp"]}', max_time=40,
                       listen=f'udp:{TELEPHONE}:0', address=TELEPHONE, play=self.marked('caller'),
                       hang_up_after=8, **{'from': f'sip:555100@{TELEPHONE}'})
        self.client.wait('call', state='incoming')
        caller.wait_event('progress')
        time.sleep(1.5)  # the path is warm
        self.client.say('answer')
        return caller

    def assert_heard_through(self):
        caller = self.call()
        self.client.wait_new('call', state='active')
        self.assertTrue(caller.result()['answered'])
        self.client.wait('call', state='ended', reason='remote')
        self.assert_heard('the caller', self.marked('user'), caller.heard, gaps=6)
        self.assert_heard('the user', self.marked('caller'), self.client.heard, gaps=6)

    def test_with_a_credential_of_its_own(self):
        self.start('secret=shared between both', secret='shared between both')
        self.assert_heard_through()

    def test_with_user_and_password(self):
        self.start('user=demo\npassword=demo-password', user=('demo', 'demo-password'))
        self.assert_heard_through()

    def test_without_a_relay(self):
        """What it is for: there is no other way."""
        self.start()
        self.call()
        time.sleep(4)
        self.assertIsNone(self.client.find('call', state='active'))


if __name__ == '__main__':
    main()
