#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""A client in a network that lets no UDP out: sound goes by TCP to a relay (coturn), for calls by SIP, for
those of a web line where no SIP gets out either, and for those that come by an instant message. The call
server, Prosody and the telephone are outside."""
import time
import unittest

from harness import main, network, wait_for
from harness.coturn import Coturn
from harness.headless import Headless
from harness.imflow import ImFlowCase
from harness.phone import Phone

SERVER, TELEPHONE, RELAY = '198.51.100.10', '198.51.100.11', '198.51.100.12'
CONFIG = f'''[relay]
turn_server={RELAY}
tcp_server={RELAY}:3478
secret=shared between both
[server]
public_name={SERVER}
'''
WHY_NOT = network.why_not()


@unittest.skipIf(WHY_NOT, WHY_NOT)
class TcpRelay(ImFlowCase):
    im_address = SERVER

    def setUp(self):
        super().setUp()
        self.network = network.HomeNetwork(self.world, blocks='meta l4proto udp')
        self.place = self.network.outside
        self.world.add(Coturn(self.place, [RELAY], secret='shared between both'))

    def call(self, client):
        """A call that the client answers; both are heard."""
        client.mark()
        caller = Phone(self.place, 'caller', f'sip:100@{SERVER}:{self.server.ports["udp"]}',
                       max_time=40, listen=f'udp:{TELEPHONE}:0', address=TELEPHONE,
                       play=self.marked('caller'), hang_up_after=6.5,
                       **{'from': f'sip:555100@{TELEPHONE}'})
        client.wait_new('call', state='incoming')
        caller.wait_event('progress')
        time.sleep(1.5)  # the path is warm
        client.say('answer')
        client.wait_new('call', state='active')
        self.assertTrue(caller.result(20)['answered'])
        client.wait('call', state='ended', reason='remote')
        self.assert_heard('the caller', self.marked('user'), caller.heard, gaps=6)
        self.assert_heard('the user', self.marked('caller'), client.heard, gaps=6)

    def trust_telephone(self):
        self.server.add_trunk('provider', kind='address', trusted=SERVER)  # one computer

    def test_by_sip(self):
        self.start_server(trunk=False, address='0.0.0.0', extra=CONFIG)
        self.trust_telephone()
        client = self.world.add(Headless(self.network.home, said=self.marked('user')))
        client.sign_in(self.server, host=SERVER)
        self.call(client)

    def test_by_web_line(self):
        """HTTPS and the relay are all there is."""
        self.start_server(trunk=False, address='0.0.0.0', extra=CONFIG)
        self.trust_telephone()
        self.network.router.nft('insert rule ip filter forward iifname "in0" tcp dport '
                                f'{self.server.ports["tls"]} drop\n')
        client = self.world.add(Headless(self.network.home, said=self.marked('user')))
        client.sign_in(self.server, host=SERVER, online=False)
        client.wait('account', state='online', reason='web', timeout=40)
        self.call(client)

    def test_by_message(self):
        """The link's WebSocket tells of the relay."""
        self.start_im(trunk=False, address='0.0.0.0', extra=CONFIG)
        self.trust_telephone()
        client = self.im_client(sip=False, host=SERVER, place=self.network.home)
        self.call(client)
        answered = wait_for('the answer in the events', lambda: [
            e for e in self.server.call_events() if e['event'] == 'answered'])
        self.assertEqual(answered[0]['device'], 'browser')


if __name__ == '__main__':
    main()
