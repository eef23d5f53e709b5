# SPDX-License-Identifier: GPL-3.0-or-later
"""baresip as a telephone: files as microphone and loudspeaker, driven over its control socket."""
import glob
import json
import os
import socket
import time

import numpy

from .process import Failure, wait_for
from .sound import RATE, read_wav, write_wav
from .world import find_program, free_port

CODECS = {'PCMU': 'pcmu/8000/1', 'PCMA': 'pcma/8000/1', 'G722': 'G722/16000/1',
          'opus': 'opus/48000/2'}
SRTP = {'off': '', 'sdes': ';mediaenc=srtp-mand', 'dtls': ';mediaenc=dtls_srtp'}

CONFIG = '''poll_method epoll
sip_listen {address}:{port}
sip_trans_bsize 128
{tls}
audio_player {player}
audio_source {source}
audio_alert aufile,{alert}
ausrc_srate 16000
auplay_srate 16000
ausrc_channels 1
auplay_channels 1
audio_buffer 20-160
jitter_buffer_delay 1-5
rtp_ports 20000-60000
call_max_calls 10
call_local_timeout 120
net_interface {address}
snd_path {heard}
module_path {modules}
module stdio.so
module g711.so
module g722.so
module opus.so
module aufile.so
module aubridge.so
module sndfile.so
module srtp.so
module dtls_srtp.so
module stun.so
module ice.so
module_tmp uuid.so
module_tmp account.so
module_app ctrl_tcp.so
module_app menu.so
ctrl_tcp_listen 127.0.0.1:{control}
'''


def module_path():
    places = glob.glob('/usr/lib/baresip/modules') + glob.glob('/usr/lib/*/baresip/modules')
    if not places:
        raise Failure("baresip's modules are not installed (package baresip-core)")
    return places[0]


