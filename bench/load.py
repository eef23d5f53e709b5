# SPDX-License-Identifier: GPL-3.0-or-later
"""sipp as load on the call server: a desk phone that takes every call, a trunk that makes as many as it
is told to, and live calls with sound beside them."""
import contextlib
import csv
import glob
import json
import os

from harness.server import Server
from harness.sipp import (ACK, ACK_REFUSED, BYE, HEAD, INVITE, REFUSED, call_scenario)
from harness.sipuser import SipUser
from harness.process import Failure
from harness.world import find_program, free_port

PORTS = (4000, 9999)  # for sound: below all that free_port() gives away
CONFIG = f'''[limits]
calls=20000
calls_per_user=10000
[log]
level=message
[media]
ports={PORTS[0]}-{PORTS[1]}
workers=2
'''

SDP = '''v=0
o=- 2 2 IN IP4 [local_ip]
s=-
c=IN IP4 [media_ip]
t=0 0
m=audio [media_port] RTP/AVP 0
a=rtpmap:0 PCMU/8000
'''

REPLY = '''<send{attributes}><![CDATA[
SIP/2.0 {status}
[last_Via:]
[last_From:]
[last_To:];tag=[pid]U[call_number]
[last_Call-ID:]
[last_CSeq:]
[last_Record-Route:]
Contact: <sip:[local_ip]:[local_port];transport=[transport]>
{body}
]]></send>
'''

# What a device does that is called: 180, 200, and 200 to the BYE.
ANSWER = (HEAD.format(name='answer') + '<recv request="INVITE"/>\n'
          + REPLY.format(attributes='', status='180 Ringing', body='Content-Length: 0\n')
          + REPLY.format(attributes=' retrans="500"', status='200 OK',
                         body='Content-Type: application/sdp\nContent-Length: [len]\n\n' + SDP)
          + '<recv request="ACK"/>\n<recv request="BYE"/>\n'
          + REPLY.format(attributes='', status='200 OK', body='Content-Length: 0\n')
          .replace(';tag=[pid]U[call_number]', '')
          + '<timewait milliseconds="1000"/>\n</scenario>\n')


def flood_scenario(world, number, hold_ms):
    """A call that is answered and ends after `hold_ms`, or is refused; the time to either is recorded."""
    def timed(text, status):
        return text.replace(f'<recv response="{status}"', f'<recv response="{status}" rtd="1"')
    text = HEAD.format(name='flood')
    text += INVITE.format(number=number, port='[media_port]').replace(
        'retrans="500"', 'retrans="500" start_rtd="1"', 1)
    text += timed(REFUSED, 503) + timed('<recv response="200" rrs="true"/>\n', 200)
    text += ACK.format(number=number)
    if hold_ms:
        text += f'<pause milliseconds="{hold_ms}"/>\n'
    text += BYE.format(number=number)
    text += '<nop next="over"/>\n<label id="refused"/>\n' + ACK_REFUSED.format(number=number)
    text += '<label id="over"/>\n<Reference variables="1"/>\n</scenario>\n'
    return world.write('flood.xml', text)


def start_server(world):
    """One that takes as many calls as it can from 127.0.0.1, and its user anna."""
    server = world.add(Server(world, extra=CONFIG))
    server.add_user('anna', '100')
    server.add_trunk('provider', kind='address', trusted='127.0.0.1')
    return server


def favour(process):
    """Gives its threads the processor before others, where we may: what a far end misses for want of it is not
    the call server's fault."""
    for thread in os.listdir(f'/proc/{process.pid}/task'):
        with contextlib.suppress(PermissionError):
            os.setpriority(os.PRIO_PROCESS, int(thread), -15)


class Ear:
    """Listens to all RTP of such a server from now on (bench/gaps)."""

    def __init__(self, world):
        program = os.path.join(os.environ['OFFHOOK_BUILD'], 'bench', 'gaps')
        self.process = world.start('gaps', [program, *map(str, PORTS)])

    def end(self):
        """What left the server and what came to it."""
        self.process.end()
        counts = [json.loads(line) for line in self.process.lines() if line.startswith('{')]
        if len(counts) != 2:
            raise Failure(f'bench/gaps tells nothing: {self.process.tail()}')
        return counts


class Load:
    """A trunk's calls to the number 100 of anna, whose desk phone is sipp too."""

    def __init__(self, world, server):
        self.world = world
        self.server = server
        phone = SipUser(server, 'anna')
        phone.register(3600)
        self.port = int(phone.own.rsplit(':', 1)[1])
        phone.end()
        self.phone = self._sipp('phone', world.write('answer.xml', ANSWER), self.port,
                                ['-rtp_echo'], to_server=False)
        self.runs = 0

    def _sipp(self, name, scenario, port, options, to_server=True):
        argv = [find_program('sipp')] + ([f'127.0.0.1:{self.server.ports["udp"]}'] if to_server else [])
        argv += ['-sf', scenario, '-t', 'u1', '-i', '127.0.0.1', '-p', str(port), '-mi', '127.0.0.1',
                 '-mp', str(free_port(count=4)), '-nostdin', '-buff_size', '4194304',
                 *options]
        return self.world.start(f'sipp-{name}', argv, {'TERM': 'dumb'},
                                cwd=os.path.dirname(self.world.path(f'sipp-{name}', 'x')))

    def live(self, said, calls, seconds):
        """Calls with sound there and, echoed, back."""
        scenario = call_scenario(self.world, 'live', '100', play=said, seconds=seconds)
        return self._sipp('live', scenario, free_port(),
                          ['-m', str(calls), '-l', str(calls), '-r', '20'])

    def flood(self, rate, seconds, hold_ms=100):
        """So many calls a second; what became of them."""
        self.runs += 1
        name = f'flood{self.runs}'
        calls = int(rate * seconds)
        before = self.status()
        process = self._sipp(name, flood_scenario(self.world, '100', hold_ms),
                             free_port(),
                             ['-m', str(calls), '-l', str(calls), '-r', str(rate),
                              '-trace_rtt', '-rtt_freq', '1', '-trace_stat', '-fd', '1',
                              '-timeout', f'{int(seconds) + 60}'])
        process.wait(seconds + 90)
        after = self.status()
        return Outcome(os.path.dirname(self.world.path(f'sipp-{name}', 'x')),
                       after['taken'] - before['taken'], after['refused'] - before['refused'])

    def status(self):
        return self.server.ctl_json('status')['load']


class Outcome:
    """`ok`, `failed`: calls that went, or did not go, as they should (a refusal is as it should be); `refused`:
    with 503; `times`: ms from INVITE to 200 or 503."""

    def __init__(self, folder, taken, refused):
        self.taken, self.refused = taken, refused
        self.times = []
        for path in glob.glob(os.path.join(folder, '*_rtt.csv')):
            with open(path, encoding='ascii') as f:
                self.times += [float(row[1]) for row in csv.reader(f, delimiter=';')
                               if len(row) > 1 and row[1].replace('.', '').isdigit()]
        stats = [p for p in glob.glob(os.path.join(folder, '*.csv')) if not p.endswith('_rtt.csv')]
        if not stats:
            raise Failure(f'sipp left no figures in {folder}')
        with open(stats[0], encoding='ascii') as f:
            last = list(csv.DictReader(f, delimiter=';'))[-1]
        self.finished = int(last['SuccessfulCall(C)'])
        self.failed = int(last['FailedCall(C)'])
        self.lost_calls = int(last['TotalCallCreated']) - self.finished - self.failed
        self.seconds = 0

    @property
    def ok(self):
        return self.finished - self.refused
