# SPDX-License-Identifier: GPL-3.0-or-later
"""Prosody as an XMPP service with TLS. It refuses root, and then runs as the user of its package."""
import contextlib
import os
import pwd
import shutil
import socket

from .process import Process, wait_for
from .world import find_program, free_port

CONFIG = '''daemonize = false
pidfile = "{folder}/prosody.pid"
data_path = "{folder}/data"
interfaces = {{ "{address}" }}
c2s_ports = {{ {port} }}
s2s_ports = {{ }}
modules_enabled = {{ "roster", "saslauth", "tls", "disco", "carbons", "ping", "offline"{more} }}
modules_disabled = {{ "s2s" }}
allow_registration = false
authentication = "internal_plain"
storage = "internal"
c2s_require_encryption = true
log = {{ info = "*console" }}
'''
COMPONENT = '''component_interfaces = {{ "127.0.0.1" }}
component_ports = {{ {port} }}
'''
# As Debian's configuration has it.
USUAL_LIMITS = '''modules_enabled = {{ "roster", "saslauth", "tls", "disco", "carbons", "ping", "offline",
  "limits"{more} }}
limits = {{ c2s = {{ rate = "10kb/s"; }}; }}
'''
HOST = '''VirtualHost "{host}"
  ssl = {{ key = "{folder}/{host}.key", certificate = "{folder}/{host}.crt" }}
'''


class Prosody:
    """`users`: addresses with passwords, {'anna@one.test': 'secret'}; their domains are served, each
    with a certificate that it signed itself. `components`: domains that a program speaks for (Crowd),
    with its secret. `limited`: what one client may send has the usual limits, else none. `friends`:
    pairs of addresses that see each other's presence from the beginning. `modules`: more of Prosody's.
    `address`: where it listens. `rooms`: the domain of its chats of many."""

    def __init__(self, world, users, start=True, components=None, limited=False, friends=(),
                 modules=(), address='127.0.0.1', rooms=None):
        self.world = world
        self.address = address
        self.users = users
        self.port = free_port()
        self.component_port = free_port() if components else None
        self.folder = os.path.dirname(world.path('prosody', 'x'))
        self.hosts = sorted({address.split('@')[1] for address in users})
        self.process = None
        for host in self.hosts:
            self.make_certificate(host)
        for address, password in users.items():
            self._write(address, 'accounts', f'["password"] = "{password}"')
        for one, other in friends:
            for owner, contact in ((one, other), (other, one)):
                self._write(owner, 'roster', f'["{contact}"] = {{ subscription = "both"; groups = {{}} }}')
        text = CONFIG + (USUAL_LIMITS if limited else '')
        self.config = world.write('prosody/prosody.cfg.lua', text.format(
            folder=self.folder, port=self.port, address=self.address,
            more=''.join(f', "{module}"' for module in modules))
            + (COMPONENT.format(port=self.component_port) if components else '') + ''.join(
                HOST.format(host=host, folder=self.folder) for host in self.hosts) + ''.join(
                    f'Component "{domain}"\n  component_secret = "{secret}"\n'
                    for domain, secret in (components or {}).items())
            + (f'Component "{rooms}" "muc"\n  muc_room_locking = false\n' if rooms else ''))
        if start:
            self.start()

    def make_certificate(self, host, days=30):
        """A new one; Prosody takes it at its next start."""
        self.world.run([find_program('openssl'), 'req', '-x509', '-newkey', 'ec', '-pkeyopt',
                        'ec_paramgen_curve:prime256v1', '-nodes', '-keyout',
                        f'{self.folder}/{host}.key', '-out', f'{self.folder}/{host}.crt', '-days',
                        str(days), '-subj', f'/CN={host}', '-addext',
                        f'subjectAltName=DNS:{host}'])

    def certificate(self, host):
        return f'{self.folder}/{host}.crt'

    def fingerprint(self, host):
        """SHA-256 of its certificate, as openssl writes it."""
        said = self.world.run([find_program('openssl'), 'x509', '-in', f'{self.folder}/{host}.crt',
                               '-noout', '-fingerprint', '-sha256'])
        return said.strip().split('=')[1]

    def _write(self, address, kind, entries):
        """What Prosody keeps of one user."""
        user, host = address.split('@')
        self.world.write(f'prosody/data/{host.replace(".", "%2e")}/{kind}/{user}.dat',
                         f'return {{ {entries} }};\n')

    def _give_away(self):
        """Prosody's user owns the folder and may pass the one above it."""
        owner = pwd.getpwnam('prosody')
        os.chmod(self.world.dir, 0o711)
        for folder, _, files in os.walk(self.folder):
            os.chown(folder, owner.pw_uid, owner.pw_gid)
            for name in files:
                os.chown(os.path.join(folder, name), owner.pw_uid, owner.pw_gid)

    def start(self, wait=True):
        command = [find_program('prosody'), '--config', self.config, '-F']
        if os.geteuid() == 0:
            self._give_away()
            command = [shutil.which('setpriv'), '--reuid', 'prosody', '--regid', 'prosody',
                       '--clear-groups'] + command
        self.process = self.world.start('prosody', command)
        if wait:
            wait_for('Prosody to listen', self._listens, 15, process=self.process)
        return self

    def _listens(self):
        with getattr(self.world, 'entered', contextlib.nullcontext)(), socket.socket() as s:
            s.settimeout(0.5)
            return s.connect_ex((self.address, self.port)) == 0

    def count_ends(self):
        """How many sessions have ended, as it knows."""
        return self.process.output().count('Client disconnected')

    def kill(self):
        self.process.kill()

    def end(self):
        if isinstance(self.process, Process):
            self.process.end()
