#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""More new calls than the configuration lets in: the others hear 503 and when to come again, and nobody
else notices anything. What many calls took of the memory is free for others when they are over."""
import time
import unittest

from harness import main
from harness.flow import FlowCase
from harness.process import SLOWNESS, wait_for
from harness.rawsip import RawSip
from harness.sipp import ACK_REFUSED, HEAD, INVITE, Sipp, refused_scenario

RATE = 5  # new calls a second that are let in


class Overload(FlowCase):
    def setUp(self):
        super().setUp()
        self.start_server(extra=f'[limits]\nnew_calls_per_second={RATE}\nemergency_numbers=112\n')
        self.server.ctl('number', 'add', '112', 'anna')
        self.device(answer_after=50, record=None)

    def raw(self, **options):
        return self.world.add(RawSip(self.server, **options))

    def flood(self, calls, rate, address='127.0.0.1'):
        scenario = refused_scenario(self.world, 'flood', '100')
        return Sipp(self.world, 'flood', scenario, self.server.ports['udp'], calls=calls, rate=rate,
                    address=address)

    def load(self):
        return self.server.ctl_json('status')['load']

    def wait_refusing(self):
        wait_for('the first refusals', lambda: self.load()['refused'] > 50, 15, 0.1)

    def test_nobody_else_notices(self):
        live = self.raw()
        self.assertEqual(live.offer(live.sdp())[0], 200)
        flood = self.flood(600, 60)
        self.wait_refusing()
        self.assertTrue(self.load()['refusing'])
        self.assertEqual(self.load()['rate'], RATE)
        # re-INVITE, sound, a sign-in, an emergency call, BYE
        status, text = live.offer(live.sdp(direction='sendonly'))
        self.assertEqual(status, 200, text)
        self.assertEqual(live.offer(live.sdp())[0], 200)
        begin = time.monotonic()
        wait_for('the live call to go on', lambda: live.heard_since(begin) > 50, 10)
        self.device('desktop', record=None)
        emergency = self.raw(number='112')
        status, text = emergency.offer(emergency.sdp())
        self.assertEqual(status, 200, text)
        self.assertEqual(emergency.bye(), 200)
        self.assertEqual(live.bye(), 200)
        self.assertLess(self.load()['taken'], 200, 'the flood was over before the rest')
        self.assertTrue(flood.wait(60), flood.process.tail())

        load = self.load()
        self.assertEqual(load['taken'] + load['refused'], 602)
        self.assertGreater(load['refused'], 450)
        self.assertGreater(load['taken'], 30)
        arrived = [e for e in self.server.events() if e['event'] == 'arrived']
        self.assertEqual(len(arrived), load['taken'], 'a refused call reached the event stream')

    def test_told_and_over(self):
        flood = self.flood(300, 60)
        self.assertTrue(flood.wait(60), flood.process.tail())
        self.server.process.wait_output('new calls are taken again; [0-9]+ were refused', 20)
        told = [line for line in self.server.process.lines() if 'new calls' in line]
        self.assertEqual(len(told), 2, told)
        self.assertIn(f'new calls are refused: more than {RATE} new calls a second', told[0])
        self.assertFalse(self.load()['refusing'])
        self.assertIn(' refused', self.server.ctl('status'))
        after = self.raw()
        self.assertEqual(after.offer(after.sdp())[0], 200)
        self.assertEqual(after.bye(), 200)

    def test_another_trunk(self):
        """Its calls all come in beside the flood of the first."""
        self.server.add_trunk('other', kind='address', trusted='127.0.0.2')
        flood = self.flood(1500, 60, address='127.0.0.2')
        self.wait_refusing()
        for _ in range(4):
            call = self.raw()
            status, text = call.offer(call.sdp())
            self.assertEqual(status, 200, text)
            self.assertEqual(call.bye(), 200)
            time.sleep(1)
        self.assertTrue(self.load()['refusing'], 'the flood was over before the rest')
        self.assertTrue(flood.wait(60), flood.process.tail())


class Memory(FlowCase):
    T1_MS = 100  # sofia remembers what it did for 64 of them

    @unittest.skipIf(SLOWNESS > 1, "it is a sanitizer's")
    def test_goes_back(self):
        self.start_server(extra=f'[sip]\nt1={self.T1_MS}\n[limits]\nnew_calls_per_second=10000\n')
        scenario = self.world.write('nobody.xml', HEAD.format(name='nobody') + INVITE.format(
            number='999', port='[media_port]') + '<recv response="404"/>\n' + ACK_REFUSED.format(
                number='999') + '</scenario>\n')
        memory = self.server.process.own_memory
        before = memory()
        calls = Sipp(self.world, 'nobody', scenario, self.server.ports['udp'], calls=1500, rate=300)
        self.assertTrue(calls.wait(60), calls.process.tail())
        grown = memory() - before
        self.assertGreater(grown, 10000)
        wait_for('most of it to go back', lambda: memory() - before < grown / 3, 60, 0.5)


if __name__ == '__main__':
    main()
