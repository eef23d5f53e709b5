# SPDX-License-Identifier: GPL-3.0-or-later
"""What goes over the network, recorded from a raw socket in a network name space of the test.

The name space holds nobody else: each packet is of a program that the test started. It needs root
(CAP_SYS_ADMIN, CAP_NET_RAW).
"""
import ctypes
import os
import socket
import subprocess
import threading
import time
import unittest
from dataclasses import dataclass

from .world import find_program

CLONE_NEWNET = 0x40000000
ETH_P_ALL = 3          # the kernel shows packets on their way out to such sockets only
SO_TIMESTAMPNS = 35
SO_RCVBUFFORCE = 33
TCP, UDP = 6, 17


def enter_name_space():
    """The calling program and what it starts from now on have a network of their own: loopback."""
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.unshare(CLONE_NEWNET) != 0:
        raise unittest.SkipTest('no right to make a network name space and to record packets: '
                                + os.strerror(ctypes.get_errno()))
    subprocess.run([find_program('ip'), 'link', 'set', 'lo', 'up'], check=True, timeout=10)


@dataclass
class Packet:
    mono: int        # us, the clock of the time line
    protocol: int    # TCP or UDP; others as the IP header says
    source: int      # port
    target: int
    payload: bytes   # behind the UDP or TCP header

    @property
    def kind(self):
        """By the first byte, as RFC 7983 tells the protocols of one UDP port apart."""
        if not self.payload:
            return 'empty'
        first = self.payload[0]
        if first < 4:
            return 'stun'
        if 20 <= first <= 63:
            return 'dtls'
        if 128 <= first <= 191 and len(self.payload) > 1:
            return 'rtcp' if 64 <= self.payload[1] & 0x7f <= 95 else 'rtp'
        return f'unknown ({first})'


def read_packet(data, mono):
    """An IP packet without its link header; None for what is neither IPv4 nor IPv6."""
    version = data[0] >> 4 if data else 0
    if version == 4:
        protocol, rest = data[9], data[(data[0] & 15) * 4:int.from_bytes(data[2:4], 'big')]
    elif version == 6:
        protocol, rest = data[6], data[40:40 + int.from_bytes(data[4:6], 'big')]
    else:
        return None
    source, target = int.from_bytes(rest[:2], 'big'), int.from_bytes(rest[2:4], 'big')
    if protocol == UDP:
        rest = rest[8:]
    elif protocol == TCP:
        rest = rest[(rest[12] >> 4) * 4:]
    return Packet(mono, protocol, source, target, rest)


def ports_of(pid):
    """All ports that a process has now, of TCP and UDP."""
    inodes = set()
    for fd in os.listdir(f'/proc/{pid}/fd'):
        try:
            link = os.readlink(f'/proc/{pid}/fd/{fd}')
        except OSError:
            continue
        if link.startswith('socket:['):
            inodes.add(link[8:-1])
    ports = set()
    for table in ('udp', 'udp6', 'tcp', 'tcp6'):
        with open(f'/proc/{pid}/net/{table}', encoding='ascii') as f:
            for line in list(f)[1:]:
                fields = line.split()
                if fields[9] in inodes:
                    ports.add((TCP if table.startswith('tcp') else UDP,
                               int(fields[1].rsplit(':', 1)[1], 16)))
    return ports


class Wire:
    """Records from its creation to end()."""

    def __init__(self):
        self.packets = []
        self.lost = 0
        self._socket = socket.socket(socket.AF_PACKET, socket.SOCK_DGRAM, socket.htons(ETH_P_ALL))
        self._socket.setsockopt(socket.SOL_SOCKET, SO_TIMESTAMPNS, 1)
        self._socket.setsockopt(socket.SOL_SOCKET, SO_RCVBUFFORCE, 16 << 20)
        self._socket.settimeout(0.1)
        self._open = True
        self._thread = threading.Thread(target=self._record, daemon=True)
        self._thread.start()

    def _record(self):
        while self._open:
            try:
                data, extra, _, address = self._socket.recvmsg(65536, 256)
            except TimeoutError:
                continue
            if address[2] != socket.PACKET_OUTGOING or not extra:
                continue
            stamp = int.from_bytes(extra[0][2][:8], 'little') * 10**9 + int.from_bytes(
                extra[0][2][8:16], 'little')
            mono = stamp - time.time_ns() + time.monotonic_ns()
            packet = read_packet(data, mono // 1000)
            if packet:
                self.packets.append(packet)

    @staticmethod
    def now():
        """us, the clock of packets and of the time line."""
        return time.monotonic_ns() // 1000

    def dropped(self):
        """Packets that the kernel could not keep for us since the last call."""
        statistics = self._socket.getsockopt(263, 6, 8)  # SOL_PACKET, PACKET_STATISTICS
        return int.from_bytes(statistics[4:8], 'little')

    def end(self):
        if self._open:
            time.sleep(0.2)  # what is under way
            self.lost = self.dropped()
            self._open = False
            self._thread.join(5)
            self._socket.close()
