#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Codec and bit rate change in the middle of a call: because the path gets narrow, because the person says so,
because the far end does. What is sent is counted on the cable, what is said is judged by recording."""
import json
import time
import unittest

from harness import main, network, sound, wait_for
from harness.home import HomeCase
from harness.flow import FlowCase
from harness.process import Failure
from harness.rawsip import RawSip
from harness.world import find_program

KBIT_S = 36       # as IP: too little for Opus of 24 kbit/s in packets of 20 ms, enough for 20 of 40 ms
QUEUE_MS = 400    # that may wait before a narrow cable
MEASURE_S = 3
LONG_S = 40.0     # of speech: while nobody speaks little is sent, and nothing learned
TURN_S = 5        # of speech with one setting or codec


def why_not():
    try:
        find_program('tc')
    except Failure as failure:
        return str(failure)
    return network.why_not()


class Cable:
    """What goes out of one end of a cable."""

    def __init__(self, place, name):
        self._place, self._name = place, name

    def narrow(self):
        self._place.run([find_program('tc'), 'qdisc', 'add', 'dev', self._name, 'root', 'tbf', 'rate',
                         f'{KBIT_S}kbit', 'burst', '1600', 'latency', f'{QUEUE_MS}ms'])

    def widen(self):
        self._place.run([find_program('tc'), 'qdisc', 'del', 'dev', self._name, 'root'])

    def _sent(self):
        link, = json.loads(self._place.ip('-json', '-stats', 'link', 'show', 'dev', self._name))
        return time.monotonic(), link['stats64']['tx']['packets'], link['stats64']['tx']['bytes']

    def rate(self):
        """Packets and kbit (Ethernet and all) a second, over MEASURE_S."""
        then, packets, size = self._sent()
        time.sleep(MEASURE_S)
        now, more_packets, more = self._sent()
        return ((more_packets - packets) / (now - then), (more - size) * 8 / 1000 / (now - then))


@unittest.skipIf(why_not(), why_not())
class Rate(HomeCase):
    def start_long(self):
        """Returns the cable out of the client's computer, and that towards it."""
        self.start(said=self.marked('user', LONG_S))
        return Cable(self.network.home, 'lan0'), Cable(self.network.router, 'in0')

    def wait_packets(self, cable, fits):
        """Until `fits` the packets that go out in a second."""
        wait_for('packets of another length', lambda: fits(cable.rate()[0]), 60, 0.1)

    def test_path_gets_narrow(self):
        """There, and then back; what was narrow and is not any more gets more again."""
        out, back = self.start_long()
        self.called()
        time.sleep(2)
        self.assertGreater(out.rate()[0], 45)
        out.narrow()
        self.wait_packets(out, lambda packets: packets < 32)
        self.assert_goes_both_ways()
        out.widen()
        back.narrow()
        self.wait_packets(back, lambda packets: packets < 32)
        self.assert_goes_both_ways()
        self.wait_packets(out, lambda packets: packets > 45)

    def test_person_chooses(self):
        """Both directions are whole over all of it."""
        seconds = 4 * TURN_S + 1.0
        out, _ = self.start_long()
        caller = self.caller(play=self.marked('caller', seconds), max_time=90)
        self.client.wait_new('call', state='incoming')
        caller.wait_event('progress')
        time.sleep(1.5)  # the path is warm
        self.client.say('answer')
        self.client.wait_new('call', state='active')
        found = {}
        begin = time.monotonic()
        for turn, word in enumerate(('balanced', 'save-data', 'best', 'balanced')):
            self.client.say('setting', 'sound-quality', word)
            time.sleep(1)
            found[turn] = out.rate()
            time.sleep(max(0, begin + (turn + 1) * TURN_S - time.monotonic()))
        time.sleep(2)
        self.client.say('hang-up')
        self.client.wait_new('call', state='ended', reason='hung-up')
        packets, kbit = zip(*(found[turn] for turn in sorted(found)))
        told = str(found)
        for turn in (0, 2, 3):
            self.assertAlmostEqual(packets[turn], 50, delta=6, msg=told)
        self.assertLess(packets[1], 22, told)  # of 60 ms
        self.assertLess(kbit[1], 0.6 * kbit[0], told)
        self.assertGreater(kbit[2], 1.12 * kbit[0], told)
        self.assertLess(kbit[3], 0.9 * kbit[2], told)
        self.assert_heard('the caller', self.marked('user', seconds), caller.heard, gaps=6)
        self.assert_heard('the user', self.marked('caller', seconds), self.client.heard, gaps=6)


class Codec(FlowCase):
    def test_far_end_changes_it(self):
        """By re-INVITE, once as sound is relayed as it is and else decoded; it sends back what it hears."""
        turns = (0, 9, 96, 8, 0)
        seconds = TURN_S * len(turns) - 1.0
        self.start_server()
        device = self.device(answer_after=100, play=self.marked('user', seconds))
        raw = self.world.add(RawSip(self.server, echo=True))
        begin = time.monotonic()
        for turn, payload_type in enumerate(turns):
            status, text = raw.offer(raw.sdp((payload_type,)))
            self.assertEqual(status, 200, text)
            changed = time.monotonic()
            if turn == 0:
                begin = changed
            time.sleep(max(0, begin + (turn + 1) * TURN_S - time.monotonic()))
            self.assertGreater(raw.heard_since(changed, payload_type), 100)
        time.sleep(1)
        self.assertEqual(raw.bye(), 200)
        self.assertTrue(device.result()['answered'])
        self.assert_heard('the user', self.marked('user', seconds), device.heard)


if __name__ == '__main__':
    main()
