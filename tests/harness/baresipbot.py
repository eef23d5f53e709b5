# SPDX-License-Identifier: GPL-3.0-or-later
"""Somebody whose SIP program is baresip: what its console shows is what the person reads."""
import re
import threading
import time

from .baresip import Baresip

MESSAGE = re.compile(r'(sips?:[^\s"]+): "(.*?)"\r?\n', re.S)


class BaresipBot:
    """Signed in at the call server over UDP as a device of `user`, and writes to `to` there. `messages`
    is a list of (address, text), `times` when they came (CLOCK_MONOTONIC microseconds)."""

    def __init__(self, world, server, user, to):
        place = f'127.0.0.1:{server.ports["udp"]}'
        self.login = server.ctl_json('device', 'add', user, '--desk-phone', '--name', 'baresip')
        self.messages = []
        self.times = []
        self._to = to
        self._phone = Baresip(world, user, None, registrar=place,
                              login=(self.login['device_id'], self.login['secret']),
                              writes_to=f'sip:{to}@{place}')
        self._closing = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)
        world.add(self)
        self._phone.process.wait_output(r'200 OK \(.*binding')
        self._thread.start()

    @property
    def device(self):
        return self.login['device_id']

    def _run(self):
        while not self._closing.wait(0.01):
            found = MESSAGE.findall(self._phone.process.output())
            now = time.monotonic_ns() // 1000
            for address, text in found[len(self.messages):]:
                self.times.append(now)
                self.messages.append((address, text))

    def send(self, to, text):
        """To the one address that it writes to."""
        if to != self._to:
            raise ValueError(f'it writes to {self._to}, not {to}')
        self._phone.write(text)

    def end(self):
        self._closing.set()
        if self._thread.ident:
            self._thread.join(5)
        self._phone.end()
