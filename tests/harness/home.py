# SPDX-License-Identifier: GPL-3.0-or-later
"""A client and a far end that says back what it hears: what the user hears of himself went both ways."""
import time

from . import network, sound
from .flow import FlowCase
from .headless import Headless
from .phone import Phone
from .process import wait_for

SERVER, TELEPHONE, RELAY = '198.51.100.10', '198.51.100.11', '198.51.100.12'
MOVED = '192.168.77.3'


def now():
    """us, the clock of the time line."""
    return time.monotonic_ns() // 1000


class EchoCase(FlowCase):
    """self.client hears marked('user') by its microphone."""
    delay = 60

    def called(self, **options):
        """A call that the client answers; the telephone says back what it hears."""
        phone = self.caller(**{'echo': 500, 'play': None, 'max_time': 300, **options})
        self.client.wait_new('call', state='incoming')
        phone.wait_event('progress')
        time.sleep(1.5)  # the path is warm
        self.client.say('answer')
        self.client.wait_new('call', state='active')
        phone.wait_event('answered')
        return phone

    def say_again(self):
        """The microphone's file from its begin. Returns what came back of it."""
        begin = len(sound.read_wav(self.client.heard))
        self.client.say('hold')
        self.client.say('resume')
        time.sleep(8)
        return sound.read_wav(self.client.heard)[begin:]

    def assert_goes_both_ways(self):
        """The far end says back what it hears. Just after a change the path may still be looked for, and this
        machine may be busy: tried again."""
        for _ in range(3):
            heard = self.say_again()
            judgement = sound.judge(self.marked('user'), heard)
            if judgement.heard and judgement.gaps <= 6:
                return
        self.fail(f'the user did not hear himself: {judgement}')

    def wait_renewed(self, since):
        wait_for('another path', lambda: self.world.mark('path-renewed', since), 40)

    def assert_hears_the_end(self, phone):
        """That the far end hung up: the server knows where the client is."""
        self.client.mark()
        phone.hang_up()
        self.client.wait_new('call', state='ended', reason='remote')


class HomeCase(EchoCase):
    """The client is at home behind a router; call server and telephones are outside."""

    def start(self, extra='', by_web=False, said=None, prepare=None, **router):
        """`by_web`: the router lets no SIP out, so that calls go by the web line; `said`: by the client's
        microphone; `prepare`: called once the network is there."""
        self.network = network.HomeNetwork(self.world, **router)
        self.place = self.network.outside
        if prepare:
            prepare()
        self.start_server(trunk=False, address='0.0.0.0', extra=extra)
        self.server.add_trunk('provider', kind='address', trusted=SERVER,  # one computer
                              proxy=f'sip:{TELEPHONE}:5060;transport=udp', prefix='0')
        if by_web:
            self.network.router.nft('insert rule ip filter forward iifname "in0" tcp dport '
                                    f'{self.server.ports["tls"]} drop\n')
        self.client = self.world.add(Headless(self.network.home, said=said or self.marked('user')))
        self.client.sign_in(self.server, host=SERVER, online=not by_web)
        if by_web:
            self.client.wait('account', state='online', reason='web', timeout=40)

    def caller(self, number='100', name='caller', transport='udp', **options):
        return Phone(self.network.outside, name,
                     f'sip:{number}@{SERVER}:{self.server.ports[transport]}',
                     listen=f'udp:{TELEPHONE}:0', address=TELEPHONE,
                     **{'from': f'sip:555100@{TELEPHONE}', **options})

    def move(self, address=MOVED, former=network.HOME):
        """The old address is gone, and with it the connection to the server. Returns when."""
        moment = now()
        home = self.network.home
        home.ip('address', 'del', f'{former}/24', 'dev', 'lan0')
        home.plug('lan0', f'{address}/24', gateway=network.INSIDE)
        return moment
