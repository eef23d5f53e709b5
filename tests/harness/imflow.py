# SPDX-License-Identifier: GPL-3.0-or-later
"""A call server with an account on Prosody, where its user has a program that is not ours."""
import http.client
import ssl
import urllib.parse

from .flow import FlowCase
from .headless import Headless
from .im import add_xmpp_account, engine_env
from .process import wait_for
from .prosody import Prosody
from .xmppbot import XmppBot

CALLS = 'calls@one.test'
ANNA = 'anna@one.test'
BEN = 'ben@one.test'
USERS = {CALLS: 'Server secret 1', ANNA: 'Bot secret 2', BEN: 'Bot secret 3'}
CALL_BACK = 'tel:555100;phone-context=localhost'
FORM = {'Content-Type': 'application/x-www-form-urlencoded'}


class ImFlowCase(FlowCase):
    im_address = '127.0.0.1'  # of Prosody

    def start_im(self, trust=True, verified=True, identity=True, rules=('--order', 'together'),
                 **options):
        """The server has an account on Prosody, and anna with her `rules` is known there."""
        self.prosody = Prosody(self.place, USERS, address=self.im_address)
        self.start_server(env=engine_env(self.world), **options)
        self.server.ctl('user', 'set', 'anna', *rules)
        add_xmpp_account(self.server, self.prosody, CALLS, trust=trust)
        if identity:
            self.add_identity(ANNA, *(['--verified'] if verified else []))

    def add_identity(self, address, *words):
        self.server.ctl('im', 'identity', 'add', 'anna', 'xmpp', address, *words)

    def account(self):
        return self.server.ctl_json('im', 'account', 'list')[0]

    def wait_account(self, state, timeout=15):
        return wait_for(f'the IM account to be {state}',
                        lambda: self.account()['state'] == state and self.account(), timeout)

    def wait_presence(self, presence, timeout=20):
        wait_for(f'anna to be {presence}', lambda: self.server.ctl_json(
            'im', 'identity', 'list')[0]['presence'] == presence, timeout)

    def start_bot(self):
        """anna's program is online and has let the server see that."""
        bot = XmppBot(self.world, self.prosody, ANNA)
        self.wait_presence('available')
        return bot

    def signed_in_client(self, name='client', said='user', sip=True, host='127.0.0.1', place=None,
                         by_sip=True, seconds=6.0):
        """At the call server alone; takes calls by SIP if `sip`. It knows the IM protocols. False for
        `by_sip`: the call server cannot be reached by SIP. It says so many `seconds` of what is `said`."""
        client = self.world.add(Headless(place or self.world, name, said=self.marked(said, seconds),
                                         im=True))
        client.sign_in(self.server, host=host, online=by_sip)
        if not sip:
            self.sign_out_of_sip(client)
        client.say('protocols')
        client.wait('protocol', id='prpl-jabber')
        return client

    def im_client(self, *args, **kwargs):
        """Signed in at the call server and at Prosody; else as signed_in_client()."""
        client = self.signed_in_client(*args, **kwargs)
        name = client.name
        client.say('add-im', 'prpl-jabber', f'{ANNA}/{name}', USERS[ANNA],
                   f"{{'connect_server': <'{self.im_address}'>, 'port': <{self.prosody.port}>}}")
        question = client.wait_new('question', kind='certificate')
        client.say('question-answer', question['question'], 0)
        question = client.wait('question', kind='contact', who=CALLS)
        client.say('question-answer', question['question'], 0)
        self.wait_presence('available')
        return client

    def sign_out_of_sip(self, client):
        """Both ends know it. No other device is signed in."""
        client.say('disconnect')
        client.wait_new('account', state='offline')
        wait_for('the sign-out', lambda: not self.server.ctl_json('registrations'))

    def wait_ringing(self, where):
        """Until the last call rings at a device or 'browser', as the server knows it."""
        wait_for(f'the call to ring at {where}', lambda: any(
            e['event'] == 'ringing' and e.get('device') == where
            for e in self.server.call_events()), 15)

    def texts(self, bot, count, timeout=15):
        """The first so many messages of the server."""
        return wait_for(f'{count} messages', lambda: len(bot.texts(CALLS)) >= count
                        and bot.texts(CALLS), timeout)

    def check_outcome(self, bot, words, count=2):
        """Of a missed call with the link to call back."""
        last = self.texts(bot, count)[count - 1]
        missed = 'gave up' in words or 'unanswered' in words
        self.assertRegex(last, r'^Call from Demo Caller \(555100\): ' + words + r' at \d\d:\d\d\.'
                         + (f' Call back: {CALL_BACK}' if missed else '') + '$')

    def ask(self, method, path, body=None, headers=None, source='127.0.0.1'):
        """Status, headers and content of one request to the server's pages."""
        context = ssl.create_default_context(cafile=self.server.ca_file)
        connection = http.client.HTTPSConnection('localhost', self.server.https, timeout=30,
                                                 context=context, source_address=(source, 0))
        try:
            connection.request(method, path, body, headers or {})
            reply = connection.getresponse()
            return reply.status, reply.headers, reply.read().decode()
        finally:
            connection.close()

    def choose(self, path, option, **headers):
        """As the form of a link's page does."""
        return self.ask('POST', path, urllib.parse.urlencode({'option': option}),
                        {**FORM, **headers})

    def engine_pid(self):
        """The one child of the server."""
        said = self.world.run(['/usr/bin/ps', '--ppid', str(self.server.process.pid), '-o',
                               'pid=,comm='], check=False)
        return next((int(line.split()[0]) for line in said.splitlines() if 'offhook-im' in line
                     and 'defunct' not in line), None)
