# SPDX-License-Identifier: GPL-3.0-or-later
"""A WebSocket client that says whatever a test wants (RFC 6455), over TLS."""
import base64
import json
import os
import socket
import ssl
import struct

from .process import SLOWNESS

TEXT, BINARY, CLOSE, PING, PONG = 1, 2, 8, 9, 10
# What a browser offers whose sound never comes: nobody listens there.
SDP = '\r\n'.join((
    'v=0', 'o=- 1 1 IN IP4 127.0.0.1', 's=-', 't=0 0', 'm=audio 9 UDP/TLS/RTP/SAVPF 111',
    'c=IN IP4 0.0.0.0', 'a=rtcp-mux', 'a=mid:0', 'a=ice-ufrag:abcd', 'a=ice-pwd:' + 'x' * 24,
    'a=fingerprint:sha-256 ' + ':'.join(['AB'] * 32), 'a=setup:actpass',
    'a=rtpmap:111 opus/48000/2', 'a=sendrecv', ''))


class WebSocket:
    """`status` is that of the handshake's answer, 101 when it is open; `body` what a refusal said,
    `headers` its headers by their names in lower case.
    `closed` is the code of the server's close, 1006 where it only hung up."""

    def __init__(self, address, path, host, origin=None, timeout=10, headers=()):
        timeout *= SLOWNESS
        context = ssl.create_default_context()
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
        self.closed = None
        self.plain = socket.create_connection(address, timeout)
        self.socket = context.wrap_socket(self.plain, server_hostname='localhost')
        self.socket.settimeout(timeout)
        self._data = b''
        lines = [f'GET {path} HTTP/1.1', f'Host: {host}', 'Upgrade: websocket',
                 'Connection: Upgrade', 'Sec-WebSocket-Version: 13',
                 'Sec-WebSocket-Key: ' + base64.b64encode(os.urandom(16)).decode()]
        if origin:
            lines.append(f'Origin: {origin}')
        lines += headers
        self.socket.sendall('\r\n'.join(lines + ['', '']).encode())
        while b'\r\n\r\n' not in self._data:
            self._receive()
        head, self._data = self._data.split(b'\r\n\r\n', 1)
        self.status = int(head.split()[1])
        self.headers = {name.strip().lower(): value.strip() for name, _, value in
                        (line.partition(':') for line in head.decode().split('\r\n')[1:])}
        self.body = ''
        if self.status != 101:
            length = int(self.headers.get('content-length', 0))
            while len(self._data) < length:
                self._receive()
            self.body = self._data[:length].decode()

    def _receive(self):
        data = self.socket.recv(65536)
        if not data:
            raise ConnectionResetError
        self._data += data

    def send_frame(self, payload, opcode=TEXT):
        mask = os.urandom(4)
        size = len(payload)
        head = bytes([0x80 | opcode])
        if size < 126:
            head += bytes([0x80 | size])
        elif size < 65536:
            head += bytes([0x80 | 126]) + struct.pack('>H', size)
        else:
            head += bytes([0x80 | 127]) + struct.pack('>Q', size)
        masked = bytes(b ^ mask[i % 4] for i, b in enumerate(payload))
        try:
            self.socket.sendall(head + mask + masked)
        except (ConnectionError, ssl.SSLError):
            pass  # it was closed before it had read all; what is read next says how

    def say(self, **message):
        self.send_frame(json.dumps(message).encode())

    def _frame(self):
        while len(self._data) < 2:
            self._receive()
        opcode, size, start = self._data[0] & 15, self._data[1] & 127, 2
        wide = {126: '>H', 127: '>Q'}.get(size)
        if wide:
            start += struct.calcsize(wide)
            while len(self._data) < start:
                self._receive()
            size = struct.unpack(wide, self._data[2:start])[0]
        while len(self._data) < start + size:
            self._receive()
        payload, self._data = self._data[start:start + size], self._data[start + size:]
        return opcode, payload

    def read(self):
        """The next message; None: it is closed."""
        while self.closed is None:
            try:
                opcode, payload = self._frame()
            except (ConnectionError, ssl.SSLError):
                self.closed = 1006
                break
            if opcode == PING:
                self.send_frame(payload, PONG)
            elif opcode == CLOSE:
                self.closed = struct.unpack('>H', payload[:2])[0] if payload else 1005
            elif opcode == TEXT:
                return json.loads(payload)
        return None

    def read_type(self, wanted):
        message = self.read()
        assert message and message['type'] == wanted, (wanted, message, self.closed)
        return message

    def read_close(self):
        """The code with which it is closed, whatever was said before."""
        while self.read() is not None:
            pass
        return self.closed

    def cut(self):
        """The connection breaks, without a word."""
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack('ii', 1, 0))
        self.socket.close()
        self.plain.close()

    def end(self):
        self.socket.close()
