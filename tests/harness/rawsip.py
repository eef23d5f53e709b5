# SPDX-License-Identifier: GPL-3.0-or-later
"""A telephone on the trunk whose every SIP message the test writes itself, over UDP; its sound is RTP
packets of mu-law silence, or what it hears, its ear counts packets by payload type."""
import re
import socket
import struct
import threading
import time

from .process import SLOWNESS, Failure

CODECS = {0: 'PCMU/8000', 8: 'PCMA/8000', 9: 'G722/8000', 96: 'opus/48000/2'}


class RawSip:
    def __init__(self, server, number='100', user='555300', host='127.0.0.1', echo=False):
        """`echo`: says back what it hears."""
        self.host = host
        self.echo = echo
        self.sip = self._open()
        self.rtp = self._open()
        self.server = ('127.0.0.1', server.ports['udp'])
        self.own = f'{host}:{self.sip.getsockname()[1]}'
        self.target = f'sip:{number}@127.0.0.1:{server.ports["udp"]}'
        self.origin = f'"Demo Raw" <sip:{user}@{self.own}>;tag=raw'
        self.cseq = 0
        self.begin_call()
        self.packets = []  # (time, payload type) of what came
        self.asked = []    # requests of the server, whole
        self.far = None    # where sound goes
        self.payload_type = 0
        self._closing = False
        self._thread = threading.Thread(target=self._run_rtp, daemon=True)
        self._thread.start()

    def _open(self):
        opened = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        opened.bind((self.host, 0))
        return opened

    def begin_call(self):
        """What is sent from now on belongs to a new call."""
        self.call_id = f'{time.monotonic_ns()}@raw'
        self.to = f'<{self.target}>'
        self.contact = self.target

    def sdp(self, codecs=(0,), direction='sendrecv', extra='', profile='RTP/AVP'):
        lines = ['v=0', f'o=- 1 1 IN IP4 {self.host}', 's=-', f'c=IN IP4 {self.host}', 't=0 0',
                 f'm=audio {self.rtp.getsockname()[1]} {profile} '
                 + ' '.join(map(str, codecs)) + ' 101']
        lines += [f'a=rtpmap:{c} {CODECS[c]}' for c in codecs]
        lines += ['a=rtpmap:101 telephone-event/8000', 'a=fmtp:101 0-15', f'a={direction}']
        return '\r\n'.join(lines + ([extra] if extra else [])) + '\r\n'

    def send(self, method, body='', kind='application/sdp', headers=(), cseq=None, branch=None):
        """`branch`: the method of the transaction that it belongs to, where that is another."""
        if cseq is None:
            self.cseq += method != 'ACK'
            cseq = self.cseq
        lines = [f'{method} {self.contact} SIP/2.0',
                 f'Via: SIP/2.0/UDP {self.own};branch=z9hG4bK{branch or method}{cseq};rport',
                 f'From: {self.origin}', f'To: {self.to}', f'Call-ID: {self.call_id}',
                 f'CSeq: {cseq} {method}', f'Contact: <sip:raw@{self.own}>', 'Max-Forwards: 70',
                 *headers]
        if body:
            lines.append(f'Content-Type: {kind}')
        lines += [f'Content-Length: {len(body)}', '', body]
        self.sip.sendto('\r\n'.join(lines).encode(errors='surrogateescape'), self.server)

    def _reply(self, request):
        kept = [line for line in request.split('\r\n')
                if re.match('(Via|From|To|Call-ID|CSeq):', line, re.I)]
        self.sip.sendto('\r\n'.join(['SIP/2.0 200 OK', *kept, 'Content-Length: 0', '', '']).encode(),
                        self.server)

    def wait_request(self, method, timeout=10.0):
        """A request of the server, which is answered by 200."""
        return self._wait(lambda text: text.startswith(method + ' '), timeout, method)

    def wait_status(self, method='INVITE', timeout=10.0, cseq=None):
        """The final response to our last such request: status and text."""
        wanted = f'CSeq: {cseq or self.cseq} {method}\r'
        return self._enter_dialog(self._wait(
            lambda t: t.startswith('SIP/2.0 ') and wanted in t and not t.startswith('SIP/2.0 1'),
            timeout, f'response to {method}'))

    def wait_progress(self, status, timeout=10.0):
        """A provisional response to our INVITE; its text."""
        return self._enter_dialog(self._wait(lambda t: t.startswith(f'SIP/2.0 {status} '), timeout,
                                             str(status)))[1]

    def _enter_dialog(self, text):
        """From now on requests go where that response says."""
        to = re.search('^To: (.*)\r$', text, re.M | re.I)
        contact = re.search('^Contact: <([^>]*)>', text, re.M | re.I)
        self.to = to.group(1) if to else self.to
        self.contact = contact.group(1) if contact else self.contact
        port = re.search('^m=audio ([0-9]+)', text, re.M)
        if port:
            self.far = ('127.0.0.1', int(port.group(1)))
        return int(text.split(' ')[1]), text

    def _wait(self, wanted, timeout, what):
        end = time.monotonic() + timeout * SLOWNESS
        while time.monotonic() < end:
            self.sip.settimeout(max(0.01, end - time.monotonic()))
            try:
                text = self.sip.recv(65536).decode(errors='surrogateescape')
            except (TimeoutError, socket.timeout):
                break
            if not text.startswith('SIP/2.0 '):
                self.asked.append(text)
                self._reply(text)
            if wanted(text):
                return text
        raise Failure(f'no {what} within {timeout * SLOWNESS:g} s')

    def offer(self, body, headers=()):
        """INVITE or re-INVITE with `body` ('' for none); returns the answer's status and text."""
        self.send('INVITE', body, headers=headers)
        status, text = self.wait_status()
        if status >= 300:
            self.send('ACK', cseq=self.cseq, branch='INVITE')  # RFC 3261, 17.1.1.3
        elif body:
            self.send('ACK', cseq=self.cseq)
        return status, text

    def bye(self):
        self.send('BYE')
        return self.wait_status('BYE')[0]

    def _run_rtp(self):
        number = 0
        self.rtp.settimeout(0.02)
        due = time.monotonic()
        while not self._closing:
            if time.monotonic() >= due:
                due += 0.02
                number += 1
                packet = struct.pack('!BBHII', 0x80, self.payload_type, number & 0xffff,
                                     number * 160, 7) + b'\xff' * 160
                if self.far and not self.echo:
                    self.rtp.sendto(packet, self.far)
            try:
                packet = self.rtp.recv(2048)
            except (TimeoutError, socket.timeout, OSError):
                continue
            if len(packet) > 12:
                self.packets.append((time.monotonic(), packet[1] & 0x7f))
                if self.far and self.echo:
                    self.rtp.sendto(packet, self.far)

    def heard_since(self, begin, payload_type=None):
        """How many packets came since (of that type)."""
        return sum(t >= begin and payload_type in (None, p) for t, p in self.packets)

    def end(self):
        self._closing = True
        self._thread.join(1)
        self.sip.close()
        self.rtp.close()
