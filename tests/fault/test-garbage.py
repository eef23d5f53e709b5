#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Nonsense on every port of the call server: it stays, and the next call is a good one."""
import random
import socket
import ssl

from harness import main
from harness.flow import FlowCase

SDP = ('v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\n'
       'm=audio 4000 RTP/AVP 0\r\n')


def request(method, number, port, body=SDP):
    return (f'{method} sip:100@127.0.0.1 SIP/2.0\r\nVia: SIP/2.0/UDP 127.0.0.1:{port};rport;'
            f'branch=z9hG4bKg{number}\r\nFrom: "X" <sip:x@127.0.0.1>;tag={number}\r\n'
            f'To: <sip:100@127.0.0.1>\r\nCall-ID: garbage-{number}\r\nCSeq: 1 {method}\r\n'
            f'Contact: <sip:x@127.0.0.1:{port}>\r\nMax-Forwards: 70\r\n'
            f'Content-Type: application/sdp\r\nContent-Length: {len(body)}\r\n\r\n{body}').encode()


def spoil(rng, data):
    """A few random changes."""
    data = bytearray(data)
    for _ in range(rng.randrange(1, 8)):
        at = rng.randrange(len(data))
        kind = rng.randrange(4)
        if kind == 0:
            data[at] = rng.randrange(256)
        elif kind == 1:
            del data[at:at + rng.randrange(1, 40)]
        elif kind == 2:
            data[at:at] = data[at:at + rng.randrange(1, 60)]
        else:
            data[at:at] = bytes([rng.choice(b'\r\n\0"<>;:= ')]) * rng.randrange(1, 300)
        if not data:
            return b'x'
    return bytes(data[:60000])


class Garbage(FlowCase):
    def check_alive(self):
        self.assertIsNone(self.server.process.poll(), self.server.process.tail())
        device = self.device(answer_after=100)
        self.assertTrue(self.caller(hang_up_after=1).result(15)['answered'])
        device.stop()

    def test_udp(self):
        self.start_server()
        rng = random.Random(4475)
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
            s.bind(('127.0.0.1', 0))
            port = s.getsockname()[1]
            for number in range(600):
                method = rng.choice(['INVITE', 'REGISTER', 'OPTIONS', 'MESSAGE', 'SUBSCRIBE',
                                     'PUBLISH', 'BYE', 'CANCEL', 'ACK', 'NOTIFY', 'PRACK'])
                s.sendto(spoil(rng, request(method, number, port)),
                         ('127.0.0.1', self.server.ports['udp']))
        self.check_alive()

    def test_bad_sdp(self):
        """Well-formed INVITEs of a trusted trunk whose SDP is nonsense are refused, not taken."""
        self.start_server()
        rng = random.Random(3264)
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
            s.bind(('127.0.0.1', 0))
            s.settimeout(0.05)
            port = s.getsockname()[1]
            for number in range(150):
                body = spoil(rng, SDP.encode()).decode('latin-1')
                s.sendto(request('INVITE', number, port, body),
                         ('127.0.0.1', self.server.ports['udp']))
            self.server.ctl('status')
        self.check_alive()

    def test_tcp_tls_https(self):
        self.start_server()
        rng = random.Random(7)
        context = ssl.create_default_context(cafile=self.server.ca_file)
        context.check_hostname = False
        for port, secure in ((self.server.ports['tcp'], False), (self.server.ports['tls'], True),
                             (self.server.ports['tls'], False), (self.server.https, True),
                             (self.server.https, False)):
            for number in range(25):
                with socket.create_connection(('127.0.0.1', port), 5) as s:
                    try:
                        if secure:
                            s = context.wrap_socket(s)
                        s.sendall(spoil(rng, request('INVITE', f'{port}-{number}', port)))
                        s.settimeout(0.02)
                        s.recv(100)
                    except OSError:
                        pass
        self.check_alive()

    def test_control_socket(self):
        self.start_server()
        for text in (b'{"command":', b'\0\0\0', b'[]\n', b'{"command":"no such"}\n', b'x' * 200000):
            with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as s:
                s.connect(f'{self.server.state}/control')
                s.settimeout(0.3)
                try:
                    s.sendall(text)
                    s.recv(1000)
                except OSError:
                    pass
        self.check_alive()


if __name__ == '__main__':
    main()
