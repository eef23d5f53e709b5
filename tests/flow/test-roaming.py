#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""The computer gets another address in the middle of a call: the old one is gone, and with it the
connection to the call server and the sound's path. The client is at home behind a router that lets no SIP
out, so that its call goes by the web line; call server and telephone are outside."""
import time
import unittest

from harness import main, network, sound, wait_for
from harness.flow import FlowCase
from harness.headless import Headless
from harness.phone import Phone

SERVER, TELEPHONE = '198.51.100.10', '198.51.100.11'
MOVED = '192.168.77.3'
WHY_NOT = network.why_not()


@unittest.skipIf(WHY_NOT, WHY_NOT)
class Roaming(FlowCase):
    delay = 60

    def start(self):
        self.network = network.HomeNetwork(self.world)
        self.place = self.network.outside
        self.start_server(trunk=False, address='0.0.0.0')
        self.server.add_trunk('provider', kind='address', trusted=SERVER)  # one computer
        self.network.router.nft('insert rule ip filter forward iifname "in0" tcp dport '
                                f'{self.server.ports["tls"]} drop\n')
        self.client = self.world.add(Headless(self.network.home, said=self.marked('user')))
        self.client.sign_in(self.server, host=SERVER, online=False)
        self.client.wait('account', state='online', reason='web', timeout=40)

    def answer(self):
        """A call whose caller says back what it hears."""
        caller = Phone(self.place, 'caller', f'sip:100@{SERVER}:{self.server.ports["udp"]}',
                       max_time=120, listen=f'udp:{TELEPHONE}:0', address=TELEPHONE, echo=500,
                       **{'from': f'sip:555100@{TELEPHONE}'})
        self.client.wait('call', state='incoming')
        self.client.say('answer')
        self.client.wait_new('call', state='active')
        caller.wait_event('answered')
        return caller

    def move(self):
        """Returns when, in monotonic us."""
        now = time.monotonic_ns() // 1000
        home = self.network.home
        home.ip('address', 'del', f'{network.HOME}/24', 'dev', 'lan0')
        home.plug('lan0', f'{MOVED}/24', gateway=network.INSIDE)
        return now

    def say_again(self):
        """The microphone's file from its begin. Returns what came back of it."""
        begin = len(sound.read_wav(self.client.heard))
        self.client.say('hold')
        self.client.say('resume')
        time.sleep(8)
        return sound.read_wav(self.client.heard)[begin:]

    def assert_goes_both_ways(self, tries=1):
        """Just after a move the path may still be looked for: tried again."""
        for _ in range(tries):
            heard = self.say_again()
            if sound.judge(self.marked('user'), heard).heard:
                break
        self.assert_heard('the user', self.marked('user'), heard, gaps=6)

    def test_call_goes_on(self):
        self.start()
        caller = self.answer()
        self.assert_goes_both_ways()
        moved = self.move()
        wait_for('the line to be back', lambda: self.world.mark('line-back', moved), 60)
        self.assert_goes_both_ways(3)
        self.client.say('hang-up')
        self.client.wait_new('call', state='ended', reason='hung-up')
        self.assertTrue(caller.result()['ended_by_peer'])
        self.assertEqual(len(self.client.calls()), 1)


if __name__ == '__main__':
    main()
