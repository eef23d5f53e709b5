#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""sipp on the trunk, UDP and TCP: it says a marked file; or it sends back what it hears, so that a
user who hears itself proves both directions. And what was dialled before a call came here."""
from harness import main, wait_for
from harness.flow import FlowCase
from harness.rawsip import RawSip
from harness.sipp import Sipp, call_scenario


class SippCalls(FlowCase):
    def assert_over(self, device, caller_hung_up):
        """Both were told at once; the event stream and the history say what became of the call."""
        result = device.result()
        self.assertEqual(result['ended_by_peer'], caller_hung_up)
        self.assert_told_at_once('the caller' if caller_hung_up else 'the answering side',
                                 result['t_ended'])
        self.assert_events('arrived', 'identified', 'located', 'offered', 'answered', 'ended')
        entry, = self.history(device.account)
        self.assertEqual((entry['direction'], entry['outcome'], entry['called'], entry['number'],
                          entry['name']), ('in', 'answered', '100', '555200', 'Demo Sipp'))
        self.assertGreaterEqual(entry['duration'], 6)

    def say(self, transport, hang_up, parts=False):
        self.start_server()
        device = self.device(answer_after=1500, hang_up_after=None if hang_up else 8)
        said = self.marked('caller')
        scenario = call_scenario(self.world, 'say', '100', play=said, hang_up=hang_up,
                                 parts=parts)
        sipp = Sipp(self.world, 'say', scenario, self.server.ports[transport], transport)
        self.assertTrue(sipp.wait(60), sipp.process.tail())
        self.assert_over(device, hang_up)
        self.assert_heard('the user', said, device.heard)

    def test_udp_sipp_hangs_up(self):
        self.say('udp', True)

    def test_tcp_user_hangs_up(self):
        self.say('tcp', False)

    def test_sdp_among_other_parts(self):
        self.say('udp', True, parts=True)

    def echo(self, transport):
        self.start_server()
        device = self.device(answer_after=1500)
        scenario = call_scenario(self.world, 'echo', '100', seconds=8)
        sipp = Sipp(self.world, 'echo', scenario, self.server.ports[transport], transport,
                    echo=True)
        self.assertTrue(sipp.wait(60), sipp.process.tail())
        self.assert_over(device, True)
        self.assert_heard('the user', self.marked('user'), device.heard)

    def test_udp_echo(self):
        self.echo('udp')

    def test_tcp_echo(self):
        self.echo('tcp')


class Dialled(FlowCase):
    """Who is called, by everything that may tell it; and that the device, the event stream and the history
    say what the caller has dialled."""

    def call(self, count, number, *headers):
        """The server's call number `count`."""
        raw = self.world.add(RawSip(self.server, number))
        status, _ = raw.offer(raw.sdp(), headers)
        if status == 200:
            self.assertEqual(raw.bye(), 200)
        wait_for('its end', lambda: [e['event'] for e in self.server.events()].count('ended') == count,
                 interval=0.1)
        return status

    def test_what_the_caller_dialled(self):
        self.start_server()
        self.server.ctl('number', 'add', '101', 'anna')
        device = self.device(answer_after=50)
        for count, (number, called, *headers) in enumerate((
                ('555', '100', 'Diversion: <sip:100@provider.test>;reason=no-answer'),
                ('555', '100', 'Diversion: <sip:101@provider.test>;reason=user-busy, '
                               '"Anna" <sip:100@provider.test>;reason=no-answer'),
                ('555', '101', 'Diversion: <sip:101@provider.test>',
                 'Diversion: <sip:556@provider.test>'),
                ('555', '101', 'History-Info: <sip:101@provider.test>;index=1, '
                               '<sip:555@provider.test;cause=302>;index=1.1'),
                ('customer', '100', 'P-Called-Party-ID: <sip:100@provider.test>'),
                ('101', '101', 'Diversion: <sip:100@provider.test>'),
                ('anna', 'anna')), 1):
            self.assertEqual(self.call(count, number, *headers), 200, headers)
            wait_for('the end at the device', lambda n=count: len(device.results()) == n)
            arrived = [e for e in device.events() if e['event'] == 'arrived']
            self.assertEqual((len(arrived), arrived[-1]['Offhook-Called']), (count, called))
            told = {e['event']: e for e in self.server.call_events()}
            self.assertEqual(told['arrived']['called'], number)
            self.assertEqual(told['identified'].get('called', number), called)
            self.assertIn(called, told['identified']['reason'])
            row = max(self.history(device.account), key=lambda r: r['row'])
            self.assertEqual((row['called'], row['outcome']), (called, 'answered'))

    def test_nobody_was_dialled(self):
        self.start_server()
        device = self.device(answer_after=50)
        for count, header in enumerate(('Diversion: <sip:556@provider.test>', 'Diversion: <<<>;;',
                                        'History-Info: <sip:556@provider.test>;index=1'), 1):
            self.assertEqual(self.call(count, '555', header), 404)
        self.assertIsNone(device.has('arrived'))


if __name__ == '__main__':
    main()
