# SPDX-License-Identifier: GPL-3.0-or-later
"""A program that signs in at the call server over SIP and only knows MESSAGE (RFC 3428), over UDP or
TCP, with MD5 digest; every line of it written here, so that it can be as rude as a test wants."""
import hashlib
import re
import socket
import threading
import time

from .process import SLOWNESS, Failure, wait_for

COMPOSING = 'application/im-iscomposing+xml'
NOTICE = ('<?xml version="1.0" encoding="UTF-8"?>\n<isComposing '
          'xmlns="urn:ietf:params:xml:ns:im-iscomposing"><state>active</state></isComposing>')


def header(text, name):
    found = re.search(f'^{name}:[ \t]*(.*?)\r?$', text, re.M | re.I)
    return found.group(1) if found else None


class SipUser:
    """`status`: what it says to a MESSAGE, 0: nothing. `messages`: (from, type, body, headers) of what it
    took, `times` when (CLOCK_MONOTONIC microseconds); `asked`: how many came in all."""

    def __init__(self, server, user, transport='udp', register=True, status=200, login=None):
        self.server = server
        self.user = user
        self.transport = transport
        self.status = status
        self.login = login if login is not None else server.ctl_json(
            'device', 'add', user, '--desk-phone', '--name', 'bot')
        self.messages = []
        self.times = []
        self.asked = 0
        self.invites = 0
        self._answers = {}  # (Call-ID, CSeq) -> text
        self._seen = set()  # of branches: what is sent twice counts once
        self._cseq = 0
        self._tag = hashlib.md5(f'{id(self)}{time.monotonic()}'.encode()).hexdigest()[:8]
        self._challenge = None
        place = ('127.0.0.1', server.ports[transport])
        if transport == 'udp':
            self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
            self.socket.bind(('127.0.0.1', 0))
            self.socket.connect(place)
        else:
            self.socket = socket.create_connection(place)
            self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.own = '127.0.0.1:%d' % self.socket.getsockname()[1]
        self._closing = False
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()
        if register:
            self.register()

    # --- requests ---

    def register(self, expires=120):
        status, text = self.ask('REGISTER', f'sip:{self.user}@localhost', headers=(
            f'Contact: <sip:{self.user}@{self.own};transport={self.transport}>',
            f'Expires: {expires}'))
        if status != 200:
            raise Failure(f'REGISTER of {self.user}: {text}')
        return self

    def unregister(self):
        return self.register(0)

    def send(self, to, body, kind='text/plain;charset=UTF-8', headers=(), **options):
        """The final status of a MESSAGE and the whole response."""
        return self.ask('MESSAGE', f'sip:{to}@localhost', body, kind, headers, **options)

    def ask(self, method, uri, body='', kind=None, headers=(), proven=True, origin=None,
            timeout=20):
        data = body if isinstance(body, bytes) else body.encode()
        status, text = self._ask_once(method, uri, data, kind, headers, proven, origin, timeout)
        if status in (401, 407) and proven:
            self._challenge = header(text, 'WWW-Authenticate') or header(text, 'Proxy-Authenticate')
            status, text = self._ask_once(method, uri, data, kind, headers, proven, origin, timeout)
        return status, text

    def _ask_once(self, method, uri, data, kind, headers, proven, origin, timeout):
        self._cseq += 1
        call_id = f'{self._tag}-{self._cseq}@bot'
        lines = [f'{method} {uri} SIP/2.0',
                 f'Via: SIP/2.0/{self.transport.upper()} {self.own};branch=z9hG4bK{self._tag}{self._cseq};rport',
                 f'From: <{origin or f"sip:{self.user}@localhost"}>;tag={self._tag}',
                 f'To: <{uri}>', f'Call-ID: {call_id}', f'CSeq: {self._cseq} {method}',
                 'Max-Forwards: 70', *headers]
        if proven and self._challenge:
            lines.append(self._credential(method, uri))
        if kind:
            lines.append(f'Content-Type: {kind}')
        lines += [f'Content-Length: {len(data)}', '', '']
        request = '\r\n'.join(lines).encode() + data
        key = (call_id, str(self._cseq))
        end = time.monotonic() + timeout * SLOWNESS
        while key not in self._answers and time.monotonic() < end:
            self.socket.sendall(request)
            repeat = time.monotonic() + (1 if self.transport == 'udp' else timeout * SLOWNESS)
            while key not in self._answers and time.monotonic() < min(end, repeat):
                time.sleep(0.005)
        if key not in self._answers:
            raise Failure(f'no answer to {method} of {self.user}')
        text = self._answers.pop(key)
        return int(text.split(' ')[1]), text

    def _credential(self, method, uri):
        challenge = dict(re.findall(r'(\w+)="?([^",]*)"?', self._challenge))
        realm, nonce = challenge['realm'], challenge['nonce']
        user, secret = self.login['device_id'], self.login['secret']

        def md5(text):
            return hashlib.md5(text.encode()).hexdigest()
        response = md5(f'{md5(f"{user}:{realm}:{secret}")}:{nonce}:{self._cseq:08x}:x:auth:'
                       f'{md5(f"{method}:{uri}")}')
        name = 'Authorization' if method == 'REGISTER' else 'Proxy-Authorization'
        return (f'{name}: Digest username="{user}", realm="{realm}", nonce="{nonce}", uri="{uri}", '
                f'response="{response}", algorithm=MD5, qop=auth, nc={self._cseq:08x}, cnonce="x"')

    # --- what comes ---

    def texts(self):
        return [body for _, kind, body, _ in list(self.messages) if kind.startswith('text/plain')]

    def wait_text(self, wanted, timeout=15):
        return wait_for(f'"{wanted}" at {self.user}', lambda: next(
            (m for m in list(self.messages) if wanted in m[2]), None), timeout)

    def _run(self):
        rest = b''
        while not self._closing:
            self.socket.settimeout(0.2)
            try:
                data = self.socket.recv(65536)
            except (TimeoutError, socket.timeout):
                continue
            except OSError:
                return
            if not data:
                return
            rest = data if self.transport == 'udp' else rest + data
            while True:
                rest = rest.lstrip(b'\r\n')
                if b'\r\n\r\n' not in rest:
                    break
                head, body = rest.split(b'\r\n\r\n', 1)
                text = head.decode('utf-8', 'backslashreplace')
                length = int(header(text, '(?:Content-Length|l)') or 0)
                if len(body) < length:
                    break
                self._take(text, body[:length].decode())
                rest = body[length:]

    def _take(self, text, body):
        if text.startswith('SIP/2.0 '):
            if not text.startswith('SIP/2.0 1'):
                number = header(text, 'CSeq').split(' ')[0]
                self._answers[(header(text, 'Call-ID'), number)] = text
            return
        method = text.split(' ', 1)[0]
        branch = header(text, 'Via') + method
        self.asked += method == 'MESSAGE'
        if branch not in self._seen and self.status:
            self._seen.add(branch)
            self.invites += method == 'INVITE'
            if method == 'MESSAGE' and self.status < 300:
                self.times.append(time.monotonic_ns() // 1000)
                self.messages.append((header(text, 'From'), header(text, 'Content-Type'), body, text))
        if method != 'ACK' and self.status:
            self._reply(text, self.status if method == 'MESSAGE' else
                        486 if method == 'INVITE' else 200)

    def _reply(self, text, status):
        kept = [line for line in text.split('\r\n')
                if re.match('(Via|From|Call-ID|CSeq|Record-Route):', line, re.I)]
        lines = [f'SIP/2.0 {status} Demo', *kept, f'To: {header(text, "To")};tag={self._tag}',
                 'Content-Length: 0', '', '']
        self.socket.sendall('\r\n'.join(lines).encode())

    def end(self):
        self._closing = True
        self.socket.close()
        self._thread.join(2)
