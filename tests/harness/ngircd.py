# SPDX-License-Identifier: GPL-3.0-or-later
"""ngIRCd as an IRC service, without services that would prove who somebody is."""
import socket

from .process import wait_for
from .world import find_program, free_port

CONFIG = '''[Global]
Name = irc.test
Info = Throw-away IRC server
AdminInfo1 = test
Listen = 127.0.0.1
Ports = {port}
MotdPhrase = "Welcome"
[Limits]
MaxConnectionsIP = 0
PingTimeout = 60
PongTimeout = 10
[Options]
DNS = no
Ident = no
PAM = no
SyslogFacility = local1
'''


class Ngircd:
    def __init__(self, world, start=True):
        self.world = world
        self.port = free_port()
        self.config = world.write('ngircd.conf', CONFIG.format(port=self.port), 0o644)
        self.process = None
        if start:
            self.start()

    def start(self):
        self.process = self.world.start('ngircd', [find_program('ngircd'), '-n', '-f', self.config])
        wait_for('ngIRCd to listen', self._listens, 15, process=self.process)
        return self

    def _listens(self):
        with socket.socket() as s:
            s.settimeout(0.5)
            return s.connect_ex(('127.0.0.1', self.port)) == 0

    def kill(self):
        self.process.kill()

    def end(self):
        self.process.end()
