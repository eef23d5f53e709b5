# SPDX-License-Identifier: GPL-3.0-or-later
"""Somebody on IRC whose program is not ours: a socket and RFC 2812."""
import socket
import threading
import time

from .process import Failure, wait_for


class IrcBot:
    """`messages` is a list of (nick, text), `times` when they came (CLOCK_MONOTONIC microseconds); `lines` is
    all that came. To CTCP it answers which `program` it is, if that is something; `asked` is who has asked it
    so."""

    def __init__(self, world, ngircd, nick, program=None):
        self.nick = nick
        self.program = program
        self.messages = []
        self.times = []
        self.lines = []
        self.asked = []
        self._ison = []  # answers to ISON
        self.welcome = threading.Event()
        self._socket = socket.create_connection(('127.0.0.1', ngircd.port), 5)
        self._socket.settimeout(None)
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()
        world.add(self)
        self.send_line(f'NICK {nick}')
        self.send_line(f'USER {nick} 0 * :{nick}')
        if not self.welcome.wait(30):
            raise Failure(f'{nick} was not welcome on IRC')

    def _run(self):
        rest = b''
        while True:
            try:
                data = self._socket.recv(4096)
            except OSError:
                return
            if not data:
                return
            *lines, rest = (rest + data).split(b'\r\n')
            for line in lines:
                self._on_line(line.decode('utf-8', 'replace'))

    def _on_line(self, line):
        words = line.split(' ')
        self.lines.append(line)
        if words[0] == 'PING':
            self.send_line('PONG ' + words[1])
        elif len(words) > 1 and words[1] == '001':
            self.welcome.set()
        elif len(words) > 1 and words[1] == '303':
            self._ison.append(line.split(' :', 1)[1].split())
        elif len(words) > 3 and words[1] == 'PRIVMSG':
            self._on_message(words[0][1:].split('!')[0], line.split(' :', 1)[1])

    def _on_message(self, sender, text):
        if text == '\x01VERSION\x01':
            self.asked.append(sender)
            if self.program:
                self.send_line(f'NOTICE {sender} :\x01VERSION {self.program}\x01')
            return
        self.times.append(time.monotonic_ns() // 1000)
        self.messages.append((sender, text))

    def send_line(self, line):
        self.send_bytes(line.encode() + b'\r\n')

    def send_bytes(self, data):
        self._socket.sendall(data)

    def send(self, to, text):
        self.send_line(f'PRIVMSG {to} :{text}')

    def wait_line(self, part, timeout=20):
        """The first line with that in it."""
        return wait_for(f'{part!r} at {self.nick}', lambda: [
            line for line in self.lines if part in line], timeout)[0]

    def wait_gone(self, nick, timeout=20):
        """Until the service knows nobody of that nick."""
        wait_for(f'{nick} to be gone', lambda: not self.is_on(nick), timeout)

    def is_on(self, nick):
        return nick in self._ask_who_is_on(nick)

    def wait_taken(self):
        """Until the service has taken all that was sent: it answers in order."""
        self._ask_who_is_on(self.nick)

    def _ask_who_is_on(self, nick):
        count = len(self._ison)
        self.send_line(f'ISON {nick}')
        return wait_for('an answer to ISON', lambda: self._ison[count:], 30)[0]

    def wait_message(self, text, timeout=10):
        return wait_for(f'message {text[:40]!r} at {self.nick}',
                        lambda: [m for m in self.messages if m[1] == text], timeout)

    def end(self):
        try:
            self._socket.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass
        self._socket.close()
