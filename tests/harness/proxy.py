# SPDX-License-Identifier: GPL-3.0-or-later
"""An HTTP (CONNECT) or SOCKS 5 proxy that counts what goes through it."""
import base64
import selectors
import socket
import struct
import threading

from .world import free_port

LIMIT = 8192  # bytes of a request


class Refusal(Exception):
    """The client was told why; its connection ends."""


class Proxy:
    """`kind` 'http' or 'socks5'. `password`: asked for, with `user`. `names`: {'service.test': 5222},
    which only it knows, ports of 127.0.0.1; everything else is reached under its own name.
    `allowed` False: it lets nobody through. After a wrong password HTTP's waits for another request, as
    most do."""

    def __init__(self, world, kind, user=None, password=None, names=None, start=True):
        self.kind = kind
        self.user = user
        self.password = password
        self.names = names or {}
        self.allowed = True
        self.port = free_port()
        self.tunnels = []  # (host, port) as they were asked for
        self.wrong = 0  # how often the password was wrong or absent
        self.carried = 0  # bytes, both ways
        self._listener = None
        self._open = set()
        self._lock = threading.Lock()
        world.add(self)
        if start:
            self.start()

    def address(self, user=False, scheme=None):
        return (f'{scheme or self.kind}://{self.user + "@" if user else ""}127.0.0.1:{self.port}')

    def start(self):
        self._listener = socket.create_server(('127.0.0.1', self.port))
        threading.Thread(target=self._listen, args=(self._listener,), daemon=True).start()
        return self

    def _listen(self, listener):
        while True:
            try:
                near, _ = listener.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(near,), daemon=True).start()

    def _serve(self, near):
        with near:
            with self._lock:
                self._open.add(near)
            try:
                near.settimeout(20)
                far = self._http(near) if self.kind == 'http' else self._socks(near)
                with far:
                    self._carry(near, far)
            except (Refusal, OSError, ValueError):
                pass
            finally:
                with self._lock:
                    self._open.discard(near)

    def _connect(self, host, port):
        """Raises OSError."""
        self.tunnels.append((host, port))
        return socket.create_connection(('127.0.0.1', self.names[host]) if host in self.names
                                        else (host, port), 5)

    # --- HTTP ---

    def _read_head(self, near):
        head = b''
        while not head.endswith(b'\r\n\r\n'):
            byte = near.recv(1)
            if not byte or len(head) > LIMIT:
                raise Refusal
            head += byte
        return head.decode('latin-1').split('\r\n')

    def _knows(self, lines):
        wanted = 'Basic ' + base64.b64encode(f'{self.user}:{self.password}'.encode()).decode()
        return self.password is None or any(
            line.split(':', 1)[1].strip() == wanted for line in lines
            if line.lower().startswith('proxy-authorization:'))

    def _http(self, near):
        lines = self._read_head(near)
        method, target, _version = lines[0].split(' ')
        if not self._knows(lines):
            self.wrong += 1
            near.sendall(b'HTTP/1.1 407 Proxy Authentication Required\r\n'
                         b'Proxy-Authenticate: Basic realm="test"\r\nContent-Length: 0\r\n\r\n')
            while near.recv(LIMIT):
                pass
            raise Refusal
        if method != 'CONNECT' or not self.allowed:
            near.sendall(b'HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n')
            raise Refusal
        host, port = target.rsplit(':', 1)
        try:
            far = self._connect(host, int(port))
        except OSError as error:
            near.sendall(b'HTTP/1.1 502 Bad Gateway\r\nContent-Length: 0\r\n\r\n')
            raise Refusal from error
        near.sendall(b'HTTP/1.1 200 Connection established\r\n\r\n')
        return far

    # --- SOCKS 5 (RFC 1928, 1929) ---

    def _read(self, near, count):
        data = b''
        while len(data) < count:
            more = near.recv(count - len(data))
            if not more:
                raise Refusal
            data += more
        return data

    def _read_text(self, near):
        return self._read(near, self._read(near, 1)[0])

    def _greet(self, near):
        if self._read(near, 1) != b'\5':
            raise Refusal
        methods = self._read_text(near)
        wanted = 0 if self.password is None else 2
        if wanted not in methods:
            self.wrong += 1
            near.sendall(b'\5\xff')
            raise Refusal
        near.sendall(bytes((5, wanted)))
        if wanted == 2:
            self._read(near, 1)
            told = self._read_text(near), self._read_text(near)
            right = told == (self.user.encode(), self.password.encode())
            self.wrong += not right
            near.sendall(b'\1\0' if right else b'\1\1')
            if not right:
                raise Refusal

    def _socks(self, near):
        self._greet(near)
        _version, command, _reserved, kind = self._read(near, 4)
        if kind == 3:
            host = self._read_text(near).decode()
        else:
            family = socket.AF_INET if kind == 1 else socket.AF_INET6
            host = socket.inet_ntop(family, self._read(near, 4 if kind == 1 else 16))
        port = struct.unpack('!H', self._read(near, 2))[0]
        answer = b'\0\1' + bytes(6)
        if command != 1 or not self.allowed:
            near.sendall(b'\5\2' + answer)
            raise Refusal
        try:
            far = self._connect(host, port)
        except OSError as error:
            near.sendall(b'\5\4' + answer)
            raise Refusal from error
        near.sendall(b'\5\0' + answer)
        return far

    # --- Both ---

    def _carry(self, near, far):
        with self._lock:
            self._open.add(far)
        with selectors.DefaultSelector() as selector:
            selector.register(near, selectors.EVENT_READ, far)
            selector.register(far, selectors.EVENT_READ, near)
            while True:
                for key, _ in selector.select():
                    data = key.fileobj.recv(65536)
                    if not data:
                        return
                    key.data.sendall(data)
                    self.carried += len(data)

    def end(self):
        """Nobody gets through any more; who is, is cut."""
        if self._listener:
            try:
                self._listener.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass
            self._listener.close()
            self._listener = None
        with self._lock:
            open_now, self._open = list(self._open), set()
        for one in open_now:
            try:
                one.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass
