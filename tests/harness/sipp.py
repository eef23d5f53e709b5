# SPDX-License-Identifier: GPL-3.0-or-later
"""sipp as a telephone on the trunk: scenarios written here, sound as raw mu-law."""

import numpy

from .sound import read_wav
from .world import find_program, free_port

HEAD = '<?xml version="1.0" encoding="UTF-8"?>\n<scenario name="{name}">\n'

INVITE = '''<send retrans="500"><![CDATA[
INVITE sip:{number}@[remote_ip]:[remote_port] SIP/2.0
Via: SIP/2.0/[transport] [local_ip]:[local_port];branch=[branch]
From: "Demo Sipp" <sip:555200@[local_ip]:[local_port]>;tag=[pid]T[call_number]
To: <sip:{number}@[remote_ip]:[remote_port]>
Call-ID: [call_id]
CSeq: 1 INVITE
Contact: <sip:555200@[local_ip]:[local_port];transport=[transport]>
Max-Forwards: 70
Content-Type: application/sdp
Content-Length: [len]

v=0
o=- 1 1 IN IP4 [local_ip]
s=-
c=IN IP4 [media_ip]
t=0 0
m=audio {port} RTP/AVP 0 101
a=rtpmap:0 PCMU/8000
a=rtpmap:101 telephone-event/8000
a=fmtp:101 0-15
a=ptime:20
]]></send>
<recv response="100" optional="true"/>
<recv response="180" optional="true"/>
<recv response="183" optional="true"/>
'''

ACK = '''<send><![CDATA[
ACK [next_url] SIP/2.0
Via: SIP/2.0/[transport] [local_ip]:[local_port];branch=[branch]
From: "Demo Sipp" <sip:555200@[local_ip]:[local_port]>;tag=[pid]T[call_number]
To: <sip:{number}@[remote_ip]:[remote_port]>[peer_tag_param]
Call-ID: [call_id]
CSeq: 1 ACK
Max-Forwards: 70
Content-Length: 0

]]></send>
'''

BYE = '''<send retrans="500"><![CDATA[
BYE [next_url] SIP/2.0
Via: SIP/2.0/[transport] [local_ip]:[local_port];branch=[branch]
From: "Demo Sipp" <sip:555200@[local_ip]:[local_port]>;tag=[pid]T[call_number]
To: <sip:{number}@[remote_ip]:[remote_port]>[peer_tag_param]
Call-ID: [call_id]
CSeq: 2 BYE
Max-Forwards: 70
Content-Length: 0

]]></send>
<recv response="200"/>
'''

TAKE_BYE = '''<recv request="BYE"/>
<send><![CDATA[
SIP/2.0 200 OK
[last_Via:]
[last_From:]
[last_To:]
[last_Call-ID:]
[last_CSeq:]
Content-Length: 0

]]></send>
'''


def write_ulaw(source, path):
    """A marked file as raw mu-law of 8 kHz, as sipp streams it."""
    samples = numpy.clip(read_wav(source, 8000), -1, 1) * 32635
    sign = numpy.where(samples < 0, 0x80, 0)
    magnitude = numpy.minimum(numpy.abs(samples), 32635).astype(int) + 132
    exponent = numpy.floor(numpy.log2(magnitude)).astype(int) - 7
    mantissa = (magnitude >> (exponent + 3)) & 0x0f
    with open(path, 'wb') as f:
        f.write((~(sign | (exponent << 4) | mantissa) & 0xff).astype(numpy.uint8).tobytes())
    return path


def put_among_parts(invite):
    """The INVITE with its SDP between a PBX's ISUP and a location that a header refers to."""
    head, body = invite.split('\n\n', 1)
    sdp, rest = body.split(']]>', 1)
    head = head.replace('Content-Type: application/sdp', 'Content-Type: multipart/mixed;'
                        'boundary="some-parts"\nMIME-Version: 1.0\nGeolocation: <cid:here@a.test>')
    return f'''{head}

--some-parts
Content-Type: application/ISUP;version=itu-t92+
Content-Disposition: signal;handling=optional

01 00 60
--some-parts
Content-Type: application/sdp

{sdp.rstrip()}
--some-parts
Content-Type: application/pidf+xml
Content-ID: <here@a.test>

<presence xmlns="urn:ietf:params:xml:ns:pidf" entity="pres:a@a.test"/>
--some-parts--
]]>{rest}'''


