# SPDX-License-Identifier: GPL-3.0-or-later
"""Recorded SRTP made readable by another implementation than ours: AES-GCM of python3-cryptography
(RFC 3711 4.3, RFC 7714), Opus by the library itself, G.711 by its table."""
import ctypes
from dataclasses import dataclass

import numpy
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from . import sound

KEY, SALT, TAG = 16, 12, 16
OPUS_CLOCK = 48000


@dataclass
class Rtp:
    mono: int
    payload_type: int
    timestamp: int
    payload: bytes


def derive(key, salt, label, length):
    """RFC 3711 4.3.3 with a key derivation rate of 0; a salt of 96 bits is filled up with zeros."""
    block = bytearray(salt.ljust(14, b'\0') + b'\0\0')
    block[7] ^= label
    stream = Cipher(algorithms.AES(key), modes.CTR(bytes(block))).encryptor()
    return stream.update(bytes(length))


class Reader:
    """One direction of a session: the sender's master key and salt."""

    def __init__(self, key, salt):
        self.cipher = AESGCM(derive(key, salt, 0, KEY))
        self.salt = derive(key, salt, 2, SALT)
        self.turns = {}  # per SSRC: (highest sequence number, how often it began anew)

    def open(self, packet):
        """The Rtp of a recorded packet; None when it was not made with this key."""
        data = packet.payload
        header = 12 + (data[0] & 15) * 4
        if data[0] & 16:
            header += 4 + 4 * int.from_bytes(data[header + 2:header + 4], 'big')
        sequence, ssrc = int.from_bytes(data[2:4], 'big'), data[8:12]
        highest, turns = self.turns.get(ssrc, (sequence, 0))
        if sequence < highest - 0x8000:
            turns += 1
        iv = b'\0\0' + ssrc + turns.to_bytes(4, 'big') + data[2:4]
        try:
            payload = self.cipher.decrypt(bytes(a ^ b for a, b in zip(iv, self.salt)),
                                          data[header:], data[:header])
        except InvalidTag:
            return None
        self.turns[ssrc] = (sequence, turns)
        return Rtp(packet.mono, data[1] & 0x7f, int.from_bytes(data[4:8], 'big'), payload)


def readers(material):
    """Both directions of what a DTLS handshake exported for AEAD_AES_128_GCM (RFC 5764 4.2)."""
    if len(material) != 2 * (KEY + SALT):
        raise ValueError(f'{len(material)} bytes are no keys of AEAD_AES_128_GCM')
    keys, salts = material[:2 * KEY], material[2 * KEY:]
    return [Reader(keys[:KEY], salts[:SALT]), Reader(keys[KEY:], salts[SALT:])]


class Opus:
    clock = OPUS_CLOCK

    def __init__(self):
        self.library = ctypes.CDLL('libopus.so.0')
        self.library.opus_decoder_create.restype = ctypes.c_void_p
        self.library.opus_decode.argtypes = [ctypes.c_void_p, ctypes.c_char_p, ctypes.c_int32,
                                             ctypes.POINTER(ctypes.c_int16), ctypes.c_int,
                                             ctypes.c_int]
        error = ctypes.c_int()
        self.decoder = self.library.opus_decoder_create(sound.JUDGE_RATE, 1, ctypes.byref(error))

    def decode(self, payload):
        out = (ctypes.c_int16 * (sound.JUDGE_RATE * 120 // 1000))()
        got = self.library.opus_decode(self.decoder, payload, len(payload), out, len(out), 0)
        if got < 0:
            raise ValueError(f'libopus can not read a packet of {len(payload)} bytes: {got}')
        return numpy.array(out[:got], float) / 32768


class Pcmu:
    clock = sound.JUDGE_RATE

    def decode(self, payload):
        code = ~numpy.frombuffer(payload, numpy.uint8)
        magnitude = (((code & 15).astype(int) << 3) + 132 << ((code >> 4) & 7)) - 132
        return numpy.where(code & 128, -magnitude, magnitude) / 32768


def decode(packets):
    """Sound at JUDGE_RATE, each packet at its own time: nothing between them is silence."""
    if not packets:
        return numpy.zeros(0)
    codec = Pcmu() if packets[0].payload_type == 0 else Opus()
    first = packets[0].timestamp
    pieces = []
    for packet in packets:
        at = ((packet.timestamp - first + 2**31) % 2**32 - 2**31) * sound.JUDGE_RATE // codec.clock
        pieces.append((at, codec.decode(packet.payload)))
    begin = min(at for at, _ in pieces)
    samples = numpy.zeros(max(at + len(piece) for at, piece in pieces) - begin)
    for at, piece in pieces:
        samples[at - begin:at - begin + len(piece)] = piece
    return samples
