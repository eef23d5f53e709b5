#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""A call that reaches the program by an instant message alone (Prosody), on a virtual desktop."""
from harness import main
from harness.client import Client
from harness.display import Display
from harness.imflow import ImFlowCase
from harness.relay import HOST
from harness.screen import BUTTON


class Offer(ImFlowCase):
    def test_window(self):
        """No SIP at all: the window of calls shows instead of the message, once, and answers."""
        self.start_im()
        before = self.im_client()
        before.end()
        self.wait_presence('offline', 30)  # not to take it for the one that comes
        before.move_sip(HOST, self.server.ports['tls'])  # nobody is there
        client = Client(self.world, Display(self.world), 'desktop', self.marked('user'), start=False)
        client.home = before.home  # as the same person starts the program with windows
        self.world.add(client).start()
        screen = client.screen
        screen.wait(20, role='frame')
        self.wait_presence('available', 30)
        caller = self.caller(max_time=60)
        screen.wait(20, name='Answer', role=BUTTON)
        self.assertTrue(screen.find(contains='Demo Caller'), screen.tree())
        for option in ('Voicemail', 'Decline'):
            self.assertTrue(screen.find(name=option, role=BUTTON), option)
        client.display.screenshot('offer-window')
        self.world.keep(('screenshots',))
        self.assertFalse(screen.find(name='1 unread message'))
        screen.press('Answer')
        caller.wait_event('answered', 20)
        screen.wait(name='Hang up', role=BUTTON)
        screen.press('Hang up')
        self.assertTrue(caller.result(20)['ended_by_peer'])
        self.assertFalse(screen.find(name='1 unread message'))


if __name__ == '__main__':
    main()
