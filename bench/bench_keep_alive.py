# SPDX-License-Identifier: GPL-3.0-or-later
"""What it takes the call server to be asked OPTIONS every 20 s by each of many devices, over TLS, which is
how the client keeps its connection alive. They come from a trusted block of addresses, for no more than so
many connections are taken from one; what is not in it is the look-up of the connection in the registrar's
table."""
import contextlib
import resource
import socket
import ssl
import time

from bench_server import FORGOTTEN
from figure import Figure
from harness import World
from harness.process import Failure
from harness.server import Server

CONNECTIONS = 4000      # the server takes 4,096
FROM_ONE_ADDRESS = 250  # it takes 256
SPARE_FILES = 500
PERIOD_S = 20
DEVICES = 10000

OPTIONS = '''OPTIONS sip:localhost SIP/2.0
Via: SIP/2.0/TLS {own};branch=z9hG4bK{number};rport
From: <sip:anna@localhost>;tag=demo
To: <sip:localhost>
Call-ID: {number}@demo
CSeq: 1 OPTIONS
Max-Forwards: 70
Content-Length: 0

'''.replace('\n', '\r\n')


class Device:
    """One connection; the requests of all are numbered in one row."""
    number = 0

    def __init__(self, server, context, address):
        raw = socket.create_connection(('127.0.0.1', server.ports['tls']), 20, (address, 0))
        self.socket = context.wrap_socket(raw)
        self.own = '%s:%d' % self.socket.getsockname()
        self.ask()

    def ask(self):
        Device.number += 1
        self.socket.sendall(OPTIONS.format(own=self.own, number=Device.number).encode())
        reply = b''
        while b'\r\n\r\n' not in reply.lstrip():  # sofia's own keep-alive is empty lines
            data = self.socket.recv(4096)
            if not data:
                raise Failure(f'the server closed the connection of {self.own}')
            reply += data
        if not reply.lstrip().startswith(b'SIP/2.0 200'):
            raise Failure(f'OPTIONS of {self.own}: {reply.decode(errors="replace")}')

    def end(self):
        self.socket.close()


def connect(world, server):
    context = ssl.create_default_context(cafile=server.ca_file)
    context.check_hostname = False
    return [world.add(Device(server, context, f'127.0.0.{2 + n // FROM_ONE_ADDRESS}'))
            for n in range(CONNECTIONS)]


def ask_all(devices):
    """Each once, evenly in PERIOD_S."""
    begun = time.monotonic()
    for n, device in enumerate(devices):
        time.sleep(max(0, begun + n * PERIOD_S / len(devices) - time.monotonic()))
        device.ask()


@contextlib.contextmanager
def many_files():
    usual, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    if 0 <= most < CONNECTIONS + SPARE_FILES:
        raise Failure(f'no more than {most} files may be open here; {CONNECTIONS + SPARE_FILES} are needed')
    resource.setrlimit(resource.RLIMIT_NOFILE, (CONNECTIONS + SPARE_FILES, most))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (usual, most))


def percent_of_core(server, work):
    begun, before = time.monotonic(), server.process.cpu_seconds()
    work()
    return (server.process.cpu_seconds() - before) / (time.monotonic() - begun) * 100


def run():
    with many_files(), World('bench-keep-alive') as world:
        server = world.add(Server(world, extra='[log]\nlevel=message\n'))
        server.add_trunk('demo', kind='address', trusted='127.0.0.0/8')
        memory = server.process.own_memory()
        devices = connect(world, server)
        time.sleep(FORGOTTEN)  # their first requests are
        held = (server.process.own_memory() - memory) / CONNECTIONS
        silent = percent_of_core(server, lambda: time.sleep(PERIOD_S))
        asked = percent_of_core(server, lambda: ask_all(devices))
    name = f'keep-alive: {CONNECTIONS:,} devices over TLS'
    one = (asked - silent) / 100 * PERIOD_S / CONNECTIONS
    return [
        Figure(f'{name}, memory of one', held, 'KiB'),
        Figure(f'{name}, CPU while all are silent', silent, '% of a core'),
        Figure(f'{name}, CPU with one OPTIONS from each in {PERIOD_S} s', asked, '% of a core'),
        Figure('keep-alive: CPU of one OPTIONS', one * 1000, 'ms'),
        Figure(f'keep-alive: the same of {DEVICES:,}, calculated', asked * DEVICES / CONNECTIONS,
               '% of a core'),
    ]
