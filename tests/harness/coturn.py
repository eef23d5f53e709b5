# SPDX-License-Identifier: GPL-3.0-or-later
"""coturn as STUN and TURN server in a network of the test's own."""
import os
import socket

from .process import wait_for
from .world import find_program

# A binding request (RFC 8489 5): type, length, magic cookie, transaction.
REQUEST = bytes.fromhex('00010000') + bytes.fromhex('2112a442') + b'is it there?'


class Coturn:
    """Listens on port 3478 of each address; with `secret` it relays for those who have a
    credential made of it, with `user` (name, password) for that one, else it is STUN alone."""

    def __init__(self, place, addresses, secret=None, user=None):
        self.place = place
        self.addresses = addresses
        folder = os.path.dirname(place.path('coturn', 'x'))
        words = ['-n', '--listening-port=3478', '--no-tls', '--no-dtls', '--no-cli',
                 '--log-file=stdout', '--realm=demo.test', '--min-port=50000', '--max-port=50100',
                 f'--userdb={folder}/turndb', f'--pidfile={folder}/pid']
        words += [f'--listening-ip={address}' for address in addresses]
        if secret:
            words += ['--use-auth-secret', f'--static-auth-secret={secret}']
        elif user:
            words += ['--lt-cred-mech', f'--user={user[0]}:{user[1]}']
        else:
            words += ['--stun-only']
        words += [f'--relay-ip={addresses[0]}'] if secret or user else []
        self.process = place.start('coturn', [find_program('turnserver'), *words])
        wait_for('coturn to answer', self._answers, 15, process=self.process)

    def _answers(self):
        with self.place.entered(), socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
            s.settimeout(0.3)
            s.sendto(REQUEST, (self.addresses[-1], 3478))
            try:
                return len(s.recv(2000)) > 20
            except OSError:
                return False

    def end(self):
        self.process.end()
