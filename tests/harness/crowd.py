# SPDX-License-Identifier: GPL-3.0-or-later
"""Many people on XMPP at once: one component (XEP-0114) that speaks for all addresses of its domain."""
import asyncio
import logging
import threading
import time

import slixmpp

from .process import Failure, wait_for


class Crowd:
    """Everybody of `domain` is online and lets everybody see that. `messages` is a list of (address,
    body, CLOCK_MONOTONIC microseconds), in the order in which they came."""

    def __init__(self, world, prosody, domain, secret):
        logging.getLogger('slixmpp').setLevel(logging.CRITICAL)
        self.domain = domain
        self.messages = []
        self.online = threading.Event()
        self._place = ('127.0.0.1', prosody.component_port)
        self._secret = secret
        self._loop = asyncio.new_event_loop()
        self._component = None
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()
        world.add(self)
        if not self.online.wait(30):
            raise Failure(f'the component {domain} did not get online')

    def _run(self):
        asyncio.set_event_loop(self._loop)
        component = slixmpp.ComponentXMPP(self.domain, self._secret, *self._place)
        component.loop = self._loop
        self._component = component
        component.auto_authorize = None
        component.auto_subscribe = False
        component.add_event_handler('session_start', lambda _event: self.online.set())
        component.add_event_handler('message', self._on_message)
        component.add_event_handler('presence_subscribe', self._on_request)
        # slixmpp keeps a list of its own, and tells those who are not on it that they see nobody.
        component.del_event_handler('presence_probe', component._handle_probe)
        component.add_event_handler('presence_probe', self._tell_presence)
        component.connect()
        self._loop.run_forever()
        for task in asyncio.all_tasks(self._loop):
            task.cancel()
        self._loop.run_until_complete(asyncio.sleep(0))

    def _on_message(self, message):
        if message['type'] in ('chat', 'normal') and message['body']:
            self.messages.append((message['to'].bare, message['body'],
                                  time.monotonic_ns() // 1000))

    def _on_request(self, presence):
        self._component.send_presence(pto=presence['from'].bare, pfrom=presence['to'].bare,
                                      ptype='subscribed')
        self._tell_presence(presence)

    def _tell_presence(self, presence):
        self._component.send_presence(pto=presence['from'].bare,
                                      pfrom=presence['to'].bare + '/crowd')

    def send(self, who, to, text):
        self._loop.call_soon_threadsafe(lambda: self._component.send_message(
            mto=to, mfrom=f'{who}/crowd', mbody=text, mtype='chat'))

    def texts(self, who):
        return [body for to, body, _ in self.messages if to == who]

    def wait_messages(self, count, timeout):
        wait_for(f'{count} messages', lambda: len(self.messages) >= count, timeout)

    def end(self):
        if not self._loop.is_running():
            return
        self._loop.call_soon_threadsafe(self._component.abort)
        self._loop.call_soon_threadsafe(self._loop.call_later, 0.1, self._loop.stop)
        self._thread.join(5)
