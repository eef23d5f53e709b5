#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""The computer gets another address in the middle of a call: the old one is gone, and with it the
connection to the call server and the sound's path. The client is at home behind a router that lets no SIP
out, so that its call goes by the web line; call server and telephone are outside."""
import unittest

from harness import main, network, wait_for
from harness.home import HomeCase

WHY_NOT = network.why_not()


@unittest.skipIf(WHY_NOT, WHY_NOT)
class Roaming(HomeCase):
    def test_call_goes_on(self):
        self.start(by_web=True)
        caller = self.called()
        self.assert_goes_both_ways()
        moved = self.move()
        wait_for('the line to be back', lambda: self.world.mark('line-back', moved), 60)
        self.assert_goes_both_ways()
        self.client.say('hang-up')
        self.client.wait_new('call', state='ended', reason='hung-up')
        self.assertTrue(caller.result()['ended_by_peer'])
        self.assertEqual(len(self.client.calls()), 1)


if __name__ == '__main__':
    main()
