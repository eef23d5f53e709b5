# SPDX-License-Identifier: GPL-3.0-or-later
"""Many calls offered at once over XMPP: as many users, each with a number, an identity and a caller."""
import re

from .crowd import Crowd
from .im import add_xmpp_account, wait_seen
from .process import Failure
from .prosody import Prosody
from .sipp import HEAD, INVITE, Sipp

DOMAIN = 'users.one.test'
RATE = 40  # calls a second that arrive

# Rings until it is refused.
REFUSED = '''<recv response="486"/>
<send><![CDATA[
ACK sip:{number}@[remote_ip]:[remote_port] SIP/2.0
[last_Via:]
[last_From:]
[last_To:]
Call-ID: [call_id]
CSeq: 1 ACK
Max-Forwards: 70
Content-Length: 0

]]></send>
</scenario>
'''


class ManyOffers:
    """Prosody with the server's `accounts`, `limited` as usual or not at all, and `count` people there.
    User n has number 7n, and is u n at the account of his turn; his caller is 555n."""

    def __init__(self, world, accounts, count, limited=False):
        self.world = world
        self.accounts = accounts
        self.count = count
        self.prosody = Prosody(world, {self.account(n): 'Server secret 1'
                                       for n in range(len(accounts))},
                               components={DOMAIN: 'The crowd 1'}, limited=limited)
        self.crowd = Crowd(world, self.prosody, DOMAIN, 'The crowd 1')

    def numbers(self):
        return range(1, self.count + 1)

    def account(self, n):
        """The address that writes to user n."""
        return f'{self.accounts[n % len(self.accounts)]}@one.test'

    @staticmethod
    def address(n):
        return f'u{n}@{DOMAIN}'

    def sign_in(self, server, delay, words=()):
        """Until all are seen. `words`: more of each account."""
        for name in self.accounts:
            add_xmpp_account(server, self.prosody, f'{name}@one.test', name, *words)
        server.control([command for n in self.numbers() for command in (
            {'command': 'user-add', 'user': f'u{n}', 'name': f'User {n}', 'default_delay': delay,
             'decline_action': 'busy'},
            {'command': 'number-add', 'number': f'7{n}', 'user': f'u{n}'},
            {'command': 'im-identity-add', 'user': f'u{n}', 'name': self.address(n),
             'account': self.accounts[n % len(self.accounts)], 'verified': True})])
        wait_seen(server, self.count, 60, interval=0.5)

    def call_all(self, server):
        """Each caller calls once, and waits to be refused."""
        text = (HEAD.format(name='many') + INVITE.format(number='7[call_number]',
                                                         port='[media_port]')
                + REFUSED.format(number='7[call_number]')).replace('sip:555200@',
                                                                   'sip:555[call_number]@')
        return Sipp(self.world, 'many', self.world.write('many.xml', text), server.ports['udp'],
                    calls=self.count, rate=RATE, timeout=150)

    def times(self, server):
        """Seconds from the INVITE's arrival to the offer at the program, sorted. Each is at whom it is
        for, and there is one for everybody."""
        arrived = {e['called'][1:]: e['mono'] for e in server.events() if e['event'] == 'arrived'}
        took = {}
        for to, text, when in self.crowd.messages[:self.count]:
            found = re.match(r'Call from Demo Sipp \(555(\d+)\) for 7(\d+)\.\n', text)
            if not found or found.group(1) != found.group(2) or to != self.address(found.group(1)):
                raise Failure(f'an offer at {to} that is not his: {text}')
            took[found.group(1)] = (when - arrived[found.group(1)]) / 1e6
        if len(took) != self.count:
            raise Failure(f'{self.count - len(took)} offers did not come')
        return sorted(took.values())

    def refuse_all(self):
        """Everybody replies with 9."""
        for n in self.numbers():
            self.crowd.send(self.address(n), self.account(n), '9')
