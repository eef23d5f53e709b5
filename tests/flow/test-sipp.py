#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""sipp on the trunk, UDP and TCP: it says a marked file; or it sends back what it hears, so that a
user who hears itself proves both directions."""
from harness import main
from harness.flow import FlowCase
from harness.sipp import Sipp, call_scenario


class SippCalls(FlowCase):
    def say(self, transport, hang_up, parts=False):
        self.start_server()
        device = self.device(answer_after=200, hang_up_after=None if hang_up else 7)
        said = self.marked('caller')
        scenario = call_scenario(self.world, 'say', '100', play=said, hang_up=hang_up,
                                 parts=parts)
        sipp = Sipp(self.world, 'say', scenario, self.server.ports[transport], transport)
        self.assertTrue(sipp.wait(60), sipp.process.tail())
        device.result()
        self.assert_heard('the user', said, device.heard)
        self.assert_events('arrived', 'offered', 'answered', 'ended')

    def test_udp_sipp_hangs_up(self):
        self.say('udp', True)

    def test_tcp_user_hangs_up(self):
        self.say('tcp', False)

    def test_sdp_among_other_parts(self):
        self.say('udp', True, parts=True)

    def echo(self, transport):
        self.start_server()
        device = self.device(answer_after=200)
        scenario = call_scenario(self.world, 'echo', '100', seconds=7)
        sipp = Sipp(self.world, 'echo', scenario, self.server.ports[transport], transport,
                    echo=True)
        self.assertTrue(sipp.wait(60), sipp.process.tail())
        device.result()
        self.assert_heard('the user', self.marked('user'), device.heard)

    def test_udp_echo(self):
        self.echo('udp')

    def test_tcp_echo(self):
        self.echo('tcp')


if __name__ == '__main__':
    main()
