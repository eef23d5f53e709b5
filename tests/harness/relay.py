# SPDX-License-Identifier: GPL-3.0-or-later
"""A piece of network between a client and a server that can be cut: TCP, from 127.0.0.2 on."""
import selectors
import socket
import struct
import threading

HOST = '127.0.0.2'
RESET = struct.pack('ii', 1, 0)  # SO_LINGER: closing sends RST


class Relay:
    """Takes connections to HOST:port on to 127.0.0.1:port."""

    def __init__(self, port):
        self.port = port
        self._lock = threading.Lock()
        self._pairs = {}
        self._selector = selectors.DefaultSelector()
        self._listener = socket.create_server((HOST, port))
        self._listener.setblocking(False)
        self._selector.register(self._listener, selectors.EVENT_READ)
        self._ends = False
        self._held = False
        self._silent = []
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def _run(self):
        while not self._ends:
            for key, _ in self._selector.select(0.05):
                with self._lock:
                    if key.fileobj is self._listener:
                        self._accept()
                    elif key.fileobj in self._pairs:
                        self._carry(key.fileobj)

    def _accept(self):
        near, _ = self._listener.accept()
        if self._held:
            near.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
            near.close()
            return
        try:
            far = socket.create_connection(('127.0.0.1', self.port), timeout=5)
        except OSError:  # the server is away
            near.close()
            return
        for one, other in ((near, far), (far, near)):
            one.settimeout(5)
            self._pairs[one] = other
            self._selector.register(one, selectors.EVENT_READ)

    def _carry(self, source):
        try:
            data = source.recv(65536)
            if data:
                self._pairs[source].sendall(data)
        except OSError:
            data = b''
        if not data:
            self._drop(source)

    def _drop(self, one, reset=False):
        for end in (one, self._pairs[one]):
            self._selector.unregister(end)
            del self._pairs[end]
            if reset:
                end.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
            end.close()

    def cut(self, hold=False):
        """Every connection breaks; new ones are taken on at once, or with `hold` after mend()."""
        with self._lock:
            self._held = hold
            while self._pairs:
                self._drop(next(iter(self._pairs)), reset=True)

    def silence(self):
        """Nothing goes through any connection that is there, and neither end is told; new ones are
        taken on."""
        with self._lock:
            for end in self._pairs:
                self._selector.unregister(end)
                self._silent.append(end)
            self._pairs.clear()

    def count(self):
        """Connections that it carries."""
        with self._lock:
            return len(self._pairs) // 2

    def mend(self):
        with self._lock:
            self._held = False

    def end(self):
        self._ends = True
        self._thread.join(5)
        self.cut()
        for end in self._silent:
            end.close()
        self._listener.close()
        self._selector.close()
