# SPDX-License-Identifier: GPL-3.0-or-later
"""A bad wire: loses and delays the RTP packets of the network name space that it is started in.

  unshare --net PYTHON PROGRAM, and there:  with BadWire(loss=10, jitter_ms=50): ...

What passes over loopback is seen by a packet socket; the kernel then drops each RTP packet (first two
bits 10, RFC 7983) that doesn't carry our mark in its TOS octet, and the relay sends a marked copy when
its time has come. STUN, DTLS and SIP pass untouched. Needs root, ip and nft.
"""
import heapq
import multiprocessing
import os
import random
import select
import socket
import subprocess
import time

MARK = 0xe0  # TOS octet of a packet that has been through the wire
QUEUE_S = 0.4  # that may wait before a narrow wire
RULES = '''
add table inet wire
add chain inet wire in {{ type filter hook input priority 0; }}
add rule inet wire in udp length > 20 @th,64,2 2 ip dscp != {dscp} drop
'''


def is_rtp(packet):
    """An IPv4 packet without options that carries UDP and in it RTP or RTCP, not yet marked."""
    return (len(packet) > 40 and packet[0] == 0x45 and packet[9] == socket.IPPROTO_UDP
            and packet[28] >> 6 == 2 and packet[1] != MARK)


def marked(packet):
    """The packet as the raw socket takes it: TOS set, UDP checksum left out (RFC 768)."""
    copy = bytearray(packet)
    copy[1] = MARK
    copy[26:28] = b'\0\0'
    return bytes(copy)


class Queue:
    """Before a wire that gets `rate` bits a second through, for what is sent from `port`."""

    def __init__(self, rate, port):
        self._rate, self._port, self._free_at = rate, port, 0

    def pass_through(self, packet, now):
        """When it is through; None: the queue was full."""
        if not self._rate.value or int.from_bytes(packet[20:22], 'big') != self._port.value:
            return now
        self._free_at = max(self._free_at, now)
        if self._free_at - now > QUEUE_S:
            return None
        self._free_at += len(packet) * 8 / self._rate.value
        return self._free_at


def relay(loss, delay_ms, jitter_ms, seed, queue, ready):
    """Runs until it is killed."""
    dice = random.Random(seed)
    tap = socket.socket(socket.AF_PACKET, socket.SOCK_DGRAM, socket.htons(0x0800))
    tap.bind(('lo', 0))
    out = socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_RAW)
    waiting, number = [], 0
    ready.set()
    while True:
        patience = max(0, waiting[0][0] - time.monotonic()) if waiting else None
        if select.select([tap], [], [], patience)[0]:
            packet, (_, _, kind, _, _) = tap.recvfrom(65536)
            if kind != socket.PACKET_OUTGOING and is_rtp(packet) and dice.random() * 100 >= loss:
                through = queue.pass_through(packet, time.monotonic())
                if through is None:
                    continue
                due = through + (delay_ms + dice.random() * jitter_ms) / 1000
                number += 1
                heapq.heappush(waiting, (due, number, marked(packet)))
        while waiting and waiting[0][0] <= time.monotonic():
            packet = heapq.heappop(waiting)[2]
            out.sendto(packet, (socket.inet_ntoa(packet[16:20]), 0))


class BadWire:
    """`loss` in percent; each packet waits `delay_ms` and up to `jitter_ms` more, so that those that
    wait differently overtake each other. The same seed, the same fate. It may get narrow in the course."""

    def __init__(self, loss=0, delay_ms=0, jitter_ms=0, seed=1):
        ready = multiprocessing.Event()
        self._rate, self._port = (multiprocessing.Value('i', 0) for _ in range(2))
        queue = Queue(self._rate, self._port)
        self._relay = multiprocessing.Process(
            target=relay, args=(loss, delay_ms, jitter_ms, seed, queue, ready), daemon=True)
        subprocess.run(['ip', 'link', 'set', 'lo', 'up'], check=True)
        self._relay.start()
        if not ready.wait(5):
            raise RuntimeError('the relay of the bad wire did not start')
        subprocess.run(['nft', '-f', '-'], input=RULES.format(dscp=MARK >> 2), text=True,
                       check=True)

    def narrow(self, kbit_s, port):
        """For what is sent from this UDP port, as IP; 0: as wide as before."""
        self._port.value = port
        self._rate.value = kbit_s * 1000

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.end()

    def end(self):
        subprocess.run(['nft', 'delete', 'table', 'inet', 'wire'], check=False)
        self._relay.kill()
        self._relay.join()


def can_be_made():
    return os.geteuid() == 0
