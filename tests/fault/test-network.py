#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""The network changes, goes and comes back under a call of the client's by SIP, or is difficult from the
start. What is said is judged by recording. (The same of calls by the web line: tests/flow/test-roaming.py.)"""
import signal
import time
import unittest

from harness import Lateness, main, network, wait_for
from harness.coturn import Coturn
from harness.headless import Headless
from harness.home import MOVED, RELAY, TELEPHONE, EchoCase, HomeCase, now
from harness.logind import Logind
from harness.phone import Phone
from harness.process import SLOWNESS
from harness.world import find_program

NOBODY = '198.51.100.99'
CABLES = 40
CUT = '''
add table ip cut
add chain ip cut forward {{ type filter hook forward priority 1; }}
add rule ip cut forward tcp dport {port} drop
'''
WHY_NOT = network.why_not()


@unittest.skipIf(WHY_NOT, WHY_NOT)
class AtHome(HomeCase):
    def plug_more(self):
        """CABLES with both ends in the client's computer, each end an interface with an address."""
        words = []
        for n in range(CABLES):
            words.append(f'link add more{n} type veth peer name other{n}')
            for name, host in (('more', 1), ('other', 2)):
                words += [f'address add 10.77.{n}.{host}/24 dev {name}{n}',
                          f'link set {name}{n} up']
        self.network.home.run([find_program('ip'), '-batch', '-'], stdin='\n'.join(words) + '\n')

    # --- another address ---

    def assert_moves(self, phone):
        self.assert_goes_both_ways()
        self.wait_renewed(self.move())
        self.assert_goes_both_ways()
        self.assert_hears_the_end(phone)
        self.assertEqual(len(self.client.calls()), 1)

    def test_moves_when_called(self):
        self.start()
        self.assert_moves(self.called())
        self.client.mark()
        self.caller(name='second', cancel_after=3000, max_time=30)
        self.client.wait_new('call', state='incoming')

    def test_moves_when_calling(self):
        self.start()
        far = Phone(self.network.outside, 'far', listen=f'udp:{TELEPHONE}:5060', address=TELEPHONE,
                    echo=500, answer_after=300, max_time=300)
        far.wait_ready()
        self.client.say('dial', '030123456')
        self.client.wait_new('call', state='active')
        self.assert_moves(far)

    def test_connection_dies_before_the_answer(self):
        """To the re-INVITE, which comes after REGISTER has been answered: while the client looks for a relay
        that never answers the way to the server is closed, then it moves once more."""
        self.start(f'[relay]\nturn_server={NOBODY}\nsecret=shared between both')
        phone = self.called()
        self.assert_goes_both_ways()
        moved = self.move()
        wait_for('REGISTER to be answered', lambda: self.world.mark('moved', moved), 40, 0.02)
        self.network.router.nft(CUT.format(port=self.server.ports['tls']))
        time.sleep(2)  # the re-INVITE gets lost
        self.network.router.nft('delete table ip cut\n')
        again = self.move('192.168.77.4', MOVED)
        self.wait_renewed(again)
        self.assert_goes_both_ways()
        self.assert_hears_the_end(phone)

    # --- the relay ---

    def start_relayed(self):
        """No other UDP gets out than that to the relay."""
        self.start(f'[relay]\nturn_server={RELAY}\nsecret=shared between both',
                   spreads=True, blocks='meta l4proto udp udp dport != 3478')
        self.relay = self.open_relay()
        return self.called()

    def open_relay(self):
        return self.world.add(Coturn(self.network.outside, [RELAY], secret='shared between both'))

    def test_relay_comes_back(self):
        """Another relay, which knows nothing of what the one of before had given away."""
        phone = self.start_relayed()
        self.assert_goes_both_ways()
        self.relay.process.kill()
        died = now()
        self.open_relay()
        self.wait_renewed(died)
        self.assert_goes_both_ways()
        self.assert_hears_the_end(phone)

    def test_relay_is_gone(self):
        """There is no other way: both are told within their time."""
        phone = self.start_relayed()
        self.assert_goes_both_ways()
        self.client.mark()
        self.relay.process.kill()
        self.client.wait_new('call', state='ended', reason='network', timeout=60)
        self.assertTrue(phone.result()['ended_by_peer'])
        self.assertTrue(self.world.mark('path-renewed'), 'no other path was tried')

    # --- from the start ---

    def test_muted_from_the_start(self):
        """Behind a router that lets in what answers alone: silence opens it, too."""
        self.start(spreads=True)
        phone = self.caller(play=self.marked('caller'), hang_up_after=8, max_time=60)
        self.client.wait('call', state='incoming')
        phone.wait_event('progress')
        time.sleep(1.5)  # the path is warm
        self.client.say('mute')
        self.client.say('answer')
        self.client.wait('call', state='active')
        self.assertTrue(phone.result()['answered'])
        self.assert_heard('the user', self.marked('caller'), self.client.heard, gaps=6)
        self.assert_not_heard('the caller', self.marked('user'), phone.heard)

    def test_many_interfaces(self):
        """Each asks a relay that never answers, for which no call waits: libnice alone would do so for some
        10 s."""
        self.start(f'[relay]\nturn_server={NOBODY}\nsecret=shared between both', prepare=self.plug_more)
        lateness = Lateness()
        self.client.say('echo')
        calling = self.client.wait_new('call', state='calling')
        arrived = self.server.wait_call_event('arrived')
        self.assertLess(arrived['mono'] - calling['mono'],
                        (5 * SLOWNESS + lateness.end()) * 1e6)
        self.client.wait_new('call', state='active')
        self.assert_goes_both_ways()


class Sleep(EchoCase):
    """A sleeping computer runs nothing; logind says when it wakes."""

    def start(self):
        self.start_server()
        self.logind = Logind(self.world)
        self.client = self.world.add(Headless(self.world, said=self.marked('user'),
                                              env=self.logind.env))
        self.client.sign_in(self.server)

    def sleep(self):
        self.logind.prepare_for_sleep(True)
        self.client.process.signal(signal.SIGSTOP)

    def wake(self):
        """Returns when."""
        moment = now()
        self.client.process.signal(signal.SIGCONT)
        self.logind.prepare_for_sleep(False)
        return moment

    def test_short_sleep(self):
        """The call is still there, and goes on."""
        self.start()
        phone = self.called()
        self.assert_goes_both_ways()
        self.sleep()
        time.sleep(7)
        self.wait_renewed(self.wake())
        self.assert_goes_both_ways()
        self.assert_hears_the_end(phone)

    def test_long_sleep(self):
        """The other end was not left waiting; who wakes hears why the call is over, and is called again."""
        self.start()
        phone = self.called()
        self.assert_goes_both_ways()
        self.client.mark()
        self.sleep()
        self.assertTrue(phone.result(60)['ended_by_peer'])
        self.wake()
        self.client.wait_new('call', state='ended', reason='network')
        self.client.mark()
        self.called(name='second')
        self.assert_goes_both_ways()


if __name__ == '__main__':
    main()