def call_scenario(world, name, number, play=None, seconds=7.0, hang_up=True, parts=False, headers=()):
    """A call that says `play` (a WAV) or sends back what it hears, and ends after `seconds`, or
    waits for the far end's BYE. `parts`: its SDP is one part of several. `headers`: more of its INVITE."""
    port = '[rtpstream_audio_port]' if play else '[media_port]'
    invite = put_among_parts(INVITE) if parts else INVITE
    invite = invite.replace('Max-Forwards: 70', '\n'.join(['Max-Forwards: 70', *headers]))
    text = HEAD.format(name=name) + invite.format(number=number, port=port)
    text += '<recv response="200" rrs="true"/>\n' + ACK.format(number=number)
    if play:
        raw = write_ulaw(play, world.path(f'{name}.ulaw'))
        text += f'<nop><action><exec rtp_stream="{raw},1,0,PCMU/8000"/></action></nop>\n'
    if hang_up:
        text += f'<pause milliseconds="{int(seconds * 1000)}"/>\n' + BYE.format(number=number)
    else:
        text += TAKE_BYE
    return world.write(f'{name}.xml', text + '</scenario>\n')


REFUSED = '''<recv response="503" optional="true" next="refused">
<action><ereg regexp="[1-9]" search_in="hdr" header="Retry-After:" check_it="true" assign_to="1"/></action>
</recv>
'''

# A refusal is acknowledged in the transaction of the INVITE (RFC 3261, 17.1.1.3).
ACK_REFUSED = '''<send><![CDATA[
ACK sip:{number}@[remote_ip]:[remote_port] SIP/2.0
[last_Via:]
[last_From:]
[last_To:]
[last_Call-ID:]
CSeq: 1 ACK
Max-Forwards: 70
Content-Length: 0

]]></send>
'''


def refused_scenario(world, name, number, seconds=0.2):
    """A call that either is answered, and ends after `seconds`, or hears 503 with Retry-After; anything
    else is a fault."""
    text = HEAD.format(name=name) + INVITE.format(number=number, port='[media_port]') + REFUSED
    text += '<recv response="200" rrs="true"/>\n' + ACK.format(number=number)
    text += f'<pause milliseconds="{int(seconds * 1000)}"/>\n' + BYE.format(number=number)
    text += '<nop next="over"/>\n<label id="refused"/>\n' + ACK_REFUSED.format(number=number)
    text += '<label id="over"/>\n<Reference variables="1"/>\n'
    return world.write(f'{name}.xml', text + '</scenario>\n')


class Sipp:
    """One run of a scenario against HOST:PORT."""

    def __init__(self, world, name, scenario, port, transport='udp', calls=1, rate=1, echo=False,
                 timeout=60, address='127.0.0.1'):
        kind = {'udp': 'u1', 'tcp': 't1'}[transport]
        argv = [find_program('sipp'), f'127.0.0.1:{port}', '-sf', scenario, '-t', kind, '-m',
                str(calls), '-l', str(calls), '-r', str(rate), '-i', address, '-p',
                str(free_port()), '-mi', address, '-mp', str(free_port(count=4)),
                '-timeout', str(timeout), '-timeout_error', '-nostdin', '-trace_err',
                '-error_file', world.path('logs', f'sipp-{name}-errors.log')]
        if echo:
            argv.append('-rtp_echo')
        self.process = world.start(f'sipp-{name}', argv, {'TERM': 'dumb'})

    def wait(self, timeout=60):
        """True when all calls went as the scenario says."""
        return self.process.wait(timeout) == 0

    def end(self):
        self.process.end()