class Baresip:
    """One account; it says `said` (a WAV of 16 kHz, mono) in each call, None: what it hears, and
    keeps what it hears."""

    def __init__(self, world, name, said, transport='udp', codec='PCMU', srtp='off',
                 answer='manual', ca=None, account='', registrar=None, login=None,
                 address='127.0.0.1', writes_to=None, play_delay=0, pulse=None,
                 certificate=None):
        """`registrar`: host and port it registers at, with `login` (user, secret). `writes_to`: the
        address that write() goes to; messages that it gets stand in its output. `play_delay`: ms of
        silence before what it says. `pulse`: the sound server (pulse.py) whose cards it speaks and
        hears by, through ALSA's plug-in, instead of files. `certificate`: its own for TLS (key and
        certificate in one PEM file); else it makes one that nobody trusts."""
        self.world = world
        self.name = name
        self.transport = transport
        with world.entered():
            self.port = free_port(count=2)
            self.control_port = free_port()
        self.folder = os.path.dirname(world.path(f'baresip-{name}', 'config'))
        self.heard = os.path.dirname(world.path('sound', f'{name}-heard', 'dump'))
        self.events = []
        self._buffer = b''
        if transport == 'tls' and not certificate:
            certificate = self._make_certificate()
        tls = f'sip_certificate {certificate}\n' if certificate else ''
        tls += f'sip_cafile {ca}\n' if ca else ''
        world.write(f'baresip-{name}/config', CONFIG.format(
            address=address, port=self.port, tls=tls, heard=self.heard, control=self.control_port,
            source='alsa,default' if pulse else
            f'aufile,{self._pad(said, play_delay)}' if said else 'aubridge,nowhere',
            player='alsa,default' if pulse else 'aubridge,nowhere',
            alert=world.path(f'baresip-{name}', 'alert.wav'), modules=module_path())
            + ('module_app contact.so\n' if writes_to else '') + ('module alsa.so\n' if pulse else ''))
        place = registrar or f'{address}:{self.sip_port}'
        self.uri = f'sip:{name}@{place};transport={transport}'
        rest = f';auth_user={login[0]};auth_pass={login[1]}' if login else ''
        world.write(f'baresip-{name}/accounts',
                    f'<{self.uri}>;regint={60 if registrar else 0};answermode={answer};'
                    f'audio_codecs={CODECS[codec]}{SRTP[srtp]}{rest}{account}\n')
        world.write(f'baresip-{name}/contacts', f'"Other" <{writes_to}>\n' if writes_to else '')
        self.process = world.start(f'baresip-{name}', self._command_line(writes_to is not None),
                                   env=pulse.env if pulse else None)
        self._socket = wait_for('the control socket of baresip', self._connect, 10,
                                process=self.process)

    @property
    def sip_port(self):
        return self.port + 1 if self.transport == 'tls' else self.port

    def _command_line(self, console):
        """The console wants an input that it can wait for; messages that come stand there alone."""
        words = [find_program('baresip'), '-4', '-f', self.folder]
        if not console:
            return words
        keys = os.path.join(self.folder, 'keys')
        os.mkfifo(keys, 0o600)
        return ['/bin/sh', '-c', 'exec "$@" <>"$0"', keys, *words]

    def _pad(self, said, play_delay):
        """baresip hangs up where its file ends: half a minute of silence follows."""
        samples = numpy.pad(read_wav(said, RATE), (play_delay * RATE // 1000, 0))
        return write_wav(self.world.path(f'baresip-{self.name}', 'says.wav'),
                         numpy.concatenate([samples, numpy.zeros(30 * RATE)]))

    def _make_certificate(self):
        key = self.world.path(f'baresip-{self.name}', 'key.pem')
        certificate = self.world.path(f'baresip-{self.name}', 'certificate.pem')
        self.world.run([find_program('openssl'), 'req', '-x509', '-newkey', 'rsa:2048', '-nodes',
                        '-days', '2', '-subj', '/CN=127.0.0.1', '-keyout', key, '-out',
                        certificate])
        with open(certificate, 'a', encoding='ascii') as out, open(key, encoding='ascii') as f:
            out.write(f.read())
        return certificate

    def _connect(self):
        try:
            with self.world.entered():
                return socket.create_connection(('127.0.0.1', self.control_port), 1)
        except OSError:
            return None

    def command(self, command, params=''):
        text = json.dumps({'command': command, 'params': params, 'token': 'test'}).encode()
        self._socket.sendall(b'%d:%s,' % (len(text), text))

    def dial(self, uri):
        self.command('dial', uri)

    def write(self, text):
        self.command('message', text)

    def hang_up(self):
        self.command('hangup')

    def accept(self):
        self.command('accept')

    def _pump(self, seconds):
        self._socket.settimeout(max(0.01, seconds))
        try:
            self._buffer += self._socket.recv(65536)
        except (TimeoutError, socket.timeout):
            return
        while b':' in self._buffer:
            size, rest = self._buffer.split(b':', 1)
            if len(rest) < int(size) + 1:
                return
            message = json.loads(rest[:int(size)])
            self._buffer = rest[int(size) + 1:]
            if message.get('event'):
                self.events.append((message.get('type'), message, time.monotonic()))

    def has(self, kind):
        """The first event of that kind ("CALL_ESTABLISHED") so far, or None."""
        self._pump(0.01)
        return next((e for e in self.events if e[0] == kind), None)

    def wait_event(self, kind, timeout=15):
        return wait_for(f'{kind} of baresip {self.name}', lambda: self.has(kind), timeout,
                        process=self.process)

    def wait_closed(self, by, timeout=15):
        """Until its call is over, ended by that side ("user": here; "peer"); when it heard of that,
        CLOCK_MONOTONIC microseconds. To be waited for as the call ends: what it told meanwhile counts as
        told then."""
        _, told, moment = self.wait_event('CALL_CLOSED', timeout)
        if not told.get('param', '').endswith(f'by {by}'):
            raise Failure(f'the call of baresip {self.name} was not ended by {by}: {told}')
        return int(moment * 1e6)

    def end(self):
        self._socket.close()
        self.process.end()

    def finish(self):
        """Ends it in order, so that what it heard is written whole; returns the files, a call each.

        They are what its decoder gave (baresip's sndfile filter), before any loudspeaker.
        """
        try:
            self.command('quit')
            self.process.wait(5)
        except (Failure, OSError):
            pass
        return sorted(glob.glob(os.path.join(self.heard, '*-dec.wav')))
